"""What the doctor reports about digests."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import aiohttp
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.post_targets import Pause
from bot.autumn.models import Environment
from bot.digests import repository
from bot.digests.model import DigestContent, NewDigest, Schedule
from bot.doctor.posts import examine_digests
from bot.settings import Settings
from bot.store.database import Database
from sandbox.slack import LocalSlack
from sandbox.slack.people import BOT_USER
from tests.databases import fresh

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
_numbers = count()


async def digest_findings(slack: LocalSlack, database: str, policy: Path | None = None) -> list[str]:
    settings = Settings(
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr("1"),
        autumn_secret_key=SecretStr("am_sk_test_1"),
        database_url=SecretStr(database),
        maple_policy=policy,
    )
    findings: list[str] = []
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        await examine_digests(settings, client, lambda finding: findings.append(str(finding)))
    return findings


async def digest(url: str, channel: str, *, private: bool = False, env: str = "sandbox") -> str:
    database = Database(url)
    record = await repository.create(
        database,
        NewDigest(
            submission_id=f"{channel} {private} {env}",
            env=Environment(env),
            channel=channel,
            team="T01",
            owner="U01ANA",
            schedule=Schedule(),
            content=DigestContent(),
            private=private,
        ),
        now=NOW + timedelta(seconds=next(_numbers)),
    )
    await database.aclose()
    return record.id


async def test_no_digests_is_reported(slack: LocalSlack, tmp_path: Path) -> None:
    assert await digest_findings(slack, fresh("sqlite")) == []
    assert await digest_findings(slack, fresh("sqlite", migrated=False)) == []
    assert await digest_findings(slack, f"sqlite:///{tmp_path}/none.db") == []
    assert not (tmp_path / "none.db").exists()
    assert await digest_findings(slack, "postgresql://nobody@127.0.0.1:1/none") == []
    policy = tmp_path / "p.toml"
    policy.write_text("[digest]")
    assert await digest_findings(slack, fresh("sqlite"), policy) == []


async def test_usable_digest_channels_are_counted(slack: LocalSlack, tmp_path: Path) -> None:
    url = fresh("postgresql")
    await digest(url, "C01SUPPORT")
    assert await digest_findings(slack, url) == ["✓ Digests: can be posted (1 channel)"]
    await digest(url, "C01SUPPORT", private=True)
    await digest(url, "C04FINANCE", private=True)
    await digest(url, "C05SHARED")
    await digest(url, "C09LIVE", env="live")
    await digest(url, "U03LEA", private=True)
    policy = tmp_path / "p.toml"
    policy.write_text('[digests]\nshared_channels = "C05SHARED"')
    assert await digest_findings(slack, url, policy) == [
        "✗ Digests: C01SUPPORT was private when one was set up, and is not any more\n"
        "  It pauses when it is next due. If everyone may read it, resume it: /autumn digest there.",
        "✓ Digests: can be posted (2 channels)",
    ]


async def test_unusable_digest_channels_are_reported(slack: LocalSlack) -> None:
    url = fresh("sqlite")
    for channel in ("C00GONE", "C01SUPPORT", "C05SHARED", "C04FINANCE", "D01ANA", "C02BILLING"):
        await digest(url, channel)
    paused = await digest(url, "C00PAUSED")
    database = Database(url)
    await repository.pause(database, paused, Pause.ASKED, now=NOW)
    await database.aclose()
    slack.workspace.channel("C01SUPPORT").archived = True
    slack.workspace.channel("C04FINANCE").members.remove(BOT_USER)
    slack.faults.add("conversations.info", "error", error="fatal_error")
    first, *rest = await digest_findings(slack, url)
    assert first == (
        "✗ Digests: none can be posted to C00GONE: Slack does not tell what it is\n"
        "  Try again in a few minutes."
    )
    assert rest == [
        "✗ Digests: none can be posted to C01SUPPORT: it is archived\n  Unarchive it, or remove its digests.",
        "✗ Digests: none can be posted to C05SHARED: it is shared with another company\n"
        "  Customers' data is not posted there, unless the policy names it: [digests] shared_channels.",
        "✗ Digests: none can be posted to C04FINANCE: Maple is not in it, or it is gone\n"
        "  Type /invite @Maple there.",
        "✗ Digests: none can be posted to D01ANA: it is no channel\n  Remove its digests.",
        "✓ Digests: can be posted (1 channel)",
    ]
