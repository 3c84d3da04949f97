"""The kinds of alerts there are. One line here adds one."""

from collections.abc import Collection

from bot.alerts.sources import limit_reached, past_due, plan_changed, top_up_failed, usage_alert
from bot.alerts.sources.source import AlertSource

SOURCES: tuple[AlertSource, ...] = (
    limit_reached.SOURCE,
    usage_alert.SOURCE,
    past_due.SOURCE,
    top_up_failed.SOURCE,
    plan_changed.SOURCE,
)


def chosen(of: Collection[str]) -> list[AlertSource]:
    """Those with one of these keys, in order. Keys of sources that were removed are skipped."""
    return [source for source in SOURCES if source.key in of]


def find(key: str) -> AlertSource | None:
    """None if that source was removed."""
    return next((source for source in SOURCES if source.key == key), None)


def reading(message: str) -> list[AlertSource]:
    """Those that read Autumn's messages of this type."""
    return [source for source in SOURCES if source.message == message]
