"""Lines of a CSV file that spreadsheets open, and in which no text from outside becomes a formula."""

import csv
import io
import re

from bot.kit import text

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What starts a formula in a spreadsheet; the last four as East Asian keyboards type them."""
_CELL = re.compile(rf"([;,|\t][\s\"]*)(?=[{re.escape(''.join(_FORMULA))}])")
"""Where a formula would start if a spreadsheet split the line at this character regardless of the quotes, as
it does at `;` in much of Europe."""
MARK = "\ufeff"
"""Stands at the beginning, and tells spreadsheets that the file is UTF-8."""


def safe(outside: str) -> str:
    """A text from outside on one line, and never a formula, whatever separates the cells."""
    cleaned = _CELL.sub(r"\1'", text.clean(outside))
    return f"'{cleaned}" if cleaned.startswith(_FORMULA) else cleaned


def line(cells_of_row: list[str]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerow(cells_of_row)
    return written.getvalue()
