"""Payments that failed, found by looking through Autumn's customers: each is told once, and only as news."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.alerts import deliveries, words
from bot.alerts.deliveries import ReportedOccurrence, lasting_event_id
from bot.alerts.model import AlertChoice
from bot.alerts.poll import PastDueCustomer
from bot.alerts.service import AlertService
from bot.alerts.sources import past_due
from bot.store.database import Database
from tests.alerts.bench import NOW, QUICK, Bench, bench, shown

ACME = PastDueCustomer("cus_acme", ("pro",), NOW)
NORTHWIND = PastDueCustomer("cus_northwind", ("pro", "addon"), None)


@pytest.fixture
async def desk() -> AsyncIterator[Bench]:
    async with bench() as started:
        yield started


async def poll(*bots: AlertService) -> None:
    for bot in bots:
        await bot.ticker.poll()
        await bot.ticker.tick()


async def test_earlier_past_due_is_not_posted(desk: Bench) -> None:
    await desk.subscribe()
    bot = await desk.bot()
    desk.past_due = [ACME]
    await poll(bot)
    desk.move(hours=1)
    desk.past_due = [ACME, NORTHWIND]
    await poll(bot)
    posts = [shown(post) for post in desk.posts()]
    assert len(posts) == 2, "one for each product"
    assert all("cus_northwind" in post for post in posts)
    assert all(words.polled("").split(" by ")[1] in post for post in posts)
    desk.move(hours=1)
    await poll(bot)
    assert len(desk.posts()) == 2
    assert desk.looks == 3


async def test_no_poll_without_subscriptions(desk: Bench) -> None:
    await desk.subscribe(choice=AlertChoice(frozenset({"limit_reached"})))
    await poll(await desk.bot())
    assert desk.looks == 0


async def test_one_of_several_processes_polls_each_hour(desk: Bench) -> None:
    await desk.subscribe()
    bots = [await desk.bot() for _ in range(3)]
    await asyncio.gather(*(bot.ticker.poll() for bot in bots))
    desk.move(minutes=59)
    await poll(*bots)
    assert desk.looks == 1
    desk.move(minutes=1)
    await poll(*bots)
    assert desk.looks == 2


async def test_event_of_a_webhook_is_not_posted_again(desk: Bench) -> None:
    await desk.subscribe()
    bot = await desk.bot()
    await poll(bot)
    start = int(NOW.timestamp() * 1000)
    change = {
        "action": "updated",
        "previous_attributes": {"past_due": False},
        "subscription": {"plan_id": "pro", "past_due": True, "current_period_start": start},
    }
    (reported,) = past_due.SOURCE.read({"customer_id": "cus_acme", "plan_changes": [change]})
    report = ReportedOccurrence(
        "past_due", reported, lasting_event_id("sandbox", "past_due", reported.identity)
    )
    assert await deliveries.note(desk.database, "sandbox", [report], now=desk.now) == 1
    desk.past_due = [ACME]
    desk.move(hours=1)
    await poll(bot)
    assert len(desk.posts()) == 1


async def test_failed_poll_is_retried_an_hour_later(desk: Bench, logs: io.StringIO) -> None:
    await desk.subscribe()
    bot = await desk.bot()
    await poll(bot)
    desk.past_due = None  # type: ignore[assignment]
    desk.move(hours=1)
    await poll(bot)
    assert "past due not looked for" in logs.getvalue()
    desk.past_due = [ACME]
    desk.move(hours=1)
    await poll(bot)
    assert len(desk.posts()) == 1


async def test_ticker_runs_by_itself_and_at_once_when_woken(desk: Bench) -> None:
    await desk.subscribe()
    await desk.happens()
    bot = await desk.bot(timeouts=replace(QUICK, tick=3600))
    bot.ticker.start()
    await until_posted(desk, 1)
    await desk.happens()
    bot.ticker.wake()
    await until_posted(desk, 2)
    await bot.ticker.stop(5)
    await desk.happens()
    bot.ticker.wake()
    assert len(desk.posts()) == 2


async def test_poll_repeats(desk: Bench) -> None:
    await desk.subscribe()
    bot = await desk.bot(timeouts=replace(QUICK, tick=0.01, poll=0))
    bot.ticker.start()
    async with asyncio.timeout(30):
        while desk.looks < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
    await bot.ticker.stop(5)


async def until_posted(desk: Bench, number: int) -> None:
    async with asyncio.timeout(30):
        while [state for state, _ in await desk.states()].count("posted") < number:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_stop_finishes_a_post_and_begins_no_other(desk: Bench) -> None:
    await desk.subscribe()
    for _ in range(3):
        await desk.happens()
    begun = asyncio.Event()

    async def note(point: str) -> None:
        if point == "marked":
            begun.set()

    bot = await desk.bot(timeouts=replace(QUICK, at_once=1), checkpoint=note)
    desk.slack.faults.add("chat.postMessage", "latency", seconds=0.2)
    bot.ticker.start()
    await begun.wait()
    await bot.ticker.stop(5)
    assert len(desk.posts()) == 1
    assert [state for state, _ in await desk.states()].count("posted") == 1


async def test_lost_database_does_not_stop_the_ticker(desk: Bench, logs: io.StringIO) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", patience=1)
    bot = await desk.bot(database=nowhere)
    await poll(bot)
    assert "alerts not looked at" in logs.getvalue()
    await nowhere.aclose()
