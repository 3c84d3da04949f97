"""The buttons on a change's card: approve, deny with a reason, withdraw, undo, mark as applied or not; and
`/autumn history`, the changes of a customer."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from bot.access.policy import Verb
from bot.access.refusal import Ask, PolicyRefusal
from bot.approvals import history, message_cards, policy_requests, reason_form
from bot.approvals.lifecycle import Record, State
from bot.approvals.reason_form import ReasonForm
from bot.approvals.requests import Outcome
from bot.approvals.results import Result
from bot.changes import registry as kinds
from bot.changes.model import Needs
from bot.kit.card import Card
from bot.kit.carried import Ref
from bot.lookups import help as lookup_help
from bot.lookups.find.card import SingleMatch
from bot.lookups.find.query import readings
from bot.lookups.find.search import find
from bot.lookups.place import Place
from handlers import channel_check, decoding, refusals, responding
from handlers.interaction import Interaction
from handlers.listener import Invalid
from handlers.responding import matches_card
from handlers.services import Services

_SHOWN_ON_THE_CARD = (Result.DONE, Result.AGAIN)
_OPEN = "open"
_MOST = 500
"""Changes of a customer."""


async def approve(interaction: Interaction, services: Services) -> None:
    ref = Ref.decode(interaction.value)
    if await _channel_refuses(interaction, services, ref):
        return
    outcome = await services.changes.approve(ref.id, ref.version, interaction.actor)
    await _show_outcome(interaction, services, ref, outcome, Verb.APPROVE)


async def withdraw(interaction: Interaction, services: Services) -> None:
    ref = Ref.decode(interaction.value)
    outcome = await services.changes.withdraw(ref.id, interaction.actor)
    await _show_outcome(interaction, services, ref, outcome, Verb.WITHDRAW)


async def check_again(interaction: Interaction, services: Services) -> None:
    ref = Ref.decode(interaction.value)
    if await _channel_refuses(interaction, services, ref):
        return
    outcome = await services.changes.check_again(ref.id, interaction.actor)
    await _show_outcome(interaction, services, ref, outcome, Verb.MARK)


async def mark_applied(interaction: Interaction, services: Services) -> None:
    await _mark(interaction, services, applied=True)


async def mark_not_applied(interaction: Interaction, services: Services) -> None:
    await _mark(interaction, services, applied=False)


async def _mark(interaction: Interaction, services: Services, *, applied: bool) -> None:
    ref = Ref.decode(interaction.value)
    if await _channel_refuses(interaction, services, ref):
        return
    outcome = await services.changes.mark(ref.id, interaction.actor, applied)
    await _show_outcome(interaction, services, ref, outcome, Verb.MARK)


# Undoing


async def open_undo_form(interaction: Interaction, services: Services) -> None:
    """For someone who may request an undo."""

    def refuse(record: Record, _ref: Ref) -> Result | None:
        return None if record.undoable else Result.NO_UNDO

    await _open_reason_form(interaction, services, reason_form.UNDO, Verb.UNDO, refuse)


def parse_undo(interaction: Interaction) -> "ReasonGiven | Invalid":
    return parse_reason(reason_form.UNDO, interaction)


async def undo(interaction: Interaction, services: Services, form: "ReasonGiven") -> None:
    """Requests another change. The same form submitted twice is one request."""
    ref = form.ref
    outcome = await services.changes.undo(
        ref.id, submission_id(interaction, ref), interaction.actor, reason=form.reason
    )
    await _show_outcome(interaction, services, ref, outcome, Verb.UNDO)


# Denying


async def open_denial_form(interaction: Interaction, services: Services) -> None:
    """For someone who may deny."""

    def refuse(record: Record, ref: Ref) -> Result | None:
        if record.state is not State.WAITING:
            return Result.TOO_LATE
        return None if record.version == ref.version else Result.STALE

    await _open_reason_form(interaction, services, reason_form.DENIAL, Verb.APPROVE, refuse)


async def _open_reason_form(
    interaction: Interaction,
    services: Services,
    form: ReasonForm,
    verb: Verb,
    refuse: Callable[[Record, Ref], Result | None],
) -> None:
    """Opens the form that asks for a reason. `refuse`: why the change's current state does not allow it."""
    ref = Ref.decode(interaction.value)
    if await _channel_refuses(interaction, services, ref):
        return
    record = await services.changes.get(ref.id)
    if record is None:
        await _show_outcome(interaction, services, ref, Outcome(Result.UNKNOWN), verb)
        return
    decision = await services.permission.may(
        policy_requests.request_for_record(verb, record, interaction.actor), interaction.actor
    )
    refused = refuse(record, ref) if decision.permit else Result.NOT_ALLOWED
    if refused is None:
        await services.replies.open_modal(interaction, reason_form.modal(form, ref))
        return
    await _show_outcome(interaction, services, ref, Outcome(refused, record, decision), verb)


