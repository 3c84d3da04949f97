"""Marks every test by what it uses, so that the quick ones can be run alone.

- `unit`: plain Python and SQLite files.
- `journey`: starts a bot, a server, a browser or another process.
- `proof`: a sample of a long run: the proofs, the mutations, the benchmarks.

A marker given in the test itself wins. A unit test that starts a server or a process fails, and says so.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

KINDS = ("unit", "journey", "proof")
_HERE = Path(__file__).parent
_PROOFS = ("proofs", "mutation", "benchmarks")
_JOURNEYS = ("journeys", "scripts")
_STARTERS = frozenset(
    {
        "TestServer",
        "async_playwright",
        "create_server",
        "create_subprocess_exec",
        "listening",
        "running_maple",
        "running",
        "start_server",
        "subprocess",
    }
)
"""Names of functions that start a server, a browser or a process."""


def kind_of(item: pytest.Item) -> str:
    for kind in KINDS:
        if item.get_closest_marker(kind):
            return kind
    folder = item.path.relative_to(_HERE).parts[0] if item.path.is_relative_to(_HERE) else ""
    if folder in _PROOFS:
        return "proof"
    if folder in _JOURNEYS or _starts_something(item):
        return "journey"
    return "unit"


def _starts_something(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function):
        return False
    if "postgresql" in getattr(getattr(item, "callspec", None), "params", {}).values():
        return True
    definitions = item._fixtureinfo.name2fixturedefs
    functions = [item.function, *(fixtures[-1].func for fixtures in definitions.values())]
    return any(_starts(function) for function in functions)


@cache
def _starts(function: Any) -> bool:
    return _reaches_starter(function, set())


def _reaches_starter(function: Any, visited: set[CodeType]) -> bool:
    """Whether the function, or a function of the tests that it uses, names a starter or PostgreSQL."""
    plain = _plain(function)
    if plain is None or plain.__code__ in visited:
        return False
    visited.add(plain.__code__)
    names: set[str] = set()
    for code in _nested(plain.__code__):
        names.update(code.co_names)
        if "postgresql" in code.co_consts:
            return True
    if names & _STARTERS:
        return True
    return any(_reaches_starter(used, visited) for used in _used(plain, names))


def _plain(function: Any) -> FunctionType | None:
    """The function below decorators, context managers and Hypothesis."""
    function = inspect.unwrap(function)
    function = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    function = inspect.unwrap(getattr(function, "__func__", function))
    return function if isinstance(function, FunctionType) else None


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _used(function: FunctionType, names: set[str]) -> Iterator[Any]:
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType) and value.__name__.startswith("tests."):
            yield from _members(vars(value).get(name) for name in names)
        else:
            yield from _members([value])


def _members(values: Any) -> Iterator[Any]:
    for value in values:
        module = getattr(value, "__module__", None) or ""
        if not module.startswith("tests.") or module == "tests.databases":
            continue
        if isinstance(value, type):
            yield from (member for member in vars(value).values() if callable(_function_in(member)))
        elif callable(value):
            yield value


def _function_in(member: Any) -> Any:
    return getattr(member, "__func__", getattr(member, "fget", member))


class NoStarts:
    """While a unit test runs, starting a server or a process is an error."""

    def __init__(self) -> None:
        self._running = ""
        sys.addaudithook(self._audit)

    def watch(self, test: str) -> Callable[[], None]:
        self._running = test

        def done() -> None:
            self._running = ""

        return done

    def _audit(self, event: str, _arguments: tuple[Any, ...]) -> None:
        if self._running and event in {"socket.bind", "subprocess.Popen"}:
            raise RuntimeError(f"{self._running} is a unit test, yet {event}: mark it as a journey")
