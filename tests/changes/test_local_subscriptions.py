"""What a preview of a subscription's change promised is what the local Autumn then shows."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.write import Write
from bot.changes import registry
from bot.changes.addition.request import AdditionInput
from bot.changes.billing import quote
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.facts import gather_for, quoted
from bot.changes.model import ChangeInput, Facts, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import Kept, SwitchAction, SwitchNote
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from sandbox.autumn.seed.catalog import prepaid
from tests.changes.test_local_autumn import NOW, Bench, bench_of

DAY = timedelta(days=1)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with bench_of() as bench:
        yield bench


async def held(bench: Bench, customer_id: str, plan_id: str) -> dict[str, Any]:
    """A subscription, as the inputs name it."""
    customer = await bench.autumn.customer(customer_id)
    found = next(each for each in customer.subscriptions if each.plan_id == plan_id)
    return {"customer": customer_id, "subscription": found.id, "product": plan_id}


async def previewed(bench: Bench, request: ChangeInput) -> Facts:
    """What the guards allow, with Autumn's preview."""
    facts = await bench.facts(request)
    assert registry.of(request).guard(request, facts, NOW).allowed
    facts = await quoted(bench.autumn, request, facts, now=bench.local.clock.now)
    assert registry.of(request).guard(request, facts, NOW).allowed
    return facts


async def carried_out(bench: Bench, request: ChangeInput) -> tuple[Facts, Facts]:
    """The facts that it was made from, and those after it."""
    facts = await previewed(bench, request)
    return facts, await bench.apply(request, facts)


def billed(facts: Facts) -> Decimal:
    assert facts.quote is not None
    return round(sum((line.total for line in facts.quote.line_items), Decimal(0)), 2)


def own(facts: Facts) -> list[tuple[str, str, bool]]:
    return [
        (each.plan_id, each.status, each.canceled_at is not None) for each in facts.customer.subscriptions
    ]


def invoices(bench: Bench, customer_id: str) -> list[Any]:
    return sorted(bench.local.state.customer(customer_id).invoices, key=lambda invoice: invoice.created_at)


def cancelling(action: CancellationAction, **known: Any) -> CancellationInput:
    return CancellationInput(action=action, **known)


async def test_cancelled_at_the_end_and_taken_back(bench: Bench) -> None:
    known = await held(bench, "cus_northwind", "pro")
    before = len(invoices(bench, "cus_northwind"))
    asked = cancelling(CancellationAction.AT_PERIOD_END, **known)
    facts, after = await carried_out(bench, asked)
    assert own(after) == [("pro", "active", True), ("free", "scheduled", False)]
    lines = {line.label: line.after for line in registry.of(asked).preview(asked, facts)}
    (ending, _) = after.customer.subscriptions
    assert ending.expires_at is not None
    assert (
        lines[BillingLine.ENDS] == f"{ending.expires_at:%b} {ending.expires_at.day}, {ending.expires_at:%Y}"
    )
    assert lines[BillingLine.TOTAL] == "0"
    _, after = await carried_out(bench, cancelling(CancellationAction.TAKE_BACK, **known))
    assert own(after) == [("pro", "active", False)]
    assert len(invoices(bench, "cus_northwind")) == before


async def test_credit_is_kept_for_the_next_invoices_as_previewed(bench: Bench) -> None:
    known = await held(bench, "cus_northwind", "pro")
    facts, after = await carried_out(
        bench, cancelling(CancellationAction.NOW, settlement=Settlement.CREDIT, **known)
    )
    assert billed(facts) < 0
    assert bench.local.state.customer("cus_northwind").credit == pytest.approx(-float(billed(facts)))
    assert own(after) == [("free", "active", False)]
    assert after.customer.balances["messages"].granted == 100


@pytest.mark.parametrize("settlement", [Settlement.REFUND_ALL, Settlement.REFUND_UNUSED])
async def test_the_last_payment_is_refunded_as_previewed(bench: Bench, settlement: Settlement) -> None:
    known = await held(bench, "cus_northwind", "pro")
    facts, _ = await carried_out(bench, cancelling(CancellationAction.NOW, settlement=settlement, **known))
    assert facts.quote is not None
    assert facts.quote.refund is not None
    newest = invoices(bench, "cus_northwind")[-1]
    assert newest.stripe_id == facts.quote.refund.invoice.stripe_id
    assert newest.refunded == pytest.approx(float(round(facts.quote.refund.amount, 2)))
    assert (newest.refunded == newest.total) == (settlement is Settlement.REFUND_ALL)


