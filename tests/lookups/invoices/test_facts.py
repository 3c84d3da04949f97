from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import Invoice
from bot.lookups import labels
from bot.lookups.invoices.facts import UNPAID, InvoiceState, Owed, Unpaid, facts, facts_of, unpaid
from tests.examples import examples


def invoice(status: str, total: Any = 200, currency: str = "usd", **fields: Any) -> Invoice:
    return Invoice.model_validate({"status": status, "total": total, "currency": currency, **fields})


@pytest.mark.parametrize(
    ("listed", "state", "due"),
    [
        (invoice("draft"), InvoiceState.DRAFT, 0),
        (invoice("open"), InvoiceState.OPEN, 200),
        (invoice("open", amount_paid=0), InvoiceState.OPEN, 200),
        (invoice("open", amount_paid=150), InvoiceState.PARTLY_PAID, 50),
        (invoice("open", amount_paid=200), InvoiceState.OPEN, 0),
        (invoice("open", total=-5), InvoiceState.OPEN, 0),
        (invoice("uncollectible"), InvoiceState.UNCOLLECTIBLE, 200),
        (invoice("uncollectible", amount_paid=20), InvoiceState.UNCOLLECTIBLE, 180),
        (invoice("void"), InvoiceState.VOID, 0),
        (invoice("paid", amount_paid=200), InvoiceState.PAID, 0),
        (invoice("paid", amount_paid=200, refunded_amount=50), InvoiceState.PARTLY_REFUNDED, 0),
        (invoice("paid", amount_paid=200, refunded_amount=200), InvoiceState.REFUNDED, 0),
        (invoice("paid", refunded_amount=200), InvoiceState.REFUNDED, 0),
        # The rest was paid from a credit, which cannot be refunded.
        (invoice("paid", amount_paid=120, refunded_amount=120), InvoiceState.REFUNDED, 0),
        (invoice(""), InvoiceState.NONE, 0),
        (invoice("deleted"), InvoiceState.OTHER, 0),
    ],
)
def test_invoice_has_one_status_and_one_amount_due(listed: Invoice, state: InvoiceState, due: int) -> None:
    derived = facts(listed)
    assert (derived.state, derived.due, derived.unpaid) == (state, Decimal(due), due > 0)


def test_missing_fields_owe_nothing() -> None:
    assert facts_of(None, None, None, None).state is InvoiceState.NONE
    assert facts_of("open", None, None, None).due == 0


def test_every_state_but_the_unknown_has_a_name() -> None:
    assert set(labels.INVOICE_STATES) == set(InvoiceState) - {InvoiceState.OTHER}


def test_debt_is_totalled_by_currency() -> None:
    listed = [
        invoice("open", 10, "eur"),
        invoice("open", 200, amount_paid=150),
        invoice("uncollectible", 30, "USD"),
        invoice("paid", 999),
    ]
    owed = unpaid(listed, more=False)
    assert owed == Unpaid((Owed("USD", 2, Decimal(80)), Owed("EUR", 1, Decimal(10))))
    assert owed.count == 3
    assert owed.totals == [(Decimal(80), "USD"), (Decimal(10), "EUR")]


_MONEY = st.none() | st.decimals(min_value=-1000, max_value=1000, places=2)


@given(st.sampled_from(["", "draft", "open", "paid", "void", "uncollectible", "new"]), _MONEY, _MONEY, _MONEY)
@examples(200)
def test_only_payable_invoices_are_owed(
    status: str, total: Decimal | None, paid: Decimal | None, refunded: Decimal | None
) -> None:
    derived = facts_of(status, total, paid, refunded)
    assert derived.due >= 0
    assert not derived.unpaid or status in UNPAID
    assert derived.unpaid or derived.state is not InvoiceState.PARTLY_PAID
