"""What Maple says about a write when Autumn's answer goes wrong, compared with what Autumn did."""

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
"""Seconds the bot waits for a write here; 50 times as long, 30 s, in production."""
_LATE = 1.2
_WRITES = tuple(route.name for route in all_routes() if route.write)


@dataclass(frozen=True)
class Trouble:
    fault: str = ""
    """The name of one of the local Autumn's faults."""
    seconds: float = 0.0
    lost: bool = False
    """Autumn's answer does not arrive."""
    replayed: str = ""
    """`after`: the request arrives twice, and Maple gets the second answer. `instead`: a 409, no write."""
    expected: State = State.APPLIED
    also: State | None = None
    unheard: bool = False
    """The write is done, but Maple is not told: if there are several, the rest are not sent."""

    def ends(self, writes: int) -> tuple[State | None, ...]:
        """How a change with this many writes may end."""
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
"""The kinds whose writes Autumn may apply after it has answered."""


class Network(httpx.AsyncBaseTransport):
    """The connection between Maple and Autumn, with trouble for writes that have a key."""

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


def all_cases(edits: Mapping[str, ChangeInput]) -> list[tuple[str, str]]:
    """Every edit with every trouble that can happen to it."""
    return [
        (edit, name)
        for name, trouble in TROUBLES.items()
        for edit, change in edits.items()
        if trouble.fault != "queued" or change.kind in _BALANCES
    ]


def sample_cases(edits: Mapping[str, ChangeInput]) -> list[tuple[str, str]]:
    """A sample: one edit of each kind, and one of each kind for an entity, with one trouble each. Every
    trouble occurs at least once, the slow ones only once."""
    last = {
        (change.kind not in _BALANCES, change.kind, bool(change.entity)): edit
        for edit, change in edits.items()
    }
    quick = [name for name, trouble in TROUBLES.items() if trouble.fault not in ("queued", "latency")]
    # The edits that Autumn may queue come first, with the troubles that only happen to them.
    return list(
        zip([last[group] for group in sorted(last)], chain(reversed(TROUBLES), cycle(quick)), strict=False)
    )


async def outcomes(engine: Engine, rounds: int) -> Figures:
    """Every trouble with every kind of change: *applied* only if it was, *failed* only if it was not."""
    figures = Figures(f"Autumn's answer goes wrong: {engine}")
    for _ in range(rounds):
        for name in TROUBLES:
            # Each trouble has its own database: Maple refuses a promo code that it has redeemed before.
            async with deployment(engine) as deployed:
                await try_cases(
                    figures, deployed, [case for case in all_cases(deployed.edits()) if case[1] == name]
                )
    return figures


async def try_cases(figures: Figures, deployed: Deployment, cases: Iterable[tuple[str, str]]) -> None:
    """Each of these edits with its trouble."""
    for edit, name in cases:
        await _try(figures, deployed, edit, name, TROUBLES[name])


async def _try(figures: Figures, deployed: Deployment, edit: str, name: str, trouble: Trouble) -> None:
    deployed.reset()
    change = deployed.edits()[edit]
    retry_policy = replace(RETRY_POLICY, write=WRITE)
    transport = Network(trouble) if trouble.lost or trouble.replayed else None
    async with bot(deployed.spec, pace=PACE, retry_policy=retry_policy, transport=transport) as process:
        record = await deployed.submit(process.changes, change)
        where = f"{edit}, {name}"
        _cause(deployed, trouble)
        queue = asyncio.create_task(_apply_queued(deployed, trouble))
        done = (await process.changes.approve(record.id, 1, Actor("U_LEA", "T1"))).record
        queue.cancel()
        assert done is not None
        await _until_quiet(deployed, trouble)
        _judge(figures, deployed, done, trouble, where)
        figures.count(f"changes of the kind {change.kind}")
        inner = Figures("")
        await reconcile(process.database, deployed.local.ledger, inner)
        figures.failures += [
            f"{where}: {failure}" for failure in inner.failures if record.id in failure or "trail" in failure
        ]


def _cause(deployed: Deployment, trouble: Trouble) -> None:
    if trouble.fault:
        for route in _WRITES:
            deployed.local.faults.add(route, trouble.fault, seconds=trouble.seconds, retry_after=3600)


async def _apply_queued(deployed: Deployment, trouble: Trouble) -> None:
    """Moves the local Autumn's clock on, so that it applies queued writes."""
    while trouble.fault == "queued" and trouble.seconds < 60:
        await asyncio.sleep(0.005)
        if deployed.local.ledger:
            deployed.local.clock.move(timedelta(seconds=trouble.seconds))


async def _until_quiet(deployed: Deployment, trouble: Trouble) -> None:
    """Waits until Autumn has nothing left to do."""
    if trouble.fault == "latency":
        await asyncio.sleep(max(0.0, trouble.seconds - WRITE) + 0.1)
    if trouble.fault == "queued":
        deployed.local.clock.move(timedelta(seconds=trouble.seconds))


def _judge(figures: Figures, deployed: Deployment, done: Record, trouble: Trouble, where: str) -> None:
    sent = [write for write in deployed.local.ledger if write.idempotency_key]
    written = sum(request.applied for request in sent)
    figures.count("faulty answers")
    figures.count(f"reported as {done.state}")
    planned = writes(done.input)
    most = 2 if trouble.replayed == "after" else planned
    figures.check(len(sent) <= most, f"{where}: sent {len(sent)} times")
    figures.check(written <= planned, f"{where}: written {written} times")
    if done.state is State.APPLIED:
        figures.check(written == planned, f"{where}: reported as applied, and was not")
    if done.state is State.FAILED:
        figures.check(written == 0, f"{where}: reported as failed, and was applied")
    if done.state is State.UNCONFIRMED:
        figures.count("unconfirmed, but written", written)
    figures.check(
        done.state in trouble.ends(planned),
        f"{where}: {done.state} ({done.ending}), not {trouble.ends(planned)}",
    )
    card = str(change_card(done, audience=Audience.REQUESTER, now=deployed.spec.now).blocks)
    for state, headline in HEADLINES.items():
        if state is not done.state:
            figures.check(headline not in card, f"{where}: {done.state}, and the card says {headline!r}")
    figures.check(HEADLINES[done.state] in card, f"{where}: the card does not say {HEADLINES[done.state]!r}")
