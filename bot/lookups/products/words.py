"""Words of the products."""

from bot.lookups.labels import on
from bot.lookups.products.subscriptions import Status

TITLE = "Products"
HELP = "what they have, what it costs, when it renews"

STATUSES = {
    Status.SCHEDULED: "Scheduled",
    Status.PAST_DUE: "Past due",
    Status.TRIAL: "Trial",
    Status.CANCELS: "Cancels",
    Status.ACTIVE: "Active",
}

SHOW_EXPIRED = "Show expired"
HIDE_EXPIRED = "Hide expired"

ADD_ON = "Add-on"
EXPIRED = "Expired"

NO_EXPIRED = "No products have expired."

CHANGES = "Changes"
STARTED = "Started"
STARTS = "Starts"
ENDS = "Ends"
ENDED = "Ended"

NEXT_BILLING = "Next billing"
TRIAL_ENDS = "Trial ends"

EXPIRED_PRODUCTS = "Expired products"


def ends_then(day: str, follows: str) -> str:
    return f"{on(ENDS, day)}, then {follows}"


def quantity(number: str) -> str:
    return f"× {number}"


def bought(units: str, feature: str) -> str:
    return f"{units} {feature} bought"


def period(start: str, end: str) -> str:
    return f"Period {start} to {end}"


def item(amount: str, every: str, beyond: str) -> str:
    """One thing a plan includes: `50,000 messages per month (then $0.80 per 100)`."""
    return " ".join(part for part in (amount, every, f"({beyond})" if beyond else "") if part)


def beyond(rate: str, *, included: bool) -> str:
    return f"then {rate}" if included else rate


def includes(items: str) -> str:
    return f"Includes {items}"
