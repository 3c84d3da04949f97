"""The kinds of link. Commands, buttons, help and the doctor's checks derive from this tuple."""

from bot.access.rules import PolicyKind
from bot.changes import registry as changes
from bot.links import payment, portal
from bot.links.model import LinkKind

KINDS: tuple[LinkKind, ...] = (portal.KIND, payment.KIND)


def kind(kind_id: str) -> LinkKind:
    """Raises LookupError for an id that no kind has."""
    for candidate in KINDS:
        if candidate.id == kind_id:
            return candidate
    raise LookupError(f"no kind of link is called {kind_id!r}")


def help_lines() -> list[tuple[str, str]]:
    return [(f"{kind.command} <customer>", kind.help) for kind in KINDS]


def who_asks() -> tuple[PolicyKind, ...]:
    """The changes of billing: where no rule names links, whoever may request one of these may have them."""
    return tuple(
        kind.policy for kind in changes.KINDS if any(scope.scope == "billing:write" for scope in kind.scopes)
    )
