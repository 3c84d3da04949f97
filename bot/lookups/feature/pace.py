"""Where a balance will be when it resets, if it keeps being used as it was in this cycle. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.autumn.models import Balance
from bot.lookups.feature.bins import DAY, MOST, Usage

_TOO_EARLY = 20
"""Before so small a part of the cycle has passed, its pace says nothing."""


@dataclass(frozen=True, slots=True)
class Pace:
    granted: Decimal
    resets_at: datetime
    at_reset: Decimal
    """What will have been used by then."""
    used_up_at: datetime | None
    """When nothing is left, if that is before the reset."""
    points: tuple[tuple[datetime, Decimal], ...]
    """What was or will have been used by a moment, from the cycle's start to the reset."""


def pace(balance: Balance, usage: Usage, now: datetime) -> Pace | None:
    """`usage`: of the cycle. None if there is no single cycle, or too little of it has passed."""
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
    return Pace(
        granted=balance.granted,
        resets_at=resets_at,
        at_reset=_rounded(balance.usage + per_second * seconds_left),
        used_up_at=_used_up_at(balance.remaining, per_second, now, resets_at),
        points=tuple((at, _rounded(_used_by(at, balance, usage, now, per_second))) for at in moments),
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


def _rounded(value: Decimal) -> Decimal:
    """Three digits: a projection is no more exact than that."""
    return round(value, 2 - value.adjusted()) if value else value
