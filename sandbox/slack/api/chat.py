"""chat.*: posting, changing and deleting messages."""

import html
from typing import Any

from sandbox.slack import people
from sandbox.slack.api.method import Args, method
from sandbox.slack.blocks.check import message_blocks
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Block, Channel, Json, Message
from sandbox.slack.responses import check_text
from sandbox.slack.world import World


@method("chat.postMessage", scope="chat:write")
def post_message(world: World, args: Args) -> Json:
    channel = _channel(world, args.required("channel"))
    _may_write(world, channel)
    text, blocks = _content(world, args)
    metadata = _metadata(args)
    world.limit.take(channel.id)
    bot = world.workspace.bot.id
    thread_ts = args.text("thread_ts") or None
    if thread_ts and world.workspace.find(channel.id, thread_ts) is None:
        raise SlackError("thread_not_found")
    message = world.workspace.post(channel, bot, text, blocks, thread_ts=thread_ts, metadata=metadata)
    return {"channel": channel.id, "ts": message.ts, "message": world.workspace.api_message(message)}


@method("chat.postEphemeral", scope="chat:write")
def post_ephemeral(world: World, args: Args) -> Json:
    channel = _channel(world, args.required("channel"))
    _may_write(world, channel)
    user = args.required("user")
    if user not in world.workspace.users:
        raise SlackError("user_not_found")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks = _content(world, args)
    thread_ts = args.text("thread_ts") or None
    if thread_ts and not _is_active_thread(world, channel, thread_ts):
        # Slack accepts it, and shows nobody anything.
        return {"message_ts": world.workspace.next_ts()}
    bot = world.workspace.bot.id
    message = world.workspace.post(channel, bot, text, blocks, only_for=user, thread_ts=thread_ts)
    return {"message_ts": message.ts}


@method("chat.update", scope="chat:write")
def update(world: World, args: Args) -> Json:
    message = _own(world, args, "cant_update_message")
    text, blocks = _content(world, args)
    # Slack keeps the blocks when only text is given.
    world.workspace.edit(message, text, blocks if "blocks" in args.given else message.blocks, _metadata(args))
    answer = world.workspace.api_message(message)
    return {"channel": message.channel, "ts": message.ts, "text": text, "message": answer}


@method("chat.delete", scope="chat:write")
def delete(world: World, args: Args) -> Json:
    message = _own(world, args, "cant_delete_message")
    world.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink")
def get_permalink(world: World, args: Args) -> Json:
    channel = world.workspace.reachable(args.required("channel"))
    ts = args.required("message_ts")
    message = world.workspace.find(channel.id, ts)
    if message is None:
        raise SlackError("message_not_found")
    link = f"{world.base}/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


@method("chat.unfurl", scope="links:write")
def unfurl(world: World, args: Args) -> Json:
    message = _unfurled(world, args)
    unfurls = args.data("unfurls", "cannot_parse_attachment")
    if not isinstance(unfurls, dict):
        raise SlackError("missing_unfurls")
    text = html.unescape(message.text)
    for url, content in unfurls.items():
        if html.unescape(url) not in text:
            raise SlackError("cannot_unfurl_url")
        message_blocks(content.get("blocks"), missing=world.missing_blocks, tables=world.tables)
    world.workspace.unfurl(message, unfurls)
    return {}


def _is_active_thread(world: World, channel: Channel, thread_ts: str) -> bool:
    root = world.workspace.find(channel.id, thread_ts)
    return root is not None and bool(world.workspace.replies(root))


def _unfurled(world: World, args: Args) -> Message:
    """The message with the link, which may be in a channel that the app is not in."""
    workspace = world.workspace
    if unfurl_id := args.text("unfurl_id"):
        args.required("source")
        found = [
            message
            for messages in workspace.messages.values()
            for message in messages
            if message.unfurl_id == unfurl_id
        ]
    else:
        message = workspace.find(args.required("channel"), args.required("ts"))
        found = [message] if message else []
    if not found:
        raise SlackError("cannot_unfurl_message")
    return found[0]


def _channel(world: World, given: str) -> Channel:
    """A channel by id; a person's id opens the direct message with them."""
    if given.startswith(("U", "W")):
        user = world.workspace.users.get(given)
        if user is None or user.is_stranger or user.kind == "bot":
            raise SlackError("channel_not_found")
        return world.workspace.im(user.id, world.workspace.bot.id)
    return world.workspace.reachable(given)


def _may_write(world: World, channel: Channel) -> None:
    if channel.archived:
        raise SlackError("is_archived")
    if world.workspace.bot.id not in channel.members and "chat:write.public" not in world.scopes:
        raise SlackError("not_in_channel")


def _content(world: World, args: Args) -> tuple[str, list[Block]]:
    blocks = message_blocks(args.given.get("blocks"), missing=world.missing_blocks, tables=world.tables)
    text = args.text("text")
    check_text(text, blocks=bool(blocks))
    return text, blocks


def _metadata(args: Args) -> Json | None:
    metadata: Any = args.data("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not metadata.get("event_type"):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    return metadata


def _own(world: World, args: Args, refusal: str) -> Message:
    """A message of the bot's own that everybody can see. Ephemeral ones are not found."""
    channel = world.workspace.reachable(args.required("channel"))
    message = world.workspace.find(channel.id, args.required("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.user != people.BOT_USER:
        raise SlackError(refusal)
    return message
