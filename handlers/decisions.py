"""The buttons on a change's card: approve, deny with a reason, withdraw, undo, and say what became of it."""

import hashlib
from collections.abc import Mapping

from bot.access.policy import Verb
from bot.approvals import denial, result_card
from bot.approvals import policy_requests as authority
from bot.approvals.lifecycle import State
from bot.approvals.results import Reply, Result
from bot.kit.ref import Ref
from handlers import approvals_channel
from handlers.interaction import Ask
from handlers.once import first, first_in_time
from handlers.services import Desk

_SHOWN_BY_THE_CARD = (Result.DONE, Result.AGAIN)


async def approve(ask: Ask, desk: Desk) -> None:
    ref = Ref.decode(ask.value)
    if not await first(ask, desk) or await _closed(ask, desk, ref):
        return
    await _say(ask, desk, ref, await desk.changes.approve(ref.id, ref.version, ask.actor))


async def withdraw(ask: Ask, desk: Desk) -> None:
    ref = Ref.decode(ask.value)
    if not await first(ask, desk):
        return
    await _say(ask, desk, ref, await desk.changes.withdraw(ref.id, ask.actor))


async def mark_applied(ask: Ask, desk: Desk) -> None:
    await _mark(ask, desk, applied=True)


async def mark_not_applied(ask: Ask, desk: Desk) -> None:
    await _mark(ask, desk, applied=False)


async def _mark(ask: Ask, desk: Desk, *, applied: bool) -> None:
    ref = Ref.decode(ask.value)
    if not await first(ask, desk) or await _closed(ask, desk, ref):
        return
    await _say(ask, desk, ref, await desk.changes.mark(ref.id, ask.actor, applied))


async def undo(ask: Ask, desk: Desk) -> None:
    """A change of its own; one click is one, however often it is delivered."""
    ref = Ref.decode(ask.value)
    if not await first(ask, desk) or await _closed(ask, desk, ref):
        return
    closed = await desk.approvals_closed()
    # Without a channel it depends on the policy; with one that is not fit, nothing goes into it.
    if closed and closed != Result.NO_CHANNEL:
        await desk.replies.fresh(ask, result_card.result_card(closed, now=desk.now()))
        return
    once = hashlib.sha256(f"{ref.id} {ask.trigger}".encode()).hexdigest()
    reply = await desk.changes.undo(ref.id, once, ask.actor, channel=ask.channel)
    await _say(ask, desk, ref, reply)


# Denying


async def ask_why(ask: Ask, desk: Desk) -> None:
    """Opens the form that asks why, for somebody who may deny."""
    ref = Ref.decode(ask.value)
    if not await first_in_time(ask, desk) or await _closed(ask, desk, ref):
        return
    record = await desk.changes.get(ref.id)
    reply = Reply(Result.UNKNOWN)
    if record is not None:
        decision = await desk.permission.may(
            authority.about_record(Verb.APPROVE, record, ask.actor), ask.actor
        )
        if decision.permit and record.state is State.WAITING and record.version == ref.version:
            await desk.replies.modal(ask, denial.deny_modal(ref))
            return
        late = Result.STALE if record.state is State.WAITING else Result.TOO_LATE
        reply = Reply(late if decision.permit else Result.NOT_ALLOWED, record, decision)
    await _say(ask, desk, ref, reply)


def check(ask: Ask) -> Mapping[str, str]:
    """What is wrong with what was filled in, by block."""
    return denial.denial(ask.state).errors


async def denied(ask: Ask, desk: Desk) -> None:
    ref = Ref.decode(ask.metadata)
    if not await first(ask, desk):
        return
    said = denial.denial(ask.state).said
    await _say(ask, desk, ref, await desk.changes.deny(ref.id, ref.version, ask.actor, said))


# What came of it


async def _closed(ask: Ask, desk: Desk, ref: Ref) -> bool:
    """Whether it was clicked in a channel that is not fit for a change's figures by now. Then nothing is
    decided there, and the card is drawn as it may be."""
    if not ask.message or not ask.channel.startswith(("C", "G")):
        return False
    closed = await approvals_channel.problem(desk.slack, ask.channel)
    if closed is None:
        return False
    await desk.replies.fresh(ask, result_card.result_card(closed, now=desk.now()))
    await desk.telling.redraw(ref.id, ask.message)
    return True


async def _say(ask: Ask, desk: Desk, ref: Ref, reply: Reply) -> None:
    """The cards show what was done; whoever was too late, or may not, is told alone."""
    if ask.message:
        await desk.telling.adopt(ref.id, ask.channel, ask.message)
    if reply.result not in _SHOWN_BY_THE_CARD:
        card = result_card.result_card(
            reply.result,
            now=desk.now(),
            record=reply.record,
            decision=reply.decision,
            refusals=reply.look.judgement.refusals if reply.look else (),
        )
        await desk.replies.fresh(ask, card)
