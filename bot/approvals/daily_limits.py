"""What other changes have already moved today, for the policy's limits per day.

A day is a day in UTC. Every change that was applied or may have been counts, undos too, on the day it was
decided: for its customer, and for the person who requested it. A change without a size does not count: the
policy treats it as larger than any limit.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.access.limits import NOTHING_MOVED, Today, Worth
from bot.approvals.change_records import load, select_records
from bot.approvals.lifecycle import Record, State
from bot.autumn.models import Environment
from bot.changes import registry, stored
from bot.changes.model import ChangeInput
from bot.store.database import Database, unbroken
from bot.store.tables import changes

_ZERO = Decimal(0)
_COUNTED = (State.APPROVED, State.APPLYING, State.APPLIED, State.UNCONFIRMED)


_COLUMNS = (
    changes.c.id,
    changes.c.kind,
    changes.c.input,
    changes.c.before,
    changes.c.amount,
    changes.c.worth,
    changes.c.currency,
    changes.c.customer_id,
    changes.c.asker,
)


class TodayMoved(Exception):
    """Another change was let through since today's total was counted."""

    def __init__(self, today: Today) -> None:
        self.today = today


@dataclass(frozen=True, slots=True)
class Movement:
    """What one change moves."""

    customer: str
    person: str
    """Who requested it."""
    units: Mapping[str, Decimal]
    """By what adds up."""
    worth: Worth | None = None


class DayTotals:
    """The totals of movements, added up once for any number of changes."""

    def __init__(self, movements: Iterable[Movement] = ()) -> None:
        self._counts: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._units: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._person_units: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._values: defaultdict[str, defaultdict[str, Decimal]] = _by_currency()
        self._person_values: defaultdict[str, defaultdict[str, Decimal]] = _by_currency()
        for movement in movements:
            self.add(movement)

    def add(self, movement: Movement, *, times: int = 1) -> None:
        for key, units in movement.units.items():
            self._counts[movement.customer, key] += times
            self._units[movement.customer, key] += times * units
            self._person_units[movement.person, key] += times * units
        if movement.worth is not None:
            amount, code = times * movement.worth.amount, movement.worth.currency
            self._values[movement.customer][code] += amount
            self._person_values[movement.person][code] += amount

    def of(self, requested: ChangeInput, person: str, *, without: Movement | None = None) -> Today:
        """For a change that this person requests. `without`: of the change that it undoes."""
        if without is None:
            return self._of(requested, person)
        self.add(without, times=-1)
        today = self._of(requested, person)
        self.add(without)
        return today

    def _of(self, requested: ChangeInput, person: str) -> Today:
        key = registry.of(requested).adds_up_by(requested)
        customer = requested.customer
        return Today(
            count=self._counts.get((customer, key), 0),
            units=self._units.get((customer, key), _ZERO),
            person_units=self._person_units.get((person, key), _ZERO) if person else _ZERO,
            values=dict(self._values.get(customer, {})),
            person_values=dict(self._person_values.get(person, {})) if person else {},
        )


def _by_currency() -> defaultdict[str, defaultdict[str, Decimal]]:
    return defaultdict(lambda: defaultdict(Decimal))


@dataclass(frozen=True, slots=True)
class TodayCounter:
    """Counts for one change, without the change itself and the one it undoes."""

    env: Environment
    requested: ChangeInput
    person: str
    """Who requests it."""
    change_id: str = ""
    undo_of: str = ""

    @classmethod
    def of(cls, record: Record) -> "TodayCounter":
        return cls(record.env, record.input, record.requester, record.id, record.undo_of)

    async def count(self, connection: AsyncConnection, now: datetime) -> Today:
        if not self._is_counted:
            return NOTHING_MOVED
        about = or_(changes.c.customer_id == self.requested.customer, changes.c.asker == self.person)
        not_this_change = changes.c.id.not_in((self.change_id, self.undo_of))
        where = (*_counted(self.env, now), about, not_this_change)
        totals = DayTotals(await _moved_otherwise(connection, *where))
        key = registry.of(self.requested).adds_up_by(self.requested)
        for row in await connection.execute(_equal(self.requested, self.person, *where)):
            units = {} if row.units is None else {key: row.units}
            totals.add(Movement(row.customer, row.person, units, _worth(row)), times=row.times)
        return totals.of(self.requested, self.person)

    async def check(self, connection: AsyncConnection, now: datetime, expected: Today) -> None:
        """Raises TodayMoved if the count is not the expected one. Under the lock it stays the same."""
        today = await self.count(connection, now)
        if today != expected:
            raise TodayMoved(today)

    async def lock(self, connection: AsyncConnection) -> None:
        """Until the transaction ends, no other transaction can let through a change that adds up with this
        one.

        Taken before any other lock, and always the customer's before the person's, so that transactions never
        wait for each other. SQLite has one writing transaction at a time anyway.
        """
        if connection.dialect.name == "sqlite":
            return
        for number in self.locks:
            await connection.execute(select(func.pg_advisory_xact_lock(number)))

    @property
    def locks(self) -> tuple[int, ...]:
        """The numbers of the customer's lock and the person's; none if nothing adds up with this change."""
        if not self._is_counted:
            return ()
        names = (f"customer\0{self.requested.customer}", f"person\0{self.person}")
        return tuple(map(self._lock_number, names))

    def _lock_number(self, name: str) -> int:
        digest = hashlib.sha256(f"{self.env}\0{name}".encode(errors="surrogatepass")).digest()
        return int.from_bytes(digest[:8], signed=True)

    @property
    def _is_counted(self) -> bool:
        """Whether anything adds up with it."""
        kind = registry.of(self.requested)
        return kind.daily is not None or kind.valued


