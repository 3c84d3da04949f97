"""Every word Maple says about digests, in one place.

Arguments are texts that are already safe to show where they go.
"""

from bot.digests import sections
from bot.digests.model import (
    EVERY_DAY,
    MOST_OF_CHANNEL,
    MOST_OF_PERSON,
    WORKDAYS,
    Pause,
    Schedule,
    Wanted,
)
from bot.kit import layout, numbers, phrases
from bot.kit.phrases import Say, count, joined

_ZONE = 60


EVERYTHING = "everything"
SEE_ALL = "See all"
DOWNLOAD = "Download CSV"
OPEN_CUSTOMER = "Open a customer"
PRIVATE = "Only you see this."
UNLIMITED = "unlimited"
AMOUNT_SERIES = "Amount"


# The message


def ahead(days: int, hours: int = 24) -> str:
    """`hours`: of a single day, which is longer or shorter when the clocks change."""
    return f"the next {hours} hours" if days == 1 else f"the next {days} days"


def title(ahead: str) -> str:
    return f"Coming up in {ahead}"


def preview_title(ahead: str) -> str:
    return f"Preview: coming up in {ahead}"


def window(start: str, end: str) -> str:
    return f"{start} to {end}"


def late(at: str) -> str:
    return f":hourglass: This was due {at}. It comes late because Maple could not post it then."


def since_last(at: str) -> str:
    return f":rewind: Includes what was due since {at}, which the last digest did not reach."


def skipped(days: str) -> str:
    return f":hourglass: Not posted since the last one: {days}. Maple could not post then, nor soon after."


def section_title(name: str, number: str) -> str:
    return f"*{name}* · {number}"


def change(shown: str, *, more: bool) -> str:
    """`+$120.00 since the last one`. `shown`: the size of the change."""
    return f"{'+' if more else '−'}{shown} since the last one"


SAME = "as in the last one"


def total(amount: str, invoices: str, since: str) -> str:
    return "Total " + " · ".join(part for part in (f"*{amount}*", invoices, since) if part)


def currency_unknown(amount: str) -> str:
    """Of estimates: Autumn lists prices without a currency, and not what a customer pays in."""
    return f"{amount} at list prices, currency unknown"


def estimates(number: int) -> str:
    verb = "amount marked ≈ is an estimate" if number == 1 else "amounts marked ≈ are estimates"
    return f"{number:,} {verb}: the base price alone, as Autumn gave no preview."


BEFORE_TAX = "Amounts to come are before tax, with what is used until now."


def table_zone(zone: str) -> str:
    return f"Times in tables and charts are those of {zone}. Invoices have their day in UTC."


def chart(currency: str) -> str:
    return f"Due per day, {currency}" if currency else "Due per day"


def nothing(ahead: str, sections: str) -> str:
    return f"Nothing to report for {ahead}: {sections}."


NOTHING_READ = "Nothing else was found."

MISSING = {
    "previews": "Some upcoming amounts could not be read; estimates stand in for them.",
    "customers": "Some customers could not be read, so any section may lack rows.",
}
MISSING_OTHER = "Something could not be read from Autumn: what is shown here may be incomplete."


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
    """Some days, `0` being Monday, in order: `Mon, Wed and Fri`, `Tue to Sat`, `Mondays`."""
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


ALSO_EMPTY = "also when there is nothing to tell"
MANAGE = "`/autumn digest` changes it"

# The list

LIST_TITLE = "Digests"
LIST_WHAT = (
    "A digest tells this channel what is about to be charged, what is unpaid or past due, which trials end, "
    "and which balances reset."
)
LIST_LOADING = ":hourglass_flowing_sand: Looking for this channel's digests …"
ONLY_OTHERS = (
    "Your team's policy lets other people set digests up and change them. A preview is for everyone."
)
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
SEND_TEXT = "Everyone in the channel will see it. The next one comes at its time all the same."
REMOVE_TITLE = "Remove this digest?"
REMOVE_TEXT = "It will not be posted any more. What it has posted stays in the channel."


