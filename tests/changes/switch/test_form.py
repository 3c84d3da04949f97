"""The form that changes a customer's product."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import PlanItem
from bot.changes import request_form
from bot.changes import words as changes_words
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from bot.changes.switch import words
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import Kept, SwitchAction
from tests.changes.facts import AHEAD
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, NOW

OFFERED = (
    given.plan("team"),
    given.plan("pro"),
    given.plan("basic", name=""),
    given.plan("seats", add_on=True),
)


def form(*offered: Any) -> Filling:
    return Filling(
        Meta(kind="switch", customer="cus_1", submission="s1", reason_required=False),
        Facts(given.customer(), NOW, offered=offered or OFFERED),
    )


def switch_to(action: SwitchAction, **changes: Any) -> SwitchInput:
    fields = {
        "customer": "cus_1",
        "customer_created_at": BEFORE,
        "product": "team",
        "action": action,
        "replaces": "pro",
    }
    return SwitchInput(**{**fields, **changes})


def test_product_is_picked_and_changed_now_by_default() -> None:
    opened = form()
    assert "• *Pro* · Active · $20 per month" in opened.text
    assert opened.options("product") == [
        ("basic", "basic", "$20 per month"),
        ("Pro", "pro", "$20 per month"),
        ("Team", "team", "$20 per month"),
    ]
    assert "Fill in the form to see" in opened.text
    assert opened.submit().errors == {"product": "Pick a product."}
    opened.fill("product", option="team")
    assert opened.element("product")["initial_option"]["value"] == "team"
    assert "Balances reset" in opened.text
    assert opened.submit().input == switch_to(SwitchAction.NOW)


@pytest.mark.parametrize("kept_balances", Kept)
def test_kept_balances_are_chosen(kept_balances: Kept) -> None:
    opened = form()
    opened.fill("product", option="team")
    opened.fill("kept", option=kept_balances.value)
    assert opened.submit().input == switch_to(SwitchAction.NOW, kept=kept_balances)


def test_at_period_end_no_balance_is_kept_or_lost() -> None:
    opened = form()
    opened.fill("product", option="team")
    opened.fill("kept", option="usage")
    opened.fill("action", option="at_period_end")
    assert not opened.has("kept")
    assert opened.submit().input == switch_to(SwitchAction.AT_PERIOD_END)
    opened.fill("action", option="now", redraw=False)
    assert opened.submit().errors == {"action": changes_words.STALE}


def test_product_is_accepted_only_once_the_form_shows_what_it_replaces() -> None:
    opened = form()
    opened.fill("product", option="team")
    opened.fill("product", option="basic", redraw=False)
    assert opened.submit().errors == {"product": changes_words.STALE}


def test_product_of_another_group_replaces_nothing() -> None:
    opened = form(given.plan("chat", group="chat"))
    opened.fill("product", option="chat")
    request = opened.submit().input
    assert isinstance(request, SwitchInput)
    assert request.replaces == ""


def test_quantity_of_the_product_is_asked_for() -> None:
    seats = PlanItem(feature_id="seats", included=Decimal(1), price=AHEAD)
    opened = form(given.plan("team", items=[seats]))
    opened.fill("product", option="team")
    opened.fill("bought", text="no number")
    (wrong,) = opened.submit().errors.values()
    assert wrong in opened.text
    opened.fill("bought", text="4")
    assert "Quantity of seats: *4*" in opened.text
    bought = (FeatureQuantity(feature="seats", quantity=Decimal(4)),)
    assert opened.submit().input == switch_to(SwitchAction.NOW, quantities=bought)


def test_current_product_is_refused_with_an_explanation() -> None:
    opened = form()
    opened.fill("product", option="pro")
    assert "The customer has this product already." in opened.text


@pytest.mark.parametrize("action", ["call_off", "never"])
def test_choice_not_offered_is_refused(action: str) -> None:
    opened = form()
    opened.fill("product", option="team")
    crafted = {**opened.values, "action": {"form:x": {"selected_option": {"value": action}}}}
    assert request_form.parse(opened.meta, crafted).input == switch_to(SwitchAction.NOW)
    without = {name: entered for name, entered in opened.values.items() if name != "action"}
    assert request_form.parse(opened.meta, without).errors == {"product": changes_words.STALE}


def test_products_that_cannot_be_picked_are_counted() -> None:
    many = [given.plan(f"p{number}") for number in range(101)]
    opened = form(*many, given.plan("x" * 76))
    assert len(opened.options("product")) == 100
    assert words.left_out(2) in opened.text
    assert words.NO_PRODUCTS in form(given.plan("seats", add_on=True)).text
