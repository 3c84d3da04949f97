"""What is filled into the forms for subscriptions, and which note their guards show."""

from bot.changes.addition.words import AdditionNote
from bot.changes.billing.words import BillingNote
from bot.changes.cancellation.words import CancellationNote
from bot.changes.notes import NoteCode
from bot.changes.quantity.words import QuantityNote
from bot.changes.switch import words as switch_words
from bot.changes.switch.words import SwitchNote
from bot.changes.trial.words import TrialNote
from tests.journeys.changing import ACTION
from tests.journeys.guarding import NoteCase

Filled = tuple[str, str]

_NOW: Filled = (ACTION, "Cancel now")
_AT_END: Filled = (ACTION, "Cancel at the end of the period")
_BACK: Filled = (ACTION, "Take the cancellation back")
_WHOLE: Filled = ("What the customer gets for the rest", "Refund of the whole last payment")


def _cancel(code: NoteCode, note: str, customer: str, *filled: Filled) -> NoteCase:
    return NoteCase(code, f"/autumn cancel {customer}", note, filled)


def _trial(code: NoteCode, note: str, *filled: Filled) -> NoteCase:
    return NoteCase(code, "/autumn trial cus_umbrella", note, filled)


def _quantity(code: NoteCode, note: str, *filled: Filled) -> NoteCase:
    return NoteCase(code, "/autumn quantity cus_acme", note, filled)


def _add(code: NoteCode, note: str, customer: str, *filled: Filled) -> NoteCase:
    return NoteCase(code, f"/autumn add {customer}", note, filled)


def _switch(code: NoteCode, note: str, customer: str, *filled: Filled) -> NoteCase:
    return NoteCase(code, f"/autumn switch {customer}", note, filled)


