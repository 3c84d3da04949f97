"""Whose turn it is on a card: of several clicks that run at once, only the last may change it."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from itertools import count


class Turns:
    def __init__(self) -> None:
        self._last: dict[Hashable, int] = {}
        self._count = count()

    @contextmanager
    def take(self, card: Hashable) -> Iterator[Callable[[], bool]]:
        """The latest turn on the card; what it gives tells whether it still is the latest."""
        mine = self._last[card] = next(self._count)
        try:
            yield lambda: self._last.get(card) == mine
        finally:
            if self._last.get(card) == mine:
                del self._last[card]
