"""The desk for changes: asking, deciding, and what is told, over both databases."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import update

from bot.access.people import Actor
from bot.access.policy import Verb
from bot.approvals import cards
from bot.approvals.lifecycle import Cause, ChangeEvent, State
from bot.approvals.results import Result
from bot.autumn.environment import Environment
from bot.changes import registry
from bot.changes.balance.input import BalanceAction
from bot.changes.balance.words import BalanceNote
from bot.changes.deletion.input import DeletionInput
from bot.changes.details.input import DetailsInput
from bot.changes.reward.input import RewardAction, RewardInput
from bot.store import audit
from bot.store.tables import changes
from tests.approvals.bench import ANA, CUSTOMER, LEA, NOW, RAJ, Bench


async def test_asked_approved_applied_undone(stage: Bench) -> None:
    desk = stage.desk()
    reply = await desk.submit(stage.wish())
    assert reply.result is Result.DONE
    asked = reply.record
    assert asked is not None
    assert (asked.state, asked.version, asked.needed, asked.rule) == (State.WAITING, 1, 1, "law")
    assert (asked.amount, asked.products, asked.rewards) == (Decimal(100), frozenset({"starter"}), None)
    assert stage.events(asked) == [ChangeEvent.ASKED]
    assert stage.written() == 0

    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.ending, done.decided_by, done.writes) == (State.APPLIED, Cause.DONE, "U_RAJ", 1)
    assert [approval.person for approval in done.approvals] == ["U_RAJ"]
    assert done.lease_until is None
    assert done.undoable
    assert not done.open
    assert stage.events(asked) == [ChangeEvent.ASKED, ChangeEvent.APPLYING, ChangeEvent.APPLIED]
    assert stage.written() == 1
    assert stage.local.ledger[-1].idempotency_key == f"maple:{asked.id}:0"
    assert await stage.granted() == 2100

    back = (await desk.undo(asked.id, "undo-1", LEA)).record
    assert back is not None
    assert (back.state, back.undo_of, back.asker, back.reason) == (State.WAITING, asked.id, "U_LEA", "so")
    assert stage.law.asked[-1].verb is Verb.UNDO
    second = await desk.undo(asked.id, "undo-2", RAJ)
    assert second.result is Result.NO_UNDO
    assert second.record is not None
    assert second.record.undo == back.id
    assert not second.record.undone
    undone = (await desk.approve(back.id, 1, RAJ)).record
    assert undone is not None
    assert undone.state is State.APPLIED
    assert await stage.granted() == 2000
    original = await desk.get(asked.id)
    assert original is not None
    assert original.undone
    assert stage.events(asked)[-1] is ChangeEvent.UNDONE
    assert (await desk.undo(asked.id, "undo-3", RAJ)).result is Result.NO_UNDO

    assert await stage.steps(asked) == ["asked", "approved", "applying", "writing", "applied", "undone"]
    assert [entry.event for entry in await desk.steps(back.id)][-1] == "applied"
    assert {one.id for one in await desk.history(CUSTOMER)} == {asked.id, back.id}
    assert [one.id for one in await desk.asked_by("U_LEA")] == [back.id]
    assert await desk.waiting() == []
    assert await stage.whole()


async def test_one_undo_of_two_at_once(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk)
    await desk.approve(asked.id, 1, RAJ)
    replies = await asyncio.gather(*(desk.undo(asked.id, f"undo-{n}", RAJ) for n in range(5)))
    assert sorted(reply.result for reply in replies) == [Result.DONE] + [Result.NO_UNDO] * 4


async def test_an_undo_that_came_to_nothing_can_be_asked_for_again(sqlite_stage: Bench) -> None:
    desk = sqlite_stage.desk()
    asked = await sqlite_stage.waiting(desk)
    await desk.approve(asked.id, 1, RAJ)
    first = (await desk.undo(asked.id, "undo-1", RAJ, channel="C_OTHER")).record
    assert first is not None
    assert first.channel == "C_OTHER"
    await desk.deny(first.id, 1, LEA)
    assert (await desk.undo(asked.id, "undo-2", RAJ)).result is Result.DONE


async def test_what_was_not_applied_has_no_undo(sqlite_stage: Bench) -> None:
    desk = sqlite_stage.desk()
    asked = await sqlite_stage.waiting(desk)
    assert (await desk.undo(asked.id, "undo-1", RAJ)).result is Result.NO_UNDO
    assert (await desk.undo("nothing", "undo-1", RAJ)).result is Result.UNKNOWN
    deletion = await sqlite_stage.waiting(desk, DeletionInput(customer=CUSTOMER, typed=CUSTOMER))
    done = (await desk.approve(deletion.id, 1, RAJ)).record
    assert done is not None
    assert (done.state, done.after) == (State.APPLIED, None)
    assert (await desk.undo(deletion.id, "undo-1", RAJ)).result is Result.NO_UNDO


async def test_a_form_submitted_again_is_one_change(stage: Bench) -> None:
    desk, wish = stage.desk(), stage.wish()
    replies = await asyncio.gather(*(desk.submit(wish) for _ in range(8)))
    assert sorted(reply.result for reply in replies) == [Result.AGAIN] * 7 + [Result.DONE]
    assert len({reply.record.id for reply in replies if reply.record}) == 1
    assert (await desk.submit(wish)).result is Result.AGAIN
    assert len(stage.told) == 1


async def test_applied_at_once(stage: Bench) -> None:
    stage.law.needed = 0
    desk = stage.desk(channel="")
    done = (await desk.submit(stage.wish())).record
    assert done is not None
    assert (done.state, done.needed, done.approvals) == (State.APPLIED, 0, ())
    assert stage.events(done) == [ChangeEvent.APPLYING, ChangeEvent.APPLIED]
    assert [card.kind for card in await cards.cards_of(stage.database, done.id)] == ["asker"]
    assert await stage.whole()


async def test_what_stands_against_asking(sqlite_stage: Bench) -> None:
    stage = sqlite_stage
    desk, wish = stage.desk(), stage.wish()
    refused = await desk.submit(stage.wish(stage.balance(amount=-5)))
    assert refused.result is Result.REFUSED
    assert refused.look is not None
    assert [note.code for note in refused.look.judgement.refusals] == [BalanceNote.NOT_POSITIVE]

    seen = (await desk.look(wish.input, await desk.open("balance", CUSTOMER))).preview
    assert seen is not None
    await stage.elsewhere(usage=7)
    absolute = replace(stage.wish(stage.balance(BalanceAction.SET, 50)), seen=seen.before)
    moved = await desk.submit(absolute)
    assert moved.result is Result.MOVED
    assert moved.look is not None
    assert (await desk.submit(replace(absolute, seen=None))).result is Result.DONE

    assert (await stage.desk(channel="").submit(wish)).result is Result.NO_CHANNEL
    stage.law.reason_required = True
    assert (await desk.submit(replace(wish, reason=" \x00 "))).result is Result.NO_REASON
    stage.law.refused.add(("U_ANA", Verb.ASK))
    assert (await desk.submit(wish)).result is Result.NOT_ALLOWED
    assert (await desk.submit(replace(wish, actor=RAJ, seen=seen.before))).result is Result.DONE

    stage.local.faults.add("customers.get", "500")
    trouble = await desk.submit(stage.wish())
    assert trouble.result is Result.TROUBLE
    assert trouble.error is not None


async def test_what_the_policy_is_asked(sqlite_stage: Bench) -> None:
    desk = sqlite_stage.desk()
    facts = await desk.open("balance", CUSTOMER)
    assert (await desk.may_ask(await desk.look(sqlite_stage.balance(), facts), ANA)).permit
    assert (await desk.may_ask(await desk.look(sqlite_stage.balance(amount=-1), facts), ANA)).permit
    assert (await desk.may_history(ANA)).permit
    given, refused, history = sqlite_stage.law.asked
    assert (given.amount, given.products, given.environment) == (
        Decimal(100),
        frozenset({"starter"}),
        Environment.SANDBOX,
    )
    assert (refused.amount, refused.products) == (None, None)
    assert (history.verb, history.kind) == (Verb.HISTORY, None)


@pytest.mark.parametrize(
    ("action", "given", "held", "rewards"),
    [
        (RewardAction.REMOVE, {}, ["vip"], {"vip"}),
        (RewardAction.REMOVE, {}, [], set()),
        (RewardAction.APPLY, {"reward": "ten"}, [], {"ten"}),
        (RewardAction.APPLY, {"reward": "ten"}, ["vip"], {"ten", "vip"}),
        (RewardAction.REDEEM, {"code": "BONUS"}, ["vip"], {"bonus"}),
        (RewardAction.REDEEM, {"code": "bonus"}, [], None),
    ],
)
def test_policy_is_asked_about_rewards_given_and_replaced(
    action: RewardAction, given: dict[str, str], held: list[str], rewards: set[str] | None
) -> None:
    from tests.changes import facts

    known = replace(
        facts.facts(rewards=facts.rewards(grants=(facts.grant("BONUS", messages=5),))),
        billing=facts.billing(*(facts.discount(reward) for reward in held)),
    )
    asked = RewardInput(customer="cus_1", action=action, **given)
    assert registry.kind("reward").rewards(asked, known) == rewards
    assert registry.kind("reward").rewards(asked, facts.facts()) is None


def test_the_products_that_a_policy_is_asked_about() -> None:
    from bot.changes.balance.input import BalanceInput
    from tests.changes import facts

    known = facts.facts(
        customer=facts.customer(
            facts.balance(facts.row("a"), facts.row("b", plan_id=None)),
            subscriptions=[facts.subscription("max")],
        )
    )
    row = BalanceInput(customer="cus_1", feature="messages", row="a", action=BalanceAction.GIVE)
    assert registry.kind("balance").products(row, known) == frozenset({"pro"})
    assert registry.kind("balance").products(row.model_copy(update={"row": "b"}), known) == frozenset({"max"})
    assert registry.kind("balance").products(row.model_copy(update={"row": "c"}), known) is None
    assert registry.kind("balance").products(row.model_copy(update={"feature": "other"}), known) is None


async def test_two_approvals_of_two_people(stage: Bench) -> None:
    stage.law.needed = 2
    desk = stage.desk()
    asked = await stage.waiting(desk)
    assert (await desk.approve(asked.id, 1, ANA)).result is Result.NOT_ALLOWED
    first = await desk.approve(asked.id, 1, RAJ)
    assert first.result is Result.DONE
    assert first.record is not None
    assert first.record.state is State.WAITING
    assert (await desk.approve(asked.id, 1, RAJ)).result is Result.ALREADY
    assert stage.written() == 0
    stage.clock.move(seconds=1)
    second = (await desk.approve(asked.id, 1, LEA)).record
    assert second is not None
    assert (second.state, second.decided_by) == (State.APPLIED, "U_LEA")
    assert [approval.person for approval in second.approvals] == ["U_RAJ", "U_LEA"]
    assert stage.events(asked)[:2] == [ChangeEvent.ASKED, ChangeEvent.APPROVED]


async def test_who_approved_may_still_deny(stage: Bench) -> None:
    stage.law.needed = 2
    desk = stage.desk()
    asked = await stage.waiting(desk)
    await desk.approve(asked.id, 1, RAJ)
    denied = (await desk.deny(asked.id, 1, RAJ, "wait")).record
    assert denied is not None
    assert (denied.state, denied.approvals, denied.said) == (State.DENIED, (), "wait")
    assert (await desk.approve(asked.id, 1, LEA)).result is Result.TOO_LATE
    assert (await desk.deny(asked.id, 1, LEA)).result is Result.TOO_LATE
    assert (await desk.withdraw(asked.id, ANA)).result is Result.TOO_LATE
    assert stage.events(asked)[-1] is ChangeEvent.DENIED
    assert await stage.whole()


async def test_withdrawn_by_its_asker_alone(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk)
    assert (await desk.withdraw(asked.id, RAJ)).result is Result.NOT_ALLOWED
    withdrawn = (await desk.withdraw(asked.id, ANA)).record
    assert withdrawn is not None
    assert withdrawn.state is State.WITHDRAWN
    assert (await desk.approve(asked.id, 1, RAJ)).result is Result.TOO_LATE


async def test_nothing_is_known_of_the_other_environment(sqlite_stage: Bench) -> None:
    asked = await sqlite_stage.waiting(sqlite_stage.desk())
    live = sqlite_stage.desk(env=Environment.LIVE)
    assert (await live.approve(asked.id, 1, RAJ)).result is Result.UNKNOWN
    assert await live.history(CUSTOMER) == []
    sqlite_stage.clock.move(days=2)
    await live.sweeper.sweep(sqlite_stage.clock())
    assert (await sqlite_stage.desk().get(asked.id)) == asked


async def test_time_is_up_at_the_click(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk)
    stage.clock.move(hours=24)
    late = await desk.approve(asked.id, 1, RAJ)
    assert late.result is Result.TOO_LATE
    assert late.record is not None
    assert late.record.state is State.EXPIRED
    assert stage.events(asked)[-1] is ChangeEvent.EXPIRED
    assert (await desk.deny(asked.id, 1, RAJ)).result is Result.TOO_LATE


async def test_an_absolute_edit_is_overtaken_and_asked_anew(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk, stage.balance(BalanceAction.SET, 50))
    await stage.elsewhere(usage=500)
    stage.law.needed = 0
    reply = await desk.approve(asked.id, 1, RAJ)
    assert reply.result is Result.OVERTAKEN
    anew = reply.record
    assert anew is not None
    assert (anew.state, anew.version, anew.needed, anew.approvals) == (State.WAITING, 2, 1, ())
    assert anew.before != asked.before
    assert anew.lines != asked.lines
    assert stage.events(asked)[-1] is ChangeEvent.OVERTAKEN
    assert stage.written() == 0
    stale = await desk.approve(asked.id, 1, LEA)
    assert (stale.result, stale.record) == (Result.STALE, anew)
    assert (await desk.deny(asked.id, 1, LEA)).result is Result.STALE
    done = (await desk.approve(asked.id, 2, RAJ)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert await stage.whole()


async def test_a_relative_edit_goes_on_with_fresh_figures(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk)
    await stage.elsewhere(usage=500)
    await stage.elsewhere(add_to_balance=10, included_grant=2010)
    done = (await desk.approve(asked.id, 1, RAJ)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert done.before != asked.before
    assert await stage.granted() == 2110


async def test_overtaken_for_good_when_it_may_not_be_asked_any_more(sqlite_stage: Bench) -> None:
    desk = sqlite_stage.desk()
    asked = await sqlite_stage.waiting(desk, sqlite_stage.balance(BalanceAction.SET, 50))
    await sqlite_stage.elsewhere(usage=500)
    sqlite_stage.law.refused.add(("U_ANA", Verb.ASK))
    over = (await desk.approve(asked.id, 1, RAJ)).record
    assert over is not None
    assert (over.state, over.version) == (State.OVERTAKEN, 2)


async def test_what_cannot_be_done_any_more_fails_at_approval(sqlite_stage: Bench) -> None:
    desk = sqlite_stage.desk()
    rename = await sqlite_stage.waiting(desk, DetailsInput(customer=CUSTOMER, name="New Name"))
    deletion = await sqlite_stage.waiting(desk, DeletionInput(customer=CUSTOMER, typed=CUSTOMER))
    same = await sqlite_stage.waiting(desk, DetailsInput(customer=CUSTOMER, name="New Name"))
    await desk.approve(rename.id, 1, RAJ)
    guarded = await desk.approve(same.id, 1, RAJ)
    assert guarded.result is Result.FAILED
    assert guarded.record is not None
    assert (guarded.record.ending, guarded.record.state) == (Cause.GUARDED, State.FAILED)
    assert guarded.record.refusals
    later = await sqlite_stage.waiting(desk)
    await desk.approve(deletion.id, 1, RAJ)
    gone = await desk.approve(later.id, 1, RAJ)
    assert gone.record is not None
    assert gone.record.ending is Cause.CUSTOMER_GONE


async def test_nothing_is_decided_while_autumn_cannot_be_read(sqlite_stage: Bench) -> None:
    desk = sqlite_stage.desk()
    asked = await sqlite_stage.waiting(desk)
    sqlite_stage.local.faults.add("customers.get", "500")
    assert (await desk.approve(asked.id, 1, RAJ)).result is Result.TROUBLE
    sqlite_stage.local.faults.clear()
    assert await desk.get(asked.id) == asked


async def test_who_was_first_is_told_though_autumn_cannot_be_read(sqlite_stage: Bench) -> None:
    desk = sqlite_stage.desk()
    asked = await sqlite_stage.waiting(desk)
    sqlite_stage.law.meanwhile[Verb.APPROVE] = lambda: desk.deny(asked.id, 1, LEA)
    sqlite_stage.local.faults.add("customers.get", "500")
    beaten = await desk.approve(asked.id, 1, RAJ)
    assert beaten.result is Result.TOO_LATE
    assert beaten.record is not None
    assert beaten.record.state is State.DENIED


async def test_fifty_at_once_on_one_card(stage: Bench) -> None:
    desks = [stage.desk(), stage.desk()]
    asked = await stage.waiting(desks[0])

    async def click(number: int) -> Result:
        desk, person = desks[number % 2], Actor(f"U{number}", "T1")
        if number % 3:
            return (await desk.approve(asked.id, 1, person)).result
        return (await desk.deny(asked.id, 1, person)).result

    results = await asyncio.gather(*map(click, range(50)))
    assert sorted(results) == [Result.DONE] + [Result.TOO_LATE] * 49
    record = await desks[0].get(asked.id)
    assert record is not None
    assert record.state in (State.APPLIED, State.DENIED)
    assert stage.written() == (1 if record.state is State.APPLIED else 0)
    steps = await stage.steps(asked)
    assert len([step for step in steps if step in ("approved", "denied")]) == 1
    assert await stage.whole()


async def test_changes_of_one_customer_take_turns(stage: Bench) -> None:
    desks = [stage.desk(), stage.desk()]
    asked = [await stage.waiting(desk) for desk in desks * 2]
    replies = await asyncio.gather(
        *(desk.approve(one.id, 1, RAJ) for desk, one in zip(desks * 2, asked, strict=True))
    )
    assert [reply.record.state for reply in replies if reply.record] == [State.APPLIED] * 4
    assert await stage.granted() == 2400
    assert stage.clock() == NOW


async def test_a_person_settles_what_is_unconfirmed(stage: Bench) -> None:
    desk = stage.desk()
    for applied, state, ending in (
        (True, State.APPLIED, Cause.MARKED_APPLIED),
        (False, State.FAILED, Cause.MARKED_NOT_APPLIED),
    ):
        asked = await stage.waiting(desk)
        stage.local.faults.add("balances.update", "500", times=1)
        unsure = (await desk.approve(asked.id, 1, RAJ)).record
        assert unsure is not None
        assert (unsure.state, unsure.ending) == (State.UNCONFIRMED, Cause.AUTUMN_BROKE)
        stage.law.refused.add(("U_RAJ", Verb.MARK))
        assert (await desk.mark(asked.id, RAJ, applied)).result is Result.NOT_ALLOWED
        marked = (await desk.mark(asked.id, LEA, applied, "I looked")).record
        assert marked is not None
        assert (marked.state, marked.ending, marked.said) == (state, ending, "I looked")
        assert marked.invertible is applied
        assert stage.events(asked)[-1] is ChangeEvent.MARKED
        assert (await desk.mark(asked.id, LEA, applied)).result is Result.TOO_LATE
    assert await stage.whole()


async def test_not_applied_is_not_taken_while_autumn_shows_the_change(stage: Bench) -> None:
    desk = stage.desk()
    asked = await stage.waiting(desk)
    stage.local.faults.add("balances.update", "500", times=1)
    unsure = (await desk.approve(asked.id, 1, RAJ)).record
    assert unsure is not None
    assert (unsure.state, unsure.details["now"]) == (State.UNCONFIRMED, "absent")
    await stage.elsewhere(add_to_balance=100, included_grant=2100)  # as if it had come later
    objected = await desk.mark(asked.id, LEA, applied=False)
    assert objected.result is Result.SEEN_APPLIED
    assert objected.record == unsure == await desk.get(asked.id)
    marked = (await desk.mark(asked.id, LEA, applied=True)).record
    assert marked is not None
    assert marked.state is State.APPLIED


async def test_not_applied_is_not_taken_while_autumn_cannot_be_read(sqlite_stage: Bench) -> None:
    desk = sqlite_stage.desk()
    asked = await sqlite_stage.waiting(desk)
    sqlite_stage.local.faults.add("balances.update", "500", times=1)
    unsure = (await desk.approve(asked.id, 1, RAJ)).record
    assert unsure is not None
    sqlite_stage.local.faults.add("customers.get", "500")
    assert (await desk.mark(asked.id, LEA, applied=False)).result is Result.TROUBLE
    assert await desk.get(asked.id) == unsure
    marked = (await desk.mark(asked.id, LEA, applied=True)).record
    assert marked is not None
    assert (marked.state, marked.after) == (State.APPLIED, unsure.after)


async def test_somebody_is_first_at_the_last_moment(stage: Bench) -> None:
    """Between the policy's answer and the step itself."""
    stage.law.needed = 2
    desk, other = stage.desk(), stage.desk()

    asked = await stage.waiting(desk)
    stage.law.meanwhile[Verb.APPROVE] = lambda: other.approve(asked.id, 1, RAJ)
    assert (await desk.approve(asked.id, 1, RAJ)).result is Result.ALREADY
    stage.law.meanwhile[Verb.WITHDRAW] = lambda: other.deny(asked.id, 1, LEA)
    beaten = await desk.withdraw(asked.id, ANA)
    assert beaten.result is Result.TOO_LATE
    assert beaten.record is not None
    assert beaten.record.decided_by == "U_LEA"

    stage.law.needed = 1
    unsure = await stage.waiting(desk)
    stage.local.faults.add("balances.update", "500", times=1)
    await desk.approve(unsure.id, 1, RAJ)
    stage.law.meanwhile[Verb.MARK] = lambda: other.mark(unsure.id, LEA, applied=True)
    assert (await desk.mark(unsure.id, RAJ, applied=False)).result is Result.TOO_LATE
    assert (await desk.mark("nothing", RAJ, applied=False)).result is Result.UNKNOWN

    absolute = await stage.waiting(desk, stage.balance(BalanceAction.SET, 50))
    await stage.elsewhere(usage=500)
    stage.law.meanwhile[Verb.ASK] = lambda: other.withdraw(absolute.id, ANA)
    assert (await desk.approve(absolute.id, 1, RAJ)).result is Result.TOO_LATE

    rename = await stage.waiting(desk, DetailsInput(customer=CUSTOMER, name="New Name"))
    twin = await stage.waiting(desk, DetailsInput(customer=CUSTOMER, name="New Name"))
    await desk.approve(twin.id, 1, RAJ)
    stage.law.meanwhile[Verb.APPROVE] = lambda: other.withdraw(rename.id, ANA)
    assert (await desk.approve(rename.id, 1, RAJ)).result is Result.TOO_LATE
    assert await stage.whole()


async def test_one_person_approves_a_version_once(stage: Bench) -> None:
    stage.law.needed = 2
    desk = stage.desk()
    asked = await stage.waiting(desk)
    results = await asyncio.gather(*(desk.approve(asked.id, 1, RAJ) for _ in range(6)))
    assert sorted(reply.result for reply in results) == [Result.ALREADY] * 5 + [Result.DONE]
    record = await desk.get(asked.id)
    assert record is not None
    assert record.state is State.WAITING


async def test_a_change_altered_behind_the_trail_is_found(stage: Bench) -> None:
    asked = await stage.waiting(stage.desk())
    assert await stage.whole()
    async with stage.database.writing() as connection:
        await connection.execute(update(changes).where(changes.c.id == asked.id).values(state="denied"))
    async with stage.database.reading() as connection:
        found = (await audit.verify(connection)).faults
    assert found == (f"change {asked.id} is denied, and row 1 says otherwise",)
