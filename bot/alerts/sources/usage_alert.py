"""Usage of a feature crossed a threshold that was set on the customer in Autumn."""

from collections.abc import Iterator

from bot.alerts.model import Occurrence
from bot.alerts.sources.source import (
    AlertSource,
    Data,
    EventNames,
    a_number,
    a_part,
    a_text,
    about,
    quantity,
    spoken,
)
from bot.kit import text

_THRESHOLDS = {
    "usage": "{} used",
    "usage_percentage": "{}% used",
    "remaining": "{} left",
    "remaining_percentage": "{}% left",
}


def _read(data: Data) -> Iterator[Occurrence]:
    alert = a_part(data, "usage_alert")
    facts = {
        "name": a_text(alert, "name"),
        "threshold": a_number(alert, "threshold"),
        "type": a_text(alert, "threshold_type"),
    }
    return about(data, facts=facts)


def _tell(occurrence: Occurrence, names: EventNames) -> str:
    facts = occurrence.facts
    kind, threshold = str(facts.get("type") or ""), facts.get("threshold")
    amount = "?" if threshold is None else quantity(threshold)
    words = _THRESHOLDS.get(kind)
    crossed = words.format(amount) if words else f"{amount} ({spoken(kind) or 'not named'})"
    named = text.mrkdwn(str(facts.get("name") or ""), 80)
    return f"{names.feature(occurrence.feature)}: {crossed}{f' · alert {named}' if named else ''}."


SOURCE = AlertSource(
    key="usage_alert",
    title="Usage alert",
    hint="A usage alert that is set on the customer in Autumn went off",
    emoji=":chart_with_upwards_trend:",
    message="balances.usage_alert_triggered",
    read=_read,
    tell=_tell,
    offers_allowance=True,
)
