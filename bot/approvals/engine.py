"""Carrying out an approved change: claim it, send its writes, read back, settle.

What is found after a crash stands at the head of `repository`.

A write is never done twice: it is noted before it is sent, each position once, and only by whoever holds the
lease; nobody sends what somebody else has noted. It is sent again only where Autumn's limits turned it away,
which is before Autumn looks at it.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.approvals import outcome, repository
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.notify import Notify
from bot.approvals.outcome import WriteAnswer, WriteStatus
from bot.approvals.preview import Assessment, Assessor, ReadBack, inverse
from bot.approvals.proposal import Preview, Terms
from bot.approvals.repository import Lease
from bot.approvals.timeouts import ChangeTimeouts
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.write import Write
from bot.changes import registry
from bot.changes.model import Verdict, key
from bot.changes.notes import Note
from bot.log import log
from bot.runtime import Runtime
from bot.store import leases
from bot.store.errors import LOST, StoreLostMidway


class Engine:
    """`current_terms`: what the policy asks of a change as it is now; None when it lets the asker no more."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        assessor: Assessor,
        current_terms: Callable[[Record, Assessment], Awaitable[Terms | None]],
        notify: Notify,
        timeouts: ChangeTimeouts,
    ) -> None:
        self._name = secrets.token_hex(8)
        self._database = runtime.database
        self._autumn = runtime.autumn
        self._now = runtime.now
        self._checkpoint = runtime.checkpoint
        self._assessor = assessor
        self._current_terms = current_terms
        self._notify = notify
        self._timeouts = timeouts

    def lease(self) -> Lease:
        """From now."""
        return Lease(self._name, self._now() + self._timeouts.lease_time)

    async def apply(self, approved: Record) -> Record | None:
        """Carries out a change that this process has just approved.

        The record as it is then; None when somebody else took it over meanwhile, who then tells. Raises
        StoreLostMidway when the database goes away: a sweep settles it when that is back.
        """
        try:
            return await self._apply(approved)
        except LOST as error:
            raise StoreLostMidway(type(error).__name__) from None

    async def _apply(self, approved: Record) -> Record | None:
        await self._checkpoint("approved")
        async with self._keeping(approved.id):
            claimed = await self._claim(approved)
            if claimed is None or claimed.state is not State.APPLYING:
                ended = claimed
            else:
                await self._checkpoint("claimed")
                # Told while the write is under way: the facts it is made from get no older for it.
                async with _meanwhile(self._notify(claimed, ChangeEvent.APPLYING)):
                    ended = await self._carry_out(claimed)
        return await self._ended(ended)

    async def recover(self, change_id: str) -> Record | None:
        """Settles a change whose process died, by reading: nothing is sent. None when another does."""
        record = await repository.take_over(self._database, change_id, lease=self.lease(), now=self._now())
        if record is None:
            return None
        await self._checkpoint("taken")
        async with self._keeping(record.id):
            if record.writes:
                ended = await self._conclude(record, WriteAnswer(WriteStatus.CUT_OFF))
            else:
                ended = await self._fail(record, Cause.INTERRUPTED)
        return await self._ended(ended)

    async def announce(self, record: Record, event: ChangeEvent) -> None:
        """Tells of a change, and of the one it undid."""
        await self._notify(record, event)
        if record.state is State.APPLIED and record.undo_of:
            await self._notify(await repository.get(self._database, record.undo_of), ChangeEvent.UNDONE)

    async def _ended(self, record: Record | None) -> Record | None:
        if record is not None:
            await self._checkpoint("settled")
            event = (
                ChangeEvent.OVERTAKEN if record.state is State.WAITING else ChangeEvent(record.state.value)
            )
            await self.announce(record, event)
        return record

    async def _claim(self, approved: Record) -> Record | None:
        """Waits for its turn among the customer's changes; failed when that does not come."""
        until = self._now() + timedelta(seconds=self._timeouts.turn)
        while True:
            try:
                return await repository.claim(
                    self._database, approved.id, lease=self.lease(), now=self._now()
                )
            except repository.Busy:
                if self._now() >= until:
                    return await self._fail(approved, Cause.BUSY)
            await asyncio.sleep(self._timeouts.turns)

    async def _carry_out(self, record: Record) -> Record | None:
        record, differences = await repository.checked(self._database, record.id)
        if differences:
            log.error("not as asked", reference=record.id, count=len(differences))
            return await self._fail(record, Cause.NOT_AS_ASKED)
        # Read once more, now that no other change of Maple's can come between reading and writing.
        try:
            seen = await self._assessor.look_again(record)
        except NotFound:
            return await self._fail(record, Cause.CUSTOMER_GONE)
        except AutumnError:
            return await self._fail(record, Cause.NOT_READ)
        if seen.preview is None:
            return await self._fail(record, Cause.GUARDED, seen.judgement.refusals)
        if not registry.kind(record.kind).holds(record.input, record.before, seen.preview.before):
            terms = await self._current_terms(record, seen) if record.needed else None
            return await repository.supersede(
                self._database, record, seen.preview, terms, lease=self.lease(), now=self._now()
            )
        # What is read back is compared with the facts that were just read.
        begun = replace(record, before=seen.preview.before)
        answered = await self._send_all(begun, seen, seen.preview)
        return None if answered is None else await self._conclude(begun, *answered)

    async def _send_all(
        self, record: Record, seen: Assessment, preview: Preview
    ) -> tuple[WriteAnswer, bool] | None:
        """What the last write that was sent says, and whether others were accepted before it."""
        answer = WriteAnswer(WriteStatus.NOT_SENT)
        position = -1
        for position, write in enumerate(registry.kind(record.kind).plan(seen.input, seen.facts)):
            named = key(record.id, position)
            if not await repository.begin_write(
                self._database,
                record.id,
                position,
                write,
                named,
                preview=preview,
                lease=self.lease(),
                now=self._now(),
            ):
                return None
            await self._checkpoint("marked")
            sent = await self._send_in_turn(record, position, write)
            if sent is None:
                return None
            answer = sent
            await self._checkpoint("sent")
            if answer.answer is not WriteStatus.ACCEPTED:
                break
        return answer, position > 0

    async def _send_in_turn(self, record: Record, position: int, write: Write) -> WriteAnswer | None:
        """Sends it, and again while Autumn's limits turn it away and it is still what is to be sent. None
        when somebody else took the change over meanwhile."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._timeouts.limited
        while True:
            answer = await self._send(write, key(record.id, position))
            wait = self._timeouts.limited_pause if answer.retry_after is None else answer.retry_after
            if answer.answer is not WriteStatus.LIMITED or clock() + wait > until:
                return answer
            await asyncio.sleep(wait)
            if not await self._still_wanted(record, position, write):
                return answer
            if not await repository.renew(self._database, record.id, self.lease()):
                return None

    async def _still_wanted(self, record: Record, position: int, write: Write) -> bool:
        """Whether the same write would be made from the facts as they are now."""
        kind = registry.kind(record.kind)
        try:
            seen = await self._assessor.look_again(record)
        except AutumnError:
            return False
        if seen.preview is None or not kind.holds(record.input, record.before, seen.preview.before):
            return False
        return kind.plan(seen.input, seen.facts)[position : position + 1] == (write,)

    async def _send(self, write: Write, named: str) -> WriteAnswer:
        try:
            body = await self._autumn.send(write, named)
        except AutumnError as error:
            return outcome.write_answer(error)
        return WriteAnswer(WriteStatus.ACCEPTED, body=body)

    async def _conclude(self, record: Record, said: WriteAnswer, earlier: bool = False) -> Record | None:
        seen = ReadBack(Verdict.NOT_APPLIED, None)
        if said.answer not in (WriteStatus.NOT_SENT, WriteStatus.LIMITED) or earlier:
            seen = await self._assessor.see(
                record, once=said.answer is WriteStatus.REFUSED, answered=said.body
            )
        await self._checkpoint("verified")
        end = outcome.final_state(said.answer, seen.verdict, earlier=earlier)
        applied = end.state is State.APPLIED
        return await repository.settle(
            self._database,
            record.id,
            end.state,
            end.ending,
            lease=self.lease(),
            now=self._now(),
            after=seen.after,
            details=dict(said.details) | ({"now": seen.now} if end.state is State.UNCONFIRMED else {}),
            invertible=applied and inverse(record, seen.after) is not None,
        )

    async def _fail(self, record: Record, ending: Cause, refusals: tuple[Note, ...] = ()) -> Record | None:
        """Nothing was sent."""
        return await repository.settle(
            self._database,
            record.id,
            State.FAILED,
            ending,
            lease=self.lease(),
            now=self._now(),
            refusals=refusals,
        )

    def _keeping(self, change_id: str) -> AbstractAsyncContextManager[None]:
        """Renews the lease for as long as the block takes."""

        async def renew() -> bool:
            return await repository.renew(self._database, change_id, self.lease())

        return leases.kept(renew, every=self._timeouts.renew)


@contextlib.asynccontextmanager
async def _meanwhile(job: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Does the job beside the block, and waits for it when the block ended well."""
    task = asyncio.create_task(job)
    try:
        yield
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
