"""Whether Autumn's key may make the changes that Maple makes. Nothing is changed to find out."""

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
from bot.doctor.finding import Finding

# Autumn looks at the key's permissions first, and only then for whom it is asked: nobody has these ids.
_NOBODY = "maple-doctor-asks-about-nobody"
_ASKED: tuple[tuple[str, str, Write], ...] = (
    (
        "balances:write",
        "balances",
        Write(
            "balances.update",
            "POST",
            "/v1/balances.update",
            {"customer_id": _NOBODY, "feature_id": _NOBODY, "balance_id": _NOBODY, "add_to_balance": 0},
            per_customer=True,
        ),
    ),
    (
        "customers:write",
        "details, and delete customers",
        Write("customers.update", "POST", "/v1/customers.update", {"customer_id": _NOBODY}),
    ),
    (
        "billing:write",
        "coupons",
        Write("coupons.add", "POST", f"/v1/customers/{_NOBODY}/coupons/{_NOBODY}"),
    ),
    (
        "rewards:write",
        "feature grants",
        Write("rewards.redeem", "POST", "/v1/rewards.redeem", {"customer_id": _NOBODY, "code": _NOBODY}),
    ),
)


async def examine_writes(autumn: Autumn) -> list[Finding]:
    """A finding for every permission; none at all for a key that may change nothing, which is one to look up
    with."""
    found = [
        (what, permission, await _examine(autumn, permission, what, write))
        for permission, what, write in _ASKED
    ]
    if all(finding is None for _, _, finding in found):
        return []
    return [finding or _missing(what, permission) for what, permission, finding in found]


def _missing(what: str, permission: str) -> Finding:
    return Finding(
        f"Autumn: the key may not change {what}",
        False,
        f"Give the key the scope {permission}, in Autumn's dashboard under Developer → API keys; "
        "or leave it, if that is not to be done from Slack.",
    )


async def _examine(autumn: Autumn, permission: str, what: str, write: Write) -> Finding | None:
    """None when the permission is missing."""
    try:
        await autumn.send(write, f"maple:doctor:{secrets.token_hex(8)}")
    except Forbidden:
        return None
    except (RateLimited, Unavailable, Unauthorized, NoSuchRoute) as error:
        return _unknown(what, error)
    except Refused:
        pass  # as it must be: there is no such customer
    except AutumnError as error:
        return _unknown(what, error)
    return Finding(f"Autumn: the key may change {what} ({permission})", True)


def _unknown(what: str, error: AutumnError) -> Finding:
    return Finding(
        f"Autumn: whether the key may change {what} could not be asked ({type(error).__name__})",
        False,
        "Try again in a few minutes; if it stays so, check AUTUMN_URL.",
    )
