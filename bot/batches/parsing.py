"""Reads a list that someone pasted or uploaded. Pure, and it takes any bytes: what cannot be read without
guessing is reported line by line.

    customer,feature,amount,action,kind,entity    in any order, as a header names them
    acme,messages,5000                            without a header in this order; the last may be missing
    acme                                          a plain list: the rest is as in the form

Cells are separated by commas, semicolons or tabs.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from bot.batches.model import MOST_LINES, BatchLine, LineProblem, LineReason
from bot.changes import registry
from bot.changes.line_form import Cell, LineCells, LineReader, tidy
from bot.changes.notes import Note, NoteCode
from bot.changes.spec import ChangeKind
from bot.kit.visible import hides
from bot.lookups.find.query import INVISIBLE, LONGEST

MOST_BYTES = 1_000_000
_LONGEST_LINE = 4000
"""Characters."""
_COMMA, _SEMICOLON, _TAB = ",", ";", "\t"
_SHOWN = 400
"""Characters of a line that are shown again."""
_SAMPLE = 20
"""Lines in which the separator is looked for."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_SEPARATORS = (_COMMA, _SEMICOLON, _TAB)
_FORMULA = ("=", "+", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_KEPT_AS_TEXT = re.compile(r"'(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""What spreadsheets, and Maple's own files, put before a text that would otherwise be a formula."""
_SHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_NUL = "\x00"


class ListNote(NoteCode):
    """Why a list, or a line of it, cannot be read. `column` is one of Maple's own words."""

    # The whole list
    TOO_BIG = "too_big", f"The list is too big. The most is {MOST_BYTES // 1_000_000} MB."
    TOO_MANY = (
        "too_many",
        lambda of: f"The list has {of.number('lines')} lines. The most is {MOST_LINES:,}.",
    )
    EMPTY = "empty", "The list is empty."
    WORKBOOK = "workbook", "This is a spreadsheet's own file. Save it as CSV, or paste the cells."
    NOT_TEXT = "not_text", "This is not a text file. Save the list as CSV, or paste it."
    NO_CUSTOMERS = (
        "no_customers",
        "The header has no column for the customer. The columns are customer, feature, amount, action, kind "
        "and entity.",
    )
    SAME_COLUMN = "same_column", lambda of: f"The header has two columns for the {of.wording('column')}."
    UNKNOWN_COLUMN = (
        "unknown_column",
        lambda of: (
            f"The header has a column that Maple does not know: {of.text('column')}. Remove it, or call it "
            "customer, feature, amount, action, kind or entity."
        ),
    )
    # One line
    LONG_LINE = "long_line", "The line is too long."
    QUOTES = "quotes", "The quotes do not match."
    TOO_MANY_CELLS = (
        "too_many_cells",
        lambda of: of.plural("There is one cell too many.", "There are {} cells too many."),
    )
    HIDDEN = "hidden", lambda of: f"The {of.wording('column')} contains characters that cannot be seen."
    FORMULA = "formula", lambda of: f"The {of.wording('column')} looks like a formula."
    MIXED = "mixed", lambda of: f"The {of.wording('column')} contains a comma, a semicolon or a tab."
    LONG_CELL = "long_cell", lambda of: f"The {of.wording('column')} is too long."
    NO_CUSTOMER = "no_customer", "The customer is missing."
    UNKNOWN_KIND = (
        "unknown_kind",
        lambda of: (
            f"{of.text('kind')} is no kind of change that a list can have. Write {of.wording('words')}."
        ),
    )
    NO_ENTITIES = "no_entities", "This kind of change is for the whole customer. Leave the entity out."


class Column(StrEnum):
    CUSTOMER = "customer"
    ABOUT = "feature"
    """Or a product, a coupon, a promo code or an invoice."""
    AMOUNT = "amount"
    ACTION = "action"
    KIND = "kind"
    ENTITY = "entity"


_ORDER = tuple(Column)
"""Without a header."""
_TITLES: Mapping[Column, tuple[str, ...]] = {
    Column.CUSTOMER: ("customer id", "customerid", "id", "customer", "email", "customer email"),
    Column.ABOUT: (
        *("feature id", "featureid", "feature", "product id", "product", "plan id", "plan"),
        *("coupon id", "coupon", "promo code", "code", "invoice id", "invoice", "about"),
    ),
    Column.AMOUNT: ("amount", "units", "quantity", "date"),
    Column.ACTION: ("action",),
    Column.KIND: ("kind", "kind of change", "change"),
    Column.ENTITY: ("entity id", "entity"),
}
"""What a header may call each column, folded. If several match, the first counts: an id is more precise than
a name."""
_OF_NO_INTEREST = frozenset(
    {
        *("", "name", "customer name", "company", "note", "notes", "comment", "line", "number"),
        *("joined (utc)", "products", "past due", "on trial", "in trial", "used up", "over"),
        *("entities", "most used", "used", "granted"),
    }
)
"""What else a header may have, such as the one of `/autumn list`. Any other column might be the amount."""


@dataclass(frozen=True, slots=True)
class ForAll:
    """What is filled in for the whole list. It applies to lines of the usual kind that do not specify it."""

    action: str = ""
    feature: str = ""
    amount: str = ""
    """As typed."""

    def into(self, cells: LineCells) -> LineCells:
        return replace(
            cells,
            about=cells.about or self.feature,
            amount=cells.amount or self.amount,
            action=cells.action or self.action,
        )


@dataclass(frozen=True, slots=True)
class ReadList:
    lines: tuple[BatchLine, ...]
    problems: tuple[LineProblem, ...] = ()


def read(raw: bytes | str, for_all: ForAll) -> ReadList | Note:
    """A note says what is wrong with the list as a whole. Never fails."""
    text = _decoded(raw) if isinstance(raw, bytes) else _within_size(raw)
    if isinstance(text, Note):
        return text
    numbered = [(number, line) for number, line in enumerate(_LINE_END.split(text), 1) if _filled(line)]
    if not numbered:
        return Note(ListNote.EMPTY)
    separator = _separator([line for _, line in numbered[:_SAMPLE]])
    layout = _layout(_cells(numbered[0][1], separator))
    if isinstance(layout, Note):
        return layout
    rows = numbered[1:] if layout.header else numbered
    if len(rows) > MOST_LINES:
        return Note(ListNote.TOO_MANY, {"lines": str(len(rows))})
    if not rows:
        return Note(ListNote.EMPTY)
    reader = _Reader(separator, layout, for_all)
    results = [reader.line(number, line) for number, line in rows]
    return ReadList(
        tuple(line for line in results if isinstance(line, BatchLine)),
        tuple(line for line in results if isinstance(line, LineProblem)),
    )


def filled(customers: Sequence[BatchLine], for_all: ForAll) -> tuple[BatchLine, ...]:
    """Customers that are known already, each with what is filled in for all of them."""
    return tuple(replace(line, cells=for_all.into(line.cells)) for line in customers)


def wrong_for_all(for_all: ForAll) -> Mapping[Cell, Note]:
    """The errors in what is filled in for all."""
    return _read(registry.usual_line(), for_all.into(LineCells())).wrong


# Bytes to text


def _within_size(text: str) -> str | Note:
    clean = text.removeprefix("\ufeff")
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        return Note(ListNote.TOO_BIG)
    return Note(ListNote.NOT_TEXT) if _NUL in clean else clean


def _decoded(content: bytes) -> str | Note:
    """UTF-8 or UTF-16, else what Windows and old spreadsheets write in western Europe."""
    if len(content) > MOST_BYTES:
        return Note(ListNote.TOO_BIG)
    if content.startswith(_SHEETS):
        return Note(ListNote.WORKBOOK)
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError:
        return Note(ListNote.NOT_TEXT)
    return Note(ListNote.NOT_TEXT) if _NUL in text else text.removeprefix("\ufeff")


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\x00" in content:
        # Letters without accents have a zero byte in UTF-16, at one side or the other.
        return "utf-16-le" if content[1::2].count(0) > content[::2].count(0) else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


# Text to cells


def _filled(line: str) -> bool:
    return bool(line.strip(f'{_COMMA}{_SEMICOLON}"{_TAB} ').translate(INVISIBLE).strip())


def _separator(lines: Sequence[str]) -> str:
    """Tabs come from pasted cells; semicolons from where the comma is in numbers."""
    for separator in (_TAB, _SEMICOLON):
        if any(separator in line for line in lines):
            return separator
    return _COMMA


def _cells(line: str, separator: str) -> list[str] | Note:
    if len(line) > _LONGEST_LINE:
        return Note(ListNote.LONG_LINE)
    try:
        cells = next(csv.reader([line], delimiter=separator, strict=True, skipinitialspace=True))
    except csv.Error:
        return Note(ListNote.QUOTES)
    return [_cell(cell) for cell in cells]


def _cell(cell: str) -> str:
    """Without the marks that come along when text is copied."""
    return _KEPT_AS_TEXT.sub("", " ".join(cell.strip("\u200b\u2060\ufeff").split()), count=1)


class _Layout(NamedTuple):
    columns: Sequence[Column | None]
    """What each cell is; None for one that is of no interest."""
    header: bool


def _layout(first: list[str] | Note) -> _Layout | Note:
    """By the first line, if it is a header."""
    titles = [] if isinstance(first, Note) else [tidy(cell) for cell in first]
    columns = {column: _places(column, titles) for column in Column}
    named = {place for places in columns.values() for place in places}
    if not columns[Column.CUSTOMER]:
        only_titles = bool(named) and all(title in _OF_NO_INTEREST for title in _others(titles, named))
        return Note(ListNote.NO_CUSTOMERS) if only_titles else _Layout(_ORDER, header=False)
    if unknown := [title for title in _others(titles, named) if title not in _OF_NO_INTEREST]:
        return Note(ListNote.UNKNOWN_COLUMN, {"column": unknown[0]})
    repeated = [
        column
        for column, places in columns.items()
        if len(places) > 1 and (titles[places[0]] == titles[places[1]] or _differ(column, places, titles))
    ]
    if repeated:
        return Note(ListNote.SAME_COLUMN, {"column": repeated[0]})
    column_at = {places[0]: column for column, places in columns.items() if places}
    return _Layout([column_at.get(place) for place in range(len(titles))], header=True)


def _differ(column: Column, places: Sequence[int], titles: Sequence[str]) -> bool:
    """Whether a line could be about either: a feature and its id mean the same, a product does not."""
    nouns = {titles[place].removesuffix("id").strip() for place in places}
    return column is Column.ABOUT and len(nouns) > 1


def _others(titles: Sequence[str], named: set[int]) -> list[str]:
    return [title for place, title in enumerate(titles) if place not in named]


def _places(column: Column, titles: Sequence[str]) -> list[int]:
    spellings = _TITLES[column]
    places = [place for place, title in enumerate(titles) if title in spellings]
    return sorted(places, key=lambda place: spellings.index(titles[place]))


# Cells to lines


class _Reader(NamedTuple):
    separator: str
    layout: _Layout
    for_all: ForAll

    def line(self, number: int, line: str) -> BatchLine | LineProblem:
        cells = _cells(line, self.separator)
        problems = [cells] if isinstance(cells, Note) else []
        values = {} if isinstance(cells, Note) else self._values(cells, problems)
        read = None if problems else self._read(number, values, problems)
        return read or LineProblem(number, line[:_SHOWN], LineReason.UNREADABLE, notes=tuple(problems))

    def _read(self, number: int, values: Mapping[Column, str], problems: list[Note]) -> BatchLine | None:
        customer, entity = values.get(Column.CUSTOMER, ""), values.get(Column.ENTITY, "")
        if not customer:
            problems.append(Note(ListNote.NO_CUSTOMER))
        kind = self._kind(values.get(Column.KIND, ""))
        if isinstance(kind, Note):
            problems.append(kind)
            return None
        if entity and not kind.of_entities:
            problems.append(Note(ListNote.NO_ENTITIES))
        cells = LineCells(
            values.get(Column.ABOUT, ""),
            values.get(Column.AMOUNT, ""),
            values.get(Column.ACTION, ""),
            decimal_comma=self.separator == _SEMICOLON,
        )
        if kind is registry.usual_line():
            cells = self.for_all.into(cells)
        problems += _read(kind, cells).wrong.values()
        return None if problems else BatchLine(number, customer, cells, kind.id, entity)

    def _kind(self, typed: str) -> ChangeKind[Any] | Note:
        if not typed:
            return registry.usual_line()
        words = ", ".join(kind.command for kind in registry.listable())
        return registry.listed_as(typed) or Note(ListNote.UNKNOWN_KIND, {"kind": typed, "words": words})

    def _values(self, cells: list[str], problems: list[Note]) -> dict[Column, str]:
        """The cells that are filled, by their column."""
        while cells and not cells[-1]:
            cells.pop()
        columns = self._columns(cells)
        if len(cells) > len(columns):
            problems.append(Note(ListNote.TOO_MANY_CELLS, {"count": str(len(cells) - len(columns))}))
            return {}
        values = {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}
        problems += [note for column, cell in values.items() for note in _wrong(column, cell)]
        return values

    def _columns(self, cells: Sequence[str]) -> Sequence[Column | None]:
        """Without a header, a list of customers and amounts has the feature of the form."""
        if not self.layout.header and len(cells) == 2 and self.for_all.feature and _is_amount(cells[1]):
            return (Column.CUSTOMER, Column.AMOUNT)
        return self.layout.columns


def _read(kind: ChangeKind[Any], cells: LineCells) -> LineReader:
    reader = LineReader(cells)
    registry.line_form(kind.id).read(reader)
    return reader


def _wrong(column: Column, cell: str) -> Iterator[Note]:
    which = {"column": column.value}
    if hides(cell):
        yield Note(ListNote.HIDDEN, which)
    elif len(cell) > LONGEST:
        yield Note(ListNote.LONG_CELL, which)
    elif column is not Column.AMOUNT and cell.startswith(_FORMULA):
        yield Note(ListNote.FORMULA, which)
    elif column is not Column.AMOUNT and any(separator in cell for separator in _SEPARATORS):
        yield Note(ListNote.MIXED, which)


def _is_amount(cell: str) -> bool:
    return re.match(r"[+\-\u2212\u2013]?[.,]?[0-9]", cell) is not None
