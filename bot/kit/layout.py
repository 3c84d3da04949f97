"""Puts a card together and keeps it within Slack's limits: sections, pages, its text, what is left out."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from bot.kit import blocks, ids, phrases, text, times
from bot.kit.card import Block, Card

MOST_TABLES = 1
"""Slack refuses more than one in a message."""
MOST_TABLE_TEXT = 9_500
"""Characters of all cells of a message's tables; Slack refuses more than 10,000."""

T = TypeVar("T")

MOST_BLOCKS = 50
MOST_TEXT = 11_500
"""Characters of text in all; Slack starts to refuse somewhere above 12,000."""

SECTION = 2900

_LONGEST_WORDS = 3000
_SILENT = ("actions", "divider")
_LINK = re.compile(r"<https?://[^|<>]*\|([^<>]*)>")


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
    page = items[number * size : (number + 1) * size]
    return Paged(page, number, pages, max(0, len(items) - (number + 1) * size))


def listed(title: str, lines: Sequence[str], most: int, *, more: str = "") -> str:
    """A title and as many lines as fit into a section; what is left out is counted.

    `more` replaces the usual words for what is left out, `{}` standing for the number.
    """
    fitting = [title]
    size = text.length(title)
    for line in lines[:most]:
        if size + text.length(line) + 1 > SECTION - 100:
            break
        fitting.append(line)
        size += text.length(line) + 1
    left = len(lines) - (len(fitting) - 1)
    if left:
        fitting.append(more.format(f"{left:,}") if more else phrases.and_more(left))
    return "\n".join(fitting)


def inline(names: Sequence[str], most: int) -> str:
    """`a, b, c and 4 more`, in the order given."""
    first = list(names[:most])
    left = len(names) - len(first)
    return ", ".join(first) + (f" {phrases.and_more(left)}" if left else "")


def packed(block_id: str, lines: Sequence[str]) -> list[Block]:
    """Lines in as few sections as they fit into."""
    groups: list[list[str]] = [[]]
    size = 0
    for line in lines:
        if groups[-1] and size + text.length(line) + 1 > SECTION:
            groups.append([])
            size = 0
        groups[-1].append(line)
        size += text.length(line) + 1
    return [
        blocks.section(f"{block_id}.{index}", "\n".join(group)) for index, group in enumerate(groups) if group
    ]


def table(
    title: Callable[[Safe], str],
    columns: Sequence[str],
    rows: Sequence[Sequence[blocks.Cell]],
    lines: Sequence[str],
) -> Either:
    """The same entries as rows of a table and as lines of text, under the same title."""
    rich = blocks.table("table", title(text.literal), [[blocks.cell(column) for column in columns], *rows])
    plain = packed("list", [f"*{title(text.mrkdwn)}*", *lines])
    return Either(rich=(rich,), plain=tuple(plain))


def card(
    before: Sequence[Block], content: Sequence[Drawn], after: Sequence[Block], *, stamp: datetime | None
) -> Card:
    """The finished card, in both forms, within Slack's limits.

    A message that is changed wants new block ids, so each carries the time it was read.
    """
    plain = _within(before, _form(content, rich=False), after)
    words, stamped = _words_of(plain), _stamped(plain, stamp)
    if not any(isinstance(drawn, Either) for drawn in content):
        return Card(text=words, blocks=stamped, plain=stamped)
    rich = _within(before, _form(content, rich=True), after)
    return Card(text=words, blocks=_stamped(rich, stamp), plain=stamped)


def _form(content: Sequence[Drawn], *, rich: bool) -> list[Block]:
    """Tables come in the order of the content, as far as Slack takes them; the others are written out."""
    chosen: list[Block] = []
    tables, room = MOST_TABLES, MOST_TABLE_TEXT
    for drawn in content:
        if not isinstance(drawn, Either):
            chosen.append(drawn)
            continue
        drawn_tables = [block for block in drawn.rich if block["type"] == "data_table"]
        size = sum(_text_size(block["rows"]) for block in drawn_tables)
        if rich and len(drawn_tables) <= tables and size <= room:
            chosen.extend(drawn.rich)
            tables, room = tables - len(drawn_tables), room - size
        else:
            chosen.extend(drawn.plain)
    return chosen


def _within(before: Sequence[Block], content: Sequence[Block], after: Sequence[Block]) -> list[Block]:
    """As much of the content as fits, and all of its buttons; what is left out is counted."""
    buttons = [row for row in content if row["type"] == "actions"]
    blocks_left = MOST_BLOCKS - len(before) - len(after) - len(buttons) - 1
    text_left = MOST_TEXT - sum(_text_size(fixed) for fixed in (*before, *buttons, *after))
    fitting: list[Block] = []
    left_out = 0
    for block in content:
        if block["type"] == "actions":
            fitting.append(block)
        elif blocks_left and (size := _text_size(block)) <= text_left:
            fitting.append(block)
            blocks_left -= 1
            text_left -= size
        else:
            left_out += 1
    counted = [blocks.context("lost", phrases.left_out(left_out))] if left_out else []
    return [*before, *fitting, *counted, *after]


def _stamped(message: Sequence[Block], stamp: datetime | None) -> tuple[Block, ...]:
    if stamp is None:
        return tuple(message)
    at = times.milliseconds(stamp)
    return tuple(
        block
        if block["block_id"].startswith(ids.CARRYING)
        else {**block, "block_id": f"{block['block_id']}@{at}"}
        for block in message
    )


# A card as one text, for notifications and screen readers


def _words_of(drawn: list[Block]) -> str:
    """All that the blocks say, in mrkdwn, without buttons and links; what does not fit is counted."""
    lines = [
        text_line
        for block in drawn
        if block["type"] not in _SILENT
        for text_line in _text_of(block).splitlines()
        if text_line
    ]
    fitting: list[str] = []
    room = _LONGEST_WORDS - 40
    for line in lines:
        room -= text.length(line) + 1
        if room < 0:
            break
        fitting.append(line)
    left = len(lines) - len(fitting)
    return "\n".join([*fitting, phrases.more_lines(left)] if left else fitting)


def _text_size(value: Any) -> int:
    """How many characters of text a block holds, in UTF-16 units."""
    if isinstance(value, dict):
        return sum(
            text.length(inner)
            if key in ("text", "caption", "label", "title") and isinstance(inner, str)
            else _text_size(inner)
            for key, inner in value.items()
        )
    if isinstance(value, list | tuple):
        return sum(_text_size(inner) for inner in value)
    return 0


def _text_of(block: Block) -> str:
    texts = [block["text"]] if "text" in block else block.get("elements", [])
    return text.unlinked(" · ".join(_safe(text_object) for text_object in texts))


def _safe(text_object: dict[str, Any]) -> str:
    if text_object["type"] == "plain_text":
        return "\n".join(text.mrkdwn(line, 600) for line in text_object["text"].split("\n"))
    return _LINK.sub(r"\1", text_object["text"])
