"""Brings the tables up to date, even if several processes start at once."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.store.database import Database, unbroken

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6D61706C65
"""An advisory lock of our own: the bytes of "maple"."""


@unbroken
async def migrate(database: Database) -> None:
    """Creates the tables or brings them up to date.

    In one transaction under a lock: the first process migrates, the others wait and find it done.
    """
    async with database.writing() as connection:
        if not database.sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    if MigrationContext.configure(connection).get_current_heads() != _heads():
        command.upgrade(config(connection), "head")


@cache
def _heads() -> tuple[str, ...]:
    return tuple(ScriptDirectory(str(_MIGRATIONS)).get_heads())


def config(connection: Connection) -> Config:
    """Alembic's configuration for a connection with an open transaction."""
    alembic = Config(attributes={"connection": connection})
    alembic.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return alembic
