"""A balance change in words: the request, the part it is about, and what Autumn shows now."""

from collections.abc import Sequence
from decimal import Decimal

from bot.changes import lines
from bot.changes.balance import sources, words
from bot.changes.balance.figures import BalanceFigures
from bot.changes.balance.input import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceLine
from bot.changes.lines import Line
from bot.changes.model import Snapshot
from bot.changes.notes import Names
from bot.kit import numbers, phrases, times

_PHRASES = {
    BalanceAction.GIVE: words.give,
    BalanceAction.TAKE: words.take,
    BalanceAction.SET: words.set_balance,
    BalanceAction.USAGE: words.correct_usage,
    BalanceAction.SHIFT: words.shift,
}


def summary(request: BalanceInput, names: Names) -> str:
    feature = lines.name(request.feature, names)
    if request.action is BalanceAction.NONE:
        return words.only_reset(
            feature, times.billing_moment(request.reset_at) if request.reset_at else phrases.NONE
        )
    phrase = _PHRASES[request.action](feature, numbers.number(request.amount or Decimal(0)))
    return words.and_reset(phrase, times.billing_moment(request.reset_at)) if request.reset_at else phrase


def part(request: BalanceInput, before: Snapshot, preview: Sequence[Line], names: Names) -> str:
    """Where the part that is changed comes from, for a balance that has several; else empty."""
    if all(line.label is not BalanceLine.TOTAL_REMAINING for line in preview):
        return ""
    figures = BalanceFigures.read(before)
    return sources.line(figures, request.feature, names) if figures else ""


def figures_now(after: Snapshot) -> list[str]:
    """Bullets; none when the row is gone."""
    figures = BalanceFigures.read(after)
    if figures is None:
        return []
    shown = [
        (BalanceLine.GRANTED, numbers.number(figures.granted)),
        (BalanceLine.REMAINING, numbers.number(figures.remaining)),
        (BalanceLine.USAGE, numbers.number(figures.used)),
    ]
    if figures.overage:
        shown.append((BalanceLine.OVERAGE, numbers.number(figures.overage)))
    if figures.resets_at is not None:
        shown.append((BalanceLine.RESET, times.billing_moment(figures.resets_at)))
    return [lines.value_bullet(label, value) for label, value in shown]
