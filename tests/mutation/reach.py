"""Which tests come by which lines, and how long each takes; and pytest plugins that go by it."""

import signal
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import coverage
import pytest

_LONGEST = 10
"""Seconds that a test takes without any mistake, at most: far more than any does."""


@dataclass
class Reach:
    """By file and line: the ids of the tests that come by."""

    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    """Without any mistake: nothing is to be learned from these."""

    def tests(self, file: str, lines: Iterable[int]) -> list[str]:
        """Those that come by any of the lines, the quickest first."""
        there = self.lines.get(file, {})
        return self._sorted({test for line in lines for test in there.get(line, ())})

    def near(self, file: str) -> list[str]:
        """Those that run any line of the file, the quickest first."""
        return self.tests(file, self.lines.get(file, {}))

    def others(self, file: str) -> list[str]:
        """Those that only import it, if that, the quickest first."""
        return self._sorted(set(self.seconds) - set(self.near(file)))

    def _sorted(self, tests: set[str]) -> list[str]:
        return sorted(tests - self.failed, key=lambda test: (self.seconds[test], test))


def measured(items: Sequence[pytest.Item], files: Sequence[str]) -> Reach:
    """Runs them all once. What runs while a module is imported is nobody's."""
    watched = coverage.Coverage(
        data_file=None, include=list(files), concurrency=["greenlet", "thread"], config_file=False
    )
    # A module of tables and types alone has no line that runs with a test.
    watched.set_option("run:disable_warnings", ["no-data-collected"])
    watched.start()
    seconds, failures = {}, Failures()
    items[0].config.pluginmanager.register(failures)
    for item, following in zip(items, [*items[1:], None], strict=True):
        limit(_LONGEST)
        watched.switch_context(item.nodeid)
        begun = time.monotonic()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        seconds[item.nodeid] = time.monotonic() - begun
    signal.setitimer(signal.ITIMER_REAL, 0)
    watched.stop()
    data = watched.get_data()
    return Reach({file: data.contexts_by_lineno(file) for file in files}, seconds, failures.tests)


def limit(usual: float) -> None:
    """Ends the process when what it does takes far longer than the seconds it usually does."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 10 + 20 * usual)


class Failures:
    """Which tests fail, noted before pytest goes about how to show it."""

    def __init__(self) -> None:
        self.tests: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Also while it is set up or cleaned up."""
        if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
            self.failed(item.nodeid)

    def failed(self, test: str) -> None:
        """Notes one."""
        self.tests.add(test)


class Chosen:
    """These tests in this order, each with a limit."""

    def __init__(self, reach: Reach, tests: Sequence[str]) -> None:
        self._reach, self._tests = reach, tests

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leaves out the others."""
        there = {item.nodeid: item for item in items}
        items[:] = [there[test] for test in self._tests if test in there]

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Sets the limit."""
        limit(self._reach.seconds[item.nodeid])
