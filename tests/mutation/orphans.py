"""Makes processes end with their parent, so that an interrupted run leaves nothing behind."""

import ctypes
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1
"""From Linux's prctl.h."""


def end_with_parent() -> None:
    """Has this process killed when its parent ends, for whatever reason. Linux only; elsewhere, the time
    limit of each test ends it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
