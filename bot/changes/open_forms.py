"""What the forms that are open were drawn from, so that typing in them does not read Autumn each time."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from cachetools import TTLCache
from pydantic_core import to_json

from bot.changes.model import Facts

_MOST = 8 * 1024 * 1024
"""Bytes of facts as JSON, which is two thousand usual customers; in memory they are some ten times that."""


class OpenForms:
    """For a while, in this process only: a form is read anew where it is not remembered."""

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
        # By age also when no form is opened any more.
        asyncio.get_running_loop().call_later(self._seconds, self._kept.expire)

    def get(self, form: str) -> Facts | None:
        return self._kept.get(form)


def _size(facts: Facts) -> int:
    return len(to_json(facts, fallback=repr))
