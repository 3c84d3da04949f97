"""Applying a change: what is read back and how often, who is notified meanwhile, and what a late answer may
do."""

import asyncio
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from bot.access.people import Actor
from bot.access.policy import Decision, Request, Verb
from bot.approvals import state_text
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.preview import ChangeTimeouts
from bot.approvals.requests import ChangeRequest
from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotSent, RateLimited, Refused, refused
from bot.autumn.write import Write
from bot.changes import registry
from bot.changes.details.request import DetailsInput
from bot.changes.model import ChangeInput
from bot.changes.refund.request import RefundInput
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from bot.store.tables import changes
from sandbox.autumn.routes import payments
from tests.approvals.harness import ANA, CUSTOMER, LEA, QUICK, RAJ, Harness, Pauses, Permissions
from tests.approvals.test_engine import LIMITED, TwoWrites, lease_end
from tests.crashing import Died, dies_at
from tests.waiting import wait_until


async def submit_change(harness: Harness, request: ChangeInput) -> Record:
    wish = ChangeRequest(f"form-{harness.numbers()}", request, ANA, channel="C_SUPPORT", reason="so")
    record = (await harness.service().submit(wish)).record
    assert record is not None
    return record


async def trial_that_ends(harness: Harness) -> TrialInput:
    """The end of a trial for a customer without a card, so Autumn waits for them to pay."""
    harness.local.set_card("cus_umbrella", on_file=False)
    customer = await harness.autumn.customer("cus_umbrella")
    return TrialInput(
        customer="cus_umbrella",
        subscription=customer.subscriptions[0].id,
        product="pro",
        action=TrialAction.END_NOW,
    )


async def test_refused_change_is_read_back_once(sqlite_harness: Harness) -> None:
    harness, pauses = sqlite_harness, Pauses()

    class Refusing(Autumn):
        async def send(self, write: Write, key: str) -> Any:  # noqa: ARG002 - it is not sent
            raise Refused(status=400, code="invalid_inputs")

    away = harness.client(Refusing)
    service = harness.service(autumn=away, sleep=pauses.sleep)
    record = await harness.waiting(service)
    await service.approve(record.id, 1, RAJ)
    assert pauses.count == 1
    await away.aclose()


