"""Words of the changes."""

from bot.changes.model import LineLabel
from bot.kit.phrases import count

WARNED = ":warning: *Know this first*"


STALE = "The form was still being redrawn for this choice. Look at what it shows now and submit again."
NOT_OFFERED = "This form does not offer that. Pick what to do, then submit again."

REFUSED = ":no_entry: *This cannot be done*"

ACTION = "What to do"

LABELS = {
    LineLabel.GRANTED: "Granted",
    LineLabel.REMAINING: "Remaining",
    LineLabel.USAGE: "Used",
    LineLabel.OVERAGE: "Over the limit",
    LineLabel.RESET: "Resets",
    LineLabel.TOTAL_REMAINING: "Remaining of the feature in all",
    LineLabel.COUPON: "Coupon",
    LineLabel.NEXT_INVOICE: "Next invoice",
    LineLabel.GRANT: "Grant",
    LineLabel.CODE: "Promo code",
    LineLabel.NAME: "Name",
    LineLabel.EMAIL: "E-mail",
    LineLabel.FINGERPRINT: "Fingerprint",
    LineLabel.CUSTOMER: "Customer",
    LineLabel.SUBSCRIPTIONS: "Subscriptions",
    LineLabel.ENTITIES: "Entities",
}
ABSENT = "none"
GIVEN = "given"
GONE_FROM_AUTUMN = "gone from Autumn"
GONE = "no longer shown by Autumn"

REMOVE_COUPON = "Remove the coupon"
DELETE = "Delete the customer in Autumn"

NOW_SHOWN = "*What Autumn shows now*"
NOW_UNKNOWN = "*What Autumn shows now*\nMaple could not read it, or the customer is gone. Look in Autumn."
NOW_UNREAD = "*What Autumn shows now*\nMaple could not read it. Look in Autumn."
NOW_GONE = "*What Autumn shows now*\nThe customer is not there any more."
NOW_NOT_THERE = "*What Autumn shows now*\nMaple read it, and this balance is not there any more."
NO_GRANT = "*What Autumn shows now*\nMaple read it, and the grant is not there."
PART_OF_GRANT = "*What Autumn shows now*\nMaple read it, and what is there is not what the grant was to give."

HISTORY = "History"

CHANGE_BALANCE = "Change balance"
CHANGE_REWARD = "Change reward"
EDIT_DETAILS = "Edit details"
DELETE_CUSTOMER = "Delete customer"


def left_out(number: int) -> str:
    return f"{count(number, 'more')} cannot be picked here: the id is too long for Slack."


def line(label: str, about: str, before: str, after: str) -> str:
    """`Granted: 1,000 → *1,500*`."""
    named = f"{label} {about}".rstrip()
    if before == after:
        return f"{named}: {before}, unchanged"
    return f"{named}: {before} → *{after}*" if before else f"{named}: *{after}*"


def at_least(number: str) -> str:
    return f"at least {number}"


def on_day(day: str) -> str:
    return f"on {day}"


def of_feature(feature: str) -> str:
    return f"of {feature}"


def estimated(told: str) -> str:
    return f"{told} (estimate, before tax)"


def give(feature: str, amount: str) -> str:
    return f"Give {amount} extra of {feature}"


def take(feature: str, amount: str) -> str:
    return f"Take {amount} of the allowance of {feature} back"


def set_balance(feature: str, amount: str) -> str:
    return f"Set the balance of {feature} to {amount}"


def correct_usage(feature: str, amount: str) -> str:
    return f"Correct the billed usage of {feature} to {amount}"


def shift(feature: str, amount: str) -> str:
    return f"Move what remains of {feature} by {amount}"


def only_reset(feature: str, moment: str) -> str:
    return f"Move the reset of {feature} to {moment}"


def and_reset(told: str, moment: str) -> str:
    return f"{told}, and move its reset to {moment}"


def apply_coupon(coupon: str) -> str:
    return f"Apply the coupon {coupon}"


def redeem(code: str) -> str:
    return f"Redeem the promo code {code}"


def edit(fields: str) -> str:
    return f"Change {fields}"
