"""Words of one feature's page."""

from typing import assert_never

from bot.kit.phrases import count
from bot.lookups.feature.pace import Beyond
from bot.lookups.labels import LAST
from bot.lookups.place import Span

TITLE = "Feature"

BACK_TO_FEATURES = "All features"
BACK_TO_ENTITY = "Back to the entity"
USAGE_OF_ALL = "Of the whole customer, entities included."

ROLLOVERS = "*Rolled over*"
ROWS = "*Sources*"

NO_USAGE_KIND = "Features like this one have no usage history."
NO_ROWS = "Autumn doesn't list the sources of this balance."

ROW_COLUMNS = ("Source", "Included", "Prepaid", "Used", "Remaining", "Resets", "Price", "Expires")

USAGE_UTC = "Times on the chart are UTC."
USED_SERIES = "Used"
PACE_SERIES = "Used, then this pace"
ALLOWANCE_SERIES = "Allowance"
OVERAGE_GOES_ON = "Usage beyond the allowance continues as overage."
OVERAGE_LIMITED = "Usage beyond the allowance continues as overage, until a limit stops it."
OTHER_SERIES = "Others"
SPENT_BY = "*Spent by*"

USAGE = "Usage"


def of_entity(feature: str, entity: str) -> str:
    return f"*{feature}* of {entity}"


def entity_without(feature: str) -> str:
    return f"This entity has no balance of {feature}."


def flag(name: str, plan: str) -> str:
    return f"*{name}* is included" + (f" in {plan}." if plan else ".")


def flag_expires(day: str) -> str:
    return f"It expires on {day}."


def not_held(feature: str) -> str:
    return (
        f"This customer doesn't have the feature {feature}. It may have ended, or Autumn may hide it while a "
        "product is past due."
    )


def labelled(label: str, fact: str) -> str:
    return f"{label.lower()} {fact}"


def rollover(units: str, granted: str, day: str) -> str:
    first = f"{units} of {granted} left" if granted else f"{units} left"
    return f"{first}, until {day}" if day else f"{first}, no expiry"


def credit_cost(name: str, cost: str) -> str:
    return f"{name} ({cost} each)" if cost else name


def credit_costs(costs: str) -> str:
    return f"Spent by other features: {costs}."


def usage_title(name: str, span: Span) -> str:
    return f"{name}, {LAST[span]}"


def usage_total(total: str, events: int, span: Span) -> str:
    return f"*Usage, {LAST[span]}:* {total} in {count(events, 'event')}"


def pace(at_reset: str, granted: str, *, day: str, used_up: str, beyond: Beyond | None) -> str:
    """`used_up`: the day on which nothing is left, if that is yet to come, and before the reset."""
    expected = f"usage reaches {at_reset} of {granted} by the reset on {day}"
    runs_out = f"*At this pace* it runs out around {used_up}" if used_up else ""
    paced = f"{runs_out}, and {expected}" if used_up else f"*At this pace* {expected}"
    match beyond:
        case None | Beyond.TOPPED_UP:
            return f"{paced}."
        case Beyond.STOPS:
            stops = f"usage stops until the reset on {day}"
            return f"{runs_out}, and {stops}." if used_up else f"*Nothing is left*, and {stops}."
        case Beyond.OVERAGE:
            return f"{paced}. {OVERAGE_GOES_ON}"
        case Beyond.LIMITED_OVERAGE:
            return f"{paced}. {OVERAGE_LIMITED}"
        case _:
            assert_never(beyond)


def no_usage(span: Span) -> str:
    return f"*Usage, {LAST[span]}:* none."


def usage_note(number: int) -> str:
    return f"Not shown: the first {count(number, 'bar')}. {USAGE_UTC}"


def spending(name: str, units: str, events: int, credits_taken: str) -> str:
    usage = f"{name}: {units} in {count(events, 'event')}"
    return f"{usage}, {credits_taken} credits" if credits_taken else usage
