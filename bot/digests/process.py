"""What the parts that deliver digests share within one process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.digests.timeouts import DigestTimeouts
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class DigestProcess:
    runtime: Runtime
    name: str
    """Unlike any other process's: leases are held under it."""
    timeouts: DigestTimeouts
    metrics: Metrics

    @property
    def database(self) -> Database:
        return self.runtime.database

    @property
    def lease(self) -> timedelta:
        return self.timeouts.lease_time

    @property
    def checkpoint(self) -> Callable[[str], Awaitable[None]]:
        return self.runtime.checkpoint

    def now(self) -> datetime:
        return self.runtime.now()
