"""The features card."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import PlanItem, UsagePrice
from bot.kit import times
from bot.lookups.features import card as features_card
from bot.lookups.features import words as features_words
from bot.lookups.features.card import Features
from bot.lookups.place import Place
from tests.kit import checks
from tests.lookups.drawing import AT_FEATURES, PLACE, draw, overview, text_of
from tests.lookups.samples import (
    BEFORE,
    LATER,
    NOW,
    balance,
    balances,
    customer,
    flag,
    plan,
    row,
    subscription,
)

PAID = row("addon", remaining=-10, price=UsagePrice(amount=Decimal(1), billing_method="usage_based"))
UNBILLED = {"spend_limits": [{"feature_id": "messages", "enabled": True, "skip_overage_billing": True}]}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, f"▰▰▰▱▱▱▱▱▱▱ 300 of 1,000 used · 30% · resets on {times.billing_day(LATER)}"),
        ({"next_reset_at": BEFORE}, "▰▰▰▱▱▱▱▱▱▱ 300 of 1,000 used · 30% · resets now"),
        ({"unlimited": True, "next_reset_at": None}, "▱▱▱▱▱▱▱▱▱▱ 300 used · unlimited"),
        (
            {"next_reset_at": None, "breakdown": [row(), row(remaining=-5)]},
            "▰▰▰▱▱▱▱▱▱▱ 300 of 1,000 used · 30% · *5 over* · from 2 sources",
        ),
        (
            {"next_reset_at": None, "breakdown": [PAID, row(remaining=-5)]},
            "▰▰▰▱▱▱▱▱▱▱ 300 of 1,000 used · 30% · *15 over*, 10 billed · from 2 sources",
        ),
        (
            {"next_reset_at": None, "breakdown": [PAID]},
            "▰▰▰▱▱▱▱▱▱▱ 300 of 1,000 used · 30% · *10 over*, billed",
        ),
        ({"next_reset_at": None, "granted": Decimal(0)}, "▱▱▱▱▱▱▱▱▱▱ -700 of 0 used · 700 left"),
    ],
)
def test_balance_shows_remaining_used_and_reset(changes: dict[str, Any], line: str) -> None:
    card = draw(Features(customer(balances={"messages": balance(**changes)}), NOW), AT_FEATURES)
    assert f"*Messages*\n{line}" in text_of(card)
    assert Place.decode(checks.buttons(card)["Open"]) == PLACE.of_feature("messages")


def test_overage_that_a_spend_limit_keeps_off_invoices_is_not_called_billed() -> None:
    over = balance(breakdown=[PAID])
    card = draw(Features(customer(balances={"messages": over}, billing_controls=UNBILLED), NOW), AT_FEATURES)
    assert "*10 over*" in text_of(card)
    assert "billed" not in text_of(card)


def test_balances_are_sorted_lowest_first_then_by_name() -> None:
    holder = customer(
        balances={
            "b": balance("b"),
            "a": balance("a"),
            "z": balance("z", remaining=0),
            "y": balance("y", remaining=0, breakdown=[row(remaining=-1)]),
        }
    )
    card_text = text_of(draw(Features(holder, NOW), AT_FEATURES))
    assert [name for name in card_text.splitlines() if name in ("*A*", "*B*", "*Y*", "*Z*")] == [
        "*Y*",
        "*Z*",
        "*A*",
        "*B*",
    ]


def test_features_beyond_a_page_can_be_picked() -> None:
    card = draw(Features(customer(balances=balances(70)), NOW), AT_FEATURES.at(page=1))
    assert "Page 2 of 7 · 50 left" in text_of(card)
    (block,) = (block for block in card.blocks if block["block_id"].startswith("pick_feature:"))
    assert Place.decode(block["block_id"].removeprefix("pick_feature:")) == AT_FEATURES
    assert block["elements"][0]["action_id"] == "pick_feature"


def test_select_is_absent_when_its_place_is_too_long() -> None:
    place = Place(customer="c" * 250, part="features")
    card = draw(Features(customer(balances=balances(11)), NOW), place)
    assert not [block for block in card.blocks if block["block_id"].startswith("pick_feature")]


def test_boolean_features_are_one_compact_list() -> None:
    flags = {f"flag{index:03}": flag(f"flag{index:03}") for index in range(100)}
    card = draw(Features(customer(balances={}, flags=flags), NOW), AT_FEATURES)
    assert "*Also included:* flag000, flag001," in text_of(card)
    assert "_and 40 more_" in text_of(card)
    assert features_words.NO_BALANCES in text_of(card)
    long = {f"{index}": flag("&" * 99 + str(index)) for index in range(99)}
    draw(Features(customer(flags=long), NOW), AT_FEATURES)


def test_customer_without_features() -> None:
    assert features_words.NO_FEATURES in text_of(
        draw(Features(customer(balances={}, flags={}), NOW), AT_FEATURES)
    )


@pytest.mark.parametrize("part", ["overview", "features"])
def test_balances_hidden_by_autumn_are_not_called_missing(part: str) -> None:
    hiding = plan(items=[PlanItem(feature_id="messages", included=Decimal(5))])
    holder = customer(
        subscriptions=[subscription(past_due=True, plan=hiding)],
        balances={},
        flags={"sso": flag(plan_id="x")},
    )
    answer = overview(customer=holder) if part == "overview" else Features(holder, NOW)
    assert features_words.HIDDEN_BALANCES in text_of(draw(answer, PLACE.go(part)))


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, ["700 of 1,000 left", "300 used"]),
        ({"unlimited": True}, ["Unlimited · 300 used"]),
        ({"breakdown": [row(remaining=-5)]}, ["700 of 1,000 left", "300 used", "*5 over*"]),
    ],
)
def test_form_shows_the_remaining_balance(changes: dict[str, Any], facts: list[str]) -> None:
    assert features_card.figures(balance(**changes)) == facts
