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
from tests.digests.bench import (
    ALWAYS,
    BILLING,
    DUE,
    FINANCE,
    QUICK,
    SHARED,
    SUPPORT,
    TIMES,
    Bench,
    bench,
    tick,
)

POINTS = ("claimed", "reported", "marked", "sent", "settled")
NONE = DigestContent(plans=frozenset({"no_such_plan"}))
"""A digest with nothing to report."""


@pytest.fixture
async def desk() -> AsyncIterator[Bench]:
    async with bench() as new_bench:
        yield new_bench


async def due(desk: Bench, **later: float) -> DigestService:
    """One digest, at its due time or later."""
    await desk.digest()
    desk.at(DUE + timedelta(**later))
    return await desk.bot()


async def test_digest_is_posted_once_on_each_day_when_it_is_due(desk: Bench) -> None:
    digest = await desk.digest()
    bot = await desk.bot()
    desk.at(DUE - timedelta(seconds=1))
    await tick(bot)
    assert desk.posts() == []
    desk.at(DUE)
    await tick(bot)
    await tick(bot)
    (post,) = desk.posts()
    run = await desk.last()
    assert post.metadata == {"event_type": "maple_digest", "event_payload": {"run": run.id}}
    assert (run.state, run.ts, run.day, run.digest) == (RunState.POSTED, post.ts, DUE.date(), digest.id)
    assert run.figures.counts
    assert "was due" not in post.text
    assert words.SAME not in post.text
    assert desk.count("posted") == 1
    desk.move(days=1)
    await tick(bot)
    _, second = desk.posts()
    assert [run.day for run in await desk.runs()] == [DUE.date() + timedelta(days=day) for day in range(2)]
    assert words.SAME in second.text, "it is compared with the last"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_several_bots_post_one_digest_with_one_thread(engine: str) -> None:
    async with bench("postgresql" if engine == "postgresql" else "sqlite") as desk:
        bots = [await due(desk), await desk.bot(), await desk.bot()]
        await desk.digest(FINANCE)
        desk.move(days=1)
        await asyncio.gather(*(bot.ticker.tick() for bot in bots))
        await tick(*bots)
        for channel in (SUPPORT, FINANCE):
            (post,), (reply,) = desk.posts(channel), desk.replies(channel)
            assert reply.thread_ts == post.ts


@pytest.mark.parametrize("point", POINTS)
async def test_crash_at_any_checkpoint_posts_once(desk: Bench, point: str) -> None:
    await desk.digest()
    desk.at(DUE)
    await tick(await desk.bot(checkpoint=cancelled_at(point)))
    second_bot = await desk.bot()
    await tick(second_bot)
    assert len(desk.posts()) == (point in ("sent", "settled")), "its lease holds"
    desk.move(seconds=31)
    await tick(second_bot)
    await tick(second_bot)
    (post,) = desk.posts()
    (reply,) = desk.replies()
    assert reply.thread_ts == post.ts
    run = await desk.last()
    assert (run.state, run.ts) == (RunState.POSTED, post.ts)
    assert run.figures.counts
    assert desk.count("found") == (point == "sent")


@pytest.mark.parametrize(("kind", "posted"), [("500", False), ("latency_after", True)])
async def test_lost_answer_is_searched_for_before_posting_again(
    desk: Bench, kind: FaultKind, posted: bool
) -> None:
    await desk.digest()
    desk.at(DUE)
    bot = await desk.bot(timeouts=replace(QUICK, call=1))
    desk.slack.faults.add("chat.postMessage", kind, seconds=30)
    await tick(bot)
    desk.slack.faults.close()
    assert len(desk.posts()) == posted
    run = await desk.last()
    assert (run.state, run.tried_to_post) == (RunState.CLAIMED, True)
    await tick(bot)
    assert desk.called("conversations.history") == 0, "the request may be under way still"
    desk.move(seconds=16)
    await tick(bot)
    (post,) = desk.posts()
    assert (await desk.last()).ts == post.ts
    assert desk.count("found") == posted


