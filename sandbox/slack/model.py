"""The data of a workspace: people, channels, messages, files."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

Json: TypeAlias = dict[str, Any]
Block: TypeAlias = dict[str, Any]

UserKind = Literal["member", "admin", "guest", "single_channel_guest", "external", "bot", "deactivated"]
ChannelKind = Literal["public", "private", "shared", "im"]


@dataclass(slots=True)
class User:
    id: str
    name: str
    real_name: str
    title: str
    kind: UserKind
    tz: str
    color: str
    team_id: str
    email: str = ""
    locale: str = "en-US"

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.real_name.split()[:2]).upper()

    @property
    def is_stranger(self) -> bool:
        return self.kind == "external"

    def page(self) -> Json:
        """The JSON for the page in the browser."""
        keys = ("id", "name", "real_name", "title", "kind", "tz", "initials", "color", "team_id")
        return {name: getattr(self, name) for name in keys}

    def api(self, now: float, *, email: bool, locale: bool = False) -> Json:
        """The user object of users.info. Left out are the email address without users:read.email, and the
        locale unless it is asked for."""
        local = datetime.fromtimestamp(now, ZoneInfo(self.tz))
        offset = local.utcoffset()
        profile: Json = {
            "title": self.title,
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.name,
            "display_name_normalized": self.name,
            "team": self.team_id,
        }
        if email and self.email:
            profile["email"] = self.email
        answer: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.kind == "deactivated",
            "color": self.color.lstrip("#"),
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": local.tzname(),
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "profile": profile,
            "is_admin": self.kind == "admin",
            "is_owner": self.kind == "admin",
            "is_primary_owner": False,
            "is_restricted": self.kind in ("guest", "single_channel_guest"),
            "is_ultra_restricted": self.kind == "single_channel_guest",
            "is_bot": self.kind == "bot",
            "is_app_user": False,
            "updated": 1_700_000_000,
        }
        if locale:
            answer["locale"] = self.locale
        if self.is_stranger:
            answer["is_stranger"] = True
        return answer


@dataclass(slots=True)
class LocalChannel:
    id: str
    name: str
    kind: ChannelKind
    topic: str = ""
    members: list[str] = field(default_factory=list)
    created: int = 1_700_000_000
    archived: bool = False

    def with_user(self, me: str) -> str | None:
        """The other person in a direct message."""
        other_members = [member for member in self.members if member != me]
        return other_members[0] if self.kind == "im" and other_members else None


@dataclass(slots=True)
class UserGroup:
    id: str
    handle: str
    name: str
    users: list[str]


@dataclass(slots=True)
class File:
    id: str
    name: str
    title: str
    mimetype: str
    user: str
    content: bytes = b""
    shared: bool = False
    """Whether the upload was completed."""


@dataclass(slots=True, eq=False)
class LocalMessage:
    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Block]
    bot: bool = False
    only_for: str | None = None
    """The only person who sees an ephemeral message."""
    edited: bool = False
    thread_ts: str | None = None
    files: list[File] = field(default_factory=list)
    metadata: Json | None = None
    unfurls: dict[str, Json] = field(default_factory=dict)
    """Preview by link."""
    unfurl_id: str | None = None
    composed: list[Block] = field(default_factory=list)
    """A person's message as rich text. The app receives it as the message's blocks."""
    client_msg_id: str | None = None

    @property
    def all_blocks(self) -> list[Block]:
        """The blocks of the message and of its link previews."""
        previews = [block for preview in self.unfurls.values() for block in preview.get("blocks", [])]
        return [*self.blocks, *previews]

    def unfurl_of(self, block_id: str) -> tuple[int, str] | None:
        """The number (from 1) and the link of the preview that contains this block."""
        for number, (url, preview) in enumerate(self.unfurls.items(), start=1):
            if any(block.get("block_id") == block_id for block in preview.get("blocks", [])):
                return number, url
        return None

    @property
    def ephemeral(self) -> bool:
        return self.only_for is not None


@dataclass(frozen=True, slots=True)
class LocalNotice:
    """A message from Slack itself to one person, such as a refused command."""

    user: str
    channel: str | None
    text: str
    ts: str
    thread_ts: str | None = None
