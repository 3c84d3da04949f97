"""Reading Autumn for a change: to judge and preview it, and to see what became of it."""

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from bot.approvals.daily_limits import NOTHING, Counter, Today, count
from bot.approvals.lifecycle import Record
from bot.approvals.names import CustomerNames
from bot.approvals.proposal import Preview
from bot.approvals.refusal_history import Known
from bot.approvals.timeouts import ChangeTimeouts
from bot.autumn.errors import AutumnError, NotFound
from bot.changes import canonical, registry
from bot.changes.common import recreated
from bot.changes.facts import gather, gather_for
from bot.changes.model import ChangeInput, Facts, Judgement, Now, Snapshot, Verdict
from bot.changes.notes import Note
from bot.changes.spec import DailyTotal
from bot.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Assessment:
    """A change, seen against facts."""

    input: ChangeInput
    facts: Facts
    judgement: Judgement
    preview: Preview | None
    """None when the judgement refuses it."""
    today: Today = NOTHING


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What was read back."""

    verdict: Verdict
    after: Snapshot | None
    unread: bool = False
    """Autumn could not be read at all."""

    @property
    def now(self) -> str:
        """What to say of a change that may have happened: a `Now`."""
        if self.unread:
            return Now.UNREAD
        if self.after is None:
            return Now.GONE
        return Now.ABSENT if self.verdict is Verdict.NOT_APPLIED else Now.UNCLEAR


class Sleep(Protocol):
    def __call__(self, seconds: float, /) -> Awaitable[None]: ...


def assess(asked: ChangeInput, facts: Facts, now: datetime, today: Today = NOTHING) -> Assessment:
    """Pure. `today`: what other changes moved."""
    kind = registry.of(asked)
    judgement = kind.guard(asked, facts, now)
    if not judgement.allowed:
        return Assessment(asked, facts, judgement, None, today)
    before = kind.snapshot(asked, facts)
    amount = kind.amount(asked, before)
    judgement = replace(judgement, warnings=(*judgement.warnings, *_same_day(kind.daily, amount, today)))
    preview = Preview(
        before=before,
        lines=kind.preview(asked, facts),
        warnings=judgement.warnings,
        amount=amount,
        products=kind.products(asked, facts),
        rewards=kind.rewards(asked, facts),
    )
    return Assessment(asked, facts, judgement, preview, today)


def _same_day(daily: DailyTotal | None, amount: Decimal | None, today: Today) -> tuple[Note, ...]:
    if daily is None or amount is None or not today.count:
        return ()
    details = {"nth": str(today.count + 1), "units": canonical.number(today.units + amount)}
    return (Note(daily.note, details),)


class Assessor:
    """`names` keeps what is read along, so that a change's cards need not ask for it again."""

    def __init__(
        self, runtime: Runtime, names: CustomerNames, timeouts: ChangeTimeouts, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._database = runtime.database
        self._autumn = runtime.autumn
        self._environment = runtime.environment
        self._now = runtime.now
        self._history = Known(runtime.database, runtime.environment)
        self._names = names
        self._timeouts = timeouts
        self._sleep = sleep

    async def open(self, kind: str, customer_id: str) -> Facts:
        """The facts for a form. Raises AutumnError."""
        return await self._complete(
            kind, customer_id, await gather_for(self._autumn, kind, customer_id, now=self._now)
        )

    async def look(self, asked: ChangeInput, *, change_id: str = "", undo_of: str = "") -> Assessment:
        """Raises AutumnError; NotFound when the customer is gone."""
        facts = await self._complete(
            asked.kind, asked.customer, await gather(self._autumn, asked, now=self._now)
        )
        return await self.look_at(asked, facts, change_id=change_id, undo_of=undo_of)

    async def look_at(
        self, asked: ChangeInput, facts: Facts, *, change_id: str = "", undo_of: str = ""
    ) -> Assessment:
        """From facts that were read before."""
        counter = Counter(self._environment, asked, change_id, undo_of)
        today = await count(self._database, counter, self._now())
        return assess(asked, facts, self._now(), today)

    async def look_again(self, record: Record) -> Assessment:
        """At a change that was asked for. Raises AutumnError; NotFound when the customer is gone."""
        return await self.look(record.input, change_id=record.id, undo_of=record.undo_of)

    async def see(self, record: Record, *, once: bool = False, answered: object = None) -> ReadBack:
        """What became of it; `answered`: what Autumn said when it accepted it.

        Some organizations' changes are done a little later, so it looks again until it is there or the time
        is up; with `once` a clear no is believed. Never raises: what cannot be read leaves it unclear.
        """
        seen = ReadBack(Verdict.UNCLEAR, None, unread=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timeouts.verify):
                for wait in self._timeouts.polls:
                    await self._sleep(wait)
                    seen = await self.read_back(record, answered) or seen
                    if seen.verdict is Verdict.APPLIED or (once and seen.verdict is Verdict.NOT_APPLIED):
                        break
        return seen

    async def read_back(self, record: Record, answered: object = None) -> ReadBack | None:
        """What is there now; None when Autumn cannot be read."""
        kind = registry.kind(record.kind)
        try:
            facts = await gather(self._autumn, record.input, now=self._now, customer_first=True)
        except NotFound:
            after = None
        except AutumnError:
            return None
        else:
            # A later customer with the same id is not the one that was changed.
            if recreated(record.input, facts.customer):
                after = None
            else:
                self._names.learn(record.customer_id, facts)
                read = kind.snapshot(record.input, facts)
                after = kind.credited(record.input, facts, answered, read)
        return ReadBack(kind.verify(record.input, record.before, after), after)

    async def _complete(self, kind: str, customer_id: str, facts: Facts) -> Facts:
        self._names.learn(customer_id, facts)
        return await self._history.complete(kind, facts)


def inverse(record: Record, after: Snapshot | None) -> ChangeInput | None:
    """The change that takes an applied one back."""
    back = None if after is None else registry.kind(record.kind).inverse(record.input, record.before, after)
    if back is None:
        return None
    undo: ChangeInput = back.model_copy(update={"customer_created_at": record.input.customer_created_at})
    return undo