async def test_nothing_is_posted_while_the_search_fails(desk: Bench) -> None:
    bot = await due(desk)
    desk.slack.faults.add("chat.postMessage", "500_after")
    await tick(bot)
    for _ in range(2):
        desk.slack.faults.add("conversations.history", "429", seconds=90)
        desk.move(seconds=91)
        await tick(bot)
    assert len(desk.posts()) == 1
    desk.move(seconds=91)
    await tick(bot)
    assert len(desk.posts()) == 1
    assert (await desk.last()).state is RunState.POSTED


@pytest.mark.parametrize("can_be_found", [True, False])
async def test_uncertain_post_is_never_repeated(desk: Bench, can_be_found: bool) -> None:
    """What may be in the channel is not posted again; past its time it stays that way."""
    bot = await due(desk)
    desk.slack.faults.add("chat.postMessage", "500_after")
    await tick(bot)
    if can_be_found:
        desk.slack.workspace.channel(SUPPORT).members.remove(BOT_USER)
    desk.slack.faults.add("conversations.history", "500", times=None)
    if can_be_found:
        desk.slack.faults.clear()
    desk.move(hours=6, minutes=1)
    await tick(bot)
    run = await desk.last()
    assert (run.state, run.skip) == (RunState.SKIPPED, RunSkip.PAUSED if can_be_found else RunSkip.LATE)
    assert len(desk.posts()) == 1


@pytest.mark.parametrize(("later", "pages"), [(timedelta(0), 4), (timedelta(hours=1), 1)])
async def test_post_is_found_among_many_messages(desk: Bench, later: timedelta, pages: int) -> None:
    """Only messages of the minutes in which it was sent are read, a few at a time."""
    bot = await due(desk)
    desk.slack.faults.add("chat.postMessage", "500_after")
    await tick(bot)
    sent = desk.now
    desk.at(sent + later)
    channel = desk.slack.workspace.channel(SUPPORT)
    for number in range(50):
        desk.slack.workspace.post(channel, "U01ANA", f"{number}", metadata={"event_type": "other"})
    desk.move(seconds=16)
    await tick(bot)
    assert len(desk.posts()) == 1
    searches = [call.args for call in desk.slack.calls if call.method == "conversations.history"]
    assert len(searches) == pages
    for args in searches:
        assert int(args["limit"]) <= 15
        assert float(args["oldest"]) < sent.timestamp() < float(args["latest"])
        assert float(args["latest"]) - float(args["oldest"]) < 15 * 60
    assert (await desk.last()).state is RunState.POSTED


async def test_second_attempt_is_searched_for_in_its_own_minutes(desk: Bench) -> None:
    bot = await due(desk)
    desk.slack.faults.add("chat.postMessage", "500")
    await tick(bot)
    desk.slack.faults.add("chat.postMessage", "500_after")
    desk.move(hours=2)
    await tick(bot)
    assert len(desk.posts()) == 1
    desk.move(hours=1)
    await tick(bot)
    assert len(desk.posts()) == 1
    assert desk.count("found") == 1


async def test_rate_limited_post_is_sent_after_the_wait(desk: Bench) -> None:
    """It was certainly not posted, so there is no search for it."""
    bot = await due(desk)
    desk.slack.faults.add("chat.postMessage", "429", seconds=42)
    await tick(bot)
    assert not (await desk.last()).tried_to_post
    desk.move(seconds=41)
    await tick(bot)
    assert desk.posts() == []
    desk.move(seconds=1)
    await tick(bot)
    assert len(desk.posts()) == 1
    assert desk.called("conversations.history") == 0


async def test_refusal_does_not_clear_an_earlier_doubt(desk: Bench) -> None:
    bot = await due(desk)
    desk.slack.faults.add("chat.postMessage", "500")
    desk.slack.faults.add("chat.postMessage", "429", seconds=1)
    await tick(bot)
    desk.move(seconds=60)
    await tick(bot)
    desk.move(seconds=60)
    await tick(bot)
    desk.move(seconds=60)
    await tick(bot)
    assert len(desk.posts()) == 1
    assert desk.called("conversations.history") == 2


