"""Every sentence about digests. Arguments are already safe to show where they go."""

from enum import StrEnum

from bot.access.post_targets import Pause, PersonProblem
from bot.digests import sections
from bot.digests.model import (
    EVERY_DAY,
    MOST_OF_CHANNEL,
    MOST_OF_PERSON,
    WORKDAYS,
    DeliveryOutcome,
    DigestContent,
    Schedule,
    TooManyDigests,
)
from bot.kit import layout, mentions, numbers, phrases
from bot.kit.phrases import Say, count, joined
from bot.slack.channels import ChannelProblem

_ZONE = 60

EVERYTHING = "everything"
SEE_ALL = "See all"
DOWNLOAD = "Download CSV"
OPEN_CUSTOMER = "Open a customer"
PRIVATE = "Only you can see this."
UNLIMITED = "unlimited"
AMOUNT_SERIES = "Amount"


# The message


def ahead(days: int, hours: int = 24) -> str:
    """`hours`: in a single day, which is longer or shorter when clocks change."""
    return f"the next {hours} hours" if days == 1 else f"the next {days} days"


def title(ahead: str) -> str:
    return f"Coming up in {ahead}"


def preview_title(ahead: str) -> str:
    return f"Preview: coming up in {ahead}"


def named(name: str, title: str) -> str:
    """The heading of a digest that has a name."""
    return f"{name} · {title[0].lower()}{title[1:]}"


def attention(people: str, what: str) -> str:
    """`@ana, please look at: unpaid (3) and past due (1).`"""
    return f":point_right: {people}, please look at: {what}."


def counted(name: str, number: int) -> str:
    return f"{name} ({number:,})"


def window(start: str, end: str) -> str:
    return f"{start} to {end}"


def late(at: str) -> str:
    return f":hourglass: This was due {at}. It is late because Maple couldn't post it then."


def since_last(at: str) -> str:
    return f":rewind: Includes what was due since {at}, which the last digest did not cover."


def skipped(days: str) -> str:
    return f":hourglass: Skipped since the last digest: {days}. Maple couldn't post on those days."


def section_title(name: str, number: str) -> str:
    return f"*{name}* · {number}"


def change(shown: str, *, more: bool) -> str:
    """`+$120.00 since the last digest`. `shown`: the absolute change."""
    return f"{'+' if more else '−'}{shown} since the last digest"


SAME = "same as in the last digest"


def total(amount: str, invoices: str, since: str) -> str:
    return "Total " + " · ".join(part for part in (f"*{amount}*", invoices, since) if part)


def currency_unknown(amount: str) -> str:
    """For estimates: Autumn lists prices without a currency."""
    return f"{amount} at list prices, currency unknown"


def estimates(number: int) -> str:
    verb = "amount marked ≈ is an estimate" if number == 1 else "amounts marked ≈ are estimates"
    return f"{number:,} {verb}: the base price only, because Autumn gave no preview."


IN_THREAD = "tables, charts and a file are in the thread"
DETAILS = "The rows of this digest"


def tomorrow(amounts: str) -> str:
    return f"*Tomorrow* · {amounts}"


def first(which: str, row: str) -> str:
    """`oldest: Globex ($29.00, 43 days old)`"""
    return f"{which}: {row}"


def news(changes: str) -> str:
    return f"    ↳ {changes} since the last digest"


def new_rows(number: int, customers: str) -> str:
    return f"{number:,} new: {customers}" if number else ""


def settled_rows(number: int, customers: str) -> str:
    return f"{number:,} settled: {customers}" if number else ""


BEFORE_TAX = "Upcoming amounts are before tax and include usage so far."


BILLING_DAYS = "Days of billing are in UTC, the same for everyone."


def chart(currency: str) -> str:
    return f"Due per day, {currency}" if currency else "Due per day"


def nothing(ahead: str, sections: str) -> str:
    return f"Nothing to report for {ahead}: {sections}."


NOTHING_READ = "There is nothing else to report."

MISSING = {
    "previews": "Some upcoming amounts could not be read; estimates stand in for them.",
    "customers": "Some customers could not be read, so any section may lack rows.",
}
MISSING_OTHER = "Something could not be read from Autumn, so this may be incomplete."


def section_missing(title: str) -> str:
    return f"{title} could not be read completely, so some are missing here."


def warning(text: str) -> str:
    return f":warning: {text}"


# What a digest is, in a line

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WORKDAYS_NAME = "Weekdays"
EVERY_DAY_NAME = "Every day"
WEEKEND_NAME = "Weekends"


