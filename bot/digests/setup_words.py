"""What people read where digests are set up: in the list, the form, and messages to the person who set one
up."""

from enum import StrEnum

from bot.access import post_words
from bot.access.post_targets import PersonProblem
from bot.digests.model import MOST_OF_CHANNEL, MOST_OF_PERSON, DeliveryOutcome, TooManyDigests
from bot.kit.phrases import Say, count
from bot.slack.channels import ChannelProblem

# The list

LIST_TITLE = "Digests"
LIST_WHAT = (
    "A digest is a regular post about upcoming and unpaid invoices, past due subscriptions, trials that end "
    "and balances that reset."
)
LIST_LOADING = ":hourglass_flowing_sand: Loading this channel's digests…"
ONLY_OTHERS = "Your team's policy doesn't let you set up or change digests. Anyone can preview one."
NO_DIGESTS = "This channel has no digests yet."
NEW = "New digest"
EDIT = "Edit"
PAUSE = "Pause"
RESUME = "Resume"
SEND = "Send now"
PREVIEW = "Preview to me"
REMOVE = "Remove"
SEND_TITLE = "Send it to the channel now?"
SEND_TEXT = "Everyone in the channel will see it. The next scheduled one still comes."
SEND_PERSON_TITLE = "Send it now?"
SEND_PERSON_TEXT = "It goes to their direct messages. The next scheduled one still comes."
REMOVE_TITLE = "Remove this digest?"
REMOVE_TEXT = "It won't be posted again. Earlier posts stay in the channel."

IN_DIRECT_MESSAGES = "*In direct messages*"

PAUSES = post_words.pauses("digest")

PROBLEMS = {
    ChannelProblem.DIRECT: Say(
        "This is a direct message, so digests set up here go to you or to another person.",
        "For digests in a channel, type `/autumn digest` there. To see what's coming up now: "
        "`/autumn upcoming`.",
    ),
    ChannelProblem.OUT: Say(
        "Maple is not in this channel, so it can't post digests here.",
        "Type `/invite @Maple` here, then `/autumn digest` again. Digests to a person can be set up now.",
    ),
    ChannelProblem.ARCHIVED: Say(
        "This channel is archived.", "Type `/autumn digest` in a channel that is in use."
    ),
    ChannelProblem.SHARED: Say(
        "This channel is shared with another company, so customer data stays out of it.",
        "Set up the digest in a channel of your own workspace, or for a person. Your Maple admin can allow "
        "this channel in the policy.",
    ),
    ChannelProblem.UNCHECKED: Say(
        "Maple couldn't check what kind of channel this is, so no digest can be set up here.",
        "Try again in a minute.",
    ),
}
"""Why a channel can have no digest."""

PERSON_PROBLEMS = {
    PersonProblem.NOT_MEMBER: (
        ":warning: A digest shows customers, so it can only go to a full member of your workspace. Nothing "
        "was changed."
    ),
    PersonProblem.UNCHECKED: (
        ":warning: Maple couldn't check whether this person is allowed to see customers, so nothing was "
        "changed. Try again in a minute."
    ),
}
"""Why a person can have no digest."""

TOO_MANY = {
    TooManyDigests.OF_PERSON: (
        f":warning: You have {MOST_OF_PERSON} digests, the most one person can have, so this one was not set "
        "up. Remove one first, or ask someone else to set this one up."
    ),
    TooManyDigests.OF_CHANNEL: (
        f":warning: This channel has {MOST_OF_CHANNEL} digests, the most it can have, so this one was not "
        "set up. Remove one first."
    ),
}

OUTCOMES = {
    DeliveryOutcome.POSTED: ":white_check_mark: Posted to the channel.",
    DeliveryOutcome.FOUND: ":white_check_mark: Posted to the channel.",
    DeliveryOutcome.THREAD: ":white_check_mark: Posted to the channel.",
    DeliveryOutcome.EMPTY: ":white_check_mark: There is nothing to report right now, so nothing was posted.",
    DeliveryOutcome.NOTHING_NEW: ":white_check_mark: Nothing is new right now, so nothing was posted.",
    DeliveryOutcome.LATE: ":warning: It took too long, so nothing was posted. Try again.",
    DeliveryOutcome.PAUSED: ":warning: It can't be posted in this channel right now; see below.",
    DeliveryOutcome.PUT_OFF: ":hourglass: It couldn't be posted right now. Maple will try again soon.",
    DeliveryOutcome.HELD_ELSEWHERE: ":hourglass: It is already being posted.",
    DeliveryOutcome.FAILED: (
        ":warning: Maple couldn't read from Autumn, so nothing was posted. Try again in a few minutes."
    ),
    DeliveryOutcome.GONE: ":warning: Someone else removed this digest in the meantime.",
}
"""How *Send now* ended."""
SENT_TO_PERSON = ":white_check_mark: Sent."
"""The same of a digest that goes to a person."""

