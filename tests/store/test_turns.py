"""Autumn's rate limits, shared by replicas on one PostgreSQL."""

import asyncio
import io
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Protocol

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bot.autumn.client import Autumn, Limits, RetryPolicy
from bot.autumn.errors import RateLimited, TimedOut
from bot.autumn.models import RewardList
from bot.autumn.throttle import RateGroup, Throttle
from bot.store import shared_rate_limit
from bot.store.database import Database
from bot.store.shared_rate_limit import SharedRateLimit
from sandbox.autumn import LocalAutumn
from tests.databases import fresh
from tests.relay import Relay

KEY = "am_sk_test_SecretSecretSecret"
LIMITS = Limits(general=10, customers_list=4, events_per_customer=2)
ONCE = RetryPolicy(attempts=1)
AT_ONCE = 0.05
"""Seconds: less than the time between two turns."""


class Replica:
    """The database and the rate limit of one process."""

    def __init__(self, url: str, *, limits: Limits = LIMITS, key: str = KEY) -> None:
        self.alone = 0
        self.database = Database(url)
        self.turns = SharedRateLimit(self.database, limits, key, alone=self._count)

    def _count(self) -> None:
        self.alone += 1

    async def ready(self) -> "Replica":
        """Opens its connections, which on a busy machine takes longer than a turn may."""
        for _ in range(10):
            opened = await asyncio.gather(*(rows(self.database) for _ in range(2)), return_exceptions=True)
            if not any(isinstance(result, BaseException) for result in opened):
                break
        return self

    async def admitted(self, group: RateGroup, customer_id: str = "", *, of: int = 12) -> int:
        """How many callers get a turn at once."""

        async def one() -> bool:
            try:
                await self.turns.turn(group, customer_id, within=AT_ONCE)
            except TimeoutError:
                return False
            return True

        return sum(await asyncio.gather(*(one() for _ in range(of))))

    async def aclose(self) -> None:
        await self.turns.aclose()
        await self.database.aclose()


class Replicas(Protocol):
    def __call__(self, url: str, *, limits: Limits = LIMITS) -> Replica: ...


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps a busy machine from being taken for an unreachable database."""
    monkeypatch.setattr(shared_rate_limit, "_ANSWER", 30)


@pytest.fixture
async def replica() -> AsyncIterator[Replicas]:
    """Makes replicas, and closes them however the test ends."""
    async with AsyncExitStack() as stack:

        def make(url: str, *, limits: Limits = LIMITS) -> Replica:
            created = Replica(url, limits=limits)
            stack.push_async_callback(created.aclose)
            return created

        yield make


@pytest.fixture
async def two_replicas(replica: Replicas) -> tuple[Replica, Replica]:
    url = fresh("postgresql")
    return await replica(url).ready(), await replica(url).ready()


async def rows(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT name FROM turns ORDER BY name"))).scalars())


async def free_at(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(text("SELECT free_at FROM turns"))).scalar_one())


@pytest.mark.parametrize(
    ("group", "rate"), [(RateGroup.GENERAL, 10), (RateGroup.CUSTOMERS_LIST, 4), (RateGroup.EVENTS, 2)]
)
async def test_two_replicas_share_one_rate(
    two_replicas: tuple[Replica, Replica], group: RateGroup, rate: int
) -> None:
    started = time.monotonic()
    counts = await asyncio.gather(*(member.admitted(group, "cus_1", of=rate) for member in two_replicas))
    passed = time.monotonic() - started + AT_ONCE
    assert rate <= sum(counts) <= rate + rate * passed + 1


async def test_unlimited_calls_take_no_slot(two_replicas: tuple[Replica, Replica]) -> None:
    assert await two_replicas[0].admitted(RateGroup.CHECK) == 12
    assert await rows(two_replicas[0].database) == []


async def test_customers_and_keys_have_separate_rates(two_replicas: tuple[Replica, Replica]) -> None:
    other_key = SharedRateLimit(two_replicas[0].database, LIMITS, "am_sk_live_Other", alone=lambda: None)
    await two_replicas[0].turns.turn(RateGroup.EVENTS, "cus_1", within=0)
    await two_replicas[1].turns.turn(RateGroup.EVENTS, "cus_2", within=0)
    await other_key.turn(RateGroup.EVENTS, "cus_1", within=0)
    names = await rows(two_replicas[0].database)
    assert len(names) == 3
    assert not any(word in name for name in names for word in ("cus_", "am_sk", "Secret"))


async def test_caller_that_cannot_wait_takes_no_slot(replica: Replicas) -> None:
    url = fresh("postgresql")
    first, second = (replica(url, limits=Limits(general=0.1)) for _ in range(2))
    await first.turns.turn(RateGroup.GENERAL)
    before = await free_at(first.database)
    for member in (first, second):
        assert await member.admitted(RateGroup.GENERAL) == 0
    assert await free_at(first.database) == before


async def test_caller_that_can_wait_gets_a_slot(two_replicas: tuple[Replica, Replica]) -> None:
    for _ in range(2):
        await two_replicas[0].turns.turn(RateGroup.EVENTS, "cus_1")
    await two_replicas[1].turns.turn(RateGroup.EVENTS, "cus_1", within=2)


async def test_slow_rate_still_lets_one_through(replica: Replicas) -> None:
    slow = await replica(fresh("postgresql"), limits=Limits(general=0.1)).ready()
    assert await slow.admitted(RateGroup.GENERAL) == 1


async def test_time_of_another_clock_delays_nobody(two_replicas: tuple[Replica, Replica]) -> None:
    member = two_replicas[0]
    await member.turns.turn(RateGroup.GENERAL)
    async with member.database.writing() as connection:
        await connection.execute(text("UPDATE turns SET free_at = free_at + 86400000000"))
    assert await member.admitted(RateGroup.GENERAL, of=10) == 10


async def test_old_rates_are_deleted(two_replicas: tuple[Replica, Replica]) -> None:
    first = two_replicas[0]
    for number in range(3):
        await first.turns.turn(RateGroup.EVENTS, f"cus_{number}")
    async with first.database.writing() as connection:
        await connection.execute(text("UPDATE turns SET free_at = free_at - 3600000000"))
    await first.turns.turn(RateGroup.GENERAL)
    await asyncio.gather(*(shared_rate_limit.forget(member.database) for member in two_replicas))
    (row,) = await rows(first.database)
    assert row.endswith(":general")


# A flood


class FourClients:
    """Four bots' clients asking one local Autumn as fast as they may."""

    def __init__(self, autumn: LocalAutumn, replicas: list[Replica] | None) -> None:
        self._clients = [
            Autumn(
                key=SecretStr(autumn.key),
                url=autumn.url,
                limits=LIMITS,
                retry_policy=ONCE,
                rate=replicas[number].turns if replicas else None,
            )
            for number in range(4)
        ]

    async def run(self, per_client: int) -> int:
        """How many were refused with 429."""
        reads = [client.rewards() for client in self._clients for _ in range(per_client)]
        try:
            answers = await asyncio.gather(*reads, return_exceptions=True)
        finally:
            for client in self._clients:
                await client.aclose()
        assert {type(answer) for answer in answers} <= {RewardList, RateLimited}
        return sum(isinstance(answer, RateLimited) for answer in answers)


