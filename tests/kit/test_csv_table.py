"""CSV files: in the format of the reader's spreadsheet, without empty columns, never with a formula."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kit import csv_table
from bot.kit.csv_table import MARK, CsvFormat, CsvTable, Decimals, Separator, csv_format
from tests.examples import examples

EUROPEAN = CsvFormat(Separator.SEMICOLON, Decimals.COMMA)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en-US", CsvFormat()),
        ("en-GB", CsvFormat()),
        ("ja-JP", CsvFormat()),
        ("de-DE", EUROPEAN),
        ("pt_BR", EUROPEAN),
        ("fr-FR", EUROPEAN),
        ("es-LA", CsvFormat()),
        ("", CsvFormat()),
        ("nonsense", CsvFormat()),
        ("xx-YY-zz-;", CsvFormat()),
    ],
)
def test_format_follows_the_locale(locale: str, expected: CsvFormat) -> None:
    assert csv_format(locale) == expected


@pytest.mark.parametrize(
    ("chosen", "line"),
    [
        (CsvFormat(), 'Acme,"1,5",-1234.50\r\n'),
        (EUROPEAN, "Acme;1,5;-1234,50\r\n"),
        (CsvFormat(Separator.COMMA, Decimals.COMMA), 'Acme,"1,5","-1234,50"\r\n'),
        (CsvFormat(Separator.TAB, Decimals.POINT), "Acme\t1,5\t-1234.50\r\n"),
    ],
)
def test_cells_and_decimals_are_as_chosen(chosen: CsvFormat, line: str) -> None:
    assert CsvTable(("name", "text", "amount"), chosen).line(["Acme", "1,5", Decimal("-1234.50")]) == line


def test_columns_that_no_row_fills_are_left_out() -> None:
    table = CsvTable(("a", "b", "c", "d"))
    rows = [["x", None, "", 0], ["", None, "", 1]]
    assert table.text(rows) == f"{MARK}a,d\r\nx,0\r\n,1\r\n"


def test_file_without_rows_has_every_column() -> None:
    assert CsvTable(("a", "b")).text([]) == f"{MARK}a,b\r\n"


def test_moments_are_in_utc_to_the_second() -> None:
    at = datetime(2026, 11, 29, 9, 0, 0, 1, tzinfo=timezone(timedelta(hours=2)))
    assert CsvTable(("at",)).line([at]) == "2026-11-29T07:00:00+00:00\r\n"
    assert CsvTable(("at",)).line([at.astimezone(UTC)]) == "2026-11-29T07:00:00+00:00\r\n"


@given(
    st.lists(st.text(max_size=12), min_size=2, max_size=2),
    st.sampled_from(Separator),
    st.sampled_from(Decimals),
)
@examples(200)
def test_text_reads_back_as_it_was_but_for_apostrophes(
    texts: list[str], separator: Separator, decimals: Decimals
) -> None:
    line = CsvTable(("a", "b"), CsvFormat(separator, decimals)).line(texts)
    delimiter = {Separator.COMMA: ",", Separator.SEMICOLON: ";", Separator.TAB: "\t"}[separator]
    (row,) = csv.reader(io.StringIO(line, newline=""), delimiter=delimiter)
    assert row == [csv_table.safe(text) for text in texts]
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
