"""Every request from Slack arrives five times, as it was signed, and has one effect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import func, select

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from bot.store.tables import changes, decisions
from handlers.interaction import InteractionKind, read
from sandbox.slack import LocalSlack
from sandbox.slack.delivery import SlackDelivery
from tests.journeys.changing import close_and_read_own_card, read_as_approver, request_change, request_undo
from tests.proofs.figures import Figures
from tests.proofs.ledger import reconcile
from tests.running import APPROVALS, Mode, Running, running_maple

COPIES = 4
_EVERY = 0.001


def is_handled(delivery: SlackDelivery) -> bool:
    """Whether Maple handles it: Maple ignores the events about its own posts."""
    return "event" not in delivery.payload or not read(InteractionKind.EVENT, delivery.payload).automatic


@dataclass
class Copier:
    """Repeats what Slack sends: some copies at once, and one after the original has been answered.

    `idle`: waits until the bot has handled everything it was sent.
    """

    slack: LocalSlack
    idle: Callable[[], Awaitable[None]]
    copies: int = 0
    seen: int = 0
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def watch(self) -> None:
        while True:
            self.copy_new()
            await asyncio.sleep(_EVERY)

    def copy_new(self) -> None:
        new = self.slack.sent[self.seen :]
        self.seen += len(new)
        for delivery in filter(is_handled, new):
            for number in range(COPIES):
                task = asyncio.create_task(self.send(delivery, late=number == COPIES - 1))
                self.under_way.add(task)
                task.add_done_callback(self.under_way.discard)

    async def send(self, delivery: SlackDelivery, *, late: bool) -> None:
        while late and delivery.outcome == "pending":  # noqa: ASYNC110 - a delivery does not notify when it ends
            await asyncio.sleep(_EVERY)
        while self.slack.request_url and not delivery.headers:  # noqa: ASYNC110 - signed just after it is recorded
            await asyncio.sleep(_EVERY)
        self.copies += 1
        await self.slack.deliveries.repeat(delivery)

    async def quiet(self) -> None:
        """Waits until no copy is under way."""
        await asyncio.sleep(0.02)
        while self.under_way:
            await asyncio.gather(*self.under_way)
        await self.idle()


@asynccontextmanager
async def copying(slack: LocalSlack, idle: Callable[[], Awaitable[None]]) -> AsyncIterator[Copier]:
    copier = Copier(slack, idle, seen=len(slack.sent))
    watching = asyncio.create_task(copier.watch())
    try:
        yield copier
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await copier.quiet()


async def _idle(maple: Running) -> None:
    while len(maple.bot.background):  # noqa: ASYNC110 - it does not notify
        await asyncio.sleep(_EVERY)


async def replayed(mode: Mode, rounds: int) -> Figures:
    """Request, approve, undo, approve the undo: two changes and two writes, however often each is sent."""
    figures = Figures(f"Every request {COPIES + 1} times: {mode}")
    for number in range(rounds):
        async with running_maple(mode) as maple:
            async with copying(maple.slack, partial(_idle, maple)) as copier:
                await _give_and_undo(maple, copier)
            figures.count("requests from Slack", copier.seen)
            figures.count("copies sent", copier.copies)
            await _judge(figures, maple, f"round {number}")
    return figures


async def _give_and_undo(maple: Running, copier: Copier) -> None:
    await request_change(maple)
    await read_as_approver(maple, "Waiting for approval")
    await copier.quiet()
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await copier.quiet()
    await close_and_read_own_card(maple.ana, "[Undo]")
    await request_undo(maple.ana)
    await maple.lea.sees("Undo: balance change")
    await copier.quiet()
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.UNDONE)


async def _judge(figures: Figures, maple: Running, where: str) -> None:
    async with maple.bot.database.reading() as connection:
        states = list((await connection.execute(select(changes.c.state))).scalars())
        decided = (await connection.execute(select(func.count()).select_from(decisions))).scalar_one()
    written = sum(write.applied for write in maple.autumn.ledger)
    cards = len(maple.slack.workspace.history(APPROVALS))
    figures.check(states == [State.APPLIED] * 2, f"{where}: {states}")
    figures.check(decided == 2, f"{where}: {decided} decisions")
    figures.check(len(maple.autumn.ledger) == written == 2, f"{where}: {len(maple.autumn.ledger)} writes")
    figures.check(cards == 2, f"{where}: {cards} messages for the approvers")
    figures.count("changes", len(states))
    figures.count("cards for the approvers", cards)
    await reconcile(maple.bot.database, maple.autumn.ledger, figures)