def weekdays(days: list[int]) -> str:
    """Days in order, with Monday as 0: `Mon, Wed and Fri`, `Tue to Sat`, `Mondays`."""
    if len(days) == 1:
        return f"{WEEKDAYS[days[0]]}s"
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{WEEKDAYS[days[0]][:3]} to {WEEKDAYS[days[-1]][:3]}"
    return joined([WEEKDAYS[day][:3] for day in days])


def at(days: str, clock: str, zone: str) -> str:
    return f"{days} at {clock} {zone}"


def next_days(days: int) -> str:
    return "next 24 hours" if days == 1 else f"next {days} days"


def products(number: int) -> str:
    return count(number, "product")


def from_amount(amount: str) -> str:
    return f"invoices from {amount} up"


ALSO_EMPTY = "posted even when there is nothing to report"
ONLY_NEW = "only when something is new"


def mentioned(people: str) -> str:
    return f"mentions {people}"


MANAGE = "change it with `/autumn digest`"

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
NOT_NOW = "Not now"
SEND_TITLE = "Send it to the channel now?"
SEND_TEXT = "Everyone in the channel will see it. The next scheduled one still comes."
SEND_PERSON_TITLE = "Send it now?"
SEND_PERSON_TEXT = "It goes to their direct messages. The next scheduled one still comes."
REMOVE_TITLE = "Remove this digest?"
REMOVE_TEXT = "It won't be posted again. Earlier posts stay in the channel."


def next_due(at: str) -> str:
    return f"Next: {at}"


def more_digests(number: int) -> str:
    return f"_and {count(number, 'more digest')}: remove some to see them_"


IN_DIRECT_MESSAGES = "*In direct messages*"


def sent_to(person: str) -> str:
    return f"to {person}"


def set_up_by(person: str) -> str:
    return f"Set up by {person}"


PAUSES = {
    Pause.SHARED: (
        "the channel is now shared with another company, so customer data stays out of it. Resume the digest "
        "once the channel is no longer shared."
    ),
    Pause.REMOVED: "Maple is no longer in the channel. Type `/invite @Maple` there, then resume the digest.",
    Pause.ARCHIVED: "the channel is archived. Resume the digest once the channel is back.",
    Pause.PUBLIC: (
        "the channel was private and is now public. Resume the digest if everyone in your workspace may "
        "read it."
    ),
    Pause.RESTRICTED: (
        "only some people may post in the channel, and Maple isn't one of them. Let Maple post there, then "
        "resume the digest."
    ),
    Pause.LEFT: "the person it goes to can't use Maple any more.",
}


def paused(why: str) -> str:
    return f":double_vertical_bar: *Paused:* {why}"


SOMEONE = "someone"
"""Instead of a person who is not known any more."""


def paused_by(person: str) -> str:
    return f"{person} paused it."


PROBLEMS = {
    ChannelProblem.DIRECT: Say(
        "This is a direct message, so digests set up here go to you or to another person.",
        "For digests in a channel, type `/autumn digest` there. To see what's coming up now: "
        "`/autumn upcoming`.",
    ),
    ChannelProblem.OUT: Say(
        "Maple is not in this channel, so it cannot post digests here.",
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
        ":warning: Maple couldn't check whether this person may see customers, so nothing was changed. Try "
        "again in a minute."
    ),
}
"""Why a person can have no digest."""


def problem(say: Say) -> str:
    return f":no_entry: *{say.what}*\n{say.do}"


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


class DigestNote(StrEnum):
    """What just happened with a digest."""

    EDITED = "edited"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"
    CHANGED = "changed"
    """Somebody else was first."""
    SENDING = "sending"
    PREVIEWING = "previewing"
    PREVIEWED = "previewed"
    NOT_PREVIEWED = "not_previewed"
    NOT_ALLOWED = "not_allowed"


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
    DigestNote.NOT_PREVIEWED: (
        ":warning: Maple couldn't read from Autumn, so there is no preview. Try again in a few minutes."
    ),
    DigestNote.NOT_ALLOWED: (
        ":no_entry: Your team's policy doesn't let you set up or change digests. Nothing was changed."
    ),
}


def created(at: str) -> str:
    return f":white_check_mark: The digest is set up. The first post comes {at}."


