"""No invoice falls between two digests: long days, late posts and pauses."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.digests.model import EVERY_DAY, Digest, DigestContent, Schedule
from bot.digests.report.model import RowQuery
from bot.kit import ids
from sandbox.autumn.months import add, to_ms
from sandbox.autumn.seed.builder import Builder
from tests.journeys.digesting import (
    SUPPORT,
    create_digest,
    digesting,
    pass_time,
    posted_digests,
    settle_digests,
    thread_messages,
)
from tests.running import Running

ZONE = "Europe/Berlin"
BERLIN = ZoneInfo(ZONE)
NINE = time(9)
DAY = timedelta(days=1)
NAME = "Between Two Digests"


@pytest.fixture
async def maple() -> AsyncIterator[Running]:
    async with digesting("http", alike=0) as maple:
        yield maple


async def set_up(maple: Running) -> Digest:
    """A digest of the upcoming invoices of a day, every day at nine in Berlin, even if there are none."""
    content = DigestContent(frozenset({"invoices"}), days=1, skip_empty=False)
    return await create_digest(maple, content=content, schedule=Schedule(EVERY_DAY, NINE, ZONE))


def the_day(maple: Running) -> date:
    """A day before which no digest is due soon."""
    return maple.clock.now().date() + 3 * DAY


def day_of_25_hours(maple: Running) -> date:
    """The next day, at least so many days ahead, on which the clocks go back after nine."""
    day = the_day(maple)
    while nine(day + DAY) - nine(day) <= DAY:
        day += DAY
    return day


def nine(day: date) -> datetime:
    """In UTC, since the hours between two local times vary."""
    return datetime.combine(day, NINE, BERLIN).astimezone(ZoneInfo("UTC"))


async def it_is(maple: Running, at: datetime) -> None:
    pass_time(maple, at - maple.clock.now())
    await settle_digests(maple)


def is_billed(maple: Running, at: datetime) -> None:
    """Adds a customer whose next invoice is then."""
    builder = Builder(maple.autumn.state)
    customer = builder.customer("cus_between", NAME, "between@example.com", 300)
    product = builder.has(customer, "pro", 200)
    product.period_end = to_ms(at)
    product.period_start = add(product.period_end, "month", -1)


async def read(maple: Running) -> str:
    """The newest digest in the channel, its thread, and the customers in all its rows. If there is nothing to
    report, it has no thread."""
    newest = posted_digests(maple, SUPPORT)[-1]
    texts = [newest.text]
    for details in thread_messages(maple, SUPPORT):
        if details.thread_ts == newest.ts:
            (query,) = [
                RowQuery.decode(element["value"])
                for block in details.blocks
                for element in block.get("elements", ())
                if element.get("action_id") == ids.DIGEST_CSV
            ]
            rows = await maple.bot.services.digests.rows(query)
            texts += [details.text, *[item.customer async for item in rows]]
    return "\n".join(texts)


async def test_day_of_25_hours(maple: Running) -> None:
    await set_up(maple)
    day = day_of_25_hours(maple)
    is_billed(maple, nine(day) + timedelta(hours=24, minutes=30))
    await it_is(maple, nine(day) + timedelta(seconds=1))
    digest = await read(maple)
    assert NAME in digest
    assert "Coming up in the next 25 hours" in digest


@pytest.mark.parametrize(
    ("late", "billed"),
    [
        (timedelta(hours=4), timedelta(hours=2)),
        # Too late by now: the day is skipped, and the next post covers it.
        (timedelta(days=1, seconds=5), timedelta(hours=7)),
    ],
)
async def test_digest_posted_late_covers_invoices_due_meanwhile(
    maple: Running, late: timedelta, billed: timedelta
) -> None:
    await set_up(maple)
    day = the_day(maple)
    is_billed(maple, nine(day + DAY) + billed)
    await it_is(maple, nine(day) + timedelta(seconds=0.5))
    assert NAME not in await read(maple)
    await it_is(maple, nine(day + DAY) + late)
    digest = await read(maple)
    assert NAME in digest
    assert "was due" in digest.partition(NAME)[2].partition("\n")[0]
    await it_is(maple, nine(day + 3 * DAY))
    assert NAME not in await read(maple), "once is enough"


async def test_paused_time_is_not_covered_afterwards(maple: Running) -> None:
    digest = await set_up(maple)
    day = the_day(maple)
    is_billed(maple, nine(day + 2 * DAY))
    await it_is(maple, nine(day) + timedelta(seconds=1))
    assert await maple.bot.digests.pause(digest.id, by=maple.ana.id)
    await it_is(maple, nine(day + 4 * DAY) + timedelta(hours=1))
    assert await maple.bot.digests.resume(digest.id, by=maple.ana.id)
    await it_is(maple, nine(day + 5 * DAY))
    assert len(posted_digests(maple)) == 2
    assert NAME not in await read(maple)
