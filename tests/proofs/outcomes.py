"""What is said of a write when Autumn's answer goes wrong, held against what Autumn did."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, cycle

import httpx

from bot.access.people import Actor
from bot.approvals.card import Audience, change_card
from bot.approvals.lifecycle import Record, State
from bot.approvals.words import HEADLINES
from bot.changes.model import ChangeInput
from sandbox.autumn.routes import all_routes
from tests.databases import Engine
from tests.proofs.deployment import PACE, RETRY_POLICY, Deployment, bot, deployment
from tests.proofs.edits import writes
from tests.proofs.figures import Figures
from tests.proofs.ledger import reconcile

WRITE = 0.6
"""The bot's patience with a write in these, where it is 30 s in use: 50 times as long."""
_LATE = 1.2
_WRITES = tuple(route.name for route in all_routes() if route.write)


@dataclass(frozen=True)
class Trouble:
    fault: str = ""
    """Of the local Autumn's own."""
    seconds: float = 0.0
    lost: bool = False
    """The answer never comes, though Autumn gave it."""
    replayed: str = ""
    """`after`: the request comes twice, and the second answer is heard. `instead`: a 409 and nothing done."""
    expected: State = State.APPLIED
    also: State | None = None
    unheard: bool = False
    """The write is done, and Maple does not hear so: of several the others are not sent."""

    def ends(self, writes: int) -> tuple[State | None, ...]:
        """How a change of so many writes may end."""
        expected = State.UNCONFIRMED if self.unheard and writes > 1 else self.expected
        return expected, self.also


TROUBLES = {
    "none": Trouble(),
    "cut before": Trouble("cut_before", expected=State.UNCONFIRMED),
    "cut after": Trouble("cut_after", unheard=True),
    "504 after the write": Trouble("504_after", unheard=True),
    "500": Trouble("500", expected=State.UNCONFIRMED),
    "503": Trouble("503", expected=State.UNCONFIRMED),
    "429": Trouble("429", expected=State.FAILED),
    "an answer that is not Autumn's": Trouble("garbage"),
    "a 200 that is lost": Trouble(lost=True, unheard=True),
    "409, the write was done": Trouble(replayed="after", unheard=True),
    "409, the write was not done": Trouble(replayed="instead", expected=State.UNCONFIRMED),
    "silence of 29 s in 30": Trouble("latency", 29 / 30 * WRITE * 0.9, also=State.UNCONFIRMED),
    "silence for longer": Trouble("latency", _LATE, also=State.UNCONFIRMED),
    "queued, done while it is read back": Trouble("queued", 1, also=State.UNCONFIRMED),
    "queued, done later": Trouble("queued", 3600, expected=State.UNCONFIRMED),
}
_BALANCES = frozenset({"balance"})
"""The kinds whose writes Autumn may do later than it answers."""


