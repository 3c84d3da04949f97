"""What balances.update, .create, .delete and .track do to a customer's rows."""

from dataclasses import dataclass

from sandbox.autumn import balances, controls
from sandbox.autumn.errors import ApiError, invalid, no_entity
from sandbox.autumn.model import Json, LocalCustomer, LocalEvent, Row
from sandbox.autumn.months import add, at, repeats
from sandbox.autumn.numbers import clean
from sandbox.autumn.state import AutumnState
from sandbox.autumn.validation import bad_input


@dataclass(frozen=True, slots=True)
class Update:
    feature_id: str
    entity_id: str | None = None
    balance_id: str | None = None
    interval: str | None = None
    remaining: float | None = None
    add_to_balance: float | None = None
    usage: float | None = None
    included_grant: float | None = None
    next_reset_at: int | None = None
    expires_at: int | None = None


def need_entity(customer: LocalCustomer, entity_id: str | None) -> None:
    if entity_id is not None and all(entity.id != entity_id for entity in customer.entities):
        raise no_entity(entity_id)


def _flags(state: AutumnState, customer: LocalCustomer, update: Update) -> list[Row]:
    """Rows of a boolean feature that an update is about; they have only a date to change."""
    return [
        row
        for row in balances.seen(state, customer)
        if row.flag and row.feature_id == update.feature_id and update.balance_id in (None, row.key, row.id)
    ]


def matched(state: AutumnState, customer: LocalCustomer, update: Update) -> list[Row]:
    return balances.of_feature(
        balances.seen(state, customer),
        update.feature_id,
        balance_id=update.balance_id,
        interval=update.interval,
        entity_id=update.entity_id,
    )


def apply(state: AutumnState, customer: LocalCustomer, update: Update) -> None:
    """In Autumn's order, each part separately: a part that fails leaves the earlier ones done.

    Nothing matched is no error for remaining, add_to_balance and usage; those are silently ignored.
    """
    rows = matched(state, customer, update)
    if update.remaining is not None:
        balances.shift(rows, update.remaining - balances.total(rows))
    elif update.add_to_balance is not None:
        moved = balances.shift(rows, update.add_to_balance)
        if state.org.adding_raises_grant:
            for moved_row, amount in moved:
                moved_row.adjustment = clean(moved_row.adjustment - amount)
    if update.usage is not None:
        balances.shift(rows, sum(row.grant for row in rows) - update.usage - balances.total(rows))
    if (update.included_grant, update.next_reset_at, update.expires_at) == (None, None, None):
        return
    flags = _flags(state, customer, update)
    if not rows and not flags:
        message = f"No balances found for feature {update.feature_id} and customer {customer.id}"
        raise ApiError(404, "invalid_request", message)
    _regrant(rows, update)
    _redate(state, customer, update, rows, flags)


def _regrant(rows: list[Row], update: Update) -> None:
    if update.included_grant is not None and rows:
        now_included = sum(row.included + row.adjustment for row in rows)
        rows[0].adjustment = clean(rows[0].adjustment + update.included_grant - now_included)


def _redate(
    state: AutumnState, customer: LocalCustomer, update: Update, rows: list[Row], flags: list[Row]
) -> None:
    """The first row that is meant gets the date; the date of an unlimited one does not change."""
    if update.next_reset_at is not None:
        resetting = [row for row in rows if repeats(row.interval)]
        if not resetting:
            where = f"(feature {update.feature_id}, customer {customer.id})"
            raise invalid(f"Cannot update next reset at for lifetime balance {where}")
        first = min(resetting, key=lambda row: row.resets_at or 0)
        first.resets_at = update.next_reset_at
    if update.expires_at is not None:
        if update.expires_at <= state.now:
            raise invalid("expires_at must be in the future")
        if any(row.price for row in rows):
            raise invalid("Cannot set expires_at on a paid balance")
        for expiring in (rows or flags)[:1]:
            expiring.expires_at = None if expiring.unlimited else update.expires_at


@dataclass(frozen=True, slots=True)
class Grant:
    feature_id: str
    included: float | None = None
    unlimited: bool = False
    balance_id: str | None = None
    entity_id: str | None = None
    interval: str | None = None
    interval_count: int = 1
    expires_at: int | None = None
    next_reset_at: int | None = None
    rollover: Json | None = None


