"""Rights at the moment that counts: with each approval the policy is asked about everybody again."""

from dataclasses import replace

import pytest

from bot.access.policy import Policy, Verb
from bot.access.rules import Power, Requirement, Rule, Who
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.results import Result
from bot.approvals.service import ChangeService
from tests.approvals.bench import ANA, LEA, RAJ, Bench

TWO = Policy(
    allow=(
        Rule("asks", Who(users=frozenset({"U_ANA"})), frozenset({Power.ASK, Power.UNDO})),
        Rule("decides", Who(users=frozenset({"U_RAJ", "U_LEA"})), frozenset({Power.APPROVE})),
    ),
    require=(Requirement("two", approvals=2),),
)


def forbids(user: str, power: Power) -> Policy:
    return replace(TWO, deny=(Rule("stop", Who(users=frozenset({user})), frozenset({power})),))


@pytest.fixture
async def desk(stage: Bench) -> ChangeService:
    stage.law.policy = TWO
    return stage.desk()


async def approved_once(stage: Bench, desk: ChangeService) -> Record:
    asked = await stage.waiting(desk)
    record = (await desk.approve(asked.id, 1, RAJ)).record
    assert record is not None
    assert record.state is State.WAITING
    return record


def counted(record: Record) -> dict[str, bool]:
    return {one.person: one.counts for one in record.approvals}


async def test_approval_of_someone_who_left_does_not_count(stage: Bench, desk: ChangeService) -> None:
    asked = await approved_once(stage, desk)
    stage.law.members["U_RAJ"] = False
    second = (await desk.approve(asked.id, 1, LEA)).record
    assert second is not None
    assert (second.state, counted(second)) == (State.WAITING, {"U_RAJ": False, "U_LEA": True})
    assert stage.written() == 0
    stage.law.members["U_RAJ"] = True
    third = (await desk.approve(asked.id, 1, RAJ)).record
    assert third is not None
    assert (third.state, counted(third)) == (State.APPLIED, {"U_RAJ": True, "U_LEA": True})
    assert await stage.whole()


async def test_approval_counts_no_more_once_a_rule_forbids_it(stage: Bench, desk: ChangeService) -> None:
    asked = await approved_once(stage, desk)
    stage.law.policy = forbids("U_RAJ", Power.APPROVE)
    record = (await desk.approve(asked.id, 1, LEA)).record
    assert record is not None
    assert (record.state, counted(record)) == (State.WAITING, {"U_RAJ": False, "U_LEA": True})


@pytest.mark.parametrize("who", ["U_ANA", "U_RAJ"])
async def test_nothing_is_decided_while_a_person_cannot_be_checked(
    stage: Bench, desk: ChangeService, who: str
) -> None:
    asked = await approved_once(stage, desk)
    stage.law.members[who] = None
    reply = await desk.approve(asked.id, 1, LEA)
    assert reply.result is Result.UNCHECKED
    assert await desk.get(asked.id) == asked
    stage.law.members[who] = True
    done = (await desk.approve(asked.id, 1, LEA)).record
    assert done is not None
    assert done.state is State.APPLIED


async def test_request_ends_when_its_asker_may_not_ask_any_more(stage: Bench, desk: ChangeService) -> None:
    asked = await approved_once(stage, desk)
    stage.law.members["U_ANA"] = False
    reply = await desk.approve(asked.id, 1, LEA)
    assert reply.result is Result.FAILED
    assert reply.record is not None
    assert (reply.record.state, reply.record.ending) == (State.FAILED, Cause.ASKER_NOT_ALLOWED)
    assert stage.events(asked)[-1] is ChangeEvent.FAILED
    assert stage.written() == 0
    assert await stage.whole()


async def test_right_to_undo_is_checked_for_an_undo(stage: Bench, desk: ChangeService) -> None:
    asked = await approved_once(stage, desk)
    await desk.approve(asked.id, 1, LEA)
    back = (await desk.undo(asked.id, "undo-1", ANA)).record
    assert back is not None
    stage.law.policy = forbids("U_ANA", Power.UNDO)
    ended = (await desk.approve(back.id, 1, RAJ)).record
    assert ended is not None
    assert ended.ending is Cause.ASKER_NOT_ALLOWED


async def test_more_approvals_are_waited_for_when_the_policy_wants_more(
    stage: Bench, desk: ChangeService
) -> None:
    asked = await approved_once(stage, desk)
    stage.law.policy = replace(TWO, require=(Requirement("three", approvals=3),))
    record = (await desk.approve(asked.id, 1, LEA)).record
    assert record is not None
    assert (record.state, record.needed) == (State.WAITING, 3)


async def test_two_who_approve_at_once_are_both_counted(stage: Bench, desk: ChangeService) -> None:
    asked = await stage.waiting(desk)
    # The policy is asked about the asker after it was read who approved before.
    stage.law.meanwhile[Verb.ASK] = lambda: desk.approve(asked.id, 1, LEA)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, counted(done)) == (State.APPLIED, {"U_RAJ": True, "U_LEA": True})
