"""What is due on an invoice, whether it is unpaid, and what state it is in. Pure.

Everything that shows an invoice asks here: the overview, the list of invoices, the deletion form, digests and
their files.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.autumn.models import Invoice
from bot.kit import money

UNPAID = ("open", "uncollectible")
"""Statuses of invoices that can still be paid. Uncollectible is what a company writes off: the invoice stays
payable, and the customer owes it."""

_ZERO = Decimal(0)


class InvoiceState(StrEnum):
    """What an invoice is called. Autumn's own status leaves out what was refunded or paid in part."""

    DRAFT = "draft"
    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    UNCOLLECTIBLE = "uncollectible"
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    VOID = "void"
    NONE = "none"
    """Autumn gives no status."""
    OTHER = "other"
    """A status that this version of Maple does not know: shown in Autumn's own word."""


@dataclass(frozen=True, slots=True)
class Owed:
    currency: str
    """In capitals."""
    count: int
    due: Decimal


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A customer's unpaid invoices together."""

    owed: tuple[Owed, ...] = ()
    """One a currency, the largest first."""
    at_least: bool = False
    """Whether there are more than were read."""
    in_brief: bool = False
    """Whether only the newest invoices were read, and not what was paid of them."""

    @property
    def count(self) -> int:
        return sum(owed.count for owed in self.owed)

    @property
    def totals(self) -> list[tuple[Decimal, str]]:
        return [(owed.due, owed.currency) for owed in self.owed]


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    state: InvoiceState
    due: Decimal
    """What is still to pay, in major units; never negative."""

    @property
    def unpaid(self) -> bool:
        return self.due > 0


def facts(invoice: Invoice) -> InvoiceFacts:
    return facts_of(invoice.status, invoice.total, invoice.amount_paid, invoice.refunded_amount)


def facts_of(
    status: str | None, total: Decimal | None, paid: Decimal | None, refunded: Decimal | None
) -> InvoiceFacts:
    """From the fields of an answer of invoices.list, any of which may be missing."""
    total, paid, refunded = total or _ZERO, paid or _ZERO, refunded or _ZERO
    due = max(_ZERO, total - paid) if status in UNPAID else _ZERO
    match status or "":
        case "open":
            state = InvoiceState.PARTLY_PAID if due and paid > 0 else InvoiceState.OPEN
        case "paid" if refunded > 0:
            # What a credit covered was never paid, so it cannot be refunded either.
            whole = refunded >= (paid or total)
            state = InvoiceState.REFUNDED if whole else InvoiceState.PARTLY_REFUNDED
        case "":
            state = InvoiceState.NONE
        case "draft" | "paid" | "uncollectible" | "void" as known:
            state = InvoiceState(known)
        case _:
            state = InvoiceState.OTHER
    return InvoiceFacts(state, due)


def unpaid(invoices: Sequence[Invoice], *, more: bool, in_brief: bool = False) -> Unpaid:
    """The unpaid ones among these. `more`: there are others that were not read. `in_brief`: these came with
    the customer, without what was paid of them."""
    due = [(amount, invoice.currency) for invoice in invoices if (amount := facts(invoice).due)]
    counts = Counter(currency.upper() for _, currency in due)
    owed = tuple(Owed(currency, counts[currency], total) for total, currency in money.totals(due))
    return Unpaid(owed, at_least=more, in_brief=in_brief)
