"""What a bot process does for lists of changes: applies whatever is approved, until it is stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from pydantic import SecretStr

from bot import log
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.approvals.names import CustomerNames
from bot.approvals.preview import ChangeTimeouts
from bot.approvals.service import ChangeService, Surroundings
from bot.autumn.client import Autumn
from bot.autumn.models import Environment
from bot.batches.running import BatchTimeouts
from bot.batches.service import BatchService
from bot.runtime import Runtime
from bot.store.database import Database
from tests.approvals.harness import Permissions, approvals_channel
from tests.autumn.scripted import UNLIMITED
from tests.proofs.deployment import RETRY_POLICY, Spec

LEASE = 3.0
"""Seconds of real time."""
_CHANGES = ChangeTimeouts(
    lease=LEASE, renew=0.5, polls=(0, 0.01, 0.05), verify=3, turn_timeout=30, turn_poll=0.02, sweep=0.3
)
_BATCHES = BatchTimeouts(lease=LEASE, renew=0.5, tick=0.1, redraw=0.5, poll=0.05, per_second=1000)


@dataclass
class BatchBot:
    changes: ChangeService
    batches: BatchService
    database: Database
    autumn: Autumn


@asynccontextmanager
async def batch_bot(spec: Spec) -> AsyncIterator[BatchBot]:
    """A bot with the service for lists, as one process runs it, on the machine's clock."""
    database = Database(spec.database, patience=30)
    autumn = Autumn(key=SecretStr(spec.key), url=spec.url, limits=UNLIMITED, retry_policy=RETRY_POLICY)

    async def ignore_event(_record: Record, _event: ChangeEvent) -> None:
        return None

    async def ignore_drawing(_batch_id: str, _revision: int) -> None:
        return None

    runtime = Runtime(database, autumn, Environment.SANDBOX, lambda: datetime.now(UTC))
    surroundings = Surroundings(
        Permissions(needed=spec.needed), ignore_event, approvals_channel("C_APPROVALS"), CustomerNames(autumn)
    )
    changes = ChangeService(runtime, surroundings, _CHANGES)
    try:
        yield BatchBot(
            changes, BatchService(runtime, changes, surroundings, ignore_drawing, _BATCHES), database, autumn
        )
    finally:
        await autumn.aclose()
        await database.aclose()
        await asyncio.sleep(0)


def keep_applying(connection: Connection, spec: Spec) -> None:
    """Runs until the connection is closed, then stops like a bot."""
    log.configure("CRITICAL")

    async def main() -> None:
        async with batch_bot(spec) as process:
            process.changes.sweeper.start(_CHANGES.sweep)
            process.batches.ticker.start()
            await asyncio.to_thread(connection.poll, None)
            await process.batches.ticker.stop(5)
            process.changes.sweeper.stop()
            await process.changes.sweeper.stopped()

    asyncio.run(main())
