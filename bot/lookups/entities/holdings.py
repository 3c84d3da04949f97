"""What is an entity's own, apart from what it shares with its customer. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from bot.autumn.models import BalanceRow, Customer, Entity, Purchase, Subscription

SharedIds: TypeAlias = Mapping[str, frozenset[str]]
"""Ids of the customer's own rows, by feature."""

_ZERO = Decimal(0)


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
        _own(feature_id, [row for balance in balances for row in balance.rows], holders=len(balances))
        for feature_id, balances in by_feature.items()
    ]


def worst_first(balances: Iterable[OwnBalance]) -> list[OwnBalance]:
    """By the share that is used."""

    def share(balance: OwnBalance) -> Decimal:
        limited = balance.granted > 0 and not balance.unlimited
        return balance.usage / balance.granted if limited else _ZERO

    return sorted(balances, key=share, reverse=True)


def shared_rows(feature_id: str, customer: Customer) -> OwnBalance | None:
    """The customer's own rows, which every entity draws on; None where there are none."""
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
