"""What people read about changes of any kind."""

from bot.kit.phrases import count

WARNED = ":warning: *Before you continue*"
REFUSED = ":no_entry: *This cannot be done*"

STALE = "The form was still updating for this choice. Check what it shows now and submit again."
NOT_OFFERED = "This form does not offer that. Pick what to do, then submit again."
ACTION = "What to do"

ABSENT = "none"

NOW_SHOWN = "*What Autumn shows now*"
NOW_UNKNOWN = "Maple could not read it, or the customer is gone. Check in Autumn."
NOW_UNREAD = "Maple could not read it. Check in Autumn."
NOW_GONE = "The customer is no longer there."
NOW_ENTITY_GONE = "The customer, or this entity of theirs, is no longer there."
NOW_NOT_THERE = "Maple read it, and this balance is no longer there."

HISTORY = "History"
MORE_CHANGES = "More changes …"
CHOOSER_TITLE = "Request a change"
CHOOSE = "Choose"
LOADING_CHANGES = "Reading this customer from Autumn …"
NO_CHANGES = "There is nothing that you may change here."
SWITCHED_ON = "On"


def for_entity(summary: str, entity: str) -> str:
    return f"{summary}, for the entity {entity}"


def named(name: str, shown_id: str) -> str:
    return f"{name} ({shown_id})"


def left_out(number: int) -> str:
    return f"{count(number, 'more')} cannot be picked here: the id is too long for Slack."


def line(label: str, about: str, before: str, after: str) -> str:
    """`Granted: 1,000 → *1,500*`."""
    labelled = f"{label} {about}".rstrip()
    if before == after:
        return f"{labelled}: {before}, unchanged"
    return f"{labelled}: {before} → *{after}*" if before else f"{labelled}: *{after}*"


def at_least(number: str) -> str:
    return f"at least {number}"


def on_day(day: str) -> str:
    return f"on {day}"


def of_feature(feature: str) -> str:
    return f"of {feature}"


def estimated(line: str) -> str:
    return f"{line} (estimate, before tax)"


def granted_as(balance: str) -> str:
    return f"Granted as {balance}"


def row_left(left: str, granted: str) -> str:
    return f"{left} of {granted} left"


def part(source: str) -> str:
    return f"*Part:* {source}"