class Network(httpx.AsyncBaseTransport):
    """What lies between Maple and Autumn, for writes with a key."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "idempotency-key" not in request.headers:
            return await self._inner.handle_async_request(request)
        if self._trouble.replayed == "instead":
            return httpx.Response(409, json={"code": "duplicate_idempotency_key", "message": "again"})
        answer = await self._inner.handle_async_request(request)
        if self._trouble.lost or self._trouble.replayed:
            await answer.aread()
            await answer.aclose()
        if self._trouble.lost:
            raise httpx.ReadTimeout("lost", request=request)
        return await self._inner.handle_async_request(request) if self._trouble.replayed else answer

    async def aclose(self) -> None:
        await self._inner.aclose()


def met_by(edits: Mapping[str, ChangeInput]) -> list[tuple[str, str]]:
    """Every edit with every trouble that it can meet."""
    return [
        (edit, name)
        for name, trouble in TROUBLES.items()
        for edit, asked in edits.items()
        if trouble.fault != "queued" or asked.kind in _BALANCES
    ]


def one_each(edits: Mapping[str, ChangeInput]) -> list[tuple[str, str]]:
    """One edit of each kind and one of each for an entity, with one trouble; and every trouble once at least,
    those that take long no more often."""
    last = {
        (asked.kind not in _BALANCES, asked.kind, bool(asked.entity)): edit for edit, asked in edits.items()
    }
    quick = [name for name, trouble in TROUBLES.items() if trouble.fault not in ("queued", "latency")]
    # Those that may be queued come first, and with them what only they can meet.
    return list(
        zip([last[each] for each in sorted(last)], chain(reversed(TROUBLES), cycle(quick)), strict=False)
    )


async def outcomes(engine: Engine, rounds: int) -> Figures:
    """Every trouble with every kind of change; each is applied only if it was, failed only if it was not."""
    figures = Figures(f"Autumn's answer goes wrong: {engine}")
    for _ in range(rounds):
        for name in TROUBLES:
            # A database of its own for each trouble: Maple refuses a promo code that it has redeemed before.
            async with deployment(engine) as made:
                await meet(figures, made, [each for each in met_by(made.edits()) if each[1] == name])
    return figures


async def meet(figures: Figures, made: Deployment, chosen: Iterable[tuple[str, str]]) -> None:
    """Each of these edits with its trouble."""
    for edit, name in chosen:
        await _one(figures, made, edit, name, TROUBLES[name])


async def _one(figures: Figures, made: Deployment, edit: str, name: str, trouble: Trouble) -> None:
    made.reset()
    asked = made.edits()[edit]
    retry_policy = replace(RETRY_POLICY, write=WRITE)
    transport = Network(trouble) if trouble.lost or trouble.replayed else None
    async with bot(made.spec, pace=PACE, retry_policy=retry_policy, transport=transport) as desk:
        record = await made.ask(desk.changes, asked)
        where = f"{edit}, {name}"
        _make(made, trouble)
        queue = asyncio.create_task(_queue(made, trouble))
        done = (await desk.changes.approve(record.id, 1, Actor("U_LEA", "T1"))).record
        queue.cancel()
        assert done is not None
        await _until_quiet(made, trouble)
        _judge(figures, made, done, trouble, where)
        figures.count(f"changes of the kind {asked.kind}")
        inner = Figures("")
        await reconcile(desk.database, made.local.ledger, inner)
        figures.wrong += [f"{where}: {one}" for one in inner.wrong if record.id in one or "trail" in one]


def _make(made: Deployment, trouble: Trouble) -> None:
    if trouble.fault:
        for route in _WRITES:
            made.local.faults.add(route, trouble.fault, seconds=trouble.seconds, retry_after=3600)


async def _queue(made: Deployment, trouble: Trouble) -> None:
    """Lets the local Autumn's time go on, so that what is queued is done."""
    while trouble.fault == "queued" and trouble.seconds < 60:
        await asyncio.sleep(0.005)
        if made.local.ledger:
            made.local.clock.move(timedelta(seconds=trouble.seconds))


async def _until_quiet(made: Deployment, trouble: Trouble) -> None:
    """Nothing is under way in Autumn any more."""
    if trouble.fault == "latency":
        await asyncio.sleep(max(0.0, trouble.seconds - WRITE) + 0.1)
    if trouble.fault == "queued":
        made.local.clock.move(timedelta(seconds=trouble.seconds))


def _judge(figures: Figures, made: Deployment, done: Record, trouble: Trouble, where: str) -> None:
    sent = [write for write in made.local.ledger if write.idempotency_key]
    written = sum(request.applied for request in sent)
    figures.count("troubles met")
    figures.count(f"said to be {done.state}")
    planned = writes(done.input)
    most = 2 if trouble.replayed == "after" else planned
    figures.hold(len(sent) <= most, f"{where}: sent {len(sent)} times")
    figures.hold(written <= planned, f"{where}: written {written} times")
    if done.state is State.APPLIED:
        figures.hold(written == planned, f"{where}: said to be applied, and was not")
    if done.state is State.FAILED:
        figures.hold(written == 0, f"{where}: said to have failed, and was applied")
    if done.state is State.UNCONFIRMED:
        figures.count("of the unconfirmed, written", written)
    figures.hold(
        done.state in trouble.ends(planned),
        f"{where}: {done.state} ({done.ending}), not {trouble.ends(planned)}",
    )
    said = str(change_card(done, audience=Audience.ASKER, now=made.spec.now).blocks)
    for state, headline in HEADLINES.items():
        if state is not done.state:
            figures.hold(headline not in said, f"{where}: {done.state}, and the card says {headline!r}")
    figures.hold(HEADLINES[done.state] in said, f"{where}: the card does not say {HEADLINES[done.state]!r}")
