"""An event is told once to each subscription: whoever dies, and whatever becomes of Slack's and Autumn's
answers."""

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
from tests.alerts.bench import ANA, FINANCE, LIMIT, QUICK, SHARED, SUPPORT, Bench, bench, shown
from tests.crashing import cancelled_at
from tests.databases import Engine

LIMITS = frozenset({"limit_reached"})
POINTS = ("claimed", "marked", "sent", "settled")


@pytest.fixture
async def desk() -> AsyncIterator[Bench]:
    async with bench() as started:
        yield started


async def test_event_is_posted_once_with_names_and_buttons(desk: Bench) -> None:
    await desk.subscribe()
    bot = await desk.bot()
    assert await desk.happens() == 1
    await bot.ticker.tick()
    await bot.ticker.tick()
    (post,) = desk.posts()
    assert "Acme" in shown(post)
    assert "*Messages*" in shown(post)
    assert words.OPEN in shown(post)
    assert words.GIVE_ALLOWANCE in shown(post)
    assert await desk.states() == [("posted", None)]
    assert desk.count("posted") == 1


async def test_more_events_than_fit_one_tick_are_all_posted(desk: Bench) -> None:
    await desk.subscribe()
    bot = await desk.bot(timeouts=replace(QUICK, at_once=2))
    for _ in range(5):
        await desk.happens()
    await bot.ticker.tick()
    assert len(desk.posts()) == 5


async def test_event_of_an_unknown_customer_shows_the_id(desk: Bench) -> None:
    await desk.subscribe()
    bot = await desk.bot()
    await desk.happens(Occurrence("cus_gone", entity="ws_1", feature="messages"))
    await desk.happens(Occurrence("c" * 1000, feature="f" * 1000))
    await bot.ticker.tick()
    long, short = sorted(shown(post) for post in desk.posts())
    assert "cus_gone" in short
    assert "ws_1" in short
    assert words.GIVE_ALLOWANCE in short
    assert words.GIVE_ALLOWANCE not in long, "its place is too long for a button"


async def test_personal_alert_is_sent_as_a_direct_message(desk: Bench) -> None:
    await desk.subscribe(ANA)
    bot = await desk.bot()
    await desk.happens()
    await bot.ticker.tick()
    (message,) = desk.personal()
    assert "Acme" in shown(message)


async def test_person_who_lost_access_gets_no_alert(desk: Bench) -> None:
    subscription = await desk.subscribe(ANA)
    bot = await desk.bot()
    desk.slack.workspace.users[ANA].kind = "guest"
    await desk.happens()
    await bot.ticker.tick()
    assert desk.posts() == []
    paused = await bot.get(subscription.id)
    assert paused is not None
    assert paused.pause is Pause.LEFT
    assert await desk.states() == [("skipped", "paused")]


@pytest.mark.parametrize("method", ["users.info", "conversations.open"])
async def test_unreachable_person_gets_the_alert_later(desk: Bench, method: str) -> None:
    await desk.subscribe(ANA)
    bot = await desk.bot()
    await desk.happens()
    desk.slack.faults.add(method, "500")
    await bot.ticker.tick()
    assert desk.personal() == []
    desk.move(seconds=30)
    await bot.ticker.tick()
    assert len(desk.personal()) == 1


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_two_processes_post_once(engine: Engine) -> None:
    async with bench(engine) as desk:
        await desk.subscribe()
        await desk.subscribe(FINANCE)
        bots = [await desk.bot() for _ in range(3)]
        for _ in range(4):
            await desk.happens()
        await asyncio.gather(*(bot.ticker.tick() for bot in bots))
        assert [len(desk.posts(channel)) for channel in (SUPPORT, FINANCE)] == [4, 4]


@pytest.mark.parametrize("point", POINTS)
async def test_alert_of_a_dead_process_is_posted_by_another(desk: Bench, point: str) -> None:
    await desk.subscribe()
    await desk.happens()
    with pytest.raises(asyncio.CancelledError):
        await (await desk.bot(checkpoint=cancelled_at(point))).ticker.tick()
    survivor = await desk.bot()
    await survivor.ticker.tick()
    assert len(desk.posts()) == (point in ("sent", "settled")), "its lease holds"
    desk.move(seconds=61)
    await survivor.ticker.tick()
    await survivor.ticker.tick()
    assert len(desk.posts()) == 1
    assert await desk.states() == [("posted", None)]
    assert desk.count("found") == (point == "sent")


async def test_process_that_lost_its_lease_posts_nothing(desk: Bench) -> None:
    await desk.subscribe()
    await desk.happens()
    second = await desk.bot()

    async def overtaken(point: str) -> None:
        if point == "claimed":
            desk.move(seconds=61)
            await second.ticker.tick()

    slow = await desk.bot(checkpoint=overtaken)
    await slow.ticker.tick()
    assert len(desk.posts()) == 1
    assert desk.count("held_elsewhere") == 1


@pytest.mark.parametrize(("kind", "posted"), [("cut_before", False), ("latency_after", True)])
async def test_lost_answer_is_searched_for(desk: Bench, kind: FaultKind, posted: bool) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot(timeouts=replace(QUICK, call=1))
    desk.slack.faults.add("chat.postMessage", kind, seconds=30)
    await bot.ticker.tick()
    desk.slack.faults.close()
    assert len(desk.posts()) == posted
    await bot.ticker.tick()
    assert desk.called("conversations.history") == 0, "the request may be under way still"
    desk.move(seconds=16)
    desk.slack.faults.add("conversations.history", "500")
    await bot.ticker.tick()
    desk.move(minutes=2)
    await bot.ticker.tick()
    assert len(desk.posts()) == 1
    assert desk.count("found") == posted


