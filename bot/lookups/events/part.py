"""Events: what was tracked for the customer, and totals."""

from decimal import Decimal

from bot.autumn.models import Event
from bot.lookups import samples
from bot.lookups.events import card, words
from bot.lookups.events.answer import Events
from bot.lookups.events.read import events
from bot.lookups.part import LookupPart


def _sample() -> Events:
    tracked = tuple(
        Event(
            id=f"evt_{number}",
            timestamp=samples.NOW - number * samples.DAY,
            feature_id=samples.FEATURE_ID,
            value=Decimal(3),
        )
        for number in range(1, 4)
    )
    return Events(
        customer=samples.customer(),
        events=tracked,
        more=False,
        totals={},
        features={samples.FEATURE_ID: samples.feature()},
        until=samples.NOW,
        read_at=samples.NOW,
    )


PART = LookupPart(
    id="events",
    title=words.TITLE,
    command="events",
    help=words.HELP,
    read=events,
    filters_by_feature=True,
    draw=card.content,
    sample=_sample,
)
