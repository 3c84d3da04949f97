"""Applying an approved change: claim it, send its writes, read back, settle.

What a crash can leave behind is listed at the head of `repository`.

A write that Autumn may have looked at is never sent again: it is recorded before it is sent, each position
once, and only by the process that holds the lease; no process sends what another has recorded. One that
Autumn's rate limit turned away is sent again, since that happens before Autumn looks at it.
"""

import asyncio
import contextlib
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.access.limits import NOTHING_MOVED, Today
from bot.approvals import change_records, outcome, repository
from bot.approvals.daily_limits import TodayCounter
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State, proof_details
from bot.approvals.outcome import WriteAnswer, WriteStatus
from bot.approvals.preview import Assessment, Assessor, ChangeTimeouts, ReadBack, inverse
from bot.approvals.requests import Notify
from bot.approvals.steps import Conclusion, Lease, NextWrite, Preview, Terms
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.write import Write
from bot.changes import registry
from bot.changes.model import Now, Verdict, key
from bot.changes.notes import Note
from bot.log import error_location, log
from bot.runtime import Runtime
from bot.store import audit, leases
from bot.store.database import Database, unbroken
from bot.store.errors import LOST, StoreLostMidway

_TURNED_AWAY = (WriteStatus.NOT_SENT, WriteStatus.LIMITED, WriteStatus.LOCKED)
"""Before Autumn looked at the write, so there is nothing to read back."""


