"""Every word Maple says about a look-up, in one place.

Arguments are texts that are already safe to show where they go.
"""

from collections.abc import Sequence
from typing import NamedTuple

from bot.autumn import errors
from bot.lookups.invoices.facts import InvoiceState
from bot.lookups.place import Part, Span
from bot.lookups.products.status import Status
from bot.store.errors import StoreLost, StoreLostMidway, StoreSlow

PARTS = {
    Part.OVERVIEW: "Overview",
    Part.PRODUCTS: "Products",
    Part.FEATURES: "Features",
    Part.FEATURE: "Feature",
    Part.INVOICES: "Invoices",
    Part.EVENTS: "Events",
}
STATUSES = {
    Status.SCHEDULED: "Scheduled",
    Status.PAST_DUE: "Past due",
    Status.TRIAL: "Trial",
    Status.CANCELS: "Cancels",
    Status.ACTIVE: "Active",
}
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
INVOICE_STATUSES = {
    "": "All",
    "open": "Open",
    "paid": "Paid",
    "draft": "Draft",
    "void": "Void",
    "uncollectible": "Uncollectible",
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
PREVIOUS = "Previous"
NEXT = "Next"
SHOW_EXPIRED = "Show expired"
HIDE_EXPIRED = "Hide expired"
ALL_FEATURES = "All features"
BACK_TO_FEATURES = "All features"
TRY_AGAIN = "Try again"
LOOK_UP = "Look up a customer"
PICK_FEATURE = "Pick a feature"
FILTER_FEATURE = "Filter by feature"

NO_NAME = "Customer without a name"
NO_ID = "no id"
NO_EMAIL = "no e-mail"
ENV_UNKNOWN = "ENVIRONMENT UNKNOWN"
AUTUMN = "Autumn"
STRIPE = "Stripe"
NONE = "–"
FREE = "Free"
USAGE_BASED = "Pay as you go"
UNLIMITED = "Unlimited"
READ = "Read"
RESETS = "resets"
DUE_NOW = "resets now"
NO_PLAN = "Granted on its own"
BY_ENTITIES = "Held by entities"
"""Never how many: Autumn shows what several entities hold of one plan as one."""
ONE_OFF = "Bought once"
ADD_ON = "Add-on"
EXPIRED = "Expired"

ATTENTION = "*Needs attention*"
PRODUCTS = "*Products*"
BALANCES = "*Balances*"
INVOICES = "*Last invoices*"
DISCOUNTS = "*Discounts*"
ROLLOVERS = "*Rolled over*"
ROWS = "*Where it comes from*"
TOTALS = "*Total per feature*"
NO_PRODUCTS = "This customer has no products."
NO_EXPIRED = "No products have expired."
NO_FEATURES = "This customer has no features: no product or grant gives any."
NO_BALANCES = "No metered features."
HIDDEN_BALANCES = "Hidden by Autumn while a plan is past due: see above."
NO_INVOICES = "No invoices yet."
NO_STRIPE = "No next invoice: this customer is not in Stripe."
NEXT_INVOICES = "*Next invoices*, before tax"
NOTHING_COMING = "No next invoice is coming."
NO_USAGE_KIND = "Features like this one have no usage history."
NO_ROWS = "Autumn gives no details on where this balance comes from."
TABLE_UTC = "Times in the table are UTC."
TOO_LONG_TO_CLICK = "Some buttons are left out: this customer's id is too long for Slack to carry."
NO_ID_TO_OPEN = "Cannot be opened here: it has no id in Autumn. Find it in Autumn's dashboard."
ID_TOO_LONG_TO_OPEN = (
    "Cannot be opened here: its id is too long for a Slack button. Type `/autumn` and the id."
)

INVOICE_COLUMNS = ("Date (UTC)", "Products", "Total", "Paid", "Refunded", "Status", "Link")
EVENT_COLUMNS = ("Time (UTC)", "Feature", "Value", "Properties")
ROW_COLUMNS = ("Source", "Included", "Prepaid", "Used", "Remaining", "Resets", "Price", "Expires")
HOSTED = "View invoice"
HOSTED_SHORT = "View"


def joined(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def and_more(number: int) -> str:
    return f"_and {number:,} more_"


def more_on(part: Part) -> str:
    """What is left out of a list, `{}` standing for the number."""
    return f"_and {{}} more: see {PARTS[part]}_"


def more_than_on(part: Part) -> str:
    """The same where there are still others that were not read."""
    return f"_and more than {{}} more: see {PARTS[part]}_"


def credit(shown: str) -> str:
    return f"{shown} credit"


def since(day: str) -> str:
    return f"Customer since {day}"


def shared_by(user: str) -> str:
    return f"Shared by <@{user}>"


def share_text(part: Part) -> str:
    return (
        f"Everyone in this channel will see this customer's {PARTS[part].lower()} as shown here, with names "
        "and e-mail addresses. It stays until someone deletes it."
    )


def page(number: int, pages: int, left: int) -> str:
    return f"Page {number} of {pages:,} · {left:,} left" if left else f"Page {number} of {pages:,} · the last"


def left_out(number: int) -> str:
    return f"_{count(number, 'more part')} left out: too much for one Slack message_"


def more_lines(number: int) -> str:
    return f"… and {count(number, 'more line')}"


def every(interval: str, times: int | None) -> str:
    """`per month`, `every 3 months`, `once`."""
    if interval in ("", "multiple"):
        return ""
    if interval == "one_off":
        return "once"
    if interval == "semi_annual":
        return "every 6 months"
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


def past_due(plan: str) -> str:
    return f"*{plan}* is past due: a payment for it has failed or is late."


def hidden(plan: str) -> str:
    return f"Autumn hides the balances of *{plan}* while it is past due, so features can seem to be missing."


def cancels(plan: str, day: str) -> str:
    return f"*{plan}* cancels on {day}." if day else f"*{plan}* is cancelled."


def cancels_to(plan: str, day: str, follows: str) -> str:
    return f"*{plan}* cancels on {day}, then *{follows}*."


def ends_then(day: str, follows: str) -> str:
    return f"{on(ENDS, day)}, then {follows}"


def changes(plan: str, becomes: str) -> str:
    return f"*{plan}* {becomes}."


def becomes(plan: str, day: str, price: str) -> str:
    return f"→ *{plan}* on {day}" + (f", {price}" if price else "")


def trial_ends(plan: str, day: str) -> str:
    return f"*{plan}*: the trial ends on {day}."


def unpaid(number: int, amounts: str, *, at_least: bool) -> str:
    told = f"{count(number, 'unpaid invoice')}: {amounts}."
    return f"At least {told}" if at_least else told


def over(name: str, units: str, *, billed: bool) -> str:
    return f"*{name}* is over its limit by {units}" + (", which will be billed." if billed else ".")


def many_over(names: str) -> str:
    return f"Over the limit: {names}."


def used_up(names: str) -> str:
    return f"Used up: {names}."


# Products


def on(label: str, day: str) -> str:
    return f"{label} {day}"


def quantity(number: str) -> str:
    return f"× {number}"


def bought(units: str, feature: str) -> str:
    return f"{units} {feature} bought"


def period(start: str, end: str) -> str:
    return f"Period {start} to {end}"


def item(what: str, every: str, beyond: str) -> str:
    """One thing a plan includes: `50,000 messages per month (then $0.80 per 100)`."""
    return " ".join(part for part in (what, every, f"({beyond})" if beyond else "") if part)


def beyond(rate: str, *, included: bool) -> str:
    return f"then {rate}" if included else rate


def includes(items: str) -> str:
    return f"Includes {items}"


CHANGES = "Changes"
STARTED = "Started"
STARTS = "Starts"
ENDS = "Ends"
ENDED = "Ended"
EXPIRES = "Expires"
NEXT_BILLING = "Next billing"
TRIAL_ENDS = "Trial ends"


# Balances


def remaining(left: str, granted: str) -> str:
    return f"{left} of {granted} left"


def used(units: str) -> str:
    return f"{units} used"


def overage(units: str) -> str:
    return f"*{units} over*"


def sources(number: int) -> str:
    return f"from {number} sources"


def unlimited(units: str) -> str:
    return f"Unlimited · {units} used"


def flags(names: str) -> str:
    return f"*Also included:* {names}"


def flag(name: str, plan: str) -> str:
    return f"*{name}* is included" + (f" in {plan}." if plan else ".")


def flag_expires(day: str) -> str:
    return f"It expires on {day}."


def not_held(feature: str) -> str:
    return (
        f"This customer does not have the feature {feature}. It may have ended, or be hidden while a plan is "
        "past due."
    )


def labelled(label: str, fact: str) -> str:
    return f"{label.lower()} {fact}"


def rollover(units: str, granted: str, day: str) -> str:
    first = f"{units} of {granted} left" if granted else f"{units} left"
    return f"{first}, until {day}" if day else f"{first}, without an end"


def credit_cost(name: str, cost: str) -> str:
    return f"{name} ({cost} each)" if cost else name


def credit_costs(costs: str) -> str:
    return f"Spent by other features: {costs}."


def unit_price(amount: str, units: str) -> str:
    return f"{amount} per {units}" if units else f"{amount} each"


TIERED = "by tier"
PREPAID = "prepaid"
BILLED_BY_USE = "billed by use"


# Usage


def usage_title(name: str, span: Span) -> str:
    return f"{name}, {LAST[span]}"


def usage_total(total: str, events: int, span: Span) -> str:
    return f"*Usage, {LAST[span]}:* {total} in {count(events, 'event')}"


def no_usage(span: Span) -> str:
    return f"*Usage, {LAST[span]}:* none."


def usage_note(number: int) -> str:
    return f"The first {count(number, 'bar')} left out. Times on the chart are UTC."


USAGE_UTC = "Times on the chart are UTC."
USED_SERIES = "Used"
OTHER_SERIES = "Others"
SPENT_BY = "*Spent by*"


def spending(name: str, units: str, events: int, taken: str) -> str:
    told = f"{name}: {units} in {count(events, 'event')}"
    return f"{told}, {taken} credits" if taken else told


# Invoices


def next_invoice(total: str, day: str) -> str:
    return f"*Next invoice:* {total} on {day}, before tax" if day else f"*Next invoice:* {total}, before tax"


def invoice_with_plan(plan: str, day: str, price: str) -> str:
    told = f"*Next invoice:* when *{plan}* starts on {day}"
    return f"{told}, {price}" if price else told


def one_of_next(total: str, day: str) -> str:
    return f"• {total} on {day}" if day else f"• {total}"


def discount_off(amount: str, name: str) -> str:
    return f"{amount} off ({name})" if name else f"{amount} off"


def percent(number: str) -> str:
    return f"{number}%"


def invoices_title(status: str, number: int, *, more: bool) -> str:
    kind = f"{INVOICE_STATUSES.get(status, status).lower()} " if status else ""
    return f"{number:,}{'+' if more else ''} {kind}invoice{'' if number == 1 else 's'}"


def due(amount: str) -> str:
    return f"{amount} due"


def newest_only(number: int, things: str) -> str:
    return f"Autumn has more: only the newest {number:,} {things} are listed."


def no_invoices(status: str) -> str:
    return f"No {INVOICE_STATUSES.get(status, status).lower()} invoices." if status else NO_INVOICES


def warned(status: str) -> str:
    """For a table cell, where Slack makes no picture of `:warning:`."""
    return f"\N{WARNING SIGN}\N{VARIATION SELECTOR-16} {status}"


def paid(amount: str) -> str:
    return f"paid {amount}"


def refunded(amount: str) -> str:
    return f"refunded {amount}"


def discount(name: str, value: str, lasts: str, scope: str) -> str:
    return " · ".join(part for part in (f"*{name}*", value, lasts, scope) if part)


FOREVER = "for ever"
ONCE = "once"
ON_SUBSCRIPTION = "on one subscription"


def months(number: str) -> str:
    return f"for {number} months" if number != "1" else "for 1 month"


def until(day: str) -> str:
    return f"until {day}"


# Events


def events_title(number: int, span: Span, feature: str, *, more: bool) -> str:
    of = f" of {feature}" if feature else ""
    return f"{number:,}{'+' if more else ''} event{'' if number == 1 else 's'}{of}, {LAST[span]}"


def no_events(span: Span, feature: str) -> str:
    return f"No events{f' of {feature}' if feature else ''}, {LAST[span]}."


def total(name: str, units: str, events: int) -> str:
    return f"{name}: {units} in {count(events, 'event')}"


# Searching


def matches(query: str, number: int, *, more: bool) -> str:
    if more:
        return f"More than {count(number, 'customer')} match {query}"
    return f"{count(number, 'customer')} match{'es' if number == 1 else ''} {query}"


def matches_more(number: int) -> str:
    return (
        f"Autumn has more matches than these {number:,}. Type more of the name or e-mail to narrow them down."
    )


def nobody(query: str) -> str:
    return (
        f"*No customer found for {query}*\nAutumn's ids, names and e-mail addresses were searched, in the "
        "environment that Maple's key belongs to. Nothing was created.\nTry a part of the name or the e-mail "
        "address, or the id as it is in Autumn."
    )


def stripe_ids_compared(number: int) -> str:
    return (
        f"Autumn cannot search by Stripe id, so Maple compared those of its newest {number:,} customers. Try "
        "the name or the e-mail address."
    )


def did_you_mean(command: str) -> str:
    return f"Did you mean {command}?"


# Help

_HELP = (
    ("{command} <customer>", "everything about a customer at a glance"),
    ("{command} products <customer>", "what they hold, what it costs, when it renews"),
    ("{command} features <customer>", "balances, resets, and usage charts"),
    ("{command} invoices <customer>", "the next invoice and those before it"),
    ("{command} events <customer>", "what was tracked, and totals"),
    ("{command} find <text>", "list the customers that match"),
    ("{command} balance <customer>", "give more of a feature, set or correct a balance, move its reset"),
    ("{command} reward <customer>", "apply or remove a coupon, redeem a promo code"),
    ("{command} update <customer>", "edit name, e-mail and fingerprint"),
    ("{command} delete <customer>", "delete the customer in Autumn"),
    ("{command} history <customer>", "what was changed with Maple, by whom and why"),
    ("{command} digest", "what this channel is told by itself: set it up, pause it, send it now"),
    ("{command} upcoming [days]", "invoices, trials and resets to come, and what is unpaid or past due"),
    ("{command} help", "these words"),
)
HELP_TITLE = "Look up or change a customer in Autumn"
HELP_CUSTOMER = (
    "A customer is an id, an e-mail address, a part of a name, or a link to them in Autumn or Stripe. Put a "
    "name that begins with one of these words in quotes. Only you see the answer, until you choose "
    "*Share to channel*. Looking up never changes anything; a change is shown before and after, and asks for "
    "approval where your team's policy wants it."
)


def help_lines(command: str) -> list[tuple[str, str]]:
    """What to type (not yet escaped) and what it does."""
    return [(usage.format(command=command), does) for usage, does in _HELP]


def usage_hint(command: str, sub: str) -> str:
    return f"Which customer? Type `{command} {sub}` and then an id, an e-mail address, or a part of a name."


def text_hint(command: str) -> str:
    return f"Find what? Type `{command} find` and then a part of an id, a name, or an e-mail address."


def days_hint(command: str, most: int) -> str:
    return f"How many days ahead? Type `{command} upcoming` and a number from 1 to {most}, or nothing for 7."


ASKING = "Still asking Autumn … the answer will follow here."


def asking(customer: str) -> str:
    return f"Still asking Autumn about {customer} … the answer will follow here."


# Home and the look-up form

HOME_TITLE = "Maple"
HOME_WHAT = (
    "Maple answers what a customer has in Autumn and what they will pay: products, feature balances with "
    "usage charts, invoices, and events. Answers are for you alone unless you share them."
)
HOME_TIPS = "*Worth knowing*"
HOME_TIP_LINES = (
    "The buttons on a card move between its parts; *Refresh* reads it again.",
    "*Share to channel* posts what you see for everyone, after asking you once more.",
    "Times show in your own time zone. Each card says when it was read.",
)


def home_where(name: str, env: str) -> str:
    return f"Connected to *{name}* in Autumn {env}" if name else f"Connected to Autumn {env}"


MODAL_TITLE = "Look up a customer"
MODAL_SUBMIT = "Look up"
MODAL_CLOSE = "Close"
MODAL_CUSTOMER = "Customer"
MODAL_CUSTOMER_HINT = "Type at least two letters of the id, the name, or the e-mail address."
MODAL_PLACEHOLDER = "Id, name or e-mail"
MODAL_PART = "Show"
MODAL_NO_CUSTOMER = "Pick a customer from the list."


# Refusals


class Say(NamedTuple):
    what: str
    do: str


GUEST = Say("Guests cannot look up customers.", "Ask a full member of this workspace.")
OUTSIDER = Say(
    "Only members of this workspace can look up customers.", "Ask the people you share this channel with."
)
UNCHECKED = Say(
    "Maple could not check with Slack who you are, so it showed nothing.", "Try again in a minute."
)
SHARED_CHANNEL = Say(
    "This channel is shared with another company, so customer data stays out of it.",
    "Share it in a channel of your own workspace.",
)
UNCHECKED_CHANNEL = Say(
    "Maple could not check with Slack who is in this channel, so it shared nothing.", "Try again in a minute."
)
NOT_IN_CHANNEL = Say(
    "Maple cannot post here, because it is not in this channel.",
    "Type `/invite @Maple` and then share again. In a direct message between people nothing can be shared.",
)


# Failures

NOTHING_CHANGED = "Nothing was changed."

FAILURES: dict[type[BaseException], Say] = {
    errors.NotFound: Say(
        "Autumn does not know this customer.", "It may have been deleted, or its id changed."
    ),
    errors.TimedOut: Say("Autumn did not answer in time.", "Try again in a minute."),
    errors.Unreachable: Say("Autumn could not be reached.", "Try again in a minute."),
    errors.Garbled: Say(
        "Autumn's answer could not be read.", "Try again. If it stays so, tell whoever runs Maple."
    ),
    errors.NoSuchRoute: Say(
        "This Autumn does not know the request.",
        "Whoever runs Maple should check AUTUMN_URL: `python -m bot doctor` says more.",
    ),
    errors.Unauthorized: Say(
        "Autumn did not accept Maple's key.",
        "Whoever runs Maple must set a valid key: `python -m bot doctor` says how.",
    ),
    errors.Forbidden: Say(
        "Maple's key may not read this in Autumn.",
        "Whoever runs Maple must give the key the missing permission: `python -m bot doctor` says which.",
    ),
    errors.Conflict: Say("Autumn is busy with another change to this customer.", "Try again in a minute."),
    errors.RateLimited: Say("Autumn is limiting requests.", "Try again in a minute."),
    errors.Unavailable: Say("Autumn has trouble of its own.", "Try again in a few minutes."),
    errors.Refused: Say(
        "Autumn refused the request.", "Check what was asked for. If it stays so, tell whoever runs Maple."
    ),
    errors.AutumnError: Say("Something went wrong while asking Autumn.", "Try again in a minute."),
    StoreLost: Say(
        "Maple cannot reach its database, so it takes no changes.",
        "Looking up still works. Try again in a few minutes.",
    ),
    StoreSlow: Say(
        "Maple took too long: Slack lets a window open for three seconds after the click.",
        "Try again. If it stays so, tell whoever runs Maple.",
    ),
    StoreLostMidway: Say(
        "Maple lost its database while it carried this out.",
        "It may have been done, so do not ask for it again. Once the database is back, Maple looks in Autumn"
        " what became of it, and the card says so.",
    ),
    BaseException: Say(
        "Something went wrong in Maple.", "Try again. If it stays so, tell whoever runs Maple the reference."
    ),
}
"""What is said of an error: that of the nearest class up its tree."""


def wait(seconds: int) -> str:
    return f"Try again in {count(seconds, 'second')}."


def failure(what: str, do: str, reference: str, *, changed: bool = False) -> str:
    """`changed`: whether something may have been."""
    told = f"*{what}*\n{do}" if changed else f"*{what}*\n{NOTHING_CHANGED} {do}"
    return f"{told}\nReference {reference}" if reference else told


def part_failed(part: str, what: str, do: str) -> str:
    return f":warning: {part} could not be read: {what} {do}"


UPCOMING_AND_DISCOUNTS = "Discounts and the next invoice"
UPCOMING = "The next invoice"
INVOICE_LIST = "The invoices"
UNPAID_LIST = "Unpaid invoices"
EXPIRED_PRODUCTS = "Expired products"
USAGE = "Usage"
EVENT_LIST = "The events"
EVENT_TOTALS = "Totals per feature"
CUSTOMER = "The customer's name and products"
