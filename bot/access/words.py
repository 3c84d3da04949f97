"""Limits of a policy in words, for the people they hold for. In mrkdwn."""

from collections.abc import Mapping
from decimal import Decimal
from typing import assert_never

from bot.access.limits import Exceeded, Limit, Limits, Measure
from bot.access.policy import DecisionReason
from bot.kit import money, numbers, text

OTHER_MEMBERS = "other full members"
EVERY_MEMBER = "every full member"
NOBODY = "nobody, under the current policy"
ASK_THEM = "Ask them"

BARRED: Mapping[DecisionReason, str] = {
    DecisionReason.DENIED: "Your team's policy doesn't allow you to do this",
    DecisionReason.NO_RULE: "No rule of your team's policy lets you do this",
    DecisionReason.OWN: "You requested this yourself, so someone else must decide",
    DecisionReason.NOT_YOURS: "Only the person who requested this can edit or withdraw it",
    DecisionReason.NOT_A_MEMBER: "Only full members of this workspace can do this",
    DecisionReason.UNCHECKED: "Maple couldn't check with Slack who you are and which groups you are in",
}


def barred(why: str, rule_name: str) -> str:
    return f"{why} (rule {rule_name})." if rule_name else f"{why}."


def who_may(who: str) -> str:
    return f"*Who can do this:* {who}."


_IN_MONEY = frozenset({Measure.VALUE, Measure.VALUE_DAY, Measure.VALUE_PERSON_DAY})
_DAILY = frozenset(Measure) - {Measure.AMOUNT, Measure.VALUE}
_WORTH_UNKNOWN = "it has a limit in money, and Maple doesn't know what this is worth"


def limits_of(limits: Limits) -> str:
    """`up to 1,000 at a time, 2,000 per customer per day`; empty if there are none."""
    parts = [_span(measure, _limit(limit)) for measure, limit in limits.items()]
    return f"up to {', '.join(parts)}" if parts else ""


def exceeded(limit: Exceeded) -> str:
    """Which limit a change exceeds, and what is left of it today."""
    rule = text.code(limit.rule, 60)
    if limit.limit is None:
        why = f"it has no limit in {text.code(limit.currency, 8)}" if limit.currency else _WORTH_UNKNOWN
        return f"This is outside rule {rule}: {why}."
    most = _span(limit.measure, _figure(limit.measure, limit.limit, limit.currency))
    left_today = ""
    if limit.measure in _DAILY:
        left_today = f", and {_figure(limit.measure, limit.left, limit.currency)} of that is left today"
    return f"This is over the limit of rule {rule}: {most}{left_today}."


def _limit(limit: Limit) -> str:
    if isinstance(limit, Mapping):
        return " or ".join(money.money(most, code) for code, most in limit.items())
    return numbers.number(limit)


def _figure(measure: Measure, figure: Decimal, currency: str) -> str:
    return money.money(figure, currency) if measure in _IN_MONEY else numbers.number(figure)


def _span(measure: Measure, most: str) -> str:
    match measure:
        case Measure.AMOUNT | Measure.VALUE:
            return f"{most} at a time"
        case Measure.DAY | Measure.VALUE_DAY:
            return f"{most} per customer per day"
        case Measure.PERSON_DAY | Measure.VALUE_PERSON_DAY:
            return f"{most} per person per day"
        case _:
            assert_never(measure)
