"""Subscriptions of one entity: cancelled, kept, switched, and changed in quantity and trial."""

from datetime import timedelta

from bot.approvals.lifecycle import Record
from bot.changes import descriptions
from bot.changes.billing import words as billing_words
from bot.changes.cancellation.words import CancellationNote
from bot.changes.forms import words as forms_words
from bot.changes.switch.words import SwitchNote
from sandbox.autumn.model import Product
from tests.journeys.changing import (
    ACTION,
    PREVIEW,
    apply,
    elsewhere,
    lea_sees,
    undo_approved,
    without_slack,
)
from tests.journeys.steps import ask, press
from tests.running import Running
from tests.screen import on_screen

WHO = "cus_piedpiper"
COMPRESSION = "the entity Compression (workspace_1)"


def products(maple: Running, entity: str | None = "workspace_1") -> list[Product]:
    return [
        product
        for product in maple.autumn.state.customer(WHO).products
        if product.entity_id == entity and product.status != "expired"
    ]


def others(maple: Running) -> list[tuple[str, str, object]]:
    """Everything that is not this entity's."""
    held_products = maple.autumn.state.customer(WHO).products
    return [
        (product.id, product.status, product.canceled_at)
        for product in held_products
        if product.entity_id != "workspace_1"
    ]


async def open_form(maple: Running, command: str, sees: str) -> None:
    await maple.ana.command(f"/autumn {command} {WHO}")
    await maple.ana.sees(forms_words.WHOLE_CUSTOMER)
    await maple.ana.choose(forms_words.PICK_ENTITY, "Compression")
    await maple.ana.sees(billing_words.HELD_BY_ENTITY.strip("*"))
    await maple.ana.sees(sees)


async def applied(maple: Running, summary: str) -> Record:
    """What is filled in is submitted, and approved by Lea."""
    await maple.ana.sees(PREVIEW)
    await maple.ana.fill("Reason", "They asked for it")
    await maple.ana.submit()
    await lea_sees(maple, summary)
    (record,) = await maple.bot.changes.waiting()
    return await apply(maple, without_slack(maple), record)


async def undone(maple: Running, change: Record, summary: str) -> None:
    undo = await undo_approved(maple, without_slack(maple), change)
    names = (await maple.bot.changes.names.of(undo)).names
    assert on_screen(descriptions.summary(undo.input, names)) == summary


async def test_cancellation_from_the_card_is_limited_to_the_entity_and_taken_back(maple: Running) -> None:
    before = others(maple)
    await ask(maple, f"/autumn entities {WHO}", "4 entities")
    await press(maple, "Open", "Balances of its own", within="Compression")
    await maple.ana.click("Cancel subscription")
    form = await maple.ana.sees("Ends on: none")
    assert str(CancellationNote.ENTITY_SHARES.text) in form
    change = await applied(maple, f"Cancel Starter at the end of the period, for {COMPRESSION}")
    (starter,) = products(maple)
    assert starter.canceled_at is not None
    assert others(maple) == before
    (write,) = maple.autumn.ledger
    assert write.body["entity_id"] == "workspace_1"
    assert write.body["subscription_id"] == starter.key
    await undone(maple, change, f"Take the cancellation of Starter back, for {COMPRESSION}")
    assert starter.canceled_at is None
    assert others(maple) == before


async def test_subscription_of_an_entity_ends_now_with_the_credit_that_was_previewed(maple: Running) -> None:
    before = others(maple)
    await open_form(maple, "cancel", "Cancel at the end of the period")
    await maple.ana.choose(ACTION, "Cancel now")
    await maple.ana.sees("Credit for the unused time")
    form = await maple.ana.sees("Billed now, in all: $")
    assert "(Compression): $" in form
    await applied(maple, f"Cancel Starter now, with credit for the unused time, for {COMPRESSION}")
    assert products(maple) == []
    assert others(maple) == before


