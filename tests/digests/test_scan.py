import asyncio
import contextlib
import io
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.autumn.client import Autumn, Limits, RetryPolicy
from bot.autumn.errors import AutumnError, Forbidden, Unauthorized, Unavailable, named
from bot.autumn.models import Environment
from bot.digests.scan import reader as reader_module
from bot.digests.scan import repository as scans
from bot.digests.scan.pacing import Pacer, ScanPace, ThrottledReport
from bot.digests.scan.scanner import Progress, ScanFailed, Scanner
from bot.lookups import labels
from bot.runtime import Runtime
from bot.store.database import Database
from bot.store.tables import digest_items, digest_scans
from sandbox.autumn import LocalAutumn
from tests.autumn.scripted import Answer, ReceivedRequest, Scripted, error, listing, ok
from tests.databases import fresh
from tests.digests.listed import START, at, balance, balance_row, days, subscription
from tests.digests.scanned import (
    HASTE,
    Clock,
    Reader,
    amounts_by_customer,
    billed_customer,
    customers_without_ids,
    error_answers,
    items_of_section,
    paged_answers,
    preview,
    scripted_autumn,
)
from tests.engines import on_sqlite
from tests.waiting import wait_until

ONCE = RetryPolicy(connect=5, attempt=5, whole=10, attempts=1)


@asynccontextmanager
async def scan_reader(
    database: Database, script: Scripted, *, pace: ScanPace = HASTE
) -> AsyncIterator[Reader]:
    autumn = script.client(ONCE)
    yield Reader(database, autumn, Clock(), pace)
    await autumn.aclose()


async def states(database: Database) -> list[tuple[str, str]]:
    query = select(digest_scans.c.state, digest_scans.c.said).order_by(digest_scans.c.started_at)
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(query)]


def routes(script: Scripted, route: str) -> list[dict[str, Any]]:
    return [request.body for request in script.received if request.route == route]


# Reading


async def test_scan_reads_everything_once(database: Database, logs: io.StringIO) -> None:
    unpaid = {"id": "inv", "customer_id": "cus_2", "status": "open", "total": 9.5, "currency": "usd"}
    stranger = {**unpaid, "customer_id": "cus_gone", "total": 1}
    fields_of_rows: dict[str, Any] = {
        "balances": {"messages": balance(balance_row(2))},
        "subscriptions": [subscription(past_due=True, trial_ends_at=days(1))],
    }
    script = scripted_autumn(
        listing(billed_customer(1, **fields_of_rows), billed_customer(2)),
        invoices=[listing(unpaid, {**unpaid, "status": "paid"}, cursor="x"), listing(stranger)],
        get=ok({"invoice_previews": [preview(51.25), preview(9, at=9)]}),
    )
    async with scan_reader(database, script, pace=replace(HASTE, previews_at_once=1)) as reader:
        scan = await reader.scan()
    assert (scan.customers, scan.previewed, scan.to_preview, scan.missing) == (2, 2, 2, ())
    assert (scan.started_at, scan.finished_at, scan.previews) == (START, START, True)
    assert amounts_by_customer(await items_of_section(database, scan, "invoices")) == [
        ("cus_1", "51.25 usd", ""),
        ("cus_2", "51.25 usd", ""),
    ]
    stored_items = await items_of_section(database, scan, "unpaid")
    assert [(item.customer, item.amount) for item in stored_items] == [
        ("Customer 2", Decimal("9.5")),
        ("cus_gone", Decimal(1)),
    ]
    for section in ("resets", "past_due", "trials"):
        (item,) = await items_of_section(database, scan, section)
        assert item.customer_id == "cus_1"
    assert routes(script, "customers.get") == [
        {"customer_id": f"cus_{number}", "expand": ["invoice_previews"]} for number in (1, 2)
    ]
    assert reader.reported[0] == Progress(2, 0, 0)
    assert reader.reported[-1] == Progress(2, 2, 2)
    noted = [json.loads(line) for line in logs.getvalue().splitlines() if '"scan"' in line]
    assert (noted[0]["outcome"], noted[-1]["outcome"], noted[-1]["count"]) == ("running", "ok", 2)
    counted = reader.metrics.exposition().decode()
    assert 'maple_scans_total{outcome="ok"} 1.0' in counted
    assert "maple_scan_customers 2.0" in counted


