import asyncio
import contextlib
import gc
import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import aiosqlite
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import Pool

from bot.store.database import Database, database_url, insert
from bot.store.tables import deliveries
from bot.store.types import Figure, Instant
from tests.databases import ENGINES, Engine, connections_in_use, fresh

NOW = datetime(2026, 11, 22, 15, 6, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given_url", "used"),
    [
        ("sqlite:///maple.db", "sqlite+aiosqlite:///maple.db"),
        ("sqlite+pysqlite:////var/maple.db", "sqlite+aiosqlite:////var/maple.db"),
        ("postgresql://me@db/maple", "postgresql+psycopg://me@db/maple"),
        ("postgres://me@db/maple", "postgresql+psycopg://me@db/maple"),
        ("postgresql+asyncpg://me@db/maple", "postgresql+psycopg://me@db/maple"),
    ],
)
def test_driver_is_chosen_by_maple(given_url: str, used: str) -> None:
    assert database_url(given_url).render_as_string(hide_password=False) == used


@pytest.mark.parametrize(
    ("given_url", "words"),
    [
        ("maple.db", "should look like"),
        ("mysql://root:secret@db/maple", "should start with"),
        ("sqlite://", "needs the name of a file"),
        ("sqlite:///:memory:", "needs the name of a file"),
    ],
)
def test_other_databases_are_refused_without_quoting_them(given_url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as raised:
        database_url(given_url)
    assert "secret" not in str(raised.value)


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_are_stored_exactly(at: datetime) -> None:
    dialect = sqlite.dialect()
    assert Instant().process_result_value(Instant().process_bind_param(at, dialect), dialect) == at


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_are_stored_exactly(figure: Decimal) -> None:
    dialect = sqlite.dialect()
    back = Figure().process_result_value(Figure().process_bind_param(figure, dialect), dialect)
    assert str(back) == str(figure)


def test_null_stays_null() -> None:
    dialect = sqlite.dialect()
    for kind in (Instant(), Figure()):
        assert kind.process_bind_param(None, dialect) is None
        assert kind.process_result_value(None, dialect) is None


async def test_failed_transaction_leaves_nothing(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.writing() as connection:
            await connection.execute(insert(connection, deliveries, {"key": "a", "at": NOW}))
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_fail()
    async with database.reading() as connection:
        assert (await connection.execute(select(deliveries))).all() == []


async def test_reader_sees_one_snapshot(database: Database) -> None:
    async with database.reading() as reading:
        assert (await reading.execute(select(deliveries))).all() == []
        async with database.writing() as writing:
            await writing.execute(insert(writing, deliveries, {"key": "a", "at": NOW}))
        assert (await reading.execute(select(deliveries))).all() == []
    async with database.reading() as reading:
        assert (await reading.execute(select(deliveries))).all() == [("a", NOW)]


async def test_file_deleted_while_opening_is_not_recreated(tmp_path: Path) -> None:
    path = tmp_path / "maple.db"
    database = Database(f"sqlite:///{path}")
    async with database.reading():
        event.listen(database._engine.sync_engine, "do_connect", lambda *_: path.unlink())
        with pytest.raises(OperationalError):
            async with database.reading():
                pass
    assert not path.exists()
    await database.aclose()


async def test_closing_waits_for_transaction_under_way(database: Database) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()
    steps = []

    async def read() -> None:
        async with database.reading() as connection:
            entered.set()
            await leave.wait()
            await connection.execute(select(1))
            steps.append("read")

    async def close() -> None:
        await database.aclose()
        steps.append("closed")

    reading = asyncio.create_task(read())
    await entered.wait()
    closing = asyncio.create_task(close())
    await asyncio.sleep(0)
    leave.set()
    await asyncio.gather(reading, closing)
    assert steps == ["read", "closed"]


@pytest.mark.parametrize("engine", ENGINES)
async def test_closing_gives_up_on_transaction_that_does_not_end(engine: Engine) -> None:
    database = Database(fresh(engine), patience=1)
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        async with database.reading():
            entered.set()
            await leave.wait()

    hanging = asyncio.create_task(hang())
    await entered.wait()
    await database.aclose()
    assert not hanging.done()
    leave.set()
    await hanging
    gc.collect()  # a connection that nobody closed would complain


@contextlib.contextmanager
def cancelled_at(moment: str, task: asyncio.Task[None], *, steps: int) -> Iterator[None]:
    """Cancels the task `steps` iterations of the event loop after a pool reports `moment`."""

    def cancel_after(steps_left: int) -> None:
        if steps_left:
            asyncio.get_running_loop().call_soon(cancel_after, steps_left - 1)
        else:
            task.cancel()

    def reported(*_: object) -> None:
        cancel_after(steps)

    event.listen(Pool, moment, reported)
    try:
        yield
    finally:
        event.remove(Pool, moment, reported)


@pytest.mark.parametrize("steps", range(5))
@pytest.mark.parametrize("moment", ["checkout", "reset", "checkin"])
async def test_connection_is_returned_whenever_its_user_is_cancelled(
    database: Database, moment: str, steps: int
) -> None:
    async def read() -> None:
        async with database.reading() as connection:
            await connection.execute(select(1))

    task = asyncio.create_task(read())
    with cancelled_at(moment, task, steps=steps):
        await asyncio.wait({task})
        await database.aclose()
    assert connections_in_use() == 0


async def test_error_does_not_quote_written_values(database: Database) -> None:
    async def twice() -> None:
        async with database.writing() as connection:
            for _ in range(2):
                await connection.execute(insert(connection, deliveries, {"key": "canary", "at": NOW}))

    with pytest.raises(IntegrityError) as raised:
        await twice()
    assert "parameters hidden" in str(raised.value)


def file_modes(path: Path) -> list[str]:
    """The modes of the database file, its write-ahead log and the log's index."""
    return [oct(stat.S_IMODE(file.stat().st_mode)) for file in path.parent.glob(f"{path.name}*")]


async def test_database_file_is_readable_only_by_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "maple.db"
    database = Database(f"sqlite:///{path}")
    before = os.umask(0)
    try:
        async with database.writing() as connection:
            await connection.execute(text("CREATE TABLE kept (id INTEGER)"))
        assert file_modes(path) == ["0o600"] * 3
    finally:
        os.umask(before)
        await database.aclose()


async def test_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "maple.db"
    first, second = Database(f"sqlite:///{path}"), Database(f"sqlite:///{path}")
    async with first.writing() as connection:
        await connection.execute(text("CREATE TABLE kept (id INTEGER)"))
    for ending in ("", "-wal", "-shm"):
        os.chmod(f"{path}{ending}", 0o640)
    async with second.reading() as connection:
        await connection.execute(text("SELECT id FROM kept"))
    assert file_modes(path) == ["0o600"] * 3
    for database in (first, second):
        await database.aclose()


async def test_permissions_of_other_paths_are_unchanged(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pipe.chmod(0o644)
    database = Database(f"sqlite:///{pipe}", patience=0.1)
    with pytest.raises(OperationalError):
        async with database.reading() as connection:
            await connection.execute(select(deliveries))
    assert file_modes(pipe) == ["0o644"]
    await database.aclose()


async def test_failed_open_leaves_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[object] = []
    monkeypatch.setattr(aiosqlite, "connect", connections.append)
    database = Database(f"sqlite:///{tmp_path}/nowhere/maple.db")
    with pytest.raises(OperationalError, match="unable to open"):
        async with database.reading():
            pass  # pragma: no cover
    assert connections == []
    await database.aclose()


async def test_sqlite_writers_wait_for_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/maple.db"
    first, second, hasty = Database(url), Database(url), Database(url, patience=0.01)

    async def write(database: Database) -> None:
        async with database.writing() as connection:
            await connection.execute(text("SELECT 1"))

    async with first.writing() as connection:
        await connection.execute(text("SELECT 1"))
        waiting = asyncio.create_task(write(second))
        with pytest.raises(OperationalError, match="locked"):
            await write(hasty)
        assert not waiting.done()
    started = time.monotonic()
    await waiting
    assert time.monotonic() - started < timedelta(seconds=5).total_seconds()
    for database in (first, second, hasty):
        await database.aclose()


async def test_sqlite_writers_are_queued_and_leave_connections_to_readers(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path}/maple.db", patience=10)
    order: list[int] = []

    async def write(number: int) -> None:
        async with database.writing() as connection:
            await connection.execute(text("SELECT 1"))
            order.append(number)

    async with database.writing():
        writers = [asyncio.create_task(write(number)) for number in range(60)]
        async with database.reading() as connection:
            assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
        assert order == []
    await asyncio.gather(*writers)
    assert order == list(range(60))
    await database.aclose()


async def test_sqlite_commit_survives_a_power_loss(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/maple.db")
    async with database.reading() as connection:
        settings = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]
    await database.aclose()
