import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import audit
from bot.store.audit import Head
from bot.store.database import Database
from bot.store.tables import audit as table
from bot.store.tables import audit_head
from tests.engines import on_sqlite

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
MANY = 15
TRIGGERS = {
    "sqlite": (
        "DROP TRIGGER audit_update",
        "DROP TRIGGER audit_delete",
        "DROP TRIGGER audit_head_update",
        "DROP TRIGGER audit_head_delete",
        "DROP TRIGGER audit_head_last",
    ),
    "postgresql": ("ALTER TABLE audit DISABLE TRIGGER USER", "ALTER TABLE audit_head DISABLE TRIGGER USER"),
}


FORGED: dict[str, Any] = {
    "change_id": "c1",
    "at": "2020-01-01T00:00:00+00:00",
    "event": "denied",
    "actor": "U9",
    "body": "{}",
    "hash": "f" * 64,
}


async def fill_trail(database: Database, rows: int = MANY) -> None:
    async with database.writing() as connection:
        for number in range(rows):
            await audit.append(
                connection,
                change_id=f"c{number % 7}",
                event="asked",
                actor="U1",
                at=NOW + timedelta(seconds=number),
                body={"state": "waiting", "number": number, "reason": "so"},
            )


async def drop_triggers(connection: AsyncConnection) -> None:
    for statement in TRIGGERS[connection.dialect.name]:
        await connection.execute(text(statement))


async def faults(database: Database, since: Head | None = None) -> list[str]:
    """Faults of the trail itself: these rows are about changes that do not exist."""
    async with database.reading() as connection:
        found_faults = (await audit.verify(connection, since=since)).faults
        return [fault for fault in found_faults if not fault.startswith("change ")]


async def test_untouched_trail_is_intact(database: Database) -> None:
    assert await faults(database) == []
    await fill_trail(database)
    assert await faults(database) == []
    async with database.reading() as connection:
        entries = [entry async for entry in audit.entries(connection)]
        of_one = [entry async for entry in audit.entries(connection, change_id="c3")]
    assert [entry.seq for entry in entries] == list(range(1, MANY + 1))
    assert [entry.seq for entry in of_one] == list(range(4, MANY + 1, 7))
    assert json.loads(entries[4].exported()) == {
        "seq": 5,
        "change_id": "c4",
        "at": "2026-11-22T15:06:04+00:00",
        "event": "asked",
        "actor": "U1",
        "body": {"state": "waiting", "number": 4, "reason": "so"},
        "previous": entries[3].hash,
        "hash": entries[4].hash,
    }


async def assert_refused(database: Database, statement: Any) -> None:
    async def alter() -> None:
        async with database.writing() as connection:
            await connection.execute(statement)

    with pytest.raises(DBAPIError, match="only added to"):
        await alter()
    assert await faults(database) == []


async def test_database_refuses_to_alter_the_trail(database: Database) -> None:
    await fill_trail(database, 5)
    for statement in (
        update(table).values(actor="U2"),
        delete(table),
        update(audit_head).values(seq=3),
        update(audit_head).values(seq=6, hash="0" * 64),
        delete(audit_head),
        table.insert().values(**FORGED, seq=9, previous="0" * 64),
        table.insert().values(**FORGED, seq=6, previous="0" * 64),
    ):
        await assert_refused(database, statement)


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_sqlite_replaces_no_row(database: Database) -> None:
    await fill_trail(database, 5)
    for statement in (
        "INSERT OR REPLACE INTO audit SELECT 2, 'c9', at, event, actor, body, previous, hash || 'x' "
        "FROM audit WHERE seq = 2",
        "REPLACE INTO audit SELECT seq, change_id, at, event, 'U9', body, previous, hash FROM audit",
        # Like the next row, but with the hash of an earlier one, which it would replace.
        "INSERT OR REPLACE INTO audit SELECT 6, change_id, at, event, 'U9', body, "
        "(SELECT hash FROM audit_head), hash FROM audit WHERE seq = 2",
        "UPDATE OR REPLACE audit SET seq = 3 WHERE seq = 2",
        "INSERT OR REPLACE INTO audit_head VALUES (1, 2, 'x')",
        "INSERT INTO audit SELECT * FROM audit WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET actor = 'U9'",
    ):
        await assert_refused(database, text(statement))


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_postgresql_replaces_no_row(database: Database) -> None:
    await fill_trail(database, 5)
    for statement in (
        "INSERT INTO audit SELECT * FROM audit WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET actor = 'U9'",
        "INSERT INTO audit SELECT 6, change_id, at, event, actor, body, (SELECT hash FROM audit_head), hash "
        "FROM audit WHERE seq = 2 ON CONFLICT (hash) DO UPDATE SET actor = 'U9'",
        "MERGE INTO audit AS old USING audit AS new ON old.seq = new.seq "
        "WHEN MATCHED THEN UPDATE SET actor = 'U9'",
        "INSERT INTO audit_head VALUES (1, 2, 'x') ON CONFLICT (id) DO UPDATE SET seq = 2, hash = 'x'",
        "TRUNCATE audit",
    ):
        await assert_refused(database, text(statement))


