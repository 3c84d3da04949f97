"""The command line for the database and the audit trail."""

import asyncio
import contextlib
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from bot.__main__ import cli
from bot.store import audit
from bot.store.database import Database
from tests.databases import Engine, fresh

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)


def run(*words: str, url: str | None) -> Result:
    return CliRunner().invoke(cli, list(words), env={"DATABASE_URL": url, "SLACK_BOT_TOKEN": None})


async def _fill(url: str, *statements: str) -> None:
    database = Database(url)
    async with database.writing() as connection:
        for number in (1, 2):
            await audit.append(
                connection,
                change_id=f"c{number}",
                event="asked",
                actor="U1",
                at=NOW,
                body={"state": "waiting"},
            )
        for statement in statements:
            await connection.execute(text(statement))
    await database.aclose()


def fill(url: str, *statements: str) -> None:
    asyncio.run(_fill(url, *statements))


def test_migrate(engine: Engine) -> None:
    url = fresh(engine, migrated=False)
    for _ in range(2):
        done = run("migrate", url=url)
        assert (done.exit_code, done.stdout) == (0, "The database is up to date.\n")
    assert run("audit", "verify", url=url).stdout == "0:\n"


def test_export(engine: Engine) -> None:
    url = fresh(engine)
    fill(url)
    lines = [json.loads(line) for line in run("audit", "export", url=url).stdout.splitlines()]
    assert [(line["seq"], line["change_id"]) for line in lines] == [(1, "c1"), (2, "c2")]
    only = run("audit", "export", "--change", "c2", url=url).stdout.splitlines()
    assert [json.loads(line) for line in only] == lines[1:]


def test_export_ends_quietly_when_the_pipe_closes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = fresh("sqlite")
    fill(url)
    reading, writing = os.pipe()
    os.close(reading)  # as `head` does
    monkeypatch.setenv("DATABASE_URL", url)
    pipe = open(writing, "w")  # noqa: SIM115 - closing it fails
    monkeypatch.setattr(sys, "stdout", pipe)
    with pytest.raises(SystemExit) as ended:
        cli(["audit", "export"])
    sys.stdout.flush()  # as Python does at its end
    with contextlib.suppress(BrokenPipeError):
        pipe.close()
    assert ended.value.code == 1
    assert capsys.readouterr().err == ""


def test_verify_reports_faults() -> None:
    url = fresh("sqlite")
    fill(url)
    wrong = run("audit", "verify", url=url)
    assert wrong.exit_code == 1
    assert wrong.stderr.splitlines() == ["change c1 is missing", "change c2 is missing"]
    fill(url, "DROP TRIGGER audit_update", "UPDATE audit SET actor = 'U2' WHERE seq = 1")
    assert "row 1 was altered" in run("audit", "verify", url=url).stderr


def test_verify_since_a_stored_head() -> None:
    url = fresh("sqlite")
    head = "1:" + "0" * 64
    assert "row 1 is not what it was" in run("audit", "verify", "--since", head, url=url).stderr
    assert "should be what" in run("audit", "verify", "--since", "yesterday", url=url).stderr


def test_unusable_database_is_reported(tmp_path: Path) -> None:
    away = run("migrate", url=f"sqlite:///{tmp_path}/no/such/place.db")
    assert (away.exit_code, away.stderr) == (
        1,
        "The database of DATABASE_URL cannot be used (OperationalError).\n",
    )
    wrong = run("migrate", url="mysql://root:canary@db/maple")
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith("DATABASE_URL: should start with")
    assert "canary" not in wrong.stderr


@pytest.mark.parametrize("command", ["migrate", "audit"])
def test_help_lists_the_commands(command: str) -> None:
    assert command in run("--help", url=None).stdout
