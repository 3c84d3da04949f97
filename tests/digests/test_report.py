from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete

from bot.autumn.models import Environment
from bot.digests import sections
from bot.digests.items import ReportItem, ResetState, StoredItem, join_plans, millionths, units
from bot.digests.model import DigestContent, Figures
from bot.digests.report import build
from bot.digests.report.build import ScanGone, page, report, rows
from bot.digests.report.model import CUSTOMERS, PREVIEWS, News, Report, RowQuery
from bot.digests.scan import repository as scans
from bot.digests.scan.repository import ScanWriter
from bot.digests.scan.scanner import Scan
from bot.digests.schedule import Window
from bot.store.database import Database
from bot.store.tables import digest_scans
from tests.digests.listed import START, at
from tests.digests.samples import run
from tests.engines import on_sqlite

WEEK = timedelta(days=7)
NAMED = {"feature_name": "Messages"}
TIMED = ("invoices", "trials", "resets")
"""Sections whose rows are due at a time."""


def row(section: str, number: int = 1, **fields: Any) -> StoredItem:
    plans = fields.pop("plans", ["pro"])
    amount = fields.pop("amount", None)
    return {
        "section": section,
        "customer_id": f"cus_{number}",
        "customer": f"Customer {number}",
        "at": at(1),
        "amount": None if amount is None else millionths(Decimal(str(amount))),
        "currency": "",
        "plans": join_plans(plans),
        "feature": "",
        "details": {},
        **fields,
    }


def invoice(amount: float | str | None, currency: str = "usd", when: float = 1, **fields: Any) -> StoredItem:
    return row("invoices", amount=amount, currency=currency, at=at(when), **fields)


def unpaid(amount: float | str, currency: str = "usd", **fields: Any) -> StoredItem:
    return row("unpaid", amount=amount, currency=currency, **fields)


def reset(
    number: int, when: float, feature: str = "messages", remaining: float = 5, **fields: Any
) -> StoredItem:
    details = {"feature_name": feature.title(), "remaining": str(remaining)}
    return row("resets", number, at=at(when), feature=feature, amount=remaining, details=details, **fields)


async def stored_scan(
    database: Database,
    *stored_items: StoredItem,
    start: datetime = START,
    horizon: timedelta = timedelta(days=32),
    missing: Sequence[str] = (),
) -> Scan:
    """A scan with these items."""
    request = scans.ScanRequest(Environment.SANDBOX, start + horizon, True, start)
    scan_held = await scans.begin(
        database, request, spare=timedelta(0), by="me", lease=timedelta(minutes=1), now=start
    )
    assert isinstance(scan_held, scans.HeldScan)
    await ScanWriter(database, scan_held, timedelta(minutes=1)).add(
        stored_items, now=start, customers=len(stored_items)
    )
    return await scans.finish(database, scan_held, missing=missing, now=start)


async def report_of(database: Database, scan: Scan, **content: Any) -> Report:
    sections_of_all = {"sections": frozenset(sections.all_keys())}
    return await report(database, scan, DigestContent(**{**sections_of_all, **content}))


def amounts(items: Sequence[ReportItem]) -> list[str]:
    return [f"{item.amount} {item.currency}" for item in items]


# Sections


@on_sqlite
async def test_empty_scan_gives_an_empty_report(database: Database) -> None:
    empty_report = await report_of(database, await stored_scan(database))
    assert (empty_report.parts, empty_report.daily, empty_report.estimates, empty_report.empty) == (
        (),
        {},
        0,
        True,
    )
    assert (empty_report.start, empty_report.end, empty_report.read_at) == (START, START + WEEK, START)
    assert empty_report.figures.counts == dict.fromkeys(sections.all_keys(), 0)
    assert empty_report.figures.totals == {"invoices": {}, "unpaid": {}}


