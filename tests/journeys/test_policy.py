"""What a team's policy lets people do, as they meet it."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.approvals import repository
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from bot.approvals.results import Result
from bot.changes.details.request import DetailsInput
from bot.changes.model import Now
from bot.digests import repository as digest_repository
from tests.journeys.changing import (
    UNCONFIRMED,
    WAITING,
    WITHDRAWN,
    approve_waiting,
    change_in_autumn,
    file_request,
    read_as_approver,
    request_change,
    request_in_one_line,
    submit_change,
)
from tests.journeys.digesting import FORM, open_list
from tests.running import APPROVALS, UNHURRIED, Mode, Running, running_maple

SMALL_AT_ONCE = """
[[allow]]
name = "asks"
who = "everyone"
may = ["ask", "approve", "undo", "history"]

[[allow]]
name = "small"
who = "everyone"
may = "at_once"
changes = "balance"
amount_up_to = 500
per_day = 1_000
"""
TWO = """
[[allow]]
who = "everyone"
may = ["ask", "approve", "history"]

[[require]]
approvals = 2
"""


async def test_third_gift_of_a_day_needs_approval_and_the_form_says_why(mode: Mode) -> None:
    async with running_maple(mode, policy=SMALL_AT_ONCE) as maple:
        for _ in range(2):
            await file_request(maple)
            await maple.bot.background.drain(10)
        assert len(maple.autumn.ledger) == 2
        await maple.ana.command("/autumn give cus_acme 500 messages because they asked again")
        form = await maple.ana.sees("This needs 1 approval before it is applied")
        assert (
            "This is the 3rd change to this customer's Messages today: 1,500 in total, this one included."
            in form
        )
        assert "1,000 per customer per day, and 0 of that is left today." in form
        await maple.ana.submit()
        card = await read_as_approver(maple, WAITING)
        assert (
            "This is the 3rd change to this customer's Messages today: 1,500 in total, this one included."
            in card
        )
        assert len(maple.autumn.ledger) == 2


BUSY = """
[[allow]]
who = "everyone"
may = ["ask", "approve"]

