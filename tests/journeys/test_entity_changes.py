"""A change limited to one entity of a customer: requested, approved, read back, undone."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from bot.access.people import Actor
from bot.approvals.lifecycle import Record
from bot.approvals.results import Result
from bot.approvals.service import ChangeService
from bot.autumn.client import Autumn
from bot.changes import descriptions
from bot.changes.balance import words as balance_words
from bot.changes.forms import words as forms_words
from bot.changes.grant.words import GrantNote
from bot.changes.notes import CommonNote
from tests.approvals.harness import ANA
from tests.journeys.changing import (
    ACTION,
    PREVIEW,
    WAITING,
    FormSetup,
    approve_and_apply,
    read_as_approver,
    service_without_slack,
    undo_and_apply,
)
from tests.journeys.harness import FormHarness, form_harness
from tests.journeys.steps import click_and_see, command_and_see
from tests.running import Running, actor
from tests.screen import on_screen

WHO = "cus_piedpiper"
COMPRESSION = "the entity Compression (workspace_1)"


@pytest.fixture
async def harness() -> AsyncIterator[FormHarness]:
    async with form_harness() as harness:
        yield harness


def writes(at: FormSetup) -> list[str]:
    return [write.route for write in at.autumn.ledger]


async def remaining_messages(autumn: Autumn, entity: str = "") -> Decimal:
    """Remaining messages of the entity itself, or those of the whole customer."""
    customer = await autumn.customer(WHO)
    shared = customer.balances["messages"].breakdown
    if not entity:
        return sum((row.remaining for row in shared), Decimal(0))
    entity_read = await autumn.entity(WHO, entity)
    rows = entity_read.balances["messages"].breakdown
    return sum((row.remaining for row in rows if row not in shared), Decimal(0))


async def submit(maple: Running, *, amount: str = "") -> None:
    if amount:
        await maple.ana.fill("Amount", amount)
    await maple.ana.sees(PREVIEW)
    await maple.ana.fill("Reason", "They lost a day to our outage")
    await maple.ana.submit()


async def approve_request(maple: Running, summary: str) -> Record:
    """Lea reads the card and approves it."""
    card = await read_as_approver(maple, WAITING)
    assert summary in card
    await maple.ana.close()
    (record,) = await maple.bot.changes.waiting()
    return await approve_and_apply(service_without_slack(maple), record)


async def assert_undone(
    changes: ChangeService, applied: Record, summary: str, requester: Actor = ANA
) -> None:
    undo = await undo_and_apply(changes, applied, requester)
    names = (await changes.names.of(undo)).names
    assert on_screen(descriptions.summary(undo.input, names)) == summary


async def open_form(harness: FormHarness, command: str) -> None:
    await harness.ana.command(f"/autumn {command} {WHO}")
    await harness.ana.sees(forms_words.WHOLE_CUSTOMER)
    await harness.ana.choose(forms_words.PICK_ENTITY, "Compression")


async def submit_and_approve(harness: FormHarness, summary: str) -> Record:
    """Ana submits what she filled in, and Lea approves it."""
    await harness.ana.sees(PREVIEW)
    await harness.ana.submit()
    record = await harness.waiting()
    assert summary in await harness.card(record)
    return await approve_and_apply(harness.changes, record)


async def test_entity_is_given_more_from_its_card_and_it_is_undone(maple: Running) -> None:
    own, shared, other_entity = [
        await remaining_messages(maple.bot.autumn, entity) for entity in ("workspace_1", "", "workspace_2")
    ]
    await command_and_see(maple, f"/autumn entities {WHO}", "4 entities")
    await click_and_see(maple, "Open", "Balances of its own", within="Compression")
    await maple.ana.click(balance_words.PRIMARY_BUTTON)
    form = await maple.ana.sees(ACTION)
    assert "Compression" in form
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("resets")
    await submit(maple, amount="500")
    await maple.ana.sees("0 of 1 approval")
    applied = await approve_request(maple, f"Give 500 extra Messages, for {COMPRESSION}")
    assert writes(maple) == ["balances.update"]
    assert await remaining_messages(maple.bot.autumn, "workspace_1") == own + 500
    assert [
        await remaining_messages(maple.bot.autumn),
        await remaining_messages(maple.bot.autumn, "workspace_2"),
    ] == [
        shared,
        other_entity,
    ]
    summary = f"Take back 500 of the Messages allowance, for {COMPRESSION}"
    await assert_undone(service_without_slack(maple), applied, summary, actor(maple.ana))
    assert await remaining_messages(maple.bot.autumn, "workspace_1") == own
    assert await remaining_messages(maple.bot.autumn) == shared
    await maple.ana.command(f"/autumn history {WHO}")
    history = await maple.ana.sees("undone by @ana")
    assert history.count(", for the entity Compression (workspace_1)") == 2


async def test_balance_of_an_entity_is_set_in_one_line(maple: Running) -> None:
    shared = await remaining_messages(maple.bot.autumn)
    await maple.ana.command(f"/autumn set {WHO}/middle-out messages to 90 because of the outage")
    form = await maple.ana.sees(PREVIEW)
    assert "Middle-Out" in form
    await maple.ana.submit()
    await approve_request(maple, "Set the balance of Messages to 90, for the entity Middle-Out (workspace_2)")
    assert await remaining_messages(maple.bot.autumn, "workspace_2") == 90
    assert await remaining_messages(maple.bot.autumn) == shared


async def test_unclear_entity_is_queried_and_a_shared_balance_not_changed(maple: Running) -> None:
    await maple.ana.command(f"/autumn give {WHO}/workspace 500 messages because of the outage")
    form = await maple.ana.sees(forms_words.unclear_entity("workspace"))
    assert forms_words.WHOLE_CUSTOMER in form
    assert forms_words.NOT_YET in form
    assert "of the outage" in form
    await maple.ana.close()
    await maple.ana.command(f"/autumn give {WHO}/workspace_1 500 api calls because of the outage")
    form = await maple.ana.sees("Pick the whole customer to change that")
    assert "shares the whole customer's" in form
    await maple.ana.submit()
    assert writes(maple) == []


async def test_entity_is_picked_in_the_form_and_unpicked_again(maple: Running) -> None:
    await maple.ana.command(f"/autumn balance {WHO}")
    await maple.ana.sees(forms_words.WHOLE_CUSTOMER)
    offered = await maple.ana.type_ahead(forms_words.PICK_ENTITY, "compr")
    assert offered == [forms_words.WHOLE_CUSTOMER, "Compression"]
    await maple.ana.fill("Reason", "They lost a day to our outage")
    await maple.ana.choose(forms_words.PICK_ENTITY, "Compression")
    await maple.ana.settled()
    form = await maple.ana.sees("that the entity shares with the whole customer")
    assert "They lost a day to our outage" in form
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.fill("Amount", "10")
    await maple.ana.sees("Remaining: 1,600 → 1,610")
    await maple.ana.choose(forms_words.PICK_ENTITY, forms_words.WHOLE_CUSTOMER)
    await maple.ana.sees("Remaining: 7,900 → 7,910")


async def test_entity_without_a_balance_of_its_own_is_told_what_to_do(maple: Running) -> None:
    state = maple.autumn.state.customer(WHO)
    template = state.entities[0]
    state.entities.append(type(template)("ws_bare", "Bare", "seats", template.created_at, {}))
    await maple.ana.command(f"/autumn balance {WHO}")
    await maple.ana.sees(forms_words.WHOLE_CUSTOMER)
    await maple.ana.choose(forms_words.PICK_ENTITY, "Bare")
    await maple.ana.sees(balance_words.NO_OWN_BALANCES)
    await maple.ana.choose(forms_words.PICK_ENTITY, forms_words.WHOLE_CUSTOMER)
    await maple.ana.sees(ACTION)


async def test_grant_of_an_entity_is_given_moved_and_removed(maple: Running) -> None:
    shared = await remaining_messages(maple.bot.autumn)
    own = await remaining_messages(maple.bot.autumn, "workspace_1")
    await command_and_see(maple, f"/autumn entities {WHO}", "4 entities")
    await click_and_see(maple, "Open", "Balances of its own", within="Compression")
    await maple.ana.click("Give a feature")
    await maple.ana.sees("Fill in the form")
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("How long")
    await submit(maple, amount="250")
    await maple.ana.sees("0 of 1 approval")
    applied = await approve_request(maple, f"Give 250 Messages for good, for {COMPRESSION}")
    assert await remaining_messages(maple.bot.autumn, "workspace_1") == own + 250
    assert await remaining_messages(maple.bot.autumn) == shared
    await assert_undone(
        service_without_slack(maple), applied, f"Remove the Messages grant, for {COMPRESSION}"
    )
    assert await remaining_messages(maple.bot.autumn, "workspace_1") == own
    assert await remaining_messages(maple.bot.autumn) == shared


async def test_grant_that_an_entity_cannot_have_is_refused(harness: FormHarness) -> None:
    await open_form(harness, "grant")
    await harness.ana.sees("Compression")
    await harness.ana.choose("Feature", "Seats")
    await harness.ana.sees("How long")
    await harness.ana.fill("Amount", "5")
    await harness.ana.sees("so it can't be given more")
    await harness.ana.choose("Feature", "Single Sign-On")
    await harness.ana.sees(str(GrantNote.ENTITY_AMOUNTS.text))


async def test_usage_of_an_entity_is_recorded_and_undone(harness: FormHarness) -> None:
    own, shared = (
        await remaining_messages(harness.client, "workspace_1"),
        await remaining_messages(harness.client),
    )
    await open_form(harness, "record")
    await harness.ana.choose("Feature", "Messages")
    await harness.ana.fill("Used", "25")
    await harness.ana.sees("Messages used: 2,500 → 2,525")
    applied = await submit_and_approve(harness, f"Record 25 Messages used, for {COMPRESSION}")
    assert writes(harness) == ["balances.track"]
    assert (
        await remaining_messages(harness.client, "workspace_1") + await remaining_messages(harness.client)
        == own + shared - 25
    )
    await assert_undone(
        harness.changes, applied, f"Take 25 Messages off the recorded usage, for {COMPRESSION}"
    )
    assert (
        await remaining_messages(harness.client, "workspace_1") + await remaining_messages(harness.client)
        == own + shared
    )


async def test_control_of_an_entity_is_set_and_removed_again(harness: FormHarness) -> None:
    state = harness.autumn.state.customer(WHO)
    await open_form(harness, "controls")
    await harness.ana.choose("Feature", "Messages")
    await harness.ana.fill("Limit", "500")
    await harness.ana.sees("none → 500 units")
    applied = await submit_and_approve(harness, f"Spend limit for Messages: 500 units, for {COMPRESSION}")
    assert writes(harness) == ["entities.update"]
    limits = [entity.billing_controls.get("spend_limits") for entity in state.entities]
    assert [bool(limit) for limit in limits] == [True, False, False, False]
    assert not state.billing_controls.get("spend_limits")
    await assert_undone(harness.changes, applied, f"Remove the spend limit for Messages, for {COMPRESSION}")
    assert not state.entities[0].billing_controls["spend_limits"]


async def test_entity_gone_meanwhile_is_reported(harness: FormHarness) -> None:
    await open_form(harness, "balance")
    await harness.ana.choose("Feature", "Messages")
    await harness.ana.fill("Amount", "500")
    await harness.ana.sees(PREVIEW)
    await harness.ana.submit()
    state = harness.autumn.state.customer(WHO)
    state.entities[:] = [entity for entity in state.entities if entity.id != "workspace_1"]
    outcome = await harness.approve()
    assert outcome.result is Result.FAILED
    assert outcome.record is not None
    assert str(CommonNote.ENTITY_GONE.text) in await harness.card(outcome.record)
    assert writes(harness) == []
