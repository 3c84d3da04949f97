"""Why an invoice cannot be refunded, and what to know before refunding it."""

from collections.abc import Iterator

from bot.autumn.models import Invoice
from bot.changes import amounts, canonical
from bot.changes.canonical import ZERO
from bot.changes.common import identity_refusals
from bot.changes.common_notes import CommonNote
from bot.changes.model import Facts, Judgement
from bot.changes.notes import Note
from bot.changes.refund import figures
from bot.changes.refund.figures import Refundable
from bot.changes.refund.input import RefundInput
from bot.changes.refund.words import RefundNote
from bot.kit import currency


def guard(request: RefundInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    invoice = figures.find(request.invoice, facts)
    if invoice is None:
        return Judgement((Note(RefundNote.NOT_THEIRS),))
    if (problem := nothing_to_refund(invoice)) is not None:
        return Judgement((problem,))
    refundable = figures.of(invoice)
    refusals = tuple(_refusals(request, refundable))
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(refundable)))


def nothing_to_refund(invoice: Invoice) -> Note | None:
    """Why nothing of it can be refunded; None if something can."""
    if not figures.from_stripe(invoice):
        return Note(RefundNote.NOT_STRIPE)
    refundable = figures.of(invoice)
    if refundable.paid <= ZERO:
        return Note(RefundNote.NO_PAYMENT)
    return Note(RefundNote.NOTHING_LEFT) if refundable.left <= ZERO else None


def _refusals(request: RefundInput, refundable: Refundable) -> Iterator[Note]:
    if request.currency.upper() != refundable.currency:
        yield Note(RefundNote.OTHER_CURRENCY, {"currency": refundable.currency})
    elif request.amount is not None:
        yield from _amount(request, refundable)


def _amount(request: RefundInput, refundable: Refundable) -> Iterator[Note]:
    amount = request.amount or ZERO
    if (problem := amounts.size_problem(amount)) is not None:
        yield amounts.note(problem)
    elif amount <= ZERO:
        yield Note(RefundNote.NOT_POSITIVE)
    elif (nearest := currency.rounded(amount, refundable.currency)) != amount:
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
