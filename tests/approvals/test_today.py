"""Daily limits: counted when a change is let through, by any number of replicas at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, NoReturn
from uuid import uuid4

import pytest
from sqlalchemy import event, update

from bot.access.limits import NOTHING_MOVED, Measure
from bot.access.policy import Verb
from bot.approvals.daily_limits import DayTotals, Movement, TodayCounter, count, moved_today, with_today
from bot.approvals.lifecycle import Record, State
from bot.approvals.requests import ChangeRequest
from bot.approvals.results import Result
from bot.approvals.service import ChangeService
from bot.autumn.models import Environment
from bot.changes import registry, stored
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction, BalanceNote
from bot.changes.details.request import DetailsInput
from bot.changes.grant.request import GrantInput
from bot.changes.model import ChangeInput
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.changes.standalone import GrantSize
from bot.store.database import Database
from bot.store.tables import changes
from tests.approvals.harness import ANA, CUSTOMER, LEA, NOW, RAJ, Harness, running
from tests.databases import Engine, fresh
from tests.policy import read

MIDNIGHT = NOW.replace(hour=0, minute=0)
SMALL_AT_ONCE = """
[[allow]]
name = "asks"
who = "everyone"
may = ["ask", "approve", "undo"]

[[allow]]
name = "small"
who = "everyone"
may = "at_once"
changes = "balance"
amount_up_to = 500
per_day = 1_500
"""
LARGE_TAKE_TWO = """
[[allow]]
who = "everyone"
may = ["ask", "approve", "undo"]

