from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes import canonical
from bot.changes.amounts import (
    DECIMALS,
    MOST,
    AmountNote,
    NotAnAmount,
    note,
    parse_amount,
    size_problem,
    typed,
)
from bot.changes.notes import NoteCode, mrkdwn


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0"),
        (" 40 ", "40"),
        ("-40", "-40"),
        ("+40", "40"),
        ("−40", "-40"),
        ("- 40", "-40"),
        ("1,000", "1000"),
        ("1 000", "1000"),
        ("1\u00a0000", "1000"),
        ("1\u202f000\u202f000", "1000000"),
        ("1_000", "1000"),
        ("12,345,678.5", "12345678.5"),
        ("1k", "1000"),
        ("1K", "1000"),
        ("2.5m", "2500000"),
        ("2.5 M", "2500000"),
        ("1b", "1000000000"),
        ("3bn", "3000000000"),
        ("-1.5k", "-1500"),
        (".5", "0.5"),
        ("0.125", "0.125"),
        ("5.", "5"),
        ("1.0001", "1.0001"),
        ("1000000000000", "1000000000000"),
    ],
)
def test_typed_amounts_are_parsed(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", AmountNote.NO_AMOUNT),
        (" \u00a0", AmountNote.NO_AMOUNT),
        ("ten", AmountNote.NOT_A_NUMBER),
        ("1x", AmountNote.NOT_A_NUMBER),
        ("1kk", AmountNote.NOT_A_NUMBER),
        ("--1", AmountNote.NOT_A_NUMBER),
        ("1e3", AmountNote.NOT_A_NUMBER),
        ("nan", AmountNote.NOT_A_NUMBER),
        ("٣", AmountNote.NOT_A_NUMBER),
        ("-", AmountNote.NOT_A_NUMBER),
        ("$5", AmountNote.NOT_A_NUMBER),
        ("1,5", AmountNote.SEPARATORS),
        ("1.000", AmountNote.SEPARATORS),
        ("1.000.000", AmountNote.SEPARATORS),
        ("1,00,000", AmountNote.SEPARATORS),
        ("1,000 000", AmountNote.SEPARATORS),
        ("1.2.3", AmountNote.SEPARATORS),
        ("1000000000001", AmountNote.TOO_LARGE),
        ("2000bn", AmountNote.TOO_LARGE),
        ("-2000bn", AmountNote.TOO_LARGE),
        ("0.0000001", AmountNote.TOO_MANY_DECIMALS),
        ("99999999999.12345", AmountNote.TOO_MANY_DECIMALS),
    ],
)
def test_invalid_amounts(text: str, code: NoteCode) -> None:
    with pytest.raises(NotAnAmount) as caught:
        parse_amount(text)
    assert caught.value.code is code
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == code.id


def test_refusals_are_stored_by_id_and_say_what_to_write() -> None:
    assert {code.id: mrkdwn(note(code)) for code in AmountNote} == {
        "no_amount": "Enter an amount.",
        "not_a_number": "This is not a number. Write it like 1,000, 1k, 2.5m or -40.",
        "too_large": "The amount is too large. The most is 1,000,000,000,000.",
        "too_many_decimals": "The amount has too many decimals. The most is 6.",
        "separators": "This can be read in two ways. Write 1000 for a thousand, 1.5 for one and a half.",
    }


@given(st.text(alphabet="0123456789.,-+ kmb_\u00a0−x", max_size=20))
def test_any_text_is_an_amount_or_an_error(text: str) -> None:
    try:
        amount = parse_amount(text)
    except NotAnAmount:
        return
    assert size_problem(amount) is None


@given(st.decimals(-MOST, MOST, allow_nan=False, places=2))
def test_amounts_are_parsed_back(amount: Decimal) -> None:
    assert size_problem(amount) is None
    assert parse_amount(canonical.number(amount)) == amount
    assert parse_amount(f"{amount:,.2f}") == amount


@pytest.mark.parametrize(
    ("amount", "text"), [("2.883", "2.8830"), ("-2.883", "-2.8830"), ("2.88", "2.88"), ("-1000", "-1000")]
)
def test_amount_is_typed_so_that_it_can_be_read_in_one_way(amount: str, text: str) -> None:
    assert typed(Decimal(amount)) == text
    assert parse_amount(text) == Decimal(amount)


def test_non_numeric_amounts() -> None:
    assert size_problem(Decimal("NaN")) is AmountNote.NOT_A_NUMBER
    assert size_problem(Decimal("-Infinity")) is AmountNote.NOT_A_NUMBER
    assert size_problem(Decimal("1e-9999")) is AmountNote.TOO_MANY_DECIMALS
    assert size_problem(Decimal(0)) is None
    assert DECIMALS == 6
