"""The local Autumn then shows what the preview of a subscription change promised."""

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


async def subscription_fields(bench: Bench, customer_id: str, plan_id: str) -> dict[str, Any]:
    """A subscription, as the inputs name it."""
    customer = await bench.autumn.customer(customer_id)
    match = next(subscription for subscription in customer.subscriptions if subscription.plan_id == plan_id)
    return {"customer": customer_id, "subscription": match.id, "product": plan_id}


async def preview_facts(bench: Bench, request: ChangeInput) -> Facts:
    """The facts the guards allow, with Autumn's preview."""
    facts = await bench.facts(request)
    assert registry.of(request).guard(request, facts, NOW).allowed
    facts = await quoted(bench.autumn, request, facts, now=bench.local.clock.now)
    assert registry.of(request).guard(request, facts, NOW).allowed
    return facts


async def preview_and_apply(bench: Bench, request: ChangeInput) -> tuple[Facts, Facts]:
    """The facts the change was made from, and those after it."""
    facts = await preview_facts(bench, request)
    return facts, await bench.apply(request, facts)


def quoted_total(facts: Facts) -> Decimal:
    assert facts.quote is not None
    return round(sum((line.total for line in facts.quote.line_items), Decimal(0)), 2)


def own(facts: Facts) -> list[tuple[str, str, bool]]:
    return [
        (subscription.plan_id, subscription.status, subscription.canceled_at is not None)
        for subscription in facts.customer.subscriptions
    ]


def invoices(bench: Bench, customer_id: str) -> list[Any]:
    return sorted(bench.local.state.customer(customer_id).invoices, key=lambda invoice: invoice.created_at)


def cancelling(action: CancellationAction, **facts: Any) -> CancellationInput:
    return CancellationInput(action=action, **facts)


async def test_subscription_is_cancelled_at_period_end_and_taken_back(bench: Bench) -> None:
    customer_facts = await subscription_fields(bench, "cus_northwind", "pro")
    before = len(invoices(bench, "cus_northwind"))
    request = cancelling(CancellationAction.AT_PERIOD_END, **customer_facts)
    facts, after = await preview_and_apply(bench, request)
    assert own(after) == [("pro", "active", True), ("free", "scheduled", False)]
    lines = {line.label: line.after for line in registry.of(request).preview(request, facts)}
    (ending, _) = after.customer.subscriptions
    assert ending.expires_at is not None
    assert (
        lines[BillingLine.ENDS] == f"{ending.expires_at:%b} {ending.expires_at.day}, {ending.expires_at:%Y}"
    )
    assert lines[BillingLine.TOTAL] == "0"
    _, after = await preview_and_apply(bench, cancelling(CancellationAction.TAKE_BACK, **customer_facts))
    assert own(after) == [("pro", "active", False)]
    assert len(invoices(bench, "cus_northwind")) == before


async def test_credit_for_the_next_invoices_is_as_previewed(bench: Bench) -> None:
    customer_facts = await subscription_fields(bench, "cus_northwind", "pro")
    facts, after = await preview_and_apply(
        bench, cancelling(CancellationAction.NOW, settlement=Settlement.CREDIT, **customer_facts)
    )
    assert quoted_total(facts) < 0
    assert bench.local.state.customer("cus_northwind").credit == pytest.approx(-float(quoted_total(facts)))
    assert own(after) == [("free", "active", False)]
    assert after.customer.balances["messages"].granted == 100


@pytest.mark.parametrize("settlement", [Settlement.REFUND_ALL, Settlement.REFUND_UNUSED])
async def test_last_payment_is_refunded_as_previewed(bench: Bench, settlement: Settlement) -> None:
    customer_facts = await subscription_fields(bench, "cus_northwind", "pro")
    facts, _ = await preview_and_apply(
        bench, cancelling(CancellationAction.NOW, settlement=settlement, **customer_facts)
    )
    assert facts.quote is not None
    assert facts.quote.refund is not None
    newest = invoices(bench, "cus_northwind")[-1]
    assert newest.stripe_id == facts.quote.refund.invoice.stripe_id
    assert newest.refunded == pytest.approx(float(round(facts.quote.refund.amount, 2)))
    assert (newest.refunded == newest.total) == (settlement is Settlement.REFUND_ALL)


