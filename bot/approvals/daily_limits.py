"""How much was already moved today by changes that add up: what the limits on a day are judged by.

A day is a day in UTC. It counts every change that was applied or may have been, undos too, by when it was
decided on. A change without a size counts for nothing here: it was judged as larger than any limit.
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
    """Of other changes that add up with this one."""

    count: int = 0
    units: Decimal = Decimal(0)


NOTHING = Today()


class TodayMoved(Exception):
    """Another change was let through since it was judged what may be done today."""

    def __init__(self, today: Today) -> None:
        super().__init__()
        self.today = today


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts for one change: leaves out the change itself, and the one that it undoes."""

    env: Environment
    asked: ChangeInput
    change_id: str = ""
    undo_of: str = ""

    async def count(self, connection: AsyncConnection, now: datetime) -> Today:
        if (daily := registry.of(self.asked).daily) is None:
            return NOTHING
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        counted = select(changes.c.amount).where(
            changes.c.env == self.env,
            changes.c.customer_id == self.asked.customer,
            changes.c.kind == self.asked.kind,
            changes.c.input[daily.field].as_string() == getattr(self.asked, daily.field),
            changes.c.state.in_(_COUNTED),
            changes.c.amount.is_not(None),
            changes.c.id.not_in((self.change_id, self.undo_of)),
            func.coalesce(changes.c.decided_at, changes.c.created_at) >= midnight,
        )
        amounts = (await connection.execute(counted)).scalars().all()
        return Today(len(amounts), sum(amounts, Decimal(0)))

    async def check(self, connection: AsyncConnection, now: datetime, expected: Today) -> None:
        """Raises TodayMoved when it is not what was expected; under the lock it stays so otherwise."""
        today = await self.count(connection, now)
        if today != expected:
            raise TodayMoved(today)

    async def lock(self, connection: AsyncConnection) -> None:
        """Until the transaction ends, nobody else lets a change that adds up with this one through.

        Before any other lock is taken. SQLite has one writing transaction at a time anyway.
        """
        daily = registry.of(self.asked).daily
        if connection.dialect.name == "sqlite" or daily is None:
            return
        name = "\0".join((self.env, self.asked.customer, getattr(self.asked, daily.field)))
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
        number = int.from_bytes(digest[:8], signed=True)
        await connection.execute(select(func.pg_advisory_xact_lock(number)))


@unbroken
async def count(database: Database, counter: Counter, now: datetime) -> Today:
    async with database.reading() as connection:
        return await counter.count(connection, now)
