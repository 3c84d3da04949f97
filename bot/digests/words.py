"""What digests say (where they are set up: `setup_words`). Arguments are already safe to show."""

from bot.digests import sections
from bot.digests.model import (
    EVERY_DAY,
    WORKDAYS,
    DigestContent,
    Schedule,
)
from bot.kit import layout, mentions, numbers, phrases
from bot.kit.phrases import count, joined

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


def attention(people: str, rows: str) -> str:
    """`@ana, please look at: unpaid (3) and past due (1).`"""
    return f":point_right: {people}, please look at: {rows}."


def counted(name: str, number: int) -> str:
    return f"{name} ({number:,})"


def window(start: str, end: str) -> str:
    return f"{start} to {end}"


def late(at: str) -> str:
    return f":hourglass: This was due {at}. It is late because Maple couldn't post it then."


def since_last(at: str) -> str:
    return f":rewind: Includes what was due since {at}, which the last digest didn't cover."


def skipped(days: str) -> str:
    return f":hourglass: Skipped since the last digest: {days}. Maple couldn't post on those days."


def section_title(name: str, number: str) -> str:
    return f"*{name}* · {number}"


def change(difference: str, *, more: bool) -> str:
    """`+$120.00 since the last digest`. `difference`: without its sign."""
    return f"{'+' if more else '−'}{difference} since the last digest"


SAME = "same as in the last digest"


def undated(number: int) -> str:
    """`2 of them with an unknown date`; empty for none."""
    return f"{number:,} of them with an unknown date" if number else ""


def unknown(number: int) -> str:
    """`2 of them with an unknown amount`; empty for none."""
    return f"{number:,} of them with an unknown amount" if number else ""


def partly_estimated(amount: str, number: int) -> str:
    """`≈ $1,200.00 (3 estimated)`; only the amount for none."""
    return f"≈ {amount} ({number:,} estimated)" if number else amount


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


EARLIEST = "earliest"


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


BILLING_DAYS = "Billing days are in UTC, the same for everyone."


def chart(currency: str) -> str:
    return f"Due per day, {currency}" if currency else "Due per day"


def nothing(ahead: str, sections: str) -> str:
    return f"Nothing to report for {ahead}: {sections}."


NOTHING_READ = "There is nothing else to report."

MISSING = {
    "previews": "Some upcoming amounts couldn't be read; estimates stand in for them.",
    "customers": "Some customers couldn't be read, so any section may lack rows.",
}
MISSING_OTHER = "Something couldn't be read from Autumn, so this may be incomplete."


def section_missing(title: str) -> str:
    return f"{title} couldn't be read completely, so some are missing here."


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

# All rows

ALL_LOADING = "Loading all rows…"
ALL_NONE = "There is nothing to list."


def more_of(command: str) -> str:
    return f"{command} in a channel shows the full card, with its buttons."


CSV_ASKING = "Preparing the file…"
CSV_SENT = ":white_check_mark: The file is in your direct messages with Maple."
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
