"""All rows as a file: readable, and never a formula."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.digests import all_rows
from bot.digests.items import ReportItem
from bot.kit import text
from bot.kit.csv_table import CsvFormat
from tests.digests.samples import READ, item
from tests.digests.test_card_properties import ITEMS
from tests.examples import examples
from tests.kit import checks

TABLE = all_rows.csv_table(CsvFormat())


def written(row: ReportItem) -> str:
    return TABLE.line(all_rows.csv_row(row))


def read(*lines: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(lines), newline="")))


def test_file_has_every_column() -> None:
    full = item(
        amount=Decimal("1234.50"),
        plans=("pro", "seats"),
        feature="messages",
        email="a@b.example",
        details={
            "plan_names": ["Pro", ""],
            "estimate": True,
            "entity": "ent_1",
            "feature_name": "Messages",
            "remaining": "-1.50",
            "invoice": "in_1",
            "status": "open",
            "url": "https://pay.example/1",
        },
    )
    bare = item("resets", customer_id=None, at=None, amount=None, plans=(), currency="", details={})
    endless = item("resets", details={"unlimited": True, "remaining": "4"}, amount=Decimal(4))
    rows = read(TABLE.head(), *map(written, (full, bare, endless)))
    assert rows[0][0] == "\ufeffsection"
    assert rows[1] == [
        "invoices", "Globex", "cus_1", "a@b.example", "ent_1", "2026-11-25T08:00:00+00:00", "1234.50", "USD",
        "yes", "Pro, seats", "pro, seats", "Messages", "messages", "-1.50", "in_1", "Open",
        "https://pay.example/1",
    ]  # fmt: skip
    assert rows[2] == ["resets", "Globex", *[""] * 15]
    assert (rows[3][6], rows[3][13]) == ("", "unlimited")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", " \t=", "\r+", "＝", "＠", "\u202e="])
def test_name_cannot_be_a_formula(start: str) -> None:
    name = f"{start}1+cmd|' /C calc'!A0"
    (row,) = read(written(item(customer=name, customer_id=name, amount=Decimal(-5))))
    assert row[1].startswith("'")
    assert row[2].startswith("'")
    assert row[6] == "-5", "an amount stays a number"


SEPARATORS = ",;\t|"
FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize(
    "name", ["x;=cmd|' /C calc'!A0", 'x";=1', "x; \t=1", 'x,"=1', "x|@SUM(1)", "a;b;+1;-2"]
)
def test_no_cell_begins_with_a_formula_whatever_the_separator(name: str) -> None:
    line = written(item(customer=name, customer_id=name, email=name, amount=Decimal(1)))
    for separator in SEPARATORS:
        for cell in as_cells(line, separator):
            assert not cell.startswith(FORMULAS)


@given(st.lists(st.sampled_from(["=", "-", "＠", ";", ",", "|", "\t", '"', "'", " ", "x", "1"]), max_size=12))
@examples(300)
def test_no_text_becomes_a_formula(characters: list[str]) -> None:
    name = "".join(characters)
    line = written(item(customer=name, customer_id=name, email=name, amount=Decimal(1)))
    for separator in SEPARATORS:
        for cell in as_cells(line, separator):
            assert not cell.startswith(FORMULAS)


def test_separators_without_a_formula_are_kept() -> None:
    (row,) = read(written(item(customer="Smith; Sons, Ltd | 4-5 ;x")))
    assert row[1] == "Smith; Sons, Ltd | 4-5 ;x"


def as_cells(line: str, separator: str) -> list[str]:
    """The cells a spreadsheet may split the line into, whether or not it heeds quotes."""
    stripped = line.rstrip("\r\n")
    (read_so,) = csv.reader([stripped], delimiter=separator)
    bare = [cell.strip().strip('"').strip() for cell in stripped.split(separator)] if separator != "," else []
    return [*(cell.strip() for cell in read_so), *bare]


@given(ITEMS)
@examples(40)
def test_any_row_stays_one_row(row_item: ReportItem) -> None:
    line = written(row_item)
    (row,) = read(line)
    assert len(row) == len(read(TABLE.head())[0])
    line.encode()
    for index, cell in enumerate(row):
        if index not in (6, 13):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.text(max_size=30))
@examples(30)
@example(",=")
def test_only_apostrophes_are_added_to_a_name(name: str) -> None:
    (row,) = read(written(item(customer=name)))
    assert row[1].replace("'", "") == text.clean(name).replace("'", "")


def test_file_name_and_comment() -> None:
    assert all_rows.csv_name(READ) == "maple-digest-2026-11-23-0800.csv"
    assert all_rows.csv_name(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)) == "maple-digest-2026-01-02-0304.csv"
    assert all_rows.csv_comment(1) == "All 1 row of this digest."
    assert all_rows.csv_comment(1200) == "All 1,200 rows of this digest."


def test_messages_before_and_after_the_file_is_made() -> None:
    checks.fits(all_rows.csv_asking())
    checks.fits(all_rows.csv_sent())
