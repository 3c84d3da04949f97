"""The form that cancels a subscription."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Customer, Purchase
from bot.changes import request_form
from bot.changes import words as changes_words
from bot.changes.billing import words as billing_words
from bot.changes.cancellation import words
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import SETTLEMENT, CancellationAction, Settlement
from bot.changes.forms.model import Meta
from bot.changes.model import Facts
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, LATER, NOW

TWO = [
    given.subscription(),
    given.subscription("team", id="sub_2", canceled_at=BEFORE, expires_at=LATER),
]


def form(*subscriptions: Any, **changes: Any) -> Filling:
    subscription_list = list(subscriptions) or [given.subscription()]
    return Filling(
        Meta(kind="cancellation", customer="cus_1", submission="s1", reason_required=False),
        Facts(given.customer(subscriptions=subscription_list, **changes), NOW),
    )


def cancellation(action: CancellationAction, **changes: Any) -> CancellationInput:
    fields = {
        "customer": "cus_1",
        "customer_created_at": BEFORE,
        "subscription": "sub_1",
        "product": "pro",
        "action": action,
    }
    return CancellationInput(**{**fields, **changes})


def test_only_subscription_is_cancelled_at_period_end_by_default() -> None:
    opened = form()
    assert "• *Pro* · Active · $20 per month" in opened.text
    assert "Ends on: none → *Dec 2, 2026*" in opened.text
    assert not opened.has("settlement")
    assert opened.submit().input == cancellation(CancellationAction.AT_PERIOD_END)


@pytest.mark.parametrize("settlement", Settlement)
def test_settlement_is_chosen_when_it_ends_now(settlement: Settlement) -> None:
    opened = form()
    opened.fill("action", option="now")
    assert SETTLEMENT in opened.text
    assert "Subscription Pro: *ends now*" in opened.text
    assert opened.submit().input == cancellation(CancellationAction.NOW, settlement=Settlement.CREDIT)
    opened.fill("settlement", option=settlement.value)
    assert opened.submit().input == cancellation(CancellationAction.NOW, settlement=settlement)


def test_settlement_is_not_asked_before_the_form_shows_it() -> None:
    opened = form()
    opened.fill("action", option="now", redraw=False)
    assert opened.submit().errors == {"action": changes_words.STALE}


def test_cancelled_subscription_is_taken_back_by_default() -> None:
    opened = form(TWO[1])
    assert "Ends on: Dec 2, 2026 → *none*" in opened.text
    taken_back = cancellation(CancellationAction.TAKE_BACK, subscription="sub_2", product="team")
    assert opened.submit().input == taken_back
    opened.fill("action", option="at_period_end")
    assert "This subscription is cancelled already: it ends on Dec 2, 2026." in opened.text


def test_one_time_purchase_is_picked_among_the_subscriptions() -> None:
    pack = Purchase(plan_id="pack", plan=given.plan("pack"), started_at=BEFORE, quantity=Decimal(2))
    opened = form(given.subscription(), purchases=[pack, pack])
    assert "• *Pack* · One-time purchase · × 2" in opened.text
    assert opened.options("subscription") == [
        ("Pro", "sub_1", "Next billing Dec 2, 2026"),
        ("Pack", "#bought:pack", "Started Nov 2, 2026"),
    ]
    opened.fill("subscription", option="#bought:pack")
    assert words.REMOVED_NOW in opened.text
    assert "The customer has this product more than once" in opened.text
    assert not opened.has("action")
    assert not opened.has("settlement")
    removal = cancellation(CancellationAction.NOW, subscription="", product="pack", one_time=True)
    assert opened.submit().input == removal


def test_purchase_may_be_the_only_choice() -> None:
    bought = given.customer(subscriptions=[], purchases=[Purchase(plan_id="pack")])
    opened = Filling(
        Meta(kind="cancellation", customer="cus_1", submission="s1", reason_required=False),
        Facts(bought, NOW),
    )
    assert "One-time purchase pack: *removed*" in opened.text
    request = opened.submit().input
    assert isinstance(request, CancellationInput)
    assert (request.one_time, request.product) == (True, "pack")


def test_one_of_several_has_to_be_picked() -> None:
    opened = form(*TWO)
    assert opened.options("subscription") == [
        ("Pro", "sub_1", "Next billing Dec 2, 2026"),
        ("Team", "sub_2", "Ends Dec 2, 2026"),
    ]
    assert "Fill in the form to see" in opened.text
    assert opened.submit().errors == {"subscription": "Pick a subscription."}
    opened.fill("subscription", option="sub_1")
    assert opened.element("subscription")["initial_option"]["value"] == "sub_1"
    assert opened.submit().input == cancellation(CancellationAction.AT_PERIOD_END)


def test_subscriptions_to_one_product_are_distinguished_by_their_dates() -> None:
    several = [
        given.subscription(id="a", trial_ends_at=LATER),
        given.subscription(id="b", current_period_end=None),
        given.subscription(id="c", current_period_end=None, started_at=None, plan=None),
    ]
    assert [(name, description) for name, _, description in form(*several).options("subscription")] == [
        ("Pro", "Trial ends Dec 2, 2026"),
        ("Pro", "Started Nov 2, 2026"),
        ("pro", ""),
    ]


def test_only_as_many_are_offered_as_a_form_can_remember() -> None:
    many = [given.subscription(id=f"sub_{number}") for number in range(20)]
    assert len(form(*many).options("subscription")) == 15
    long = [given.subscription(id="s" * 76), given.subscription("p" * 76, id="x"), given.subscription()]
    assert [value for _, value, _ in form(*long).options("subscription")] == ["sub_1"]


def test_subscriptions_of_entities_are_shown_but_not_offered() -> None:
    opened = form(given.subscription(), given.subscription("seat", id="e", scope="entity"))
    assert "• *Seat*" in opened.text
    assert billing_words.of_entities(1) in opened.text
    assert [value for _, value, _ in opened.options("subscription")] == ["sub_1"]


@pytest.mark.parametrize("subscriptions", [[], [given.subscription(scope="entity")]])
def test_form_without_a_subscription_has_nothing_to_fill_in(subscriptions: list[Any]) -> None:
    customer: Customer = given.customer(subscriptions=subscriptions)
    opened = Filling(Meta(kind="cancellation", customer="cus_1", submission="s1"), Facts(customer, NOW))
    assert billing_words.NO_SUBSCRIPTIONS in opened.text
    assert "submit" not in opened.view


def test_choice_not_offered_is_refused() -> None:
    opened = form()
    for block, value in (("action", "delete"), ("subscription", "sub_9")):
        option = {"selected_option": {"value": value}}
        crafted = {**opened.values, block: {"form:x": option}}
        parsed = request_form.parse(opened.meta, crafted)
        assert parsed.input is None
        assert parsed.errors == {block: changes_words.NOT_OFFERED}
    option = {"selected_option": {"value": "sub_9"}}
    assert request_form.draft(opened.meta, {"subscription": {"form:x": option}}, opened.facts) is None
