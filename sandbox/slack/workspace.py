"""The state of the workspace: people, channels, messages, files."""

import copy
import secrets
from itertools import count
from typing import Any

from sandbox.slack import people
from sandbox.slack.clock import Clock
from sandbox.slack.elements import fill_ids
from sandbox.slack.errors import SlackError
from sandbox.slack.feed import Change, Feed
from sandbox.slack.manifest import Manifest
from sandbox.slack.model import Block, Channel, File, Json, Message, Notice, User, UserGroup


class Workspace:
    def __init__(self, manifest: Manifest, clock: Clock) -> None:
        self.manifest = manifest
        self.clock = clock
        self.feed = Feed()
        bot = User(people.BOT_USER, manifest.bot_name.lower(), manifest.bot_name, manifest.description, "bot",
                   "UTC", manifest.color, people.TEAM)  # fmt: skip
        self.bot = bot
        self.users: dict[str, User] = {user.id: user for user in [*people.users(), bot]}
        self.channels: dict[str, Channel] = {channel.id: channel for channel in people.channels()}
        self.groups: dict[str, UserGroup] = {group.id: group for group in people.groups()}
        self.files: dict[str, File] = {}
        self.messages: dict[str, list[Message]] = {}
        self.posts: list[Message] = []
        """Every message the bot ever put into a channel for all to see, also those deleted since."""
        self.notices: list[Notice] = []
        self._last_ts = 0
        self._ids = count(1)
        for user in self.users.values():
            if user.kind not in ("bot", "external"):
                self.im(user.id, bot.id)

    def join(self, handle: str, *channels: str) -> User:
        """One more member of the workspace, in these channels. Raises KeyError."""
        user = User(self.next_id("U"), handle, handle.title(), "", "member", "UTC", "#444444", people.TEAM)
        self.users[user.id] = user
        for name in channels:
            self.channel(name).members.append(user.id)
        self.im(user.id, self.bot.id)
        return user

    def user(self, name: str) -> User:
        """A person by id, handle or real name. Raises KeyError."""
        wanted = name.lstrip("@").lower()
        for user in self.users.values():
            if wanted in (user.id.lower(), user.name.lower(), user.real_name.lower()):
                return user
        raise KeyError(f"there is nobody called {name!r}")

    def channel(self, name: str) -> Channel:
        """A channel by id or name, with or without the hash. Raises KeyError."""
        for channel in self.channels.values():
            if name == channel.id or (channel.kind != "im" and name.lstrip("#") == channel.name):
                return channel
        raise KeyError(f"there is no channel called {name!r}")

    def next_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):03d}{secrets.token_hex(3).upper()}"

    def next_ts(self) -> str:
        """A message's id: its time in microseconds, never the same twice."""
        self._last_ts = max(self._last_ts + 1, int(self.clock.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def im(self, one: str, other: str) -> Channel:
        """The direct message of two people, opened if there is none."""
        for channel in self.channels.values():
            if channel.kind == "im" and set(channel.members) == {one, other}:
                return channel
        channel = Channel(self.next_id("D"), "directmessage", "im", "", [one, other], int(self.clock.now()))
        self.channels[channel.id] = channel
        return channel

    def visible_to(self, user_id: str) -> list[Channel]:
        """The channels a person may look into. Guests and strangers see only where they are members."""
        member = self.users[user_id].kind in ("member", "admin")
        return [
            channel
            for channel in self.channels.values()
            if user_id in channel.members or (member and channel.kind == "public")
        ]

    def history(self, channel_id: str, user_id: str | None = None) -> list[Message]:
        """Oldest first. The ephemeral ones are there only for the person they are for."""
        return [
            message
            for message in self.messages.get(channel_id, [])
            if message.only_for is None or message.only_for == user_id
        ]

    def find(self, channel_id: str, ts: str, user_id: str | None = None) -> Message | None:
        return next((message for message in self.history(channel_id, user_id) if message.ts == ts), None)

    def post(
        self,
        channel: Channel,
        user: str,
        text: str,
        blocks: list[Block] | None = None,
        *,
        only_for: str | None = None,
        thread_ts: str | None = None,
        metadata: Json | None = None,
        files: list[File] | None = None,
    ) -> Message:
        message = Message(
            ts=self.next_ts(),
            channel=channel.id,
            user=user,
            text=text,
            blocks=fill_ids(blocks or []),
            bot=user == self.bot.id,
            only_for=only_for,
            thread_ts=thread_ts,
            metadata=copy.deepcopy(metadata),
            files=files or [],
        )
        self.messages.setdefault(channel.id, []).append(message)
        if message.bot and not message.ephemeral:
            self.posts.append(message)
        self._tell("message", message)
        if thread_ts and (root := self.find(channel.id, thread_ts)):
            self._tell("message_changed", root)
        return message

    def edit(self, message: Message, text: str, blocks: list[Block], metadata: Json | None = None) -> None:
        message.text = text
        message.blocks = fill_ids(blocks)
        message.metadata = copy.deepcopy(metadata) if metadata is not None else message.metadata
        # Only what everybody can see is marked as edited.
        message.edited = not message.ephemeral
        self._tell("message_changed", message)

    def delete(self, message: Message) -> None:
        self.messages[message.channel].remove(message)
        self.feed.publish(
            Change("message_deleted", {"ts": message.ts}, message.channel, only_for=message.only_for)
        )

    def forget_ephemerals(self, user_id: str) -> None:
        for messages in self.messages.values():
            for message in [one for one in messages if one.only_for == user_id]:
                self.delete(message)

    def changed(self, message: Message) -> None:
        self._tell("message_changed", message)

    def notice(self, user_id: str, text: str, channel_id: str | None = None) -> None:
        self.notices.append(Notice(user_id, channel_id, text, self.next_ts()))
        self.feed.publish(Change("notice", {"text": text}, only_for=user_id))

    def sees(self, user_id: str, change: Change) -> bool:
        if change.only_for is not None:
            return change.only_for == user_id
        return change.channel is None or any(
            channel.id == change.channel for channel in self.visible_to(user_id)
        )

    def replies(self, message: Message) -> list[Message]:
        return [one for one in self.history(message.channel) if one.thread_ts == message.ts]

    def page_message(self, message: Message) -> Json:
        """As the page in the browser reads it."""
        answer: Json = {
            "ts": message.ts,
            "channel": message.channel,
            "user": message.user,
            "bot": message.bot,
            "text": message.text,
            "blocks": message.blocks,
            "ephemeral": message.ephemeral,
            "edited": message.edited,
        }
        if message.bot:
            answer["app_name"] = self.manifest.name
        if message.thread_ts:
            answer["thread_ts"] = message.thread_ts
        if replies := len(self.replies(message)):
            answer["reply_count"] = replies
        if message.files:
            answer["files"] = [page_file(file) for file in message.files]
        if message.metadata:
            answer["metadata"] = message.metadata
        return answer

    def api_message(self, message: Message, *, metadata: bool = True) -> Json:
        """As the Web API and the payloads give it."""
        answer: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
        if message.bot:
            answer |= {"bot_id": people.BOT, "app_id": people.APP, "team": people.TEAM}
        if message.blocks:
            answer["blocks"] = copy.deepcopy(message.blocks)
        if message.edited:
            answer["edited"] = {"user": message.user, "ts": message.ts}
        if message.thread_ts:
            answer["thread_ts"] = message.thread_ts
        if replies := len(self.replies(message)):
            answer |= {"thread_ts": message.ts, "reply_count": replies}
        if message.files:
            answer["files"] = [page_file(file) for file in message.files]
        if message.metadata and metadata:
            answer["metadata"] = message.metadata
        return answer

    def reachable(self, channel_id: str) -> Channel:
        """A channel as the bot finds it. Raises channel_not_found for what it may not know of."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise SlackError("channel_not_found")
        if self.bot.id not in channel.members and channel.kind in ("private", "im"):
            raise SlackError("channel_not_found")
        return channel

    def _tell(self, kind: Any, message: Message) -> None:
        self.feed.publish(
            Change(kind, {"message": self.page_message(message)}, message.channel, only_for=message.only_for)
        )


def page_file(file: File) -> Json:
    return {
        "id": file.id,
        "name": file.name,
        "mimetype": file.mimetype,
        "size": len(file.content),
        "url": f"/files/{file.id}/{file.name}",
    }
