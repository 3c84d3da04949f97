"""Events: what was tracked for the customer, and totals."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.events import Event, UsageTotal
from bot.autumn.models import Customer, Page
from bot.lookups import samples
from bot.lookups.answers import Read
from bot.lookups.catalogue import Catalogue, by_name, catalogue, names, tracked
from bot.lookups.concurrent import attempt, meanwhile, result_of
from bot.lookups.customer import customer_of
from bot.lookups.events import card, words
from bot.lookups.events.card import Events
from bot.lookups.part import LookupPart
from bot.lookups.place import Place, Span

MOST = 200

_Reading: TypeAlias = "asyncio.Task[Read[Catalogue]]"
_Totals: TypeAlias = dict[str, UsageTotal]

_BACK = {
    Span.DAY: timedelta(days=1),
    Span.WEEK: timedelta(days=7),
    Span.MONTH: timedelta(days=30),
    Span.QUARTER: timedelta(days=90),
}


async def events(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Events:
    """Four questions, as far as possible at the same time. Raises NotFound, or AutumnError when neither an
    event nor the customer can be shown."""
    until = datetime.fromtimestamp(place.until / 1000, UTC) if place.until else at
    span = _Span(until - _BACK.get(place.span, _BACK[Span.MONTH]), until)
    whole = autumn.retry_policy.part
    async with (
        meanwhile(attempt(lambda: catalogue(autumn), within=whole)) as features,
        meanwhile(attempt(lambda: _page(autumn, place, span, features))) as listing,
        meanwhile(attempt(lambda: _totals(autumn, place, span, features), within=whole)) as totals,
    ):
        customer = await attempt(lambda: customer_of(autumn, place, known))
        if isinstance(customer, NotFound):
            raise customer
        page = await listing
        if isinstance(page, AutumnError) and isinstance(customer, AutumnError):
            raise customer
        known_features = await features
        sums = await totals
        if not (
            isinstance(page, AutumnError)
            or isinstance(sums, AutumnError)
            or isinstance(known_features, AutumnError)
        ):
            listed = {event.feature_id for event in _none_after(until, page) if event.feature_id}
            sums = await _with_retired(autumn, place, span, listed - set(tracked(known_features)), sums)
        return Events(
            customer=customer,
            events=page if isinstance(page, AutumnError) else _none_after(until, page),
            more=not isinstance(page, AutumnError) and page.next_cursor is not None,
            totals=sums,
            features={} if isinstance(known_features, AutumnError) else by_name(known_features),
            until=until,
            read_at=at,
        )


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime


async def _page(autumn: Autumn, place: Place, span: _Span, features: _Reading) -> Page[Event]:
    tracked_names = await _names(place, features) if place.feature else None
    return await autumn.events(
        customer_id=place.customer, feature_id=tracked_names, start=span.start, end=span.end, limit=MOST
    )


async def _totals(autumn: Autumn, place: Place, span: _Span, features: _Reading) -> _Totals:
    return await _usage(autumn, place, span, await _names(place, features))


async def _with_retired(
    autumn: Autumn, place: Place, span: _Span, retired: set[str], totals: _Totals
) -> Read[_Totals]:
    """The totals, with those of names under which nothing is tracked any longer."""
    if place.feature or not retired:
        return totals
    ordered = tuple(sorted(retired))
    more = await attempt(lambda: _usage(autumn, place, span, ordered), within=autumn.retry_policy.part)
    return more if isinstance(more, AutumnError) else totals | more


async def _usage(autumn: Autumn, place: Place, span: _Span, tracked_names: tuple[str, ...]) -> _Totals:
    if not tracked_names:
        return {}
    answer = await autumn.usage(
        customer_id=place.customer, feature_ids=tracked_names, start=span.start, end=span.end, bin_size="day"
    )
    return answer.total


async def _names(place: Place, features: _Reading) -> tuple[str, ...]:
    """The tracked names whose events are read. Raises AutumnError if they cannot be known."""
    listed_features = await result_of(features)
    if isinstance(listed_features, AutumnError):
        if place.feature:
            return (place.feature,)
        raise listed_features
    return names(place.feature, listed_features) if place.feature else tracked(listed_features)


def _none_after(until: datetime, page: Page[Event]) -> tuple[Event, ...]:
    return tuple(event for event in page.list if event.timestamp <= until)


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
