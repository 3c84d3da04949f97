"""Thousands of hostile payloads, signed as Slack's, at every listener, from everybody who could send one.

The inputs follow from a seed: the same seed makes the same choices again. What is sent is made from what
Maple itself had put on its cards and forms, in the name of other people, with parts missing, of the wrong
kind or full of what breaks programs. Whatever it is, Maple answers, does nothing that nobody decided, and
writes nothing of it to its log.
"""

import asyncio
import contextlib
import copy
import io
import json
import random
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
from sqlalchemy import func, select

from bot import log
from bot.app import Maple
from bot.approvals.lifecycle import State
from bot.kit import ids
from bot.slack.http import EVENTS_PATH
from bot.store.tables import audit, changes, decisions, digests
from handlers.errors import InteractionOutcome
from handlers.interaction import InteractionKind
from handlers.routes import ROUTES
from sandbox.autumn import Limits as LocalLimits
from sandbox.autumn import LocalAutumn
from sandbox.slack import LocalSlack, PostLimit, payloads, people
from sandbox.slack.model import Json, User
from tests.databases import Engine, fresh
from tests.journeys.changing import ask_for_a_name, ask_for_messages
from tests.proofs.figures import Figures
from tests.proofs.ledger import reconcile
from tests.running import APPROVALS, MANIFEST, QUICK_PACE, UNHURRIED, settings_for, written_policy

CANARY = "c4n4ry"
_FREE = 1_000_000
_AT_ONCE = 8
_BACKLOG = 64
_PATIENCE = 30.0
POLICY = """
[[allow]]
name = "members ask"
who = "everyone"
may = ["ask", "undo", "history"]

[[allow]]
name = "Lea decides"
who = ["U03LEA"]
may = ["approve", "mark"]
"""


class Sender(NamedTuple):
    """Somebody that a payload comes from. `may`: use Maple at all."""

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
    Sender("nobody that Slack knows", "U14WHO"),
)
_NEWCOMERS = (
    User("U11ONE", "one", "One Guest", "", "single_channel_guest", "UTC", "#111111", people.TEAM),
    User("U12GONE", "gone", "Gone Person", "", "deactivated", "UTC", "#111111", people.TEAM),
    User("U13BOT", "robot", "Other Bot", "", "bot", "UTC", "#111111", people.TEAM),
)
_INSIDERS = frozenset(sender.id for sender in SENDERS if sender.may) | {"U02RAJ", "U04MAX"}

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


_DECIDING = (ids.CHANGE_FORM, ids.APPROVE, ids.DENY_MODAL, ids.WITHDRAW, ids.UNDO_MODAL, ids.DIGEST_FORM)
_OFTEN = ROUTES + tuple(route for route in ROUTES if route.trigger in _DECIDING) * 3


@dataclass(frozen=True)
class Input:
    number: int
    sender: Sender
    route: str
    body: bytes
    form: bool
    """Whether it goes as a form, as all but events do."""
    approves: str = ""
    """The change that this may be an approval of."""


@dataclass
class Harvest:
    """What Maple put on cards and forms, and what was submitted in them: by its ids, in the order it came."""

    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    blocks: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    metadata: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    submitted: dict[str, list[tuple[str, Json]]] = field(default_factory=lambda: defaultdict(list))
    """What the form remembered, and what it was filled in with."""

    @classmethod
    def of(cls, slack: LocalSlack) -> "Harvest":
        made = cls()
        for call in slack.calls:
            for part in _dicts(call.args):
                made._take(part)
        for delivery in slack.sent:
            if delivery.payload.get("type") == "view_submission":
                view = delivery.payload["view"]
                kept = view["private_metadata"], view["state"]["values"]
                made.submitted[view["callback_id"]].append(kept)
        return made

    def _take(self, part: Json) -> None:
        for element in (part.get("elements") or []) + [part.get("element"), part.get("accessory")]:
            if not isinstance(element, dict) or "action_id" not in element:
                continue
            name = element["action_id"]
            self.blocks[name].append(part.get("block_id") or "")
            options = element.get("options") or []
            found = [element.get("value"), *(option.get("value") for option in options)]
            self.values[name] += [value for value in found if isinstance(value, str)]
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
        for one in value:
            yield from _dicts(one)


