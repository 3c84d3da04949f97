"""CSV files that a person's spreadsheet opens with one click, and in which no text becomes a formula.

table = CsvTable(COLUMNS, csv_format(locale))    # the reader's locale
table.text(rows)                                 # the whole file; or, for rows that are not all in memory:
table = table.keeping(filled(row))               # with the columns that any row fills
table.head() + table.line(row) + …
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias, assert_never

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol

from bot.kit import text

Cell: TypeAlias = str | int | Decimal | datetime | None
"""A text is cleaned and never becomes a formula; a number has the format's decimals; a moment is in UTC."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What starts a formula in a spreadsheet; the last four as East Asian keyboards type them."""
_CELL = re.compile(rf"([;,|\t][\s\"]*)(?=[{re.escape(''.join(_FORMULA))}])")
"""Where a formula would start if a spreadsheet split the line at this character regardless of the quotes, as
it does at `;` in much of Europe."""
MARK = "\ufeff"
"""Stands at the beginning, and tells spreadsheets that the file is UTF-8."""


class Separator(StrEnum):
    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"


class Decimals(StrEnum):
    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True, slots=True)
class CsvFormat:
    separator: Separator = Separator.COMMA
    decimals: Decimals = Decimals.POINT


def csv_format(locale: str) -> CsvFormat:
    """The format that spreadsheets of a locale (`de-DE`) open. Where decimals have a comma, cells are
    separated by semicolons. Of a locale that is not known: commas and points."""
    try:
        symbol = get_decimal_symbol(Locale.parse(locale, sep="_" if "_" in locale else "-"))
    except (UnknownLocaleError, ValueError):
        return CsvFormat()
    return CsvFormat(Separator.SEMICOLON, Decimals.COMMA) if symbol == "," else CsvFormat()


@dataclass(frozen=True, slots=True)
class CsvTable:
    columns: tuple[str, ...]
    """The titles of all columns that a row has."""
    format: CsvFormat = CsvFormat()
    kept_columns: tuple[int, ...] | None = None
    """The columns that are written; None for all."""

    def keeping(self, columns: Iterable[int]) -> "CsvTable":
        """The table with these columns alone; with all of them if there are none."""
        return replace(self, kept_columns=tuple(sorted(columns)) or None)

    def text(self, rows: Sequence[Sequence[Cell]]) -> str:
        """The whole file, without columns that are empty in every row."""
        table = self.keeping(frozenset[int]().union(*map(filled, rows)))
        return "".join([table.head(), *map(table.line, rows)])

    def head(self) -> str:
        """The first line, with its end."""
        return MARK + self.line(self.columns)

    def line(self, row: Sequence[Cell]) -> str:
        """A row, with its end."""
        columns = range(len(self.columns)) if self.kept_columns is None else self.kept_columns
        written = io.StringIO(newline="")
        writer = csv.writer(written, delimiter=_delimiter(self.format.separator))
        writer.writerow([self._written(row[column]) for column in columns])
        return written.getvalue()

    def _written(self, cell: Cell) -> str:
        if isinstance(cell, Decimal):
            return _number(cell, self.format.decimals)
        if isinstance(cell, datetime):
            return cell.astimezone(UTC).isoformat(timespec="seconds")
        return safe(cell) if isinstance(cell, str) else "" if cell is None else str(cell)


def filled(row: Sequence[Cell]) -> frozenset[int]:
    """The columns in which a row has something."""
    return frozenset(column for column, cell in enumerate(row) if cell is not None and cell != "")


def safe(outside: str) -> str:
    """A text from outside on one line, and never a formula, whatever separates the cells."""
    cleaned = _CELL.sub(r"\1'", text.clean(outside))
    return f"'{cleaned}" if cleaned.startswith(_FORMULA) else cleaned


def _delimiter(separator: Separator) -> str:
    match separator:
        case Separator.COMMA:
            return ","
        case Separator.SEMICOLON:
            return ";"
        case Separator.TAB:
            return "\t"
        case _:
            assert_never(separator)


def _number(number: Decimal, decimals: Decimals) -> str:
    written = format(number, "f")
    match decimals:
        case Decimals.POINT:
            return written
        case Decimals.COMMA:
            return written.replace(".", ",")
        case _:
            assert_never(decimals)
