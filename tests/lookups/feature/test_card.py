"""A feature's page."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import TimedOut
from bot.autumn.models import CreditCost, Entity, Feature, Reset, Rollover, Tier, UsagePrice
from bot.kit import times
from bot.kit.card import Card
from bot.lookups import labels
from bot.lookups import labels as words
from bot.lookups.entities import words as entity_words
from bot.lookups.feature import words as feature_words
from bot.lookups.feature.bins import Spending
from bot.lookups.features.card import Features
from bot.lookups.place import Place, Span
from tests.kit import checks
from tests.lookups.drawing import AT_FEATURE, AT_FEATURES, PLACE, detail, draw, overview, table, text_of
from tests.lookups.samples import LATER, NOW, balance, customer, flag, plan, row, subscription, usage


def test_feature_lists_the_sources_of_its_balance() -> None:
    tiered = UsagePrice(tiers=[Tier(to="inf", amount=Decimal(1))], billing_method="usage_based")
    rows = [
        row(prepaid_grant=Decimal(5), price=UsagePrice(amount=Decimal("0.01"), billing_method="prepaid")),
        row(
            None,
            reset=None,
            expires_at=LATER,
            price=UsagePrice(amount=Decimal(2), billing_units=Decimal(1000)),
        ),
        row("addon", unlimited=True, reset=Reset(interval="multiple"), price=tiered),
        row("free", reset=Reset(interval="one_off"), price=UsagePrice()),
    ]
    card = draw(detail(balance(breakdown=rows), usage(1, 2)), AT_FEATURE)
    assert table(card)[1:] == [
        ["Pro", "1,000", "5", "300", "700", "per month", "$0.01 each, prepaid", "–"],
        [labels.NO_PLAN, "1,000", "0", "300", "700", "–", "$2.00 per 1,000", "Dec 2, 2026"],
        ["addon", "Unlimited", "0", "300", "Unlimited", "several dates", "by tier, billed by use", "–"],
        ["free", "1,000", "0", "300", "700", "never", "–", "–"],
    ]
    plain = checks.read(card.plain)
    assert (
        "• *Pro* · included 1,000 · prepaid 5 · used 300 · remaining 700 · resets per month · price $0.01"
        in plain
    )
    assert f"expires {times.billing_day(LATER)}" in plain
    assert table(card)[0] == list(feature_words.ROW_COLUMNS)
    assert table(draw(detail(), AT_FEATURE)) == [
        ["Source", "Included", "Used", "Remaining", "Resets"],
        ["Pro", "1,000", "300", "700", "per month"],
    ], "without the columns that would be empty"
    assert Place.decode(checks.buttons(card)["All features"]) == AT_FEATURES


def test_share_of_entities_is_a_source_and_sources_add_up() -> None:
    own_balance = balance(remaining=900, granted=1800, usage=Decimal(900), breakdown=[row()] * 25)
    with_share = own_balance.model_copy(update={"granted": Decimal(25_800), "remaining": Decimal(18_200)})
    rows = table(draw(detail(with_share), AT_FEATURE))
    assert rows[-1][:2] == ["Held by entities", "800"]
    assert len(rows) == 21, "the share is shown, however many rows there are"
    few = balance(remaining=1500, granted=1800, usage=Decimal(300), breakdown=[row()])
    assert table(draw(detail(few), AT_FEATURE))[1:] == [
        ["Pro", "1,000", "300", "700", "per month"],
        ["Held by entities", "800", "0", "800", "–"],
    ]


def test_credits_are_charted_by_the_features_that_spent_them() -> None:
    def spent(number: int, name: str = "") -> Spending:
        return Spending(f"f{number}", name, (Decimal(number), Decimal(1)), Decimal(number * 10), 3)

    def chart(*spending: Spending) -> tuple[str, dict[str, Any]]:
        card = draw(detail(balance(), replace(usage(7, 2), spent_by=spending)), AT_FEATURE)
        (block_found,) = (block for block in card.blocks if block["type"] == "data_visualization")
        series = {
            series_drawn["name"]: [point["value"] for point in series_drawn["data"]]
            for series_drawn in block_found["chart"]["series"]
        }
        return text_of(card), series

    card_text, series = chart(spent(5, "Tokens"), spent(2, "Images"))
    assert "*Spent by*\n• Tokens: 50 in 3 events, 6 credits\n• Images: 20 in 3 events, 3 credits" in card_text
    assert series == {"Tokens": [5, 1], "Images": [2, 1]}
    assert list(chart(spent(5, "Same"), spent(2, "Same"))[1]) == ["1 · Same", "2 · Same"]
    many = chart(*(spent(number) for number in range(8, 0, -1)))[1]
    assert list(many) == ["f8", "f7", "f6", "f5", "f4", "Others"]
    assert many["Others"] == [6, 3]
    unpriced = replace(spent(1, "Tokens"), credits=())
    card_text, series = chart(unpriced, spent(2, "Images"))
    assert "• Tokens: 10 in 3 events\n" in card_text
    assert list(series) == [feature_words.USED_SERIES]


def test_rollovers_credit_costs_and_many_rows() -> None:
    credits_ = Feature(
        id="credits",
        name="Credits",
        type="credit_system",
        credit_schema=[
            CreditCost(metered_feature_id="api", credit_cost=Decimal(2)).model_dump(),
            {"metered_feature_id": "x"},
        ],
    )
    rollovers = [
        Rollover(balance=Decimal(5), granted=Decimal(9), expires_at=LATER),
        Rollover(balance=Decimal(1)),
    ]
    credit_balance = balance(feature=credits_, breakdown=[row()] * 25, rollovers=rollovers)
    card_text = text_of(draw(detail(credit_balance, usage(1)), AT_FEATURE))
    assert "Spent by other features: api (2 each), x." in card_text
    assert "• 5 of 9 left, until Dec 2, 2026\n• 1 left, no expiry" in card_text
    assert "_and 5 more_" in card_text
    assert words.BY_ENTITIES in text_of(draw(detail(balance(breakdown=[])), AT_FEATURE))
    empty = detail(balance(remaining=0, granted=0, breakdown=[]))
    assert feature_words.NO_ROWS in text_of(draw(empty, AT_FEATURE))
    assert "300 used · unlimited" in text_of(draw(detail(balance(unlimited=True)), AT_FEATURE))


def test_long_names_are_counted_as_slack_counts_them() -> None:
    """Characters beyond the Basic Multilingual Plane count twice; this draws the most names allowed."""
    long = "\N{ROCKET}" * 60
    balance_with_long_names = balance(feature=Feature(id="x", name=long), breakdown=[row(long)] * 20)
    draw(detail(balance_with_long_names, usage(1)), AT_FEATURE)
    draw(Features(customer(flags={f"{long}{n}": flag(f"{long}{n}") for n in range(60)}), NOW), AT_FEATURES)
    draw(overview(customer=customer(subscriptions=[subscription(plan=plan(long, name=long))] * 9)), PLACE)


@pytest.mark.parametrize(
    ("feature_id", "changes", "line"),
    [
        ("sso", {}, "*sso* is included in Pro."),
        ("sso", {"flags": {"sso": flag(plan_id=None)}}, "*sso* is included."),
        (
            "sso",
            {"flags": {"sso": flag(expires_at=LATER)}},
            "in Pro. It expires on Dec 2, 2026.",
        ),
        ("gone", {}, "This customer doesn't have the feature `gone`."),
        ("", {}, "This customer doesn't have the feature –."),
    ],
)
def test_feature_without_a_balance_says_why(feature_id: str, changes: dict[str, Any], line: str) -> None:
    card = draw(detail(**changes), AT_FEATURE.at(feature=feature_id))
    assert line in text_of(card)
    assert (feature_words.NO_USAGE_KIND in text_of(card)) is (feature_id == "sso")


def chart(card: Card) -> dict[str, Any]:
    (block_found,) = (block for block in card.blocks if block["type"] == "data_visualization")
    return block_found


@pytest.mark.parametrize(
    ("step", "number", "labels"),
    [
        (timedelta(hours=1), 3, ["15:06", "16:06", "17:06"]),
        (timedelta(days=1), 3, ["Nov 2", "Nov 3", "Nov 4"]),
        (timedelta(hours=12), 3, ["Nov 2 15:06", "Nov 3 03:06", "Nov 3 15:06"]),
        (timedelta(0), 2, ["1 · Nov 2", "2 · Nov 2"]),
    ],
)
def test_usage_is_a_chart_with_unique_labels(step: timedelta, number: int, labels: list[str]) -> None:
    card = draw(detail(read=usage(*range(1, number + 1), step=step)), AT_FEATURE)
    chart_block = chart(card)
    assert chart_block["title"] == "Messages, last 30 days"
    assert chart_block["chart"]["axis_config"]["categories"] == labels
    assert [point["value"] for point in chart_block["chart"]["series"][0]["data"]] == list(
        range(1, number + 1)
    )
    assert f"{labels[0]} " in checks.read(card.plain)


def test_chart_shows_its_total_and_other_spans() -> None:
    card = draw(detail(read=usage(400, 0, 800)), AT_FEATURE.at(span=Span.WEEK))
    assert "*Usage, last 7 days:* 1,200 in 3 events" in text_of(card)
    buttons = checks.buttons(card)
    for label, span in (("24 hours", Span.DAY), ("90 days", Span.QUARTER), ("Billing cycle", Span.CYCLE)):
        assert Place.decode(buttons[label]) == AT_FEATURE.at(span=span)
    assert "Nov 2 ▰▰▰▰▰▰▱▱▱▱▱▱ 400" in checks.read(card.plain)


@pytest.mark.parametrize(
    ("read", "line"),
    [
        (usage(0, 0, events=0), "*Usage, last 30 days:* none."),
        (usage(0, events=4), "*Usage, last 30 days:* 0 in 4 events"),
        (usage(events=0), "*Usage, last 30 days:* none."),
        (TimedOut(), "Usage couldn't be read: Autumn didn't answer in time."),
    ],
)
def test_usage_without_a_chart_says_why(read: Any, line: str) -> None:
    card = draw(detail(read=read), AT_FEATURE)
    assert line in text_of(card)
    assert "7 days" in checks.buttons(card)


def test_bins_beyond_the_chart_are_counted() -> None:
    card = draw(detail(read=usage(*range(1, 25))), AT_FEATURE)
    assert len(chart(card)["chart"]["axis_config"]["categories"]) == 20
    assert feature_words.usage_note(4) in text_of(card)


AT_ENTITYS = PLACE.of_entity("ws_1").of_feature("messages")
WORKSPACE = Entity(
    id="ws_1",
    name="Workspace <1>",
    balances={
        "messages": balance(
            breakdown=[
                row(id="own", granted=400, remaining=250),
                row(id="shared", granted=1000, remaining=700),
            ]
        )
    },
)
SHARED = balance(breakdown=[row(id="shared", granted=1000, remaining=700)])


def of_entity(entity: Any, read: Any = None) -> Card:
    return draw(replace(detail(SHARED, read), entity=entity), AT_ENTITYS)


def test_entity_page_separates_its_own_from_the_shared() -> None:
    card = of_entity(WORKSPACE, usage(1, 2))
    card_text = text_of(card)
    assert feature_words.of_entity("Messages", "Workspace &lt;1&gt;") in card_text
    assert re.search(r"Its own: .*150 of 400 used", card_text)
    assert re.search(r"Shared with the whole customer: .*300 of 1,000 used", card_text)
    assert feature_words.usage_total("3", 2, Span.CYCLE) in card_text
    assert "At this pace" not in card_text
    buttons = checks.buttons(card)
    assert Place.decode(buttons[feature_words.BACK_TO_ENTITY]) == PLACE.of_entity("ws_1")
    assert Place.decode(buttons[labels.SPANS[Span.WEEK]]).entity == "ws_1"
    assert Place.decode(buttons[labels.CAN_USE]).entity == "ws_1"


def test_entity_without_the_feature_says_so() -> None:
    card_text = text_of(of_entity(Entity(id="ws_1"), usage(1)))
    assert feature_words.entity_without("Messages") in card_text


@pytest.mark.parametrize(
    ("entity", "line"),
    [(None, entity_words.GONE), (TimedOut(), "The entity couldn't be read: Autumn didn't answer")],
)
def test_page_of_an_unread_entity_shows_nothing_of_the_customer(entity: Any, line: str) -> None:
    card = of_entity(entity)
    assert line in text_of(card)
    assert "Messages" not in text_of(card)
    assert feature_words.BACK_TO_ENTITY in checks.buttons(card)


def test_usage_of_a_customer_with_entities_is_marked_as_the_total() -> None:
    feature_detail = detail(SHARED, usage(1), entities=[WORKSPACE])
    assert feature_words.USAGE_OF_ALL in text_of(draw(feature_detail, AT_FEATURE))
    assert feature_words.USAGE_OF_ALL not in text_of(draw(detail(SHARED, usage(1)), AT_FEATURE))


def test_page_says_that_use_stops_where_the_balance_runs_out() -> None:
    held = balance(remaining=1, granted=1000)
    card_text = text_of(draw(detail(held, usage(*[15] * 20)), AT_FEATURE.at(span=Span.CYCLE)))
    assert "usage stops until the reset on" in card_text
    assert feature_words.OVERAGE_GOES_ON not in card_text


def test_page_says_that_use_goes_on_as_overage() -> None:
    held = balance(remaining=1, granted=1000, overage_allowed=True)
    card_text = text_of(draw(detail(held, usage(*[15] * 20)), AT_FEATURE.at(span=Span.CYCLE)))
    assert feature_words.OVERAGE_GOES_ON in card_text
