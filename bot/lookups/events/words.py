"""Words of the events."""

from bot.lookups.labels import LAST
from bot.lookups.place import Span

LOGS = "Request logs"
TITLE = "Events"
HELP = "tracked usage, event by event, with totals"

ALL_FEATURES = "All features"

FILTER_FEATURE = "Filter by feature"

TOTALS = "*Total per feature*"

EVENT_COLUMNS = ("Time (UTC)", "Feature", "Value", "Properties")

EVENT_LIST = "The events"
EVENT_TOTALS = "Totals per feature"


def events_title(number: int, span: Span, feature: str, *, more: bool) -> str:
    of = f" of {feature}" if feature else ""
    return f"{number:,}{'+' if more else ''} event{'' if number == 1 else 's'}{of}, {LAST[span]}"


def no_events(span: Span, feature: str) -> str:
    return f"No events{f' of {feature}' if feature else ''}, {LAST[span]}."
