import asyncio
import sys
from collections.abc import AsyncIterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from bot.store.database import Database
from bot.store.migrate import config, migrate
from bot.store.tables import metadata
from tests.databases import ENGINES, Engine, fresh

PROGRAM = """
import asyncio, sys
from bot.store.database import Database
from bot.store.migrate import migrate

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    for url in sys.argv[1:]:
        database = Database(url)
        await migrate(database)
        await database.aclose()

asyncio.run(main())
"""


@pytest.fixture
async def empty(engine: Engine) -> AsyncIterator[Database]:
    database = Database(fresh(engine, migrated=False))
    yield database
    await database.aclose()


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection)
    return list(compare_metadata(context, metadata))


async def test_concurrent_migrations_in_one_process(empty: Database) -> None:
    await asyncio.gather(*(migrate(empty) for _ in range(6)))
    async with empty.reading() as connection:
        assert await connection.run_sync(differences) == []
        assert (await connection.execute(text("SELECT count(*) FROM audit_head"))).scalar_one() == 1
        assert (await connection.execute(text("SELECT count(*) FROM alembic_version"))).scalar_one() == 1


BATCH = """
INSERT INTO batches (id, submission_id, env, state, revision, asker, asker_team, channel, reason, rule,
    needed, created_at, updated_at, expires_at, decided_by, said, stopped_by, undo_of)
VALUES ('{id}', 'form {id}', 'live', '{state}', 1, 'U1', 'T1', '', '', '', 1, 1, 1, 2, '', '', '', {undo_of})
"""


async def test_rows_of_older_releases_are_kept_and_bulk_changes_can_be_withdrawn(empty: Database) -> None:
    statements = [
        BATCH.format(id="b1", state="done", undo_of="NULL"),
        BATCH.format(id="b2", state="waiting", undo_of="'b1'"),
        "INSERT INTO batch_decisions (batch_id, person, team, verdict, rule, at, counts) "
        "VALUES ('b1', 'U2', 'T1', 'approve', '', 1, true)",
        "INSERT INTO batch_cards (batch_id, kind, channel, shown_revision, due, tries, gone) "
        "VALUES ('b1', 'asker', 'U1', 1, 1, 0, false)",
        "INSERT INTO batch_notices (batch_id, kind, due, tries, done) VALUES ('b1', 'done', 1, 0, false)",
    ]
    async with empty.writing() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "0001"))
        await connection.execute(text("INSERT INTO deliveries (key, at) VALUES ('seen', 1)"))
    async with empty.writing() as connection:
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "0018"))
        for statement in statements:
            await connection.execute(text(statement))
    await migrate(empty)
    async with empty.writing() as connection:
        assert await connection.run_sync(differences) == []
        assert (await connection.execute(text("SELECT key FROM deliveries"))).scalars().all() == ["seen"]
        for table, number in (
            ("batches", 2),
            ("batch_decisions", 1),
            ("batch_cards", 1),
            ("batch_notices", 1),
        ):
            rows = await connection.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            assert rows.scalar_one() == number, table
        await connection.execute(text("UPDATE batches SET state = 'withdrawn' WHERE id = 'b2'"))
        # A withdrawn undo allows another, and an open one does not.
        await connection.execute(text(BATCH.format(id="b3", state="waiting", undo_of="'b1'")))
    for broken in (
        BATCH.format(id="b4", state="waiting", undo_of="'b1'"),
        BATCH.format(id="b4", state="gone", undo_of="NULL"),
        "DELETE FROM batches WHERE id = 'b1'",
    ):
        with pytest.raises(IntegrityError):
            await _executed(empty, broken)


async def _executed(database: Database, statement: str) -> None:
    async with database.writing() as connection:
        await connection.execute(text(statement))


async def test_two_processes_migrate_at_once() -> None:
    """This process and a second one."""
    urls = [fresh(engine, migrated=False) for engine in ENGINES]
    second = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        *urls,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert second.stdin is not None
    assert second.stdout is not None
    assert await second.stdout.readline() == b"ready\n"
    second.stdin.write(b"go\n")
    for url in urls:
        database = Database(url)
        await migrate(database)
        await database.aclose()
    await second.communicate()
    assert second.returncode == 0
    for url in urls:
        database = Database(url)
        async with database.reading() as connection:
            assert await connection.run_sync(differences) == []
            assert (await connection.execute(text("SELECT count(*) FROM audit_head"))).scalar_one() == 1
        await database.aclose()


async def test_failed_migration_leaves_nothing(empty: Database) -> None:
    """All of it is one transaction, in SQLite too."""

    async def broken() -> None:
        async with empty.writing() as connection:
            await connection.execute(text("CREATE TABLE half (id INTEGER)"))
            raise LookupError

    with pytest.raises(LookupError):
        await broken()
    async with empty.reading() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []
