"""What people read about balance changes."""

from enum import StrEnum

from bot.changes.grant.words import BUTTON as GIVE_A_FEATURE
from bot.changes.lines import LineLabel, LineStyle
from bot.changes.notes import Details, NoteCode
from bot.changes.words import same_day
from bot.kit.phrases import count


class BalanceAction(StrEnum):
    GIVE = "give"
    """More allowance: granted and remaining both rise by the amount."""
    SET = "set"
    """What remains becomes the amount; a negative one is units of overage."""
    USAGE = "usage"
    """What counts as used becomes the amount."""
    RESET_DATE = "none"
    """Only a new reset date; stored as "none", since no amount changes."""
    TAKE = "take"
    """The undoing of GIVE: granted and remaining both fall by the amount."""
    SHIFT = "shift"
    """The undoing of SET and USAGE: remaining moves by the amount (either way), granted stays."""


OFFERED = (BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE, BalanceAction.RESET_DATE)
"""What a person picks from; the others come from Undo."""

BUTTON = "Change balance"
PRIMARY_BUTTON = "Give extra allowance"
TITLE = "Change balance"
HEADING = "Balance change"
HELP = "give extra allowance, set a balance, correct usage, or move the reset date"
LINE_USAGE = "a feature, an amount, and give, set or reset (to a date)"
"""Of a line of a list."""

FEATURE = "Feature"
PICK_FEATURE = "Pick a feature"
ROW = "Source"
PICK_ROW = "Pick a source"
ROW_HINT = "This feature comes from several sources. Only the one you pick changes."
ACTIONS = {
    BalanceAction.GIVE: (PRIMARY_BUTTON, "Granted and remaining both rise by the amount"),
    BalanceAction.SET: ("Set the balance", "What remains becomes the amount"),
    BalanceAction.USAGE: ("Correct usage", "What counts as used becomes the amount"),
    BalanceAction.RESET_DATE: ("Move the reset date", "The numbers stay the same"),
}
"""Label and description, up to 75 characters each."""
LINE_ACTIONS = {
    BalanceAction.GIVE: ACTIONS[BalanceAction.GIVE],
    BalanceAction.SET: ACTIONS[BalanceAction.SET],
    BalanceAction.RESET_DATE: ("Move the reset date", "The amount is the new date"),
}
"""Of a line of a list."""
AMOUNT = "Amount"
AMOUNT_HINTS = {
    BalanceAction.GIVE: "How many extra units: 500, 1,000, 1k, 2.5m",
    BalanceAction.SET: "1,000, 1k, 2.5m. A negative amount, such as -40, means units of overage.",
    BalanceAction.USAGE: "How many units count as used: 0, 1,000, 1k, 2.5m",
}
LASTS = "How long"
UNTIL_RESET = ("Until the next reset", "It is added to this balance")
UNTIL_DATE = ("Until a date", "A standalone grant, which no reset ends")
FOR_GOOD = ("For good", "A standalone grant, which lasts until it is used up")
RESET = "New reset date"
RESET_HINT = "In your own time zone; shown in UTC afterwards. Leave it empty to keep the reset date."
RESET_ONLY_HINT = "In your own time zone; shown in UTC afterwards."
PAID_FOR = "paid for"
NO_RESET = "doesn't reset"
NO_OWN_BALANCES = (
    "This entity has no balance of its own. Pick the whole customer to change what it shares, or give it a "
    "grant of its own."
)
NO_BALANCES = "This customer has no features, so there is no balance to change."
NO_RESET_PICKED = "Pick the new reset date, or something else to do."
NO_FEATURE_PICKED = "Pick a feature."
NO_ROW_PICKED = "Pick a source."

# Said in one line