@on_sqlite
async def test_scan_of_the_local_autumn_has_every_customer(database: Database) -> None:
    async with LocalAutumn.running() as local:
        autumn = Autumn(key=SecretStr(local.key), url=local.url, limits=Limits(10_000, 10_000))
        reader = Reader(database, autumn, Clock(local.clock.now()))
        scan = await reader.scan(previews=False)
        assert scan.customers == len(local.state.customers)
        assert not scan.missing
        routes_called = [call.route for call in local.calls]
        assert routes_called == ["plans.list", "invoices.list", "customers.list"]
        await autumn.aclose()


@on_sqlite
async def test_pages_follow_the_cursor(database: Database) -> None:
    script = scripted_autumn(paged_answers([billed_customer(number) for number in range(600)]))
    async with scan_reader(database, script) as reader:
        scan = await reader.scan(previews=False)
    assert scan.customers == 600
    assert [body["start_cursor"] for body in routes(script, "customers.list")] == ["", "250", "500"]
    assert len(await items_of_section(database, scan, "invoices")) == 600
    assert [progress.customers for progress in reader.reported] == [250, 500, 600]


def _rows(*parts: int | Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with ids in place of numbers; other rows are kept as they are."""
    collected: list[dict[str, Any]] = []
    for part in parts:
        collected += (
            [billed_customer(len(collected) + index) for index in range(part)]
            if isinstance(part, int)
            else part
        )
    return collected


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 10 customers, and of at most 40."""
    monkeypatch.setattr(reader_module, "PAGE", 10)
    monkeypatch.setattr(reader_module, "_LARGEST_PAGE", 40)


@on_sqlite
@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        # A list that ends properly.
        (_rows(10), [10]),
        (_rows(9, customers_without_ids(1)), [10, 9, 10]),
        (_rows(5, customers_without_ids(2)), [10]),
        (_rows(9, customers_without_ids(2), 4), [10, 9, 10]),
        (_rows(8, customers_without_ids(6), 10), [10, 8, 10, 10]),
        # A whole page without ids.
        (_rows(customers_without_ids(10), 1), [10, 20]),
        (_rows(customers_without_ids(12), 12), [10, 20, 10]),
        (_rows(customers_without_ids(39), 1, customers_without_ids(3)), [10, 20, 40, 10]),
        (_rows(4, customers_without_ids(24), 4), [10, 4, 10, 20, 40]),
        (_rows(customers_without_ids(22), 4, customers_without_ids(16)), [10, 20, 40, 26, 10, 20]),
    ],
)
@pytest.mark.usefixtures("small_pages")
async def test_customers_without_an_id_do_not_hide_others(
    database: Database, rows: list[dict[str, Any]], sizes: list[int]
) -> None:
    script = scripted_autumn(paged_answers(rows))
    async with scan_reader(database, script) as reader:
        scan = await reader.scan(previews=False)
    assert [body["limit"] for body in routes(script, "customers.list")] == sizes
    assert scan.customers == len(rows)
    assert scan.missing == ()


@on_sqlite
@pytest.mark.usefixtures("small_pages")
async def test_pages_without_any_id_are_reported_missing(database: Database) -> None:
    script = scripted_autumn(paged_answers(_rows(3, customers_without_ids(44), 5)))
    async with scan_reader(database, script) as reader:
        scan = await reader.scan(previews=False)
    assert scan.missing == ("customers",)
    assert scan.customers == 43


@on_sqlite
@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ({"customers": listing({"id": 5}, billed_customer(1))}, "customers"),
        # The same page again and again.
        ({"customers": listing(billed_customer(1), cursor="")}, "customers"),
        ({"customers": listing(billed_customer(1), cursor="x")}, "customers"),
        ({"invoices": listing({"total": "x"})}, "unpaid"),
        ({"invoices": listing(cursor="")}, "unpaid"),
        ({"invoices": error(403)}, "unpaid"),
        ({"invoices": error(503)}, "unpaid"),
        ({"get": error(500)}, "previews"),
    ],
)
async def test_missing_data_is_named(database: Database, answers: dict[str, Any], missing: str) -> None:
    script = scripted_autumn(**{"customers": listing(billed_customer(1)), "get": ok({}), **answers})
    async with scan_reader(database, script) as reader:
        scan = await reader.scan()
    assert scan.missing == (missing,)
    assert await items_of_section(database, scan, "invoices")