def next_due(at: str) -> str:
    return f"Next: {at}"


def more_digests(number: int) -> str:
    return f"_and {count(number, 'more digest')}: remove some to see them_"


def set_up_by(person: str) -> str:
    return f"Set up by {person}"


PAUSES = {
    Pause.SHARED: (
        "the channel is shared with another company now, so customer data stays out of it. Resume it when it "
        "is not shared any more."
    ),
    Pause.REMOVED: "Maple is not in the channel any more. Type `/invite @Maple` there, then resume it.",
    Pause.ARCHIVED: "the channel is archived. Resume it when the channel is back.",
    Pause.PUBLIC: (
        "the channel was private and is public now. Resume it if everyone in your workspace may read it."
    ),
    Pause.RESTRICTED: (
        "only some people may post in the channel, and Maple is not one of them. Let Maple post there, then "
        "resume it."
    ),
}


def paused(why: str) -> str:
    return f":double_vertical_bar: *Paused:* {why}"


SOMEBODY = "somebody"
"""When it is not known any more who it was."""


def paused_by(person: str) -> str:
    return f"{person} paused it."


PROBLEMS = {
    "direct": Say(
        "Digests go to channels, not to direct messages.",
        "Type `/autumn digest` in the channel that should have one. For yourself, now: `/autumn upcoming`.",
    ),
    "out": Say(
        "Maple is not in this channel, so it cannot post digests here.",
        "Type `/invite @Maple` here, then `/autumn digest` again.",
    ),
    "archived": Say("This channel is archived.", "Type `/autumn digest` in a channel that is in use."),
    "shared": Say(
        "This channel is shared with another company, so customer data stays out of it.",
        "Set the digest up in a channel of your own workspace. Whoever runs Maple can allow this channel in "
        "the policy.",
    ),
    "unchecked": Say(
        "Maple could not check with Slack what kind of channel this is, so no digest can be set up.",
        "Try again in a minute.",
    ),
}
"""By the name of why a channel can have none."""


def problem(say: Say) -> str:
    return f":no_entry: *{say.what}*\n{say.do}"


HAPPENED = {
    "too_many_of_person": (
        f":warning: You have {MOST_OF_PERSON} digests, which is as many as one person may have, so none was "
        "set up. Remove one first; somebody else may set this one up."
    ),
    "too_many_of_channel": (
        f":warning: {MOST_OF_CHANNEL} digests go to this channel, which is as many as there may be, so none "
        "was set up. Remove one first."
    ),
    "edited": ":white_check_mark: The digest is changed, from now on.",
    "paused": ":white_check_mark: The digest is paused.",
    "resumed": ":white_check_mark: The digest goes on.",
    "removed": ":white_check_mark: The digest is removed.",
    "changed": ":warning: Somebody else changed or removed this digest meanwhile. This is how it is now.",
    "sending": ":hourglass_flowing_sand: Sending it …",
    "previewing": ":hourglass_flowing_sand: Making the preview …",
    "previewed": ":white_check_mark: The preview is in the conversation, for you alone.",
    "not_previewed": ":warning: Autumn could not be read, so there is no preview. Try again in some minutes.",
    "not_allowed": ":no_entry: Your team's policy lets other people set digests up. Nothing was changed.",
}
"""What just happened with a digest."""


def created(at: str) -> str:
    return f":white_check_mark: The digest is set up. The first one comes {at}."


OUTCOMES = {
    "posted": ":white_check_mark: It is in the channel.",
    "found": ":white_check_mark: It is in the channel.",
    "empty": ":white_check_mark: There is nothing to tell just now, so nothing was posted.",
    "late": ":warning: It took too long, so nothing was posted. Try again.",
    "paused": ":warning: It cannot be posted in this channel now: see below.",
    "put_off": ":hourglass: It could not be posted just now. Maple tries again soon, by itself.",
    "taken": ":hourglass: It is being posted already.",
    "failed": ":warning: Autumn could not be read, so nothing was posted. Try again in some minutes.",
    "gone": ":warning: Somebody else removed this digest meanwhile.",
}
"""How *Send now* ended, by the names of `DeliveryOutcome`."""