@pytest.mark.parametrize("removed", [True, False])
async def test_alert_is_not_posted_again_while_the_search_fails(desk: Bench, removed: bool) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot()
    desk.slack.faults.add("chat.postMessage", "500_after")
    await bot.ticker.tick()
    if removed:
        desk.slack.workspace.channel(SUPPORT).members.remove(BOT_USER)
    else:
        desk.slack.faults.add("conversations.history", "500", times=None)
    desk.move(hours=7)
    await bot.ticker.tick()
    assert len(desk.posts()) == 1
    assert await desk.states() == [("skipped", "paused" if removed else "late")]


async def test_delayed_process_does_not_post(desk: Bench) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot(timeouts=replace(QUICK, call=0))
    await bot.ticker.tick()
    assert desk.posts() == []
    assert desk.called("chat.postMessage") == 0


async def test_rate_limited_post_is_retried_without_a_search(desk: Bench) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot()
    desk.slack.faults.add("chat.postMessage", "429", seconds=42)
    await bot.ticker.tick()
    desk.move(seconds=41)
    await bot.ticker.tick()
    assert desk.posts() == []
    desk.move(seconds=1)
    await bot.ticker.tick()
    assert len(desk.posts()) == 1
    assert desk.called("conversations.history") == 0


async def test_refusal_does_not_clear_an_earlier_doubt(desk: Bench) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot()
    desk.slack.faults.add("chat.postMessage", "500")
    desk.slack.faults.add("chat.postMessage", "429", seconds=1)
    for _ in range(3):
        await bot.ticker.tick()
        desk.move(seconds=60)
    assert len(desk.posts()) == 1
    assert desk.called("conversations.history") == 2


async def test_unfit_channel_pauses_and_notifies_the_owner(desk: Bench) -> None:
    bot = await desk.bot()
    rows = ((SHARED, Pause.SHARED), (SUPPORT, Pause.PUBLIC), (FINANCE, Pause.RESTRICTED))
    for number, (channel, why) in enumerate(rows, start=1):
        subscription = await desk.subscribe(channel, private=why in (Pause.PUBLIC, Pause.RESTRICTED))
        if why is Pause.RESTRICTED:
            desk.slack.faults.add("chat.postMessage", "error", error="restricted_action")
        await desk.happens()
        await desk.happens()
        for _ in range(2):
            await bot.ticker.tick()
        assert desk.posts(channel) == []
        paused = await bot.get(subscription.id)
        assert paused is not None
        assert paused.pause is why
        assert await desk.states() == [("skipped", "paused")] * 2 * number, why
        assert await desk.happens() == 0, "nothing more is kept for it"
        assert len(desk.personal()) == number, why
        assert words.PAUSES[why] in desk.personal()[-1].blocks[0]["text"]["text"]


async def test_owner_notice_is_retried_later(desk: Bench, logs: io.StringIO) -> None:
    subscription = await desk.subscribe()
    bot = await desk.bot()
    await bot.remove(subscription.id, by="U02RAJ")
    desk.slack.faults.add("conversations.open", "500")
    await bot.ticker.tick()
    assert "owner not told" in logs.getvalue()
    desk.move(minutes=1)
    for _ in range(2):
        await bot.ticker.tick()
        assert len(desk.personal()) == 1
        desk.move(days=2)


async def test_unchecked_channel_is_retried(desk: Bench) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot()
    desk.slack.faults.add("conversations.info", "429", seconds=90)
    await bot.ticker.tick()
    assert desk.posts() == []
    desk.move(seconds=90)
    await bot.ticker.tick()
    assert len(desk.posts()) == 1


async def test_paused_subscription_gets_nothing(desk: Bench) -> None:
    subscription = await desk.subscribe()
    second = await desk.bot()

    async def pause(point: str) -> None:
        if point == "claimed":
            await second.pause(subscription.id, by=ANA)

    await desk.happens()
    await (await desk.bot(checkpoint=pause)).ticker.tick()
    assert desk.posts() == []
    assert await desk.states() == [("skipped", "paused")]


async def test_silent_autumn_is_asked_again(desk: Bench) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot()
    desk.autumn.faults.add("customers.get", 500)
    await bot.ticker.tick()
    desk.move(seconds=29)
    await bot.ticker.tick()
    assert desk.posts() == []
    desk.autumn.faults.clear()
    desk.move(seconds=1)
    await bot.ticker.tick()
    assert len(desk.posts()) == 1


async def test_alert_is_skipped_after_six_hours(desk: Bench) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot()
    desk.move(hours=6, seconds=1)
    await bot.ticker.tick()
    assert await desk.states() == [("skipped", "late")]


async def test_filters(desk: Bench) -> None:
    bot = await desk.bot()
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
        subscription = await desk.subscribe(choice=choice)
        told_before = len(desk.posts())
        await desk.happens(occurrence)
        await bot.ticker.tick()
        assert len(desk.posts()) - told_before == is_told, (choice, occurrence)
        await bot.remove(subscription.id, by=ANA)


async def test_failure_of_one_alert_leaves_the_others_alone(desk: Bench, logs: io.StringIO) -> None:
    await desk.subscribe()
    await desk.happens()
    await desk.happens()
    failed: list[str] = []

    async def fails(point: str) -> None:
        if not failed:
            failed.append(point)
            raise LookupError

    bot = await desk.bot(checkpoint=fails)
    await bot.ticker.tick()
    assert len(desk.posts()) == 1
    assert "alert not delivered" in logs.getvalue()
    desk.move(seconds=61)
    await bot.ticker.tick()
    assert len(desk.posts()) == 2


async def test_old_events_are_deleted(desk: Bench) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot()
    await bot.ticker.tick()
    desk.move(days=91)
    await bot.ticker.tick()
    assert await desk.states() == []
    desk.move(minutes=1)
    await bot.ticker.tick()