@on_sqlite
async def test_ids_stand_in_for_plan_names(database: Database) -> None:
    script = scripted_autumn(listing(billed_customer(1)), get=ok({"invoice_previews": [preview()]}))
    script.answers["plans.list"] = error(403)
    async with scan_reader(database, script) as reader:
        scan = await reader.scan()
    (item,) = await items_of_section(database, scan, "invoices")
    assert item.details["plan_names"] == ["pro"]


# Previews


@on_sqlite
async def test_largest_estimates_are_previewed_first(database: Database) -> None:
    few = replace(HASTE, most_previews=2, previews_at_once=1)
    customers = [
        billed_customer(1, 10),
        billed_customer(2, 5000),
        billed_customer(3, 300),
        {**billed_customer(4, 9000), "id": None},
    ]
    script = scripted_autumn(listing(*customers), get=ok({"invoice_previews": [preview(1, currency="eur")]}))
    async with scan_reader(database, script, pace=few) as reader:
        scan = await reader.scan()
    assert [body["customer_id"] for body in routes(script, "customers.get")] == ["cus_2", "cus_3"]
    assert (scan.previewed, scan.to_preview, scan.missing) == (2, 2, ())
    assert amounts_by_customer(await items_of_section(database, scan, "invoices")) == [
        # The currency of these customers is unknown, though others pay in euros.
        ("cus_1", "10 ", "?"),
        (None, "9000 ", "?"),
        ("cus_2", "1 eur", ""),
        ("cus_3", "1 eur", ""),
    ]


@on_sqlite
async def test_preview_replaces_the_estimate(database: Database) -> None:
    previews = {
        "cus_1": ok({"invoice_previews": []}),
        "cus_2": ok({"invoice_previews": [preview(0)]}),
        "cus_3": ok({"invoice_previews": [preview(at=8)]}),
        # Deleted since it was listed.
        "cus_4": error(404),
        # An Autumn that cannot preview.
        "cus_5": ok({}),
        "cus_6": error(500),
    }

    async def answer(request: ReceivedRequest) -> httpx.Response:
        return previews[request.body["customer_id"]]

    script = scripted_autumn(listing(*(billed_customer(number) for number in range(1, 7))), get=answer)
    async with scan_reader(database, script) as reader:
        scan = await reader.scan()
    assert scan.previewed == 6
    assert sorted(amounts_by_customer(await items_of_section(database, scan, "invoices"))) == [
        ("cus_2", "0 usd", ""),
        ("cus_5", "49 ", "?"),
        ("cus_6", "49 ", "?"),
    ]


@on_sqlite
async def test_preview_replaces_products_of_entities_and_scheduled_ones_only_by_name(
    database: Database,
) -> None:
    plan = {"name": "Pro", "price": {"amount": 49}}
    of_entity = subscription(plan_id="seat", plan={"name": "Seat"}, scope="entity")
    free = {**of_entity, "plan_id": "free", "current_period_end": None}
    scheduled = subscription(plan_id="next", plan=plan, status="scheduled", started_at=days(2))
    held = [subscription(plan=plan), of_entity, free, scheduled]
    previews = {
        "cus_1": ok({"invoice_previews": [preview()]}),
        "cus_2": ok({"invoice_previews": [{**preview(at=9), "plan_ids": ["seat", "next"]}]}),
        "cus_3": ok({"invoice_previews": [{**preview(), "invoice_at": None}]}),
        "cus_4": error(500),
    }

    async def answer(request: ReceivedRequest) -> httpx.Response:
        return previews[request.body["customer_id"]]

    customers = (billed_customer(number, subscriptions=held) for number in range(1, 5))
    async with scan_reader(database, scripted_autumn(listing(*customers), get=answer)) as reader:
        scan = await reader.scan()
    listed = await items_of_section(database, scan, "invoices")
    rows = [(item.customer_id, item.plans[0], item.at, item.amount) for item in listed]
    apart = [("seat", at(3), None), ("next", at(2), Decimal(49))]
    assert Counter(rows) == Counter(
        [
            ("cus_1", "pro", at(3), Decimal(50)),
            *(("cus_1", *row) for row in apart),
            ("cus_3", "pro", None, Decimal(50)),
            *(("cus_3", *row) for row in apart),
            ("cus_4", "pro", at(3), Decimal(49)),
            ("cus_4", "free", None, None),
            *(("cus_4", *row) for row in apart),
        ]
    )


