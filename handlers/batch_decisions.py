"""The buttons on the card of a bulk change: approve, deny, withdraw, stop, resume, check again,
undo, and its file."""

from collections.abc import Awaitable, Callable

from bot.access.refusal import Ask
from bot.access.rules import Request, Verb
from bot.approvals import reason_form
from bot.batches import card as batch_card
from bot.batches import words
from bot.batches.model import BatchOutcome, BatchResult
from bot.kit.card import Card
from bot.kit.carried import Ref
from handlers import channel_check, refusals
from handlers.changes import ReasonGiven, parse_reason, submission_id
from handlers.interaction import Interaction
from handlers.listener import Invalid
from handlers.services import Services

SHOWN_ON_THE_CARD = (BatchResult.DONE, BatchResult.AGAIN)


async def approve(interaction: Interaction, services: Services) -> None:
    def step(ref: Ref) -> Awaitable[BatchOutcome]:
        return services.batches.approve(ref.id, ref.version, interaction.actor)

    await _step(interaction, services, step)


async def withdraw(interaction: Interaction, services: Services) -> None:
    await _step(interaction, services, lambda ref: services.batches.withdraw(ref.id, interaction.actor))


async def stop(interaction: Interaction, services: Services) -> None:
    await _step(interaction, services, lambda ref: services.batches.stop(ref.id, interaction.actor))


async def resume(interaction: Interaction, services: Services) -> None:
    await _step(interaction, services, lambda ref: services.batches.resume(ref.id, interaction.actor))


async def check_again(interaction: Interaction, services: Services) -> None:
    await _step(interaction, services, lambda ref: services.batches.check_again(ref.id, interaction.actor))


async def _step(
    interaction: Interaction, services: Services, step: Callable[[Ref], Awaitable[BatchOutcome]]
) -> None:
    ref = Ref.decode(interaction.value)
    if not await _channel_refuses(interaction, services, ref):
        await _show_outcome(interaction, services, await step(ref))


async def open_denial_form(interaction: Interaction, services: Services) -> None:
    await _ask_reason(interaction, services, reason_form.BATCH_DENIAL)


async def open_undo_form(interaction: Interaction, services: Services) -> None:
    await _ask_reason(interaction, services, reason_form.BATCH_UNDO)


async def _ask_reason(interaction: Interaction, services: Services, form: reason_form.ReasonForm) -> None:
    ref = Ref.decode(interaction.value)
    if not await _channel_refuses(interaction, services, ref):
        await services.replies.open_modal(interaction, reason_form.modal(form, ref))


def parse_denial(interaction: Interaction) -> ReasonGiven | Invalid:
    return parse_reason(reason_form.BATCH_DENIAL, interaction)


async def deny(interaction: Interaction, services: Services, form: ReasonGiven) -> None:
    outcome = await services.batches.deny(form.ref.id, form.ref.version, interaction.actor, form.reason)
    await _show_outcome(interaction, services, outcome)


def parse_undo(interaction: Interaction) -> ReasonGiven | Invalid:
    return parse_reason(reason_form.BATCH_UNDO, interaction)


async def undo(interaction: Interaction, services: Services, form: ReasonGiven) -> None:
    """Requests another bulk change. The same form submitted twice is one."""
    key = submission_id(interaction, form.ref)
    outcome = await services.batches.undo(form.ref.id, interaction.actor, key=key, reason=form.reason)
    await _show_outcome(interaction, services, outcome)
    left_out = len(outcome.checked.problems) if outcome.checked else 0
    if left_out and outcome.result in SHOWN_ON_THE_CARD:
        await services.replies.ephemeral(interaction, batch_card.sentence(words.undo_left_out(left_out)))


async def csv(interaction: Interaction, services: Services) -> None:
    """For the requester, and for those who may see what was changed."""
    ref = Ref.decode(interaction.value)
    if await _channel_refuses(interaction, services, ref):
        return
    await _show_outcome(interaction, services, await _sent_csv(interaction, services, ref))


async def _sent_csv(interaction: Interaction, services: Services, ref: Ref) -> BatchOutcome:
    batch = await services.batches.get(ref.id)
    if batch is None:
        return BatchOutcome(BatchResult.UNKNOWN)
    decision = await services.changes.may_history(interaction.actor)
    if batch.requester != interaction.user and not decision.permit:
        request = Request(Verb.HISTORY, environment=services.environment)
        return BatchOutcome(BatchResult.NOT_ALLOWED, batch, decision=decision, request=request)
    lines = await services.batches.results(batch.id)
    await services.batch_notifier.send_csv(batch, lines, interaction.user)
    await services.replies.ephemeral(interaction, batch_card.sentence(words.CSV_SENT))
    return BatchOutcome(BatchResult.DONE, batch)


async def _channel_refuses(interaction: Interaction, services: Services, ref: Ref) -> bool:
    return await channel_check.refuses_click(interaction, services, ref, services.batch_notifier.redraw)


async def _show_outcome(interaction: Interaction, services: Services, outcome: BatchOutcome) -> None:
    """The cards show what was done. If nothing was, only the person who clicked is told why."""
    if outcome.result not in SHOWN_ON_THE_CARD:
        card = await click_result(interaction, services, outcome)
        await services.replies.ephemeral(interaction, card)


async def click_result(interaction: Interaction, services: Services, outcome: BatchOutcome) -> Card:
    refusal, batch_id = None, outcome.batch.id if outcome.batch else ""
    ask: Ask | None
    if outcome.result is BatchResult.PROBLEMS and outcome.checked and outcome.checked.refused:
        ask = Ask(verb=Verb.UNDO, batch=batch_id)
        refusal = await refusals.of_request(interaction, services, ask, *outcome.checked.refused)
    elif outcome.result is BatchResult.NOT_ALLOWED and outcome.decision is not None:
        decision, request = outcome.decision, outcome.request
        # They look at the file themselves: there is nothing to ask for.
        reads = request is not None and request.verb is Verb.HISTORY
        ask = None if reads else Ask(verb=Verb.APPROVE, batch=batch_id)
        refusal = await refusals.of_request(interaction, services, ask, decision, request)
    return batch_card.click_result(outcome, now=services.now(), refusal=refusal)
