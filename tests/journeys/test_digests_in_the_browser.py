"""A digest in the browser: set up on the page, sent, read and paged through.

`MAPLE_SCREENSHOTS=directory` saves a picture of each step there.
"""

import asyncio
import os
from pathlib import Path

from playwright.async_api import Page, expect

from bot.digests import words
from tests.journeys.digesting import QUICK
from tests.journeys.test_in_the_browser import opened
from tests.running import running_maple


async def test_digest_is_set_up_sent_and_paged() -> None:
    async with running_maple("socket", digest_pace=QUICK) as maple, opened(maple) as page:
        box = page.get_by_role("textbox", name="Message #support")
        await box.fill("/autumn digest")
        await box.press("Enter")
        modal = page.get_by_role("dialog")
        await expect(modal).to_contain_text("This channel has no digests yet")
        await _kept(page, "empty")
        await modal.get_by_role("button", name="New digest").click()
        await expect(modal).to_contain_text("At what time")
        await _kept(page, "form")
        await modal.get_by_role("checkbox", name="Saturday").check()
        await modal.get_by_role("button", name="Create").click()
        await expect(modal).to_contain_text("Mon to Sat at 09:00 Europe/Lisbon")
        await _kept(page, "list")
        await modal.get_by_role("button", name="Send now").click()
        await _kept(page, "confirm")
        await page.get_by_role("button", name="Send now").last.click()
        await expect(modal).to_contain_text("Posted to the channel")
        await modal.get_by_role("button", name="Close").last.click()
        message = page.get_by_role("article", name="Maple")
        await expect(message).to_contain_text("Coming up in the next 7 days")
        await _kept(page, "message")
        await page.get_by_role("main").get_by_role("button", name="1 reply").click()
        details = page.get_by_role("article", name="Maple").filter(has_text=words.DETAILS)
        await expect(details.get_by_role("img", name="Due per day, USD (bar chart)")).to_be_visible()
        await _whole(page, "thread")
        await details.get_by_role("button", name="See all").first.click()
        await expect(modal).to_contain_text("Page 1 of 2")
        await _kept(page, "all")
        await modal.get_by_role("button", name="Open", exact=True).first.click()
        await expect(page.get_by_role("dialog").last).to_contain_text("View invoice")
        await _kept(page, "customer")


async def _kept(page: Page, name: str) -> None:
    folder = os.environ.get("MAPLE_SCREENSHOTS")
    if folder:
        await asyncio.sleep(0.3)  # wait for fonts and animations
        await page.screenshot(path=Path(folder) / f"digest-{name}.png")


async def _whole(page: Page, name: str) -> None:
    """Makes the window tall enough for the whole message."""
    size = page.viewport_size
    if os.environ.get("MAPLE_SCREENSHOTS") and size:
        await page.set_viewport_size({**size, "height": 3200})
        await _kept(page, name)
        await page.set_viewport_size(size)
