"""The time it is in the local Autumn."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class AutumnClock:
    """Runs with the system's clock, or stands still when given a start.

    Setting and moving keep it running or standing as it was. Moving it calls `on_change`, so that what was
    waiting for time to pass (queued writes) happens.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._still = start
        self._offset = timedelta()
        self.on_change: list[Callable[[], None]] = []

    @property
    def runs(self) -> bool:
        return self._still is None

    def now(self) -> datetime:
        return self._still if self._still is not None else datetime.now(UTC) + self._offset

    def ms(self) -> int:
        """Now, in epoch milliseconds."""
        return round(self.now().timestamp() * 1000)

    def set(self, to: datetime) -> None:
        if self._still is not None:
            self._still = to
        else:
            self._offset = to - datetime.now(UTC)
        self._changed()

    def move(self, by: timedelta) -> None:
        if self._still is not None:
            self._still += by
        else:
            self._offset += by
        self._changed()

    def _changed(self) -> None:
        for call in self.on_change:
            call()
