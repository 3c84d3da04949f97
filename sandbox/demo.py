"""The demonstration: one page to open, and everything behind it on this machine.

The bot is started as its operator would start it, as a process with environment variables: nothing of it is
imported here.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from sandbox.autumn import LocalAutumn
from sandbox.slack import LocalSlack

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
PORT = 7373
_NEXT = 20
"""How many ports after the usual one are tried when it is taken."""
_READY = 30.0
"""Seconds the bot has to start."""
_STOP = 10.0
"""Seconds the bot has to finish what it was doing."""
_SETTINGS = ("SLACK_", "AUTUMN_", "MAPLE_", "DATABASE_", "LOG_", "HOST", "PORT")
TRIES = (
    ("/autumn cus_acme", "a customer's card, with buttons to products, features, invoices and events"),
    ("/autumn upcoming", "the invoices, trials and resets of the next days, and what is unpaid or past due"),
    ("/autumn digest", "the same for everyone in the channel, each morning: set it up, then Send now"),
)


class CannotRunDemo(Exception):
    """What is in the way, in words."""


async def run(port: int | None = None, *, verbose: bool = False) -> int:
    """Shows the demonstration until it is told to stop. The exit code: 1 if the bot ended unexpectedly."""
    stop = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    print("Starting a local Autumn, a local Slack and the bot …", flush=True)
    with TemporaryDirectory(prefix="maple-demo-") as scratch:
        log = None if verbose else Path(scratch) / "bot.log"
        async with workspace(port, scratch) as (page, environment), child(environment, log) as bot:
            health = f"http://{HOST}:{environment['PORT']}/readyz"
            started = await first(bot.wait(), ready(health), stop.wait())
            if started is True and not stop.is_set():
                print(welcome(page, log), flush=True)
                await first(stop.wait(), bot.wait())
            if not stop.is_set():
                print(f"{why(bot)}{last_words(log)}", file=sys.stderr, flush=True)
                return 1
            print("\nStopping …", flush=True)
    return 0


@contextlib.asynccontextmanager
async def workspace(port: int | None, scratch: str) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """The address of the page, and the environment in which a bot finds this Slack and this Autumn."""
    async with (
        LocalAutumn.running(seed="demo") as autumn,
        LocalSlack.running(manifest=ROOT / "app_manifest.yml", port=free(port)) as slack,
    ):
        approvals = slack.workspace.channel("#billing").id
        # The settings of a real installation may be in this shell: none of them may reach the bot.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
        environment |= {
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "AUTUMN_URL": autumn.url,
            "AUTUMN_SECRET_KEY": autumn.key,
            "DATABASE_URL": f"sqlite:///{scratch}/maple.db",
            "MAPLE_APPROVALS_CHANNEL": approvals,
            "HOST": HOST,
            "PORT": str(free(0)),
            "LOG_FORMAT": "text",
            "NO_PROXY": HOST,
            "no_proxy": HOST,
        }
        yield slack.url, environment


@contextlib.asynccontextmanager
async def child(environment: dict[str, str], log: Path | None) -> AsyncIterator[Process]:
    """The bot's process; stopped at the end, gently first. Its output goes to the log, or here."""
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("wb")) if log else None
        # In a separate session, so that Ctrl-C is ours to pass on, after the page has been notified.
        bot = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot"),
            cwd=ROOT,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield bot
        finally:
            with contextlib.suppress(ProcessLookupError):
                bot.terminate()
            try:
                await asyncio.wait_for(bot.wait(), _STOP)
            except TimeoutError:
                bot.kill()
                await bot.wait()


async def ready(address: str) -> bool:
    """Whether the bot says that it is ready, in its time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_READY), httpx.AsyncClient(trust_env=False) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(address)).is_success:
                        return True
                await asyncio.sleep(0.1)
    return False


async def first(*waits: Coroutine[Any, Any, object]) -> object:
    """What the first of them to end answers; the others are given up."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(ended for ended in tasks if ended in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def free(requested: int | None) -> int:
    """A port on which nothing listens: the requested one (0 for any), else the usual one or one soon after.

    Raises CannotRunDemo.
    """
    candidates = [requested] if requested is not None else [*range(PORT, PORT + _NEXT), 0]
    for port in candidates:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((HOST, port))
            except (OSError, OverflowError):
                continue
            return int(tried.getsockname()[1])
    raise CannotRunDemo(
        f"Port {requested} cannot be used: something else is there. Name another: scripts/demo --port N"
    )


def welcome(page: str, log: Path | None) -> str:
    width = max(len(command) for command, _ in TRIES)
    tries = "\n".join(f"    {command:{width}}   {description}" for command, description in TRIES)
    logged = f"The bot's log is in {log}\n" if log else ""
    return (
        f"\nMaple is running. Open  {page}\n\nThree things to type there, as Ana in #support:\n\n{tries}\n\n"
        "The menu at your name makes you someone else: a guest, say, whom it refuses.\n"
        f"{logged}Ctrl-C stops everything."
    )


def why(bot: Process) -> str:
    if bot.returncode is None:
        return f"The bot was not ready after {_READY:.0f} seconds."
    return f"The bot has ended by itself (exit code {bot.returncode})."


def last_words(log: Path | None) -> str:
    """The end of the bot's log, if it was kept from the terminal until now."""
    if log is None:
        return ""
    lines = log.read_text(errors="replace").splitlines()[-15:]
    return "\n".join(["", "Its last words:", *(f"    {line}" for line in lines)])
