"""A change limited to one entity of a customer: requested, approved, read back, undone."""

from decimal import Decimal

from bot.approvals.lifecycle import Record
from bot.approvals.results import Result
from bot.changes import descriptions
from bot.changes.balance import words as balance_words
from bot.changes.forms import words as forms_words
from bot.changes.grant.words import GrantNote
from bot.changes.notes import CommonNote
from tests.journeys.changing import (
    ACTION,
    PREVIEW,
    WAITING,
    apply,
    approve_waiting,
    lea_sees,
    undo_approved,
    without_slack,
)
from tests.journeys.steps import ask, press
from tests.running import Running
from tests.screen import on_screen

WHO = "cus_piedpiper"
COMPRESSION = "the entity Compression (workspace_1)"


def writes(maple: Running) -> list[str]:
    return [write.route for write in maple.autumn.ledger]


async def left(maple: Running, entity: str = "") -> Decimal:
    """Remaining messages of the entity itself, or those of the whole customer."""
    customer = await maple.bot.autumn.customer(WHO)
    shared = customer.balances["messages"].breakdown
    if not entity:
        return sum((row.remaining for row in shared), Decimal(0))
    entity_read = await maple.bot.autumn.entity(WHO, entity)
    rows = entity_read.balances["messages"].breakdown
    return sum((row.remaining for row in rows if row not in shared), Decimal(0))


async def submit(maple: Running, *, amount: str = "") -> None:
    if amount:
        await maple.ana.fill("Amount", amount)
    await maple.ana.sees(PREVIEW)
    await maple.ana.fill("Reason", "They lost a day to our outage")
    await maple.ana.submit()


async def approved(maple: Running, summary: str) -> Record:
    """Lea reads the card and approves it."""
    card = await lea_sees(maple, WAITING)
    assert summary in card
    await maple.ana.close()
    (record,) = await maple.bot.changes.waiting()
    return await apply(maple, without_slack(maple), record)


async def undone(maple: Running, applied: Record, summary: str) -> None:
    undo = await undo_approved(maple, without_slack(maple), applied)
    names = (await maple.bot.changes.names.of(undo)).names
    assert on_screen(descriptions.summary(undo.input, names)) == summary


async def test_entity_is_given_more_from_its_card_and_it_is_undone(maple: Running) -> None:
    own, shared, other_entity = [await left(maple, entity) for entity in ("workspace_1", "", "workspace_2")]
    await ask(maple, f"/autumn entities {WHO}", "4 entities")
    await press(maple, "Open", "Balances of its own", within="Compression")
    await maple.ana.click(balance_words.PRIMARY_BUTTON)
    form = await maple.ana.sees(ACTION)
    assert "Compression" in form
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("resets")
    await submit(maple, amount="500")
    await maple.ana.sees("0 of 1 approval")
    applied = await approved(maple, f"Give 500 extra of Messages, for {COMPRESSION}")
    assert writes(maple) == ["balances.update"]
    assert await left(maple, "workspace_1") == own + 500
    assert [await left(maple), await left(maple, "workspace_2")] == [shared, other_entity]
    await undone(maple, applied, f"Take back 500 of the allowance of Messages, for {COMPRESSION}")
    assert await left(maple, "workspace_1") == own
    assert await left(maple) == shared
    await maple.ana.command(f"/autumn history {WHO}")
    history = await maple.ana.sees("undone by @ana")
    assert history.count("Messages, for the entity Compression (workspace_1)") == 2


