"""Every word Maple says about alerts, besides those of digests and alerts in `bot.access.post_words`.

Arguments are texts that are already safe to show where they go.
"""

from enum import StrEnum

from bot.access import post_words
from bot.alerts.model import MOST_OF_CHANNEL, MOST_OF_PERSON, TooManyAlerts
from bot.kit.phrases import Say, count
from bot.slack.channels import ChannelProblem

# The alert

OPEN = "Open"
GIVE_ALLOWANCE = "Give extra allowance"
MANAGE = "`/autumn alerts` changes what is posted here"


def entity(name: str) -> str:
    return f"entity {name}"


def reported(at: str) -> str:
    return f"Autumn reported this {at}"


def polled(at: str) -> str:
    return f"Found {at}: Maple checks all customers once an hour"


# A subscription, in a line


def all_customers() -> str:
    return "all customers"


def products(names: str) -> str:
    return f"only customers with {names}"


def features(names: str) -> str:
    return f"only {names}"


# The list

LIST_TITLE = "Alerts"
LIST_WHAT = (
    "An alert is posted when something happens to a customer: a limit that was reached, a usage alert, "
    "a subscription that is past due, an auto top-up that failed, or a product that changed."
)
LIST_LOADING = ":hourglass_flowing_sand: Loading the alerts…"
ONLY_OTHERS = "Your team's policy doesn't let you set up or change alerts."
NO_ALERTS = "There are no alerts here yet."
THIS_CHANNEL = "*In this channel*"
ONLY_YOU = "*In your direct messages*"
NEW = "New alert"
EDIT = "Edit"
PAUSE = "Pause"
RESUME = "Resume"
REMOVE = "Remove"
REMOVE_TITLE = "Remove this alert?"
REMOVE_TEXT = "Nothing more will be posted for it. Earlier posts stay."
NO_WEBHOOKS = (
    ":warning: *Maple doesn't receive Autumn's webhooks yet,* so only past due subscriptions are found, once "
    "an hour. Your Maple admin can set AUTUMN_WEBHOOK_SECRET."
)


def more(number: int) -> str:
    return f"_and {count(number, 'more alert')}: remove some to see them_"


ACTIVE = "Active"

PAUSES = post_words.pauses("alert")

PROBLEMS = {
    ChannelProblem.DIRECT: Say(
        "This is a direct message, so alerts set up here go only to you.",
        "For alerts in a channel, type `/autumn alerts` there.",
    ),
    ChannelProblem.OUT: Say(
        "Maple is not in this channel, so it can't post alerts here.",
        "Type `/invite @Maple` here, then `/autumn alerts` again. Alerts only for you can be set up now.",
    ),
    ChannelProblem.ARCHIVED: Say(
        "This channel is archived.", "Type `/autumn alerts` in a channel that is in use."
    ),
    ChannelProblem.SHARED: Say(
        "This channel is shared with another company, so customer data stays out of it.",
        "Set up the alert in a channel of your own workspace, or only for yourself. Your Maple admin can "
        "allow this channel in the policy.",
    ),
    ChannelProblem.UNCHECKED: Say(
        "Maple couldn't check what kind of channel this is, so no alert can be set up for it.",
        "Try again in a minute.",
    ),
}
"""Why a channel can have none."""


class AlertNote(StrEnum):
    """What just happened with an alert."""

    CREATED = "created"
    EDITED = "edited"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"
    CHANGED = "changed"
    """Someone else was first."""
    NOT_ALLOWED = "not_allowed"
    NOT_THEIRS = "not_theirs"
    """It goes to another person."""


NOTES: dict[AlertNote | TooManyAlerts, str] = {
    TooManyAlerts.OF_PERSON: (
        f":warning: You have {MOST_OF_PERSON} alerts, the most one person can have, so this one was not set "
        "up. Remove one first, or ask someone else to set this one up."
    ),
    TooManyAlerts.OF_CHANNEL: (
        f":warning: There are {MOST_OF_CHANNEL} alerts here, the most there can be, so this one was not set "
        "up. Remove one first."
    ),
    AlertNote.CREATED: ":white_check_mark: The alert is set up. Posts start now.",
    AlertNote.EDITED: ":white_check_mark: The alert has been updated.",
    AlertNote.PAUSED: ":white_check_mark: The alert is paused.",
    AlertNote.RESUMED: ":white_check_mark: The alert is active again.",
    AlertNote.REMOVED: ":white_check_mark: The alert has been removed.",
    AlertNote.CHANGED: (
        ":warning: Someone else changed or removed this alert in the meantime. This is how things are now."
    ),
    AlertNote.NOT_ALLOWED: (
        ":no_entry: Your team's policy doesn't let you set up or change alerts. Nothing was changed."
    ),
    AlertNote.NOT_THEIRS: (
        ":no_entry: This alert goes to one person, and only they can change it. Nothing was changed."
    ),
}


IN_YOUR_DIRECT_MESSAGES = "in your direct messages"
OWNER_NEXT = "Type `/autumn alerts` there to resume or remove it."
OWNER_NEXT_HERE = "Type `/autumn alerts` here to resume or remove it."

# The form

FORM_NEW = "New alert"
FORM_EDIT = "Edit alert"
CREATE = "Create"
SAVE = "Save"
LOADING = "Loading the form…"
WORKING = "Saving…"
EDITED_MEANWHILE = (
    ":warning: *Someone else edited this alert in the meantime; your changes are not saved yet.*\nWhat you "
    "filled in is still here. *Save* replaces their changes; *Cancel* keeps them."
)
FIELD_SOURCES = "When"
FIELD_TARGET = "Where"
TARGET_CHANNEL = "In this channel"
TARGET_PERSON = "In my direct messages"
FIELD_PLANS = "Only customers with these products"
PICK_PLANS = "All customers"
FIELD_FEATURES = "Only about these features"
PICK_FEATURES = "All features"
FEATURES_HINT = "Past due and changed products are posted whatever you choose here."
NO_SOURCE = "Choose at least one."
TOO_MANY_CHOSEN = "Choose fewer."
