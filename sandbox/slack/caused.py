"""The events that what people do causes, as far as the manifest asks for them."""

import re

from sandbox.slack import payloads
from sandbox.slack.model import Channel, Json, Message, User
from sandbox.slack.world import World

MESSAGE_EVENTS = {"im": "message.im", "private": "message.groups"}
CHANNEL_TYPES = {"im": "im", "private": "group"}


def tell_app(world: World, message: Message, channel: Channel) -> None:
    """Sends what follows from a person's message: itself, a mention of the app, links of its domains."""
    bot = world.workspace.bot.id
    if bot not in channel.members:
        return
    events = world.manifest.events
    inner: Json = {
        **world.workspace.api_message(message),
        "channel": channel.id,
        "event_ts": message.ts,
        "team": world.workspace.users[message.user].team_id,
    }
    if MESSAGE_EVENTS.get(channel.kind, "message.channels") in events:
        _send(world, channel, {**inner, "channel_type": CHANNEL_TYPES.get(channel.kind, "channel")})
    if "app_mention" in events and f"<@{bot}>" in message.text:
        _send(world, channel, {**inner, "type": "app_mention"})
    if "link_shared" in events and (links := _links(world, message.text)):
        about = {"user": message.user, "message_ts": message.ts, "links": links}
        _send(world, channel, {"type": "link_shared", "channel": channel.id, "event_ts": message.ts, **about})


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
    world.deliveries.event(payloads.event(world, inner))


def _send(world: World, channel: Channel, inner: Json) -> None:
    world.deliveries.event(payloads.event(world, inner, shared=channel.kind == "shared"))


def _links(world: World, text: str) -> list[Json]:
    return [
        {"domain": domain, "url": url}
        for url in re.findall(r"https?://[^\s>|]+", text)
        for domain in world.manifest.unfurl_domains
        if re.match(rf"https?://([^/]+\.)?{re.escape(domain)}(/|$)", url)
    ]
