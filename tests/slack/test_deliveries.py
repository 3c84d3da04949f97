"""Which of Slack's deliveries were handled before."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from bot.background import BackgroundTasks
from bot.slack.deliveries import Deliveries
from bot.store.database import Database

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def replica_deliveries(database: Database, clock: list[float] | None = None) -> Deliveries:
    """One replica's view of the deliveries."""
    seconds = clock or [0.0]
    return Deliveries(database, BackgroundTasks(), lambda: NOW, clock=lambda: seconds[0])


async def test_each_key_is_first_once_among_all_replicas(database: Database) -> None:
    replica, other_replica = replica_deliveries(database), replica_deliveries(database)
    assert [await replica.first("a"), await other_replica.first("a"), await replica.first("a")] == [
        True,
        False,
        False,
    ]
    assert await other_replica.first("b")


@pytest.mark.parametrize("ask", ["first", "probably_first"])
async def test_delivery_without_a_key_is_never_a_repeat(database: Database, ask: str) -> None:
    replica = replica_deliveries(database)
    assert [await getattr(replica, ask)("") for _ in range(2)] == [True, True]


async def test_without_the_database_a_replica_still_knows_its_own_deliveries(database: Database) -> None:
    clock = [0.0]
    replica = replica_deliveries(database, clock)
    async with database.writing() as connection:
        await connection.execute(text("ALTER TABLE deliveries RENAME TO lost"))
    assert [await replica.probably_first("a") for _ in range(2)] == [True, False]
    clock[0] = 601.0
    assert await replica.probably_first("a"), "too long ago to be a repeat"
