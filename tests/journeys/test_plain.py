"""A workspace without Slack's newer blocks shows the same facts as plain sections."""

from collections.abc import AsyncIterator

import pytest

from bot.lookups.feature import words as feature_words
from tests.journeys.steps import assert_in_order, click_and_see, command_and_see
from tests.running import Running


@pytest.fixture
async def plain_maple(maple: Running) -> AsyncIterator[Running]:
    maple.slack.without_blocks("data_table", "data_visualization")
    yield maple
    messages_posted = [
        message for messages in maple.slack.workspace.messages.values() for message in messages
    ]
    assert messages_posted
    used = {block["type"] for message in messages_posted for block in message.blocks}
    assert not used & {"data_table", "data_visualization"}


async def test_invoices_are_lines(plain_maple: Running) -> None:
    screen = await command_and_see(plain_maple, "/autumn invoices cus_books", "10 invoices")
    assert_in_order(
        screen,
        "10 invoices\n• ",
        "Pro · $61.35 · :warning: Open · View invoice",
        "Pro · $49.00 · Refunded",
        "Pro · $57.20 · refunded $8.20 · Partly refunded",
        "$31.90 credit",
    )
    await click_and_see(plain_maple, "Paid", "5 paid invoices")


async def test_chart_is_bars_of_text(plain_maple: Running) -> None:
    await command_and_see(plain_maple, "/autumn features cus_acme", "AI Credits")
    screen = await click_and_see(plain_maple, "Open", feature_words.ROWS.strip("*"), within="Messages")
    assert_in_order(
        screen,
        "• Team · included 50,000 · used 31,240 · remaining 18,760 · resets per month · price $0.80 per 100",
        "Usage, this billing cycle: ",
        "▰▰▰",
        "Times on the chart are UTC.",
    )
    await click_and_see(plain_maple, "7 days", "Usage, last 7 days: ")


async def test_events_are_lines(plain_maple: Running) -> None:
    screen = await command_and_see(plain_maple, "/autumn events cus_acme", "Total per feature")
    assert_in_order(
        screen, "200+ events, last 30 days\n• ", "· Messages · ", "model: lumen-", "Page 1 of 14 · 185 left"
    )
    await click_and_see(plain_maple, "Next", "Page 2 of 14")


async def test_shared_card_is_plain_too(plain_maple: Running) -> None:
    await command_and_see(plain_maple, "/autumn invoices cus_acme", "11 invoices")
    await plain_maple.ana.click("Share to channel", confirm=True)
    assert_in_order(await plain_maple.raj.sees("Shared by"), "11 invoices", "• ", "$222.90 · Paid")
