"""The invoices that can be refunded."""

from dataclasses import dataclass

from bot.autumn.client import Autumn
from bot.autumn.models import Invoice
from bot.changes.model import ChangeInput, Facts

PAID = "paid"
_MOST = 200


@dataclass(frozen=True, slots=True)
class PaidInvoices:
    newest: tuple[Invoice, ...] = ()


async def paid_invoices(autumn: Autumn, customer_id: str, request: ChangeInput | None) -> PaidInvoices:  # noqa: ARG001
    """The customer's own, the newest first. A refund does not look at whose invoice it is, so this does."""
    page = await autumn.invoices(customer_id=customer_id, status=(PAID,), limit=_MOST)
    return PaidInvoices(tuple(invoice for invoice in page.list if invoice.customer_id in (None, customer_id)))


def invoices(facts: Facts) -> tuple[Invoice, ...]:
    return facts.extra.newest if isinstance(facts.extra, PaidInvoices) else ()