async def test_with_nothing_for_the_rest_no_money_moves(bench: Bench) -> None:
    known = await held(bench, "cus_northwind", "pro")
    before = len(invoices(bench, "cus_northwind"))
    facts, _ = await carried_out(
        bench, cancelling(CancellationAction.NOW, settlement=Settlement.NOTHING, **known)
    )
    assert billed(facts) == 0
    assert len(invoices(bench, "cus_northwind")) == before
    assert bench.local.state.customer("cus_northwind").credit == 0


@pytest.mark.parametrize(
    ("action", "left"),
    [
        (CancellationAction.AT_PERIOD_END, [("starter", "active", True)]),
        (CancellationAction.TAKE_BACK, [("starter", "active", False)]),
    ],
)
async def test_a_scheduled_change_is_dropped_as_warned(
    bench: Bench, action: CancellationAction, left: list[Any]
) -> None:
    asked = cancelling(action, **await held(bench, "cus_hooli", "starter"))
    facts, after = await carried_out(bench, asked)
    warned = registry.of(asked).guard(asked, facts, NOW).warnings
    assert Note(BillingNote.DROPS_SWITCH, {"product": "team"}) in warned
    assert own(after) == left


async def test_add_ons_go_on_when_the_main_product_is_cancelled(bench: Bench) -> None:
    known = await held(bench, "cus_acme", "team")
    _, after = await carried_out(
        bench, cancelling(CancellationAction.NOW, settlement=Settlement.NOTHING, **known)
    )
    assert {plan_id for plan_id, _, _ in own(after)} == {"support_plus", "extra_seats", "free"}


async def test_a_preview_holds_as_time_goes_by_and_not_into_the_next_period(bench: Bench) -> None:
    known = await held(bench, "cus_northwind", "pro")
    asked = cancelling(CancellationAction.NOW, settlement=Settlement.CREDIT, **known)
    kind = registry.of(asked)
    then = kind.snapshot(asked, await previewed(bench, asked))
    bench.local.clock.move(timedelta(hours=20))
    assert kind.holds(asked, then, kind.snapshot(asked, await previewed(bench, asked)))
    bench.local.clock.move(31 * DAY)
    assert not kind.holds(asked, then, kind.snapshot(asked, await previewed(bench, asked)))


async def test_a_trial_is_moved_in_whole_days_and_read_back_under_its_new_id(bench: Bench) -> None:
    known = await held(bench, "cus_umbrella", "pro")
    asked = TrialInput(action=TrialAction.MOVE_END, ends_at=NOW + timedelta(days=19, hours=2), **known)
    facts, after = await carried_out(bench, asked)
    (before,), (moved,) = facts.customer.subscriptions, after.customer.subscriptions
    assert moved.trial_ends_at == NOW + 20 * DAY
    assert moved.id != before.id
    assert after.customer.balances["messages"].usage == facts.customer.balances["messages"].usage
    back = registry.of(asked).inverse(
        asked, registry.of(asked).snapshot(asked, facts), registry.of(asked).snapshot(asked, after)
    )
    assert isinstance(back, TrialInput)
    _, after = await carried_out(bench, back)
    (again,) = after.customer.subscriptions
    assert before.trial_ends_at is not None
    assert again.trial_ends_at is not None
    assert timedelta(0) <= again.trial_ends_at - before.trial_ends_at < DAY


async def test_the_first_period_is_billed_when_a_trial_is_ended(bench: Bench) -> None:
    known = await held(bench, "cus_umbrella", "pro")
    facts, after = await carried_out(bench, TrialInput(action=TrialAction.END_NOW, **known))
    assert billed(facts) == 49
    assert invoices(bench, "cus_umbrella")[-1].total == 49
    (subscription,) = after.customer.subscriptions
    assert subscription.trial_ends_at is None


@pytest.mark.parametrize(("quantity", "way"), [(12, Billed.NOW), (4, Billed.NOW), (12, Billed.NEXT_INVOICE)])
async def test_a_quantity_is_billed_as_previewed(bench: Bench, quantity: int, way: Billed) -> None:
    known = await held(bench, "cus_acme", "extra_seats")
    before = len(invoices(bench, "cus_acme"))
    asked = QuantityInput(feature="seats", quantity=Decimal(quantity), billed=way, **known)
    facts, _ = await carried_out(bench, asked)
    new = invoices(bench, "cus_acme")[before:]
    if way is Billed.NEXT_INVOICE:
        assert billed(facts) == 0
        assert new == []
    else:
        assert (billed(facts) > 0) == (quantity > 10)
        assert [invoice.total for invoice in new] == [pytest.approx(float(billed(facts)))]


