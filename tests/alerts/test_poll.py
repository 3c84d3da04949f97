"""Failed payments found by polling Autumn's customers: each is reported once, and only if it is new."""

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
from tests.alerts.harness import NOW, QUICK, AlertHarness, alert_harness, full_text
from tests.waiting import wait_until

ACME = PastDueCustomer("cus_acme", ("pro",), NOW)
NORTHWIND = PastDueCustomer("cus_northwind", ("pro", "addon"), None)


@pytest.fixture
async def harness() -> AsyncIterator[AlertHarness]:
    async with alert_harness() as started:
        yield started


async def poll(*bots: AlertService) -> None:
    for bot in bots:
        await bot.ticker.poll()
        await bot.ticker.tick()


async def test_earlier_past_due_is_not_posted(harness: AlertHarness) -> None:
    await harness.subscribe()
    bot = await harness.bot()
    harness.past_due = [ACME]
    await poll(bot)
    harness.move(hours=1)
    harness.past_due = [ACME, NORTHWIND]
    await poll(bot)
    posts = [full_text(post) for post in harness.posts()]
    assert len(posts) == 2, "one for each product"
    assert all("cus_northwind" in post for post in posts)
    assert all(words.polled("").split(": ")[1] in post for post in posts)
    harness.move(hours=1)
    await poll(bot)
    assert len(harness.posts()) == 2
    assert harness.looks == 3


async def test_no_poll_without_subscriptions(harness: AlertHarness) -> None:
    await harness.subscribe(choice=AlertChoice(frozenset({"limit_reached"})))
    await poll(await harness.bot())
    assert harness.looks == 0


async def test_one_of_several_processes_polls_each_hour(harness: AlertHarness) -> None:
    await harness.subscribe()
    bots = [await harness.bot() for _ in range(3)]
    await asyncio.gather(*(bot.ticker.poll() for bot in bots))
    harness.move(minutes=59)
    await poll(*bots)
    assert harness.looks == 1
    harness.move(minutes=1)
    await poll(*bots)
    assert harness.looks == 2


async def test_event_of_a_webhook_is_not_posted_again(harness: AlertHarness) -> None:
    await harness.subscribe()
    bot = await harness.bot()
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
    assert await deliveries.note(harness.database, "sandbox", [report], now=harness.now) == 1
    harness.past_due = [ACME]
    harness.move(hours=1)
    await poll(bot)
    assert len(harness.posts()) == 1


async def test_failed_poll_is_retried_an_hour_later(harness: AlertHarness, logs: io.StringIO) -> None:
    await harness.subscribe()
    bot = await harness.bot()
    await poll(bot)
    harness.past_due = None  # type: ignore[assignment]
    harness.move(hours=1)
    await poll(bot)
    assert "past due not looked for" in logs.getvalue()
    harness.past_due = [ACME]
    harness.move(hours=1)
    await poll(bot)
    assert len(harness.posts()) == 1


async def test_ticker_runs_by_itself_and_at_once_when_woken(harness: AlertHarness) -> None:
    await harness.subscribe()
    await harness.happens()
    bot = await harness.bot(timeouts=replace(QUICK, tick=3600))
    bot.ticker.start()
    await wait_until_posted(harness, 1)
    await harness.happens()
    bot.ticker.wake()
    await wait_until_posted(harness, 2)
    await bot.ticker.stop(5)
    await harness.happens()
    bot.ticker.wake()
    assert len(harness.posts()) == 2


async def test_poll_repeats(harness: AlertHarness) -> None:
    await harness.subscribe()
    bot = await harness.bot(timeouts=replace(QUICK, tick=0.01, poll=0))
    bot.ticker.start()
    await wait_until(lambda: harness.looks >= 2)
    await bot.ticker.stop(5)


async def wait_until_posted(harness: AlertHarness, number: int) -> None:
    async def are_posted() -> bool:
        return [state for state, _ in await harness.states()].count("posted") >= number

    await wait_until(are_posted)


async def test_stop_finishes_a_post_and_begins_no_other(harness: AlertHarness) -> None:
    await harness.subscribe()
    for _ in range(3):
        await harness.happens()
    begun = asyncio.Event()

    async def note(point: str) -> None:
        if point == "marked":
            begun.set()

    bot = await harness.bot(timeouts=replace(QUICK, at_once=1), checkpoint=note)
    harness.slack.faults.add("chat.postMessage", "latency", seconds=0.2)
    bot.ticker.start()
    await begun.wait()
    await bot.ticker.stop(5)
    assert len(harness.posts()) == 1
    assert [state for state, _ in await harness.states()].count("posted") == 1


async def test_lost_database_does_not_stop_the_ticker(harness: AlertHarness, logs: io.StringIO) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", patience=1)
    bot = await harness.bot(database=nowhere)
    await poll(bot)
    assert "alerts not looked at" in logs.getvalue()
    await nowhere.aclose()
