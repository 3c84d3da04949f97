"""A customer's standalone grants: balances and switched-on features that belong to no product.

Autumn no longer shows a grant once nothing of it is left, so one that cannot be found may have been used up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.autumn.models import BalanceRow, Customer, Flag
from bot.changes import canonical
from bot.changes.model import Snapshot

ONE_OFF = "one_off"
MAPLE_ID = "maple_"
MADE_IDS = ("cus_ent_", MAPLE_ID)
"""How the ids begin that Autumn or Maple made: they say nothing to people."""


class GrantSize(StrEnum):
    AMOUNT = "amount"
    UNLIMITED = "unlimited"
    SWITCH = "switch"
    """A feature that is on or off."""


@dataclass(frozen=True, slots=True)
class GrantState:
    """A grant as a snapshot keeps it: without its feature, which the change itself names."""

    row: str
    """Its id, which Autumn takes as `balance_id`."""
    size: GrantSize
    granted: Decimal = canonical.ZERO
    left: Decimal = canonical.ZERO
    """Below zero for a debt."""
    interval: str | None = None
    """How often it refills; None when it does not."""
    interval_count: int = 1
    resets_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def used(self) -> Decimal:
        return self.granted - self.left

    def snapshot(self) -> Snapshot:
        return {
            "row": self.row,
            "size": self.size.value,
            "granted": canonical.number(self.granted),
            "left": canonical.number(self.left),
            "interval": self.interval,
            "interval_count": str(self.interval_count),
            "resets_at": canonical.time_or_none(self.resets_at),
            "expires_at": canonical.time_or_none(self.expires_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StandaloneGrant(GrantState):
    feature: str


ABSENT: Snapshot = {"row": None}
"""The snapshot of a grant that is not there."""


def held(customer: Customer) -> Iterator[StandaloneGrant]:
    """All that Autumn shows of the customer's own. Beside an unlimited row it shows no other."""
    for balance in customer.balances.values():
        for row in balance.breakdown:
            if row.id and row.plan_id is None and row.price is None:
                yield _of_row(balance.feature_id, row)
    for flag in customer.flags.values():
        if flag.id and flag.plan_id is None:
            yield _of_flag(flag)


def find(feature: str, row: str, customer: Customer) -> StandaloneGrant | None:
    return next((grant for grant in held(customer) if (grant.feature, grant.row) == (feature, row)), None)


def snapshot(grant: StandaloneGrant | None) -> Snapshot:
    return dict(ABSENT) if grant is None else grant.snapshot()


def read(snapshot: Snapshot) -> GrantState | None:
    """From `snapshot`; None when the grant was not there."""
    row = snapshot.get("row")
    if row is None:
        return None
    return GrantState(
        row=row,
        size=GrantSize(snapshot["size"] or ""),
        granted=Decimal(snapshot["granted"] or 0),
        left=Decimal(snapshot["left"] or 0),
        interval=snapshot["interval"],
        interval_count=int(snapshot["interval_count"] or 1),
        resets_at=_time(snapshot["resets_at"]),
        expires_at=_time(snapshot["expires_at"]),
    )


def of_plan(feature: str, row: str, customer: Customer) -> bool:
    """Whether the row is there and belongs to a product, or is paid for."""
    balance, flag = customer.balances.get(feature), customer.flags.get(feature)
    row_ids = [source.id for source in balance.breakdown] if balance else []
    present = row in row_ids or (flag is not None and flag.id == row)
    return present and find(feature, row, customer) is None


def _of_row(feature: str, row: BalanceRow) -> StandaloneGrant:
    repeats = row.reset is not None and row.reset.interval not in ("", ONE_OFF)
    return StandaloneGrant(
        feature=feature,
        row=row.id,
        size=GrantSize.UNLIMITED if row.unlimited else GrantSize.AMOUNT,
        granted=row.included_grant + row.prepaid_grant,
        left=row.included_grant + row.prepaid_grant - row.usage,
        interval=row.reset.interval if row.reset and repeats else None,
        interval_count=(row.reset.interval_count or 1) if row.reset and repeats else 1,
        resets_at=row.reset.resets_at if row.reset else None,
        expires_at=row.expires_at,
    )


def _of_flag(flag: Flag) -> StandaloneGrant:
    return StandaloneGrant(
        feature=flag.feature_id, row=flag.id, size=GrantSize.SWITCH, expires_at=flag.expires_at
    )


def _time(moment: str | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(moment)
