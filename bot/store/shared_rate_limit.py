"""Turns at Autumn that all replicas share: together they keep to the limits of one.

One row for each of Autumn's rate-limit groups, in PostgreSQL. A caller moves the row's time on by one
request, in one statement and by the database's own clock, and is told how long to wait before it sends. Where
the database does not answer, a replica goes on by itself, at a fraction of the limits.
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
"""Of the limits, while the database is out of reach: five replicas are then still within them."""
_ANSWER = 1.0
"""Seconds that the database has to give a turn."""
_AGAIN = 5.0
"""Seconds after which a database that did not answer is asked again."""
_SECOND = 1_000_000

_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
# `free_at` is when all that was let through is through at the even rate; a burst may be ahead of it. A time
# that is an hour off was written by another clock than the database has now.
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
# As if they had never been: their time is past. Several replicas may do it at once.
_FORGET = text(
    f"""
    DELETE FROM turns WHERE name IN (
        SELECT name FROM turns WHERE free_at < {_NOW} - 60000000 ORDER BY name FOR UPDATE SKIP LOCKED
    )
    """  # noqa: S608 - all of it is here
)


class SharedRateLimit:
    """The `ChannelQueue` of all replicas that use the same key on one PostgreSQL.

    `alone` is called for each turn that is taken without the others. Close it with `aclose`, before the
    database.
    """

    def __init__(self, database: Database, limits: Limits, key: str, *, alone: Callable[[], None]) -> None:
        self._database = database
        self._limits = limits
        self._whose = _hashed(key)
        self._alone = alone
        self._own = Throttle(limits.part(_ALONE))
        # A flood of requests must not take all connections: the rest of Maple needs some.
        self._asking = asyncio.Semaphore(2)
        self._under_way: set[asyncio.Task[float]] = set()
        self._lost_until: float | None = None

    async def aclose(self) -> None:
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def turn(self, group: RateGroup, customer_id: str = "", *, within: float = inf) -> None:
        """Wait until a request of this group may be sent. Raises TimeoutError at once when that is later than
        `within` seconds from now; it then takes no turn."""
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
        """Seconds to wait, without end if that would be too long; None when the database does not say."""
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
        # Left to itself when it takes too long: a statement is not to be broken off.
        task = asyncio.create_task(_take(self._database, name, rate, within))
        self._under_way.add(task)
        task.add_done_callback(self._done)
        async with asyncio.timeout(_ANSWER):
            return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[float]) -> None:
        self._under_way.discard(task)
        # Seen, or nobody waits for it any more.
        task.exception()

    def _still_lost(self) -> bool:
        return self._lost_until is not None and asyncio.get_running_loop().time() < self._lost_until

    def _lose(self, error: Exception) -> None:
        if self._lost_until is None:
            log.warning("turns not shared", error=type(error).__name__)
        self._lost_until = asyncio.get_running_loop().time() + _AGAIN

    def _find(self) -> None:
        if self._lost_until is not None:
            log.info("turns shared again")
            self._lost_until = None


@unbroken
async def _take(database: Database, name: str, rate: float, within: float) -> float:
    """Seconds to wait; infinite when no turn was taken, since it would have been too late."""
    given = {
        "name": name,
        "apart": round(_SECOND / rate),
        "ahead": round(_SECOND * (burst(rate) - 1) / rate),
        "within": round(_SECOND * within),
    }
    async with database.each() as connection:
        wait = (await connection.execute(_TAKE, given)).scalar_one_or_none()
    return inf if wait is None else wait / _SECOND


@unbroken
async def forget(database: Database) -> None:
    """Drops the turns that are long past; there are only shared ones on PostgreSQL."""
    if database.sqlite:
        return
    async with database.each() as connection:
        await connection.execute(_FORGET)


def _hashed(secret: str) -> str:
    """Tells it from others, and does not tell what it is."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()[:32]
