"""Hostile payloads, made from what Maple put on its cards and forms, in the name of anyone.

Parts are missing, of the wrong type, or full of values that break programs. The same seed makes the same
payloads.
"""

import contextlib
import copy
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bot.kit import ids
from handlers.interaction import InteractionKind
from handlers.routes import ROUTES, Route
from sandbox.slack import LocalSlack, payloads, people
from sandbox.slack.model import Json

CANARY = "c4n4ry"


class Sender(NamedTuple):
    """Whom a payload comes from. `may`: whether they may use Maple at all."""

    kind: str
    id: str
    team: str = people.TEAM
    may: bool = False


SENDERS = (
    Sender("full member", "U01ANA", may=True),
    Sender("approver", "U03LEA", may=True),
    Sender("guest of several channels", "U05GUS"),
    Sender("guest of one channel", "U11ONE"),
    Sender("person of another company", "U06EVE", people.OTHER_TEAM),
    Sender("deactivated person", "U12GONE"),
    Sender("bot", "U13BOT"),
    Sender("somebody Slack does not know", "U14WHO"),
)

TEXTS = (
    "", " ", "\0", "\ud800", "\u202e\u2066", "\u200b\u3164", "e\u0301" * 500, "👩‍👩‍👧‍👦" * 200, "x" * 300_000,
    "<!channel> <@U01ANA> <https://evil.example|here>", "*_~`>&lt;", "'; DROP TABLE changes; --",
    "${jndi:ldap://x}", "{{7*7}}", "../../../etc/passwd", "%00%0a", "\r\nX-Injected: 1",
    '{"c":', "[" * 5000, '{"c":1,"p":[]}', '{"c":"cus_acme","p":"overview","n":-1}',
    '{"c":"cus_acme","n":1' + "0" * 400 + "}", '{"c":"","p":"nowhere"}',
    "1e999", "NaN", "-0", "٣", "9" * 5000, "0x10", "am_sk_live_" + "k" * 20, "xoxb-1-" + "k" * 20,
    "ann@secret.example", "delete cus_acme", "balance cus_acme", "reward", "digest", "history cus_acme",
    "find " * 900, "cus_acme", "CUS_ACME", "cus_acme\0", "x:1", "x:999999999", ":", "-1:-1",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**70, 1.5e308, [], {}, [[]], [None], {"id": {}}, {"value": ["x"]}, [{"id": 7}],
)  # fmt: skip
BODIES = (
    b"", b"\xff\xfe\xfd", b"payload", b"payload=", b"payload=%5B%5D", b"payload=null", b"payload=%22x%22",
    b"payload=" + b"%5B" * 20_000, b"{" * 50_000, b"[]", b"null", b'{"type":{"a":1}}',
    b'{"type":"event_callback"}', b'{"type":"url_verification"}', b'{"type":"event_callback","event":[]}',
    b"command=/autumn&text=%ff%fe", b"command=/autumn", b"ssl_check=1",
    b"command=%2Fautumn&command=%2Fautumn&user_id=U14WHO&user_id=",
)  # fmt: skip


_DECIDING = (
    ids.CHANGE_FORM,
    ids.APPROVE,
    ids.DENY_MODAL,
    ids.WITHDRAW,
    ids.UNDO_MODAL,
    ids.DIGEST_FORM,
    ids.BATCH_APPROVE,
)
_OFTEN = ROUTES + tuple(route for route in ROUTES if route.trigger in _DECIDING) * 3


@dataclass(frozen=True)
class Input:
    number: int
    sender: Sender
    route: str
    body: bytes
    form: bool
    """Whether it is sent as a form, like everything but events."""
    approves: str = ""
    """The id of the change or list that this may approve."""


@dataclass
class Harvest:
    """What Maple put on cards and forms, and what people submitted: by action or callback id, in order."""

    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    blocks: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    metadata: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    submitted: dict[str, list[tuple[str, Json]]] = field(default_factory=lambda: defaultdict(list))
    """The metadata of the form, and the values it was filled in with."""

    @classmethod
    def of(cls, slack: LocalSlack) -> "Harvest":
        harvest = cls()
        for call in slack.calls:
            for part in _dicts(call.args):
                harvest._take(part)
        for delivery in slack.sent:
            if delivery.payload.get("type") == "view_submission":
                view = delivery.payload["view"]
                content = view["private_metadata"], view["state"]["values"]
                harvest.submitted[view["callback_id"]].append(content)
        return harvest

    def _take(self, part: Json) -> None:
        for element in (part.get("elements") or []) + [part.get("element"), part.get("accessory")]:
            if not isinstance(element, dict) or "action_id" not in element:
                continue
            name = element["action_id"]
            self.blocks[name].append(part.get("block_id") or "")
            options = element.get("options") or []
            values = [element.get("value"), *(option.get("value") for option in options)]
            self.values[name] += [value for value in values if isinstance(value, str)]
        if "callback_id" in part:
            self.metadata[part["callback_id"]].append(part.get("private_metadata") or "")


