"""The events tracked for a customer."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from sandbox.autumn.model import LocalEvent
from tests.journeys.steps import assert_in_order, click_and_see, command_and_see
from tests.running import UNHURRIED, Running, running_maple


@pytest.fixture
async def maple() -> AsyncIterator[Running]:
    """Asks Autumn for events of one customer more often than Autumn allows."""
    limits = replace(UNHURRIED.limits, events_per_customer=1000)
    async with running_maple("http", timeouts=replace(UNHURRIED, limits=limits)) as maple:
        yield maple


async def test_totals_are_followed_by_events(maple: Running) -> None:
    screen = await command_and_see(maple, "/autumn events cus_acme", "Total per feature")
    assert_in_order(
        screen,
        "Total per feature\n• Tokens: ",
        "• API Calls: ",
        "• Messages: ",
        "200+ events, last 30 days",
        "Time (UTC) | Feature | Value | Properties",
        "Page 1 of 14 · 185 left",
        "[24 hours] [7 days] [● 30 days] [90 days]",
    )
    assert re.search(r"\| Messages \| \d+ \| model: lumen-\w+, place: [\w-]+\n", screen)


async def test_events_are_filtered_by_feature_and_time(maple: Running) -> None:
    await command_and_see(maple, "/autumn events cus_acme", "Total per feature")
    await maple.ana.choose("Filter by feature", "Messages")
    screen = await maple.ana.sees("events of Messages, last 30 days")
    assert "API Calls" not in screen
    screen = await click_and_see(maple, "7 days", "events of Messages, last 7 days")
    assert "Total per feature\n• Messages: " in screen
    await click_and_see(maple, "All features", "events, last 7 days")
    await command_and_see(maple, "/autumn events cus_empty", "No events, last 30 days.")


async def test_pages_are_stable_while_new_events_arrive(maple: Running) -> None:
    first = await command_and_see(maple, "/autumn events cus_busy", "Page 1 of 14")
    second = await click_and_see(maple, "Next", "Page 2 of 14")
    _track(maple, 20)
    assert _rows(await click_and_see(maple, "Previous", "Page 1 of 14")) == _rows(first)
    assert _rows(await click_and_see(maple, "Next", "Page 2 of 14")) == _rows(second)
    refreshed = await click_and_see(maple, "Refresh", "| 987 |")
    assert _rows(refreshed) != _rows(second)


def _rows(text: str) -> list[str]:
    return re.findall(r"^\d{4}-.*$", text, re.MULTILINE)


def _track(maple: Running, number: int) -> None:
    """Tracks enough new events to push a whole page away."""
    customer = maple.autumn.state.customers["cus_busy"]
    now = int(time.time() * 1000)
    maple.autumn.state.events(customer).extend(
        LocalEvent(f"evt_new_{index}", now + index, "messages", "cus_busy", 987.0) for index in range(number)
    )