@pytest.mark.parametrize("error", ["invalid_blocks", "something_new"])
async def test_definite_refusal_is_not_searched_for(desk: Bench, error: str) -> None:
    """The post has no plain form to send instead: only its thread has newer blocks."""
    bot = await due(desk)
    desk.slack.faults.add("chat.postMessage", "error", error=error)
    await tick(bot)
    assert desk.posts() == []
    assert not (await desk.last()).tried_to_post
    desk.move(minutes=1)
    await tick(bot)
    assert len(desk.posts()) == 1
    assert desk.called("conversations.history") == 0


async def test_digest_is_posted_late_after_an_outage_of_autumn(desk: Bench) -> None:
    bot = await due(desk)
    desk.autumn.faults.add("*", 500)
    await tick(bot)
    for attempts, minutes in enumerate((1, 2, 4, 8, 10, 10), start=1):
        desk.move(minutes=minutes, seconds=-1)
        await tick(bot)
        assert desk.count("put_off") == attempts, "too early"
        desk.move(seconds=1)
        await tick(bot)
        assert desk.count("put_off") == attempts + 1
    assert desk.posts() == []
    desk.autumn.faults.clear()
    desk.move(minutes=10)
    await tick(bot)
    (post,) = desk.posts()
    assert "was due" in post.text


async def test_day_is_skipped_after_a_long_outage(desk: Bench) -> None:
    bot = await due(desk)
    desk.autumn.faults.add("*", 500)
    for _ in range(3):
        await tick(bot)
        desk.move(hours=3, seconds=1)
    run = await desk.last()
    assert (run.state, run.skip) == (RunState.SKIPPED, RunSkip.LATE)
    desk.autumn.faults.clear()
    desk.at(DUE + timedelta(days=1))
    await tick(bot)
    (post,) = desk.posts()
    assert "Skipped since the last digest" in post.text
    desk.move(days=1)
    await tick(bot)
    assert "Skipped since the last digest" not in desk.posts()[-1].text


async def test_late_run_is_skipped_when_it_is_delivered(desk: Bench) -> None:
    """Nobody took it over in between, which would have ended it."""
    bot = await due(desk)
    desk.slack.faults.add("chat.postMessage", "500")
    await tick(bot)
    desk.move(hours=6, seconds=1)
    await tick(bot)
    run = await desk.last()
    assert (run.skip, desk.posts()) == (RunSkip.LATE, [])


async def test_unfit_channel_pauses_the_digest(desk: Bench) -> None:
    rows = (
        (FINANCE, Pause.REMOVED, "/invite @Maple"),
        (SHARED, Pause.SHARED, "shared with another company"),
        (BILLING, Pause.PUBLIC, "now public"),
        (SUPPORT, Pause.RESTRICTED, "only some people may post"),
    )
    desk.slack.workspace.channel(FINANCE).members.remove(BOT_USER)
    digests = [
        await desk.digest(
            channel, schedule=replace(TIMES, at=time(9, minute)), private=why in (Pause.PUBLIC, Pause.REMOVED)
        )
        for minute, (channel, why, _) in enumerate(rows)
    ]
    bot = await desk.bot()
    for minute, (_, why, _) in enumerate(rows):
        desk.at(DUE + timedelta(minutes=minute))
        if why is Pause.RESTRICTED:
            desk.slack.faults.add("chat.postMessage", "error", error="restricted_action")
        await tick(bot)
        assert len(desk.told()) == minute + 1, why
    desk.move(days=1)
    await tick(bot)
    stored_runs = {run.digest: run for run in await desk.runs()}
    assert len(await desk.runs()) == len(rows)
    for (channel, why, sentence), digest, notice in zip(rows, digests, desk.told(), strict=True):
        assert desk.posts(channel) == []
        run = stored_runs[digest.id]
        assert (run.state, run.skip, run.day) == (RunState.SKIPPED, RunSkip.PAUSED, DUE.date()), why
        paused = await bot.get(digest.id)
        assert paused is not None
        assert paused.pause is why
        assert sentence in notice.text
        assert channel in notice.text


