"""What goes on by itself, and whether it still does."""

import time
from collections.abc import Callable

from bot.metrics import Metrics


class Background:
    """A part that has got nothing done for `patience` seconds is stuck, whatever it is waiting for."""

    def __init__(
        self, metrics: Metrics, *, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._metrics = metrics
        self._patience = patience
        self._clock = clock
        self._moved: dict[str, float] = {}

    def moved(self, part: str) -> None:
        """It got something done, or found that there is nothing to do; or it begins."""
        if part not in self._moved:
            self._metrics.background_idle.labels(part).set_function(lambda: self._idle(part))
        self._moved[part] = self._clock()

    def stuck(self) -> list[str]:
        return [part for part in self._moved if self._idle(part) >= self._patience]

    def _idle(self, part: str) -> float:
        return self._clock() - self._moved[part]
