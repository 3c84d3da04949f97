"""A link to the customer portal, where customers look after their own billing."""

import secrets

from bot.autumn.write import Write
from bot.changes.probes import NOBODY
from bot.links import words
from bot.links.model import LinkKind
from bot.lookups.part import ReadScope

_ROUTE = "billing.open_customer_portal"
_PROBE = Write(_ROUTE, "POST", f"/v1/{_ROUTE}", {"customer_id": NOBODY})

KIND = LinkKind(
    id="portal",
    command="portal",
    button=words.PORTAL_BUTTON,
    title=words.PORTAL_TITLE,
    help=words.PORTAL_HELP,
    route=_ROUTE,
    warning=words.PORTAL_WARNING,
    lasts=words.PORTAL_LASTS,
    read_scope=ReadScope(
        "billing:read",
        "make links to the customer portal",
        lambda autumn: autumn.send(_PROBE, f"maple:doctor:{secrets.token_hex(8)}"),
    ),
)
