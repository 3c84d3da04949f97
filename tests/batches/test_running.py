import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy.exc import OperationalError

from bot.access.policy import Verb
from bot.access.rules import BUILT_IN
from bot.approvals.cards import GRACE
from bot.approvals.lifecycle import Cause, Record, State
from bot.approvals.requests import ChangeRequest, Outcome
from bot.approvals.results import Result
from bot.approvals.service import ChangeService
from bot.approvals.steps import Lease
from bot.batches import line_steps, repository, running
from bot.batches.line_steps import submission_id
from bot.batches.model import BatchLine, BatchRecord, BatchResult, BatchState, LineState
from bot.changes.balance.words import BalanceAction
from bot.changes.line_form import LineCells
from tests.approvals.harness import ANA, LEA, RAJ
from tests.approvals.records import record
from tests.batches.harness import CUSTOMERS, QUICK, BatchHarness, Replica, lines_giving
from tests.crashing import Died, dies_at
from tests.lost_writes import carry_out
from tests.waiting import wait_until

ONE_BY_ONE = replace(QUICK, at_once=1)
POINTS_OF_CHANGE = ("asked", "claimed", "marked", "sent", "settled")
"""After each of these, more is stored. approvals/test_engine.py tests how a single change is recovered."""


async def recover_as_another_process(harness: BatchHarness) -> Replica:
    """Another process, once the leases of the dead one have expired."""
    harness.inner.clock.move(seconds=30)
    replica = harness.replica()
    await replica.changes.sweeper.sweep(harness.inner.clock(), "recovery")
    return replica


async def assert_each_once(harness: BatchHarness, replica: Replica, batch: BatchRecord) -> list[LineState]:
    """Asserts that every line was sent at most once and ended as Autumn shows; returns their states."""
    lines = await harness.lines(replica, batch)
    written = [write.idempotency_key or "" for write in harness.inner.local.ledger if write.applied]
    assert len(written) == len(set(written))
    for line in lines:
        sent = written.count(f"maple:{line.change_id}:0")
        assert sent == 1 if line.state is LineState.APPLIED else sent <= 1
        assert line.state in (LineState.APPLIED, LineState.UNCONFIRMED, LineState.REFUSED)
    assert await harness.inner.trail_is_intact()
    return [line.state for line in lines]


@pytest.mark.parametrize(
    ("engine", "point"),
    [
        *product(["sqlite"], ("batch claimed", "line begun", *POINTS_OF_CHANGE)),
        *product(["postgresql"], ("line applied", "batch ended")),
    ],
    indirect=["engine"],
)
async def test_batch_of_a_dead_process_is_continued_by_another(harness: BatchHarness, point: str) -> None:
    """The process dies at the last line."""
    customers = CUSTOMERS[:1] if point in POINTS_OF_CHANGE else CUSTOMERS[:2]
    batch = await harness.approved(harness.replica(), lines_giving(*customers))
    once = point in ("batch claimed", "batch ended")
    dying = harness.replica(checkpoint=dies_at(point, 1 if once else len(customers)), timeouts=ONE_BY_ONE)
    with pytest.raises(Died):
        await dying.run()
    survivor = await recover_as_another_process(harness)
    await survivor.run()
    done = await harness.now(survivor, batch)
    assert done.state is BatchState.DONE
    states = await assert_each_once(harness, survivor, batch)
    # A write that may have been sent is read back, never sent again.
    unsure = point == "marked"
    assert set(states) == {LineState.UNCONFIRMED if unsure else LineState.APPLIED}


