"""What someone did in Slack, read from its payloads. The only place that knows their shapes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, assert_never

from bot.access.people import Actor
from bot.kit.carried import LONGEST_CHANNEL_ID, Unreadable
from bot.slack.messages import message_words

_ID = re.compile(r"[A-Za-z0-9_.]{1,32}")
_WRITTEN = ("", "file_share", "thread_broadcast")
"""Subtypes of messages that a person has just written."""


class InteractionKind(StrEnum):
    COMMAND = "command"
    ACTION = "action"
    SHORTCUT = "shortcut"
    MESSAGE_SHORTCUT = "message_shortcut"
    VIEW = "view"
    OPTIONS = "options"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Interaction:
    kind: InteractionKind
    actor: Actor
    channel: str = ""
    thread_ts: str = ""
    """The thread it happened in, which is answered in; empty outside threads."""
    response_url: str = ""
    trigger_id: str = ""
    event_id: str = ""
    message: str = ""
    """The timestamp of the message that was clicked, or that a shortcut or an event is about."""
    occurred_at: datetime | None = None
    """When it was done, by Slack's clock; None if Slack does not say."""
    is_ephemeral: bool = False
    """Whether only this person sees that message."""
    block: str = ""
    action: str = ""
    """The action_id of what was clicked."""
    value: str = ""
    """A button's value, the option chosen, what was typed into a select, or the tab that was opened."""
    text: str = ""
    """What was typed after the command, or the words of the message that a shortcut or an event is about."""
    automatic: bool = False
    """Whether an event is about what no person wrote just now: a message of an app's or of Slack's, an edit.
    It is not answered, or Maple would answer itself."""
    links: tuple[str, ...] = ()
    """The links that an event says were shared."""
    unfurl_id: str = ""
    """What their previews are sent to, together with `source`."""
    source: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)
    """What a modal was filled in with: block_id → action_id → element."""
    view: str = ""
    """The id of the modal it was done in."""
    view_hash: str = ""
    """Slack's hash of that modal as it was then."""
    metadata: str = ""
    """What that modal remembers."""

    @property
    def user(self) -> str:
        return self.actor.user

    @property
    def delivery(self) -> str:
        """The same for a delivery that Slack repeats, and for no other."""
        return self.event_id or self.trigger_id

    @property
    def can_open_modal(self) -> bool:
        """Slack opens a modal only for a trigger, which clicks and commands have and events do not."""
        return bool(self.trigger_id)


def within_list(interaction: Interaction) -> Interaction:
    """A click in a channel's list of digests or alerts. Its metadata is the channel, where messages go.

    Raises Unreadable if it is not a channel.
    """
    if len(interaction.metadata) > LONGEST_CHANNEL_ID:
        raise Unreadable("channel")
    return replace(interaction, channel=interaction.metadata)


def trigger(kind: InteractionKind, body: Mapping[str, Any]) -> str:
    """The command, callback_id, action_id or event type of a payload of that kind."""
    match kind:
        case InteractionKind.COMMAND:
            return _text(body, "command")
        case InteractionKind.ACTION:
            return _text(_first_action(body), "action_id")
        case InteractionKind.SHORTCUT | InteractionKind.MESSAGE_SHORTCUT:
            return _text(body, "callback_id")
        case InteractionKind.VIEW:
            return _text(_part(body, "view"), "callback_id")
        case InteractionKind.OPTIONS:
            return _text(body, "action_id")
        case InteractionKind.EVENT:
            return _text(_part(body, "event"), "type")
        case _:
            assert_never(kind)


def read(kind: InteractionKind, body: Mapping[str, Any]) -> Interaction:
    """A payload of that kind. Missing parts are empty; never raises on a payload of Slack's."""
    return _READERS[kind](body)


def _command(body: Mapping[str, Any]) -> Interaction:
    return Interaction(
        kind=InteractionKind.COMMAND,
        actor=Actor(user=_text(body, "user_id"), team=_text(body, "team_id")),
        channel=_id(body, "channel_id"),
        response_url=_text(body, "response_url"),
        trigger_id=_text(body, "trigger_id"),
        text=_text(body, "text"),
    )


def _action(body: Mapping[str, Any]) -> Interaction:
    action = _first_action(body)
    container = _part(body, "container")
    return Interaction(
        kind=InteractionKind.ACTION,
        actor=_actor(body),
        channel=_id(_part(body, "channel"), "id") or _id(container, "channel_id"),
        response_url=_text(body, "response_url"),
        trigger_id=_text(body, "trigger_id"),
        thread_ts=_id(container, "thread_ts"),
        message=_id(container, "message_ts"),
        occurred_at=_moment(_text(action, "action_ts")),
        is_ephemeral=container.get("is_ephemeral") is True,
        block=_text(action, "block_id"),
        action=_text(action, "action_id"),
        value=_text(action, "value") or _text(_part(action, "selected_option"), "value"),
        **_modal(body),
    )


