"""Cards of changes that are late, clicked twice, deleted, or waiting for their channel."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from bot.approvals import words as approvals_words
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.lifecycle import CardKind, Cause, ChangeEvent, State
from bot.approvals.results import Result
from bot.approvals.words import HEADLINES
from tests.handlers.test_changes import last_delivery
from tests.journeys.changing import file_request, request_shown_to_lea
from tests.running import Running
from tests.screen import on_screen


async def mark_cards_gone(maple: Running, kind: CardKind) -> None:
    """As if Slack had answered that there is no such message."""
    async with maple.bot.database.writing() as connection:
        await connection.execute(
            text("UPDATE cards SET gone = true WHERE kind = :kind"), {"kind": kind.value}
        )


async def test_dropped_card_can_still_be_clicked(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.bot.background.drain(10)
    await mark_cards_gone(maple, CardKind.APPROVAL)
    async with maple.another() as bot:
        await maple.lea.click("Approve")
        await bot.background.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    assert record.state is State.APPLIED
    (remaining_card,) = await CHANGE_CARDS.of(maple.bot.database, record.id)
    assert remaining_card.kind is CardKind.REQUESTER


async def test_concurrent_redraws_drop_a_deleted_card_once(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.bot.background.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    later = replace(record, revision=record.revision + 1)
    maple.slack.faults.add("chat.update", "latency", seconds=0.2, times=None)
    maple.slack.faults.add("chat.update", "error", error="message_not_found", times=None)
    before = len(maple.slack.calls)
    tell = maple.bot.services.notifier
    await asyncio.gather(tell(later, ChangeEvent.REDRAW), tell(later, ChangeEvent.REDRAW))
    assert await CHANGE_CARDS.of(maple.bot.database, record.id) == []
    assert len([call for call in maple.slack.calls[before:] if call.method == "chat.update"]) == 2


async def test_card_is_not_posted_into_an_unfit_channel(maple: Running) -> None:
    maple.slack.faults.add("chat.postMessage", "error", error="fatal_error", times=2)
    await request_shown_to_lea(maple)
    await maple.bot.background.drain(10)
    maple.slack.faults.add("conversations.info", "error", error="fatal_error", times=None)
    maple.clock.move(timedelta(minutes=5))
    await maple.bot.changes.sweeper.tick()
    maple.lea.does_not_see(on_screen(HEADLINES[State.WAITING]))
    maple.slack.faults.clear()
    maple.clock.move(timedelta(minutes=30))
    await maple.bot.changes.sweeper.tick()
    await maple.lea.sees(on_screen(HEADLINES[State.WAITING]))


async def test_two_replicas_post_a_card_once(maple: Running) -> None:
    maple.slack.faults.add("chat.postMessage", "error", error="fatal_error", times=2)
    record = await file_request(maple)
    await maple.bot.background.drain(10)
    maple.slack.faults.add("chat.postMessage", "latency", seconds=0.5, times=None)
    async with maple.another() as replica:
        await asyncio.gather(
            maple.bot.services.notifier(record, ChangeEvent.REDRAW),
            replica.services.notifier(record, ChangeEvent.REDRAW),
        )
    posted = [call for call in maple.slack.calls if call.method == "chat.postMessage" and call.ok]
    assert len(posted) == 2, "one card to decide on, and one to the requester"


async def test_requester_whose_card_is_gone_is_notified_of_the_outcome(maple: Running) -> None:
    await request_shown_to_lea(maple)
    await maple.bot.background.drain(10)
    await mark_cards_gone(maple, CardKind.REQUESTER)
    before = len(maple.slack.calls)
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await maple.bot.background.drain(10)
    (posted,) = [call for call in maple.slack.calls[before:] if call.method == "chat.postMessage"]
    assert not posted.args.get("thread_ts")
    maple.ana.go("@maple")
    await maple.ana.sees(approvals_words.ENDINGS[Cause.DONE])


async def test_undo_is_refused_while_the_channel_cannot_be_checked_and_while_another_waits(
    maple: Running,
) -> None:
    await request_shown_to_lea(maple)
    await maple.lea.click("Approve")
    await maple.lea.sees("[Undo]")
    maple.slack.faults.add("conversations.info", "error", error="fatal_error")
    await maple.lea.click(approvals_words.UNDO)
    await maple.lea.sees(approvals_words.RESULTS[Result.CHANNEL_UNCHECKED].what)
    assert len(await maple.bot.changes.history("cus_acme")) == 1
    await maple.lea.click(approvals_words.UNDO)
    await maple.lea.sees(approvals_words.UNDO_HINT)
    clicked = json.loads(json.dumps(last_delivery(maple, "block_actions").payload))
    await maple.lea.fill(approvals_words.REASON, "It was the wrong customer")
    await maple.lea.submit()
    await maple.lea.sees("Undo: balance change")
    await maple.slack.deliveries.send("interactive", clicked | {"trigger_id": "9.1.x"})
    await maple.lea.sees(approvals_words.RESULTS[Result.NO_UNDO].what)