class Maker:
    """Makes the inputs, one after another."""

    def __init__(self, seed: int, harvest: Harvest, slack: LocalSlack) -> None:
        self._random = random.Random(seed)  # noqa: S311 - to be had again, not to be secret
        self._harvest = harvest
        self._slack = slack
        self._number = 0

    def make(self, sender: Sender) -> Input:
        self._number += 1
        choose = self._random
        if choose.random() < 0.03:
            body = choose.choice(BODIES)
            return Input(self._number, sender, "no payload", body, form=body[:1] not in b"{[n")
        route = choose.choice(_OFTEN)
        kind = route.listener.kind
        name = (
            route.trigger + choose.choice(("", ":0", ":next", f":{CANARY}"))
            if route.family
            else route.trigger
        )
        payload = self._payload(kind, name, sender)
        approves = ""
        if sender.kind == "approver" and route.trigger == ids.APPROVE:
            # Also one that is spoiled below may still be one.
            approves = _value(payload["actions"][0]).partition(":")[0]
        if choose.random() < 0.6:
            for _ in range(choose.randint(1, 4)):
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
        """What a message shortcut is about."""
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
        """In a message or in a view."""
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
        """As it was submitted once, or with something else in it."""
        metadata, state = self._random.choice(self._harvest.submitted.get(callback) or [("", {})])
        state = copy.deepcopy(state)
        if self._random.random() < 0.5:
            metadata = self._one_of(self._harvest.metadata, callback)
            for block in state.values():
                for element in block.values():
                    if self._random.random() < 0.3 and "value" in element:
                        element["value"] = self._text()
        return {
            "id": self._random.choice(("V1", "V2", f"V{CANARY}")),
            "type": "modal",
            "callback_id": callback,
            "hash": "1.x",
            "private_metadata": self._anew(metadata),
            "state": {"values": state},
        }

    def _anew(self, metadata: str) -> str:
        """As if the form had been opened once more: what was submitted before does not count again."""
        with contextlib.suppress(ValueError, RecursionError):
            meta = json.loads(metadata)
            if isinstance(meta, dict) and "s" in meta and self._random.random() < 0.8:
                return json.dumps(meta | {"s": f"submission-{self._number}"})
        return metadata

    def _action(self, name: str) -> Json:
        value = self._one_of(self._harvest.values, name)
        action: Json = {"action_id": name, "block_id": self._block(name), "type": "button"}
        action["action_ts"] = self._random.choice((self._slack.workspace.next_ts(), "1e400", "x"))
        if self._random.random() < 0.5:
            return action | {"value": value}
        return action | {"type": "static_select", "selected_option": {"value": value}}

    def _one_of(self, known: dict[str, list[str]], name: str) -> str:
        """Mostly what belongs there, else what belongs elsewhere, or nowhere."""
        draw = self._random.random()
        family = name.partition(":")[0]
        own = [value for one in known if one.partition(":")[0] == family for value in known[one]]
        if own and draw < 0.6:
            return self._random.choice(own)
        every = [value for values in known.values() for value in values]
        return self._random.choice(every) if every and draw < 0.8 else self._text()

    def _block(self, name: str) -> str:
        return self._one_of(self._harvest.blocks, name)

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
        """Replaces a part of it, or takes it away. Nobody becomes somebody who may do more."""
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
        draw = self._random.random()
        if draw < 0.25:
            del place[key]
        elif draw < 0.6:
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


