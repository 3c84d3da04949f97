"""In what order rows are told, and a row as it is told."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, case, literal

from bot.digests.model import MONEY, Section
from bot.digests.report.model import CurrencyTotal, ReportItem
from bot.digests.report.totals import Sum
from bot.digests.scan.items import split, units
from bot.store.tables import digest_items


def order(section: Section, added: list[Sum]) -> tuple[ColumnElement[Any], ...]:
    """Amounts by currency, each the largest first; others the soonest first. What is not known comes last."""
    if section not in MONEY:
        return digest_items.c.at.asc().nulls_last(), digest_items.c.id
    amount = digest_items.c.amount.desc().nulls_last()
    return rank(digest_items.c.currency, added), amount, digest_items.c.id


def rank(currency: ColumnElement[str], added: list[Sum]) -> ColumnElement[int]:
    """The currencies in the order of their totals."""
    places = ((currency == one.currency, number) for number, one in enumerate(added))
    return case(*places, else_=len(added)) if added else literal(0)


def totals(added: list[Sum], before: dict[str, str] | None) -> tuple[CurrencyTotal, ...]:
    return tuple(
        CurrencyTotal(
            one.currency,
            one.amount,
            one.count,
            None if before is None else Decimal(before.get(one.currency, 0)),
        )
        for one in added
        if one.known
    )


def item(row: Row[Any]) -> ReportItem:
    return ReportItem(
        section=Section(row.section),
        customer_id=row.customer_id,
        customer=row.customer,
        email=row.email,
        at=row.at,
        # Of resets it is what is left, which the details tell.
        amount=units(row.amount) if row.section in MONEY else None,
        currency=row.currency,
        plans=split(row.plans),
        feature=row.feature,
        details=row.details,
    )