async def test_report_has_a_part_for_each_section(database: Database) -> None:
    scan = await stored_scan(
        database,
        reset(1, 2),
        row("run_outs"),
        row("trials"),
        row("past_due", at=None),
        unpaid("9.5", at=at(-100)),
        invoice("29.99", details={"estimate": True, "plan_names": ["Pro"]}),
    )
    content = await report_of(database, scan)
    assert [part.section for part in content.parts] == list(sections.all_keys())
    assert [part.count for part in content.parts] == [1] * 6
    assert content.estimates == 1
    assert not content.empty
    assert content.parts[0].items == (
        ReportItem(
            "invoices",
            "cus_1",
            "Customer 1",
            at(1),
            Decimal("29.99"),
            "usd",
            ("pro",),
            "",
            {"estimate": True, "plan_names": ["Pro"]},
        ),
    )
    (only,) = content.parts[-1].items
    assert (only.amount, only.details["remaining"], only.feature) == (None, "5", "messages")
    assert content.figures == Figures(
        {"invoices": {"usd": "29.99"}, "unpaid": {"usd": "9.5"}}, dict.fromkeys(sections.all_keys(), 1)
    )


@on_sqlite
async def test_only_chosen_sections_are_reported(database: Database) -> None:
    scan = await stored_scan(database, reset(1, 2), invoice(5), row("trials"), missing=["unpaid"])
    content = await report_of(database, scan, sections=frozenset({"resets"}))
    assert [part.section for part in content.parts] == ["resets"]
    assert (content.daily, content.estimates, content.missing) == ({}, 0, ())
    assert content.figures == Figures({}, {"resets": 1})


@on_sqlite
async def test_window_limits_the_rows(database: Database) -> None:
    """The window starts with the scan and lasts this many days; overdue resets count."""
    times = (-1, 0, 2.999999, 3, 31)
    scan = await stored_scan(
        database,
        *(
            row(section, n, at=at(when), details={"feature_name": "M"})
            for section in TIMED
            for n, when in enumerate(times)
        ),
    )
    parts = (await report_of(database, scan, days=3)).parts
    assert [part.section for part in parts] == list(TIMED)
    for part in parts:
        expected = [at(when) for when in times[:3]]
        assert [item.at for item in part.items] == expected[0 if part.section == "resets" else 1 :]


@on_sqlite
async def test_window_ends_with_the_scan(database: Database) -> None:
    scan = await stored_scan(database, invoice(5, when=1), invoice(6, when=5), horizon=timedelta(days=2))
    content = await report_of(database, scan, days=30)
    assert content.end == START + timedelta(days=2)
    assert content.parts[0].count == 1


async def test_window_of_a_late_post(database: Database) -> None:
    """The window starts where the last digest's ended, and no earlier."""
    passed: dict[str, Any] = {"details": {"feature_name": "M", "passed": True}}
    scan = await stored_scan(
        database,
        *(row(section, at=at(when), **passed) for section in TIMED for when in (-2, -1, 0, 1)),
    )
    late = Window(at(-1), at(1))
    late_report = await report(database, scan, DigestContent(sections=frozenset(TIMED)), window=late)
    assert (late_report.start, late_report.end, late_report.read_at) == (at(-1), at(1), START)
    assert [part.section for part in late_report.parts] == list(TIMED)
    for part in late_report.parts:
        assert [item.at for item in part.items] == [at(-1), at(0)]
        query = RowQuery(scan=scan.id, start=late.start, end=late.end, section=part.section)
        assert RowQuery.decode(query.encode()) == query
        assert (await page(database, query)).count == 2
    in_file = [item.at async for item in await rows(database, query.at(sections=TIMED))]
    assert in_file == [at(-1), at(0)] * 3


async def test_rows_are_filtered_by_product(database: Database) -> None:
    scan = await stored_scan(
        database,
        invoice(1, plans=["pro"]),
        invoice(2, plans=["Pro"]),
        invoice(4, plans=["pro_yearly"]),
        invoice(8, plans=["addon", "pro"]),
        invoice(16, plans=["a%b"]),
        invoice(32, plans=[]),
    )
    for plans, expected in (
        ({"pro"}, "9"),
        ({"pro", "addon"}, "9"),
        ({"a_b"}, None),
        ({"a%b"}, "16"),
        (set(), "63"),
    ):
        content = await report_of(database, scan, plans=frozenset(plans))
        assert [str(part.totals[0].amount) for part in content.parts] == ([expected] if expected else [])


