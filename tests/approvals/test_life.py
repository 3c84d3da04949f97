"""Any order of verbs, by anyone, at any time: states follow the transitions, and each write begins once."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.approvals import change_records, repository
from bot.approvals.daily_limits import TodayCounter
from bot.approvals.lifecycle import EDGES, HOLDS_UNDO, OVER, Cause, ChangeEvent, Record, State
from bot.approvals.steps import Basis, Conclusion, Decided, Draft, Lease, NextWrite, Preview, Terms
from bot.autumn.models import Environment
from bot.autumn.write import Write
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.store import audit
from bot.store.database import Database
from bot.store.tables import STATES, changes
from tests.approvals.harness import NOW
from tests.databases import fresh

T = TypeVar("T")

PEOPLE = st.sampled_from(["U1", "U2", "U3"])
WORKERS = st.sampled_from(["w1", "w2"])
VERSIONS = st.integers(1, 3)
WHICH = st.integers(0, 2)
LEASE = timedelta(seconds=20)
ASKED = BalanceInput(
    customer="cus_1", feature="messages", row="r", action=BalanceAction.GIVE, amount=Decimal(5)
)
PREVIEW = Preview({"granted": "5"}, ())
WRITE = Write("balances.update", "POST", "/v1/balances.update", {})
FINAL = st.sampled_from([State.APPLIED, State.FAILED, State.UNCONFIRMED])


def test_tables_know_every_state() -> None:
    assert set(STATES) == {state.value for state in State} == {state.value for state in EDGES}
    assert {state for following in EDGES.values() for state in following} <= set(State)
    undo = next(index for index in changes.indexes if index.name == "uq_changes_undo_of")
    named = str(undo.dialect_options["sqlite"]["where"])
    assert {state for state in State if f"'{state}'" in named} == HOLDS_UNDO
    assert State.APPLIED in OVER
    assert {ChangeEvent(state.value) for state in (State.APPLIED, State.FAILED, State.UNCONFIRMED)}


class Life(RuleBasedStateMachine):
    @initialize(needed=st.lists(st.integers(0, 2), min_size=3, max_size=3))
    def ask(self, needed: list[int]) -> None:
        self.loop = asyncio.new_event_loop()
        self.database = Database(fresh("sqlite"))
        self.now: datetime = NOW
        self.ids: list[str] = []
        self.states: dict[str, State] = {}
        self.begun: dict[str, int] = {}
        for number, count in enumerate(needed):
            terms = Terms("rule", count, NOW + timedelta(minutes=5))
            draft = Draft(
                f"form-{number}", ASKED, Environment.SANDBOX, "U1", "T1", "C1", "", "", PREVIEW, terms
            )
            created = self.run(
                repository.request(self.database, draft, lease=self.lease("w1"), targets=(), now=self.now)
            )
            assert created is not None
            self.ids.append(created[0].id)
            self.states[created[0].id] = created[0].state
            self.begun[created[0].id] = 0

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(doing)

    def lease(self, by: str) -> Lease:
        return Lease(by, self.now + LEASE)

    def known(self, change_id: str) -> Record:
        (record,) = self.all_known([change_id])
        return record

    def all_known(self, change_ids: Sequence[str]) -> list[Record]:
        async def read() -> list[Record]:
            async with self.database.reading() as connection:
                return [await change_records.load(connection, change_id) for change_id in change_ids]

        return self.run(read())

    @rule(index=WHICH, version=VERSIONS, person=PEOPLE, worker=WORKERS)
    def approve(self, index: int, version: int, person: str, worker: str) -> None:
        self.run(
            repository.approve(
                self.database,
                self.ids[index],
                version,
                Decided(person, "T1", "rule", self.now),
                basis=Basis(
                    1,
                    TodayCounter(Environment.SANDBOX, self.known(self.ids[index]).input, "U1"),
                    earlier_approvers=dict.fromkeys(("U1", "U2", "U3"), True),
                ),
                lease=self.lease(worker),
            )
        )

    @rule(index=WHICH, version=VERSIONS, person=PEOPLE)
    def deny(self, index: int, version: int, person: str) -> None:
        decided = Decided(person, "T1", "rule", self.now)
        self.run(repository.deny(self.database, self.ids[index], version, decided))

    @rule(index=WHICH, person=PEOPLE)
    def withdraw(self, index: int, person: str) -> None:
        self.run(repository.withdraw(self.database, self.ids[index], person=person, now=self.now))

    @rule(index=WHICH)
    def expire(self, index: int) -> None:
        self.run(repository.expire(self.database, self.ids[index], now=self.now))

    @rule(index=WHICH, waits_again=st.booleans(), worker=WORKERS)
    def supersede(self, index: int, waits_again: bool, worker: str) -> None:
        terms = Terms("rule", 1, self.now + timedelta(minutes=5)) if waits_again else None
        record = self.known(self.ids[index])
        self.run(
            repository.supersede(
                self.database, record, (PREVIEW, terms), lease=self.lease(worker), now=self.now
            )
        )

    @rule(index=WHICH, amount=st.integers(1, 9))
    def edit(self, index: int, amount: int) -> None:
        record = self.known(self.ids[index])
        terms = Terms("rule", 1, self.now + timedelta(minutes=5))
        requested = ASKED.model_copy(update={"amount": Decimal(amount)})
        draft = Draft("", requested, Environment.SANDBOX, "U1", "T1", "C1", "so", "", PREVIEW, terms)
        self.run(repository.edit(self.database, record, draft, now=self.now))

    @rule(index=WHICH)
    def refuse(self, index: int) -> None:
        record = self.known(self.ids[index])
        self.run(repository.refuse(self.database, record, Cause.GUARDED, actor="U2", now=self.now))

    @rule(index=WHICH, worker=WORKERS)
    def claim(self, index: int, worker: str) -> None:
        other_ids = [change_id for change_id in self.ids if change_id != self.ids[index]]
        try:
            self.run(repository.claim(self.database, self.ids[index], lease=self.lease(worker), now=self.now))
        except repository.Busy:
            assert State.APPLYING in [self.states[change_id] for change_id in other_ids]

    @rule(index=WHICH, position=st.integers(0, 2), worker=WORKERS)
    def begin_write(self, index: int, position: int, worker: str) -> None:
        begun = self.run(
            repository.begin_write(
                self.database,
                self.ids[index],
                NextWrite(position, WRITE, PREVIEW),
                lease=self.lease(worker),
                now=self.now,
            )
        )
        if begun:
            # No position twice, and none before its turn.
            assert position == self.begun[self.ids[index]]
            self.begun[self.ids[index]] += 1

    @rule(index=WHICH, worker=WORKERS)
    def renew(self, index: int, worker: str) -> None:
        self.run(repository.renew(self.database, self.ids[index], self.lease(worker)))

    @rule(index=WHICH, worker=WORKERS)
    def take_over(self, index: int, worker: str) -> None:
        before = self.known(self.ids[index])
        taken_over = self.run(
            repository.take_over(self.database, self.ids[index], lease=self.lease(worker), now=self.now)
        )
        if taken_over is not None:
            assert before.lease_until is not None
            assert before.lease_until < self.now

    @rule(index=WHICH, state=FINAL, worker=WORKERS)
    def settle(self, index: int, state: State, worker: str) -> None:
        if self.states[self.ids[index]] is State.APPROVED:
            state = State.FAILED  # as the engine does when nothing was begun
        self.run(
            repository.settle(
                self.database,
                self.ids[index],
                Conclusion(state, Cause.DONE),
                lease=self.lease(worker),
                now=self.now,
            )
        )

    @rule(index=WHICH, applied=st.booleans())
    def mark(self, index: int, applied: bool) -> None:
        settlement = Conclusion(State.FAILED, Cause.MARKED_NOT_APPLIED)
        if applied:
            settlement = Conclusion(State.APPLIED, Cause.MARKED_APPLIED, invertible=True)
        decided = Decided("U3", "T1", "rule", self.now)
        self.run(repository.mark(self.database, self.ids[index], settlement, decided))

    @rule(seconds=st.sampled_from([1, 25, 400]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def states_move_along_their_edges(self) -> None:
        records = self.all_known(self.ids)
        for record in records:
            before = self.states[record.id]
            assert record.state is before or record.state in EDGES[before]
            self.states[record.id] = record.state
            assert (record.lease_until is not None) is (record.state in (State.APPROVED, State.APPLYING))
            assert record.writes == self.begun[record.id]
            if record.state is State.APPROVED and record.needed:
                assert (
                    len({approval.person for approval in record.approvals if approval.counts})
                    >= record.needed
                )
        assert [record.state for record in records].count(State.APPLYING) <= 1

    def teardown(self) -> None:
        if hasattr(self, "loop"):

            async def whole() -> tuple[str, ...]:
                async with self.database.reading() as connection:
                    return (await audit.verify(connection)).faults

            assert self.run(whole()) == ()
            self.run(self.database.aclose())
            self.loop.close()


Life.TestCase.settings = settings(max_examples=6, stateful_step_count=25, deadline=None)
TestLife = Life.TestCase
