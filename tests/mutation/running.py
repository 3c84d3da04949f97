"""Trying the tests on mistakes. pytest gathers the tests once, and is forked for each mistake.

A mistake in a function is put into a process that has imported everything already, and only the tests that
come by its line are run. One in a module's own statements (a table, a default, a pattern) has to be there
before the module is imported; that is a pytest of its own, in a process that has imported all else.
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
from tests.mutation.placing import ROOT, Functions, Instead, Source, functions, swap
from tests.mutation.reach import Chosen, Failures, Reach, limit, measured
from tests.mutation.report import Tried

_BEFORE = (
    # Libraries, and such parts of ours as know nothing of those that mistakes are made in.
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
    # The runner has limits of its own, on the same signal.
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
"""Tests that a mistake in a module's own statements meets first."""
_GATHERING = 30
"""Seconds that importing the tests takes at most."""


class _Watch(Failures):
    """Ends the process at the first failure, and says which."""

    def __init__(self, said: Path) -> None:
        super().__init__()
        self._said = said

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """The tests cannot even be imported."""
        if report.failed:
            self.failed("importing")

    def failed(self, test: str) -> None:
        """Does not come back."""
        self._said.write_text(test)
        os._exit(1)


class _Instead:
    """Has something done with the tests in place of running them."""

    def __init__(self, do: Callable[[Sequence[pytest.Item]], None]) -> None:
        self._do = do

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own."""
        self._do(session.items)
        return True


class Forks:
    """Processes that try something and are gone."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="maple-mutation-"))
        self._said = self.folder / "said"
        self.watch = _Watch(self._said)
        self._databases = Path(fresh("sqlite").removeprefix("sqlite:///")).parent

    def aclose(self) -> None:
        shutil.rmtree(self.folder)

    def run(self, do: Callable[[], object]) -> tuple[str, float]:
        """What made an end of it, or empty; and the seconds it took."""
        begun = time.monotonic()
        self._said.write_text("")
        pid = os.fork()
        if pid == 0:
            self._run(do)
        _, status = os.waitpid(pid, 0)
        for left in self._databases.glob("*.db*"):
            if not left.name.startswith("migrated"):
                left.unlink()
        return self._said.read_text() or ("ended by a signal" if status else ""), time.monotonic() - begun

    def _run(self, do: Callable[[], object]) -> None:
        end_with_parent()
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        try:
            do()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it made an end
            self._said.write_text(type(error).__name__)
            os._exit(1)
        os._exit(0)

    def ask(self, do: Callable[[], Any]) -> Any:
        """What it gives back. Raises RuntimeError when it gives nothing back."""
        answer = self.folder / "answer"
        pid = os.fork()
        if pid == 0:
            end_with_parent()
            try:
                answer.write_bytes(pickle.dumps(do()))
            except BaseException:  # noqa: BLE001 - this process ends here, whatever it is
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status:
            raise RuntimeError("The tests cannot be run.")
        return pickle.loads(answer.read_bytes())  # noqa: S301 - written just above


Wanted = Sequence[tuple[Source, Mutation]]


def run(wanted: Wanted, tests: Sequence[str], tell: Callable[[Tried], None]) -> list[Tried]:
    """Each of them, in order. `tests`: files and folders. Raises RuntimeError when they cannot be run.

    `tell` gets those first that are quick to try.
    """
    profile = settings(derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
    settings.register_profile("mutation", profile)
    settings.load_profile("mutation")
    os.environ.setdefault("MAPLE_EXAMPLES", "1")
    # Nowhere near UTC, which the tests must not depend on.
    os.environ["TZ"] = "Pacific/Auckland"
    time.tzset()
    for library in _BEFORE:
        importlib.import_module(library)
    forks = Forks()
    try:
        reach, ended = forks.ask(lambda: _in_functions(forks, wanted, tests, tell))
        for test in sorted(reach.failed):
            sys.stderr.write(f"Left out, for it fails without any mistake: {test}\n")
        for number, (source, one) in enumerate(wanted):
            if number not in ended:
                ended[number] = _before_import(forks, source, one, reach)
                tell(Tried(source.path, one, *ended[number]))
        return [Tried(source.path, one, *ended[number]) for number, (source, one) in enumerate(wanted)]
    finally:
        forks.aclose()


Ended = dict[int, tuple[str, float]]
"""By their place in what is wanted."""


def _in_functions(
    forks: Forks, wanted: Wanted, tests: Sequence[str], tell: Callable[[Tried], None]
) -> tuple[Reach, Ended]:
    """Which tests come by what, and what became of the mistakes in functions."""
    trying = _InFunctions(forks, wanted, tell)
    if pytest.main([*_OPTIONS, "-k", "not postgresql", *tests], plugins=[_Instead(trying)]):
        raise RuntimeError("The tests cannot be gathered.")
    return trying.reach, trying.ended


class _InFunctions:
    """Tries the mistakes, with the tests that were gathered."""

    def __init__(self, forks: Forks, wanted: Wanted, tell: Callable[[Tried], None]) -> None:
        self._forks, self._wanted, self._tell = forks, wanted, tell
        self.reach = Reach()
        self.ended: Ended = {}

    def __call__(self, items: Sequence[pytest.Item]) -> None:
        files = sorted({source.file for source, _ in self._wanted})
        self.reach = self._forks.ask(lambda: measured(items, files))
        items[0].config.pluginmanager.register(self._forks.watch)
        gc.unfreeze()  # what was set apart is not found otherwise
        there, by_id = functions(), {item.nodeid: item for item in items}
        gc.freeze()
        for number, (source, one) in enumerate(self._wanted):
            come_by = [by_id[test] for test in self.reach.tests(source.file, one.lines)]
            if one.function is not None and come_by:
                mistake = partial(self._try, source.code(one), one.function, there, come_by)
                self.ended[number] = self._forks.run(mistake)
                self._tell(Tried(source.path, one, *self.ended[number]))

    def _try(
        self, code: CodeType, function: tuple[str, int], there: Functions, items: Sequence[pytest.Item]
    ) -> None:
        swap(code, function, there)
        for item, following in zip(items, [*items[1:], None], strict=True):
            limit(self.reach.seconds[item.nodeid])
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _before_import(forks: Forks, source: Source, mutation: Mutation, reach: Reach) -> tuple[str, float]:
    """Tries a few tests first: they mostly notice, and gathering them all takes longer than running them."""
    near = reach.near(source.file)
    killed_by, seconds = "", 0.0
    for tests in (near[:_FEW], near[_FEW:], reach.others(source.file)):
        if tests and not killed_by:
            killed_by, took = forks.run(partial(_afresh, forks, source, mutation, reach, tests))
            seconds += took
    return killed_by, seconds


def _afresh(forks: Forks, source: Source, mutation: Mutation, reach: Reach, tests: Sequence[str]) -> None:
    files = sorted({test.split("::")[0] for test in tests})
    Instead(source.module, source.file, source.code(mutation)).install()
    limit(_GATHERING)
    if pytest.main([*_OPTIONS, *files], plugins=[forks.watch, Chosen(reach, tests)]) != pytest.ExitCode.OK:
        raise RuntimeError("cannot be imported")