@on_sqlite
async def test_small_amounts_are_left_out(database: Database) -> None:
    scan = await stored_scan(
        database,
        invoice("9.99"),
        invoice(10),
        invoice(None),
        invoice(-50),
        unpaid(5),
        row("trials"),
        reset(1, 1, remaining=1),
    )
    content = await report_of(database, scan, minimum=Decimal(10))
    # An unknown amount may be large.
    assert [(part.section, part.count) for part in content.parts] == [
        ("invoices", 2),
        ("trials", 1),
        ("resets", 1),
    ]
    assert amounts(content.parts[0].items) == ["10 usd", "None usd"]


@on_sqlite
@pytest.mark.parametrize(
    ("missing", "sections", "expected"),
    [
        (["unpaid"], {"unpaid"}, ("unpaid",)),
        (["previews"], {"invoices"}, ("previews",)),
        (["unpaid", "previews"], {"trials"}, ()),
        (["customers", "unpaid"], {"trials"}, ("customers",)),
    ],
)
async def test_missing_data_is_reported_for_its_sections(
    database: Database, missing: list[str], sections: set[str], expected: tuple[str, ...]
) -> None:
    content = await report_of(
        database, await stored_scan(database, missing=missing), sections=frozenset(sections)
    )
    assert content.missing == expected
    # Missing data is not an empty report.
    assert content.empty is not bool(expected)


# Totals


async def test_totals_by_currency(database: Database) -> None:
    scan = await stored_scan(
        database,
        *(invoice(amount) for amount in ("0.1", "0.2", "100", "-0.000001")),
        *(invoice(amount, "jpy") for amount in (5000, None)),
        invoice(None, "eur"),
        invoice(12, "chf"),
        unpaid(7, "eur"),
    )
    first, second = (await report_of(database, scan)).parts
    assert [
        (amount.currency, str(amount.amount), amount.count, amount.before) for amount in first.totals
    ] == [
        ("usd", "100.299999", 4, None),
        ("jpy", "5000", 2, None),
        ("chf", "12", 1, None),
    ]
    assert first.count == 8
    assert [amount.currency for amount in second.totals] == ["eur"]


async def test_estimated_and_unknown_amounts_are_counted(database: Database) -> None:
    estimate = {"estimate": True}
    scan = await stored_scan(
        database,
        invoice(10, number=1),
        invoice(20, number=2, details=estimate),
        # Billed by use only: there is no amount to estimate.
        invoice(None, number=3, details=estimate),
        invoice(None, "", number=4),
        row("trials", 5),
    )
    content = await report_of(database, scan)
    invoices, trials = content.parts
    assert [(total.currency, total.estimated) for total in invoices.totals] == [("usd", 1)]
    assert (content.estimates, invoices.unknown, trials.unknown) == (1, 2, 0)
    item_page = await page(database, RowQuery(scan=scan.id))
    assert (item_page.totals[0].estimated, item_page.unknown) == (1, 2)


async def test_sums_beyond_an_integer(database: Database) -> None:
    scan = await stored_scan(database, *(invoice("8000000000000.5", "idr") for _ in range(20)))
    assert (await report_of(database, scan)).parts[0].totals[0].amount == Decimal("160000000000010")


@on_sqlite
async def test_totals_are_compared_with_the_previous_digest(database: Database) -> None:
    scan = await stored_scan(database, invoice(50), invoice(9, "eur"), unpaid(3), row("trials"))
    before = Figures({"invoices": {"usd": "41.5", "jpy": "7"}}, {"invoices": 3, "trials": 0})
    content = await report(database, scan, DigestContent(), previous=run(figures=before))
    by_section = {part.section: part for part in content.parts}
    assert [total.before for total in by_section["invoices"].totals] == [Decimal("41.5"), Decimal(0)]
    # The previous digest did not contain these.
    assert [total.before for total in by_section["unpaid"].totals] == [None]
    assert [(part.section, part.count_before) for part in content.parts] == [
        ("invoices", 3),
        ("unpaid", None),
        ("trials", 0),
    ]


# News since the previous digest