def progress(customers: int, previewed: int, to_preview: int) -> str:
    told = f":hourglass_flowing_sand: Reading Autumn: {customers:,} customers so far"
    return f"{told}, {previewed:,} of {to_preview:,} amounts …" if to_preview else f"{told} …"


def owner_paused(channel: str, what: str, why: str) -> str:
    return f":double_vertical_bar: *Your digest in {channel} is paused:* {why}\n{what}"


def owner_removed(channel: str, what: str, person: str) -> str:
    return f":wastebasket: *Your digest in {channel} was removed* by {person}.\n{what}"


OWNER_NEXT = "Type `/autumn digest` in the channel to resume or remove it."

# The form

FORM_NEW = "New digest"
FORM_EDIT = "Edit digest"
CREATE = "Create"
SAVE = "Save"
CANCEL = "Cancel"
CLOSE = "Close"
LOADING = "Getting the form ready …"
WORKING = "Putting it down …"
EDITED_MEANWHILE = (
    ":warning: *Somebody else edited this digest meanwhile; nothing of yours is saved yet.*\nWhat you filled "
    "in is still here. *Save* puts it in the place of theirs; *Cancel* leaves theirs as it is."
)
FIELD_SECTIONS = "What to tell"
FIELD_DAYS = "How far ahead"
FIELD_WEEKDAYS = "On which days"
FIELD_TIME = "At what time"
FIELD_ZONE = "Time zone"
ZONE_HINT = "Type a city: berlin, new york. The clocks there say when it is due, summer and winter."
FIELD_PLANS = "Only these products"
PLANS_HINT = "Leave it empty for all."
FIELD_MINIMUM = "Smallest amount"
MINIMUM_HINT = "Invoices below it are left out, in whatever currency. Leave it empty for all."
FIELD_EMPTY = "When there is nothing to tell"
SKIP_EMPTY = "Post nothing"
PICK_DAYS = "How many days"
PICK_ZONE = "Type a city"
PICK_PLANS = "All products"
NO_SECTION = "Tick at least one."
NO_WEEKDAY = "Tick at least one day."
NO_DAYS = "Pick how far ahead it looks."
NO_TIME = "Pick a time."
NO_ZONE = "Pick a time zone from the list."
TOO_MANY_PLANS = "Pick at most 20 products, or none for all."
BELOW_ZERO = "The smallest amount cannot be below zero."


def days_option(days: int) -> str:
    return "24 hours" if days == 1 else f"{days} days"


# All rows


ALL_LOADING = "Getting all rows …"
ALL_NONE = "There are none."


def more_of(command: str) -> str:
    return f"{command} in a channel shows this with everything that can be done there."


CSV_ASKING = "Making the file …"
CSV_SENT = ":white_check_mark: The file is in your messages with Maple."
EXPIRED = (
    "*These rows are not kept any more.*\nMaple keeps them for 14 days. `/autumn upcoming` shows what is "
    "coming now."
)


def csv_comment(rows: int) -> str:
    return f"All {count(rows, 'row')} of this digest."


CSV_COLUMNS = (
    "section",
    "customer",
    "customer id",
    "e-mail",
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


def content_text(wanted: Wanted) -> str:
    """`next 7 days · invoices, unpaid · 2 products`."""
    has_minimum = wanted.minimum and sections.with_money(wanted.sections)
    facts = [
        next_days(wanted.days),
        _section_names(wanted.sections),
        products(len(wanted.plans)) if wanted.plans else "",
        from_amount(numbers.number(wanted.minimum)) if has_minimum else "",
        "" if wanted.skip_empty else ALSO_EMPTY,
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
