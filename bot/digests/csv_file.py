"""All rows of a digest as a file that spreadsheets open."""

import csv
import io
import re
from datetime import UTC, datetime

from bot.digests import items, sections, words
from bot.digests.items import ReportItem
from bot.digests.sections import cells
from bot.kit import blocks, layout, links, text
from bot.kit.card import Card

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What starts a formula in a spreadsheet; the last four as East Asian keyboards type them."""
_CELL = re.compile(rf"([;,|\t][\s\"]*)(?=[{re.escape(''.join(_FORMULA))}])")
"""Where a formula would start if a spreadsheet split the line at this character regardless of the quotes, as
it does at `;` in much of Europe."""
_MARK = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""


def csv_head() -> str:
    """The first line, with its end."""
    return _MARK + _line(list(words.CSV_COLUMNS))


def csv_line(item: ReportItem) -> str:
    """A row, with its end."""
    left = cells.units(item, items.REMAINING)
    section = sections.section(item.section)
    amount = item.amount if section.money else None
    unlimited = bool(item.details.get(items.UNLIMITED))
    return _line(
        [
            section.short_name,
            _safe(item.customer),
            _safe(item.customer_id or ""),
            _safe(item.email),
            _safe(cells.detail(item, items.ENTITY)),
            item.at.astimezone(UTC).isoformat(timespec="seconds") if item.at else "",
            "" if amount is None else format(amount, "f"),
            _safe(item.currency.upper()),
            words.YES if item.details.get(items.ESTIMATE) else "",
            _safe(", ".join(cells.plan_names(item))),
            _safe(", ".join(item.plans)),
            _safe(cells.detail(item, items.FEATURE_NAME) or item.feature),
            _safe(item.feature),
            words.UNLIMITED if unlimited else "" if left is None else format(left, "f"),
            _safe(cells.detail(item, items.INVOICE)),
            _safe(cells.status(item, text.literal)),
            _safe(links.web(cells.detail(item, items.URL))),
        ]
    )


def csv_name(read_at: datetime) -> str:
    """The file's name."""
    return f"maple-digest-{read_at.astimezone(UTC):%Y-%m-%d-%H%M}.csv"


def csv_comment(rows: int) -> str:
    """The message that comes with the file."""
    return words.csv_comment(rows)


def csv_asking() -> Card:
    """Shown if the file takes longer than a person expects."""
    return layout.card([blocks.context("asking", words.CSV_ASKING)], [], [], stamp=None)


def csv_sent() -> Card:
    """Shown if the file is somewhere else."""
    return layout.card([blocks.section("sent", words.CSV_SENT)], [], [], stamp=None)


def _safe(outside: str) -> str:
    """A text from outside on one line, and never a formula, whatever separates the cells."""
    cleaned = _CELL.sub(r"\1'", text.clean(outside))
    return f"'{cleaned}" if cleaned.startswith(_FORMULA) else cleaned


def _line(cells_of_row: list[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells_of_row)
    return line.getvalue()
