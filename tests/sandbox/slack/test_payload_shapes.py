"""The payloads of the local Slack have the keys and types of payloads recorded from Slack.

tests/fixtures/slack/payload-shapes.json holds the shapes, each with the public recording it comes from.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import LocalSlack, events
from tests.sandbox.slack.app import Json, actions, button, modal, plain, text_input
from tests.sandbox.slack.raw import RawApp, raw_app

FIXTURE = Path(__file__).parents[2] / "fixtures" / "slack" / "payload-shapes.json"
SUPPORT = "C01SUPPORT"

RECORDINGS: list[Json] = json.loads(FIXTURE.read_text("utf-8"))

EVERY_INTERACTION = {"enterprise": "null", "is_enterprise_install": "boolean"}
ENVELOPE = {"context_team_id": "string", "context_enterprise_id": "null", "event_context": "string"}
DOCUMENTED: dict[str, Json] = {
    "block_actions": {
        "container": {
            "view_id": "string",
            "attachment_id": "number",
            "is_app_unfurl": "boolean",
            "app_unfurl_url": "string",
        },
        "view": {},
        "app_unfurl": {},
        "message": {"attachments": [{}], "client_msg_id": "string"},
    },
    "block_suggestion": EVERY_INTERACTION,
    "event_callback:app_home_opened": {
        **ENVELOPE,
        "event": {"view": {}},
        "authorizations": [{"enterprise_id": "null", "team_id": "string"}],
    },
    "event_callback:app_mention": {
        **ENVELOPE,
        "event": {"thread_ts": "string", "parent_user_id": "string"},
    },
    "event_callback:message": {
        **ENVELOPE,
        "event": {
            "message": {"ts": "string", "client_msg_id": "string"},
            "previous_message": {"client_msg_id": "string"},
        },
    },
    "message_action": {**EVERY_INTERACTION, "message": {"thread_ts": "string", "parent_user_id": "string"}},
    "shortcut": EVERY_INTERACTION,
    "view_closed": {**EVERY_INTERACTION, "is_cleared": "boolean"},
}
"""Keys that Slack documents or sends in related payloads, but that no recording of the kind has.
{} accepts any object."""

LINK_SHARED: Json = {
    "token": "string",
    "team_id": "string",
    "api_app_id": "string",
    "event": {
        "type": "string",
        "channel": "string",
        "is_bot_user_member": "boolean",
        "user": "string",
        "message_ts": "string",
        "thread_ts": "string",
        "unfurl_id": "string",
        "source": "string",
        "links": [{"domain": "string", "url": "string"}],
        "event_ts": "string",
    },
    "type": "string",
    "event_id": "string",
    "event_time": "number",
    "authorizations": [
        {
            "enterprise_id": "null",
            "team_id": "string",
            "user_id": "string",
            "is_bot": "boolean",
            "is_enterprise_install": "boolean",
        }
    ],
    "is_ext_shared_channel": "boolean",
    **ENVELOPE,
}
"""From Slack's documentation; there is no recording."""

GRID_ONLY = {"enterprise_id", "enterprise_name"}
"""Keys that only an Enterprise Grid sends."""
FREE = {"blocks", "values", "selected_option"}
"""Built by the app, and checked against the schema of blocks instead."""


def merged(first: Any, second: Any) -> Any:
    """A shape that accepts what either of the two accepts. Leaves are sets of types."""
    if first is None or second is None:
        return second if first is None else first
    if isinstance(first, dict) and isinstance(second, dict):
        keys = {**first, **second}
        return {key: merged(first.get(key), second.get(key)) for key in keys}
    if isinstance(first, list) and isinstance(second, list):
        items = [*first, *second]
        together: Any = None
        for item in items:
            together = merged(together, item)
        return [] if together is None else [together]
    return {*_types(first), *_types(second)}


def _types(shape: Any) -> set[str]:
    if isinstance(shape, set):
        return shape
    return {"object" if isinstance(shape, dict) else "array" if isinstance(shape, list) else str(shape)}


def _type_of(value: Any) -> str:
    names = {bool: "boolean", str: "string", int: "number", float: "number", dict: "object", list: "array"}
    return "null" if value is None else names[type(value)]


def unknown(value: Any, shape: Any, path: str = "") -> list[str]:
    """Keys and types of a payload that the shape does not have."""
    if isinstance(shape, dict) and isinstance(value, dict):
        if not shape:
            return []
        differing = [f"{path}/{key}: not in any recording" for key in value if key not in shape]
        for key in value.keys() & shape.keys() - FREE:
            differing += unknown(value[key], shape[key], f"{path}/{key}")
        return differing
    if isinstance(shape, list) and isinstance(value, list):
        return [line for item in value if shape for line in unknown(item, shape[0], f"{path}[]")]
    types = _types(shape)
    return [] if _type_of(value) in types else [f"{path}: {_type_of(value)}, recorded as {sorted(types)}"]


