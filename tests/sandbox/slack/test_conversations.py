"""Mentions, direct messages, threads, links and shortcuts: what reaches the app, and what people see."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import LocalSlack, NotOnScreen
from tests.sandbox.slack.app import Json, actions, button, section
from tests.sandbox.slack.raw import RawApp, raw_app

SUPPORT, RANDOM, LEADS = "C01SUPPORT", "C03RANDOM", "C06LEADS"
LINK = "https://app.acme.example/c/1?a=1&b=2"


@pytest.fixture
async def app(slack: LocalSlack) -> AsyncIterator[RawApp]:
    async with raw_app(slack) as running:
        yield running


def events(app: RawApp, name: str) -> list[Json]:
    return [payload["event"] for payload in app.payloads if payload.get("event", {}).get("type") == name]


async def test_mention_arrives_from_channel_and_thread(slack: LocalSlack, app: RawApp) -> None:
    ana = slack.person("ana")
    await ana.mention("who is cus_1?")
    await ana.mention("and billing@acme.example?", in_thread_of="who is cus_1?")
    await ana.settled()
    first, second = events(app, "app_mention")
    assert first["text"] == "<@U00LOCALBOT> who is cus_1?"
    assert second["text"] == "<@U00LOCALBOT> and <mailto:billing@acme.example|billing@acme.example>?"
    assert "thread_ts" not in first
    assert (second["thread_ts"], second["parent_user_id"]) == (first["ts"], ana.id)


async def test_direct_message_is_a_message_event_even_with_a_mention(slack: LocalSlack, app: RawApp) -> None:
    ana = slack.person("ana")
    await ana.direct_message("@probe cus_1")
    await ana.settled()
    assert [event["channel_type"] for event in events(app, "message")] == ["im"]
    assert events(app, "app_mention") == []


@pytest.mark.parametrize(
    ("scope", "event"),
    [
        ("app_mentions:read", "app_mention"),
        ("channels:history", "message"),
        ("links:read", "link_shared"),
    ],
)
async def test_event_is_not_sent_without_its_scope(
    slack: LocalSlack, app: RawApp, scope: str, event: str
) -> None:
    slack.scopes.discard(scope)
    await slack.person("ana").mention(f"see {LINK}")
    await slack.person("ana").settled()
    sent = {payload["event"]["type"] for payload in app.payloads}
    assert sent == {"app_mention", "message", "link_shared"} - {event}


async def test_direct_message_is_not_sent_without_its_scope(slack: LocalSlack, app: RawApp) -> None:
    slack.scopes.discard("im:history")
    await slack.person("ana").direct_message("hello")
    await slack.person("ana").settled()
    assert app.payloads == []


async def test_commands_and_shortcuts_need_their_scope(slack: LocalSlack, app: RawApp) -> None:
    slack.scopes.discard("commands")
    ana = slack.person("ana")
    await ana.command("/probe")
    await ana.sees("/probe is not a valid command.")
    with pytest.raises(NotOnScreen, match="no such shortcut"):
        await ana.shortcut("Look up")


async def test_own_messages_come_back_as_events_that_bolt_drops(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="U01ANA", text="for you")
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="for you, changed")
    await client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    await client.chat_postEphemeral(channel=SUPPORT, user="U01ANA", text="nobody hears of this")
    await slack.person("ana").settled()
    own = [payload["event"] for payload in app.own_messages]
    assert [event.get("subtype") for event in own] == [None, "message_changed", "message_deleted"]
    assert own[0]["bot_profile"]["app_id"] == "A01LOCALAPP"
    assert own[1]["message"]["text"] == "for you, changed"
    assert own[1]["previous_message"]["text"] == own[0]["text"] == "for you"
    assert app.payloads == []


async def test_people_edit_and_delete_only_their_own_messages(slack: LocalSlack, app: RawApp) -> None:
    ana, raj = slack.person("ana"), slack.person("raj")
    await ana.say("first")
    await ana.edit("first", "second, @raj")
    await raj.sees("second, @raj")
    await raj.sees("(edited)")
    with pytest.raises(Exception, match="not yours"):
        await raj.edit("second", "third")
    await ana.delete("second")
    raj.does_not_see("second")
    await ana.settled()
    subtypes = [event.get("subtype") for event in events(app, "message")]
    assert sorted(subtypes, key=str) == [None, "message_changed", "message_deleted"]


async def test_command_in_a_thread_is_refused(slack: LocalSlack, app: RawApp) -> None:
    ana = slack.person("ana")
    await ana.say("a ticket")
    await ana.settled()
    before = len(app.payloads)
    await ana.command("/probe cus_1", in_thread_of="a ticket")
    await ana.sees("/probe is not supported in threads. Sorry!")
    assert len(app.payloads) == before


async def test_message_shortcut_in_a_thread_names_the_thread(slack: LocalSlack, app: RawApp) -> None:
    ana = slack.person("ana")
    await ana.say("a ticket")
    await slack.person("raj").say("from cus_1", in_thread_of="a ticket")
    await ana.settled()
    await ana.message_shortcut("File this", on="from cus_1")
    root = slack.workspace.history(SUPPORT)[0]
    assert app.last["message"]["thread_ts"] == root.ts
    assert app.last["message_ts"] == app.last["message"]["ts"]
    assert ana.thread("a ticket") == ["Raj Patel:\nfrom cus_1"]


async def test_ephemeral_reply_shows_only_in_an_active_thread(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana = slack.person("ana")
    await ana.say("a ticket")
    root = slack.workspace.history(SUPPORT)[0].ts
    quiet: dict[str, Any] = {"channel": SUPPORT, "user": ana.id, "thread_ts": root}
    sent = await client.chat_postEphemeral(text="nobody sees this", **quiet)
    assert sent["message_ts"]
    ana.does_not_see("nobody sees this")
    await client.chat_postMessage(channel=SUPPORT, text="a reply", thread_ts=root)
    await client.chat_postEphemeral(
        text="only you", blocks=[section("only you"), actions(button("Go", "go"))], **quiet
    )
    assert [reply.split("\n")[0] for reply in ana.thread("a ticket")] == [
        "Probe:",
        "Probe (only visible to you):",
    ]
    assert slack.person("raj").thread("a ticket") == ["Probe:\na reply"]
    await ana.click("Go")
    assert app.last["container"]["thread_ts"] == root
    history = await client.conversations_replies(channel=SUPPORT, ts=root)
    assert [message["text"] for message in history["messages"]] == ["a ticket", "a reply"]
    assert (history["messages"][0]["reply_count"], history["messages"][0]["reply_users"]) == (
        1,
        ["U00LOCALBOT"],
    )


async def test_permalink_of_a_reply_names_its_thread(slack: LocalSlack, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="root")
    reply = await client.chat_postMessage(channel=SUPPORT, text="reply", thread_ts=root["ts"])
    link = await client.chat_getPermalink(channel=SUPPORT, message_ts=reply["ts"])
    assert link["permalink"].endswith(
        f"/archives/{SUPPORT}/p{reply['ts'].replace('.', '')}?thread_ts={root['ts']}&cid={SUPPORT}"
    )


async def test_link_shared_reaches_an_app_that_is_not_in_the_channel(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    lea = slack.person("lea")
    for conversation in ("#support", "#random", "#leads", "@ana"):
        lea.go(conversation)
        await lea.say(f"see {LINK}, and https://elsewhere.example/")
    await lea.settled()
    shared = events(app, "link_shared")
    by_channel = {event["channel"]: event for event in shared}
    assert len(by_channel) == 4
    assert [by_channel[channel]["is_bot_user_member"] for channel in (SUPPORT, RANDOM, LEADS)] == [
        True,
        False,
        False,
    ]
    assert {link["url"] for event in shared for link in event["links"]} == {LINK}
    preview = {LINK: {"blocks": [section("Acme Ltd"), actions(button("Open", "open"))]}}
    secret = by_channel[LEADS]
    await client.chat_unfurl(unfurl_id=secret["unfurl_id"], source=secret["source"], unfurls=preview)
    lea.go("#leads")
    await lea.sees("Acme Ltd")
    await lea.click("Open", within="Acme Ltd")
    assert app.last["container"]["type"] == "message_attachment"
    assert app.last["container"]["app_unfurl_url"] == app.last["app_unfurl"]["app_unfurl_url"] == LINK
    slack.scopes.discard("links:write")
    with pytest.raises(Exception, match="missing_scope"):
        await client.chat_unfurl(channel=SUPPORT, ts=by_channel[SUPPORT]["message_ts"], unfurls=preview)


async def test_conversations_of_a_person_are_those_the_app_may_know_of(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    kinds = "public_channel,private_channel"
    lea = (await client.users_conversations(user="U03LEA", types=kinds))["channels"]
    assert {channel["name"] for channel in lea} == {
        "support",
        "billing",
        "random",
        "finance-private",
        "shared-acme",
    }
    gus = (await client.users_conversations(user="U05GUS", types=kinds))["channels"]
    assert [channel["name"] for channel in gus] == ["support"]


async def test_unread_counts_what_others_wrote_since_the_last_look(
    slack: LocalSlack, app: RawApp, client: AsyncWebClient
) -> None:
    ana, raj = slack.person("ana"), slack.person("raj")
    ana.go("#billing")
    await client.chat_postMessage(channel=SUPPORT, text="one")
    root = await client.chat_postMessage(channel=SUPPORT, text="two")
    await client.chat_postMessage(channel=SUPPORT, text="a reply", thread_ts=root["ts"])
    await ana.say("elsewhere")
    raj.go("@ana")
    await raj.say("three")
    assert (ana.unread("#support"), ana.unread("#billing"), ana.unread("@raj")) == (2, 0, 1)
    ana.go("#support")
    assert (ana.unread("#support"), ana.unread("@raj")) == (0, 1)


async def test_home_is_not_announced_to_an_app_that_did_not_subscribe(slack: LocalSlack, app: RawApp) -> None:
    slack.simulation.manifest = replace(slack.simulation.manifest, events=frozenset())
    await slack.person("ana").open_home()
    await slack.person("ana").settled()
    assert app.payloads == []
