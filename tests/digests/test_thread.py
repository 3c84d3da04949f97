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
from tests.digests.bench import DUE, FINANCE, QUICK, SHORT, SUPPORT, TIMES, Bench, bench, tick
from tests.digests.test_posting import NONE

POINTS = ("headed", "reply_marked", "reply_sent")


@pytest.fixture
async def desk() -> AsyncIterator[Bench]:
    async with bench() as new_bench:
        await new_bench.digest()
        new_bench.at(DUE)
        yield new_bench


def when(point: str, act: Callable[[], None]) -> Checkpoint:
    """Does something the first time a checkpoint is reached."""
    reached_before = False

    async def checkpoint(reached: str) -> None:
        nonlocal reached_before
        if reached == point and not reached_before:
            reached_before = True
            act()

    return checkpoint


async def test_tables_and_charts_are_in_the_thread() -> None:
    async with bench(seed=20) as desk:
        # Twelve invoices: more than a post lists.
        await desk.digest(content=replace(SHORT, days=31, sections=frozenset({"invoices"})))
        desk.at(DUE)
        bot = await desk.bot()
        await tick(bot)
        await tick(bot)
        (head,), (reply,) = desk.posts(), desk.replies()
        run = await desk.last()
    assert reply.thread_ts == head.ts
    assert words.SEE_ALL in json.dumps(reply.blocks)
    assert words.SEE_ALL not in json.dumps(head.blocks)
    assert "data_table" in {block["type"] for block in reply.blocks}
    assert {block["type"] for block in head.blocks} <= {"header", "context", "section"}
    assert (run.state, run.ts, run.head_ts) == (RunState.POSTED, head.ts, head.ts)


@pytest.mark.parametrize("point", POINTS)
async def test_crash_at_any_checkpoint_posts_the_thread_once(desk: Bench, point: str) -> None:
    await tick(await desk.bot(checkpoint=cancelled_at(point)))
    assert len(desk.posts()) == 1
    second_bot = await desk.bot()
    for _ in range(3):
        desk.move(seconds=31)
        await tick(second_bot)
    (head,), (reply,) = desk.posts(), desk.replies()
    run = await desk.last()
    assert (run.state, run.ts, reply.thread_ts) == (RunState.POSTED, head.ts, head.ts)


@pytest.mark.parametrize(("kind", "posted"), [("500", False), ("cut_after", True)])
async def test_lost_answer_is_searched_for_in_the_thread(desk: Bench, kind: FaultKind, posted: bool) -> None:
    bot = await desk.bot(
        checkpoint=when("reply_marked", lambda: desk.slack.faults.add("chat.postMessage", kind))
    )
    await tick(bot)
    assert (len(desk.posts()), len(desk.replies())) == (1, int(posted))
    assert desk.count("posted") == 1, "the post is in the channel, whatever becomes of its thread"
    await tick(bot)
    assert desk.called("conversations.replies") == 0, "the request may still be on its way"
    desk.move(seconds=16)
    await tick(bot)
    assert (len(desk.posts()), len(desk.replies())) == (1, 1)
    assert (await desk.last()).state is RunState.POSTED


async def test_head_found_by_the_search_gets_its_thread(desk: Bench) -> None:
    bot = await desk.bot()
    desk.slack.faults.add("chat.postMessage", "500_after")
    await tick(bot)
    assert desk.replies() == []
    desk.move(seconds=16)
    await tick(bot)
    (head,), (reply,) = desk.posts(), desk.replies()
    assert reply.thread_ts == head.ts


async def test_nothing_more_is_sent_while_the_thread_cannot_be_searched(desk: Bench) -> None:
    bot = await desk.bot(
        checkpoint=when("reply_marked", lambda: desk.slack.faults.add("chat.postMessage", "500_after"))
    )
    await tick(bot)
    desk.slack.faults.add("conversations.replies", "500", times=None)
    for _ in range(3):
        desk.move(minutes=10)
        await tick(bot)
    assert len(desk.replies()) == 1
    assert (await desk.last()).state is RunState.CLAIMED
    desk.move(hours=6)
    await tick(bot)
    assert (await desk.last()).state is RunState.POSTED, "in the end it is left at that"


async def test_definite_refusal_is_retried_without_a_search(desk: Bench) -> None:
    bot = await desk.bot(
        checkpoint=when("reply_marked", lambda: desk.slack.faults.add("chat.postMessage", "429", seconds=5))
    )
    await tick(bot)
    assert (await desk.last()).reply_posting_at is None
    desk.move(seconds=5)
    await tick(bot)
    assert len(desk.replies()) == 1
    assert desk.called("conversations.replies") == 0