async def test_owner_notice_is_retried(desk: Bench) -> None:
    bot = await due(desk)
    desk.slack.workspace.channel(SUPPORT).archived = True
    desk.slack.faults.add("conversations.open", "500")
    await tick(bot)
    assert (await desk.last()).skip is RunSkip.PAUSED
    desk.move(seconds=59)
    await tick(bot)
    assert desk.told() == []
    desk.move(seconds=1)
    for _ in range(2):
        await tick(bot)
        assert len(desk.told()) == 1
        desk.move(days=1)


async def test_owner_notice_is_given_up_after_a_day(desk: Bench) -> None:
    bot = await due(desk)
    desk.slack.workspace.channel(SUPPORT).archived = True
    desk.slack.faults.add("conversations.open", "error", error="user_disabled", times=None)
    for hours in (3, 3, 3, 3, 6, 6, 24, 12):
        await tick(bot)
        desk.move(hours=hours)
    assert desk.called("conversations.open") == 5, "at once, and after 3, 6, 12 and 24 hours"
    desk.slack.faults.clear()
    await tick(bot)
    assert desk.told() == []


async def test_owner_is_notified_by_one_process_although_another_died(desk: Bench) -> None:
    bots = [await due(desk), await desk.bot(), await desk.bot()]
    desk.slack.workspace.channel(SUPPORT).archived = True
    await tick(await desk.bot(checkpoint=cancelled_at("paused")))
    assert desk.told() == []
    for _ in range(2):
        await asyncio.gather(*(tick(bot) for bot in bots))
        assert len(desk.told()) == 1


async def test_resumed_digest_is_not_called_paused(desk: Bench) -> None:
    bot = await due(desk)
    desk.slack.workspace.channel(SUPPORT).archived = True
    desk.slack.faults.add("conversations.open", "500")
    await tick(bot)
    desk.slack.workspace.channel(SUPPORT).archived = False
    assert isinstance(await bot.resume((await desk.last()).digest, by="U01ANA"), Digest)
    desk.move(minutes=5)
    await tick(bot)
    assert desk.told() == []


async def test_owner_is_notified_who_else_stopped_their_digest(desk: Bench) -> None:
    bot = await desk.bot()
    for number, (verb, sentence) in enumerate(
        (("pause", "is paused:* <@U02RAJ> paused it."), ("remove", "was removed* by <@U02RAJ>")), start=1
    ):
        stopped_by_owner, stopped_by_raj = await desk.digest(), await desk.digest()
        assert await getattr(bot, verb)(stopped_by_owner.id, by=stopped_by_owner.owner)
        await tick(bot)
        assert len(desk.told()) == number - 1, verb
        assert await getattr(bot, verb)(stopped_by_raj.id, by="U02RAJ")
        for _ in range(2):
            await tick(bot)
            assert len(desk.told()) == number, verb
            assert sentence in desk.told()[-1].text
            desk.move(minutes=5)


async def test_owner_is_notified_again_if_that_could_not_be_stored(desk: Bench) -> None:
    """A repeated notice is better than none."""
    await due(desk)
    desk.slack.workspace.channel(SUPPORT).archived = True
    await tick(await desk.bot(checkpoint=cancelled_at("paused")))
    file = Path(str(make_url(desk.url).database))
    away, notified_at = file.with_suffix(".away"), list[datetime]()

    async def tell(*_: object) -> bool:
        notified_at.append(desk.now)
        if len(notified_at) == 1:
            os.rename(file, away)
        return True

    database = Database(desk.url)
    autumn = Autumn(key=SecretStr(desk.autumn.key), url=desk.autumn.url)
    owner_notifier = OwnerNotifier(Runtime(database, autumn, Environment.SANDBOX, desk.clock), tell)
    await owner_notifier.tell_due()
    os.rename(away, file)
    for _ in range(2):
        desk.move(minutes=1)
        await owner_notifier.tell_due()
    assert notified_at == [DUE, DUE + timedelta(minutes=1)]
    await database.aclose()


async def test_shared_channel_allowed_by_the_policy(desk: Bench) -> None:
    await desk.digest(SHARED)
    desk.at(DUE)
    await tick(await desk.bot(shared=frozenset({SHARED})))
    assert len(desk.posts(SHARED)) == 1


