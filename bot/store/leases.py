"""Keeps a lease alive while its holder works."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from bot.log import log


@contextlib.asynccontextmanager
async def kept(renew: Callable[[], Awaitable[bool]], *, every: float) -> AsyncIterator[None]:
    """Renews the lease every `every` seconds until the block ends.

    `renew` returns False once someone else holds the lease; renewing then stops. After a database error it
    tries again at the next interval.
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
