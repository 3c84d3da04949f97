"""Digests and what they say, to draw."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from bot.autumn.models import Organization
from bot.digests.model import Digest, Pause, Schedule, Section, Wanted
from bot.digests.report.model import Group, Item, ItemPage, Part, Query, Report, Total

READ = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
START, END = READ, READ + timedelta(days=7)
BERLIN = Query(scan="scan_1", zone="Europe/Berlin")
ORG = Organization(name="Acme Inc", env="sandbox")


def item(section: Section = Section.INVOICES, **changes: Any) -> Item:
    known: dict[str, Any] = {
        "section": section,
        "customer_id": "cus_1",
        "customer": "Globex",
        "at": READ + timedelta(days=2),
        "amount": Decimal(29),
        "currency": "usd",
        "plans": ("pro",),
        "details": {"plan_names": ["Pro"]},
    }
    return Item(**{**known, **changes})


def items(number: int, section: Section = Section.INVOICES, **changes: Any) -> tuple[Item, ...]:
    return tuple(
        item(section, customer_id=f"cus_{index}", customer=f"Customer {index}", **changes)
        for index in range(number)
    )


def part(section: Section = Section.INVOICES, **changes: Any) -> Part:
    known: dict[str, Any] = {
        "section": section,
        "count": 1,
        "totals": (Total("usd", Decimal(29), 1),),
        "items": (item(section),),
    }
    return Part(**{**known, **changes})


def group(**changes: Any) -> Group:
    known: dict[str, Any] = {
        "feature": "messages",
        "name": "Messages",
        "day": date(2026, 11, 24),
        "customers": 1200,
        "remaining": Decimal(50000),
    }
    return Group(**{**known, **changes})


def report(*parts: Part, **changes: Any) -> Report:
    known: dict[str, Any] = {
        "read_at": READ,
        "start": START,
        "end": END,
        "parts": parts,
        "empty": not parts,
    }
    return Report(**{**known, **changes})


def page(*found: Item, **changes: Any) -> ItemPage:
    known: dict[str, Any] = {
        "items": found,
        "page": 0,
        "pages": 1,
        "left": 0,
        "count": len(found),
        "totals": (Total("usd", Decimal(29), len(found)),),
        "read_at": READ,
    }
    return ItemPage(**{**known, **changes})


def digest(**changes: Any) -> Digest:
    known: dict[str, Any] = {
        "id": "dig_1",
        "channel": "C1",
        "team": "T1",
        "owner": "U1ANA",
        "schedule": Schedule(at=time(9), zone="Europe/Berlin"),
        "wanted": Wanted(),
        "private": False,
        "pause": None,
        "stopped_by": "",
        "next_due": READ + timedelta(days=1),
        "version": 3,
    }
    return Digest(**{**known, **changes})


def paused(why: Pause, **changes: Any) -> Digest:
    return digest(pause=why, **changes)
