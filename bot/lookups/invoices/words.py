"""Words of the invoices."""

from bot.lookups.labels import NO_INVOICES

TITLE = "Invoices"
HELP = "the next invoice and past ones"

INVOICE_STATUSES = {
    "": "All",
    "open": "Open",
    "paid": "Paid",
    "draft": "Draft",
    "void": "Void",
    "uncollectible": "Uncollectible",
}

NO_STRIPE = "No next invoice: this customer is not in Stripe."
NOTHING_COMING = "No next invoice."

INVOICE_COLUMNS = ("Date", "Products", "Total", "Paid", "Refunded", "Status", "Link")

UPCOMING = "The next invoice"


def invoice_with_plan(plan: str, day: str, price: str) -> str:
    invoice = f"*Next invoice:* when *{plan}* starts on {day}"
    return f"{invoice}, {price}" if price else invoice


def discount_off(amount: str, name: str) -> str:
    return f"{amount} off ({name})" if name else f"{amount} off"


def invoices_title(status: str, number: int, *, more: bool) -> str:
    kind = f"{INVOICE_STATUSES.get(status, status).lower()} " if status else ""
    return f"{number:,}{'+' if more else ''} {kind}invoice{'' if number == 1 else 's'}"


def due(amount: str) -> str:
    return f"{amount} due"


def no_invoices(status: str) -> str:
    return f"No {INVOICE_STATUSES.get(status, status).lower()} invoices." if status else NO_INVOICES


def warned(status: str) -> str:
    """For a table cell, where Slack makes no picture of `:warning:`."""
    return f"\N{WARNING SIGN}\N{VARIATION SELECTOR-16} {status}"


def paid(amount: str) -> str:
    return f"paid {amount}"


def refunded(amount: str) -> str:
    return f"refunded {amount}"
