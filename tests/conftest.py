import gc
import os
import sys

# Until all is imported: that takes a quarter longer with it, and nothing of it is ever given up.
gc.disable()
# Otherwise each process rewrites the assertions of all tests, which takes ten seconds, and compiles the bot.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import time
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # The process that hands tests out to others would import it all, and the bot, for nothing.
    if not config.getoption("numprocesses", None):
        config.pluginmanager.import_plugin("tests.plugin")
        from tests.watchdog import Watchdog

        config.pluginmanager.register(Watchdog())
    _allow_tracing()


def _allow_tracing() -> None:
    """Python 3.11 refuses to install a trace function in one thread while another thread installs its own.
    Under coverage, a database driver's thread would die of that at its start, and everything waiting for it
    would wait forever."""
    if sys.gettrace() is None:
        return
    install = sys.settrace

    def settrace(function: Any) -> None:
        for _ in range(1000):
            try:
                return install(function)
            except RuntimeError:
                time.sleep(0.001)
        return install(function)

    sys.settrace = settrace


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """The process that hands the tests out imports no more."""
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: a test often waits, for its deadline, its database or another process."""
    return 2 * max(2, os.cpu_count() or 1)


def pytest_collection_finish() -> None:
    """Imported modules live as long as the test run. Collecting them repeatedly would block the event loop
    for up to half a second each time, in the middle of a test's waiting."""
    gc.collect()
    gc.freeze()
    gc.enable()
    # Most of what a test makes is gone with it. Looking for what is not, every seven hundred objects, takes a
    # twentieth of the processor time of them all; looking again at what was left, a thirtieth.
    gc.set_threshold(20_000, 50, 10)
