"""The requester of a change gets one message with its outcome, whatever happens to Slack or Maple."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import text

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, ChangeEvent, State
from bot.approvals.notice_queue import ATTEMPT
from bot.approvals.results import Result
from bot.changes.balance import words as balance_words
from bot.changes.balance.request import BalanceInput
from bot.changes.forms import words as forms_words
from sandbox.slack.faults import FaultKind
from tests.journeys.changing import (
    AT_ONCE,
    PREVIEW,
    WAITING,
    approve_waiting,
    read_as_approver,
    read_own_card,
    request_change,
    request_shown_to_lea,
)
from tests.running import Mode, Running, actor, running_maple
from tests.screen import on_screen

HEADLINES = {state: words.split("*")[1] for state, words in approvals_words.HEADLINES.items()}
APPLIED, DENIED = HEADLINES[State.APPLIED], HEADLINES[State.DENIED]
OUTCOME = re.compile(r"Maple:\n[^\n]+\nAcme Ltd · Give 500 extra Messages")
"""The state comes first; on her card the title does."""


async def outcomes(maple: Running) -> list[str]:
    """The outcome messages in Ana's direct messages with Maple."""
    await maple.bot.background.drain(10)
    maple.ana.go("@maple")
    return [message for message in maple.ana.pieces() if OUTCOME.search(message)]


async def messages(maple: Running) -> list[str]:
    """Everything Maple sent Ana: where she requested it, and in her direct messages."""
    await maple.bot.background.drain(10)
    pieces = []
    for conversation in ("#support", "@maple"):
        maple.ana.go(conversation)
        pieces += [piece for piece in maple.ana.pieces() if piece.startswith("Maple")]
    return pieces


async def request(maple: Running) -> None:
    """Both cards are posted, so that a fault meets what comes after them."""
    await request_shown_to_lea(maple)
    await maple.lea.sees(WAITING)
    await maple.bot.background.drain(10)


async def test_outcome_of_an_approved_request_is_sent_once_in_a_new_message(maple: Running) -> None:
    await request(maple)
    (card,) = await messages(maple)
    assert WAITING in card
    await approve_waiting(maple)
    card, outcome = await messages(maple)
    assert card.startswith("Maple (edited)")
    assert APPLIED in card
    assert OUTCOME.search(outcome)
    assert APPLIED in outcome
    assert "Approved by @lea" in outcome
    for _ in range(2):
        maple.clock.move(2 * ATTEMPT)
        await maple.bot.changes.sweeper.tick()
    assert len(await messages(maple)) == 2


async def test_requesting_again_keeps_everything_not_changed(maple: Running) -> None:
    reset_at = maple.autumn.clock.now().replace(microsecond=0) + timedelta(days=3)
    await maple.ana.command("/autumn give cus_noname 500 messages because of our outage")
    await maple.ana.sees(PREVIEW)
    await maple.ana.choose(balance_words.RESET, str(int(reset_at.timestamp())))
    await maple.ana.fill(forms_words.TICKET, "https://tickets.example/4711")
    await maple.ana.settled()
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval")
    await read_as_approver(maple, WAITING)
    await deny(maple)
    await maple.ana.close()
    maple.ana.go("@maple")
    await maple.ana.sees(f"[{approvals_words.ASK_AGAIN_CHANGED}]")
    await maple.ana.click(approvals_words.ASK_AGAIN_CHANGED)
    await maple.ana.sees(PREVIEW)
    await maple.ana.fill("Amount", "250")
    await maple.ana.settled()
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval")
    repeated, first = await maple.bot.changes.requested_by(maple.ana.id)
    assert isinstance(repeated.input, BalanceInput)
    assert repeated.input == first.input.model_copy(update={"amount": Decimal(250)})
    assert repeated.input.reset_at == reset_at
    assert (repeated.reason, repeated.ticket) == ("of our outage", "https://tickets.example/4711")


