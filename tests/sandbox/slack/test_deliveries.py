"""Requests to the app, what happens with its responses, and what people see without one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import LocalSlack, NotOnScreen
from tests.sandbox.slack.app import (
    Json,
    actions,
    bolt,
    button,
    modal,
    over_socket,
    plain,
    section,
    text_input,
)
from tests.sandbox.slack.raw import RawApp, raw_app

SUPPORT = "C01SUPPORT"


@pytest.fixture
async def app(slack: LocalSlack) -> AsyncIterator[RawApp]:
    async with raw_app(slack) as running:
        yield running


async def respond(url: str, **body: Any) -> tuple[int, Json]:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(url, json=body)
        return answer.status_code, answer.json()


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_command_payload_and_its_response_reach_both_sides(slack: LocalSlack, app: RawApp) -> None:
    ana, eve = slack.person("ana"), slack.person("eve")
    app.answer("Working on it")
    await ana.command("/probe  features cus_1 ")
    sent = app.last
    assert (sent["command"], sent["text"], sent["channel_id"]) == ("/probe", "features cus_1", SUPPORT)
    assert (sent["user_id"], sent["channel_name"]) == (ana.id, "support")
    await ana.sees("Working on it")
    slack.person("raj").does_not_see("Working on it")
    app.answer({"response_type": "in_channel", "text": "All see"})
    await ana.command("/probe")
    await slack.person("raj").sees("All see")
    await eve.command("/probe x")
    assert app.last["team_id"] != sent["team_id"]
    await ana.command("/nothing")
    await ana.sees("/nothing is not a valid command.")


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "http_client_error"), (500, "http_service_error")],
)
async def test_refused_command_shows_slacks_error(
    slack: LocalSlack, app: RawApp, status: int, words: str
) -> None:
    ana = slack.person("ana")
    app.answer("", status)
    await ana.command("/probe")
    await ana.sees(f"/probe failed with the error “{words}”")
    app.answer({"blocks": [{"type": "nothing"}]})
    await ana.command("/probe")
    await ana.sees("/probe failed with the error “invalid_blocks”")


async def test_unanswered_requests_show_slacks_error(slack: LocalSlack, app: RawApp) -> None:
    ana = slack.person("ana")
    ordinary, slack.deliveries.patience = slack.deliveries.patience, 0.02
    app.hangs = True
    await ana.command("/probe")
    await ana.sees("/probe failed with the error “operation_timeout”")
    slack.person("raj").does_not_see("operation_timeout")
    await ana.shortcut("Look up")
    await ana.sees("“Look up” failed with the error “operation_timeout”")
    slack.deliveries.patience = ordinary
    slack.request_url = "http://127.0.0.1:9/slack/events"
    await ana.command("/probe")
    await ana.sees("/probe failed with the error “dispatch_failed”")
    slack.request_url = None
    await ana.command("/probe")
    assert [request.outcome for request in slack.sent] == ["operation_timeout"] * 2 + ["dispatch_failed"] * 2


async def test_click_payload_has_the_action_and_the_state(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    pick = {
        "type": "static_select",
        "action_id": "span",
        "placeholder": plain("Span"),
        "options": [{"text": plain("A week"), "value": "7d"}, {"text": plain("A month"), "value": "30d"}],
    }
    sure = {"title": plain("Share?"), "text": plain("Everybody will see it."), "confirm": plain("Share")}
    fields = {"type": "overflow", "action_id": "more", "options": [{"text": plain("Export"), "value": "csv"}]}
    blocks = [
        section("Acme"),
        {
            **actions(button("Go", "go", value="v"), button("Share", "share", confirm=sure), pick, fields),
            "block_id": "b",
        },
    ]
    await client.chat_postMessage(channel=SUPPORT, text="card", blocks=blocks)
    await ana.click("Go")
    sent = app.last
    assert sent["actions"][0] | {"action_ts": ""} == {
        "type": "button",
        "action_id": "go",
        "block_id": "b",
        "text": {**plain("Go"), "emoji": True},
        "value": "v",
        "action_ts": "",
    }
    assert sent["container"]["is_ephemeral"] is False
    assert sent["message"]["text"] == "card"
    assert sent["state"]["values"] == {"b": {"span": {"type": "static_select", "selected_option": None}}}
    assert (sent["user"]["team_id"], sent["team"]["domain"]) == ("T01NORTHW", "northwind")
    with pytest.raises(NotOnScreen, match="Everybody will see it"):
        await ana.click("Share")
    await ana.click("Share", confirm=False)
    assert app.last is sent
    await ana.click("Share", confirm=True)
    assert app.last["actions"][0]["action_id"] == "share"
    with pytest.raises(NotOnScreen, match="does not ask"):
        await ana.click("Go", confirm=True)
    await ana.choose("Span", "A month")
    assert app.last["actions"][0]["selected_option"]["value"] == "30d"
    await ana.click("Export")
    assert app.last["actions"][0]["selected_option"]["value"] == "csv"
    assert app.last["state"]["values"]["b"]["span"]["selected_option"]["value"] == "30d"
    slack.person("raj").does_not_see("A month ▾")
    with pytest.raises(NotOnScreen, match="option 'A year'"):
        await ana.choose("Span", "A year")
    app.answer("", 500)
    await ana.click("Go")
    await ana.sees("⚠ Probe did not respond to this (http_service_error).")


async def test_click_takes_the_newest_button_unless_narrowed(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    for name in ("Acme", "Bolt"):
        rows = [
            section(f"{name} {which}", accessory=button("Open", f"open:{which}"))
            for which in ("first", "second")
        ]
        await client.chat_postMessage(channel=SUPPORT, text=name, blocks=rows)
    await ana.click("Open")
    assert (app.last["message"]["text"], app.last["actions"][0]["action_id"]) == ("Bolt", "open:first")
    await ana.click("Open", within="Bolt second")
    assert app.last["actions"][0]["action_id"] == "open:second"
    await ana.click("open", within="Acme second")
    assert (app.last["message"]["text"], app.last["actions"][0]["action_id"]) == ("Acme", "open:second")
    with pytest.raises(NotOnScreen, match=r"(?s)'Close'.*The screen:.*Acme first"):
        await ana.click("Close")


async def test_click_in_an_ephemeral_message_has_no_message(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    await client.chat_postEphemeral(
        channel=SUPPORT, user=ana.id, text="x", blocks=[actions(button("Go", "go"))]
    )
    await ana.click("Go")
    sent = app.last
    assert "message" not in sent
    assert sent["container"]["is_ephemeral"] is True
    assert await respond(sent["response_url"], replace_original=True, text="replaced") == (200, {"ok": True})
    await ana.sees("replaced")
    slack.person("raj").does_not_see("replaced")
    assert len(slack.workspace.history(SUPPORT, ana.id)) == 1
    assert await respond(sent["response_url"], delete_original=True) == (200, {"ok": True})
    assert slack.workspace.history(SUPPORT, ana.id) == []
    assert (await respond(sent["response_url"], replace_original=True, text="x"))[1][
        "error"
    ] == "message_not_found"


async def test_response_url_of_a_command_replaces_nothing(slack: LocalSlack, app: RawApp) -> None:
    ana = slack.person("ana")
    await ana.command("/probe")
    url = app.last["response_url"]
    assert await respond(url, text="one") == (200, {"ok": True})
    assert await respond(url, text="two", replace_original=True) == (200, {"ok": True})
    await ana.sees("one")
    await ana.sees("two")
    assert (await respond(url, delete_original=True))[1] == {"ok": False, "error": "no_text"}
    assert await respond(url, text="three", response_type="in_channel") == (200, {"ok": True})
    await slack.person("raj").sees("three")
    assert (await respond(url, blocks=[{"type": "no"}]))[1]["error"] == "invalid_blocks"
    assert await respond(url, text="six") == (404, {"ok": False, "error": "used_url"})
    ana.does_not_see("six")


async def test_response_url_expires_after_thirty_minutes(slack: LocalSlack, app: RawApp) -> None:
    await slack.person("ana").command("/probe")
    url = app.last["response_url"]
    slack.responses.refusal_status = 400
    assert (await respond(url, text=""))[0] == 400
    slack.faults.add("response_url", "500")
    assert (await respond(url, text="x"))[0] == 500
    slack.clock.move(timedelta(minutes=29))
    assert (await respond(url, text="x"))[0] == 200
    slack.clock.move(timedelta(minutes=2))
    assert await respond(url, text="x") == (404, {"ok": False, "error": "expired_url"})
    assert (await respond(f"{url}x", text="x"))[0] == 404


async def test_trigger_id_opens_one_view_within_three_seconds(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    await ana.command("/probe")
    trigger = app.last["trigger_id"]
    view = modal(text_input("Why", "why"), external_id="e1")
    opened = (await client.views_open(trigger_id=trigger, view=view))["view"]
    assert await error_of(client.views_open(trigger_id=trigger, view=view)) == "exchanged_trigger_id"
    assert await error_of(client.views_push(trigger_id=trigger, view=view)) == "exchanged_trigger_id"
    await ana.command("/probe")
    late = app.last["trigger_id"]
    assert (
        await error_of(client.views_push(trigger_id=late, view=modal(section("x")))) == "invalid_trigger_id"
    )
    assert await error_of(client.views_open(trigger_id=late, view=view)) == "duplicate_external_id"
    slack.clock.move(timedelta(seconds=3.1))
    assert (
        await error_of(client.views_open(trigger_id=late, view=modal(section("x")))) == "expired_trigger_id"
    )
    wrong = client.views_update(view=view, view_id=opened["id"], hash="old")
    assert await error_of(wrong) == "hash_conflict"
    newer = await client.views_update(view=view, external_id="e1", hash=opened["hash"])
    assert newer["view"]["hash"] != opened["hash"]


async def test_input_survives_an_update_of_the_view(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    await ana.command("/probe")
    view = modal(text_input("Why", "why"), text_input("Who", "who"))
    opened = await client.views_open(trigger_id=app.last["trigger_id"], view=view)
    await ana.fill("Why", "because")
    await ana.fill("Who", "me")
    changed = modal(text_input("Why now", "why"), text_input("Who", "other"))
    await client.views_update(view=changed, view_id=opened["view"]["id"])
    await ana.sees("Why now: [because ▾]")
    ana.does_not_see("me ▾")


async def test_modals_stack_three_deep_and_close_together(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    await ana.command("/probe")

    def numbered(number: int) -> Json:
        return modal(
            section(f"Number {number}"),
            actions(button("Deeper", "deeper")),
            close=plain("Back"),
            notify_on_close=True,
            clear_on_close=number == 3,
        )

    await client.views_open(trigger_id=app.last["trigger_id"], view=numbered(1))
    for number in (2, 3):
        await ana.click("Deeper")
        assert app.last["container"]["type"] == "view"
        assert "response_url" not in app.last
        pushed = await client.views_push(trigger_id=app.last["trigger_id"], view=numbered(number))
        assert pushed["view"]["root_view_id"] != pushed["view"]["id"]
    await ana.click("Deeper")
    fourth = client.views_push(trigger_id=app.last["trigger_id"], view=numbered(4))
    assert await error_of(fourth) == "push_limit_reached"
    await ana.close()
    closed = app.payloads[-3:]
    assert [payload["type"] for payload in closed] == ["view_closed"] * 3
    assert all(payload["is_cleared"] for payload in closed)
    with pytest.raises(NotOnScreen, match="an open modal"):
        await ana.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"response_action": "errors", "errors": {"why": "No"}}, "! No"),
        ({"response_action": "errors", "errors": {"elsewhere": "No"}}, "We had some trouble connecting."),
        ({"response_action": "update", "view": modal(section("Done"))}, "Done"),
        ({"response_action": "update", "view": {"type": "modal"}}, "We had some trouble connecting."),
        ({"response_action": "push", "view": modal(section("Next"))}, "Next"),
        ({"response_action": "dance"}, "We had some trouble connecting."),
    ],
)
async def test_response_action_of_a_submission_is_applied(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient, answer: Json, words: str
) -> None:
    ana = slack.person("ana")
    await ana.command("/probe")
    await client.views_open(trigger_id=app.last["trigger_id"], view=modal(text_input("Why", "why")))
    await ana.fill("Why", "because")
    app.answer(answer)
    await ana.submit()
    assert app.last["view"]["state"]["values"]["why"]["why_text"]["value"] == "because"
    await ana.sees(words)


async def test_response_action_clear_closes_all_views(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    await ana.command("/probe")
    await client.views_open(trigger_id=app.last["trigger_id"], view=modal(section("One")))
    app.answer({"response_action": "push", "view": modal(section("Two"))})
    await ana.submit()
    await ana.sees("Two")
    app.answer({"response_action": "clear"})
    await ana.submit()
    ana.does_not_see("A form")


def typed_input(kind: str, **fields: Any) -> Json:
    element = {"type": kind, "action_id": "a", **fields}
    return {"type": "input", "block_id": "b", "label": plain("Amount"), "element": element}


@pytest.mark.parametrize(
    ("block", "text", "words"),
    [
        (typed_input("plain_text_input", min_length=3), "ab", "Must be at least 3 characters."),
        (typed_input("plain_text_input", max_length=3), "abcd", "Must be at most 3 characters."),
        (typed_input("number_input", is_decimal_allowed=False), "ten", "Please enter a number."),
        (typed_input("number_input", is_decimal_allowed=False), "1.5", "Please enter a whole number."),
        (typed_input("number_input", is_decimal_allowed=True, min_value="2"), "1.5", "Must be at least 2."),
        (typed_input("number_input", is_decimal_allowed=True, max_value="2"), "2.5", "Must be at most 2."),
        (typed_input("email_text_input"), "me", "Please enter a valid email address."),
        (typed_input("url_text_input"), "me", "Please enter a valid URL."),
    ],
)
async def test_invalid_input_is_refused_before_the_app_is_asked(  # noqa: PLR0917 - fixtures and a case
    slack: LocalSlack, app: RawApp, client: AsyncWebClient, block: Json, text: str, words: str
) -> None:
    ana = slack.person("ana")
    await ana.command("/probe")
    await client.views_open(trigger_id=app.last["trigger_id"], view=modal(block))
    before = len(app.payloads)
    await ana.fill("Amount", text)
    await ana.submit()
    await ana.sees(words)
    assert len(app.payloads) == before


async def test_every_kind_of_choice_is_in_the_state(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    options = [
        {"text": {**plain(name), "emoji": True}, "value": value}
        for name, value in (("Red", "r"), ("Blue", "b"))
    ]
    kinds: list[tuple[str, Json, tuple[str, ...], Any]] = [
        ("datepicker", {}, ("2026-01-31",), "2026-01-31"),
        ("timepicker", {}, ("09:30",), "09:30"),
        ("datetimepicker", {}, ("1750000000",), 1750000000),
        ("users_select", {}, ("raj",), "U02RAJ"),
        ("channels_select", {}, ("#billing",), "C02BILLING"),
        ("conversations_select", {}, ("#billing",), "C02BILLING"),
        ("multi_users_select", {}, ("raj", "@lea"), ["U02RAJ", "U03LEA"]),
        ("radio_buttons", {"options": options}, ("Blue",), options[1]),
        ("checkboxes", {"options": options}, ("Red", "Blue"), options),
        ("multi_static_select", {"options": options}, ("Red",), options[:1]),
    ]
    blocks = [
        {
            "type": "input",
            "block_id": kind,
            "label": plain(kind),
            "element": {"type": kind, "action_id": kind, **fields},
        }
        for kind, fields, _, _ in kinds
    ]
    await ana.command("/probe")
    await client.views_open(trigger_id=app.last["trigger_id"], view=modal(*blocks))
    for kind, _, words, _ in kinds:
        await ana.choose(kind, *words)
    await ana.sees("users_select: [@raj ▾]")
    await ana.submit()
    values = app.last["view"]["state"]["values"]
    for kind, _, _, expected in kinds:
        field_state = values[kind][kind]
        assert field_state.pop("type") == kind
        assert list(field_state.values()) == [expected]


async def test_external_select_shows_the_options_of_the_app(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    pick = {"type": "external_select", "action_id": "who", "placeholder": plain("Customer")}
    await client.chat_postMessage(channel=SUPPORT, text="x", blocks=[{**actions(pick), "block_id": "b"}])
    acme = {"text": plain("Acme"), "value": "1"}
    app.answer({"options": [acme]})
    assert await ana.type_ahead("Customer", "ac") == ["Acme"]
    assert (app.last["type"], app.last["value"], app.last["block_id"]) == ("block_suggestion", "ac", "b")
    app.answer({"option_groups": [{"label": plain("Found"), "options": [acme]}]})
    await ana.choose("Customer", "Acme")
    assert app.last["actions"][0]["selected_option"]["value"] == "1"
    await ana.sees("[Acme ▾]")
    many = [{"text": plain(str(number)), "value": str(number)} for number in range(101)]
    for bad in ({"options": many}, {}, {"options": [{"text": plain("x" * 80), "value": "1"}]}):
        app.answer(bad)
        with pytest.raises(Exception, match="could not be loaded"):
            await ana.type_ahead("Customer", "ac")


async def test_message_shortcut_has_the_message(slack: LocalSlack, app: RawApp) -> None:
    ana = slack.person("ana")
    await slack.person("raj").say("cus_1 is angry")
    await slack.person("raj").settled()
    await ana.shortcut("File this", on="angry")
    assert (app.last["type"], app.last["callback_id"]) == ("message_action", "file_this")
    assert app.last["message"]["text"] == "cus_1 is angry"
    assert app.last["channel"]["id"] == SUPPORT
    with pytest.raises(NotOnScreen):
        await ana.shortcut("Fly")
    with pytest.raises(NotOnScreen):
        await ana.shortcut("Look up", on="angry")


async def test_person_waits_until_words_are_gone(slack: LocalSlack) -> None:
    ana, raj = slack.person("ana"), slack.person("raj")
    await raj.say("cus_1 is angry")
    await ana.sees("angry")
    with pytest.raises(NotOnScreen, match="still sees"):
        await ana.no_longer_sees("angry", timeout=0.01)
    waiting = asyncio.create_task(ana.no_longer_sees("angry"))
    await asyncio.sleep(0)
    await raj.delete("angry")
    await waiting


async def test_event_is_retried_with_the_same_id(slack: LocalSlack, app: RawApp) -> None:
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    slack.deliveries.sleep = sleep
    for status in (500, 404):
        app.answer("", status)
    await slack.person("ana").open_home()
    await slack.person("ana").settled()
    assert delays == [0.0, 60.0]
    assert {payload["event_id"] for payload in app.payloads} == {app.last["event_id"]}
    tries = [(header.get("x-slack-retry-num"), header.get("x-slack-retry-reason")) for header in app.headers]
    assert tries == [(None, None), ("1", "http_error"), ("2", "http_error")]
    for _ in range(4):
        app.answer("", 500)
    await slack.person("ana").open_home()
    await slack.person("ana").settled()
    assert len(app.payloads) == 7
    app.answer("", 500, **{"x-slack-no-retry": "1"})
    await slack.person("ana").open_home()
    await slack.person("ana").settled()
    assert len(app.payloads) == 8
    app.hangs = True
    slack.deliveries.patience = 0.02
    await slack.person("ana").open_home()
    await slack.person("ana").settled()
    assert app.headers[-1]["x-slack-retry-reason"] == "http_timeout"


async def test_only_subscribed_events_are_sent(slack: LocalSlack, app: RawApp) -> None:
    ana, eve, lea = slack.person("ana"), slack.person("eve"), slack.person("lea")
    await ana.say("@probe see https://app.acme.example/c/1 and https://acme.example.evil/x")
    await ana.settled()
    inner = {payload["event"]["type"]: payload["event"] for payload in app.payloads}
    assert set(inner) == {"message", "app_mention", "link_shared"}
    assert [link["domain"] for link in inner["link_shared"]["links"]] == ["acme.example"]
    assert inner["message"]["channel_type"] == "channel"
    await eve.say("hello from Acme")
    await eve.settled()
    assert app.last["is_ext_shared_channel"] is True
    assert app.last["event"]["team"] == "T02ACMECO"
    before = len(app.payloads)
    lea.go("#finance-private")
    await lea.say("not subscribed")
    lea.go("#random")
    await lea.say("the app is not here")
    await lea.settled()
    assert len(app.payloads) == before


async def test_read_only_app_takes_no_messages(slack: LocalSlack, app: RawApp) -> None:
    ana = slack.person("ana")
    ana.go("@probe")
    await ana.say("hello")
    await ana.settled()
    assert app.last["event"]["channel_type"] == "im"
    slack.simulation.manifest = replace(slack.simulation.manifest, messages_read_only=True)
    with pytest.raises(NotOnScreen, match="turned off"):
        await ana.command("/probe")


async def test_request_url_is_verified_by_its_challenge(slack: LocalSlack, app: RawApp) -> None:
    assert not await slack.deliveries.verify_url()
    app.answer("c0ffee")
    assert await slack.deliveries.verify_url()


async def test_socket_app_reconnects_after_a_refresh(slack: LocalSlack) -> None:
    served = bolt(slack)
    served_words: list[str] = []

    @served.command("/probe")
    async def command(ack: Any, command: Json) -> None:
        served_words.append(command["text"])
        await ack("Heard " + command["text"])

    async with over_socket(served, slack):
        ana = slack.person("ana")
        await ana.command("/probe one")
        await ana.sees("Heard one")
        await slack.sockets.refresh("refresh_requested")
        await slack.sockets.connected()
        await ana.command("/probe two")
        await ana.sees("Heard two")
        assert slack.sockets.connections == 1
    assert served_words == ["one", "two"]
    async with asyncio.timeout(30):
        while slack.sockets.connections:
            await slack.workspace.feed.changed()
    await ana.command("/probe three")
    await ana.sees("dispatch_failed")


async def test_requests_alternate_between_replicas_and_repeat_unchanged(
    slack: LocalSlack, app: RawApp
) -> None:
    first = str(slack.request_url)
    async with raw_app(slack) as other_app:
        slack.deliveries.spread(first, str(slack.request_url))
        for number in range(4):
            await slack.person("ana").command(f"/probe {number}")
        assert [payload["text"] for payload in app.payloads] == ["0", "2"]
        assert [payload["text"] for payload in other_app.payloads] == ["1", "3"]
        await slack.deliveries.repeat(slack.sent[1])
        assert app.last == other_app.payloads[0]


async def test_request_is_repeated_over_a_socket(slack: LocalSlack) -> None:
    app = bolt(slack)
    texts_received: list[str] = []

    @app.command("/probe")
    async def probe(ack: Any, command: Json) -> None:
        texts_received.append(command["text"])
        await ack()

    async with over_socket(app, slack):
        await slack.person("ana").command("/probe once")
        await slack.deliveries.repeat(slack.sent[-1])
        assert texts_received == ["once", "once"]


async def test_new_member_clicks_on_a_given_message(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    slack.workspace.join("kim", "#support")
    blocks = [actions(button("Go", "go", value="first"))]
    await client.chat_postMessage(channel=SUPPORT, text="first", blocks=blocks)
    (message,) = slack.workspace.history(SUPPORT)
    await client.chat_postMessage(
        channel=SUPPORT, text="second", blocks=[actions(button("Go", "go", value="second"))]
    )
    kim = slack.person("kim")
    await kim.click("Go", on=message)
    assert (app.last["user"]["id"], app.last["actions"][0]["value"]) == (kim.id, "first")
    await kim.click("Go")
    assert app.last["actions"][0]["value"] == "second"
    with pytest.raises(NotOnScreen):
        await kim.click("Stop", on=message)
