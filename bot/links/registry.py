"""What a kind of link is, and which there are. Commands, buttons, help and the doctor's checks derive from
`KINDS`."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from bot.access.rules import PolicyKind
from bot.autumn.write import Write
from bot.changes import registry as changes
from bot.changes.spec import NOBODY, KeyScope
from bot.links import words
from bot.lookups.part import ReadScope


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkKind:
    id: str
    """Stored in the audit trail: never reuse or rename it."""
    command: str
    """The word after `/autumn`, and the end of the button's action_id."""
    button: str
    title: str
    help: str
    route: str
    """Of Autumn's request that makes it."""
    warning: str
    """What anyone who has the link can do."""
    lasts: str
    """How long it works, as far as that is known."""
    read_scope: ReadScope | None = None
    """The scope the key needs for it, if that one lets it change nothing else; otherwise `scopes`."""
    scopes: tuple[KeyScope, ...] = ()

    def write(self, customer_id: str) -> Write:
        body: Mapping[str, str] = {"customer_id": customer_id}
        return Write(self.route, "POST", f"/v1/{self.route}", body)


# The customer portal, where customers look after their own billing

_PORTAL_ROUTE = "billing.open_customer_portal"
_PORTAL_PROBE = Write(_PORTAL_ROUTE, "POST", f"/v1/{_PORTAL_ROUTE}", {"customer_id": NOBODY})

PORTAL = LinkKind(
    id="portal",
    command="portal",
    button=words.PORTAL_BUTTON,
    title=words.PORTAL_TITLE,
    help=words.PORTAL_HELP,
    route=_PORTAL_ROUTE,
    warning=words.PORTAL_WARNING,
    lasts=words.PORTAL_LASTS,
    read_scope=ReadScope(
        "billing:read",
        "make links to the customer portal",
        lambda autumn: autumn.send(_PORTAL_PROBE, f"maple:doctor:{secrets.token_hex(8)}"),
    ),
)

# A page where the customer sets up a payment method

# Not probed by its own request, which would create a customer that Autumn does not know.
_PAYMENT_PROBE = Write(
    "billing.update", "POST", "/v1/billing.update", {"customer_id": NOBODY, "plan_id": NOBODY}
)

PAYMENT = LinkKind(
    id="payment",
    command="payment",
    button=words.PAYMENT_BUTTON,
    title=words.PAYMENT_TITLE,
    help=words.PAYMENT_HELP,
    route="billing.setup_payment",
    warning=words.PAYMENT_WARNING,
    lasts=words.PAYMENT_LASTS,
    scopes=(KeyScope("billing:write", "make payment set-up links", _PAYMENT_PROBE),),
)

KINDS: tuple[LinkKind, ...] = (PORTAL, PAYMENT)


def kind(kind_id: str) -> LinkKind:
    """Raises LookupError for an id that no kind has."""
    for candidate in KINDS:
        if candidate.id == kind_id:
            return candidate
    raise LookupError(f"no kind of link is called {kind_id!r}")


def help_lines() -> list[tuple[str, str]]:
    return [(f"{kind.command} <customer>", kind.help) for kind in KINDS]


def who_asks() -> tuple[PolicyKind, ...]:
    """The changes of billing: if no rule names links, everyone who may request one of these may have them."""
    return tuple(
        kind.policy for kind in changes.KINDS if any(scope.scope == "billing:write" for scope in kind.scopes)
    )