def create(state: AutumnState, customer: LocalCustomer, grant: Grant) -> Row:
    """A standalone grant. Its checks are Autumn's, which answers some of them with a 500."""
    feature = state.feature(grant.feature_id)
    boolean = feature.type == "boolean"
    has_amount = grant.included is not None
    if (boolean and (has_amount or grant.unlimited)) or (not boolean and has_amount == grant.unlimited):
        problem = bad_input("input: Invalid input")
        raise ApiError(500, problem.code, problem.message)
    if grant.balance_id is not None and any(held.external_id == grant.balance_id for held in customer.rows):
        message = f"balance_id '{grant.balance_id}' is already in use for this customer"
        raise ApiError(409, "invalid_request", message)
    if boolean and any(held.flag and held.feature_id == grant.feature_id for held in customer.rows):
        message = (
            f"A boolean entitlement {grant.feature_id} already exists for customer {customer.internal_id}"
        )
        raise ApiError(409, "invalid_request", message)
    _check_dates(state, grant)
    resets = grant.interval if repeats(grant.interval) and feature.consumable else None
    due = add(state.now, resets, grant.interval_count) if resets and not grant.expires_at else None
    row = Row(
        id=state.ids.autumn("cus_ent"),
        external_id=grant.balance_id,
        feature_id=grant.feature_id,
        created_at=state.now,
        included=grant.included or 0,
        balance=grant.included or 0,
        unlimited=grant.unlimited,
        flag=boolean,
        interval=resets,
        interval_count=grant.interval_count,
        resets_at=(grant.next_reset_at or due) if resets else None,
        expires_at=grant.expires_at,
        entity_id=grant.entity_id,
        rollover=grant.rollover,
    )
    customer.rows.append(row)
    return row


def _check_dates(state: AutumnState, grant: Grant) -> None:
    due = grant.next_reset_at
    if due is None:
        return
    if grant.interval is None:
        raise invalid("next_reset_at requires a reset interval to be provided")
    if due <= state.now:
        raise invalid("next_reset_at must be in the future")
    if grant.expires_at is not None and due >= grant.expires_at:
        raise invalid(f"next_reset_at ({_iso(due)}) must occur before expires_at ({_iso(grant.expires_at)})")


def _iso(ms: int) -> str:
    return f"{at(ms):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


@dataclass(frozen=True, slots=True)
class Deletion:
    feature_id: str | None = None
    entity_id: str | None = None
    balance_id: str | None = None
    interval: str | None = None
    recalculate: bool = False
    """Whether the usage of the deleted rows moves to the feature's other rows."""


def delete(state: AutumnState, customer: LocalCustomer, deletion: Deletion) -> None:
    """Delete the rows that are named, but for those that are paid for.

    A feature alone means all of its rows, the plan's too; nothing named means all rows of the customer.
    """
    rows = [
        row
        for row in balances.seen(state, customer)
        if deletion.feature_id in (None, row.feature_id)
        and row.entity_id in (None, deletion.entity_id)
        and deletion.balance_id in (None, row.key, row.id)
        and balances.has_interval(row, deletion.interval)
    ]
    if deletion.feature_id is None and deletion.balance_id is not None:
        rows = []
    free = [row for row in rows if row.price is None]
    named = f"feature {deletion.feature_id or 'undefined'} and customer {customer.id}"
    if rows and not free:
        raise ApiError(409, "invalid_request", f"Cannot delete paid balance for {named}")
    if not free:
        raise ApiError(404, "invalid_request", f"Balance not found for {named}")
    gone = {row.id for row in free}
    customer.rows = [row for row in customer.rows if row.id not in gone]
    if deletion.recalculate and deletion.feature_id is not None:
        remaining_rows = balances.of_feature(
            balances.seen(state, customer), deletion.feature_id, entity_id=deletion.entity_id
        )
        balances.shift(remaining_rows, -clean(sum(row.grant - row.balance for row in free)))


def track(state: AutumnState, customer: LocalCustomer, event: LocalEvent) -> list[Json]:
    """Use some of a feature: from its own balance, or from the credits that pay for it."""
    rows = balances.of_feature(balances.seen(state, customer), event.feature_id, entity_id=event.entity_id)
    most = controls.usable(state, customer, event.feature_id, rows, event.properties)
    deductions = _draw(state, rows, event.value, most)
    if not rows:
        for pool in state.features.values():
            costs = [
                part for part in pool.credit_schema or () if part["metered_feature_id"] == event.feature_id
            ]
            rows = balances.of_feature(balances.seen(state, customer), pool.id)
            if costs and rows:
                most = controls.usable(state, customer, pool.id, rows)
                deductions = _draw(state, rows, event.value * costs[0]["credit_cost"], most)
                break
    event.deductions = deductions or None
    state.events(customer).append(event)
    return deductions


def _draw(state: AutumnState, rows: list[Row], value: float, most: float) -> list[Json]:
    """Take what was used, `most` at the most; below zero it is given back."""
    taking = clean(min(value, most))
    moved = balances.shift(rows, -taking) if value > 0 else balances.give_back(rows, -value)
    by_row: dict[str, float] = {}
    for moved_row, amount in moved:
        by_row[moved_row.id] = by_row.get(moved_row.id, 0) + amount
    return [
        {
            "balance_id": row.id,
            "feature_id": row.feature_id,
            "plan_id": row.plan_id,
            "reset": balances.show_reset(row, state.feature(row.feature_id)),
            "value": clean(by_row[row.id]),
        }
        for row in rows
        if row.id in by_row
    ]
