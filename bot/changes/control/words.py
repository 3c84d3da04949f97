"""What people read about billing controls."""

from enum import StrEnum

from bot.changes.lines import LineLabel, LineStyle, name
from bot.changes.notes import NoteCode
from bot.changes.words import for_feature


class ControlType(StrEnum):
    """By the name of Autumn's list."""

    SPEND = "spend_limits"
    USAGE = "usage_limits"
    OVERAGE = "overage_allowed"
    ALERT = "usage_alerts"
    TOP_UP = "auto_topups"


class ThresholdType(StrEnum):
    """What the threshold of a usage alert counts, as Autumn calls it."""

    USAGE = "usage"
    USAGE_PERCENTAGE = "usage_percentage"
    REMAINING = "remaining"
    REMAINING_PERCENTAGE = "remaining_percentage"


INTERVALS = ("day", "week", "month", "year")
"""Of a usage limit."""
PURCHASE_INTERVALS = ("hour", "day", "week", "month")
"""Of how often a top-up may buy."""
UNLIMITED = "unlimited"

BUTTON = "Billing controls"
TITLE = "Billing controls"
HEADING = "Billing control"
HELP = "set or remove a spend limit, a usage limit, overage, an alert or an auto top-up"

NOW = "*Billing controls now*"
NONE_NOW = "*Billing controls now*\nNone."
CONTROL = "Control"
CONTROLS = {
    ControlType.SPEND: ("Spend limit", "How far over the grant they can go; usage beyond that is blocked"),
    ControlType.USAGE: ("Usage limit", "The most units in a day, week, month or year"),
    ControlType.OVERAGE: ("Overage allowed", "The customer can use more than they are granted"),
    ControlType.ALERT: ("Usage alert", "Autumn reports when a threshold is reached; it stops nothing"),
    ControlType.TOP_UP: ("Auto top-up", "Units are bought, and paid for, when few are left"),
}
"""Label and description, up to 75 characters each."""
LISTS = {control.value: label for control, (label, _) in CONTROLS.items()}
ACTION = "What to do"
SET = ("Set it", "Replaces the customer's own, if there is one")
REMOVE = ("Remove it", "Any control that comes from a product applies again")
LIMIT = "Limit"
THRESHOLD = "Threshold"
LIMIT_HINT = "How many units: 500, 1,000, 1k, 2.5m"
THRESHOLD_HINT = "80 for 80%, or a number of units; it also says which alert to remove"
TOP_UP_HINT = "Units are bought when fewer than this are left"
THRESHOLD_TYPE = "Measured in"
THRESHOLD_TYPES = {
    ThresholdType.USAGE: "units used",
    ThresholdType.USAGE_PERCENTAGE: "% used",
    ThresholdType.REMAINING: "units left",
    ThresholdType.REMAINING_PERCENTAGE: "% left",
}
QUANTITY = "Buy"
QUANTITY_HINT = "How many units are bought each time"
INTERVAL = "Per"
INTERVAL_NAMES = {"day": "day", "week": "week", "month": "month", "year": "year"}
LIMIT_TYPE = "Measured in"
LIMIT_UNITS = "units over what is granted"
LIMIT_PERCENT = "% of what the main product includes"
PERCENT_HINT = "A percentage, such as 120 or 150"
PROPERTIES = "Only usage with"
PROPERTIES_HINT = (
    "Properties of the events that count, one per line: model = gpt-4. Leave empty if all usage counts."
)
WHICH_HINT = "Which limit it is, one property per line. Leave empty for the one that counts all usage."
PURCHASES_IN = "Purchase limit"
PURCHASES_KEPT = "As it is now; no limit if none is set"
PURCHASES_UNLIMITED = "As often as needed"
PURCHASES_PER = {
    interval: f"A number of times a{'n' if interval == 'hour' else ''} {interval}"
    for interval in PURCHASE_INTERVALS
}
PURCHASES = "How many times"
PURCHASES_HINT = "A whole number, 1 or more"
NO_FEATURES = "Autumn shows no features to control."

LONGEST = 400
"""Of what an entry says: the typed properties fit in whole."""
OFF = "off"
FROM_PRODUCT = "from a product"
ALLOWED = "allowed"


def units(number: str) -> str:
    return f"{number} units"


def per(number: str, interval: str) -> str:
    return f"{number} units a {INTERVAL_NAMES.get(interval, interval)}"


def alert(threshold: str, of: str) -> str:
    """`of`: as Autumn calls it."""
    unit = next((label for threshold_type, label in THRESHOLD_TYPES.items() if threshold_type == of), of)
    return f"at {threshold}{unit}" if unit.startswith("%") else f"at {threshold} {unit}"


