"""The products card."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import TimedOut
from bot.autumn.models import (
    OtherPrice,
    Plan,
    PlanDisplay,
    PlanItem,
    PlanPrice,
    Purchase,
    Reset,
    UsagePrice,
)
from bot.lookups import labels, names
from bot.lookups import labels as words
from bot.lookups.feature.card import FeatureDetail
from bot.lookups.names import Currencies
from bot.lookups.place import Place
from bot.lookups.products.card import ExpiredProduct, Products
from tests.kit import checks
from tests.lookups.drawing import AT_FEATURE, AT_PRODUCTS, PLACE, draw, overview, products, table, text_of
from tests.lookups.samples import BEFORE, LATER, NOW, balance, customer, invoice, plan, row, subscription

ITEMS = [
    PlanItem(feature_id="messages", included=Decimal(5000), reset=Reset(interval="month")),
    PlanItem(
        feature_id="seats",
        included=Decimal(5),
        display=PlanDisplay(primary_text="5 Seats", secondary_text="then $10"),
    ),
    PlanItem(feature_id="api", unlimited=True),
    PlanItem(feature_id="sso", included=Decimal(0), reset=Reset(interval="one_off")),
]
INCLUDES = "Includes 5,000 Messages per month, 5 Seats (then $10), Unlimited api, sso"
SPAN = "Period Nov 2, 2026 to Dec 2, 2026"

PACK = UsagePrice(
    amount=Decimal(10), billing_units=Decimal(100), billing_method="prepaid", interval="one_off"
)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"plan": plan(items=ITEMS)},
            [
                "*Pro* · Active · $20 per month",
                f"Started Nov 2, 2026 · {SPAN} · Next billing Dec 2, 2026",
                INCLUDES,
            ],
        ),
        (
            {"status": "scheduled", "started_at": LATER, "current_period_start": None, "add_on": True},
            ["*Pro* · Scheduled · $20 per month · Add-on", "Starts Dec 2, 2026"],
        ),
        (
            {"canceled_at": BEFORE, "expires_at": LATER, "quantity": Decimal(3)},
            [
                "*Pro* · Cancels · $20 per month · × 3",
                f"Started Nov 2, 2026 · {SPAN} · Ends Dec 2, 2026",
            ],
        ),
        (
            {"trial_ends_at": LATER, "current_period_end": None},
            [
                "*Pro* · Trial · $20 per month",
                "Started Nov 2, 2026 · Trial ends Dec 2, 2026",
            ],
        ),
        (
            {"plan": plan(price=None), "scope": "entity", "current_period_end": None, "started_at": None},
            ["*Pro* · Active", words.BY_ENTITIES],
        ),
        (
            {"plan": None, "status": "paused", "current_period_end": None, "started_at": None},
            ["*pro* · Paused"],
        ),
    ],
)
def test_product_shows_status_price_and_dates(changes: dict[str, Any], lines: list[str]) -> None:
    card = draw(products(customer(subscriptions=[subscription(**changes)])), AT_PRODUCTS)
    assert "\n".join(lines) in text_of(card)


@pytest.mark.parametrize(
    ("plan_read", "expected"),
    [
        (None, ""),
        (plan(price=None), "Free"),
        (plan(price=None, items=[PlanItem(price=UsagePrice(amount=Decimal(1)))]), "Pay as you go"),
        (plan(price=PlanPrice(amount=Decimal(99), interval="year", currency="eur")), "€99.00 per year"),
        (
            plan(price=PlanPrice(amount=Decimal(99), interval="month", interval_count=3)),
            "$99.00 every 3 months",
        ),
        (plan(price=PlanPrice(amount=Decimal(99), interval="semi_annual")), "$99.00 every 6 months"),
        (
            plan(price=PlanPrice(amount=Decimal(99), interval="semi_annual", interval_count=2)),
            "$99.00 every 12 months",
        ),
        (plan(price=PlanPrice(amount=Decimal(99), interval="one_off")), "$99.00 once"),
        (plan(price=PlanPrice(amount=Decimal(99), interval="aeon")), "$99.00"),
        (plan(price=PlanPrice(amount=Decimal(99), interval="multiple")), "$99.00"),
        (plan(price=PlanPrice()), ""),
    ],
)
def test_plan_price_is_written_with_its_interval(plan_read: Plan | None, expected: str) -> None:
    assert names.price(plan_read, Currencies("usd")) == expected


def test_prices_are_in_the_customers_currency() -> None:
    """Autumn's own text for a price is in the organisation's currency."""
    other_prices = [OtherPrice(currency="jpy", amount=Decimal(3000)), OtherPrice(currency="eur")]
    display = PlanDisplay(primary_text="$20", secondary_text="per month")
    usage_price = UsagePrice(
        amount=Decimal("0.8"), billing_units=Decimal(100), additional_currencies=other_prices[:1]
    )
    items = [
        PlanItem(
            feature_id="m",
            included=Decimal(included),
            price=usage_price,
            display=PlanDisplay(primary_text=f"{included} Messages", secondary_text="then $0.80 per 100"),
        )
        for included in (5, 0)
    ]
    price = PlanPrice(
        amount=Decimal(20), interval="month", display=display, additional_currencies=other_prices
    )
    held_subscription = subscription(plan=plan(price=price, items=items))
    for currency, top, includes in (
        ("usd", "$20 per month", "Includes 5 Messages (then $0.80 per 100), 0 Messages (then $0.80 per 100)"),
        ("jpy", "¥3,000 per month", "Includes 5 Messages (then ¥3,000 per 100), 0 Messages (¥3,000 per 100)"),
        ("eur", "$20 per month", "Includes 5 Messages (then $0.80 per 100)"),
    ):
        holder = customer(
            subscriptions=[held_subscription],
            invoices=[invoice(currency=currency)],
            balances={"messages": balance(breakdown=[row(price=usage_price)])},
        )
        card_text = text_of(draw(products(holder), AT_PRODUCTS))
        assert f"*Pro* · Active · {top}" in card_text
        assert includes in card_text
    balances = {"messages": balance(breakdown=[row(price=usage_price)])}
    for currency, subscriptions, unit_price in (
        ("jpy", [], "¥3,000 per 100"),
        ("eur", [held_subscription], "$0.80 per 100"),
        ("eur", [], "€0.80 per 100"),  # nothing says that the company's own is another
    ):
        holder = customer(
            subscriptions=subscriptions, invoices=[invoice(currency=currency)], balances=balances
        )
        assert table(draw(FeatureDetail(holder, None, NOW), AT_FEATURE))[1][-1] == unit_price


@pytest.mark.parametrize(
    ("currencies", "expected"),
    [
        (Currencies("eur", "usd"), "$10.00 per 100"),
        (Currencies("eur"), "€10.00 per 100"),
        (Currencies("jpy", "usd"), "¥1,500 per 100"),
        (Currencies(), "10.00 per 100"),
    ],
)
def test_price_without_one_for_the_customer_is_in_the_companys_currency(
    currencies: Currencies, expected: str
) -> None:
    usage_price = UsagePrice(
        amount=Decimal(10),
        billing_units=Decimal(100),
        billing_method="prepaid",
        additional_currencies=[OtherPrice(currency="jpy", amount=Decimal(1500))],
    )
    assert expected in names.price(plan(price=None, items=[PlanItem(price=usage_price)]), currencies)
    base = PlanPrice(amount=Decimal(99), interval="year")
    assert names.price(plan(price=base), Currencies("eur", "usd")) == "$99.00 per year"


def test_purchases_and_expired_products_follow() -> None:
    bought = Purchase(plan_id="setup", plan=plan("setup"), started_at=BEFORE, expires_at=LATER)
    gone = (
        ExpiredProduct("old", "Old", BEFORE, NOW, Decimal(2)),
        ExpiredProduct("", "", None, None),
    )
    card = draw(products(customer(purchases=[bought]), gone), AT_PRODUCTS.at(expired=True))
    card_text = text_of(card)
    assert (
        f"*Setup* · {labels.ONE_OFF} · $20 per month\nStarted Nov 2, 2026 · Expires Dec 2, 2026" in card_text
    )
    assert "*Old* · Expired · × 2\nStarted Nov 2, 2026 · Ended Nov 22, 2026" in card_text
    assert "*–* · Expired" in card_text
    assert Place.decode(checks.buttons(card)["Hide expired"]) == AT_PRODUCTS


@pytest.mark.parametrize(
    ("expired", "line"),
    [
        ((), "No products have expired."),
        (TimedOut(), "Expired products couldn't be read: Autumn didn't answer"),
    ],
)
def test_missing_and_unread_expired_products_are_reported(expired: Any, line: str) -> None:
    card = draw(products(customer(subscriptions=[]), expired), AT_PRODUCTS.at(expired=True))
    assert line in text_of(card)
    assert words.NO_PRODUCTS in text_of(card)


def test_many_products_are_paged() -> None:
    many = customer(subscriptions=[subscription(f"plan{index}") for index in range(20)])
    first = draw(products(many), AT_PRODUCTS)
    assert "Page 1 of 3 · 12 left" in text_of(first)
    assert "Previous" not in checks.buttons(first)
    following = Place.decode(checks.buttons(first)["Next"])
    assert following == AT_PRODUCTS.at(page=1)
    last = draw(products(many), AT_PRODUCTS.at(page=99))
    assert "Page 3 of 3 · last page" in text_of(last)
    assert "Next" not in checks.buttons(last)
    assert Place.decode(checks.buttons(last)["Previous"]) == following


@pytest.mark.parametrize(
    ("prices", "price_text"),
    [
        ([PACK], "$10.00 per 100"),
        ([PACK, UsagePrice(amount=Decimal(2), billing_method="prepaid")], "$10.00 per 100 and $2.00 each"),
        ([PACK, UsagePrice(amount=Decimal(2), billing_method="usage_based")], "Pay as you go"),
        ([UsagePrice(billing_method="prepaid")], "Pay as you go"),
        ([], "Free"),
    ],
)
def test_pack_shows_quantity_and_price(prices: list[UsagePrice], price_text: str) -> None:
    items = [PlanItem(feature_id="messages", price=price) for price in prices]
    pack = Purchase(plan_id="pack", plan=plan("pack", price=None, items=items))
    rows = [row(), row("pack", granted=0, remaining=300, prepaid_grant=Decimal(300))]
    holder = customer(purchases=[pack], balances={"messages": balance(breakdown=rows)}, invoices=[invoice()])
    line = f"*Pack* · One-time purchase · {price_text} · 300 Messages bought"
    assert line in text_of(draw(Products(holder, None, NOW), AT_PRODUCTS))
    on_overview = f"*Pack* one-time purchase, {price_text}, 300 Messages bought"
    assert on_overview in text_of(draw(overview(customer=holder), PLACE))


def test_free_plan_has_no_next_billing_date() -> None:
    free = subscription("free", plan=plan("free", price=None))
    assert "Next billing" not in text_of(
        draw(Products(customer(subscriptions=[free]), None, NOW), AT_PRODUCTS)
    )
    seat = subscription("seat", plan=plan("seat", price=None), scope="entity")
    assert "Next billing" in text_of(draw(Products(customer(subscriptions=[seat]), None, NOW), AT_PRODUCTS))
