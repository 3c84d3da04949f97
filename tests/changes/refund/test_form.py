"""The form that refunds an invoice, filled in as a person would."""

from decimal import Decimal

from bot.changes import words as changes_words
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from bot.changes.refund import words
from bot.changes.refund.read import PaidInvoices
from bot.changes.refund.request import RefundInput
from tests.changes.filling import Filling
from tests.changes.refund.test_kind import invoice
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, NOW

OPENED = Meta(kind="refund", customer="cus_1", submission="s1")
FIRST, SECOND = '["in_1","USD"]', '["in_2","EUR"]'
INVOICES = (
    invoice(created_at=BEFORE),
    invoice(stripe_id="in_2", currency="eur", refunded_amount=Decimal(8), created_at=None),
    invoice(stripe_id="in_3", refunded_amount=Decimal(50)),
    invoice(stripe_id="rc_1", processor_type="revenuecat"),
    invoice(stripe_id="in_" + "4" * 80),
)


def opened() -> Filling:
    return Filling(OPENED, Facts(given.customer(), NOW, extra=PaidInvoices(INVOICES)))


def test_refundable_invoices_can_be_picked() -> None:
    assert opened().options("invoice") == [
        ("Nov 2, 2026 · $50.00", FIRST, "$50.00 left · in_1"),
        ("€50.00", SECOND, "€8.00 refunded · €42.00 left · in_2"),
    ]


def test_rest_of_an_invoice_is_refunded() -> None:
    form = opened()
    assert form.submit().errors["invoice"] == words.NO_INVOICE_PICKED
    form.fill("invoice", option=SECOND)
    assert "Refund: *€42.00*" in form.text
    assert "Refunded from this invoice: €8.00 → *€50.00*" in form.text
    form.fill("reason", text="x")
    parsed = form.submit()
    assert parsed.input == RefundInput(
        customer="cus_1", customer_created_at=BEFORE, invoice="in_2", currency="EUR"
    )
    assert parsed.seen == form.meta.seen
    assert not form.has("amount")


def test_part_of_an_invoice_is_refunded() -> None:
    form = opened()
    form.fill("invoice", option=FIRST)
    form.fill("mode", option="partial")
    assert form.submit().errors["amount"] == "Enter an amount."
    form.fill("amount", text="a lot")
    assert "This is not a number" in form.text
    form.fill("amount", text="12.50")
    assert "Refund: *$12.50*" in form.text
    form.fill("reason", text="x")
    assert form.submit().input == RefundInput(
        customer="cus_1",
        customer_created_at=BEFORE,
        invoice="in_1",
        currency="USD",
        amount=Decimal("12.50"),
    )


def test_amount_of_a_part_is_asked_once_the_form_shows_it() -> None:
    form = opened()
    form.fill("invoice", option=FIRST)
    form.fill("mode", option="partial", redraw=False)
    assert form.submit().errors["mode"] == changes_words.STALE


def test_nothing_to_refund() -> None:
    form = Filling(OPENED, Facts(given.customer(), NOW))
    assert words.NO_INVOICES in form.text
    assert "submit" not in form.view