def early_calls(autumn: LocalAutumn, started: datetime) -> int:
    """How many calls came before one bot alone would have made them: a burst, then an even rate.

    A busy machine can only make calls later. A hundredth of a second is for the clocks.
    """
    calls = sorted((call.at - started).total_seconds() for call in autumn.calls)
    return sum(
        at + 0.01 < (called_at - LIMITS.general) / LIMITS.general for called_at, at in enumerate(calls, 1)
    )


async def test_four_replicas_together_keep_to_the_limits(replica: Replicas) -> None:
    url = fresh("postgresql")
    replicas = [await replica(url).ready() for _ in range(4)]
    async with LocalAutumn.running(seed="demo") as autumn:
        started = datetime.now(UTC)
        assert await FourClients(autumn, replicas).run(6) == 0
        assert len(autumn.calls) == 24
        assert early_calls(autumn, started) == 0
    assert [member.alone for member in replicas] == [0, 0, 0, 0]


async def test_separate_limits_would_be_exceeded() -> None:
    async with LocalAutumn.running(seed="demo") as autumn:
        started = datetime.now(UTC)
        assert await FourClients(autumn, None).run(10) > 0
        assert early_calls(autumn, started) > 0


# Without the database


async def test_replica_without_the_database_uses_a_fraction(replica: Replicas, logs: io.StringIO) -> None:
    async with Relay.to(fresh("postgresql")) as relay:
        lone = replica(relay.url)
        assert await lone.admitted(RateGroup.GENERAL, of=3) == 3
        await relay.cut()
        for _ in range(2):
            await lone.turns.turn(RateGroup.GENERAL, within=10)
            await lone.turns.turn(RateGroup.EVENTS, "cus_1", within=10)
            lone.turns._own = Throttle(LIMITS)  # its own limits are tested below
        assert lone.alone == 4
        assert logs.getvalue().count("rate limit not shared") == 1
        await relay.mend()
        lone.turns._lost_until = 0.0
        await lone.turns.turn(RateGroup.GENERAL, within=1)
        assert lone.alone == 4
        assert logs.getvalue().count("rate limit shared again") == 1


async def test_replica_on_its_own_uses_a_fifth(replica: Replicas) -> None:
    async with Relay.to(fresh("postgresql")) as relay:
        lone = replica(relay.url)
        await relay.cut()
        fifth = LIMITS.general / 5
        started = time.monotonic()
        waiting = [asyncio.create_task(lone.turns.turn(RateGroup.GENERAL)) for _ in range(10)]
        async with asyncio.timeout(30):
            for turn in itertools.islice(asyncio.as_completed(waiting), round(fifth)):
                await turn
        done, late = await asyncio.wait(waiting, timeout=0.1)
        assert fifth <= len(done) <= fifth + fifth * (time.monotonic() - started)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def test_silent_database_delays_nobody(replica: Replicas, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Relay.to(fresh("postgresql")) as relay:
        lone = replica(relay.url)
        await lone.turns.turn(RateGroup.GENERAL)
        monkeypatch.setattr(shared_rate_limit, "_ANSWER", 0.05)
        relay.stall()
        async with asyncio.timeout(30):
            await lone.turns.turn(RateGroup.GENERAL)
        assert lone.alone == 1
        await relay.cut()


async def test_read_that_would_wait_too_long_fails(replica: Replicas) -> None:
    limited = await replica(fresh("postgresql"), limits=Limits(general=0.01)).ready()
    await limited.turns.turn(RateGroup.GENERAL)
    async with LocalAutumn.running(seed="empty") as local:
        hurried = Autumn(
            key=SecretStr(local.key), url=local.url, retry_policy=RetryPolicy(whole=50), rate=limited.turns
        )
        started = time.monotonic()
        with pytest.raises(TimedOut):
            await hurried.plans()
        assert time.monotonic() - started < 50
        assert local.calls == []
        await hurried.aclose()
