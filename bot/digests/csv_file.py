"""All rows of a digest as a file that spreadsheets open."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.digests import items, sections, words
from bot.digests.items import ReportItem
from bot.digests.sections import cells
from bot.kit import blocks, csv_cells, layout, links, text
from bot.kit.card import Card

ALL_COLUMNS = tuple(range(len(words.CSV_COLUMNS)))


def csv_head(columns: Sequence[int] = ALL_COLUMNS) -> str:
    """The first line, with its end."""
    return csv_cells.MARK + csv_cells.line([words.CSV_COLUMNS[column] for column in columns])


def csv_line(item: ReportItem, columns: Sequence[int] = ALL_COLUMNS) -> str:
    """A row, with its end."""
    row = _cells(item)
    return csv_cells.line([row[column] for column in columns])


def filled_columns(item: ReportItem) -> frozenset[int]:
    """The columns in which a row has something."""
    return frozenset(column for column, cell in enumerate(_cells(item)) if cell)


def _cells(item: ReportItem) -> list[str]:
    left = cells.units(item, items.REMAINING)
    section = sections.section(item.section)
    amount = item.amount if section.money else None
    unlimited = bool(item.details.get(items.UNLIMITED))
    return [
        section.short_name,
        csv_cells.safe(item.customer),
        csv_cells.safe(item.customer_id or ""),
        csv_cells.safe(item.email),
        csv_cells.safe(cells.detail(item, items.ENTITY)),
        item.at.astimezone(UTC).isoformat(timespec="seconds") if item.at else "",
        "" if amount is None else format(amount, "f"),
        csv_cells.safe(item.currency.upper()),
        words.YES if item.details.get(items.ESTIMATE) else "",
        csv_cells.safe(", ".join(cells.plan_names(item))),
        csv_cells.safe(", ".join(item.plans)),
        csv_cells.safe(cells.detail(item, items.FEATURE_NAME) or item.feature),
        csv_cells.safe(item.feature),
        words.UNLIMITED if unlimited else "" if left is None else format(left, "f"),
        csv_cells.safe(cells.detail(item, items.INVOICE)),
        csv_cells.safe(cells.status(item, text.literal)),
        csv_cells.safe(links.web(cells.detail(item, items.URL))),
    ]


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