@dataclass
class HostileDeployment:
    slack: LocalSlack
    autumn: LocalAutumn
    bot: Maple
    http: httpx.AsyncClient

    async def send(self, given: Input, *, signed: bool = True) -> int:
        """The status of the answer; 0 when there was none."""
        kind = "application/x-www-form-urlencoded" if given.form else "application/json"
        proof = self.slack.deliveries.sign(given.body if signed else given.body + b" ")
        try:
            answer = await self.http.post(
                f"{self.bot.url}{EVENTS_PATH}", content=given.body, headers={"content-type": kind, **proof}
            )
        except httpx.HTTPError:
            return 0
        return answer.status_code

    async def idle(self, most: int = 0) -> None:
        """Until the bot has so many jobs in hand at most."""
        while len(self.bot.work) > most:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)

    async def state(self) -> dict[str, int]:
        """All that somebody who may not use Maple could have changed, in figures."""
        counted = {}
        async with self.bot.database.reading() as connection:
            for table in (changes, decisions, digests, audit):
                found = await connection.execute(select(func.count()).select_from(table))
                counted[f"rows of {table.name}"] = found.scalar_one()
        counted["requests to Autumn"] = len(self.autumn.calls)
        counted["writes in Autumn"] = len(self.autumn.ledger)
        posts = [one for one in self.slack.workspace.posts if not one.channel.startswith("D")]
        counted["messages that others see"] = len(posts)
        return counted


@asynccontextmanager
async def hostile_deployment(engine: Engine) -> AsyncIterator[HostileDeployment]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack.running(manifest=MANIFEST))
        slack.limit = PostLimit(slack.clock, per_second=_FREE, burst=_FREE)
        slack.workspace.users.update({user.id: user for user in _NEWCOMERS})
        autumn = await stack.enter_async_context(LocalAutumn.running(seed="demo", limits=LocalLimits.off()))
        settings = settings_for(
            slack,
            autumn,
            "http",
            database=fresh(engine),
            policy=written_policy(POLICY),
            approvals=APPROVALS,
        )
        # Sweeps come only before and after: what they do is nobody's doing.
        timings = replace(UNHURRIED, changes=replace(QUICK_PACE, sweep=3600.0))
        bot = await stack.enter_async_context(Maple(settings, timings=timings).running())
        slack.request_url = f"{bot.url}{EVENTS_PATH}"
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=_PATIENCE, trust_env=False))
        yield HostileDeployment(slack, autumn, bot, http)


async def _walk(made: HostileDeployment) -> Harvest:
    """What people do with Maple on a normal day, so that there is something to forge."""
    ana, lea = made.slack.person("ana"), made.slack.person("lea")
    await ask_for_messages(ana, "500")
    await ana.sees("0 of 1 approval")
    for number, customer in enumerate(("cus_bold", "cus_northwind", "cus_soylent", "cus_stark", "cus_empty")):
        await ask_for_a_name(ana, f"Holdings {number}", customer=customer)
        await ana.sees(f"→ Holdings {number}")
    for line, words in (
        ("/autumn cus_acme", "1 unpaid invoice"),
        ("/autumn invoices cus_acme", "invoices"),
        ("/autumn events cus_acme", "Events"),
        ("/autumn features cus_acme", "AI Credits"),
        ("/autumn find a", "cus_"),
        ("/autumn history cus_acme", "Waiting"),
        ("/autumn reward cus_acme", "Coupon"),
        ("/autumn delete cus_bold", "in full"),
        ("/autumn upcoming", "Coming up"),
    ):
        ana.reload()
        await ana.command(line)
        await ana.sees(words)
    lea.go("#support")
    await lea.command("/autumn digest")
    await lea.sees("A digest is a regular post")
    await lea.click("New digest")
    await lea.sees("At what time")
    await lea.submit()
    await lea.sees("The first post comes")
    await made.idle()
    return Harvest.of(made.slack)


