"""What Autumn's answer to a write proves is known to everyone who reads the change back later."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.approvals.lifecycle import Cause, Record, State
from bot.approvals.results import Result
from bot.changes import registry
from bot.changes.model import Proof, Snapshot, Verdict
from bot.changes.usage.kind import UsageChange
from bot.changes.usage.request import UsageInput
from bot.runtime import Checkpoint
from tests.approvals.harness import CUSTOMER, RAJ, Harness
from tests.approvals.records import record
from tests.approvals.test_engine import lose_the_lease
from tests.crashing import Died, dies_at

USAGE = UsageInput(customer=CUSTOMER, feature="messages", value=Decimal(5), mark="mark")
RECORDED: Snapshot = {"recorded": "5"}


def autumn_fails_after_the_write(harness: Harness, *routes: str) -> Checkpoint:
    async def checkpoint(reached: str) -> None:
        if reached == "sent":
            for route in routes:
                harness.local.faults.add(route, "500")

    return checkpoint


async def unconfirmed(harness: Harness) -> Record:
    """Usage that Autumn recorded, and whose customer could not be read afterwards."""
    service = harness.service(checkpoint=autumn_fails_after_the_write(harness, "customers.get"))
    request = await harness.waiting(service, USAGE)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.proof) == (State.UNCONFIRMED, Cause.NOT_SEEN, RECORDED)
    harness.local.faults.clear()
    return done


async def test_change_is_found_done_by_what_autumn_answered_before(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    change = await unconfirmed(harness)
    harness.local.faults.add("customers.get", "500")
    assert (await harness.service().check_again(change.id, RAJ)).result is Result.TROUBLE
    harness.local.faults.clear()
    harness.local.faults.add("events.list", "500")
    outcome = await harness.service().check_again(change.id, RAJ)
    assert outcome.record is not None
    assert (outcome.record.state, outcome.record.ending) == (State.APPLIED, Cause.FOUND_DONE)
    assert outcome.record.after == RECORDED
    assert await harness.trail_is_intact()


async def test_change_cannot_be_marked_as_not_applied_if_autumn_answered_that_it_was(
    sqlite_harness: Harness,
) -> None:
    harness = sqlite_harness
    change = await unconfirmed(harness)
    harness.local.faults.add("events.list", "500")
    marked = await harness.service().mark(change.id, RAJ, applied=False)
    assert marked.result is Result.SEEN_APPLIED


async def test_process_that_takes_over_knows_what_autumn_answered(harness: Harness) -> None:
    dying, service = harness.service(checkpoint=dies_at("sent")), harness.service()
    request = await harness.waiting(service, USAGE)
    with pytest.raises(Died):
        await dying.approve(request.id, 1, RAJ)
    harness.local.faults.add("events.list", "500")
    harness.clock.move(seconds=21)
    await service.sweeper.sweep(harness.clock())
    settled = await service.get(request.id)
    assert settled is not None
    assert (settled.state, settled.ending) == (State.APPLIED, Cause.FOUND_DONE)
    assert harness.written() == 1


async def test_answer_is_kept_when_recovery_fails(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = sqlite_harness
    dying, service = harness.service(checkpoint=dies_at("sent")), harness.service()
    request = await harness.waiting(service, USAGE)
    with pytest.raises(Died):
        await dying.approve(request.id, 1, RAJ)

    def fails(*_: object) -> Verdict:
        raise LookupError

    harness.clock.move(seconds=21)
    with monkeypatch.context() as faulty:
        faulty.setattr(UsageChange, "verify", fails)
        await service.sweeper.sweep(harness.clock(), "recovery")
    settled = await service.get(request.id)
    assert settled is not None
    assert (settled.state, settled.ending, settled.proof) == (State.UNCONFIRMED, Cause.CUT_OFF, RECORDED)
    assert (await service.check_again(request.id, RAJ)).result is Result.DONE


async def test_process_that_lost_its_lease_leaves_the_answer_alone(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    requests: list[Record] = []

    async def between(reached: str) -> None:
        if reached == "marked":
            await lose_the_lease(harness, requests[0])

    service = harness.service(checkpoint=between)
    requests.append(await harness.waiting(service, USAGE))
    unfinished = (await service.approve(requests[0].id, 1, RAJ)).record
    assert unfinished is not None
    assert (unfinished.state, unfinished.proof) == (State.APPLYING, {})


@pytest.mark.parametrize(
    ("kind", "answer", "proof"),
    [
        ("refund", {"amount": 12.5, "receipt_email": "someone@example.com"}, {"answered": "12.5"}),
        ("refund", {"error": "none"}, {}),
        ("reward", {"coupon": {"id": "ten", "name": None}}, {"coupon": "ten"}),
        ("reward", None, {}),
        ("usage", {"value": 5, "customer_id": "cus_1", "deductions": []}, {}),
        ("usage", [], {}),
        ("balance", {"success": True}, {}),
    ],
)
def test_only_what_proves_the_effect_is_kept_of_an_answer(kind: str, answer: object, proof: Proof) -> None:
    assert registry.kind(kind).proof(answer) == proof


def test_earlier_record_has_no_proof() -> None:
    earlier = replace(record(State.UNCONFIRMED), details={"now": "unread", "status": "500"})
    assert earlier.proof == {}
