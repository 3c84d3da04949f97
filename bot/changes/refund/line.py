"""A refund as a line of a list: `acme,in_1abc,20`, or `all` that is left of the invoice."""

from dataclasses import dataclass
from decimal import Decimal

from bot.changes import line_form
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.refund import figures, words
from bot.changes.refund.input import RefundInput
from bot.changes.refund.words import RefundNote

_ALL = "all"


@dataclass(frozen=True, slots=True)
class ListedRefund:
    invoice: str
    amount: Decimal | None
    """None for all that is left."""


def read(line: LineReader) -> ListedRefund:
    line.takes_no_action()
    everything = line_form.tidy(line.cells.amount) == _ALL
    return ListedRefund(line.about("invoice"), None if everything else line.figure())


def fill(listed: ListedRefund, facts: Facts, unique: str) -> RefundInput | Note:  # noqa: ARG001 - as all kinds
    invoice = figures.find(listed.invoice, facts)
    if invoice is None:
        return Note(RefundNote.NOT_THEIRS)
    return RefundInput(
        customer=facts.customer.id or "",
        invoice=invoice.stripe_id,
        currency=figures.of(invoice).currency,
        amount=listed.amount,
    )


LINE = LineForm(words.LINE_USAGE, read, fill)
