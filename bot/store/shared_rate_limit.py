"""Rate limits that all replicas share: together they stay within the limits of one.

PostgreSQL holds a row for each of Autumn's rate-limit groups. A caller advances the row's time by one
request, in one statement and by the database's clock, and learns how long to wait before it sends. If the
database does not answer, a replica continues on its own at a fraction of the limits.
"""

import asyncio
import hashlib
from collections.abc import Callable
from math import inf

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.autumn.throttle import Limits, RateGroup, Throttle, burst
from bot.log import log
from bot.store.database import Database, unbroken

_ALONE = 0.2
"""The share of the limits a replica takes without the database; five replicas stay within them."""
_ANSWER = 1.0
"""Seconds to wait for the database to grant a turn."""
_AGAIN = 5.0
"""Seconds before a database that did not answer is tried again."""
_SECOND = 1_000_000

_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
# `free_at` is when the next request would be due at an even rate; a burst may run ahead of it. A
# time more than an hour ahead was written before the database's clock was set back, and is ignored.
_TAKE = text(
    f"""
    INSERT INTO turns AS mine (name, free_at) VALUES (:name, {_NOW} + :apart)
    ON CONFLICT (name) DO UPDATE
    SET free_at = :apart + CASE
        WHEN mine.free_at > {_NOW} + 3600000000 THEN {_NOW}
        ELSE greatest(mine.free_at, {_NOW})
    END
    WHERE mine.free_at - {_NOW} - :ahead <= :within OR mine.free_at > {_NOW} + 3600000000
    RETURNING free_at - :apart - :ahead - {_NOW}
    """  # noqa: S608 - all of it is here
)
# Rows whose time has passed have no effect. Several replicas may delete them at once.
_FORGET = text(
    f"""
    DELETE FROM turns WHERE name IN (
        SELECT name FROM turns WHERE free_at < {_NOW} - 60000000 ORDER BY name FOR UPDATE SKIP LOCKED
    )
    """  # noqa: S608 - all of it is here
)


class SharedRateLimit:
    """The `SharedRate` of all replicas that use the same key on one PostgreSQL.

    `alone` is called for each turn taken without the database. Close it with `aclose` before the database.
    """

    def __init__(self, database: Database, limits: Limits, key: str, *, alone: Callable[[], None]) -> None:
        self._database = database
        self._limits = limits
        self._whose = _hashed(key)
        self._alone = alone
        self._own = Throttle(limits.part(_ALONE))
        # A flood of requests must leave connections for the rest of Maple.
        self._asking = asyncio.Semaphore(2)
        self._under_way: set[asyncio.Task[float]] = set()
        self._lost_until: float | None = None

    async def aclose(self) -> None:
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def turn(self, group: RateGroup, customer_id: str = "", *, within: float = inf) -> None:
        """Waits until a request of this group may be sent. Raises TimeoutError at once, and takes no turn, if
        that is more than `within` seconds away."""
        rate = self._limits.rate(group)
        if rate is None:
            return
        name = f"{self._whose}:{group.name.lower()}"
        if group is RateGroup.EVENTS:
            name += f":{_hashed(customer_id)}"
        wait = await self._asked(name, rate, min(within, 3600.0))
        if wait is None:
            self._alone()
            await self._own.turn(group, customer_id, within=within)
            return
        if wait > within:
            raise TimeoutError
        if wait > 0:
            await asyncio.sleep(wait)

    async def _asked(self, name: str, rate: float, within: float) -> float | None:
        """Seconds to wait, infinite if longer than `within`; None when the database does not answer."""
        async with self._asking:
            if self._still_lost():
                return None
            try:
                wait = await self._in_time(name, rate, within)
            except (SQLAlchemyError, OSError) as error:
                self._lose(error)
                return None
            self._find()
            return wait

    async def _in_time(self, name: str, rate: float, within: float) -> float:
        # When it takes too long it is left to finish: a statement must not be interrupted.
        task = asyncio.create_task(_take(self._database, name, rate, within))
        self._under_way.add(task)
        task.add_done_callback(self._done)
        async with asyncio.timeout(_ANSWER):
            return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[float]) -> None:
        self._under_way.discard(task)
        # Marks the exception as retrieved, in case nobody is waiting.
        task.exception()

    def _still_lost(self) -> bool:
        return self._lost_until is not None and asyncio.get_running_loop().time() < self._lost_until

    def _lose(self, error: Exception) -> None:
        if self._lost_until is None:
            log.warning("rate limit not shared", error=type(error).__name__)
        self._lost_until = asyncio.get_running_loop().time() + _AGAIN

    def _find(self) -> None:
        if self._lost_until is not None:
            log.info("rate limit shared again")
            self._lost_until = None


@unbroken
async def _take(database: Database, name: str, rate: float, within: float) -> float:
    """Seconds to wait; infinite, with no turn taken, if that is longer than `within`."""
    parameters = {
        "name": name,
        "apart": round(_SECOND / rate),
        "ahead": round(_SECOND * (burst(rate) - 1) / rate),
        "within": round(_SECOND * within),
    }
    async with database.each() as connection:
        wait = (await connection.execute(_TAKE, parameters)).scalar_one_or_none()
    return inf if wait is None else wait / _SECOND


@unbroken
async def forget(database: Database) -> None:
    """Deletes rows whose time is long past. There are none on SQLite."""
    if database.sqlite:
        return
    async with database.each() as connection:
        await connection.execute(_FORGET)


def _hashed(secret: str) -> str:
    """Distinguishes secrets without revealing them."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()[:32]
