"""One row of a balance together with the units that rolled over to it, as figures that can be moved.

Autumn keeps a signed balance per row and shows `remaining = max(0, balance)` and `usage = grants - balance`,
so that a debt is seen in the usage alone. What lowers a balance drains rolled-over units first. The figures
shown to a person, and those they type, are therefore of both together: whichever of the two Autumn takes
the units from, granted, remaining and used come out as promised.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Self

from bot.autumn.models import Balance, BalanceRow, Rollover
from bot.changes import canonical
from bot.changes.canonical import near
from bot.changes.model import Snapshot, Verdict

ZERO = canonical.ZERO
ONE_OFF = "one_off"


@dataclass(frozen=True, slots=True)
class BalanceFigures:
    row: str
    plan: str | None
    included: Decimal
    prepaid: Decimal
    balance: Decimal
    """Of the row alone, below zero for a debt."""
    rolled_granted: Decimal
    rolled_left: Decimal
    interval: str | None
    """None: it has no reset at all, as seats."""
    resets_at: datetime | None
    price: str | None
    """prepaid or usage_based; None when nothing is paid for it."""
    expires_at: datetime | None

    @property
    def granted(self) -> Decimal:
        return self.included + self.prepaid + self.rolled_granted

    @property
    def level(self) -> Decimal:
        """What is left, below zero for a debt."""
        return self.balance + self.rolled_left

    @property
    def remaining(self) -> Decimal:
        return max(ZERO, self.balance) + self.rolled_left

    @property
    def used(self) -> Decimal:
        return self.granted - self.level

    @property
    def overage(self) -> Decimal:
        return max(ZERO, -self.balance)

    @property
    def identity(self) -> tuple[str | None, str | None, str | None]:
        """If this differs, the row was replaced by a different one."""
        return self.plan, self.price, self.interval

    @property
    def resets(self) -> bool:
        return self.interval not in (None, ONE_OFF)

    @property
    def vanishes(self) -> bool:
        """Whether Autumn would stop showing it: it hides used-up standalone grants."""
        return self.plan is None and near(self.balance, ZERO)

    def moved(self, by: Decimal) -> "BalanceFigures":
        drawn = min(max(ZERO, -by), self.rolled_left)
        return replace(self, balance=self.balance + by + drawn, rolled_left=self.rolled_left - drawn)

    def granting(self, more: Decimal) -> "BalanceFigures":
        return replace(self, included=self.included + more)

    @classmethod
    def of(cls, row: BalanceRow, rollovers: list[Rollover]) -> Self:
        return cls(
            row=row.id,
            plan=row.plan_id,
            included=row.included_grant,
            prepaid=row.prepaid_grant,
            balance=row.included_grant + row.prepaid_grant - row.usage,
            rolled_granted=sum((_granted(rollover) for rollover in rollovers), ZERO),
            rolled_left=sum((rollover.balance for rollover in rollovers), ZERO),
            interval=row.reset.interval if row.reset else None,
            resets_at=row.reset.resets_at if row.reset else None,
            price=(row.price.billing_method or "unknown") if row.price else None,
            expires_at=row.expires_at,
        )

    def snapshot(self) -> Snapshot:
        return {
            "row": self.row,
            "plan": self.plan,
            "included": canonical.number(self.included),
            "prepaid": canonical.number(self.prepaid),
            "balance": canonical.number(self.balance),
            "rolled_granted": canonical.number(self.rolled_granted),
            "rolled_left": canonical.number(self.rolled_left),
            "interval": self.interval,
            "resets_at": canonical.time_or_none(self.resets_at),
            "price": self.price,
            "expires_at": canonical.time_or_none(self.expires_at),
        }

    @classmethod
    def read(cls, snapshot: Snapshot) -> "BalanceFigures | None":
        """From `snapshot`; None when the row was not there."""
        row = snapshot.get("row")
        if row is None:
            return None
        return cls(
            row=row,
            plan=snapshot["plan"],
            included=_number(snapshot, "included"),
            prepaid=_number(snapshot, "prepaid"),
            balance=_number(snapshot, "balance"),
            rolled_granted=_number(snapshot, "rolled_granted"),
            rolled_left=_number(snapshot, "rolled_left"),
            interval=snapshot["interval"],
            resets_at=_time(snapshot, "resets_at"),
            price=snapshot["price"],
            expires_at=_time(snapshot, "expires_at"),
        )


def rolled_over_to(row: BalanceRow, balance: Balance) -> list[Rollover] | None:
    """The rollovers of this row; None if that is unclear, since Autumn gives them for the whole feature."""
    if not balance.rollovers:
        return []
    able = [other_row for other_row in balance.breakdown if _rolls_over(other_row)] or balance.breakdown
    if row not in able:
        return []
    return balance.rollovers if len(able) == 1 else None


def _rolls_over(row: BalanceRow) -> bool:
    return row.plan_id is not None and row.reset is not None and row.reset.interval != ONE_OFF


def _granted(rollover: Rollover) -> Decimal:
    return rollover.balance if rollover.granted is None else rollover.granted


def _number(snapshot: Snapshot, name: str) -> Decimal:
    return Decimal(snapshot[name] or 0)


def _time(snapshot: Snapshot, name: str) -> datetime | None:
    text = snapshot[name]
    return None if text is None else datetime.fromisoformat(text)


# Whether a change to a figure was applied, although the customer keeps using it


_LIKELIER = 4


def settled(was: Decimal, target: Decimal, now: Decimal) -> Verdict:
    """The verdict, from what was left before, the target, and what is left now.

    Usage only ever lowers what is left, so what is read back is at most the target if the write was applied,
    and at most what was left before if it was not.
    """
    if near(now, target):
        return Verdict.APPLIED
    if near(now, was):
        return Verdict.NOT_APPLIED
    low, high = min(was, target), max(was, target)
    if now > high:  # neither of the two, less usage: someone else changed it
        return Verdict.UNCLEAR
    if now > low:
        return _which(high, target)
    # Below both, either may have been used down to here. The lower is taken when the other would need five
    # times the usage or more within the moments between the readings; else it is left open.
    return _which(low, target) if _LIKELIER * (low - now) <= high - low else Verdict.UNCLEAR


def _which(nearest: Decimal, target: Decimal) -> Verdict:
    return Verdict.APPLIED if nearest == target else Verdict.NOT_APPLIED
