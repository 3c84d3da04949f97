"""What becomes of the form for a change: it is requested, passed on to those who may, or added to a list."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.approvals import message_cards
from bot.approvals import words as approvals_words
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import State
from bot.approvals.requests import ChangeRequest, Outcome
from bot.approvals.results import Result
from bot.batches.model import GatheredChange
from bot.changes import request_form
from bot.changes.forms.fields import called as names_in
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from bot.kit import text
from bot.kit.carried import Ref, Unreadable
from bot.kit.form_values import Values
from bot.lookups.place import Place
from handlers import batches, decoding
from handlers.errors import errors_in_modal, update_modal
from handlers.forms import drawn, facts_of_form, read_facts, reader_card, stop
from handlers.interaction import Interaction
from handlers.listener import Invalid
from handlers.services import Services

_LONGEST = 300
_SUBMITTED = (Result.DONE, Result.AGAIN)
_ASKED_OTHERS = (Result.PASSED_ON, Result.MAYBE_PASSED_ON, Result.ASKED_BEFORE)


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    meta: Meta
    request: ChangeRequest


def parse(interaction: Interaction) -> SubmittedForm | Invalid:
    meta = decoding.change_form(interaction.metadata)
    parsed = request_form.parse(meta, interaction.state)
    if parsed.input is None:
        return Invalid(parsed.errors)
    request = ChangeRequest(
        meta.submission,
        parsed.input,
        interaction.actor,
        channel=meta.channel,
        reason=parsed.reason,
        ticket=parsed.ticket,
        previewed=parsed.seen,
        form=_filled_form(meta, interaction.state),
    )
    return SubmittedForm(meta, request)


def _filled_form(meta: Meta, values: Values) -> FilledForm:
    kept_values = request_form.kept(meta, values)
    place = Place(customer=meta.customer, feature=meta.feature, entity=meta.entity)
    return FilledForm(meta.submission, meta.kind, place, kept_values)


def working(interaction: Interaction) -> Mapping[str, Any]:
    return request_form.working(decoding.change_form(interaction.metadata))


async def submitted(interaction: Interaction, services: Services, form: SubmittedForm) -> None:
    interaction = replace(interaction, channel=form.meta.channel)
    # A redraw that is under way would put the form back over the outcome.
    async with (
        services.latest_click.handling(interaction.view, interaction.occurred_at),
        errors_in_modal(interaction, services, partial(request_form.stopped, form.meta)),
    ):
        await _submit(interaction, services, form.meta, form.request)


async def _submit(interaction: Interaction, services: Services, meta: Meta, request: ChangeRequest) -> None:
    if meta.asks_others and not meta.single:
        await _ask_others(interaction, services, meta, request)
        return
    if meta.edits:
        ref = Ref.decode(meta.edits)
        outcome = await services.changes.edit(ref.id, ref.version, request)
    else:
        outcome = await services.changes.submit(request)
    await _show_outcome(interaction, services, meta, outcome)


async def _show_outcome(interaction: Interaction, services: Services, meta: Meta, outcome: Outcome) -> None:
    if outcome.record and outcome.result in _SUBMITTED:
        card = await reader_card(services, outcome.record)
        note = approvals_words.YOUR_CARD if outcome.record.state is State.WAITING else ""
        ended = request_form.stopped(meta, card, note=note)
        await update_modal(interaction, services, ended, instead=card)
    elif outcome.result is Result.GATHERED:
        await _ended(interaction, services, meta, outcome.result)
    else:
        await _show_refusal(interaction, services, meta, outcome)


async def _ended(interaction: Interaction, services: Services, meta: Meta, result: Result) -> None:
    """In place of the form: what became of it."""
    await stop(interaction, services, meta, message_cards.result_card(result, now=services.now()))


async def _ask_others(
    interaction: Interaction, services: Services, meta: Meta, request: ChangeRequest
) -> None:
    """Passes it on to those who may request it; nothing is requested."""
    assessment = await services.changes.assess_on(
        request.input, await facts_of_form(interaction, services), interaction.actor
    )
    outcome = Outcome(Result.REFUSED, assessment=assessment)
    if assessment.preview is not None:
        decision = await services.changes.may_request(assessment, interaction.actor)
        outcome = Outcome(Result.MAY_YOURSELF, assessment=assessment)
        if not decision.permit:
            form = _filled_form(meta, interaction.state)
            outcome = Outcome(await services.wishes.pass_on(request, form, assessment), assessment=assessment)
    if outcome.result not in _ASKED_OTHERS:
        await _show_refusal(interaction, services, meta, outcome)
        return
    await _ended(interaction, services, meta, outcome.result)


async def _show_refusal(interaction: Interaction, services: Services, meta: Meta, outcome: Outcome) -> None:
    """The form again, with why nothing was asked for."""
    facts = services.open_forms.get(meta.form) or await read_facts(services, meta)
    if outcome.assessment is not None:
        # Read for this change alone, which may need less than the form shows.
        billing = outcome.assessment.facts.billing or facts.billing
        facts = replace(outcome.assessment.facts, billing=billing, plans=facts.plans, entities=facts.entities)
    services.open_forms.keep(meta.form, facts)
    refusals = outcome.assessment.judgement.refusals if outcome.assessment else ()
    called = names_in(facts)
    words = message_cards.result_words(outcome.result, error=outcome.error, refusals=refusals, names=called)
    # The form itself says what the guards refuse, unless what was picked is no longer there to be judged.
    drafted = request_form.draft(meta, interaction.state, facts)
    says_itself = (
        bool(refusals)
        and drafted is not None
        and (await services.changes.assess_on(drafted, facts, interaction.actor)).judgement.refusals
        == refusals
    )
    await _redraw_form(interaction, services, meta, facts, words, says_itself=says_itself)


async def _reject(interaction: Interaction, services: Services, meta: Meta, why: str) -> None:
    """The form again, with why; in mrkdwn."""
    facts = services.open_forms.get(meta.form) or await read_facts(services, meta)
    await _redraw_form(interaction, services, meta, facts, why)


async def _redraw_form(
    interaction: Interaction,
    services: Services,
    meta: Meta,
    facts: Facts,
    words: str,
    *,
    says_itself: bool = False,
) -> None:
    """The form as it was filled in, with why it was not taken, so that it can be submitted again."""
    trouble = "" if says_itself else words
    view = await drawn(interaction, services, meta, facts, values=interaction.state, trouble=trouble)
    await update_modal(interaction, services, view, instead=message_cards.not_accepted(words))


# A list, whose changes are requested together


async def add_to_list(interaction: Interaction, services: Services) -> None:
    """The same modal then shows the list, or the form again with its errors."""
    meta = decoding.change_form(interaction.metadata)
    if meta.single:
        raise Unreadable("single")
    interaction = replace(interaction, channel=meta.channel)
    async with (
        services.latest_click.handling(interaction.view, interaction.occurred_at),
        errors_in_modal(interaction, services, partial(request_form.stopped, meta)),
    ):
        parsed = request_form.parse(meta, interaction.state)
        if parsed.input is None:
            wrong = dict.fromkeys(text.mrkdwn(why, _LONGEST) for why in parsed.errors.values())
            await _reject(interaction, services, meta, "\n".join(wrong))
            return
        reason = "\n".join(part for part in (parsed.reason, parsed.ticket) if part)
        change = GatheredChange(meta.submission, parsed.input, reason)
        gathered = await services.batches.gather(change, interaction.actor)
        if gathered is None:
            await _ended(interaction, services, meta, Result.AGAIN)
            return
        await batches.show_gathered(interaction, services, gathered)