async def test_button_of_a_request_of_another_environment_is_refused(maple: Running) -> None:
    await request(maple)
    await deny(maple)
    maple.ana.go("@maple")
    await maple.ana.sees(OUTCOME)
    async with maple.bot.database.writing() as connection:
        await connection.execute(text("UPDATE changes SET env = 'live'"))
    await maple.ana.click(approvals_words.ASK_AGAIN_CHANGED)
    await maple.ana.sees(approvals_words.RESULTS[Result.UNKNOWN].what)


async def deny(maple: Running) -> None:
    (record,) = await maple.bot.changes.waiting()
    await maple.bot.changes.deny(record.id, record.version, actor(maple.lea), "Not this month")


async def let_it_expire(maple: Running) -> None:
    maple.clock.move(timedelta(hours=25))
    await maple.bot.changes.sweeper.tick()


async def lose_the_answer(maple: Running) -> None:
    maple.autumn.faults.add("balances.update", "cut_before", times=1)
    await approve_waiting(maple)


async def refuse_the_write(maple: Running) -> None:
    maple.autumn.faults.add("balances.update", "429", retry_after=3600)
    await approve_waiting(maple)
    maple.autumn.faults.clear()


ENDS: tuple[tuple[Callable[[Running], Awaitable[None]], State, str, str], ...] = (
    (deny, State.DENIED, "Not this month", approvals_words.ASK_AGAIN_CHANGED),
    (let_it_expire, State.EXPIRED, approvals_words.EXPIRED, approvals_words.ASK_AGAIN),
    (refuse_the_write, State.FAILED, "", approvals_words.ASK_AGAIN),
    (lose_the_answer, State.UNCONFIRMED, "", "Open customer"),
)
"""How it ends, what her card says of it, and what the new message offers."""


async def test_request_message_becomes_the_outcome_and_a_new_one_announces_it(maple: Running) -> None:
    for number, (end, state, reason, offered) in enumerate(ENDS, 1):
        await request(maple)
        await end(maple)
        assert "[Approve]" not in await maple.lea.sees(HEADLINES[state]), state
        sent = await messages(maple)
        assert len(sent) == 2 * number, state
        card, outcome = sent[-2:]
        assert card.startswith("Maple (edited)"), state
        assert HEADLINES[state] in card
        assert reason in card, state
        assert OUTCOME.search(outcome), state
        assert HEADLINES[state] in outcome
        assert f"[{offered}]" in outcome, state
    assert [write for write in maple.autumn.ledger if write.applied] == []


async def test_change_applied_right_away_is_one_message(mode: Mode) -> None:
    async with running_maple(mode, policy=AT_ONCE) as maple:
        await request_change(maple)
        await maple.ana.sees(APPLIED)
        await maple.ana.close()
        (card,) = await messages(maple)
        assert APPLIED in card
        assert await outcomes(maple) == []


async def test_form_closed_meanwhile_leaves_a_private_message(maple: Running) -> None:
    await maple.ana.command("/autumn give cus_acme 500 messages because of our outage")
    await maple.ana.sees(PREVIEW)
    maple.slack.faults.add("views.update", "error", error="not_found", times=None)
    await maple.ana.submit()
    await read_as_approver(maple, WAITING)
    private, _ = await messages(maple)
    assert "only visible to you" in private
    assert WAITING in private


async def test_withdrawal_sends_no_message(maple: Running) -> None:
    await request(maple)
    maple.ana.go("@maple")
    await maple.ana.click("Withdraw", confirm=True)
    await maple.ana.sees("Withdrawn")
    assert await outcomes(maple) == []


