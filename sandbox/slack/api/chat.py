"""chat.*: posting, changing and deleting messages."""

import html
from typing import Any

from sandbox.slack import people
from sandbox.slack.api.method import Args, method
from sandbox.slack.blocks.check import message_blocks
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Block, Json, LocalChannel, LocalMessage
from sandbox.slack.responses import check_text
from sandbox.slack.simulation import Simulation


@method("chat.postMessage", scope="chat:write")
def post_message(sim: Simulation, args: Args) -> Json:
    channel = _channel(sim, args.required("channel"))
    _may_write(sim, channel)
    text, blocks = _content(sim, args)
    metadata = _metadata(args)
    sim.limit.take(channel.id)
    bot = sim.workspace.bot.id
    thread_ts = args.text("thread_ts") or None
    if thread_ts and sim.workspace.find(channel.id, thread_ts) is None:
        raise SlackError("thread_not_found")
    message = sim.workspace.post(channel, bot, text, blocks, thread_ts=thread_ts, metadata=metadata)
    return {"channel": channel.id, "ts": message.ts, "message": sim.workspace.api_message(message)}


@method("chat.postEphemeral", scope="chat:write")
def post_ephemeral(sim: Simulation, args: Args) -> Json:
    channel = _channel(sim, args.required("channel"))
    _may_write(sim, channel)
    user = args.required("user")
    if user not in sim.workspace.users:
        raise SlackError("user_not_found")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks = _content(sim, args)
    thread_ts = args.text("thread_ts") or None
    if thread_ts and not _is_active_thread(sim, channel, thread_ts):
        # Slack accepts the message and shows it to nobody.
        return {"message_ts": sim.workspace.next_ts()}
    bot = sim.workspace.bot.id
    message = sim.workspace.post(channel, bot, text, blocks, only_for=user, thread_ts=thread_ts)
    return {"message_ts": message.ts}


@method("chat.update", scope="chat:write")
def update(sim: Simulation, args: Args) -> Json:
    message = _own(sim, args, "cant_update_message")
    text, blocks = _content(sim, args)
    # Without blocks in the call, Slack keeps the old ones.
    sim.workspace.edit(message, text, blocks if "blocks" in args.values else message.blocks, _metadata(args))
    answer = sim.workspace.api_message(message)
    return {"channel": message.channel, "ts": message.ts, "text": text, "message": answer}


@method("chat.delete", scope="chat:write")
def delete(sim: Simulation, args: Args) -> Json:
    message = _own(sim, args, "cant_delete_message")
    sim.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink")
def get_permalink(sim: Simulation, args: Args) -> Json:
    channel = sim.workspace.reachable(args.required("channel"))
    ts = args.required("message_ts")
    message = sim.workspace.find(channel.id, ts)
    if message is None:
        raise SlackError("message_not_found")
    link = f"{sim.base}/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


@method("chat.unfurl", scope="links:write")
def unfurl(sim: Simulation, args: Args) -> Json:
    message = _unfurled(sim, args)
    unfurls = args.data("unfurls", "cannot_parse_attachment")
    if not isinstance(unfurls, dict):
        raise SlackError("missing_unfurls")
    text = html.unescape(message.text)
    for url, content in unfurls.items():
        if html.unescape(url) not in text:
            raise SlackError("cannot_unfurl_url")
        message_blocks(content.get("blocks"), missing=sim.missing_blocks, tables=sim.tables)
    sim.workspace.unfurl(message, unfurls)
    return {}


def _is_active_thread(sim: Simulation, channel: LocalChannel, thread_ts: str) -> bool:
    root = sim.workspace.find(channel.id, thread_ts)
    return root is not None and bool(sim.workspace.replies(root))


def _unfurled(sim: Simulation, args: Args) -> LocalMessage:
    """The message with the link. It may be in a channel the app is not in."""
    workspace = sim.workspace
    if unfurl_id := args.text("unfurl_id"):
        args.required("source")
        matching = [
            posted
            for messages in workspace.messages.values()
            for posted in messages
            if posted.unfurl_id == unfurl_id
        ]
    else:
        message = workspace.find(args.required("channel"), args.required("ts"))
        matching = [message] if message else []
    if not matching:
        raise SlackError("cannot_unfurl_message")
    return matching[0]


def _channel(sim: Simulation, channel_id: str) -> LocalChannel:
    """A channel by its id, or the direct message with a person by theirs."""
    if channel_id.startswith(("U", "W")):
        user = sim.workspace.users.get(channel_id)
        if user is None or user.is_stranger or user.kind == "bot":
            raise SlackError("channel_not_found")
        return sim.workspace.im(user.id, sim.workspace.bot.id)
    return sim.workspace.reachable(channel_id)


def _may_write(sim: Simulation, channel: LocalChannel) -> None:
    if channel.archived:
        raise SlackError("is_archived")
    if sim.workspace.bot.id not in channel.members and "chat:write.public" not in sim.scopes:
        raise SlackError("not_in_channel")


def _content(sim: Simulation, args: Args) -> tuple[str, list[Block]]:
    blocks = message_blocks(args.values.get("blocks"), missing=sim.missing_blocks, tables=sim.tables)
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


def _own(sim: Simulation, args: Args, refusal: str) -> LocalMessage:
    """A message posted by the bot. Ephemeral messages cannot be found."""
    channel = sim.workspace.reachable(args.required("channel"))
    message = sim.workspace.find(channel.id, args.required("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.user != people.BOT_USER:
        raise SlackError(refusal)
    return message
