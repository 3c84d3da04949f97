"""Whatever people and processes do with a batch, in any order, it follows its transitions."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.access.policy import Decision, DecisionReason
from bot.approvals.steps import Decided, Lease, Terms
from bot.autumn.models import Environment
from bot.batches import line_steps, repository
from bot.batches.model import BatchRecord, BatchState, CheckedBatch, LineState
from bot.store import audit
from bot.store.database import Database
from tests.approvals.harness import NOW
from tests.batches.test_model import checked_line
from tests.databases import fresh
from tests.examples import examples

FOLLOWS = {
    BatchState.WAITING: {
        BatchState.RUNNING,
        BatchState.DENIED,
        BatchState.WITHDRAWN,
        BatchState.EXPIRED,
    },
    BatchState.RUNNING: {BatchState.STOPPING, BatchState.DONE},
    BatchState.STOPPING: {BatchState.STOPPED, BatchState.DONE},
    BatchState.STOPPED: {BatchState.RUNNING, BatchState.DONE},
    BatchState.DONE: set(),
    BatchState.DENIED: set(),
    BatchState.WITHDRAWN: set(),
    BatchState.EXPIRED: set(),
}
LINES = 3
ENDED = (LineState.REFUSED, LineState.UNCONFIRMED)
HOLDERS = st.sampled_from(["p1", "p2"])
NUMBERS = st.integers(1, LINES)


class BatchLife(RuleBasedStateMachine):
    """Two processes and several people, on one clock."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(fresh("sqlite"))
        self.now = NOW
        checked = CheckedBatch(
            tuple(checked_line(number, "messages", 5) for number in range(1, LINES + 1)),
            decision=Decision(True, DecisionReason.ALLOWED),
        )
        draft = repository.BatchDraft(
            "form",
            checked,
            Environment.SANDBOX,
            "U_ANA",
            "T1",
            "",
            "",
            Terms("rule", 2, NOW + timedelta(hours=1)),
        )
        requested = self.do(repository.request(self.database, draft, targets=(), now=self.now))
        assert requested is not None
        self.batch: BatchRecord = requested[0]
        self.seen = self.batch
        self.seen_lines = self.lines()
        self.ended: dict[int, LineState] = {}

    def do(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(step)

    def teardown(self) -> None:
        assert self.do(_faults(self.database)) == ()
        self.do(self.database.aclose())
        self.runner.close()

    def decided(self, person: str) -> Decided:
        return Decided(person, "T1", "rule", self.now)

    @initialize(approved=st.booleans())
    def begin_approved(self, approved: bool) -> None:
        """Half of the lines, so that runs get to the end."""
        for person in ("U_RAJ", "U_LEA") if approved else ():
            self.approve(person, True)
            self.seen = self.do(repository.get(self.database, self.batch.id))

    @rule(person=st.sampled_from(["U_RAJ", "U_LEA", "U_TOM"]), fresh_card=st.booleans())
    def approve(self, person: str, fresh_card: bool) -> None:
        revision = self.seen.revision if fresh_card else self.seen.revision - 1
        others_permitted = {approval.person: True for approval in self.seen.approvals}
        self.do(
            repository.approve(
                self.database,
                self.batch.id,
                revision,
                self.decided(person),
                needed=1,
                earlier_approvers=others_permitted,
            )
        )

    @rule(really=st.integers(0, 9))
    def deny(self, really: int) -> None:
        if really == 0:
            self.do(repository.deny(self.database, self.batch.id, self.seen.revision, self.decided("U_RAJ")))

    @rule(really=st.integers(0, 9))
    def withdraw(self, really: int) -> None:
        if really == 0:
            self.do(repository.withdraw(self.database, self.batch.id, person="U_ANA", now=self.now))

    @rule(minutes=st.integers(0, 8))
    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def expire(self) -> None:
        self.do(repository.expire(self.database, self.batch.id, now=self.now))

    @rule(by=HOLDERS)
    def claim(self, by: str) -> None:
        lease = Lease(by, self.now + timedelta(minutes=1))
        self.do(repository.claim(self.database, Environment.SANDBOX, lease=lease, now=self.now))

    @rule(by=HOLDERS)
    def release(self, by: str) -> None:
        self.do(repository.release(self.database, self.batch.id, by))

    @rule()
    def stop(self) -> None:
        self.do(repository.stop(self.database, self.batch.id, person="U_ANA", now=self.now))

    @rule()
    def resume(self) -> None:
        self.do(repository.resume(self.database, self.batch.id, person="U_ANA", now=self.now))

    @rule(by=HOLDERS, number=NUMBERS)
    def begin(self, by: str, number: int) -> None:
        begun = self.do(line_steps.begin(self.database, self.batch.id, number, by=by))
        if begun is not None:
            assert self.seen.state is BatchState.RUNNING, "no line begins in a batch that is stopped"
            assert number not in self.ended

    @precondition(lambda self: self.seen.progress.of(LineState.RUNNING))
    @rule(number=NUMBERS, state=st.sampled_from(ENDED))
    def settle(self, number: int, state: LineState) -> None:
        (line,) = [stored_line for stored_line in self.lines() if stored_line.number == number]
        ended = replace(line, state=state, why="because")
        if self.do(line_steps.settle(self.database, self.batch.id, line, ended, now=self.now)):
            assert number not in self.ended, "a line ends once"
            self.ended[number] = state

    @rule(by=HOLDERS)
    def finish(self, by: str) -> None:
        self.do(repository.finish(self.database, self.batch.id, by=by, now=self.now))

    def lines(self) -> list[Any]:
        return list(self.do(repository.lines(self.database, self.batch.id)))

    @invariant()
    def goes_only_where_it_may(self) -> None:
        now: BatchRecord = self.do(repository.get(self.database, self.batch.id))
        assert now.state is self.seen.state or now.state in FOLLOWS[self.seen.state]
        assert now.revision >= self.seen.revision
        assert now.progress.all == LINES
        counting = [approval for approval in now.approvals if approval.counts]
        if now.state in (BatchState.RUNNING, BatchState.STOPPING, BatchState.STOPPED, BatchState.DONE):
            assert len(counting) >= 2
        else:
            assert now.progress.of(LineState.QUEUED) == LINES
        if now.state is BatchState.DONE:
            assert now.progress.of(*ENDED, LineState.SKIPPED) == LINES
        if now.state is BatchState.STOPPED:
            assert now.progress.of(LineState.QUEUED, LineState.RUNNING) == 0
        lines = self.lines()
        for line in lines:
            assert self.ended.get(line.number, line.state) is line.state, "what has ended stays so"
        if (now, lines) != (self.seen, self.seen_lines):
            assert self.do(_faults(self.database)) == (), "the trail says so too"
        self.seen, self.seen_lines = now, lines


async def _faults(database: Database) -> tuple[str, ...]:
    async with database.reading() as connection:
        return (await audit.verify(connection)).faults


BatchLife.TestCase.settings = settings(examples(30, *HealthCheck), stateful_step_count=20)
TestBatchLife = BatchLife.TestCase
