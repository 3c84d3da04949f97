"""How a bulk change is shown when Slack refuses its card or is slow."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Literal
from uuid import uuid4

import pytest
from slack_sdk.errors import SlackApiError
from sqlalchemy import text

from bot.access.people import Actor
from bot.batches import words
from bot.batches.model import BatchLine, BatchRecord, BatchState
from bot.batches.repository import BATCH_CARDS
from bot.batches.running import BatchTimeouts
from bot.changes.line_form import LineCells
from tests.running import APPROVALS, Running, running_maple
from tests.screen import on_screen
from tests.waiting import wait_until

NEVER = BatchTimeouts(tick=3600, redraw=0.01, poll=0.02)
"""Cards are drawn only when a test asks for it."""
WAITING = on_screen(words.STATES[BatchState.WAITING])
DENIED = on_screen(words.STATES[BatchState.DENIED])


@pytest.fixture
async def manual_maple() -> AsyncIterator[Running]:
    async with running_maple("http", batch_pace=NEVER) as maple:
        yield maple


def actor(maple: Running, name: str) -> Actor:
    person = maple.slack.person(name)
    return Actor(person.id, maple.bot_team)


async def request_list(maple: Running) -> BatchRecord:
    ana = actor(maple, "ana")
    checked = await maple.bot.batches.check([BatchLine(1, "cus_bold", LineCells("messages", "100"))], ana)
    outcome = await maple.bot.batches.submit(uuid4().hex, checked, ana, reason="why")
    assert outcome.batch is not None
    return outcome.batch


async def deny_list(maple: Running, batch: BatchRecord) -> BatchRecord:
    outcome = await maple.bot.batches.deny(batch.id, batch.revision, actor(maple, "lea"), "no")
    assert outcome.batch is not None
    return outcome.batch


async def show_cards(maple: Running, batch: BatchRecord) -> None:
    await maple.bot.services.batch_notifier(batch.id, batch.revision)


def outcomes(maple: Running) -> list[str]:
    maple.ana.go("@maple")
    return [piece for piece in maple.ana.pieces() if piece.startswith(f"Maple:\n:no_entry: {DENIED}")]


async def test_refused_update_is_retried_but_a_deleted_card_is_not(
    manual_maple: Running,
) -> None:
    batch = await request_list(manual_maple)
    manual_maple.slack.faults.add("chat.update", "error", error="fatal_error", times=2)
    batch = await deny_list(manual_maple, batch)
    manual_maple.lea.go("#billing")
    await manual_maple.lea.sees(WAITING)
    manual_maple.slack.faults.add("chat.update", "error", error="edit_window_closed", times=2)
    with pytest.raises(SlackApiError):
        await show_cards(manual_maple, batch)
    manual_maple.slack.faults.add("chat.update", "error", error="message_not_found", times=2)
    await show_cards(manual_maple, batch)
    before = len(manual_maple.slack.calls)
    await show_cards(manual_maple, batch)
    assert len(manual_maple.slack.calls) == before
    await manual_maple.bot.services.batch_notifier.redraw(batch.id, "1.0")
    await manual_maple.bot.services.batch_notifier.redraw("nothing", "1.0")


async def test_nothing_is_posted_into_a_channel_that_cannot_be_checked(manual_maple: Running) -> None:
    batch = await request_list(manual_maple)
    manual_maple.slack.faults.add("conversations.info", "500", times=1)
    batch = await deny_list(manual_maple, batch)
    manual_maple.lea.go("#billing")
    await manual_maple.lea.sees(WAITING)
    await show_cards(manual_maple, batch)
    await manual_maple.lea.sees(DENIED)


async def test_card_is_not_posted_where_maple_is_not_a_member(manual_maple: Running) -> None:
    channel = manual_maple.slack.workspace.channels[APPROVALS]
    manual_maple.slack.faults.add("chat.postMessage", "error", error="fatal_error", times=2)
    batch = await request_list(manual_maple)
    channel.kind = "shared"
    await show_cards(manual_maple, batch)
    manual_maple.lea.go("#billing")
    manual_maple.lea.does_not_see("Bulk change")


async def test_outcome_is_posted_once_though_the_answer_is_lost(manual_maple: Running) -> None:
    batch = await request_list(manual_maple)
    manual_maple.slack.faults.add("chat.postMessage", "cut_after", times=1)
    batch = await deny_list(manual_maple, batch)
    assert len(outcomes(manual_maple)) == 1
    manual_maple.clock.move(timedelta(minutes=2))
    manual_maple.slack.faults.add("conversations.history", "500", times=2)
    await show_cards(manual_maple, batch)
    manual_maple.clock.move(timedelta(minutes=5))
    await manual_maple.bot.batches.ticker.keep_up()
    manual_maple.clock.move(timedelta(days=1))
    await manual_maple.bot.batches.ticker.keep_up()
    assert len(outcomes(manual_maple)) == 1


async def test_outcome_that_slack_loses_or_refuses_is_posted_later(manual_maple: Running) -> None:
    faults: tuple[Literal["cut_before", "error"], ...] = ("cut_before", "error")
    for posted, fault in enumerate(faults):
        batch = await request_list(manual_maple)
        manual_maple.slack.faults.add("chat.postMessage", fault, error="restricted_action", times=1)
        await deny_list(manual_maple, batch)
        assert len(outcomes(manual_maple)) == posted, fault
        manual_maple.clock.move(timedelta(minutes=2))
        await manual_maple.bot.batches.ticker.keep_up()
        assert len(outcomes(manual_maple)) == posted + 1, fault


async def test_card_that_slack_refuses_is_posted_later_by_whichever_process_may(
    manual_maple: Running,
) -> None:
    manual_maple.slack.faults.add("chat.postMessage", "error", error="restricted_action", times=2)
    batch = await request_list(manual_maple)
    manual_maple.lea.go("#billing")
    manual_maple.lea.does_not_see(WAITING)
    database, now = manual_maple.bot.database, manual_maple.clock.now()
    for card in await BATCH_CARDS.of(database, batch.id):
        assert await BATCH_CARDS.claim_post(database, card.id, now=now), "by another process"
    await show_cards(manual_maple, batch)
    manual_maple.lea.does_not_see(WAITING)
    manual_maple.clock.move(timedelta(minutes=1))
    await show_cards(manual_maple, batch)
    await manual_maple.lea.sees(WAITING)


async def test_only_posted_and_outdated_cards_are_drawn(manual_maple: Running) -> None:
    batch = await request_list(manual_maple)
    notifier = manual_maple.bot.services.batch_notifier
    before = len(manual_maple.slack.calls)
    await notifier("nothing", 1)
    await show_cards(manual_maple, replace(batch, revision=batch.revision + 1))
    await show_cards(manual_maple, batch)
    assert len(manual_maple.slack.calls) == before
    async with manual_maple.bot.database.writing() as connection:
        await connection.execute(text("UPDATE batch_cards SET ts = NULL WHERE kind = 'approval'"))
    # As after its undo was requested.
    await notifier.redraw_all(batch.id)
    assert [call.method for call in manual_maple.slack.calls[before:]] == ["chat.update"]


async def test_older_redraw_never_covers_a_newer_state(manual_maple: Running) -> None:
    batch = await request_list(manual_maple)
    notifier = manual_maple.bot.services.batch_notifier
    card = await BATCH_CARDS.in_approvals_channel(manual_maple.bot.database, batch.id)
    assert card is not None
    faults = manual_maple.slack.faults
    faults.add("chat.update", "latency", seconds=0.3)
    older = asyncio.create_task(notifier.redraw(batch.id, card.ts))
    await wait_until(lambda: not faults._faults)
    await deny_list(manual_maple, batch)
    await older
    manual_maple.lea.go("#billing")
    await manual_maple.lea.sees(DENIED)
    manual_maple.lea.does_not_see(WAITING)
