"""What people read about billing controls."""

from bot.changes.control.input import ControlType
from bot.changes.lines import LineLabel, LineStyle, name
from bot.changes.notes import NoteCode
from bot.changes.words import of_feature

BUTTON = "Billing controls"
TITLE = "Billing controls"
HEADING = "Billing control"
HELP = "set or remove a spend limit, a usage limit, or leave to go over the limit"

NOW = "*Billing controls now*"
NONE_NOW = "*Billing controls now*\nNone."
CONTROL = "Control"
CONTROLS = {
    ControlType.SPEND: ("Spend limit", "The most units over what is granted; beyond it nothing is used"),
    ControlType.USAGE: ("Usage limit", "The most units in a day, week, month or year"),
    ControlType.OVERAGE: ("Overage allowed", "The customer may use more than they are granted"),
}
"""Label and description, up to 75 characters each."""
LISTS = {
    **{control.value: label for control, (label, _) in CONTROLS.items()},
    "usage_alerts": "Usage alert",
    "auto_topups": "Auto top-up",
}
ACTION = "What to do"
SET = ("Set it", "In place of the customer's own, if there is one")
REMOVE = ("Remove it", "What a product says counts again, if it says anything")
LIMIT = "Limit"
LIMIT_HINT = "How many units: 500, 1,000, 1k, 2.5m"
INTERVAL = "In each"
INTERVAL_NAMES = {"day": "day", "week": "week", "month": "month", "year": "year"}
NO_FEATURES = "Autumn shows no features to control."

OFF = "off"
FROM_PRODUCT = "from a product"
ALLOWED = "allowed"


def units(number: str) -> str:
    return f"{number} units"


def per(number: str, interval: str) -> str:
    return f"{number} units a {INTERVAL_NAMES.get(interval, interval)}"


def percent(number: str) -> str:
    return f"{number} %"


def set_control(control: str, feature: str, value: str) -> str:
    return f"{control} of {feature}: {value}"


def remove_control(control: str, feature: str) -> str:
    return f"Remove the {control.lower()} of {feature}"


_ABOUT = LineStyle(about=lambda about, names: of_feature(name(about, names)))


class ControlLine(LineLabel):
    SPEND = "spend_limit", "Spend limit", _ABOUT
    USAGE = "usage_limit", "Usage limit", _ABOUT
    OVERAGE = "overage_allowed", "Overage", _ABOUT


class ControlNote(NoteCode):
    # Refusals
    FEATURES_UNREAD = "control_features_unread", "Autumn's features could not be read. Try again in a minute."
    FEATURE_UNKNOWN = (
        "control_feature_unknown",
        lambda of: f"{of.text('feature')} is not a feature of which units are counted.",
    )
    SEVERAL = (
        "control_several",
        lambda of: (
            f"The customer has several usage limits of {of.text('feature')}. Change them in Autumn's "
            "dashboard."
        ),
    )
    NEGATIVE = "control_negative", "The limit cannot be less than 0."
    NOT_THERE = "control_not_there", "The customer has no such control of their own to remove."
    # Warnings
    CUTS_USE = (
        "control_cuts_use",
        "What goes beyond the limit is not used: the customer's users are stopped there.",
    )
    REPLACES_PRODUCT = (
        "control_replaces_product",
        "A product has such a control too. The customer's own takes its place.",
    )
    PRODUCT_COUNTS = (
        "control_product_counts",
        "What the customer's products say counts then, if they say anything.",
    )
    MAY_BE_BILLED = (
        "control_may_be_billed",
        "Use beyond what is granted may be billed, by how the product was made.",
    )