class Engine:
    """`current_terms`: what the policy requires of a change now; None when the requester may no longer
    request it."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        assessor: Assessor,
        current_terms: Callable[[Record, Assessment], Awaitable[Terms | None]],
        notify: Notify,
        timeouts: ChangeTimeouts,
    ) -> None:
        self._name = leases.new_name()
        self._database = runtime.database
        self._autumn = runtime.autumn
        self._now = runtime.now
        self._checkpoint = runtime.checkpoint
        self.assessor = assessor
        self._current_terms = current_terms
        self._notify = notify
        self._timeouts = timeouts

    def lease(self) -> Lease:
        """From now."""
        return Lease(self._name, self._now() + self._timeouts.lease_time)

    async def apply(self, approved: Record) -> Record | None:
        """Applies a change that this process has just approved.

        Returns how it ended; None when another process took it over, which then notifies. Raises
        StoreLostMidway when the database goes away: the sweeper settles the change when it is back.
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
                # Notify while writing, so that the facts the write is made from do not get older.
                async with _meanwhile(self._notify(claimed, ChangeEvent.APPLYING)):
                    ended = await self._carry_out(claimed)
        return await self._ended(ended)

    async def recover(self, change_id: str) -> Record | None:
        """Settles a change whose process died, by reading only. None when another process does it.

        That process may be this one, which was suspended and is still at work on it.
        """
        return await self._renamed()._recover(change_id)

    async def _recover(self, change_id: str) -> Record | None:
        record = await repository.take_over(self._database, change_id, lease=self.lease(), now=self._now())
        if record is None:
            return None
        await self._checkpoint("taken")
        async with self._keeping(record.id):
            if record.writes:
                ended = await self._conclude_cut_off(record)
            else:
                ended = await self._fail(record, Cause.INTERRUPTED)
        return await self._ended(ended)

    def _renamed(self) -> "Engine":
        """A copy that holds leases under a name of its own."""
        engine = copy.copy(self)
        engine._name = leases.new_name()
        return engine

    async def announce(self, record: Record, event: ChangeEvent) -> None:
        """Notifies of a change, and of the one it undid."""
        await self._notify(record, event)
        if record.state is State.APPLIED and record.undo_of:
            await self._notify(await change_records.get(self._database, record.undo_of), ChangeEvent.UNDONE)

    async def _ended(self, record: Record | None) -> Record | None:
        if record is not None:
            await self._checkpoint("settled")
            event = (
                ChangeEvent.SUPERSEDED if record.state is State.WAITING else ChangeEvent(record.state.value)
            )
            await self.announce(record, event)
        return record

    async def _claim(self, approved: Record) -> Record | None:
        """Waits for its turn among the customer's changes; fails when that takes too long."""
        until = self._now() + timedelta(seconds=self._timeouts.turn_timeout)
        while True:
            try:
                return await repository.claim(
                    self._database, approved.id, lease=self.lease(), now=self._now()
                )
            except repository.Busy:
                if self._now() >= until:
                    return await self._fail(approved, Cause.BUSY)
            await asyncio.sleep(self._timeouts.turn_poll)

    async def _carry_out(self, record: Record) -> Record | None:
        differences, today = await _before_writing(self._database, record, self._now())
        if differences:
            log.error("not as asked", reference=record.id, count=len(differences))
            return await self._fail(record, Cause.NOT_AS_ASKED)
        # Read once more, now that no other change of Maple's can come between reading and writing.
        try:
            assessment = await self.assessor.read_and_assess(record.input, today)
        except NotFound:
            return await self._fail(record, Cause.CUSTOMER_GONE)
        except AutumnError:
            return await self._fail(record, Cause.NOT_READ)
        if assessment.preview is None:
            return await self._fail(record, Cause.GUARDED, assessment.judgement.refusals)
        if not self.assessor.still_holds(record.input, record.before, assessment.preview.before):
            # What needed no approval, and a line of a batch, does not wait for one.
            waits = record.needed and not record.batch
            terms = await self._current_terms(record, assessment) if waits else None
            return await repository.supersede(
                self._database, record, (assessment.preview, terms), lease=self.lease(), now=self._now()
            )
        # What is read back is compared with the facts that were just read.
        written = replace(record, before=assessment.preview.before)
        answered = await self._send_all(written, assessment, assessment.preview)
        return None if answered is None else await self._conclude(*answered)

    async def _send_all(
        self, record: Record, assessment: Assessment, preview: Preview
    ) -> tuple[Record, WriteAnswer, bool] | None:
        """The change with what the answers prove, the answer to the last write that was sent, and whether
        others were accepted before it."""
        answer = WriteAnswer(WriteStatus.NOT_SENT)
        position = -1
        for position, write in enumerate(registry.kind(record.kind).plan(assessment.input, assessment.facts)):
            upcoming = NextWrite(position, write, preview)
            if not await repository.begin_write(
                self._database, record.id, upcoming, lease=self.lease(), now=self._now()
            ):
                return None
            await self._checkpoint("marked")
            sent = await self._send_in_turn(record, position, write)
            if sent is None:
                return None
            answer = sent
            if proof := registry.kind(record.kind).proof(answer.body):
                record = replace(record, details={**record.details, **proof_details(proof)})
                if not await repository.keep_proof(
                    self._database, record.id, record.details, lease=self.lease()
                ):
                    return None
            await self._checkpoint("sent")
            if answer.status is not WriteStatus.ACCEPTED:
                break
        return record, answer, position > 0

    async def _send_in_turn(self, record: Record, position: int, write: Write) -> WriteAnswer | None:
        """Sends it, and again while Autumn's rate limit turns it away and it is still the right write. None
        when another process took the change over."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._timeouts.limited
        while True:
            answer = await self._send(write, key(record.id, position))
            wait = self._timeouts.limited_pause if answer.retry_after is None else answer.retry_after
            if answer.status is not WriteStatus.LIMITED or clock() + wait > until:
                return answer
            await asyncio.sleep(wait)
            if not await self._still_right(record, position, write):
                return answer
            if not await repository.renew(self._database, record.id, self.lease()):
                return None

    async def _still_right(self, record: Record, position: int, write: Write) -> bool:
        """Whether the facts as they are now would lead to the same write."""
        kind = registry.kind(record.kind)
        try:
            # What others have moved today has no influence on the write.
            assessment = await self.assessor.read_and_assess(record.input, NOTHING_MOVED)
        except AutumnError:
            return False
        now = assessment.preview
        if now is None or not self.assessor.still_holds(record.input, record.before, now.before):
            return False
        return kind.plan(assessment.input, assessment.facts)[position : position + 1] == (write,)

    async def _send(self, write: Write, idempotency_key: str) -> WriteAnswer:
        try:
            body = await self._autumn.send(write, idempotency_key)
        except AutumnError as error:
            return outcome.write_answer(error)
        return WriteAnswer(WriteStatus.ACCEPTED, body=body)

    async def _conclude(self, record: Record, answer: WriteAnswer, earlier: bool) -> Record | None:
        """`earlier`: writes before the answered one were accepted."""
        read_back = ReadBack(Verdict.NOT_APPLIED, None)
        payment = registry.kind(record.kind).pending_payment(answer.body)
        if answer.status not in _TURNED_AWAY or earlier:
            once = answer.status is WriteStatus.REFUSED or payment is not None
            read_back = await self.assessor.await_effect(record, once=once)
        await self._checkpoint("verified")
        end = outcome.final_state(
            answer.status, read_back.verdict, earlier=earlier, unpaid=payment is not None
        )
        details = dict(answer.details)
        if end.state is State.UNCONFIRMED:
            details["now"] = read_back.now
        if payment is not None and end.ending is Cause.AWAITS_PAYMENT:
            details = {"payment": payment.reason, **({"page": payment.page} if payment.page else {})}
        settlement = Conclusion(
            end.state,
            end.ending,
            after=read_back.after,
            details=details,
            invertible=end.state is State.APPLIED and inverse(record, read_back.after) is not None,
        )
        settled = await self._settle(record, settlement)
        if settled is None or payment is None:
            return settled
        return replace(settled, payment_url=payment.url if end.ending is Cause.AWAITS_PAYMENT else "")

    async def _conclude_cut_off(self, record: Record) -> Record | None:
        """Reads back what a dead process may have sent. If that fails, a person has to look: another sweep
        would fare no better."""
        try:
            return await self._conclude(record, WriteAnswer(WriteStatus.CUT_OFF), earlier=False)
        except LOST:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the change ends
            log.error(
                "not read back",
                error=type(error).__name__,
                at=error_location(error),
                reference=record.id,
            )
        unread = Conclusion(State.UNCONFIRMED, Cause.CUT_OFF, details={"now": Now.UNREAD})
        return await self._settle(record, unread)

    async def _fail(self, record: Record, ending: Cause, refusals: tuple[Note, ...] = ()) -> Record | None:
        """Nothing was sent."""
        return await self._settle(record, Conclusion(State.FAILED, ending, refusals=refusals))

    async def _settle(self, record: Record, settlement: Conclusion) -> Record | None:
        proven = replace(settlement, details={**proof_details(record.proof), **settlement.details})
        return await repository.settle(self._database, record.id, proven, lease=self.lease(), now=self._now())

    def _keeping(self, change_id: str) -> AbstractAsyncContextManager[None]:
        """Renews the lease for as long as the block takes."""

        async def renew() -> bool:
            return await repository.renew(self._database, change_id, self.lease())

        return leases.kept(renew, every=self._timeouts.renew)


@unbroken
async def _before_writing(database: Database, record: Record, now: datetime) -> tuple[list[str], Today]:
    """Where the stored change differs from the audit trail, and what others have moved today."""
    async with database.reading() as connection:
        differences = await audit.differences(connection, record.id)
        return differences, await TodayCounter.of(record).count(connection, now)


@contextlib.asynccontextmanager
async def _meanwhile(job: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the job alongside the block, and waits for it if the block succeeds."""
    task = asyncio.create_task(job)
    try:
        yield
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