async def test_altered_row_is_found(database: Database) -> None:
    await fill_trail(database)
    async with database.writing() as connection:
        await drop_triggers(connection)
    chance = random.Random(1)  # noqa: S311 - nothing secret
    forged = {
        "change_id": "c9",
        "at": "2020-01-01T00:00:00+00:00",
        "event": "denied",
        "actor": "U9",
        "body": '{"state":"waiting"}',
        "previous": "0" * 64,
        "hash": "f" * 64,
    }
    for seq in range(1, MANY + 1):
        column = chance.choice(sorted(forged))
        async with database.writing() as connection:
            was = (await connection.execute(table.select().where(table.c.seq == seq))).one()
            await connection.execute(update(table).where(table.c.seq == seq).values({column: forged[column]}))
        assert any(f"row {seq} " in fault for fault in await faults(database)), (seq, column)
        async with database.writing() as connection:
            await connection.execute(
                update(table).where(table.c.seq == seq).values({column: getattr(was, column)})
            )
    assert await faults(database) == []


@on_sqlite
async def test_row_that_is_not_json_is_found(database: Database) -> None:
    await fill_trail(database, 3)
    async with database.writing() as connection:
        await drop_triggers(connection)
        await connection.execute(update(table).where(table.c.seq == 2).values(body="["))
    assert await faults(database) == ["row 2 was altered"]


@on_sqlite
@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ([1], "rows 1 to 1 are missing"),
        ([4, 5], "rows 4 to 5 are missing"),
        ([9, 10], "the trail ends at row 8, and its head says otherwise"),
        (list(range(1, 11)), "the trail ends at row 0, and its head says otherwise"),
    ],
)
async def test_missing_rows_are_found(database: Database, gone: list[int], words: str) -> None:
    await fill_trail(database, 10)
    async with database.writing() as connection:
        await drop_triggers(connection)
        await connection.execute(delete(table).where(table.c.seq.in_(gone)))
    assert words in await faults(database)


@on_sqlite
async def test_forged_end_is_found_by_a_stored_head(database: Database) -> None:
    await fill_trail(database, 10)
    async with database.reading() as connection:
        noted = (await audit.verify(connection)).head
    assert Head.parse(str(noted)) == noted
    assert await faults(database, noted) == []
    async with database.writing() as connection:
        await drop_triggers(connection)
        await connection.execute(delete(table).where(table.c.seq > 8))
        last = (await connection.execute(table.select().where(table.c.seq == 8))).one()
        await connection.execute(update(audit_head).values(seq=8, hash=last.hash))
    assert await faults(database) == []
    assert await faults(database, noted) == ["row 10 is not what it was"]
    assert await faults(database, Head(0, "")) == []


@on_sqlite
async def test_missing_head_is_found(database: Database) -> None:
    async with database.writing() as connection:
        await drop_triggers(connection)
        await connection.execute(delete(audit_head))
    assert await faults(database) == ["the trail ends at row 0, and its head says otherwise"]


@on_sqlite
async def test_trail_of_missing_changes_is_found(database: Database) -> None:
    await fill_trail(database, 1)
    async with database.reading() as connection:
        assert (await audit.verify(connection)).faults == ("change c0 is missing",)


@pytest.mark.parametrize("words", ["", "12", "12:abc", "x:" + "0" * 64])
def test_invalid_head_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"look like|invalid literal"):
        Head.parse(words)