async def test_balance_of_an_entity_is_set_in_one_line(maple: Running) -> None:
    shared = await left(maple)
    await maple.ana.command(f"/autumn set {WHO}/middle-out messages to 90 because of the outage")
    form = await maple.ana.sees(PREVIEW)
    assert "Middle-Out" in form
    await maple.ana.submit()
    await approved(maple, "Set the balance of Messages to 90, for the entity Middle-Out (workspace_2)")
    assert await left(maple, "workspace_2") == 90
    assert await left(maple) == shared


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
    shared = await left(maple)
    own = await left(maple, "workspace_1")
    await ask(maple, f"/autumn entities {WHO}", "4 entities")
    await press(maple, "Open", "Balances of its own", within="Compression")
    await maple.ana.click("Give a feature")
    await maple.ana.sees("Fill in the form")
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("How long")
    await submit(maple, amount="250")
    await maple.ana.sees("0 of 1 approval")
    applied = await approved(maple, f"Give 250 of Messages for good, for {COMPRESSION}")
    assert await left(maple, "workspace_1") == own + 250
    assert await left(maple) == shared
    await undone(maple, applied, f"Remove the grant of Messages, for {COMPRESSION}")
    assert await left(maple, "workspace_1") == own
    assert await left(maple) == shared


async def test_grant_that_an_entity_cannot_have_is_refused(maple: Running) -> None:
    await maple.ana.command(f"/autumn grant {WHO}")
    await maple.ana.sees(forms_words.WHOLE_CUSTOMER)
    await maple.ana.choose(forms_words.PICK_ENTITY, "Compression")
    await maple.ana.settled()
    await maple.ana.sees("Compression")
    await maple.ana.choose("Feature", "Seats")
    await maple.ana.sees("How long")
    await maple.ana.fill("Amount", "5")
    await maple.ana.sees("so it cannot be given more of it")
    await maple.ana.choose("Feature", "Single Sign-On")
    await maple.ana.sees(str(GrantNote.ENTITY_AMOUNTS.text))


async def test_usage_of_an_entity_is_recorded_and_undone(maple: Running) -> None:
    own, shared = await left(maple, "workspace_1"), await left(maple)
    await maple.ana.command(f"/autumn record {WHO}")
    await maple.ana.sees(forms_words.WHOLE_CUSTOMER)
    await maple.ana.choose(forms_words.PICK_ENTITY, "Compression")
    await maple.ana.settled()
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.fill("Used", "25")
    await maple.ana.sees("Used of Messages: 2,500 → 2,525")
    await submit(maple)
    await maple.ana.sees("0 of 1 approval")
    applied = await approved(maple, f"Record 25 used of Messages, for {COMPRESSION}")
    assert writes(maple) == ["balances.track"]
    assert await left(maple, "workspace_1") + await left(maple) == own + shared - 25
    await undone(maple, applied, f"Give back 25 recorded as used of Messages, for {COMPRESSION}")
    assert await left(maple, "workspace_1") + await left(maple) == own + shared


async def test_control_of_an_entity_is_set_and_removed_again(maple: Running) -> None:
    state = maple.autumn.state.customer(WHO)
    await maple.ana.command(f"/autumn controls {WHO}")
    await maple.ana.sees(forms_words.WHOLE_CUSTOMER)
    await maple.ana.choose(forms_words.PICK_ENTITY, "Compression")
    await maple.ana.settled()
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.fill("Limit", "500")
    await maple.ana.sees("none → 500 units")
    await submit(maple)
    await maple.ana.sees("0 of 1 approval")
    applied = await approved(maple, f"Spend limit of Messages: 500 units, for {COMPRESSION}")
    assert writes(maple) == ["entities.update"]
    limits = [entity.billing_controls.get("spend_limits") for entity in state.entities]
    assert [bool(limit) for limit in limits] == [True, False, False, False]
    assert not state.billing_controls.get("spend_limits")
    await undone(maple, applied, f"Remove the spend limit of Messages, for {COMPRESSION}")
    assert not state.entities[0].billing_controls["spend_limits"]


async def test_entity_gone_meanwhile_is_reported(maple: Running) -> None:
    await maple.ana.command(f"/autumn give {WHO}/workspace_1 500 messages because of the outage")
    await maple.ana.sees(PREVIEW)
    await maple.ana.submit()
    await lea_sees(maple, WAITING)
    state = maple.autumn.state.customer(WHO)
    state.entities[:] = [entity for entity in state.entities if entity.id != "workspace_1"]
    assert await approve_waiting(maple) is Result.FAILED
    await maple.lea.sees(str(CommonNote.ENTITY_GONE.text))
    assert writes(maple) == []
