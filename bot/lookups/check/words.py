"""Words of the check whether something may be used."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.lookups.check.reason import Why

HELP = "whether they can use something now, and why: `check acme 5k messages`"
CHECK = "The check"
PICK = "Pick a feature"
BACK_TO_FEATURE = "Open the feature"
BACK_TO_ENTITY = "Open the entity"
ANOTHER = "Another feature"
WHICH = "Which feature? Pick one, or type a whole question: `/autumn check acme 5k messages`."
HOW_MANY = "For another number type `/autumn check acme 5k messages`. Checking uses nothing."
NO_ENTITY = "This customer no longer has this entity."
ONE_FEATURE = "Ask about one feature at a time."
MORE_THAN_NOTHING = "How many units? Write a number above 0, such as 500, 1k or 2.5m."
USAGE = "check acme 5k messages"

THEY = "They"


def unknown_feature(typed: str) -> str:
    return f"{typed} doesn't match exactly one feature. {WHICH}"


def verdict(who: str, units: str, feature: str, *, allowed: bool) -> str:
    """`units`: empty for a feature that is on or off."""
    amount = f"{units} {feature}" if units else feature
    return f"*Yes.* {who} can use {amount}." if allowed else f"*No.* {who} can't use {amount}."


def entity(entity_id: str) -> str:
    return f"The entity {entity_id}"


REASONS: Mapping[Why, str] = MappingProxyType(
    {
        Why.SWITCHED_ON: "The feature is on for them.",
        Why.UNLIMITED: "They have it without a limit.",
        Why.ENOUGH_LEFT: "Enough is left.",
        Why.OVERAGE_OF_PRODUCT: "Less is left, but their product allows overage, at a price.",
        Why.OVERAGE_NOT_BILLED: "Less is left, but their product allows overage. A spend limit keeps it off "
        "their invoices.",
        Why.OVERAGE_ALLOWED: "Less is left, but a billing control allows overage.",
        Why.AUTUMN_ALLOWS: "Autumn allows it, though it shows no balance that would cover it.",
        Why.NOT_HELD: "They don't have this feature. It may have ended or been used up.",
        Why.USAGE_LIMIT: "A usage limit stops it.",
        Why.SPEND_LIMIT: "They can go over what is left, but not this far: a spend limit stops it.",
        Why.MOST_TO_BUY: "They can go over what is left, but not this far: their product sells only so much.",
        Why.NOT_ENOUGH: "Too little is left.",
        Why.AUTUMN_REFUSES: "Autumn refuses it and doesn't say why. The remaining balance isn't the reason.",
    }
)


def usage_limit(limit: str, interval: str, used: str) -> str:
    return f"The limit: {limit} a {interval} ({used} used)."


def spend_limit(limit: str) -> str:
    return f"The limit: {limit} beyond what is granted."


def spend_limit_percent(limit: str) -> str:
    return f"The limit: {limit}% of what the main product includes."


def sold(units: str) -> str:
    return f"The most: {units} beyond what is granted."


def paid_by(needed: str, name: str) -> str:
    """For a feature that is paid for by another, such as credits."""
    return f"It takes {needed} of {name}."


def left_after(units: str) -> str:
    return f"{units} left afterwards"


def from_plan(plan: str) -> str:
    return f"From {plan}."
