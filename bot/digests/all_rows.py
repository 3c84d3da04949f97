"""All rows of a digest: page by page in a modal that remembers nothing but its query, and as a file that
spreadsheets open."""

from datetime import UTC, datetime
from typing import Any

from bot.autumn.models import Organization
from bot.digests import items, sections, tables, words
from bot.digests.items import ReportItem
from bot.digests.report.model import ItemPage, ReportSection, RowQuery
from bot.digests.sections import cells
from bot.digests.sections.section import Viewpoint
from bot.kit import blocks, ids, layout, links, phrases, surfaces, text, times
from bot.kit.card import Block, Card
from bot.kit.csv_table import Cell, CsvFormat, CsvTable
from bot.lookups import frame, labels
from bot.lookups.place import Place


def see_all(
    page: ItemPage, query: RowQuery, *, org: Organization | None = None, note: str = ""
) -> dict[str, Any]:
    """A page of rows, each with a button that opens its customer. `note`: what just happened (mrkdwn)."""
    viewpoint = tables.make_viewpoint(query.zone, page.read_at)
    part = ReportSection(query.section, page.count, page.totals, unknown=page.unknown)
    content = [
        *([blocks.section("note", note)] if note else []),
        blocks.section("head", "\n".join(tables.head_lines(part))),
        blocks.context("what", frame.environment(None, org), times.moment(page.read_at, labels.READ)),
    ]
    for index, item in enumerate(page.items):
        content += _row(index, item, viewpoint)
    if not page.items:
        content.append(blocks.section("none", words.ALL_NONE))
    return _view(query.at(page=page.page), [*content, *_paging(page, query), *_file(query)])


def see_all_loading(query: RowQuery) -> dict[str, Any]:
    """Opened right away, before the rows are read."""
    return _view(query, [blocks.waiting(words.ALL_LOADING)])


def see_all_expired(query: RowQuery) -> dict[str, Any]:
    """The rows have been deleted."""
    return _view(query, [blocks.section("expired", words.EXPIRED)])


def see_all_stopped(query: RowQuery, card: Card) -> dict[str, Any]:
    """`card` says why there are no rows."""
    return _view(query, [block for block in card.plain if block["type"] != "actions"])


def customer_on_top(card: Card, place: Place) -> dict[str, Any]:
    """A customer's card on top of the rows. Its buttons change messages, so it says where to find them
    instead."""
    view = surfaces.as_modal(card)
    command = text.code(f"{ids.COMMAND} {place.customer}")
    return {**view, "blocks": [*view["blocks"], blocks.context("more", words.more_of(command))]}


def digest_expired() -> Card:
    """Like `see_all_expired`, but as a message."""
    return layout.card([blocks.section("expired", words.EXPIRED)], [], [], stamp=None)


def _view(query: RowQuery, content: list[Block]) -> dict[str, Any]:
    title = sections.section(query.section).title
    return surfaces.modal(title, content, callback=ids.DIGEST_ALL_MODAL, metadata=query.encode())


def _row(index: int, item: ReportItem, viewpoint: Viewpoint) -> list[Block]:
    place = Place(customer=item.customer_id) if item.customer_id else None
    open_customer = frame.go(labels.OPEN, str(index), place, kind=ids.DIGEST_OPEN) if place else None
    lines = f"*{cells.customer(item, text.mrkdwn)}*\n{tables.facts(item, viewpoint)}".rstrip()
    return [blocks.section(f"row.{index}", lines, accessory=open_customer)]


def _paging(page: ItemPage, query: RowQuery) -> list[Block]:
    if page.pages <= 1:
        return []
    moves = [
        (page.page > 0, phrases.PREVIOUS, "previous", page.page - 1),
        (page.left > 0, phrases.NEXT, "next", page.page + 1),
    ]
    buttons = [
        tables.query_button(label, f"{ids.DIGEST_PAGE}:{key}", query.at(page=number))
        for possible, label, key, number in moves
        if possible
    ]
    fitting = [button for button in buttons if button is not None]
    counted = blocks.context("page", phrases.page(page.page + 1, page.pages, page.left))
    return [counted, *([blocks.actions("paging", fitting)] if fitting else [])]


def _file(query: RowQuery) -> list[Block]:
    csv = tables.query_button(words.DOWNLOAD, ids.DIGEST_CSV, query.at(sections=(query.section,)))
    return [blocks.actions("file", [csv])] if csv else []


# The file


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
