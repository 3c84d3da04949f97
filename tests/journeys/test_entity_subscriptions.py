"""Subscriptions of one entity: cancelled, kept, switched, and changed in quantity and trial."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.approvals.lifecycle import Record
from bot.approvals.service import ChangeService
from bot.changes import descriptions
from bot.changes.billing import words as billing_words
from bot.changes.cancellation.words import CancellationNote
from bot.changes.forms import words as forms_words
from bot.changes.switch.words import SwitchNote
from sandbox.autumn.model import Product
from tests.journeys.changing import (
    ACTION,
    PREVIEW,
    FormSetup,
    approve_and_apply,
    change_in_autumn,
    read_as_approver,
    service_without_slack,
    undo_and_apply,
)
from tests.journeys.harness import FormHarness, form_harness
from tests.journeys.steps import click_and_see, command_and_see
from tests.running import Running
from tests.screen import on_screen

WHO = "cus_piedpiper"
COMPRESSION = "the entity Compression (workspace_1)"


@pytest.fixture
async def harness() -> AsyncIterator[FormHarness]:
    async with form_harness() as harness:
        yield harness


def products(at: FormSetup, entity: str | None = "workspace_1") -> list[Product]:
    return [
        product
        for product in at.autumn.state.customer(WHO).products
        if product.entity_id == entity and product.status != "expired"
    ]


def other_products(at: FormSetup) -> list[tuple[str, str, object]]:
    """Everything that is not this entity's."""
    held_products = at.autumn.state.customer(WHO).products
    return [
        (product.id, product.status, product.canceled_at)
        for product in held_products
        if product.entity_id != "workspace_1"
    ]


async def open_form(harness: FormHarness, command: str, sees: str) -> None:
    await harness.ana.command(f"/autumn {command} {WHO}")
    await harness.ana.sees(forms_words.WHOLE_CUSTOMER)
    await harness.ana.choose(forms_words.PICK_ENTITY, "Compression")
    await harness.ana.sees(billing_words.HELD_BY_ENTITY.strip("*"))
    await harness.ana.sees(sees)


async def submit_and_apply(harness: FormHarness, summary: str) -> Record:
    """Ana submits what she filled in, and Lea approves it."""
    await harness.ana.sees(PREVIEW)
    await harness.ana.submit()
    record = await harness.waiting()
    assert summary in await harness.card(record)
    return await approve_and_apply(harness.changes, record)


async def assert_undone(changes: ChangeService, change: Record, summary: str) -> None:
    undo = await undo_and_apply(changes, change)
    names = (await changes.names.of(undo)).names
    assert on_screen(descriptions.summary(undo.input, names)) == summary


async def test_cancellation_from_the_card_is_limited_to_the_entity_and_taken_back(maple: Running) -> None:
    before = other_products(maple)
    await command_and_see(maple, f"/autumn entities {WHO}", "4 entities")
    await click_and_see(maple, "Open", "Balances of its own", within="Compression")
    await maple.ana.click("Cancel subscription")
    form = await maple.ana.sees("Ends on: none")
    assert str(CancellationNote.ENTITY_SHARES.text) in form
    await maple.ana.sees(PREVIEW)
    await maple.ana.fill("Reason", "They asked for it")
    await maple.ana.submit()
    await read_as_approver(maple, f"Cancel Starter at the end of the period, for {COMPRESSION}")
    service = service_without_slack(maple)
    (record,) = await service.waiting()
    change = await approve_and_apply(service, record)
    (starter,) = products(maple)
    assert starter.canceled_at is not None
    assert other_products(maple) == before
    (write,) = maple.autumn.ledger
    assert write.body["entity_id"] == "workspace_1"
    assert write.body["subscription_id"] == starter.key
    await assert_undone(service, change, f"Take back the cancellation of Starter, for {COMPRESSION}")
    assert starter.canceled_at is None
    assert other_products(maple) == before


async def test_subscription_of_an_entity_ends_now_with_the_credit_that_was_previewed(
    harness: FormHarness,
) -> None:
    before = other_products(harness)
    await open_form(harness, "cancel", "Cancel at the end of the period")
    await harness.ana.choose(ACTION, "Cancel now")
    await harness.ana.sees("Credit for the unused time")
    form = await harness.ana.sees("Total billed now: $")
    assert "(Compression): $" in form
    await submit_and_apply(
        harness, f"Cancel Starter now, with credit for any unused time already billed, for {COMPRESSION}"
    )
    assert products(harness) == []
    assert other_products(harness) == before


