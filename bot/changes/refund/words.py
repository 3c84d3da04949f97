"""What people read about refunds."""

from bot.changes.lines import LineLabel, LineStyle
from bot.changes.notes import Details, NoteCode

BUTTON = "Refund"
TITLE = "Refund an invoice"
HEADING = "Refund"
HELP = "refund a paid invoice, in full or in part"
LINE_USAGE = "an invoice's id, and an amount or all"
"""Of a line of a list."""

APPROVE_TITLE = "Approve this refund?"
APPROVE_TEXT = "The money goes back to the customer. It cannot be taken back."

INVOICE = "Invoice"
PICK_INVOICE = "Pick an invoice"
MODE = "How much"
FULL = ("All that is left", "What was refunded before is not refunded again")
PARTIAL = ("A part of it", "An amount in the invoice's currency")
"""Label and description, up to 75 characters each."""
AMOUNT = "Amount"
AMOUNT_HINT = "In the invoice's currency: 20, 12.50"
NO_INVOICES = "This customer has no paid invoice with anything left to refund."
NO_INVOICE_PICKED = "Pick an invoice."

NO_INVOICE = "Maple checked the customer's invoices: this one isn't among them."
ALL_LEFT = "Refund all that is left of an invoice"


def some(amount: str) -> str:
    return f"Refund {amount} of an invoice"


def invoice(day: str, paid: str) -> str:
    return f"*Invoice:* {day + ' · ' if day else ''}{paid} paid"


def refunded_otherwise(amount: str, shown: str) -> str:
    return f"*Stripe refunded {amount}, not {shown}.*"


OF_ALL_LEFT = "That was all that was left of the payment."


def counted_otherwise(amount: str, shown: str) -> str:
    """`amount`: by how much Autumn's sum of the invoice's refunds rose."""
    return f"*When Maple last checked, Autumn counted {amount} more as refunded, not {shown}.*"


def left(amount: str) -> str:
    return f"{amount} left"


def refunded_before(amount: str) -> str:
    return f"{amount} refunded"


class RefundLine(LineLabel):
    REFUND = "refund", "Refund", LineStyle(no_before="")
    REFUNDED = "refunded", "Refunded from this invoice"


def _same_day(of: Details) -> str:
    if "currency" not in of:
        return f"This is the {of.ordinal('nth')} refund for this customer today."
    return (
        f"This is the {of.ordinal('nth')} refund in {of.text('currency').upper()} for this customer today: "
        f"{of.money('units')} in total, this one included."
    )


class RefundNote(NoteCode):
    # Refusals
    NOT_THEIRS = (
        "refund_not_theirs",
        "This is not one of the customer's newest paid invoices, so it can't be refunded here.",
    )
    NOT_STRIPE = (
        "refund_not_stripe",
        "This invoice was not charged through Stripe. Refund it where it was paid.",
    )
    NO_PAYMENT = "refund_no_payment", "Nothing was paid on this invoice, so there is nothing to refund."
    NOTHING_LEFT = "refund_nothing_left", "This invoice has been refunded in full."
    NOT_POSITIVE = "refund_not_positive", "The amount must be more than 0."
    TOO_MUCH = (
        "refund_too_much",
        lambda of: f"Only {of.money('left')} of this invoice is left to refund.",
    )
    TOO_FINE = (
        "refund_too_fine",
        lambda of: (
            f"This currency doesn't have that many decimal places. The nearest amount is "
            f"{of.money('nearest')}."
        ),
    )
    OTHER_CURRENCY = (
        "refund_other_currency",
        lambda of: f"This invoice is in {of.text('currency')}. Open the form again.",
    )
    # Warnings
    KEEPS_PRODUCT = (
        "refund_keeps_product",
        "Only the money goes back: products, balances and the invoice's status stay as they are.",
    )
    REFUNDED_BEFORE = (
        "refund_refunded_before",
        lambda of: f"{of.money('refunded')} of this invoice was refunded before.",
    )
    STRIPE_DECIDES = (
        "refund_stripe_decides",
        "Refunds made in Stripe itself are not counted here. Stripe refuses to refund more than is left "
        "of the payment.",
    )
    SAME_DAY = "refund_same_day", _same_day
