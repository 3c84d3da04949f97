"""A customer, or an entity of theirs, reached a limit of a feature: what is included, or one that was set."""

from collections.abc import Iterator

from bot.alerts.model import Occurrence
from bot.alerts.sources.source import AlertSource, Data, EventNames, a_text, about, spoken

_LIMITS = {
    "included": "has used all that is included",
    "max_purchase": "has bought as much as can be bought",
    "spend_limit": "has reached the spend limit",
    "usage_limit": "has reached the usage limit",
}


def _read(data: Data) -> Iterator[Occurrence]:
    return about(data, facts={"limit": a_text(data, "limit_type")})


def _tell(occurrence: Occurrence, names: EventNames) -> str:
    limit = str(occurrence.facts.get("limit") or "")
    reached = _LIMITS.get(limit) or f"has reached a limit ({spoken(limit) or 'not named'})"
    who = "entity" if occurrence.entity else "customer"
    return f"{names.feature(occurrence.feature)}: the {who} {reached}."


SOURCE = AlertSource(
    key="limit_reached",
    title="Limit reached",
    hint="A customer used all that is included, or reached a limit that was set",
    emoji=":no_entry_sign:",
    message="balances.limit_reached",
    read=_read,
    tell=_tell,
    offers_allowance=True,
)
