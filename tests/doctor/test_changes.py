"""What the doctor reports about changes."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.changes import examine_channel, examine_database, examine_policy
from bot.settings import Settings
from bot.store.database import Database
from sandbox.slack import LocalSlack

ASK = '[[allow]]\nwho = "everyone"\nmay = "ask"\n'
APPROVE = '[[allow]]\nwho = ["@billing-leads", "S01LEADS"]\nmay = "approve"\n'


@pytest.fixture
async def client(slack: LocalSlack) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)


def settings_with(**changed: object) -> Settings:
    settings = Settings(
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr("1"),
        autumn_secret_key=SecretStr("am_sk_test_1"),
    )
    return settings.model_copy(update=changed)


async def policy(text: str, path: Path, slack: AsyncWebClient | None) -> list[str]:
    file = path / "p.toml"
    file.write_text(text)
    findings: list[str] = []
    await examine_policy(
        settings_with(maple_policy=file), slack, lambda finding: findings.append(str(finding))
    )
    return [finding.replace(f"{path}/", "") for finding in findings]


async def test_built_in_policy_is_reported(client: AsyncWebClient) -> None:
    findings: list[str] = []
    await examine_policy(settings_with(), client, lambda finding: findings.append(str(finding)))
    assert findings == ["✓ Policy: the built-in one, as MAPLE_POLICY is not set"]


async def test_valid_policy_is_reported(client: AsyncWebClient, tmp_path: Path) -> None:
    assert await policy(ASK + APPROVE, tmp_path, client) == [
        "✓ Policy: p.toml is good (2 rules)",
        "✓ Policy: Slack has the user groups it names (@billing-leads, S01LEADS)",
    ]


async def test_invalid_policy_is_reported(client: AsyncWebClient, tmp_path: Path) -> None:
    assert await policy("[[allow]]\nwho = 'ana'\n[[alow]]", tmp_path, client) == [
        "✗ Policy: cannot be used\n"
        '  p.toml, line 1: "may" is missing\n'
        '  p.toml, line 2: who: "ana" is not a person or group: write "everyone", a user id (U…), a '
        "group id (S…) or a group's handle (@…)\n"
        '  p.toml, line 3: unknown key "alow"; did you mean "allow"?'
    ]


async def test_policy_under_which_nobody_can_ask_or_approve_is_reported(
    client: AsyncWebClient, tmp_path: Path
) -> None:
    assert await policy("", tmp_path, client) == [
        "✓ Policy: p.toml is good (0 rules)",
        '✗ Policy: nobody may ask for a change\n  Give someone may = ["ask"] in an [[allow]].',
    ]
    assert await policy(ASK, tmp_path, client) == [
        "✓ Policy: p.toml is good (1 rule)",
        "✗ Policy: nobody may approve, so what is not applied right away waits until it expires\n"
        '  Give someone may = ["approve"] in an [[allow]].',
    ]


async def test_missing_user_group_is_reported(client: AsyncWebClient, tmp_path: Path) -> None:
    rules = ASK + APPROVE + '[[deny]]\nwho = ["@gone", "S0GONE", "@billing-leads"]'
    assert (await policy(rules, tmp_path, client))[1] == (
        "✗ Policy: Slack has no such user group: @gone, S0GONE\n"
        "  Correct the handle or the id in the policy. Until then nobody counts as one of them where it "
        "allows, and everybody where it denies or requires."
    )


async def test_unreadable_user_groups_are_reported(
    slack: LocalSlack, client: AsyncWebClient, tmp_path: Path
) -> None:
    slack.scopes.discard("usergroups:read")
    assert (await policy(ASK + APPROVE, tmp_path, client))[1].startswith(
        "✗ Policy: Slack does not tell who is in its user groups\n  Add the scope usergroups:read"
    )
    assert len(await policy(ASK + APPROVE, tmp_path, None)) == 1, "Slack lets nobody in: it is not asked"


@pytest.mark.parametrize(
    ("channel", "finding"),
    [
        (
            None,
            "✓ Approvals: MAPLE_APPROVALS_CHANNEL is not set, so changes that need approval are refused",
        ),
        ("C02BILLING", "✓ Approvals: go to the channel #billing"),
        ("C04FINANCE", "✓ Approvals: go to the channel #finance-private"),
        ("C03RANDOM", "✗ Approvals: Maple is not in the channel #random\n  Type /invite @Maple there."),
        ("C05SHARED", "✗ Approvals: the channel #shared-acme is shared with another company\n  Customers'"),
        ("C06LEADS", "✗ Approvals: the channel C06LEADS cannot be seen (channel_not_found)\n  Set MAPLE_APP"),
        ("D01DIRECT", "✗ Approvals: the channel D01DIRECT is not a channel\n  Set MAPLE_"),
        ("C0NOWHERE", "✗ Approvals: the channel C0NOWHERE cannot be seen (channel_not_found)\n  Set MAPLE_"),
    ],
)
async def test_approvals_channel_is_reported(
    client: AsyncWebClient, channel: str | None, finding: str
) -> None:
    assert str(await examine_channel(settings_with(maple_approvals_channel=channel), client)).startswith(
        finding
    )


async def test_archived_channel_is_reported(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.workspace.channels["C02BILLING"].archived = True
    finding = await examine_channel(settings_with(maple_approvals_channel="C02BILLING"), client)
    assert str(finding).startswith("✗ Approvals: the channel #billing is archived\n  Set MAPLE_APPROVALS")


async def database(url: str) -> str:
    return str(await examine_database(settings_with(database_url=SecretStr(url))))


async def test_sqlite_database_is_reported(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/maple.db"
    assert await database(url) == "✓ Database: will be made at the first start (SQLite)"
    assert os.listdir(tmp_path) == [], "to look is not to make"
    opened = Database(url)
    async with opened.writing():
        pass
    await opened.aclose()
    assert await database(url) == "✓ Database: can be reached (SQLite)"
    assert await database(f"sqlite:///{tmp_path}/none/maple.db") == (
        "✗ Database: cannot be made (SQLite)\n"
        f"  Make the directory {tmp_path}/none and let Maple write to it, or set DATABASE_URL."
    )


async def test_file_that_is_not_a_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "maple.db").write_text("no database, but a letter " * 100)
    assert (await database(f"sqlite:///{tmp_path}/maple.db")).startswith(
        "✗ Database: cannot be used (DatabaseError)\n  Check DATABASE_URL"
    )


async def test_silent_database_is_reported() -> None:
    finding = await database("postgresql://maple:canary@127.0.0.1:9/maple")
    assert finding.startswith("✗ Database: cannot be used (OperationalError)\n  Check DATABASE_URL: host")
    assert "canary" not in finding