def _dicts(value: Any) -> Iterator[Json]:
    if isinstance(value, str) and value[:1] in "[{":
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for element in value:
            yield from _dicts(element)


class Maker:
    """Makes the inputs."""

    def __init__(self, seed: int, harvest: Harvest, slack: LocalSlack) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible
        self._harvest = harvest
        self._slack = slack
        self._number = 0

    def one_for_each_route(self, sender: Sender) -> list[Input]:
        """One for every listener, with nothing spoiled, so that it arrives there."""
        return [self._for(route, sender, spoiled=False) for route in ROUTES]

    def make(self, sender: Sender) -> Input:
        dice = self._random
        if dice.random() < 0.03:
            self._number += 1
            body = dice.choice(BODIES)
            return Input(self._number, sender, "no payload", body, form=body[:1] not in b"{[n")
        return self._for(dice.choice(_OFTEN), sender, spoiled=dice.random() < 0.6)

    def _for(self, route: Route, sender: Sender, *, spoiled: bool) -> Input:
        self._number += 1
        dice = self._random
        kind = route.listener.kind
        name = (
            route.trigger + dice.choice(("", ":0", ":next", f":{CANARY}")) if route.family else route.trigger
        )
        payload = self._payload(kind, name, sender)
        approves = ""
        if sender.kind == "approver" and route.trigger in (ids.APPROVE, ids.BATCH_APPROVE):
            # It may still be an approval after it is spoiled below.
            approves = _value(payload["actions"][0]).partition(":")[0]
        if spoiled:
            for _ in range(dice.randint(1, 4)):
                self._spoil(payload)
        form = kind is not InteractionKind.EVENT
        return Input(self._number, sender, f"{kind} {route.trigger}", _encoded(kind, payload), form, approves)

    def _payload(self, kind: InteractionKind, name: str, sender: Sender) -> Json:
        if kind is InteractionKind.COMMAND:
            return self._command(name, sender)
        if kind is InteractionKind.EVENT:
            return payloads.event(self._slack.simulation, self._event(name, sender))
        payload = {
            "type": _TYPES[kind],
            "team": {"id": people.TEAM, "domain": people.TEAM_DOMAIN},
            "user": {"id": sender.id, "username": "x", "name": "x", "team_id": sender.team},
            "api_app_id": people.APP,
            "token": payloads.VERIFICATION_TOKEN,
            "trigger_id": self._trigger(sender),
        }
        if kind is InteractionKind.MESSAGE_SHORTCUT:
            return payload | {"callback_id": name} | self._message()
        if kind is InteractionKind.SHORTCUT:
            return payload | {"callback_id": name, "action_ts": self._slack.workspace.next_ts()}
        if kind is InteractionKind.VIEW:
            return payload | {"view": self._view(name), "response_urls": []}
        at = self._place(kind)
        if kind is InteractionKind.OPTIONS:
            return payload | at | {"action_id": name, "block_id": self._block(name), "value": self._text()}
        return payload | at | {"actions": [self._action(name)]}

    def _event(self, name: str, sender: Sender) -> Json:
        inner: Json = {"type": name, "user": sender.id, "channel": self._channel(), "tab": "home"}
        if name in ("message", "app_mention"):
            words = (
                f"<@{people.BOT_USER}> {self._random.choice(('cus_acme', 'balance cus_bold', self._text()))}"
            )
            inner |= {"text": words, "ts": self._slack.workspace.next_ts(), "channel_type": "im"}
        if name == "link_shared":
            page = f"https://app.useautumn.com/sandbox/customers/{self._random.choice(('cus_acme', CANARY))}"
            links = [{"domain": "app.useautumn.com", "url": self._random.choice((page, self._text()))}]
            inner |= {"links": links, "unfurl_id": CANARY, "source": "conversations_history"}
        return inner

    def _message(self) -> Json:
        """The message that a message shortcut is used on."""
        ts = self._slack.workspace.next_ts()
        words = f"{self._text()} cus_acme {self._text()} billing@acme.example"
        message: Json = {"type": "message", "text": words, "ts": ts, "blocks": [{"text": self._text()}]}
        if self._random.random() < 0.5:
            message["thread_ts"] = self._random.choice(self._slack.workspace.posts).ts
        channel = {"id": self._channel(), "name": "x"}
        return {"channel": channel, "message": message, "message_ts": ts}

    def _command(self, name: str, sender: Sender) -> Json:
        words = ("", "balance", "reward", "update", "delete", "history", "find", "digest", "upcoming", "help")
        text = f"{self._random.choice(words)} {self._random.choice(('cus_acme', 'cus_bold', self._text()))}"
        return {
            "token": payloads.VERIFICATION_TOKEN,
            "team_id": sender.team,
            "channel_id": self._channel(),
            "user_id": sender.id,
            "command": name,
            "text": text,
            "response_url": self._response_url(sender),
            "trigger_id": self._trigger(sender),
        }

    def _place(self, kind: InteractionKind) -> Json:
        """A message or a view that contains the element."""
        if self._random.random() < 0.4:
            view = self._view(self._random.choice(list(self._harvest.metadata)))
            return {"container": {"type": "view", "view_id": view["id"]}, "view": view}
        post = self._random.choice(self._slack.workspace.posts)
        channel = self._channel()
        place: Json = {
            "container": {
                "type": "message",
                "message_ts": post.ts,
                "channel_id": channel,
                "is_ephemeral": self._random.random() < 0.3,
            },
            "channel": {"id": channel, "name": "x"},
        }
        if kind is InteractionKind.ACTION:
            place["response_url"] = self._response_url(SENDERS[0])
        return place

    def _view(self, callback: str) -> Json:
        """A view as it was once submitted, or with other values."""
        metadata, state = self._random.choice(self._harvest.submitted.get(callback) or [("", {})])
        state = copy.deepcopy(state)
        if self._random.random() < 0.5:
            metadata = self._draw(self._harvest.metadata, callback)
            for block in state.values():
                for element in block.values():
                    if self._random.random() < 0.3 and "value" in element:
                        element["value"] = self._text()
        return {
            "id": self._random.choice(("V1", "V2", f"V{CANARY}")),
            "type": "modal",
            "callback_id": callback,
            "hash": "1.x",
            "private_metadata": self._resubmittable(metadata),
            "state": {"values": state},
        }

    def _resubmittable(self, metadata: str) -> str:
        """With a new submission id, as if the form had been opened again; a used one would be ignored."""
        with contextlib.suppress(ValueError, RecursionError):
            meta = json.loads(metadata)
            if isinstance(meta, dict) and "s" in meta and self._random.random() < 0.8:
                return json.dumps(meta | {"s": f"submission-{self._number}"})
        return metadata

    def _action(self, name: str) -> Json:
        value = self._draw(self._harvest.values, name)
        action: Json = {"action_id": name, "block_id": self._block(name), "type": "button"}
        action["action_ts"] = self._random.choice((self._slack.workspace.next_ts(), "1e400", "x"))
        if self._random.random() < 0.5:
            return action | {"value": value}
        return action | {"type": "static_select", "selected_option": {"value": value}}

    def _draw(self, by_name: dict[str, list[str]], name: str) -> str:
        """Mostly a value that belongs to this name, else to another, or to none."""
        chance = self._random.random()
        family = name.partition(":")[0]
        own = [
            value for key, values in by_name.items() if key.partition(":")[0] == family for value in values
        ]
        if own and chance < 0.6:
            return self._random.choice(own)
        all_values = [value for values in by_name.values() for value in values]
        return self._random.choice(all_values) if all_values and chance < 0.8 else self._text()

    def _block(self, name: str) -> str:
        return self._draw(self._harvest.blocks, name)

    def _channel(self) -> str:
        return self._random.choice((*sorted(self._slack.workspace.channels), "C0NOWHERE"))

    def _trigger(self, sender: Sender) -> str:
        issued = self._slack.simulation.triggers.issue(sender.id)
        return issued if self._random.random() < 0.8 else f"{CANARY}.{self._random.random()}"

    def _response_url(self, sender: Sender) -> str:
        workspace = self._slack.workspace
        channel = workspace.channels[self._random.choice(sorted(workspace.channels))]
        issued = self._slack.responses.issue(channel, sender.id)
        return self._random.choice((issued, issued, issued, f"{self._slack.url}/response/{CANARY}", ""))

    def _text(self) -> str:
        text = self._random.choice(TEXTS)
        at = self._random.choice((0, len(text) // 2, len(text)))
        return text[:at] + CANARY + text[at:] if self._random.random() < 0.8 else text

    def _spoil(self, payload: Json) -> None:
        """Replaces or removes a part. Nobody gains permissions by it."""
        place: Any = payload
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                return
            key = self._random.choice(keys)
            inner = place[key]
            if isinstance(inner, dict | list) and inner and self._random.random() < 0.85:
                place = inner
                continue
            break
        chance = self._random.random()
        if chance < 0.25:
            del place[key]
        elif chance < 0.6:
            place[key] = copy.deepcopy(self._random.choice(OTHERS))
        else:
            place[key] = self._text()


def _value(action: Json) -> str:
    value: str = action["value"] if "value" in action else action["selected_option"]["value"]
    return value


_TYPES = {
    InteractionKind.ACTION: "block_actions",
    InteractionKind.SHORTCUT: "shortcut",
    InteractionKind.MESSAGE_SHORTCUT: "message_action",
    InteractionKind.VIEW: "view_submission",
    InteractionKind.OPTIONS: "block_suggestion",
}


def _encoded(kind: InteractionKind, payload: Json) -> bytes:
    match kind:
        case InteractionKind.COMMAND:
            return urlencode(payload, errors="surrogatepass").encode()
        case InteractionKind.EVENT:
            return json.dumps(payload).encode()
        case _:
            return urlencode({"payload": json.dumps(payload)}).encode()
