"""Who has a Home tab open, and which customers they looked at, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.access.people import Actor
from bot.home import repository
from bot.home.repository import MOST_RECENT, OPEN_FOR
from bot.store.database import Database
from tests.engines import on_sqlite


async def look_up(
    database: Database, customer_id: str, person: str = "U1", env: str = "sandbox", later: int = 0
) -> None:
    moment = NOW + later * SECOND
    await repository.note_customers(database, env, {(person, customer_id): moment})


NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


async def test_last_customers_are_kept_newest_first_and_each_once(database: Database) -> None:
    for number in range(MOST_RECENT + 3):
        await look_up(database, f"cus_{number}", later=number)
    await look_up(database, "cus_5", later=60)
    customers = await repository.recent(database, "U1", "sandbox")
    assert customers == [
        "cus_5",
        *(f"cus_{number}" for number in reversed(range(3, MOST_RECENT + 3)) if number != 5),
    ]


@on_sqlite
async def test_customers_of_others_and_of_the_other_environment_are_not_mixed_in(database: Database) -> None:
    for person, env, customer in (("U1", "live", "a"), ("U1", "sandbox", "b"), ("U2", "live", "c")):
        await look_up(database, customer, person, env)
    assert await repository.recent(database, "U1", "live") == ["a"]
    assert await repository.recent(database, "U2", "sandbox") == []


async def test_customers_looked_up_at_once_are_all_noted(database: Database) -> None:
    await asyncio.gather(*(look_up(database, f"cus_{number % 3}", env="live") for number in range(9)))
    assert sorted(await repository.recent(database, "U1", "live")) == ["cus_0", "cus_1", "cus_2"]


async def test_tab_counts_as_open_for_some_hours_after_it_was_opened(database: Database) -> None:
    await repository.note_open(database, Actor("U1", "T1"), NOW)
    await repository.note_open(database, Actor("U2", "T1"), NOW + SECOND)
    await repository.note_open(database, Actor("U1", "T2"), NOW + 2 * SECOND)
    assert await repository.opened(database, NOW + 2 * SECOND) == [Actor("U1", "T2"), Actor("U2", "T1")]
    assert await repository.opened(database, NOW + OPEN_FOR + 2 * SECOND) == [Actor("U1", "T2")]
    assert await repository.opened(database, NOW + OPEN_FOR + 3 * SECOND) == []
    await repository.note_open(database, Actor("U3"), NOW + 2 * OPEN_FOR)
    assert await repository.opened(database, NOW) == [Actor("U3")], "the others are forgotten"


@on_sqlite
async def test_tabs_opened_last_are_redrawn_when_there_are_many(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_OPEN", 5)
    for number in range(6):
        await repository.note_open(database, Actor(f"U{number}"), NOW + number * SECOND)
    actors = await repository.opened(database, NOW + 5 * SECOND)
    assert actors == [Actor(f"U{number}") for number in (5, 4, 3, 2, 1)]


async def test_several_people_are_noted_at_once(database: Database) -> None:
    looked_up = {(person, customer): NOW for person in ("U1", "U2") for customer in ("a", "b")}
    await repository.note_customers(database, "live", looked_up)
    assert await repository.recent(database, "U2", "live") == ["a", "b"]


async def test_of_many_customers_noted_at_once_the_last_are_kept(database: Database) -> None:
    await look_up(database, "cus_3")
    many = {("U1", f"cus_{number}"): NOW + number * SECOND for number in range(MOST_RECENT + 3)}
    await repository.note_customers(database, "live", many | {("U2", "cus_0"): NOW})
    await repository.note_customers(database, "live", {("U1", "cus_5"): NOW + 60 * SECOND})
    assert await repository.recent(database, "U1", "live") == [
        "cus_5",
        *(f"cus_{number}" for number in reversed(range(3, MOST_RECENT + 3)) if number != 5),
    ]
    assert await repository.recent(database, "U2", "live") == ["cus_0"]
    assert await repository.recent(database, "U1", "sandbox") == ["cus_3"]
