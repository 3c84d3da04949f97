"""The form that adds a product."""

from decimal import Decimal
from typing import Any

from bot.autumn.models import Feature, PlanItem, PlanPrice
from bot.changes import notes
from bot.changes import words as changes_words
from bot.changes.addition import words
from bot.changes.addition.request import AdditionInput
from bot.changes.addition.words import AdditionNote
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.billing.words import quantity_of
from bot.changes.forms import fields
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from bot.changes.notes import Note
from tests.changes.facts import AHEAD
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, NOW

OURS = f"maple_{fields.digest('s1')}"


def product_selling(plan_id: str, *features: str, included: int | None = None, **changes: Any) -> Any:
    items = [
        PlanItem(feature_id=feature, included=included and Decimal(included), price=AHEAD)
        for feature in features
    ]
    return given.plan(plan_id, **{"add_on": True, "items": items, **changes})


SUPPORT = given.plan("support", add_on=True)
PACK = given.plan("pack", price=PlanPrice(amount=Decimal(15), interval="one_off"))
OFFERED = (SUPPORT, PACK, product_selling("desks", "seats", included=2), given.plan("team"))


def form(*offered: Any) -> Filling:
    return Filling(
        Meta(kind="addition", customer="cus_1", submission="s1", reason_required=False),
        Facts(
            given.customer(),
            NOW,
            offered=offered or OFFERED,
            features={"seats": Feature(id="seats", name="Desks")},
        ),
    )


def addition(product: str, **changes: Any) -> AdditionInput:
    fields = {"customer": "cus_1", "customer_created_at": BEFORE, "product": product, "subscription": OURS}
    return AdditionInput(**{**fields, **changes})


def test_add_on_is_picked() -> None:
    opened = form()
    assert [value for _, value, _ in opened.options("addition")] == ["desks", "pack", "support"]
    assert "Fill in the form to see" in opened.text
    assert opened.submit().errors == {"addition": notes.plain(Note(AdditionNote.NO_PRODUCT))}
    opened.fill("addition", option="support")
    assert "Add-on Support: *starts now*" in opened.text
    assert opened.submit().input == addition("support")


def test_one_time_purchase_gets_no_id() -> None:
    opened = form()
    opened.fill("addition", option="pack")
    assert "One-time purchase Pack: *bought now*" in opened.text
    assert opened.submit().input == addition("pack", subscription="")


def test_quantity_of_each_feature_is_asked_for() -> None:
    opened = form()
    opened.fill("addition", option="desks")
    assert quantity_of("Desks") in opened.text
    assert opened.element("bought")["initial_value"] == "2"
    assert opened.submit().input == addition(
        "desks", quantities=(FeatureQuantity(feature="seats", quantity=Decimal(2)),)
    )
    opened.fill("bought", text="1")
    assert "The product includes 2, so the quantity can't be lower." in opened.text
    opened.fill("bought", text="many")
    assert "Quantity of Desks: *" not in opened.text
    (wrong,) = opened.submit().errors.values()
    assert wrong
    assert wrong in opened.text
    opened.fill("bought", text="5")
    assert "Quantity of Desks: *5*" in opened.text
    assert opened.submit().input == addition(
        "desks", quantities=(FeatureQuantity(feature="seats", quantity=Decimal(5)),)
    )


def test_each_quantity_is_required() -> None:
    opened = form(product_selling("both", "seats", "rooms"))
    opened.fill("addition", option="both")
    assert "Fill in the form to see" in opened.text
    assert len(opened.submit().errors) == 2
    assert opened.submit().input is None


def test_quantities_of_another_product_are_dropped() -> None:
    opened = form(product_selling("one", "seats"), product_selling("two", "seats"))
    opened.fill("addition", option="one")
    opened.fill("bought", text="9")
    opened.fill("addition", option="two")
    assert "initial_value" not in opened.element("bought")
    assert "Fill in the form to see" in opened.text


def test_product_is_accepted_only_once_the_form_shows_it() -> None:
    opened = form()
    opened.fill("addition", option="pack")
    opened.fill("addition", option="desks", redraw=False)
    assert opened.submit().errors == {"addition": changes_words.STALE}


def test_products_that_cannot_be_picked_are_counted() -> None:
    many = product_selling("many", *(f"f{number}" for number in range(6)))
    long = product_selling("long", "f" * 76)
    opened = form(SUPPORT, many, long, given.plan("x" * 76, add_on=True))
    assert [value for _, value, _ in opened.options("addition")] == ["support"]
    assert words.left_out(3) in opened.text
    assert words.NO_PRODUCTS in form(given.plan("team")).text