@pytest.mark.parametrize("requested", [True, False])
async def test_batch_goes_on_without_a_line_that_fails_each_time(
    sqlite_harness: BatchHarness, monkeypatch: pytest.MonkeyPatch, requested: bool
) -> None:
    harness, submit, attempts = sqlite_harness, ChangeService.submit, 0

    async def fault(reached: str) -> None:
        nonlocal attempts
        if reached == "claimed" and attempts < 3 and requested:
            attempts += 1
            raise LookupError

    async def faulty(changes: ChangeService, request: ChangeRequest) -> Outcome:
        if not requested and request.input.customer == CUSTOMERS[0]:
            raise LookupError
        return await submit(changes, request)

    monkeypatch.setattr(ChangeService, "submit", faulty)
    replica = harness.replica(checkpoint=fault, timeouts=ONE_BY_ONE)
    batch = await harness.approved(replica)
    going = asyncio.create_task(replica.run())

    async def recovered() -> bool:
        harness.inner.clock.move(seconds=1)
        await replica.changes.sweeper.sweep(harness.inner.clock(), "recovery")
        return going.done()

    await wait_until(recovered)
    await going
    first, second = await harness.lines(replica, batch)
    assert (first.state, bool(first.change_id)) == (LineState.REFUSED, requested)
    assert first.why == (Cause.INTERRUPTED if requested else Result.FAULT)
    assert second.state is LineState.APPLIED
    assert (await harness.now(replica, batch)).state is BatchState.DONE
    assert harness.inner.written() == 1
    assert await harness.inner.trail_is_intact()


async def test_line_that_loses_the_database_is_continued(sqlite_harness: BatchHarness) -> None:
    harness, lost = sqlite_harness, 0

    async def lose(reached: str) -> None:
        nonlocal lost
        if reached == "claimed" and not lost:
            lost += 1
            raise OperationalError("", {}, Exception())

    replica = harness.replica(checkpoint=lose)
    batch = await harness.approved(replica, lines_giving("cus_bold"))
    await replica.run()
    assert await harness.states(replica, batch) == [LineState.RUNNING]
    survivor = await recover_as_another_process(harness)
    await survivor.run()
    assert await assert_each_once(harness, survivor, batch) == [LineState.APPLIED]


async def test_two_replicas_never_apply_a_batch_at_the_same_time(harness: BatchHarness) -> None:
    replicas = [harness.replica(), harness.replica()]
    batch = await harness.approved(replicas[0])
    await asyncio.gather(*(replica.run() for replica in replicas))
    assert await assert_each_once(harness, replicas[0], batch) == [LineState.APPLIED] * 2
    assert harness.inner.written() == 2


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_stopped_batch_skips_lines_not_begun_and_is_resumed(harness: BatchHarness) -> None:
    ids: list[str] = []

    async def stop(name: str) -> None:
        if name == "line begun" and not stopped:
            stopped.append(await replica.batches.stop(ids[0], ANA))

    stopped: list[object] = []
    replica = harness.replica(checkpoint=stop, timeouts=ONE_BY_ONE)
    batch = await harness.approved(replica)
    ids.append(batch.id)
    await replica.run()
    record = await harness.now(replica, batch)
    assert (record.state, record.stopped_by) == (BatchState.STOPPED, ANA.user)
    assert await harness.states(replica, batch) == [LineState.APPLIED, LineState.SKIPPED]

    resumed = await replica.batches.resume(batch.id, RAJ)
    assert resumed.batch is not None
    assert resumed.batch.state is BatchState.RUNNING
    await replica.run()
    assert await assert_each_once(harness, replica, batch) == [LineState.APPLIED] * 2
    assert await harness.events(batch) == ["asked", "approved", "stopping", "stopped", "resumed", "done"]


async def test_batch_stopped_at_its_last_line_is_done(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica, lines_giving("cus_bold"))
    claimed = await repository.claim(
        harness.inner.database, batch.env, lease=lease(harness), now=harness.inner.clock()
    )
    assert claimed is not None
    begun = await line_steps.begin(harness.inner.database, batch.id, 1, by="p")
    assert begun is not None
    await replica.batches.stop(batch.id, ANA)
    (survivor,) = [await recover_as_another_process(harness)]
    await survivor.run()
    assert (await harness.now(survivor, batch)).state is BatchState.DONE


