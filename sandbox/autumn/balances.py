"""The arithmetic of balances: which rows count, in what order they are drawn on, and their resets.

A row keeps a signed balance; usage is what it grants less that balance, so a balance below zero shows as
nothing remaining and usage above the grant. A loose grant that is used up is no longer seen.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.autumn.model import Json, LocalCustomer, LocalFeature, Row
from sandbox.autumn.months import ORDER, add_months, next_after, repeats
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState

HIDDEN_STATUSES = ("expired", "scheduled")


def seen(state: AutumnState, customer: LocalCustomer) -> list[Row]:
    """The rows the API shows, in the order they are drawn on."""
    hidden = {
        product.id
        for product in customer.products
        if product.status in HIDDEN_STATUSES
        or (product.status == "past_due" and not state.org.include_past_due)
    }
    now = state.now
    rows = [
        row
        for row in customer.rows
        if row.product_id not in hidden
        and not (row.loose and not row.unlimited and not row.flag and clean(row.balance) == 0)
        and not (row.expires_at is not None and row.expires_at <= now)
    ]
    return sorted(rows, key=lambda row: _order(state, row))


def _order(state: AutumnState, row: Row) -> tuple[Any, ...]:
    """The customer's own first, then what resets, the shortest interval first; then what expires first, main
    plans before add-ons, then the oldest.
    """
    length = ORDER.index(row.interval) if row.interval in ORDER else len(ORDER)
    return (
        row.entity_id or "",
        not row.unlimited,
        row.resets_at is None,
        length,
        row.interval_count,
        row.expires_at or float("inf"),
        row.plan_id is not None and state.plan(row.plan_id).add_on,
        row.created_at,
    )


def of_feature(
    rows: Iterable[Row],
    feature_id: str,
    *,
    balance_id: str | None = None,
    interval: str | None = None,
    entity_id: str | None = None,
) -> list[Row]:
    """Those that a request is about: the customer's own, after those of the entity that it names."""
    matching = [
        row
        for row in rows
        if row.feature_id == feature_id
        and not row.flag
        and (balance_id is None or balance_id in (row.key, row.id))
        and has_interval(row, interval)
        and row.entity_id in (None, entity_id)
    ]
    return sorted(matching, key=lambda row: row.entity_id is None)


def has_interval(row: Row, interval: str | None) -> bool:
    """Whether a row resets that often, where an interval is named."""
    return interval is None or row.interval == interval or (interval == "one_off" and row.interval is None)


def shift(rows: Sequence[Row], by: float) -> list[tuple[Row, float]]:
    """Add to the rows' balances, or take from them; answers how much each row gave (less than 0: got).

    Taking: rollovers first, then each row down to zero, what is left from the first row. Adding: rows below
    zero are filled up to it, then the first row gets the rest.
    """
    moved = _take(rows, -by) if by < 0 else _give(rows, by)
    return [(row, amount) for row, amount in moved if amount]


def usable(rows: Sequence[Row]) -> float:
    """How much may be used in all."""
    if any(row.unlimited for row in rows):
        return float("inf")
    return there(rows) + _overage_left(rows)


def there(rows: Sequence[Row]) -> float:
    """How much is left, rollovers included."""
    return sum(max(0.0, row.balance) + _from_rollovers(row, float("inf")) for row in rows)


def _overage_left(rows: Sequence[Row]) -> float:
    """How much may be used beyond the balance: until pay-per-use rows reach their maximum."""
    allowed = 0.0
    for row in rows:
        if row.price and row.price["billing_method"] == "usage_based":
            most = row.price.get("max_purchase")
            allowed += float("inf") if most is None else max(0.0, most - max(0.0, -row.balance))
    return allowed


def _take(rows: Sequence[Row], amount: float) -> list[tuple[Row, float]]:
    moved: list[tuple[Row, float]] = []
    for row in rows:
        drawn = min(amount, _from_rollovers(row, amount) + max(0.0, row.balance))
        moved.append((row, drawn))
        amount = clean(amount - drawn)
        for rollover in row.rollovers:
            part = min(drawn, rollover["balance"])
            rollover["balance"] = clean(rollover["balance"] - part)
            drawn = clean(drawn - part)
        row.balance = clean(row.balance - drawn)
    if amount and rows:
        by_use = (
            candidate
            for candidate in rows
            if candidate.price and candidate.price["billing_method"] == "usage_based"
        )
        last = next(by_use, rows[0])
        last.balance = clean(last.balance - amount)
        moved.append((last, amount))
    return moved


def _from_rollovers(row: Row, amount: float) -> float:
    return min(amount, sum((rollover["balance"] for rollover in row.rollovers), 0.0))


def _give(rows: Sequence[Row], amount: float) -> list[tuple[Row, float]]:
    moved: list[tuple[Row, float]] = []
    for row in rows:
        part = min(amount, max(0.0, -row.balance)) if not row.unlimited else 0.0
        row.balance = clean(row.balance + part)
        moved.append((row, -part))
        amount = clean(amount - part)
    if amount and rows:
        rows[0].balance = clean(rows[0].balance + amount)
        moved.append((rows[0], -amount))
    return moved