OWNER_NEXT_ANYWHERE = "Type `/autumn digest` to resume or remove it."
OWNER_NEXT = "Type `/autumn digest` in the channel to resume or remove it."

# The form

FORM_NEW = "New digest"
FORM_EDIT = "Edit digest"
CREATE = "Create"
SAVE = "Save"
LOADING = "Loading the form…"
WORKING = "Saving…"
EDITED_MEANWHILE = (
    ":warning: *Someone else edited this digest in the meantime; your changes are not saved yet.*\nWhat you "
    "filled in is still here. *Save* replaces their changes; *Cancel* keeps them."
)
FIELD_SECTIONS = "Sections"
FIELD_DAYS = "How far ahead"
FIELD_WEEKDAYS = "On which days"
FIELD_TIME = "At what time"
FIELD_ZONE = "Time zone"
ZONE_HINT = "Type a city: Berlin, New York. The digest follows its clocks, daylight saving time included."
FIELD_PLANS = "Only these products"
PLANS_HINT = "Leave empty for all."
FIELD_MINIMUM = "Smallest amount"
MINIMUM_HINT = "Smaller invoices are left out, whatever their currency. Leave empty for all."
FIELD_EMPTY = "Skip the post"
SKIP_EMPTY = "When there is nothing to report"
SKIP_UNCHANGED = "When nothing is new since the last post"
FIELD_NAME = "Name"
FIELD_PERSON = "Send it to a person instead"
PERSON_HINT = "Leave empty to post it in this channel."
FIELD_ONLY_PERSON = "Send it to"
ONLY_PERSON_HINT = "A full member of your workspace, who gets it as a direct message."
PICK_PERSON = "Choose a person"
FIELD_MENTION = "Mention a person"
MENTION_HINT = "Only when an invoice is unpaid or a customer is past due."
FIELD_GROUP = "Mention a user group"
PICK_GROUP = "Choose a user group"
PICK_DAYS = "How many days"
PICK_ZONE = "Type a city"
PICK_PLANS = "All products"
NO_SECTION = "Choose at least one section."
NO_WEEKDAY = "Choose at least one day."
NO_DAYS = "Pick how far ahead it looks."
NO_TIME = "Pick a time."
NO_ZONE = "Pick a time zone from the list."
TOO_MANY_PLANS = "Pick at most 20 products, or none for all."
BELOW_ZERO = "The smallest amount can't be below zero."


def next_due(at: str) -> str:
    return f"Next: {at}"


def more_digests(number: int) -> str:
    return f"_and {count(number, 'more digest')}: remove some to see them_"


def sent_to(person: str) -> str:
    return f"to {person}"


class DigestNote(StrEnum):
    """What just happened with a digest."""

    EDITED = "edited"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"
    CHANGED = "changed"
    """Someone else was first."""
    SENDING = "sending"
    PREVIEWING = "previewing"
    PREVIEWED = "previewed"
    PREVIEWED_DIRECTLY = "previewed_directly"
    """Where it was not clicked in a channel."""
    NOT_PREVIEWED = "not_previewed"
    NOT_ALLOWED = "not_allowed"
    NOT_THEIRS = "not_theirs"
    """It goes to another person, and someone else set it up."""


NOTES = {
    DigestNote.EDITED: ":white_check_mark: The digest has been updated.",
    DigestNote.PAUSED: ":white_check_mark: The digest is paused.",
    DigestNote.RESUMED: ":white_check_mark: The digest is active again.",
    DigestNote.REMOVED: ":white_check_mark: The digest has been removed.",
    DigestNote.CHANGED: (
        ":warning: Someone else changed or removed this digest in the meantime. This is how things are now."
    ),
    DigestNote.SENDING: ":hourglass_flowing_sand: Sending…",
    DigestNote.PREVIEWING: ":hourglass_flowing_sand: Preparing the preview…",
    DigestNote.PREVIEWED: ":white_check_mark: The preview is in the channel; only you can see it.",
    DigestNote.PREVIEWED_DIRECTLY: ":white_check_mark: The preview is in your direct messages with Maple.",
    DigestNote.NOT_PREVIEWED: (
        ":warning: Maple couldn't read from Autumn, so there is no preview. Try again in a few minutes."
    ),
    DigestNote.NOT_ALLOWED: (
        ":no_entry: Your team's policy doesn't let you set up or change digests. Nothing was changed."
    ),
    DigestNote.NOT_THEIRS: (
        ":no_entry: This digest goes to one person. Only they, and whoever set it up, can change it. Nothing "
        "was changed."
    ),
}


def created(at: str) -> str:
    return f":white_check_mark: The digest is set up. The first post comes {at}."


def progress(customers: int, previewed: int, to_preview: int) -> str:
    read = f":hourglass_flowing_sand: Reading Autumn: {customers:,} customers so far"
    return f"{read}, {previewed:,} of {to_preview:,} amounts…" if to_preview else f"{read}…"


def days_option(days: int) -> str:
    return "24 hours" if days == 1 else f"{days} days"
