"""What people read about changes of any kind."""

from bot.changes.notes import Details

WARNED = ":warning: *Before you continue*"
REFUSED = ":no_entry: *This can't be done*"

STALE = "The form was still updating for this choice. Check what it shows now and submit again."
NOT_OFFERED = "This form doesn't offer that. Pick what to do, then submit again."
ACTION = "What to do"

ABSENT = "none"

NOW_SHOWN = "*What Autumn shows now*"
NOW_UNKNOWN = "Maple couldn't read it, or the customer is gone. Check in Autumn."
NOW_UNREAD = "Maple couldn't read it. Check in Autumn."
NOW_GONE = "The customer is no longer there."
NOW_ENTITY_GONE = "The customer, or this entity of theirs, is no longer there."
NOW_NOT_THERE = "Maple checked in Autumn: this balance is no longer there."

HISTORY = "History"
MORE_CHANGES = "More changes…"
CHOOSER_TITLE = "Request a change"
CHOOSE = "Choose"
LOADING_CHANGES = "Reading this customer from Autumn…"
NO_CHANGES = "There is nothing that you may change here."
SWITCHED_ON = "On"


def for_entity(summary: str, entity: str) -> str:
    return f"{summary}, for the entity {entity}"


def named(name: str, shown_id: str) -> str:
    return f"{name} ({shown_id})"


def left_out(number: int) -> str:
    why = "its id is" if number == 1 else "their ids are"
    return f"{number:,} more can't be picked here: {why} too long for Slack."


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


def for_feature(feature: str) -> str:
    return f"for {feature}"


def estimated(line: str) -> str:
    return f"{line} (estimate, before tax)"


def granted_as(balance: str) -> str:
    return f"Granted as {balance}"


def row_left(left: str, granted: str) -> str:
    return f"{left} of {granted} left"


def source(source: str) -> str:
    return f"*Source:* {source}"


def same_day(of: Details) -> str:
    """Warns about earlier changes to the feature that count towards the same limits of the policy."""
    feature = f"this customer's {of.text('feature')}" if "feature" in of else "this feature"
    return (
        f"This is the {of.ordinal('nth')} change to {feature} today: {of.number('units')} in total, this one "
        "included."
    )
