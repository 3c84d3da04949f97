"""Every kind of block, as the page draws it."""

import re

import pytest
from playwright.async_api import expect

from tests.sandbox.page import gallery
from tests.sandbox.page.conftest import Local

pytestmark = pytest.mark.asyncio(loop_scope="package")

SUPPORT = "C01SUPPORT"


async def test_text_has_its_styles_and_local_times(local: Local) -> None:
    await local.post(gallery.TEXT, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        message = page.get_by_role("article", name="Probe")
        await expect(message.get_by_role("heading", name="Acme Ltd")).to_be_visible()
        for tag, words in (("b", "bold"), ("i", "italic"), ("s", "struck"), ("code", "code")):
            await expect(message.locator(tag, has_text=words).first).to_be_visible()
        link = message.get_by_role("link", name="Acme's site")
        assert await link.get_attribute("href") == "https://acme.example/x?a=1&b=2"
        assert await link.get_attribute("rel") == "noopener noreferrer"
        for words in ("@Raj Patel", "#billing", "@here", "a <tag> &", ":no_such_emoji:", "x = <y>"):
            await expect(message).to_contain_text(words)
        assert await message.locator("blockquote").inner_text() == "a quote\nof two lines"
        await expect(message).to_contain_text("Due Jun 15, 2025 at 4:06 PM, unknown the fallback")
        await expect(message.get_by_role("img", name="A logo")).to_be_visible()
    async with local.seen_by("raj", SUPPORT) as page:
        await expect(page.get_by_text("Due Jun 15, 2025 at 8:36 PM")).to_be_visible()


async def test_elements_have_accessible_names(local: Local) -> None:
    await local.post(gallery.ACTIONS, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        for name in ("Overview", "Products", "Delete", "More options", "Show rows", "Good", "Bad", "Remove"):
            await expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
        for name in ("Feature", "Who", "Where", "Select a time"):
            await expect(page.get_by_role("combobox", name=name)).to_be_visible()
        await expect(page.get_by_role("combobox", name="Select a time")).to_have_value("9:30 AM")
        await expect(page.get_by_role("button", name="January 31, 2026")).to_be_visible()
        await expect(page.get_by_role("link", name="Open in Autumn")).to_be_visible()
        await expect(page.get_by_role("checkbox")).to_have_count(3)


async def test_rich_text_markdown_images_and_cards(local: Local) -> None:
    await local.post(gallery.RICH, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        message = page.get_by_role("article", name="Probe")
        for words in (
            "a.Inner first",
            "b.Inner second",
            "Quoted",
            '{"a": 1}',
            "2025-06-15 4:06 PM",
            "@Ana Silva",
        ):
            await expect(message).to_contain_text(words)
        await expect(message.get_by_role("heading", name="A heading")).to_be_visible()
        await expect(message.get_by_role("cell", name="1")).to_be_visible()
        await expect(message.get_by_role("img", name="A white dot")).to_be_visible()
        await expect(message.get_by_role("group", name="Pro plan")).to_contain_text("Renews soon")


async def test_unknown_block_is_named(local: Local) -> None:
    local.slack.workspace.post(
        local.slack.workspace.channel("support"), "U02RAJ", "later", [{"type": "hologram", "block_id": "h"}]
    )
    async with local.seen_by("ana", SUPPORT) as page:
        await expect(page.get_by_text("This block cannot be shown here: hologram")).to_be_visible()


async def test_table_has_its_rows_in_order(local: Local) -> None:
    await local.post(gallery.TABLE, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        rows = page.get_by_role("table").get_by_role("row")
        await expect(rows).to_have_count(3)
        await expect(rows.nth(2)).to_contain_text("Seats")


async def test_a_data_table_sorts_filters_and_pages(local: Local) -> None:
    await local.post(gallery.DATA_TABLE, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        table = page.get_by_role("table", name="Invoices")

        async def first_column() -> list[str]:
            return await table.locator("tbody th").all_inner_texts()

        await expect(table).to_be_visible()
        assert await first_column() == ["INV-3", "INV-12", "INV-1"]
        await page.get_by_role("button", name="Next page").click()
        assert await first_column() == ["INV-20", "INV-5"]
        await table.get_by_role("button", name="Total").click()
        await page.get_by_role("button", name="Previous page").click()
        assert await first_column() == ["INV-1", "INV-3", "INV-5"]
        await table.get_by_role("button", name="Total").click()
        assert await first_column() == ["INV-12", "INV-20", "INV-5"]
        await expect(table.get_by_role("columnheader", name="Total")).to_have_attribute(
            "aria-sort", "descending"
        )
        await table.get_by_role("button", name="Number").click()
        assert await first_column() == ["INV-1", "INV-3", "INV-5"]
        await page.get_by_role("button", name="Filter rows").click()
        await page.get_by_label("Filter Status").fill("paid")
        assert await first_column() == ["INV-12", "INV-20"]
        await page.get_by_label("Filter Status").fill("void")
        await expect(table).to_contain_text("No rows match")


async def test_charts_are_drawn_and_readable_as_tables(local: Local) -> None:
    await local.post(gallery.CHARTS, SUPPORT)
    await local.post(gallery.MORE_CHARTS, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        bars = page.get_by_role("img", name="Messages a day (bar chart)")
        await expect(bars.locator("rect.fill")).to_have_count(2 * len(gallery.DAYS))
        for kind in ("Over time (line chart)", "Filled (area chart)", "By feature (pie chart)"):
            await expect(page.get_by_role("img", name=kind)).to_be_visible()
        numbers = page.get_by_role("table", name="Messages a day")
        await expect(numbers.get_by_role("row")).to_have_count(len(gallery.DAYS) + 1)
        await expect(page.get_by_text("60 · 60%")).to_be_visible()
        below = "(log) => log.scrollHeight - log.firstChild.getBoundingClientRect().height"
        assert await page.get_by_role("log").evaluate(below) <= 1
        # Elsewhere first: a pointer that stays where an earlier test left it does not move.
        await page.mouse.move(0, 0)
        await bars.hover()
        await expect(page.locator(".chart-tip")).to_contain_text(re.compile(r"Jun \d+.*Sent.*Received"))


async def test_hostile_text_stays_text(local: Local) -> None:
    await local.post(gallery.HOSTILE_BLOCKS, SUPPORT, text=gallery.ESCAPED)
    workspace = local.slack.workspace
    workspace.post(workspace.channel("support"), "U02RAJ", f"{gallery.ESCAPED} {gallery.HOSTILE}")
    async with local.seen_by("ana", SUPPORT) as page:
        log = page.get_by_role("log")
        await expect(log.get_by_role("heading", name=gallery.HOSTILE)).to_be_visible()
        await expect(log).to_contain_text("<!channel>")
        assert await log.locator("script, img[onerror], [onclick]").count() == 0
        hrefs = [await link.get_attribute("href") or "" for link in await log.get_by_role("link").all()]
        assert hrefs
        assert all(href.startswith("https://") for href in hrefs)
        for words in ("press me", "rich press", "md press"):
            await page.get_by_text(words).first.click()
        assert await page.evaluate("window.stung") is None
