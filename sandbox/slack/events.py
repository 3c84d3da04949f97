"""The events that Slack sends: those the manifest subscribes to, as far as the scopes allow."""

import html
import re
import secrets
from collections.abc import Callable

from sandbox.slack import payloads, people
from sandbox.slack.model import Channel, ChannelKind, Json, Message, User
from sandbox.slack.workspace import MessageChange
from sandbox.slack.world import World

NEEDED_SCOPE: dict[str, str | None] = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "link_shared": "links:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
}
"""Event → the scope without which Slack does not send it."""

MESSAGE_EVENT: dict[ChannelKind, tuple[str, str]] = {
    "public": ("message.channels", "channel"),
    "shared": ("message.channels", "channel"),
    "private": ("message.groups", "group"),
    "im": ("message.im", "im"),
}
"""Kind of channel → the subscription that covers its messages, and its channel_type in the event."""


def message_events(world: World) -> Callable[[MessageChange, Message, Message | None], None]:
    """An observer of the workspace that turns what happens to messages into events."""

    def changed(change: MessageChange, message: Message, previous: Message | None) -> None:
        if message.ephemeral:
            return
        channel = world.workspace.channels[message.channel]
        match change:
            case "posted":
                _posted(world, message, channel)
            case "edited":
                now = {"message": world.workspace.api_message(message)}
                before = {"previous_message": world.workspace.api_message(previous)} if previous else {}
                _message_event(world, channel, {**_hidden(world, "message_changed"), **now, **before})
            case "deleted":
                gone = {
                    "previous_message": world.workspace.api_message(message),
                    "deleted_ts": message.ts,
                }
                _message_event(world, channel, {**_hidden(world, "message_deleted"), **gone})

    return changed


def home_opened(world: World, user: User) -> None:
    home = world.views.home(user.id)
    inner: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": world.workspace.im(user.id, world.workspace.bot.id).id,
        "tab": "home",
        "event_ts": world.workspace.next_ts(),
    }
    if home is not None:
        inner["view"] = home.api()
    if _subscribed(world, "app_home_opened"):
        world.deliveries.event(payloads.event(world, inner))


def _subscribed(world: World, name: str) -> bool:
    scope = NEEDED_SCOPE[name]
    return name in world.manifest.events and (scope is None or scope in world.scopes)


def _posted(world: World, message: Message, channel: Channel) -> None:
    inner = {
        **world.workspace.api_message(message),
        "channel": channel.id,
        "event_ts": message.ts,
    }
    if message.bot:
        # The app's own messages come back to it as events too; Bolt drops them.
        del inner["app_id"]
        _message_event(world, channel, {**inner, "bot_profile": _bot_profile(world)})
        return
    _message_event(world, channel, inner)
    bot = world.workspace.bot.id
    # In a direct message with the app a mention is only a message.
    mentioned = f"<@{bot}>" in message.text and channel.kind != "im" and bot in channel.members
    if mentioned and _subscribed(world, "app_mention"):
        _send(world, channel, {**inner, "type": "app_mention"})
    if (links := _links(world, message.text)) and _subscribed(world, "link_shared"):
        _send(world, channel, _link_shared(world, message, channel, links))


def _message_event(world: World, channel: Channel, inner: Json) -> None:
    subscription, channel_type = MESSAGE_EVENT[channel.kind]
    if world.workspace.bot.id in channel.members and _subscribed(world, subscription):
        _send(world, channel, {**inner, "channel": channel.id, "channel_type": channel_type})


def _hidden(world: World, subtype: str) -> Json:
    ts = world.workspace.next_ts()
    return {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts}


def _link_shared(world: World, message: Message, channel: Channel, links: list[Json]) -> Json:
    """Sent wherever a link is posted, also where the app is no member."""
    message.unfurl_id = message.unfurl_id or f"{channel.id}.{message.ts}.{secrets.token_hex(16)}"
    inner: Json = {
        "type": "link_shared",
        "channel": channel.id,
        "is_bot_user_member": world.workspace.bot.id in channel.members,
        "user": message.user,
        "message_ts": message.ts,
        "unfurl_id": message.unfurl_id,
        "source": "conversations_history",
        "links": links,
        "event_ts": message.ts,
    }
    if message.thread_ts:
        inner["thread_ts"] = message.thread_ts
    return inner


def _bot_profile(world: World) -> Json:
    return {
        "id": people.BOT,
        "deleted": False,
        "name": world.manifest.bot_name,
        "updated": 1_700_000_000,
        "app_id": people.APP,
        "icons": {f"image_{size}": f"{world.base}/static/icon.svg" for size in (36, 48, 72)},
        "team_id": people.TEAM,
    }


def _send(world: World, channel: Channel, inner: Json) -> None:
    world.deliveries.event(payloads.event(world, inner, shared=channel.kind == "shared"))


def _links(world: World, text: str) -> list[Json]:
    """The links whose domain, or a domain above it, the manifest lists under unfurl_domains."""
    return [
        {"domain": domain, "url": url}
        for url in map(html.unescape, re.findall(r"https?://[^\s<>|]+", text))
        for domain in world.manifest.unfurl_domains
        if re.match(rf"https?://([^/]+\.)?{re.escape(domain)}([/?#:]|$)", url)
    ]
