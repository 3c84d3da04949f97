"""A run of pytest in which something hangs ends, and says where."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_repository import ROOT

RUN = """
import sys, pytest
from tests.watchdog import Watchdog
folder, test, between = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
options = "-c /dev/null -p no:asyncio --timeout 0.1 --timeout-method signal --rootdir".split()
sys.exit(pytest.main([*options, folder, folder], plugins=[Watchdog(test, between)]))
"""
SWALLOWS = """
import time

def test_swallows_its_timeout():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
"""
HANGS_AFTERWARDS = """
import time

def pytest_sessionfinish():
    time.sleep(60)
"""


def run(folder: Path, *, test: float, between: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, str(folder), str(test), str(between)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)


def test_swallowed_timeout_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "test_hanging.py").write_text(SWALLOWS)
    done = run(tmp_path, test=1, between=60)
    assert done.returncode == 1
    assert "in test_swallows_its_timeout" in done.stderr


def test_hanging_between_tests_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HANGS_AFTERWARDS)
    (tmp_path / "test_quick.py").write_text("def test_quick(): pass")
    done = run(tmp_path, test=60, between=0.5)
    assert done.returncode == 1
    assert "in pytest_sessionfinish" in done.stderr


def test_run_that_ends_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "test_quick.py").write_text("def test_quick(): pass")
    done = run(tmp_path, test=60, between=60)
    assert done.returncode == pytest.ExitCode.OK
    assert done.stderr == ""
