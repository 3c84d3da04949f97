"""Whether the database answers and accepts writes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.store.database import Database, unbroken

_WITHIN = 3.0


@unbroken
async def _ask(database: Database) -> None:
    # A write that changes nothing: reads would still work on a full disk or while the database is locked.
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = version_num"))


class Health:
    """`well` is the result of the last check."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.well = False

    @contextlib.asynccontextmanager
    async def watching(self, every: float) -> AsyncIterator[None]:
        """Checks now, and every `every` seconds until the block ends."""
        await self.check()
        watching = asyncio.create_task(self._watch(every))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def check(self) -> None:
        try:
            async with asyncio.timeout(_WITHIN):
                await _ask(self._database)
        except (SQLAlchemyError, OSError, TimeoutError):
            self.well = False
        else:
            self.well = True

    async def _watch(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self.check()