async def hostile(engine: Engine, seed: int, inputs: int) -> Figures:
    """So many inputs, in equal shares from each kind of person."""
    figures = Figures(f"Hostile payloads at {len(ROUTES)} listeners, seed {seed}: {engine}")
    stream = io.StringIO()
    log.configure("DEBUG", "json", stream)
    try:
        async with hostile_deployment(engine) as made:
            maker = Maker(seed, await _walk(made), made.slack)
            approved: set[str] = set()
            share = -(-inputs // (2 * len(SENDERS)))
            for _ in range(2):
                for sender in SENDERS:
                    await _batch(figures, made, [maker.make(sender) for _ in range(share)], approved)
            await _forged(figures, made, [maker.make(sender) for sender in SENDERS])
            await _judge(figures, made, approved)
            await _still_there(figures, made)
            exposed = (await made.http.get(f"{made.bot.url}/metrics")).text
    finally:
        log.configure("ERROR", "json", sys.stderr)
    _look_into(figures, stream.getvalue(), exposed)
    return figures


async def _batch(figures: Figures, made: HostileDeployment, given: list[Input], approved: set[str]) -> None:
    sender = given[0].sender
    before = await made.state()
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def send(one: Input) -> None:
        async with at_once:
            await made.idle(_BACKLOG)
            status = await made.send(one)
        figures.hold(0 < status < 500, f"input {one.number}, {one.route}, {sender.kind}: status {status}")
        figures.count(f"inputs: {sender.kind}")

    await asyncio.gather(*map(send, given))
    await made.idle()
    approved |= {one.approves for one in given if one.approves}
    if not sender.may:
        after = await made.state()
        figures.hold(after == before, f"{sender.kind}: changed {dict(after.items() - before.items())}")


async def _forged(figures: Figures, made: HostileDeployment, given: list[Input]) -> None:
    """The same without Slack's signature."""
    for one in given:
        status = await made.send(one, signed=False)
        figures.hold(status == 401, f"input {one.number} without a signature: status {status}")
        figures.count("inputs without a signature")


async def _judge(figures: Figures, made: HostileDeployment, approved: set[str]) -> None:
    """Each write in Autumn goes back to an approval that the one approver sent, of what another asked for."""
    async with made.bot.database.reading() as connection:
        rows = {row.id: row for row in await connection.execute(select(changes))}
        decided = list(await connection.execute(select(decisions)))
        owners = set((await connection.execute(select(digests.c.owner))).scalars())
    members = {sender.id for sender in SENDERS if sender.may}
    figures.hold({row.asker for row in rows.values()} <= members, "somebody asked who may not")
    figures.hold(owners <= members, "somebody set a digest up who may not")
    for one in decided:
        figures.hold(one.person == "U03LEA", f"{one.person} decided")
        figures.hold(rows[one.change_id].asker != one.person, f"{one.person} decided on their own change")
    written = {(write.idempotency_key or "::").split(":")[1] for write in made.autumn.ledger if write.applied}
    figures.hold(written <= approved, f"written, and nobody approved it: {written - approved}")
    figures.count("changes asked for", len(rows))
    figures.count("changes applied", sum(row.state == State.APPLIED for row in rows.values()))
    await reconcile(made.bot.database, made.autumn.ledger, figures)


async def _still_there(figures: Figures, made: HostileDeployment) -> None:
    """Maple serves people as before."""
    # A task of its own: when it stops, the bot waits for whoever sweeps.
    await asyncio.create_task(made.bot.changes.sweeper.tick())
    ready = await made.http.get(f"{made.bot.url}/readyz")
    figures.hold(ready.status_code == 200, f"not ready: {ready.text}")
    raj = made.slack.person("raj")
    await raj.command("/autumn cus_gekko")
    await raj.sees("cus_gekko")


_SECRET = (CANARY, "am_sk_", "xoxb-", "xapp-", "Traceback", "Acme", "@secret", "@acme", ".example")


def _look_into(figures: Figures, written: str, exposed: str) -> None:
    lines = written.splitlines()
    figures.count("lines of the log", len(lines))
    reached: set[str] = set()
    for line in lines:
        figures.hold(not any(one in line for one in _SECRET), f"in the log: {line[:300]}")
        if '"event": "handled"' in line:
            noted = json.loads(line)
            reached.add(f"{noted['kind']} {noted['action']}")
        if '"outcome": "fault"' in line:
            fault = json.loads(line)
            figures.hold(False, f"fault: {fault['action']} {fault['error']} {fault['at']}")
        if f'"outcome": "{InteractionOutcome.UNREADABLE}"' in line:
            figures.count("values that Maple never made, refused in words")
    figures.count("listeners reached", len(reached))
    figures.hold(CANARY not in exposed, "in the metrics")
