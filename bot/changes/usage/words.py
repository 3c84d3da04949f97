"""What people read about recorded usage."""

from bot.changes.lines import LineLabel, LineStyle, name
from bot.changes.notes import NoteCode

BUTTON = "Record usage"
TITLE = "Record usage"
HEADING = "Recorded usage"
HELP = "record usage that was not tracked"
LINE_USAGE = "a feature and an amount"
"""Of a line of a list."""

AMOUNT = "Used"
AMOUNT_HINT = "How many units: 500, 1,000, 1k, 2.5m"
NO_BALANCES = "This customer has no balances, so there is nothing to record usage of."

NOT_RECORDED = "Maple found no such event among the newest. Look for it in the customer's events."


def record(feature: str, amount: str) -> str:
    return f"Record {amount} {feature} used"


def take_off(feature: str, amount: str) -> str:
    return f"Take {amount} {feature} off the recorded usage"


_ABOUT = LineStyle(about=name, about_first=True)


class UsageLine(LineLabel):
    USED = "usage_used", "Used", _ABOUT
    REMAINING = "usage_remaining", "Remaining", _ABOUT
    OVERAGE = "usage_overage", "Overage", _ABOUT
    RECORDED = "usage_recorded", "Recorded"


class UsageNote(NoteCode):
    # Refusals
    NOT_HELD = (
        "usage_not_held",
        lambda of: f"The customer has no balance of {of.text('feature')}, so Autumn would record nothing.",
    )
    ZERO = "usage_zero", "The usage must be more than 0."
    LESS_USED = (
        "usage_less_used",
        lambda of: (
            f"The usage is only {of.number('used')} now: the balance has reset or was corrected since."
        ),
    )
    # Warnings
    MORE_THAN_LEFT = (
        "usage_more_than_left",
        lambda of: (
            f"The customer has {of.number('left')} left. Autumn rejects usage the customer isn't allowed. "
            "Anything it accepts beyond the balance may be billed."
        ),
    )
    STAYS_LISTED = (
        "usage_stays_listed",
        "The event stays in the list of events, even if it is undone.",
    )
