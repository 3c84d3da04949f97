"""Sample digests and reports."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from bot.access.post_targets import Pause
from bot.autumn.models import Organization
from bot.digests.items import ReportItem, ResetGroup
from bot.digests.model import Digest, DigestContent, Figures, Run, RunState, Schedule
from bot.digests.report.model import CurrencyTotal, ItemPage, Report, ReportSection, RowQuery

READ = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
START, END = READ, READ + timedelta(days=7)
BERLIN = RowQuery(scan="scan_1", zone="Europe/Berlin")
ORG = Organization(name="Acme Inc", env="sandbox")


def item(section: str = "invoices", **changes: Any) -> ReportItem:
    fields: dict[str, Any] = {
        "section": section,
        "customer_id": "cus_1",
        "customer": "Globex",
        "at": READ + timedelta(days=2),
        "amount": Decimal(29),
        "currency": "usd",
        "plans": ("pro",),
        "details": {"plan_names": ["Pro"]},
    }
    return ReportItem(**{**fields, **changes})


def items(number: int, section: str = "invoices", **changes: Any) -> tuple[ReportItem, ...]:
    return tuple(
        item(section, customer_id=f"cus_{index}", customer=f"Customer {index}", **changes)
        for index in range(number)
    )


def part(section: str = "invoices", **changes: Any) -> ReportSection:
    fields: dict[str, Any] = {
        "section": section,
        "count": 1,
        "totals": (CurrencyTotal("usd", Decimal(29), 1),),
        "items": (item(section),),
    }
    return ReportSection(**{**fields, **changes})


def group(**changes: Any) -> ResetGroup:
    fields: dict[str, Any] = {
        "feature": "messages",
        "name": "Messages",
        "day": date(2026, 11, 24),
        "customers": 1200,
        "remaining": Decimal(50000),
    }
    return ResetGroup(**{**fields, **changes})


def report(*parts: ReportSection, **changes: Any) -> Report:
    fields: dict[str, Any] = {
        "read_at": READ,
        "start": START,
        "end": END,
        "parts": parts,
        "empty": not parts,
    }
    return Report(**{**fields, **changes})


def page(*items: ReportItem, **changes: Any) -> ItemPage:
    fields: dict[str, Any] = {
        "items": items,
        "page": 0,
        "pages": 1,
        "left": 0,
        "count": len(items),
        "totals": (CurrencyTotal("usd", Decimal(29), len(items)),),
        "read_at": READ,
    }
    return ItemPage(**{**fields, **changes})


def digest(**changes: Any) -> Digest:
    fields: dict[str, Any] = {
        "id": "dig_1",
        "channel": "C1",
        "team": "T1",
        "owner": "U1ANA",
        "schedule": Schedule(at=time(9), zone="Europe/Berlin"),
        "content": DigestContent(),
        "private": False,
        "pause": None,
        "stopped_by": "",
        "next_due": READ + timedelta(days=1),
        "version": 3,
    }
    return Digest(**{**fields, **changes})


def paused(why: Pause, **changes: Any) -> Digest:
    return digest(pause=why, **changes)


def run(**changes: Any) -> Run:
    """A run that was posted the day before."""
    fields: dict[str, Any] = {
        "id": "run_1",
        "digest": "dig_1",
        "day": (READ - timedelta(days=1)).date(),
        "due": READ - timedelta(days=1),
        "state": RunState.POSTED,
        "skip": None,
        "asked_by": "",
        "lease_by": "",
        "tries": 1,
        "posting_at": None,
        "scan": "",
        "channel": "C1",
        "ts": "1.0",
        "figures": Figures(),
        "covers_until": READ + timedelta(days=6),
        "head_ts": "1.0",
        "reply_posting_at": None,
        "query": "",
    }
    return Run(**{**fields, **changes})
