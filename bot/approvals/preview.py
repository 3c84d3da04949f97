"""Reading Autumn for a change: to preview it, and to read back what became of it."""

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from bot.access.limits import NOTHING_MOVED, Today, Tolerance
from bot.approvals import change_records
from bot.approvals.daily_limits import TodayCounter, count
from bot.approvals.lifecycle import Record, State
from bot.approvals.names import CustomerNames
from bot.approvals.steps import Preview
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Environment
from bot.changes import canonical, registry
from bot.changes.common import recreated
from bot.changes.facts import gather, gather_for, quoted
from bot.changes.model import ChangeInput, Facts, Judgement, Needs, Now, Snapshot, Verdict
from bot.changes.notes import Note
from bot.changes.spec import DailyTotal
from bot.runtime import Runtime
from bot.store.database import Database
from bot.store.tables import changes

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Assessment:
    """A change, judged against facts."""

    input: ChangeInput
    facts: Facts
    judgement: Judgement
    preview: Preview | None
    """None if it is refused."""
    today: Today = NOTHING_MOVED


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What was read back."""

    verdict: Verdict
    after: Snapshot | None
    unread: bool = False
    """Autumn could not be read at all."""

    @property
    def now(self) -> str:
        """What was read back of an unconfirmed change, as a `Now`."""
        if self.unread:
            return Now.UNREAD
        if self.after is None:
            return Now.GONE
        return Now.ABSENT if self.verdict is Verdict.NOT_APPLIED else Now.UNCLEAR


class Sleep(Protocol):
    def __call__(self, seconds: float, /) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class ChangeTimeouts:
    """In seconds; tests shorten them."""

    lease: float = 60.0
    """A process that has not renewed its lease for this long is taken to be dead. Longer than any write
    takes, since the database may be out of reach for the whole of one."""
    renew: float = 5.0
    """Between renewals of a lease."""
    polls: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
    """Before each read-back: organizations whose balances change through a queue lag behind."""
    verify: float = 8.0
    """For all read-backs of one change."""
    turn_timeout: float = 45.0
    """How long a change waits at most for another one of the same customer."""
    turn_poll: float = 0.25
    """Between attempts to get a turn."""
    limited: float = 20.0
    """How long the writes of one change may wait for Autumn's rate limit."""
    limited_pause: float = 1.0
    """Before a write is sent again, unless Autumn says how long to wait."""
    sweep: float = 5.0
    """Between sweeps."""

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)


def assess(requested: ChangeInput, facts: Facts, now: datetime, today: Today = NOTHING_MOVED) -> Assessment:
    """Pure. `today`: what other changes have moved today."""
    kind = registry.of(requested)
    judgement = kind.guard(requested, facts, now)
    if not judgement.allowed:
        return Assessment(requested, facts, judgement, None, today)
    before = kind.snapshot(requested, facts)
    amount = kind.amount(requested, before)
    judgement = replace(
        judgement, warnings=(*judgement.warnings, *_same_day(kind.daily, requested, amount, today))
    )
    preview = Preview(
        before=before,
        lines=kind.preview(requested, facts),
        warnings=judgement.warnings,
        amount=amount,
        products=kind.products(requested, facts),
        rewards=kind.rewards(requested, facts),
        worth=kind.worth(requested, amount, before, facts),
    )
    return Assessment(requested, facts, judgement, preview, today)


def _same_day(
    daily: DailyTotal | None, requested: ChangeInput, amount: Decimal | None, today: Today
) -> tuple[Note, ...]:
    if daily is None or amount is None or not today.count:
        return ()
    details = {
        "nth": str(today.count + 1),
        "units": canonical.number(today.units + amount),
        daily.field: getattr(requested, daily.field),
    }
    return (Note(daily.note, details),)


class EarlierChanges:
    """What the guards need to know about earlier changes, which Autumn does not report."""

    def __init__(self, database: Database, env: Environment) -> None:
        self._database = database
        self._env = env

    async def complete(self, kind_id: str, facts: Facts) -> Facts:
        """The facts, completed for kinds that need the customer's history."""
        kind = registry.kind(kind_id)
        if Needs.HISTORY not in kind.needs:
            return facts
        records = await change_records.find(
            self._database,
            changes.c.customer_id == facts.customer.id,
            changes.c.env == self._env,
            changes.c.kind == kind_id,
            changes.c.state == State.APPLIED,
            newest_first=True,
            limit=_MOST,
        )
        return kind.with_history(facts, [record.input for record in records])


