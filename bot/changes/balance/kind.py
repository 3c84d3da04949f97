"""A customer's balance of a feature: give more, set what remains, correct what is used, move the reset."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.access.limits import Tolerance, Worth
from bot.autumn.write import Write
from bot.changes import canonical, price
from bot.changes import words as changes_words
from bot.changes.balance import sentence, summary, words
from bot.changes.balance.figures import BalanceFigures, settled
from bot.changes.balance.form import FORM, fill
from bot.changes.balance.request import (
    LINE,
    BalanceInput,
    HeldBalance,
    amounts_sent,
    changes_figures,
    figures_after,
    guard,
    held_balance,
    line_cells,
    shift,
)
from bot.changes.balance.words import BalanceAction, BalanceLine, BalanceNote
from bot.changes.canonical import near, same_time
from bot.changes.common import agreed, entity_of
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Judgement, Needs, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.spec import UNITS_OF_FEATURE, UPDATE_BALANCE, ChangeKind, DailyTotal, KeyScope, ShortForm

GRANTING = (BalanceAction.GIVE, BalanceAction.TAKE)
_UNDONE_BY = {BalanceAction.GIVE: BalanceAction.TAKE, BalanceAction.TAKE: BalanceAction.GIVE}


class BalanceChange(ChangeKind[BalanceInput]):
    id = "balance"
    command = "balance"
    button = words.BUTTON
    primary_button = words.PRIMARY_BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"overview", "features", "feature", "entity"})
    input = BalanceInput
    form = FORM
    line_form = LINE
    of_entities = True
    notes = BalanceNote
    lines = BalanceLine
    scopes = (KeyScope("balances:write", "change balances", UPDATE_BALANCE),)
    short_forms = (
        ShortForm("give", words.GIVE_USAGE, words.GIVE_HELP, sentence.give, fill, line_cells),
        ShortForm("set", words.SET_USAGE, words.SET_HELP, sentence.set_to, fill, line_cells),
        ShortForm("reset", words.RESET_USAGE, words.RESET_HELP, sentence.reset_on, fill, line_cells),
    )
    needs = frozenset({Needs.FEATURES})
    unit = UNITS_OF_FEATURE
    valued = True
    daily = DailyTotal("feature", BalanceNote.SAME_DAY)

    def applies_to(self, facts: Facts, feature: str) -> bool:
        """An unlimited balance has nothing to change."""
        balances = facts.customer.balances
        held = [balances[feature]] if feature in balances else [] if feature else balances.values()
        return any(not balance.unlimited for balance in held)

    def touches(self, request: BalanceInput) -> frozenset[str]:
        return frozenset({f"balance {request.feature}"})

    def guard(self, request: BalanceInput, facts: Facts, now: datetime) -> Judgement:
        return guard(request, facts, now)

    def snapshot(self, request: BalanceInput, facts: Facts) -> Snapshot:
        held = held_balance(request, facts)
        return held.pool.snapshot() if isinstance(held, HeldBalance) else {"row": None}

    def preview(self, request: BalanceInput, facts: Facts) -> tuple[Line, ...]:
        """Granted, remaining and used of the row and what rolled over to it; overage and reset date where
        they matter; and what remains of the feature in all when there are other rows."""
        held = _held(request, facts)
        was, then = held.pool, figures_after(request, held.pool)
        lines = [
            _figure(BalanceLine.GRANTED, was.granted, None if then.vanishes else then.granted),
            _figure(BalanceLine.REMAINING, was.remaining, then.remaining),
            _figure(BalanceLine.USAGE, was.used, None if then.vanishes else then.used),
        ]
        if was.overage or then.overage:
            lines.append(_figure(BalanceLine.OVERAGE, was.overage, then.overage))
        if len(held.balance.breakdown) > 1:
            total = held.balance.remaining
            moved = total + then.remaining - was.remaining
            lines.append(_figure(BalanceLine.TOTAL_REMAINING, total, moved))
        if not same_time(was.resets_at, then.resets_at):
            before, after = canonical.time_or_none(was.resets_at), canonical.time_or_none(then.resets_at)
            lines.append(Line(BalanceLine.RESET, before, after, ValueFormat.TIME))
        return tuple(lines)

    def amount(self, request: BalanceInput, before: Snapshot) -> Decimal | None:
        """Units by which the allowance or what is left moves.

        None if the reset date moves: the reset refills the balance, by however much its plan gives.
        """
        was = BalanceFigures.read(before)
        if was is None or request.amount is None or request.action is BalanceAction.RESET_DATE:
            return None
        if request.reset_at is not None and not same_time(request.reset_at, was.resets_at):
            return None
        return abs(shift(request, was))

    def takes(self, request: BalanceInput, before: Snapshot) -> bool:
        was = BalanceFigures.read(before)
        return was is not None and request.amount is not None and shift(request, was) < 0

    def worth(
        self,
        request: BalanceInput,
        amount: Decimal | None,
        before: Snapshot,  # noqa: ARG002
        facts: Facts,
    ) -> Worth | None:
        return price.worth(request.feature, amount, facts, row=request.row)

    def holds(self, request: BalanceInput, previewed: Snapshot, current: Snapshot) -> bool:
        """Giving and taking back stay valid with fresh figures; what sets a figure or a date does not, once
        that figure or date has changed. Nothing stays valid if the row was replaced."""
        was, is_ = BalanceFigures.read(previewed), BalanceFigures.read(current)
        if was is None or is_ is None or was.identity != is_.identity:
            return False
        if request.reset_at is not None and not same_time(was.resets_at, is_.resets_at):
            return False
        if request.action in (BalanceAction.SET, BalanceAction.USAGE):
            return near(was.granted, is_.granted) and near(was.level, is_.level)
        return True

    def tolerates(
        self, request: BalanceInput, previewed: Snapshot, current: Snapshot, tolerance: Tolerance
    ) -> bool:
        """What sets a figure still sets it, in the same direction and by about as much as was shown. The
        grant, its plan and its cycle are the same: only usage has gone on."""
        was, is_ = BalanceFigures.read(previewed), BalanceFigures.read(current)
        if was is None or is_ is None or request.action not in (BalanceAction.SET, BalanceAction.USAGE):
            return False
        if was.identity != is_.identity or not near(was.granted, is_.granted):
            return False
        if not same_time(was.resets_at, is_.resets_at):
            return False
        shown, now = shift(request, was), shift(request, is_)
        return shown * now > 0 and tolerance.covers(shown, now)

    def plan(self, request: BalanceInput, facts: Facts) -> tuple[Write, ...]:
        pool = _held(request, facts).pool
        body: dict[str, Any] = {
            "customer_id": request.customer,
            "feature_id": request.feature,
            # Always one row: without it Autumn spreads the edit over every row, and credits besides.
            "balance_id": request.row,
            **entity_of(request),
            **{name: canonical.figure(value) for name, value in amounts_sent(request, pool).items()},
        }
        if request.reset_at is not None and not same_time(request.reset_at, pool.resets_at):
            body["next_reset_at"] = canonical.milliseconds(request.reset_at)
        return (Write("balances.update", "POST", "/v1/balances.update", body, per_customer=True),)

    def verify(self, request: BalanceInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        was, is_ = BalanceFigures.read(before), BalanceFigures.read(after or {})
        if was is None:
            return Verdict.UNCLEAR
        then = figures_after(request, was)
        if is_ is None:
            # A row may also be used up, or gone with its plan: it counts only if the change removes it.
            gone = after is not None and then.vanishes and changes_figures(request, was)
            return Verdict.APPLIED if gone else Verdict.UNCLEAR
        parts = []
        if changes_figures(request, was):
            parts.append(_amount_settled(request, was, then, is_))
        if not same_time(was.resets_at, then.resets_at):
            parts.append(_reset_settled(was, then, is_))
        return agreed(parts)

    def inverse(self, request: BalanceInput, before: Snapshot, after: Snapshot) -> BalanceInput | None:
        """The same in the other direction, relative, so that what was used in between stays counted."""
        was, is_ = BalanceFigures.read(before), BalanceFigures.read(after)
        if was is None or is_ is None:
            return None
        then = figures_after(request, was)
        back = None if same_time(was.resets_at, then.resets_at) else was.resets_at
        moves = changes_figures(request, was)
        if not moves and back is None:
            return None
        return BalanceInput(
            customer=request.customer,
            feature=request.feature,
            row=request.row,
            action=_UNDONE_BY.get(request.action, BalanceAction.SHIFT) if moves else BalanceAction.RESET_DATE,
            amount=_back(request, was) if moves else None,
            reset_at=back,
            cycle=is_.resets_at,
        )

    def products(self, request: BalanceInput, facts: Facts) -> frozenset[str] | None:
        """The plan that the row comes from; for a standalone grant, all plans that the customer has."""
        balance = facts.customer.balances.get(request.feature)
        row = (
            next((candidate for candidate in balance.breakdown if candidate.id == request.row), None)
            if balance
            else None
        )
        if row is None:
            return None
        return frozenset({row.plan_id}) if row.plan_id else super().products(request, facts)

    def summary(self, request: BalanceInput, names: Names) -> str:
        return summary.summary(request, names)

    def part(self, request: BalanceInput, before: Snapshot, preview: Sequence[Line], names: Names) -> str:
        return summary.part(request, before, preview, names)

    def shown_now(self, request: BalanceInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        return summary.figures_now(after) or [changes_words.NOW_NOT_THERE]

    def sample(self, customer: str) -> BalanceInput:
        return BalanceInput(
            customer=customer,
            feature="messages",
            row="row",
            action=BalanceAction.GIVE,
            amount=Decimal(500),
        )


def _held(request: BalanceInput, facts: Facts) -> HeldBalance:
    held = held_balance(request, facts)
    if not isinstance(held, HeldBalance):
        raise TypeError(f"The guard refuses this: {held.code.id}")
    return held


def _back(request: BalanceInput, was: BalanceFigures) -> Decimal | None:
    return request.amount if request.action in GRANTING else -shift(request, was)


def _figure(label: BalanceLine, before: Decimal, after: Decimal | None) -> Line:
    return Line(
        label,
        canonical.number(before),
        None if after is None else canonical.number(after),
        ValueFormat.NUMBER,
    )


def _amount_settled(
    request: BalanceInput, was: BalanceFigures, then: BalanceFigures, is_: BalanceFigures
) -> Verdict:
    """Usage at the same time changes what is left, never what is granted."""
    between = not (same_time(is_.resets_at, was.resets_at) or same_time(is_.resets_at, then.resets_at))
    if request.action in GRANTING:
        if near(is_.included, then.included):
            return Verdict.APPLIED
        # Autumn moves the balance first and the grant after it. A balance that moved as by the first half
        # alone is told apart from usage where it can be.
        half = is_.level > was.level if request.action is BalanceAction.GIVE else is_.level <= then.level
        untouched = near(is_.included, was.included) and not half and not between
        return Verdict.NOT_APPLIED if untouched else Verdict.UNCLEAR
    if not near(is_.included, then.included):
        # These leave the grant alone: someone else changed it, or Autumn did more than it was asked to.
        return Verdict.UNCLEAR
    if request.action is BalanceAction.USAGE:
        target, now, before = -then.used, -is_.used, -was.used
    else:
        target, now, before = then.level, is_.level, was.level
    if not near(now, target) and (between or not near(is_.granted, was.granted)):
        return Verdict.UNCLEAR
    return settled(before, target, now)


def _reset_settled(was: BalanceFigures, then: BalanceFigures, is_: BalanceFigures) -> Verdict:
    if same_time(is_.resets_at, then.resets_at):
        return Verdict.APPLIED
    return Verdict.NOT_APPLIED if same_time(is_.resets_at, was.resets_at) else Verdict.UNCLEAR