OUTCOMES = {
    DeliveryOutcome.POSTED: ":white_check_mark: Posted to the channel.",
    DeliveryOutcome.FOUND: ":white_check_mark: Posted to the channel.",
    DeliveryOutcome.THREAD: ":white_check_mark: Posted to the channel.",
    DeliveryOutcome.EMPTY: ":white_check_mark: There is nothing to report right now, so nothing was posted.",
    DeliveryOutcome.NOTHING_NEW: ":white_check_mark: Nothing is new right now, so nothing was posted.",
    DeliveryOutcome.LATE: ":warning: It took too long, so nothing was posted. Try again.",
    DeliveryOutcome.PAUSED: ":warning: It can't be posted in this channel right now; see below.",
    DeliveryOutcome.PUT_OFF: ":hourglass: It couldn't be posted right now. Maple will try again soon.",
    DeliveryOutcome.TAKEN: ":hourglass: It is already being posted.",
    DeliveryOutcome.FAILED: (
        ":warning: Maple couldn't read from Autumn, so nothing was posted. Try again in a few minutes."
    ),
    DeliveryOutcome.GONE: ":warning: Someone else removed this digest in the meantime.",
}
"""How *Send now* ended."""
SENT_TO_PERSON = ":white_check_mark: Sent."
"""The same of a digest that goes to a person."""


def progress(customers: int, previewed: int, to_preview: int) -> str:
    read = f":hourglass_flowing_sand: Reading Autumn: {customers:,} customers so far"
    return f"{read}, {previewed:,} of {to_preview:,} amounts…" if to_preview else f"{read}…"


def owner_paused(where: str, what: str, why: str) -> str:
    return f":double_vertical_bar: *Your digest {where} is paused:* {why}\n{what}"


def owner_removed(where: str, what: str, person: str) -> str:
    return f":wastebasket: *Your digest {where} was removed* by {person}.\n{what}"


def in_channel(channel: str) -> str:
    return f"in {channel}"


OWNER_NEXT_ANYWHERE = "Type `/autumn digest` to resume or remove it."
OWNER_NEXT = "Type `/autumn digest` in the channel to resume or remove it."

# The form

FORM_NEW = "New digest"
FORM_EDIT = "Edit digest"
CREATE = "Create"
SAVE = "Save"
CANCEL = "Cancel"
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
FIELD_EMPTY = "Post nothing"
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
BELOW_ZERO = "The smallest amount cannot be below zero."


def days_option(days: int) -> str:
    return "24 hours" if days == 1 else f"{days} days"


# All rows

ALL_LOADING = "Loading all rows…"
ALL_NONE = "There is nothing to list."


def more_of(command: str) -> str:
    return f"{command} in a channel shows the full card, with its buttons."


CSV_ASKING = "Preparing the file…"
CSV_SENT = ":white_check_mark: The file is in your messages with Maple."
EXPIRED = (
    "*These rows are no longer available.*\nMaple keeps them for 14 days. `/autumn upcoming` shows what is "
    "coming up now."
)


def csv_comment(rows: int) -> str:
    return f"All {count(rows, 'row')} of this digest."


CSV_COLUMNS = (
    "section",
    "customer",
    "customer id",
    "email",
    "entity",
    "when (UTC)",
    "amount",
    "currency",
    "estimate",
    "products",
    "product ids",
    "feature",
    "feature id",
    "left",
    "invoice",
    "status",
    "link",
)
YES = "yes"


def schedule_text(schedule: Schedule, safe: layout.Safe) -> str:
    """`Weekdays at 09:00 Europe/Berlin`."""
    return at(_days(schedule.weekdays), f"{schedule.at:%H:%M}", safe(schedule.zone, _ZONE) or phrases.NONE)


def content_text(content: DigestContent) -> str:
    """`next 7 days · invoices, unpaid · 2 products`."""
    has_minimum = content.minimum and sections.with_money(content.sections)
    facts = [
        next_days(content.days),
        _section_names(content.sections),
        products(len(content.plans)) if content.plans else "",
        from_amount(numbers.number(content.minimum)) if has_minimum else "",
        "" if content.skip_empty or content.only_new else ALSO_EMPTY,
        ONLY_NEW if content.only_new else "",
        mentioned(" ".join(map(mentions.anyone, content.mentions))) if content.mentions else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def _days(days: frozenset[int]) -> str:
    if days == WORKDAYS:
        return WORKDAYS_NAME
    if days == EVERY_DAY:
        return EVERY_DAY_NAME
    if days == EVERY_DAY - WORKDAYS:
        return WEEKEND_NAME
    return weekdays(sorted(days))


def _section_names(keys: frozenset[str]) -> str:
    chosen = sections.chosen(keys)
    if len(chosen) == len(sections.SECTIONS):
        return EVERYTHING
    return ", ".join(section.short_name for section in chosen)
