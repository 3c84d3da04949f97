"""What the parts that deliver digests share within one process, and how long their steps may take."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.digests.scan.pacing import ScanPace
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.slack.channel_queue import PostTimeouts
from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class DigestTimeouts(PostTimeouts):
    """How long the steps of a digest may take."""

    lease: float = 30.0
    tick: float = 2.0
    """Between two checks of what is due."""
    renew: float = 10.0
    """Between renewals of a lease."""
    at_once: int = 32
    """Runs that one process delivers at a time; the others wait in the database."""
    scan: ScanPace = field(default_factory=ScanPace)
    """How fast Autumn is read."""


@dataclass(frozen=True, slots=True)
class DigestProcess:
    runtime: Runtime
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
