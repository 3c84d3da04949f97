"""No invoice falls between two digests: long days and weeks, weekends, and late posts."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.digests.report.model import RowQuery
from bot.kit import ids
from sandbox.autumn.months import add, to_ms
from sandbox.autumn.seed.builder import Builder
from tests.journeys.digesting import FORM, SUPPORT, digesting, open_list, pass_time, posted, settled, threads
from tests.running import Running

ZONE = "Europe/Berlin"
BERLIN = ZoneInfo(ZONE)
NINE = time(9)
DAY = timedelta(days=1)
NAME = "Between Two Digests"
EVERY_DAY = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WORKDAYS = EVERY_DAY[:5]


@pytest.fixture
async def maple() -> AsyncIterator[Running]:
    async with digesting("http") as maple:
        yield maple


async def set_up(maple: Running, days: tuple[str, ...], ahead: str) -> None:
    """A digest of upcoming invoices, at nine in Berlin."""
    ana = maple.ana
    await open_list(ana)
    await ana.click("New digest")
    await ana.sees(FORM)
    await ana.choose("Sections", "Upcoming invoices")
    await ana.choose("On which days", *days)
    await ana.choose("How far ahead", ahead)
    await ana.type_ahead("Time zone", "berlin")
    await ana.choose("Time zone", "Berlin")
    await ana.submit()
    await ana.sees("The first post comes")
    await ana.close()


def the_day(maple: Running, fits: int | None = None) -> date:
    """A day so many days ahead, on this weekday."""
    day = maple.clock.now().date() + 3 * DAY
    while fits is not None and day.weekday() != fits:
        day += DAY
    return day


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
    await settled(maple)


def is_billed(maple: Running, at: datetime) -> None:
    """Adds a customer whose next invoice is then."""
    builder = Builder(maple.autumn.state)
    customer = builder.customer("cus_between", NAME, "between@example.com", 300)
    product = builder.has(customer, "pro", 200)
    product.period_end = to_ms(at)
    product.period_start = add(product.period_end, "month", -1)


async def read(maple: Running) -> str:
    """The newest digest in the channel, its thread, and the customers in all its rows."""
    newest, details = posted(maple, SUPPORT)[-1], threads(maple, SUPPORT)[-1]
    (query,) = [
        RowQuery.decode(element["value"])
        for block in details.blocks
        for element in block.get("elements", ())
        if element.get("action_id") == ids.DIGEST_CSV
    ]
    customers = [item.customer async for item in await maple.bot.services.digests.rows(query)]
    return "\n".join([newest.text, details.text, *customers])


async def test_day_of_25_hours(maple: Running) -> None:
    await set_up(maple, EVERY_DAY, "24 hours")
    day = day_of_25_hours(maple)
    is_billed(maple, nine(day) + timedelta(hours=24, minutes=30))
    await it_is(maple, nine(day) + timedelta(seconds=1))
    digest = await read(maple)
    assert NAME in digest
    assert "Coming up in the next 25 hours" in digest


async def test_week_of_169_hours(maple: Running) -> None:
    await set_up(maple, ("Monday",), "7 days")
    day = day_of_25_hours(maple)
    monday = day - day.weekday() * DAY
    is_billed(maple, nine(monday) + timedelta(hours=168, minutes=30))
    await it_is(maple, nine(monday) + timedelta(seconds=1))
    digest = await read(maple)
    assert NAME in digest
    assert "Coming up in the next 7 days" in digest


async def test_digest_on_weekdays_covers_the_weekend(maple: Running) -> None:
    await set_up(maple, WORKDAYS, "24 hours")
    friday = the_day(maple, 4)
    is_billed(maple, nine(friday + 2 * DAY))
    await it_is(maple, nine(friday) + timedelta(seconds=1))
    digest = await read(maple)
    assert NAME in digest
    assert "Coming up in the next 3 days" in digest


@pytest.mark.parametrize(
    ("late", "billed"),
    [
        (timedelta(hours=4), timedelta(hours=2)),
        (timedelta(seconds=40), timedelta(seconds=20)),
        # Too late by now: the day is skipped, and the next post covers it.
        (timedelta(days=1, seconds=5), timedelta(hours=7)),
    ],
)
async def test_digest_posted_late_covers_invoices_due_meanwhile(
    maple: Running, late: timedelta, billed: timedelta
) -> None:
    await set_up(maple, EVERY_DAY, "24 hours")
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
    await set_up(maple, EVERY_DAY, "24 hours")
    day = the_day(maple)
    is_billed(maple, nine(day + 2 * DAY))
    await it_is(maple, nine(day) + timedelta(seconds=1))
    await open_list(maple.ana)
    await maple.ana.click("Pause")
    await maple.ana.sees("The digest is paused")
    await it_is(maple, nine(day + 4 * DAY) + timedelta(hours=1))
    await maple.ana.click("Resume")
    await maple.ana.sees("The digest is active again")
    await it_is(maple, nine(day + 5 * DAY))
    assert len(posted(maple)) == 2
    assert NAME not in await read(maple)