def missing(value: Any, shape: Any, path: str = "") -> list[str]:
    """Keys of a recording that the payload lacks."""
    if isinstance(shape, dict) and isinstance(value, dict):
        differing = [f"{path}/{key}: missing" for key in shape if key not in value and key not in GRID_ONLY]
        for key in value.keys() & shape.keys() - FREE:
            differing += missing(value[key], shape[key], f"{path}/{key}")
        return differing
    if isinstance(shape, list) and isinstance(value, list):
        return [
            line
            for item in value
            for item_shape in shape[:1]
            for line in missing(item, item_shape, f"{path}[]")
        ]
    return []


def allowed(kind: str) -> Any:
    together: Any = None
    views: Any = None
    for recording in RECORDINGS:
        if recording["kind"] == kind:
            together = merged(together, recording["shape"])
        elif "view" in recording["shape"]:
            # A view is the same in all payloads that have one.
            views = merged(views, {"view": recording["shape"]["view"]})
    if together and "view" in together:
        together = merged(together, views)
    return LINK_SHARED if together is None else merged(together, DOCUMENTED.get(kind))


@dataclass
class Setup:
    slack: LocalSlack
    app: RawApp
    web: AsyncWebClient

    async def message_in_thread(self) -> str:
        """A message of the app with a button, in a thread that Ana began."""
        await self.slack.person("ana").say("the start")
        (root,) = self.slack.workspace.history(SUPPORT)
        blocks = [actions(button("Go", "go", value="1"))]
        await self.web.chat_postMessage(channel=SUPPORT, text="card", blocks=blocks, thread_ts=root.ts)
        return root.ts

    async def form(self, **fields: Any) -> None:
        ana = self.slack.person("ana")
        await ana.command("/probe")
        select = {"type": "external_select", "action_id": "who", "min_query_length": 1}
        pick = {"type": "input", "block_id": "who", "label": plain("Who"), "optional": True}
        view = modal(
            text_input("Why", "why"),
            {**pick, "element": select},
            actions(button("Check", "check")),
            close=plain("Cancel"),
            **fields,
        )
        await self.web.views_open(trigger_id=self.app.last["trigger_id"], view=view)
        await ana.fill("Why", "because")

    async def event(self, name: str) -> Json:
        await self.slack.person("ana").settled()
        sent = [
            request.payload for request in self.slack.sent if request.payload.get("type") == "event_callback"
        ]
        return [payload for payload in sent if payload["event"]["type"] == name][-1]


async def command(setup: Setup) -> Json:
    await setup.slack.person("ana").command("/probe x")
    return setup.app.last


async def click(setup: Setup) -> Json:
    await setup.message_in_thread()
    await setup.slack.person("ana").click("Go")
    return setup.app.last


async def ephemeral_click(setup: Setup) -> Json:
    root = await setup.message_in_thread()
    blocks = [actions(button("Psst", "psst", style="primary"))]
    await setup.web.chat_postEphemeral(
        channel=SUPPORT, user="U01ANA", text="x", blocks=blocks, thread_ts=root
    )
    await setup.slack.person("ana").click("Psst")
    return setup.app.last


async def form_click(setup: Setup) -> Json:
    await setup.form()
    await setup.slack.person("ana").click("Check")
    return setup.app.last


async def preview_click(setup: Setup) -> Json:
    await setup.slack.person("ana").say("see https://acme.example/c/1")
    shared = (await setup.event("link_shared"))["event"]
    preview = {"blocks": [actions(button("Open", "open"))]}
    unfurls = {shared["links"][0]["url"]: preview}
    await setup.web.chat_unfurl(channel=shared["channel"], ts=shared["message_ts"], unfurls=unfurls)
    await setup.slack.person("ana").settled()
    await setup.slack.person("ana").click("Open")
    return setup.app.last


async def suggestion(setup: Setup) -> Json:
    await setup.form()
    setup.app.answer({"options": [{"text": plain("Acme"), "value": "1"}]})
    await setup.slack.person("ana").type_ahead("Who", "ac")
    return setup.app.last


async def submission(setup: Setup) -> Json:
    await setup.form()
    await setup.slack.person("ana").submit()
    return setup.app.last


async def closed(setup: Setup) -> Json:
    await setup.form(notify_on_close=True)
    await setup.slack.person("ana").close()
    return setup.app.last


async def shortcut(setup: Setup) -> Json:
    await setup.slack.person("ana").shortcut("Look up")
    return setup.app.last


async def message_shortcut(setup: Setup) -> Json:
    await setup.slack.person("raj").say("@ana cus_1 is angry")
    await setup.slack.person("raj").settled()
    await setup.slack.person("ana").message_shortcut("File this", on="angry")
    return setup.app.last


async def message(setup: Setup) -> Json:
    await setup.slack.person("ana").say("hello")
    return await setup.event("message")


async def direct_message(setup: Setup) -> Json:
    await setup.slack.person("ana").direct_message("hello")
    return await setup.event("message")