async def test_the_same_quantity_is_not_sent(bench: Bench) -> None:
    known = await held(bench, "cus_acme", "extra_seats")
    asked = QuantityInput(feature="seats", quantity=Decimal(10), billed=Billed.NOW, **known)
    judged = registry.of(asked).guard(asked, await bench.facts(asked), NOW)
    assert judged.refusals == (Note(CommonNote.NOTHING_TO_DO),)


@pytest.mark.parametrize("kept", Kept)
async def test_a_product_is_changed_now_and_balances_are_kept_as_chosen(bench: Bench, kept: Kept) -> None:
    asked = SwitchInput(customer="cus_northwind", product="team", action=SwitchAction.NOW, kept=kept)
    facts, after = await carried_out(bench, asked)
    assert own(after) == [("team", "active", False)]
    assert invoices(bench, "cus_northwind")[-1].total == pytest.approx(float(billed(facts)))
    messages, credits_ = after.customer.balances["messages"], after.customer.balances["credits"]
    used = facts.customer.balances["messages"].usage
    assert messages.usage == (used if kept is Kept.USAGE else 0)
    left = facts.customer.balances["credits"].remaining
    assert (
        credits_.remaining
        == {
            Kept.NOTHING: 5000,
            Kept.USAGE: 5000 - facts.customer.balances["credits"].usage,
            Kept.REMAINING: 5000 + left,
        }[kept]
    )


async def test_a_product_is_changed_at_the_end_of_the_period_and_called_off(bench: Bench) -> None:
    asked = SwitchInput(customer="cus_massive", product="pro", action=SwitchAction.AT_PERIOD_END)
    kind = registry.of(asked)
    facts, after = await carried_out(bench, asked)
    assert billed(facts) == 0
    assert sorted(own(after)) == [("pro", "scheduled", False), ("starter", "active", True)]
    back = kind.inverse(asked, kind.snapshot(asked, facts), kind.snapshot(asked, after))
    assert isinstance(back, SwitchInput)
    _, after = await carried_out(bench, back)
    assert own(after) == [("starter", "active", False)]


async def test_a_change_that_would_not_wait_for_the_end_is_refused(bench: Bench) -> None:
    asked = SwitchInput(customer="cus_wayne", product="team", action=SwitchAction.AT_PERIOD_END)
    facts = await quoted(bench.autumn, asked, await bench.facts(asked), now=bench.local.clock.now)
    assert registry.of(asked).guard(asked, facts, NOW).refusals == (Note(SwitchNote.NO_PERIOD),)


async def test_of_a_product_that_is_held_twice_the_one_that_is_named_is_cancelled(bench: Bench) -> None:
    known = await held(bench, "cus_acme", "support_plus")
    body = {"customer_id": "cus_acme", "plan_id": "support_plus"}
    await bench.autumn.send(Write("billing.attach", "POST", "/v1/billing.attach", body), "another")
    newer = {
        each.id
        for each in (await bench.autumn.customer("cus_acme")).subscriptions
        if each.plan_id == "support_plus"
    } - {known["subscription"]}
    assert len(newer) == 1
    asked = cancelling(CancellationAction.NOW, settlement=Settlement.NOTHING, **known)
    _, after = await carried_out(bench, asked)
    left = {each.id for each in after.customer.subscriptions if each.plan_id == "support_plus"}
    assert left == newer


async def test_an_add_on_is_billed_as_previewed_and_its_undo_credits_it(bench: Bench) -> None:
    asked = AdditionInput(customer="cus_northwind", product="support_plus", subscription="maple_1")
    kind = registry.of(asked)
    facts, after = await carried_out(bench, asked)
    assert sorted(own(after)) == [("pro", "active", False), ("support_plus", "active", False)]
    assert invoices(bench, "cus_northwind")[-1].total == pytest.approx(float(billed(facts)))
    assert "priority_support" in after.customer.flags
    then, read_back = kind.snapshot(asked, facts), kind.snapshot(asked, after)
    assert kind.verify(asked, then, read_back) is Verdict.APPLIED
    back = kind.inverse(asked, then, read_back)
    assert isinstance(back, CancellationInput)
    undone, after = await carried_out(bench, back)
    assert own(after) == [("pro", "active", False)]
    assert billed(undone) == pytest.approx(-billed(facts), abs=Decimal("0.01"))


