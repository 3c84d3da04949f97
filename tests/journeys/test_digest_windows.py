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


def day_without_earlier_digests(maple: Running) -> date:
    """A day before which no digest is due soon."""
    return maple.clock.now().date() + 3 * DAY


def day_of_25_hours(maple: Running) -> date:
    """The next day, at least three days ahead, on which the clocks go back after nine."""
    day = day_without_earlier_digests(maple)
    while nine_in_utc(day + DAY) - nine_in_utc(day) <= DAY:
        day += DAY
    return day


def nine_in_utc(day: date) -> datetime:
    """In UTC, since the hours between two local times vary."""
    return datetime.combine(day, NINE, BERLIN).astimezone(ZoneInfo("UTC"))


async def move_time_to(maple: Running, at: datetime) -> None:
    pass_time(maple, at - maple.clock.now())
    await settle_digests(maple)


def add_billed_customer(maple: Running, at: datetime) -> None:
    """Adds a customer whose next invoice is then."""
    builder = Builder(maple.autumn.state)
    customer = builder.customer("cus_between", NAME, "between@example.com", 300)
    product = builder.has(customer, "pro", 200)
    product.period_end = to_ms(at)
    product.period_start = add(product.period_end, "month", -1)


async def digest_text(maple: Running) -> str:
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
    add_billed_customer(maple, nine_in_utc(day) + timedelta(hours=24, minutes=30))
    await move_time_to(maple, nine_in_utc(day) + timedelta(seconds=1))
    digest = await digest_text(maple)
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
    day = day_without_earlier_digests(maple)
    add_billed_customer(maple, nine_in_utc(day + DAY) + billed)
    await move_time_to(maple, nine_in_utc(day) + timedelta(seconds=0.5))
    assert NAME not in await digest_text(maple)
    await move_time_to(maple, nine_in_utc(day + DAY) + late)
    digest = await digest_text(maple)
    assert NAME in digest
    assert "was due" in digest.partition(NAME)[2].partition("\n")[0]
    await move_time_to(maple, nine_in_utc(day + 3 * DAY))
    assert NAME not in await digest_text(maple), "once is enough"


async def test_paused_time_is_not_covered_afterwards(maple: Running) -> None:
    digest = await set_up(maple)
    day = day_without_earlier_digests(maple)
    add_billed_customer(maple, nine_in_utc(day + 2 * DAY))
    await move_time_to(maple, nine_in_utc(day) + timedelta(seconds=1))
    assert await maple.bot.digests.pause(digest.id, by=maple.ana.id)
    await move_time_to(maple, nine_in_utc(day + 4 * DAY) + timedelta(hours=1))
    assert await maple.bot.digests.resume(digest.id, by=maple.ana.id)
    await move_time_to(maple, nine_in_utc(day + 5 * DAY))
    assert len(posted_digests(maple)) == 2
    assert NAME not in await digest_text(maple)
