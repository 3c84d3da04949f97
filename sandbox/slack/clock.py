"""The workspace's time: the machine's, unless a test sets or moves it."""

import time
from datetime import datetime, timedelta


class Clock:
    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Epoch seconds. time.time() is looked up at every call, so a frozen clock is obeyed."""
        return time.time() + self._ahead

    def move(self, by: timedelta) -> None:
        self._ahead += by.total_seconds()

    def set(self, to: datetime) -> None:
        self._ahead = to.timestamp() - time.time()
