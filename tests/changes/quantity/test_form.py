"""The form that changes a quantity."""

from decimal import Decimal
from typing import Any

from bot.autumn.models import PlanItem, UsagePrice
from bot.changes import request_form
from bot.changes import words as changes_words
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from bot.changes.quantity import words
from bot.changes.quantity.form import feature_block
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, NOW

AHEAD = UsagePrice(amount=Decimal(3), billing_method="prepaid")


def subscription_selling(*features: str, **changes: Any) -> Any:
    items = [PlanItem(feature_id=feature, price=AHEAD) for feature in features]
    return given.subscription(**{"plan": given.plan(items=items), **changes})


def seats(bought: int = 4, feature: str = "seats") -> Any:
    row = given.row(granted=0, remaining=0, prepaid_grant=Decimal(bought), usage=Decimal(0), price=AHEAD)
    return given.balance(feature, granted=bought, breakdown=[row])


def form(*subscriptions: Any) -> Filling:
    subscription_list = list(subscriptions or (subscription_selling("seats"),))
    customer = given.customer(
        subscriptions=subscription_list, balances={"seats": seats(), "rooms": seats(2, "rooms")}
    )
    return Filling(
        Meta(kind="quantity", customer="cus_1", submission="s1", reason_required=False),
        Facts(customer, NOW),
    )


def quantity_of(quantity: int, **changes: Any) -> QuantityInput:
    fields = {
        "customer": "cus_1",
        "customer_created_at": BEFORE,
        "subscription": "sub_1",
        "product": "pro",
        "feature": "seats",
        "quantity": Decimal(quantity),
        "billed": Billed.NOW,
    }
    return QuantityInput(**{**fields, **changes})


def test_quantity_is_typed_and_billed_now_by_default() -> None:
    opened = form()
    assert "Fill in the form to see" in opened.text
    assert opened.submit().errors == {"quantity": "Enter an amount."}
    opened.fill("quantity", text="6")
    assert "Quantity of Seats: 4 → *6*" in opened.text
    assert opened.submit().input == quantity_of(6)
    opened.fill("billed", option="next_invoice")
    assert "neither billed nor credited" in opened.text
    assert opened.submit().input == quantity_of(6, billed=Billed.NEXT_INVOICE)


def test_invalid_quantity_is_reported() -> None:
    opened = form()
    opened.fill("quantity", text="many")
    assert "This is not a number." in opened.text
    assert "This is not a number." in opened.submit().errors["quantity"]


def test_one_of_several_features_has_to_be_picked() -> None:
    opened = form(subscription_selling("seats", "rooms", "f" * 76, ""))
    assert opened.options("feature") == [("Seats", "seats", ""), ("Rooms", "rooms", "")]
    opened.fill("quantity", text="6")
    assert "Fill in the form to see" in opened.text
    assert opened.submit().errors == {feature_block("sub_1"): changes_words.STALE}
    opened.fill("feature", option="rooms")
    assert "Quantity of Rooms: 2 → *6*" in opened.text
    assert opened.submit().input == quantity_of(6, feature="rooms")


def test_only_features_sold_by_quantity_are_offered() -> None:
    opened = form(
        subscription_selling("seats"),
        given.subscription(id="plain"),
        subscription_selling("rooms", id="more"),
    )
    assert [value for _, value, _ in opened.options("subscription")] == ["sub_1", "more"]
    assert not opened.has("feature")
    opened.fill("quantity", text="6")
    assert opened.submit().errors == {"subscription": "Pick a subscription."}
    opened.fill("subscription", option="more", redraw=False)
    assert opened.submit().errors == {"subscription": changes_words.STALE}
    assert words.NO_QUANTITIES in form(given.subscription(plan=None)).text


def test_missing_billing_choice_is_not_taken_as_free() -> None:
    opened = form()
    opened.fill("quantity", text="6")
    crafted = {**opened.values, "billed": {"form:x": {"selected_option": {"value": "never"}}}}
    assert request_form.parse(opened.meta, crafted).input == quantity_of(6)
