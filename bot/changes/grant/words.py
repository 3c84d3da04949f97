"""What people read about standalone grants."""

from bot.changes.lines import LineLabel, LineStyle, name
from bot.changes.notes import NoteCode
from bot.changes.standalone import GrantSize
from bot.changes.words import of_feature, same_day

BUTTON = "Give a feature"
TITLE = "Give a feature"
HEADING = "Standalone grant"
HELP = "give a feature on top of what the products include: for good, until a date, or refilled"
LINE_USAGE = "a feature, an amount or unlimited, and a date it expires on, how often it resets, or nothing"
"""Of a line of a list."""

SIZE = "How much"
SIZES = {
    GrantSize.AMOUNT: ("An amount", "A number of units"),
    GrantSize.UNLIMITED: ("Unlimited", "As many units as the customer likes"),
}
"""Label and description, up to 75 characters each."""
AMOUNT = "Amount"
AMOUNT_HINT = "How many units: 500, 1,000, 1k, 2.5m"
LASTS = "How long"
FOR_GOOD = ("For good", "It never expires and never refills")
UNTIL_DATE = ("Until a date", "Anything left then is lost")
REFILLED = ("Refilled regularly", "It is filled up again each time, and never expires")
EXPIRES = "Expires"
EXPIRES_HINT = "In your own time zone; shown in UTC afterwards."
EVERY = "Refilled every"
INTERVAL_NAMES = {
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "semi_annual": "6 months",
    "year": "year",
}
NO_DATE_PICKED = "Pick the day and time on which it expires."
NO_FEATURES = "Autumn shows no features that can be given."

ON = "on"
UNLIMITED = "unlimited"
NO_GRANT = "Maple checked in Autumn: the grant isn't there. Autumn no longer shows one that is used up."


def every(interval: str, count: int) -> str:
    if interval == "semi_annual":
        interval, count = "month", 6 * count
    word = INTERVAL_NAMES.get(interval, interval)
    return f"every {word}" if count == 1 else f"every {count} {word}s"


# The request in one line


def give(feature: str, amount: str, term: str) -> str:
    return f"Give {amount} {feature} {term}"


def give_unlimited(feature: str, term: str) -> str:
    return f"Give unlimited {feature} {term}"


def switch_on(feature: str, term: str) -> str:
    return f"Switch on {feature} {term}"


def until(moment: str) -> str:
    return f"until {moment}"


FOR_GOOD_TERM = "for good"

_GRANT = LineStyle(no_before="", about=lambda about, names: of_feature(name(about, names)))


class GrantLine(LineLabel):
    GRANT = "standalone_grant", "Grant", _GRANT
    """`about` is the feature's id."""
    REMAINING = "standalone_remaining", "Remaining across all sources"
    EXPIRES = "standalone_expires", EXPIRES, LineStyle(no_before="")
    EVERY = "standalone_every", "Refilled", LineStyle(no_before="")


class GrantNote(NoteCode):
    # Refusals
    FEATURES_UNREAD = "grant_features_unread", "Autumn's features couldn't be read. Try again in a minute."
    FEATURE_UNKNOWN = (
        "grant_feature_unknown",
        lambda of: f"Autumn no longer has the feature {of.text('feature')}.",
    )
    WRONG_SIZE = (
        "grant_wrong_size",
        lambda of: f"{of.text('feature')} can't be given like this. Open the form again.",
    )
    ALREADY_ON = (
        "grant_already_on",
        lambda of: f"The customer already has {of.text('feature')}.",
    )
    ALREADY_UNLIMITED = (
        "grant_already_unlimited",
        lambda of: f"{of.text('feature')} is already unlimited, so there is nothing to add.",
    )
    ENTITY_AMOUNTS = (
        "grant_entity_amounts",
        "An entity can be given an amount here, but nothing unlimited and no feature that is on or off: "
        "Autumn doesn't show whether that is the entity's own.",
    )
    ENTITY_FEATURE = (
        "grant_entity_feature",
        lambda of: f"Each entity uses up one of {of.text('feature')}, so it can't be given more.",
    )
    NOT_POSITIVE = "grant_not_positive", "The amount must be more than 0."
    EXPIRY_PAST = "grant_expiry_past", "The expiry is in the past, so the customer would get nothing."
    EXPIRY_TOO_FAR = (
        "grant_expiry_too_far",
        lambda of: f"The expiry is too far away. The latest is {of.billing_moment('latest')}.",
    )
    RESET_AND_EXPIRY = (
        "grant_reset_and_expiry",
        "A grant either refills or expires: Autumn would never refill one that expires.",
    )
    NEVER_REFILLS = (
        "grant_never_refills",
        lambda of: f"{of.text('feature')} can't be refilled. Give it for good or until a date.",
    )
    # Warnings
    HIDES_ROWS = (
        "grant_hides_rows",
        lambda of: (
            f"While {of.text('feature')} is unlimited, Autumn shows no other balances of it. They "
            "reappear when this grant is removed."
        ),
    )
    USED_LATER = (
        "grant_used_later",
        lambda of: (
            f"What the customer's products include of {of.text('feature')} is used first, and this after it. "
            "Resets don't affect it."
        ),
    )
    VANISHES = (
        "grant_vanishes",
        "Autumn no longer shows the grant once it is used up; then there is nothing left to undo.",
    )
    SAME_DAY = "grant_same_day", same_day
