"""When Autumn has problems, every part says so in time, and nothing else breaks."""

import asyncio
import io
import json
from dataclasses import dataclass

from bot.autumn.retry_policy import RetryPolicy
from bot.autumn.throttle import Limits
from bot.lookups import labels
from bot.timings import Timeouts
from tests.journeys.steps import click_and_see, command_and_see
from tests.running import UNHURRIED, Mode, Running, running_maple

HURRIED = Timeouts(
    asking_after=0.1,
    autumn=RetryPolicy(connect=1.0, attempt=1.0, whole=1.2, attempts=2, backoff=0.01, part=1.0),
    limits=UNHURRIED.limits,
)
"""One second for what otherwise may take up to fifteen."""
HANGING = Timeouts(
    asking_after=0.1,
    autumn=RetryPolicy(attempt=0.3, whole=0.4, part=0.3),
    limits=UNHURRIED.limits,
)
"""For an Autumn that answers nothing at all."""
BUSY = Timeouts(
    asking_after=0.1,
    autumn=RetryPolicy(connect=1.5, attempt=1.5, whole=1.8, attempts=2, backoff=0.01, part=1.5),
    limits=UNHURRIED.limits,
)
"""Longer if something else must be read in the same time, for busy machines."""
LINES = (
    "/autumn cus_acme",
    "/autumn products cus_acme",
    "/autumn features cus_acme",
    "/autumn invoices cus_acme",
    "/autumn events cus_acme",
    "/autumn find acme",
)
TROUBLE = {
    "500": labels.UNAVAILABLE.what,
    "503": labels.UNAVAILABLE.what,
    "429": "Autumn is limiting requests.",
    "cut_before": labels.UNREACHABLE.what,
    "garbage": labels.GARBLED.what,
    "latency": "Autumn didn't answer in time.",
}
ANSWERED = [kind for kind in TROUBLE if kind != "latency"]


def assert_unharmed(maple: Running, logs: io.StringIO) -> None:
    """Every request was acknowledged in time, no exception was lost, and no customer was named."""
    assert {delivery.outcome for delivery in maple.slack.sent} == {"acked"}
    records = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert [record for record in records if record["level"] == "error"] == []
    assert "acme" not in logs.getvalue().lower()


async def settled_screen(maple: Running) -> str:
    """The screen, once everything has been answered."""
    await maple.bot.background.drain(10)
    return maple.ana.screen()


async def wait_until_fewer(maple: Running, number: int, words: str) -> None:
    """Waits until the words are on the screen only this many times."""
    async with asyncio.timeout(30):
        while maple.ana.screen().count(words) > number:
            await maple.slack.workspace.feed.changed()


async def test_every_part_reports_the_error(mode: Mode, logs: io.StringIO) -> None:
    async with running_maple(mode, timeouts=HURRIED) as maple:
        for kind in ANSWERED:
            maple.ana.reload()
            maple.autumn.faults.add("*", kind, retry_after=0)
            # All parts where Autumn's answer makes no sense, and two where it is merely a different error.
            lines = LINES if kind == "garbage" else LINES[:2]
            await asyncio.gather(*(maple.ana.command(line) for line in lines))
            screen = await settled_screen(maple)
            for words in (TROUBLE[kind], "Nothing was changed.", "Reference "):
                assert screen.count(words) == len(lines), (kind, screen)
            maple.autumn.faults.clear()
        assert_unharmed(maple, logs)


async def test_click_that_fails_offers_to_try_again(mode: Mode, logs: io.StringIO) -> None:
    async with running_maple(mode, timeouts=HURRIED) as maple:
        parts = ("Products", "Features", "Invoices", "Events", "Refresh")
        for _ in parts:
            await maple.ana.command("/autumn cus_acme")
        assert (await settled_screen(maple)).count("Read today at") == len(parts)
        maple.autumn.faults.add("*", "garbage")
        for number, part in enumerate(parts, 1):
            await maple.ana.click(part)
            await wait_until_fewer(maple, len(parts) - number, "Read today at")
        assert (await settled_screen(maple)).count(TROUBLE["garbage"]) == len(parts)
        maple.autumn.faults.clear()
        for number, _ in enumerate(parts, 1):
            await maple.ana.click("Try again")
            await wait_until_fewer(maple, len(parts) - number, "[Try again]")
        assert (await settled_screen(maple)).count("Read today at") == len(parts)
        assert_unharmed(maple, logs)


async def test_autumn_is_down(mode: Mode, logs: io.StringIO) -> None:
    async with running_maple(mode, timeouts=HURRIED) as maple:
        await maple.autumn.stop()
        await asyncio.gather(*(maple.ana.command(line) for line in LINES))
        assert (await settled_screen(maple)).count(labels.UNREACHABLE.what) == len(LINES)
        await command_and_see(maple, "/autumn help", "Look up or change a customer in Autumn")
        await maple.bot.background.drain(10)
        assert_unharmed(maple, logs)


