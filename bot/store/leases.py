"""Names the holder of a lease, and keeps the lease alive while its holder works."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from bot.log import log


def new_name() -> str:
    """A name for the holder of a lease, unlike any other.

    Where a process may take over from itself, each claim needs its own: the process was suspended until its
    lease lapsed, and only one of its two attempts may go on.
    """
    return secrets.token_hex(8)


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
