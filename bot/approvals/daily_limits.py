"""What other changes have already moved today, for the policy's limits per day.

A day is a day in UTC. Every change that was applied or may have been counts, undos too, on the day it was
decided. A change without a size does not count: the policy treats it as larger than any limit.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.lifecycle import State
from bot.autumn.environment import Environment
from bot.changes import registry
from bot.changes.model import ChangeInput
from bot.store.database import Database, unbroken
from bot.store.tables import changes

_COUNTED = (State.APPROVED, State.APPLYING, State.APPLIED, State.UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class Today:
    """Other changes that add up with this one."""

    count: int = 0
    units: Decimal = Decimal(0)


NOTHING = Today()


class TodayMoved(Exception):
    """Another change was let through since today's total was counted."""

    def __init__(self, today: Today) -> None:
        super().__init__()
        self.today = today


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts for one change, without the change itself and the one it undoes."""

    env: Environment
    requested: ChangeInput
    change_id: str = ""
    undo_of: str = ""

    async def count(self, connection: AsyncConnection, now: datetime) -> Today:
        if (daily := registry.of(self.requested).daily) is None:
            return NOTHING
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        counted = select(changes.c.amount).where(
            changes.c.env == self.env,
            changes.c.customer_id == self.requested.customer,
            changes.c.kind == self.requested.kind,
            changes.c.input[daily.field].as_string() == getattr(self.requested, daily.field),
            changes.c.state.in_(_COUNTED),
            changes.c.amount.is_not(None),
            changes.c.id.not_in((self.change_id, self.undo_of)),
            func.coalesce(changes.c.decided_at, changes.c.created_at) >= midnight,
        )
        amounts = (await connection.execute(counted)).scalars().all()
        return Today(len(amounts), sum(amounts, Decimal(0)))

    async def check(self, connection: AsyncConnection, now: datetime, expected: Today) -> None:
        """Raises TodayMoved if the count is not the expected one. Under the lock it stays the same."""
        today = await self.count(connection, now)
        if today != expected:
            raise TodayMoved(today)

    async def lock(self, connection: AsyncConnection) -> None:
        """Nobody else can let a change through that adds up with this one until the transaction ends.

        Taken before any other lock. SQLite has one writing transaction at a time anyway.
        """
        daily = registry.of(self.requested).daily
        if connection.dialect.name == "sqlite" or daily is None:
            return
        name = "\0".join((self.env, self.requested.customer, getattr(self.requested, daily.field)))
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
        number = int.from_bytes(digest[:8], signed=True)
        await connection.execute(select(func.pg_advisory_xact_lock(number)))


@unbroken
async def count(database: Database, counter: Counter, now: datetime) -> Today:
    async with database.reading() as connection:
        return await counter.count(connection, now)
