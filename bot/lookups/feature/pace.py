"""Where a balance will be when it resets, if it keeps being used as it was in this cycle. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from bot.autumn.models import Balance
from bot.lookups import controls
from bot.lookups.controls import Holder
from bot.lookups.feature.bins import DAY, MOST, Usage

_TOO_EARLY = 20
"""Before so small a part of the cycle has passed, its pace says nothing."""


class Beyond(Enum):
    """What becomes of use when nothing is left."""

    STOPS = auto()
    OVERAGE = auto()
    LIMITED_OVERAGE = auto()
    TOPPED_UP = auto()
    """Auto top-up buys more, as far as it goes."""


@dataclass(frozen=True, slots=True)
class Pace:
    granted: Decimal
    resets_at: datetime
    at_reset: Decimal
    """What will have been used by then; no more than there is where use stops."""
    used_up_at: datetime | None
    """When nothing is left, if that is yet to come, and before the reset."""
    beyond: Beyond | None
    """None if something is left at the reset."""
    points: tuple[tuple[datetime, Decimal], ...]
    """What was or will have been used by a moment, from the cycle's start to the reset."""


def beyond(balance: Balance, holder: Holder) -> Beyond:
    """What becomes of use once this balance of the holder's is empty."""
    features = frozenset({balance.feature_id})
    if controls.in_force(controls.TOP_UPS, features, holder):
        return Beyond.TOPPED_UP
    if not (balance.overage_allowed or controls.in_force(controls.OVERAGE, features, holder)):
        return Beyond.STOPS
    limited = balance.max_purchase is not None or controls.in_force(controls.SPEND, features, holder)
    return Beyond.LIMITED_OVERAGE if limited else Beyond.OVERAGE


def pace(balance: Balance, usage: Usage, now: datetime, after: Beyond) -> Pace | None:
    """`usage`: of the cycle; `after`: what becomes of use when nothing is left.

    None if there is no single cycle, or too little of it has passed.
    """
    resets_at = balance.next_reset_at
    if balance.unlimited or balance.granted <= 0 or resets_at is None or len(_resets(balance)) > 1:
        return None
    cycle, passed = resets_at - usage.start, now - usage.start
    if not usage.bins or resets_at <= now or passed * _TOO_EARLY < cycle:
        return None
    seconds_left = Decimal((resets_at - now).total_seconds())
    per_second = max(Decimal(0), usage.total) / Decimal(passed.total_seconds())
    step = cycle / _steps(cycle)
    moments = [usage.start + step * number for number in range(1, _steps(cycle) + 1)]
    used_up_at = _used_up_at(balance.remaining, per_second, now, resets_at)
    most = balance.usage + max(Decimal(0), balance.remaining) if after is Beyond.STOPS else None
    return Pace(
        granted=balance.granted,
        resets_at=resets_at,
        at_reset=_capped(balance.usage + per_second * seconds_left, most),
        used_up_at=used_up_at,
        beyond=after if used_up_at or balance.remaining <= 0 else None,
        points=tuple((at, _capped(_used_by(at, balance, usage, now, per_second), most)) for at in moments),
    )


def _resets(balance: Balance) -> set[datetime]:
    resets = (row.reset.resets_at for row in balance.breakdown if row.reset is not None)
    return {at for at in resets if at is not None}


def _steps(cycle: timedelta) -> int:
    """A point for each day, as far as a chart holds them."""
    return min(MOST, max(2, cycle // DAY))


def _used_by(at: datetime, balance: Balance, usage: Usage, now: datetime, per_second: Decimal) -> Decimal:
    """What the events leave unexplained, such as corrections, counts from the start of the cycle."""
    if at > now:
        return balance.usage + per_second * Decimal((at - now).total_seconds())
    later = Decimal(0)
    for bin_ in usage.bins:
        length = bin_.end - bin_.start
        after = min(length, max(timedelta(0), bin_.end - at))
        later += bin_.value * Decimal(after / length) if length else Decimal(0)
    return balance.usage - later


def _used_up_at(
    remaining: Decimal, per_second: Decimal, now: datetime, resets_at: datetime
) -> datetime | None:
    if remaining <= 0 or not per_second:
        return None
    seconds = remaining / per_second
    if seconds >= Decimal((resets_at - now).total_seconds()):
        return None
    return now + timedelta(seconds=float(seconds))


def _capped(value: Decimal, most: Decimal | None) -> Decimal:
    if most is None:
        return _rounded(value)
    return most if value >= most else min(most, _rounded(value))


def _rounded(value: Decimal) -> Decimal:
    """Three digits: a projection is no more exact than that."""
    return round(value, 2 - value.adjusted()) if value else value
