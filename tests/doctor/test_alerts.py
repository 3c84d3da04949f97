"""What the doctor reports about alerts."""

from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.alerts import repository
from bot.alerts.form import everything
from bot.alerts.repository import NewSubscription
from bot.doctor.posts import examine_alerts
from bot.settings import Settings
from bot.store.database import Database
from sandbox.autumn.webhooks import new_secret
from sandbox.slack import LocalSlack
from tests.databases import fresh

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


async def findings(
    slack: LocalSlack, database: str, *, secret: str = "", policy: Path | None = None
) -> list[str]:
    settings = Settings(
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr("1"),
        autumn_secret_key=SecretStr("am_sk_test_1"),
        autumn_webhook_secret=SecretStr(secret) if secret else None,
        database_url=SecretStr(database),
        maple_policy=policy,
    )
    findings: list[str] = []
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        await examine_alerts(settings, client, lambda finding: findings.append(str(finding)))
    return findings


async def subscribe(url: str, channel: str, *, private: bool = False) -> None:
    database = Database(url)
    new = NewSubscription(channel, channel, "T01", "U01ANA", everything(), private)
    await repository.create(database, "sandbox", new, now=NOW)
    await database.aclose()


async def test_state_of_webhooks_is_reported(slack: LocalSlack, tmp_path: Path) -> None:
    (without,) = await findings(slack, f"sqlite:///{tmp_path}/none.db")
    assert without.startswith("✓ Alerts: AUTUMN_WEBHOOK_SECRET is not set")
    secret = new_secret()
    (finding,) = await findings(slack, f"sqlite:///{tmp_path}/none.db", secret=secret)
    assert finding == "✓ Alerts: Autumn's webhooks are taken at /autumn/webhooks"
    policy = tmp_path / "p.toml"
    policy.write_text("[digest]")
    assert await findings(slack, fresh("sqlite"), secret=secret, policy=policy) == [finding]


async def test_unusable_alert_channels_are_reported(slack: LocalSlack) -> None:
    url = fresh("sqlite")
    await subscribe(url, "C01SUPPORT", private=True)
    await subscribe(url, "C04FINANCE")
    await subscribe(url, "C05SHARED")
    await subscribe(url, "U01ANA")
    _, *wrong = await findings(slack, url)
    opened, shared = sorted(wrong)
    assert opened.startswith(
        "✗ Alerts: none can be posted to C01SUPPORT: it was private when they were set up"
    )
    assert shared.startswith("✗ Alerts: none can be posted to C05SHARED: it is shared with another company\n")
