"""The change service: requests, decisions and notices; on both databases where a transaction decides."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import update

from bot.access.limits import Tolerance
from bot.access.people import Actor
from bot.access.policy import Verb
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.lifecycle import Cause, ChangeEvent, Record, State
from bot.approvals.preview import ReadBack
from bot.approvals.results import Result
from bot.autumn.models import Environment
from bot.changes import registry
from bot.changes.balance.words import BalanceAction, BalanceLine, BalanceNote
from bot.changes.deletion.request import DeletionInput
from bot.changes.details.request import DetailsInput
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.store import audit
from bot.store.tables import changes
from tests.approvals.harness import ANA, CUSTOMER, LEA, NOW, RAJ, Harness
from tests.lost_writes import carry_out


async def test_request_is_approved_applied_and_undone(harness: Harness) -> None:
    service = harness.service()
    reply = await service.submit(harness.request())
    assert reply.result is Result.DONE
    request = reply.record
    assert request is not None
    assert (request.state, request.version, request.needed, request.rule) == (State.WAITING, 1, 1, "rule")
    assert (request.amount, request.products, request.rewards) == (Decimal(100), frozenset({"starter"}), None)
    assert harness.events(request) == [ChangeEvent.ASKED]
    assert harness.written() == 0

    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.decided_by, done.writes) == (State.APPLIED, Cause.DONE, "U_RAJ", 1)
    assert [approval.person for approval in done.approvals] == ["U_RAJ"]
    assert done.lease_until is None
    assert done.undoable
    assert harness.events(request) == [ChangeEvent.ASKED, ChangeEvent.APPLYING, ChangeEvent.APPLIED]
    assert harness.written() == 1
    assert harness.local.ledger[-1].idempotency_key == f"maple:{request.id}:0"
    assert await harness.granted() == 2100

    undos = await asyncio.gather(
        *(service.undo(request.id, f"undo-{n}", LEA, reason="wrong customer") for n in range(3))
    )
    assert sorted(undo.result for undo in undos) == [Result.DONE] + [Result.NO_UNDO] * 2
    (back,) = (undo.record for undo in undos if undo.result is Result.DONE)
    assert back is not None
    assert (back.state, back.undo_of, back.requester) == (State.WAITING, request.id, "U_LEA")
    assert back.reason == "wrong customer"
    assert harness.permissions.requests[-1].verb is Verb.UNDO
    second = await service.undo(request.id, "undo-again", RAJ)
    assert second.result is Result.NO_UNDO
    assert second.record is not None
    assert second.record.undo == back.id
    assert not second.record.undone
    undone = (await service.approve(back.id, 1, RAJ)).record
    assert undone is not None
    assert undone.state is State.APPLIED
    assert await harness.granted() == 2000
    original = await service.get(request.id)
    assert original is not None
    assert original.undone
    assert harness.events(request)[-1] is ChangeEvent.UNDONE
    assert (await service.undo(request.id, "undo-late", RAJ)).result is Result.NO_UNDO

    assert await harness.steps(request) == ["asked", "approved", "applying", "writing", "applied", "undone"]
    assert [entry.event for entry in await service.steps(back.id)][-1] == "applied"
    assert {record.id for record in await service.history(CUSTOMER)} == {request.id, back.id}
    assert [record.id for record in await service.requested_by("U_LEA")] == [back.id]
    assert await service.waiting() == []
    assert await harness.trail_is_intact()


async def test_denied_undo_can_be_requested_again(sqlite_harness: Harness) -> None:
    service = sqlite_harness.service()
    request = await sqlite_harness.waiting(service)
    await service.approve(request.id, 1, RAJ)
    first = (await service.undo(request.id, "undo-1", RAJ, channel="C_OTHER")).record
    assert first is not None
    assert first.channel == "C_OTHER"
    await service.deny(first.id, 1, LEA)
    assert (await service.undo(request.id, "undo-2", RAJ)).result is Result.DONE


async def test_change_that_was_not_applied_cannot_be_undone(sqlite_harness: Harness) -> None:
    service = sqlite_harness.service()
    request = await sqlite_harness.waiting(service)
    assert (await service.undo(request.id, "undo-1", RAJ)).result is Result.NO_UNDO
    assert (await service.undo("nothing", "undo-1", RAJ)).result is Result.UNKNOWN
    deletion = await sqlite_harness.waiting(service, DeletionInput(customer=CUSTOMER, typed=CUSTOMER))
    done = (await service.approve(deletion.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.after) == (State.APPLIED, None)
    assert (await service.undo(deletion.id, "undo-1", RAJ)).result is Result.NO_UNDO


async def test_form_submitted_twice_is_one_change(harness: Harness) -> None:
    service, wish = harness.service(), harness.request()
    replies = await asyncio.gather(*(service.submit(wish) for _ in range(4)))
    assert sorted(reply.result for reply in replies) == [Result.AGAIN] * 3 + [Result.DONE]
    assert len({reply.record.id for reply in replies if reply.record}) == 1
    assert (await service.submit(wish)).result is Result.AGAIN
    assert len(harness.notified) == 1


async def test_change_without_approval_is_applied_right_away(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.needed = 0
    service = harness.service(channel="")
    done = (await service.submit(harness.request())).record
    assert done is not None
    assert (done.state, done.needed, done.approvals) == (State.APPLIED, 0, ())
    assert harness.events(done) == [ChangeEvent.APPLYING, ChangeEvent.APPLIED]
    assert [card.kind for card in await CHANGE_CARDS.of(harness.database, done.id)] == ["asker"]
    assert await harness.trail_is_intact()


async def test_request_is_refused_for_each_reason(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service, wish = harness.service(), harness.request()
    refused = await service.submit(harness.request(harness.balance(amount=-5)))
    assert refused.result is Result.REFUSED
    assert refused.assessment is not None
    assert [note.code for note in refused.assessment.judgement.refusals] == [BalanceNote.NOT_POSITIVE]

    preview = (
        await service.assess_on(wish.input, await service.read_facts("balance", CUSTOMER), ANA)
    ).preview
    assert preview is not None
    await harness.change_in_autumn(usage=7)
    absolute = replace(harness.request(harness.balance(BalanceAction.SET, 50)), previewed=preview.before)
    moved = await service.submit(absolute)
    assert moved.result is Result.MOVED
    assert moved.assessment is not None
    assert (await service.submit(replace(absolute, previewed=None))).result is Result.DONE

    assert (await harness.service(channel="").submit(wish)).result is Result.NO_CHANNEL
    harness.permissions.reason_required = True
    assert (await service.submit(replace(wish, reason=" \x00 "))).result is Result.NO_REASON
    harness.permissions.refused.add(("U_ANA", Verb.ASK))
    assert (await service.submit(wish)).result is Result.NOT_ALLOWED
    assert (await service.submit(replace(wish, actor=RAJ, previewed=preview.before))).result is Result.DONE

    harness.local.faults.add("customers.get", "500")
    trouble = await service.submit(harness.request())
    assert trouble.result is Result.TROUBLE
    assert trouble.error is not None


async def test_policy_is_asked_about_amount_and_products(sqlite_harness: Harness) -> None:
    service = sqlite_harness.service()
    facts = await service.read_facts("balance", CUSTOMER)
    for amount in (100, -1):
        assessment = await service.assess_on(sqlite_harness.balance(amount=amount), facts, ANA)
        assert (await service.may_request(assessment, ANA)).permit
    assert (await service.may_history(ANA)).permit
    first, refused, history = sqlite_harness.permissions.requests
    assert (first.amount, first.products, first.environment) == (
        Decimal(100),
        frozenset({"starter"}),
        Environment.SANDBOX,
    )
    assert (refused.amount, refused.products) == (None, None)
    assert (history.verb, history.kind) == (Verb.HISTORY, None)


@pytest.mark.parametrize(
    ("action", "fields", "held_rewards", "rewards"),
    [
        (RewardAction.REMOVE, {}, ["vip"], {"vip"}),
        (RewardAction.REMOVE, {}, [], set()),
        (RewardAction.APPLY, {"reward": "ten"}, [], {"ten"}),
        (RewardAction.APPLY, {"reward": "ten"}, ["vip"], {"ten", "vip"}),
        (RewardAction.REDEEM, {"code": "BONUS"}, ["vip"], {"bonus"}),
        (RewardAction.REDEEM, {"code": "bonus"}, [], None),
    ],
)
def test_policy_is_asked_about_given_and_replaced_rewards(
    action: RewardAction, fields: dict[str, str], held_rewards: list[str], rewards: set[str] | None
) -> None:
    from tests.changes import facts

    customer_facts = replace(
        facts.facts(rewards=facts.rewards(grants=(facts.grant("BONUS", messages=5),))),
        billing=facts.billing(*(facts.discount(reward) for reward in held_rewards)),
    )
    reward_input = RewardInput(customer="cus_1", action=action, **fields)
    assert registry.kind("reward").rewards(reward_input, customer_facts) == rewards
    assert registry.kind("reward").rewards(reward_input, facts.facts()) is None


def test_policy_is_asked_about_products() -> None:
    from bot.changes.balance.request import BalanceInput
    from tests.changes import facts

    customer_facts = facts.facts(
        customer=facts.customer(
            facts.balance(facts.row("a"), facts.row("b", plan_id=None)),
            subscriptions=[facts.subscription("max")],
        )
    )
    row = BalanceInput(customer="cus_1", feature="messages", row="a", action=BalanceAction.GIVE)
    assert registry.kind("balance").products(row, customer_facts) == frozenset({"pro"})
    assert registry.kind("balance").products(
        row.model_copy(update={"row": "b"}), customer_facts
    ) == frozenset({"max"})
    assert registry.kind("balance").products(row.model_copy(update={"row": "c"}), customer_facts) is None
    assert (
        registry.kind("balance").products(row.model_copy(update={"feature": "other"}), customer_facts) is None
    )


async def test_two_approvals_of_two_people(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.needed = 2
    service = harness.service()
    request = await harness.waiting(service)
    assert (await service.approve(request.id, 1, ANA)).result is Result.NOT_ALLOWED
    first = await service.approve(request.id, 1, RAJ)
    assert first.result is Result.DONE
    assert first.record is not None
    assert first.record.state is State.WAITING
    assert (await service.approve(request.id, 1, RAJ)).result is Result.ALREADY
    assert harness.written() == 0
    harness.clock.move(seconds=1)
    second = (await service.approve(request.id, 1, LEA)).record
    assert second is not None
    assert (second.state, second.decided_by) == (State.APPLIED, "U_LEA")
    assert [approval.person for approval in second.approvals] == ["U_RAJ", "U_LEA"]
    assert harness.events(request)[:2] == [ChangeEvent.ASKED, ChangeEvent.APPROVED]


async def test_concurrent_approvals_of_two_people_are_both_counted(harness: Harness) -> None:
    harness.permissions.needed = 2
    # Within one process, the second would wait for its turn.
    service, other_process = harness.service(), harness.service()
    request = await harness.waiting(service)
    # The policy is asked about the requester after the earlier approvals were read.
    harness.permissions.meanwhile[Verb.ASK] = lambda: other_process.approve(request.id, 1, LEA)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert {approval.person: approval.counts for approval in done.approvals} == {"U_RAJ": True, "U_LEA": True}


async def test_approver_may_still_deny(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    harness.permissions.needed = 2
    service = harness.service()
    request = await harness.waiting(service)
    await service.approve(request.id, 1, RAJ)
    denied = (await service.deny(request.id, 1, RAJ, "wait")).record
    assert denied is not None
    assert (denied.state, denied.approvals, denied.comment) == (State.DENIED, (), "wait")
    assert (await service.approve(request.id, 1, LEA)).result is Result.TOO_LATE
    assert (await service.deny(request.id, 1, LEA)).result is Result.TOO_LATE
    assert (await service.withdraw(request.id, ANA)).result is Result.TOO_LATE
    assert harness.events(request)[-1] is ChangeEvent.DENIED
    assert await harness.trail_is_intact()


async def test_only_the_requester_withdraws(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    assert (await service.withdraw(request.id, RAJ)).result is Result.NOT_ALLOWED
    withdrawn = (await service.withdraw(request.id, ANA)).record
    assert withdrawn is not None
    assert withdrawn.state is State.WITHDRAWN
    assert (await service.approve(request.id, 1, RAJ)).result is Result.TOO_LATE


async def test_changes_of_the_other_environment_are_invisible(sqlite_harness: Harness) -> None:
    request = await sqlite_harness.waiting(sqlite_harness.service())
    live = sqlite_harness.service(env=Environment.LIVE)
    assert (await live.approve(request.id, 1, RAJ)).result is Result.UNKNOWN
    assert await live.history(CUSTOMER) == []
    sqlite_harness.clock.move(days=2)
    await live.sweeper.sweep(sqlite_harness.clock())
    assert (await sqlite_harness.service().get(request.id)) == request


async def test_request_that_expires_while_the_policy_is_asked_is_too_late(sqlite_harness: Harness) -> None:
    service = sqlite_harness.service()
    request = await sqlite_harness.waiting(service)
    sqlite_harness.clock.move(hours=25)

    async def sweep() -> None:
        await service.sweeper.sweep(sqlite_harness.clock(), "expiry")

    sqlite_harness.permissions.meanwhile[Verb.APPROVE] = sweep
    late = await service.approve(request.id, 1, RAJ)
    assert (late.result, late.record and late.record.state) == (Result.TOO_LATE, State.EXPIRED)


async def test_request_expires_at_the_click(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    harness.clock.move(hours=24)
    late = await service.approve(request.id, 1, RAJ)
    assert late.result is Result.TOO_LATE
    assert late.record is not None
    assert late.record.state is State.EXPIRED
    assert harness.events(request)[-1] is ChangeEvent.EXPIRED
    assert (await service.deny(request.id, 1, RAJ)).result is Result.TOO_LATE


async def test_outdated_absolute_edit_waits_again(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service, harness.balance(BalanceAction.SET, 50))
    await harness.change_in_autumn(usage=500)
    harness.permissions.needed = 0
    reply = await service.approve(request.id, 1, RAJ)
    assert reply.result is Result.SUPERSEDED
    anew = reply.record
    assert anew is not None
    assert (anew.state, anew.version, anew.needed, anew.approvals) == (State.WAITING, 2, 1, ())
    assert anew.before != request.before
    assert anew.lines != request.lines
    assert harness.events(request)[-1] is ChangeEvent.SUPERSEDED
    assert harness.written() == 0
    stale = await service.approve(request.id, 1, LEA)
    assert (stale.result, stale.record) == (Result.STALE, anew)
    assert (await service.deny(request.id, 1, LEA)).result is Result.STALE
    done = (await service.approve(request.id, 2, RAJ)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert await harness.trail_is_intact()


async def test_usage_within_the_tolerance_leaves_an_absolute_edit_valid(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service(tolerance=Tolerance(units=Decimal(30)))
    remaining = (await harness.autumn.customer(CUSTOMER)).balances["messages"].remaining
    usage = (await harness.autumn.customer(CUSTOMER)).balances["messages"].usage
    harness.permissions.needed = 2
    request = await harness.waiting(service, harness.balance(BalanceAction.SET, int(remaining) + 500))
    await harness.change_in_autumn(usage=float(usage) + 20)
    once = (await service.approve(request.id, 1, RAJ)).record
    assert once is not None
    assert (once.state, once.version, len(once.approvals)) == (State.WAITING, 1, 1)
    # The card shows the current numbers; the request is held to the numbers first shown.
    remaining_line = next(line for line in once.lines if line.label is BalanceLine.REMAINING)
    assert (remaining_line.before, remaining_line.after) == (str(remaining - 20), str(remaining + 500))
    assert once.before == request.before
    await harness.change_in_autumn(usage=float(usage) + 30)
    done = (await service.approve(request.id, 1, LEA)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert (await harness.autumn.customer(CUSTOMER)).balances["messages"].remaining == remaining + 500
    assert await harness.trail_is_intact()


async def test_small_steps_of_usage_do_not_stretch_the_tolerance(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service(tolerance=Tolerance(units=Decimal(30)))
    balance = (await harness.autumn.customer(CUSTOMER)).balances["messages"]
    harness.permissions.needed = 2
    request = await harness.waiting(service, harness.balance(BalanceAction.SET, int(balance.remaining) + 500))
    await harness.change_in_autumn(usage=float(balance.usage) + 20)
    assert (await service.approve(request.id, 1, RAJ)).result is Result.DONE
    await harness.change_in_autumn(usage=float(balance.usage) + 40)
    assert (await service.approve(request.id, 1, LEA)).result is Result.SUPERSEDED
    assert harness.written() == 0


async def test_relative_edit_uses_fresh_numbers(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    await harness.change_in_autumn(usage=500)
    await harness.change_in_autumn(add_to_balance=10, included_grant=2010)
    done = (await service.approve(request.id, 1, RAJ)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert done.before != request.before
    assert await harness.granted() == 2110


async def test_outdated_request_ends_when_it_may_no_longer_be_requested(sqlite_harness: Harness) -> None:
    service = sqlite_harness.service()
    request = await sqlite_harness.waiting(service, sqlite_harness.balance(BalanceAction.SET, 50))
    await sqlite_harness.change_in_autumn(usage=500)
    sqlite_harness.permissions.refused.add(("U_ANA", Verb.ASK))
    over = (await service.approve(request.id, 1, RAJ)).record
    assert over is not None
    assert (over.state, over.version) == (State.SUPERSEDED, 2)


async def test_request_that_can_no_longer_be_done_fails_at_approval(sqlite_harness: Harness) -> None:
    service = sqlite_harness.service()
    rename = await sqlite_harness.waiting(service, DetailsInput(customer=CUSTOMER, name="New Name"))
    deletion = await sqlite_harness.waiting(service, DeletionInput(customer=CUSTOMER, typed=CUSTOMER))
    same = await sqlite_harness.waiting(service, DetailsInput(customer=CUSTOMER, name="New Name"))
    await service.approve(rename.id, 1, RAJ)
    guarded = await service.approve(same.id, 1, RAJ)
    assert guarded.result is Result.FAILED
    assert guarded.record is not None
    assert (guarded.record.ending, guarded.record.state) == (Cause.GUARDED, State.FAILED)
    assert guarded.record.refusals
    later = await sqlite_harness.waiting(service)
    await service.approve(deletion.id, 1, RAJ)
    gone = await service.approve(later.id, 1, RAJ)
    assert gone.record is not None
    assert gone.record.ending is Cause.CUSTOMER_GONE


async def test_nothing_is_decided_while_autumn_cannot_be_read(sqlite_harness: Harness) -> None:
    service = sqlite_harness.service()
    request = await sqlite_harness.waiting(service)
    sqlite_harness.local.faults.add("customers.get", "500")
    assert (await service.approve(request.id, 1, RAJ)).result is Result.TROUBLE
    sqlite_harness.local.faults.clear()
    assert await service.get(request.id) == request


async def test_outcome_is_shown_though_autumn_is_unreadable(sqlite_harness: Harness) -> None:
    service = sqlite_harness.service()
    request = await sqlite_harness.waiting(service)
    sqlite_harness.permissions.meanwhile[Verb.APPROVE] = lambda: service.deny(request.id, 1, LEA)
    sqlite_harness.local.faults.add("customers.get", "500")
    beaten = await service.approve(request.id, 1, RAJ)
    assert beaten.result is Result.TOO_LATE
    assert beaten.record is not None
    assert beaten.record.state is State.DENIED


async def test_concurrent_approvals_and_denials_write_once(harness: Harness) -> None:
    desks = [harness.service(), harness.service()]
    request = await harness.waiting(desks[0])

    async def click(number: int) -> Result:
        service, person = desks[number % 2], Actor(f"U{number}", "T1")
        if number % 3:
            return (await service.approve(request.id, 1, person)).result
        return (await service.deny(request.id, 1, person)).result

    results = await asyncio.gather(*map(click, range(12)))
    assert sorted(results) == [Result.DONE] + [Result.TOO_LATE] * 11
    record = await desks[0].get(request.id)
    assert record is not None
    assert record.state in (State.APPLIED, State.DENIED)
    assert harness.written() == (1 if record.state is State.APPLIED else 0)
    steps = await harness.steps(request)
    assert len([step for step in steps if step in ("approved", "denied")]) == 1
    assert await harness.trail_is_intact()


async def test_concurrent_approvals_need_no_further_reads(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    alone, together = await harness.waiting(service), await harness.waiting(service)
    before = len(harness.local.calls)
    await service.approve(alone.id, 1, RAJ)
    reads = len(harness.local.calls) - before
    outcomes = await asyncio.gather(
        *(service.approve(together.id, 1, Actor(f"U{number}", "T1")) for number in range(5))
    )
    assert sorted(outcome.result for outcome in outcomes) == [Result.DONE] + [Result.TOO_LATE] * 4
    assert len(harness.local.calls) - before == 2 * reads


async def test_changes_of_one_customer_take_turns(harness: Harness) -> None:
    desks = [harness.service(), harness.service()]
    requests = [await harness.waiting(service) for service in desks]
    replies = await asyncio.gather(
        *(service.approve(request.id, 1, RAJ) for service, request in zip(desks, requests, strict=True))
    )
    assert [reply.record.state for reply in replies if reply.record] == [State.APPLIED] * 2
    assert await harness.granted() == 2200
    assert harness.clock() == NOW


async def test_person_settles_an_unconfirmed_change(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    for applied, state, ending in (
        (True, State.APPLIED, Cause.MARKED_APPLIED),
        (False, State.FAILED, Cause.MARKED_NOT_APPLIED),
    ):
        request = await harness.waiting(service)
        harness.local.faults.add("balances.update", "500", times=1)
        unsure = (await service.approve(request.id, 1, RAJ)).record
        assert unsure is not None
        assert (unsure.state, unsure.ending) == (State.UNCONFIRMED, Cause.AUTUMN_BROKE)
        if applied:
            await carry_out(harness.local)
        harness.permissions.refused.add(("U_RAJ", Verb.MARK))
        assert (await service.mark(request.id, RAJ, applied)).result is Result.NOT_ALLOWED
        marked = (await service.mark(request.id, LEA, applied, "I looked")).record
        assert marked is not None
        assert (marked.state, marked.ending, marked.comment) == (state, ending, "I looked")
        assert marked.invertible is applied
        assert harness.events(request)[-1] is ChangeEvent.MARKED
        assert (await service.mark(request.id, LEA, applied)).result is Result.ALREADY_SETTLED
    assert await harness.trail_is_intact()


async def test_marking_not_applied_is_refused_while_autumn_shows_the_change(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    harness.local.faults.add("balances.update", "500", times=1)
    unsure = (await service.approve(request.id, 1, RAJ)).record
    assert unsure is not None
    assert (unsure.state, unsure.details["now"]) == (State.UNCONFIRMED, "absent")
    await harness.change_in_autumn(add_to_balance=100, included_grant=2100)  # as if it had arrived later
    objected = await service.mark(request.id, LEA, applied=False)
    assert objected.result is Result.SEEN_APPLIED
    assert objected.record == unsure == await service.get(request.id)
    marked = (await service.mark(request.id, LEA, applied=True)).record
    assert marked is not None
    assert marked.state is State.APPLIED


async def test_marking_applied_is_refused_unless_autumn_shows_the_change_or_is_unreadable(
    sqlite_harness: Harness,
) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    harness.local.faults.add("balances.update", "500", times=1)
    unsure = (await service.approve(request.id, 1, RAJ)).record
    assert unsure is not None
    refused = await service.mark(request.id, LEA, applied=True)
    assert refused.result is Result.SEEN_NOT_APPLIED
    assert refused.record == unsure == await service.get(request.id)

    harness.local.faults.add("customers.get", "500")
    assert (await service.mark(request.id, LEA, applied=False)).result is Result.TROUBLE
    assert await service.get(request.id) == unsure
    marked = (await service.mark(request.id, LEA, applied=True)).record
    assert marked is not None
    assert (marked.state, marked.after) == (State.APPLIED, unsure.after)


async def test_marking_applied_is_accepted_where_a_later_change_may_have_reversed_it(
    sqlite_harness: Harness,
) -> None:
    harness = sqlite_harness
    service = harness.service()
    request = await harness.waiting(service)
    harness.local.faults.add("balances.update", "500", times=1)
    await service.approve(request.id, 1, RAJ)
    await carry_out(harness.local)
    later = await harness.waiting(service, harness.balance(BalanceAction.TAKE))
    await service.approve(later.id, 1, RAJ)
    marked = await service.mark(request.id, LEA, applied=True)
    assert marked.result is Result.DONE
    assert marked.record is not None
    assert marked.record.state is State.APPLIED


@pytest.mark.parametrize("applied", [True, False])
async def test_either_mark_is_accepted_where_autumn_shows_neither_state(
    sqlite_harness: Harness, applied: bool
) -> None:
    service = sqlite_harness.service()
    request = await sqlite_harness.waiting(service)
    sqlite_harness.local.faults.add("balances.update", "500", times=1)
    await service.approve(request.id, 1, RAJ)
    await sqlite_harness.change_in_autumn(add_to_balance=30, included_grant=2030)
    marked = await service.mark(request.id, LEA, applied)
    assert marked.result is Result.DONE
    assert marked.record is not None
    assert marked.record.state is (State.APPLIED if applied else State.FAILED)


async def test_decision_made_meanwhile_wins(sqlite_harness: Harness) -> None:
    """Between the policy's answer and the step itself."""
    harness = sqlite_harness
    harness.permissions.needed = 2
    service, other_service = harness.service(), harness.service()

    request = await harness.waiting(service)
    harness.permissions.meanwhile[Verb.APPROVE] = lambda: other_service.approve(request.id, 1, RAJ)
    assert (await service.approve(request.id, 1, RAJ)).result is Result.ALREADY
    harness.permissions.meanwhile[Verb.WITHDRAW] = lambda: other_service.deny(request.id, 1, LEA)
    beaten = await service.withdraw(request.id, ANA)
    assert beaten.result is Result.TOO_LATE
    assert beaten.record is not None
    assert beaten.record.decided_by == "U_LEA"

    beaten_denial = await harness.waiting(service)
    harness.permissions.meanwhile[Verb.APPROVE] = lambda: other_service.withdraw(beaten_denial.id, ANA)
    assert (await service.deny(beaten_denial.id, 1, RAJ)).result is Result.TOO_LATE

    harness.permissions.needed = 1
    unsure = await harness.waiting(service)
    harness.local.faults.add("balances.update", "500", times=1)
    await service.approve(unsure.id, 1, RAJ)
    harness.permissions.meanwhile[Verb.MARK] = lambda: other_service.mark(unsure.id, LEA, applied=False)
    assert (await service.mark(unsure.id, RAJ, applied=False)).result is Result.ALREADY_SETTLED
    assert (await service.mark("nothing", RAJ, applied=False)).result is Result.UNKNOWN

    absolute = await harness.waiting(service, harness.balance(BalanceAction.SET, 50))
    await harness.change_in_autumn(usage=500)
    harness.permissions.meanwhile[Verb.ASK] = lambda: other_service.withdraw(absolute.id, ANA)
    assert (await service.approve(absolute.id, 1, RAJ)).result is Result.TOO_LATE

    rename = await harness.waiting(service, DetailsInput(customer=CUSTOMER, name="New Name"))
    twin = await harness.waiting(service, DetailsInput(customer=CUSTOMER, name="New Name"))
    await service.approve(twin.id, 1, RAJ)
    harness.permissions.meanwhile[Verb.APPROVE] = lambda: other_service.withdraw(rename.id, ANA)
    assert (await service.approve(rename.id, 1, RAJ)).result is Result.TOO_LATE
    assert await harness.trail_is_intact()


