"""One due day is posted once, whichever process dies and however Slack and Autumn answer."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from bot.access.post_targets import Pause
from bot.autumn.client import Autumn
from bot.autumn.models import Environment
from bot.digests import repository, words
from bot.digests.delivery.owner_notice import OwnerNotifier
from bot.digests.model import Digest, DigestContent, RunSkip, RunState
from bot.digests.service import DigestService
from bot.runtime import Runtime
from bot.store.database import Database
from sandbox.slack.faults import FaultKind
from sandbox.slack.people import BOT_USER
from tests.crashing import cancelled_at
from tests.digests.harness import (
    ALWAYS,
    BILLING,
    DUE,
    FINANCE,
    QUICK,
    SHARED,
    SUPPORT,
    TIMES,
    DigestHarness,
    digest_harness,
    tick,
)
from tests.waiting import wait_until

POINTS = ("claimed", "reported", "marked", "sent", "settled")
NONE = DigestContent(plans=frozenset({"no_such_plan"}))
"""A digest with nothing to report."""


@pytest.fixture
async def harness() -> AsyncIterator[DigestHarness]:
    async with digest_harness() as new_bench:
        yield new_bench


async def due(harness: DigestHarness, **later: float) -> DigestService:
    """One digest, at its due time or later."""
    await harness.digest()
    harness.at(DUE + timedelta(**later))
    return await harness.bot()


async def test_digest_is_posted_once_on_each_day_when_it_is_due(harness: DigestHarness) -> None:
    digest = await harness.digest()
    bot = await harness.bot()
    harness.at(DUE - timedelta(seconds=1))
    await tick(bot)
    assert harness.posts() == []
    harness.at(DUE)
    await tick(bot)
    await tick(bot)
    (post,) = harness.posts()
    run = await harness.last()
    assert post.metadata == {"event_type": "maple_digest", "event_payload": {"run": run.id}}
    assert (run.state, run.ts, run.day, run.digest) == (RunState.POSTED, post.ts, DUE.date(), digest.id)
    assert run.figures.counts
    assert "was due" not in post.text
    assert words.SAME not in post.text
    assert harness.count("posted") == 1
    harness.move(days=1)
    await tick(bot)
    _, second = harness.posts()
    assert [run.day for run in await harness.runs()] == [DUE.date() + timedelta(days=day) for day in range(2)]
    assert words.SAME in second.text, "it is compared with the last"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_several_bots_post_one_digest_with_one_thread(engine: str) -> None:
    async with digest_harness("postgresql" if engine == "postgresql" else "sqlite") as harness:
        bots = [await due(harness), await harness.bot(), await harness.bot()]
        await harness.digest(FINANCE)
        harness.move(days=1)
        await asyncio.gather(*(bot.ticker.tick() for bot in bots))
        await tick(*bots)
        for channel in (SUPPORT, FINANCE):
            (post,), (reply,) = harness.posts(channel), harness.replies(channel)
            assert reply.thread_ts == post.ts


@pytest.mark.parametrize("point", POINTS)
async def test_crash_at_any_checkpoint_posts_once(harness: DigestHarness, point: str) -> None:
    await harness.digest()
    harness.at(DUE)
    await tick(await harness.bot(checkpoint=cancelled_at(point)))
    second_bot = await harness.bot()
    await tick(second_bot)
    assert len(harness.posts()) == (point in ("sent", "settled")), "its lease holds"
    harness.move(seconds=31)
    await tick(second_bot)
    await tick(second_bot)
    (post,) = harness.posts()
    (reply,) = harness.replies()
    assert reply.thread_ts == post.ts
    run = await harness.last()
    assert (run.state, run.ts) == (RunState.POSTED, post.ts)
    assert run.figures.counts
    assert harness.count("found") == (point == "sent")


async def test_day_that_a_suspended_process_takes_over_from_itself_is_posted_once(
    harness: DigestHarness,
) -> None:
    await harness.digest()
    harness.at(DUE)
    reports, second = 0, asyncio.Event()

    async def suspended(reached: str) -> None:
        nonlocal reports
        reports += reached == "reported"
        if reached == "reported" and reports == 1:
            harness.move(seconds=31)
            await bot.ticker.tick()
            await second.wait()
        elif reached == "reported":
            second.set()

    bot = await harness.bot(checkpoint=suspended)
    await tick(bot)
    assert (len(harness.posts()), len(harness.replies())) == (1, 1)
    assert harness.count("held_elsewhere") == 1
    assert (await harness.last()).state is RunState.POSTED


@pytest.mark.parametrize(("kind", "posted"), [("500", False), ("latency_after", True)])
async def test_lost_answer_is_searched_for_before_posting_again(
    harness: DigestHarness, kind: FaultKind, posted: bool
) -> None:
    await harness.digest()
    harness.at(DUE)
    bot = await harness.bot(timeouts=replace(QUICK, call=1))
    harness.slack.faults.add("chat.postMessage", kind, seconds=30)
    await tick(bot)
    harness.slack.faults.close()
    assert len(harness.posts()) == posted
    run = await harness.last()
    assert (run.state, run.tried_to_post) == (RunState.CLAIMED, True)
    await tick(bot)
    assert harness.called("conversations.history") == 0, "the request may be under way still"
    harness.move(seconds=16)
    await tick(bot)
    (post,) = harness.posts()
    assert (await harness.last()).ts == post.ts
    assert harness.count("found") == posted


async def test_nothing_is_posted_while_the_search_fails(harness: DigestHarness) -> None:
    bot = await due(harness)
    harness.slack.faults.add("chat.postMessage", "500_after")
    await tick(bot)
    for _ in range(2):
        harness.slack.faults.add("conversations.history", "429", seconds=90)
        harness.move(seconds=91)
        await tick(bot)
    assert len(harness.posts()) == 1
    harness.move(seconds=91)
    await tick(bot)
    assert len(harness.posts()) == 1
    assert (await harness.last()).state is RunState.POSTED


@pytest.mark.parametrize("can_be_found", [True, False])
async def test_uncertain_post_is_never_repeated(harness: DigestHarness, can_be_found: bool) -> None:
    """A post that may be in the channel is not repeated, not even once it is too late to search for it."""
    bot = await due(harness)
    harness.slack.faults.add("chat.postMessage", "500_after")
    await tick(bot)
    if can_be_found:
        harness.slack.workspace.channel(SUPPORT).members.remove(BOT_USER)
    harness.slack.faults.add("conversations.history", "500", times=None)
    if can_be_found:
        harness.slack.faults.clear()
    harness.move(hours=6, minutes=1)
    await tick(bot)
    run = await harness.last()
    assert (run.state, run.skip) == (RunState.SKIPPED, RunSkip.PAUSED if can_be_found else RunSkip.LATE)
    assert len(harness.posts()) == 1


@pytest.mark.parametrize(("later", "pages"), [(timedelta(0), 4), (timedelta(hours=1), 1)])
async def test_post_is_found_among_many_messages(
    harness: DigestHarness, later: timedelta, pages: int
) -> None:
    """Only messages of the minutes in which it was sent are read, a few at a time."""
    bot = await due(harness)
    harness.slack.faults.add("chat.postMessage", "500_after")
    await tick(bot)
    sent = harness.now
    harness.at(sent + later)
    channel = harness.slack.workspace.channel(SUPPORT)
    for number in range(50):
        harness.slack.workspace.post(channel, "U01ANA", f"{number}", metadata={"event_type": "other"})
    harness.move(seconds=16)
    await tick(bot)
    assert len(harness.posts()) == 1
    searches = [call.args for call in harness.slack.calls if call.method == "conversations.history"]
    assert len(searches) == pages
    for args in searches:
        assert int(args["limit"]) <= 15
        assert float(args["oldest"]) < sent.timestamp() < float(args["latest"])
        assert float(args["latest"]) - float(args["oldest"]) < 15 * 60
    assert (await harness.last()).state is RunState.POSTED


async def test_second_attempt_is_searched_for_in_its_own_minutes(harness: DigestHarness) -> None:
    bot = await due(harness)
    harness.slack.faults.add("chat.postMessage", "500")
    await tick(bot)
    harness.slack.faults.add("chat.postMessage", "500_after")
    harness.move(hours=2)
    await tick(bot)
    assert len(harness.posts()) == 1
    harness.move(hours=1)
    await tick(bot)
    assert len(harness.posts()) == 1
    assert harness.count("found") == 1


async def test_rate_limited_post_is_sent_after_the_wait(harness: DigestHarness) -> None:
    """It was certainly not posted, so there is no search for it."""
    bot = await due(harness)
    harness.slack.faults.add("chat.postMessage", "429", seconds=42)
    await tick(bot)
    assert not (await harness.last()).tried_to_post
    harness.move(seconds=41)
    await tick(bot)
    assert harness.posts() == []
    harness.move(seconds=1)
    await tick(bot)
    assert len(harness.posts()) == 1
    assert harness.called("conversations.history") == 0


async def test_refusal_does_not_clear_an_earlier_doubt(harness: DigestHarness) -> None:
    bot = await due(harness)
    harness.slack.faults.add("chat.postMessage", "500")
    harness.slack.faults.add("chat.postMessage", "429", seconds=1)
    await tick(bot)
    harness.move(seconds=60)
    await tick(bot)
    harness.move(seconds=60)
    await tick(bot)
    harness.move(seconds=60)
    await tick(bot)
    assert len(harness.posts()) == 1
    assert harness.called("conversations.history") == 2


@pytest.mark.parametrize("error", ["invalid_blocks", "something_new"])
async def test_definite_refusal_is_not_searched_for(harness: DigestHarness, error: str) -> None:
    """The post has no plain form to send instead: only its thread has newer blocks."""
    bot = await due(harness)
    harness.slack.faults.add("chat.postMessage", "error", error=error)
    await tick(bot)
    assert harness.posts() == []
    assert not (await harness.last()).tried_to_post
    harness.move(minutes=1)
    await tick(bot)
    assert len(harness.posts()) == 1
    assert harness.called("conversations.history") == 0


async def test_digest_is_posted_late_after_an_outage_of_autumn(harness: DigestHarness) -> None:
    bot = await due(harness)
    harness.autumn.faults.add("*", 500)
    await tick(bot)
    for attempts, minutes in enumerate((1, 2, 4, 8, 10, 10), start=1):
        harness.move(minutes=minutes, seconds=-1)
        await tick(bot)
        assert harness.count("put_off") == attempts, "too early"
        harness.move(seconds=1)
        await tick(bot)
        assert harness.count("put_off") == attempts + 1
    assert harness.posts() == []
    harness.autumn.faults.clear()
    harness.move(minutes=10)
    await tick(bot)
    (post,) = harness.posts()
    assert "was due" in post.text


async def test_day_is_skipped_after_a_long_outage(harness: DigestHarness) -> None:
    bot = await due(harness)
    harness.autumn.faults.add("*", 500)
    for _ in range(3):
        await tick(bot)
        harness.move(hours=3, seconds=1)
    run = await harness.last()
    assert (run.state, run.skip) == (RunState.SKIPPED, RunSkip.LATE)
    harness.autumn.faults.clear()
    harness.at(DUE + timedelta(days=1))
    await tick(bot)
    (post,) = harness.posts()
    assert "Skipped since the last digest" in post.text
    harness.move(days=1)
    await tick(bot)
    assert "Skipped since the last digest" not in harness.posts()[-1].text


async def test_late_run_is_skipped_when_it_is_delivered(harness: DigestHarness) -> None:
    """No other process took the run over in between, which would have ended it."""
    bot = await due(harness)
    harness.slack.faults.add("chat.postMessage", "500")
    await tick(bot)
    harness.move(hours=6, seconds=1)
    await tick(bot)
    run = await harness.last()
    assert (run.skip, harness.posts()) == (RunSkip.LATE, [])


async def test_unfit_channel_pauses_the_digest(harness: DigestHarness) -> None:
    rows = (
        (FINANCE, Pause.REMOVED, "/invite @Maple"),
        (SHARED, Pause.SHARED, "shared with another company"),
        (BILLING, Pause.PUBLIC, "now public"),
        (SUPPORT, Pause.RESTRICTED, "only some people can post"),
    )
    harness.slack.workspace.channel(FINANCE).members.remove(BOT_USER)
    digests = [
        await harness.digest(
            channel, schedule=replace(TIMES, at=time(9, minute)), private=why in (Pause.PUBLIC, Pause.REMOVED)
        )
        for minute, (channel, why, _) in enumerate(rows)
    ]
    bot = await harness.bot()
    for minute, (_, why, _) in enumerate(rows):
        harness.at(DUE + timedelta(minutes=minute))
        if why is Pause.RESTRICTED:
            harness.slack.faults.add("chat.postMessage", "error", error="restricted_action")
        await tick(bot)
        assert len(harness.told()) == minute + 1, why
    harness.move(days=1)
    await tick(bot)
    stored_runs = {run.digest: run for run in await harness.runs()}
    assert len(await harness.runs()) == len(rows)
    for (channel, why, sentence), digest, notice in zip(rows, digests, harness.told(), strict=True):
        assert harness.posts(channel) == []
        run = stored_runs[digest.id]
        assert (run.state, run.skip, run.day) == (RunState.SKIPPED, RunSkip.PAUSED, DUE.date()), why
        paused = await bot.get(digest.id)
        assert paused is not None
        assert paused.pause is why
        assert sentence in notice.text
        assert channel in notice.text


async def test_owner_notice_is_retried(harness: DigestHarness) -> None:
    bot = await due(harness)
    harness.slack.workspace.channel(SUPPORT).archived = True
    harness.slack.faults.add("conversations.open", "500")
    await tick(bot)
    assert (await harness.last()).skip is RunSkip.PAUSED
    harness.move(seconds=59)
    await tick(bot)
    assert harness.told() == []
    harness.move(seconds=1)
    for _ in range(2):
        await tick(bot)
        assert len(harness.told()) == 1
        harness.move(days=1)


async def test_owner_notice_is_given_up_after_a_day(harness: DigestHarness) -> None:
    bot = await due(harness)
    harness.slack.workspace.channel(SUPPORT).archived = True
    harness.slack.faults.add("conversations.open", "error", error="user_disabled", times=None)
    for hours in (3, 3, 3, 3, 6, 6, 24, 12):
        await tick(bot)
        harness.move(hours=hours)
    assert harness.called("conversations.open") == 5, "at once, and after 3, 6, 12 and 24 hours"
    harness.slack.faults.clear()
    await tick(bot)
    assert harness.told() == []


async def test_owner_is_notified_by_one_process_although_another_died(harness: DigestHarness) -> None:
    bots = [await due(harness), await harness.bot(), await harness.bot()]
    harness.slack.workspace.channel(SUPPORT).archived = True
    await tick(await harness.bot(checkpoint=cancelled_at("paused")))
    assert harness.told() == []
    for _ in range(2):
        await asyncio.gather(*(tick(bot) for bot in bots))
        assert len(harness.told()) == 1


async def test_resumed_digest_is_not_called_paused(harness: DigestHarness) -> None:
    bot = await due(harness)
    harness.slack.workspace.channel(SUPPORT).archived = True
    harness.slack.faults.add("conversations.open", "500")
    await tick(bot)
    harness.slack.workspace.channel(SUPPORT).archived = False
    assert isinstance(await bot.resume((await harness.last()).digest, by="U01ANA"), Digest)
    harness.move(minutes=5)
    await tick(bot)
    assert harness.told() == []


async def test_owner_is_notified_who_else_stopped_their_digest(harness: DigestHarness) -> None:
    bot = await harness.bot()
    for number, (verb, sentence) in enumerate(
        (("pause", "was paused* by <@U02RAJ>"), ("remove", "was removed* by <@U02RAJ>")), start=1
    ):
        stopped_by_owner, stopped_by_raj = await harness.digest(), await harness.digest()
        assert await getattr(bot, verb)(stopped_by_owner.id, by=stopped_by_owner.owner)
        await tick(bot)
        assert len(harness.told()) == number - 1, verb
        assert await getattr(bot, verb)(stopped_by_raj.id, by="U02RAJ")
        for _ in range(2):
            await tick(bot)
            assert len(harness.told()) == number, verb
            assert sentence in harness.told()[-1].text
            harness.move(minutes=5)


async def test_owner_is_notified_again_if_that_could_not_be_stored(harness: DigestHarness) -> None:
    """A repeated notice is better than none."""
    await due(harness)
    harness.slack.workspace.channel(SUPPORT).archived = True
    await tick(await harness.bot(checkpoint=cancelled_at("paused")))
    file = Path(str(make_url(harness.url).database))
    away, notified_at = file.with_suffix(".away"), list[datetime]()

    async def tell(*_: object) -> bool:
        notified_at.append(harness.now)
        if len(notified_at) == 1:
            os.rename(file, away)
        return True

    database = Database(harness.url)
    autumn = Autumn(key=SecretStr(harness.autumn.key), url=harness.autumn.url)
    owner_notifier = OwnerNotifier(Runtime(database, autumn, Environment.SANDBOX, harness.clock), tell)
    await owner_notifier.tell_due()
    os.rename(away, file)
    for _ in range(2):
        harness.move(minutes=1)
        await owner_notifier.tell_due()
    assert notified_at == [DUE, DUE + timedelta(minutes=1)]
    await database.aclose()


async def test_shared_channel_allowed_by_the_policy(harness: DigestHarness) -> None:
    await harness.digest(SHARED)
    harness.at(DUE)
    await tick(await harness.bot(shared=frozenset({SHARED})))
    assert len(harness.posts(SHARED)) == 1


async def test_unchecked_channel_delays_the_post(harness: DigestHarness) -> None:
    bot = await due(harness)
    harness.slack.faults.add("conversations.info", "429", seconds=20)
    await tick(bot)
    harness.move(seconds=20)
    harness.slack.faults.add("conversations.info", "500")
    await tick(bot)
    assert harness.posts() == []
    harness.move(seconds=120)
    await tick(bot)
    assert len(harness.posts()) == 1


async def test_empty_digest_is_skipped_if_it_should_be(harness: DigestHarness) -> None:
    await harness.digest(content=NONE)
    await harness.digest(FINANCE, content=DigestContent(plans=NONE.plans, skip_empty=False))
    harness.at(DUE)
    await tick(await harness.bot())
    assert (len(harness.posts()), len(harness.posts(FINANCE))) == (0, 1)
    assert {run.skip for run in await harness.runs()} == {RunSkip.EMPTY, None}


@pytest.mark.parametrize("removed", [True, False])
async def test_digest_stopped_before_the_post_is_skipped(harness: DigestHarness, removed: bool) -> None:
    """The process that has started the run notices it before posting."""
    digest = await harness.digest()
    harness.at(DUE)

    async def away(point: str) -> None:
        if point == "claimed" and removed:
            await repository.remove(harness.database, digest.id, now=harness.now)
        elif point == "claimed":
            await repository.pause(harness.database, digest.id, Pause.ASKED, now=harness.now)

    await tick(await harness.bot(checkpoint=away))
    assert harness.posts() == []
    assert (await harness.last()).skip is RunSkip.PAUSED


async def test_run_taken_over_while_reading_is_not_posted_twice(harness: DigestHarness) -> None:
    await harness.digest()
    harness.at(DUE)
    second_bot = await harness.bot()

    async def slow(point: str) -> None:
        if point == "reported":
            harness.move(seconds=31)
            await tick(second_bot)

    await tick(await harness.bot(checkpoint=slow))
    assert len(harness.posts()) == 1
    assert harness.count("held_elsewhere") == 1


async def test_process_past_its_deadline_sends_nothing(harness: DigestHarness) -> None:
    """Another process may have searched for the post meanwhile."""
    await harness.digest()
    harness.at(DUE)

    async def held_up(point: str) -> None:
        if point == "marked":
            await asyncio.sleep(0.02)

    await tick(await harness.bot(checkpoint=held_up, timeouts=replace(QUICK, call=0.01)))
    assert harness.called("chat.postMessage") == 0
    harness.move(seconds=16)
    await tick(await harness.bot())
    assert len(harness.posts()) == 1


async def test_lease_is_renewed_while_delivering(harness: DigestHarness) -> None:
    await harness.digest()
    harness.at(DUE)
    second_bot = await harness.bot()

    async def is_renewed() -> bool:
        return await harness.lease() == harness.now + QUICK.lease_time

    async def slow(point: str) -> None:
        if point == "reported":
            for _ in range(3):
                harness.move(seconds=20)
                await wait_until(is_renewed)
                await tick(second_bot)

    await tick(await harness.bot(checkpoint=slow, timeouts=replace(QUICK, renew=0.01)))
    assert len(harness.posts()) == 1
    assert harness.count("held_elsewhere") == 0


async def test_one_scan_serves_all_digests_due_soon(harness: DigestHarness) -> None:
    """It reads as far ahead as any digest due within minutes."""
    for minute, days in enumerate((1, 31, 7)):
        await harness.digest(
            schedule=replace(TIMES, at=time(9, minute)),
            content=DigestContent(days=days, skip_empty=False, sections=frozenset({"resets"})),
        )
    await harness.digest(FINANCE, content=ALWAYS)
    harness.at(DUE)
    bot = await harness.bot()
    await tick(bot)
    read = harness.scans()
    for _ in range(2):
        harness.move(minutes=1)
        await tick(bot)
    assert len(harness.posts()) == 3
    assert harness.scans() == read


async def test_failed_scan_fails_for_all_waiting_digests(harness: DigestHarness) -> None:
    for _ in range(3):
        await harness.digest()
    harness.at(DUE)
    harness.autumn.faults.add("*", 500)
    await tick(await harness.bot())
    assert harness.scans() == 1
    assert harness.count("put_off") == 3