async def test_unchecked_channel_delays_the_post(desk: Bench) -> None:
    bot = await due(desk)
    desk.slack.faults.add("conversations.info", "429", seconds=20)
    await tick(bot)
    desk.move(seconds=20)
    desk.slack.faults.add("conversations.info", "500")
    await tick(bot)
    assert desk.posts() == []
    desk.move(seconds=120)
    await tick(bot)
    assert len(desk.posts()) == 1


async def test_empty_digest_is_skipped_if_it_should_be(desk: Bench) -> None:
    await desk.digest(content=NONE)
    await desk.digest(FINANCE, content=DigestContent(plans=NONE.plans, skip_empty=False))
    desk.at(DUE)
    await tick(await desk.bot())
    assert (len(desk.posts()), len(desk.posts(FINANCE))) == (0, 1)
    assert {run.skip for run in await desk.runs()} == {RunSkip.EMPTY, None}


@pytest.mark.parametrize("removed", [True, False])
async def test_digest_stopped_before_the_post_is_skipped(desk: Bench, removed: bool) -> None:
    """The process that has begun notices it before posting."""
    digest = await desk.digest()
    desk.at(DUE)

    async def away(point: str) -> None:
        if point == "claimed" and removed:
            await repository.remove(desk.database, digest.id, now=desk.now)
        elif point == "claimed":
            await repository.pause(desk.database, digest.id, Pause.ASKED, now=desk.now)

    await tick(await desk.bot(checkpoint=away))
    assert desk.posts() == []
    assert (await desk.last()).skip is RunSkip.PAUSED


async def test_run_taken_over_while_reading_is_not_posted_twice(desk: Bench) -> None:
    await desk.digest()
    desk.at(DUE)
    second_bot = await desk.bot()

    async def slow(point: str) -> None:
        if point == "reported":
            desk.move(seconds=31)
            await tick(second_bot)

    await tick(await desk.bot(checkpoint=slow))
    assert len(desk.posts()) == 1
    assert desk.count("held_elsewhere") == 1


async def test_process_past_its_deadline_sends_nothing(desk: Bench) -> None:
    """Another process may have searched for the post meanwhile."""
    await desk.digest()
    desk.at(DUE)

    async def held_up(point: str) -> None:
        if point == "marked":
            await asyncio.sleep(0.02)

    await tick(await desk.bot(checkpoint=held_up, timeouts=replace(QUICK, call=0.01)))
    assert desk.called("chat.postMessage") == 0
    desk.move(seconds=16)
    await tick(await desk.bot())
    assert len(desk.posts()) == 1


async def test_lease_is_renewed_while_delivering(desk: Bench) -> None:
    await desk.digest()
    desk.at(DUE)
    second_bot = await desk.bot()

    async def slow(point: str) -> None:
        if point == "reported":
            for _ in range(3):
                desk.move(seconds=20)
                async with asyncio.timeout(30):
                    while await desk.lease() != desk.now + QUICK.lease_time:  # noqa: ASYNC110 - nobody tells
                        await asyncio.sleep(0.01)
                await tick(second_bot)

    await tick(await desk.bot(checkpoint=slow, timeouts=replace(QUICK, renew=0.01)))
    assert len(desk.posts()) == 1
    assert desk.count("held_elsewhere") == 0


async def test_one_scan_serves_all_digests_due_soon(desk: Bench) -> None:
    """It reads as far ahead as any digest due within minutes."""
    for minute, days in enumerate((1, 31, 7)):
        await desk.digest(
            schedule=replace(TIMES, at=time(9, minute)),
            content=DigestContent(days=days, skip_empty=False, sections=frozenset({"resets"})),
        )
    await desk.digest(FINANCE, content=ALWAYS)
    desk.at(DUE)
    bot = await desk.bot()
    await tick(bot)
    read = desk.scans()
    for _ in range(2):
        desk.move(minutes=1)
        await tick(bot)
    assert len(desk.posts()) == 3
    assert desk.scans() == read


async def test_failed_scan_fails_for_all_waiting_digests(desk: Bench) -> None:
    for _ in range(3):
        await desk.digest()
    desk.at(DUE)
    desk.autumn.faults.add("*", 500)
    await tick(await desk.bot())
    assert desk.scans() == 1
    assert desk.count("put_off") == 3
