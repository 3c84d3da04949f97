"""The state of the workspace: people, channels, messages, files, what is unread."""

import copy
import secrets
import uuid
from collections.abc import Callable
from itertools import count
from typing import Any, Literal, TypeAlias

from sandbox.slack import people
from sandbox.slack.clock import SlackClock
from sandbox.slack.elements import fill_ids, stored
from sandbox.slack.errors import SlackError
from sandbox.slack.feed import Change, Feed
from sandbox.slack.manifest import Manifest
from sandbox.slack.model import Block, File, Json, LocalChannel, LocalMessage, LocalNotice, User, UserGroup
from sandbox.slack.rich_text import rich_text

MessageChange = Literal["posted", "edited", "deleted"]
Observer: TypeAlias = Callable[[MessageChange, LocalMessage, LocalMessage | None], None]
"""Called with each change of a message, the message, and its state before an edit."""


class Workspace:
    def __init__(self, manifest: Manifest, clock: SlackClock) -> None:
        self.manifest = manifest
        self.clock = clock
        self.feed = Feed()
        bot = User(people.BOT_USER, manifest.bot_name.lower(), manifest.bot_name, manifest.description, "bot",
                   "UTC", manifest.color, people.TEAM)  # fmt: skip
        self.bot = bot
        self.users: dict[str, User] = {member.id: member for member in [*people.users(), bot]}
        self.channels: dict[str, LocalChannel] = {channel.id: channel for channel in people.channels()}
        self.groups: dict[str, UserGroup] = {group.id: group for group in people.groups()}
        self.files: dict[str, File] = {}
        self.messages: dict[str, list[LocalMessage]] = {}
        self.posts: list[LocalMessage] = []
        """Every non-ephemeral message of the bot, including deleted ones."""
        self.notices: list[LocalNotice] = []
        self.observers: list[Observer] = []
        self.base = ""
        """The address the workspace is served at."""
        self._read: dict[tuple[str, str], str] = {}
        self._last_ts = 0
        self._ids = count(1)
        for user in self.users.values():
            if user.kind not in ("bot", "external"):
                self.im(user.id, bot.id)

    def join(self, handle: str, *channels: str) -> User:
        """Adds a member to the workspace and these channels. Raises KeyError."""
        user = User(self.next_id("U"), handle, handle.title(), "", "member", "UTC", "#444444", people.TEAM)
        self.users[user.id] = user
        for name in channels:
            self.channel(name).members.append(user.id)
        self.im(user.id, self.bot.id)
        return user

    def user(self, name: str) -> User:
        """A person by id, handle or real name. Raises KeyError."""
        key = name.lstrip("@").lower()
        for user in self.users.values():
            if key in (user.id.lower(), user.name.lower(), user.real_name.lower()):
                return user
        raise KeyError(f"there is nobody called {name!r}")

    def channel(self, name: str) -> LocalChannel:
        """A channel by id or name, with or without #. Raises KeyError."""
        for channel in self.channels.values():
            if name == channel.id or (channel.kind != "im" and name.lstrip("#") == channel.name):
                return channel
        raise KeyError(f"there is no channel called {name!r}")

    def next_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):03d}{secrets.token_hex(3).upper()}"

    def next_ts(self) -> str:
        """A unique message id: the time in microseconds."""
        self._last_ts = max(self._last_ts + 1, int(self.clock.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def im(self, user: str, other: str) -> LocalChannel:
        """The direct message of two people, created if needed."""
        for channel in self.channels.values():
            if channel.kind == "im" and set(channel.members) == {user, other}:
                return channel
        channel = LocalChannel(
            self.next_id("D"), "directmessage", "im", "", [user, other], int(self.clock.now())
        )
        self.channels[channel.id] = channel
        return channel

    def visible_to(self, user_id: str) -> list[LocalChannel]:
        """The channels a person can read. Guests and people of other companies: only their own."""
        member = self.users[user_id].kind in ("member", "admin")
        return [
            channel
            for channel in self.channels.values()
            if user_id in channel.members or (member and channel.kind == "public")
        ]

    def history(self, channel_id: str, user_id: str | None = None) -> list[LocalMessage]:
        """Messages, oldest first, with the ephemeral ones of this person."""
        return [
            message
            for message in self.messages.get(channel_id, [])
            if message.only_for is None or message.only_for == user_id
        ]

    def find(self, channel_id: str, ts: str, user_id: str | None = None) -> LocalMessage | None:
        return next((message for message in self.history(channel_id, user_id) if message.ts == ts), None)

    def post(
        self,
        channel: LocalChannel,
        user: str,
        text: str,
        blocks: list[Block] | None = None,
        *,
        only_for: str | None = None,
        thread_ts: str | None = None,
        metadata: Json | None = None,
        files: list[File] | None = None,
    ) -> LocalMessage:
        message = LocalMessage(
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
            client_msg_id=None if user == self.bot.id else str(uuid.uuid4()),
        )
        self._compose(message)
        self.messages.setdefault(channel.id, []).append(message)
        if message.bot and not message.ephemeral:
            self.posts.append(message)
        self._tell("message", message)
        if thread_ts and not message.ephemeral and (root := self.find(channel.id, thread_ts)):
            self._tell("message_changed", root)
        self._observed("posted", message)
        return message

    def edit(
        self, message: LocalMessage, text: str, blocks: list[Block], metadata: Json | None = None
    ) -> None:
        before = copy.copy(message)
        message.text = text
        message.blocks = fill_ids(blocks)
        message.metadata = copy.deepcopy(metadata) if metadata is not None else message.metadata
        # Slack does not mark ephemeral messages as edited.
        message.edited = not message.ephemeral
        self._compose(message)
        self._tell("message_changed", message)
        self._observed("edited", message, before)

    def delete(self, message: LocalMessage) -> None:
        self.messages[message.channel].remove(message)
        self.feed.publish(
            Change("message_deleted", {"ts": message.ts}, message.channel, only_for=message.only_for)
        )
        if message.thread_ts and (root := self.find(message.channel, message.thread_ts)):
            self._tell("message_changed", root)
        self._observed("deleted", message)

    def forget_ephemerals(self, user_id: str) -> None:
        for messages in self.messages.values():
            for message in [message_here for message_here in messages if message_here.only_for == user_id]:
                self.delete(message)

    def unfurl(self, message: LocalMessage, unfurls: dict[str, Json]) -> None:
        before = copy.copy(message)
        message.unfurls = {
            url: {**preview, "blocks": fill_ids(preview.get("blocks") or [])}
            for url, preview in unfurls.items()
        }
        self._tell("message_changed", message)
        self._observed("edited", message, before)

    def mark_read(self, user_id: str, channel_id: str) -> None:
        """Marks all messages of the channel as read by this person."""
        main = [message for message in self.history(channel_id, user_id) if not message.thread_ts]
        if main:
            self._read[user_id, channel_id] = main[-1].ts
        self.feed.publish(Change("read", {}, channel_id, only_for=user_id))

    def last_read(self, user_id: str, channel_id: str) -> str:
        return self._read.get((user_id, channel_id), "0")

    def unread(self, user_id: str, channel: LocalChannel) -> list[LocalMessage]:
        """Messages of others since the person last read the channel, without thread replies."""
        since = self.last_read(user_id, channel.id)
        return [
            message
            for message in self.history(channel.id, user_id)
            if message.ts > since and message.user != user_id and not message.thread_ts
        ]

    def mentions(self, user_id: str, message: LocalMessage) -> bool:
        """Whether a message mentions this person, one of their groups, or everyone."""
        called = [f"<@{user_id}>", "<!channel>", "<!here>", "<!everyone>"]
        called += [f"<!subteam^{group.id}" for group in self.groups.values() if user_id in group.users]
        return any(mark in message.text for mark in called)

    def notice(
        self, user_id: str, text: str, channel_id: str | None = None, thread_ts: str | None = None
    ) -> None:
        self.notices.append(LocalNotice(user_id, channel_id, text, self.next_ts(), thread_ts))
        about = {"text": text, "thread_ts": thread_ts}
        self.feed.publish(Change("notice", about, channel_id, only_for=user_id))

    def sees(self, user_id: str, change: Change) -> bool:
        if change.only_for is not None:
            return change.only_for == user_id
        return change.channel is None or any(
            channel.id == change.channel for channel in self.visible_to(user_id)
        )

    def thread_of(self, message: LocalMessage) -> str | None:
        """The ts of the thread that a message starts or belongs to."""
        return message.thread_ts or (message.ts if self.replies(message) else None)

    def replies(self, message: LocalMessage) -> list[LocalMessage]:
        return [reply for reply in self.history(message.channel) if reply.thread_ts == message.ts]

    def page_message(self, message: LocalMessage) -> Json:
        """The JSON for the page in the browser."""
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
        if message.unfurls:
            answer["unfurls"] = [{"url": url, **preview} for url, preview in message.unfurls.items()]
        return answer

    def api_message(self, message: LocalMessage, *, metadata: bool = True) -> Json:
        """The JSON for the Web API and payloads."""
        answer: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
        answer["team"] = self.users[message.user].team_id
        if message.bot:
            answer |= {"bot_id": people.BOT, "app_id": people.APP}
        if message.client_msg_id:
            answer["client_msg_id"] = message.client_msg_id
        if blocks := message.blocks or message.composed:
            answer["blocks"] = stored(blocks)
        if message.edited:
            answer["edited"] = {"user": message.user, "ts": message.ts}
        if message.thread_ts and (root := self.find(message.channel, message.thread_ts)):
            answer |= {"thread_ts": message.thread_ts, "parent_user_id": root.user}
        if replies := self.replies(message):
            authors = list(dict.fromkeys(reply.user for reply in replies))
            answer |= {
                "thread_ts": message.ts,
                "reply_count": len(replies),
                "reply_users_count": len(authors),
                "latest_reply": replies[-1].ts,
                "reply_users": authors,
                "is_locked": False,
            }
        if message.files:
            answer["files"] = [self.api_file(file) for file in message.files]
        if message.unfurls:
            answer["attachments"] = [
                {
                    "id": number,
                    "from_url": url,
                    "original_url": url,
                    "fallback": "[no preview]",
                    **stored(preview),
                }
                for number, (url, preview) in enumerate(message.unfurls.items(), start=1)
            ]
        if message.metadata and metadata:
            answer["metadata"] = message.metadata
        return answer

    def api_file(self, file: File) -> Json:
        """The JSON for the Web API and payloads."""
        address = f"{self.base}/files/{file.id}/{file.name}"
        private = f"{self.base}/files-pri/{people.TEAM}-{file.id}"
        created = int(self.clock.now())
        return {
            "id": file.id,
            "created": created,
            "timestamp": created,
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype,
            "filetype": file.name.rpartition(".")[2],
            "pretty_type": file.name.rpartition(".")[2].upper(),
            "user": file.user,
            "editable": False,
            "size": len(file.content),
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": True,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": f"{private}/{file.name}",
            "url_private_download": f"{private}/download/{file.name}",
            "permalink": address,
            "permalink_public": address,
            "has_rich_preview": False,
        }

    def reachable(self, channel_id: str) -> LocalChannel:
        """A channel the bot may know about. Raises channel_not_found."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise SlackError("channel_not_found")
        if self.bot.id not in channel.members and channel.kind in ("private", "im"):
            raise SlackError("channel_not_found")
        return channel

    def _compose(self, message: LocalMessage) -> None:
        if not message.bot and not message.blocks and message.text:
            message.composed = fill_ids(rich_text(message.text))

    def _observed(
        self, change: MessageChange, message: LocalMessage, previous: LocalMessage | None = None
    ) -> None:
        for observer in self.observers:
            observer(change, message, previous)

    def _tell(self, kind: Any, message: LocalMessage) -> None:
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
