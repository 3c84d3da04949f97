"""The Web API, called with Slack's own client."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import aiohttp
import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import LocalSlack, PostLimit
from sandbox.slack.faults import FaultKind
from tests.sandbox.slack.app import Json, actions, button, modal, plain, section

SUPPORT, RANDOM, FINANCE, SHARED, LEADS = "C01SUPPORT", "C03RANDOM", "C04FINANCE", "C05SHARED", "C06LEADS"
ANA, EVE = "U01ANA", "U06EVE"


async def refused(call: Awaitable[Any]) -> Json:
    with pytest.raises(SlackApiError) as error:
        await call
    body: Json = error.value.response.data
    return body


async def test_auth_test_names_the_bot(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user"], answer["team"]) == ("probe", "Northwind")
    assert "chat:write" in answer.headers["X-OAuth-Scopes"]
    bot = await client.bots_info(bot=answer["bot_id"])
    assert bot["bot"]["user_id"] == answer["user_id"]
    team = await client.team_info()
    assert team["team"]["id"] == answer["team_id"]


async def test_message_is_posted_updated_and_deleted(slack: LocalSlack, client: AsyncWebClient) -> None:
    raj = slack.person("raj")
    blocks = [section("*Hello* <https://acme.example|Acme>"), actions(button("Go", "go"))]
    metadata = {"event_type": "digest", "event_payload": {"key": "1"}}
    posted = await client.chat_postMessage(channel=SUPPORT, text="Hello", blocks=blocks, metadata=metadata)
    await raj.sees("Hello Acme")
    assert raj.link("Acme") == "https://acme.example"
    stored = posted["message"]["blocks"][0]
    assert stored["block_id"]
    link = await client.chat_getPermalink(channel=SUPPORT, message_ts=posted["ts"])
    assert posted["ts"].replace(".", "") in link["permalink"]
    await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="Bye", blocks=[section("Bye")])
    await raj.sees("(edited)")
    raj.does_not_see("Hello")
    history = await client.conversations_history(channel=SUPPORT, include_all_metadata=True)
    assert history["messages"][0]["metadata"] == metadata
    bare = await client.conversations_history(channel=SUPPORT)
    assert "metadata" not in bare["messages"][0]
    await client.chat_delete(channel=SUPPORT, ts=posted["ts"])
    raj.does_not_see("Bye")
    assert [message.text for message in slack.workspace.posts] == ["Bye"]


async def test_text_update_keeps_the_blocks(slack: LocalSlack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel=SUPPORT, text="a", blocks=[section("shown")])
    await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="b")
    await slack.person("ana").sees("shown")


async def test_ephemeral_message_is_seen_by_one_until_reload(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    sent = await client.chat_postEphemeral(channel=SUPPORT, user=ANA, text="psst")
    await slack.person("ana").sees("(only visible to you)")
    slack.person("raj").does_not_see("psst")
    assert (await client.conversations_history(channel=SUPPORT))["messages"] == []
    unreachable = await refused(client.chat_update(channel=SUPPORT, ts=sent["message_ts"], text="x"))
    assert unreachable["error"] == "message_not_found"
    slack.person("ana").reload()
    slack.person("ana").does_not_see("psst")


async def test_direct_message_opens_by_user_id(slack: LocalSlack, client: AsyncWebClient) -> None:
    ana = slack.person("ana")
    opened = await client.conversations_open(users=ANA)
    by_user = await client.chat_postMessage(channel=ANA, text="for you")
    assert by_user["channel"] == opened["channel"]["id"]
    ana.go("@probe")
    await ana.sees("for you")
    with pytest.raises(AssertionError):
        slack.person("raj").go("#leads")


async def test_thread_has_its_replies(slack: LocalSlack, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="root")
    await client.chat_postMessage(channel=SUPPORT, text="reply", thread_ts=root["ts"])
    replies = await client.conversations_replies(channel=SUPPORT, ts=root["ts"])
    assert [message["text"] for message in replies["messages"]] == ["root", "reply"]
    history = await client.conversations_history(channel=SUPPORT)
    assert [message["text"] for message in history["messages"]] == ["root"]
    lost = await refused(client.chat_postMessage(channel=SUPPORT, text="x", thread_ts="1.2"))
    assert lost["error"] == "thread_not_found"


LONG = [section("x" * 3000) for _ in range(5)]
Call = Callable[[AsyncWebClient], Awaitable[Any]]
REFUSALS: list[tuple[str, Call]] = [
    ("channel_not_found", lambda c: c.chat_postMessage(channel="C404", text="x")),
    ("channel_not_found", lambda c: c.chat_postMessage(channel=LEADS, text="x")),
    ("channel_not_found", lambda c: c.chat_postMessage(channel=EVE, text="x")),
    ("not_in_channel", lambda c: c.chat_postMessage(channel=RANDOM, text="x")),
    ("no_text", lambda c: c.api_call("chat.postMessage", json={"channel": SUPPORT, "text": " "})),
    ("msg_too_long", lambda c: c.chat_postMessage(channel=SUPPORT, text="x" * 40_001)),
    ("invalid_blocks_format", lambda c: c.chat_postMessage(channel=SUPPORT, text="x", blocks="{")),
    ("invalid_blocks", lambda c: c.chat_postMessage(channel=SUPPORT, text="x", blocks=[{"type": "section"}])),
    ("msg_blocks_too_long", lambda c: c.chat_postMessage(channel=SUPPORT, text="x", blocks=LONG)),
    ("invalid_metadata_format", lambda c: c.chat_postMessage(channel=SUPPORT, text="x", metadata={"a": 1})),
    ("user_not_found", lambda c: c.chat_postEphemeral(channel=SUPPORT, user="U404", text="x")),
    ("user_not_in_channel", lambda c: c.chat_postEphemeral(channel=SUPPORT, user=EVE, text="x")),
    ("message_not_found", lambda c: c.chat_update(channel=SUPPORT, ts="1.2", text="x")),
    ("message_not_found", lambda c: c.chat_delete(channel=SUPPORT, ts="1.2")),
    ("message_not_found", lambda c: c.chat_getPermalink(channel=SUPPORT, message_ts="1.2")),
    ("channel_not_found", lambda c: c.conversations_info(channel="C404")),
    ("not_in_channel", lambda c: c.conversations_history(channel=RANDOM)),
    ("missing_scope", lambda c: c.users_lookupByEmail(email="a")),
    ("invalid_cursor", lambda c: c.conversations_history(channel=SUPPORT, cursor="x")),
    ("invalid_types", lambda c: c.conversations_list(types="salon")),
    ("user_not_found", lambda c: c.users_info(user="U404")),
    ("user_not_found", lambda c: c.conversations_open(users="U404")),
    ("cannot_dm_bot", lambda c: c.conversations_open(users="U00LOCALBOT")),
    ("no_such_subteam", lambda c: c.usergroups_users_list(usergroup="S404")),
    ("bot_not_found", lambda c: c.bots_info(bot="B404")),
    ("team_not_found", lambda c: c.team_info(team="T404")),
    ("unknown_method", lambda c: c.api_call("pins.add")),
    ("invalid_arguments", lambda c: c.api_call("chat.postMessage", json={"text": "x"})),
    ("invalid_trigger_id", lambda c: c.views_open(trigger_id="1.2.3", view=modal(section("x")))),
    ("invalid_arguments", lambda c: c.views_open(trigger_id="1.2.3", view={"type": "modal"})),
    ("invalid_arguments", lambda c: c.views_open(trigger_id="1.2.3", view={"type": "home", "blocks": []})),
    ("invalid_arguments", lambda c: c.api_call("views.update", json={"view": modal(section("x"))})),
    ("not_found", lambda c: c.views_update(view=modal(section("x")), view_id="V404")),
    ("not_found", lambda c: c.views_update(view=modal(section("x")), external_id="e404")),
    ("user_not_found", lambda c: c.views_publish(user_id=EVE, view={"type": "home", "blocks": []})),
    ("cannot_unfurl_message", lambda c: c.chat_unfurl(channel=SUPPORT, ts="1.2", unfurls={})),
    ("file_not_found", lambda c: c.files_completeUploadExternal(files=[{"id": "F404"}])),
    ("not_allowed_token_type", lambda c: c.api_call("apps.connections.open")),
]  # fmt: skip


@pytest.mark.parametrize(("error", "call"), REFUSALS)
async def test_invalid_call_is_refused_with_slacks_error(
    client: AsyncWebClient, error: str, call: Call
) -> None:
    assert (await refused(call(client)))["error"] == error


async def test_bot_changes_only_its_own_messages(slack: LocalSlack, client: AsyncWebClient) -> None:
    await slack.person("ana").say("mine")
    ts = slack.workspace.history(SUPPORT)[-1].ts
    assert (await refused(client.chat_update(channel=SUPPORT, ts=ts, text="x")))[
        "error"
    ] == "cant_update_message"
    assert (await refused(client.chat_delete(channel=SUPPORT, ts=ts)))["error"] == "cant_delete_message"
    slack.workspace.channel("support").archived = True
    assert (await refused(client.chat_postMessage(channel=SUPPORT, text="x")))["error"] == "is_archived"


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), ("app", "not_allowed_token_type")],
)
async def test_wrong_token_is_refused(slack: LocalSlack, token: str, error: str) -> None:
    wrong = AsyncWebClient(token=slack.app_token if token == "app" else token, base_url=slack.api_url)
    assert (await refused(wrong.auth_test()))["error"] == error


async def test_missing_scope_names_what_is_needed(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.scopes.difference_update({"chat:write", "groups:read", "users:read"})
    body = await refused(client.chat_postMessage(channel=SUPPORT, text="x"))
    assert (body["error"], body["needed"]) == ("missing_scope", "chat:write")
    assert "channels:read" in body["provided"].split(",")
    assert (await refused(client.conversations_info(channel=FINANCE)))["needed"] == "groups:read"
    assert (await refused(client.users_info(user=ANA)))["needed"] == "users:read"
    assert (await client.conversations_info(channel=SUPPORT))["channel"]["name"] == "support"


async def test_channels_are_described_and_listed_in_pages(client: AsyncWebClient) -> None:
    shared = (await client.conversations_info(channel=SHARED, include_num_members=True))["channel"]
    assert (shared["is_ext_shared"], shared["num_members"]) == (True, 4)
    private = (await client.conversations_info(channel=FINANCE))["channel"]
    assert (private["is_private"], private["is_ext_shared"]) == (True, False)
    names: list[str] = []
    cursor = ""
    while True:
        page = await client.conversations_list(types="public_channel,private_channel", limit=2, cursor=cursor)
        names.extend(channel["name"] for channel in page["channels"])
        if not (cursor := page["response_metadata"]["next_cursor"]):
            break
    assert names == ["support", "billing", "random", "finance-private", "shared-acme"]
    assert EVE in (await client.conversations_members(channel=SHARED))["members"]


async def test_users_and_groups_are_described(slack: LocalSlack, client: AsyncWebClient) -> None:
    guest = (await client.users_info(user="U05GUS"))["user"]
    assert (guest["is_restricted"], guest["is_ultra_restricted"]) == (True, False)
    slack.workspace.users["U05GUS"].kind = "single_channel_guest"
    guest = (await client.users_info(user="U05GUS"))["user"]
    assert (guest["is_restricted"], guest["is_ultra_restricted"]) == (True, True)
    slack.workspace.users["U05GUS"].kind = "deactivated"
    gone = (await client.users_info(user="U05GUS"))["user"]
    assert (gone["deleted"], gone["is_restricted"]) == (True, False)
    stranger = (await client.users_info(user=EVE))["user"]
    assert stranger["is_stranger"]
    assert stranger["team_id"] != guest["team_id"]
    assert "email" not in guest["profile"]
    assert "locale" not in guest
    german = (await client.users_info(user="U04MAX", include_locale=True))["user"]
    assert german["locale"] == "de-DE"
    slack.scopes.add("users:read.email")
    differing = await client.users_lookupByEmail(email="ana@northwind.example")
    assert differing["user"]["profile"]["email"] == "ana@northwind.example"
    zones = {member["tz"] for member in (await client.users_list())["members"]}
    assert len(zones) > 5
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    assert groups[0]["handle"] == "billing-leads"
    own = await client.users_conversations(types="public_channel,private_channel", limit=2)
    assert [channel["id"] for channel in own["channels"]] == [SUPPORT, "C02BILLING"]
    assert own["response_metadata"]["next_cursor"]
    assert "is_member" not in own["channels"][0]
    assert (await client.users_conversations())["channels"]
    assert (await refused(client.users_conversations(types="mpim")))["error"] == "invalid_types"
    assert (await client.usergroups_users_list(usergroup=groups[0]["id"]))["users"] == ["U03LEA"]


async def test_posting_too_fast_is_rate_limited(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.limit = PostLimit(slack.clock, burst=3)
    for _ in range(3):
        await client.chat_postMessage(channel=SUPPORT, text="x")
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel=SUPPORT, text="x")
    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel="C02BILLING", text="elsewhere")
    slack.clock.move(timedelta(seconds=1.1))
    await client.chat_postMessage(channel=SUPPORT, text="x")


async def test_faults_hit_their_method(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.add("chat.postMessage", "429", seconds=7)
    slack.faults.add("users.info", "500")
    slack.faults.add("*", "error", error="fatal_error", times=None)
    assert (await refused(client.chat_postMessage(channel=SUPPORT, text="x")))["error"] == "ratelimited"
    assert (await refused(client.users_info(user=ANA)))["error"] == "internal_error"
    assert (await refused(client.auth_test()))["error"] == "fatal_error"
    slack.faults.clear()
    slack.faults.add("auth.test", "latency", seconds=0.02)
    assert (await client.auth_test())["ok"]
    assert [(call.method, call.error) for call in slack.calls] == [
        ("chat.postMessage", "ratelimited"),
        ("users.info", "internal_error"),
        ("auth.test", "fatal_error"),
        ("auth.test", None),
    ]


@pytest.mark.parametrize(
    ("kind", "done"),
    [("500", 0), ("cut_before", 0), ("500_after", 1), ("cut_after", 1), ("latency_after", 1)],
)
async def test_lost_answers_may_have_posted(
    slack: LocalSlack, client: AsyncWebClient, kind: FaultKind, done: int
) -> None:
    client.retry_handlers.clear()
    slack.faults.add("chat.postMessage", kind, seconds=5)
    with pytest.raises((SlackApiError, aiohttp.ClientError, TimeoutError)):
        async with asyncio.timeout(0.05):
            await client.chat_postMessage(channel=SUPPORT, text="x")
    slack.faults.close()
    assert len(slack.workspace.posts) == done
    slack.faults.add("chat.postMessage", "500", times=None, chance=0.5)
    for _ in range(9):
        with contextlib.suppress(SlackApiError):
            await client.chat_postMessage(channel="C02BILLING", text="x")
    assert {call.error for call in slack.calls[1:]} == {None, "internal_error"}


async def test_recorded_calls_have_no_token(slack: LocalSlack) -> None:
    async with httpx.AsyncClient(base_url=slack.api_url, trust_env=False) as http:
        answer = await http.post("auth.test", data={"token": slack.bot_token})
        assert answer.json()["ok"]
        assert (await http.get("api.test", params={"a": "1"})).json()["args"] == {"a": "1"}
        assert (
            await http.post("api.test", content=b"{", headers={"content-type": "application/json"})
        ).json()["error"] == "invalid_json"
        assert (await http.post("api.test", json=[1])).json()["error"] == "json_not_object"
    assert slack.bot_token not in repr(slack.calls)
    assert slack.bot_token not in repr(slack.simulation.credentials)


async def test_file_upload_in_three_steps(slack: LocalSlack, client: AsyncWebClient) -> None:
    done = await client.files_upload_v2(
        channel=SUPPORT, filename="usage.csv", content="a,b", initial_comment="Here it is"
    )
    ana = slack.person("ana")
    await ana.sees("[file: usage.csv]")
    async with httpx.AsyncClient(base_url=slack.url, trust_env=False) as http:
        answer = await http.get(done["files"][0]["permalink"])
        assert (answer.text, answer.headers["content-type"].split(";")[0]) == ("a,b", "text/csv")
        assert (await http.get("/files/F404/x")).status_code == 404
        assert (await http.post("/upload/nothing")).status_code == 404


async def test_blocks_validate_returns_pointers(client: AsyncWebClient) -> None:
    assert (await client.api_call("blocks.validate", json={"blocks": [section("x")]}))["ok"]
    for argument, value, pointer in [
        ("blocks", [section("")], "/0/text/text"),
        ("message", {"blocks": [section("")]}, "/blocks/0/text/text"),
        ("view", modal(section("")), "/blocks/0/text/text"),
    ]:
        body = await refused(client.api_call("blocks.validate", json={argument: value}))
        assert body["errors"] == [
            {"pointer": pointer, "code": "failed_constraint", "message": "must be at least 1 characters"}
        ]
    blocks_and_view = {"blocks": [], "view": modal(title=plain("x"))}
    assert (await refused(client.api_call("blocks.validate", json=blocks_and_view)))[
        "error"
    ] == "invalid_arguments"


async def test_second_table_is_refused_unless_allowed(slack: LocalSlack, client: AsyncWebClient) -> None:
    cells = [[{"type": "raw_text", "text": "a"}], [{"type": "raw_number", "value": 1, "text": "1"}]]
    two = [{"type": "data_table", "caption": "c", "rows": cells}, {"type": "table", "rows": cells[:1] * 2}]
    body = await refused(client.chat_postMessage(channel=SUPPORT, text="x", blocks=two))
    assert body["error"] == "invalid_attachments"
    body = await refused(client.api_call("blocks.validate", json={"blocks": two}))
    assert [error["code"] for error in body["errors"]] == ["only_one_table_allowed"]
    slack.allow_tables(2)
    await client.chat_postMessage(channel=SUPPORT, text="x", blocks=two)
    assert (await client.api_call("blocks.validate", json={"blocks": two}))["ok"]
    wide = [[{"type": "raw_text", "text": "x" * 2600}] for _ in range(2)]
    long = [{"type": "data_table", "caption": "c", "rows": wide}, {"type": "table", "rows": wide}]
    body = await refused(client.api_call("blocks.validate", json={"blocks": long}))
    assert body["errors"][0]["message"] == "tables hold more than 10000 characters"


async def test_blocks_before_their_rollout_are_refused(slack: LocalSlack, client: AsyncWebClient) -> None:
    cells = [[{"type": "raw_text", "text": "a"}], [{"type": "raw_number", "value": 1, "text": "1"}]]
    blocks = [{"type": "data_table", "caption": "c", "rows": cells}]
    await client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)
    slack.without_blocks("data_table")
    body = await refused(client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks))
    assert body["error"] == "invalid_blocks"
    assert "unsupported type: data_table" in body["errors"][0]
    slack.without_blocks()
    await client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)


async def test_unfurl_shows_a_preview_for_a_posted_link(slack: LocalSlack, client: AsyncWebClient) -> None:
    ana = slack.person("ana")
    await ana.say("see https://acme.example/c/1")
    ts = slack.workspace.history(SUPPORT)[-1].ts
    unfurls = {"https://acme.example/c/1": {"blocks": [section("Acme Ltd")]}}
    await client.chat_unfurl(channel=SUPPORT, ts=ts, unfurls=unfurls)
    await ana.sees("Acme Ltd")
    strange = {"https://elsewhere.example": {"blocks": [section("x")]}}
    assert (await refused(client.chat_unfurl(channel=SUPPORT, ts=ts, unfurls=strange)))[
        "error"
    ] == "cannot_unfurl_url"
