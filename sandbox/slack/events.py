"""Sends the events that the manifest subscribes to and the scopes allow."""

import html
import re
import secrets
from collections.abc import Callable

from sandbox.slack import payloads, people
from sandbox.slack.model import ChannelKind, Json, LocalChannel, LocalMessage, User
from sandbox.slack.simulation import Simulation
from sandbox.slack.workspace import MessageChange

NEEDED_SCOPE: dict[str, str | None] = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "link_shared": "links:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
}
"""Event → the scope it needs."""

MESSAGE_EVENT: dict[ChannelKind, tuple[str, str]] = {
    "public": ("message.channels", "channel"),
    "shared": ("message.channels", "channel"),
    "private": ("message.groups", "group"),
    "im": ("message.im", "im"),
}
"""Kind of channel → the subscription for its messages, and the channel_type in them."""


def message_events(sim: Simulation) -> Callable[[MessageChange, LocalMessage, LocalMessage | None], None]:
    """A workspace observer that sends events for changed messages."""

    def changed(change: MessageChange, message: LocalMessage, previous: LocalMessage | None) -> None:
        if message.ephemeral:
            return
        channel = sim.workspace.channels[message.channel]
        match change:
            case "posted":
                _posted(sim, message, channel)
            case "edited":
                now = {"message": sim.workspace.api_message(message)}
                before = {"previous_message": sim.workspace.api_message(previous)} if previous else {}
                _message_event(sim, channel, {**_hidden(sim, "message_changed"), **now, **before})
            case "deleted":
                deletion = {
                    "previous_message": sim.workspace.api_message(message),
                    "deleted_ts": message.ts,
                }
                _message_event(sim, channel, {**_hidden(sim, "message_deleted"), **deletion})

    return changed


def home_opened(sim: Simulation, user: User) -> None:
    home = sim.views.home(user.id)
    inner: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": sim.workspace.im(user.id, sim.workspace.bot.id).id,
        "tab": "home",
        "event_ts": sim.workspace.next_ts(),
    }
    if home is not None:
        inner["view"] = home.api()
    if _subscribed(sim, "app_home_opened"):
        sim.deliveries.event(payloads.event(sim, inner))


def _subscribed(sim: Simulation, name: str) -> bool:
    scope = NEEDED_SCOPE[name]
    return name in sim.manifest.events and (scope is None or scope in sim.scopes)


def _posted(sim: Simulation, message: LocalMessage, channel: LocalChannel) -> None:
    inner = {
        **sim.workspace.api_message(message),
        "channel": channel.id,
        "event_ts": message.ts,
    }
    if message.bot:
        # Slack sends the app its own messages as well; Bolt drops them.
        del inner["app_id"]
        _message_event(sim, channel, {**inner, "bot_profile": _bot_profile(sim)})
        return
    _message_event(sim, channel, inner)
    bot = sim.workspace.bot.id
    # Direct messages cause no app_mention.
    mentioned = f"<@{bot}>" in message.text and channel.kind != "im" and bot in channel.members
    if mentioned and _subscribed(sim, "app_mention"):
        _send(sim, channel, {**inner, "type": "app_mention"})
    if (links := _links(sim, message.text)) and _subscribed(sim, "link_shared"):
        _send(sim, channel, _link_shared(sim, message, channel, links))


def _message_event(sim: Simulation, channel: LocalChannel, inner: Json) -> None:
    subscription, channel_type = MESSAGE_EVENT[channel.kind]
    if sim.workspace.bot.id in channel.members and _subscribed(sim, subscription):
        _send(sim, channel, {**inner, "channel": channel.id, "channel_type": channel_type})


def _hidden(sim: Simulation, subtype: str) -> Json:
    ts = sim.workspace.next_ts()
    return {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts}


def _link_shared(sim: Simulation, message: LocalMessage, channel: LocalChannel, links: list[Json]) -> Json:
    """Slack sends link_shared even from channels the app is not in."""
    message.unfurl_id = message.unfurl_id or f"{channel.id}.{message.ts}.{secrets.token_hex(16)}"
    inner: Json = {
        "type": "link_shared",
        "channel": channel.id,
        "is_bot_user_member": sim.workspace.bot.id in channel.members,
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


def _bot_profile(sim: Simulation) -> Json:
    return {
        "id": people.BOT,
        "deleted": False,
        "name": sim.manifest.bot_name,
        "updated": 1_700_000_000,
        "app_id": people.APP,
        "icons": {f"image_{size}": f"{sim.base}/static/icon.svg" for size in (36, 48, 72)},
        "team_id": people.TEAM,
    }


def _send(sim: Simulation, channel: LocalChannel, inner: Json) -> None:
    sim.deliveries.event(payloads.event(sim, inner, shared=channel.kind == "shared"))


def _links(sim: Simulation, text: str) -> list[Json]:
    """The links to unfurl_domains of the manifest or their subdomains."""
    return [
        {"domain": domain, "url": url}
        for url in map(html.unescape, re.findall(r"https?://[^\s<>|]+", text))
        for domain in sim.manifest.unfurl_domains
        if re.match(rf"https?://([^/]+\.)?{re.escape(domain)}([/?#:]|$)", url)
    ]
