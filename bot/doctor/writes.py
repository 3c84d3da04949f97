"""Whether Autumn's key may make the changes that Maple makes. Finding out changes nothing."""

import secrets
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain
from typing import assert_never

from bot.autumn.client import Autumn
from bot.autumn.errors import (
    AutumnError,
    Forbidden,
    NoSuchRoute,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from bot.autumn.write import Write
from bot.changes import registry
from bot.doctor.finding import Finding
from bot.kit import phrases
from bot.links import registry as links


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
    """One of what the key may do with the permission, one of what it may not, and one of each error."""
    for told in dict.fromkeys(answer for _, answer in by_use):
        allows = phrases.joined(list(dict.fromkeys(use for use, answer in by_use if answer is told)))
        yield _unknown(allows, told) if isinstance(told, AutumnError) else _told(told, scope, allows)


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
        case _:  # pragma: no cover - a closed set
            assert_never(answer)


async def _ask(autumn: Autumn, probe: Write) -> ScopeAnswer | AutumnError:
    """The error where Autumn did not come to check the permission."""
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
