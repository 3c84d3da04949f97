"""What was tracked for the customer."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.autumn.errors import AutumnError
from bot.autumn.events import Event, UsageTotal
from bot.autumn.models import Customer, Feature
from bot.kit import blocks, layout, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels
from bot.lookups.answers import Read
from bot.lookups.events import words
from bot.lookups.features import card as features
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.place import Place, Span

SIZE = 15
_TOTALS = 10
_PROPERTIES = 120
_SPANS = (Span.DAY, Span.WEEK, Span.MONTH, Span.QUARTER)


@dataclass(frozen=True, slots=True)
class Events:
    """What is read of a customer's events."""

    customer: Read[Customer]
    events: Read[tuple[Event, ...]]
    """Newest first, up to `MOST` in `part.py`, none after the place's `until`."""
    more: bool
    totals: Read[dict[str, UsageTotal]]
    """Per tracked name over the span."""
    features: dict[str, Feature]
    """By id, and by the event names they track; empty when they could not be read."""
    until: datetime
    read_at: datetime
    unpaid: Read[Unpaid] | None = None


def content(answer: Events, frame: parts.Frame) -> list[layout.Drawn]:
    drawn: list[layout.Drawn] = []
    if isinstance(answer.customer, AutumnError):
        drawn.append(parts.failed("customer", labels.CUSTOMER, answer.customer))
    drawn += _totals(answer)
    drawn += _events(answer, frame)
    logs = frame.go(words.LOGS, "logs", frame.place.go("logs"))
    return [*drawn, *_filters(answer, frame), *frame.buttons("logs", [logs])]


def _totals(answer: Events) -> list[Block]:
    totals = answer.totals
    if isinstance(totals, AutumnError):
        return [parts.failed("totals", words.EVENT_TOTALS, totals)]
    ranked = sorted(totals.items(), key=lambda item: (-item[1].sum, -item[1].count, item[0]))
    lines = [_total(tracked, usage, answer) for tracked, usage in ranked if usage.count or usage.sum]
    return [blocks.section("totals", layout.listed(words.TOTALS, lines, _TOTALS))] if lines else []


def _total(tracked: str, usage: UsageTotal, answer: Events) -> str:
    name = text.mrkdwn(_name(tracked, answer), 60) or phrases.NONE
    return f"• {labels.total(name, numbers.number(usage.sum), usage.count)}"


def _events(answer: Events, frame: parts.Frame) -> list[layout.Drawn]:
    place, listed = frame.place, answer.events
    if isinstance(listed, AutumnError):
        return [parts.failed("events", words.EVENT_LIST, listed)]
    feature = _name(place.feature, answer)
    if not listed:
        return [blocks.section("events", words.no_events(place.span, text.mrkdwn(feature, 60)))]
    page = layout.paged(listed, place.page, SIZE)

    def title(safe: layout.Safe) -> str:
        return words.events_title(len(listed), place.span, safe(feature, 60), more=answer.more)

    rows = [_row(event, answer) for event in page.items]
    lines = [_line(event, answer) for event in page.items]
    drawn: list[layout.Drawn] = [layout.table(title, words.EVENT_COLUMNS, rows, lines)]
    if answer.more:
        drawn.append(blocks.context("more", labels.newest_only(len(listed), "events")))
    fixed = place.model_copy(update={"until": times.milliseconds(answer.until)})
    return [*drawn, *parts.paging(frame, page, fixed)]


def _row(event: Event, answer: Events) -> list[blocks.Cell]:
    return [
        blocks.cell(times.utc(event.timestamp)),
        blocks.cell(text.literal(_name(event.feature_id, answer), 60)),
        blocks.quantity(numbers.finite(event.value), numbers.number(event.value)),
        blocks.cell(text.literal(_properties(event), _PROPERTIES)),
    ]


def _line(event: Event, answer: Events) -> str:
    facts = [
        times.moment(event.timestamp),
        text.mrkdwn(_name(event.feature_id, answer), 60),
        f"*{numbers.number(event.value)}*",
        text.code(_properties(event), _PROPERTIES),
    ]
    return "• " + " · ".join(fact for fact in facts if fact)


def _properties(event: Event) -> str:
    """`model: small, retries: 2`; what is not a plain text or number as JSON."""
    return ", ".join(f"{name}: {_property(value)}" for name, value in (event.properties or {}).items())


def _property(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _name(tracked: str, answer: Events) -> str:
    feature = answer.features.get(tracked)
    return (feature.name if feature else "") or tracked


def _filters(answer: Events, frame: parts.Frame) -> list[Block]:
    place = frame.place.at(until=0)
    spans = [
        frame.go(labels.SPANS[span], f"span:{span}", place.at(span=span), current=span is place.span)
        for span in _SPANS
    ]
    every = frame.go(words.ALL_FEATURES, "all_features", place.at(feature="")) if place.feature else None
    return [
        *frame.buttons("spans", [*spans, every]),
        *features.pick(parts.Frame(place, frame.private), words.FILTER_FEATURE, _chosen(place, answer)),
    ]


def _chosen(place: Place, answer: Events) -> tuple[str, str] | None:
    return (place.feature, _name(place.feature, answer)) if place.feature else None
