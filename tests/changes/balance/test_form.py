"""The form that changes a balance, filled in as a person would."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from bot.autumn.models import Customer, Feature, PlanItem, Reset, UsagePrice
from bot.changes import request_form
from bot.changes import words as changes_words
from bot.changes.balance import form as balance
from bot.changes.balance import words
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.forms.model import Meta
from bot.changes.grant.request import GrantInput
from bot.changes.grant.words import NO_DATE_PICKED
from bot.changes.model import Facts
from bot.changes.standalone import GrantSize
from bot.kit import ids, times
from bot.lookups import labels
from tests.changes.filling import Filling
from tests.lookups import samples as given
from tests.lookups.samples import BEFORE, LATER, NOW

OPENED = Meta(kind="balance", customer="cus_1", submission="s1", channel="C1", feature="messages")


def facts(customer: Customer | None = None, **features: Feature) -> Facts:
    return Facts(customer or given.customer(), NOW, features=features)


def two_rows(**changes: Any) -> Customer:
    rows = [given.row(), given.row(None, 100, 40, id="row_2", expires_at=LATER, reset=None)]
    return given.customer(balances={"messages": given.balance(breakdown=rows)}, **changes)


def opened(customer: Customer | None = None, **changes: Any) -> Filling:
    return Filling(OPENED.model_copy(update=changes), facts(customer))


def test_form_shows_before_and_after_while_typing() -> None:
    form = opened()
    assert "Fill in the form" in form.text
    assert "*Messages* · 700 of 1,000 left" in form.text
    form.fill("amount", text="1k")
    assert "Granted: 1,000 → *2,000*" in form.text
    assert "Remaining: 700 → *1,700*" in form.text
    assert "Used: 300, unchanged" in form.text
    assert "lasts until the balance next resets" in form.text
    form.fill("reason", text=" A bad week ")
    form.fill("ticket", text="https://desk.example/7")
    given_in = form.submit()
    assert given_in.input == BalanceInput(
        customer_created_at=BEFORE,
        customer="cus_1",
        feature="messages",
        row="row_1",
        action=BalanceAction.GIVE,
        amount=Decimal(1000),
    )
    assert (given_in.reason, given_in.ticket, given_in.errors) == ("A bad week", "https://desk.example/7", {})
    assert given_in.seen == form.meta.seen
    assert given_in.seen
    assert given_in.seen["included"] == "1000"


@pytest.mark.parametrize(
    ("action", "typed", "expected"),
    [
        ("set", "-40", "Overage: 0 → *40*"),
        ("usage", "1,200", "Used: 300 → *1,200*"),
        ("give", "5x", "This is not a number"),
        ("give", "1.000", "This can be read in two ways"),
        ("give", "0", "The amount must be more than 0"),
        ("give", "9999999999999", "The amount is too large. The most is 1,000,000,000,000"),
        ("give", "0.12345678", "The amount has too many decimals. The most is 6"),
        ("usage", "-1", "Usage can't be less than 0"),
        ("set", "700", "Nothing would change"),
    ],
)
def test_every_action_shows_its_result(action: str, typed: str, expected: str) -> None:
    form = opened()
    form.fill("action", option=action)
    form.fill("amount", text=typed)
    assert expected in form.text


def test_unreadable_amount_has_an_error_below_it() -> None:
    form = opened()
    form.fill("amount", text="a few")
    assert form.submit().errors == {
        "amount": "This is not a number. Write it like 1,000, 1k, 2.5m or -40.",
        "reason": "Enter a reason. It is kept with the change.",
    }
    assert form.submit().input is None


def test_reset_date_can_be_moved_alone() -> None:
    form = opened(reason_required=False)
    form.fill("action", option="none")
    assert not form.has("amount")
    assert "reset" in form.submit().errors
    assert "Fill in the form" in form.text
    form.fill("reset", datetime=int((NOW + timedelta(days=3)).timestamp()))
    assert "Resets: Dec 2, 2026 at 15:06 UTC" in form.text
    parsed = form.submit()
    assert parsed.input == BalanceInput(
        customer_created_at=BEFORE,
        customer="cus_1",
        feature="messages",
        row="row_1",
        action=BalanceAction.RESET_DATE,
        reset_at=NOW + timedelta(days=3),
    )


@pytest.mark.parametrize("seconds", [10**17, -(10**17), 2**62])
def test_date_outside_the_calendar_is_ignored(seconds: int) -> None:
    form = opened()
    form.fill("reset", datetime=seconds, redraw=False)
    assert "reset" not in form.submit().errors
    form.fill("action", option="none")
    assert "reset" in form.submit().errors


def test_past_reset_date_is_refused_with_an_explanation() -> None:
    form = opened()
    form.fill("amount", text="5")
    form.fill("reset", datetime=int((NOW - timedelta(days=3)).timestamp()))
    assert "The new reset date is in the past" in form.text


def test_one_of_several_rows_is_picked() -> None:
    form = opened(two_rows())
    assert form.options("row") == [
        ("Pro · 700 of 1,000 left", "row_1", "per month · resets Dec 2, 2026"),
        ("Granted as row_2 · 40 of 100 left", "row_2", "Expires Dec 2, 2026"),
    ]
    form.fill("amount", text="5")
    assert "Fill in the form" in form.text
    assert form.submit().errors["row:" + form_mark(form)] == "Pick a source."
    form.fill("row", option="row_2")
    assert "Remaining: 40 → *45*" in form.text
    form.fill("reason", text="x")
    balance_input = form.submit().input
    assert isinstance(balance_input, BalanceInput)
    assert balance_input.row == "row_2"


@pytest.mark.parametrize(
    ("row", "label", "description"),
    [
        ({"id": "cus_ent_3MTbwr"}, "Standalone grant · 40 of 100 left", ""),
        ({"id": "goodwill"}, "Granted as goodwill · 40 of 100 left", ""),
        ({"id": "reward_SALE_messages_bal_3M"}, "Promo code SALE · 40 of 100 left", ""),
        ({"id": "reward_A_B_messages_bal_3M"}, "Promo code A_B · 40 of 100 left", ""),
        ({"id": "reward_SALE_seats_bal_3M"}, "Granted as reward_SALE_seats_bal_3M · 40 of 100 left", ""),
        (
            {"id": "goodwill", "reset": Reset(interval="month", resets_at=LATER)},
            "Granted as goodwill · 40 of 100 left",
            "per month · resets Dec 2, 2026",
        ),
        (
            {"id": "goodwill", "reset": Reset(interval="one_off"), "expires_at": LATER},
            "Granted as goodwill · 40 of 100 left",
            "doesn't reset · Expires Dec 2, 2026",
        ),
        (
            {"id": "x", "plan_id": "max", "price": UsagePrice(billing_method="prepaid")},
            "max · 40 of 100 left",
            "paid for",
        ),
    ],
)
def test_row_is_named_by_its_source(row: dict[str, Any], label: str, description: str) -> None:
    fields: dict[str, Any] = {"plan_id": None, "granted": 100, "remaining": 40, "reset": None}
    part = given.row(**fields | row)
    two_row_balance = given.balance(breakdown=[given.row(), part])
    form = opened(given.customer(balances={"messages": two_row_balance}))
    assert form.options("row")[1] == (label, part.id, description)


IDS = st.text(st.sampled_from("abc"), min_size=6, max_size=6).map(lambda end: f"cus_ent_{end}")


@given_any(
    parts=st.lists(
        st.tuples(
            IDS, st.sampled_from([None, "pro"]), st.sampled_from([None, LATER]), st.sampled_from([40, 60])
        ),
        min_size=2,
        max_size=6,
        unique_by=lambda part: part[0],
    )
)
def test_equal_rows_can_be_distinguished(parts: list[Any]) -> None:
    rows = [
        given.row(plan, 100, remaining, id=row_id, expires_at=expires, reset=None)
        for row_id, plan, expires, remaining in parts
    ]
    form = opened(given.customer(balances={"messages": given.balance(breakdown=rows)}))
    labels = [(label, description) for label, _, description in form.options("row")]
    assert len(set(labels)) == len(rows)


def form_mark(form: Filling) -> str:
    block_ids = [str(block["block_id"]) for block in form.view["blocks"]]
    return next(block for block in block_ids if block.startswith("row:"))[4:]


def test_given_row_is_picked_already() -> None:
    form = opened(two_rows(), row="row_2")
    form.fill("amount", text="5")
    assert "Remaining: 40 → *45*" in form.text


def test_another_feature_has_its_own_rows() -> None:
    balances = {**two_rows().balances, "seats": given.balance("seats", 2, 5)}
    form = opened(given.customer(balances=balances))
    form.fill("row", option="row_1")
    form.fill("amount", text="1")
    form.fill("feature", option="seats", redraw=False)
    form.fill("reason", text="x")
    assert "still updating" in form.submit().errors["feature"]
    form.redraw()
    assert not form.has("row")
    balance_input = form.submit().input
    assert isinstance(balance_input, BalanceInput)
    assert (balance_input.feature, balance_input.row, balance_input.amount) == ("seats", "row_1", Decimal(1))


def test_amount_is_not_required_before_the_form_shows_it() -> None:
    form = opened()
    form.fill("action", option="none")
    form.fill("action", option="set", redraw=False)
    assert "still updating" in form.submit().errors["action"]


def test_features_without_a_changeable_balance_are_not_offered() -> None:
    unlimited = given.balance("calls", unlimited=True)
    form = Filling(
        OPENED.model_copy(update={"feature": ""}),
        facts(given.customer(balances={"calls": unlimited, "messages": given.balance("messages")})),
    )
    assert [value for _, value, _ in form.options("feature")] == ["messages"]
    assert words.unchangeable(2) in form.text
    assert form.submit().errors["feature"] == words.NO_FEATURE_PICKED


@pytest.mark.parametrize(
    ("feature", "why"),
    [("calls", "Calls is unlimited"), ("sso", "sso is on or off"), ("", words.unchangeable(2))],
)
def test_customer_without_a_changeable_balance_is_told_why(feature: str, why: str) -> None:
    unlimited = given.balance("calls", unlimited=True)
    customer = given.customer(balances={"calls": unlimited})
    form = Filling(OPENED.model_copy(update={"feature": feature}), facts(customer))
    assert why in form.text
    assert "submit" not in form.view


def test_feature_not_held_says_so_at_once() -> None:
    form = opened(feature="words")
    assert "The customer doesn't have words." in form.text
    assert "initial_option" not in form.element("feature")


def test_customer_without_features_has_nothing_to_fill_in() -> None:
    nobody = given.customer(balances={}, flags={})
    form = Filling(OPENED.model_copy(update={"feature": ""}), facts(nobody))
    assert "no balance to change" in form.text
    assert "submit" not in form.view
    assert "The customer doesn't have messages." in Filling(OPENED, facts(nobody)).text


def test_only_seats_above_the_grant_are_called_billed() -> None:
    seats = given.balance(
        "seats",
        2,
        5,
        feature=Feature(id="seats", name="Seats", type="metered", consumable=False),
        breakdown=[
            given.row(granted=5, remaining=2, reset=None, price=UsagePrice(billing_method="usage_based"))
        ],
    )
    form = opened(given.customer(balances={"seats": seats}), feature="seats")
    form.fill("action", option="usage")
    form.fill("amount", text="5")
    assert "will be billed" not in form.text
    form.fill("amount", text="7")
    form.fill("reason", text="x")
    assert "*Autumn will bill for 2 more*, right away or on the next invoice" in form.text
    assert not form.submit().errors


def test_more_than_a_hundred_choices_are_searched() -> None:
    many = given.balances(101)
    form = Filling(
        OPENED.model_copy(update={"feature": "f007"}), facts(given.customer(balances=many, flags={}))
    )
    select = form.element("feature")
    assert (select["type"], select["action_id"]) == ("external_select", ids.FORM_FEATURE)
    assert select["initial_option"]["value"] == "f007"
    assert [
        option["value"] for option in request_form.options(OPENED, ids.FORM_FEATURE, form.facts, "f10")
    ] == ["f100"]


def test_ids_too_long_for_an_option_are_counted() -> None:
    long = "f" * 76
    form = Filling(
        OPENED, facts(given.customer(balances={**given.customer().balances, long: given.balance(long)}))
    )
    assert "1 more can't be picked here" in form.text


def test_paid_and_unlimited_rows_are_marked() -> None:
    rows = [
        given.row(id="a", price=UsagePrice(billing_method="prepaid"), reset=Reset(interval="one_off")),
        given.row(id="b", unlimited=True, plan_id="gone"),
        given.row(id=""),
        given.row(id="r" * 76),
    ]
    form = opened(given.customer(balances={"messages": given.balance(breakdown=rows)}))
    assert form.options("row") == [
        ("Pro · 700 of 1,000 left", "a", "doesn't reset · paid for"),
        ("gone · Unlimited", "b", "per month · resets Dec 2, 2026"),
    ]


def test_balance_held_only_by_entities_is_refused() -> None:
    form = opened(given.customer(balances={"messages": given.balance(breakdown=[])}))
    assert "held by the customer's entities" in form.text


def test_form_says_what_the_policy_requires() -> None:
    for needed, expected in ((0, "applied as soon as you submit"), (2, "needs 2 approvals")):
        form = Filling(OPENED, facts(), needed=needed)
        form.fill("amount", text="5")
        assert expected in form.text
    form = Filling(OPENED, facts(), barred="No rule lets you.")
    form.fill("amount", text="5")
    assert ":no_entry: No rule lets you." in form.text


def test_every_error_belongs_to_a_block_of_the_form() -> None:
    form = opened(two_rows())
    facts = {block["block_id"] for block in form.view["blocks"] if block["type"] == "input"}
    form.fill("ticket", text="not a link")
    assert set(form.submit().errors) <= facts
    assert form.submit().errors["ticket"].startswith("This is not a web address")
    assert balance.row_block("messages") in facts


def test_hidden_balances_are_called_hidden() -> None:
    late = given.subscription(past_due=True, plan=given.plan(items=[PlanItem(feature_id="exports")]))
    hidden = labels.hidden("Pro")
    assert hidden in opened(given.customer(subscriptions=[late], balances={}, flags={}), feature="").text
    balances = {"messages": given.balance(breakdown=[given.row(None)])}
    assert hidden in opened(given.customer(subscriptions=[late], balances=balances, flags={})).text
    assert "hides" not in opened().text


def test_note_names_the_date_of_the_next_reset() -> None:
    form = opened(given.customer(balances={"messages": given.balance(breakdown=[given.row()])}))
    form.fill("amount", text="1k")
    assert f"lasts until the balance next resets on {times.billing_day(LATER)}." in form.text


# How long it lasts


def test_extra_allowance_can_be_given_for_longer_than_the_reset() -> None:
    form = opened()
    form.fill("amount", text="500")
    assert [value for _, value, _ in form.options("lasts")] == ["until_reset", "until_date", "for_good"]
    form.facts = facts(messages=Feature(id="messages", type="metered", consumable=True))
    form.fill("lasts", option="for_good")
    assert not form.has("reset")
    assert "Grant of Messages: *500*" in form.text
    form.fill("reason", text="x")
    granted = GrantInput(
        customer="cus_1",
        customer_created_at=BEFORE,
        feature="messages",
        grant="maple_s1",
        size=GrantSize.AMOUNT,
        amount=Decimal(500),
    )
    parsed = form.submit()
    assert parsed.input == granted
    assert parsed.seen == form.meta.seen
    form.fill("lasts", option="until_date")
    assert "Fill in the form" in form.text
    assert form.submit().errors == {"expires": NO_DATE_PICKED}
    form.fill("expires", datetime=int(LATER.timestamp()))
    assert form.submit().input == granted.model_copy(update={"expires_at": LATER})
    assert form.element("expires")["initial_date_time"] == int(LATER.timestamp())


def test_date_is_accepted_only_once_the_form_shows_it() -> None:
    form = opened()
    form.fill("amount", text="500")
    form.fill("lasts", option="until_date", redraw=False)
    assert form.submit().errors["lasts"] == changes_words.STALE


def test_grant_does_not_need_a_row() -> None:
    form = opened(two_rows())
    form.facts = facts(two_rows(), messages=Feature(id="messages", type="metered", consumable=True))
    form.fill("lasts", option="for_good")
    assert not form.has("row")
    form.fill("amount", text="5")
    form.fill("reason", text="x")
    assert isinstance(form.submit().input, GrantInput)


def test_duration_is_asked_only_where_a_reset_would_end_it() -> None:
    form = opened(two_rows())
    form.fill("row", option="row_2")
    assert not form.has("lasts")
    form.fill("row", option="row_1")
    assert form.has("lasts")
    form.fill("action", option="set")
    assert not form.has("lasts")
    once = given.balance(breakdown=[given.row(reset=Reset(interval="one_off"))])
    assert not opened(given.customer(balances={"messages": once})).has("lasts")
