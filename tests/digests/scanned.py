"""Scanners on a database, and Autumns for them to read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select

from bot.autumn.client import Autumn
from bot.autumn.models import Environment
from bot.digests.items import ReportItem
from bot.digests.report.row_query import read_item
from bot.digests.scan.scanner import Progress, Scan, Scanner, ScanPace
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.store.database import Database
from bot.store.tables import digest_items
from tests.autumn.scripted import Answer, ReceivedRequest, Scripted, error, listing, ok
from tests.digests.listed import START, days, subscription

HASTE = ScanPace(page=0, rows=0, preview=0, invoices=0, again=(0, 0), poll=0.002, report=0, log=0)
WEEK = timedelta(days=7)


@dataclass
class Clock:
    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Reader:
    """A process with a scanner."""

    database: Database
    autumn: Autumn
    clock: Clock
    pace: ScanPace = HASTE
    env: Environment = Environment.SANDBOX
    metrics: Metrics = field(default_factory=Metrics)
    reported: list[Progress] = field(default_factory=list)

    async def scan(
        self,
        *,
        horizon: timedelta = WEEK,
        previews: bool = True,
        recent: timedelta = timedelta(minutes=5),
        since: datetime | None = None,
    ) -> Scan:
        scanner = Scanner(
            Runtime(self.database, self.autumn, self.env, self.clock), self.pace, metrics=self.metrics
        )
        now = self.clock()
        return await scanner.scan(
            horizon=now + horizon,
            previews=previews,
            not_before=now - recent,
            since=since,
            report_progress=self._tell,
        )

    async def _tell(self, progress: Progress) -> None:
        self.reported.append(progress)


async def items_of_section(database: Database, scan: Scan, section: str) -> list[ReportItem]:
    """Everything stored of a section, in the order it was read."""
    query = select(digest_items).where(digest_items.c.scan_id == scan.id, digest_items.c.section == section)
    async with database.reading() as connection:
        return [read_item(row) for row in await connection.execute(query.order_by(digest_items.c.id))]


def billed_customer(number: int, amount: float = 49, **fields: Any) -> dict[str, Any]:
    """A customer who will be billed, as listed."""
    plan = {"name": "Pro", "price": {"amount": amount}}
    return {
        "id": f"cus_{number}",
        "name": f"Customer {number}",
        "stripe_id": f"cus_stripe_{number}",
        "subscriptions": [subscription(plan=plan)],
        **fields,
    }


def preview(total: float = 50, *, currency: str = "usd", at: float = 3) -> dict[str, Any]:
    return {
        "plan_ids": ["pro"],
        "invoice_at": days(at),
        "currency": currency,
        "total": total,
        "line_items": [],
    }


def scripted_autumn(
    customers: Answer | Sequence[Answer] | None = None,
    *,
    invoices: Answer | Sequence[Answer] | None = None,
    get: Answer | Sequence[Answer] | None = None,
) -> Scripted:
    """An Autumn with these answers; without unpaid invoices and previews by default."""
    return Scripted(
        {
            "plans.list": ok({"list": [{"id": "pro", "name": "Pro"}]}),
            "customers.list": customers or listing(),
            "invoices.list": invoices or listing(),
            "customers.get": get or ok({"invoice_previews": []}),
        }
    )


def paged_answers(rows: Sequence[dict[str, Any]]) -> Answer:
    """customers.list as Autumn pages it: no cursor after a page that ends with a customer without an id."""

    async def answer(request: ReceivedRequest) -> httpx.Response:
        first = int(request.body["start_cursor"] or 0)
        last = first + request.body["limit"]
        page_rows = rows[first:last]
        continues = len(rows) > last and page_rows[-1]["id"] is not None
        return listing(*page_rows, cursor=str(last) if continues else None)

    return answer


def customers_without_ids(count: int) -> list[dict[str, Any]]:
    return [{"id": None, "name": f"Nobody {number}"} for number in range(count)]


def error_answers(*statuses: int) -> list[httpx.Response]:
    return [error(status) for status in statuses]


def amounts_by_customer(items: Iterable[ReportItem]) -> list[tuple[str | None, str, str]]:
    """The amount for each customer; estimates are marked."""
    return [
        (item.customer_id, f"{item.amount} {item.currency}", "?" if item.details.get("estimate") else "")
        for item in items
    ]
