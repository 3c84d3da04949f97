"""Charts of what is due each day: a bar for each day, or for several days together."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal

from bot.digests import words
from bot.digests.report.model import Report
from bot.kit import blocks, layout, numbers, text, times
from bot.kit.card import Block

_MOST = 2
"""Slack draws at most this many charts in a message."""
_FILLED = 62
"""A window of up to this many days also shows days on which nothing is due."""

_FEWEST = 3
"""Bars a chart must have to say more than the table."""

_Points = list[tuple[str, Decimal]]


def charts(report: Report) -> list[layout.Drawn]:
    """A chart for each of the largest currencies with something due on at least three days."""
    first, last = report.start.astimezone(UTC).date(), _last_day(report)
    by_currency = [(code, _points(days, first, last)) for code, days in report.daily.items()]
    charted = [(code, points) for code, points in by_currency if _bars(points) >= _FEWEST]
    return [_chart(index, code, points) for index, (code, points) in enumerate(charted[:_MOST])]


def _bars(points: _Points) -> int:
    return sum(amount > 0 for _, amount in points)


def _last_day(report: Report) -> date:
    """The window ends before `end`."""
    return max(report.end - timedelta(microseconds=1), report.start).astimezone(UTC).date()


def _points(days: Sequence[tuple[date, Decimal]], first: date, last: date) -> _Points:
    due: dict[date, Decimal] = {}
    if (last - first).days < _FILLED:
        due = {first + timedelta(days=index): Decimal(0) for index in range((last - first).days + 1)}
    for day, amount in days:
        due[day] = due.get(day, Decimal(0)) + amount
    return _merged(sorted(due.items()))


def _merged(days: list[tuple[date, Decimal]]) -> _Points:
    """At most as many as a chart can have, with unique labels."""
    size = max(1, -(-len(days) // blocks.CHART_POINTS))
    bins = [days[index : index + size] for index in range(0, len(days), size)]
    bars = [(_label(days), sum((amount for _, amount in days), Decimal(0))) for days in bins]
    if len({label for label, _ in bars}) == len(bars):
        return bars
    return [(f"{index} · {label}", amount) for index, (label, amount) in enumerate(bars, 1)]


def _label(days: list[tuple[date, Decimal]]) -> str:
    first, last = times.short_day(days[0][0]), times.short_day(days[-1][0])
    return first if len(days) == 1 else f"{first}–{last}"


def _chart(index: int, code: str, points: _Points) -> layout.Drawn:
    currency = text.literal(code.upper(), 8)
    title = text.literal(words.chart(currency), blocks.CHART_TITLE)
    bars = [(label, numbers.finite(amount)) for label, amount in points]
    rich = blocks.bars(f"chart.{index}", title, currency or words.AMOUNT_SERIES, bars)
    return layout.Either(rich=(rich,), plain=(_text_bars(f"bars.{index}", code, points),))


def _text_bars(block_id: str, code: str, points: _Points) -> Block:
    most = max(amount for _, amount in points)
    wide = max(len(label) for label, _ in points)
    lines = [
        f"{label:<{wide}} {numbers.bar(amount, most, 12)} {numbers.compact(amount)}"
        for label, amount in points
    ]
    title = f"*{words.chart(text.mrkdwn(code.upper(), 8))}*"
    return blocks.section(block_id, "\n".join([title, "```", *lines, "```"]))
