"""Ends a test process in which nothing happens any more, and prints what each of its threads was doing.

pytest-timeout raises an exception in a test that takes too long, once. Code that swallows it can wait on
forever, and so can what happens between two tests: then a run hangs without a word.
"""

import faulthandler
import os
from collections.abc import Generator

import pytest


class Watchdog:
    """A pytest plugin. Create it while standard error is not captured."""

    def __init__(self, test: float = 300, between: float = 660) -> None:
        """In seconds. `test`: for one test, all its fixtures and what removes its databases; longer than
        pytest-timeout allows. `between`: until the next test, which may have to wait for two such tests in
        another process."""
        self._test = test
        self._between = between
        self._stderr = os.dup(2)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Around all other plugins."""
        self._exit_after(self._test)
        result = yield
        self._exit_after(self._between)
        return result

    def pytest_unconfigure(self) -> None:
        """The run has ended."""
        faulthandler.cancel_dump_traceback_later()
        os.close(self._stderr)

    def _exit_after(self, seconds: float) -> None:
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._stderr)
