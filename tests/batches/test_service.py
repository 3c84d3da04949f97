import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text, update

from bot.access.policy import Verb
from bot.access.rules import BUILT_IN
from bot.approvals.lifecycle import Cause, State
from bot.approvals.notice_queue import CHANGE_NOTICES
from bot.approvals.results import Result
from bot.autumn.models import Environment
from bot.batches import repository
from bot.batches.model import (
    BatchLine,
    BatchOutcome,
    BatchRecord,
    BatchResult,
    BatchState,
    FeatureTotal,
    LineState,
)
from bot.changes.line_form import LineCells
from bot.store.tables import audit, batch_decisions, batch_lines
from tests.approvals.harness import ANA, LEA, RAJ
from tests.batches.harness import CUSTOMERS, BatchHarness, lines_giving
from tests.store.test_audit import TRIGGERS


async def test_approved_list_is_applied_line_by_line_as_changes_under_its_approval(
    harness: BatchHarness,
) -> None:
    replica = harness.replica()
    before = [await harness.remaining(customer) for customer in CUSTOMERS[:2]]
    waiting = await harness.submitted(replica)
    assert (waiting.state, waiting.needed, waiting.progress.of(LineState.QUEUED)) == (
        BatchState.WAITING,
        1,
        2,
    )
    await replica.run()
    assert harness.inner.written() == 0

    approved = await replica.batches.approve(waiting.id, waiting.revision, RAJ)
    assert approved.batch is not None
    assert approved.batch.state is BatchState.RUNNING
    await replica.run()
    done = await harness.now(replica, waiting)
    assert (done.state, done.progress.counts) == (BatchState.DONE, {LineState.APPLIED: 2})
    assert [await harness.remaining(customer) for customer in CUSTOMERS[:2]] == [
        remaining_before + 100 for remaining_before in before
    ]
    assert await harness.events(done) == ["asked", "approved", "done"]
    assert await repository.differences(harness.inner.database, done.id) == []
    assert await harness.inner.trail_is_intact()
    assert harness.drawn[-1] == (done.id, done.revision)

    line = (await harness.lines(replica, done))[0]
    change = await replica.changes.get(line.change_id)
    assert change is not None
    assert (change.state, change.batch, change.requester, change.decided_by) == (
        State.APPLIED,
        done.id,
        ANA.user,
        RAJ.user,
    )
    assert [approval.person for approval in change.approvals] == [RAJ.user]
    assert await harness.steps(change.id) == ["asked", "approved", "applying", "writing", "applied"]
    assert change in await replica.changes.history(change.customer_id)
    assert await replica.changes.requested_by(ANA.user) == []
    assert change.undoable


async def test_totals_tell_what_is_added_from_what_is_taken_away(harness: BatchHarness) -> None:
    replica = harness.replica()
    given, taken = lines_giving(*CUSTOMERS[:2])
    fewer = await harness.remaining(taken.customer) - 50
    taken = replace(taken, cells=LineCells("messages", str(fewer), "set"))
    waiting = await harness.submitted(replica, [given, taken])
    assert waiting.totals == (FeatureTotal("balance", "messages", 2, Decimal(150), taken=Decimal(50)),)


