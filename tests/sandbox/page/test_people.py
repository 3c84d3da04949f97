"""What people do in the page: write, fill in forms, choose, switch."""

import json

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.sandbox.page import gallery
from tests.sandbox.page.conftest import Local

pytestmark = pytest.mark.asyncio(loop_scope="package")

SUPPORT = "C01SUPPORT"


async def write(page: Page, words: str) -> None:
    box = page.get_by_role("textbox", name="Message #support")
    await box.fill(words)
    await box.press("Enter")


async def test_two_people_talk_and_one_gets_an_ephemeral(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as ana, local.seen_by("raj", SUPPORT) as raj:
        await write(ana, "Hello *all*, @Raj Patel & <b>co</b>")
        message = raj.get_by_role("article", name="Ana Silva")
        await expect(message).to_contain_text("Hello all, @Raj Patel & <b>co</b>")
        await local.web.chat_postEphemeral(channel=SUPPORT, user="U01ANA", text="psst")
        await expect(ana.get_by_text("Only visible to you")).to_be_visible()
        assert await raj.get_by_text("psst").count() == 0
        assert (
            local.slack.workspace.messages[SUPPORT][0].text
            == "Hello *all*, <@U02RAJ> &amp; &lt;b&gt;co&lt;/b&gt;"
        )


async def test_messages_are_updated_and_deleted_in_place(local: Local) -> None:
    ts = await local.post([gallery.section("before")], SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        await expect(page.get_by_text("before")).to_be_visible()
        await local.web.chat_update(channel=SUPPORT, ts=ts, text="after", blocks=[gallery.section("after")])
        await expect(page.get_by_text("after")).to_be_visible()
        await expect(page.get_by_text("(edited)")).to_be_visible()
        await local.web.chat_delete(channel=SUPPORT, ts=ts)
        await expect(page.get_by_text("after")).to_have_count(0)


async def test_thread_opens_at_the_side(local: Local) -> None:
    await local.post([gallery.section("the start")], SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        message = page.get_by_role("article", name="Probe")
        await message.hover()
        await message.get_by_role("button", name="Reply in thread").click()
        thread = page.get_by_role("complementary", name="Thread")
        await thread.get_by_role("textbox", name="Reply…").fill("a reply")
        await thread.get_by_role("button", name="Send now").click()
        await expect(thread.get_by_role("article", name="Ana Silva")).to_contain_text("a reply")
        await expect(page.get_by_role("main").get_by_role("button", name="1 reply")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(thread).to_have_count(0)


async def test_commands_are_suggested_and_refusals_shown(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        box = page.get_by_role("textbox", name="Message #support")
        await box.press_sequentially("/pr")
        await expect(page.get_by_role("option", name="/probe [text]")).to_be_visible()
        await box.press("Enter")
        await expect(box).to_have_value("/probe ")
        await write(page, "/nothing here")
        refusal = page.get_by_role("article", name="Slackbot")
        await expect(refusal).to_contain_text("/nothing is not a valid command.")
        await expect(refusal).to_have_count(1)


async def test_form_is_filled_in_refused_and_sent(local: Local) -> None:
    local.received.answer.update(response_action="errors", errors={"reason": "Say more, please."})
    async with local.seen_by("ana", SUPPORT) as page:
        await write(page, "/probe form")
        form = page.get_by_role("dialog", name="Change a balance")
        await form.get_by_role("button", name="Send").click()
        await expect(form.get_by_text("Please complete this required field.")).to_have_count(3)
        assert local.received.views == []
        await form.get_by_label("Reason").fill("why")
        await form.get_by_label("Amount").fill("2.5")
        customer = form.get_by_role("combobox", name="Customer")
        await customer.press_sequentially("a")
        await expect(page.get_by_text("Type at least 2 characters")).to_be_visible()
        await customer.press_sequentially("c")
        await page.get_by_role("option", name="Acorn").click()
        await form.get_by_role("combobox", name="Tags").click()
        await page.get_by_role("option", name="Second").click()
        await page.get_by_role("option", name="Third").click()
        await page.keyboard.press("Escape")
        await form.get_by_role("button", name="Remove Third").click()
        await form.get_by_label("Second", exact=True).first.check()
        time = form.get_by_role("combobox", name="Time", exact=True)
        await time.press_sequentially("9:15pm")
        await time.press("Enter")
        await form.get_by_role("button", name="Send").click()
        await expect(form.get_by_text("Please enter a whole number.")).to_be_visible()
        await form.get_by_label("Amount").fill("25")
        await form.get_by_role("button", name="Send").click()
        await expect(form.get_by_text("Say more, please.")).to_be_visible()
        local.received.answer.clear()
        await form.get_by_label("Reason").fill("because")
        await form.get_by_role("button", name="Send").click()
        await expect(form).to_have_count(0)
    assert local.received.queries[-1] == "ac"
    state = local.received.views[-1]["state"]["values"]
    assert state["reason"]["reason"]["value"] == "because"
    assert state["amount"]["amount"]["value"] == "25"
    assert state["customer"]["customer"]["selected_option"]["value"] == "cus_2"
    assert [selected_option["value"] for selected_option in state["tags"]["tags"]["selected_options"]] == [
        "second"
    ]
    assert state["time"]["time"]["selected_time"] == "21:15"


async def test_file_is_picked_replaced_removed_and_sent(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        await write(page, "/probe form")
        form = page.get_by_role("dialog", name="Change a balance")
        file = form.get_by_label("List", exact=True)
        first = FilePayload(name="one.csv", mimeType="text/csv", buffer=b"1")
        await file.set_input_files([first])
        await form.get_by_role("button", name="Remove one.csv").click()
        await expect(form.get_by_text("one.csv")).to_have_count(0)
        await file.set_input_files([first])
        await expect(form.get_by_text("one.csv")).to_be_visible()
        await file.set_input_files([FilePayload(name="two.csv", mimeType="text/csv", buffer=b"22")])
        await expect(form.get_by_text("two.csv")).to_be_visible()
        await expect(form.get_by_text("one.csv")).to_have_count(0)
        await form.get_by_label("Reason").fill("because")
        await form.get_by_label("Amount").fill("25")
        await form.get_by_role("combobox", name="Customer").press_sequentially("ac")
        await page.get_by_role("option", name="Acorn").click()
        await form.get_by_role("button", name="Send").click()
        await expect(form).to_have_count(0)
    (sent,) = local.received.views[-1]["state"]["values"]["list"]["list"]["files"]
    assert (sent["name"], sent["size"]) == ("two.csv", 2)


async def test_dates_are_picked_and_escape_closes_one_thing_at_a_time(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        await page.get_by_role("button", name="Shortcuts").click()
        await page.get_by_role("menuitem", name="Look up").click()
        form = page.get_by_role("dialog", name="Change a balance")
        await form.get_by_role("button", name="Day").click()
        await page.get_by_role("button", name="Next month").click()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Enter")
        await expect(form.get_by_role("button", name="Day")).to_contain_text(" 2, ")
        await form.get_by_role("combobox", name="Channel").click()
        await expect(page.get_by_role("option", name="billing")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("listbox")).to_have_count(0)
        await expect(form).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(form).to_have_count(0)


async def test_clicks_and_choices_reach_the_app(local: Local) -> None:
    await local.post(gallery.ACTIONS, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        await page.get_by_role("button", name="Delete").click()
        sure = page.get_by_role("dialog", name="Sure?")
        await sure.get_by_role("button", name="No").click()
        await page.get_by_role("button", name="Delete").click()
        await sure.get_by_role("button", name="Yes").click()
        await expect(page.locator("[aria-busy]")).to_have_count(0)
        await page.get_by_role("combobox", name="Feature").click()
        await page.get_by_role("option", name="Second").click()
        await expect(page.get_by_role("combobox", name="Feature")).to_have_value("Second")
        await page.get_by_role("button", name="More options").click()
        await page.get_by_role("menuitem", name="Archive").click()
        actions = await local.received.wait_for_actions(3)
    assert [action["action_id"] for action in actions] == ["delete", "Feature", "more"]
    assert [action["selected_option"]["value"] for action in actions[1:]] == ["second", "archive"]


async def test_message_menu_has_the_message_shortcut(local: Local) -> None:
    await local.post([gallery.section("Please file")], SUPPORT, text="Please file")
    async with local.seen_by("ana", SUPPORT) as page:
        message = page.get_by_role("article", name="Probe")
        await message.hover()
        await message.get_by_role("button", name="More actions").click()
        await page.get_by_role("menuitem", name="File this").click()
        await expect(page.get_by_text("Filed: Please file")).to_be_visible()


async def test_app_has_home_and_messages_tabs(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        await page.get_by_role("button", name="Probe").click()
        await expect(page.get_by_role("tabpanel", name="Home")).to_contain_text("Welcome home")
        await page.get_by_role("tab", name="Messages").click()
        await expect(page.get_by_role("textbox", name="Message Probe")).to_be_visible()


async def test_sidebar_shows_the_channels_of_the_person(local: Local) -> None:
    async with local.seen_by("ana", SUPPORT) as page:
        side = page.get_by_role("navigation", name="Conversations")
        await expect(side.get_by_role("button", name="billing")).to_be_visible()
        assert await side.get_by_role("button", name="finance-private").count() == 0
        await local.post([gallery.section("over here")], "C02BILLING")
        await expect(side.get_by_role("button", name="billing, unread")).to_be_visible()
        await side.get_by_role("button", name="billing").click()
        await expect(page.get_by_text("over here")).to_be_visible()
        await expect(side.get_by_role("button", name="billing", exact=True)).to_be_visible()
        await page.get_by_role("button", name="switch to another person").click()
        await page.get_by_role("menuitemradio", name="Lea Martin").click()
        await expect(side.get_by_role("button", name="finance-private")).to_be_visible()
        assert "person=U03LEA" in page.url


async def test_dark_mode_follows_the_system_unless_switched(local: Local) -> None:
    back = "getComputedStyle(document.querySelector('.panel')).backgroundColor"
    async with local.seen_by("ana", SUPPORT, "dark") as page:
        await expect(page.get_by_role("main")).to_be_visible()
        assert await page.evaluate(back) == "rgb(26, 29, 33)"
        await page.get_by_role("button", name="Switch to light mode").click()
        assert await page.evaluate(back) == "rgb(255, 255, 255)"
        await page.reload()
        await expect(page.get_by_role("main")).to_be_visible()
        assert await page.evaluate(back) == "rgb(255, 255, 255)"


async def test_narrow_window_keeps_everything_reachable(local: Local) -> None:
    await local.post(gallery.CHARTS, SUPPORT)
    await local.post(gallery.DATA_TABLE, SUPPORT)
    async with local.seen_by("ana", SUPPORT) as page:
        await page.set_viewport_size({"width": 700, "height": 800})
        await expect(page.get_by_role("table", name="Invoices")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 700
        await page.get_by_role("button", name="Show conversations").click()
        await page.get_by_role("button", name="billing").click()
        await expect(page.get_by_role("textbox", name="Message #billing")).to_be_visible()


PURE = {
    "a date in the reader's zone": (
        "/static/text/dates.js",
        "fillDate",
        ["{date_num} {time}", 0, "Asia/Tokyo", 0],
        "1970-01-01 9:00 AM",
    ),
    "far dates name the year": (
        "/static/text/dates.js",
        "fillDate",
        ["{date}", 0, "UTC", 1_750_000_000_000],
        "January 1st, 1970",
    ),
    "near dates do not": (
        "/static/text/dates.js",
        "fillDate",
        ["{date_short}", 1_750_000_000_000, "UTC", 1_750_900_000_000],
        "Jun 15",
    ),
    "today is a small word inside": (
        "/static/text/dates.js",
        "fillDate",
        ["due {date_short_pretty}", 1_000, "UTC", 0],
        "due today",
    ),
    "today is a large word first": (
        "/static/text/dates.js",
        "fillDate",
        ["{date_pretty}", 1_000, "UTC", 0],
        "Today",
    ),
    "ago": ("/static/text/dates.js", "fillDate", ["{ago}", 0, "UTC", 7_200_000], "2 hours ago"),
    "an unknown token": ("/static/text/dates.js", "fillDate", ["{never}", 0, "UTC", 0], None),
    "after the clocks changed": (
        "/static/text/dates.js",
        "epochOf",
        [{"year": 2026, "month": 3, "day": 29, "hour": 12}, "Europe/Berlin"],
        1_774_778_400_000,
    ),
    "ticks are round": ("/static/charts.js", "niceTicks", [0, 1234], [0, 250, 500, 750, 1000, 1250]),
    "ticks reach below zero": ("/static/charts.js", "niceTicks", [-3, 7], [-4, -2, 0, 2, 4, 6, 8]),
    "ticks of nothing": ("/static/charts.js", "niceTicks", [0, 0], [0, 0.2]),
    "a time in words": ("/static/elements/pickers.js", "parseTime", ["12am"], "00:00"),
    "no time at all": ("/static/elements/pickers.js", "parseTime", ["25:00"], None),
    "a stored message as it was typed": (
        "/static/typed.js",
        "asTyped",
        [
            "<@U2> in <#C1|ops>, <!here> <!subteam^S1|@leads> &lt; <https://x.example?a=1&amp;b=2>"
            " <mailto:a@b.c|a@b.c>",
            [{"id": "U2", "name": "b", "real_name": "Ana B"}],
            [{"id": "C1", "kind": "public", "name": "ops"}],
        ],
        "@Ana B in #ops, @here @leads < https://x.example?a=1&b=2 a@b.c",
    ),
    "a name being typed": (
        "/static/typed.js",
        "askedFor",
        ["hi @an", 6],
        {"sign": "@", "query": "an", "from": 3},
    ),
    "code is open": ("/static/typed.js", "inCode", ["a ```\nb", 7], True),
    "code is closed": ("/static/typed.js", "inCode", ["a ```b``` c", 11], False),
}


async def test_pure_functions(local: Local) -> None:
    call = "([path, name, given]) => import(path).then((module) => module[name](...given) ?? null)"
    async with local.seen_by("ana", SUPPORT) as page:
        for about, (path, name, arguments, expected) in PURE.items():
            assert await page.evaluate(call, [path, name, arguments]) == expected, (
                about,
                json.dumps(arguments),
            )
