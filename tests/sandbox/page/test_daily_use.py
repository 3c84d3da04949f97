"""Daily use of the page: many tabs, direct messages, threads, unread marks, keyboard, phone."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.sandbox.page import gallery
from tests.sandbox.page.conftest import TIMEOUT, Local

pytestmark = pytest.mark.asyncio(loop_scope="package")

SUPPORT, BILLING = "C01SUPPORT", "C02BILLING"
PEOPLE = ("ana", "raj", "lea", "max", "gus", "ana")
"""With the window that is already open, one more than the connections a browser opens to one host."""
NEXT_PERSON = ("Raj Patel", "Ana Silva")
FOCUSED = "document.activeElement.dataset.action ?? document.activeElement.getAttribute('aria-label')"


async def write(page: Page, words: str, box: str = "Message #support") -> None:
    field = page.get_by_role("textbox", name=box)
    await field.fill(words)
    await field.press("Enter")


async def test_many_tabs_and_switches_of_person_all_stay_live(local: Local) -> None:
    feed = local.slack.workspace.feed
    async with local.seen_by("ana", SUPPORT) as window:
        await expect(window.get_by_role("textbox", name="Message #support")).to_be_visible()
        before = feed.subscribers
        tabs = [await window.context.new_page() for _ in PEOPLE]
        for tab, handle in zip(tabs, PEOPLE, strict=True):
            await tab.goto(f"{local.slack.url}?person={handle}#{SUPPORT}")
            await expect(tab.get_by_role("textbox", name="Message #support")).to_be_visible()
        switching = tabs[0]
        # A tab in the background is hardly drawn, and a click waits until nothing moves.
        await switching.bring_to_front()
        for name in NEXT_PERSON:
            await switching.get_by_role("button", name="switch to another person").click()
            await switching.get_by_role("menuitemradio", name=name).click()
            await expect(switching.get_by_role("navigation", name="Conversations")).to_contain_text(
                f"You are {name}"
            )
        for number, tab in enumerate(tabs):
            await tab.bring_to_front()
            await write(tab, f"from tab {number}")
        written = [re.compile(f"from tab {number}") for number in range(len(tabs))]
        for tab in tabs:
            await expect(tab.get_by_role("log").get_by_role("article")).to_contain_text(written)
        # All of a browser's pages share one stream, including pages that a tab has left.
        assert feed.subscribers == before
        for tab in tabs:
            await tab.close()


async def test_browser_without_shared_workers_has_a_stream_that_closes_with_the_page(local: Local) -> None:
    feed = local.slack.workspace.feed
    async with local.seen_by("ana", SUPPORT) as window:
        await expect(window.get_by_role("textbox", name="Message #support")).to_be_visible()
        before = feed.subscribers
        page = await window.context.new_page()
        await page.add_init_script("delete globalThis.SharedWorker")
        for handle in ("ana", "raj"):
            await page.goto(f"{local.slack.url}?person={handle}#{SUPPORT}")
            await expect(page.get_by_role("textbox", name="Message #support")).to_be_visible()
        local.slack.workspace.post(local.slack.workspace.channel("support"), "U04MAX", "hello, all")
        await expect(page.get_by_role("log")).to_contain_text("hello, all")
        async with asyncio.timeout(TIMEOUT / 1000):
            while feed.subscribers > before + 1:
                await feed.changed()
        await page.close()


async def test_direct_message_opens_as_a_conversation(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as ana, local.seen_by("raj", SUPPORT) as raj:
        await (
            ana.get_by_role("navigation", name="Conversations")
            .get_by_role("button", name="Raj Patel")
            .click()
        )
        await expect(ana.get_by_role("heading", name="Raj Patel").first).to_be_visible()
        await write(ana, "have you seen ticket 4711?", "Message Raj Patel")
        side = raj.get_by_role("navigation", name="Conversations")
        await expect(side.get_by_role("button", name="Ana Silva").get_by_label("1 unread")).to_be_visible()
        await raj.get_by_role("navigation", name="Workspace").get_by_role("button", name="DMs").click()
        await expect(raj.get_by_role("log")).to_contain_text("have you seen ticket 4711?")
        await expect(side.get_by_label("1 unread")).to_have_count(0)
        await write(raj, "on it", "Message Ana Silva")
        await expect(ana.get_by_role("log")).to_contain_text("on it")


async def test_direct_message_of_the_app_opens_in_its_messages_tab(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        await expect(page.get_by_role("textbox", name="Message #support")).to_be_visible()
        await local.web.chat_postMessage(channel="U01ANA", text="your request was approved")
        row = page.get_by_role("navigation", name="Conversations").get_by_role("button", name="Probe")
        await expect(row.get_by_label("1 unread")).to_be_visible()
        await expect(page).to_have_title("(1) Ana Silva · Northwind")
        await row.click()
        await expect(page.get_by_role("tab", name="Messages", selected=True)).to_be_visible()
        await expect(page.get_by_role("log")).to_contain_text("your request was approved")
        await expect(page).to_have_title("Ana Silva · Northwind")


async def test_command_in_a_thread_is_refused_there(local: Local) -> None:
    await local.post([gallery.section("a ticket")], SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        await page.get_by_role("article", name="Probe").hover()
        await page.get_by_role("button", name="Reply in thread").click()
        thread = page.get_by_role("complementary", name="Thread")
        reply = thread.get_by_role("textbox", name="Reply…")
        await reply.fill("/probe form")
        await reply.press("Enter")
        await expect(thread.get_by_role("article", name="Slackbot")).to_contain_text(
            "/probe is not supported in threads. Sorry!"
        )
        await expect(reply).to_have_value("/probe form")
        await expect(page.get_by_role("main").get_by_role("article", name="Slackbot")).to_have_count(0)
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_unread_is_bold_a_mention_is_counted_and_a_reload_keeps_both(local: Local) -> None:
    async with local.seen_by("raj", BILLING) as page, local.seen_by("ana", SUPPORT) as ana:
        # Read once, so that there is a last read message.
        await local.post([gallery.section("old")], SUPPORT)
        await page.get_by_role("button", name="support, unread").click()
        await expect(page.get_by_role("log")).to_contain_text("old")
        await page.get_by_role("button", name="billing", exact=True).click()
        await write(ana, "the first that is new")
        side = page.get_by_role("navigation", name="Conversations")
        await expect(side.get_by_role("button", name="support, unread")).to_be_visible()
        await write(ana, "@Raj Patel look")
        await expect(side.get_by_label("1 unread")).to_be_visible()
        await page.reload()
        await expect(side.get_by_label("1 unread")).to_be_visible()
        await side.get_by_role("button", name="support").click()
        new = page.get_by_role("separator").filter(has_text="New")
        await expect(new).to_have_count(1)
        after = await new.evaluate("(line) => line.nextElementSibling.textContent")
        assert "the first that is new" in after
        await expect(side.get_by_label("1 unread")).to_have_count(0)
        await page.reload()
        await expect(side.get_by_role("button", name="support", exact=True)).to_be_visible()


CARD = [
    gallery.section("Acme"),
    {"type": "actions", "elements": [gallery.button("Overview"), gallery.button("Features")]},
]


def card(title: str) -> gallery.Blocks:
    """The same card with new block_ids."""
    return [gallery.section(title), *CARD[1:]]


async def test_focus_stays_on_the_button_when_its_card_is_redrawn(local: Local) -> None:
    ts = await local.post(CARD, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        await page.get_by_role("button", name="Features").focus()
        await page.keyboard.press("Enter")
        await local.received.wait_for_actions(1)
        for title in ("Loading", "Acme, features"):
            await local.web.chat_update(channel=SUPPORT, ts=ts, text=title, blocks=card(title))
            await expect(page.get_by_role("log")).to_contain_text(title)
        assert await page.evaluate(FOCUSED) == "features"
        await page.keyboard.press("Enter")
        await local.received.wait_for_actions(2)


async def test_focus_returns_to_the_button_after_a_dialog(local: Local) -> None:
    await local.post(gallery.ACTIONS, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        await page.get_by_role("button", name="Delete").click()
        await page.get_by_role("dialog", name="Sure?").get_by_role("button", name="No").click()
        await expect(page.get_by_role("button", name="Delete")).to_be_focused()


async def test_focus_returns_to_the_box_after_a_form_opened_by_a_command(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        await write(page, "/probe form")
        form = page.get_by_role("dialog", name="Change a balance")
        await expect(form).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(form).to_have_count(0)
        await expect(page.get_by_role("textbox", name="Message #support")).to_be_focused()


async def test_arrow_up_edits_the_last_message(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        await write(page, "hello @Raj Patel, see https://x.example")
        await expect(page.get_by_role("article", name="Ana Silva")).to_be_visible()
        box = page.get_by_role("textbox", name="Message #support")
        await box.press("ArrowUp")
        editing = page.get_by_role("textbox", name="Edit message")
        await expect(editing).to_be_focused()
        await expect(editing).to_have_value("hello @Raj Patel, see https://x.example")
        await editing.press("Escape")
        await expect(editing).to_have_count(0)
        await expect(box).to_be_focused()
        await box.press("ArrowUp")
        await editing.fill("goodbye @Raj Patel")
        await editing.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("goodbye @Raj Patel (edited)")
        await expect(box).to_be_focused()
        assert local.slack.workspace.messages[SUPPORT][0].text == "goodbye <@U02RAJ>"


async def test_own_message_is_deleted_from_its_menu_and_others_are_not_offered_it(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page, local.seen_by("raj", SUPPORT) as raj:
        await write(page, "a mistake")
        for tab, count in ((raj, 0), (page, 1)):
            await tab.get_by_role("article", name="Ana Silva").hover()
            await tab.get_by_role("button", name="More actions").click()
            await expect(tab.get_by_role("menuitem", name="File this")).to_be_visible()
            await expect(tab.get_by_role("menuitem", name="Delete message")).to_have_count(count)
        await page.get_by_role("menuitem", name="Delete message").click()
        await expect(raj.get_by_role("article", name="Ana Silva")).to_have_count(0)


async def test_ctrl_k_jumps_to_a_channel_a_person_and_the_app(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        await expect(page.get_by_role("textbox", name="Message #support")).to_be_visible()
        for typed, arrived in (
            ("bil", "Message #billing"),
            ("pat", "Message Raj Patel"),
            ("probe", "Message Probe"),
        ):
            await page.keyboard.press("Control+k")
            await page.get_by_role("combobox", name="Jump to").fill(typed)
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("textbox", name=arrived)).to_be_visible()
            await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.get_by_role("textbox", name="Message Probe").focus()
        await page.keyboard.press("Control+k")
        await page.get_by_role("combobox", name="Jump to").fill("nothing like it")
        await expect(page.get_by_text("No conversation has this name")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("textbox", name="Message Probe")).to_be_focused()


async def test_mentions_are_suggested_for_people_the_app_and_groups(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        box = page.get_by_role("textbox", name="Message #support")
        for typed, label in (("@ra", "Raj Patel"), ("@pro", "Probe"), ("@bill", "@billing-leads")):
            await box.press_sequentially(typed)
            await expect(page.get_by_role("option", name=label)).to_be_visible()
            await box.press("Enter")
        await expect(box).to_have_value("@Raj Patel @Probe @billing-leads ")
        await box.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("@Raj Patel @Probe @billing-leads")
    sent = local.slack.workspace.messages[SUPPORT][0].text
    assert sent == "<@U02RAJ> <@U00LOCALBOT> <!subteam^S01LEADS|@billing-leads>"


async def test_date_never_wraps(local: Local) -> None:
    date = "<!date^1750000000^{date_long} at {time}|x>"
    filler = "The next invoice is due on"
    await local.post([gallery.section(" ".join([filler, date] * 12))], SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        await page.set_viewport_size({"width": 390, "height": 844})
        dates = page.get_by_role("log").locator("time.moment")
        await expect(dates).to_have_count(12)
        lines = await dates.evaluate_all("(all) => all.map((each) => each.getClientRects().length)")
        assert set(lines) == {1}
        assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_code_is_typed_and_shown_as_a_block(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        box = page.get_by_role("textbox", name="Message #support")
        await box.press_sequentially("The reply was ```")
        await box.press("Enter")
        await box.press_sequentially('{"a": "<b>", "long": 1}')
        await box.press("Enter")
        await box.press_sequentially("```")
        await box.press("Enter")
        block = page.get_by_role("article", name="Ana Silva").locator("pre")
        await expect(block).to_have_text('{"a": "<b>", "long": 1}')
        gap = "(pre) => pre.getBoundingClientRect().top - pre.previousSibling.getBoundingClientRect().bottom"
        assert 0 <= await block.evaluate(gap) < 12


async def test_form_and_card_fit_a_phone(local: Local) -> None:
    await local.post(gallery.ACTIONS, SUPPORT)
    await local.post(gallery.DATA_TABLE, SUPPORT)
    outside = """(box) => [...box.querySelectorAll("button, input, textarea, a")]
        .filter((each) => each.offsetParent && !each.closest(".table-box"))
        .map((each) => [each.getAttribute("aria-label") ?? each.textContent, each.getBoundingClientRect()])
        .filter(([, { left, right, width }]) => width && (left < 0 || right > innerWidth))
        .map(([name]) => name)"""
    async with local.seen_by("ana", SUPPORT) as page:
        await page.set_viewport_size({"width": 390, "height": 844})
        await expect(page.get_by_role("button", name="Overview")).to_be_visible()
        assert await page.get_by_role("main").evaluate(outside) == []
        press = await page.get_by_role("button", name="Overview").bounding_box()
        assert press is not None
        assert press["height"] >= 40
        await write(page, "/probe form")
        form = page.get_by_role("dialog", name="Change a balance")
        await expect(form).to_be_visible()
        assert await form.evaluate(outside) == []
        body = form.locator(".dialog-body")
        assert await body.evaluate("(body) => body.scrollWidth <= body.clientWidth")
        box = await form.bounding_box()
        assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
        await form.get_by_role("combobox", name="Customer").click()
        await expect(page.get_by_role("listbox")).to_be_in_viewport(ratio=1)
        await page.keyboard.press("Escape")
        await form.get_by_role("button", name="Cancel").click()
        await page.get_by_role("button", name="Show conversations").click()
        await page.get_by_role("button", name="Hide conversations").click(position={"x": 380, "y": 400})
        await expect(page.get_by_role("navigation", name="Conversations")).to_be_hidden()


async def test_message_in_a_thread_is_edited_there(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        await write(page, "the start")
        await page.get_by_role("article", name="Ana Silva").hover()
        await page.get_by_role("button", name="Reply in thread").click()
        thread = page.get_by_role("complementary", name="Thread")
        reply = thread.get_by_role("textbox", name="Reply…")
        await reply.press("ArrowUp")
        await expect(thread.get_by_role("textbox", name="Edit message")).to_have_value("the start")
        await expect(page.get_by_role("textbox", name="Edit message")).to_have_count(1)
        await page.keyboard.press("Escape")
        await expect(reply).to_be_focused()
        await reply.fill("a reply")
        await reply.press("Enter")
        await expect(thread.get_by_role("article")).to_have_count(2)
        await reply.press("ArrowUp")
        await expect(thread.get_by_role("textbox", name="Edit message")).to_have_value("a reply")


async def test_link_preview_is_drawn_under_the_message_and_its_button_works(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page, local.seen_by("raj", SUPPORT) as raj:
        await write(page, "see https://acme.example/c/1")
        await expect(page.get_by_role("article", name="Ana Silva")).to_be_visible()
        ts = local.slack.workspace.messages[SUPPORT][0].ts
        blocks = [
            gallery.section("*Acme Ltd* · Pro"),
            {"type": "actions", "elements": [gallery.button("Look up")]},
        ]
        unfurls = {"https://acme.example/c/1": {"blocks": blocks, "color": "#2eb67d"}}
        await local.web.chat_unfurl(channel=SUPPORT, ts=ts, unfurls=unfurls)
        preview = raj.get_by_role("group", name="Link preview")
        await expect(preview).to_contain_text("Acme Ltd · Pro")
        await preview.get_by_role("button", name="Look up").click()
        await local.received.wait_for_actions(1)
    assert local.received.actions[0]["container"]["type"] == "message_attachment"


async def test_permalink_opens_the_message_in_the_page(local: Local) -> None:
    ts = await local.post([gallery.section("the card")], BILLING)
    reply = await local.web.chat_postMessage(channel=BILLING, thread_ts=ts, text="the outcome")
    for number in range(30):
        local.slack.workspace.post(local.slack.workspace.channel("billing"), "U02RAJ", f"later {number}")
    links = [
        str((await local.web.chat_getPermalink(channel=BILLING, message_ts=message))["permalink"])
        for message in (ts, reply["ts"])
    ]
    await local.post([gallery.section(f"<{links[0]}|the card> and <{links[1]}|the outcome>")], SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        await page.get_by_role("link", name="the card").click()
        await expect(page.get_by_role("textbox", name="Message #billing")).to_be_visible()
        await expect(page.locator("article.target")).to_be_in_viewport()
        await expect(page.locator("article.target")).to_contain_text("the card")
        await page.get_by_role("button", name="support").click()
        await page.get_by_role("link", name="the outcome").click()
        thread = page.get_by_role("complementary", name="Thread")
        await expect(thread.locator("article.target")).to_contain_text("the outcome")
        await page.goto(links[1])
        await expect(thread.locator("article.target")).to_contain_text("the outcome")
