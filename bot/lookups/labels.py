"""Words that several parts of a customer's card share, and those for errors and refusals.

Arguments are texts that are already safe to show where they go.
"""

import math

from bot.autumn import errors
from bot.kit.phrases import Say, count
from bot.lookups.invoices.facts import InvoiceState
from bot.lookups.place import Span
from bot.store.errors import StoreLost, StoreLostMidway, StoreSlow

SPANS = {
    Span.DAY: "24 hours",
    Span.WEEK: "7 days",
    Span.MONTH: "30 days",
    Span.QUARTER: "90 days",
    Span.CYCLE: "Billing cycle",
}
LAST = {
    Span.DAY: "last 24 hours",
    Span.WEEK: "last 7 days",
    Span.MONTH: "last 30 days",
    Span.QUARTER: "last 90 days",
    Span.CYCLE: "this billing cycle",
}
INVOICE_STATES = {
    InvoiceState.DRAFT: "Draft",
    InvoiceState.OPEN: "Open",
    InvoiceState.PARTLY_PAID: "Partly paid",
    InvoiceState.UNCOLLECTIBLE: "Uncollectible",
    InvoiceState.PAID: "Paid",
    InvoiceState.PARTLY_REFUNDED: "Partly refunded",
    InvoiceState.REFUNDED: "Refunded",
    InvoiceState.VOID: "Void",
    InvoiceState.NONE: "No status",
}
INTERVALS = {
    "minute": "minute",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}

REFRESH = "Refresh"
SHARE = "Share to channel"
SHARE_TITLE = "Share to this channel?"
SHARE_YES = "Share"
SHARE_NO = "Keep private"
OPEN = "Open"
OPEN_CUSTOMER = "Open customer"
TRY_AGAIN = "Try again"
LOOK_UP = "Look up a customer"

NO_NAME = "Unnamed customer"
NO_ID = "no id"
NO_EMAIL = "no email"
ENV_UNKNOWN = "ENVIRONMENT UNKNOWN"
AUTUMN = "Autumn"
STRIPE = "Stripe"
FREE = "Free"
USAGE_BASED = "Pay as you go"
UNLIMITED = "Unlimited"
READ = "Read"
RESETS = "resets"
NO_PLAN = "Standalone grant"
BY_ENTITIES = "Held by entities"
"""Never how many: Autumn shows what several entities hold of one plan as one."""
ONE_OFF = "One-time purchase"

NO_PRODUCTS = "This customer has no products."
NO_INVOICES = "No invoices yet."
TOO_LONG_TO_CLICK = "Some buttons are missing: this customer's id is too long for a Slack button."

HOSTED = "View invoice"
HOSTED_SHORT = "View"


def current(label: str) -> str:
    """Of a button that leads where the card is: marked in its text, for those who do not see a colour."""
    return f"● {label}"


def counted(title: str, number: int) -> str:
    return f"{title} ({number:,})"


def since(day: str) -> str:
    return f"Customer since {day}"


def shared_by(user: str) -> str:
    return f"Shared by <@{user}>"


def share_text(title: str) -> str:
    return (
        f"Everyone in this channel, guests included, will see this customer's {title.lower()} as shown "
        "here, including names and email addresses. It stays until someone deletes it."
    )


def every(interval: str, times: int | None) -> str:
    """`per month`, `every 3 months`, `once`."""
    if interval in ("", "multiple"):
        return ""
    if interval == "one_off":
        return "once"
    if interval == "semi_annual":
        return f"every {6 * (times or 1):,} months"
    word = INTERVALS.get(interval, "")
    if not word:
        return ""
    return f"per {word}" if times in (None, 0, 1) else f"every {times:,} {word}s"


def resets(interval: str, times: int | None) -> str:
    """What a reset interval is called in a table."""
    if interval == "one_off":
        return "never"
    if interval == "multiple":
        return "several dates"
    return every(interval, times)


# What needs attention


def hidden(plan: str) -> str:
    return f"Autumn hides the balances of *{plan}* while it is past due, so features may seem to be missing."


def becomes(plan: str, day: str, price: str) -> str:
    return f"→ *{plan}* on {day}" + (f", {price}" if price else "")


def unpaid(number: int, amounts: str, *, at_least: bool) -> str:
    amount_owed = f"{count(number, 'unpaid invoice')}: {amounts}."
    return f"At least {amount_owed}" if at_least else amount_owed


# Products


def on(label: str, day: str) -> str:
    return f"{label} {day}"


