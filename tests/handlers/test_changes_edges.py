"""Cards of changes that come late, are clicked twice, are gone, or wait for their channel."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from bot.approvals import cards
from bot.approvals.lifecycle import CardKind, ChangeEvent, State
from tests.handlers.test_changes import again, last
from tests.journeys.changing import give, lea_sees
from tests.stage import Stage


async def gone(maple: Stage, kind: CardKind) -> None:
    """As after Slack said that there is no such message."""
    async with maple.bot.database.writing() as connection:
        await connection.execute(
            text("UPDATE cards SET gone = true WHERE kind = :kind"), {"kind": kind.value}
        )


async def test_a_click_on_deny_delivered_five_times_opens_one_form(maple: Stage) -> None:
    await give(maple)
    await lea_sees(maple, "Waiting for approval")
    before = len([one for one in maple.slack.calls if one.method == "views.open"])
    await maple.lea.click("Deny")
    await again(maple, last(maple, "block_actions"), 4)
    await maple.lea.sees("The person who asked will read this")
    await maple.bot.work.drain(10)
    assert len([one for one in maple.slack.calls if one.method == "views.open"]) == before + 1
    maple.lea.does_not_see("Something went wrong")


async def test_a_card_that_was_let_go_can_still_be_clicked(maple: Stage) -> None:
    await give(maple)
    await lea_sees(maple, "Waiting for approval")
    await maple.bot.work.drain(10)
    await gone(maple, CardKind.APPROVAL)
    await maple.lea.click("Approve")
    await maple.bot.work.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    assert record.state is State.APPLIED
    (left,) = await cards.cards_of(maple.bot.database, record.id)
    assert left.kind is CardKind.ASKER


async def test_redraws_at_once_of_a_card_that_was_deleted_give_it_up_once(maple: Stage) -> None:
    await give(maple)
    await lea_sees(maple, "Waiting for approval")
    await maple.bot.work.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    async with maple.bot.database.writing() as connection:
        await connection.execute(text("UPDATE cards SET shown_revision = 0"))
    maple.slack.faults.add("chat.update", "latency", seconds=0.2, times=None)
    maple.slack.faults.add("chat.update", "error", error="message_not_found", times=None)
    before = len(maple.slack.calls)
    tell = maple.bot.services.notifier
    await asyncio.gather(tell(record, ChangeEvent.REDRAW), tell(record, ChangeEvent.REDRAW))
    assert await cards.cards_of(maple.bot.database, record.id) == []
    assert len([one for one in maple.slack.calls[before:] if one.method == "chat.update"]) == 2


async def test_a_card_is_not_posted_into_a_channel_that_is_not_fit(maple: Stage) -> None:
    maple.slack.faults.add("chat.postMessage", "error", error="fatal_error", times=2)
    await give(maple)
    await maple.ana.sees("0 of 1 approval")
    await maple.bot.work.drain(10)
    maple.lea.go("#billing")
    maple.slack.faults.add("conversations.info", "error", error="fatal_error", times=None)
    maple.clock.move(timedelta(minutes=5))
    await maple.bot.changes.sweeper.tick()
    maple.lea.does_not_see("Waiting for approval")
    maple.slack.faults.clear()
    maple.clock.move(timedelta(minutes=30))
    await maple.bot.changes.sweeper.tick()
    await maple.lea.sees("Waiting for approval")


async def test_two_replicas_post_a_card_once(maple: Stage) -> None:
    maple.slack.faults.add("chat.postMessage", "error", error="fatal_error", times=2)
    await give(maple)
    await maple.ana.sees("0 of 1 approval")
    await maple.bot.work.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    maple.slack.faults.add("chat.postMessage", "latency", seconds=0.5, times=None)
    async with maple.another() as other:
        await asyncio.gather(
            maple.bot.services.notifier(record, ChangeEvent.REDRAW),
            other.services.notifier(record, ChangeEvent.REDRAW),
        )
    posted = [one for one in maple.slack.calls if one.method == "chat.postMessage" and one.ok]
    assert len(posted) == 2, "one card to decide on, and one to the asker"


async def test_without_a_card_of_their_own_the_asker_is_told_nothing_in_person(maple: Stage) -> None:
    maple.ana.go("#random")
    await give(maple)
    await lea_sees(maple, "Waiting for approval")
    await maple.bot.work.drain(10)
    await gone(maple, CardKind.ASKER)
    before = len(maple.slack.calls)
    await maple.lea.click("Approve")
    await maple.lea.sees("Autumn was read back and shows the change")
    await maple.bot.work.drain(10)
    assert [one for one in maple.slack.calls[before:] if one.method == "chat.postMessage"] == []