async def test_news_is_what_appeared_and_disappeared_between_two_scans(database: Database) -> None:
    def of(number: int, invoice_id: str, **fields: Any) -> StoredItem:
        return unpaid(10, number=number, details={"invoice": invoice_id}, **fields)

    before = await stored_scan(
        database,
        of(1, "in_1"),
        of(2, "in_2"),
        of(3, "in_3", plans=["old"]),
        row("past_due", 7),
        row("trials"),
    )
    after = await stored_scan(
        database,
        of(1, "in_1", at=at(0.5)),
        of(2, "in_4"),
        of(5, "in_5", customer_id=None),
        row("past_due", 7),
        row("trials", 9),
        start=START + timedelta(days=1),
    )
    content = await report(database, after, DigestContent(), previous=run(scan=before.id, figures=Figures()))
    parts = {part.section: part.news for part in content.parts}
    assert parts["unpaid"] is not None
    assert [item.customer_id for item in parts["unpaid"].new] == ["cus_2"]
    assert [item.customer_id for item in parts["unpaid"].settled] == ["cus_2", "cus_3"]
    assert (parts["unpaid"].new_count, parts["unpaid"].settled_count) == (1, 2)
    assert parts["past_due"] == News(0, (), 0, ())
    assert parts["trials"] is None, "who comes and goes there says nothing"
    only_old = await report(
        database, after, DigestContent(plans=frozenset({"old"})), previous=run(scan=before.id)
    )
    (part,) = only_old.parts
    assert (part.count, part.news.settled_count if part.news else 0) == (0, 1)
    assert not only_old.empty, "that it was settled is worth a digest"


@on_sqlite
@pytest.mark.parametrize(
    ("missing", "complete"),
    [
        ([], {"invoices", "unpaid", "trials"}),
        (["unpaid"], {"invoices", "trials"}),
        ([PREVIEWS], {"unpaid", "trials"}),
        ([CUSTOMERS], set[str]()),
    ],
)
async def test_only_complete_sections_are_compared(
    database: Database, missing: list[str], complete: set[str]
) -> None:
    rows_of_all = (invoice(50), unpaid(50), row("trials"))
    incomplete = await stored_scan(database, *rows_of_all, missing=missing)
    whole = await stored_scan(database, *rows_of_all, start=START + timedelta(minutes=1))
    keys = ("invoices", "unpaid", "trials")
    of_before = Figures({"invoices": {"usd": "40"}, "unpaid": {"usd": "40"}}, dict.fromkeys(keys, 9))
    content = DigestContent(sections=frozenset(keys))
    for scan, previous in [
        (incomplete, run(scan=whole.id, figures=of_before)),
        (whole, run(scan=incomplete.id, figures=of_before)),
        (incomplete, run(scan="deleted", figures=of_before)),
    ]:
        parts = (await report(database, scan, content, previous=previous)).parts
        assert {part.section for part in parts if part.count_before is not None} == complete
        with_totals = {part.section for part in parts if any(total.before for total in part.totals)}
        assert with_totals == complete & {"invoices", "unpaid"}
    figures = (await report(database, incomplete, content)).figures
    assert set(figures.counts) == complete
    later = await report(database, whole, content, previous=run(scan="deleted", figures=figures))
    assert {part.section for part in later.parts if part.count_before is not None} == complete


async def test_upcoming_invoices_without_a_date_are_counted(database: Database) -> None:
    undated = invoice(7) | {"at": None}
    content = await report_of(database, await stored_scan(database, invoice(50), undated))
    (part,) = content.parts
    assert (part.count, part.undated, part.totals[0].amount) == (2, 1, Decimal(57))
    assert content.daily == {"usd": [(date(2026, 11, 24), Decimal(50))]}


@pytest.mark.parametrize("missing", ["unpaid", CUSTOMERS])
async def test_incomplete_scan_has_no_news(database: Database, missing: str) -> None:
    before = await stored_scan(database, missing=[missing])
    after = await stored_scan(database, unpaid(10), start=START + timedelta(days=1))
    content = await report(database, after, DigestContent(), previous=run(scan=before.id))
    assert [part.news for part in content.parts] == [None]


# The first ten rows


async def test_oldest_invoices_are_listed_first(database: Database) -> None:
    """Whatever their amount and currency."""
    scan = await stored_scan(
        database,
        *(invoice(1000 + number, "jpy", when=5 - number / 10, number=number) for number in range(12)),
        *(invoice(number, "usd", when=number, number=20 + number) for number in range(1, 4)),
        invoice(None, "eur", when=0.5),
    )
    (part,) = (await report_of(database, scan)).parts
    yen = [f"{amount} jpy" for amount in range(1011, 1005, -1)]
    assert amounts(part.items) == ["None eur", "1 usd", "2 usd", "3 usd", *yen]


