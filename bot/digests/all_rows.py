"""All rows of one section of a digest, in a modal that turns pages. Its query says all it needs."""

from typing import Any

from bot.autumn.models import Organization
from bot.digests import card as digest
from bot.digests import sections, words
from bot.digests.items import ReportItem
from bot.digests.list_card import modal
from bot.digests.report.model import ItemPage, ReportSection, RowQuery
from bot.digests.sections import cells
from bot.digests.sections.section import Viewpoint
from bot.kit import blocks, ids, layout, phrases, surfaces, text, times
from bot.kit.card import Block, Card
from bot.lookups import frame, labels
from bot.lookups.place import Place


def see_all(
    page: ItemPage, query: RowQuery, *, org: Organization | None = None, note: str = ""
) -> dict[str, Any]:
    """A page of rows, each with a button that opens the customer. `note`: what just happened (mrkdwn)."""
    seen = digest.viewpoint(query.zone, page.read_at)
    part = ReportSection(query.section, page.count, page.totals)
    found = [
        *([blocks.section("note", note)] if note else []),
        blocks.section("head", "\n".join(digest.head_lines(part))),
        blocks.context("what", frame.environment(None, org), times.moment(page.read_at, labels.READ)),
    ]
    for index, item in enumerate(page.items):
        found += _row(index, item, seen)
    if not page.items:
        found.append(blocks.section("none", words.ALL_NONE))
    return _view(query.at(page=page.page), [*found, *_paging(page, query), *_file(query)])


def see_all_loading(query: RowQuery) -> dict[str, Any]:
    """What is opened at once."""
    return _view(query, [blocks.section("waiting", f":hourglass_flowing_sand: {words.ALL_LOADING}")])


def see_all_expired(query: RowQuery) -> dict[str, Any]:
    """The rows are not kept any more."""
    return _view(query, [blocks.section("expired", words.EXPIRED)])


def see_all_stopped(query: RowQuery, card: Card) -> dict[str, Any]:
    """`card` (of `views.trouble`) says why there are no rows."""
    return _view(query, [block for block in card.plain if block["type"] != "actions"])


def customer_on_top(card: Card, place: Place) -> dict[str, Any]:
    """A customer's card over the rows: without its buttons, which change messages, and where to find them."""
    view = surfaces.as_modal(card)
    command = text.code(f"{ids.COMMAND} {place.customer}")
    return {**view, "blocks": [*view["blocks"], blocks.context("more", words.more_of(command))]}


def digest_expired() -> Card:
    """The same as `see_all_expired`, where there is no modal."""
    return layout.card([blocks.section("expired", words.EXPIRED)], [], [], stamp=None)


def _view(query: RowQuery, found: list[Block]) -> dict[str, Any]:
    title = sections.section(query.section).title
    return modal(title, found, callback=ids.DIGEST_ALL_MODAL, metadata=query.encode())


def _row(index: int, item: ReportItem, seen: Viewpoint) -> list[Block]:
    place = Place(customer=item.customer_id) if item.customer_id else None
    open_it = frame.go(labels.OPEN, str(index), place, kind=ids.DIGEST_OPEN) if place else None
    lines = f"*{cells.customer(item, text.mrkdwn)}*\n{digest.facts(item, seen)}".rstrip()
    return [blocks.section(f"row.{index}", lines, accessory=open_it)]


def _paging(page: ItemPage, query: RowQuery) -> list[Block]:
    if page.pages <= 1:
        return []
    moves = [
        (page.page > 0, phrases.PREVIOUS, "previous", page.page - 1),
        (page.left > 0, phrases.NEXT, "next", page.page + 1),
    ]
    found = [
        digest.query_button(label, f"{ids.DIGEST_PAGE}:{key}", query.at(page=number))
        for there, label, key, number in moves
        if there
    ]
    shown = [button for button in found if button is not None]
    counted = blocks.context("page", phrases.page(page.page + 1, page.pages, page.left))
    return [counted, *([blocks.actions("paging", shown)] if shown else [])]


def _file(query: RowQuery) -> list[Block]:
    csv = digest.query_button(words.DOWNLOAD, ids.DIGEST_CSV, query.at(sections=(query.section,)))
    return [blocks.actions("file", [csv])] if csv else []
