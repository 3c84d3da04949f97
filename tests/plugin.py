"""What tests run with: fixtures, marks, and databases that go with their test."""

import io
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import coverage
import pytest

from bot import log
from bot.store.database import Database
from sandbox.slack import LocalSlack
from tests import examples
from tests.databases import (
    ENGINES,
    Engine,
    connections_in_use,
    discarded,
    fetch_without_a_thread,
    fresh,
    kept,
    share_compiled_statements,
)
from tests.http_clients import never_look_for_sniffio, share_certificates
from tests.marking import NoStarts, kind_of
from tests.running import MANIFEST, Mode, Running, running_maple

_LEAK = re.compile(r"(xox[a-z]-|xapp-|am_sk_)[\w-]|@[\w-]+\.(example|test|com)")

_no_starts = NoStarts()
share_compiled_statements()
fetch_without_a_thread()
share_certificates()
never_look_for_sniffio()
examples.use_everywhere()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(kind_of(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    done = _no_starts.watch(item.nodeid) if item.get_closest_marker("unit") else None
    try:
        with discarded():
            return (yield)
    finally:
        if done:
            done()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Iterator[Any]:
    if fixturedef.scope == "function":
        return (yield)
    with kept():
        return (yield)


def pytest_sessionfinish() -> None:
    """Saves coverage before the process exits: pytest-xdist kills it if that takes more than ten seconds, as
    it can on a slow machine."""
    measuring = coverage.Coverage.current()
    if measuring is not None:
        measuring.stop()
        measuring.save()


@pytest.fixture(autouse=True)
def logs() -> Iterator[io.StringIO]:
    """The bot's log. No test may write a secret or an email address to it."""
    stream = io.StringIO()
    log.configure("INFO", "json", stream)
    yield stream
    assert not _LEAK.search(stream.getvalue()), stream.getvalue()


@pytest.fixture(autouse=True)
def returned_connections() -> Iterator[None]:
    """No test may leave a connection in use: another test, in which the garbage collector finds it, would
    fail for it."""
    yield
    assert connections_in_use() == 0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Journeys run over HTTP, and over Socket Mode too where marked with `both_transports`: from the listener
    on, both are the same code."""
    parametrized = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "mode" in metafunc.fixturenames and not any("mode" in names for names in parametrized):
        both = metafunc.definition.get_closest_marker("both_transports")
        metafunc.parametrize("mode", ["http", "socket"] if both else ["http"], indirect=True)


@pytest.fixture
def mode(request: pytest.FixtureRequest) -> Mode:
    """How Slack reaches the bot."""
    chosen: Mode = request.param
    return chosen


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    """A local Slack without a bot."""
    async with LocalSlack.running(manifest=MANIFEST) as slack:
        yield slack


@pytest.fixture
async def maple(mode: Mode) -> AsyncIterator[Running]:
    """The bot between a local Slack and a local Autumn."""
    async with running_maple(mode) as maple:
        yield maple


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Both databases that Maple can use."""
    chosen: Engine = request.param
    return chosen


@pytest.fixture
async def database(engine: Engine) -> AsyncIterator[Database]:
    """A new database with the current schema."""
    new_database = Database(fresh(engine))
    yield new_database
    await new_database.aclose()
