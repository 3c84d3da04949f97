"""Checked lists that somebody is looking at, so that going on does not check them again."""

import time
from collections.abc import Callable

from cachetools import TTLCache

from bot.batches.model import CheckedBatch

_MOST = 50


class CheckedLists:
    """For a while, in this process only: a list is checked again where it is not remembered."""

    def __init__(self, *, seconds: float = 600.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept: TTLCache[tuple[str, str], CheckedBatch] = TTLCache(_MOST, seconds, timer=clock)

    def keep(self, draft: str, user: str, checked: CheckedBatch) -> None:
        self._kept[draft, user] = checked

    def get(self, draft: str, user: str) -> CheckedBatch | None:
        return self._kept.get((draft, user))