@on_sqlite
async def test_equal_amounts_are_previewed_in_the_order_of_the_customers(database: Database) -> None:
    """Whichever preview arrives first."""
    last_answered = asyncio.Event()

    async def answer(request: ReceivedRequest) -> httpx.Response:
        if request.body["customer_id"] == "cus_1":
            await last_answered.wait()
        elif request.body["customer_id"] == "cus_4":
            last_answered.set()
        return ok({"invoice_previews": [preview(50)]})

    script = scripted_autumn(listing(*(billed_customer(number) for number in range(1, 5))), get=answer)
    async with scan_reader(database, script, pace=HASTE) as reader:
        scan = await reader.scan()
    invoices = await items_of_section(database, scan, "invoices")
    assert [invoice.customer_id for invoice in invoices] == ["cus_1", "cus_2", "cus_3", "cus_4"]


@on_sqlite
async def test_uncertain_discounts_are_read_in_full(database: Database) -> None:
    """Autumn deducts a coupon for one invoice from each of the coming ones."""
    off = [{"amount_off": 10, "reward_id": "once"}]
    lines = [{"subtotal": 50, "total": 40, "discounts": off}]
    coming = [{**preview(40, at=day), "line_items": lines} for day in (5, 2)]
    discount = {"id": "once", "type": "fixed_discount", "discount_value": 10, "duration_type": "one_off"}
    script = scripted_autumn(
        listing(billed_customer(1)),
        get=ok({"invoice_previews": coming, "rewards": {"discounts": [discount]}}),
    )
    async with scan_reader(database, script) as reader:
        scan = await reader.scan()
    assert [body["expand"] for body in routes(script, "customers.get")] == [
        ["invoice_previews"],
        ["rewards", "invoice_previews"],
    ]
    assert sorted(amounts_by_customer(await items_of_section(database, scan, "invoices"))) == [
        ("cus_1", "40 usd", ""),
        ("cus_1", "50 usd", ""),
    ]


@on_sqlite
async def test_previews_keep_what_was_billed_before_the_scan(database: Database) -> None:
    renewed = {
        **billed_customer(1),
        "subscriptions": [subscription(started_at=days(-90), current_period_start=days(-0.5))],
    }
    old = {**billed_customer(2), "subscriptions": [subscription(current_period_end=days(-0.5))]}
    answer = ok({"invoice_previews": [preview(60), preview(7, at=-0.2)]})
    async with scan_reader(database, scripted_autumn(listing(renewed, old), get=answer)) as reader:
        scan = await reader.scan(since=at(-1))
        repeated = await reader.scan(since=at(-1))
        wider = await reader.scan(since=at(-2))
    assert (repeated.id, scan.since, wider.since) == (scan.id, at(-1), at(-2))
    invoice_times = sorted(
        (item.customer_id or "", item.at) for item in await items_of_section(database, scan, "invoices")
    )
    assert invoice_times == [("cus_1", at(-0.5)), ("cus_1", at(3)), ("cus_2", at(-0.5))]


@on_sqlite
async def test_previews_stop_after_many_failures(database: Database) -> None:
    script = scripted_autumn(listing(*[billed_customer(number) for number in range(30)]), get=error(500))
    async with scan_reader(database, script) as reader:
        scan = await reader.scan()
    assert 9 <= scan.previewed <= 11
    assert len(await items_of_section(database, scan, "invoices")) == 30


@on_sqlite
async def test_success_resets_the_failure_count(database: Database) -> None:
    script = scripted_autumn(
        listing(*[billed_customer(number) for number in range(30)]),
        get=[*error_answers(*[500] * 8), ok({"invoice_previews": [preview()]})] * 3 + [error(500)],
    )
    async with scan_reader(database, script, pace=replace(HASTE, previews_at_once=1)) as reader:
        scan = await reader.scan()
    assert scan.previewed == 30
    assert scan.missing == ("previews",)


