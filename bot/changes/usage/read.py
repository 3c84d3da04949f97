"""The events that a recording is found among."""

from dataclasses import dataclass

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.events import Event
from bot.changes.model import ChangeInput, Facts
from bot.changes.usage.request import UsageInput
from bot.lookups.concurrent import attempt

MARK = "maple"
"""The property of the event that holds the mark."""
_NEWEST = 100


@dataclass(frozen=True, slots=True)
class RecentEvents:
    newest: tuple[Event, ...]


async def recent_events(autumn: Autumn, customer_id: str, request: ChangeInput | None) -> RecentEvents | None:
    """None if events cannot be read: recording usage then relies on Autumn's answer."""
    if not isinstance(request, UsageInput):
        return None
    page = await attempt(
        lambda: autumn.events(customer_id=customer_id, feature_id=request.feature, limit=_NEWEST)
    )
    return None if isinstance(page, AutumnError) else RecentEvents(tuple(page.list))


def recorded(request: UsageInput, facts: Facts) -> Event | None:
    events = facts.extra.newest if isinstance(facts.extra, RecentEvents) else ()
    return next((event for event in events if (event.properties or {}).get(MARK) == request.mark), None)