def _first_action(body: Mapping[str, Any]) -> Mapping[str, Any]:
    action: Mapping[str, Any] = (body.get("actions") or [{}])[0]
    return action


def _shortcut(body: Mapping[str, Any]) -> Interaction:
    return Interaction(
        kind=InteractionKind.SHORTCUT, actor=_actor(body), trigger_id=_text(body, "trigger_id")
    )


def _message_shortcut(body: Mapping[str, Any]) -> Interaction:
    message = _part(body, "message")
    return Interaction(
        kind=InteractionKind.MESSAGE_SHORTCUT,
        actor=_actor(body),
        channel=_id(_part(body, "channel"), "id"),
        thread_ts=_id(message, "thread_ts"),
        response_url=_text(body, "response_url"),
        trigger_id=_text(body, "trigger_id"),
        message=_id(body, "message_ts"),
        text=_utf8(message_words(message)),
    )


def _view(body: Mapping[str, Any]) -> Interaction:
    return Interaction(
        kind=InteractionKind.VIEW, actor=_actor(body), trigger_id=_text(body, "trigger_id"), **_modal(body)
    )


def _options(body: Mapping[str, Any]) -> Interaction:
    return Interaction(
        kind=InteractionKind.OPTIONS,
        actor=_actor(body),
        action=_text(body, "action_id"),
        block=_text(body, "block_id"),
        value=_text(body, "value"),
        **_modal(body),
    )


def _event(body: Mapping[str, Any]) -> Interaction:
    event = _part(body, "event")
    links = event.get("links")
    return Interaction(
        kind=InteractionKind.EVENT,
        actor=Actor(user=_text(event, "user"), team=_text(event, "user_team") or _text(body, "team_id")),
        channel=_id(event, "channel"),
        thread_ts=_id(event, "thread_ts"),
        event_id=_text(body, "event_id"),
        message=_id(event, "ts") or _id(event, "message_ts"),
        occurred_at=_moment(_text(event, "event_ts")),
        value=_text(event, "tab"),
        text=_text(event, "text"),
        automatic=bool(event.get("bot_id")) or "edited" in event or event.get("subtype", "") not in _WRITTEN,
        links=tuple(_text(link, "url") for link in links if isinstance(link, Mapping))
        if isinstance(links, list)
        else (),
        unfurl_id=_text(event, "unfurl_id"),
        source=_text(event, "source"),
    )


def _modal(body: Mapping[str, Any]) -> dict[str, Any]:
    """The modal it was done in; empty on a message."""
    view = _part(body, "view")
    return {
        "view": _text(view, "id"),
        "view_hash": _text(view, "hash"),
        "metadata": _text(view, "private_metadata"),
        "state": _writable(_part(_part(view, "state"), "values")),
    }


def _actor(body: Mapping[str, Any]) -> Actor:
    # In a shared channel `team` is the channel's side; the person's own workspace stands with the person.
    user = _part(body, "user")
    return Actor(user=_text(user, "id"), team=_text(user, "team_id") or _text(_part(body, "team"), "id"))


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    # PostgreSQL takes no NUL, and nothing of Slack's has one.
    return _utf8(value).replace("\0", "\ufffd") if isinstance(value, str) else ""


def _id(body: Mapping[str, Any], name: str) -> str:
    """Of a channel or a message; empty for what cannot be one, which no column of the database would hold."""
    value = _text(body, name)
    return value if _ID.fullmatch(value) else ""


def _writable(value: Any) -> Any:
    """The same with texts that can be sent on and stored."""
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, Mapping):
        return {key: _writable(inner) for key, inner in value.items()}
    return [_writable(inner) for inner in value] if isinstance(value, list) else value


def _utf8(text: str) -> str:
    """JSON can hold half of a surrogate pair, which no encoding takes: a question mark stands in for it."""
    return text.encode(errors="replace").decode()


def _moment(ts: str) -> datetime | None:
    """Slack gives a time in seconds, with a fraction, as text."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return None


_READERS = {
    InteractionKind.COMMAND: _command,
    InteractionKind.ACTION: _action,
    InteractionKind.SHORTCUT: _shortcut,
    InteractionKind.MESSAGE_SHORTCUT: _message_shortcut,
    InteractionKind.VIEW: _view,
    InteractionKind.OPTIONS: _options,
    InteractionKind.EVENT: _event,
}
