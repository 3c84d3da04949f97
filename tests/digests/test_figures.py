"""A digest's numbers equal those of the local Autumn, computed from its own state by its own functions."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pydantic import SecretStr

from bot.autumn.client import Autumn
from bot.autumn.client import Limits as Allowed
from bot.digests import sections
from bot.digests.model import DigestContent, Figures
from bot.digests.report.build import report, rows
from bot.digests.report.model import RowQuery
from bot.store.database import Database
from sandbox.autumn import LocalAutumn, LocalLimits, balances, invoices, products
from sandbox.autumn.model import LocalCustomer
from sandbox.autumn.state import AutumnState
from tests.digests.scanned import Clock, Reader
from tests.engines import on_sqlite
from tests.lookups.demo import leave_few_of_the_crowd

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = 24 * 3600 * 1000
KNOWN = frozenset(sections.all_keys()) - {"run_outs"}
"""The sections the local Autumn can confirm; who will run out is Maple's own estimate."""
DAYS = (1, 7, 31)

Sums = dict[str, dict[str, Decimal]]


def expected(state: AutumnState, days: int) -> tuple[Sums, dict[str, int]]:
    """Totals and counts by section, computed without the API's answers."""
    start, end = state.now, state.now + days * DAY
    coming: defaultdict[str, Decimal] = defaultdict(Decimal)
    unpaid: defaultdict[str, Decimal] = defaultdict(Decimal)
    counts = dict.fromkeys(KNOWN, 0)
    for customer in state.customers:
        products.advance(state, customer)
        for preview in invoices.previews(state, customer):
            if start <= preview["invoice_at"] < end:
                coming[preview["currency"]] += Decimal(str(preview["total"]))
                counts["invoices"] += 1
        for product in customer.products:
            # Its first invoice is not previewed.
            price = state.plan_of(product).price if product.status == "scheduled" else None
            if price and customer.stripe_id and start <= product.started_at < end:
                coming[""] += Decimal(str(price["amount"]))
                counts["invoices"] += 1
            trial = product.trial_ends_at
            counts["past_due"] += product.status == "past_due"
            counts["trials"] += product.status == "active" and trial is not None and start <= trial < end
        counts["resets"] += sum(when < end for _, when in resets(state, customer))
    for invoice in state.invoices():
        due = Decimal(str(invoice.total)) - Decimal(str(invoice.amount_paid or 0))
        if invoice.status in ("open", "uncollectible") and due > 0:
            unpaid[invoice.currency] += due
            counts["unpaid"] += 1
    return {"invoices": coming, "unpaid": unpaid}, counts


def resets(state: AutumnState, customer: LocalCustomer) -> set[tuple[str, int]]:
    """Each feature, with each time at which one of its rows resets."""
    reset_times: set[tuple[str, int]] = set()
    rows = balances.seen(state, customer)
    for feature in {row.feature_id for row in rows if state.features[row.feature_id].consumable}:
        mine = [row for row in rows if row.feature_id == feature]
        if any(row.unlimited for row in mine):
            continue
        times = {row.resets_at for row in mine if row.resets_at is not None and row.entity_id is None}
        # A feature that only entities have is listed with the next of their resets.
        every = [row.resets_at for row in mine if row.resets_at is not None]
        reset_times |= {(feature, when) for when in times or ({min(every)} if every else set())}
    return reset_times


def stored_figures(figures: Figures) -> tuple[Sums, dict[str, int]]:
    sums = {
        section: {code: Decimal(amount) for code, amount in by_currency.items()}
        for section, by_currency in figures.totals.items()
    }
    return sums, figures.counts


@asynccontextmanager
async def running_autumn(seed: str | int) -> AsyncIterator[tuple[LocalAutumn, Autumn]]:
    async with LocalAutumn.running(seed, START, limits=LocalLimits.off()) as local:
        limits = Allowed(general=10_000, customers_list=10_000)
        autumn = Autumn(key=SecretStr(local.key), url=local.url, limits=limits)
        try:
            yield local, autumn
        finally:
            await autumn.aclose()


@on_sqlite
async def test_numbers_of_every_customer_in_every_currency(database: Database) -> None:
    async with running_autumn("demo") as (local, autumn):
        leave_few_of_the_crowd(local)
        # And after two weeks in which plans renewed, trials ended and balances were not read.
        later = timedelta(days=13)
        for moved in (timedelta(0), later):
            local.clock.move(moved)
            clock = Clock(local.clock.now())
            reader = Reader(database, autumn, clock)
            # This first carries out the resets that are due, as reading each customer does.
            by_days = {days: expected(local.state, days) for days in DAYS}
            scan = await reader.scan(horizon=timedelta(days=31))
            assert scan.missing == ()
            for days in DAYS:
                content = await report(database, scan, DigestContent(KNOWN, days=days))
                assert stored_figures(content.figures) == by_days[days], days
                assert content.estimates == ("" in by_days[days][0]["invoices"])
            currencies = {total.currency for part in content.parts for total in part.totals}
            assert currencies - {""} == {"usd", "eur", "jpy"}
            assert all(part.count for part in content.parts)
            await _adds_up(
                database, RowQuery(scan=scan.id, days=31, sections=tuple(sorted(KNOWN))), content.figures
            )


async def _adds_up(database: Database, query: RowQuery, figures: Figures) -> None:
    """The file's rows add up to the totals."""
    counts: Counter[str] = Counter()
    totals: dict[str, dict[str, Decimal]] = {"invoices": {}, "unpaid": {}}
    async for item in await rows(database, query):
        counts[item.section] += 1
        if item.amount is not None:
            mine = totals[item.section]
            mine[item.currency] = mine.get(item.currency, Decimal(0)) + item.amount
    assert (totals, {section: counts[section] for section in figures.counts}) == stored_figures(figures)


@on_sqlite
async def test_estimates_are_close(database: Database) -> None:
    """They lack usage beyond what is included, but no customer."""
    async with running_autumn(80) as (local, autumn):
        reader = Reader(database, autumn, Clock(local.clock.now()))
        scan = await reader.scan(horizon=timedelta(days=31), previews=False)
        for days in (7, 14, 31):
            content = await report(database, scan, DigestContent(KNOWN, days=days))
            (sums, counts), (expected_sums, known_counts) = (
                stored_figures(content.figures),
                expected(local.state, days),
            )
            assert counts == known_counts
            assert sums["unpaid"] == expected_sums["unpaid"]
            assert (
                expected_sums["invoices"]["usd"] * Decimal("0.99")
                < sums["invoices"][""]
                <= expected_sums["invoices"]["usd"]
            )
            assert content.estimates == counts["invoices"]