async def test_rate_limits_say_when_to_come_back(mode: Mode) -> None:
    async with running_maple(mode, timeouts=HURRIED) as maple:
        for retry_after, words in ((30, "Try again in 30 seconds."), (None, "Try again in ")):
            maple.ana.reload()
            maple.autumn.faults.add("*", "429", retry_after=retry_after)
            assert words in await command_and_see(maple, "/autumn cus_acme", "Autumn is limiting requests.")
            maple.autumn.faults.clear()


async def test_brief_trouble_is_not_noticed(mode: Mode) -> None:
    async with running_maple(mode, timeouts=HURRIED) as maple:
        for kind in ("503", "429"):
            maple.autumn.faults.add("customers.get", kind, times=1, retry_after=0)
            await command_and_see(maple, "/autumn cus_acme", "Last invoices")
            maple.ana.reload()


@dataclass(frozen=True)
class SingleFailure:
    """A read that fails while the others succeed: what is then missing, and what is still shown."""

    line: str
    route: str
    stays: str
    missing: str
    kind: str
    click: str = ""


ALONE = (
    SingleFailure(
        "products cus_wayne", "customers.products", "Free · Active", "Expired products", "500", "Show expired"
    ),
    SingleFailure("features cus_acme", "events.aggregate", "24 of 30 used", "Usage", "latency", "Open"),
    SingleFailure("invoices cus_acme", "invoices.list", "Next invoice: $179.10", "The invoices", "garbage"),
    SingleFailure(
        "events cus_northwind", "events.aggregate", "events, last 30 days", "Totals per feature", "latency"
    ),
    SingleFailure("events cus_globex", "events.list", "Total per feature", "The events", "500"),
)


async def test_one_part_that_fails_leaves_the_rest(mode: Mode, logs: io.StringIO) -> None:
    async with running_maple(mode, timeouts=BUSY) as maple:
        for alone in ALONE:
            if alone.click:
                await maple.ana.command(f"/autumn {alone.line}")
                await maple.ana.sees(f"[{alone.click}]")
            customer = alone.line.split()[1]
            maple.autumn.faults.add(alone.route, alone.kind, seconds=30, customer=customer)
            if alone.click:
                await maple.ana.click(alone.click)
            else:
                await maple.ana.command(f"/autumn {alone.line}")
        for alone in ALONE:
            screen = await maple.ana.sees(f"{alone.missing} couldn't be read: {TROUBLE[alone.kind]}")
            assert alone.stays in screen, alone
        await maple.bot.background.drain(10)
        assert_unharmed(maple, logs)


async def test_failing_stripe_leaves_the_overview(mode: Mode, logs: io.StringIO) -> None:
    """Stripe's data is read by a separate call, the second of two."""
    async with running_maple(mode, timeouts=BUSY) as maple:
        for kind in ("500", "latency"):
            maple.ana.reload()
            maple.autumn.faults.add("customers.get", kind, expanding="invoice_previews", seconds=30)
            screen = await command_and_see(
                maple, "/autumn cus_acme", "Discounts and the next invoice couldn't be read"
            )
            assert TROUBLE[kind] in screen
            assert "Team $199 per month" in screen
            assert "31,240 of 50,000 used" in screen
            if kind == "500":
                await click_and_see(maple, "Invoices", "The next invoice couldn't be read")
                await maple.ana.sees("11 invoices")
            maple.autumn.faults.clear()
        await maple.bot.background.drain(10)
        assert_unharmed(maple, logs)


async def test_many_at_once_while_autumn_hangs(mode: Mode, logs: io.StringIO) -> None:
    async with running_maple(mode, timeouts=HANGING) as maple:
        maple.autumn.faults.add("*", "latency", seconds=30)
        people = (maple.ana, maple.raj, maple.lea)
        await asyncio.gather(*(person.command(line) for person in people for line in LINES))
        await maple.bot.background.drain(10)
        for person in people:
            for words in (TROUBLE["latency"], "Nothing was changed.", "Reference "):
                assert person.screen().count(words) == len(LINES), person.screen()
        assert_unharmed(maple, logs)


async def test_many_searches_of_one_person_do_not_time_out_another(mode: Mode) -> None:
    slow = Limits(general=1000, customers_list=5, events_per_customer=1000)
    retry_policy = RetryPolicy(connect=1.0, attempt=1.0, whole=2.0, attempts=1)
    async with running_maple(
        mode, timeouts=Timeouts(limits=slow, autumn=retry_policy, asking_after=30)
    ) as maple:
        await asyncio.gather(*(maple.ana.command("/autumn find acme") for _ in range(25)))
        await maple.raj.command("/autumn find acme")
        screen = await maple.raj.sees("Acme Ltd")
        assert "Autumn didn't answer in time" not in screen
        await maple.bot.background.drain(10)
        assert "Autumn didn't answer in time" in maple.ana.screen(), "there were more than could be answered"
