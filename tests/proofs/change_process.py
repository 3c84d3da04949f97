"""What the bot processes of the proofs about changes do."""

import asyncio
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bot.access.people import Actor
from bot.approvals.requests import ChangeRequest
from bot.approvals.results import Result
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
    """The bot's answer to a click."""

    click: Click
    result: Result
    first: str
    """Who decided, according to the answer."""


async def perform_click(changes: ChangeService, change_id: str, click: Click) -> Answer:
    actor = Actor(click.person, "T1")
    await asyncio.sleep(click.after)
    reply = await (
        changes.approve(change_id, 1, actor) if click.approves else changes.deny(change_id, 1, actor, "no")
    )
    return Answer(click, reply.result, reply.record.decided_by if reply.record else "")


async def click_all(changes: ChangeService, change_id: str, clicks: list[Click]) -> list[Answer]:
    return list(await asyncio.gather(*(perform_click(changes, change_id, click) for click in clicks)))


def decide(connection: Connection, spec: Spec) -> None:
    """Performs the clicks it receives, until the connection is closed."""

    async def main() -> None:
        async with bot(spec) as process:
            while True:
                try:
                    change_id, clicks = await asyncio.to_thread(connection.recv)
                except EOFError:
                    return
                connection.send(await click_all(process.changes, change_id, clicks))

    asyncio.run(main())


@dataclass(frozen=True)
class Step:
    """What a person or the sweeper does."""

    action: str
    """submit, approve, deny, sweep"""
    change_id: str = ""
    request: ChangeRequest | None = None


@dataclass(frozen=True)
class Kill:
    point: str
    after: float
    """Seconds after the point was reached; 0: at the point itself."""


def perform_and_die(spec: Spec, step: Step, kill: Kill) -> None:
    """Performs the step, and kills this process on the way."""

    async def checkpoint(reached: str) -> None:
        if reached != kill.point:
            return
        if not kill.after:
            _die()
        asyncio.get_running_loop().call_later(kill.after, _die)

    async def main() -> None:
        async with bot(spec, checkpoint=checkpoint, pace=PACE) as process:
            await perform(process.changes, spec, step)

    asyncio.run(main())


async def perform(changes: ChangeService, spec: Spec, step: Step) -> None:
    lea = Actor("U_LEA", "T1")
    if step.request is not None:
        await changes.submit(step.request)
    elif step.action == "approve":
        await changes.approve(step.change_id, 1, lea)
    elif step.action == "deny":
        await changes.deny(step.change_id, 1, lea, "no")
    else:
        await changes.sweeper.sweep(spec.now)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
