"""An alert source takes one module and one line: a sample source works from Autumn's message to the post."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.alerts import sources
from bot.alerts.model import AlertChoice
from bot.alerts.sources import limit_reached
from bot.alerts.sources.source import about
from tests.alerts.harness import AlertHarness, alert_harness, full_text
from tests.alerts.test_webhooks import Endpoint, signed_headers

MADE_UP = replace(
    limit_reached.SOURCE,
    key="made_up",
    title="Made up",
    message="made.up",
    read=about,
    tell=lambda _occurrence, _names: "Something was made up.",
    offers_allowance=False,
)


@pytest.fixture
async def harness() -> AsyncIterator[AlertHarness]:
    async with alert_harness() as started:
        yield started


async def test_made_up_source_is_posted(harness: AlertHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SOURCES", (*sources.SOURCES, MADE_UP))
    await harness.subscribe(choice=AlertChoice(frozenset({"made_up"})))
    body = b'{"type": "made.up", "data": {"customer_id": "cus_acme"}}'
    assert await Endpoint(harness.database).post(signed_headers(body), [body]) == 204
    bot = await harness.bot()
    await bot.ticker.tick()
    (post,) = harness.posts()
    assert "Something was made up." in full_text(post)
    assert "Made up" in full_text(post)


async def test_removed_source_posts_nothing(harness: AlertHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    await harness.subscribe()
    await harness.happens()
    monkeypatch.setattr(sources, "SOURCES", ())
    bot = await harness.bot()
    await bot.ticker.tick()
    assert await harness.states() == [("skipped", "paused")]
