"""A customer's balance of a feature: give more, set what remains, correct what is used, move the reset."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.access.rules import Kind
from bot.changes import canonical
from bot.changes.balance import balance_math
from bot.changes.balance.figures import BalanceFigures
from bot.changes.balance.guard import guard
from bot.changes.balance.target import HeldBalance, find
from bot.changes.balance.verdict import settled
from bot.changes.canonical import near, same_time
from bot.changes.common import agreed
from bot.changes.model import (
    BalanceAction,
    BalanceInput,
    Facts,
    Judgement,
    Line,
    LineLabel,
    Needs,
    Snapshot,
    ValueFormat,
    Verdict,
    Write,
)

GRANTING = (BalanceAction.GIVE, BalanceAction.TAKE)
_UNDONE_BY = {BalanceAction.GIVE: BalanceAction.TAKE, BalanceAction.TAKE: BalanceAction.GIVE}


class BalanceChange:
    kind = Kind.BALANCE
    needs = frozenset({Needs.FEATURES})

    def guard(self, asked: BalanceInput, facts: Facts, now: datetime) -> Judgement:
        return guard(asked, facts, now)

    def snapshot(self, asked: BalanceInput, facts: Facts) -> Snapshot:
        held = find(asked, facts)
        return held.pool.snapshot() if isinstance(held, HeldBalance) else {"row": None}

    def preview(self, asked: BalanceInput, facts: Facts) -> tuple[Line, ...]:
        """Granted, remaining and used of the row and what rolled over to it; overage and reset date where
        they matter; and what remains of the feature in all when there are other rows."""
        held = _held(asked, facts)
        was, then = held.pool, balance_math.outcome(asked, held.pool)
        lines = [
            _figure(LineLabel.GRANTED, was.granted, None if then.vanishes else then.granted),
            _figure(LineLabel.REMAINING, was.remaining, then.remaining),
            _figure(LineLabel.USAGE, was.used, None if then.vanishes else then.used),
        ]
        if was.overage or then.overage:
            lines.append(_figure(LineLabel.OVERAGE, was.overage, then.overage))
        if len(held.balance.breakdown) > 1:
            total = held.balance.remaining
            moved = total + then.remaining - was.remaining
            lines.append(_figure(LineLabel.TOTAL_REMAINING, total, moved))
        if not same_time(was.resets_at, then.resets_at):
            before, after = canonical.time_or_none(was.resets_at), canonical.time_or_none(then.resets_at)
            lines.append(Line(LineLabel.RESET, before, after, ValueFormat.TIME))
        return tuple(lines)

    def amount(self, asked: BalanceInput, before: Snapshot) -> Decimal | None:
        """Units by which the allowance or what is left moves.

        None where the reset date moves: the reset refills the balance, by however much its plan gives.
        """
        was = BalanceFigures.read(before)
        if was is None or asked.amount is None or asked.action is BalanceAction.NONE:
            return None
        if asked.reset_at is not None and not same_time(asked.reset_at, was.resets_at):
            return None
        return abs(balance_math.shift(asked, was))

    def holds(self, asked: BalanceInput, then: Snapshot, now: Snapshot) -> bool:
        """Giving, and taking back, go on with fresh figures; what sets a figure, or a date, is void once
        that figure or date has moved. All are void when the row is another thing than it was."""
        was, is_ = BalanceFigures.read(then), BalanceFigures.read(now)
        if was is None or is_ is None or was.nature != is_.nature:
            return False
        if asked.reset_at is not None and not same_time(was.resets_at, is_.resets_at):
            return False
        if asked.action in (BalanceAction.SET, BalanceAction.USAGE):
            return near(was.granted, is_.granted) and near(was.level, is_.level)
        return True

    def plan(self, asked: BalanceInput, facts: Facts) -> tuple[Write, ...]:
        pool = _held(asked, facts).pool
        body: dict[str, Any] = {
            "customer_id": asked.customer,
            "feature_id": asked.feature,
            # Always one row: without it Autumn spreads the edit over every row, and credits besides.
            "balance_id": asked.row,
            **{name: canonical.figure(value) for name, value in balance_math.fields(asked, pool).items()},
        }
        if asked.reset_at is not None and not same_time(asked.reset_at, pool.resets_at):
            body["next_reset_at"] = canonical.milliseconds(asked.reset_at)
        return (Write("balances.update", "POST", "/v1/balances.update", body, per_customer=True),)

    def verify(self, asked: BalanceInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        was, is_ = BalanceFigures.read(before), BalanceFigures.read(after or {})
        if was is None:
            return Verdict.UNCLEAR
        then = balance_math.outcome(asked, was)
        if is_ is None:
            # A row may also have been used up, or gone with its plan; only where it was to go is it ours.
            gone = after is not None and then.vanishes and balance_math.moves(asked, was)
            return Verdict.APPLIED if gone else Verdict.UNCLEAR
        parts = []
        if balance_math.moves(asked, was):
            parts.append(_amount_settled(asked, was, then, is_))
        if not same_time(was.resets_at, then.resets_at):
            parts.append(_reset_settled(was, then, is_))
        return agreed(parts)

    def inverse(self, asked: BalanceInput, before: Snapshot, after: Snapshot) -> BalanceInput | None:
        """The same in the other direction, relative, so that what was used in between stays counted."""
        was, is_ = BalanceFigures.read(before), BalanceFigures.read(after)
        if was is None or is_ is None:
            return None
        then = balance_math.outcome(asked, was)
        back = None if same_time(was.resets_at, then.resets_at) else was.resets_at
        moves = balance_math.moves(asked, was)
        if not moves and back is None:
            return None
        return BalanceInput(
            customer=asked.customer,
            feature=asked.feature,
            row=asked.row,
            action=_UNDONE_BY.get(asked.action, BalanceAction.SHIFT) if moves else BalanceAction.NONE,
            amount=_back(asked, was) if moves else None,
            reset_at=back,
            cycle=is_.resets_at,
        )


def _held(asked: BalanceInput, facts: Facts) -> HeldBalance:
    held = find(asked, facts)
    if not isinstance(held, HeldBalance):
        raise TypeError(f"Asked for what the guard refuses: {held.code}")
    return held


def _back(asked: BalanceInput, was: BalanceFigures) -> Decimal | None:
    return asked.amount if asked.action in GRANTING else -balance_math.shift(asked, was)


def _figure(label: LineLabel, before: Decimal, after: Decimal | None) -> Line:
    return Line(
        label,
        canonical.number(before),
        None if after is None else canonical.number(after),
        ValueFormat.NUMBER,
    )


def _amount_settled(
    asked: BalanceInput, was: BalanceFigures, then: BalanceFigures, is_: BalanceFigures
) -> Verdict:
    """Usage going on at the same time moves what is left, never what is granted."""
    between = not (same_time(is_.resets_at, was.resets_at) or same_time(is_.resets_at, then.resets_at))
    if asked.action in GRANTING:
        if near(is_.included, then.included):
            return Verdict.APPLIED
        # Autumn moves the balance first and the grant after it. A balance that moved as by the first half
        # alone is told apart from usage where it can be.
        half = is_.level > was.level if asked.action is BalanceAction.GIVE else is_.level <= then.level
        untouched = near(is_.included, was.included) and not half and not between
        return Verdict.NOT_APPLIED if untouched else Verdict.UNCLEAR
    if not near(is_.included, then.included):
        # These leave the grant alone: somebody else moved it, or Autumn did more than it was asked for.
        return Verdict.UNCLEAR
    if asked.action is BalanceAction.USAGE:
        wanted, now, before = -then.used, -is_.used, -was.used
    else:
        wanted, now, before = then.level, is_.level, was.level
    if not near(now, wanted) and (between or not near(is_.granted, was.granted)):
        return Verdict.UNCLEAR
    return settled(before, wanted, now)


def _reset_settled(was: BalanceFigures, then: BalanceFigures, is_: BalanceFigures) -> Verdict:
    if same_time(is_.resets_at, then.resets_at):
        return Verdict.APPLIED
    return Verdict.NOT_APPLIED if same_time(is_.resets_at, was.resets_at) else Verdict.UNCLEAR
