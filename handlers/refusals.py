"""What the policy does not let a person do: who may, and *Ask them*, which passes it on to those who may."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.access.policy import Decision, Request, Verb
from bot.access.refusal import Ask, PolicyRefusal, others_may
from bot.approvals import card as approvals_card
from bot.approvals import message_cards, policy_requests
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Record
from bot.approvals.message_cards import Asked
from bot.approvals.results import Result
from bot.batches import card as batch_card
from bot.batches import words as batch_words
from bot.batches.card import ListRef
from bot.batches.gathering import GatheredVersion
from bot.batches.model import BatchOutcome, BatchRecord, BatchResult, BatchState
from bot.changes import descriptions
from bot.kit import blocks, ids, links, surfaces, text
from bot.kit.card import Card
from bot.links import card as links_card
from bot.lookups import frame, labels
from bot.lookups.place import Place
from handlers import decoding
from handlers.errors import update_modal
from handlers.interaction import Interaction
from handlers.services import Services

_NAME = 120


async def of_change(
    interaction: Interaction, services: Services, verb: Verb, record: Record, decision: Decision
) -> PolicyRefusal:
    """Of something to be done with a change."""
    request = policy_requests.request_for_record(verb, record, interaction.actor)
    ask = Ask(verb=verb, change=record.id)
    return await refused(interaction, services, ask, decision, _Wished(request, besides=(record.requester,)))


async def of_verb(
    interaction: Interaction, services: Services, ask: Ask, decision: Decision
) -> PolicyRefusal:
    """Of something that is not about a change: history, links, digests and alerts."""
    request = Request(ask.verb, environment=services.environment)
    return await refused(interaction, services, ask, decision, _Wished(request))


@dataclass(frozen=True, slots=True)
class _Wished:
    request: Request
    besides: Sequence[str] = ()
    """People who may not do it either, whatever the policy says: the requester."""
    asked: Asked | None = None


async def refused(
    interaction: Interaction, services: Services, ask: Ask | None, decision: Decision, wished: _Wished
) -> PolicyRefusal:
    """`ask`: None if they are only named."""
    if not others_may(decision):
        return PolicyRefusal(decision)
    others = await services.wishes.others(wished.request, [interaction.user, *wished.besides])
    return PolicyRefusal(decision, others.named, ask if others.askable else None)


async def of_request(
    interaction: Interaction, services: Services, ask: Ask | None, decision: Decision, request: Request | None
) -> PolicyRefusal:
    """Of a bulk change, judged by one of its lines or by the total of a feature."""
    if request is None:
        return PolicyRefusal(decision)
    return await refused(interaction, services, ask, decision, _Wished(request))


# Asking them


async def ask_them(interaction: Interaction, services: Services) -> None:
    ask = Ask.decode(interaction.value)
    wished = await _wished(interaction, services, ask)
    card = await _ask_others(interaction, services, ask, wished) if isinstance(wished, _Wished) else wished
    if isinstance(card, Result):
        card = message_cards.result_card(card, now=services.now())
    if interaction.view:
        await update_modal(interaction, services, surfaces.as_modal(card), instead=card)
    else:
        await services.replies.update_message(interaction, card)


async def _ask_others(
    interaction: Interaction, services: Services, ask: Ask, wished: _Wished
) -> Card | Result:
    decision = await services.permission.may(wished.request, interaction.actor)
    if decision.permit or wished.asked is None:
        return Result.MAY_YOURSELF
    key = f"ask {interaction.user} {ask.key or interaction.value}"
    if not await services.deliveries.first(key):
        return Result.ASKED_BEFORE
    try:
        result = await services.wishes.ask(
            wished.request, interaction.actor, wished.asked, besides=wished.besides
        )
    except Exception:
        await services.deliveries.again(key)
        raise
    if result not in (Result.PASSED_ON, Result.MAYBE_PASSED_ON):
        await services.deliveries.again(key)
    if result is not Result.PASSED_ON or not ask.gathered:
        return result
    # Not before: a list that could not be passed on stays open. Whoever requests it in between does so under
    # the key that the others have as well, so it is requested once.
    await services.batches.close_gathered(ask.key, ask.draft, interaction.actor)
    return message_cards.result_card(result, now=services.now(), more=batch_words.CLOSED)


async def _wished(interaction: Interaction, services: Services, ask: Ask) -> _Wished | Card | Result:
    """A Card or a Result if what it was about is gone, or was done meanwhile."""
    if ask.change:
        return await _about_change(interaction, services, ask)
    if ask.batch:
        return await _about_batch(interaction, services, ask)
    if ask.draft:
        return await _about_list(interaction, services, ask)
    request = Request(ask.verb, environment=services.environment)
    place = Place(customer=ask.customer)
    lines, buttons = [], []
    if ask.customer:
        names = await services.changes.names.about(ask.customer, coupons=False)
        customer = " · ".join(
            part for part in (text.mrkdwn(names.customer, _NAME), text.code(ask.customer, _NAME)) if part
        )
        lines.append(approvals_words.asked_about(customer or labels.NO_ID))
    if ask.verb is Verb.HISTORY:
        history = frame.go(approvals_words.HISTORY, "open", place, kind=ids.HISTORY)
        buttons += [history] if history else []
    if ask.link:
        at_buttons = Place(customer=ask.customer, part="invoices")
        buttons += links_card.buttons(at_buttons, (decoding.link_kind(ask.link),))
    if ask.channel:
        lines.append(approvals_words.asked_in(f"<#{ask.channel}>"))
    return _Wished(request, asked=Asked(ask.verb, tuple(lines), tuple(buttons)))


async def _about_change(interaction: Interaction, services: Services, ask: Ask) -> _Wished | Result:
    record = await services.changes.get(ask.change)
    if record is None:
        return Result.UNKNOWN
    buttons = tuple(approvals_card.buttons_of(ask.verb, record))
    if not buttons:
        return _too_late(ask.verb)
    known_names = await services.changes.names.of(record)
    name = text.mrkdwn(known_names.customer, _NAME) or text.code(record.customer_id, _NAME) or labels.NO_ID
    lines = (f"*{descriptions.summary(record.input, known_names.names)}* · {name}",)
    request = policy_requests.request_for_record(ask.verb, record, interaction.actor)
    posted = await services.changes.approval_card(record.id)
    address = services.people.permalink(posted.channel, posted.ts) if posted else ""
    if links.web(address):
        buttons = (blocks.link_button(approvals_words.OPEN_CARD, ids.LINK, address),)
    return _Wished(request, (record.requester,), Asked(ask.verb, lines, buttons))


def _too_late(verb: Verb) -> Result:
    return Result.NO_UNDO if verb is Verb.UNDO else Result.TOO_LATE


async def _about_batch(interaction: Interaction, services: Services, ask: Ask) -> _Wished | Result:
    judged = await services.batches.refused_request_of(ask.batch, interaction.actor, ask.verb)
    if judged is None:
        return Result.UNKNOWN
    record, request = judged
    if not _still_open(ask.verb, record):
        return _too_late(ask.verb)
    lines = await services.batches.results(record.id)
    customers = {line.input.customer for line in lines}
    title = batch_words.title(len(lines), len(customers), undo=bool(record.undo_of))
    undo = (batch_card.undo_button(record),) if ask.verb is Verb.UNDO else ()
    question = Asked(ask.verb, (title, batch_words.reference(text.code(record.id, 60))), undo)
    return _Wished(request, (record.requester,), question)


async def _about_list(interaction: Interaction, services: Services, ask: Ask) -> _Wished | Card | Result:
    """A list that is not requested yet."""
    lines = await services.batches.passed_on(ask.draft) if ask.key else None
    if lines is None:
        return Result.UNKNOWN
    _, requested = await services.batches.taken_up(ask.key)
    if requested is not None:
        return batch_card.requested_card(requested, interaction.user, now=services.now())
    if ask.gathered:
        gathered = await services.batches.gathered(interaction.actor)
        if gathered is None:
            return batch_card.sentence(batch_words.GATHERED_GONE)
        if GatheredVersion.of(gathered) != GatheredVersion(ask.key, ask.gathered):
            return batch_card.click_result(BatchOutcome(BatchResult.LIST_CHANGED), now=services.now())
    checked = await services.batches.check(lines, interaction.actor)
    if checked.refused is None:
        return Result.UNKNOWN
    ref = ListRef(key=ask.key, draft=ask.draft)
    button = blocks.button(approvals_words.CHECK_LIST, ids.BATCH_TAKE_UP, ref.encode(), primary=True)
    title = batch_words.checked(len(lines), len({line.customer for line in lines}))
    return _Wished(checked.refused[1], asked=Asked(Verb.ASK, (title,), (button,)))


def _still_open(verb: Verb, record: BatchRecord) -> bool:
    """Whether it can still be undone; or else decided, stopped or resumed."""
    if verb is Verb.UNDO:
        return record.undoable
    return record.state is BatchState.WAITING or record.stoppable or record.resumable
