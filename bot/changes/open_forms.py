"""Caches the facts behind open forms, so that typing does not re-read Autumn."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from cachetools import TTLCache
from pydantic_core import to_json

from bot.changes.model import Facts

_MOST = 8 * 1024 * 1024
"""Bytes of JSON: some two thousand ordinary customers, about ten times that in memory."""


class OpenForms:
    """For a while, in this process only: the facts of a form that is not cached are read again."""

    def __init__(
        self, *, seconds: float = 60.0, most: int = _MOST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._kept: TTLCache[str, Facts] = TTLCache(most, seconds, timer=clock, getsizeof=_size)

    @property
    def size(self) -> float:
        """Bytes that are kept."""
        return self._kept.currsize

    def keep(self, form: str, facts: Facts) -> None:
        with suppress(ValueError):  # it is larger than all that may be kept
            self._kept[form] = facts
        # Expire old ones even if no further form is opened.
        asyncio.get_running_loop().call_later(self._seconds, self._kept.expire)

    def get(self, form: str) -> Facts | None:
        return self._kept.get(form)


def _size(facts: Facts) -> int:
    return len(to_json(facts, fallback=repr))