async def test_change_paid_before_the_read_back_is_applied(
    sqlite_harness: Harness,
) -> None:
    harness = sqlite_harness

    class PaidAtOnce(Autumn):
        async def send(self, write: Write, key: str) -> Any:
            answer = await super().send(write, key)
            harness.local.pay(answer["payment_url"].rpartition("/")[2])
            return answer

    away = harness.client(PaidAtOnce)
    record = await submit_change(harness, await trial_that_ends(harness))
    done = (await harness.service(autumn=away).approve(record.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.details, done.payment_url) == (State.APPLIED, Cause.DONE, {}, "")
    await away.aclose()


async def test_payment_of_a_change_taken_over_is_not_reported(sqlite_harness: Harness) -> None:
    harness = sqlite_harness

    class Overtaken(Autumn):
        async def send(self, write: Write, key: str) -> Any:
            answer = await super().send(write, key)
            async with harness.database.writing() as connection:
                await connection.execute(update(changes).values(lease_by="another"))
            return answer

    away = harness.client(Overtaken)
    record = await submit_change(harness, await trial_that_ends(harness))
    unfinished = (await harness.service(autumn=away).approve(record.id, 1, RAJ)).record
    assert unfinished is not None
    assert (unfinished.state, unfinished.payment_url) == (State.APPLYING, "")
    await away.aclose()


async def test_autumns_answer_counts_beside_the_read_back(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    paid = await harness.autumn.invoices(customer_id="cus_northwind", status=("paid",))
    invoice = paid.list[0].stripe_id
    refund = RefundInput(customer="cus_northwind", invoice=invoice, currency="USD", amount=Decimal(5))
    record = await submit_change(harness, refund)
    done = (await harness.service().approve(record.id, 1, RAJ)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert done.after is not None
    assert done.after["answered"] == "5"


async def test_refund_of_less_than_autumn_counts_is_applied_and_said(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but $9 of the payment was refunded in Stripe itself."""
    harness = sqlite_harness
    monkeypatch.setattr(payments, "refundable", lambda _invoice: 9.0)
    paid = await harness.autumn.invoices(customer_id="cus_northwind", status=("paid",))
    refund = RefundInput(customer="cus_northwind", invoice=paid.list[0].stripe_id, currency="USD")
    record = await submit_change(harness, refund)
    await harness.service().approve(record.id, 1, RAJ)
    stored = await harness.service().get(record.id)
    assert stored is not None
    assert stored.state is State.APPLIED
    assert "*Stripe refunded $9.00, not $" in state_text.described(stored, {})


async def test_failed_undo_is_not_reported_as_an_undo(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    record = await harness.waiting(service)
    await service.approve(record.id, 1, RAJ)
    undo = (await service.undo(record.id, "undo", ANA, reason="by mistake")).record
    assert undo is not None
    harness.local.faults.add("balances.update", "429", retry_after=3600)
    ended = (await service.approve(undo.id, 1, RAJ)).record
    assert ended is not None
    assert (ended.state, ended.undo_of) == (State.FAILED, record.id)
    assert ChangeEvent.UNDONE not in harness.events(record)


async def test_change_altered_in_the_database_is_logged(sqlite_harness: Harness, logs: io.StringIO) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    record = await harness.waiting(service)
    async with harness.database.writing() as connection:
        await connection.execute(update(changes).values(reason="another", ticket="another"))
    await service.approve(record.id, 1, RAJ)
    (line,) = (line for line in map(json.loads, logs.getvalue().splitlines()) if line["level"] == "error")
    assert (line["event"], line["reference"], line["count"]) == ("not as asked", record.id, 2)


async def test_undo_whose_numbers_change_is_judged_as_its_requesters_undo(sqlite_harness: Harness) -> None:
    harness, asked_about = sqlite_harness, []

    class Noted(Permissions):
        async def __call__(self, request: Request, actor: Actor) -> Decision:
            asked_about.append((request.verb, actor))
            return await super().__call__(request, actor)

    async def between(reached: str) -> None:
        if reached == "claimed":
            harness.local.state.customers[CUSTOMER].name = "Another Name"
            asked_about.clear()

    harness.permissions = Noted()
    service = harness.service()
    record = await harness.waiting(service, DetailsInput(customer=CUSTOMER, name="New Name"))
    await service.approve(record.id, 1, RAJ)
    undo = (await service.undo(record.id, "undo", LEA, reason="by mistake")).record
    assert undo is not None
    waiting = (await harness.service(checkpoint=between).approve(undo.id, 1, RAJ)).record
    assert waiting is not None
    assert (waiting.state, waiting.version) == (State.WAITING, 2)
    assert asked_about == [(Verb.UNDO, LEA)]


# Several writes, and Autumn's rate limit


@pytest.fixture
def two_writes(sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> Harness:
    kind = TwoWrites()
    kind.row = sqlite_harness.row
    monkeypatch.setattr(registry, "KINDS", (kind, *registry.KINDS[1:]))
    return sqlite_harness


async def test_no_write_follows_a_refused_one(two_writes: Harness) -> None:
    harness, sent = two_writes, []

    class RefusesTheFirst(Autumn):
        async def send(self, write: Write, key: str) -> Any:
            sent.append(key)
            if len(sent) == 1:
                raise Refused(status=400, code="invalid_inputs")
            return await super().send(write, key)

    away = harness.client(RefusesTheFirst)
    service = harness.service(autumn=away)
    record = await harness.waiting(service)
    done = (await service.approve(record.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.writes) == (State.FAILED, Cause.AUTUMN_REFUSED, 1)
    assert harness.written() == 0
    await away.aclose()


async def test_no_write_follows_an_unanswered_one(two_writes: Harness) -> None:
    harness, service = two_writes, two_writes.service()
    record = await harness.waiting(service)
    harness.local.faults.add("balances.update", "cut_before", times=1)
    done = (await service.approve(record.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.writes) == (State.UNCONFIRMED, Cause.NO_ANSWER, 1)
    assert harness.written() == 0


async def test_first_of_two_writes_is_sent_again_after_a_rate_limit(two_writes: Harness) -> None:
    harness, service = two_writes, two_writes.service(timeouts=LIMITED)
    record = await harness.waiting(service)
    harness.local.faults.add("balances.update", "429", times=1, retry_after=0)
    done = (await service.approve(record.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.writes, harness.written()) == (State.APPLIED, 2, 2)


async def test_rate_limited_write_waits_before_it_is_sent_again(sqlite_harness: Harness) -> None:
    """Maple waits as long as Autumn says, unless that is too long."""
    harness, sent = sqlite_harness, list[float]()

    class Limited(Autumn):
        async def send(self, write: Write, key: str) -> Any:  # noqa: ARG002 - it is not sent
            sent.append(asyncio.get_running_loop().time())
            raise RateLimited(status=429, retry_after=0.1 if len(sent) == 1 else LIMITED.limited + 1)

    away = harness.client(Limited)
    service = harness.service(autumn=away, timeouts=LIMITED)
    record = await harness.waiting(service)
    done = (await service.approve(record.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending) == (State.FAILED, Cause.RATE_LIMITED)
    first, second = sent
    assert second - first > 0.09
    await away.aclose()


@pytest.mark.parametrize(
    ("error", "ending"),
    [(NotSent(), Cause.NOT_REACHED), (refused(423)(status=423), Cause.AUTUMN_REFUSED)],
)
async def test_write_that_autumn_did_not_look_at_is_not_read_back(
    sqlite_harness: Harness, error: AutumnError, ending: Cause
) -> None:
    harness = sqlite_harness

    class Away(Autumn):
        async def send(self, write: Write, key: str) -> Any:  # noqa: ARG002 - it is not sent
            raise error

    away = harness.client(Away)
    service = harness.service(autumn=away)
    record = await harness.waiting(service)
    done = (await service.approve(record.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.after) == (State.FAILED, ending, None)
    await away.aclose()


# What runs while the change is written


async def test_lease_is_renewed_while_a_change_is_recovered(sqlite_harness: Harness) -> None:
    harness, renewed = sqlite_harness, asyncio.Event()
    dying = harness.service(checkpoint=dies_at("marked"))
    record = await harness.waiting(dying)
    with pytest.raises(Died):
        await dying.approve(record.id, 1, RAJ)
    harness.clock.move(seconds=QUICK.lease + 1)

    async def is_renewed() -> bool:
        return await lease_end(harness, record) == harness.clock() + QUICK.lease_time

    async def while_read_back(_seconds: float) -> None:
        harness.clock.move(seconds=QUICK.lease - 1)
        await wait_until(is_renewed)
        renewed.set()

    timeouts = ChangeTimeouts(lease=QUICK.lease, renew=QUICK.renew, polls=(0,), verify=60)
    ended = await harness.service(timeouts=timeouts, sleep=while_read_back)._engine.recover(record.id)
    assert renewed.is_set()
    assert ended is not None
    assert ended.ending is Cause.CUT_OFF


async def test_notification_while_writing_is_finished(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service, events = harness.service(), []
    record = await harness.waiting(service)

    async def is_applied() -> bool:
        now = await service.get(record.id)
        return now is not None and now.state is State.APPLIED

    async def slow(record: Record, event: ChangeEvent) -> None:
        """Notifying that the change is being applied takes longer than applying it."""
        if event is ChangeEvent.APPLYING:
            await wait_until(is_applied)
        events.append(event)

    harness.notify = slow  # type: ignore[method-assign]
    await harness.service().approve(record.id, 1, RAJ)
    assert events[-2:] == [ChangeEvent.APPLYING, ChangeEvent.APPLIED]


async def test_process_that_ends_while_writing_leaves_no_task_running(sqlite_harness: Harness) -> None:
    harness, ended = sqlite_harness, []
    record = await harness.waiting(harness.service())

    async def endless(record: Record, event: ChangeEvent) -> None:
        if event is ChangeEvent.APPLYING:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(event)

    harness.notify = endless  # type: ignore[method-assign]
    with pytest.raises(Died):
        await harness.service(checkpoint=dies_at("sent")).approve(record.id, 1, RAJ)
    assert ended == [ChangeEvent.APPLYING]
