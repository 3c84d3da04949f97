"""What was tracked for the customer."""

import json
from typing import Any

from bot.autumn.errors import AutumnError
from bot.autumn.models import Event, UsageTotal
from bot.kit import blocks, layout, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels
from bot.lookups.events import words
from bot.lookups.events.answer import Events
from bot.lookups.features import card as features
from bot.lookups.place import Place, Span

SIZE = 15
_TOTALS = 10
_PROPERTIES = 120
_SPANS = (Span.DAY, Span.WEEK, Span.MONTH, Span.QUARTER)


def content(answer: Events, frame: parts.Frame) -> list[layout.Drawn]:
    found: list[layout.Drawn] = []
    if isinstance(answer.customer, AutumnError):
        found.append(parts.failed("customer", labels.CUSTOMER, answer.customer))
    found += _totals(answer)
    found += _events(answer, frame)
    return [*found, *_filters(answer, frame)]


def _totals(answer: Events) -> list[Block]:
    totals = answer.totals
    if isinstance(totals, AutumnError):
        return [parts.failed("totals", words.EVENT_TOTALS, totals)]
    ranked = sorted(totals.items(), key=lambda item: (-item[1].sum, -item[1].count, item[0]))
    lines = [_total(tracked, one, answer) for tracked, one in ranked if one.count or one.sum]
    return [blocks.section("totals", layout.listed(words.TOTALS, lines, _TOTALS))] if lines else []


def _total(tracked: str, one: UsageTotal, answer: Events) -> str:
    name = text.mrkdwn(_name(tracked, answer), 60) or phrases.NONE
    return f"• {labels.total(name, numbers.number(one.sum), one.count)}"


def _events(answer: Events, frame: parts.Frame) -> list[layout.Drawn]:
    place, found = frame.place, answer.events
    if isinstance(found, AutumnError):
        return [parts.failed("events", words.EVENT_LIST, found)]
    feature = _name(place.feature, answer)
    if not found:
        return [blocks.section("events", words.no_events(place.span, text.mrkdwn(feature, 60)))]
    page = layout.paged(found, place.page, SIZE)

    def title(safe: layout.Safe) -> str:
        return words.events_title(len(found), place.span, safe(feature, 60), more=answer.more)

    rich = blocks.table(
        "table",
        title(text.literal),
        [
            [blocks.cell(column) for column in words.EVENT_COLUMNS],
            *(_row(one, answer) for one in page.items),
        ],
    )
    plain = layout.packed("list", [f"*{title(text.mrkdwn)}*", *(_line(one, answer) for one in page.items)])
    shown: list[layout.Drawn] = [layout.Either(rich=(rich,), plain=tuple(plain))]
    if answer.more:
        shown.append(blocks.context("more", labels.newest_only(len(found), "events")))
    held = place.model_copy(update={"until": times.milliseconds(answer.until)})
    return [*shown, *parts.paging(frame, page, held)]


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
    known = answer.features.get(tracked)
    return (known.name if known else "") or tracked


def _filters(answer: Events, frame: parts.Frame) -> list[Block]:
    place = frame.place.at(until=0)
    spans = [
        frame.go(labels.SPANS[span], f"span:{span}", place.at(span=span), primary=span is place.span)
        for span in _SPANS
    ]
    every = frame.go(words.ALL_FEATURES, "all_features", place.at(feature="")) if place.feature else None
    return [
        *frame.buttons("spans", [*spans, every]),
        *features.pick(parts.Frame(place, frame.private), words.FILTER_FEATURE, _chosen(place, answer)),
    ]


def _chosen(place: Place, answer: Events) -> tuple[str, str] | None:
    return (place.feature, _name(place.feature, answer)) if place.feature else None