GIVE_USAGE = "give <customer>[/<entity>] <amount> <feature> [and <amount> <feature>] because <reason>"
GIVE_HELP = "give extra allowance"
SET_USAGE = "set <customer>[/<entity>] <feature> to <amount> because <reason>"
SET_HELP = "set a balance"
RESET_USAGE = "reset <customer>[/<entity>] <feature> on <day> because <reason>"
RESET_HELP = "move the reset date"
SAY_AMOUNT = "How much? Write the amount after the customer, such as 5k or 1,000."
SAY_RESET = "Write the customer, the feature and the day."
SAY_EACH = "Name the customer once, then an amount and a feature for each: `acme 5k messages and 3 seats`."
SAY_DAY = "Which day? Write it like 1 Dec, 1 Dec 2026 or 2026-12-01."


def two_amounts(first: str, second: str) -> str:
    return (
        f"{first} and {second} can both be the amount. Put a name with a number in quotes, and write the "
        "reason after *because*."
    )


def loose(amount: str) -> str:
    return f"{amount} can be read in two ways. Write the amount as one word, such as 5k, 5000 or -40."


def not_read(amount: str, why: str) -> str:
    return f"{amount}: {why}"


def unchangeable(number: int) -> str:
    features = count(number, "feature")
    why = "on or off, unlimited, or held by entities"
    return f"Not offered: {features} without a balance that can be changed ({why})."


def shared(number: int) -> str:
    return f"Not offered: {count(number, 'feature')} that the entity shares with the whole customer."


def pick_feature(feature: str) -> str:
    return f"It isn't clear which feature {feature} is. Pick one."


_GONE = LineStyle(no_after="no longer shown by Autumn")


class BalanceLine(LineLabel):
    GRANTED = "granted", "Granted", _GONE
    REMAINING = "remaining", "Remaining"
    USAGE = "usage", "Used", _GONE
    OVERAGE = "overage", "Overage"
    RESET = "reset", "Resets"
    TOTAL_REMAINING = "total_remaining", "Remaining across all sources"
    """When the row is one of several."""


def _until_reset(of: Details) -> str:
    on_day = f" on {of.billing_day('at')}" if "at" in of else ""
    return f"This lasts until the balance next resets{on_day}. A standalone grant would last beyond it."


