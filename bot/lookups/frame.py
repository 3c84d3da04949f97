"""What every card is put together from: its head, buttons, pages, foot; and how it is kept within limits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeAlias, TypeVar

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Organization
from bot.kit import blocks, fallback, ids, links, text, times
from bot.kit.card import Block, Card
from bot.lookups import failures, words
from bot.lookups.place import Part, Place

T = TypeVar("T")

MOST_BLOCKS = 50
MOST_TEXT = 11_500
"""Characters of text in all; Slack starts to refuse somewhere above 12,000."""
MOST_TABLES = 1
"""Slack refuses more than one in a message."""
MOST_TABLE_TEXT = 9_500
"""Characters of all cells of a message's tables; Slack refuses more than 10,000."""
SECTION = 2900
_NAVIGATION = (Part.OVERVIEW, Part.PRODUCTS, Part.FEATURES, Part.INVOICES, Part.EVENTS)


@dataclass(frozen=True, slots=True)
class Either:
    """The same facts as one of Slack's newer blocks, and as sections for a workspace that lacks them."""

    rich: tuple[Block, ...]
    plain: tuple[Block, ...]


Drawn: TypeAlias = Block | Either


class Safe(Protocol):
    """`text.literal` or `text.mrkdwn`: makes a text from outside fit for where it goes."""

    def __call__(self, text: str, limit: int, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """What a part needs to know besides its answer."""

    place: Place
    private: bool
    """Whether buttons that change the card are drawn: not on one that was shared into a channel."""

    def go(self, label: str, key: str, place: Place, *, primary: bool = False) -> blocks.Button | None:
        """A button to another place; None on a shared card, and when Slack cannot carry the place."""
        if not self.private:
            return None
        return go(label, key, place, primary=primary)

    def buttons(self, block_id: str, found: Iterable[blocks.Button | None]) -> list[Block]:
        """A row of those buttons that there are."""
        shown = [button for button in found if button is not None]
        return [blocks.actions(block_id, shown)] if shown else []


def go(
    label: str, key: str, place: Place, *, primary: bool = False, kind: str = ids.GO
) -> blocks.Button | None:
    value = place.encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return None
    return blocks.button(text.literal(label, 75), f"{kind}:{key}", value, primary=primary)


# Lists


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    items: Sequence[T]
    number: int
    """From 0; a page past the end is the last one."""
    pages: int
    left: int
    """How many come after this page."""


def paged(items: Sequence[T], number: int, size: int) -> Paged[T]:
    pages = max(1, -(-len(items) // size))
    number = min(number, pages - 1)
    shown = items[number * size : (number + 1) * size]
    return Paged(shown, number, pages, max(0, len(items) - (number + 1) * size))


def paging(frame: Frame, page: Paged[T], place: Place) -> list[Block]:
    """Which page this is and how many are left, with buttons. Nothing if there is one page only."""
    if page.pages == 1:
        return []
    previous = page.number > 0 and frame.go(words.PREVIOUS, "previous", place.at(page=page.number - 1))
    following = page.left > 0 and frame.go(words.NEXT, "next", place.at(page=page.number + 1))
    return [
        blocks.context("page", words.page(page.number + 1, page.pages, page.left)),
        *frame.buttons("paging", [previous or None, following or None]),
    ]


def listed(title: str, lines: Sequence[str], most: int, *, more: str = "") -> str:
    """A title and as many lines as fit into a section; what is left out is counted.

    `more` replaces the usual words for what is left out, `{}` standing for the number.
    """
    shown = [title]
    size = text.length(title)
    for line in lines[:most]:
        if size + text.length(line) + 1 > SECTION - 100:
            break
        shown.append(line)
        size += text.length(line) + 1
    left = len(lines) - (len(shown) - 1)
    if left:
        shown.append(more.format(f"{left:,}") if more else words.and_more(left))
    return "\n".join(shown)


def inline(names: Sequence[str], most: int) -> str:
    """`a, b, c and 4 more`, in the order given."""
    shown = list(names[:most])
    left = len(names) - len(shown)
    return ", ".join(shown) + (f" {words.and_more(left)}" if left else "")


def packed(block_id: str, lines: Sequence[str]) -> list[Block]:
    """Lines in as few sections as they fit into."""
    found: list[list[str]] = [[]]
    size = 0
    for line in lines:
        if found[-1] and size + text.length(line) + 1 > SECTION:
            found.append([])
            size = 0
        found[-1].append(line)
        size += text.length(line) + 1
    return [
        blocks.section(f"{block_id}.{index}", "\n".join(some)) for index, some in enumerate(found) if some
    ]


def failed(block_id: str, part: str, error: AutumnError) -> Block:
    """A part of the card that could not be read: one line, and the rest of the card stays."""
    return blocks.context(block_id, failures.line(part, error))


# The frame around a part


def environment(customer: Customer | None, org: Organization | None) -> str:
    """The badge: which of Autumn's environments the customer is in."""
    known = (customer.env if customer else "") or (org.env if org else "")
    return text.code(known.upper() or words.ENV_UNKNOWN, 30)


def title(customer: Customer | None, customer_id: str) -> str:
    """The name, else the e-mail address, else the id."""
    known = (customer.name, customer.email, customer.id or "") if customer else ()
    return next((shown for raw in (*known, customer_id) if (shown := text.literal(raw, 140))), words.NO_NAME)


def head(customer: Customer | None, customer_id: str, org: Organization | None) -> list[Block]:
    """Who this is, and in which environment."""
    facts: list[str | blocks.Text] = [environment(customer, org)]
    shown_id = text.literal((customer.id if customer else None) or customer_id, 200)
    facts.append(blocks.plain(shown_id or words.NO_ID))
    if customer:
        facts.append(blocks.plain(text.literal(customer.email, 200) or words.NO_EMAIL))
        if customer.created_at:
            facts.append(words.since(times.day(customer.created_at)))
        if elsewhere := _elsewhere(customer, customer_id, org):
            facts.append(elsewhere)
    return [blocks.header("head", title(customer, customer_id)), blocks.context("who", *facts)]


def _elsewhere(customer: Customer, customer_id: str, org: Organization | None) -> str:
    env = customer.env or (org.env if org else "")
    found = []
    if known := customer.id or customer_id:
        found.append(links.linked(links.autumn(known, env), words.AUTUMN))
    if customer.stripe_id:
        found.append(links.linked(links.stripe(customer.stripe_id, env), words.STRIPE))
    return " · ".join(found)


def navigation(place: Place, *, shareable: bool) -> list[Block]:
    """The buttons between the parts; below them Refresh and Share."""
    current = Part.FEATURES if place.part is Part.FEATURE else place.part
    moves = [go(words.PARTS[part], part, place.go(part), primary=part is current) for part in _NAVIGATION]
    again = go(words.REFRESH, "refresh", place.model_copy(update={"until": 0}))
    rows = {"navigation": moves, "tools": [again, share(place) if shareable else None]}
    shown = {name: [button for button in row if button is not None] for name, row in rows.items()}
    found = [blocks.actions(name, row) for name, row in shown.items() if row]
    if None in moves or again is None:
        found.append(blocks.context("left_out", words.TOO_LONG_TO_CLICK))
    return found


def share(place: Place) -> blocks.Button | None:
    value = place.encode()
    if text.length(value) > blocks.BUTTON_VALUE:
        return None
    asked = blocks.confirm(words.SHARE_TITLE, words.share_text(place.part), words.SHARE_YES, words.SHARE_NO)
    return blocks.button(words.SHARE, ids.SHARE, value, confirm=asked)


def foot(read_at: datetime, badge: str, org: Organization | None, *more: str) -> Block:
    where = " · ".join(part for part in (text.mrkdwn(org.name, 60) if org else "", badge) if part)
    return blocks.context("foot", times.moment(read_at, words.READ), where, *more)


# Limits


def card(
    before: Sequence[Block], content: Sequence[Drawn], after: Sequence[Block], *, stamp: datetime | None
) -> Card:
    """The finished card, in both forms, within Slack's limits.

    A message that is changed wants new block ids, so each carries the time it was read.
    """
    plain = _within(before, _form(content, rich=False), after)
    told, shown = fallback.words_of(plain), _stamped(plain, stamp)
    if not any(isinstance(drawn, Either) for drawn in content):
        return Card(text=told, blocks=shown, plain=shown)
    rich = _within(before, _form(content, rich=True), after)
    return Card(text=told, blocks=_stamped(rich, stamp), plain=shown)


def _form(content: Sequence[Drawn], *, rich: bool) -> list[Block]:
    """Tables come in the order of the content, as far as Slack takes them; the others are written out."""
    found: list[Block] = []
    tables, room = MOST_TABLES, MOST_TABLE_TEXT
    for drawn in content:
        if not isinstance(drawn, Either):
            found.append(drawn)
            continue
        drawn_tables = [block for block in drawn.rich if block["type"] == "data_table"]
        size = sum(fallback.size(block["rows"]) for block in drawn_tables)
        if rich and len(drawn_tables) <= tables and size <= room:
            found.extend(drawn.rich)
            tables, room = tables - len(drawn_tables), room - size
        else:
            found.extend(drawn.plain)
    return found


def _within(before: Sequence[Block], content: Sequence[Block], after: Sequence[Block]) -> list[Block]:
    """As much of the content as fits, and all of its buttons; what is left out is counted."""
    buttons = [block for block in content if block["type"] == "actions"]
    blocks_left = MOST_BLOCKS - len(before) - len(after) - len(buttons) - 1
    text_left = MOST_TEXT - sum(fallback.size(block) for block in (*before, *buttons, *after))
    shown: list[Block] = []
    lost = 0
    for block in content:
        if block["type"] == "actions":
            shown.append(block)
        elif blocks_left and (size := fallback.size(block)) <= text_left:
            shown.append(block)
            blocks_left -= 1
            text_left -= size
        else:
            lost += 1
    counted = [blocks.context("lost", words.left_out(lost))] if lost else []
    return [*before, *shown, *counted, *after]


def _stamped(found: Sequence[Block], stamp: datetime | None) -> tuple[Block, ...]:
    if stamp is None:
        return tuple(found)
    at = times.milliseconds(stamp)
    return tuple(
        block
        if block["block_id"].startswith(ids.PICK_FEATURE)
        else {**block, "block_id": f"{block['block_id']}@{at}"}
        for block in found
    )
