"""What Autumn's key may read and change. Finding out changes nothing."""

import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from enum import StrEnum
from itertools import chain
from typing import assert_never

from bot.autumn.client import Autumn
from bot.autumn.errors import (
    AutumnError,
    Forbidden,
    NoSuchRoute,
    NotFound,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from bot.autumn.write import Write
from bot.changes import registry
from bot.doctor.finding import Finding, Report
from bot.kit import phrases
from bot.links import registry as links
from bot.lookups import registry as parts
from bot.lookups.part import ReadScope
from bot.settings import Settings

# No customer has this id: asking for its events still needs the permission, and returns none.
_NO_CUSTOMER = "maple-doctor-asks-about-nobody"

_MEND_AUTUMN = "Try again in a few minutes; if it stays so, check AUTUMN_URL."


# Reading


async def examine_autumn(settings: Settings, autumn: Autumn, report: Report) -> None:
    try:
        organization = await autumn.organization()
    except AutumnError as error:
        report(_no_autumn(settings, error))
        return
    whose = f"{organization.name or organization.id}, {organization.env}"
    version = settings.autumn_api_version
    report(Finding(f"Autumn: the key is good ({whose}), and API version {version} is understood", True))
    for permission, subject, ask in _permissions(autumn):
        report(await _permission(permission, subject, ask))
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


async def _permission(permission: str, subject: str, ask: Callable[[], Awaitable[object]]) -> Finding:
    try:
        await ask()
    except Forbidden:
        return Finding(
            f"Autumn: the key may not read {subject}",
            False,
            f"Give the key the scope {permission}, in Autumn's dashboard under Developer → API keys.",
        )
    except AutumnError as error:
        return Finding(f"Autumn: {subject} could not be read ({type(error).__name__})", False, _MEND_AUTUMN)
    return Finding(f"Autumn: {subject} can be read ({permission})", True)


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
        question = f"whether the key may {extra.allows}"
        return Finding(
            f"Autumn: Maple could not find out {question} ({type(error).__name__})", False, _MEND_AUTUMN
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


# Changing


async def examine_writes(autumn: Autumn) -> list[Finding]:
    """Findings for every permission; none at all for a key that may change nothing: it is only meant for
    looking up."""
    needed = [kind.scopes for kind in registry.KINDS] + [kind.scopes for kind in links.KINDS]
    uses = list(chain.from_iterable(needed))
    probes = {(use.scope, use.probe.route): use.probe for use in uses}
    answers = {at: await _ask(autumn, probe) for at, probe in probes.items()}
    if all(answer is ScopeAnswer.FORBIDDEN for answer in answers.values()):
        return []
    findings: list[Finding] = []
    for scope in dict.fromkeys(use.scope for use in uses):
        by_use = [(use.allows, answers[scope, use.probe.route]) for use in uses if use.scope == scope]
        findings += _findings(scope, by_use)
    return findings


class ScopeAnswer(StrEnum):
    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"


def _findings(scope: str, by_use: Sequence[tuple[str, ScopeAnswer | AutumnError]]) -> Iterator[Finding]:
    """One finding for what the key may do with the permission, one for what it may not, and one per error."""
    for answer in dict.fromkeys(answered for _, answered in by_use):
        allows = phrases.joined(list(dict.fromkeys(use for use, answered in by_use if answered is answer)))
        yield _unknown(allows, answer) if isinstance(answer, AutumnError) else _told(answer, scope, allows)


def _told(answer: ScopeAnswer, scope: str, allows: str) -> Finding:
    match answer:
        case ScopeAnswer.ALLOWED:
            return Finding(f"Autumn: the key may {allows} ({scope})", True)
        case ScopeAnswer.FORBIDDEN:
            return Finding(
                f"Autumn: the key may not {allows}",
                False,
                f"Give the key the scope {scope}, in Autumn's dashboard under Developer → API keys; or leave "
                "it, if nobody should do that from Slack.",
            )
        case _:
            assert_never(answer)


async def _ask(autumn: Autumn, probe: Write) -> ScopeAnswer | AutumnError:
    """The error if Autumn did not get as far as checking the permission."""
    try:
        await autumn.send(probe, f"maple:doctor:{secrets.token_hex(8)}")
    except Forbidden:
        return ScopeAnswer.FORBIDDEN
    except (RateLimited, Unavailable, Unauthorized, NoSuchRoute) as error:
        return error
    except Refused:
        pass  # as expected: there is no such customer
    except AutumnError as error:
        return error
    return ScopeAnswer.ALLOWED


def _unknown(allows: str, error: AutumnError) -> Finding:
    return Finding(
        f"Autumn: Maple could not find out whether the key may {allows} ({type(error).__name__})",
        False,
        "Try again in a few minutes. If it keeps happening, check AUTUMN_URL.",
    )
