"""The buttons on a change's card: approve, deny with a reason, withdraw, undo, and say what became of it."""

import hashlib
from dataclasses import dataclass

from bot.access.policy import Verb
from bot.approvals import denial, policy_requests, result_card
from bot.approvals.lifecycle import State
from bot.approvals.results import Outcome, Result
from bot.kit.ref import Ref
from handlers.interaction import Interaction
from handlers.listener import Invalid
from handlers.services import Services

_SHOWN_BY_THE_CARD = (Result.DONE, Result.AGAIN)


async def approve(interaction: Interaction, services: Services) -> None:
    ref = Ref.decode(interaction.value)
    if await _closed(interaction, services, ref):
        return
    await _show(
        interaction, services, ref, await services.changes.approve(ref.id, ref.version, interaction.actor)
    )


async def withdraw(interaction: Interaction, services: Services) -> None:
    ref = Ref.decode(interaction.value)
    await _show(interaction, services, ref, await services.changes.withdraw(ref.id, interaction.actor))


async def mark_applied(interaction: Interaction, services: Services) -> None:
    await _mark(interaction, services, applied=True)


async def mark_not_applied(interaction: Interaction, services: Services) -> None:
    await _mark(interaction, services, applied=False)


async def _mark(interaction: Interaction, services: Services, *, applied: bool) -> None:
    ref = Ref.decode(interaction.value)
    if await _closed(interaction, services, ref):
        return
    await _show(interaction, services, ref, await services.changes.mark(ref.id, interaction.actor, applied))


async def undo(interaction: Interaction, services: Services) -> None:
    """A change of its own; one click is one, however often it is delivered."""
    ref = Ref.decode(interaction.value)
    if await _closed(interaction, services, ref):
        return
    once = hashlib.sha256(f"{ref.id} {interaction.trigger_id}".encode()).hexdigest()
    reply = await services.changes.undo(ref.id, once, interaction.actor, channel=interaction.channel)
    await _show(interaction, services, ref, reply)


# Denying


async def ask_why(interaction: Interaction, services: Services) -> None:
    """Opens the form that asks why, for somebody who may deny."""
    ref = Ref.decode(interaction.value)
    if await _closed(interaction, services, ref):
        return
    record = await services.changes.get(ref.id)
    reply = Outcome(Result.UNKNOWN)
    if record is not None:
        decision = await services.permission.may(
            policy_requests.about_record(Verb.APPROVE, record, interaction.actor), interaction.actor
        )
        if decision.permit and record.state is State.WAITING and record.version == ref.version:
            await services.replies.open_modal(interaction, denial.deny_modal(ref))
            return
        late = Result.STALE if record.state is State.WAITING else Result.TOO_LATE
        reply = Outcome(late if decision.permit else Result.NOT_ALLOWED, record, decision)
    await _show(interaction, services, ref, reply)


@dataclass(frozen=True, slots=True)
class Denied:
    ref: Ref
    reason: str


def parse(interaction: Interaction) -> Denied | Invalid:
    form = denial.denial(interaction.state)
    return Invalid(form.errors) if form.errors else Denied(Ref.decode(interaction.metadata), form.said)


async def denied(interaction: Interaction, services: Services, form: Denied) -> None:
    ref = form.ref
    outcome = await services.changes.deny(ref.id, ref.version, interaction.actor, form.reason)
    await _show(interaction, services, ref, outcome)


# What came of it


async def _closed(interaction: Interaction, services: Services, ref: Ref) -> bool:
    """Whether it was clicked in a channel that is not fit for a change's figures by now. Then nothing is
    decided there, and the card is drawn as it may be."""
    if not interaction.message or not interaction.channel.startswith(("C", "G")):
        return False
    refusal = await services.changes.channel.refusal(interaction.channel)
    if refusal is None:
        return False
    await services.replies.ephemeral(interaction, result_card.result_card(refusal, now=services.now()))
    await services.notifier.redraw(ref.id, interaction.message)
    return True


async def _show(interaction: Interaction, services: Services, ref: Ref, reply: Outcome) -> None:
    """The cards show what was done; whoever was too late, or may not, is told alone."""
    if interaction.message:
        await services.notifier.adopt(ref.id, interaction.channel, interaction.message)
    if reply.result not in _SHOWN_BY_THE_CARD:
        card = result_card.result_card(
            reply.result,
            now=services.now(),
            record=reply.record,
            decision=reply.decision,
            refusals=reply.look.judgement.refusals if reply.look else (),
        )
        await services.replies.ephemeral(interaction, card)
