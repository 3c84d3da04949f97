"""Permissions are checked when it matters: with each approval, the policy decides about everyone again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.access.limits import Measure, Tolerance
from bot.access.policy import Policy
from bot.access.rules import Power, Requirement, Rule, When, Who
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.results import Result
from bot.approvals.service import ChangeService
from bot.changes.balance.words import BalanceAction
from tests.approvals.harness import ANA, CUSTOMER, LEA, RAJ, Harness

TWO = Policy(
    allow=(
        Rule("asks", Who(users=frozenset({"U_ANA"})), frozenset({Power.ASK, Power.UNDO})),
        Rule("decides", Who(users=frozenset({"U_RAJ", "U_LEA"})), frozenset({Power.APPROVE})),
    ),
    require=(Requirement("two", approvals=2),),
)


def policy_that_forbids(user: str, power: Power) -> Policy:
    return replace(TWO, deny=(Rule("stop", Who(users=frozenset({user})), frozenset({power})),))


@pytest.fixture
def harness(sqlite_harness: Harness) -> Harness:
    """On SQLite only: which people are checked does not depend on the database."""
    sqlite_harness.permissions.policy = TWO
    return sqlite_harness


@pytest.fixture
def service(harness: Harness) -> ChangeService:
    return harness.service()


async def approved_once(harness: Harness, service: ChangeService) -> Record:
    request = await harness.waiting(service)
    record = (await service.approve(request.id, 1, RAJ)).record
    assert record is not None
    assert record.state is State.WAITING
    return record


def counts_by_person(record: Record) -> dict[str, bool]:
    return {approval.person: approval.counts for approval in record.approvals}


async def test_approval_of_someone_who_left_does_not_count(harness: Harness, service: ChangeService) -> None:
    request = await approved_once(harness, service)
    harness.permissions.members["U_RAJ"] = False
    second = (await service.approve(request.id, 1, LEA)).record
    assert second is not None
    assert (second.state, counts_by_person(second)) == (State.WAITING, {"U_RAJ": False, "U_LEA": True})
    assert harness.written() == 0
    harness.permissions.members["U_RAJ"] = True
    third = (await service.approve(request.id, 1, RAJ)).record
    assert third is not None
    assert (third.state, counts_by_person(third)) == (State.APPLIED, {"U_RAJ": True, "U_LEA": True})
    assert await harness.trail_is_intact()


async def test_approval_no_longer_counts_once_a_rule_forbids_it(
    harness: Harness, service: ChangeService
) -> None:
    request = await approved_once(harness, service)
    harness.permissions.policy = policy_that_forbids("U_RAJ", Power.APPROVE)
    record = (await service.approve(request.id, 1, LEA)).record
    assert record is not None
    assert (record.state, counts_by_person(record)) == (State.WAITING, {"U_RAJ": False, "U_LEA": True})


async def test_nothing_is_decided_while_a_person_cannot_be_checked(
    harness: Harness, service: ChangeService
) -> None:
    request = await approved_once(harness, service)
    for person in ("U_ANA", "U_RAJ"):
        harness.permissions.members[person] = None
        reply = await service.approve(request.id, 1, LEA)
        assert reply.result is Result.UNCHECKED, person
        assert await service.get(request.id) == request, person
        harness.permissions.members[person] = True
    done = (await service.approve(request.id, 1, LEA)).record
    assert done is not None
    assert done.state is State.APPLIED


async def test_request_ends_when_its_requester_loses_permission(
    harness: Harness, service: ChangeService
) -> None:
    request = await approved_once(harness, service)
    harness.permissions.members["U_ANA"] = False
    reply = await service.approve(request.id, 1, LEA)
    assert reply.result is Result.FAILED
    assert reply.record is not None
    assert (reply.record.state, reply.record.ending) == (State.FAILED, Cause.REQUESTER_NOT_ALLOWED)
    assert harness.events(request)[-1] is ChangeEvent.FAILED
    assert harness.written() == 0
    assert await harness.trail_is_intact()


async def test_right_to_undo_is_checked_for_an_undo(harness: Harness, service: ChangeService) -> None:
    request = await approved_once(harness, service)
    await service.approve(request.id, 1, LEA)
    back = (await service.undo(request.id, "undo-1", ANA)).record
    assert back is not None
    harness.permissions.policy = policy_that_forbids("U_ANA", Power.UNDO)
    ended = (await service.approve(back.id, 1, RAJ)).record
    assert ended is not None
    assert ended.ending is Cause.REQUESTER_NOT_ALLOWED


async def test_request_waits_when_the_policy_now_requires_more_approvals(
    harness: Harness, service: ChangeService
) -> None:
    request = await approved_once(harness, service)
    harness.permissions.policy = replace(TWO, require=(Requirement("three", approvals=3),))
    record = (await service.approve(request.id, 1, LEA)).record
    assert record is not None
    assert (record.state, record.needed) == (State.WAITING, 3)


UP_TO_510 = When(up_to={Measure.AMOUNT: Decimal(510)})
RAJ_UP_TO_510 = replace(
    TWO,
    allow=(
        TWO.allow[0],
        Rule("a little", Who(users=frozenset({"U_RAJ"})), frozenset({Power.APPROVE}), UP_TO_510),
        Rule("all", Who(users=frozenset({"U_LEA"})), frozenset({Power.APPROVE})),
    ),
)


async def raised_by_500(harness: Harness, service: ChangeService) -> tuple[Record, float]:
    """A request that raises the balance by 500, and the usage so far."""
    balance = (await harness.autumn.customer(CUSTOMER)).balances["messages"]
    request = await harness.waiting(service, harness.balance(BalanceAction.SET, int(balance.remaining) + 500))
    return request, float(balance.usage)


async def test_size_that_grew_while_waiting_decides_who_approves(harness: Harness) -> None:
    harness.permissions.policy = RAJ_UP_TO_510
    service = harness.service(tolerance=Tolerance(units=Decimal(30)))
    request, usage = await raised_by_500(harness, service)
    await harness.change_in_autumn(usage=usage + 20)
    reply = await service.approve(request.id, 1, RAJ)
    assert (reply.result, reply.record) == (Result.NOT_ALLOWED, request)
    assert (await service.approve(request.id, 1, LEA)).result is Result.DONE
    assert harness.written() == 0


async def test_approval_of_a_smaller_size_no_longer_counts(harness: Harness) -> None:
    harness.permissions.policy = RAJ_UP_TO_510
    service = harness.service(tolerance=Tolerance(units=Decimal(30)))
    request, usage = await raised_by_500(harness, service)
    assert (await service.approve(request.id, 1, RAJ)).result is Result.DONE
    await harness.change_in_autumn(usage=usage + 20)
    second = (await service.approve(request.id, 1, LEA)).record
    assert second is not None
    assert (second.state, counts_by_person(second)) == (State.WAITING, {"U_RAJ": False, "U_LEA": True})
    assert harness.written() == 0
    assert await harness.trail_is_intact()