@on_sqlite
async def test_at_most_three_previews_at_once(database: Database) -> None:
    under_way, most = 0, 0
    third = asyncio.Event()

    async def answer(request: ReceivedRequest) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 3:
            third.set()
        await third.wait()
        await asyncio.sleep(0.002)
        under_way -= 1
        return ok({"invoice_previews": []})

    script = scripted_autumn(listing(*[billed_customer(number) for number in range(12)]), get=answer)
    async with scan_reader(database, script) as reader:
        await reader.scan()
    assert most == 3


# Autumn failing


@on_sqlite
async def test_page_is_requested_three_times(database: Database) -> None:
    script = scripted_autumn([*error_answers(503, 429), listing(billed_customer(1))])
    async with scan_reader(database, script) as reader:
        assert (await reader.scan(previews=False)).customers == 1


@on_sqlite
@pytest.mark.parametrize(
    ("answers", "kind", "calls"),
    [
        (error_answers(503, 503, 503), Unavailable, 3),
        (error_answers(401), Unauthorized, 1),
        (error_answers(500, 403), Forbidden, 2),
    ],
)
async def test_scan_fails_after_the_last_retry(
    database: Database, answers: list[httpx.Response], kind: type[AutumnError], calls: int
) -> None:
    script = scripted_autumn(answers)
    async with scan_reader(database, script) as reader:
        with pytest.raises(ScanFailed) as failed:
            await reader.scan()
    assert failed.value.kind is kind
    assert labels.explanation(failed.value) == labels.FAILURES[kind]
    assert len(routes(script, "customers.list")) == calls
    assert await states(database) == [("failed", kind.__name__)]


@on_sqlite
async def test_failing_later_page_fails_the_scan(database: Database) -> None:
    script = scripted_autumn([listing(billed_customer(1), cursor="x"), error(403)])
    async with scan_reader(database, script) as reader:
        with pytest.raises(ScanFailed):
            await reader.scan()
        script.answers["customers.list"] = listing()
        # A failed page fails the scan.
        assert (await reader.scan()).customers == 0


def test_error_survives_the_database() -> None:
    assert named("TimedOut").__name__ == "TimedOut"
    assert named("Unavailable") is Unavailable
    assert named("Whatever") is AutumnError
    assert AutumnError().kind is AutumnError


# Several at once


async def test_concurrent_requests_share_one_scan(database: Database) -> None:
    script = scripted_autumn(listing(billed_customer(1)))
    async with scan_reader(database, script) as reader:
        other_readers = [Reader(database, reader.autumn, reader.clock) for _ in range(4)]
        results = await asyncio.gather(
            *(reader_waiting.scan(previews=False) for reader_waiting in [reader, *other_readers])
        )
    assert {scan.id for scan in results} == {results[0].id}
    assert len(routes(script, "customers.list")) == 1
    assert await states(database) == [("done", "")]


@on_sqlite
@pytest.mark.parametrize(
    ("scan_request", "repeats"),
    [
        ({}, False),
        ({"horizon": timedelta(days=1)}, False),
        ({"horizon": timedelta(days=9)}, True),
        ({"previews": True}, True),
        ({"recent": timedelta(minutes=1)}, True),
    ],
)
async def test_finished_scan_is_reused(
    database: Database, scan_request: dict[str, Any], *, repeats: bool
) -> None:
    async with scan_reader(database, scripted_autumn(listing(billed_customer(1)))) as reader:
        first = await reader.scan(previews=False)
        reader.clock.move(minutes=2)
        second = await reader.scan(**{"previews": False, **scan_request})
        assert (first.id != second.id) is repeats
        other_reader = replace(reader, env=Environment.LIVE)
        assert (await other_reader.scan(**{"previews": False, **scan_request})).id not in (
            first.id,
            second.id,
        )


def answer_after(go: asyncio.Event, then: httpx.Response) -> Answer:
    async def answer(request: ReceivedRequest) -> httpx.Response:
        await go.wait()
        return then

    return answer


async def wait_until_reading(script: Scripted) -> None:
    await wait_until(lambda: routes(script, "customers.list"))


