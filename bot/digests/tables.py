"""The tables of a digest's sections, and charts of what is due each day. Each has its plain form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bot.digests import sections, words
from bot.digests.items import ReportItem
from bot.digests.report.model import CurrencyTotal, Report, ReportSection, RowQuery
from bot.digests.schedule import known_zone
from bot.digests.sections import cells
from bot.digests.sections.section import DigestSection, Grouping, Viewpoint
from bot.kit import blocks, ids, layout, money, numbers, phrases, text, times
from bot.kit.card import Block

MOST_ROWS = 10
MOST_CURRENCIES = 4
_MOST_CHARTS = 2
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
    return [_chart(index, code, points) for index, (code, points) in enumerate(charted[:_MOST_CHARTS])]


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
    bars = [(_label(span), sum((amount for _, amount in span), Decimal(0))) for span in bins]
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


def about_amounts(report: Report) -> Block:
    estimates = [words.estimates(report.estimates)] if report.estimates else []
    return blocks.context("amounts", " ".join([words.BEFORE_TAX, *estimates]))


def section_blocks(part: ReportSection, query: RowQuery, viewpoint: Viewpoint) -> list[layout.Drawn]:
    section = sections.section(part.section)
    block = section.key
    if section.grouping is not None and part.groups:
        listing = _grouped(section.grouping, part)
    else:
        listing = _listed(section, part, viewpoint)
    more = listing.left > 0 or bool(part.groups)
    head = blocks.section(
        block, "\n".join(head_lines(part)), accessory=_see_all(part, query) if more else None
    )
    part_blocks: list[layout.Drawn] = [head]
    if listing.lines:
        table = blocks.table(f"{block}.table", section.title, listing.rows)
        lines = layout.packed(f"{block}.lines", listing.lines)
        part_blocks.append(layout.Either(rich=(table,), plain=tuple(lines)))
    if listing.left > 0:
        part_blocks.append(blocks.context(f"{block}.left", phrases.and_more(listing.left)))
    return part_blocks


@dataclass(frozen=True, slots=True)
class _Listing:
    rows: list[list[blocks.Cell]]
    """The table."""
    lines: list[str]
    """The same in mrkdwn."""
    left: int
    """How many rows are left out."""


def _listed(section: DigestSection, part: ReportSection, viewpoint: Viewpoint) -> _Listing:
    items = part.items[:MOST_ROWS]
    rows = [_columns(section.columns), *(section.cells(item, viewpoint) for item in items)]
    return _Listing(rows, [_line(item, viewpoint) for item in items], part.count - len(items))


def _grouped(grouping: Grouping, part: ReportSection) -> _Listing:
    groups = part.groups[:MOST_ROWS]
    rows = [_columns(grouping.columns), *map(grouping.cells, groups)]
    return _Listing(rows, [*map(grouping.line, groups)], len(part.groups) - len(groups))


def _columns(labels: Sequence[str]) -> list[blocks.Cell]:
    return [blocks.cell(label) for label in labels]


def _line(item: ReportItem, viewpoint: Viewpoint) -> str:
    customer = f"*{cells.customer(item, text.mrkdwn)}*"
    return "• " + " · ".join(fact for fact in (customer, facts(item, viewpoint)) if fact)


def facts(item: ReportItem, viewpoint: Viewpoint) -> str:
    """A row in words (mrkdwn), without the customer."""
    section = sections.section(item.section)
    return " · ".join(fact for fact in section.facts(item, viewpoint) if fact)


def make_viewpoint(zone: str, read_at: datetime) -> Viewpoint:
    return Viewpoint(ZoneInfo(zone) if known_zone(zone) else UTC, read_at)


def head_lines(part: ReportSection) -> list[str]:
    """The section's title, number of rows and totals (mrkdwn)."""
    section = sections.section(part.section)
    title = words.section_title(section.title, phrases.count(part.count, *section.unit))
    facts = [title, words.undated(part.undated), words.unknown(part.unknown)]
    name = " · ".join(fact for fact in facts if fact)
    if not part.totals:
        return [" · ".join(fact for fact in (name, since_previous(part)) if fact)]
    totals = [_total(total, part) for total in part.totals[:MOST_CURRENCIES]]
    left = len(part.totals) - len(totals)
    return [name, *totals, *([phrases.and_more(left)] if left else [])]


def since_previous(part: ReportSection) -> str:
    """How many rows more or fewer than in the previous digest."""
    if part.count_before is None:
        return ""
    return _change(part.count - part.count_before, lambda size: f"{size:,}")


def _total(total: CurrencyTotal, part: ReportSection) -> str:
    counted = phrases.count(total.count, *sections.section(part.section).unit) if len(part.totals) > 1 else ""
    since = ""
    if total.before is not None:
        since = _change(total.amount - total.before, lambda size: money.money(size, total.currency))
    amount = sum_text(total)
    return words.total(amount if total.currency else words.currency_unknown(amount), counted, since)


def sum_text(total: CurrencyTotal) -> str:
    """The sum, and how much of it is estimated."""
    return words.partly_estimated(money.money(total.amount, total.currency), total.estimated)


def _change(difference: Any, write: Callable[[Any], str]) -> str:
    return words.change(write(abs(difference)), more=difference > 0) if difference else words.SAME


def _see_all(part: ReportSection, query: RowQuery) -> blocks.Button | None:
    return query_button(words.SEE_ALL, f"{ids.DIGEST_ALL}:{part.section}", query.at(section=part.section))


def query_button(label: str, action_id: str, query: RowQuery) -> blocks.Button | None:
    """None if the query is too long for a button."""
    value = query.encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return None
    return blocks.button(label, action_id, value)
