"""Autumn's webhooks: only messages that Autumn signed are accepted, and each event is posted once to each
channel."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import httpx
from pydantic import SecretStr

from bot.alerts.service import AlertService
from bot.alerts.webhooks import PATH, AutumnWebhooks, WebhookSignature
from bot.autumn.models import Environment
from bot.metrics import Metrics
from bot.runtime import Checkpoint, Runtime
from bot.store.database import Database
from sandbox.autumn.webhooks import new_secret, sign
from tests.alerts.harness import FINANCE, QUICK, SUPPORT, AlertHarness, alert_harness
from tests.databases import Engine
from tests.proofs.figures import Figures
from tests.running import Mode, running_maple

Headers = list[tuple[bytes, bytes]]
_DATA = {"customer_id": "cus_acme", "feature_id": "messages", "limit_type": "included"}
_BODY = json.dumps({"type": "balances.limit_reached", "data": _DATA}).encode()
_HEADER_BYTES = bytes([*range(0x21, 0x7F), *range(0xA1, 0x100)])
"""The bytes that HTTP allows in a header."""
_AT_ONCE = 20


async def odd_signatures(mode: Mode, requests: int, seed: int) -> Figures:
    """Sent over HTTP to a complete bot."""
    figures = Figures(f"Messages that Autumn did not sign: {mode}")
    dice, secret = random.Random(seed), new_secret()  # noqa: S311
    async with running_maple(mode, webhook_secret=SecretStr(secret)) as maple, httpx.AsyncClient() as client:

        async def post(number: int, headers: Headers, body: bytes) -> None:
            answer = await client.post(f"{maple.bot.url}{PATH}", headers=headers, content=body)
            figures.count("odd messages")
            figures.count(f"answered with {answer.status_code}")
            figures.check(answer.status_code == 401, f"{number}: {answer.status_code}")

        odd = [(number, *_odd(dice, secret)) for number in range(requests)]
        for first in range(0, requests, _AT_ONCE):
            await asyncio.gather(*(post(*message) for message in odd[first : first + _AT_ONCE]))
        good = await client.post(f"{maple.bot.url}{PATH}", headers=_signed(secret, "msg_1"), content=_BODY)
        figures.check(good.status_code == 204, f"what Autumn signed: {good.status_code}")
    return figures


def _signed(secret: str, message_id: str, *, ago: int = 0, body: bytes = _BODY) -> Headers:
    at = int(time.time()) - ago
    return [
        (b"svix-id", message_id.encode()),
        (b"svix-timestamp", str(at).encode()),
        (b"svix-signature", sign(secret, message_id, at, body).encode()),
    ]


def _odd(dice: random.Random, secret: str) -> tuple[Headers, bytes]:
    """Headers and a body that differ from what Autumn signed."""
    headers = _signed(secret, f"msg_{dice.randrange(1000)}")
    name, value = headers[place := dice.randrange(3)]
    match dice.randrange(8):
        case 0:
            return _signed(new_secret(), "msg_1"), _BODY
        case 1:
            return headers, dice.randbytes(dice.randrange(200))
        case 2:
            return _signed(secret, "msg_1", ago=dice.choice((-1, 1)) * dice.randrange(400, 10**9)), _BODY
        case 3:
            del headers[place]
        case 4:
            headers.append((name, value))
        case 5:
            headers[place] = name, _noise(dice)
        case 6:
            position = dice.randrange(len(value) - 2)  # some bits of the last character are ignored
            other = bytes([dice.choice([byte for byte in _HEADER_BYTES if byte != value[position]])])
            headers[place] = name, value[:position] + other + value[position + 1 :]
        case _:
            signatures = b" ".join(b"v1," + _noise(dice) for _ in range(dice.randrange(1, 6)))
            headers[2] = b"svix-signature", signatures
    return headers, _BODY


def _noise(dice: random.Random) -> bytes:
    return bytes(dice.choice(_HEADER_BYTES) for _ in range(dice.randrange(1, 80)))


@dataclass(frozen=True)
class Replica:
    bot: AlertService
    endpoint: AutumnWebhooks
    database: Database


@dataclass
class ReplicaStarter:
    """Starts replicas, each of which is cut off at some checkpoint and then replaced."""

    harness: AlertHarness
    dice: random.Random
    secret: str = field(default_factory=new_secret)
    restarts: int = 0

    async def start(self) -> Replica:
        checkpoint, database = self._dying(), self.harness.new_database()
        bot = await self.harness.bot(
            timeouts=replace(QUICK, at_once=4), checkpoint=checkpoint, database=database
        )
        runtime = Runtime(
            database,
            None,  # type: ignore[arg-type]  # the endpoint makes no calls to Autumn
            Environment.SANDBOX,
            self.harness.clock,
            checkpoint,
        )
        endpoint = AutumnWebhooks(
            runtime,
            WebhookSignature(SecretStr(self.secret)),
            Metrics(),
            ready=lambda: True,
            noted=bot.ticker.wake,
        )
        return Replica(bot, endpoint, database)

    async def restart(self, dead: Replica) -> Replica:
        """Closes the database connections, as when a process dies, and starts another replica."""
        self.restarts += 1
        await dead.database.aclose()
        return await self.start()

    def _dying(self) -> Checkpoint:
        remaining = self.dice.randrange(3, 30)

        async def checkpoint(_name: str) -> None:
            nonlocal remaining
            remaining -= 1
            if remaining <= 0:
                raise asyncio.CancelledError

        return checkpoint

    async def send(self, endpoint: AutumnWebhooks, number: int) -> bool:
        """Whether it was answered with 204; otherwise Svix sends it again."""
        data = {**_DATA, "entity_id": f"ws_{number}"}
        body = json.dumps({"type": "balances.limit_reached", "data": data}).encode()
        headers = _signed(self.secret, f"msg_{number}", body=body)
        statuses: list[int] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def answer(message: dict[str, object]) -> None:
            if "status" in message:
                statuses.append(int(str(message["status"])))

        try:
            await endpoint({"type": "http", "headers": headers}, receive, answer)  # type: ignore[arg-type]
        except asyncio.CancelledError:
            return False
        return statuses == [204]


async def posted_once(engine: Engine, events: int, seed: int) -> Figures:
    """Every event is sent two to four times, in any order, to either replica, until it is answered."""
    figures = Figures(f"Repeated, reordered, to two replicas that die: {engine}")
    async with alert_harness(engine) as harness:
        dice = random.Random(seed)  # noqa: S311
        starter = ReplicaStarter(harness, dice)
        channels = (SUPPORT, FINANCE)
        for channel in channels:
            await harness.subscribe(channel)
        replicas = [await starter.start() for _ in range(2)]
        waiting = [number for number in range(events) for _ in range(dice.randrange(2, 5))]
        dice.shuffle(waiting)
        while waiting:
            numbers, waiting = waiting[:8], waiting[8:]
            chosen = [dice.randrange(2) for _ in numbers]
            answered = await asyncio.gather(
                *(
                    starter.send(replicas[which].endpoint, number)
                    for which, number in zip(chosen, numbers, strict=True)
                ),
            )
            figures.count("messages sent", len(numbers))
            waiting += [number for number, accepted in zip(numbers, answered, strict=True) if not accepted]
            for which in {which for which, accepted in zip(chosen, answered, strict=True) if not accepted}:
                replicas[which] = await starter.restart(replicas[which])
            await _tick(starter, replicas)
        for _ in range(200):
            if {state for state, _ in await harness.states()} == {"posted"}:
                break
            harness.move(seconds=61)
            await _tick(starter, replicas)
        for channel in channels:
            _judge(figures, harness, channel, events)
        figures.count("events", events)
        figures.count("processes cut off", starter.restarts)
    return figures


async def _tick(starter: ReplicaStarter, replicas: list[Replica]) -> None:
    errors = await asyncio.gather(
        *(replica.bot.ticker.tick() for replica in replicas), return_exceptions=True
    )
    for which, error in enumerate(errors):
        if error is not None:
            replicas[which] = await starter.restart(replicas[which])


def _judge(figures: Figures, harness: AlertHarness, channel: str, events: int) -> None:
    posts = Counter(_entities(harness, channel))
    figures.count("alerts posted", sum(posts.values()))
    for number in range(events):
        times = posts[f"ws_{number}"]
        figures.check(times == 1, f"event {number} was posted {times} times in {channel}")
    figures.check(sum(posts.values()) == events, f"{sum(posts.values())} alerts in {channel}")


def _entities(harness: AlertHarness, channel: str) -> Iterator[str]:
    for post in harness.posts(channel):
        head = str(post.blocks[0]["text"]["text"])
        yield head.rpartition("entity `")[2].rstrip("`")
