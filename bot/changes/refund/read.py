"""The invoices that can be refunded: what was paid of each, and what is left of that, by Autumn's count."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.autumn.client import Autumn
from bot.autumn.models import Invoice
from bot.changes import canonical
from bot.changes.canonical import ZERO
from bot.changes.model import ChangeInput, Facts, Snapshot

PAID = "paid"
_MOST = 200
_STRIPE = "stripe"


@dataclass(frozen=True, slots=True)
class PaidInvoices:
    newest: tuple[Invoice, ...] = ()


async def paid_invoices(autumn: Autumn, customer_id: str, request: ChangeInput | None) -> PaidInvoices:  # noqa: ARG001
    """The customer's own, the newest first. A refund does not look at whose invoice it is, so this does."""
    page = await autumn.invoices(customer_id=customer_id, status=(PAID,), limit=_MOST)
    return PaidInvoices(tuple(invoice for invoice in page.list if invoice.customer_id in (None, customer_id)))


def invoices(facts: Facts) -> tuple[Invoice, ...]:
    return facts.extra.newest if isinstance(facts.extra, PaidInvoices) else ()


@dataclass(frozen=True, slots=True)
class Refundable:
    invoice: str
    currency: str
    """In capitals."""
    paid: Decimal
    refunded: Decimal
    created_at: datetime | None

    @classmethod
    def of(cls, invoice: Invoice) -> "Refundable":
        paid = invoice.total if invoice.amount_paid is None else invoice.amount_paid
        return cls(
            invoice.stripe_id, invoice.currency.upper(), paid, invoice.refunded_amount, invoice.created_at
        )

    @classmethod
    def read(cls, snapshot: Snapshot) -> "Refundable | None":
        """From `snapshot`; None when the invoice was not there."""
        invoice = snapshot.get("invoice")
        if invoice is None:
            return None
        created_at = snapshot["created_at"]
        return cls(
            invoice,
            snapshot["currency"] or "",
            Decimal(snapshot["paid"] or 0),
            Decimal(snapshot["refunded"] or 0),
            None if created_at is None else datetime.fromisoformat(created_at),
        )

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


def all_refundable(facts: Facts) -> list[Refundable]:
    """The invoices that Stripe charged and of which something is left; newest first."""
    charged = [Refundable.of(invoice) for invoice in invoices(facts) if from_stripe(invoice)]
    return [refundable for refundable in charged if refundable.left > ZERO]


def find_invoice(invoice_id: str, facts: Facts) -> Invoice | None:
    return next((invoice for invoice in invoices(facts) if invoice.stripe_id == invoice_id), None)


def from_stripe(invoice: Invoice) -> bool:
    return bool(invoice.stripe_id) and invoice.processor_type in ("", _STRIPE)
