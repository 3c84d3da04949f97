"""A customer's requests to Autumn, and which of them failed."""

import httpx

from bot.lookups.events import words as events_words
from bot.lookups.logs import words
from tests.journeys.steps import click_and_see, command_and_see, line_with
from tests.running import Running


async def test_logs_are_opened_from_the_events_and_filtered(maple: Running) -> None:
    await command_and_see(maple, "/autumn check cus_acme 5 messages", "Messages")
    await command_and_see(maple, "/autumn events cus_acme", "● Events")
    card = await click_and_see(maple, events_words.LOGS, "requests, last 7 days")
    assert "/v1/balances.check" in card
    await click_and_see(maple, words.ONLY_FAILED, words.NONE_FAILED.replace("*", ""))


async def test_refused_request_is_shown_with_autumns_reason(maple: Running) -> None:
    body = {"customer_id": "cus_acme", "feature_id": "nope"}
    async with httpx.AsyncClient(base_url=maple.autumn.url) as backend:
        headers = {"authorization": f"Bearer {maple.autumn.key}"}
        await backend.post("/v1/balances.track", json=body, headers=headers)
    card = await command_and_see(maple, "/autumn logs cus_acme", "requests, last 7 days")
    refused = line_with(card, "/v1/balances.track")
    assert "404" in refused
    assert "Feature nope not found" in refused


async def test_key_without_the_scope_is_reported(maple: Running) -> None:
    maple.autumn.narrow(["customers:read", "plans:read", "features:read"])
    assert "permission" in await command_and_see(maple, "/autumn logs cus_acme", words.LOGS)
