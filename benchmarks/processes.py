"""Starts each server in its own process, waits until it is ready, and stops it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.load import Job, Result

ROOT = Path(__file__).parent.parent
_START = 30.0
"""Seconds for a process to be ready."""
_STOP = 40.0

SECRET = "benchmark-signing-secret"
BOT_TOKEN = "xoxb-benchmark"
AUTUMN_KEY = "am_sk_test_benchmark"


class NotReady(Exception):
    """A process ended, or was too slow, before it was ready; its output is quoted."""


@dataclass(frozen=True, slots=True)
class Started:
    pid: int
    output: Path
    """What it writes to stdout and stderr."""


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    """Where it takes commands."""
    pid: int

    def peak(self) -> int | None:
        """The most memory it has held, in bytes; None if the system does not report it."""
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        except OSError:
            return None
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)

    def cpu(self) -> float | None:
        """Seconds of CPU time so far, of all threads; None if the system does not report it."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stop_in_order() -> None:
    """When this process is terminated, its child processes are stopped first, as on Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


@contextmanager
def running(module: str, *arguments: str, **environment: str) -> Iterator[Started]:
    """Runs `python -m module` during the block."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=clean(environment),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Started(process.pid, output)
        finally:
            _stop(process)


def clean(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, without real settings of the bot."""
    real = ("SLACK_", "AUTUMN_", "MAPLE_", "LOG_", "DATABASE_URL", "HOST", "PORT")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(real)}
    return {**rest, "PYTHONUNBUFFERED": "1", **extra}


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def line(process: Started, start: str) -> str:
    """The rest of the first line of output that begins with `start`. Raises NotReady."""
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        for output_line in process.output.read_text(errors="replace").splitlines():
            if output_line.startswith(start):
                return output_line.removeprefix(start).strip()
        _check_alive(process)
        time.sleep(0.02)
    raise NotReady(process.output.read_text(errors="replace"))


def _check_alive(process: Started) -> None:
    """Raises NotReady when the process has ended."""
    done, _ = os.waitpid(process.pid, os.WNOHANG)
    if done:
        raise NotReady(process.output.read_text(errors="replace"))


@contextmanager
def slack() -> Iterator[str]:
    """The local Slack, for the bot's Web API calls. Yields the API's URL."""
    with running("sandbox.slack", SLACK_BOT_TOKEN=BOT_TOKEN, SLACK_SIGNING_SECRET=SECRET) as process:
        yield line(process, "SLACK_API_URL=")


@contextmanager
def wide_slack(channels: int) -> Iterator[str]:
    """The local Slack with this many more channels. Yields the API's URL."""
    with running(
        "benchmarks.wide_slack", str(channels), SLACK_BOT_TOKEN=BOT_TOKEN, SLACK_SIGNING_SECRET=SECRET
    ) as process:
        yield line(process, "SLACK_API_URL=")


@contextmanager
def plain_slack() -> Iterator[str]:
    """Slack's Web API and nothing else. Yields the API's URL."""
    with running("benchmarks.plain_slack") as process:
        yield line(process, "SLACK_API_URL=")


@contextmanager
def autumn(seed: str = "demo") -> Iterator[str]:
    """The local Autumn on its own clock. `seed`: as for LocalAutumn. Yields its URL."""
    with running("benchmarks.timed_autumn", AUTUMN_KEY, seed) as process:
        yield line(process, "autumn=")


@contextmanager
def floor(slack_api: str) -> Iterator[Server]:
    """A bare Bolt app."""
    with running("benchmarks.floor", SLACK_API_URL=slack_api, SECRET=SECRET, TOKEN=BOT_TOKEN) as process:
        yield Server(line(process, "floor="), process.pid)


@contextmanager
def maple(slack_api: str, autumn_url: str, database: str = "", *, approvals: str = "") -> Iterator[Server]:
    """The bot itself, over HTTP, as in production. `database`: its URL, if not a new one. `approvals`: the
    approvals channel; none when empty."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(
            "bot",
            DATABASE_URL=database or f"sqlite:///{folder}/maple.db",
            SLACK_BOT_TOKEN=BOT_TOKEN,
            SLACK_SIGNING_SECRET=SECRET,
            SLACK_API_URL=slack_api,
            AUTUMN_SECRET_KEY=AUTUMN_KEY,
            AUTUMN_URL=autumn_url,
            MAPLE_APPROVALS_CHANNEL=approvals,
            PORT="0",
        ) as process,
    ):
        yield Server(f"http://127.0.0.1:{_port(process)}/slack/events", process.pid)


@dataclass(frozen=True, slots=True)
class Servers:
    slack: str
    """The URL of its Web API."""
    autumn: str
    """Its URL."""
    maple: Server
    floor: Server


@contextmanager
def servers(
    web_api: Callable[[], AbstractContextManager[str]] = slack, seed: str = "demo", *, approvals: str = ""
) -> Iterator[Servers]:
    """The local Autumn, and Maple and a bare Bolt app with the local Slack, or with another Web API."""
    with (
        web_api() as slack_api,
        autumn(seed) as autumn_url,
        maple(slack_api, autumn_url, approvals=approvals) as bot,
        floor(slack_api) as bare,
    ):
        yield Servers(slack_api, autumn_url, bot, bare)


def _port(process: Started) -> int:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        for output_line in process.output.read_text(errors="replace").splitlines():
            if '"started"' in output_line:
                return int(json.loads(output_line)["port"])
        _check_alive(process)
        time.sleep(0.02)
    raise NotReady(process.output.read_text(errors="replace"))


def load(server: Server, job: Job) -> Result:
    """Runs a job against a server, in its own process."""
    before = server.cpu()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=ROOT,
        input=json.dumps(asdict(job)).encode(),
        stdout=subprocess.PIPE,
        timeout=job.bursts * job.patience + _START,
        check=True,
    )
    result, after = Result.read(done.stdout.decode()), server.cpu()
    if before is not None and after is not None:
        result.cpu = after - before
    return result


def ask(url: str, body: Any = None, *, method: str | None = None, key: str = "") -> Any:
    """The JSON at a URL; with a body and no method, it is posted."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)  # noqa: S310 - our own servers
    request.add_header("content-type", "application/json")
    if key:
        request.add_header("authorization", f"Bearer {key}")
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)
