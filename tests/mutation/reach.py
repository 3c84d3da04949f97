"""Which tests run which lines and how long each takes, and the pytest plugins that use it."""

import signal
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import coverage
import pytest

_LONGEST = 10
"""An upper bound, in seconds, for a test without any mistake; all are far quicker."""


@dataclass
class Reach:
    """Which tests run which lines."""

    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    """The ids of the tests, by file and line."""
    seconds: dict[str, float] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    """Tests that fail without any mistake, and so show nothing."""

    def tests(self, file: str, lines: Iterable[int]) -> list[str]:
        """The tests that run any of the lines, quickest first."""
        by_line = self.lines.get(file, {})
        return self._sorted({test for line in lines for test in by_line.get(line, ())})

    def running(self, file: str) -> list[str]:
        """The tests that run any line of the file, quickest first."""
        return self.tests(file, self.lines.get(file, {}))

    def others(self, file: str) -> list[str]:
        """The tests that run no line of the file, quickest first. They may still import it."""
        return self._sorted(set(self.seconds) - set(self.running(file)))

    def _sorted(self, tests: set[str]) -> list[str]:
        return sorted(tests - self.failed, key=lambda test: (self.seconds[test], test))


def measure(items: Sequence[pytest.Item], files: Sequence[str]) -> Reach:
    """Runs all tests once. Lines that run while a module is imported belong to no test."""
    watched = coverage.Coverage(
        data_file=None, include=list(files), concurrency=["greenlet", "thread"], config_file=False
    )
    # No test runs a line of a module that only holds tables and types.
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
    """Ends the process when it takes far longer than its usual number of seconds."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 10 + 20 * usual)


class Failures:
    """Collects the tests that fail, before pytest spends time on formatting the failure."""

    def __init__(self) -> None:
        self.tests: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Counts failures in setup and teardown too."""
        if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
            self.failed(item.nodeid)

    def failed(self, test: str) -> None:
        """Called with the id of each test that fails."""
        self.tests.add(test)


class Chosen:
    """Runs only these tests, in this order, each with a time limit."""

    def __init__(self, reach: Reach, tests: Sequence[str]) -> None:
        self._reach, self._tests = reach, tests

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Selects and orders them."""
        by_id = {item.nodeid: item for item in items}
        items[:] = [by_id[test] for test in self._tests if test in by_id]

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Sets the time limit."""
        limit(self._reach.seconds[item.nodeid])
