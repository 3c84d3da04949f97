"""The events card."""

from typing import Any

import pytest

from bot.autumn.errors import AutumnError, TimedOut
from bot.kit import times
from bot.lookups.place import Place, Span
from tests.kit import checks
from tests.lookups.drawing import AT_EVENTS, draw, events, table, text_of
from tests.lookups.samples import NOW, event


def test_events_are_a_table_with_totals() -> None:
    listed = (
        event("sent", properties={"model": "a`b", "n": 1}),
        event("odd", properties={}),
        event("long", properties={"x": "y" * 300}),
    )
    card = draw(events(*listed), AT_EVENTS)
    card_text = text_of(card)
    assert "*Total per feature*\n• Messages: 6 in 2 events" in card_text
    assert "quiet" not in card_text
    assert "3 events, last 30 days" in card_text
    rows = table(card)[1:]
    assert rows[0] == ["2026-11-02 15:06", "Messages", "3", "model: a`b, n: 1"]
    assert rows[1] == ["2026-11-02 15:06", "odd", "3", "–"]
    assert len(rows[2][3]) == 120
    assert "· Messages · *3* · `model: aˋb, n: 1`" in checks.read(card.plain)


def test_events_are_stable_while_paging() -> None:
    card = draw(events(*[event()] * 40, more=True), AT_EVENTS)
    assert "40+ events, last 30 days" in text_of(card)
    assert "only the newest 40 events are listed" in text_of(card)
    following = Place.decode(checks.buttons(card)["Next"])
    assert following == AT_EVENTS.at(page=1, until=times.milliseconds(NOW))
    week = Place.decode(checks.buttons(draw(events(), following))["7 days"])
    assert week == AT_EVENTS.at(span=Span.WEEK)


def test_events_of_one_feature() -> None:
    place = AT_EVENTS.at(feature="messages")
    card = draw(events(event()), place)
    assert "1 event of Messages, last 30 days" in text_of(card)
    assert Place.decode(checks.buttons(card)["All features"]) == AT_EVENTS
    (select,) = (element for element in checks.elements(card.blocks) if element["type"] == "external_select")
    assert select["initial_option"]["value"] == "messages"
    assert select["initial_option"]["text"]["text"] == "Messages"


@pytest.mark.parametrize(
    ("changes", "place", "line"),
    [
        ({}, AT_EVENTS, "No events, last 30 days."),
        ({}, AT_EVENTS.at(feature="x", span=Span.DAY), "No events of x, last 24 hours."),
        ({"events": TimedOut()}, AT_EVENTS, "The events couldn't be read: Autumn didn't answer in time."),
        ({"totals": AutumnError()}, AT_EVENTS, "Totals per feature couldn't be read: Something went wrong"),
        ({"customer": TimedOut()}, AT_EVENTS, "The customer's name and products couldn't be read"),
    ],
)
def test_events_say_what_could_not_be_read(changes: dict[str, Any], place: Place, line: str) -> None:
    assert line in text_of(draw(events(**changes), place))