async def test_one_person_approves_a_version_once(harness: Harness) -> None:
    harness.permissions.needed = 2
    service = harness.service()
    request = await harness.waiting(service)
    results = await asyncio.gather(*(service.approve(request.id, 1, RAJ) for _ in range(4)))
    assert sorted(reply.result for reply in results) == [Result.ALREADY] * 3 + [Result.DONE]
    record = await service.get(request.id)
    assert record is not None
    assert record.state is State.WAITING


async def test_change_altered_behind_the_trail_is_found(sqlite_harness: Harness) -> None:
    harness = sqlite_harness
    request = await harness.waiting(harness.service())
    assert await harness.trail_is_intact()
    async with harness.database.writing() as connection:
        await connection.execute(update(changes).where(changes.c.id == request.id).values(state="denied"))
    async with harness.database.reading() as connection:
        faults = (await audit.verify(connection)).faults
    assert faults == (f"change {request.id} is denied, and row 1 says otherwise",)


async def test_check_again_gives_way_to_a_person_who_settled_it(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    request = await harness.waiting(service)
    harness.local.faults.add("balances.update", "cut_before", times=1)
    unconfirmed = (await service.approve(request.id, 1, RAJ)).record
    assert unconfirmed is not None
    assert unconfirmed.state is State.UNCONFIRMED
    read_back_once = service._assessor.read_back_once

    async def read_and_lose(record: Record) -> ReadBack | None:
        read = await read_back_once(record)
        await harness.service().mark(record.id, LEA, applied=False)
        return read

    monkeypatch.setattr(service._assessor, "read_back_once", read_and_lose)
    late = await service.check_again(request.id, RAJ)
    assert late.result is Result.ALREADY_SETTLED
    assert late.record is not None
    assert late.record.ending is Cause.MARKED_NOT_APPLIED
    assert (await service.check_again("nothing", RAJ)).result is Result.UNKNOWN
    assert await harness.trail_is_intact()
