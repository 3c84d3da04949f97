"""The cards of all entities and of a single one."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import TimedOut
from bot.autumn.models import Entity, Feature, UsagePrice
from bot.lookups.answers import CatalogueNames
from bot.lookups.entities import words
from bot.lookups.entities.card import Entities, EntityDetail
from bot.lookups.options import entity_options
from bot.lookups.place import Place
from tests.kit import checks
from tests.lookups.drawing import PLACE, draw, overview, text_of
from tests.lookups.samples import BEFORE, NOW, balance, customer, row, subscription

AT_ENTITIES = PLACE.go("entities")
AT_ENTITY = PLACE.of_entity("ws_1")
HOLDER = customer(
    balances={
        "messages": balance(
            remaining=1500, granted=1800, breakdown=[row(id="shared", granted=1000, remaining=1000)]
        )
    }
)


def entity(number: int = 1, **changes: Any) -> Entity:
    fields = {
        "id": f"ws_{number}",
        "name": f"Workspace {number}",
        "feature_id": "seats",
        "created_at": BEFORE,
        "subscriptions": [subscription("seat", scope="entity"), subscription("pro")],
        "balances": {
            "messages": balance(
                breakdown=[row(id=f"own{number}", granted=400, remaining=250), row(id="shared", granted=1000)]
            )
        },
    }
    return Entity(**{**fields, **changes})


def entities(*listed: Entity, more: bool = False) -> Entities:
    names = CatalogueNames(plans={"seat": "Seat plan"}, features={"minutes": "Minutes"})
    return Entities(HOLDER, listed, more, NOW, names=names)


def test_entities_are_listed_with_their_own_plans_and_balances() -> None:
    card = draw(entities(entity(1), entity(2, name="", subscriptions=[])), AT_ENTITIES)
    card_text = text_of(card)
    assert words.number_of(2, more=False) in card_text
    assert "*Workspace 1*\n`ws_1` · Seat plan · Messages 150 of 400 used" in card_text
    assert "*ws_2*\nMessages 150 of 400 used" in card_text
    assert Place.decode(checks.buttons(card)["Open"]) == AT_ENTITY


def test_totals_add_up_to_the_customers_balance() -> None:
    card_text = text_of(draw(entities(entity(1), entity(2)), AT_ENTITIES))
    assert (
        "*Messages:* 300 of 1,800 used · 300 of 800 held by 2 entities · 0 of 1,000 shared by all"
        in card_text
    )


def test_totals_of_some_entities_are_not_called_complete() -> None:
    card_text = text_of(draw(entities(entity(1), more=True), AT_ENTITIES))
    assert "*Messages:* 150 of 400 held by 1 entity · 0 of 1,000 shared by all\n" in card_text
    assert words.newest_only(1) in card_text
    assert words.number_of(1, more=True) in card_text


def test_unnamed_feature_is_shown_by_its_id() -> None:
    own = balance("minutes", breakdown=[row(id="m", unlimited=True)])
    listed = entity(balances={"minutes": own, "odd": balance("odd", breakdown=[row(id="o")])})
    card_text = text_of(draw(entities(listed), AT_ENTITIES))
    assert "*Minutes:* 300 of unlimited held by 1 entity" in card_text
    assert "*odd:* 300 of 1,000 held by 1 entity" in card_text


def test_entity_without_an_id_cannot_be_opened() -> None:
    card = draw(entities(entity(id="", name="")), AT_ENTITIES)
    assert words.NO_NAME in text_of(card)
    assert "Open" not in checks.buttons(card)


def test_many_entities_are_paged_and_searchable() -> None:
    many = entities(*(entity(number) for number in range(20)))
    card = draw(many, AT_ENTITIES.at(page=1))
    assert "Page 2 of 3 · 4 left" in text_of(card)
    (block,) = (block for block in card.blocks if block["block_id"].startswith("pick_entity:"))
    assert Place.decode(block["block_id"].removeprefix("pick_entity:")) == AT_ENTITIES
    long = Place(customer="c" * 250, part="entities")
    assert "pick_entity" not in str(draw(many, long).blocks)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Entities(HOLDER, (), False, NOW), words.NO_ENTITIES),
        (Entities(HOLDER, TimedOut(), False, NOW), "The entities couldn't be read: Autumn didn't answer"),
    ],
)
def test_missing_and_unread_entities_are_reported(answer: Entities, line: str) -> None:
    assert line in text_of(draw(answer, AT_ENTITIES))


def test_entity_shows_its_own_and_shared_balances_separately() -> None:
    card = draw(
        EntityDetail(HOLDER, entity(), NOW, names=CatalogueNames(features={"seats": "Seats"})), AT_ENTITY
    )
    card_text = text_of(card)
    lines = [
        "*Workspace 1*",
        "`ws_1` · counts as Seats · since Nov 2, 2026",
        words.plans("seat"),
        f"{words.OWN_BALANCES}\n▰▰▰▰▱▱▱▱▱▱ *Messages* · 150 of 400 used · 37% · resets on Dec 2, 2026",
        f"{words.SHARED_BALANCES}\n▱▱▱▱▱▱▱▱▱▱ *Messages* · 0 of 1,000 used · 0%",
    ]
    places = [card_text.find(line) for line in lines]
    assert -1 not in places, lines[places.index(-1)]
    assert places == sorted(places)
    assert Place.decode(checks.buttons(card)[words.BACK_TO_ENTITIES]) == AT_ENTITIES


@pytest.mark.parametrize("limited", ["customer", "entity", ""])
def test_overage_of_an_entity_is_billed_unless_a_spend_limit_says_otherwise(limited: str) -> None:
    price = UsagePrice(amount=Decimal(1), billing_method="usage_based")
    over = balance(breakdown=[row(id="own", granted=400, remaining=-10, price=price)])
    limit = {"spend_limits": [{"feature_id": "messages", "enabled": True, "skip_overage_billing": True}]}
    holder = customer(billing_controls=limit if limited == "customer" else {})
    own = entity(balances={"messages": over}, billing_controls=limit if limited == "entity" else {})
    card_text = text_of(draw(EntityDetail(holder, own, NOW), AT_ENTITY))
    assert "*10 over*" in card_text
    assert ("billed" in card_text) == (not limited)


def test_entity_without_its_own_balance_says_so() -> None:
    bare = Entity(id="ws_1")
    card_text = text_of(draw(EntityDetail(customer(), bare, NOW), AT_ENTITY))
    assert words.NO_OWN_BALANCES in card_text
    assert words.SHARED_BALANCES not in card_text
    assert "counts as" not in card_text


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (EntityDetail(HOLDER, None, NOW), words.GONE),
        (EntityDetail(HOLDER, TimedOut(), NOW), "The entity couldn't be read: Autumn didn't answer"),
    ],
)
def test_missing_and_unread_entity_is_reported(answer: EntityDetail, line: str) -> None:
    assert line in text_of(draw(answer, AT_ENTITY))


def test_tab_counts_the_entities_and_is_absent_without_any() -> None:
    answer = overview(customer=customer(entities=[entity(1), entity(2)]))
    assert "Entities (2)" in checks.buttons(draw(answer, PLACE))
    assert not [label for label in checks.buttons(draw(overview(), PLACE)) if "Entities" in label]
    assert "● Entities" in checks.buttons(draw(entities(entity()), AT_ENTITIES))


def test_entity_options_have_ids_that_fit() -> None:
    options = entity_options([entity(1), entity(2, name=""), entity(3, id=""), entity(4, id="x" * 76)])
    assert [option["value"] for option in options] == ["ws_1", "ws_2"]
    assert [option["text"]["text"] for option in options] == ["Workspace 1", "ws_2"]
    assert options[0]["description"]["text"] == "ws_1"
    assert len(entity_options(entity(number) for number in range(300))) == 100


def test_feature_names_come_from_the_customer_first() -> None:
    mails = balance(feature=Feature(id="messages", name="Mails"), breakdown=[])
    named = customer(balances={"messages": mails})
    answer = Entities(named, (entity(),), False, NOW, names=CatalogueNames(features={"messages": "Letters"}))
    assert "Mails 450 of 1,400 used" in text_of(draw(answer, AT_ENTITIES))


def test_entity_links_to_the_usage_of_its_features() -> None:
    holder = entity(balances={**entity().balances, "odd": balance("odd", breakdown=[])})
    buttons = checks.buttons(draw(EntityDetail(HOLDER, holder, NOW), AT_ENTITY))
    assert Place.decode(buttons[words.usage_of("Messages")]) == AT_ENTITY.of_feature("messages")
    assert Place.decode(buttons[words.usage_of("odd")]) == AT_ENTITY.of_feature("odd")
    assert AT_ENTITY.of_feature("messages").entity == "ws_1"
    many = entity(balances={f"f{number}": balance(f"f{number}") for number in range(9)})
    labels = checks.buttons(draw(EntityDetail(HOLDER, many, NOW), AT_ENTITY))
    assert len([label for label in labels if label.startswith("Usage: ")]) == 5
