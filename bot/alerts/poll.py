"""Looks once an hour through Autumn's customers for what Autumn sends no message about: payments that failed,
which show as past due. It reuses the digests' scan, without previews."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from sqlalchemy import select, update

from bot.alerts import deliveries, repository
from bot.alerts.deliveries import ReportedOccurrence
from bot.alerts.sources import past_due
from bot.runtime import Runtime
from bot.store.database import Database, insert, unbroken
from bot.store.tables import alert_polls

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PastDueCustomer:
    """A customer who is past due, as the scan for digests finds them."""

    customer: str
    plans: tuple[str, ...]
    billed_at: datetime | None
    """When the period began that is unpaid."""


FindPastDue: TypeAlias = Callable[[], Awaitable[Sequence[PastDueCustomer]]]
"""All that are past due now."""


class PastDuePoll:
    def __init__(self, runtime: Runtime, find: FindPastDue, *, every: float) -> None:
        """`every`: seconds between two looks."""
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._find = find
        self._every = timedelta(seconds=every)

    async def tick(self) -> int:
        """Looks if it is due and anyone has subscribed. Returns the number of deliveries to make. Raises what
        `find` raises; even then the next look is due an hour later.

        Only subscriptions that were active at the previous look get an alert: what was past due before
        someone subscribed is not news.
        """
        now = self._now()
        if not await self._anybody_subscribed():
            return 0
        claimed = await _claim(self._database, self._env, now=now, next_at=now + self._every)
        if not claimed:
            return 0
        past_due_now = await self._find()
        before = await _polled_at(self._database, self._env)
        count = await deliveries.note(
            self._database,
            self._env,
            self._reports(past_due_now),
            now=self._now(),
            polled=True,
            active_before=before or _NEVER,
        )
        await _done(self._database, self._env, began=now)
        return count

    async def _anybody_subscribed(self) -> bool:
        active = await repository.active(self._database, self._env)
        return any(past_due.KEY in subscription.choice.sources for subscription in active)

    def _reports(self, past_due_now: Sequence[PastDueCustomer]) -> list[ReportedOccurrence]:
        return [
            ReportedOccurrence(
                past_due.KEY,
                occurrence,
                deliveries.lasting_event_id(self._env, past_due.KEY, occurrence.identity),
            )
            for customer in past_due_now
            for occurrence in past_due.polled(customer.customer, customer.plans, customer.billed_at)
        ]


@unbroken
async def _claim(database: Database, env: str, *, now: datetime, next_at: datetime) -> bool:
    """Whether the look that is due is the caller's: of all replicas, one gets it."""
    values = {"env": env, "polled_at": None, "next_at": next_at}
    async with database.writing() as connection:
        claimed = await connection.execute(
            insert(connection, alert_polls, values)
            .on_conflict_do_update(
                index_elements=[alert_polls.c.env],
                set_={"next_at": next_at},
                where=alert_polls.c.next_at <= now,
            )
            .returning(alert_polls.c.env)
        )
        return claimed.one_or_none() is not None


@unbroken
async def _polled_at(database: Database, env: str) -> datetime | None:
    """When the last look that was finished began."""
    async with database.reading() as connection:
        rows = await connection.execute(select(alert_polls.c.polled_at).where(alert_polls.c.env == env))
        polled_at: datetime | None = rows.scalar_one_or_none()
    return polled_at


@unbroken
async def _done(database: Database, env: str, *, began: datetime) -> None:
    async with database.writing() as connection:
        await connection.execute(update(alert_polls).where(alert_polls.c.env == env).values(polled_at=began))
