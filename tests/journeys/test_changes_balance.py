"""A balance change from request to outcome, using only the labels people see."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from bot.access import words as access_words
from bot.access.policy import DecisionReason
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.changes.balance.words import BalanceAction
from sandbox.slack.model import LocalMessage
from tests.journeys.changing import (
    ACTION,
    AT_ONCE,
    DENIED,
    EXPIRED,
    WAITING,
    WITHDRAWN,
    FormSetup,
    approve_waiting,
    change_in_autumn,
    close_and_read_own_card,
    read_as_approver,
    read_own_card,
    request_change,
    request_shown_to_lea,
    request_undo,
)
from tests.journeys.harness import applied_record, form_harness
from tests.journeys.kinds import give_allowance
from tests.running import APPROVALS, Mode, Running, actor, running_maple
from tests.screen import on_screen


def writes(at: FormSetup) -> list[str]:
    return [write.route for write in at.autumn.ledger]


async def remaining(maple: Running) -> Decimal:
    customer = await maple.bot.autumn.customer("cus_acme")
    return customer.balances["messages"].remaining


async def test_approved_change_is_applied(maple: Running) -> None:
    before = await remaining(maple)
    await request_change(maple)
    form = await maple.ana.sees("0 of 1 approval")
    assert on_screen(approvals_words.YOUR_CARD) in form
    card = await read_as_approver(maple, WAITING)
    assert "Give 500 extra Messages" in card
    assert "They lost a day to our outage" in card
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await close_and_read_own_card(
        maple.ana, "Acme Ltd · Give 500 extra Messages", approvals_words.ENDINGS[Cause.DONE]
    )
    assert writes(maple) == ["balances.update"]
    assert await remaining(maple) == before + 500


async def test_requester_cannot_approve_their_own_request(maple: Running) -> None:
    await request_shown_to_lea(maple)
    maple.ana.go("#billing")
    await maple.ana.sees(WAITING)
    await maple.ana.click("Approve")
    await maple.ana.sees(access_words.BARRED[DecisionReason.OWN])
    assert writes(maple) == []


async def test_change_is_applied_right_away(mode: Mode) -> None:
    async with running_maple(mode, policy=AT_ONCE, approvals=None) as maple:
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees(ACTION)
        await maple.ana.choose("Feature", "Messages")
        await maple.ana.sees("resets")
        await maple.ana.fill("Amount", "1k")
        await maple.ana.sees("This is applied as soon as you submit it")
        await maple.ana.submit()
        card = await maple.ana.sees(approvals_words.ENDINGS[Cause.DONE])
        assert approvals_words.RIGHT_AWAY in card
        await close_and_read_own_card(maple.ana, "Applied", "Give 1,000 extra Messages")
        assert writes(maple) == ["balances.update"]


async def test_denied_change_is_not_applied(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.lea.sees(WAITING)
    await maple.lea.click("Deny")
    await maple.lea.sees(approvals_words.DENY_HINT)
    await maple.lea.fill(approvals_words.REASON, "They have had three this month")
    await maple.lea.submit()
    await maple.lea.sees(DENIED)
    outcome = await read_own_card(maple.ana, DENIED)
    assert "They have had three this month" in outcome
    await maple.ana.no_longer_sees("[Withdraw]")
    assert writes(maple) == []


async def test_withdrawn_request_is_not_applied(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.lea.sees(WAITING)
    await read_own_card(maple.ana, "[Withdraw]")
    await maple.ana.click("Withdraw", confirm=False)
    await maple.ana.click("Withdraw", confirm=True)
    await maple.ana.sees(WITHDRAWN)
    assert "[Approve]" not in await maple.lea.sees(WITHDRAWN)
    assert writes(maple) == []


async def test_expired_request_is_refused_before_the_sweep(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.lea.sees(WAITING)
    maple.clock.move(timedelta(hours=25))
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.RESULTS[Result.TOO_LATE].what)
    await maple.lea.sees(EXPIRED)
    assert writes(maple) == []


async def test_outdated_request_is_shown_again_and_approved(maple: Running) -> None:
    await request_shown_to_lea(maple, 900, action=BalanceAction.SET)
    await maple.lea.sees(WAITING)
    await change_in_autumn(
        maple, "balances.update", customer_id="cus_acme", feature_id="messages", remaining=20_000
    )
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.RESULTS[Result.SUPERSEDED].what)
    card = await maple.lea.sees("20,000 → 900")
    assert approvals_words.ANEW.split("*")[1] in card
    assert "[Approve]" in card
    assert len(writes(maple)) == 1, "what somebody else wrote"
    await read_own_card(maple.ana, "earlier approvals don't count")
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    assert await remaining(maple) == 900


async def test_relative_change_is_applied_to_current_numbers() -> None:
    async with form_harness() as harness:
        await give_allowance(harness)
        await change_in_autumn(
            harness, "balances.update", customer_id="cus_acme", feature_id="messages", remaining=20_000
        )
        record = applied_record(await harness.approve())
        assert "20,000 → 20,500" in await harness.card(record)
        assert (await harness.client.customer("cus_acme")).balances["messages"].remaining == 20_500


async def test_lost_answer_is_resolved_by_reading_back() -> None:
    async with form_harness() as harness:
        before = (await harness.client.customer("cus_acme")).balances["messages"].remaining
        await give_allowance(harness)
        harness.autumn.faults.add("balances.update", "cut_after", times=1)
        record = (await harness.approve()).record
        assert record is not None
        assert on_screen(approvals_words.ENDINGS[Cause.FOUND_DONE]) in await harness.card(record)
        assert (await harness.client.customer("cus_acme")).balances["messages"].remaining == before + 500
        assert writes(harness) == ["balances.update"]


def _path(post: LocalMessage) -> str:
    """The path of the link to a message in the approvals channel."""
    return f"/archives/{APPROVALS}/p{post.ts.replace('.', '')}"


async def test_applied_change_is_undone(maple: Running) -> None:
    before = await remaining(maple)
    await request_shown_to_lea(maple)
    await approve_waiting(maple)
    await read_own_card(maple.ana, "[Undo]")
    await request_undo(maple.ana)
    await maple.lea.sees("Undo: balance change")
    await maple.lea.sees(approvals_words.UNDOING)
    original, undo = (post for post in maple.slack.workspace.posts if post.channel == APPROVALS)
    assert maple.lea.link(approvals_words.UNDONE_CHANGE).endswith(_path(original))
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.UNDONE)
    await maple.lea.sees(f"({approvals_words.UNDONE_STATE})")
    assert maple.lea.link(approvals_words.UNDO_REQUEST).endswith(_path(undo))
    await maple.bot.background.drain(10)
    assert maple.ana.thread("[Open customer] [History]") == [], "she undid it herself"
    assert await remaining(maple) == before
    assert writes(maple) == ["balances.update"] * 2


async def test_requester_is_told_below_her_card_that_somebody_else_undid_it(maple: Running) -> None:
    record = await request_shown_to_lea(maple)
    await approve_waiting(maple)
    undo_request = (await maple.bot.changes.undo(record.id, "undo", actor(maple.lea))).record
    assert undo_request is not None
    await maple.bot.changes.approve(undo_request.id, undo_request.version, actor(maple.max))
    await maple.lea.sees(approvals_words.UNDONE)
    await maple.bot.background.drain(10)
    await read_own_card(maple.ana, approvals_words.UNDONE)
    (reply,) = maple.ana.thread("Balance change (undone)")
    assert on_screen(approvals_words.UNDONE_HEADLINE) in reply


async def test_late_decision_names_the_earlier_one(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.lea.sees(WAITING)
    maple.max.go("#billing")
    await asyncio.gather(maple.lea.click("Approve"), maple.max.click("Approve"))
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await maple.bot.background.drain(10)
    first, second = (
        (maple.lea, maple.max) if "Approved by @lea" in maple.lea.screen() else (maple.max, maple.lea)
    )
    answer = await second.sees(approvals_words.RESULTS[Result.TOO_LATE].what)
    assert f"Approved by @{first.user.name}" in answer
    first.does_not_see(approvals_words.RESULTS[Result.TOO_LATE].what)
    assert writes(maple) == ["balances.update"]


async def test_request_at_one_replica_is_approved_at_another(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.lea.sees(WAITING)
    async with maple.another():
        await maple.lea.click("Approve")
        await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
        await read_own_card(maple.ana, approvals_words.ENDINGS[Cause.DONE])
    assert writes(maple) == ["balances.update"]


async def test_two_approvals_are_needed(mode: Mode) -> None:
    policy = AT_ONCE + '[[require]]\nname = "two"\napprovals = 2\nreason = true\n'
    async with running_maple(mode, policy=policy) as maple:
        await request_shown_to_lea(maple)
        await maple.lea.sees("0 of 2 approvals")
        await maple.lea.click("Approve")
        await maple.lea.sees("1 of 2 approvals: @lea")
        await read_own_card(maple.ana, "1 of 2 approvals: @lea")
        await maple.lea.click("Approve")
        await maple.lea.sees(approvals_words.RESULTS[Result.ALREADY].what)
        maple.max.go("#billing")
        await maple.max.click("Approve")
        await maple.max.sees(approvals_words.ENDINGS[Cause.DONE])
        await maple.max.sees("Approved by @lea, @max")
        assert writes(maple) == ["balances.update"]