async def test_settling_with_nothing_moves_no_money(bench: Bench) -> None:
    customer_facts = await subscription_fields(bench, "cus_northwind", "pro")
    before = len(invoices(bench, "cus_northwind"))
    facts, _ = await preview_and_apply(
        bench, cancelling(CancellationAction.NOW, settlement=Settlement.NOTHING, **customer_facts)
    )
    assert quoted_total(facts) == 0
    assert len(invoices(bench, "cus_northwind")) == before
    assert bench.local.state.customer("cus_northwind").credit == 0


@pytest.mark.parametrize(
    ("action", "remaining"),
    [
        (CancellationAction.AT_PERIOD_END, [("starter", "active", True)]),
        (CancellationAction.TAKE_BACK, [("starter", "active", False)]),
    ],
)
async def test_scheduled_change_is_dropped_as_warned(
    bench: Bench, action: CancellationAction, remaining: list[Any]
) -> None:
    request = cancelling(action, **await subscription_fields(bench, "cus_hooli", "starter"))
    facts, after = await preview_and_apply(bench, request)
    warned = registry.of(request).guard(request, facts, NOW).warnings
    assert Note(BillingNote.DROPS_SWITCH, {"product": "team"}) in warned
    assert own(after) == remaining


async def test_add_ons_continue_when_the_main_product_is_cancelled(bench: Bench) -> None:
    facts = await subscription_fields(bench, "cus_acme", "team")
    _, after = await preview_and_apply(
        bench, cancelling(CancellationAction.NOW, settlement=Settlement.NOTHING, **facts)
    )
    assert {plan_id for plan_id, _, _ in own(after)} == {"support_plus", "extra_seats", "free"}


async def test_preview_holds_as_time_passes_but_not_into_the_next_period(bench: Bench) -> None:
    facts = await subscription_fields(bench, "cus_northwind", "pro")
    request = cancelling(CancellationAction.NOW, settlement=Settlement.CREDIT, **facts)
    kind = registry.of(request)
    then = kind.snapshot(request, await preview_facts(bench, request))
    bench.local.clock.move(timedelta(hours=20))
    assert kind.holds(request, then, kind.snapshot(request, await preview_facts(bench, request)))
    bench.local.clock.move(31 * DAY)
    assert not kind.holds(request, then, kind.snapshot(request, await preview_facts(bench, request)))


async def test_trial_is_moved_in_whole_days_and_read_back_under_its_new_id(bench: Bench) -> None:
    customer_facts = await subscription_fields(bench, "cus_umbrella", "pro")
    request = TrialInput(
        action=TrialAction.MOVE_END, ends_at=NOW + timedelta(days=19, hours=2), **customer_facts
    )
    facts, after = await preview_and_apply(bench, request)
    (before,), (moved,) = facts.customer.subscriptions, after.customer.subscriptions
    assert moved.trial_ends_at == NOW + 20 * DAY
    assert moved.id != before.id
    assert after.customer.balances["messages"].usage == facts.customer.balances["messages"].usage
    back = registry.of(request).inverse(
        request, registry.of(request).snapshot(request, facts), registry.of(request).snapshot(request, after)
    )
    assert isinstance(back, TrialInput)
    _, after = await preview_and_apply(bench, back)
    (renewed,) = after.customer.subscriptions
    assert before.trial_ends_at is not None
    assert renewed.trial_ends_at is not None
    assert timedelta(0) <= renewed.trial_ends_at - before.trial_ends_at < DAY


async def test_first_period_is_billed_when_a_trial_is_ended(bench: Bench) -> None:
    customer_facts = await subscription_fields(bench, "cus_umbrella", "pro")
    facts, after = await preview_and_apply(bench, TrialInput(action=TrialAction.END_NOW, **customer_facts))
    assert quoted_total(facts) == 49
    assert invoices(bench, "cus_umbrella")[-1].total == 49
    (subscription,) = after.customer.subscriptions
    assert subscription.trial_ends_at is None


@pytest.mark.parametrize(("quantity", "way"), [(12, Billed.NOW), (4, Billed.NOW), (12, Billed.NEXT_INVOICE)])
async def test_quantity_is_billed_as_previewed(bench: Bench, quantity: int, way: Billed) -> None:
    customer_facts = await subscription_fields(bench, "cus_acme", "extra_seats")
    before = len(invoices(bench, "cus_acme"))
    request = QuantityInput(feature="seats", quantity=Decimal(quantity), billed=way, **customer_facts)
    facts, _ = await preview_and_apply(bench, request)
    new = invoices(bench, "cus_acme")[before:]
    if way is Billed.NEXT_INVOICE:
        assert quoted_total(facts) == 0
        assert new == []
    else:
        assert (quoted_total(facts) > 0) == (quantity > 10)
        assert [invoice.total for invoice in new] == [pytest.approx(float(quoted_total(facts)))]


