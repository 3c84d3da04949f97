"""What is an entity's own, and what it shares with its customer. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from bot.autumn.models import Balance, BalanceRow, Customer, Entity, Purchase, Subscription

SharedIds: TypeAlias = Mapping[str, frozenset[str]]
"""Ids of the customer's own rows, by feature."""

_ZERO = Decimal(0)
_HUGE = Decimal("1e15")
_PLACES = 6
"""Decimals. Autumn counts in binary fractions; anything smaller is not a share."""


@dataclass(frozen=True, slots=True)
class OwnBalance:
    feature_id: str
    holders: int
    """How many entities have it."""
    granted: Decimal
    usage: Decimal
    remaining: Decimal
    unlimited: bool
    rows: tuple[BalanceRow, ...]

    @property
    def next_reset_at(self) -> datetime | None:
        resets = (row.reset.resets_at for row in self.rows if row.reset)
        return min((at for at in resets if at is not None), default=None)


def own_plans(entity: Entity) -> list[Subscription | Purchase]:
    held: list[Subscription | Purchase] = [*entity.subscriptions, *entity.purchases]
    return [holding for holding in held if holding.scope == "entity"]


def shared_ids(customer: Customer) -> SharedIds:
    """Which rows are the customer's."""
    return {
        feature_id: frozenset(row.id for row in balance.breakdown)
        for feature_id, balance in customer.balances.items()
    }


def own_balances(entity: Entity, shared: SharedIds) -> list[OwnBalance]:
    """Autumn adds the customer's rows to an entity's balances; the others are the entity's own."""
    balances = []
    for feature_id, balance in entity.balances.items():
        rows = [row for row in balance.breakdown if row.id not in shared.get(feature_id, frozenset())]
        if rows:
            balances.append(_own(feature_id, rows))
    return balances


def totals(entities: Iterable[Entity], shared: SharedIds) -> list[OwnBalance]:
    """What the entities have together, by feature."""
    by_feature: dict[str, list[OwnBalance]] = {}
    for entity in entities:
        for balance in own_balances(entity, shared):
            by_feature.setdefault(balance.feature_id, []).append(balance)
    return [
        _own(feature_id, [row for holding in balances for row in holding.rows], holders=len(balances))
        for feature_id, balances in by_feature.items()
    ]


def worst_first(balances: Iterable[OwnBalance]) -> list[OwnBalance]:
    """By the share that is used."""

    def share(balance: OwnBalance) -> Decimal:
        limited = balance.granted > 0 and not balance.unlimited
        return balance.usage / balance.granted if limited else _ZERO

    return sorted(balances, key=share, reverse=True)


def shared_rows(feature_id: str, customer: Customer) -> OwnBalance | None:
    """The customer's own rows, which every entity draws on; None if there are none."""
    balance = customer.balances.get(feature_id)
    return _own(feature_id, balance.breakdown) if balance and balance.breakdown else None


def _own(feature_id: str, rows: Sequence[BalanceRow], *, holders: int = 1) -> OwnBalance:
    return OwnBalance(
        feature_id,
        holders,
        granted=sum((row.included_grant + row.prepaid_grant for row in rows), _ZERO),
        usage=sum((row.usage for row in rows), _ZERO),
        remaining=sum((row.remaining for row in rows), _ZERO),
        unlimited=any(row.unlimited for row in rows),
        rows=tuple(rows),
    )


def entities_share(balance: Balance) -> BalanceRow | None:
    """What entities hold of a customer's balance: the part of the totals that neither the rows nor the
    rollovers account for. None if there is no such part.

    Autumn counts it in the totals and lists it in no row. Usage alone does not make a share: Autumn also
    takes unused seats off the usage of the whole.
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
