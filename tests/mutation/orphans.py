"""Processes that end with whoever started them: a run that is stopped leaves nothing behind."""

import ctypes
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1
"""From Linux's prctl.h."""


def end_with_parent() -> None:
    """Kills this process when its parent ends, however that ends. Only Linux can; elsewhere the limits of a
    test end it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
