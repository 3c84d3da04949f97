"""A customer's entities, with products and balances of their own."""

import re

from bot.lookups import labels
from bot.lookups.entities import words
from bot.lookups.feature import words as feature_words
from bot.lookups.place import Span
from sandbox.autumn.model import LocalEvent
from tests.journeys.steps import assert_in_order, click_and_see, command_and_see
from tests.running import Running
from tests.screen import on_screen


async def test_entities_are_listed_with_totals_that_add_up_and_one_is_opened(maple: Running) -> None:
    card = await command_and_see(maple, "/autumn entities cus_piedpiper", "4 entities")
    assert_in_order(
        card, "● Entities", "4 entities\nMessages: ", "held by 4 entities", "Compression", "Starter"
    )
    assert "Support <team>" in card
    totals = re.search(
        r"Messages: ([\d,]+) of ([\d,]+) used · ([\d,]+) of ([\d,]+) held .* · ([\d,]+) of ([\d,]+)", card
    )
    assert totals
    used, granted, own_used, own_granted, shared_used, shared_granted = (
        int(amount.replace(",", "")) for amount in totals.groups()
    )
    assert used == own_used + shared_used
    assert granted == own_granted + shared_granted
    card = await click_and_see(maple, labels.OPEN, words.OWN_BALANCES.strip("*"), within="Middle-Out")
    assert_in_order(
        card, "Middle-Out", words.OWN_BALANCES.strip("*"), "800 of ", words.SHARED_BALANCES.strip("*")
    )
    await click_and_see(maple, words.BACK_TO_ENTITIES, "4 entities")


async def test_tab_is_there_for_those_who_have_entities(maple: Running) -> None:
    await command_and_see(maple, "/autumn cus_piedpiper", "[Entities (4)]")
    await click_and_see(maple, "Entities (4)", "4 entities")
    card = await command_and_see(maple, "/autumn cus_wonka", "● Overview")
    assert "Entities" not in card
    await command_and_see(maple, "/autumn entities cus_wonka", words.NO_ENTITIES)


async def test_entity_is_found_by_typing(maple: Running) -> None:
    customer = maple.autumn.state.customer("cus_piedpiper")
    template = customer.entities[0]
    for number in range(20):
        customer.entities.append(
            type(template)(f"ws_more_{number}", f"Room {number}", "seats", template.created_at, {})
        )
    await command_and_see(maple, "/autumn entities cus_piedpiper", "24 entities")
    offered = await maple.ana.type_ahead(words.PICK_ENTITY, "middle")
    assert offered == ["Middle-Out"]
    await maple.ana.choose(words.PICK_ENTITY, "Room 7")
    card = await maple.ana.sees(words.NO_OWN_BALANCES)
    assert "Room 7" in card


async def test_entity_that_is_gone_is_reported(maple: Running) -> None:
    await command_and_see(maple, "/autumn entities cus_piedpiper", "4 entities")
    customer = maple.autumn.state.customer("cus_piedpiper")
    customer.entities[:] = [entity for entity in customer.entities if entity.name != "Middle-Out"]
    await click_and_see(maple, labels.OPEN, words.GONE, within="Middle-Out")


async def test_entity_usage_is_its_own_and_customer_usage_is_the_total(maple: Running) -> None:
    state = maple.autumn.state
    customer = state.customer("cus_piedpiper")
    middle_out, other_entity = customer.entities[1], customer.entities[2]
    assert middle_out.name == "Middle-Out"
    now = state.now
    state.events(customer)[:] = [
        LocalEvent("evt_1", now - 60_000, "messages", customer.id, 30.0, entity_id=middle_out.id),
        LocalEvent("evt_2", now - 50_000, "messages", customer.id, 12.0, entity_id=middle_out.id),
        LocalEvent("evt_3", now - 40_000, "messages", customer.id, 500.0, entity_id=other_entity.id),
        LocalEvent("evt_4", now - 30_000, "messages", customer.id, 7.0),
    ]
    own = on_screen(feature_words.usage_total("42", 2, Span.CYCLE))
    await command_and_see(maple, "/autumn entities cus_piedpiper", "4 entities")
    await click_and_see(maple, labels.OPEN, words.OWN_BALANCES.strip("*"), within="Middle-Out")
    card = await click_and_see(maple, words.usage_of("Messages"), own)
    assert_in_order(card, "Messages of Middle-Out", "Its own: ", "Shared with the whole customer: ", own)
    assert feature_words.USAGE_OF_ALL not in card
    week = on_screen(feature_words.usage_total("42", 2, Span.WEEK))
    await click_and_see(maple, labels.SPANS[Span.WEEK], week)
    await click_and_see(maple, feature_words.BACK_TO_ENTITY, words.OWN_BALANCES.strip("*"))

    await command_and_see(maple, "/autumn features cus_piedpiper", "● Features")
    everybodys = on_screen(feature_words.usage_total("549", 4, Span.CYCLE))
    await click_and_see(maple, labels.OPEN, everybodys, within="Messages")
    await maple.ana.sees(feature_words.USAGE_OF_ALL)


async def test_usage_of_an_entity_that_is_gone_is_not_the_customers(maple: Running) -> None:
    await command_and_see(maple, "/autumn entities cus_piedpiper", "4 entities")
    await click_and_see(maple, labels.OPEN, words.OWN_BALANCES.strip("*"), within="Middle-Out")
    customer = maple.autumn.state.customer("cus_piedpiper")
    customer.entities[:] = [entity for entity in customer.entities if entity.name != "Middle-Out"]
    card = await click_and_see(maple, words.usage_of("Messages"), words.GONE)
    assert "Usage" not in card
