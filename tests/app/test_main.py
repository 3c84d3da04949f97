"""The command line, and how the bot starts and stops."""

import asyncio
import io
import os
import re
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot import __main__
from bot.access.people import Actor
from bot.app import Maple
from bot.doctor import command
from bot.identity import CannotStart
from bot.settings import Settings
from bot.timings import Timeouts
from sandbox.autumn import LocalAutumn
from sandbox.slack import LocalSlack
from tests.databases import fresh
from tests.running import Mode, settings_for
from tests.waiting import wait_until

GIVEN = {
    "slack_bot_token": "xoxb-canary",
    "slack_signing_secret": "canary",
    "autumn_secret_key": "am_sk_test_canary",
    "slack_api_url": "http://127.0.0.1:9/",
    "autumn_url": "http://127.0.0.1:9",
    "database_url": fresh("sqlite", migrated=False),
    "port": "0",
}


@pytest.fixture
async def autumn() -> AsyncIterator[LocalAutumn]:
    async with LocalAutumn.running(seed="demo") as autumn:
        yield autumn


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def environment_variables(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, as an admin would set them."""
    overrides = {
        name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in settings
        if value is not None
    }
    return os.environ | overrides


async def wait_for_log(logs: io.StringIO, event: str) -> None:
    """Waits until the bot has logged this."""
    await wait_until(lambda: f'"event": "{event}"' in logs.getvalue())


@pytest.mark.both_transports
async def test_signal_stops_the_process(
    slack: LocalSlack, autumn: LocalAutumn, mode: Mode, logs: io.StringIO
) -> None:
    settings = settings_for(slack, autumn, mode, database=fresh("sqlite"))
    serving = asyncio.create_task(__main__.serve(settings))
    await wait_for_log(logs, "started")
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(30):
        await serving


async def test_signal_stops_the_process_while_slack_is_unreachable(
    slack: LocalSlack, autumn: LocalAutumn
) -> None:
    settings = settings_for(slack, autumn, "http", database=fresh("sqlite"))
    settings = settings.model_copy(update={"slack_api_url": "http://127.0.0.1:9/"})
    serving = asyncio.create_task(__main__.serve(settings))
    await asyncio.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)
    async with asyncio.timeout(30):
        await serving


async def test_second_signal_stops_immediately(
    slack: LocalSlack, autumn: LocalAutumn, logs: io.StringIO
) -> None:
    settings = settings_for(slack, autumn, "socket", database=fresh("sqlite"))
    serving = asyncio.create_task(__main__.serve(settings))
    await wait_for_log(logs, "started")
    autumn.faults.add("*", "latency", seconds=20)
    await slack.person("ana").command("/autumn cus_acme")
    os.kill(os.getpid(), signal.SIGTERM)
    await wait_for_log(logs, "stopping")
    assert not serving.done()
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(30):
        await serving


async def readiness(port: int) -> int:
    """The status of /readyz; 0 while nobody listens."""
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                return answer.status
        except aiohttp.ClientConnectionError:
            return 0


LOOKS_OFTEN = """
from functools import partial
from bot import __main__
from bot.approvals.preview import ChangeTimeouts
from bot.timings import Timeouts
__main__.Maple = partial(__main__.Maple, timeouts=Timeouts(changes=ChangeTimeouts(sweep=0.1)))
__main__.main()
"""
"""The bot as it is normally started, except for how often it checks that its database accepts writes."""


async def test_process_is_unready_while_its_disk_is_full_and_finishes_acknowledged_work(
    slack: LocalSlack, autumn: LocalAutumn
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = settings_for(slack, autumn, "socket", database=fresh("sqlite"))
    settings = settings.model_copy(update={"port": port})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOOKS_OFTEN, env=environment_variables(settings), stderr=asyncio.subprocess.PIPE
    )
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    try:
        # No file of the process may grow any further: like a full disk, except for the error's number.
        for largest, status in ((hard, 200), (0, 503), (hard, 200)):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest, hard))

            async def is_ready(status: int = status) -> bool:
                return await readiness(port) == status

            await wait_until(is_ready, every=0.05)
        fault = autumn.faults.add("customers.get", "latency", seconds=60)
        ana = slack.person("ana")
        await ana.command("/autumn cus_acme")
        await wait_until(lambda: fault.struck)
        process.send_signal(signal.SIGTERM)
        autumn.faults.clear()
        await ana.sees("Acme Ltd")
        _, written = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    start, _, rest = written.partition(b'"event": "started"')
    _, _, stop = rest.partition(b'"event": "stopping"')
    assert b'"event": "stopped"' in stop
    # While the disk is full, libraries may complain; before and after it, only of a slow machine.
    complaining = set(re.findall(rb'"library": "([^"]+)"', start + stop))
    assert complaining <= {b"apscheduler.scheduler"}
    for secret in (slack.bot_token, slack.app_token, slack.signing_secret, autumn.key):
        assert secret.encode() not in written


async def test_refused_token_ends_the_process(slack: LocalSlack, autumn: LocalAutumn) -> None:
    settings = settings_for(slack, autumn, "http", database=fresh("sqlite")).model_copy(
        update={"slack_bot_token": SecretStr("xoxb-no")}
    )
    with pytest.raises(CannotStart, match="Slack refuses the bot token: invalid_auth"):
        async with Maple(settings).running():
            pass  # pragma: no cover


async def test_slack_is_waited_for(slack: LocalSlack, autumn: LocalAutumn) -> None:
    slack.faults.add("auth.test", "latency", seconds=1.5)
    timeouts = Timeouts(slack=1, retry_start=0.01)
    settings = settings_for(slack, autumn, "http", database=fresh("sqlite"))
    async with Maple(settings, timeouts=timeouts).running() as maple:
        assert maple.taking
    assert not maple.taking


def test_missing_settings_are_named(environment: pytest.MonkeyPatch) -> None:
    for arguments in ([], ["doctor"]):
        result = CliRunner().invoke(__main__.cli, arguments)
        assert result.exit_code == 1
        assert "Maple cannot start:\nSLACK_BOT_TOKEN is not set" in result.stderr


@pytest.fixture
def configured(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GIVEN.items():
        environment.setenv(name.upper(), value)
    return environment


def test_doctor_exits_with_one_on_failure(configured: pytest.MonkeyPatch) -> None:
    configured.setattr("bot.slack.client.retries", lambda _longest: [])
    result = CliRunner().invoke(__main__.cli, ["doctor"])
    assert result.exit_code == 1
    assert "✗ Slack: the bot token is not usable (no answer)" in result.stdout
    assert "canary" not in result.output


def test_doctor_exits_with_zero_on_success(configured: pytest.MonkeyPatch) -> None:
    async def well(_settings: Settings, report: command.Report) -> None:
        report(command.Finding("All of it", ok=True))

    configured.setattr(command, "examine", well)
    result = CliRunner().invoke(__main__.cli, ["doctor"])
    assert (result.exit_code, result.stdout) == (0, "✓ All of it\n")


def test_taken_address_is_reported(configured: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        configured.setenv("PORT", str(port))
        configured.setenv("DATABASE_URL", fresh("sqlite"))
        result = CliRunner().invoke(__main__.cli, [])
    assert result.exit_code == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in result.stderr


def test_failed_start_is_reported(configured: pytest.MonkeyPatch) -> None:
    async def refused(_settings: Settings) -> None:
        raise CannotStart("Slack refuses the bot token: invalid_auth")

    configured.setattr(__main__, "serve", refused)
    result = CliRunner().invoke(__main__.cli, [])
    assert (result.exit_code, result.stderr) == (1, "Slack refuses the bot token: invalid_auth\n")


def test_console_script_starts_the_bot(
    configured: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configured.setattr(sys, "argv", ["maple", "--help"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 0
    assert "doctor" in capsys.readouterr().out


def test_requests_wait_until_the_bots_identity_is_known() -> None:
    maple = Maple(Settings.model_validate(GIVEN))
    with pytest.raises(LookupError):
        asyncio.run(maple.services.people.standing(Actor("U1")))
