"""The digest service: everything handlers can do with digests."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.access.people import Actor
from bot.access.post_targets import Pause
from bot.digests import sections
from bot.digests.model import DeliveryOutcome, Digest, DigestContent, RunSkip, RunState
from bot.digests.report.model import RowQuery
from bot.digests.scan.scanner import Progress, ScanFailed
from bot.slack.channels import ChannelProblem
from sandbox.slack.people import BOT_USER
from tests.digests.harness import (
    ALWAYS,
    DUE,
    FINANCE,
    SHARED,
    SUPPORT,
    TIMES,
    DigestHarness,
    digest_harness,
    tick,
)

ANA = Actor("U01ANA", "T01")


@pytest.fixture
async def harness() -> AsyncIterator[DigestHarness]:
    async with digest_harness() as new_bench:
        yield new_bench


async def test_digest_from_creation_to_removal(harness: DigestHarness) -> None:
    bot = await harness.bot()
    created = await bot.create("form", SUPPORT, ANA, TIMES, ALWAYS)
    assert isinstance(created, Digest)
    assert (created.owner, created.team, created.private, created.next_due) == ("U01ANA", "T01", False, DUE)
    assert await bot.create("form", SUPPORT, ANA, TIMES, ALWAYS) == created
    assert await bot.of_channel(SUPPORT) == [created]
    later = replace(TIMES, at=time(10))
    edited = await bot.edit(created.id, 1, later, ALWAYS, by="U01ANA")
    assert edited is not None
    assert edited.next_due == DUE.replace(hour=10)
    assert await bot.edit(created.id, 1, TIMES, ALWAYS, by="U01ANA") is None
    paused = await bot.pause(created.id, by="U01ANA")
    assert paused is not None
    assert paused.pause is Pause.ASKED
    assert await bot.pause(created.id, by="U01ANA") is None
    resumed = await bot.resume(created.id, by="U01ANA")
    assert isinstance(resumed, Digest)
    assert resumed.pause is None
    assert await bot.resume(created.id, by="U01ANA") is None
    assert await bot.remove(created.id, by="U01ANA") is not None
    assert await bot.remove(created.id, by="U01ANA") is None
    assert await bot.get(created.id) is None
    assert await bot.resume(created.id, by="U01ANA") is None
    assert (await bot.send_now(created.id, "run", "U01ANA")).outcome is DeliveryOutcome.GONE


async def test_unfit_channel_is_refused(harness: DigestHarness) -> None:
    bot = await harness.bot()
    assert await bot.channel_problem(SUPPORT) is None
    assert await bot.channel_problem(SHARED) is ChannelProblem.SHARED
    assert await bot.create("form", SHARED, ANA, TIMES, ALWAYS) is ChannelProblem.SHARED
    private = await bot.create("form", FINANCE, ANA, TIMES, ALWAYS)
    assert isinstance(private, Digest)
    assert private.private
    harness.slack.workspace.channel(FINANCE).members.remove(BOT_USER)
    assert await bot.resume(private.id, by="U01ANA") is ChannelProblem.OUT


async def test_resume_accepts_a_channel_that_became_public(harness: DigestHarness) -> None:
    bot = await harness.bot()
    digest = await harness.digest(FINANCE, private=True)
    harness.slack.workspace.channel(FINANCE).kind = "public"
    harness.at(DUE)
    await tick(bot)
    assert harness.posts(FINANCE) == []
    resumed = await bot.resume(digest.id, by="U01ANA")
    assert isinstance(resumed, Digest)
    assert not resumed.private
    harness.move(days=1)
    await tick(bot)
    assert len(harness.posts(FINANCE)) == 1


async def test_send_now_posts_once(harness: DigestHarness) -> None:
    digest = await harness.digest(content=DigestContent(plans=frozenset({"no_such_plan"})))
    bot = await harness.bot()
    reports: list[Progress] = []

    async def watch(progress: Progress) -> None:
        reports.append(progress)

    sent = await bot.send_now(digest.id, "run-1", "U02RAJ", watch)
    (post,) = harness.posts()
    assert (sent.outcome, sent.channel, sent.ts) == (DeliveryOutcome.POSTED, SUPPORT, post.ts)
    assert (await bot.send_now(digest.id, "run-1", "U02RAJ")).outcome is DeliveryOutcome.HELD_ELSEWHERE
    run = await harness.last()
    assert (run.day, run.asked_by) == (None, "U02RAJ")
    harness.at(DUE)
    await tick(bot)
    assert (await harness.last()).skip is RunSkip.EMPTY, "its day is another matter"


async def test_paused_digest_can_be_sent_now(harness: DigestHarness) -> None:
    digest = await harness.digest()
    bot = await harness.bot()
    await bot.pause(digest.id, by="U01ANA")
    assert (await bot.send_now(digest.id, "run", "U01ANA")).outcome is DeliveryOutcome.POSTED
    harness.slack.workspace.channel(SUPPORT).kind = "shared"
    assert (await bot.send_now(digest.id, "another run", "U02RAJ")).outcome is DeliveryOutcome.PAUSED
    assert harness.told() == [], "it was paused already"


async def test_send_now_to_an_unfit_channel_pauses_the_digest(harness: DigestHarness) -> None:
    digest = await harness.digest()
    harness.slack.workspace.channel(SUPPORT).kind = "shared"
    sent = await (await harness.bot()).send_now(digest.id, "run", "U02RAJ")
    assert (sent.outcome, sent.pause) == (DeliveryOutcome.PAUSED, Pause.SHARED)
    assert (await harness.last()).skip is RunSkip.PAUSED
    assert len(harness.told()) == 1


async def test_send_now_while_slack_is_busy_is_delayed(harness: DigestHarness) -> None:
    digest = await harness.digest()
    bot = await harness.bot()
    harness.slack.faults.add("chat.postMessage", "429", seconds=5)
    assert (await bot.send_now(digest.id, "run", "U01ANA")).outcome is DeliveryOutcome.PUT_OFF
    harness.move(seconds=5)
    await tick(bot)
    (post,) = harness.posts()
    assert "was due" not in post.text


async def test_send_now_while_autumn_is_down_fails(harness: DigestHarness) -> None:
    digest = await harness.digest()
    bot = await harness.bot()
    harness.autumn.faults.add("*", 500)
    sent = await bot.send_now(digest.id, "run", "U01ANA")
    assert sent.outcome is DeliveryOutcome.FAILED
    assert isinstance(sent.error, ScanFailed)
    harness.autumn.faults.clear()
    harness.move(minutes=5)
    await tick(bot)
    assert harness.posts() == [], "who asked was told, and may ask again"
    assert (await harness.last()).state is RunState.SKIPPED


async def test_upcoming_and_preview_reuse_a_recent_scan(harness: DigestHarness) -> None:
    """By one person, without a post; and every row of it."""
    digest = await harness.digest(content=DigestContent(sections=frozenset({"invoices"}), days=31))
    bot = await harness.bot()
    report, query = await bot.preview(digest)
    assert {part.section for part in report.parts} == {"invoices"}
    assert query == RowQuery(
        scan=query.scan,
        days=31,
        zone="UTC",
        start=harness.now,
        end=harness.now + timedelta(days=31),
        sections=("invoices",),
    )
    upcoming, wider = await bot.upcoming(31, "Europe/Berlin")
    assert len(upcoming.parts) > 1
    assert wider == RowQuery(
        scan=query.scan, days=31, zone="Europe/Berlin", sections=sections.default_keys()
    ), "read once"
    page = await bot.page(wider.at(section="invoices"))
    assert page.count == report.parts[0].count
    every = [item async for item in await bot.rows(wider)]
    assert {item.section for item in every} >= {part.section for part in upcoming.parts}
    assert harness.posts() == []


async def test_preview_is_compared_with_the_last(harness: DigestHarness) -> None:
    digest = await harness.digest(content=ALWAYS)
    bot = await harness.bot()
    harness.at(DUE)
    await tick(bot)
    harness.move(minutes=10)
    report, _ = await bot.preview(digest)
    assert any(total.before is not None for part in report.parts for total in part.totals)
    harness.move(minutes=10)
    harness.autumn.faults.add("*", 500)
    with pytest.raises(ScanFailed):
        await bot.upcoming(7, "UTC")
