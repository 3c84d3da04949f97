"""What bot processes do in the proofs."""

import asyncio
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bot.access.people import Actor
from bot.approvals.results import ChangeRequest, Result
from bot.approvals.service import ChangeService
from tests.proofs.deployment import PACE, Spec, bot


@dataclass(frozen=True)
class Click:
    person: str
    approves: bool
    after: float = 0.0
    """Seconds."""


@dataclass(frozen=True)
class Answer:
    """What somebody who clicked was answered."""

    click: Click
    result: Result
    first: str
    """Who decided, as the answer has it."""


async def click(changes: ChangeService, change_id: str, one: Click) -> Answer:
    actor = Actor(one.person, "T1")
    await asyncio.sleep(one.after)
    reply = await (
        changes.approve(change_id, 1, actor) if one.approves else changes.deny(change_id, 1, actor, "no")
    )
    return Answer(one, reply.result, reply.record.decided_by if reply.record else "")


async def click_all(changes: ChangeService, change_id: str, clicks: list[Click]) -> list[Answer]:
    return list(await asyncio.gather(*(click(changes, change_id, one) for one in clicks)))


def decide(connection: Connection, spec: Spec) -> None:
    """Clicks as it is told to, until nobody tells it any more."""

    async def main() -> None:
        async with bot(spec) as made:
            while True:
                try:
                    change_id, clicks = await asyncio.to_thread(connection.recv)
                except EOFError:
                    return
                connection.send(await click_all(made.changes, change_id, clicks))

    asyncio.run(main())


@dataclass(frozen=True)
class Step:
    """One thing a person does, or the sweeper."""

    what: str
    """submit, approve, deny, sweep"""
    change_id: str = ""
    wish: ChangeRequest | None = None


@dataclass(frozen=True)
class Kill:
    point: str
    after: float
    """Seconds after the point was reached, wherever it is then; 0 for there."""


def do(spec: Spec, step: Step, kill: Kill) -> None:
    """Does it, and is killed on the way."""

    async def checkpoint(reached: str) -> None:
        if reached != kill.point:
            return
        if not kill.after:
            _die()
        asyncio.get_running_loop().call_later(kill.after, _die)

    async def main() -> None:
        async with bot(spec, checkpoint=checkpoint, pace=PACE) as made:
            await perform(made.changes, spec, step)

    asyncio.run(main())


async def perform(changes: ChangeService, spec: Spec, step: Step) -> None:
    lea = Actor("U_LEA", "T1")
    if step.wish is not None:
        await changes.submit(step.wish)
    elif step.what == "approve":
        await changes.approve(step.change_id, 1, lea)
    elif step.what == "deny":
        await changes.deny(step.change_id, 1, lea, "no")
    else:
        await changes.sweeper.sweep(spec.now)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