async def test_same_quantity_is_not_written(bench: Bench) -> None:
    facts = await subscription_fields(bench, "cus_acme", "extra_seats")
    request = QuantityInput(feature="seats", quantity=Decimal(10), billed=Billed.NOW, **facts)
    judged = registry.of(request).guard(request, await bench.facts(request), NOW)
    assert judged.refusals == (Note(CommonNote.NOTHING_TO_DO),)


@pytest.mark.parametrize("kept_balances", Kept)
async def test_product_is_changed_now_and_balances_are_kept_as_chosen(
    bench: Bench, kept_balances: Kept
) -> None:
    request = SwitchInput(
        customer="cus_northwind", product="team", action=SwitchAction.NOW, kept=kept_balances
    )
    facts, after = await preview_and_apply(bench, request)
    assert own(after) == [("team", "active", False)]
    assert invoices(bench, "cus_northwind")[-1].total == pytest.approx(float(quoted_total(facts)))
    messages, credits_ = after.customer.balances["messages"], after.customer.balances["credits"]
    used = facts.customer.balances["messages"].usage
    assert messages.usage == (used if kept_balances is Kept.USAGE else 0)
    credits_left = facts.customer.balances["credits"].remaining
    assert (
        credits_.remaining
        == {
            Kept.NOTHING: 5000,
            Kept.USAGE: 5000 - facts.customer.balances["credits"].usage,
            Kept.REMAINING: 5000 + credits_left,
        }[kept_balances]
    )


async def test_product_is_changed_at_period_end_and_the_change_is_cancelled(bench: Bench) -> None:
    request = SwitchInput(customer="cus_massive", product="pro", action=SwitchAction.AT_PERIOD_END)
    kind = registry.of(request)
    facts, after = await preview_and_apply(bench, request)
    assert quoted_total(facts) == 0
    assert sorted(own(after)) == [("pro", "scheduled", False), ("starter", "active", True)]
    back = kind.inverse(request, kind.snapshot(request, facts), kind.snapshot(request, after))
    assert isinstance(back, SwitchInput)
    _, after = await preview_and_apply(bench, back)
    assert own(after) == [("starter", "active", False)]


async def test_change_that_would_not_wait_for_the_period_end_is_refused(bench: Bench) -> None:
    request = SwitchInput(customer="cus_wayne", product="team", action=SwitchAction.AT_PERIOD_END)
    facts = await quoted(bench.autumn, request, await bench.facts(request), now=bench.local.clock.now)
    assert registry.of(request).guard(request, facts, NOW).refusals == (Note(SwitchNote.NO_PERIOD),)


async def test_named_one_of_two_equal_subscriptions_is_cancelled(bench: Bench) -> None:
    facts = await subscription_fields(bench, "cus_acme", "support_plus")
    body = {"customer_id": "cus_acme", "plan_id": "support_plus"}
    await bench.autumn.send(Write("billing.attach", "POST", "/v1/billing.attach", body), "another")
    newer = {
        held_subscription.id
        for held_subscription in (await bench.autumn.customer("cus_acme")).subscriptions
        if held_subscription.plan_id == "support_plus"
    } - {facts["subscription"]}
    assert len(newer) == 1
    request = cancelling(CancellationAction.NOW, settlement=Settlement.NOTHING, **facts)
    _, after = await preview_and_apply(bench, request)
    remaining = {
        held_subscription.id
        for held_subscription in after.customer.subscriptions
        if held_subscription.plan_id == "support_plus"
    }
    assert remaining == newer


async def test_add_on_is_billed_as_previewed_and_its_undo_credits_it(bench: Bench) -> None:
    request = AdditionInput(customer="cus_northwind", product="support_plus", subscription="maple_1")
    kind = registry.of(request)
    facts, after = await preview_and_apply(bench, request)
    assert sorted(own(after)) == [("pro", "active", False), ("support_plus", "active", False)]
    assert invoices(bench, "cus_northwind")[-1].total == pytest.approx(float(quoted_total(facts)))
    assert "priority_support" in after.customer.flags
    then, read_back = kind.snapshot(request, facts), kind.snapshot(request, after)
    assert kind.verify(request, then, read_back) is Verdict.APPLIED
    back = kind.inverse(request, then, read_back)
    assert isinstance(back, CancellationInput)
    undone, after = await preview_and_apply(bench, back)
    assert own(after) == [("pro", "active", False)]
    assert quoted_total(undone) == pytest.approx(-quoted_total(facts), abs=Decimal("0.01"))


