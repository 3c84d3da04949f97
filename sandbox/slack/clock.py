"""The time in the workspace: the system time, unless a test changes it."""

import time
from datetime import datetime, timedelta


class SlackClock:
    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Epoch seconds. Calls time.time() each time, so that freezegun works."""
        return time.time() + self._ahead

    def move(self, by: timedelta) -> None:
        self._ahead += by.total_seconds()

    def set(self, to: datetime) -> None:
        self._ahead = to.timestamp() - time.time()