async def test_rows_without_amounts_are_sorted_by_time(database: Database) -> None:
    whens = [3, 1, 2, 1, *range(4, 15)]
    scan = await stored_scan(
        database,
        row("past_due", 99, at=None),
        *(row("past_due", number, at=at(when)) for number, when in enumerate(whens)),
    )
    (part,) = (await report_of(database, scan)).parts
    assert part.count == 16
    assert [item.customer_id for item in part.items][:4] == ["cus_1", "cus_3", "cus_2", "cus_0"]
    assert len(part.items) == 10


# Days


async def test_daily_sums_are_by_billing_days(database: Database) -> None:
    # 09:00 in UTC; the 24th begins 0.625 days later.
    scan = await stored_scan(
        database,
        invoice(1, when=0.6),
        invoice(2, when=0.63),
        invoice(4, when=6.9),
        invoice(8, when=0.65),
        invoice(50, "eur", when=3),
        invoice(None, "sek", when=3),
        unpaid(100),
    )
    content = await report_of(database, scan)
    assert content.daily == {
        "eur": [(date(2026, 11, 26), Decimal(50))],
        "usd": [
            (date(2026, 11, 23), Decimal(1)),
            (date(2026, 11, 24), Decimal(10)),
            (date(2026, 11, 30), Decimal(4)),
        ],
    }
    assert list(content.daily) == ["usd", "eur"]


@on_sqlite
async def test_each_hour_counts_towards_its_day(database: Database) -> None:
    for start, days in (
        # Within a day, in a window within one day, and across the end of a year.
        (datetime(2026, 10, 30, 4, tzinfo=UTC), 7),
        (datetime(2026, 11, 23, tzinfo=UTC), 1),
        (datetime(2026, 12, 29, 23, tzinfo=UTC), 4),
    ):
        hours = [start + timedelta(hours=number) for number in range(days * 24)]
        scan = await stored_scan(
            database, *({**invoice(1), "at": hour} for hour in hours), start=start, horizon=timedelta(days=32)
        )
        expected = {day: Decimal(count) for day, count in Counter(hour.date() for hour in hours).items()}
        assert dict((await report_of(database, scan, days=days)).daily["usd"]) == expected, start


# Resets


@on_sqlite
async def test_few_resets_are_not_grouped(database: Database) -> None:
    scan = await stored_scan(database, *(reset(number, number / 2) for number in range(10)))
    (part,) = (await report_of(database, scan)).parts
    assert (part.groups, len(part.items)) == ((), 10)


async def test_past_resets_are_grouped_apart_from_those_of_the_first_day(database: Database) -> None:
    passed = row("resets", 30, at=at(-0.1), feature="messages", details={**NAMED, "passed": True})
    overdue = [reset(20, -9), reset(21, -0.2)]
    scan = await stored_scan(database, passed, *overdue, *(reset(number, 0.1) for number in range(10)))
    window = Window(at(-0.3), at(7))
    content = DigestContent(sections=frozenset({"resets"}))
    (part,) = (await report(database, scan, content, window=window)).parts
    groups = [(found.state, found.day, found.customers, found.remaining) for found in part.groups]
    assert groups == [
        (ResetState.OVERDUE, at(-9).date(), 2, Decimal(10)),
        (ResetState.COMING, at(0.1).date(), 10, Decimal(50)),
        (ResetState.PASSED, at(-0.1).date(), 1, None),
    ]


async def test_many_resets_are_grouped_by_feature_and_day(database: Database) -> None:
    scan = await stored_scan(
        database,
        reset(1, -40),
        *(reset(number, 0.1, remaining=2.5) for number in range(1, 4)),
        # The same customer twice on a day.
        reset(1, 0.2),
        *(reset(number, 0.3, "credits") for number in range(5)),
        reset(1, 5, "seats", remaining=1e13),
        reset(2, 5, "seats"),
        {**reset(0, 6), "customer_id": None},
        {**reset(0, 6), "customer_id": None},
    )
    (part,) = (await report_of(database, scan)).parts
    groups = [
        (reset_group.feature, reset_group.name, reset_group.day, reset_group.customers, reset_group.remaining)
        for reset_group in part.groups
    ]
    assert groups == [
        # Overdue.
        ("messages", "Messages", date(2026, 10, 14), 1, Decimal(5)),
        ("credits", "Credits", date(2026, 11, 23), 5, Decimal(25)),
        ("messages", "Messages", date(2026, 11, 23), 3, Decimal("12.5")),
        # Too large to be added up.
        ("seats", "Seats", date(2026, 11, 28), 2, None),
        ("messages", "Messages", date(2026, 11, 29), 2, Decimal(10)),
    ]


