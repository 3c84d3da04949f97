"""How far a scan is, for the log, the metrics, and whoever waits for it."""

import time

from bot.digests.scan.pacing import Seldom
from bot.digests.scan.repository import Progress
from bot.log import log
from bot.metrics import Metrics


class Watching:
    """`every`: seconds between notes in the log. `asker`: who waits, told first."""

    def __init__(self, metrics: Metrics, every: float, asker: Seldom) -> None:
        self._metrics = metrics
        self._asker = asker
        self._begun = self._noted = time.monotonic()
        self._every = every

    async def tell(self, progress: Progress) -> None:
        self._metrics.scan_customers.set(progress.customers)
        self._metrics.scan_previews.set(progress.previewed)
        await self._asker.tell(progress)
        now = time.monotonic()
        if now - self._noted < self._every:
            return
        self._noted = now
        self._note("running", progress)

    def over(self, outcome: str, progress: Progress) -> None:
        """ok, autumn, lost (its lease), or cut."""
        self._metrics.scans.labels(outcome=outcome).inc()
        self._metrics.scan_seconds.observe(time.monotonic() - self._begun)
        self._note(outcome, progress)

    def _note(self, outcome: str, progress: Progress) -> None:
        spent = round((time.monotonic() - self._begun) * 1000)
        log.info("scan", outcome=outcome, count=progress.customers, ms=spent)
