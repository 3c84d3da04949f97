"""The API of the page in the browser."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import LocalSlack
from tests.sandbox.slack.app import Json, actions, button, modal, plain, section, text_input
from tests.sandbox.slack.raw import RawApp, raw_app

SUPPORT = "C01SUPPORT"


class Browser:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str, **params: str) -> Json:
        answer: Json = (await self.http.get(path, params=params)).json()
        return answer

    async def do(self, person: str, act: str, **fields: Any) -> Json:
        answer: Json = (await self.http.post("/-/do", json={"person": person, "act": act, **fields})).json()
        return answer

    @asynccontextmanager
    async def news(self, person: str) -> AsyncIterator[AsyncIterator[Json]]:
        async with self.http.stream("GET", "/-/stream", params={"person": person}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            assert (await anext(lines)).startswith(":")

            async def events() -> AsyncIterator[Json]:
                async for line in lines:
                    if line.startswith("data: "):
                        yield json.loads(line[6:])

            yield events()


@pytest.fixture
async def app(slack: LocalSlack) -> AsyncIterator[RawApp]:
    async with raw_app(slack) as running:
        yield running


@pytest.fixture
async def browser(slack: LocalSlack) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=slack.url, trust_env=False) as http:
        yield Browser(http)


async def test_state_shows_what_the_person_may_see(slack: LocalSlack, browser: Browser) -> None:
    slack.clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    state = await browser.get("/-/state", person="ana")
    assert state["me"]["real_name"] == "Ana Silva"
    assert state["now"] // 1000 - 1772323200 < 60
    names = [(channel["name"], channel["kind"]) for channel in state["channels"]]
    assert names == [
        ("support", "public"),
        ("billing", "public"),
        ("random", "public"),
        ("shared-acme", "shared"),
        ("directmessage", "im"),
    ]
    assert state["channels"][-1]["with"] == state["app"]["user_id"]
    assert state["commands"] == [{"command": "/probe", "description": "Answers", "usage_hint": "[text]"}]
    assert [shortcut["type"] for shortcut in state["shortcuts"]] == ["global", "message"]
    assert (state["home"], state["views"]) == (None, [])
    assert {person["kind"] for person in state["people"]} == {"member", "admin", "guest", "external"}
    guest = await browser.get("/-/state", person="U05GUS")
    assert [channel["name"] for channel in guest["channels"]] == ["support", "directmessage"]
    stranger = await browser.get("/-/state", person="eve")
    assert [channel["name"] for channel in stranger["channels"]] == ["shared-acme"]
    for path in ("/-/state", "/-/history", "/-/stream"):
        assert (await browser.get(path, person="nobody"))["error"] == "user_not_found"


async def test_history_has_only_the_persons_own_ephemerals(browser: Browser, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=SUPPORT, text="for all")
    await client.chat_postEphemeral(channel=SUPPORT, user="U01ANA", text="for ana")
    ana = await browser.get("/-/history", person="ana", channel=SUPPORT)
    raj = await browser.get("/-/history", person="raj", channel=SUPPORT)
    assert [(message["text"], message["ephemeral"]) for message in ana["messages"]] == [
        ("for all", False),
        ("for ana", True),
    ]
    assert [message["text"] for message in raj["messages"]] == ["for all"]
    assert (raj["messages"][0]["bot"], raj["messages"][0]["app_name"]) == (True, "Probe")
    hidden = await browser.get("/-/history", person="raj", channel="C06LEADS")
    assert hidden["error"] == "channel_not_found"


async def test_stream_has_every_kind_of_change(
    slack: LocalSlack, app: RawApp, browser: Browser, client: AsyncWebClient
) -> None:
    async with browser.news("ana") as ana, browser.news("raj") as raj:
        await client.chat_postEphemeral(channel=SUPPORT, user="U01ANA", text="for ana")
        posted = await client.chat_postMessage(channel=SUPPORT, text="for all")
        await client.chat_postMessage(channel="C04FINANCE", text="not theirs")
        await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="new words")
        await client.chat_delete(channel=SUPPORT, ts=posted["ts"])
        view = {"type": "home", "blocks": [section("Home")]}
        await client.views_publish(user_id="U01ANA", view=view)
        await browser.do("ana", "command", channel=SUPPORT, text="/probe")
        await client.views_open(trigger_id=app.last["trigger_id"], view=modal(section("x")))
        await browser.do("ana", "command", channel=SUPPORT, text="/nothing")
        kinds = [await anext(ana) for _ in range(7)]
        assert [kind["type"] for kind in kinds] == [
            "message",
            "message",
            "message_changed",
            "message_deleted",
            "home",
            "views",
            "notice",
        ]
        people = [user.id for user in slack.workspace.users.values()]
        members = [name for name in people if name in slack.workspace.channels[SUPPORT].members]
        seen_by = [name for name in members if name != slack.workspace.bot.id]
        deleted = {"type": "message_deleted", "channel": SUPPORT, "ts": posted["ts"], "to": seen_by}
        assert kinds[3] == deleted
        assert kinds[5]["views"][0]["title"]["text"] == "A form"
        first = await anext(raj)
        assert first["message"]["text"] == "for all"


async def test_message_is_posted_with_mentions_and_thread(
    slack: LocalSlack, app: RawApp, browser: Browser
) -> None:
    posted = await browser.do("ana", "say", channel=SUPPORT, text="hello @raj")
    await browser.do("raj", "say", channel=SUPPORT, text="hi", thread_ts=posted["ts"])
    messages = (await browser.get("/-/history", person="ana", channel=SUPPORT))["messages"]
    assert messages[0]["text"] == "hello <@U02RAJ>"
    assert messages[0]["reply_count"] == 1
    assert messages[1]["thread_ts"] == posted["ts"]
    opened = await browser.do("ana", "open_im", user="U02RAJ")
    assert opened["channel"]["with"] == "U02RAJ"
    refused = await browser.do("eve", "say", channel=SUPPORT, text="x")
    assert refused == {"ok": False, "error": "channel_not_found", "shown": "You can't see this channel."}
    await slack.person("ana").settled()


async def test_reply_updates_the_count_of_its_thread(browser: Browser, client: AsyncWebClient) -> None:
    async with browser.news("ana") as ana:
        root = await client.chat_postMessage(channel=SUPPORT, text="root")
        await client.chat_postMessage(channel=SUPPORT, text="reply", thread_ts=root["ts"])
        news = [await anext(ana) for _ in range(3)]
    assert [change["type"] for change in news] == ["message", "message", "message_changed"]
    assert (news[2]["message"]["ts"], news[2]["message"]["reply_count"]) == (root["ts"], 1)


async def test_click_and_choice_reach_the_app(
    slack: LocalSlack, app: RawApp, browser: Browser, client: AsyncWebClient
) -> None:
    external = {"type": "external_select", "placeholder": plain("Customer")}
    blocks = [actions(button("Go", "go", value="v"), external)]
    posted = await client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)
    stored = (await browser.get("/-/history", person="ana", channel=SUPPORT))["messages"][0]["blocks"][0]
    ids = {"block_id": stored["block_id"], "action_id": "go"}
    source = {"message": {"channel": SUPPORT, "ts": posted["ts"]}}
    assert await browser.do("ana", "action", source=source, **ids, input={}) == {"ok": True}
    assert app.last["actions"][0]["value"] == "v"
    pick = {"block_id": stored["block_id"], "action_id": stored["elements"][1]["action_id"]}
    acme = {"text": plain("Acme"), "value": "1", "description": plain("cus_1")}
    app.answer({"option_groups": [{"label": plain("Found"), "options": [acme]}]})
    offered = await browser.do("ana", "suggest", source=source, **pick, text="a")
    choice = {"text": "Acme", "value": "1", "description": "cus_1"}
    assert offered == {"ok": True, "options": [choice], "groups": [{"label": "Found", "options": [choice]}]}
    await browser.do("ana", "action", source=source, **pick, input={"option": choice})
    assert app.last["actions"][0]["selected_option"]["text"]["text"] == "Acme"
    gone = {"message": {"channel": SUPPORT, "ts": "1.2"}}
    assert (await browser.do("ana", "action", source=gone, **ids, input={}))["error"] == "message_not_found"
    unknown_action = {"block_id": "no", "action_id": "no"}
    assert (await browser.do("ana", "action", source=source, **unknown_action, input={}))[
        "error"
    ] == "not_found"
    home = await browser.do("ana", "action", source={"home": True}, **ids, input={})
    assert home["error"] == "not_found"


async def test_form_is_submitted_refused_and_closed(
    slack: LocalSlack, app: RawApp, browser: Browser, client: AsyncWebClient
) -> None:
    await browser.do("ana", "shortcut", callback_id="look_up")
    view = modal(text_input("Why", "why"), actions(button("Check", "check")), notify_on_close=True)
    opened = (await client.views_open(trigger_id=app.last["trigger_id"], view=view))["view"]["id"]
    block = (await browser.get("/-/state", person="ana"))["views"][0]["blocks"][1]
    state = {"why": {"why_text": {"text": "because"}}}
    ids = {"block_id": block["block_id"], "action_id": "check"}
    await browser.do("ana", "action", source={"view": opened}, **ids, input={}, state=state)
    assert app.last["view"]["state"]["values"]["why"]["why_text"]["value"] == "because"
    empty = {"why": {"why_text": {"text": ""}}}
    refused = await browser.do("ana", "submit", view=opened, state=empty)
    assert refused["errors"] == {"why": "Please complete this required field."}
    app.answer({"response_action": "errors", "errors": {"why": "Say more"}})
    refused = await browser.do("ana", "submit", view=opened, state=state)
    assert (refused["ok"], refused["errors"]) == (False, {"why": "Say more"})
    app.answer("", 500)
    refused = await browser.do("ana", "submit", view=opened, state=state)
    assert refused["shown"] == "We had some trouble connecting. Try again?"
    assert await browser.do("ana", "close", view=opened) == {"ok": True}
    assert app.last["type"] == "view_closed"
    assert (await browser.do("ana", "submit", view=opened, state={}))["error"] == "not_found"


async def test_home_opens_and_takes_clicks(
    slack: LocalSlack, app: RawApp, browser: Browser, client: AsyncWebClient
) -> None:
    assert await browser.do("ana", "open_home") == {"ok": True}
    await slack.person("ana").settled()
    assert (app.last["event"]["type"], app.last["event"]["tab"]) == ("app_home_opened", "home")
    view = {"type": "home", "blocks": [actions(button("Go", "go"))]}
    await client.views_publish(user_id="U01ANA", view=view)
    block = (await browser.get("/-/state", person="ana"))["home"]["blocks"][0]
    ids = {"block_id": block["block_id"], "action_id": "go"}
    assert (await browser.do("ana", "action", source={"home": True}, **ids, input={}))["ok"]
    assert app.last["view"]["type"] == "home"


async def test_invalid_requests_are_refused(browser: Browser) -> None:
    assert (await browser.do("nobody", "say"))["error"] == "user_not_found"
    assert (await browser.do("ana", "dance"))["error"] == "unknown_act"
    assert (await browser.do("ana", "say"))["error"] == "invalid_arguments"
    assert (await browser.http.post("/-/do", content=b"{")).status_code == 400


async def test_shared_stream_names_who_sees_each_change(
    slack: LocalSlack, browser: Browser, client: AsyncWebClient
) -> None:
    async with browser.http.stream("GET", "/-/stream") as answer:
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith(":")
        await client.chat_postEphemeral(channel=SUPPORT, user="U01ANA", text="for ana")
        await client.chat_postMessage(channel="C04FINANCE", text="for two")
        events = []
        async for line in lines:
            if line.startswith("data: "):
                events.append(json.loads(line[6:]))
            if len(events) == 2:
                break
    assert [event["to"] for event in events] == [["U01ANA"], ["U03LEA", "U04MAX"]]


async def test_permalink_redirects_to_the_page(browser: Browser) -> None:
    answer = await browser.http.get("/archives/C01SUPPORT/p1750000000000001?thread_ts=1750000000.000000")
    assert answer.headers["location"] == "/#C01SUPPORT/p1750000000000001/1750000000.000000"


async def test_reading_a_channel_updates_the_persons_other_tabs(
    browser: Browser, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel=SUPPORT, text="<@U01ANA> look")
    channels = (await browser.get("/-/state", person="ana"))["channels"]
    assert (channels[0]["unread"], channels[0]["mentions"]) == (1, 1)
    async with browser.news("ana") as ana:
        await browser.do("ana", "read", channel=SUPPORT)
        assert (await anext(ana))["type"] == "read"
    channels = (await browser.get("/-/state", person="ana"))["channels"]
    assert (channels[0]["unread"], channels[0]["mentions"]) == (0, 0)


async def test_people_edit_and_delete_their_own_messages(
    slack: LocalSlack, app: RawApp, browser: Browser
) -> None:
    posted = await browser.do("ana", "say", channel=SUPPORT, text="first")
    target = {"channel": SUPPORT, "ts": posted["ts"]}
    assert await browser.do("ana", "edit", **target, text="second @raj") == {"ok": True}
    assert (await browser.do("raj", "edit", **target, text="x"))["error"] == "cant_edit_message"
    messages = (await browser.get("/-/history", person="raj", channel=SUPPORT))["messages"]
    assert [(message["text"], message["edited"]) for message in messages] == [("second <@U02RAJ>", True)]
    assert await browser.do("ana", "delete", **target) == {"ok": True}
    assert (await browser.get("/-/history", person="raj", channel=SUPPORT))["messages"] == []
    await slack.person("ana").settled()


async def test_stream_ends_when_the_workspace_closes(slack: LocalSlack, browser: Browser) -> None:
    async with browser.news("ana") as news:
        slack.workspace.feed.close()
        async with asyncio.timeout(30):
            assert [change async for change in news] == []


async def test_foreign_host_header_is_refused(slack: LocalSlack) -> None:
    async with httpx.AsyncClient(base_url=slack.url) as http:
        assert (await http.get("/-/state", params={"person": "ana"})).status_code == 200
        strange = await http.get("/-/state", params={"person": "ana"}, headers={"host": "evil.example"})
        assert strange.status_code == 400