async def test_refusal_does_not_clear_an_earlier_doubt(desk: Bench) -> None:
    bot = await desk.bot(
        checkpoint=when("reply_marked", lambda: desk.slack.faults.add("chat.postMessage", "500"))
    )
    await tick(bot)
    desk.slack.faults.add("chat.postMessage", "429", seconds=1)
    for _ in range(3):
        desk.move(minutes=1)
        await tick(bot)
    assert len(desk.replies()) == 1
    assert desk.called("conversations.replies") == 2


async def test_channel_without_threads_settles_the_run(desk: Bench) -> None:
    def refuse() -> None:
        desk.slack.faults.add("chat.postMessage", "error", error="restricted_action_non_threadable_channel")

    bot = await desk.bot(checkpoint=when("reply_marked", refuse))
    await tick(bot)
    assert (await desk.last()).state is RunState.POSTED
    assert desk.replies() == []


async def test_channel_shared_since_the_post_gets_no_thread(desk: Bench) -> None:
    def share() -> None:
        desk.slack.workspace.channel(SUPPORT).kind = "shared"

    await tick(await desk.bot(checkpoint=when("headed", share)))
    assert (await desk.last()).state is RunState.POSTED
    assert desk.replies() == []


async def test_unchecked_channel_delays_the_thread(desk: Bench) -> None:
    def busy() -> None:
        desk.slack.faults.add("conversations.info", "429", seconds=20)

    bot = await desk.bot(checkpoint=when("headed", busy))
    await tick(bot)
    assert desk.replies() == []
    desk.move(seconds=20)
    await tick(bot)
    assert len(desk.replies()) == 1


async def test_late_thread_is_left_out(desk: Bench) -> None:
    await tick(await desk.bot(checkpoint=cancelled_at("headed")))
    desk.move(hours=6, minutes=1)
    await tick(await desk.bot())
    assert (await desk.last()).state is RunState.POSTED
    assert desk.replies() == []


async def test_empty_digest_has_no_thread(desk: Bench) -> None:
    await desk.digest(content=replace(NONE, skip_empty=False), schedule=replace(TIMES, at=time(9, 30)))
    desk.move(minutes=30)
    await tick(await desk.bot())
    assert (len(desk.posts()), len(desk.replies())) == (2, 1)
    assert {run.state for run in await desk.runs()} == {RunState.POSTED}


@pytest.mark.parametrize("lost", ["scan", "query"])
async def test_thread_is_left_out_if_its_rows_are_gone(desk: Bench, lost: str) -> None:
    """Deleted, or posted by a version that stored no query."""
    await tick(await desk.bot(checkpoint=cancelled_at("headed")))
    await _lose(desk.database, lost)
    desk.move(seconds=31)
    await tick(await desk.bot())
    assert (await desk.last()).state is RunState.POSTED
    assert desk.replies() == []


@unbroken
async def _lose(database: Database, lost: str) -> None:
    async with database.writing() as connection:
        if lost == "scan":
            await connection.execute(delete(digest_scans))
        else:
            await connection.execute(update(digest_runs).values(query=None))


async def test_process_without_the_lease_posts_no_thread(desk: Bench) -> None:
    second_bot = await desk.bot()

    async def slow(point: str) -> None:
        if point == "headed":
            desk.move(seconds=31)
            await tick(second_bot)

    await tick(await desk.bot(checkpoint=slow, timeouts=replace(QUICK, renew=60)))
    assert (len(desk.posts()), len(desk.replies())) == (1, 1)


async def test_unknown_blocks_are_remembered_for_an_hour(desk: Bench) -> None:
    bot = await desk.bot()
    desk.slack.without_blocks("data_table", "data_visualization")
    await tick(bot)
    (reply,) = desk.replies()
    assert {block["type"] for block in reply.blocks}.isdisjoint({"data_table", "data_visualization"})
    assert desk.called("chat.postMessage") == 3, "the post, and two forms of the message in its thread"
    for later in (time(9, 30), time(10, 30)):
        await desk.digest(FINANCE, schedule=replace(TIMES, at=later))
    desk.move(minutes=30)
    await tick(bot)
    assert desk.called("chat.postMessage") == 5, "the plain form at once"
    desk.move(hours=1)
    await tick(bot)
    assert desk.called("chat.postMessage") == 8, "an hour later it is tried again"


async def test_refused_blocks_are_replaced_by_the_plain_form_right_away(desk: Bench) -> None:
    def refuse() -> None:
        desk.slack.faults.add("chat.postMessage", "error", error="msg_blocks_too_long")

    bot = await desk.bot(checkpoint=when("reply_marked", refuse))
    await tick(bot)
    (reply,) = desk.replies()
    assert {block["type"] for block in reply.blocks}.isdisjoint({"data_table", "data_visualization"})
    # It was about this message: the next one is tried in the rich form, soon after.
    await desk.digest(FINANCE, schedule=replace(TIMES, at=time(9, 30)))
    desk.move(minutes=30)
    await tick(bot)
    (next_reply,) = desk.replies(FINANCE)
    assert "data_table" in {block["type"] for block in next_reply.blocks}
