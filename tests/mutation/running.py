"""Runs the tests on each mistake. pytest collects the tests once, and is forked for every mistake.

A mistake in a function is put into a process that has already imported everything, and only the tests that
run its line are run. A mistake in a module's own statements (a table, a default, a pattern) must be there
before the module is imported: it gets a separate pytest, in a process that has imported everything else.
"""

import gc
import importlib
import os
import pickle
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import Phase, settings

from tests.databases import fresh
from tests.mutation.operators import Mutation
from tests.mutation.orphans import end_with_parent
from tests.mutation.placing import ROOT, Functions, MutatedImport, Source, functions, swap
from tests.mutation.reach import Chosen, Failures, Reach, limit, measure
from tests.mutation.report import Result, Trial

_PRELOADED = (
    # Libraries, and parts of Maple that import none of the modules that mistakes are made in.
    "aiohttp.web",
    "apscheduler.schedulers.asyncio",
    "babel.numbers",
    "freezegun",
    "hypothesis.stateful",
    "jsonschema",
    "slack_bolt.async_app",
    "slackblocks",
    "starlette.applications",
    "structlog",
    "uvicorn",
    "sandbox.autumn",
    "sandbox.slack",
    "bot.autumn.client",
    "bot.lookups.answers",
    "bot.lookups.catalogue",
)
_OPTIONS = (
    *("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:terminal", "-p", "no:logging"),
    # Disables pytest-timeout: the time limits of this run use the same signal.
    *("-o", "timeout=0"),
    *(
        "--assert=plain",
        "--capture=no",
        "--rootdir",
        str(ROOT),
        "-c",
        str(ROOT / "pyproject.toml"),
        "-o",
        "addopts=",
    ),
)
_FEW = 20
"""How many tests run first on a mistake in a module's own statements."""
_COLLECTION = 30
"""An upper bound, in seconds, for importing the tests."""


class _StopAtFailure(Failures):
    """Ends the process at the first failure, and writes down which test failed."""

    def __init__(self, killer: Path) -> None:
        super().__init__()
        self._killer = killer

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Counts a failing import of the tests."""
        if report.failed:
            self.failed("importing")

    def failed(self, test: str) -> None:
        """Does not return."""
        self._killer.write_text(test)
        os._exit(1)


class _Loop:
    """Passes the collected tests to a function, in place of running them."""

    def __init__(self, action: Callable[[Sequence[pytest.Item]], None]) -> None:
        self._action = action

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Replaces pytest's own loop."""
        self._action(session.items)
        return True


