"""A digest's thread: its tables and charts, posted at most once, whichever process dies."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import delete, update

from bot.digests import words
from bot.digests.model import RunState
from bot.runtime import Checkpoint
from bot.store.database import Database, unbroken
from bot.store.tables import digest_runs, digest_scans
from sandbox.slack.faults import FaultKind
from tests.crashing import cancelled_at
from tests.digests.harness import (
    DUE,
    FINANCE,
    QUICK,
    SHORT,
    SUPPORT,
    TIMES,
    DigestHarness,
    digest_harness,
    tick,
)
from tests.digests.test_posting import NONE

POINTS = ("headed", "reply_marked", "reply_sent")


@pytest.fixture
async def harness() -> AsyncIterator[DigestHarness]:
    async with digest_harness() as new_bench:
        await new_bench.digest()
        new_bench.at(DUE)
        yield new_bench


def act_at(point: str, act: Callable[[], None]) -> Checkpoint:
    """Does something the first time a checkpoint is reached."""
    reached_before = False

    async def checkpoint(reached: str) -> None:
        nonlocal reached_before
        if reached == point and not reached_before:
            reached_before = True
            act()

    return checkpoint


async def test_tables_and_charts_are_in_the_thread() -> None:
    async with digest_harness(seed=20) as harness:
        # Twelve invoices: more than a post lists.
        await harness.digest(content=replace(SHORT, days=31, sections=frozenset({"invoices"})))
        harness.at(DUE)
        bot = await harness.bot()
        await tick(bot)
        await tick(bot)
        (head,), (reply,) = harness.posts(), harness.replies()
        run = await harness.last()
    assert reply.thread_ts == head.ts
    assert words.SEE_ALL in json.dumps(reply.blocks)
    assert words.SEE_ALL not in json.dumps(head.blocks)
    assert "data_table" in {block["type"] for block in reply.blocks}
    assert {block["type"] for block in head.blocks} <= {"header", "context", "section"}
    assert (run.state, run.ts, run.head_ts) == (RunState.POSTED, head.ts, head.ts)


@pytest.mark.parametrize("point", POINTS)
async def test_crash_at_any_checkpoint_posts_the_thread_once(harness: DigestHarness, point: str) -> None:
    await tick(await harness.bot(checkpoint=cancelled_at(point)))
    assert len(harness.posts()) == 1
    second_bot = await harness.bot()
    for _ in range(3):
        harness.move(seconds=31)
        await tick(second_bot)
    (head,), (reply,) = harness.posts(), harness.replies()
    run = await harness.last()
    assert (run.state, run.ts, reply.thread_ts) == (RunState.POSTED, head.ts, head.ts)


@pytest.mark.parametrize(("kind", "posted"), [("500", False), ("cut_after", True)])
async def test_lost_answer_is_searched_for_in_the_thread(
    harness: DigestHarness, kind: FaultKind, posted: bool
) -> None:
    bot = await harness.bot(
        checkpoint=act_at("reply_marked", lambda: harness.slack.faults.add("chat.postMessage", kind))
    )
    await tick(bot)
    assert (len(harness.posts()), len(harness.replies())) == (1, int(posted))
    assert harness.count("posted") == 1, "the post is in the channel, whatever becomes of its thread"
    await tick(bot)
    assert harness.called("conversations.replies") == 0, "the request may still be on its way"
    harness.move(seconds=16)
    await tick(bot)
    assert (len(harness.posts()), len(harness.replies())) == (1, 1)
    assert (await harness.last()).state is RunState.POSTED


async def test_head_found_by_the_search_gets_its_thread(harness: DigestHarness) -> None:
    bot = await harness.bot()
    harness.slack.faults.add("chat.postMessage", "500_after")
    await tick(bot)
    assert harness.replies() == []
    harness.move(seconds=16)
    await tick(bot)
    (head,), (reply,) = harness.posts(), harness.replies()
    assert reply.thread_ts == head.ts


async def test_nothing_more_is_sent_while_the_thread_cannot_be_searched(harness: DigestHarness) -> None:
    bot = await harness.bot(
        checkpoint=act_at("reply_marked", lambda: harness.slack.faults.add("chat.postMessage", "500_after"))
    )
    await tick(bot)
    harness.slack.faults.add("conversations.replies", "500", times=None)
    for _ in range(3):
        harness.move(minutes=10)
        await tick(bot)
    assert len(harness.replies()) == 1
    assert (await harness.last()).state is RunState.CLAIMED
    harness.move(hours=6)
    await tick(bot)
    assert (await harness.last()).state is RunState.POSTED, "in the end it is left at that"


async def test_definite_refusal_is_retried_without_a_search(harness: DigestHarness) -> None:
    bot = await harness.bot(
        checkpoint=act_at(
            "reply_marked", lambda: harness.slack.faults.add("chat.postMessage", "429", seconds=5)
        )
    )
    await tick(bot)
    assert (await harness.last()).reply_posting_at is None
    harness.move(seconds=5)
    await tick(bot)
    assert len(harness.replies()) == 1
    assert harness.called("conversations.replies") == 0


async def test_refusal_does_not_clear_an_earlier_doubt(harness: DigestHarness) -> None:
    bot = await harness.bot(
        checkpoint=act_at("reply_marked", lambda: harness.slack.faults.add("chat.postMessage", "500"))
    )
    await tick(bot)
    harness.slack.faults.add("chat.postMessage", "429", seconds=1)
    for _ in range(3):
        harness.move(minutes=1)
        await tick(bot)
    assert len(harness.replies()) == 1
    assert harness.called("conversations.replies") == 2


async def test_channel_without_threads_settles_the_run(harness: DigestHarness) -> None:
    def refuse() -> None:
        harness.slack.faults.add(
            "chat.postMessage", "error", error="restricted_action_non_threadable_channel"
        )

    bot = await harness.bot(checkpoint=act_at("reply_marked", refuse))
    await tick(bot)
    assert (await harness.last()).state is RunState.POSTED
    assert harness.replies() == []


async def test_channel_shared_since_the_post_gets_no_thread(harness: DigestHarness) -> None:
    def share() -> None:
        harness.slack.workspace.channel(SUPPORT).kind = "shared"

    await tick(await harness.bot(checkpoint=act_at("headed", share)))
    assert (await harness.last()).state is RunState.POSTED
    assert harness.replies() == []


async def test_unchecked_channel_delays_the_thread(harness: DigestHarness) -> None:
    def busy() -> None:
        harness.slack.faults.add("conversations.info", "429", seconds=20)

    bot = await harness.bot(checkpoint=act_at("headed", busy))
    await tick(bot)
    assert harness.replies() == []
    harness.move(seconds=20)
    await tick(bot)
    assert len(harness.replies()) == 1


async def test_late_thread_is_left_out(harness: DigestHarness) -> None:
    await tick(await harness.bot(checkpoint=cancelled_at("headed")))
    harness.move(hours=6, minutes=1)
    await tick(await harness.bot())
    assert (await harness.last()).state is RunState.POSTED
    assert harness.replies() == []


async def test_empty_digest_has_no_thread(harness: DigestHarness) -> None:
    await harness.digest(content=replace(NONE, skip_empty=False), schedule=replace(TIMES, at=time(9, 30)))
    harness.move(minutes=30)
    await tick(await harness.bot())
    assert (len(harness.posts()), len(harness.replies())) == (2, 1)
    assert {run.state for run in await harness.runs()} == {RunState.POSTED}


@pytest.mark.parametrize("lost", ["scan", "query"])
async def test_thread_is_left_out_if_its_rows_are_gone(harness: DigestHarness, lost: str) -> None:
    """Deleted, or posted by a version that stored no query."""
    await tick(await harness.bot(checkpoint=cancelled_at("headed")))
    await _lose(harness.database, lost)
    harness.move(seconds=31)
    await tick(await harness.bot())
    assert (await harness.last()).state is RunState.POSTED
    assert harness.replies() == []


@unbroken
async def _lose(database: Database, lost: str) -> None:
    async with database.writing() as connection:
        if lost == "scan":
            await connection.execute(delete(digest_scans))
        else:
            await connection.execute(update(digest_runs).values(query=None))


async def test_process_without_the_lease_posts_no_thread(harness: DigestHarness) -> None:
    second_bot = await harness.bot()

    async def slow(point: str) -> None:
        if point == "headed":
            harness.move(seconds=31)
            await tick(second_bot)

    await tick(await harness.bot(checkpoint=slow, timeouts=replace(QUICK, renew=60)))
    assert (len(harness.posts()), len(harness.replies())) == (1, 1)


async def test_unknown_blocks_are_remembered_for_an_hour(harness: DigestHarness) -> None:
    bot = await harness.bot()
    harness.slack.without_blocks("data_table", "data_visualization")
    await tick(bot)
    (reply,) = harness.replies()
    assert {block["type"] for block in reply.blocks}.isdisjoint({"data_table", "data_visualization"})
    assert harness.called("chat.postMessage") == 3, "the post, and two forms of the message in its thread"
    for later in (time(9, 30), time(10, 30)):
        await harness.digest(FINANCE, schedule=replace(TIMES, at=later))
    harness.move(minutes=30)
    await tick(bot)
    assert harness.called("chat.postMessage") == 5, "the plain form at once"
    harness.move(hours=1)
    await tick(bot)
    assert harness.called("chat.postMessage") == 8, "an hour later it is tried again"


async def test_refused_blocks_are_replaced_by_the_plain_form_right_away(harness: DigestHarness) -> None:
    def refuse() -> None:
        harness.slack.faults.add("chat.postMessage", "error", error="msg_blocks_too_long")

    bot = await harness.bot(checkpoint=act_at("reply_marked", refuse))
    await tick(bot)
    (reply,) = harness.replies()
    assert {block["type"] for block in reply.blocks}.isdisjoint({"data_table", "data_visualization"})
    # It was about this message: the next one is tried in the rich form, soon after.
    await harness.digest(FINANCE, schedule=replace(TIMES, at=time(9, 30)))
    harness.move(minutes=30)
    await tick(bot)
    (next_reply,) = harness.replies(FINANCE)
    assert "data_table" in {block["type"] for block in next_reply.blocks}