CANCELLATION = (
    _cancel(
        CancellationNote.ALREADY_CANCELLED,
        "This subscription is cancelled already: it ends on",
        "cus_initech",
        _AT_END,
    ),
    _cancel(CancellationNote.NOT_CANCELLED, "This subscription is not cancelled", "cus_northwind", _BACK),
    _cancel(CancellationNote.FREE_HAS_NO_PERIOD, "A free product has no billing period", "cus_wayne"),
    _cancel(CancellationNote.NOTHING_TO_REFUND, "There is no payment to refund", "cus_wayne", _NOW, _WHOLE),
    _cancel(CancellationNote.SETTLED_OTHERWISE, "A payment is past due. Depending on", "cus_globex"),
    _cancel(CancellationNote.CREDIT_FOR_UNPAID, "as if this period had been paid", "cus_globex", _NOW),
    _cancel(CancellationNote.USAGE_UNBILLED, "of Messages used beyond the balance", "cus_northwind", _NOW),
    _cancel(CancellationNote.BALANCES_LOST, "The balances of this product are gone", "cus_northwind", _NOW),
    _cancel(CancellationNote.NO_PRODUCT_LEFT, "Nothing replaces it", "cus_hooli", _AT_END),
    _cancel(
        CancellationNote.ADD_ONS_GO_ON,
        "Add-ons go on and are still billed: Support Plus, Extra Seats.",
        "cus_acme",
        ("Subscription", "Team"),
    ),
    _cancel(
        CancellationNote.REFUNDED_INVOICE, "The refund is of the last invoice", "cus_northwind", _NOW, _WHOLE
    ),
    _cancel(CancellationNote.USAGE_IS_LOST, "Undo gives the product back", "cus_wayne", _NOW),
    _cancel(
        CancellationNote.NO_MONEY_BACK,
        "No money is paid back.",
        "cus_wonka",
        ("Subscription", "Guided Onboarding"),
    ),
    _cancel(
        CancellationNote.BOUGHT_TWICE,
        "The customer has this product more than once",
        "cus_wonka",
        ("Subscription", "Message Pack"),
    ),
    _cancel(
        BillingNote.DROPS_SWITCH, "The scheduled change to Team will be called off.", "cus_hooli", _AT_END
    ),
    _cancel(
        BillingNote.SHOWN_BY_TIME, "they will shift slightly until this is applied", "cus_northwind", _NOW
    ),
)
TRIAL = (
    _trial(TrialNote.END_PAST, "must be in the future", ("New end of the trial", "-1")),
    _trial(TrialNote.END_TOO_FAR, "A trial can last until", ("New end of the trial", "800")),
    _trial(TrialNote.SHORTER, "The trial gets shorter", ("New end of the trial", "2")),
    _trial(TrialNote.RESETS_MOVE, "reset when the trial ends", ("New end of the trial", "20")),
    _trial(
        TrialNote.MAY_NEED_PAYMENT,
        "the trial goes on until the customer pays",
        (ACTION, "End the trial now"),
    ),
)
QUANTITY = (
    _quantity(BillingNote.NEGATIVE, "A quantity can't be negative.", ("New quantity", "-1")),
    _quantity(BillingNote.NOT_WHOLE_PACKS, "The next possible quantity is 3.", ("New quantity", "2.5")),
    _quantity(QuantityNote.MAY_NEED_PAYMENT, "the quantity stays as it is until", ("New quantity", "12")),
    _quantity(
        QuantityNote.NOT_BILLED_NOW,
        "neither billed nor credited",
        ("New quantity", "12"),
        ("When the difference is billed", "From the next invoice"),
    ),
)
_SUPPORT: Filled = ("Product to add", "Support Plus")
ADDITION = (
    _add(AdditionNote.HELD_ALREADY, "The customer already has this add-on.", "cus_acme", _SUPPORT),
    _add(AdditionNote.MAY_NEED_PAYMENT, "once they have paid the invoice", "cus_northwind", _SUPPORT),
    _add(AdditionNote.UNDONE_WITH_CREDIT, "Undo cancels it, with credit", "cus_northwind", _SUPPORT),
    _add(
        AdditionNote.UNDONE_WITHOUT_MONEY,
        "Undo removes it and pays nothing back.",
        "cus_northwind",
        ("Product to add", "Message Pack"),
    ),
    _add(BillingNote.NEEDS_CHECKOUT, "They have to pay at a checkout first", "cus_empty", _SUPPORT),
    _add(BillingNote.NEW_IN_STRIPE, "The customer is not in Stripe yet.", "cus_empty", _SUPPORT),
    _add(
        BillingNote.NOT_WHOLE_PACKS,
        "The next possible quantity is 3.",
        "cus_northwind",
        ("Product to add", "Extra Seats"),
        ("Quantity of Seats", "2.5"),
    ),
)
_LATER: Filled = ("When", "At the end of the period")
_KEEPING = switch_words.KEPT
SWITCH = (
    _switch(SwitchNote.ALREADY_HELD, "has this product already", "cus_massive", ("New product", "Starter")),
    _switch(
        SwitchNote.NO_PERIOD, "no billing period to wait for", "cus_wayne", ("New product", "Team"), _LATER
    ),
    _switch(
        BillingNote.NEEDS_CHECKOUT,
        "They have to pay at a checkout first",
        "cus_empty",
        ("New product", "Team"),
    ),
    _switch(
        SwitchNote.MAY_NEED_PAYMENT,
        "the product stays as it is until",
        "cus_massive",
        ("New product", "Team"),
    ),
    _switch(
        BillingNote.NEW_IN_STRIPE, "The customer is not in Stripe yet.", "cus_due", ("New product", "Starter")
    ),
    _switch(SwitchNote.STARTS_ANEW, "Balances reset", "cus_massive", ("New product", "Team")),
    _switch(
        SwitchNote.KEEPS_USAGE,
        "What was used counts against",
        "cus_massive",
        ("New product", "Team"),
        (_KEEPING, "Usage"),
    ),
    _switch(
        SwitchNote.KEEPS_REMAINING,
        "becomes a standalone grant that expires",
        "cus_massive",
        ("New product", "Team"),
        (_KEEPING, "What is left"),
    ),
)