async def test_unconfirmed_change_is_reported_and_so_is_its_resolution(maple: Running) -> None:
    await request(maple)
    maple.autumn.faults.add("balances.update", "cut_before", times=1)
    await approve_waiting(maple)
    maple.ana.go("@maple")
    message = await maple.ana.sees(OUTCOME)
    assert on_screen(approvals_words.SETTLE) in message
    assert "What Autumn shows now" in message
    await read_own_card(maple.ana, HEADLINES[State.UNCONFIRMED])
    await maple.lea.click("Mark as not applied", confirm=True)
    card = await maple.lea.sees("Marked by @lea")
    assert approvals_words.ENDINGS[Cause.MARKED_NOT_APPLIED] in card
    assert "Mark as applied" not in card
    first, second = await outcomes(maple)
    assert on_screen(approvals_words.SETTLE) in first
    assert "Marked by @lea" in second
    card, *_ = await messages(maple)
    assert approvals_words.ENDINGS[Cause.MARKED_NOT_APPLIED] in card
    assert [write for write in maple.autumn.ledger if write.applied] == []


async def test_message_is_posted_once_though_slacks_answer_was_lost(maple: Running) -> None:
    faults: tuple[tuple[FaultKind, int], ...] = (("cut_after", 1), ("500", 0))
    for before, (fault, arrives) in enumerate(faults):
        await request(maple)
        maple.slack.faults.add("chat.postMessage", fault)
        await approve_waiting(maple)
        await maple.bot.background.drain(10)
        assert len(await outcomes(maple)) == before + arrives, fault
        maple.clock.move(2 * ATTEMPT)
        await maple.bot.changes.sweeper.tick()
        assert len(await outcomes(maple)) == before + 1, fault
        maple.clock.move(4 * ATTEMPT)
        await maple.bot.changes.sweeper.tick()
        assert len(await outcomes(maple)) == before + 1, fault


async def test_message_waits_while_slack_cannot_say_whether_it_arrived(maple: Running) -> None:
    await request(maple)
    maple.slack.faults.add("chat.postMessage", "cut_after")
    await approve_waiting(maple)
    await maple.lea.sees(APPLIED)
    await maple.bot.background.drain(10)
    maple.slack.faults.add("conversations.history", "error", times=None)
    maple.clock.move(2 * ATTEMPT)
    await maple.bot.changes.sweeper.tick()
    maple.slack.faults.clear()
    maple.clock.move(8 * ATTEMPT)
    await maple.bot.changes.sweeper.tick()
    assert len(await outcomes(maple)) == 1


async def test_refused_message_is_posted_later(maple: Running) -> None:
    await request(maple)
    maple.slack.faults.add("chat.postMessage", "error", error="restricted_action")
    await approve_waiting(maple)
    await maple.lea.sees(APPLIED)
    assert await outcomes(maple) == []
    maple.clock.move(2 * ATTEMPT)
    await maple.bot.changes.sweeper.tick()
    await maple.ana.sees(OUTCOME)


async def test_late_message_reports_the_current_state(maple: Running) -> None:
    await request(maple)
    maple.autumn.faults.add("balances.update", "cut_before", times=1)
    maple.slack.faults.add("chat.postMessage", "error", error="restricted_action", times=1)
    await approve_waiting(maple)
    await maple.lea.sees(HEADLINES[State.UNCONFIRMED])
    assert await outcomes(maple) == []
    (unconfirmed,) = await maple.bot.changes.history("cus_acme")
    await maple.lea.click("Mark as not applied", confirm=True)
    await maple.lea.sees("Marked by @lea")
    assert len(await outcomes(maple)) == 1
    maple.clock.move(2 * ATTEMPT)
    await maple.bot.services.notifier(unconfirmed, ChangeEvent.REDRAW)
    messages_sent = await outcomes(maple)
    assert len(messages_sent) == 2
    assert all("Marked by @lea" in message for message in messages_sent)


async def test_two_replicas_send_the_outcome_once(maple: Running) -> None:
    await request(maple)
    async with maple.another() as replica:
        maple.slack.faults.add("chat.postMessage", "cut_before")
        await approve_waiting(maple)
        await maple.lea.sees(APPLIED)
        for bot in (maple.bot, replica):
            await bot.background.drain(10)
        maple.clock.move(2 * ATTEMPT)
        for bot in (maple.bot, replica):
            await bot.changes.sweeper.tick()
        assert len(await outcomes(maple)) == 1