async def test_product_of_an_entity_is_changed(maple: Running) -> None:
    before = others(maple)
    await open_form(maple, "switch", "New product")
    await maple.ana.choose("New product", "Pro")
    await maple.ana.sees("Balances start anew")
    await maple.ana.choose("What the customer keeps of the balances", "What is left")
    await maple.ana.sees(str(SwitchNote.ENTITY_REMAINING.text))
    await maple.ana.choose("What the customer keeps of the balances", "Usage")
    await maple.ana.sees("Product Pro: starts now")
    await applied(maple, f"Change the product to Pro now, for {COMPRESSION}")
    assert [product.plan_id for product in products(maple)] == ["pro"]
    assert others(maple) == before


async def test_scheduled_product_of_an_entity_is_cancelled(maple: Running) -> None:
    await elsewhere(maple, "billing.attach", customer_id=WHO, plan_id="pro", entity_id="workspace_1")
    await open_form(maple, "switch", "New product")
    await maple.ana.choose("New product", "Starter")
    await maple.ana.sees("Balances start anew")
    await maple.ana.choose("When", "At the end of the period")
    await maple.ana.sees("Product starts: Starter")
    change = await applied(
        maple, f"Change the product to Starter at the end of the period, for {COMPRESSION}"
    )
    assert sorted(product.status for product in products(maple)) == ["active", "scheduled"]
    await undone(maple, change, f"Call off the scheduled change to Starter, for {COMPRESSION}")
    assert [product.plan_id for product in products(maple)] == ["pro"]


async def test_quantity_of_an_entity_is_changed_and_undone(maple: Running) -> None:
    await elsewhere(
        maple,
        "billing.attach",
        customer_id=WHO,
        plan_id="extra_seats",
        entity_id="workspace_1",
        feature_quantities=[{"feature_id": "seats", "quantity": 10}],
    )
    before = others(maple)
    await open_form(maple, "quantity", "New quantity")
    await maple.ana.fill("New quantity", "12")
    await maple.ana.sees("Quantity of Seats: 10 → 12")
    change = await applied(maple, f"Set Seats of Extra Seats to 12, for {COMPRESSION}")
    await undone(maple, change, f"Set Seats of Extra Seats to 10, for {COMPRESSION}")
    assert others(maple) == before


async def test_add_on_of_an_entity_is_added_and_undone(maple: Running) -> None:
    before = others(maple)
    await open_form(maple, "add", "Product to add")
    await maple.ana.choose("Product to add", "Extra Seats")
    await maple.ana.sees("Quantity of Seats")
    await maple.ana.fill("Quantity of Seats", "3")
    await maple.ana.sees("Quantity of Seats: 3")
    change = await applied(maple, f"Add Extra Seats now, for {COMPRESSION}")
    (added,) = (product for product in products(maple) if product.plan_id == "extra_seats")
    assert added.prepaid == {"seats": 3}
    assert others(maple) == before
    await undone(maple, change, f"Cancel Extra Seats now, with credit for the unused time, for {COMPRESSION}")
    assert [product.plan_id for product in products(maple)] == ["starter"]
    assert others(maple) == before


async def test_trial_of_an_entity_is_extended(maple: Running) -> None:
    trial = {"duration_length": 5, "duration_type": "day", "card_required": True}
    await elsewhere(
        maple,
        "billing.attach",
        customer_id=WHO,
        plan_id="pro",
        entity_id="workspace_1",
        customize={"free_trial": trial},
    )
    before = others(maple)
    await open_form(maple, "trial", "New end of the trial")
    at = maple.clock.now() + timedelta(days=20)
    await maple.ana.choose("New end of the trial", str(int(at.timestamp())))
    await applied(maple, f"for {COMPRESSION}")
    (pro,) = products(maple)
    assert pro.trial_ends_at is not None
    assert others(maple) == before


async def test_merged_subscriptions_are_only_changed_for_one_entity(maple: Running) -> None:
    state = maple.autumn.state.customer(WHO)
    state.products[:] = [product for product in state.products if product.entity_id is not None]
    await maple.ana.command(f"/autumn cancel {WHO}")
    form = await maple.ana.sees(billing_words.NO_SUBSCRIPTIONS)
    assert forms_words.WHOLE_CUSTOMER in form
    await maple.ana.choose(forms_words.PICK_ENTITY, "Compression")
    await maple.ana.sees(billing_words.HELD_BY_ENTITY.strip("*"))