async def test_a_second_add_on_of_a_kind_is_told_from_the_first(bench: Bench) -> None:
    first, second = (
        AdditionInput(customer="cus_northwind", product="support_plus", subscription=f"maple_{number}")
        for number in (1, 2)
    )
    await carried_out(bench, first)
    facts, after = await carried_out(bench, second)
    assert {each.id for each in after.customer.subscriptions} >= {"maple_1", "maple_2"}
    kind = registry.of(second)
    back = kind.inverse(second, kind.snapshot(second, facts), kind.snapshot(second, after))
    assert back is not None
    _, after = await carried_out(bench, back)
    assert [each.id for each in after.customer.subscriptions if each.add_on] == ["maple_1"]


async def test_seats_are_bought_with_the_product_in_the_quantity_that_was_asked_for(bench: Bench) -> None:
    asked = AdditionInput(
        customer="cus_northwind",
        product="extra_seats",
        subscription="maple_1",
        quantities=(FeatureQuantity(feature="seats", quantity=Decimal(4)),),
    )
    kind = registry.of(asked)
    facts, after = await carried_out(bench, asked)
    assert after.customer.balances["seats"].granted == facts.customer.balances["seats"].granted + 4
    assert kind.verify(asked, kind.snapshot(asked, facts), kind.snapshot(asked, after)) is Verdict.APPLIED


async def test_a_purchase_is_billed_once_and_removed_without_money(bench: Bench) -> None:
    asked = AdditionInput(customer="cus_northwind", product="message_pack")
    kind = registry.of(asked)
    facts, after = await carried_out(bench, asked)
    assert billed(facts) == 15
    assert invoices(bench, "cus_northwind")[-1].total == 15
    before = len(invoices(bench, "cus_northwind"))
    then, read_back = kind.snapshot(asked, facts), kind.snapshot(asked, after)
    assert kind.verify(asked, then, read_back) is Verdict.APPLIED
    back = kind.inverse(asked, then, read_back)
    assert isinstance(back, CancellationInput)
    undone, after = await carried_out(bench, back)
    assert billed(undone) == 0
    assert after.customer.purchases == []
    assert len(invoices(bench, "cus_northwind")) == before
    granted = after.customer.balances["messages"].granted
    assert granted == facts.customer.balances["messages"].granted


async def test_a_main_product_is_changed_to_with_the_quantity_that_was_asked_for(bench: Bench) -> None:
    plan = bench.local.state.plans["team"]
    (seats,) = (item for item in plan.items if item.feature_id == "seats")
    seats.included, seats.price = 5, prepaid(7)
    asked = SwitchInput(
        customer="cus_northwind",
        product="team",
        action=SwitchAction.NOW,
        replaces="pro",
        quantities=(FeatureQuantity(feature="seats", quantity=Decimal(8)),),
    )
    kind = registry.of(asked)
    facts, after = await carried_out(bench, asked)
    assert after.customer.balances["seats"].granted == 8
    assert kind.verify(asked, kind.snapshot(asked, facts), kind.snapshot(asked, after)) is Verdict.APPLIED


async def test_a_free_product_that_was_cancelled_is_given_again(bench: Bench) -> None:
    known = await held(bench, "cus_wayne", "free")
    asked = cancelling(CancellationAction.NOW, settlement=Settlement.NOTHING, **known)
    kind = registry.of(asked)
    facts, after = await carried_out(bench, asked)
    assert own(after) == []
    back = kind.inverse(asked, kind.snapshot(asked, facts), kind.snapshot(asked, after))
    assert isinstance(back, SwitchInput)
    _, after = await carried_out(bench, back)
    assert own(after) == [("free", "active", False)]


async def test_previews_write_nothing(bench: Bench) -> None:
    known = await held(bench, "cus_northwind", "pro")
    asked = cancelling(CancellationAction.NOW, settlement=Settlement.REFUND_ALL, **known)
    facts = await previewed(bench, asked)
    moved = quote.money_moved(registry.of(asked).snapshot(asked, facts))
    assert moved == Decimal(str(invoices(bench, "cus_northwind")[-1].total))
    form = await gather_for(bench.autumn, "cancellation", "cus_northwind", now=bench.local.clock.now)
    assert [each.plan_id for each in form.customer.subscriptions] == ["pro"]
    assert bench.local.ledger == []