class BalanceNote(NoteCode):
    # Refusals
    SEVERAL_SOURCES = (
        "several_sources",
        "The balance has several sources. Change it from the customer's card.",
    )
    NOT_POSITIVE = "not_positive", "The amount must be more than 0."
    NEGATIVE_USAGE = (
        "negative_usage",
        f"Usage can't be less than 0. To give more, use {ACTIONS[BalanceAction.GIVE][0]}.",
    )
    FEATURE_IS_FLAG = (
        "feature_is_flag",
        lambda of: f"{of.text('feature')} is on or off, so it has no balance to change.",
    )
    FEATURE_NOT_HELD = (
        "feature_not_held",
        lambda of: (
            f"The customer doesn't have {of.text('feature')}. Use *{GIVE_A_FEATURE}*, or put them on a "
            "product that includes it."
        ),
    )
    PAST_DUE_HIDDEN = (
        "past_due_hidden",
        lambda of: (
            f"Autumn hides the balance of {of.text('feature')} while {of.text('plan')} is past due. It can "
            "be changed once that is paid."
        ),
    )
    UNLIMITED = (
        "unlimited",
        lambda of: f"{of.text('feature')} is unlimited, so there is no balance to change.",
    )
    ROW_GONE = (
        "row_gone",
        lambda of: f"This source of {of.text('feature')} is no longer there. Pick another.",
    )
    ENTITY_BALANCE = (
        "entity_balance",
        lambda of: (
            f"{of.text('feature')} is held by the customer's entities. Pick the entity whose balance should "
            "change."
        ),
    )
    SHARED_BALANCE = (
        "shared_balance",
        lambda of: (
            f"The entity has no balance of {of.text('feature')} of its own: it shares the whole customer's. "
            "Pick the whole customer to change that, or give the entity a grant of its own."
        ),
    )
    ROLLOVERS_UNCLEAR = (
        "rollovers_unclear",
        lambda of: (
            f"{of.text('feature')} has rolled-over units, and Autumn doesn't say which source they belong "
            "to, so only giving extra allowance is safe."
        ),
    )
    MORE_THAN_GRANTED = (
        "more_than_granted",
        lambda of: f"The customer is granted {of.number('most')} now, so no more can be taken back.",
    )
    RESET_SINCE = "reset_since", "The balance has reset since, so there is nothing left to undo."
    RESET_PAST = "reset_past", "The new reset date is in the past. Autumn would reset the balance right away."
    RESET_TOO_FAR = (
        "reset_too_far",
        lambda of: f"The new reset date is too far away. The latest is {of.billing_moment('latest')}.",
    )
    RESET_ON_PAID = (
        "reset_on_paid",
        "The customer pays for this, so its reset date follows their billing and can't be moved.",
    )
    RESET_ONE_OFF = (
        "reset_one_off",
        "This was given once and doesn't reset, so it has no reset date to move.",
    )
    RESET_NEVER = "reset_never", "This never resets, so it has no reset date to move."
    # Warnings
    UNTIL_RESET = "until_reset", _until_reset
    SEATS_BILLED = (
        "charges_now",
        lambda of: (
            f"*Autumn will bill for {of.number('units')} more*, right away or on the next invoice; it "
            "doesn't say which."
        ),
    )
    SEATS_LOWERED = (
        "seats_lowered",
        lambda of: (
            f"Autumn will bill for {of.number('units')} fewer. Any credit comes right away or on the next "
            "invoice."
        ),
    )
    OVERAGE_BILLED = (
        "overage_billed",
        lambda of: f"The overage billed on the next invoice rises by {of.number('units')}.",
    )
    OVERAGE_LOWERED = (
        "overage_lowered",
        lambda of: f"The overage billed on the next invoice falls by {of.number('units')}.",
    )
    BECOMES_DEBT = (
        "becomes_debt",
        lambda of: (
            f"The balance goes {of.number('units')} below zero. Extra allowance makes that up before "
            "anything is left."
        ),
    )
    SOURCE_BECOMES_DEBT = (
        "source_becomes_debt",
        lambda of: (
            f"This source goes {of.number('units')} below zero. Extra allowance on it makes that up before "
            "anything of it is left."
        ),
    )
    ROW_VANISHES = "row_vanishes", "Autumn no longer shows a grant once nothing of it is left."
    ROW_EXPIRES = (
        "row_expires",
        lambda of: f"This source of the balance expires on {of.billing_day('at')}, and the change with it.",
    )
    ROLLOVERS_FIRST = (
        "rollovers_first",
        lambda of: f"{of.number('units')} of them will come out of units rolled over from before.",
    )
    OTHER_ROWS = (
        "other_rows",
        lambda of: of.plural(
            "The feature has one other source, which stays as it is.",
            "The feature has {} other sources, which stay as they are.",
        ),
    )
    ENTITIES_COUNTED = (
        "entities_counted",
        "The feature's total includes what entities hold, which stays as it is.",
    )
    SAME_DAY = "same_day", same_day


def by_code(code: str) -> str:
    return f"Promo code {code}"


# The request in one line


def give(feature: str, amount: str) -> str:
    return f"Give {amount} extra {feature}"


def take(feature: str, amount: str) -> str:
    return f"Take back {amount} of the {feature} allowance"


def set_balance(feature: str, amount: str) -> str:
    return f"Set the balance of {feature} to {amount}"


def correct_usage(feature: str, amount: str) -> str:
    return f"Correct the usage of {feature} to {amount}"


def shift(feature: str, amount: str) -> str:
    return f"Change remaining {feature} by {amount}"


def only_reset(feature: str, moment: str) -> str:
    return f"Move the reset of {feature} to {moment}"


def and_reset(summary: str, moment: str) -> str:
    return f"{summary}, and move its reset to {moment}"