EXPIRES = "Expires"


# Balances


def unit_price(amount: str, units: str) -> str:
    return f"{amount} per {units}" if units else f"{amount} each"


TIERED = "by tier"
PREPAID = "prepaid"
BILLED_BY_USE = "billed by use"


# Invoices


def next_invoice(total: str, day: str) -> str:
    return f"*Next invoice:* {total} on {day}, before tax" if day else f"*Next invoice:* {total}, before tax"


def percent(number: str) -> str:
    return f"{number}%"


def newest_only(number: int, plural: str) -> str:
    return f"Autumn has more: only the newest {number:,} {plural} are listed."


FOREVER = "forever"
ONCE = "once"


def months(number: str) -> str:
    return f"for {number} months" if number != "1" else "for 1 month"


# Events


def total(name: str, units: str, events: int) -> str:
    return f"{name}: {units} in {count(events, 'event')}"


CAN_USE = "Can they use it?"
"""The title of the part, and the button that leads there."""

# Help

HELP_MORE = (
    ("list [filters]", "customers by product, past due, trial, used-up balance or when they joined"),
    ("bulk", "change many customers under one approval: a list that you paste or upload"),
    ("history <customer>", "every change made with Maple, who made it and why"),
    ("digest", "set up, pause, preview or send this channel's digests"),
    ("alerts", "get a message when customers reach a limit, are past due or change products"),
    ("upcoming [days]", "upcoming invoices, trials and resets, and what is unpaid or past due"),
    ("help", "show this help"),
)
HELP_FIND = ("find <text>", "list the customers that match")
HELP_TITLE = "Look up or change a customer in Autumn"
HELP_CUSTOMER = (
    "A customer can be an id, an email address, part of a name, or a link to them in Autumn or Stripe. Put a "
    "name that starts with one of these words in quotes. Only you see the answer until you choose "
    "*Share to channel*. Looking up never changes anything. A change shows you before and after first, and "
    "needs approval where your team's policy says so."
)


def usage_hint(command: str, sub: str) -> str:
    return f"Which customer? Type `{command} {sub}` and then an id, an email address or part of a name."


def text_hint(command: str) -> str:
    return f"Find what? Type `{command} find` and then part of an id, a name or an email address."


def misread(hint: str, usage: str) -> str:
    return f"{hint}\n{NOTHING_CHANGED} {usage}"


def days_hint(command: str, most: int) -> str:
    return (
        f"How many days ahead? Type `{command} upcoming` and a number from 1 to {most}, or no number for 7."
    )


OPEN_FORM = "Open the form"


def form_needs_click(typed: str) -> str:
    return f"*{typed}*\nSlack opens a form only when you click."


STILL_WAITING = "Still waiting for Autumn"


def still_waiting(customer: str = "") -> str:
    about = f" to look up {customer}" if customer else ""
    return f"{STILL_WAITING}{about}… The answer will appear here."


# Home and the look-up form

HOME_WHAT = (
    "Maple shows what a customer has in Autumn and what they will pay: products, feature balances with "
    "usage charts, invoices and events. Only you see the answer, unless you share it."
)
HOME_TIPS = "*Good to know*"
HOME_TIP_LINES = (
    "The buttons on a card switch between its tabs. *Refresh* reads it again.",
    "*Share to channel* posts what you see for everyone, after you confirm.",
    "Times are in your own time zone. Each card says when it was read.",
)


def home_where(name: str, env: str) -> str:
    return f"Connected to *{name}* in Autumn {env}" if name else f"Connected to Autumn {env}"


PREVIEW = "*A customer in Autumn*"
PREVIEW_PRIVATE = "Only you will see what opens."

MODAL_NO_CUSTOMER = "Pick a customer from the list."


# Refusals


GUEST = Say("Guests can't look up customers.", "Ask a full member of this workspace.")
OUTSIDER = Say(
    "Only members of this workspace can look up customers.", "Ask the people you share this channel with."
)
UNREADABLE = Say(
    "This button or form no longer works, so nothing was done.",
    "It was made by another version of Maple. Open the customer again with `/autumn`.",
)
UNCHECKED = Say(
    "Maple couldn't check with Slack who you are, so it showed nothing.", "Try again in a minute."
)
SHARED_CHANNEL = Say(
    "This channel is shared with another company, so Maple posts no customer data here.",
    "Share it in one of your own workspace's channels.",
)
UNCHECKED_CHANNEL = Say(
    "Maple couldn't check with Slack whether another company reads this channel, so it shared nothing.",
    "Try again in a minute.",
)
NOT_IN_CHANNEL = Say(
    "Maple can't post here because it isn't in this channel.",
    "Type `/invite @Maple`, then share again. Nothing can be shared in a direct message between people.",
)
ARCHIVED_CHANNEL = Say("This channel is archived.", "Share the customer in another channel.")
POST_REFUSED = Say(
    "Slack refused to post the card in this channel.",
    "Ask whoever manages the channel whether apps may post in it, or share the customer in another channel.",
)