def top_up(threshold: str, quantity: str, purchases: str) -> str:
    bought = f"buy {quantity} when fewer than {threshold} are left"
    return f"{bought}, {purchases}" if purchases else bought


def purchases(number: str, interval: str, intervals: str) -> str:
    times = "once" if number == "1" else f"{number} times"
    if intervals != "1":
        return f"at most {times} in {intervals} {interval}s"
    return f"at most {times} a{'n' if interval == 'hour' else ''} {interval}"


def percent(number: str) -> str:
    return f"{number}% of what the main product includes"


def only_with(limit: str, properties: str) -> str:
    return f"{limit}, only with {properties}"


def set_control(control: str, feature: str, value: str) -> str:
    """`control`: its id."""
    if control == ControlType.OVERAGE:
        return f"{'Allow' if value == ALLOWED else 'Stop'} overage {for_feature(feature)}"
    return f"{LISTS[control]} {for_feature(feature)}: {value}"


def remove_control(control: str, feature: str) -> str:
    setting = "overage setting" if control == ControlType.OVERAGE else LISTS[control].lower()
    return f"Remove the {setting} {for_feature(feature)}"


_ABOUT = LineStyle(length=LONGEST, about=lambda about, names: for_feature(name(about, names)))


class ControlLine(LineLabel):
    SPEND = "spend_limit", "Spend limit", _ABOUT
    USAGE = "usage_limit", "Usage limit", _ABOUT
    OVERAGE = "overage_allowed", "Overage", _ABOUT
    ALERT = "usage_alert", "Usage alert", _ABOUT
    TOP_UP = "auto_topup", "Auto top-up", _ABOUT


class ControlNote(NoteCode):
    # Refusals
    FEATURES_UNREAD = "control_features_unread", "Autumn's features couldn't be read. Try again in a minute."
    FEATURE_UNKNOWN = (
        "control_feature_unknown",
        lambda of: f"{of.text('feature')} isn't a metered feature.",
    )
    SEVERAL = (
        "control_several",
        lambda of: (
            f"The customer has several controls like this for {of.text('feature')}. Change them in Autumn's "
            "dashboard."
        ),
    )
    NEGATIVE = "control_negative", "The limit can't be less than 0."
    PERCENTAGE = "control_percentage", "A percentage of what is left is between 0 and 100."
    PURCHASES = "control_purchases", "Enter how many times it may buy: a whole number, 1 or more."
    PROPERTIES = (
        "control_properties",
        "Write one property per line, such as model = gpt-4. A name can have up to 64 characters, a value "
        "up to 128, and all of them together up to 300.",
    )
    QUANTITY_TOO_SMALL = "control_quantity", "An auto top-up buys at least 1 unit."
    NOT_THERE = "control_not_there", "The customer has no control like this of their own to remove."
    ENTITY_TOP_UP = (
        "control_entity_top_up",
        "Autumn buys units for the whole customer only. Pick the whole customer to set an auto top-up.",
    )
    # Warnings
    CUTS_USE = (
        "control_cuts_use",
        "Usage beyond the limit is blocked: the customer's users are stopped there.",
    )
    PERCENTAGE_INCLUDED = (
        "control_percentage_granted",
        "The percentage is of what the main product includes: when that changes, so does the limit.",
    )
    REPLACES_PRODUCT = (
        "control_replaces_product",
        "A product has a control like this too. The customer's own takes its place.",
    )
    PRODUCT_COUNTS = (
        "control_product_counts",
        "Any control that comes from a product applies again.",
    )
    IS_OFF = (
        "control_is_off",
        "The control will be off: it stays with the customer, but limits, allows, buys and reports nothing.",
    )
    STOPS_NOTHING = (
        "control_stops_nothing",
        "Autumn reports it to your backend, and to Maple's alerts. Nobody is stopped by it.",
    )
    BUYS = (
        "control_buys",
        "From now on, Autumn charges the customer automatically whenever fewer units than the threshold are "
        "left.",
    )
    NO_PURCHASE_LIMIT = (
        "control_no_purchase_limit",
        "There is no limit on how often it buys. Set one under *Purchase limit*.",
    )
    NOT_SOLD = (
        "control_not_sold",
        lambda of: (
            f"None of the customer's products sells {of.text('feature')} ahead. Autumn takes the top-up, but "
            "it may buy nothing."
        ),
    )
    MAY_BE_BILLED = (
        "control_may_be_billed",
        "Usage beyond what is granted may be billed, depending on how the product is set up.",
    )
