"""Whether Autumn's key may make the changes that Maple makes. Finding out changes nothing."""

import secrets

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
from bot.changes.spec import KeyScope
from bot.doctor.finding import Finding
from bot.kit import phrases
from bot.links import registry as links


async def examine_writes(autumn: Autumn) -> list[Finding]:
    """A finding for every permission; none at all for a key that may change nothing: it is only meant for
    looking up."""
    scopes = _scopes()
    findings = [await _examine(autumn, scope, allows, probe) for scope, allows, probe in scopes]
    if not any(findings):
        return []
    return [
        finding or _missing(scope, allows)
        for finding, (scope, allows, _) in zip(findings, scopes, strict=True)
    ]


def _scopes() -> list[tuple[str, str, Write]]:
    """Each permission that a change or a link needs: what the key may do with it, and how to find out."""
    scopes: dict[str, list[KeyScope]] = {}
    needed = [kind.scopes for kind in registry.KINDS] + [kind.scopes for kind in links.KINDS]
    for each_kind in needed:
        for scope in each_kind:
            scopes.setdefault(scope.scope, []).append(scope)
    return [
        (scope, phrases.joined(list(dict.fromkeys(each.allows for each in same))), same[0].probe)
        for scope, same in scopes.items()
    ]


def _missing(scope: str, allows: str) -> Finding:
    return Finding(
        f"Autumn: the key may not {allows}",
        False,
        f"Give the key the scope {scope}, in Autumn's dashboard under Developer → API keys; or leave it, if "
        "nobody should do that from Slack.",
    )


async def _examine(autumn: Autumn, scope: str, allows: str, probe: Write) -> Finding | None:
    """None when the permission is missing."""
    try:
        await autumn.send(probe, f"maple:doctor:{secrets.token_hex(8)}")
    except Forbidden:
        return None
    except (RateLimited, Unavailable, Unauthorized, NoSuchRoute) as error:
        return _unknown(allows, error)
    except Refused:
        pass  # as expected: there is no such customer
    except AutumnError as error:
        return _unknown(allows, error)
    return Finding(f"Autumn: the key may {allows} ({scope})", True)


def _unknown(allows: str, error: AutumnError) -> Finding:
    return Finding(
        f"Autumn: Maple could not find out whether the key may {allows} ({type(error).__name__})",
        False,
        "Try again in a few minutes. If it keeps happening, check AUTUMN_URL.",
    )
