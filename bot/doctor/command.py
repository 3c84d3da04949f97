"""Looks Maple's surroundings over: is everything there that it needs, and if not, how is it mended?

Asks only what changes nothing.
"""

from collections.abc import Awaitable, Callable

from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, Forbidden, NotFound, Refused, Unauthorized, Unreachable
from bot.doctor.alerts import examine_alerts
from bot.doctor.blocks import examine_blocks
from bot.doctor.changes import examine_channel, examine_database, examine_policy
from bot.doctor.digests import examine_digests
from bot.doctor.finding import Finding, Report, called
from bot.doctor.writes import examine_writes
from bot.links import registry as links
from bot.lookups import registry as parts
from bot.lookups.part import ReadScope
from bot.settings import Settings
from bot.slack import scopes
from bot.slack.client import SlackClients

__all__ = ["Finding", "Report", "examine"]

_SLACK_SECONDS = 10.0
# Nobody has this id: asking for its events needs the permission all the same, and answers none.
_NO_CUSTOMER = "maple-doctor-asks-about-nobody"


async def examine(settings: Settings, report: Report) -> None:
    """Reports one finding after the other, as they are made. Never raises."""
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
        key=settings.autumn_secret_key, url=settings.autumn_url, version=settings.autumn_api_version
    )
    try:
        await _autumn(settings, autumn, report)
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


async def _autumn(settings: Settings, autumn: Autumn, report: Report) -> None:
    try:
        organization = await autumn.organization()
    except AutumnError as error:
        report(_no_autumn(settings, error))
        return
    whose = f"{organization.name or organization.id}, {organization.env}"
    version = settings.autumn_api_version
    report(Finding(f"Autumn: the key is good ({whose}), and API version {version} is understood", True))
    for permission, what, ask in _permissions(autumn):
        report(await _permission(permission, what, ask))
    extras = [part.scope for part in parts.PARTS] + [kind.read_scope for kind in links.KINDS]
    for extra in extras:
        if extra is not None:
            report(await _extra(autumn, extra))
    writes = await examine_writes(autumn)
    if not writes:
        report(Finding("Autumn: the key may only look up, so Maple changes nothing with it", True))
        return
    # Only the forms of changes read the rewards.
    report(await _permission("rewards:read", "rewards", autumn.rewards))
    for finding in writes:
        report(finding)


def _permissions(autumn: Autumn) -> tuple[tuple[str, str, Callable[[], Awaitable[object]]], ...]:
    return (
        ("customers:read", "customers and invoices", lambda: autumn.customers(limit=1)),
        ("features:read", "features", autumn.features),
        ("plans:read", "products", autumn.plans),
        (
            "analytics:read",
            "events, usage and request logs",
            lambda: autumn.events(customer_id=_NO_CUSTOMER, limit=1),
        ),
    )


async def _permission(permission: str, what: str, ask: Callable[[], Awaitable[object]]) -> Finding:
    try:
        await ask()
    except Forbidden:
        return Finding(
            f"Autumn: the key may not read {what}",
            False,
            f"Give the key the scope {permission}, in Autumn's dashboard under Developer → API keys.",
        )
    except AutumnError as error:
        return Finding(f"Autumn: {what} could not be read ({type(error).__name__})", False, _MEND_AUTUMN)
    return Finding(f"Autumn: {what} can be read ({permission})", True)


async def _extra(autumn: Autumn, extra: ReadScope) -> Finding:
    """A permission that a key for looking up may lack."""
    try:
        await extra.probe(autumn)
    except Forbidden:
        return Finding(
            f"Autumn: the key may not {extra.allows}; the scope {extra.scope} would allow it", True
        )
    except NotFound:
        pass  # as expected: it asks about nobody
    except AutumnError as error:
        what = f"whether the key may {extra.allows}"
        return Finding(
            f"Autumn: Maple could not find out {what} ({type(error).__name__})", False, _MEND_AUTUMN
        )
    return Finding(f"Autumn: the key may {extra.allows} ({extra.scope})", True)


def _no_autumn(settings: Settings, error: AutumnError) -> Finding:
    match error:
        case Unauthorized():
            return Finding(
                "Autumn: the key is not accepted",
                False,
                "Set AUTUMN_SECRET_KEY to a key that is not revoked, for the environment you mean "
                "(am_sk_test_… for sandbox, am_sk_live_… for live).",
            )
        case Refused(code="invalid_api_version"):
            return Finding(
                f"Autumn: API version {settings.autumn_api_version} is not understood",
                False,
                "Set AUTUMN_API_VERSION to 2.3.0, or leave it out.",
            )
        case Unreachable():
            return Finding(
                "Autumn: no answer",
                False,
                "Check AUTUMN_URL, and that this machine may open connections to it.",
            )
        case _:
            return Finding(f"Autumn: no proper answer ({type(error).__name__})", False, _MEND_AUTUMN)


_MEND_AUTUMN = "Try again in a few minutes; if it stays so, check AUTUMN_URL."
_MEND_REACH = "Check SLACK_API_URL, and that this machine may open connections to it."
_NEW_TOKEN = "Install the app in your workspace and set SLACK_BOT_TOKEN to its Bot User OAuth Token (xoxb-…)."  # noqa: S105
_MEND_TOKEN = dict.fromkeys(
    ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission"),
    _NEW_TOKEN,
)
