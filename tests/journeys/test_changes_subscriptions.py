"""Subscription changes through the real bot: Autumn's previews, refunds, payments and locks."""

from collections.abc import AsyncIterator

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.autumn.errors import Forbidden
from bot.changes import autumn_refusals, notes
from bot.changes.billing.words import BillingNote
from bot.changes.cancellation.words import CancellationNote
from bot.changes.common import joined
from bot.changes.notes import Note
from bot.changes.switch.words import SwitchNote
from bot.lookups import labels
from sandbox.autumn import LocalAutumn
from tests.journeys.changing import (
    ACTION,
    FAILED,
    approve_waiting,
    change_in_autumn,
    read_as_approver,
    undo_and_apply,
)
from tests.journeys.harness import FormHarness, applied_record, form_harness, refusal
from tests.journeys.kinds import cancel, cancel_free, extend_trial
from tests.running import Running, running_maple

WAITS = approvals_words.AWAITS_PAYMENT.split("*")[1]


@pytest.fixture
async def harness() -> AsyncIterator[FormHarness]:
    async with form_harness() as harness:
        yield harness


async def test_last_payment_is_refunded_and_subscription_ends(harness: FormHarness) -> None:
    await harness.ana.command("/autumn cancel cus_northwind")
    await harness.ana.choose(ACTION, "Cancel now")
    await harness.ana.sees("Refund of the whole last payment")
    await harness.ana.choose("What the customer gets for the rest", "Refund of the whole last payment")
    form = await harness.ana.sees("Refunded to the card")
    assert "will stay unbilled" in form
    assert "Next product: Free: starts" in form
    await harness.ana.submit()
    card = await harness.card(await harness.waiting())
    assert "with a refund of the whole last payment" in card
    assert "This can't be undone." in card
    applied_record(await harness.approve())
    customer = harness.autumn.state.customers["cus_northwind"]
    newest = max(customer.invoices, key=lambda invoice: invoice.created_at)
    assert newest.refunded == newest.total > 0
    assert [product.plan_id for product in customer.products if product.running] == ["free"]


async def test_undo_of_a_free_product_never_ends_one_bought_since(harness: FormHarness) -> None:
    await cancel_free(harness)
    record = applied_record(await harness.approve())
    await change_in_autumn(harness, "billing.attach", customer_id="cus_wayne", plan_id="starter")
    replaced = Note(SwitchNote.REPLACES_ANOTHER, {"replaced": joined(["starter"])})
    assert notes.plain(replaced) in refusal(await harness.undo(record))
    assert await harness.changes.waiting() == []
    products = harness.autumn.state.customers["cus_wayne"].products
    assert [product.plan_id for product in products if product.running] == ["starter"]


async def test_form_warns_of_what_is_dropped_and_refuses_what_cannot_be_done(harness: FormHarness) -> None:
    await harness.ana.command("/autumn cancel cus_hooli")
    form = await harness.ana.sees("The scheduled change to Team will be called off.")
    assert "Nothing replaces it" in form
    assert "Scheduled change to Team: called off" in form

    await harness.ana.command("/autumn cancel cus_initech")
    await harness.ana.sees("Take the cancellation back")
    await harness.ana.choose(ACTION, "Cancel at the end of the period")
    await harness.ana.sees("This subscription is cancelled already")
    await harness.ana.submit()
    assert "This subscription is cancelled already" in refusal(harness.ana.outcome)

    harness.autumn.state.customers["cus_northwind"].currency = "gbp"
    await harness.ana.command("/autumn cancel cus_northwind")
    await harness.ana.choose(ACTION, "Cancel now")
    form = await harness.ana.sees("Autumn would refuse this.")
    assert autumn_refusals.CODES["currency_mismatch"] in form
    assert BillingNote.WOULD_BE_REFUSED.id not in form
    assert CancellationNote.BALANCES_LOST.id not in form
    assert await harness.changes.waiting() == []
    assert harness.autumn.ledger == []


async def ask_to_end_the_trial(maple: Running, *, where: str = "#support") -> None:
    maple.ana.go(where)
    await maple.ana.command("/autumn trial cus_umbrella")
    await maple.ana.sees("New end of the trial")
    await maple.ana.choose(ACTION, "End the trial now")
    await maple.ana.sees("Total billed now: $49.00")
    await maple.ana.fill("Reason", "They want to start")
    await maple.ana.submit()
    await read_as_approver(maple, "End the trial of Pro now")