[[require]]
changes = "balance"
amount_over = 1_000
approvals = 2
"""


async def request_more(harness: Harness, service: ChangeService, amount: int = 500) -> Record:
    record = (await service.submit(harness.request(harness.balance(amount=amount)))).record
    assert record is not None
    return record


async def state_after_request(harness: Harness, service: ChangeService, amount: int = 500) -> State:
    return (await request_more(harness, service, amount)).state


@pytest.fixture
async def replicas(engine: Engine) -> AsyncIterator[tuple[Harness, ChangeService, ChangeService]]:
    """Two processes on one database, each with its own connections."""
    url = fresh(engine)
    database, another = Database(url), Database(url)
    async with running(database) as harness:
        yield harness, harness.service(), replace(harness, database=another).service()
    await database.aclose()
    await another.aclose()


async def test_change_over_the_daily_limit_needs_approval(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(SMALL_AT_ONCE.replace("1_500", "1_000"))
    service = harness.service()
    assert [await state_after_request(harness, service) for _ in range(3)] == [State.APPLIED] * 2 + [
        State.WAITING
    ]
    harness.clock.move(hours=12)
    assert await state_after_request(harness, service) is State.APPLIED


async def test_day_counts_what_was_let_through_since_midnight(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.needed = 0
    record = await request_more(harness, harness.service(), 5)
    counter = TodayCounter(Environment.SANDBOX, record.input, ANA.user)
    dumped = stored.dump_input(record.input)
    applied = {
        "state": State.APPLIED,
        "env": counter.env,
        "kind": "balance",
        "input": dumped,
        "decided_at": MIDNIGHT,
        "lease_by": None,
        "lease_until": None,
        "writes": 0,
    }
    counts: list[dict[str, object]] = [
        {"created_at": MIDNIGHT - timedelta(hours=1)},
        {"state": State.APPROVED, "lease_by": "elsewhere", "lease_until": MIDNIGHT},
        {"state": State.APPLYING, "lease_by": "elsewhere", "lease_until": MIDNIGHT},
        {"state": State.UNCONFIRMED},
    ]
    not_counted: list[dict[str, object]] = [
        {"state": State.FAILED},
        {"state": State.SUPERSEDED},
        {"env": Environment.LIVE},
        {"kind": "usage"},
        {"input": {**dumped, "feature": "seats"}},
        {"decided_at": MIDNIGHT - timedelta(microseconds=1)},
    ]
    for earlier in counts + not_counted:
        values = update(changes).where(changes.c.id == record.id).values(**{**applied, **earlier})
        async with harness.database.writing() as connection:
            await connection.execute(values)
        now = MIDNIGHT + timedelta(seconds=1.5)
        counted = await count(harness.database, counter, now)
        moved = await moved_today(harness.database, counter.env, now, customers=[CUSTOMER], person="")
        assert DayTotals(moved.values()).of(record.input, ANA.user) == counted, earlier
        assert counted.units == (5 if earlier in counts else 0), earlier


async def test_form_shows_the_daily_total(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(SMALL_AT_ONCE)
    service = harness.service()
    facts = await service.read_facts("balance", CUSTOMER)
    first = await service.assess_on(harness.balance(amount=500), facts, ANA)
    assert BalanceNote.SAME_DAY not in [note.code for note in first.judgement.warnings]
    await request_more(harness, service)
    await request_more(harness, service)
    third = await service.assess_on(harness.balance(amount=500), facts, ANA)
    note = third.judgement.warnings[-1]
    assert (note.code, note.details) == (
        BalanceNote.SAME_DAY,
        {"nth": "3", "units": "1500", "feature": "messages"},
    )
    record = await request_more(harness, service)
    assert note in record.warnings


async def test_only_changes_of_the_same_balance_count(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(SMALL_AT_ONCE.replace("1_500", "500"))
    service = harness.service()
    other_customer = await harness.autumn.customer("cus_acme")
    row = other_customer.balances["messages"].breakdown[0].id
    elsewhere = harness.balance(amount=500, customer="cus_acme").model_copy(update={"row": row})
    assert await state_after_submit(service, harness.request(elsewhere)) is State.APPLIED
    assert await state_after_request(harness, service) is State.APPLIED


async def test_change_that_was_not_applied_does_not_count(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(SMALL_AT_ONCE)
    service = harness.service()
    waiting = await request_more(harness, service, 900)
    assert waiting.state is State.WAITING
    assert [await state_after_request(harness, service) for _ in range(2)] == [State.APPLIED] * 2
    applied = (await service.approve(waiting.id, 1, RAJ)).record
    assert applied is not None
    assert applied.state is State.APPLIED
    assert await state_after_request(harness, service, 1) is State.WAITING


async def test_change_that_may_have_been_applied_counts(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(SMALL_AT_ONCE.replace("1_500", "500"))
    service = harness.service()
    harness.local.faults.add("balances.update", "cut_before", times=1)
    assert await state_after_request(harness, service) is State.UNCONFIRMED
    assert await state_after_request(harness, service) is State.WAITING


async def test_undo_does_not_count_what_it_reverses(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(SMALL_AT_ONCE.replace("1_500", "500"))
    service = harness.service()
    done = await request_more(harness, service)
    back = (await service.undo(done.id, "undo-1", ANA)).record
    assert back is not None
    assert back.state is State.APPLIED
    second_undo = (await service.undo(back.id, "undo-2", ANA)).record
    assert second_undo is not None
    assert second_undo.state is State.WAITING


async def test_new_reset_date_exceeds_every_limit(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(SMALL_AT_ONCE)
    service = harness.service()
    gift = harness.balance(amount=1).model_copy(update={"customer": "cus_noname"})
    customer = await harness.autumn.customer("cus_noname")
    row = customer.balances["messages"].breakdown[0]
    assert row.reset is not None
    assert row.reset.resets_at is not None
    moved = gift.model_copy(update={"row": row.id, "reset_at": harness.clock().replace(day=24)})
    record = (await service.submit(harness.request(moved))).record
    assert record is not None
    assert (record.amount, record.state) == (None, State.WAITING)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_change_let_through_meanwhile_is_counted(
    replicas: tuple[Harness, ChangeService, ChangeService],
) -> None:
    harness, here, other_replica = replicas
    harness.permissions.policy = read(SMALL_AT_ONCE.replace("1_500", "500"))
    # This replica's policy sees an empty day, and answers only once the other replica is done.
    harness.permissions.meanwhile[Verb.ASK] = lambda: request_more(harness, other_replica)
    assert await state_after_request(harness, here) is State.WAITING
    assert await harness.granted() == 2500
    assert await harness.trail_is_intact()


async def test_concurrent_requests_stay_within_the_limit_per_day(
    replicas: tuple[Harness, ChangeService, ChangeService],
) -> None:
    harness, here, other_replica = replicas
    harness.permissions.policy = read(SMALL_AT_ONCE.replace("1_500", "1_000"))
    states = await asyncio.gather(
        *(state_after_request(harness, service) for service in (here, other_replica) * 2)
    )
    assert sorted(states) == [State.APPLIED] * 2 + [State.WAITING] * 2
    assert await harness.granted() == 3000


async def test_form_submitted_twice_at_the_limit_is_one_change(
    replicas: tuple[Harness, ChangeService, ChangeService],
) -> None:
    harness, here, other_replica = replicas
    harness.permissions.policy = read(SMALL_AT_ONCE.replace("1_500", "500"))
    wish = harness.request(harness.balance(amount=500))
    replies = await asyncio.gather(here.submit(wish), other_replica.submit(wish))
    assert sorted(reply.result for reply in replies) == [Result.AGAIN, Result.DONE]
    assert await harness.granted() == 2500


async def test_concurrent_approvals_stay_within_the_limit_per_day(
    replicas: tuple[Harness, ChangeService, ChangeService],
) -> None:
    harness, here, other_replica = replicas
    harness.permissions.policy = read(LARGE_TAKE_TWO)
    requests = [await request_more(harness, here, 600) for _ in range(2)]
    assert [record.needed for record in requests] == [1, 1]
    replies = await asyncio.gather(
        *(
            service.approve(record.id, 1, RAJ)
            for service, record in zip((here, other_replica), requests, strict=True)
        )
    )
    records = [reply.record for reply in replies if reply.record]
    assert sorted(record.state for record in records) == [State.APPLIED, State.WAITING]
    (waiting,) = (record for record in records if record.state is State.WAITING)
    assert (waiting.needed, [record.person for record in waiting.approvals]) == (2, ["U_RAJ"])
    done = (await other_replica.approve(waiting.id, 1, LEA)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert await harness.granted() == 3200
    assert await harness.trail_is_intact()


async def test_setting_the_balance_counts_by_the_difference(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(SMALL_AT_ONCE)
    service = harness.service()
    remaining = (await harness.autumn.customer(CUSTOMER)).balances["messages"].remaining
    await request_more(harness, service)
    lowered = harness.balance(BalanceAction.SET, int(remaining + 100))
    assessment = await service.assess_on(lowered, await service.read_facts("balance", CUSTOMER), ANA)
    assert assessment.judgement.warnings[-1].details["units"] == "900"
    assert assessment.today.units == Decimal(500)


A_PERSON_AT_ONCE = """
[[allow]]
who = "everyone"
may = ["ask", "approve"]