@on_sqlite
async def test_waiting_process_reports_progress(database: Database) -> None:
    go = asyncio.Event()
    script = scripted_autumn(
        [listing(billed_customer(1), cursor="x"), answer_after(go, listing(billed_customer(2)))]
    )
    async with scan_reader(database, script) as reader:
        reads = asyncio.create_task(reader.scan(previews=False))
        await wait_until(lambda: reader.reported)
        other_reader = replace(reader, reported=[])
        waits = asyncio.create_task(other_reader.scan(previews=False))
        await wait_until(lambda: Progress(1, 0, 0) in other_reader.reported)
        go.set()
        assert (await reads).id == (await waits).id


@pytest.mark.parametrize(("scan_request", "fails"), [({}, True), ({"previews": True}, False)])
async def test_failure_reaches_waiting_processes(
    database: Database, scan_request: dict[str, Any], *, fails: bool
) -> None:
    go = asyncio.Event()
    script = scripted_autumn([answer_after(go, error(401)), listing()])
    async with scan_reader(database, script) as reader:
        reads = asyncio.create_task(reader.scan(previews=False))
        await wait_until_reading(script)
        other_reader = replace(reader, reported=[])
        waits = asyncio.create_task(other_reader.scan(**{"previews": False, **scan_request}))
        await wait_until(lambda: other_reader.reported)
        go.set()
        with pytest.raises(ScanFailed):
            await reads
        if not fails:
            # Its horizon was too near in any case.
            assert (await waits).previews
            return
        with pytest.raises(ScanFailed) as failed:
            await waits
        assert failed.value.kind is Unauthorized


async def test_stopped_scan_can_be_replaced_right_away(database: Database) -> None:
    script = scripted_autumn([answer_after(asyncio.Event(), listing()), listing(billed_customer(1))])
    async with scan_reader(database, script) as reader:
        stopped = asyncio.create_task(reader.scan(previews=False))
        await wait_until_reading(script)
        other_reader = replace(reader, reported=[])
        waits = asyncio.create_task(other_reader.scan(previews=False))
        await wait_until(lambda: other_reader.reported)
        stopped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopped
        assert (await waits).customers == 1
    assert sorted(await states(database)) == [("done", ""), ("failed", "")]
    assert 'maple_scans_total{outcome="cut"} 1.0' in reader.metrics.exposition().decode()


async def _abandoned(database: Database, clock: Clock) -> None:
    """By a process that died."""
    await scans.begin(
        database,
        scans.ScanRequest(Environment.SANDBOX, at(30), True, START),
        spare=timedelta(0),
        by="dead",
        lease=timedelta(seconds=90),
        now=clock(),
    )


async def test_scan_of_a_dead_process_is_replaced(database: Database) -> None:
    async with scan_reader(database, scripted_autumn(listing(billed_customer(1)))) as reader:
        await _abandoned(database, reader.clock)
        other_readers = [replace(reader, reported=[]) for _ in range(4)]
        waiting = [asyncio.create_task(other_reader.scan(previews=False)) for other_reader in other_readers]
        await wait_until(lambda: all(other_reader.reported for other_reader in other_readers))
        assert not any(other_reader.done() for other_reader in waiting)
        reader.clock.move(seconds=91)
        results = await asyncio.gather(*waiting)
    assert {scan.id for scan in results} == {results[0].id}
    assert await states(database) == [("failed", ""), ("done", "")]


async def test_process_without_the_lease_writes_nothing(database: Database) -> None:
    go = asyncio.Event()
    script = scripted_autumn(
        [
            listing(billed_customer(1), cursor="x"),
            answer_after(go, listing(billed_customer(2))),
            listing(billed_customer(3)),
        ]
    )
    async with scan_reader(database, script) as reader:
        slow = asyncio.create_task(reader.scan(previews=False))
        await wait_until(lambda: len(routes(script, "customers.list")) == 2 and reader.reported)
        reader.clock.move(seconds=91)
        quick = await replace(reader).scan(previews=False)
        go.set()
        # It has been read by now.
        assert await slow == quick
    assert [item.customer_id for item in await items_of_section(database, quick, "invoices")] == ["cus_3"]
    async with database.reading() as connection:
        items = await connection.execute(select(func.count()).select_from(digest_items))
    assert items.scalar_one() == 2
    assert 'maple_scans_total{outcome="lost"} 1.0' in reader.metrics.exposition().decode()