async def reply(setup: Setup) -> Json:
    ana = setup.slack.person("ana")
    await ana.direct_message("hello")
    await ana.direct_message("once more", in_thread_of="hello")
    return await setup.event("message")


async def own_message(setup: Setup) -> Json:
    await setup.web.chat_postMessage(channel=SUPPORT, text="from the app")
    return await setup.event("message")


async def edited(setup: Setup) -> Json:
    ana = setup.slack.person("ana")
    await ana.say("hello")
    await ana.edit("hello", "goodbye")
    return await setup.event("message")


async def deleted(setup: Setup) -> Json:
    ana = setup.slack.person("ana")
    await ana.say("hello")
    await ana.delete("hello")
    return await setup.event("message")


async def mention(setup: Setup) -> Json:
    await setup.slack.person("ana").mention("who is cus_1?")
    return await setup.event("app_mention")


async def mention_in_thread(setup: Setup) -> Json:
    await setup.message_in_thread()
    await setup.slack.person("ana").mention("who is cus_1?", in_thread_of="the start")
    return await setup.event("app_mention")


async def home(setup: Setup) -> Json:
    await setup.slack.person("ana").open_home()
    return await setup.event("app_home_opened")


async def link(setup: Setup) -> Json:
    await setup.message_in_thread()
    await setup.slack.person("ana").say("see https://acme.example/c/1", in_thread_of="the start")
    return await setup.event("link_shared")


@dataclass(frozen=True)
class Case:
    kind: str
    send: Callable[[Setup], Awaitable[Json]]
    recording: str | None = None
    """A recording whose keys must all be in the payload."""
    lacks: set[str] = field(default_factory=set)
    """Keys of the recording that this kind of payload need not have."""


CASES = [
    Case("command", command, "slash-commands/slack.json#/slashCommand"),
    Case("block_actions", click, "modals/slack.json#/action"),
    Case("block_actions", ephemeral_click, "modals/slack.json#/ephemeralAction"),
    Case("block_actions", form_click),
    Case("block_actions", preview_click),
    Case("block_suggestion", suggestion, "test_block_suggestion.py#body"),
    Case("view_submission", submission, "modals/slack.json#/viewSubmission"),
    Case("view_closed", closed, "test_view_closed.py#body", {"/response_urls"}),
    Case("shortcut", shortcut, "test_listener_middleware.py#body"),
    Case("message_action", message_shortcut, "test_app_using_methods_in_class.py#payload"),
    Case("event_callback:message", message, "test_message_bot.py#user_message_event_payload"),
    Case("event_callback:message", direct_message, "dm/slack-direct.json#/directDM"),
    Case("event_callback:message", reply, "dm/slack.json#/dmRequest"),
    Case("event_callback:message", own_message, "test_message_bot.py#bot_message_event_payload"),
    Case("event_callback:message", edited, "test_message_changed.py#event_payload"),
    Case("event_callback:message", deleted, "test_message_deleted.py#event_payload"),
    Case("event_callback:app_mention", mention, "modals/slack.json#/mention"),
    Case("event_callback:app_mention", mention_in_thread, "member-joined-channel/slack.json#/mention"),
    Case("event_callback:app_home_opened", home, "test_events_org_apps.py#event_payload"),
    Case("event_callback:link_shared", link),
]


@pytest.fixture
async def setup(slack: LocalSlack, client: AsyncWebClient) -> AsyncIterator[Setup]:
    async with raw_app(slack) as app:
        yield Setup(slack, app, client)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.send.__name__)
async def test_payload_has_the_keys_and_types_of_recorded_ones(setup: Setup, case: Case) -> None:
    payload = await case.send(setup)
    assert unknown(payload, allowed(case.kind)) == []
    if case.recording:
        kinds = [recording for recording in RECORDINGS if recording["source"].endswith(case.recording)]
        (expected_shape,) = [kind["shape"] for kind in kinds if kind["kind"] == case.kind]
        lacking = [line.removesuffix(": missing") for line in missing(payload, expected_shape)]
        assert set(lacking) == case.lacks


def test_every_kind_of_payload_has_a_case() -> None:
    interactive = {
        "command",
        "block_actions",
        "block_suggestion",
        "view_submission",
        "view_closed",
        "shortcut",
        "message_action",
    }
    subscriptions = {name.partition(".")[0] for name in events.NEEDED_SCOPE}
    assert {case.kind for case in CASES} == interactive | {f"event_callback:{name}" for name in subscriptions}


def test_comparison_finds_an_unknown_key_a_wrong_type_and_a_missing_key() -> None:
    shape = {"user": {"id": "string"}, "actions": [{"type": "string"}]}
    payload = {"user": {"id": 1, "nick": "x"}, "actions": [{}]}
    assert sorted(unknown(payload, shape)) == [
        "/user/id: number, recorded as ['string']",
        "/user/nick: not in any recording",
    ]
    assert missing(payload, shape) == ["/actions[]/type: missing"]