[[allow]]
name = "small"
who = "everyone"
may = "at_once"
changes = ["balance", "grant"]
per_day = 1_000
per_person_day = 1_000
"""
FOR_LESS_AT_ONCE = """
[[allow]]
who = "everyone"
may = ["ask", "approve"]

[[allow]]
name = "cheap"
who = "everyone"
may = "at_once"
changes = ["balance", "grant"]
value_up_to = { USD = 8 }
value_per_person_day = { USD = 12 }
"""
PRICED = "cus_acme"


async def balance_input(harness: Harness, customer: str, amount: int) -> BalanceInput:
    balance = (await harness.autumn.customer(customer)).balances["messages"]
    return harness.balance(amount=amount, customer=customer).model_copy(
        update={"row": balance.breakdown[0].id}
    )


def grant(amount: int, customer: str = CUSTOMER) -> GrantInput:
    return GrantInput(
        customer=customer,
        feature="messages",
        grant=f"maple_{uuid4().hex}",
        size=GrantSize.AMOUNT,
        amount=Decimal(amount),
    )


async def state_after_submit(service: ChangeService, request: ChangeRequest) -> State:
    record = (await service.submit(request)).record
    assert record is not None
    return record.state


async def test_grants_and_balances_count_together(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(A_PERSON_AT_ONCE)
    service = harness.service()
    assert await state_after_request(harness, service, 600) is State.APPLIED
    assert await state_after_submit(service, harness.request(grant(401))) is State.WAITING
    assert await state_after_submit(service, harness.request(grant(400))) is State.APPLIED
    assert await state_after_request(harness, service, 1) is State.WAITING
    limits = harness.permissions.decisions[-1].exceeded
    assert [(limit.measure, limit.left) for limit in limits] == [
        (Measure.DAY, Decimal(0)),
        (Measure.PERSON_DAY, Decimal(0)),
    ]


async def test_person_has_a_limit_for_all_customers(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(A_PERSON_AT_ONCE)
    service = harness.service()
    assert await state_after_request(harness, service, 600) is State.APPLIED
    elsewhere = await balance_input(harness, PRICED, 401)
    assert await state_after_submit(service, harness.request(elsewhere)) is State.WAITING
    assert [limit.measure for limit in harness.permissions.decisions[-1].exceeded] == [Measure.PERSON_DAY]
    by_raj = replace(harness.request(elsewhere), actor=RAJ)
    assert await state_after_submit(service, by_raj) is State.APPLIED


async def test_daily_total_in_money_counts_all_features_and_kinds(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(FOR_LESS_AT_ONCE)
    service = harness.service()
    # 125 messages cost this customer a dollar.
    assert (
        await state_after_submit(service, harness.request(await balance_input(harness, PRICED, 1001)))
        is State.WAITING
    )
    assert (
        await state_after_submit(service, harness.request(await balance_input(harness, PRICED, 500)))
        is State.APPLIED
    )
    assert await state_after_submit(service, harness.request(grant(600, PRICED))) is State.WAITING
    assert await state_after_submit(service, harness.request(grant(500, PRICED))) is State.APPLIED
    # Without a price for messages, this customer's change has no worth to compare with the limit.
    assert await state_after_request(harness, service, 1) is State.WAITING
    (limit, *_) = harness.permissions.decisions[-1].exceeded
    assert (limit.limit, limit.currency) == (None, "")
    assert await harness.trail_is_intact()


async def test_waiting_request_is_held_to_the_limits_at_its_decision(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(LARGE_TAKE_TWO)
    service = harness.service()
    waiting = [await request_more(harness, service, 600) for _ in range(2)]
    first = (await service.approve(waiting[0].id, 1, RAJ)).record
    second = (await service.approve(waiting[1].id, 1, RAJ)).record
    assert first is not None
    assert second is not None
    assert (first.state, second.state, second.needed) == (State.APPLIED, State.WAITING, 2)
    today = await with_today(harness.database, second.env, second.id, harness.clock())
    assert today is not None
    assert (today[1].units, today[1].person_units) == (Decimal(600), Decimal(600))


async def test_day_is_the_sum_of_each_of_its_changes(harness: Harness) -> None:
    """Counted by the database, in groups of equal changes, as if each was read."""
    harness.permissions.needed = 0
    service, now = harness.service(), harness.clock()
    priced = await balance_input(harness, PRICED, 500)
    redeemed = RewardInput(customer=CUSTOMER, action=RewardAction.REDEEM, code="BONUS500")
    inputs: list[ChangeInput] = [
        *[harness.balance(amount=amount) for amount in (100, 100, 7)],
        *[priced] * 2,
        grant(40, PRICED),
        redeemed,
        DetailsInput(customer=CUSTOMER, name="Bold"),
    ]
    for actor, requested in zip((ANA, RAJ) * 5, inputs, strict=False):
        request = replace(harness.request(requested), actor=actor)
        assert (await service.submit(request)).result is Result.DONE
    env, each_once = Environment.SANDBOX, inputs[2:4] + inputs[5:]
    for person, requested in product(("", RAJ.user), each_once):
        moved = await moved_today(harness.database, env, now, customers={requested.customer}, person=person)
        counter = TodayCounter(env, requested, person)
        counted = await count(harness.database, counter, now)
        if registry.of(requested).valued or registry.of(requested).daily:
            assert counted == DayTotals(moved.values()).of(requested, person)
        else:
            assert counted == NOTHING_MOVED
    messages = await count(harness.database, TodayCounter(env, inputs[0], ANA.user), now)
    assert messages.count == 4, "three changes of the balance, and the promo code"
    assert messages.person_units == 100 + 7 + 500 + 500, "two of them, one elsewhere, and the promo code"


async def test_no_earlier_change_is_read_to_count_the_day(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = sqlite_harness
    harness.permissions.needed = 0
    service, balance_input = harness.service(), harness.balance(amount=5)
    for _ in range(2):
        assert await state_after_request(harness, service, 5) is State.APPLIED

    def read(_stored: object) -> NoReturn:
        raise AssertionError("a change of the day was read")

    monkeypatch.setattr(stored, "read_input", read)
    counter = TodayCounter(Environment.SANDBOX, balance_input, ANA.user)
    today = await count(harness.database, counter, harness.clock())
    assert (today.count, today.units, today.person_units) == (2, Decimal(10), Decimal(10))


async def test_changes_planned_in_the_same_list_count(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.policy = read(A_PERSON_AT_ONCE)
    service = harness.service()
    facts = await service.read_facts("balance", CUSTOMER)
    gift = harness.balance(amount=100)
    earlier = Movement("cus_other", ANA.user, {"feature:messages": Decimal(901)})
    for planned, at_once in ((), True), ((earlier,), False):
        today = DayTotals(planned).of(gift, ANA.user)
        assessment = await service.assess_on(gift, facts, ANA, today=today)
        assert (await service.may_request(assessment, ANA)).at_once is at_once


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_concurrent_requests_at_a_persons_limit_let_one_through(
    replicas: tuple[Harness, ChangeService, ChangeService],
) -> None:
    harness, here, other_replica = replicas
    harness.permissions.policy = read(A_PERSON_AT_ONCE)
    elsewhere = await balance_input(harness, PRICED, 600)
    states = await asyncio.gather(
        state_after_submit(here, harness.request(harness.balance(amount=600))),
        state_after_submit(other_replica, harness.request(elsewhere)),
    )
    assert sorted(states) == [State.APPLIED, State.WAITING]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_concurrent_requests_at_a_money_limit_let_one_through(
    replicas: tuple[Harness, ChangeService, ChangeService],
) -> None:
    harness, here, other_replica = replicas
    harness.permissions.policy = read(FOR_LESS_AT_ONCE)
    balance = await balance_input(harness, PRICED, 600)
    states = await asyncio.gather(
        state_after_submit(here, harness.request(balance)),
        state_after_submit(other_replica, harness.request(grant(600, PRICED))),
    )
    assert sorted(states) == [State.APPLIED, State.WAITING]


async def test_counting_reads_only_the_changes_of_the_customer_and_of_the_person() -> None:
    """With an index for each, the count takes no longer however many other changes there are."""
    database = Database(fresh("sqlite"))
    engine, statements = database._engine.sync_engine, list[tuple[str, Any]]()

    def executing(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    requested = BalanceInput(
        customer=CUSTOMER, feature="messages", row="r", action=BalanceAction.GIVE, amount=Decimal(1)
    )
    event.listen(engine, "before_cursor_execute", executing)
    try:
        await count(database, TodayCounter(Environment.SANDBOX, requested, ANA.user), datetime.now(UTC))
        await moved_today(
            database, Environment.SANDBOX, datetime.now(UTC), customers=[CUSTOMER], person=ANA.user
        )
    finally:
        event.remove(engine, "before_cursor_execute", executing)
    counting = [(statement, values) for statement, values in statements if statement.startswith("SELECT")]
    assert len(counting) == 3
    async with database.reading() as connection:
        for statement, values in counting:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [row.detail for row in plan]
            assert any("ix_changes_asker" in step for step in steps), steps
            assert not any(step.startswith("SCAN changes") for step in steps), steps
    await database.aclose()