@unbroken
async def count(database: Database, counter: TodayCounter, now: datetime) -> Today:
    async with database.reading() as connection:
        return await counter.count(connection, now)


@unbroken
async def with_today(
    database: Database, env: Environment, change_id: str, now: datetime
) -> tuple[Record, Today] | None:
    """A change, and what others have moved today."""
    async with database.reading() as connection:
        matching = await select_records(connection, changes.c.id == change_id, changes.c.env == env)
        if not matching:
            return None
        (record,) = matching
        return record, await TodayCounter.of(record).count(connection, now)


@unbroken
async def before_submission(
    database: Database, counter: TodayCounter, submission_id: str, now: datetime
) -> tuple[Record | None, Today]:
    """What this form has already become, if it was submitted before, and what others have moved today."""
    async with database.reading() as connection:
        # By its id first: almost no form was submitted before, and to read a whole change takes longer.
        submitted = select(changes.c.id).where(changes.c.submission_id == submission_id)
        change_id = (await connection.execute(submitted)).scalar()
        earlier = None if change_id is None else await load(connection, change_id)
        return earlier, await counter.count(connection, now)


@unbroken
async def moved_today(
    database: Database, env: Environment, now: datetime, *, customers: Collection[str], person: str
) -> Mapping[str, Movement]:
    """By the change's id, all that adds up with what this person requests for any of these customers."""
    about = or_(changes.c.customer_id.in_(customers), changes.c.asker == person)
    async with database.reading() as connection:
        return await _moved(connection, env, now, about)


async def _moved(
    connection: AsyncConnection, env: Environment, now: datetime, *where: ColumnElement[bool]
) -> Mapping[str, Movement]:
    """By the change's id."""
    rows = await connection.execute(select(*_COLUMNS).where(*_counted(env, now), *where))
    return {row.id: Movement(row.customer_id, row.asker, _units(row), _worth(row)) for row in rows}


def _counted(env: Environment, now: datetime) -> tuple[ColumnElement[bool], ...]:
    midnight = datetime.combine(now.astimezone(UTC), time.min, UTC)
    return (
        changes.c.env == env,
        changes.c.state.in_(_COUNTED),
        func.coalesce(changes.c.decided_at, changes.c.created_at) >= midnight,
    )


def _equal(requested: ChangeInput, person: str, *where: ColumnElement[bool]) -> Select[Any]:
    """Changes that count alike, grouped, with their number: a day of thousands becomes a few rows. `units`:
    the units of those that add up with the request. The database only counts; it adds up no figures."""
    about = select(
        _only(changes.c.customer_id, requested.customer).label("customer"),
        _only(changes.c.asker, person).label("person"),
        case((_adds_up_with(requested), changes.c.amount)).label("units"),
        changes.c.worth,
        changes.c.currency,
    ).where(*where)
    columns = about.subquery().c
    return select(*columns, func.count().label("times")).group_by(*columns)


def _only(column: ColumnElement[str], value: str) -> ColumnElement[str]:
    """The column where it has this value; elsewhere NULL, for all others together."""
    return case((column == value, column))


def _adds_up_with(requested: ChangeInput) -> ColumnElement[bool]:
    """Whether a change counts towards the same total, by its own amount."""
    daily = registry.of(requested).daily
    if daily is None:
        return false()
    of_kinds = [
        kind.id
        for kind in registry.KINDS
        if kind.daily is not None and kind.daily.field == daily.field and not kind.moves_otherwise
    ]
    same = changes.c.input[daily.field].as_string() == str(getattr(requested, daily.field))
    return and_(changes.c.kind.in_(of_kinds), same)


async def _moved_otherwise(connection: AsyncConnection, *where: ColumnElement[bool]) -> list[Movement]:
    """The movements of kinds whose amount alone does not say what they move; without their worth."""
    kinds = [kind.id for kind in registry.KINDS if kind.moves_otherwise]
    rows = await connection.execute(select(*_COLUMNS).where(*where, changes.c.kind.in_(kinds)))
    return [Movement(row.customer_id, row.asker, _units(row)) for row in rows]


def _units(row: Any) -> Mapping[str, Decimal]:
    return registry.kind(row.kind).moved(stored.read_input(row.input), row.amount, row.before)


def _worth(row: Any) -> Worth | None:
    return None if row.worth is None else Worth(row.worth, row.currency)
