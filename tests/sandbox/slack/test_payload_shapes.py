"""What the local Slack sends has the keys and the types of payloads recorded from Slack.

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
"""Keys that Slack documents, or sends with newer payloads of the same family, and that no recording of the
kind happens to have. {} takes any object."""

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
"""As Slack documents it; there is no recording."""

GRID_ONLY = {"enterprise_id", "enterprise_name"}
"""Only payloads of an Enterprise Grid have these."""
FREE = {"blocks", "values", "selected_option"}
"""What the app itself put together: checked by the schema of blocks, not here."""


def merged(first: Any, second: Any) -> Any:
    """A shape that takes what either takes. A leaf is a set of types."""
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
    """Where a payload has a key or a type that the shape does not."""
    if isinstance(shape, dict) and isinstance(value, dict):
        if not shape:
            return []
        found = [f"{path}/{key}: not in any recording" for key in value if key not in shape]
        for key in value.keys() & shape.keys() - FREE:
            found += unknown(value[key], shape[key], f"{path}/{key}")
        return found
    if isinstance(shape, list) and isinstance(value, list):
        return [line for item in value if shape for line in unknown(item, shape[0], f"{path}[]")]
    types = _types(shape)
    return [] if _type_of(value) in types else [f"{path}: {_type_of(value)}, recorded as {sorted(types)}"]


def missing(value: Any, shape: Any, path: str = "") -> list[str]:
    """Which keys of a recording a payload lacks."""
    if isinstance(shape, dict) and isinstance(value, dict):
        found = [f"{path}/{key}: missing" for key in shape if key not in value and key not in GRID_ONLY]
        for key in value.keys() & shape.keys() - FREE:
            found += missing(value[key], shape[key], f"{path}/{key}")
        return found
    if isinstance(shape, list) and isinstance(value, list):
        return [line for item in value for each in shape[:1] for line in missing(item, each, f"{path}[]")]
    return []


def allowed(kind: str) -> Any:
    together: Any = None
    views: Any = None
    for one in RECORDINGS:
        if one["kind"] == kind:
            together = merged(together, one["shape"])
        elif "view" in one["shape"]:
            # A view is the same in all payloads that have one.
            views = merged(views, {"view": one["shape"]["view"]})
    if together and "view" in together:
        together = merged(together, views)
    return LINK_SHARED if together is None else merged(together, DOCUMENTED.get(kind))


@dataclass
class Stage:
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

    async def form(self, **more: Any) -> None:
        ana = self.slack.person("ana")
        await ana.command("/probe")
        select = {"type": "external_select", "action_id": "who", "min_query_length": 1}
        pick = {"type": "input", "block_id": "who", "label": plain("Who"), "optional": True}
        view = modal(
            text_input("Why", "why"),
            {**pick, "element": select},
            actions(button("Check", "check")),
            close=plain("Cancel"),
            **more,
        )
        await self.web.views_open(trigger_id=self.app.last["trigger_id"], view=view)
        await ana.fill("Why", "because")

    async def event(self, name: str) -> Json:
        await self.slack.person("ana").settled()
        sent = [one.payload for one in self.slack.sent if one.payload.get("type") == "event_callback"]
        return [payload for payload in sent if payload["event"]["type"] == name][-1]


async def command(stage: Stage) -> Json:
    await stage.slack.person("ana").command("/probe x")
    return stage.app.last


async def click(stage: Stage) -> Json:
    await stage.message_in_thread()
    await stage.slack.person("ana").click("Go")
    return stage.app.last


async def ephemeral_click(stage: Stage) -> Json:
    root = await stage.message_in_thread()
    blocks = [actions(button("Psst", "psst", style="primary"))]
    await stage.web.chat_postEphemeral(
        channel=SUPPORT, user="U01ANA", text="x", blocks=blocks, thread_ts=root
    )
    await stage.slack.person("ana").click("Psst")
    return stage.app.last


async def form_click(stage: Stage) -> Json:
    await stage.form()
    await stage.slack.person("ana").click("Check")
    return stage.app.last


async def preview_click(stage: Stage) -> Json:
    await stage.slack.person("ana").say("see https://acme.example/c/1")
    shared = (await stage.event("link_shared"))["event"]
    preview = {"blocks": [actions(button("Open", "open"))]}
    unfurls = {shared["links"][0]["url"]: preview}
    await stage.web.chat_unfurl(channel=shared["channel"], ts=shared["message_ts"], unfurls=unfurls)
    await stage.slack.person("ana").settled()
    await stage.slack.person("ana").click("Open")
    return stage.app.last


async def suggestion(stage: Stage) -> Json:
    await stage.form()
    stage.app.answer({"options": [{"text": plain("Acme"), "value": "1"}]})
    await stage.slack.person("ana").type_ahead("Who", "ac")
    return stage.app.last


async def submission(stage: Stage) -> Json:
    await stage.form()
    await stage.slack.person("ana").submit()
    return stage.app.last


async def closed(stage: Stage) -> Json:
    await stage.form(notify_on_close=True)
    await stage.slack.person("ana").close()
    return stage.app.last


async def shortcut(stage: Stage) -> Json:
    await stage.slack.person("ana").shortcut("Look up")
    return stage.app.last


async def message_shortcut(stage: Stage) -> Json:
    await stage.slack.person("raj").say("@ana cus_1 is angry")
    await stage.slack.person("raj").settled()
    await stage.slack.person("ana").message_shortcut("File this", on="angry")
    return stage.app.last


async def message(stage: Stage) -> Json:
    await stage.slack.person("ana").say("hello")
    return await stage.event("message")


async def direct_message(stage: Stage) -> Json:
    await stage.slack.person("ana").direct_message("hello")
    return await stage.event("message")


async def reply(stage: Stage) -> Json:
    ana = stage.slack.person("ana")
    await ana.direct_message("hello")
    await ana.direct_message("once more", in_thread_of="hello")
    return await stage.event("message")


async def own_message(stage: Stage) -> Json:
    await stage.web.chat_postMessage(channel=SUPPORT, text="from the app")
    return await stage.event("message")


async def edited(stage: Stage) -> Json:
    ana = stage.slack.person("ana")
    await ana.say("hello")
    await ana.edit("hello", "goodbye")
    return await stage.event("message")


async def deleted(stage: Stage) -> Json:
    ana = stage.slack.person("ana")
    await ana.say("hello")
    await ana.delete("hello")
    return await stage.event("message")


async def mention(stage: Stage) -> Json:
    await stage.slack.person("ana").mention("who is cus_1?")
    return await stage.event("app_mention")


async def mention_in_thread(stage: Stage) -> Json:
    await stage.message_in_thread()
    await stage.slack.person("ana").mention("who is cus_1?", in_thread_of="the start")
    return await stage.event("app_mention")


async def home(stage: Stage) -> Json:
    await stage.slack.person("ana").open_home()
    return await stage.event("app_home_opened")


async def link(stage: Stage) -> Json:
    await stage.message_in_thread()
    await stage.slack.person("ana").say("see https://acme.example/c/1", in_thread_of="the start")
    return await stage.event("link_shared")


@dataclass(frozen=True)
class Case:
    kind: str
    send: Callable[[Stage], Awaitable[Json]]
    recording: str | None = None
    """Whose keys the payload has all of."""
    lacks: set[str] = field(default_factory=set)
    """But for these, which belong to what was recorded and not to the kind."""


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
async def stage(slack: LocalSlack, client: AsyncWebClient) -> AsyncIterator[Stage]:
    async with raw_app(slack) as app:
        yield Stage(slack, app, client)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.send.__name__)
async def test_payload_has_the_keys_and_types_of_recorded_ones(stage: Stage, case: Case) -> None:
    payload = await case.send(stage)
    assert unknown(payload, allowed(case.kind)) == []
    if case.recording:
        kinds = [one for one in RECORDINGS if one["source"].endswith(case.recording)]
        (wanted,) = [one["shape"] for one in kinds if one["kind"] == case.kind]
        lacking = [line.removesuffix(": missing") for line in missing(payload, wanted)]
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