def give_back(rows: Sequence[Row], amount: float) -> list[tuple[Row, float]]:
    """Undo usage (a negative track): rows are filled up to what they grant, in order."""
    back: list[tuple[Row, float]] = []
    for row in rows:
        part = clean(min(amount, max(0.0, row.grant - row.balance)))
        row.balance = clean(row.balance + part)
        amount = clean(amount - part)
        if part:
            back.append((row, -part))
    return back


def total(rows: Iterable[Row]) -> float:
    return clean(sum(row.balance for row in rows))


def reset_due(state: AutumnState, customer: LocalCustomer) -> None:
    """Refill what was due, as Autumn does when a customer is read; paid rows wait for their invoice."""
    now = state.now
    for row in seen(state, customer):
        if row.price is None and row.resets_at is not None and row.resets_at <= now and repeats(row.interval):
            refill(row, now)
    for row in customer.rows:
        row.rollovers = [rollover for rollover in row.rollovers if (rollover["expires_at"] or now + 1) > now]


def refill(row: Row, now: int) -> None:
    """Back to what the plan includes; edits to the grant are lost, unused units roll over if they may."""
    assert row.interval is not None  # noqa: S101
    if row.rollover and row.balance > 0:
        most, length = row.rollover["max"], row.rollover["length"]
        rolled_over = clean(row.balance if most is None else min(row.balance, most))
        ends = None if length is None else add_months(now, length)
        row.rollovers.append({"granted": rolled_over, "balance": rolled_over, "expires_at": ends})
    row.adjustment = 0
    row.balance = row.grant
    row.resets_at = next_after(row.resets_at or now, row.interval, row.interval_count, now)


def show_row(row: Row, feature: LocalFeature) -> Json:
    grant = 0 if row.unlimited else row.grant
    return {
        "id": row.id if row.unlimited else row.key,
        "plan_id": row.plan_id,
        "included_grant": clean(0 if row.unlimited else row.included + row.adjustment),
        "prepaid_grant": clean(row.prepaid),
        "remaining": 0 if row.unlimited else clean(max(0.0, row.balance)),
        "usage": clean(grant - row.balance),
        "unlimited": row.unlimited,
        "reset": show_reset(row, feature),
        "price": _show_price(row.price),
        "expires_at": row.expires_at,
    }


def _show_price(price: Json | None) -> Json | None:
    """The price as a balance has it: without the interval and the other currencies that the plan lists."""
    if price is None:
        return None
    fields = ("amount", "tiers", "tier_behavior", "billing_units", "billing_method", "max_purchase")
    return {name: price[name] for name in fields if name in price}


def show_reset(row: Row, feature: LocalFeature) -> Json | None:
    if row.unlimited or not feature.consumable:
        return None
    if row.interval is None or not repeats(row.interval):
        return {"interval": "one_off", "resets_at": None}
    count = {} if row.interval_count == 1 else {"interval_count": row.interval_count}
    return {"interval": row.interval, **count, "resets_at": row.resets_at}


def show(rows: Sequence[Row], feature: LocalFeature, *, entity_id: str | None = None) -> Json:
    """A feature's balance from its rows. Entities' rows count in a customer's totals, not its breakdown."""
    listed = [row for row in rows if row.entity_id in (None, entity_id)]
    unlimited = any(row.unlimited for row in rows)
    rollovers = [rollover for row in rows for rollover in row.rollovers]
    grant = (
        0
        if unlimited
        else sum(row.grant for row in rows) + sum(rollover["granted"] for rollover in rollovers)
    )
    remaining = sum(max(0.0, row.balance) for row in rows) + sum(
        rollover["balance"] for rollover in rollovers
    )
    used = sum(
        (0 if unlimited else row.grant) - row.balance for row in rows if row.unlimited or not unlimited
    )
    used += 0 if unlimited else sum(rollover["granted"] - rollover["balance"] for rollover in rollovers)
    priced = [row.price for row in rows if row.price]
    caps = [price["max_purchase"] for price in priced if price.get("max_purchase") is not None]
    resets = [row.resets_at for row in rows if row.resets_at is not None and feature.consumable]
    return {
        "feature_id": feature.id,
        "granted": clean(grant),
        "remaining": 0 if unlimited else clean(remaining),
        "usage": clean(used),
        "unlimited": unlimited,
        "overage_allowed": any(price["billing_method"] == "usage_based" for price in priced),
        "max_purchase": clean(sum(caps)) if caps else None,
        "next_reset_at": None if unlimited else min(resets, default=None),
        "breakdown": [show_row(row, feature) for row in (listed[:1] if unlimited else listed)],
        **({"rollovers": rollovers} if any(row.rollover for row in listed) or rollovers else {}),
    }