class Assessor:
    """`names` learns from what is read, so that a change's cards need not read it again."""

    def __init__(
        self,
        runtime: Runtime,
        names: CustomerNames,
        timeouts: ChangeTimeouts,
        tolerance: Tolerance,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._database = runtime.database
        self._autumn = runtime.autumn
        self._environment = runtime.environment
        self._now = runtime.now
        self._history = EarlierChanges(runtime.database, runtime.environment)
        self._names = names
        self._timeouts = timeouts
        self._tolerance = tolerance
        self._sleep = sleep

    async def read_facts(self, kind: str, customer_id: str, entity: str = "") -> Facts:
        """Reads the facts for a form. Raises AutumnError."""
        facts = await gather_for(self._autumn, kind, customer_id, now=self._now, entity=entity)
        return await self._complete(kind, customer_id, facts)

    async def read_and_assess(self, requested: ChangeInput, today: Today) -> Assessment:
        """Reads the customer, then assesses. Raises AutumnError; NotFound if the customer is gone."""
        facts = await self._complete(
            requested.kind, requested.customer, await gather(self._autumn, requested, now=self._now)
        )
        return await self._quoted(requested, facts, today)

    async def assess_on(self, facts: Facts, counter: TodayCounter, today: Today | None = None) -> Assessment:
        """Assesses it on facts that were read before, and Autumn's preview if any. Raises AutumnError.
        `today`: the day's total, if it was counted before."""
        facts = replace(facts, quote=None, quote_refused="")
        if today is None:
            today = await count(self._database, counter, self._now())
        return await self._quoted(counter.requested, facts, today)

    async def _quoted(self, requested: ChangeInput, facts: Facts, today: Today) -> Assessment:
        kind = registry.of(requested)
        if kind.quotes(requested) and kind.guard(requested, facts, self._now()).allowed:
            facts = await quoted(self._autumn, requested, facts, now=self._now)
        return assess(requested, facts, self._now(), today)

    def still_holds(self, requested: ChangeInput, previewed: Snapshot, current: Snapshot) -> bool:
        """Whether the preview is still valid, or the facts moved no further than the policy tolerates."""
        kind = registry.of(requested)
        if kind.holds(requested, previewed, current):
            return True
        return kind.tolerates(requested, previewed, current, self._tolerance)

    async def await_effect(self, record: Record, *, once: bool = False) -> ReadBack:
        """Reads back what became of a change.

        Some organizations apply changes a little later, so it reads again until the change shows up or time
        runs out; with `once` it stops at the first clear answer. Never raises: unreadable means unclear.
        """
        read_back = ReadBack(Verdict.UNCLEAR, None, unread=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timeouts.verify):
                for wait in self._timeouts.polls:
                    await self._sleep(wait)
                    read_back = await self.read_back_once(record) or read_back
                    verdict = read_back.verdict
                    if verdict is Verdict.APPLIED or (once and verdict is Verdict.NOT_APPLIED):
                        break
        return read_back

    async def read_back_once(self, record: Record) -> ReadBack | None:
        """Reads back once; None if Autumn cannot be read."""
        kind = registry.kind(record.kind)
        try:
            facts = await gather(self._autumn, record.input, now=self._now, customer_first=True)
        except NotFound:
            after = None
        except AutumnError:
            return None
        else:
            # A later customer with the same id is not the one that was changed.
            if recreated(record.input, facts.customer) or facts.entity_gone:
                after = None
            else:
                self._names.learn(record.customer_id, facts)
                read = kind.snapshot(record.input, facts)
                after = kind.credited(record.input, facts, record.proof, read)
        return ReadBack(kind.verify(record.input, record.before, after), after)

    async def _complete(self, kind: str, customer_id: str, facts: Facts) -> Facts:
        self._names.learn(customer_id, facts)
        return await self._history.complete(kind, facts)


def inverse(record: Record, after: Snapshot | None) -> ChangeInput | None:
    """The change that reverses an applied one; None if it cannot be reversed."""
    if after is None:
        return None
    reverse = registry.kind(record.kind).inverse(record.input, record.before, after)
    if reverse is None:
        return None
    pinned = {"customer_created_at": record.input.customer_created_at, "entity": record.input.entity}
    undo: ChangeInput = reverse.model_copy(update=pinned)
    return undo