async def test_change_that_waits_for_payment_has_its_own_outcome(maple: Running) -> None:
    maple.autumn.set_card("cus_umbrella", on_file=False)
    await ask_to_end_the_trial(maple)
    await approve_waiting(maple)
    card = await maple.lea.sees(WAITS)
    assert approvals_words.PAYMENTS["payment_method_required"] in card
    assert "Unconfirmed" not in card
    await maple.ana.close()
    maple.ana.go("@maple")
    outcome = await maple.ana.sees(approvals_words.PAYMENT_LINK)
    assert approvals_words.PAYMENT_LINK_PRIVATE in outcome
    assert approvals_words.PAYMENT_LINK not in maple.lea.screen()
    own, _ = (message for message in maple.ana.pieces() if WAITS in message)
    assert "/invoice/" not in own
    (record,) = await maple.bot.changes.history("cus_umbrella")
    assert record.payment_url == ""
    await maple.lea.command("/autumn history cus_umbrella")
    await maple.lea.sees(approvals_words.AWAITS_PAYMENT_STATE)


async def test_link_requested_in_a_direct_message_is_sent_there(maple: Running) -> None:
    maple.autumn.set_card("cus_umbrella", on_file=False)
    await ask_to_end_the_trial(maple, where="@maple")
    await approve_waiting(maple)
    await maple.lea.sees(WAITS)
    assert approvals_words.PAYMENT_LINK not in maple.lea.screen()
    await maple.ana.sees(approvals_words.PAYMENT_LINK_PRIVATE)


async def test_paid_change_is_marked_as_applied(maple: Running) -> None:
    maple.autumn.set_card("cus_umbrella", on_file=False)
    await ask_to_end_the_trial(maple)
    await approve_waiting(maple)
    await maple.lea.sees(WAITS)
    await maple.lea.click(approvals_words.MARK_APPLIED, confirm=True)
    await maple.lea.sees(approvals_words.RESULTS[Result.SEEN_NOT_APPLIED].what)
    await maple.lea.sees(WAITS)
    (invoice,) = maple.autumn.state.waiting
    maple.autumn.pay(invoice)
    await maple.lea.click(approvals_words.MARK_NOT_APPLIED, confirm=True)
    await maple.lea.sees(WAITS)
    await maple.lea.click(approvals_words.MARK_APPLIED, confirm=True)
    await maple.lea.sees(approvals_words.ENDINGS[Cause.MARKED_APPLIED])


async def test_customer_without_a_card_gets_a_checkout(maple: Running) -> None:
    await maple.ana.command("/autumn switch cus_empty")
    await maple.ana.sees("New product")
    await maple.ana.choose("New product", "Pro (yearly)")
    await maple.ana.sees(str(BillingNote.NEEDS_CHECKOUT.text).split("*")[1])
    await maple.ana.fill("Reason", "They decided")
    await maple.ana.submit()
    await read_as_approver(maple, "Change the product to Pro (yearly) now")
    await approve_waiting(maple)
    await maple.lea.sees(WAITS)
    await maple.ana.close()
    maple.ana.go("@maple")
    await maple.ana.sees(approvals_words.PAYMENT_LINK)
    assert [product.plan_id for product in maple.autumn.state.customers["cus_empty"].products] == []


async def test_billing_change_under_way_is_reported_and_nothing_changes(harness: FormHarness) -> None:
    await cancel(harness)
    harness.autumn.state.org.locks_billing = True
    harness.autumn.billing_locks.add("cus_northwind")
    record = (await harness.approve()).record
    assert record is not None
    card = await harness.card(record)
    assert FAILED in card
    assert autumn_refusals.CODES["lock_already_exists"] in card
    assert harness.autumn.state.customers["cus_northwind"].products[0].canceled_at is None


async def test_moved_trial_is_undone_under_its_new_id(harness: FormHarness) -> None:
    product = harness.autumn.state.customers["cus_umbrella"].products[0]
    before, ends = product.id, product.trial_ends_at
    await extend_trial(harness)
    record = applied_record(await harness.approve())
    assert product.id != before
    assert "Autumn set the end of the trial to " in await harness.card(record)
    await undo_and_apply(harness.changes, record)
    assert ends is not None
    assert product.trial_ends_at is not None
    assert 0 <= product.trial_ends_at - ends <= 24 * 60 * 60 * 1000


async def test_key_without_preview_scope_is_reported_in_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = ["customers:read", "plans:read", "features:read"]
    monkeypatch.setattr(LocalAutumn, "key", property(lambda self: self.keys(reading)))
    async with running_maple("http") as maple:
        await maple.ana.command("/autumn cancel cus_northwind")
        explanation = labels.explanation(Forbidden(status=403))
        await maple.ana.sees(explanation.what)