async def test_scan_that_just_finished_is_not_repeated(database: Database) -> None:
    async with scan_reader(database, scripted_autumn(listing(billed_customer(1)))) as reader:
        scan = await reader.scan()
    scan_found = await scans.begin(
        database,
        scans.ScanRequest(Environment.SANDBOX, at(7), True, START),
        spare=timedelta(0),
        by="late",
        lease=timedelta(seconds=90),
        now=START,
    )
    assert scan_found == scan
    assert await states(database) == [("done", "")]


async def test_deleted_scan_has_ended(database: Database) -> None:
    assert await scans.progress(database, "gone", now=START) == scans.ScanEnd(True, "")
    assert await scans.running(database, Environment.SANDBOX) is None


@on_sqlite
async def test_ended_scan_is_not_waited_for(database: Database) -> None:
    async with scan_reader(database, scripted_autumn()) as reader:
        scanner = Scanner(Runtime(database, reader.autumn, reader.env, reader.clock), HASTE)
        request = scans.ScanRequest(reader.env, at(7), True, START)
        await scanner._wait(request, ThrottledReport(0, None))


async def test_scan_that_ends_between_two_checks_is_used() -> None:
    url = fresh("sqlite")
    database = Database(url)
    clock = Clock()

    def now() -> datetime:
        # Requested just after the check for finished scans.
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("UPDATE digest_scans SET state = 'done', lease_by = NULL, lease_until = NULL")
            connection.commit()
        return START

    await _abandoned(database, clock)
    script = scripted_autumn()
    autumn = script.client(ONCE)
    scanner = Scanner(Runtime(database, autumn, Environment.SANDBOX, now), HASTE)
    assert (await scanner.scan(horizon=at(7), previews=True, not_before=START)).horizon == at(30)
    assert script.received == []
    await autumn.aclose()
    await database.aclose()


@on_sqlite
async def test_short_scan_is_logged_once(database: Database, logs: io.StringIO) -> None:
    async with scan_reader(
        database, scripted_autumn(listing(billed_customer(1))), pace=replace(HASTE, log=60)
    ) as reader:
        await reader.scan()
    assert logs.getvalue().count('"event": "scan"') == 1


@on_sqlite
async def test_every_write_renews_the_lease(database: Database) -> None:
    clock = Clock()

    async def slowly(request: ReceivedRequest) -> httpx.Response:
        clock.move(seconds=60)
        return ok({"invoice_previews": []})

    script = scripted_autumn(
        paged_answers([billed_customer(number) for number in range(4)]),
        invoices=listing({"status": "open", "total": 1}),
        get=slowly,
    )
    autumn = script.client(ONCE)
    reader = Reader(database, autumn, clock, replace(HASTE, previews_at_once=1))
    assert (await reader.scan()).previewed == 4
    await autumn.aclose()


# Rates


async def test_pace_counts_from_start_to_start() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(round(seconds, 1))

    stride = Pacer(10, sleep)
    for _ in range(4):
        await stride.turn()
    assert waited == [0, 10, 20, 30]


async def test_pace_catches_up_one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    loop = asyncio.get_running_loop()
    begun = loop.time()

    async def sleep(seconds: float) -> None:
        waited.append(round(seconds, 1))

    stride = Pacer(0.5, sleep)
    await stride.turn()
    monkeypatch.setattr(loop, "time", lambda: begun + 1000)
    for _ in range(4):
        await stride.turn()
    monkeypatch.undo()
    assert waited == [0, 0, 0, 0, 0.5]


async def test_progress_reports_are_throttled() -> None:
    reports: list[Progress] = []

    async def tell(progress: Progress) -> None:
        reports.append(progress)

    seldom = ThrottledReport(60, tell)
    for number in range(3):
        await seldom.report(Progress(number))
    assert reports == [Progress(0)]
    await ThrottledReport(0, None).report(Progress(1))


def test_pace_leaves_room_for_people() -> None:
    pace, limits = ScanPace(), Limits()
    assert 1 / pace.page <= limits.customers_list / 2
    assert 1 / pace.invoices <= limits.general / 5
    assert pace.lease > 3 * RetryPolicy().whole + sum(pace.again)
