"""The demo as a newcomer meets it: the page, a typed command, and the parts of a card.

`MAPLE_SCREENSHOT=docs/workspace.png` saves a picture of the card for the README.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.running import Running, running_maple
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


async def test_newcomer_looks_a_customer_up() -> None:
    async with running_maple("socket") as maple, opened(maple) as page:
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


async def _background(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor"))


async def _kept(page: Page) -> None:
    path = os.environ.get("MAPLE_SCREENSHOT")
    if path:
        await asyncio.sleep(0.3)  # wait for fonts and animations
        await page.screenshot(path=path)
