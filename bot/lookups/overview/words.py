"""Words of the overview."""

TITLE = "Overview"
HELP = "a customer at a glance"

ATTENTION = "*Needs attention*"
PRODUCTS = "*Products*"
BALANCES = "*Balances*"
INVOICES = "*Last invoices*"
DISCOUNTS = "*Discounts*"

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


def more_than_on(title: str) -> str:
    """As `labels.more_on`, where not all were read."""
    return f"_and more than {{}} more: see {title}_"


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


def over(name: str, units: str, *, billed: bool) -> str:
    return f"*{name}* is over its limit by {units}" + (", which will be billed." if billed else ".")


def many_over(names: str) -> str:
    return f"Over the limit: {names}."


def used_up(names: str) -> str:
    return f"Used up: {names}."


def discount(name: str, value: str, lasts: str, scope: str) -> str:
    return " · ".join(part for part in (f"*{name}*", value, lasts, scope) if part)


def until(day: str) -> str:
    return f"until {day}"
