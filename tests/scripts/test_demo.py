"""The demo as people use it: one command, a page, a bot that answers, and a clean stop."""

import asyncio
import importlib
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import demo

ROOT = Path(__file__).parent.parent.parent
IN_TIME = 30.0


@asynccontextmanager
async def started(*arguments: str, **environment: str) -> AsyncIterator[tuple[Process, str]]:
    """Runs `python -m sandbox`, and yields it with its first output. Killed at the end if still running."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", *arguments),
        cwd=ROOT,
        env=os.environ | environment,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        assert process.stdout is not None
        output = b""
        async with asyncio.timeout(IN_TIME):
            while b"Ctrl-C" not in output and (line := await process.stdout.readline()):
                output += line
        yield process, output.decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def stopped(process: Process, stop_signal: signal.Signals = signal.SIGINT) -> tuple[int | None, str]:
    """The exit code and the rest of the output."""
    process.send_signal(stop_signal)
    async with asyncio.timeout(IN_TIME):
        out, err = await process.communicate()
    return process.returncode, out.decode() + err.decode()


def address(output: str) -> str:
    url = re.search(r"http://127\.0\.0\.1:\d+/", output)
    assert url, output
    return url[0]


async def sees(page: httpx.AsyncClient, person: str, channel: str, words: str) -> None:
    """Waits until the words are in the channel for the person, or in a modal."""
    async with asyncio.timeout(IN_TIME):
        while True:
            history = (await page.get("/-/history", params={"person": person, "channel": channel})).text
            state = (await page.get("/-/state", params={"person": person})).json()
            if words in history or words in str(state["views"]):
                return
            await asyncio.sleep(0.05)


async def do(page: httpx.AsyncClient, **action: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await page.post("/-/do", json=action)).json()
    return answer


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_suggested_commands_work_and_ctrl_c_ends_every_process() -> None:
    # Settings of a real installation in the shell must not reach the bot of the demo.
    real = {"SLACK_BOT_TOKEN": "xoxb-real", "AUTUMN_URL": "http://127.0.0.1:9", "LOG_LEVEL": "nonsense"}
    async with started("--port", "0", **real) as (process, output):
        bots = children(process.pid)
        async with (
            httpx.AsyncClient(base_url=address(output), trust_env=False) as page,
            # A page that stays open must not hold up the stop.
            page.stream("GET", "/-/stream", params={"person": "U01ANA"}),
        ):
            state = (await page.get("/-/state", params={"person": "U01ANA"})).json()
            support = next(channel["id"] for channel in state["channels"] if channel["name"] == "support")
            for (command, _), words in zip(
                demo.TRIES,
                ("Last invoices", "Coming up in the next", "A digest is a regular post"),
                strict=True,
            ):
                assert command in output
                assert (await do(page, person="U01ANA", act="command", channel=support, text=command))["ok"]
                await sees(page, "U01ANA", support, words)
            code, rest = await stopped(process)
    assert code == 0
    assert "Traceback" not in rest
    assert len(bots) == 1
    assert all(gone(bot) for bot in bots)


SOON_ENDED = """
import http.server, os, sys

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).handle_request()
sys.exit("I am out of memory")
"""
"""Stands in for the bot: reports once that it is ready, and ends."""


def _stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """The demo starts this program in place of the bot."""
    (folder / "bot.py").write_text(program)
    (folder / "app_manifest.yml").symlink_to(ROOT / "app_manifest.yml")
    monkeypatch.setattr(demo, "ROOT", folder)


async def test_bot_that_ends_by_itself_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _stand_in(tmp_path, monkeypatch, SOON_ENDED)
    async with asyncio.timeout(IN_TIME):
        assert await demo.run(0) == 1
    error = capsys.readouterr().err
    assert "The bot has ended by itself (exit code 1)" in error
    assert "Its last words:" in error
    assert "I am out of memory" in error


async def test_demo_is_stopped_while_the_bot_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _stand_in(tmp_path, monkeypatch, "import signal\nsignal.pause()")
    before = set(children(os.getpid()))
    running = asyncio.create_task(demo.run(0))
    async with asyncio.timeout(IN_TIME):
        while not (bots := set(children(os.getpid())) - before):  # noqa: ASYNC110 - a process is not announced
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == 0
    assert all(gone(bot) for bot in bots)
    assert "Traceback" not in capfd.readouterr().err


def test_port_in_use_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    interrupt = signal.getsignal(signal.SIGINT)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, interrupt))
    # Imported as the main module, it restores the default for Ctrl-C.
    main = importlib.import_module("sandbox.__main__").main
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["sandbox", "--port", str(port)])
        assert main() == 1
    assert capsys.readouterr().err == (
        f"Port {port} cannot be used: something else is there. Name another: scripts/demo --port N\n"
    )


def test_next_free_port_is_used_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(demo, "PORT", other.getsockname()[1])
        port = demo.free(None)
    assert port != demo.PORT
    assert demo.free(port) == port
