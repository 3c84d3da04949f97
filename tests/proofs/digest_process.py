"""What a bot process does for digests: posts what is due, by a shared clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from ctypes import c_double
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import aiohttp
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot import log
from bot.access.people import Installation, People
from bot.autumn.client import Autumn
from bot.autumn.models import Environment
from bot.digests.delivery.owner_notice import OwnerMessage
from bot.digests.list_card import digest_stopped
from bot.digests.process import DigestTimeouts
from bot.digests.scan.pacing import ScanPace
from bot.digests.service import DigestService, DigestSlack
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.store.database import Database
from tests.autumn.scripted import UNLIMITED

LEASE = 30.0
CALL = 0.5
"""Seconds of the machine's own clock, which runs while the shared one stands still."""
PACE = DigestTimeouts(
    tick=0.1,
    lease=LEASE,
    renew=0.1,
    call=CALL,
    channel=0,
    overall=0,
    scan=ScanPace(page=0, rows=0, preview=0, invoices=0, again=(0.0,), lease=LEASE, poll=0.02),
)


@dataclass(frozen=True)
class Place:
    """The settings of a bot process; can be passed to another process."""

    database: str
    slack: str
    token: str
    autumn: str
    key: str


@asynccontextmanager
async def digests(place: Place, now: Callable[[], datetime]) -> AsyncIterator[DigestService]:
    async with AsyncExitStack() as stack:
        database = Database(place.database, patience=30)
        stack.push_async_callback(database.aclose)
        autumn = Autumn(key=SecretStr(place.key), url=place.autumn, limits=UNLIMITED)
        stack.push_async_callback(autumn.aclose)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        slack = AsyncWebClient(token=place.token, base_url=place.slack, session=session, retry_handlers=[])
        yield DigestService(
            Runtime(database, autumn, Environment.SANDBOX, now),
            DigestSlack(
                slack,
                OwnerMessage(slack, digest_stopped),
                People(slack, lambda: Installation("T01NORTHW"), seconds=0),
            ),
            metrics=Metrics(),
            timeouts=PACE,
        )


def keep_posting(connection: Connection, place: Place, clock: c_double) -> None:
    """Runs until the connection is closed, then stops like a bot."""
    log.configure("CRITICAL")

    async def main() -> None:
        async with digests(place, lambda: datetime.fromtimestamp(clock.value, UTC)) as service:
            service.ticker.start()
            await asyncio.to_thread(connection.poll, None)
            await service.ticker.stop(5)

    asyncio.run(main())