async def test_second_add_on_is_distinguished_from_the_first(bench: Bench) -> None:
    first, second = (
        AdditionInput(customer="cus_northwind", product="support_plus", subscription=f"maple_{number}")
        for number in (1, 2)
    )
    await preview_and_apply(bench, first)
    facts, after = await preview_and_apply(bench, second)
    assert {subscription.id for subscription in after.customer.subscriptions} >= {"maple_1", "maple_2"}
    kind = registry.of(second)
    back = kind.inverse(second, kind.snapshot(second, facts), kind.snapshot(second, after))
    assert back is not None
    _, after = await preview_and_apply(bench, back)
    assert [subscription.id for subscription in after.customer.subscriptions if subscription.add_on] == [
        "maple_1"
    ]


async def test_seats_are_bought_with_the_product_in_the_requested_quantity(bench: Bench) -> None:
    request = AdditionInput(
        customer="cus_northwind",
        product="extra_seats",
        subscription="maple_1",
        quantities=(FeatureQuantity(feature="seats", quantity=Decimal(4)),),
    )
    kind = registry.of(request)
    facts, after = await preview_and_apply(bench, request)
    assert after.customer.balances["seats"].granted == facts.customer.balances["seats"].granted + 4
    assert (
        kind.verify(request, kind.snapshot(request, facts), kind.snapshot(request, after)) is Verdict.APPLIED
    )


async def test_purchase_is_billed_once_and_removed_without_money(bench: Bench) -> None:
    request = AdditionInput(customer="cus_northwind", product="message_pack")
    kind = registry.of(request)
    facts, after = await preview_and_apply(bench, request)
    assert quoted_total(facts) == 15
    assert invoices(bench, "cus_northwind")[-1].total == 15
    before = len(invoices(bench, "cus_northwind"))
    then, read_back = kind.snapshot(request, facts), kind.snapshot(request, after)
    assert kind.verify(request, then, read_back) is Verdict.APPLIED
    back = kind.inverse(request, then, read_back)
    assert isinstance(back, CancellationInput)
    undone, after = await preview_and_apply(bench, back)
    assert quoted_total(undone) == 0
    assert after.customer.purchases == []
    assert len(invoices(bench, "cus_northwind")) == before
    granted = after.customer.balances["messages"].granted
    assert granted == facts.customer.balances["messages"].granted


async def test_main_product_is_changed_with_the_requested_quantity(bench: Bench) -> None:
    plan = bench.local.state.plans["team"]
    (seats,) = (item for item in plan.items if item.feature_id == "seats")
    seats.included, seats.price = 5, prepaid(7)
    request = SwitchInput(
        customer="cus_northwind",
        product="team",
        action=SwitchAction.NOW,
        replaces="pro",
        quantities=(FeatureQuantity(feature="seats", quantity=Decimal(8)),),
    )
    kind = registry.of(request)
    facts, after = await preview_and_apply(bench, request)
    assert after.customer.balances["seats"].granted == 8
    assert (
        kind.verify(request, kind.snapshot(request, facts), kind.snapshot(request, after)) is Verdict.APPLIED
    )


async def test_cancelled_free_product_is_given_again(bench: Bench) -> None:
    customer_facts = await subscription_fields(bench, "cus_wayne", "free")
    request = cancelling(CancellationAction.NOW, settlement=Settlement.NOTHING, **customer_facts)
    kind = registry.of(request)
    facts, after = await preview_and_apply(bench, request)
    assert own(after) == []
    back = kind.inverse(request, kind.snapshot(request, facts), kind.snapshot(request, after))
    assert isinstance(back, SwitchInput)
    _, after = await preview_and_apply(bench, back)
    assert own(after) == [("free", "active", False)]


async def test_previews_write_nothing(bench: Bench) -> None:
    customer_facts = await subscription_fields(bench, "cus_northwind", "pro")
    request = cancelling(CancellationAction.NOW, settlement=Settlement.REFUND_ALL, **customer_facts)
    facts = await preview_facts(bench, request)
    moved = quote.money_moved(registry.of(request).snapshot(request, facts))
    assert moved == Decimal(str(invoices(bench, "cus_northwind")[-1].total))
    form = await gather_for(bench.autumn, "cancellation", "cus_northwind", now=bench.local.clock.now)
    assert [held_subscription.plan_id for held_subscription in form.customer.subscriptions] == ["pro"]
    assert bench.local.ledger == []
