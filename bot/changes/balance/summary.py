"""A balance change in words: the request, where its part comes from, and what Autumn shows now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from bot.autumn.models import BalanceRow, Reset
from bot.changes import lines
from bot.changes import words as changes_words
from bot.changes.balance import words
from bot.changes.balance.figures import ONE_OFF, BalanceFigures
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceLine
from bot.changes.lines import Line
from bot.changes.model import Snapshot
from bot.changes.notes import Names
from bot.changes.standalone import MADE_IDS
from bot.kit import numbers, phrases, text, times
from bot.lookups import labels, names

_PHRASES = {
    BalanceAction.GIVE: words.give,
    BalanceAction.TAKE: words.take,
    BalanceAction.SET: words.set_balance,
    BalanceAction.USAGE: words.correct_usage,
    BalanceAction.SHIFT: words.shift,
}


def summary(request: BalanceInput, names: Names) -> str:
    feature = lines.name(request.feature, names)
    if request.action is BalanceAction.RESET_DATE:
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
    return source_line(figures, request.feature, names) if figures else ""


def figures_now(after: Snapshot) -> list[str]:
    """Bullets; none when the row is gone."""
    figures = BalanceFigures.read(after)
    if figures is None:
        return []
    values = [
        (BalanceLine.GRANTED, numbers.number(figures.granted)),
        (BalanceLine.REMAINING, numbers.number(figures.remaining)),
        (BalanceLine.USAGE, numbers.number(figures.used)),
    ]
    if figures.overage:
        values.append((BalanceLine.OVERAGE, numbers.number(figures.overage)))
    if figures.resets_at is not None:
        values.append((BalanceLine.RESET, times.billing_moment(figures.resets_at)))
    return [lines.value_bullet(label, value) for label, value in values]


# Where a part comes from, so that equal parts of one feature can be told apart


_REDEEMED = "reward_"
"""How the ids of parts begin that a promo code gave; the code and the feature follow."""
_MARK = 6
_SOURCE = 40


def source_option(row: BalanceRow, feature: str, called: Mapping[str, str]) -> tuple[str, str]:
    """The source, and what tells it apart from others of that source; for where Slack formats nothing."""
    details = _facts(row.reset, paid=row.price is not None, expires_at=row.expires_at)
    return text.literal(_source(row.id, row.plan_id, feature, called), _SOURCE), " · ".join(details)


def source_mark(row_id: str) -> str:
    """A few letters of a part's id, for parts that are equal in all else."""
    return f"…{row_id[-_MARK:]}"


def source_line(pool: BalanceFigures, feature: str, called: Mapping[str, str]) -> str:
    """All of it in mrkdwn."""
    reset = Reset(interval=pool.interval, resets_at=pool.resets_at) if pool.interval else None
    source = text.mrkdwn(_source(pool.row, pool.plan, feature, called), _SOURCE) or phrases.NONE
    details = _facts(reset, paid=pool.price is not None, expires_at=pool.expires_at)
    return changes_words.source(" · ".join([source, *details, text.mrkdwn(source_mark(pool.row))]))


def _source(row_id: str, plan_id: str | None, feature: str, called: Mapping[str, str]) -> str:
    if plan_id:
        return called.get(plan_id) or plan_id
    if row_id.startswith(_REDEEMED) and f"_{feature}_" in row_id:
        return words.by_code(row_id.removeprefix(_REDEEMED).rpartition(f"_{feature}_")[0])
    return labels.NO_PLAN if row_id.startswith(MADE_IDS) else changes_words.granted_as(row_id)


def _facts(reset: Reset | None, *, paid: bool, expires_at: datetime | None) -> list[str]:
    details = []
    if reset is not None and reset.interval == ONE_OFF:
        details.append(words.NO_RESET)
    elif reset is not None:
        details.append(names.reset(reset))
        details.append(
            labels.on(labels.RESETS, times.billing_day(reset.resets_at)) if reset.resets_at else ""
        )
    details.append(words.PAID_FOR if paid else "")
    details.append(labels.on(labels.EXPIRES, times.billing_day(expires_at)) if expires_at else "")
    return [detail for detail in details if detail]
