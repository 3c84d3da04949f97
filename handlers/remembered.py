"""What the forms that are open were drawn from, so that typing in them does not read Autumn each time."""

import time
from collections import OrderedDict
from collections.abc import Callable

from bot.changes.model import Facts

_MOST = 500


class Remembered:
    """For a while, in this process only: a form is read anew where it is not remembered."""

    def __init__(self, *, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Facts]] = OrderedDict()

    def keep(self, form: str, facts: Facts) -> None:
        self._kept[form] = (self._clock() + self._seconds, facts)
        self._kept.move_to_end(form)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def get(self, form: str) -> Facts | None:
        until, facts = self._kept.get(form, (float("-inf"), None))
        return facts if self._clock() < until else None
