"""The parts of a customer that have plans and balances of their own."""

import re

from bot.lookups import labels
from bot.lookups.entities import words
from tests.journeys.steps import ask, in_order, press
from tests.running import Running


async def test_entities_are_listed_and_one_is_opened(maple: Running) -> None:
    card = await ask(maple, "/autumn entities cus_piedpiper", "4 entities")
    in_order(card, "● Entities", "4 entities\nMessages: ", "held by 4 entities", "Compression", "Starter")
    assert "Support <team>" in card
    card = await press(maple, labels.OPEN, words.OWN_BALANCES.strip("*"), within="Middle-Out")
    in_order(card, "Middle-Out", words.OWN_BALANCES.strip("*"), "800 of ", words.SHARED_BALANCES.strip("*"))
    await press(maple, words.BACK_TO_ENTITIES, "4 entities")


async def test_totals_of_the_entities_add_up(maple: Running) -> None:
    card = await ask(maple, "/autumn entities cus_piedpiper", "4 entities")
    line = re.search(
        r"Messages: ([\d,]+) of ([\d,]+) used · ([\d,]+) of ([\d,]+) held .* · ([\d,]+) of ([\d,]+)", card
    )
    assert line
    used, granted, own_used, own_granted, shared_used, shared_granted = (
        int(amount.replace(",", "")) for amount in line.groups()
    )
    assert used == own_used + shared_used
    assert granted == own_granted + shared_granted


async def test_tab_is_there_for_those_who_have_entities(maple: Running) -> None:
    await ask(maple, "/autumn cus_piedpiper", "[Entities (4)]")
    await press(maple, "Entities (4)", "4 entities")
    card = await ask(maple, "/autumn cus_wonka", "● Overview")
    assert "Entities" not in card


async def test_customer_without_entities_is_told_so(maple: Running) -> None:
    await ask(maple, "/autumn entities cus_wonka", words.NO_ENTITIES)


async def test_entity_is_found_by_typing(maple: Running) -> None:
    who = maple.autumn.state.customer("cus_piedpiper")
    template = who.entities[0]
    for number in range(20):
        who.entities.append(
            type(template)(f"ws_more_{number}", f"Room {number}", "seats", template.created_at, {})
        )
    await ask(maple, "/autumn entities cus_piedpiper", "24 entities")
    offered = await maple.ana.type_ahead(words.PICK_ENTITY, "middle")
    assert offered == ["Middle-Out"]
    await maple.ana.choose(words.PICK_ENTITY, "Room 7")
    card = await maple.ana.sees(words.NO_OWN_BALANCES)
    assert "Room 7" in card


async def test_entity_that_is_gone_is_told_so(maple: Running) -> None:
    await ask(maple, "/autumn entities cus_piedpiper", "4 entities")
    who = maple.autumn.state.customer("cus_piedpiper")
    who.entities[:] = [entity for entity in who.entities if entity.name != "Middle-Out"]
    await press(maple, labels.OPEN, words.GONE, within="Middle-Out")
