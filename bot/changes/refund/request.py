"""A refund, as it is requested, and why it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.autumn.models import Invoice
from bot.changes import amounts, canonical, line_form
from bot.changes.canonical import ZERO
from bot.changes.common import identity_refusals
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note
from bot.changes.refund import words
from bot.changes.refund.read import Refundable, find_invoice, from_stripe
from bot.changes.refund.words import RefundNote
from bot.kit import money


class RefundInput(ChangeInput):
    kind: Literal["refund"] = "refund"
    invoice: str
    """Stripe's id of it: Autumn takes no other."""
    currency: str
    """What the amount is in."""
    amount: Decimal | None = None
    """In major units; None for all that is left of the invoice."""


def guard(request: RefundInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    invoice = find_invoice(request.invoice, facts)
    if invoice is None:
        return Judgement((Note(RefundNote.NOT_THEIRS),))
    if (problem := nothing_to_refund(invoice)) is not None:
        return Judgement((problem,))
    refundable = Refundable.of(invoice)
    refusals = tuple(_refusals(request, refundable))
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(refundable)))


def nothing_to_refund(invoice: Invoice) -> Note | None:
    """Why nothing of it can be refunded; None if something can."""
    if not from_stripe(invoice):
        return Note(RefundNote.NOT_STRIPE)
    refundable = Refundable.of(invoice)
    if refundable.paid <= ZERO:
        return Note(RefundNote.NO_PAYMENT)
    return Note(RefundNote.NOTHING_LEFT) if refundable.left <= ZERO else None


def _refusals(request: RefundInput, refundable: Refundable) -> Iterator[Note]:
    if request.currency.upper() != refundable.currency:
        yield Note(RefundNote.OTHER_CURRENCY, {"currency": refundable.currency})
    elif request.amount is not None:
        yield from _amount(request.amount, refundable)


def _amount(amount: Decimal, refundable: Refundable) -> Iterator[Note]:
    if (problem := amounts.size_problem(amount)) is not None:
        yield amounts.note(problem)
    elif amount <= ZERO:
        yield Note(RefundNote.NOT_POSITIVE)
    elif (nearest := money.rounded(amount, refundable.currency)) != amount:
        details = {"nearest": canonical.number(nearest), "currency": refundable.currency}
        yield Note(RefundNote.TOO_FINE, details)
    elif amount > refundable.left:
        details = {"left": canonical.number(refundable.left), "currency": refundable.currency}
        yield Note(RefundNote.TOO_MUCH, details)


def _warnings(refundable: Refundable) -> Iterator[Note]:
    if refundable.refunded > ZERO:
        details = {"refunded": canonical.number(refundable.refunded), "currency": refundable.currency}
        yield Note(RefundNote.REFUNDED_BEFORE, details)
    yield Note(RefundNote.KEEPS_PRODUCT)
    yield Note(RefundNote.STRIPE_DECIDES)
    yield Note(CommonNote.NO_UNDO)


# As a line of a list


_ALL = "all"


@dataclass(frozen=True, slots=True)
class ListedRefund:
    invoice: str
    amount: Decimal | None
    """None for all that is left."""


def read_line(line: LineReader) -> ListedRefund:
    line.takes_no_action()
    everything = line_form.tidy(line.cells.amount) == _ALL
    return ListedRefund(line.about("invoice"), None if everything else line.figure())


def fill_line(listed: ListedRefund, facts: Facts, unique: str) -> RefundInput | Note:  # noqa: ARG001 - as all kinds
    invoice = find_invoice(listed.invoice, facts)
    if invoice is None:
        return Note(RefundNote.NOT_THEIRS)
    return RefundInput(
        customer=facts.customer.id or "",
        invoice=invoice.stripe_id,
        currency=Refundable.of(invoice).currency,
        amount=listed.amount,
    )


LINE = LineForm(words.LINE_USAGE, read_line, fill_line)
