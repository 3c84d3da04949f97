"""What a line of a list gives, and for how long."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.changes.grant.request import LINE, GrantInput
from bot.changes.line_form import LineCells, LineNote, LineReader
from bot.changes.notes import Note
from bot.changes.standalone import GrantSize
from tests.changes.facts import balance, facts, row


def grant(**changes: Any) -> GrantInput:
    fields = {"customer": "cus_1", "feature": "messages", "grant": "maple_unique", "size": GrantSize.AMOUNT}
    return GrantInput(**{**fields, **changes})


@pytest.mark.parametrize(
    ("cells", "filled"),
    [
        (LineCells("messages", "500"), grant(amount=Decimal(500))),
        (LineCells("messages", "500", "for good"), grant(amount=Decimal(500))),
        (LineCells("messages", "500", "every month"), grant(amount=Decimal(500), every="month")),
        (LineCells("messages", "500", "Every 6 months"), grant(amount=Decimal(500), every="semi_annual")),
        (LineCells("messages", "500", "6 months"), grant(amount=Decimal(500), every="semi_annual")),
        (LineCells("messages", "500", "every half year"), grant(amount=Decimal(500), every="semi_annual")),
        (LineCells("messages", "500", "Half year"), grant(amount=Decimal(500), every="semi_annual")),
        (
            LineCells("messages", "500", "2026-12-31"),
            grant(amount=Decimal(500), expires_at=datetime(2026, 12, 31, tzinfo=UTC)),
        ),
        (LineCells("messages", "Unlimited"), grant(size=GrantSize.UNLIMITED)),
        (LineCells("messages"), grant()),
        (LineCells("sso"), grant(feature="sso", size=GrantSize.SWITCH)),
        (LineCells("sso", "5"), grant(feature="sso", amount=Decimal(5))),
        (LineCells("gone", "5"), Note(LineNote.UNKNOWN, {"what": "feature", "typed": "gone"})),
    ],
)
def test_line_gives_a_feature(cells: LineCells, filled: GrantInput | Note) -> None:
    reader = LineReader(cells)
    assert LINE.fill(LINE.read(reader), facts(), "unique") == filled
    assert not reader.wrong


def test_feature_that_only_the_customer_tells_of_is_no_switch() -> None:
    customer_facts = facts(balance(row()), features={})
    assert LINE.fill(LINE.read(LineReader(LineCells("messages"))), customer_facts, "unique") == grant()


@pytest.mark.parametrize(
    ("cells", "cell", "problem"),
    [
        (LineCells("", "5"), "about", Note(LineNote.MISSING, {"what": "feature"})),
        (
            LineCells("messages", "5", "sometimes"),
            "action",
            Note(
                LineNote.UNKNOWN_ACTION,
                {
                    "typed": "sometimes",
                    "words": "for good, every hour, every day, every week, every month, every quarter, "
                    "every 6 months, every year or a date like 2026-12-31",
                },
            ),
        ),
    ],
)
def test_line_that_cannot_be_read_says_why(cells: LineCells, cell: str, problem: Note) -> None:
    reader = LineReader(cells)
    LINE.read(reader)
    assert reader.wrong == {cell: problem}
