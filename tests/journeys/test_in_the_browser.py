"""The demo as a newcomer meets it: the page, a typed command, the parts of a card, and a digest.

`MAPLE_SCREENSHOT=docs/workspace.png` saves a picture of the card for the README;
`MAPLE_SCREENSHOTS=directory` one of each step of the digest there.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.digests import words
from tests.journeys.digesting import digesting
from tests.running import Running
from tests.sandbox.page.conftest import CHROMIUM, FLAGS, TIMEOUT

WIDTH, HEIGHT = 1280, 1020
"""Large enough for the whole overview."""


@asynccontextmanager
async def opened(maple: Running) -> AsyncIterator[Page]:
    """Ana's page. By the end it must have logged no error and requested nothing from elsewhere."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed: the page cannot be tried in a browser")
        pytest.skip("Chromium is not installed: the page is not tried in a browser")
    wrong: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(
            locale="en-US", viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light"
        )
        context.set_default_timeout(TIMEOUT)
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda console_message: (
                wrong.append(console_message.text) if console_message.type == "error" else None
            ),
        )
        page.on(
            "request",
            lambda request: None if request.url.startswith(maple.slack.url) else wrong.append(request.url),
        )
        await page.goto(f"{maple.slack.url}?person=ana#C01SUPPORT")
        yield page
        await browser.close()
    assert wrong == []


async def test_newcomer_looks_a_customer_up_and_sets_a_digest_up() -> None:
    async with digesting("socket") as maple, opened(maple) as page:
        await _look_up(page)
        await _set_up_send_and_page_a_digest(page)


async def _look_up(page: Page) -> None:
    box = page.get_by_role("textbox", name="Message #support")
    await box.fill("/autumn cus_acme")
    await box.press("Enter")
    card = page.get_by_role("article", name="Maple")
    await expect(card).to_contain_text("Acme Ltd")
    await expect(card).to_contain_text("1 unpaid invoice: $24.50.")
    await expect(page.get_by_text("Only visible to you")).to_be_visible()
    await _kept(page)

    for part, expected in (
        ("Products", "Support Plus · Active"),
        ("Invoices", "11 invoices"),
        ("Events", "Total per feature"),
        ("Features", "3,070 of 6,200 used"),
    ):
        await card.get_by_role("button", name=part, exact=True).click()
        await expect(card).to_contain_text(expected)
    await card.get_by_role("button", name="Open", exact=True).nth(2).click()
    chart = card.get_by_role("img", name="Messages, this billing cycle (line chart)")
    await expect(chart).to_be_visible()
    await card.get_by_role("button", name="7 days", exact=True).click()
    await expect(card.get_by_role("img", name="Messages, last 7 days (bar chart)")).to_be_visible()
    await expect(card).to_have_count(1)

    light = await _background(page)
    await page.get_by_role("button", name="Switch to dark mode").click()
    assert await _background(page) != light
    await expect(card.get_by_role("img", name=re.compile("bar chart"))).to_be_visible()


async def _set_up_send_and_page_a_digest(page: Page) -> None:
    box = page.get_by_role("textbox", name="Message #support")
    await box.fill("/autumn digest")
    await box.press("Enter")
    modal = page.get_by_role("dialog")
    await expect(modal).to_contain_text("This channel has no digests yet")
    await _pictured(page, "empty")
    await modal.get_by_role("button", name="New digest").click()
    await expect(modal).to_contain_text("At what time")
    await _pictured(page, "form")
    await modal.get_by_role("checkbox", name="Saturday").check()
    await modal.get_by_role("button", name="Create").click()
    await expect(modal).to_contain_text("Mon to Sat at 09:00 Europe/Lisbon")
    await _pictured(page, "list")
    await modal.get_by_role("button", name="Send now").click()
    await _pictured(page, "confirm")
    await page.get_by_role("button", name="Send now").last.click()
    await expect(modal).to_contain_text("Posted to the channel")
    await modal.get_by_role("button", name="Close").last.click()
    message = page.get_by_role("article", name="Maple").filter(has_text="Coming up in the next 7 days")
    await expect(message).to_be_visible()
    await _pictured(page, "message")
    await page.get_by_role("main").get_by_role("button", name="1 reply").click()
    details = page.get_by_role("article", name="Maple").filter(has_text=words.DETAILS)
    await expect(details.get_by_role("img", name="Due per day, USD (bar chart)")).to_be_visible()
    await _whole(page, "thread")
    await details.get_by_role("button", name="See all").first.click()
    await expect(modal).to_contain_text("Page 1 of 2")
    await _pictured(page, "all")
    await modal.get_by_role("button", name="Open", exact=True).first.click()
    await expect(page.get_by_role("dialog").last).to_contain_text("shows the full card")
    await _pictured(page, "customer")


async def _background(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor"))


async def _kept(page: Page) -> None:
    path = os.environ.get("MAPLE_SCREENSHOT")
    if path:
        await asyncio.sleep(0.3)  # wait for fonts and animations
        await page.screenshot(path=path)


async def _pictured(page: Page, name: str) -> None:
    folder = os.environ.get("MAPLE_SCREENSHOTS")
    if folder:
        await asyncio.sleep(0.3)  # wait for fonts and animations
        await page.screenshot(path=Path(folder) / f"digest-{name}.png")


async def _whole(page: Page, name: str) -> None:
    """Makes the window tall enough for the whole message."""
    size = page.viewport_size
    if os.environ.get("MAPLE_SCREENSHOTS") and size:
        await page.set_viewport_size({**size, "height": 3200})
        await _pictured(page, name)
        await page.set_viewport_size(size)
