"""What entities hold of a customer's balance: Autumn counts it in the totals and lists it in no row. Pure."""

from decimal import Decimal

from bot.autumn.models import Balance, BalanceRow

_ZERO = Decimal(0)
_HUGE = Decimal("1e15")
_PLACES = 6
"""Autumn counts in binary fractions; what is left after so many decimals is not a share."""


def entities_share(balance: Balance) -> BalanceRow | None:
    """The part of the totals that neither the rows nor the rollovers account for; None when there is none.

    Usage alone does not make a share: Autumn also takes unused seats off the usage of the whole.
    """
    rows, rollovers = balance.breakdown, balance.rollovers
    granted = sum((row.included_grant + row.prepaid_grant for row in rows), _ZERO)
    granted += sum((rollover.granted or rollover.balance for rollover in rollovers), _ZERO)
    remaining = sum((row.remaining for row in rows), _ZERO) + sum(
        (rollover.balance for rollover in rollovers), _ZERO
    )
    used = sum((row.usage for row in rows), _ZERO)
    used += sum(
        (max(_ZERO, (rollover.granted or rollover.balance) - rollover.balance) for rollover in rollovers),
        _ZERO,
    )
    share = BalanceRow(
        included_grant=_rounded(balance.granted - granted),
        remaining=_rounded(balance.remaining - remaining),
        usage=_rounded(balance.usage - used),
    )
    if balance.unlimited or not (share.included_grant > 0 or (not rows and share.usage)):
        return None
    return share


def _rounded(value: Decimal) -> Decimal:
    return round(value, _PLACES).normalize() + _ZERO if abs(value) < _HUGE else value