async def test_list_without_approval_runs_right_away(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    harness.inner.permissions.needed = 0
    replica = harness.replica(channel="")
    batch = await harness.submitted(replica, lines_giving("cus_bold"))
    assert batch.state is BatchState.RUNNING
    await replica.run()
    assert (await harness.now(replica, batch)).state is BatchState.DONE
    (line,) = await harness.lines(replica, batch)
    assert await harness.steps(line.change_id) == ["asked", "applying", "writing", "applied"]
    due = await CHANGE_NOTICES.due(
        harness.inner.database, batch.env, harness.inner.clock() + timedelta(days=1)
    )
    assert due == [], "a line posts nothing of its own"
    assert await harness.inner.trail_is_intact()


async def test_repeated_form_is_one_batch(harness: BatchHarness) -> None:
    replica = harness.replica()
    first, second = await asyncio.gather(
        harness.submit(replica, key="form"), harness.submit(replica, key="form")
    )
    third = await harness.submit(replica, key="form")
    assert sorted([first.result, second.result]) == [BatchResult.AGAIN, BatchResult.DONE]
    assert third.result is BatchResult.AGAIN
    assert first.batch is not None
    assert {outcome.batch.id for outcome in (first, second, third) if outcome.batch} == {first.batch.id}


async def test_list_with_a_wrong_line_is_only_requested_without_it(sqlite_harness: BatchHarness) -> None:
    replica = sqlite_harness.replica()
    checked = await replica.batches.check(lines_giving("cus_bold", "nobody"), ANA)
    refused = await replica.batches.submit("form", checked, ANA)
    assert (refused.result, refused.batch) == (BatchResult.PROBLEMS, None)
    outcome = await replica.batches.submit("form", checked.without_problems(), ANA)
    assert outcome.batch is not None
    assert outcome.batch.progress.all == 1
    nothing = await replica.batches.check(lines_giving("nobody"), ANA)
    assert (
        await replica.batches.submit("none", nothing.without_problems(), ANA)
    ).result is BatchResult.PROBLEMS


async def test_two_approvals_are_needed_if_the_policy_says_so(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    harness.inner.permissions.needed = 2
    replica = harness.replica()
    batch = await harness.submitted(replica, lines_giving("cus_bold"))
    first = await replica.batches.approve(batch.id, batch.revision, RAJ)
    assert first.batch is not None
    assert first.batch.state is BatchState.WAITING
    repeated = await replica.batches.approve(batch.id, first.batch.revision, RAJ)
    assert repeated.result is BatchResult.ALREADY
    stale = await replica.batches.approve(batch.id, batch.revision, LEA)
    assert stale.result is BatchResult.STALE
    second = await replica.batches.approve(batch.id, first.batch.revision, LEA)
    assert second.batch is not None
    assert (second.batch.state, len(second.batch.approvals)) == (BatchState.RUNNING, 2)
    await replica.run()
    (line,) = await harness.lines(replica, batch)
    change = await replica.changes.get(line.change_id)
    assert change is not None
    assert (change.needed, {approval.person for approval in change.approvals}) == (2, {RAJ.user, LEA.user})
    assert await harness.inner.trail_is_intact()


async def test_approval_of_a_person_who_lost_permission_does_not_count(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    harness.inner.permissions.needed = 2
    replica = harness.replica()
    batch = await harness.submitted(replica)
    first = await replica.batches.approve(batch.id, batch.revision, RAJ)
    assert first.batch is not None
    harness.inner.permissions.refused.add((RAJ.user, Verb.APPROVE))
    second = await replica.batches.approve(batch.id, first.batch.revision, LEA)
    assert second.batch is not None
    assert second.batch.state is BatchState.WAITING
    assert {approval.person: approval.counts for approval in second.batch.approvals} == {
        RAJ.user: False,
        LEA.user: True,
    }
    assert await harness.inner.trail_is_intact()


async def test_concurrent_approvals_apply_the_list_once(harness: BatchHarness) -> None:
    replica = harness.replica()
    batch = await harness.submitted(replica, lines_giving("cus_bold"))
    outcomes = await asyncio.gather(
        *(replica.batches.approve(batch.id, batch.revision, actor) for actor in (RAJ, LEA))
    )
    assert [outcome.result for outcome in outcomes].count(BatchResult.DONE) == 1
    await replica.run()
    assert harness.inner.written() == 1


async def test_denied_list_is_not_applied(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.submitted(replica)
    denied = await replica.batches.deny(batch.id, batch.revision, RAJ, "not now")
    assert denied.batch is not None
    assert (denied.batch.state, denied.batch.comment) == (BatchState.DENIED, "not now")
    late = await replica.batches.approve(batch.id, denied.batch.revision, LEA)
    assert late.result is BatchResult.TOO_LATE
    await replica.run()
    assert harness.inner.written() == 0
    assert await harness.inner.trail_is_intact()


async def test_waiting_list_is_withdrawn_only_by_its_requester(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.submitted(replica)
    assert (await replica.batches.withdraw(batch.id, RAJ)).result is BatchResult.NOT_ALLOWED
    withdrawn = (await replica.batches.withdraw(batch.id, ANA)).batch
    assert withdrawn is not None
    assert (withdrawn.state, withdrawn.decided_by) == (BatchState.WITHDRAWN, ANA.user)
    assert harness.drawn[-1] == (batch.id, withdrawn.revision)
    repeated = await replica.batches.withdraw(batch.id, ANA)
    assert repeated.result is BatchResult.TOO_LATE
    late = await replica.batches.approve(batch.id, withdrawn.revision, LEA)
    assert late.result is BatchResult.TOO_LATE
    assert (await replica.batches.withdraw("unknown", ANA)).result is BatchResult.UNKNOWN
    await replica.run()
    assert harness.inner.written() == 0
    assert await harness.events(batch) == ["asked", "withdrawn"]
    assert await harness.inner.trail_is_intact()


async def test_concurrent_withdrawal_and_approval_end_in_one_of_them(harness: BatchHarness) -> None:
    """Two replicas withdraw and approve it, and both found it waiting."""
    replicas = harness.replica(), harness.replica()
    for _ in range(2):
        batch = await harness.submitted(replicas[0], lines_giving(CUSTOMERS[0]))
        before = harness.inner.written()
        withdrawn, approved = await asyncio.gather(
            replicas[0].batches.withdraw(batch.id, ANA),
            replicas[1].batches.approve(batch.id, batch.revision, RAJ),
        )
        assert {withdrawn.result, approved.result} == {BatchResult.DONE, BatchResult.TOO_LATE}
        for replica in replicas:
            await replica.run()
        ended = await harness.now(replicas[0], batch)
        if withdrawn.result is BatchResult.DONE:
            assert (ended.state, harness.inner.written()) == (BatchState.WITHDRAWN, before)
        else:
            assert (ended.state, harness.inner.written()) == (BatchState.DONE, before + 1)
    assert await harness.inner.trail_is_intact()


@pytest.mark.parametrize("first", ["withdraw", "approve"])
async def test_first_of_withdrawal_and_approval_wins(sqlite_harness: BatchHarness, first: str) -> None:
    """The other replica has already passed its checks."""
    harness = sqlite_harness
    replica, other_replica = harness.replica(), harness.replica()
    batch = await harness.submitted(replica, lines_giving("cus_bold"))

    async def withdraw() -> BatchOutcome:
        return await other_replica.batches.withdraw(batch.id, ANA)

    async def approve() -> BatchOutcome:
        return await other_replica.batches.approve(batch.id, batch.revision, RAJ)

    if first == "withdraw":
        harness.inner.permissions.meanwhile[Verb.APPROVE] = withdraw
        late = await replica.batches.approve(batch.id, batch.revision, RAJ)
    else:
        harness.inner.permissions.meanwhile[Verb.WITHDRAW] = approve
        late = await replica.batches.withdraw(batch.id, ANA)
    assert late.result is BatchResult.TOO_LATE
    state = BatchState.WITHDRAWN if first == "withdraw" else BatchState.RUNNING
    assert (await harness.now(replica, batch)).state is state


async def test_undecided_list_expires(harness: BatchHarness) -> None:
    replica = harness.replica()
    batch, other_batch = [await harness.submitted(replica, lines_giving("cus_bold")) for _ in range(2)]
    await replica.batches.ticker.keep_up()
    harness.inner.clock.move(hours=24)
    late = await replica.batches.approve(batch.id, batch.revision, RAJ)
    assert late.result is BatchResult.TOO_LATE
    assert late.batch is not None
    assert late.batch.state is BatchState.EXPIRED
    await replica.batches.ticker.keep_up()
    assert (await harness.now(replica, other_batch)).state is BatchState.EXPIRED
    assert await harness.events(other_batch) == ["asked", "expired"]


@pytest.mark.parametrize("verb", [Verb.ASK, Verb.APPROVE])
async def test_person_without_the_right_is_refused(sqlite_harness: BatchHarness, verb: Verb) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.submitted(replica)
    person = ANA if verb is Verb.ASK else RAJ
    harness.inner.permissions.refused.add((person.user, verb))
    approved = await replica.batches.approve(batch.id, batch.revision, RAJ)
    refusals = {Verb.ASK: BatchResult.REQUESTER_NOT_ALLOWED, Verb.APPROVE: BatchResult.NOT_ALLOWED}
    assert approved.result is refusals[verb]
    own = await replica.batches.approve(batch.id, batch.revision, ANA)
    assert own.result is BatchResult.NOT_ALLOWED
    denied = await replica.batches.deny(batch.id, batch.revision, person)
    assert denied.result is BatchResult.NOT_ALLOWED
    assert (await harness.now(replica, batch)).state is BatchState.WAITING


async def test_reason_and_channel_are_required_where_the_policy_says_so(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    harness.inner.permissions.reason_required = True
    replica = harness.replica()
    assert (await harness.submit(replica, reason=" ")).result is BatchResult.NO_REASON
    assert (await harness.submit(harness.replica(channel=""))).result is BatchResult.NO_CHANNEL


async def test_open_batches_of_a_person_are_limited(
    sqlite_harness: BatchHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 2)
    harness, line = sqlite_harness, lines_giving("cus_bold")
    replica = harness.replica()
    lists = [await harness.submitted(replica, line) for _ in range(2)]
    assert (await harness.submit(replica, line)).result is BatchResult.TOO_MANY_WAIT
    assert (await harness.submit(replica, line, actor=RAJ)).result is BatchResult.DONE
    await replica.batches.withdraw(lists[0].id, ANA)
    assert (await harness.submit(replica, line)).result is BatchResult.DONE


async def test_batch_of_the_other_environment_is_unknown(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    batch = await harness.submitted(harness.replica())
    live = harness.replica(env=Environment.LIVE).batches
    assert await live.get(batch.id) is None
    for step in (
        live.approve(batch.id, 1, RAJ),
        live.deny(batch.id, 1, RAJ),
        live.stop(batch.id, RAJ),
        live.resume(batch.id, RAJ),
        live.undo(batch.id, RAJ, key="k"),
    ):
        assert (await step).result is BatchResult.UNKNOWN


async def test_numbers_that_changed_since_are_not_overwritten(sqlite_harness: BatchHarness) -> None:
    """An extra allowance fits any balance; a new balance is outdated once the old one changed."""
    harness = sqlite_harness
    lines = [BatchLine(1, "cus_bold", LineCells("messages", "100", "set"))]
    replica = harness.replica()
    batch = await harness.approved(replica, lines)
    await harness.inner.change_in_autumn(remaining=17)
    await replica.run()
    (line,) = await harness.lines(replica, batch)
    assert (line.state, line.why, line.change_id) == (LineState.REFUSED, "moved", "")
    assert await harness.remaining("cus_bold") == 17


async def test_line_of_a_requester_who_lost_the_right_is_refused(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica)
    harness.inner.permissions.needed = 2
    await replica.run()
    assert {(line.state, line.why) for line in await harness.lines(replica, batch)} == {
        (LineState.REFUSED, "not_approved")
    }
    assert harness.inner.written() == 0


async def test_line_whose_approver_lost_the_right_is_refused(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica)
    harness.inner.permissions.refused.add((RAJ.user, Verb.APPROVE))
    await replica.run()
    assert {(line.state, line.why) for line in await harness.lines(replica, batch)} == {
        (LineState.REFUSED, "not_approved")
    }
    assert harness.inner.written() == 0


async def test_lines_under_two_approvals_need_only_those_that_each_needs(
    sqlite_harness: BatchHarness,
) -> None:
    harness = sqlite_harness
    harness.inner.permissions.needed = 2
    replica = harness.replica()
    batch = await harness.submitted(replica, lines_giving("cus_bold"))
    first = await replica.batches.approve(batch.id, batch.revision, RAJ)
    assert first.batch is not None
    await replica.batches.approve(batch.id, first.batch.revision, LEA)
    harness.inner.permissions.needed = 1
    harness.inner.permissions.refused.add((RAJ.user, Verb.APPROVE))
    await replica.run()
    (line,) = await harness.lines(replica, batch)
    change = await replica.changes.get(line.change_id)
    assert change is not None
    assert (change.state, [approval.person for approval in change.approvals]) == (State.APPLIED, [LEA.user])
    assert await harness.inner.trail_is_intact()


async def test_approved_line_is_refused_once_no_approval_counts(sqlite_harness: BatchHarness) -> None:
    """Though the line alone would need none: the list's total did."""
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica, lines_giving("cus_bold"))
    harness.inner.permissions.needed = 0
    harness.inner.permissions.refused.add((RAJ.user, Verb.APPROVE))
    await replica.run()
    (line,) = await harness.lines(replica, batch)
    assert (line.state, line.why) == (LineState.REFUSED, Result.NOT_APPROVED)


async def test_list_waits_while_its_approver_cannot_be_checked(sqlite_harness: BatchHarness) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica, lines_giving("cus_bold"))
    harness.inner.permissions.policy = BUILT_IN
    harness.inner.permissions.members[RAJ.user] = None
    await replica.run()
    stopped = await harness.now(replica, batch)
    assert stopped.state is BatchState.STOPPED
    harness.inner.permissions.members.clear()
    await replica.batches.resume(batch.id, ANA)
    await replica.run()
    assert await harness.states(replica, batch) == [LineState.APPLIED]


async def alter_line(harness: BatchHarness, batch: BatchRecord) -> None:
    async with harness.inner.database.writing() as connection:
        await connection.execute(
            update(batch_lines)
            .where(batch_lines.c.batch_id == batch.id, batch_lines.c.number == 1)
            .values(before={})
        )


async def add_approval(harness: BatchHarness, batch: BatchRecord) -> None:
    async with harness.inner.database.writing() as connection:
        await connection.execute(
            update(batch_decisions).where(batch_decisions.c.batch_id == batch.id).values(person=LEA.user)
        )


async def alter_trail(harness: BatchHarness, batch: BatchRecord) -> None:
    async with harness.inner.database.writing() as connection:
        for statement in TRIGGERS[connection.dialect.name]:
            await connection.execute(text(statement))
        await connection.execute(update(audit).where(audit.c.change_id == batch.id).values(actor=RAJ.user))


@pytest.mark.parametrize("alter", [alter_line, add_approval, alter_trail])
async def test_list_that_is_not_as_requested_is_not_applied(
    sqlite_harness: BatchHarness, alter: object
) -> None:
    harness = sqlite_harness
    replica = harness.replica()
    batch = await harness.approved(replica)
    assert callable(alter)
    await alter(harness, batch)
    assert not await harness.inner.trail_is_intact()
    await replica.run()
    assert {(line.state, line.why) for line in await harness.lines(replica, batch)} == {
        (LineState.REFUSED, Cause.NOT_AS_ASKED)
    }
    assert harness.inner.written() == 0


async def test_stored_list_belongs_to_its_person_for_a_day(harness: BatchHarness) -> None:
    replica = harness.replica()
    lines = lines_giving("cus_bold", "nobody")
    lines.append(BatchLine(3, "acme", LineCells("seats", "5", "now", decimal_comma=True), "quantity", "ws_1"))
    lines.append(BatchLine(4, "acme", kind="balance", input=harness.inner.balance()))
    draft = await replica.batches.keep(lines, ANA)
    assert await replica.batches.kept(draft, ANA) == tuple(lines)
    assert await replica.batches.kept(draft, RAJ) is None
    assert await replica.batches.kept("none", ANA) is None
    harness.inner.clock.at += timedelta(days=1, seconds=1)
    await replica.batches.ticker.keep_up()
    assert await replica.batches.kept(draft, ANA) is None


async def test_decidable_list_is_found_behind_others(
    sqlite_harness: BatchHarness,
) -> None:
    replica = sqlite_harness.replica()
    for customer in CUSTOMERS[:3]:
        await sqlite_harness.submitted(replica, lines_giving(customer))
    decidable = await sqlite_harness.submitted(replica, lines_giving(CUSTOMERS[3]), actor=RAJ)
    assert await replica.batches.waiting_for(ANA, limit=3) == [decidable]
    assert len(await replica.batches.waiting_for(LEA, limit=3)) == 3


async def test_old_lists_are_deleted_with_the_first_tick_and_every_ten_minutes(
    sqlite_harness: BatchHarness,
) -> None:
    harness, replica = sqlite_harness, sqlite_harness.replica()
    draft = await replica.batches.keep(lines_giving("cus_bold"), ANA)
    for hours, minutes, still_stored in ((23, 59, True), (0, 2, True), (0, 8, False)):
        harness.inner.clock.at += timedelta(hours=hours, minutes=minutes)
        await replica.batches.ticker.keep_up()
        assert (await replica.batches.kept(draft, ANA) is not None) is still_stored
    draft = await replica.batches.keep(lines_giving("cus_bold"), ANA)
    harness.inner.clock.at += timedelta(days=1, seconds=1)
    await harness.replica().batches.ticker.keep_up()
    assert await replica.batches.kept(draft, ANA) is None