async def test_stop_and_resume_are_for_requester_and_approvers(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica)
    harness.inner.permissions.refused |= {(LEA.user, Verb.APPROVE), (ANA.user, Verb.ASK)}
    for actor in (LEA, ANA):
        assert (await replica.batches.stop(batch.id, actor)).result is BatchResult.NOT_ALLOWED
        assert (await replica.batches.resume(batch.id, actor)).result is BatchResult.NOT_ALLOWED
    assert (await replica.batches.stop(batch.id, RAJ)).result is BatchResult.DONE
    assert (await replica.batches.stop(batch.id, RAJ)).result is BatchResult.TOO_LATE
    await replica.run()
    assert set(await harness.states(replica, batch)) == {LineState.SKIPPED}
    harness.inner.clock.move(hours=24)
    assert (await replica.batches.resume(batch.id, RAJ)).result is BatchResult.TOO_LATE


async def test_batch_stops_itself_while_autumn_is_unreadable(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica(timeouts=ONE_BY_ONE)
    batch = await harness.approved(replica)
    harness.inner.local.faults.add("customers.get", "500")
    await replica.run()
    record = await harness.now(replica, batch)
    assert (record.state, record.stopped_by) == (BatchState.STOPPED, "")
    assert [line.why for line in await harness.lines(replica, batch)] == ["trouble", ""]
    harness.inner.local.faults.clear()
    await replica.batches.resume(batch.id, ANA)
    await replica.run()
    assert await assert_each_once(harness, replica, batch) == [LineState.APPLIED] * 2


async def test_refused_line_is_requested_again_when_resumed(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica, lines_giving("cus_bold"))
    harness.inner.local.faults.add("balances.update", "429", retry_after=3600)
    await replica.run()
    (line,) = await harness.lines(replica, batch)
    assert (line.state, line.why, line.attempt) == (LineState.SKIPPED, Cause.RATE_LIMITED, 1)
    harness.inner.local.faults.clear()
    await replica.batches.resume(batch.id, ANA)
    await replica.run()
    assert await assert_each_once(harness, replica, batch) == [LineState.APPLIED]


async def test_short_outage_stops_nothing(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica, lines_giving("cus_bold"))
    harness.inner.local.faults.add("customers.get", "500", times=1)
    await replica.run()
    assert await assert_each_once(harness, replica, batch) == [LineState.APPLIED]


async def test_batch_stops_itself_while_slack_does_not_answer(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica(timeouts=ONE_BY_ONE)
    batch = await harness.submitted(replica)
    harness.inner.permissions.policy = BUILT_IN
    harness.inner.permissions.members = {ANA.user: None}
    unchecked = await replica.batches.approve(batch.id, batch.revision, RAJ)
    assert unchecked.result is BatchResult.UNCHECKED
    harness.inner.permissions.members = {}
    await replica.batches.approve(batch.id, batch.revision, RAJ)
    harness.inner.permissions.members = {ANA.user: None}
    await replica.run()
    assert (await harness.now(replica, batch)).state is BatchState.STOPPED
    assert harness.inner.written() == 0


async def test_batch_stays_open_while_an_earlier_approver_is_unchecked(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    harness.inner.permissions.needed = 2
    replica = harness.replica()
    batch = await harness.submitted(replica)
    first = await replica.batches.approve(batch.id, batch.revision, RAJ)
    assert first.batch is not None
    harness.inner.permissions.policy = BUILT_IN
    harness.inner.permissions.members = {RAJ.user: None}
    second = await replica.batches.approve(batch.id, first.batch.revision, LEA)
    assert second.result is BatchResult.UNCHECKED


async def test_unconfirmed_lines_take_the_states_of_their_settled_changes(harness: BatchHarness) -> None:
    replica = harness.replica(timeouts=ONE_BY_ONE)
    batch = await harness.approved(replica)
    harness.inner.local.faults.add("balances.update", "cut_before", times=2)
    await replica.run()
    first, second = await harness.lines(replica, batch)
    assert [(line.state, line.why) for line in (first, second)] == [
        (LineState.UNCONFIRMED, Cause.NO_ANSWER)
    ] * 2
    assert (await harness.now(replica, batch)).state is BatchState.DONE
    assert len([call for call in harness.inner.local.calls if call.route == "balances.update"]) == 2

    await replica.changes.mark(first.change_id, RAJ, False)
    record = await harness.now(replica, batch)
    counts = {LineState.REFUSED: 1, LineState.UNCONFIRMED: 1}
    assert (record.progress.counts, record.undoable) == (counts, False)
    await carry_out(harness.inner.local)
    await replica.changes.mark(second.change_id, RAJ, True)
    record = await harness.now(replica, batch)
    counts = {LineState.REFUSED: 1, LineState.APPLIED: 1}
    assert (record.progress.counts, record.undoable) == (counts, True)
    assert await harness.states(replica, batch) == [LineState.REFUSED, LineState.APPLIED]


async def test_unconfirmed_lines_are_checked_again_together(harness: BatchHarness) -> None:
    replica = harness.replica(timeouts=ONE_BY_ONE)
    batch = await harness.approved(replica)
    local = harness.inner.local
    local.faults.add("balances.update", "cut_before", times=2)
    await replica.run()
    assert (await harness.now(replica, batch)).checkable
    local.faults.add("customers.get", "500")
    outcome = await replica.batches.check_again(batch.id, LEA)
    assert outcome.result is BatchResult.TROUBLE
    local.faults.clear()
    outcome = await replica.batches.check_again(batch.id, LEA)
    assert outcome.result is BatchResult.STILL_UNCONFIRMED
    await carry_out(local)
    revision = (await harness.now(replica, batch)).revision
    outcome = await replica.batches.check_again(batch.id, LEA)
    assert outcome.result is BatchResult.DONE
    assert outcome.batch is not None
    assert outcome.batch.progress.counts == {LineState.UNCONFIRMED: 1, LineState.APPLIED: 1}
    assert harness.drawn[-1] == (batch.id, revision + 1), "the card shows it"
    (first, _) = await harness.lines(replica, batch)
    await replica.changes.mark(first.change_id, RAJ, False)
    outcome = await replica.batches.check_again(batch.id, LEA)
    assert outcome.result is BatchResult.ALREADY_SETTLED
    assert not (await harness.now(replica, batch)).checkable
    assert (await replica.batches.check_again("nothing", LEA)).result is BatchResult.UNKNOWN
    assert await harness.inner.trail_is_intact()


async def test_numbers_that_change_just_before_the_write_end_the_line(sqlite_harness: BatchHarness) -> None:
    """A line never waits for an approval of its own."""
    harness = sqlite_harness

    async def meddle(name: str) -> None:
        if name == "claimed":
            await harness.inner.change_in_autumn(remaining=17)

    replica = harness.replica(checkpoint=meddle)
    batch = await harness.approved(replica, [BatchLine(1, "cus_bold", LineCells("messages", "100", "set"))])
    await replica.run()
    (line,) = await harness.lines(replica, batch)
    assert (line.state, line.why) == (LineState.REFUSED, State.SUPERSEDED)


async def test_change_in_progress_elsewhere_is_waited_for(
    sqlite_harness: BatchHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = sqlite_harness
    batch = await harness.approved(harness.replica(), lines_giving("cus_bold"))
    with pytest.raises(Died):
        await harness.replica(checkpoint=dies_at("claimed")).run()
    harness.inner.clock.move(seconds=30)
    other_replica, look, looked = harness.replica(), ChangeService.get, asyncio.Event()

    async def get(changes: ChangeService, change_id: str) -> Record | None:
        looked.set()
        return await look(changes, change_id)

    monkeypatch.setattr(ChangeService, "get", get)
    going = asyncio.create_task(other_replica.run())
    async with asyncio.timeout(30):
        await looked.wait()

    async def recovered() -> bool:
        await other_replica.changes.sweeper.sweep(harness.inner.clock(), "recovery")
        return going.done()

    await wait_until(recovered)
    await going
    assert await assert_each_once(harness, other_replica, batch) == [LineState.APPLIED]


async def test_lines_of_one_customer_are_applied_in_order(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    lines = [
        *lines_giving("cus_bold", feature="seats", amount=1),
        *[replace(line, number=2) for line in lines_giving("cus_bold", feature="messages")],
        *[replace(line, number=3) for line in lines_giving("cus_bold", feature="exports")],
    ]
    replica = harness.replica()
    batch = await harness.approved(replica, lines)
    await replica.run()
    assert await assert_each_once(harness, replica, batch) == [LineState.APPLIED] * 3
    features = [write.body["feature_id"] for write in harness.inner.local.ledger]
    assert features == ["seats", "messages", "exports"]


async def test_whole_batch_is_undone_under_its_own_approval(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    before = [await harness.remaining(customer) for customer in CUSTOMERS[:2]]
    batch = await harness.approved(replica)
    assert (await replica.batches.undo(batch.id, RAJ, key="early")).result is BatchResult.NO_UNDO
    await replica.run()
    outcome = await replica.batches.undo(batch.id, LEA, key="undo", reason="wrong list")
    assert outcome.batch is not None
    assert (outcome.result, outcome.batch.state, outcome.batch.undo_of) == (
        BatchResult.DONE,
        BatchState.WAITING,
        batch.id,
    )
    assert (await harness.now(replica, batch)).undo == outcome.batch.id
    assert (await replica.batches.undo(batch.id, LEA, key="undo")).result is BatchResult.AGAIN
    assert (await replica.batches.undo(batch.id, LEA, key="another")).result is BatchResult.NO_UNDO
    inputs = [line.input for line in await harness.lines(replica, outcome.batch)]
    assert [(change_input.customer, getattr(change_input, "action", None)) for change_input in inputs] == [
        (customer, BalanceAction.TAKE) for customer in reversed(CUSTOMERS[:2])
    ]
    await replica.batches.approve(outcome.batch.id, outcome.batch.revision, RAJ)
    await replica.run()
    assert [await harness.remaining(customer) for customer in CUSTOMERS[:2]] == before
    for line in await harness.lines(replica, batch):
        change = await replica.changes.get(line.change_id)
        assert change is not None
        assert change.undone
    assert not (await harness.now(replica, batch)).undoable
    assert await harness.inner.trail_is_intact()


async def test_lines_that_cannot_be_undone_are_left_out(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica, lines_giving(*CUSTOMERS[:4]))
    harness.inner.local.faults.add("balances.update", "cut_before", customer=CUSTOMERS[3])
    await replica.run()
    first = (await harness.lines(replica, batch))[0]
    await replica.changes.undo(first.change_id, "single", ANA)
    harness.inner.local.faults.add("customers.get", "500", customer=CUSTOMERS[1])
    harness.inner.permissions.refused.add((LEA.user, Verb.ASK))
    outcome = await replica.batches.undo(batch.id, ANA, key="undo")
    assert outcome.checked is not None
    assert sorted(problem.reason for problem in outcome.checked.problems) == ["no_undo", "not_read"]
    assert outcome.batch is not None
    assert [line.input.customer for line in await harness.lines(replica, outcome.batch)] == [CUSTOMERS[2]]


async def test_undo_without_a_readable_and_undoable_line_requests_nothing(
    sqlite_harness: BatchHarness,
) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica, lines_giving("cus_bold"))
    await replica.run()
    harness.inner.local.faults.add("customers.get", "500", customer="cus_bold")
    assert (await replica.batches.undo(batch.id, ANA, key="unread")).result is BatchResult.PROBLEMS
    harness.inner.local.faults.clear()
    line = (await harness.lines(replica, batch))[0]
    await replica.changes.undo(line.change_id, "single", ANA)
    assert (await harness.now(replica, batch)).left_to_undo == 0
    assert (await replica.batches.undo(batch.id, ANA, key="undo")).result is BatchResult.NO_UNDO


async def stopped_undo(harness: BatchHarness, replica: Replica) -> tuple[BatchRecord, BatchRecord]:
    """A list that is applied, and its undo, stopped after the first of its two lines."""
    batch = await harness.approved(replica)
    await replica.run()
    undo = (await replica.batches.undo(batch.id, ANA, key="first")).batch
    assert undo is not None
    approved = (await replica.batches.approve(undo.id, undo.revision, RAJ)).batch
    assert approved is not None
    stopping = harness.replica(timeouts=ONE_BY_ONE, checkpoint=stops_after_a_line(harness, undo))
    await stopping.run()
    undo = await harness.now(replica, undo)
    assert (undo.state, undo.progress.of(LineState.APPLIED)) == (BatchState.STOPPED, 1)
    return batch, undo


def stops_after_a_line(harness: BatchHarness, batch: BatchRecord) -> Callable[[str], Awaitable[None]]:
    async def checkpoint(name: str) -> None:
        if name == "line applied":
            await repository.stop(
                harness.inner.database, batch.id, person=ANA.user, now=harness.inner.clock()
            )

    return checkpoint


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_stopped_undo_whose_approval_expired_leaves_the_rest_to_another(harness: BatchHarness) -> None:
    replica = harness.replica()
    before = [await harness.remaining(customer) for customer in CUSTOMERS[:2]]
    batch, undo = await stopped_undo(harness, replica)
    assert (await replica.batches.undo(batch.id, ANA, key="early")).result is BatchResult.NO_UNDO
    harness.inner.clock.move(hours=25)
    again = await assert_undo_lapses(harness, replica, batch, undo)
    await replica.batches.approve(again.id, again.revision, RAJ)
    await replica.run()
    assert [await harness.remaining(customer) for customer in CUSTOMERS[:2]] == before
    original = await harness.now(replica, batch)
    assert (original.undoable, original.undo) == (False, again.id)
    assert await harness.inner.trail_is_intact()


async def test_stopped_undo_whose_approval_expired_is_ended_by_the_ticker(
    sqlite_harness: BatchHarness,
) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch, undo = await stopped_undo(harness, replica)
    harness.inner.clock.move(hours=25)
    await replica.batches.ticker.keep_up()
    assert (await harness.now(replica, batch)).undoable
    await assert_undo_lapses(harness, replica, batch, undo)
    assert await harness.inner.trail_is_intact()


async def assert_undo_lapses(
    harness: BatchHarness, replica: Replica, batch: BatchRecord, undo: BatchRecord
) -> BatchRecord:
    """Requests another undo, and asserts that it has the remaining line and that the first undo is over."""
    again = await replica.batches.undo(batch.id, ANA, key="second")
    assert again.batch is not None
    assert [line.input.customer for line in await harness.lines(replica, again.batch)] == [CUSTOMERS[0]]
    assert again.checked is not None
    assert again.checked.problems == ()
    ended = await harness.now(replica, undo)
    assert (ended.state, ended.resumable) == (BatchState.DONE, False)
    assert (await replica.batches.resume(undo.id, ANA)).result is BatchResult.TOO_LATE
    assert await harness.events(undo) == ["asked", "approved", "stopping", "stopped", "lapsed"]
    return again.batch


async def test_lines_that_an_undo_failed_to_undo_can_be_undone_again(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica)
    await replica.run()
    undo = (await replica.batches.undo(batch.id, ANA, key="first")).batch
    assert undo is not None
    harness.inner.local.faults.add("balances.update", "cut_before", customer="cus_bold", times=1)
    await replica.batches.approve(undo.id, undo.revision, RAJ)
    await replica.run()
    (doubtful,) = [line for line in await harness.lines(replica, undo) if line.state is LineState.UNCONFIRMED]
    assert (await harness.now(replica, batch)).left_to_undo == 0
    await replica.changes.mark(doubtful.change_id, RAJ, False)
    assert (await harness.now(replica, batch)).left_to_undo == 1
    again = await replica.batches.undo(batch.id, ANA, key="second")
    assert again.batch is not None
    assert [line.input.customer for line in await harness.lines(replica, again.batch)] == ["cus_bold"]


async def test_concurrent_undos_are_one_and_a_withdrawn_one_makes_room(harness: BatchHarness) -> None:
    replica = harness.replica()
    batch = await harness.approved(replica, lines_giving("cus_bold"))
    await replica.run()
    outcomes = await asyncio.gather(
        *(replica.batches.undo(batch.id, ANA, key=key) for key in ("one", "other"))
    )
    assert sorted(outcome.result for outcome in outcomes) == [BatchResult.DONE, BatchResult.NO_UNDO]
    undo = (await harness.now(replica, batch)).undo
    assert not (await harness.now(replica, batch)).undoable
    await replica.batches.withdraw(undo, ANA)
    assert (await harness.now(replica, batch)).undoable

    async def request_another() -> None:
        results.append((await replica.batches.undo(batch.id, ANA, key="second")).result)

    results: list[BatchResult] = []
    harness.inner.permissions.meanwhile[Verb.UNDO] = request_another
    assert (await replica.batches.undo(batch.id, ANA, key="third")).result is BatchResult.NO_UNDO
    assert results == [BatchResult.DONE]


def lease(harness: BatchHarness, by: str = "p", seconds: float = 20.0) -> Lease:
    return Lease(by, harness.inner.clock() + timedelta(seconds=seconds))


async def test_process_that_lost_the_batch_begins_no_line(harness: BatchHarness) -> None:
    replica = harness.replica()
    database, batch = harness.inner.database, await harness.approved(replica)
    now = harness.inner.clock
    assert await repository.claim(database, batch.env, lease=lease(harness, "old"), now=now()) is not None
    assert await repository.claim(database, batch.env, lease=lease(harness, "new"), now=now()) is None
    assert await repository.renew(database, batch.id, lease(harness, "old"))
    harness.inner.clock.move(seconds=21)
    assert await repository.claim(database, batch.env, lease=lease(harness, "new"), now=now()) is not None
    assert not await repository.renew(database, batch.id, lease(harness, "old"))
    assert await line_steps.begin(database, batch.id, 1, by="old") is None
    await line_steps.refuse_queued(database, batch.id, "no", by="old", now=now())
    assert await repository.finish(database, batch.id, by="old", now=now()) is None
    assert await repository.finish(database, batch.id, by="new", now=now()) is None, "lines are left"
    begun = await line_steps.begin(database, batch.id, 1, by="new")
    assert begun is not None
    assert await line_steps.begin(database, batch.id, 1, by="new") is None
    assert await line_steps.again(database, batch.id, begun) is None, "nothing was cut off"
    ended = replace(begun, state=LineState.REFUSED, why="no")
    assert await line_steps.settle(database, batch.id, begun, ended, now=now())
    assert not await line_steps.settle(database, batch.id, begun, ended, now=now())
    await repository.release(database, batch.id, "old")
    assert await repository.claim(database, batch.env, lease=lease(harness, "old"), now=now()) is None
    await repository.release(database, batch.id, "new")
    assert await repository.claim(database, batch.env, lease=lease(harness, "old"), now=now()) is not None


async def test_line_continued_by_another_process_is_left_to_it(sqlite_harness: BatchHarness) -> None:
    """The attempt was cut off, and another process has begun the next one before this one checks."""
    harness = sqlite_harness
    batch = await harness.approved(harness.replica(), lines_giving("cus_bold"))
    with pytest.raises(Died):
        await harness.replica(checkpoint=dies_at("claimed")).run()
    other_replica = await recover_as_another_process(harness)
    (line,) = await harness.lines(other_replica, batch)
    assert await line_steps.again(harness.inner.database, batch.id, line) is not None
    claimed = await repository.claim(
        harness.inner.database, batch.env, lease=lease(harness), now=harness.inner.clock()
    )
    assert claimed is not None
    await runner_of(other_replica)._line(claimed, line)
    (after,) = await harness.lines(other_replica, batch)
    assert (after.state, after.attempt) == (LineState.RUNNING, 1)


def runner_of(replica: Replica) -> running.Runner:
    return replica.batches.ticker._runner


async def test_attempts_have_their_own_submission_ids() -> None:
    assert submission_id("b", 1, 0) != submission_id("b", 1, 1) != submission_id("b", 11, 0)
    assert len(submission_id("f" * 24, 500, 10)) <= 64


@pytest.mark.parametrize("state", State)
def test_line_state_follows_its_change(state: State) -> None:
    expected = {
        State.APPLIED: LineState.APPLIED,
        State.UNCONFIRMED: LineState.UNCONFIRMED,
        State.APPROVED: LineState.RUNNING,
        State.APPLYING: LineState.RUNNING,
    }
    assert running.state_of(change_in_state(state)) is expected.get(state, LineState.REFUSED)


def change_in_state(state: State) -> Record:
    return replace(record(), state=state)


# The ticker


async def test_ticker_applies_approved_batches_and_stops_cleanly(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    ticker = replica.batches.ticker
    ticker.start()
    batch = await harness.approved(replica, lines_giving("cus_bold"))

    async def done() -> bool:
        return (await harness.now(replica, batch)).state is BatchState.DONE

    await wait_until(done)
    await ticker.stop(5)
    assert harness.inner.written() == 1


async def test_stopping_ticker_releases_the_batch(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness

    async def stop(name: str) -> None:
        if name == "line begun":
            runner_of(replica).stop()
            replica.batches.ticker._stopped = True

    replica = harness.replica(checkpoint=stop, timeouts=ONE_BY_ONE)
    batch = await harness.approved(replica)
    await replica.run()
    assert await harness.states(replica, batch) == [LineState.APPLIED, LineState.QUEUED]
    other_replica = harness.replica()
    await other_replica.run()
    assert await assert_each_once(harness, other_replica, batch) == [LineState.APPLIED] * 2


async def test_ticker_survives_a_lost_database(
    sqlite_harness: BatchHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_given: object, **_named: object) -> None:
        raise OperationalError("", {}, Exception())

    replica = sqlite_harness.replica()
    monkeypatch.setattr(repository, "claim", away)
    monkeypatch.setattr(repository, "overdue", away)
    await replica.batches.ticker.run_all()
    await replica.batches.ticker.keep_up()
    await replica.batches.ticker.stop(1)


async def test_card_that_could_not_be_drawn_is_drawn_later(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness

    async def unreachable(batch_id: str, revision: int) -> None:
        drawn.append((batch_id, revision))
        if len(drawn) == 1:
            raise OSError

    drawn: list[tuple[str, int]] = []
    replica = harness.replica()
    replica.batches._redraws._notify = unreachable
    batch = await harness.submitted(replica)
    assert drawn == [(batch.id, 1)]
    await replica.batches.ticker.keep_up()
    harness.inner.clock.move(seconds=GRACE.total_seconds())
    await replica.batches.ticker.keep_up()
    assert drawn == [(batch.id, 1), (batch.id, 1)]


async def test_progress_is_drawn_at_intervals_and_at_the_end(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica(timeouts=replace(QUICK, redraw=60.0))
    batch = await harness.approved(replica, lines_giving(*CUSTOMERS[:3]))
    harness.drawn.clear()
    await replica.run()
    done = await harness.now(replica, batch)
    assert harness.drawn[-1] == (batch.id, done.revision)
    assert len(harness.drawn) <= 2
    await replica.batches.ticker.stop(1)
