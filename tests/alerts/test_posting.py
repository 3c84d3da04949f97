"""Each subscription hears of an event once, whichever process dies and whatever Slack and Autumn answer."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.access.post_targets import Pause
from bot.alerts import words
from bot.alerts.model import AlertChoice, Occurrence
from sandbox.slack.faults import FaultKind
from sandbox.slack.people import BOT_USER
from tests.alerts.harness import (
    ANA,
    FINANCE,
    LIMIT,
    QUICK,
    SHARED,
    SUPPORT,
    AlertHarness,
    alert_harness,
    full_text,
)
from tests.crashing import cancelled_at
from tests.databases import Engine

LIMITS = frozenset({"limit_reached"})
POINTS = ("claimed", "marked", "sent", "settled")


@pytest.fixture
async def harness() -> AsyncIterator[AlertHarness]:
    async with alert_harness() as started:
        yield started


async def test_event_is_posted_once_with_names_and_buttons(harness: AlertHarness) -> None:
    await harness.subscribe()
    bot = await harness.bot()
    assert await harness.happens() == 1
    await bot.ticker.tick()
    await bot.ticker.tick()
    (post,) = harness.posts()
    assert "Acme" in full_text(post)
    assert "*Messages*" in full_text(post)
    assert words.OPEN in full_text(post)
    assert words.GIVE_ALLOWANCE in full_text(post)
    assert await harness.states() == [("posted", None)]
    assert harness.count("posted") == 1


async def test_more_events_than_fit_one_tick_are_all_posted(harness: AlertHarness) -> None:
    await harness.subscribe()
    bot = await harness.bot(timeouts=replace(QUICK, at_once=2))
    for _ in range(5):
        await harness.happens()
    await bot.ticker.tick()
    assert len(harness.posts()) == 5


async def test_event_of_an_unknown_customer_shows_the_id(harness: AlertHarness) -> None:
    await harness.subscribe()
    bot = await harness.bot()
    await harness.happens(Occurrence("cus_gone", entity="ws_1", feature="messages"))
    await harness.happens(Occurrence("c" * 1000, feature="f" * 1000))
    await bot.ticker.tick()
    long, short = sorted(full_text(post) for post in harness.posts())
    assert "cus_gone" in short
    assert "ws_1" in short
    assert words.GIVE_ALLOWANCE in short
    assert words.GIVE_ALLOWANCE not in long, "its place is too long for a button"


async def test_personal_alert_is_sent_as_a_direct_message(harness: AlertHarness) -> None:
    await harness.subscribe(ANA)
    bot = await harness.bot()
    await harness.happens()
    await bot.ticker.tick()
    (message,) = harness.personal()
    assert "Acme" in full_text(message)


async def test_person_who_lost_access_gets_no_alert(harness: AlertHarness) -> None:
    subscription = await harness.subscribe(ANA)
    bot = await harness.bot()
    harness.slack.workspace.users[ANA].kind = "guest"
    await harness.happens()
    await bot.ticker.tick()
    assert harness.posts() == []
    paused = await bot.get(subscription.id)
    assert paused is not None
    assert paused.pause is Pause.LEFT
    assert await harness.states() == [("skipped", "paused")]


@pytest.mark.parametrize("method", ["users.info", "conversations.open"])
async def test_unreachable_person_gets_the_alert_later(harness: AlertHarness, method: str) -> None:
    await harness.subscribe(ANA)
    bot = await harness.bot()
    await harness.happens()
    harness.slack.faults.add(method, "500")
    await bot.ticker.tick()
    assert harness.personal() == []
    harness.move(seconds=30)
    await bot.ticker.tick()
    assert len(harness.personal()) == 1


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_two_processes_post_once(engine: Engine) -> None:
    async with alert_harness(engine) as harness:
        await harness.subscribe()
        await harness.subscribe(FINANCE)
        bots = [await harness.bot() for _ in range(3)]
        for _ in range(4):
            await harness.happens()
        await asyncio.gather(*(bot.ticker.tick() for bot in bots))
        assert [len(harness.posts(channel)) for channel in (SUPPORT, FINANCE)] == [4, 4]


@pytest.mark.parametrize("point", POINTS)
async def test_alert_of_a_dead_process_is_posted_by_another(harness: AlertHarness, point: str) -> None:
    await harness.subscribe()
    await harness.happens()
    with pytest.raises(asyncio.CancelledError):
        await (await harness.bot(checkpoint=cancelled_at(point))).ticker.tick()
    survivor = await harness.bot()
    await survivor.ticker.tick()
    assert len(harness.posts()) == (point in ("sent", "settled")), "its lease holds"
    harness.move(seconds=61)
    await survivor.ticker.tick()
    await survivor.ticker.tick()
    assert len(harness.posts()) == 1
    assert await harness.states() == [("posted", None)]
    assert harness.count("found") == (point == "sent")


async def test_process_that_lost_its_lease_posts_nothing(harness: AlertHarness) -> None:
    await harness.subscribe()
    await harness.happens()
    second = await harness.bot()

    async def overtaken(point: str) -> None:
        if point == "claimed":
            harness.move(seconds=61)
            await second.ticker.tick()

    slow = await harness.bot(checkpoint=overtaken)
    await slow.ticker.tick()
    assert len(harness.posts()) == 1
    assert harness.count("held_elsewhere") == 1


@pytest.mark.parametrize(("kind", "posted"), [("cut_before", False), ("latency_after", True)])
async def test_lost_answer_is_searched_for(harness: AlertHarness, kind: FaultKind, posted: bool) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot(timeouts=replace(QUICK, call=1))
    harness.slack.faults.add("chat.postMessage", kind, seconds=30)
    await bot.ticker.tick()
    harness.slack.faults.close()
    assert len(harness.posts()) == posted
    await bot.ticker.tick()
    assert harness.called("conversations.history") == 0, "the request may be under way still"
    harness.move(seconds=16)
    harness.slack.faults.add("conversations.history", "500")
    await bot.ticker.tick()
    harness.move(minutes=2)
    await bot.ticker.tick()
    assert len(harness.posts()) == 1
    assert harness.count("found") == posted


@pytest.mark.parametrize("removed", [True, False])
async def test_alert_is_not_posted_again_while_the_search_fails(harness: AlertHarness, removed: bool) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot()
    harness.slack.faults.add("chat.postMessage", "500_after")
    await bot.ticker.tick()
    if removed:
        harness.slack.workspace.channel(SUPPORT).members.remove(BOT_USER)
    else:
        harness.slack.faults.add("conversations.history", "500", times=None)
    harness.move(hours=7)
    await bot.ticker.tick()
    assert len(harness.posts()) == 1
    assert await harness.states() == [("skipped", "paused" if removed else "late")]


async def test_delayed_process_does_not_post(harness: AlertHarness) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot(timeouts=replace(QUICK, call=0))
    await bot.ticker.tick()
    assert harness.posts() == []
    assert harness.called("chat.postMessage") == 0


async def test_rate_limited_post_is_retried_without_a_search(harness: AlertHarness) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot()
    harness.slack.faults.add("chat.postMessage", "429", seconds=42)
    await bot.ticker.tick()
    harness.move(seconds=41)
    await bot.ticker.tick()
    assert harness.posts() == []
    harness.move(seconds=1)
    await bot.ticker.tick()
    assert len(harness.posts()) == 1
    assert harness.called("conversations.history") == 0


async def test_refusal_does_not_clear_an_earlier_doubt(harness: AlertHarness) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot()
    harness.slack.faults.add("chat.postMessage", "500")
    harness.slack.faults.add("chat.postMessage", "429", seconds=1)
    for _ in range(3):
        await bot.ticker.tick()
        harness.move(seconds=60)
    assert len(harness.posts()) == 1
    assert harness.called("conversations.history") == 2


async def test_unfit_channel_pauses_and_notifies_the_owner(harness: AlertHarness) -> None:
    bot = await harness.bot()
    rows = ((SHARED, Pause.SHARED), (SUPPORT, Pause.PUBLIC), (FINANCE, Pause.RESTRICTED))
    for number, (channel, why) in enumerate(rows, start=1):
        subscription = await harness.subscribe(channel, private=why in (Pause.PUBLIC, Pause.RESTRICTED))
        if why is Pause.RESTRICTED:
            harness.slack.faults.add("chat.postMessage", "error", error="restricted_action")
        await harness.happens()
        await harness.happens()
        for _ in range(2):
            await bot.ticker.tick()
        assert harness.posts(channel) == []
        paused = await bot.get(subscription.id)
        assert paused is not None
        assert paused.pause is why
        assert await harness.states() == [("skipped", "paused")] * 2 * number, why
        assert await harness.happens() == 0, "nothing more is kept for it"
        assert len(harness.personal()) == number, why
        assert words.PAUSES[why] in harness.personal()[-1].blocks[0]["text"]["text"]


async def test_owner_notice_is_retried_later(harness: AlertHarness, logs: io.StringIO) -> None:
    subscription = await harness.subscribe()
    bot = await harness.bot()
    await bot.remove(subscription.id, by="U02RAJ")
    harness.slack.faults.add("conversations.open", "500")
    await bot.ticker.tick()
    assert "owner not told" in logs.getvalue()
    harness.move(minutes=1)
    for _ in range(2):
        await bot.ticker.tick()
        assert len(harness.personal()) == 1
        harness.move(days=2)


async def test_unchecked_channel_is_retried(harness: AlertHarness) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot()
    harness.slack.faults.add("conversations.info", "429", seconds=90)
    await bot.ticker.tick()
    assert harness.posts() == []
    harness.move(seconds=90)
    await bot.ticker.tick()
    assert len(harness.posts()) == 1


async def test_paused_subscription_gets_nothing(harness: AlertHarness) -> None:
    subscription = await harness.subscribe()
    second = await harness.bot()

    async def pause(point: str) -> None:
        if point == "claimed":
            await second.pause(subscription.id, by=ANA)

    await harness.happens()
    await (await harness.bot(checkpoint=pause)).ticker.tick()
    assert harness.posts() == []
    assert await harness.states() == [("skipped", "paused")]


async def test_silent_autumn_is_asked_again(harness: AlertHarness) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot()
    harness.autumn.faults.add("customers.get", 500)
    await bot.ticker.tick()
    harness.move(seconds=29)
    await bot.ticker.tick()
    assert harness.posts() == []
    harness.autumn.faults.clear()
    harness.move(seconds=1)
    await bot.ticker.tick()
    assert len(harness.posts()) == 1


async def test_alert_is_skipped_after_six_hours(harness: AlertHarness) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot()
    harness.move(hours=6, seconds=1)
    await bot.ticker.tick()
    assert await harness.states() == [("skipped", "late")]


async def test_filters(harness: AlertHarness) -> None:
    bot = await harness.bot()
    for choice, occurrence, is_told in (
        (AlertChoice(LIMITS, plans=frozenset({"team"})), LIMIT, True),
        (AlertChoice(LIMITS, plans=frozenset({"pro"})), LIMIT, False),
        (AlertChoice(LIMITS, plans=frozenset({"pro"})), replace(LIMIT, plans=("pro",)), True),
        (AlertChoice(LIMITS, plans=frozenset({"pro"})), Occurrence("cus_gone"), False),
        (AlertChoice(LIMITS, features=frozenset({"messages"})), LIMIT, True),
        (AlertChoice(LIMITS, features=frozenset({"seats"})), LIMIT, False),
        (AlertChoice(LIMITS, features=frozenset({"seats"})), Occurrence("cus_acme"), True),
        (AlertChoice(frozenset({"past_due"})), LIMIT, False),
    ):
        subscription = await harness.subscribe(choice=choice)
        told_before = len(harness.posts())
        await harness.happens(occurrence)
        await bot.ticker.tick()
        assert len(harness.posts()) - told_before == is_told, (choice, occurrence)
        await bot.remove(subscription.id, by=ANA)


async def test_failure_of_one_alert_leaves_the_others_alone(harness: AlertHarness, logs: io.StringIO) -> None:
    await harness.subscribe()
    await harness.happens()
    await harness.happens()
    failed: list[str] = []

    async def fails(point: str) -> None:
        if not failed:
            failed.append(point)
            raise LookupError

    bot = await harness.bot(checkpoint=fails)
    await bot.ticker.tick()
    assert len(harness.posts()) == 1
    assert "alert not delivered" in logs.getvalue()
    harness.move(seconds=61)
    await bot.ticker.tick()
    assert len(harness.posts()) == 2


async def test_old_events_are_deleted(harness: AlertHarness) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot()
    await bot.ticker.tick()
    harness.move(days=91)
    await bot.ticker.tick()
    assert await harness.states() == []
    harness.move(minutes=1)
    await bot.ticker.tick()
