"""What was paid of an invoice, and what of that can still be refunded, as far as Autumn counts it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.autumn.models import Invoice
from bot.changes import canonical
from bot.changes.canonical import ZERO
from bot.changes.model import Facts, Snapshot
from bot.changes.refund.read import invoices

_STRIPE = "stripe"


@dataclass(frozen=True, slots=True)
class Refundable:
    invoice: str
    currency: str
    """In capitals."""
    paid: Decimal
    refunded: Decimal
    created_at: datetime | None

    @property
    def left(self) -> Decimal:
        return self.paid - self.refunded

    def snapshot(self) -> Snapshot:
        return {
            "invoice": self.invoice,
            "currency": self.currency,
            "paid": canonical.number(self.paid),
            "refunded": canonical.number(self.refunded),
            "created_at": canonical.time_or_none(self.created_at),
        }


def of(invoice: Invoice) -> Refundable:
    paid = invoice.total if invoice.amount_paid is None else invoice.amount_paid
    return Refundable(
        invoice.stripe_id, invoice.currency.upper(), paid, invoice.refunded_amount, invoice.created_at
    )


def offered(facts: Facts) -> list[Refundable]:
    """Of what Stripe charged, those of which something is left; the newest first."""
    found = [of(invoice) for invoice in invoices(facts) if from_stripe(invoice)]
    return [each for each in found if each.left > ZERO]


def find(invoice_id: str, facts: Facts) -> Invoice | None:
    return next((invoice for invoice in invoices(facts) if invoice.stripe_id == invoice_id), None)


def from_stripe(invoice: Invoice) -> bool:
    return bool(invoice.stripe_id) and invoice.processor_type in ("", _STRIPE)


def read(told: Snapshot) -> Refundable | None:
    """From `snapshot`; None when the invoice was not there."""
    invoice = told.get("invoice")
    if invoice is None:
        return None
    created_at = told["created_at"]
    return Refundable(
        invoice,
        told["currency"] or "",
        Decimal(told["paid"] or 0),
        Decimal(told["refunded"] or 0),
        None if created_at is None else datetime.fromisoformat(created_at),
    )