@dataclass(frozen=True, slots=True)
class ReasonGiven:
    ref: Ref
    reason: str


def parse_denial(interaction: Interaction) -> ReasonGiven | Invalid:
    return parse_reason(reason_form.DENIAL, interaction)


def parse_reason(form: ReasonForm, interaction: Interaction) -> ReasonGiven | Invalid:
    submission = reason_form.parse(form, interaction.state)
    if submission.errors:
        return Invalid(submission.errors)
    return ReasonGiven(Ref.decode(interaction.metadata), submission.reason)


def submission_id(interaction: Interaction, ref: Ref) -> str:
    """The same each time that this form is submitted."""
    return hashlib.sha256(f"{ref.id} {interaction.view}".encode()).hexdigest()


async def denied(interaction: Interaction, services: Services, form: ReasonGiven) -> None:
    ref = form.ref
    outcome = await services.changes.deny(ref.id, ref.version, interaction.actor, form.reason)
    await _show_outcome(interaction, services, ref, outcome, Verb.APPROVE)


# Showing the outcome


async def _channel_refuses(interaction: Interaction, services: Services, ref: Ref) -> bool:
    return await channel_check.refuses_click(interaction, services, ref, services.notifier.redraw)


async def _show_outcome(
    interaction: Interaction, services: Services, ref: Ref, outcome: Outcome, verb: Verb
) -> None:
    """The cards show what was done. If nothing was, only the person who clicked is told why."""
    if interaction.message:
        await services.notifier.adopt(ref.id, interaction.channel, interaction.message, interaction.user)
    if outcome.result not in _SHOWN_ON_THE_CARD:
        card = message_cards.result_card(
            outcome.result,
            now=services.now(),
            record=outcome.record,
            refusal=await _refusal(interaction, services, ref, outcome, verb),
            refusals=outcome.assessment.judgement.refusals if outcome.assessment else (),
        )
        await services.replies.ephemeral(interaction, card)


async def _refusal(
    interaction: Interaction, services: Services, ref: Ref, outcome: Outcome, verb: Verb
) -> PolicyRefusal | None:
    """Why the policy does not allow it, and who may; None if it was not the policy."""
    record = outcome.record or await services.changes.get(ref.id)
    if outcome.result is not Result.NOT_ALLOWED or outcome.decision is None or record is None:
        return None
    return await refusals.of_change(interaction, services, verb, record, outcome.decision)


# The history of a customer


async def history_commanded(interaction: Interaction, services: Services, query: str) -> None:
    await responding.respond(
        interaction,
        services,
        _history_of(interaction, services, query),
        loading=lookup_help.still_waiting,
        send=services.replies.ephemeral,
    )


async def history_clicked(interaction: Interaction, services: Services) -> None:
    """Opens the history in a new message from a customer's card, or turns its pages."""
    place = decoding.place(interaction.value)
    opened = interaction.action.partition(":")[2] == _OPEN
    reply = services.replies.ephemeral if opened else services.replies.update_message
    await reply(interaction, await _history_card(interaction, services, place))


async def _history_of(interaction: Interaction, services: Services, query: str) -> Card:
    """A deleted customer is still found by the id."""
    for reading in readings(query):
        if await services.changes.history(reading, limit=1):
            return await _history_card(interaction, services, Place(customer=reading))
    match = await find(services.autumn, query, now=services.now)
    if not isinstance(match, SingleMatch):
        return matches_card(match)
    return await _history_card(interaction, services, Place(customer=match.customer_id))


async def _history_card(interaction: Interaction, services: Services, place: Place) -> Card:
    decision = await services.changes.may_history(interaction.actor)
    if not decision.permit:
        ask = Ask(verb=Verb.HISTORY, customer=place.customer)
        refusal = await refusals.of_verb(interaction, services, ask, decision)
        return message_cards.result_card(Result.NOT_ALLOWED, now=services.now(), refusal=refusal)
    records = await services.changes.history(place.customer, limit=_MOST)
    page = history.history_page(place, records)
    steps = {record.id: await services.changes.steps(record.id) for record in page}
    coupons = any(Needs.REWARDS in kinds.kind(record.kind).needs for record in page)
    names = await services.changes.names.about(place.customer, coupons=coupons)
    return history.history(
        place, records, steps, now=services.now(), names=names.names, viewer=interaction.actor.user
    )
