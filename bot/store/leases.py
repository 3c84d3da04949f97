"""Keeps a lease alive while its holder is at work; the tables say what it is a lease on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from bot.log import log


@contextlib.asynccontextmanager
async def kept(renew: Callable[[], Awaitable[bool]], *, every: float) -> AsyncIterator[None]:
    """Renews the lease every so many seconds until the block ends.

    `renew` answers False when somebody else holds the lease by now: there is nothing left to keep then. When
    the database cannot be reached, the next attempt comes in its turn all the same.
    """
    renewing = asyncio.create_task(_renew(renew, every))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


async def _renew(renew: Callable[[], Awaitable[bool]], every: float) -> None:
    held = True
    while held:
        await asyncio.sleep(every)
        try:
            held = await renew()
        except (SQLAlchemyError, OSError) as error:
            log.warning("lease not renewed", error=type(error).__name__)