# Pages and files


MANY = [
    *(invoice(100 + number, "jpy", number=number) for number in range(13)),
    *(invoice(number % 4, number=number) for number in range(8)),
    invoice(None, number=50),
    invoice(None, "eur", number=51),
]


async def all_pages(database: Database, query: RowQuery, size: int) -> list[ReportItem]:
    collected: list[ReportItem] = []
    while True:
        item_page = await page(database, query.at(page=query.page), size=size)
        collected += item_page.items
        assert item_page.left == item_page.count - len(collected)
        if not item_page.left:
            return collected
        query = query.at(page=item_page.page + 1)


async def test_pages_cover_all_rows(database: Database) -> None:
    scan = await stored_scan(database, *MANY)
    for size in (7, 10, 23, 50):
        collected = await all_pages(database, RowQuery(scan=scan.id), size)
        assert amounts(collected) == [f"{units(row['amount'])} {row['currency']}" for row in MANY], size


@on_sqlite
async def test_page_past_the_end_is_the_last(database: Database) -> None:
    scan = await stored_scan(database, *(reset(number, number % 3) for number in range(11)))
    query = RowQuery(scan=scan.id, section="resets", page=99)
    last = await page(database, query)
    assert (last.page, last.pages, last.left, last.count, len(last.items)) == (1, 2, 0, 11, 1)
    assert (last.totals, last.read_at) == ((), START)
    none = await page(database, query.at(section="trials"))
    assert (none.items, none.page, none.pages, none.left, none.count) == ((), 0, 1, 0, 0)


@on_sqlite
async def test_page_has_the_filters_of_its_digest(database: Database) -> None:
    scan = await stored_scan(
        database, invoice(5), invoice(50), invoice(500, when=9), invoice(60, plans=["x"])
    )
    query = RowQuery(scan=scan.id, days=8, plans=("pro",), minimum=Decimal(10))
    item_page = await page(database, query)
    assert amounts(item_page.items) == ["50 usd"]
    assert [(item.amount, item.before) for item in item_page.totals] == [(Decimal(50), None)]
    found_in_file = [item async for item in await rows(database, query)]
    assert amounts(found_in_file) == ["50 usd"]


async def test_file_has_every_row_in_page_order(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_CHUNK", 50)
    times = [-1.0, *[number / 25 for number in range(110)], *[2.0] * 60]
    scan = await stored_scan(
        database,
        *MANY,
        *(invoice(7, "gbp", number=number) for number in range(101)),
        *(reset(number, when) for number, when in enumerate(times)),
        *(row("past_due", number, at=at(-number) if number % 2 else None) for number in range(6)),
    )
    query = RowQuery(scan=scan.id)
    in_file = [item async for item in await rows(database, query)]
    expected: list[ReportItem] = []
    for section in sections.all_keys():
        expected += await all_pages(database, query.at(section=section), 5000)
    assert in_file == expected
    some = query.at(sections=("past_due", "trials"))
    assert [item async for item in await rows(database, some)] == [
        item for item in expected if item.section == "past_due"
    ]


@on_sqlite
async def test_rows_of_a_deleted_scan_are_gone(database: Database) -> None:
    scan = await stored_scan(database, *MANY)
    async with database.writing() as connection:
        await connection.execute(delete(digest_scans))
    query = RowQuery(scan=scan.id)
    with pytest.raises(ScanGone):
        await page(database, query)
    with pytest.raises(ScanGone):
        await rows(database, query)


@on_sqlite
async def test_rows_of_another_scan_do_not_count(database: Database) -> None:
    first = await stored_scan(database, invoice(1), reset(1, 1))
    second = await stored_scan(database, invoice(2), start=START + timedelta(minutes=10))
    assert amounts((await report_of(database, first)).parts[0].items) == ["1 usd"]
    assert amounts((await report_of(database, second)).parts[0].items) == ["2 usd"]
    assert (await report_of(database, replace(second, id="gone"))).empty
