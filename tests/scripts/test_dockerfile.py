"""The container, tested without a container engine: its steps are repeated in an empty folder."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.scripts import dockerfile
from tests.scripts.dockerfile import Stage

pytestmark = pytest.mark.installs

ROOT = Path(__file__).parent.parent.parent
INSTALLED = "/opt/maple"


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return dockerfile.stages(ROOT / "Dockerfile")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that .dockerignore lets through."""
    copy = tmp_path_factory.mktemp("context")
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            source, target = ROOT / line[1:], copy / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
    return copy


@pytest.fixture(scope="module")
def installed(stages: list[Stage], context: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the build stage puts into /opt/maple: its RUN lines, with only the files that it copies."""
    source, target = tmp_path_factory.mktemp("build") / "src", tmp_path_factory.mktemp("opt") / "maple"
    copy(stages[0], context, source)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    for line in stages[0].all("RUN"):
        words = line.replace(INSTALLED, str(target)).replace("/usr/local/bin/python", sys.executable)
        done = subprocess.run(
            ["/bin/sh", "-c", words],
            cwd=source,
            env=environment | {"PIP_NO_COMPILE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return target


def copy(stage: Stage, context: Path, target: Path) -> None:
    for sources, place in stage.copied():
        for source in sources:
            to = target / place / (source if place == "./" else "")
            to.parent.mkdir(parents=True, exist_ok=True)
            if (context / source).is_dir():
                shutil.copytree(context / source, to)
            else:
                shutil.copy(context / source, to)


def run(installed: Path, where: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as in the container: its own programs first on the path, nothing from the checkout."""
    environment = {"PATH": f"{installed}/bin:/usr/bin:/bin", "HOME": str(where), "COLUMNS": "200"}
    return subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, check=False)


def test_both_stages_have_the_same_base(stages: list[Stage]) -> None:
    build, final = stages
    assert build.base == final.base
    assert re.fullmatch(r"python:3\.\d+-slim@sha256:[0-9a-f]{64}", final.base)
    assert f"--from={build.name} {INSTALLED} {INSTALLED}" in final.all("COPY")


def test_final_stage_builds_nothing_and_does_not_run_as_root(stages: list[Stage]) -> None:
    final = stages[-1]
    assert not any(word in line for line in final.all("RUN") for word in ("pip", "apt", "package"))
    assert int(final.one("USER")) > 0
    assert dockerfile.command(final.one("CMD")) == ["python", "-m", "bot"]
    assert final.one("EXPOSE") == "3000"
    assert "HOST=0.0.0.0" in final.one("ENV")


def test_database_is_in_a_volume(stages: list[Stage]) -> None:
    final = stages[-1]
    place = final.one("VOLUME")
    assert f"DATABASE_URL=sqlite:///{place}/" in final.one("ENV")
    (user,) = [line for line in final.all("RUN") if "useradd" in line]
    assert f"install --directory --owner=maple --mode=0700 {place}" in user
    instructions = [name for name, _ in final.steps]
    assert instructions.index("RUN") < instructions.index("VOLUME"), (
        "the volume inherits the owner of the folder"
    )
    assert f"--uid {final.one('USER')} " in user


def test_readme_starts_a_container_that_keeps_its_volume(stages: list[Stage]) -> None:
    text = (ROOT / "README.md").read_text().replace("\\\n", " ")
    runs = [line.split() for line in text.splitlines() if line.strip().startswith("docker run ")]
    checked, started = runs
    assert checked[-3:] == ["maple", "maple", "doctor"]
    assert started[-1] == "maple"
    for words in runs:
        assert {"--read-only", "--tmpfs", "--stop-timeout"} <= set(words)
        assert f"maple:{stages[-1].one('VOLUME')}" in words


def test_installed_bot_starts(stages: list[Stage], context: Path, installed: Path, tmp_path: Path) -> None:
    copy(stages[-1], context, tmp_path)
    for command in (dockerfile.command(stages[-1].one("CMD")), ["maple"]):
        helped = run(installed, tmp_path, *command, "--help")
        assert helped.returncode == 0, helped.stderr
        assert "doctor" in helped.stdout
    unset = run(installed, tmp_path, "python", "-m", "bot")
    assert unset.returncode != 0
    assert "SLACK_BOT_TOKEN" in unset.stdout + unset.stderr
    assert "Traceback" not in unset.stdout + unset.stderr


def test_wheel_contains_only_the_bot_and_its_handlers(installed: Path) -> None:
    packages = next(installed.glob("lib/python*/site-packages"))
    for part in ("bot", "handlers"):
        ours = {
            path.relative_to(ROOT) for path in (ROOT / part).rglob("*") if "__pycache__" not in path.parts
        }
        theirs = {path.relative_to(packages) for path in (packages / part).rglob("*")}
        assert {path for path in ours - theirs if (ROOT / path).is_file()} == set()
    assert not any(
        (packages / name).exists() for name in ("sandbox", "tests", "benchmarks", "pip", "setuptools")
    )


class Health(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it overrides
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_health_check_reports_the_status(
    stages: list[Stage], port: int, status: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Health, "status", status)
    _, *arguments = dockerfile.command(stages[-1].one("HEALTHCHECK"))
    checked = subprocess.run(
        [sys.executable, *arguments], env={"PORT": str(port)}, capture_output=True, check=False
    )
    assert checked.returncode == code
