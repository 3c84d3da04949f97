"""`maple doctor`: checks whether everything that Maple needs is there, and says how to fix what is not.

It changes nothing.
"""

from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.autumn.client import Autumn
from bot.autumn.retry_policy import RetryPolicy
from bot.autumn.throttle import Limits
from bot.doctor.autumn import examine_autumn
from bot.doctor.blocks import examine_blocks
from bot.doctor.changes import examine_channel, examine_database, examine_policy
from bot.doctor.finding import Finding, Report, called
from bot.doctor.posts import examine_alerts, examine_digests
from bot.settings import Settings
from bot.slack import scopes
from bot.slack.client import SlackClients

__all__ = ["Finding", "Report", "examine"]

_SLACK_SECONDS = 10.0


async def examine(
    settings: Settings,
    report: Report,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    retry_policy: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
) -> None:
    """Reports one finding after the other, as they are made. Never raises. `limits`, `retry_policy`: how
    often Autumn is asked, and how long."""
    clients = SlackClients(
        settings.slack_bot_token, api_url=settings.slack_api_url, timeout=_SLACK_SECONDS, limited=0
    )
    async with clients.connected():
        slack = await _slack(settings, clients, report)
        await examine_policy(settings, slack, report)
        if slack is not None:
            report(await examine_channel(settings, slack))
            await examine_digests(settings, slack, report)
            await examine_alerts(settings, slack, report)
            await examine_blocks(slack, report)
    report(await examine_database(settings))
    autumn = Autumn(
        key=settings.autumn_secret_key,
        url=settings.autumn_url,
        version=settings.autumn_api_version,
        limits=limits,
        retry_policy=retry_policy,
    )
    try:
        await examine_autumn(settings, autumn, report)
    finally:
        await autumn.aclose()


async def _slack(settings: Settings, clients: SlackClients, report: Report) -> AsyncWebClient | None:
    """The client, when the bot token is good."""
    answer = await called(clients.default.auth_test())
    if isinstance(answer, str):
        mend = _MEND_TOKEN.get(answer, _MEND_REACH)
        report(Finding(f"Slack: the bot token is not usable ({answer})", False, mend))
    else:
        report(Finding(f"Slack: the bot token is good ({answer['team']}, as {answer['user']})", True))
        report(_scopes(answer))
    if settings.slack_app_token is None:
        report(Finding("Slack: HTTP mode, with a signing secret", True))
    else:
        report(await _socket(clients, settings.slack_app_token))
    return None if isinstance(answer, str) else clients.default


async def _socket(clients: SlackClients, token: SecretStr) -> Finding:
    answer = await called(clients.tokenless.apps_connections_open(app_token=token.get_secret_value()))
    if isinstance(answer, str):
        return Finding(
            f"Slack: Socket Mode cannot be opened ({answer})",
            False,
            "Turn Socket Mode on in the app's settings, and set SLACK_APP_TOKEN to an app-level token with "
            "the scope connections:write (Basic Information → App-Level Tokens).",
        )
    return Finding("Slack: Socket Mode can be opened", True)


def _scopes(answer: AsyncSlackResponse) -> Finding:
    granted = {scope.strip() for scope in answer.headers.get("x-oauth-scopes", "").split(",")}
    missing = sorted(scopes.needed() - granted)
    if missing:
        return Finding(
            f"Slack: scopes are missing: {', '.join(missing)}",
            False,
            "Add them under OAuth & Permissions (all are in app_manifest.yml) and install the app again.",
        )
    return Finding("Slack: the bot token has every scope it needs", True)


_MEND_REACH = "Check SLACK_API_URL, and that this machine may open connections to it."
_NEW_TOKEN = "Install the app in your workspace and set SLACK_BOT_TOKEN to its Bot User OAuth Token (xoxb-…)."  # noqa: S105
_MEND_TOKEN = dict.fromkeys(
    ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission"),
    _NEW_TOKEN,
)