# Failures

NOTHING_CHANGED = "Nothing was changed."
_LONGEST_IN_SECONDS = 90

UNREACHABLE = Say("Maple couldn't reach Autumn.", "Try again in a minute.")
GARBLED = Say(
    "Maple couldn't make sense of Autumn's answer.",
    "Try again. If it keeps happening, contact your Maple admin.",
)
UNAVAILABLE = Say("Autumn is having problems.", "Try again in a few minutes.")
BROKEN = Say(
    "Something went wrong in Maple.", "Try again. If it keeps happening, give your Maple admin the reference."
)
FAILURES: dict[type[BaseException], Say] = {
    errors.NotFound: Say(
        "Autumn has no such customer.", "They may have been deleted, or their id may have changed."
    ),
    errors.TimedOut: Say("Autumn didn't answer in time.", "Try again in a minute."),
    errors.Unreachable: UNREACHABLE,
    errors.Garbled: GARBLED,
    errors.NoSuchRoute: Say(
        "This Autumn server doesn't know the request.",
        "Your Maple admin should check AUTUMN_URL: `maple doctor` says more.",
    ),
    errors.Unauthorized: Say(
        "Autumn didn't accept Maple's key.",
        "Your Maple admin must set a valid key: `maple doctor` says how.",
    ),
    errors.Forbidden: Say(
        "Maple's key isn't allowed to read this in Autumn.",
        "Your Maple admin must give the key the missing permission: `maple doctor` says which.",
    ),
    errors.Conflict: Say("Autumn is busy with another change to this customer.", "Try again in a minute."),
    errors.RateLimited: Say("Autumn is limiting requests.", "Try again in a minute."),
    errors.Unavailable: UNAVAILABLE,
    errors.Refused: Say(
        "Autumn refused the request.",
        "Check what you requested. If it keeps happening, contact your Maple admin.",
    ),
    errors.AutumnError: Say("Something went wrong while asking Autumn.", "Try again in a minute."),
    StoreLost: Say(
        "Maple can't reach its database, so it can't accept changes right now.",
        "Looking up customers still works. Try again in a few minutes.",
    ),
    StoreSlow: Say(
        "Maple took too long: Slack opens a window only within three seconds of a click.",
        "Try again. If it keeps happening, contact your Maple admin.",
    ),
    StoreLostMidway: Say(
        "Maple lost the connection to its database while applying this.",
        "It may have been applied, so don't request it again. Once the database is back, Maple checks in "
        "Autumn what happened and updates the card.",
    ),
    BaseException: BROKEN,
}
"""What to say about an error: the entry of its nearest base class."""


def wait(seconds: int) -> str:
    if seconds > _LONGEST_IN_SECONDS:
        return f"Try again in {count(math.ceil(seconds / 60), 'minute')}."
    return f"Try again in {count(seconds, 'second')}."


def failure(problem: str, do: str, reference: str, *, changed: bool = False) -> str:
    """`changed`: whether something may have been."""
    explanation = f"*{problem}*\n{do}" if changed else f"*{problem}*\n{NOTHING_CHANGED} {do}"
    return f"{explanation}\nReference {reference}" if reference else explanation


INVOICE_LIST = "The invoices"
CUSTOMER = "The customer's name and products"


def explanation(error: BaseException) -> Say:
    """What happened and what to do, by the nearest class up the error's tree."""
    kind = error.kind if isinstance(error, errors.AutumnError) else type(error)
    failure = next(FAILURES[ancestor] for ancestor in kind.__mro__ if ancestor in FAILURES)
    if isinstance(error, errors.RateLimited) and error.retry_after:
        return Say(failure.what, wait(min(3600, max(1, math.ceil(error.retry_after)))))
    return failure


def part_failed(part: str, error: errors.AutumnError) -> str:
    """One line in a card whose other parts could be read."""
    problem, do = explanation(error)
    return f":warning: {part} couldn't be read: {problem} {do}"
