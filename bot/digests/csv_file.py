"""All rows of a digest as a file that spreadsheets open."""

from datetime import UTC, datetime

from bot.digests import items, sections, words
from bot.digests.items import ReportItem
from bot.digests.sections import cells
from bot.kit import blocks, layout, links, text
from bot.kit.card import Card
from bot.kit.csv_table import Cell, CsvFormat, CsvTable


def csv_table(chosen: CsvFormat) -> CsvTable:
    """The file's columns, in this format."""
    return CsvTable(words.CSV_COLUMNS, chosen)


def csv_row(item: ReportItem) -> list[Cell]:
    """A cell for each column."""
    left = cells.units(item, items.REMAINING)
    section = sections.section(item.section)
    unlimited = bool(item.details.get(items.UNLIMITED))
    return [
        section.short_name,
        item.customer,
        item.customer_id,
        item.email,
        cells.detail(item, items.ENTITY),
        item.at,
        item.amount if section.money else None,
        item.currency.upper(),
        words.YES if item.details.get(items.ESTIMATE) else None,
        ", ".join(cells.plan_names(item)),
        ", ".join(item.plans),
        cells.detail(item, items.FEATURE_NAME) or item.feature,
        item.feature,
        words.UNLIMITED if unlimited else left,
        cells.detail(item, items.INVOICE),
        cells.status(item, text.literal),
        links.web(cells.detail(item, items.URL)),
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
