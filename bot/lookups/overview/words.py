"""Words of the overview."""

TITLE = "Overview"
HELP = "a customer at a glance"

DISCOUNTS = "*Discounts*"
INVOICES = "*Last invoices*"

OTHER = "Other"
"""What belongs to no product."""

ON_SUBSCRIPTION = "on one subscription"

UPCOMING_AND_DISCOUNTS = "Discounts and the next invoice"

UNPAID_LIST = "Unpaid invoices"


def unpaid_in_brief(unpaid: str) -> str:
    """When many people ask at once, and only what comes with the customer was read. `unpaid`: how many of
    these invoices are unpaid, or empty."""
    not_read = (
        "Payments, refunds and older invoices were not read, because many people are asking: see Invoices."
    )
    return f"{unpaid}. {not_read}" if unpaid else not_read


def unused(balances: str) -> str:
    return f"*Not used yet:* {balances}"


def next_invoices(number: int, total: str) -> str:
    if number == 1:
        return "*Next invoice by product*"
    return f"*Next {number:,} invoices:* {total} in all, before tax"


def last_invoices(shown: int, read: int, *, more: bool) -> str:
    """`*Last invoices* · 3 of 11`. `more`: there are more than were read."""
    return f"{INVOICES} · {shown} of {read:,}{'+' if more else ''}" if shown < read or more else INVOICES


def more_invoices(number: int, *, more: bool) -> str:
    """`more`: there are more than were read."""
    return f"_and {number:,}{'+' if more else ''} more_"


def more_balances(number: int) -> str:
    return f"_and {number:,} more: see Features_"


def past_due(plan: str) -> str:
    return f"*{plan}* is past due: a payment failed or is late."


def cancels(plan: str, day: str) -> str:
    return f"*{plan}* cancels on {day}." if day else f"*{plan}* is cancelled."


def cancels_to(plan: str, day: str, follows: str) -> str:
    return f"*{plan}* cancels on {day}, then *{follows}*."


def changes(plan: str, becomes: str) -> str:
    return f"*{plan}* {becomes}."


def trial_ends(plan: str, day: str) -> str:
    return f"*{plan}*: the trial ends on {day}."


def over(name: str, units: str, billed: str) -> str:
    """`billed`: how much of it."""
    overage = f"*{name}* has an overage of {units}"
    if billed == "0":
        return f"{overage}."
    return f"{overage}, which will be billed." if billed == units else f"{overage}: {billed} will be billed."


def many_over(names: str) -> str:
    return f"Overage: {names}."


def used_up(names: str) -> str:
    return f"Used up: {names}."


def discount(name: str, value: str, lasts: str, scope: str) -> str:
    """`*Spring* (10% off, for 3 months)`."""
    return f"*{name}* ({', '.join(part for part in (f'{value} off', lasts, scope) if part)})"


def until(day: str) -> str:
    return f"until {day}"