[approvals]
tolerance = { percent = 10 }
"""


async def use_messages(maple: Running, messages: int) -> None:
    """Acme keeps using messages."""
    await change_in_autumn(
        maple, "balances.track", customer_id="cus_acme", feature_id="messages", value=messages
    )


async def test_request_of_an_active_customer_can_be_approved(mode: Mode) -> None:
    async with running_maple(mode, policy=BUSY) as maple:
        await request_in_one_line(maple.ana, "set cus_acme messages to 20000")
        assert "Remaining: 18,760 → 20,000" in await read_as_approver(maple, WAITING)
        await use_messages(maple, 124)
        await maple.lea.click("Approve")
        card = await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
        assert "Remaining: 18,636 → 20,000" in card
        customer = await maple.bot.autumn.customer("cus_acme")
        assert customer.balances["messages"].remaining == 20_000


async def test_usage_beyond_the_tolerance_needs_another_approval() -> None:
    async with running_maple("http", policy=BUSY) as maple:
        await request_in_one_line(maple.ana, "set cus_acme messages to 20000")
        await read_as_approver(maple, WAITING)
        await use_messages(maple, 125)
        await maple.lea.click("Approve")
        await maple.lea.sees(approvals_words.RESULTS[Result.SUPERSEDED].what)
        card = await maple.lea.sees("Remaining: 18,635 → 20,000")
        assert "0 of 1 approval" in card


async def test_approval_of_a_person_who_left_is_not_counted(mode: Mode) -> None:
    async with running_maple(mode, policy=TWO, timeouts=replace(UNHURRIED, person=0)) as maple:
        await file_request(maple)
        await read_as_approver(maple, "0 of 2 approvals")
        await maple.lea.click("Approve")
        await maple.lea.sees("1 of 2 approvals")
        maple.lea.user.kind = "guest"
        maple.raj.go("#billing")
        await maple.raj.sees("1 of 2 approvals")
        await maple.raj.click("Approve")
        card = await maple.raj.sees("Not counted, because they are no longer allowed to approve this")
        assert "1 of 2 approvals" in card
        assert maple.autumn.ledger == []


async def test_channel_that_became_shared_shows_no_numbers(maple: Running) -> None:
    await file_request(maple)
    await read_as_approver(maple, "Give 500 extra Messages")
    maple.slack.workspace.channels[APPROVALS].kind = "shared"
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.RESULTS[Result.CHANNEL_SHARED].what)
    card = await maple.lea.sees(approvals_words.WITHHELD)
    assert WAITING in card
    for hidden in ("Messages", "Acme", "cus_acme", "They lost a day", "[Approve]"):
        assert hidden not in card
    maple.ana.go("@maple")
    await maple.ana.sees("Give 500 extra Messages")
    await maple.ana.click("Withdraw", confirm=True)
    card = await read_as_approver(maple, WITHDRAWN)
    assert "cus_acme" not in card
    assert maple.autumn.ledger == []


async def test_card_is_not_updated_where_its_channel_cannot_be_checked(maple: Running) -> None:
    await file_request(maple)
    await read_as_approver(maple, WAITING)
    maple.slack.faults.add("conversations.info", "error", error="fatal_error", times=100)
    await maple.lea.click("Deny")
    await maple.lea.sees(approvals_words.RESULTS[Result.CHANNEL_UNCHECKED].what)
    maple.ana.go("@maple")
    await maple.ana.sees(WAITING)
    await maple.ana.click("Withdraw", confirm=True)
    await maple.ana.sees(WITHDRAWN)
    await maple.bot.background.drain(10)
    assert "Withdrawn" not in await read_as_approver(maple, WAITING)
    maple.slack.faults.clear()
    maple.clock.move(timedelta(hours=1))
    await maple.bot.changes.sweeper.tick()
    await read_as_approver(maple, WITHDRAWN)


async def test_unconfirmed_change_is_marked_as_autumn_shows_it(maple: Running) -> None:
    for name, applied, refused, accepted in (
        ("Acme Incorporated", True, MARK_NOT_APPLIED, MARK_APPLIED),
        ("Acme Holdings", False, MARK_APPLIED, MARK_NOT_APPLIED),
    ):
        maple.lea.reload()
        record = await submit_change(maple, DetailsInput(customer="cus_acme", name=name))
        maple.autumn.faults.add("customers.update", "cut_before", times=1)
        maple.lea.go("#billing")
        await approve_waiting(maple)
        card = await maple.lea.sees(UNCONFIRMED)
        assert approvals_words.READ_BACK[Now.ABSENT] in card
        if applied:
            await change_in_autumn(maple, "customers.update", customer_id="cus_acme", name=name)
        await maple.lea.click(refused.button, confirm=True)
        await maple.lea.sees(approvals_words.RESULTS[refused.refusal].what)
        unsettled = await maple.bot.changes.get(record.id)
        assert unsettled is not None
        assert unsettled.state is State.UNCONFIRMED
        await maple.lea.click(accepted.button, confirm=True)
        await maple.lea.sees(approvals_words.ENDINGS[accepted.ending])


@dataclass(frozen=True)
class Mark:
    button: str
    refusal: Result
    ending: Cause


MARK_APPLIED = Mark("Mark as applied", Result.SEEN_NOT_APPLIED, Cause.MARKED_APPLIED)
MARK_NOT_APPLIED = Mark("Mark as not applied", Result.SEEN_APPLIED, Cause.MARKED_NOT_APPLIED)


async def test_deletion_lists_what_remains_to_do_in_stripe(maple: Running) -> None:
    await maple.ana.command("/autumn delete cus_acme")
    await maple.ana.sees("Type the customer's id in full")
    await maple.ana.fill("Type the customer's id in full", "cus_acme")
    await maple.ana.choose("Final confirmation", "Delete this customer. It cannot be undone.")
    await maple.ana.fill("Reason", "They asked to be forgotten")
    await maple.ana.submit()
    await read_as_approver(maple, WAITING)
    await maple.lea.click("Approve", confirm=True)
    card = await maple.lea.sees("Still to do in Stripe")
    assert "Stripe keeps charging for 3 subscriptions" in card
    assert "The customer in Stripe" in card


async def test_limit_of_waiting_requests_is_explained(
    maple: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 0)
    await request_change(maple)
    refusal = await maple.ana.sees("of your requests are waiting for approval, which is the limit")
    assert "Nothing was requested. Withdraw one, or try again once some are decided." in refusal
    assert await maple.bot.changes.waiting() == []


async def test_limit_of_digests_in_a_channel_is_explained(
    maple: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_repository, "MOST_OF_CHANNEL", 0)
    await open_list(maple.ana)
    await maple.ana.click("New digest")
    await maple.ana.sees(FORM)
    await maple.ana.submit()
    await maple.ana.sees("This channel has 10 digests")
