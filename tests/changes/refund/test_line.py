"""Refunds as lines of a list."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Invoice
from bot.changes.line_form import LineCells, LineNote, LineReader
from bot.changes.notes import Note
from bot.changes.refund.read import PaidInvoices
from bot.changes.refund.request import LINE, RefundInput
from bot.changes.refund.words import RefundNote
from tests.changes.facts import facts

FACTS = facts(extra=PaidInvoices((Invoice(stripe_id="in_1", currency="eur", total=Decimal(50)),)))


def filled(invoice: str, amount: str) -> Any:
    line = LineReader(LineCells(invoice, amount))
    listed = LINE.read(line)
    assert not line.wrong
    return LINE.fill(listed, FACTS, "unique")


@pytest.mark.parametrize(("typed", "amount"), [("20", Decimal(20)), ("all", None), ("All", None)])
def test_line_refunds_an_amount_or_all_that_is_left(typed: str, amount: Decimal | None) -> None:
    assert filled("in_1", typed) == RefundInput(
        customer="cus_1", invoice="in_1", currency="EUR", amount=amount
    )


def test_line_refunds_only_invoices_of_the_customer() -> None:
    assert filled("in_2", "20") == Note(RefundNote.NOT_THEIRS)


def test_line_needs_an_invoice_and_an_amount_and_takes_no_action() -> None:
    line = LineReader(LineCells(action="now"))
    LINE.read(line)
    assert line.wrong == {
        "about": Note(LineNote.MISSING, {"what": "invoice"}),
        "amount": Note(LineNote.MISSING, {"what": "amount"}),
        "action": Note(LineNote.TAKES_NONE, {"what": "action"}),
    }
