"""What Maple has stored, for the doctor, who makes no database where there is none."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings
from bot.store.database import Database, database_url

T = TypeVar("T")


async def stored(settings: Settings, read: Callable[[Database], Awaitable[list[T]]]) -> list[T]:
    """What `read` finds; nothing where the database cannot be read, which is a finding of its own."""
    url = settings.database_url.get_secret_value()
    target = database_url(url)
    if target.drivername.startswith("sqlite") and not _there(target.database or ""):
        # Opening a SQLite file creates it.
        return []
    database = Database(url)
    try:
        return await read(database)
    except (SQLAlchemyError, OSError):
        return []
    finally:
        await database.aclose()


def _there(file: str) -> bool:
    return Path(file).exists()