class Forks:
    """Runs functions in processes of their own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="maple-mutation-"))
        self._killer = self.folder / "killer"
        self.stop_at_failure = _StopAtFailure(self._killer)
        self._databases = Path(fresh("sqlite").removeprefix("sqlite:///")).parent

    def aclose(self) -> None:
        shutil.rmtree(self.folder)

    def run(self, action: Callable[[], object]) -> Result:
        """Runs it in a fork and waits for its end."""
        begun = time.monotonic()
        self._killer.write_text("")
        pid = os.fork()
        if pid == 0:
            self._run(action)
        _, status = os.waitpid(pid, 0)
        for database in self._databases.glob("*.db*"):
            if not database.name.startswith("migrated"):
                database.unlink()
        return self._killer.read_text() or ("ended by a signal" if status else ""), time.monotonic() - begun

    def _run(self, action: Callable[[], object]) -> None:
        end_with_parent()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the mistake caused it
            self._killer.write_text(type(error).__name__)
            os._exit(1)
        os._exit(0)

    def call(self, function: Callable[[], Any]) -> Any:
        """Runs it in a fork and returns its result. Raises RuntimeError when it fails."""
        result = self.folder / "result"
        pid = os.fork()
        if pid == 0:
            end_with_parent()
            try:
                result.write_bytes(pickle.dumps(function()))
            except BaseException:  # noqa: BLE001 - the forked process ends here, whatever it is
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status:
            raise RuntimeError("The tests cannot be run.")
        return pickle.loads(result.read_bytes())  # noqa: S301 - written just above


Target = tuple[Source, Mutation]


def run(targets: Sequence[Target], tests: Sequence[str], progress: Callable[[Trial], None]) -> list[Trial]:
    """Tries every mistake, and returns the trials in order. `tests`: files and folders. Raises RuntimeError
    when the tests cannot be run.

    `progress` gets each trial as it ends, those of mistakes in functions first.
    """
    profile = settings(derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
    settings.register_profile("mutation", profile)
    settings.load_profile("mutation")
    os.environ.setdefault("MAPLE_EXAMPLES", "1")
    # Nowhere near UTC, which the tests must not depend on.
    os.environ["TZ"] = "Pacific/Auckland"
    time.tzset()
    for library in _PRELOADED:
        importlib.import_module(library)
    forks = Forks()
    try:
        reach, results = forks.call(lambda: _try_in_functions(forks, targets, tests, progress))
        for test in sorted(reach.failed):
            sys.stderr.write(f"Left out, because it fails without any mistake: {test}\n")
        for index, (source, mutation) in enumerate(targets):
            if index not in results:
                results[index] = _try_at_import(forks, source, mutation, reach)
                progress(Trial(source.path, mutation, *results[index]))
        return [
            Trial(source.path, mutation, *results[index]) for index, (source, mutation) in enumerate(targets)
        ]
    finally:
        forks.aclose()


Results = dict[int, Result]
"""By the index of the target."""


def _try_in_functions(
    forks: Forks, targets: Sequence[Target], tests: Sequence[str], progress: Callable[[Trial], None]
) -> tuple[Reach, Results]:
    """Which tests run which lines, and the results of the mistakes in functions."""
    trials = _FunctionTrials(forks, targets, progress)
    if pytest.main([*_OPTIONS, "-k", "not postgresql", *tests], plugins=[_Loop(trials)]):
        raise RuntimeError("The tests cannot be collected.")
    return trials.reach, trials.results


class _FunctionTrials:
    """Tries the mistakes in functions on the collected tests."""

    def __init__(self, forks: Forks, targets: Sequence[Target], progress: Callable[[Trial], None]) -> None:
        self._forks, self._targets, self._progress = forks, targets, progress
        self.reach = Reach()
        self.results: Results = {}

    def __call__(self, items: Sequence[pytest.Item]) -> None:
        files = sorted({source.file for source, _ in self._targets})
        self.reach = self._forks.call(lambda: measure(items, files))
        items[0].config.pluginmanager.register(self._forks.stop_at_failure)
        gc.unfreeze()  # frozen objects are invisible to gc.get_objects
        loaded, by_id = functions(), {item.nodeid: item for item in items}
        gc.freeze()
        for index, (source, mutation) in enumerate(self._targets):
            tests = [by_id[test] for test in self.reach.tests(source.file, mutation.lines)]
            if mutation.function is not None and tests:
                attempt = partial(self._try, source.code(mutation), mutation.function, loaded, tests)
                self.results[index] = self._forks.run(attempt)
                self._progress(Trial(source.path, mutation, *self.results[index]))

    def _try(
        self, code: CodeType, function: tuple[str, int], loaded: Functions, items: Sequence[pytest.Item]
    ) -> None:
        swap(code, function, loaded)
        for item, following in zip(items, [*items[1:], None], strict=True):
            limit(self.reach.seconds[item.nodeid])
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _try_at_import(forks: Forks, source: Source, mutation: Mutation, reach: Reach) -> Result:
    """Tries a few tests first: they mostly notice, and collecting them all takes longer than a run."""
    running = reach.running(source.file)
    killed_by, seconds = "", 0.0
    for tests in (running[:_FEW], running[_FEW:], reach.others(source.file)):
        if tests and not killed_by:
            killed_by, duration = forks.run(partial(_run_pytest, forks, source, mutation, reach, tests))
            seconds += duration
    return killed_by, seconds


def _run_pytest(forks: Forks, source: Source, mutation: Mutation, reach: Reach, tests: Sequence[str]) -> None:
    files = sorted({test.split("::")[0] for test in tests})
    MutatedImport(source.module, source.file, source.code(mutation)).install()
    limit(_COLLECTION)
    plugins = [forks.stop_at_failure, Chosen(reach, tests)]
    if pytest.main([*_OPTIONS, *files], plugins=plugins) != pytest.ExitCode.OK:
        raise RuntimeError("cannot be imported")
