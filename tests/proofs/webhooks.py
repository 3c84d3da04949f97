"""Autumn's webhooks: nothing is taken that Autumn did not sign, and what it did is told once to each."""

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
_SHOWN = bytes([*range(0x21, 0x7F), *range(0xA1, 0x100)])
"""What a header may hold, as HTTP has it."""
_AT_ONCE = 20


async def odd_signatures(mode: Mode, requests: int, seed: int) -> Figures:
    """Over HTTP, to a bot as it is released."""
    figures = Figures(f"Messages that Autumn did not sign: {mode}")
    dice, secret = random.Random(seed), new_secret()  # noqa: S311
    async with running_maple(mode, webhook_secret=SecretStr(secret)) as maple, httpx.AsyncClient() as client:

        async def post(number: int, headers: Headers, body: bytes) -> None:
            answer = await client.post(f"{maple.bot.url}{PATH}", headers=headers, content=body)
            figures.count("odd messages")
            figures.count(f"answered with {answer.status_code}")
            figures.hold(answer.status_code == 401, f"{number}: {answer.status_code}")

        odd = [(number, *_odd(dice, secret)) for number in range(requests)]
        for first in range(0, requests, _AT_ONCE):
            await asyncio.gather(*(post(*each) for each in odd[first : first + _AT_ONCE]))
        good = await client.post(f"{maple.bot.url}{PATH}", headers=_signed(secret, "msg_1"), content=_BODY)
        figures.hold(good.status_code == 204, f"what Autumn signed: {good.status_code}")
    return figures


def _signed(secret: str, message_id: str, *, ago: int = 0, body: bytes = _BODY) -> Headers:
    at = int(time.time()) - ago
    return [
        (b"svix-id", message_id.encode()),
        (b"svix-timestamp", str(at).encode()),
        (b"svix-signature", sign(secret, message_id, at, body).encode()),
    ]


def _odd(dice: random.Random, secret: str) -> tuple[Headers, bytes]:
    """Headers and a body of which something is not as Autumn signed it."""
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
            position = dice.randrange(len(value) - 2)  # its last character has bits that count for nothing
            other = bytes([dice.choice([byte for byte in _SHOWN if byte != value[position]])])
            headers[place] = name, value[:position] + other + value[position + 1 :]
        case _:
            listed = b" ".join(b"v1," + _noise(dice) for _ in range(dice.randrange(1, 6)))
            headers[2] = b"svix-signature", listed
    return headers, _BODY


def _noise(dice: random.Random) -> bytes:
    return bytes(dice.choice(_SHOWN) for _ in range(dice.randrange(1, 80)))


@dataclass(frozen=True)
class Replica:
    bot: AlertService
    endpoint: AutumnWebhooks
    database: Database


@dataclass
class Replicas:
    """Two processes, as far as alerts go: each is cut off at some point now and then, and another begins."""

    desk: AlertHarness
    dice: random.Random
    secret: str = field(default_factory=new_secret)
    died: int = 0

    async def start(self) -> Replica:
        checkpoint, database = self._dying(), self.desk.new_database()
        bot = await self.desk.bot(
            timeouts=replace(QUICK, at_once=4), checkpoint=checkpoint, database=database
        )
        runtime = Runtime(
            database,
            None,  # type: ignore[arg-type]  # the endpoint asks Autumn nothing
            Environment.SANDBOX,
            self.desk.clock,
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
        """The server drops the connections of a process that dies."""
        self.died += 1
        await dead.database.aclose()
        return await self.start()

    def _dying(self) -> Checkpoint:
        left = self.dice.randrange(3, 30)

        async def checkpoint(_name: str) -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                raise asyncio.CancelledError

        return checkpoint

    async def send(self, endpoint: AutumnWebhooks, number: int) -> bool:
        """Whether it was answered with 2xx: Svix sends it again otherwise."""
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


async def told_once(engine: Engine, events: int, seed: int) -> Figures:
    """Each event comes twice or more often, in any order, to either replica, until it was answered."""
    figures = Figures(f"Repeated, reordered, to two replicas that die: {engine}")
    async with alert_harness(engine) as desk:
        dice = random.Random(seed)  # noqa: S311
        replicas = Replicas(desk, dice)
        channels = (SUPPORT, FINANCE)
        for channel in channels:
            await desk.subscribe(channel)
        living = [await replicas.start() for _ in range(2)]
        waiting = [number for number in range(events) for _ in range(dice.randrange(2, 5))]
        dice.shuffle(waiting)
        while waiting:
            some, waiting = waiting[:8], waiting[8:]
            chosen = [dice.randrange(2) for _ in some]
            answered = await asyncio.gather(
                *(
                    replicas.send(living[which].endpoint, number)
                    for which, number in zip(chosen, some, strict=True)
                ),
            )
            figures.count("messages sent", len(some))
            waiting += [number for number, well in zip(some, answered, strict=True) if not well]
            for which in {which for which, well in zip(chosen, answered, strict=True) if not well}:
                living[which] = await replicas.restart(living[which])
            await _tick(replicas, living)
        for _ in range(200):
            if {state for state, _ in await desk.states()} == {"posted"}:
                break
            desk.move(seconds=61)
            await _tick(replicas, living)
        for channel in channels:
            _judge(figures, desk, channel, events)
        figures.count("events", events)
        figures.count("processes cut off", replicas.died)
    return figures


async def _tick(replicas: Replicas, living: list[Replica]) -> None:
    ended = await asyncio.gather(*(each.bot.ticker.tick() for each in living), return_exceptions=True)
    for which, error in enumerate(ended):
        if error is not None:
            living[which] = await replicas.restart(living[which])


def _judge(figures: Figures, desk: AlertHarness, channel: str, events: int) -> None:
    told = Counter(_entities(desk, channel))
    figures.count("alerts posted", sum(told.values()))
    for number in range(events):
        times = told[f"ws_{number}"]
        figures.hold(times == 1, f"event {number} was told {times} times in {channel}")
    figures.hold(sum(told.values()) == events, f"{sum(told.values())} alerts in {channel}")


def _entities(desk: AlertHarness, channel: str) -> Iterator[str]:
    for post in desk.posts(channel):
        head = str(post.blocks[0]["text"]["text"])
        yield head.rpartition("entity `")[2].rstrip("`")