async def test_product_of_an_entity_is_changed(harness: FormHarness) -> None:
    before = other_products(harness)
    await open_form(harness, "switch", "New product")
    await harness.ana.choose("New product", "Pro")
    await harness.ana.sees("Balances reset")
    await harness.ana.choose("What the customer keeps of the balances", "What is left")
    await harness.ana.sees(str(SwitchNote.ENTITY_REMAINING.text))
    await harness.ana.choose("What the customer keeps of the balances", "Usage")
    await harness.ana.sees("Product Pro: starts now")
    await submit_and_apply(harness, f"Change the product to Pro now, for {COMPRESSION}")
    assert [product.plan_id for product in products(harness)] == ["pro"]
    assert other_products(harness) == before


async def test_scheduled_product_of_an_entity_is_cancelled(harness: FormHarness) -> None:
    await change_in_autumn(harness, "billing.attach", customer_id=WHO, plan_id="pro", entity_id="workspace_1")
    await open_form(harness, "switch", "New product")
    await harness.ana.choose("New product", "Starter")
    await harness.ana.sees("Balances reset")
    await harness.ana.choose("When", "At the end of the period")
    await harness.ana.sees("Product starts: Starter")
    change = await submit_and_apply(
        harness, f"Change the product to Starter at the end of the period, for {COMPRESSION}"
    )
    assert sorted(product.status for product in products(harness)) == ["active", "scheduled"]
    await assert_undone(
        harness.changes, change, f"Call off the scheduled change to Starter, for {COMPRESSION}"
    )
    assert [product.plan_id for product in products(harness)] == ["pro"]


async def test_quantity_of_an_entity_is_changed_and_undone(harness: FormHarness) -> None:
    await change_in_autumn(
        harness,
        "billing.attach",
        customer_id=WHO,
        plan_id="extra_seats",
        entity_id="workspace_1",
        feature_quantities=[{"feature_id": "seats", "quantity": 10}],
    )
    before = other_products(harness)
    await open_form(harness, "quantity", "New quantity")
    await harness.ana.fill("New quantity", "12")
    await harness.ana.sees("Quantity of Seats: 10 → 12")
    change = await submit_and_apply(harness, f"Set Seats on Extra Seats to 12, for {COMPRESSION}")
    await assert_undone(harness.changes, change, f"Set Seats on Extra Seats to 10, for {COMPRESSION}")
    assert other_products(harness) == before


async def test_add_on_of_an_entity_is_added_and_undone(harness: FormHarness) -> None:
    before = other_products(harness)
    await open_form(harness, "add", "Product to add")
    await harness.ana.choose("Product to add", "Extra Seats")
    await harness.ana.sees("Quantity of Seats")
    await harness.ana.fill("Quantity of Seats", "3")
    await harness.ana.sees("Quantity of Seats: 3")
    change = await submit_and_apply(harness, f"Add Extra Seats now, for {COMPRESSION}")
    (added,) = (product for product in products(harness) if product.plan_id == "extra_seats")
    assert added.prepaid == {"seats": 3}
    assert other_products(harness) == before
    await assert_undone(
        harness.changes,
        change,
        f"Cancel Extra Seats now, with credit for any unused time already billed, for {COMPRESSION}",
    )
    assert [product.plan_id for product in products(harness)] == ["starter"]
    assert other_products(harness) == before


async def test_trial_of_an_entity_is_extended(harness: FormHarness) -> None:
    trial = {"duration_length": 5, "duration_type": "day", "card_required": True}
    await change_in_autumn(
        harness,
        "billing.attach",
        customer_id=WHO,
        plan_id="pro",
        entity_id="workspace_1",
        customize={"free_trial": trial},
    )
    before = other_products(harness)
    await open_form(harness, "trial", "New end of the trial")
    at = harness.clock.now() + timedelta(days=20)
    await harness.ana.choose("New end of the trial", str(int(at.timestamp())))
    await submit_and_apply(harness, f"for {COMPRESSION}")
    (pro,) = products(harness)
    assert pro.trial_ends_at is not None
    assert other_products(harness) == before


async def test_merged_subscriptions_are_only_changed_for_one_entity(maple: Running) -> None:
    state = maple.autumn.state.customer(WHO)
    state.products[:] = [product for product in state.products if product.entity_id is not None]
    await maple.ana.command(f"/autumn cancel {WHO}")
    form = await maple.ana.sees(billing_words.NO_SUBSCRIPTIONS)
    assert forms_words.WHOLE_CUSTOMER in form
    await maple.ana.choose(forms_words.PICK_ENTITY, "Compression")
    await maple.ana.sees(billing_words.HELD_BY_ENTITY.strip("*"))
