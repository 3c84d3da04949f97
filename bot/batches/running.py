"""Applies the lines of an approved batch: each becomes a change, requested under the approval of the batch.

The process that holds the batch begins its lines, several customers at a time, the lines of one customer in
order. A process that takes over a running line requests its change again under the same submission id, finds
the change that is there, and waits for it to end; what was cut off before anything was sent is requested once
more. So a line takes effect at most once, and a line whose outcome is not known stays `unconfirmed`.

The process may die at any await. These are the points where that matters, by their checkpoint, and what
happens then:

    batch decided   a step is stored, no card drawn    the next tick applies the lines; a later one draws
    batch claimed   held by a process, nothing begun   when the lease lapses: another process begins the lines
    line begun      running, no change requested       the same: another process requests the change
    line applied    how it ended is not stored         the same: the request finds the change there is
    batch ended     ended, no card redrawn             a later tick redraws the cards
                    let go, with lines left            the next tick of another process goes on with them
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from aiolimiter import AsyncLimiter
from sqlalchemy.exc import SQLAlchemyError

from bot.access.people import Actor
from bot.access.policy import DecisionReason
from bot.approvals.lifecycle import IN_PROGRESS, Cause, Record, State
from bot.approvals.requests import ChangeRequest, Outcome
from bot.approvals.results import Result
from bot.approvals.service import ChangeService
from bot.approvals.steps import Lease, Mandate
from bot.autumn.shares import acting_for
from bot.batches import line_steps, repository
from bot.batches.model import BatchLineRecord, BatchRecord, LineState
from bot.batches.notifier import Redraws
from bot.log import error_location, log
from bot.runtime import Runtime
from bot.store import leases
from bot.store.errors import StoreLost

_PASSING = frozenset({Cause.NOT_REACHED, Cause.NOT_READ, Cause.RATE_LIMITED})
"""Nothing was changed because Autumn could not be asked: the lines after it would fare no better. Once the
batch is resumed, such a line is requested once more."""

_MOST_ATTEMPTS = 3
"""At a line that is interrupted each time, before the batch goes on without it."""


@dataclass(frozen=True, slots=True)
class BatchTimeouts:
    """How long the steps of a batch may take, in seconds; tests shorten them."""

    lease: float = 60.0
    """A process that has not renewed its lease for this long is taken to be dead."""
    renew: float = 5.0
    """Between renewals of a lease."""
    tick: float = 5.0
    """Between looks for batches to continue."""
    redraw: float = 2.0
    """Between redraws of a card while lines are applied."""
    waits: tuple[float, ...] = (1.0, 3.0, 10.0)
    """Before a line is tried again that Autumn or Slack could not be asked about; after the last, the batch
    is stopped."""
    poll: float = 0.5
    """Between looks at a change that another process works on."""
    per_second: float = 10.0
    """Lines begun per second. Autumn limits balance changes only per customer, but the organization's own
    backend makes them too."""
    at_once: int = 8
    """Customers whose lines are applied, or checked, at the same time."""

    @property
    def lease_time(self) -> timedelta:
        return timedelta(seconds=self.lease)


class Runner:
    """`name`: of this process, unlike any other's."""

    def __init__(
        self,
        runtime: Runtime,
        changes: ChangeService,
        redraws: Redraws,
        timeouts: BatchTimeouts,
        *,
        name: str,
    ) -> None:
        self._name = name
        self._database = runtime.database
        self._now = runtime.now
        self._checkpoint = runtime.checkpoint
        self._changes = changes
        self._redraws = redraws
        self._timeouts = timeouts
        self._pace = AsyncLimiter(1, 1 / timeouts.per_second)
        self._stopped = False

    def lease(self) -> Lease:
        """From now."""
        return Lease(self._name, self._now() + self._timeouts.lease_time)

    def stop(self) -> None:
        """No further line begins here."""
        self._stopped = True

    async def run(self, batch: BatchRecord) -> None:
        """Applies what is left of a batch that this process has just claimed. Raises the database's errors;
        the lease then lapses, and the batch continues."""
        acting_for.set(batch.requester)

        async def renew() -> bool:
            return await repository.renew(self._database, batch.id, self.lease())

        async with leases.kept(renew, every=self._timeouts.renew):
            await self._checkpoint("batch claimed")
            if await repository.differences(self._database, batch.id):
                log.error("batch not as requested", reference=batch.id)
                await line_steps.refuse_queued(
                    self._database, batch.id, Cause.NOT_AS_ASKED, by=self._name, now=self._now()
                )
            lines = await repository.lines(self._database, batch.id)
            await self._apply(batch, lines)
            ended = await repository.finish(self._database, batch.id, by=self._name, now=self._now())
        if ended is None:
            # Stopped here, or another process has taken it over.
            await repository.release(self._database, batch.id, self._name)
        else:
            log.info("batch ended", outcome=ended.state, reference=batch.id)
        await self._checkpoint("batch ended")
        await self._redraws.now(batch.id)

    async def _apply(self, batch: BatchRecord, lines: Iterable[BatchLineRecord]) -> None:
        by_customer: defaultdict[str, list[BatchLineRecord]] = defaultdict(list)
        for line in lines:
            if line.state in (LineState.QUEUED, LineState.RUNNING):
                by_customer[line.input.customer].append(line)
        at_once = asyncio.Semaphore(self._timeouts.at_once)

        async def in_order(lines: Sequence[BatchLineRecord]) -> None:
            async with at_once:
                for line in lines:
                    await self._line(batch, line)

        applied = await asyncio.gather(*map(in_order, by_customer.values()), return_exceptions=True)
        for problem in applied:
            if problem is not None:
                raise problem

    async def _line(self, batch: BatchRecord, line: BatchLineRecord) -> None:
        if line.state is LineState.QUEUED:
            await self._pace.acquire()
            if self._stopped:
                return
            begun = await line_steps.begin(self._database, batch.id, line.number, by=self._name)
            if begun is None:
                return
            line = begun
            await self._checkpoint("line begun")
        while (ended := await self._attempt(batch, line)) is None:
            again = await line_steps.again(self._database, batch.id, line)
            if again is None:
                # Another process continues with it.
                return
            line = again
        await self._checkpoint("line applied")
        await line_steps.settle(self._database, batch.id, line, ended, now=self._now())
        self._redraws.changed(batch.id)

    async def _attempt(self, batch: BatchRecord, line: BatchLineRecord) -> BatchLineRecord | None:
        """How it ended; None if it was cut off before anything was sent."""
        request = _request(batch, line)
        waits = iter(self._timeouts.waits)
        while _unreachable(outcome := await self._submit(request)):
            wait = next(waits, None)
            if wait is None:
                await self._pause(batch)
                return replace(line, state=LineState.SKIPPED, why=outcome.result)
            await asyncio.sleep(wait)
        if outcome.record is not None:
            return await self._became(batch, line, outcome.record)
        return replace(line, state=LineState.REFUSED, why=outcome.result)

    async def _submit(self, request: ChangeRequest) -> Outcome:
        """Raises the database's errors only: a fault at one line must not hold up the others."""
        try:
            return await self._changes.submit(request)
        except (SQLAlchemyError, OSError, StoreLost):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the batch goes on
            log.error(
                "line failed",
                error=type(error).__name__,
                at=error_location(error),
                reference=request.submission_id,
            )
        return Outcome(Result.FAULT, await self._changes.submitted(request.submission_id))

    async def _became(
        self, batch: BatchRecord, line: BatchLineRecord, record: Record
    ) -> BatchLineRecord | None:
        """Waits for a change that another process works on, or left: the sweeper settles it then."""
        while record.state in IN_PROGRESS:
            await asyncio.sleep(self._timeouts.poll)
            record = await self._changes.get(record.id) or record
        interrupted = record.ending is Cause.INTERRUPTED and record.state is State.FAILED
        if interrupted and line.attempt + 1 < _MOST_ATTEMPTS:
            return None
        why = record.ending or record.state.value
        if record.state is State.FAILED and record.ending in _PASSING:
            await self._pause(batch)
            return replace(line, state=LineState.SKIPPED, attempt=line.attempt + 1, why=why)
        return replace(line, state=state_of(record), change_id=record.id, why=why)

    async def _pause(self, batch: BatchRecord) -> None:
        """Stops the batch, for a person to resume it."""
        await repository.stop(self._database, batch.id, person="", now=self._now())
        log.warning("batch stopped", reference=batch.id)


def state_of(record: Record) -> LineState:
    """Of the line that became this change, once it has ended."""
    match record.state:
        case State.APPLIED:
            return LineState.APPLIED
        case State.UNCONFIRMED:
            return LineState.UNCONFIRMED
        case State.APPROVED | State.APPLYING:
            return LineState.RUNNING
        case State.WAITING | State.FAILED | State.DENIED | State.WITHDRAWN | State.EXPIRED | State.SUPERSEDED:
            return LineState.REFUSED
        case _:
            assert_never(record.state)


def _request(batch: BatchRecord, line: BatchLineRecord) -> ChangeRequest:
    return ChangeRequest(
        line_steps.submission_id(batch.id, line.number, line.attempt),
        line.input,
        Actor(batch.requester, batch.requester_team),
        channel=batch.channel,
        reason=batch.reason,
        previewed=line.preview.before,
        undo_of=line.undo_of,
        mandate=Mandate(batch.id, tuple(approval for approval in batch.approvals if approval.counts)),
    )


def _unreachable(outcome: Outcome) -> bool:
    """Whether Autumn or Slack could not be asked."""
    unchecked = outcome.decision is not None and outcome.decision.reason is DecisionReason.UNCHECKED
    return outcome.result is Result.TROUBLE or unchecked
