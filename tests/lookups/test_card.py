"""What each card says and what its buttons carry."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import AutumnError, TimedOut
from bot.autumn.models import (
    CreditCost,
    Customer,
    Discount,
    Feature,
    LineDiscount,
    Organization,
    OtherPrice,
    Plan,
    PlanDisplay,
    PlanItem,
    PlanPrice,
    PreviewLine,
    Purchase,
    Reset,
    Rollover,
    Tier,
    UsagePrice,
    UsageTotal,
)
from bot.kit import times
from bot.kit.card import Card
from bot.lookups import card as lookup_card
from bot.lookups import labels, names
from bot.lookups import labels as words
from bot.lookups.answers import Billing
from bot.lookups.events.answer import Events
from bot.lookups.feature import words as feature_words
from bot.lookups.feature.answer import FeatureDetail, Spending
from bot.lookups.features import words as features_words
from bot.lookups.features.answer import Features
from bot.lookups.invoices import facts
from bot.lookups.invoices import words as invoices_words
from bot.lookups.invoices.answer import Invoices
from bot.lookups.overview.answer import Overview
from bot.lookups.part import Answer
from bot.lookups.place import Place, Span
from bot.lookups.products.answer import ExpiredProduct, Products
from tests.kit import checks
from tests.lookups.samples import (
    BEFORE,
    LATER,
    NOW,
    balance,
    balances,
    customer,
    event,
    flag,
    invoice,
    invoice_list,
    plan,
    preview,
    row,
    subscription,
    usage,
)

PLACE = Place(customer="cus_1")
ORG = Organization(id="org", name="Maple & Co", env="live")
CALM = Billing((), ())


def drawn(answer: Answer, place: Place, **more: Any) -> Card:
    card = lookup_card.card(place, answer, **{"shareable": True, **more})
    checks.fits(card)
    shared = lookup_card.shared(place, answer, by=checks.SHARER)
    checks.fits(shared)
    return card


def overview(**changes: Any) -> Overview:
    return replace(Overview(customer(), CALM, invoice_list(), NOW), **changes)


def said(card: Card) -> str:
    return checks.read(card.blocks)


# The frame


def test_the_head_says_who_and_where() -> None:
    card = drawn(overview(), PLACE)
    head, who, *_ = card.blocks
    assert head["text"]["text"] == "Acme Ltd"
    assert [one["text"] for one in who["elements"]] == [
        "`SANDBOX`",
        "cus_1",
        "ops@acme.com",
        f"Customer since {times.day(BEFORE)}",
        "<https://app.useautumn.com/sandbox/customers/cus_1|Autumn> · "
        "<https://dashboard.stripe.com/test/customers/cus_S1|Stripe>",
    ]


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"name": "*bold* <!channel>"}, "*bold* <!channel>"),
        ({"name": ""}, "ops@acme.com"),
        ({"name": "\u200b", "email": ""}, "cus_1"),
        ({"name": "x" * 300}, "x" * 139 + "…"),
    ],
)
def test_the_title_is_the_name_or_else_what_there_is(changes: dict[str, str], title: str) -> None:
    card = drawn(overview(customer=customer(**changes)), PLACE)
    assert card.blocks[0]["text"] == {"type": "plain_text", "text": title, "emoji": False}


def test_a_bare_customer_still_has_a_card() -> None:
    card = drawn(Overview(Customer(), CALM, invoice_list(), NOW), Place(customer=""))
    shown = said(card)
    for found in (words.NO_NAME, words.NO_ID, words.NO_EMAIL, "`ENVIRONMENT UNKNOWN`", words.NO_PRODUCTS):
        assert found in shown
    assert "Stripe|" not in shown


def test_the_organisation_fills_in_the_environment() -> None:
    card = drawn(overview(customer=customer(env="", stripe_id=None)), PLACE, org=ORG)
    assert "`LIVE`" in said(card)
    assert "Maple &amp; Co · `LIVE`" in said(card)
    assert "https://app.useautumn.com/customers/cus_1" in said(card)


def test_the_navigation_carries_places() -> None:
    card = drawn(overview(), PLACE)
    places = {label: Place.decode(value) for label, value in checks.buttons(card).items()}
    assert places == {
        "Overview": PLACE,
        "Products": PLACE.go("products"),
        "Features": PLACE.go("features"),
        "Invoices": PLACE.go("invoices"),
        "Events": PLACE.go("events"),
        "Refresh": PLACE,
        "Share to channel": PLACE,
    }
    styles = {one["text"]["text"]: one.get("style") for one in checks.elements(card.blocks)}
    assert [label for label, style in styles.items() if style == "primary"] == ["Overview"]
    (share,) = (one for one in checks.elements(card.blocks) if one["action_id"] == "share")
    assert share["confirm"]["confirm"]["text"] == "Share"


def test_a_card_that_cannot_be_shared_does_not_offer_it() -> None:
    assert "Share to channel" not in checks.buttons(drawn(overview(), PLACE, shareable=False))


def test_an_id_too_long_for_buttons_leaves_them_out_with_words() -> None:
    place = Place(customer="x" * 3000)
    card = drawn(overview(customer=customer(id="x" * 3000)), place)
    assert checks.buttons(card) == {}
    assert words.TOO_LONG_TO_CLICK in said(card)
    assert "Open customer" not in checks.buttons(lookup_card.shared(place, overview(), by=checks.SHARER))


def test_refresh_forgets_where_events_were_held() -> None:
    place = PLACE.go("events").at(until=5)
    card = drawn(events(), place)
    assert Place.decode(checks.buttons(card)["Refresh"]) == place.at(until=0)


def test_a_shared_card_has_the_facts_and_one_button() -> None:
    place = PLACE.go("features")
    answer = Features(customer(balances=balances(12)), NOW)
    card = lookup_card.shared(place, answer, by=checks.SHARER, org=ORG)
    assert checks.buttons(card) == {"Open customer": place.encode()}
    assert [one["action_id"] for one in checks.elements(card.blocks)] == ["open:customer"]
    assert f"Shared by <@{checks.SHARER}>" in said(card)
    assert "Page 1 of 2 · 2 left" in said(card)
    assert card.text.startswith("Acme Ltd\n")


def test_block_ids_are_new_with_every_reading() -> None:
    one, two = (drawn(overview(read_at=NOW + timedelta(seconds=at)), PLACE) for at in (0, 1))
    assert not {block["block_id"] for block in one.blocks} & {block["block_id"] for block in two.blocks}


def test_a_card_without_newer_blocks_has_one_form() -> None:
    card = drawn(overview(), PLACE)
    assert card.plain == card.blocks


# Overview


def test_the_overview_has_what_matters_in_order() -> None:
    found = customer(
        subscriptions=[subscription(past_due=True)],
        purchases=[Purchase(plan_id="setup", plan=plan("setup"), quantity=Decimal(2))],
        flags={"sso": flag()},
    )
    discounts = (
        Discount(
            id="d",
            name="Ten",
            type="percentage_discount",
            discount_value=Decimal(10),
            duration_type="forever",
        ),
    )
    listed = invoice_list(
        invoice("open", "49", amount_paid=Decimal(9), refunded_amount=Decimal(1)), *[invoice()] * 9
    )
    shown = said(drawn(Overview(found, Billing(discounts, (preview(),)), listed, NOW), PLACE))
    lines = [
        "*Needs attention*",
        ":warning: 1 unpaid invoice: $40.00.",
        "*Products*",
        f"• *Pro* · Past due · $20 per month · Next billing {times.day(LATER)}",
        "• *Setup* · One-time purchase · $20 per month · × 2",
        "*Balances*",
        "• ▰▰▰▰▰▰▰▱▱▱ *Messages* · 700 of 1,000 left · 300 used",
        "*Also included:* sso",
        "*Next invoice:* $20.00 on Dec 2, 2026, before tax",
        "*Discounts*",
        "• *Ten* · 10% · forever",
        "*Last invoices*",
        "• Nov 2, 2026 · Pro · *$49.00* · paid $9.00 · $40.00 due · refunded $1.00 · :warning: Partly paid",
        "_and 6 more: see Invoices_",
    ]
    places = [shown.find(line) for line in lines]
    assert -1 not in places, lines[places.index(-1)]
    assert places == sorted(places)


def test_what_failed_is_one_line_and_the_rest_stays() -> None:
    shown = said(drawn(overview(billing=TimedOut()), PLACE))
    assert "Discounts and the next invoice could not be read: Autumn did not answer in time." in shown
    assert "*Products*" in shown


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"type": "fixed_discount", "discount_value": Decimal(5), "currency": "eur"}, "• *Ten* · €5.00"),
        ({"duration_type": "one_off"}, "• *Ten* · 10% · once"),
        ({"duration_type": "months", "duration_value": Decimal(3)}, "• *Ten* · 10% · for 3 months"),
        ({"duration_type": "months", "duration_value": Decimal(1)}, "• *Ten* · 10% · for 1 month"),
        ({"duration_type": "months"}, "• *Ten* · 10%"),
        (
            {"end": LATER, "subscription_id": "s"},
            f"• *Ten* · 10% · until {times.day(LATER)} · on one subscription",
        ),
        ({"name": ""}, "• *d* · 10%"),
    ],
)
def test_discounts(changes: dict[str, Any], line: str) -> None:
    known = {"id": "d", "name": "Ten", "type": "percentage_discount", "discount_value": Decimal(10)}
    answer = overview(billing=Billing((Discount(**{**known, **changes}),), None))
    assert line in said(drawn(answer, PLACE)).splitlines()
    assert invoices_words.NO_STRIPE in said(drawn(answer, PLACE))


def test_an_empty_overview_says_so() -> None:
    shown = said(drawn(overview(customer=customer(subscriptions=[], balances={}, flags={})), PLACE))
    for found in (
        words.NO_PRODUCTS,
        features_words.NO_FEATURES,
        invoices_words.NOTHING_COMING,
        words.NO_INVOICES,
    ):
        assert found in shown


# Products


def products(found: Customer, expired: Any = None) -> Products:
    return Products(found, expired, NOW)


AT_PRODUCTS = PLACE.go("products")
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
SPAN = f"Period {times.day(BEFORE)} to {times.day(LATER)}"


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"plan": plan(items=ITEMS)},
            [
                "*Pro* · Active · $20 per month",
                f"Started {times.day(BEFORE)} · {SPAN} · Next billing {times.day(LATER)}",
                INCLUDES,
            ],
        ),
        (
            {"status": "scheduled", "started_at": LATER, "current_period_start": None, "add_on": True},
            ["*Pro* · Scheduled · $20 per month · Add-on", f"Starts {times.day(LATER)}"],
        ),
        (
            {"canceled_at": BEFORE, "expires_at": LATER, "quantity": Decimal(3)},
            [
                "*Pro* · Cancels · $20 per month · × 3",
                f"Started {times.day(BEFORE)} · {SPAN} · Ends {times.day(LATER)}",
            ],
        ),
        (
            {"trial_ends_at": LATER, "current_period_end": None},
            ["*Pro* · Trial · $20 per month", f"Started {times.day(BEFORE)} · Trial ends {times.day(LATER)}"],
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
def test_a_product(changes: dict[str, Any], lines: list[str]) -> None:
    card = drawn(products(customer(subscriptions=[subscription(**changes)])), AT_PRODUCTS)
    assert "\n".join(lines) in said(card)


@pytest.mark.parametrize(
    ("found", "shown"),
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
        (plan(price=PlanPrice(amount=Decimal(99), interval="one_off")), "$99.00 once"),
        (plan(price=PlanPrice(amount=Decimal(99), interval="aeon")), "$99.00"),
        (plan(price=PlanPrice(amount=Decimal(99), interval="multiple")), "$99.00"),
        (plan(price=PlanPrice()), ""),
    ],
)
def test_the_price_of_a_plan(found: Plan | None, shown: str) -> None:
    assert names.price(found, "usd") == shown


def test_prices_are_in_the_currency_the_customer_pays() -> None:
    """Autumn's own words for a price are in the organisation's currency."""
    others = [OtherPrice(currency="jpy", amount=Decimal(3000)), OtherPrice(currency="eur")]
    display = PlanDisplay(primary_text="$20", secondary_text="per month")
    usage_price = UsagePrice(
        amount=Decimal("0.8"), billing_units=Decimal(100), additional_currencies=others[:1]
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
    price = PlanPrice(amount=Decimal(20), interval="month", display=display, additional_currencies=others)
    held = subscription(plan=plan(price=price, items=items))
    for currency, top, includes in (
        ("usd", "$20 per month", "Includes 5 Messages (then $0.80 per 100), 0 Messages (then $0.80 per 100)"),
        ("jpy", "¥3,000 per month", "Includes 5 Messages (then ¥3,000 per 100), 0 Messages (¥3,000 per 100)"),
        ("eur", "$20 per month", "Includes 5 Messages (then $0.80 per 100)"),
    ):
        known = customer(
            subscriptions=[held],
            invoices=[invoice(currency=currency)],
            balances={"messages": balance(breakdown=[row(price=usage_price)])},
        )
        shown = said(drawn(products(known), AT_PRODUCTS))
        assert f"*Pro* · Active · {top}" in shown
        assert includes in shown
    yen = customer(
        invoices=[invoice(currency="jpy")], balances={"messages": balance(breakdown=[row(price=usage_price)])}
    )
    assert table(drawn(FeatureDetail(yen, None, NOW), AT_FEATURE))[1][-1] == "¥3,000 per 100"


def test_purchases_and_expired_products_follow() -> None:
    bought = Purchase(plan_id="setup", plan=plan("setup"), started_at=BEFORE, expires_at=LATER)
    gone = (
        ExpiredProduct("old", "Old", BEFORE, NOW, Decimal(2)),
        ExpiredProduct("", "", None, None),
    )
    card = drawn(products(customer(purchases=[bought]), gone), AT_PRODUCTS.at(expired=True))
    shown = said(card)
    assert (
        f"*Setup* · {labels.ONE_OFF} · $20 per month\n"
        f"Started {times.day(BEFORE)} · Expires {times.day(LATER)}" in shown
    )
    assert f"*Old* · Expired · × 2\nStarted {times.day(BEFORE)} · Ended {times.day(NOW)}" in shown
    assert "*–* · Expired" in shown
    assert Place.decode(checks.buttons(card)["Hide expired"]) == AT_PRODUCTS


@pytest.mark.parametrize(
    ("expired", "line"),
    [
        ((), "No products have expired."),
        (TimedOut(), "Expired products could not be read: Autumn did not answer"),
    ],
)
def test_without_expired_products(expired: Any, line: str) -> None:
    card = drawn(products(customer(subscriptions=[]), expired), AT_PRODUCTS.at(expired=True))
    assert line in said(card)
    assert words.NO_PRODUCTS in said(card)


def test_many_products_come_in_pages() -> None:
    many = customer(subscriptions=[subscription(f"plan{index}") for index in range(20)])
    first = drawn(products(many), AT_PRODUCTS)
    assert "Page 1 of 3 · 12 left" in said(first)
    assert "Previous" not in checks.buttons(first)
    following = Place.decode(checks.buttons(first)["Next"])
    assert following == AT_PRODUCTS.at(page=1)
    last = drawn(products(many), AT_PRODUCTS.at(page=99))
    assert "Page 3 of 3 · last page" in said(last)
    assert "Next" not in checks.buttons(last)
    assert Place.decode(checks.buttons(last)["Previous"]) == following


# Features

AT_FEATURES = PLACE.go("features")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, f"▰▰▰▰▰▰▰▱▱▱ 700 of 1,000 left · 300 used · {times.moment(LATER, 'resets')}"),
        ({"next_reset_at": BEFORE}, "▰▰▰▰▰▰▰▱▱▱ 700 of 1,000 left · 300 used · resets now"),
        ({"unlimited": True, "next_reset_at": None}, "Unlimited · 300 used"),
        (
            {"next_reset_at": None, "breakdown": [row(), row(left=-5)]},
            "▰▰▰▰▰▰▰▱▱▱ 700 of 1,000 left · 300 used · *5 over* · from 2 sources",
        ),
        ({"next_reset_at": None, "granted": Decimal(0)}, "700 of 0 left · -700 used"),
    ],
)
def test_a_balance(changes: dict[str, Any], line: str) -> None:
    card = drawn(Features(customer(balances={"messages": balance(**changes)}), NOW), AT_FEATURES)
    assert f"*Messages*\n{line}" in said(card)
    assert Place.decode(checks.buttons(card)["Open"]) == PLACE.go("feature").at(feature="messages")


def test_trouble_comes_first_then_names() -> None:
    found = customer(
        balances={
            "b": balance("b"),
            "a": balance("a"),
            "z": balance("z", left=0),
            "y": balance("y", left=0, breakdown=[row(left=-1)]),
        }
    )
    shown = said(drawn(Features(found, NOW), AT_FEATURES))
    assert [name for name in shown.splitlines() if name in ("*A*", "*B*", "*Y*", "*Z*")] == [
        "*Y*",
        "*Z*",
        "*A*",
        "*B*",
    ]


def test_more_than_a_page_of_features_can_be_picked_from() -> None:
    card = drawn(Features(customer(balances=balances(70)), NOW), AT_FEATURES.at(page=1))
    assert "Page 2 of 7 · 50 left" in said(card)
    (block,) = (block for block in card.blocks if block["block_id"].startswith("pick_feature:"))
    assert Place.decode(block["block_id"].removeprefix("pick_feature:")) == AT_FEATURES
    assert block["elements"][0]["action_id"] == "pick_feature"


def test_the_select_is_left_out_when_its_place_is_too_long() -> None:
    place = Place(customer="c" * 250, part="features")
    card = drawn(Features(customer(balances=balances(11)), NOW), place)
    assert not [block for block in card.blocks if block["block_id"].startswith("pick_feature")]


def test_boolean_features_are_one_compact_list() -> None:
    flags = {f"flag{index:03}": flag(f"flag{index:03}") for index in range(100)}
    card = drawn(Features(customer(balances={}, flags=flags), NOW), AT_FEATURES)
    assert "*Also included:* flag000, flag001," in said(card)
    assert "_and 40 more_" in said(card)
    assert features_words.NO_BALANCES in said(card)
    long = {f"{index}": flag("&" * 99 + str(index)) for index in range(99)}
    drawn(Features(customer(flags=long), NOW), AT_FEATURES)


def test_a_customer_without_features() -> None:
    assert features_words.NO_FEATURES in said(
        drawn(Features(customer(balances={}, flags={}), NOW), AT_FEATURES)
    )


@pytest.mark.parametrize("part", ["overview", "features"])
def test_balances_that_autumn_hides_are_not_called_missing(part: str) -> None:
    hiding = plan(items=[PlanItem(feature_id="messages", included=Decimal(5))])
    known = customer(
        subscriptions=[subscription(past_due=True, plan=hiding)],
        balances={},
        flags={"sso": flag(plan_id="x")},
    )
    answer = overview(customer=known) if part == "overview" else Features(known, NOW)
    assert features_words.HIDDEN_BALANCES in said(drawn(answer, PLACE.go(part)))


# One feature

AT_FEATURE = PLACE.go("feature").at(feature="messages")


def detail(found: Any = None, read: Any = None, **changes: Any) -> FeatureDetail:
    known = customer(balances={"messages": found or balance()}, **changes)
    return FeatureDetail(known, read, NOW)


def table(card: Card) -> list[list[str]]:
    (found,) = (block for block in card.blocks if block["type"] == "data_table")
    return [[checks.read(cell) for cell in line] for line in found["rows"]]


def test_a_feature_opens_into_its_rows() -> None:
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
    card = drawn(detail(balance(breakdown=rows), usage(1, 2)), AT_FEATURE)
    assert table(card)[1:] == [
        ["Pro", "1,000", "5", "300", "700", "per month", "$0.01 each, prepaid", "–"],
        [labels.NO_PLAN, "1,000", "0", "300", "700", "–", "$2.00 per 1,000", "2026-12-02 15:06"],
        ["addon", "Unlimited", "0", "300", "Unlimited", "several dates", "by tier, billed by use", "–"],
        ["free", "1,000", "0", "300", "700", "never", "–", "–"],
    ]
    plain = checks.read(card.plain)
    assert (
        "• *Pro* · included 1,000 · prepaid 5 · used 300 · remaining 700 · resets per month · price $0.01"
        in plain
    )
    assert times.moment(LATER, "expires") in plain
    assert feature_words.TABLE_UTC in said(card)
    assert table(card)[0] == list(feature_words.ROW_COLUMNS)
    assert table(drawn(detail(), AT_FEATURE)) == [
        ["Source", "Included", "Used", "Remaining", "Resets"],
        ["Pro", "1,000", "300", "700", "per month"],
    ], "without the columns that would be empty"
    assert Place.decode(checks.buttons(card)["All features"]) == AT_FEATURES


PACK = UsagePrice(
    amount=Decimal(10), billing_units=Decimal(100), billing_method="prepaid", interval="one_off"
)


@pytest.mark.parametrize(
    ("prices", "shown"),
    [
        ([PACK], "$10.00 per 100"),
        ([PACK, UsagePrice(amount=Decimal(2), billing_method="prepaid")], "$10.00 per 100 and $2.00 each"),
        ([PACK, UsagePrice(amount=Decimal(2), billing_method="usage_based")], "Pay as you go"),
        ([UsagePrice(billing_method="prepaid")], "Pay as you go"),
        ([], "Free"),
    ],
)
def test_a_pack_shows_quantity_and_price(prices: list[UsagePrice], shown: str) -> None:
    items = [PlanItem(feature_id="messages", price=price) for price in prices]
    pack = Purchase(plan_id="pack", plan=plan("pack", price=None, items=items))
    rows = [row(), row("pack", granted=0, left=300, prepaid_grant=Decimal(300))]
    held = customer(purchases=[pack], balances={"messages": balance(breakdown=rows)}, invoices=[invoice()])
    told = f"*Pack* · One-time purchase · {shown} · 300 Messages bought"
    assert told in said(drawn(Products(held, None, NOW), AT_PRODUCTS))
    assert told in said(drawn(overview(customer=held), PLACE))


def test_a_free_plan_is_not_billed_next() -> None:
    free = subscription("free", plan=plan("free", price=None))
    assert "Next billing" not in said(drawn(Products(customer(subscriptions=[free]), None, NOW), AT_PRODUCTS))
    seat = subscription("seat", plan=plan("seat", price=None), scope="entity")
    assert "Next billing" in said(drawn(Products(customer(subscriptions=[seat]), None, NOW), AT_PRODUCTS))


@pytest.mark.parametrize(
    ("starts", "next_invoice"),
    [
        (plan("team"), f"*Next invoice:* when *Team* starts on {times.day(LATER)}, $20 per month"),
        (None, f"*Next invoice:* when *team* starts on {times.day(LATER)}"),
        (plan("free", price=None), invoices_words.NOTHING_COMING),
    ],
)
def test_the_invoice_of_a_plan_to_come_is_told(starts: Any, next_invoice: str) -> None:
    ending = subscription(canceled_at=BEFORE, expires_at=LATER)
    coming = subscription("team", plan=starts, status="scheduled", started_at=LATER)
    held = customer(subscriptions=[ending, coming])
    nothing = Billing((), ())
    assert next_invoice in said(drawn(overview(customer=held, billing=nothing), PLACE))
    assert next_invoice in said(drawn(invoices(invoice(), customer=held, upcoming=()), AT_INVOICES))


def test_entities_share_is_a_source_and_the_sources_add_up() -> None:
    whole = balance(left=900, granted=1800, usage=Decimal(900), breakdown=[row()] * 25)
    held = whole.model_copy(update={"granted": Decimal(25_800), "remaining": Decimal(18_200)})
    rows = table(drawn(detail(held), AT_FEATURE))
    assert rows[-1][:2] == ["Held by entities", "800"]
    assert len(rows) == 21, "the share is shown, however many rows there are"
    few = balance(left=1500, granted=1800, usage=Decimal(300), breakdown=[row()])
    assert table(drawn(detail(few), AT_FEATURE))[1:] == [
        ["Pro", "1,000", "300", "700", "per month"],
        ["Held by entities", "800", "0", "800", "–"],
    ]


def test_credits_are_charted_by_the_features_that_spent_them() -> None:
    def spent(number: int, name: str = "") -> Spending:
        return Spending(f"f{number}", name, (Decimal(number), Decimal(1)), Decimal(number * 10), 3)

    def chart(*spending: Spending) -> tuple[str, dict[str, Any]]:
        card = drawn(detail(balance(), replace(usage(7, 2), spent_by=spending)), AT_FEATURE)
        (found,) = (block for block in card.blocks if block["type"] == "data_visualization")
        series = {one["name"]: [point["value"] for point in one["data"]] for one in found["chart"]["series"]}
        return said(card), series

    shown, series = chart(spent(5, "Tokens"), spent(2, "Images"))
    assert "*Spent by*\n• Tokens: 50 in 3 events, 6 credits\n• Images: 20 in 3 events, 3 credits" in shown
    assert series == {"Tokens": [5, 1], "Images": [2, 1]}
    assert list(chart(spent(5, "Same"), spent(2, "Same"))[1]) == ["1 · Same", "2 · Same"]
    many = chart(*(spent(number) for number in range(8, 0, -1)))[1]
    assert list(many) == ["f8", "f7", "f6", "f5", "f4", "Others"]
    assert many["Others"] == [6, 3]
    unpriced = replace(spent(1, "Tokens"), credits=())
    shown, series = chart(unpriced, spent(2, "Images"))
    assert "• Tokens: 10 in 3 events\n" in shown
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
    found = balance(feature=credits_, breakdown=[row()] * 25, rollovers=rollovers)
    shown = said(drawn(detail(found, usage(1)), AT_FEATURE))
    assert "Spent by other features: api (2 each), x." in shown
    assert f"• 5 of 9 left, until {times.day(LATER)}\n• 1 left, no expiry" in shown
    assert "_and 5 more_" in shown
    assert words.BY_ENTITIES in said(drawn(detail(balance(breakdown=[])), AT_FEATURE))
    assert feature_words.NO_ROWS in said(drawn(detail(balance(left=0, granted=0, breakdown=[])), AT_FEATURE))
    assert "Unlimited · 300 used" in said(drawn(detail(balance(unlimited=True)), AT_FEATURE))


def test_long_names_are_counted_as_slack_counts_them() -> None:
    """Beyond the first plane a character counts twice, and these are the most that are drawn."""
    long = "\N{ROCKET}" * 60
    held = balance(feature=Feature(id="x", name=long), breakdown=[row(long)] * 20)
    drawn(detail(held, usage(1)), AT_FEATURE)
    drawn(Features(customer(flags={f"{long}{n}": flag(f"{long}{n}") for n in range(60)}), NOW), AT_FEATURES)
    drawn(overview(customer=customer(subscriptions=[subscription(plan=plan(long, name=long))] * 9)), PLACE)


@pytest.mark.parametrize(
    ("feature_id", "changes", "line"),
    [
        ("sso", {}, "*sso* is included in Pro."),
        ("sso", {"flags": {"sso": flag(plan_id=None)}}, "*sso* is included."),
        ("sso", {"flags": {"sso": flag(expires_at=LATER)}}, f"in Pro. It expires on {times.day(LATER)}."),
        ("gone", {}, "This customer doesn't have the feature `gone`."),
        ("", {}, "This customer doesn't have the feature –."),
    ],
)
def test_a_feature_without_a_balance(feature_id: str, changes: dict[str, Any], line: str) -> None:
    card = drawn(detail(**changes), AT_FEATURE.at(feature=feature_id))
    assert line in said(card)
    assert (feature_words.NO_USAGE_KIND in said(card)) is (feature_id == "sso")


def chart(card: Card) -> dict[str, Any]:
    (found,) = (block for block in card.blocks if block["type"] == "data_visualization")
    return found


@pytest.mark.parametrize(
    ("step", "number", "labels"),
    [
        (timedelta(hours=1), 3, ["15:06", "16:06", "17:06"]),
        (timedelta(days=1), 3, ["Nov 02", "Nov 03", "Nov 04"]),
        (timedelta(hours=12), 3, ["Nov 02 15:06", "Nov 03 03:06", "Nov 03 15:06"]),
        (timedelta(0), 2, ["1 · Nov 02", "2 · Nov 02"]),
    ],
)
def test_usage_is_a_chart_with_unique_labels(step: timedelta, number: int, labels: list[str]) -> None:
    card = drawn(detail(read=usage(*range(1, number + 1), step=step)), AT_FEATURE)
    found = chart(card)
    assert found["title"] == "Messages, last 30 days"
    assert found["chart"]["axis_config"]["categories"] == labels
    assert [point["value"] for point in found["chart"]["series"][0]["data"]] == list(range(1, number + 1))
    assert f"{labels[0]} " in checks.read(card.plain)


def test_the_chart_says_its_total_and_offers_other_spans() -> None:
    card = drawn(detail(read=usage(400, 0, 800)), AT_FEATURE.at(span=Span.WEEK))
    assert "*Usage, last 7 days:* 1,200 in 3 events" in said(card)
    buttons = checks.buttons(card)
    for label, span in (("24 hours", Span.DAY), ("90 days", Span.QUARTER), ("Billing cycle", Span.CYCLE)):
        assert Place.decode(buttons[label]) == AT_FEATURE.at(span=span)
    assert "Nov 02 ▰▰▰▰▰▰▱▱▱▱▱▱ 400" in checks.read(card.plain)


@pytest.mark.parametrize(
    ("read", "line"),
    [
        (usage(0, 0, events=0), "*Usage, last 30 days:* none."),
        (usage(0, events=4), "*Usage, last 30 days:* 0 in 4 events"),
        (usage(events=0), "*Usage, last 30 days:* none."),
        (TimedOut(), "Usage could not be read: Autumn did not answer in time."),
    ],
)
def test_usage_without_a_chart(read: Any, line: str) -> None:
    card = drawn(detail(read=read), AT_FEATURE)
    assert line in said(card)
    assert "7 days" in checks.buttons(card)


def test_bins_beyond_what_a_chart_holds_are_counted() -> None:
    card = drawn(detail(read=usage(*range(1, 25))), AT_FEATURE)
    assert len(chart(card)["chart"]["axis_config"]["categories"]) == 20
    assert feature_words.usage_note(4) in said(card)


# Invoices

AT_INVOICES = PLACE.go("invoices")


def invoices(*found: Any, **changes: Any) -> Invoices:
    return replace(Invoices(customer(), found, False, (preview(),), NOW), **changes)


def test_invoices_are_a_table_after_the_next_one() -> None:
    found = (
        invoice("paid", "20", amount_paid=Decimal(20), refunded_amount=Decimal(5)),
        invoice("open", "-5", hosted_invoice_url=None, created_at=None, plan_ids=["other"], currency="jpy"),
        invoice("", "1"),
        invoice("odd*", "1"),
    )
    card = drawn(invoices(*found), AT_INVOICES)
    shown = said(card)
    assert shown.index("*Next invoice:*") < shown.index("4 invoices")
    assert "• Pro - Base Price · *$20.00*" in shown
    assert table(card)[1:] == [
        ["2026-11-02", "Pro", "$20.00", "$20.00", "$5.00", "Partly refunded", "View"],
        ["–", "other", "¥5 credit", "–", "–", "Open", "–"],
        ["2026-11-02", "Pro", "$1.00", "–", "–", "No status", "View"],
        ["2026-11-02", "Pro", "$1.00", "–", "–", "odd*", "View"],
    ]
    owed = drawn(invoices(invoice("open"), invoice("uncollectible", amount_paid=Decimal(20))), AT_INVOICES)
    assert [line[5] for line in table(owed)] == ["Status", "⚠️ Open", "Uncollectible"]
    assert "|View invoice>" in checks.read(card.plain)
    assert "odd∗" in checks.read(card.plain)


def test_invoices_are_filtered_and_paged() -> None:
    place = AT_INVOICES.at(status="open")
    card = drawn(invoices(*[invoice("open")] * 25, more=True), place)
    assert "25+ open invoices" in said(card)
    assert "Autumn has more: only the newest 25 invoices are listed." in said(card)
    assert "Page 1 of 3 · 15 left" in said(card)
    buttons = checks.buttons(card)
    assert Place.decode(buttons["Next"]) == place.at(page=1)
    for label, status in (
        ("All", ""),
        ("Paid", "paid"),
        ("Draft", "draft"),
        ("Void", "void"),
        ("Uncollectible", "uncollectible"),
    ):
        assert Place.decode(buttons[label]) == AT_INVOICES.at(status=status)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"upcoming": None}, invoices_words.NO_STRIPE),
        ({"upcoming": ()}, invoices_words.NOTHING_COMING),
        ({"upcoming": TimedOut()}, "The next invoice could not be read: Autumn did not answer in time."),
        ({"upcoming": (preview(),) * 5}, "_and 2 more_"),
        ({"upcoming": (preview(invoice_at=None),)}, "*Next invoice:* $20.00, before tax"),
        ({"invoices": ()}, words.NO_INVOICES),
        ({"invoices": TimedOut()}, "The invoices could not be read: Autumn did not answer in time."),
        ({"customer": TimedOut()}, "The customer's name and products could not be read"),
    ],
)
def test_invoices_when_something_is_missing(changes: dict[str, Any], line: str) -> None:
    assert line in said(drawn(invoices(invoice(), **changes), AT_INVOICES))


def test_unpaid_invoices_need_attention_on_every_part() -> None:
    owing = facts.unpaid([invoice("open", "49")], more=False)
    for answer, place in (
        (invoices(invoice(), unpaid=owing), AT_INVOICES),
        (Products(customer(), None, NOW, unpaid=owing), PLACE.go("products")),
        (overview(invoices=invoice_list(invoice("open", "49"))), PLACE),
    ):
        assert "*Needs attention*\n:warning: 1 unpaid invoice: $49.00." in said(drawn(answer, place))


def test_unpaid_invoices_that_could_not_be_read_are_not_passed_over() -> None:
    shown = said(drawn(Features(customer(), NOW, unpaid=TimedOut()), AT_FEATURES))
    assert "Unpaid invoices could not be read: Autumn did not answer in time." in shown


def test_an_overview_without_its_invoices_says_so_once() -> None:
    shown = said(drawn(overview(invoices=TimedOut()), PLACE))
    assert shown.count("could not be read") == 1
    assert "The invoices could not be read: Autumn did not answer in time." in shown


def test_an_overview_counts_what_was_not_read() -> None:
    shown = said(drawn(overview(invoices=invoice_list(*[invoice("open", "10")] * 200, more=True)), PLACE))
    assert ":warning: At least 200 unpaid invoices: $2,000.00." in shown
    assert "_and more than 196 more: see Invoices_" in shown


def test_a_refunded_invoice_is_called_the_same_everywhere() -> None:
    refunded = invoice("paid", "49", amount_paid=Decimal(49), refunded_amount=Decimal(49))
    assert "*$49.00* · Refunded" in said(drawn(overview(invoices=invoice_list(refunded)), PLACE))
    assert table(drawn(invoices(refunded), AT_INVOICES))[1][5] == "Refunded"


def test_no_invoices_of_a_status() -> None:
    assert "No draft invoices." in said(drawn(invoices(), AT_INVOICES.at(status="draft")))
    assert "No odd invoices." in said(drawn(invoices(), AT_INVOICES.at(status="odd")))


def test_lines_of_the_next_invoice_tell_their_discounts() -> None:
    discounts = [
        LineDiscount(percent_off=Decimal(10), reward_name="Ten"),
        LineDiscount(amount_off=Decimal(5)),
        LineDiscount(),
    ]
    line = PreviewLine(display_name="Seats", total=Decimal(8), discounts=discounts)
    many = preview(line_items=[line] * 12)
    shown = said(drawn(invoices(upcoming=(many,)), AT_INVOICES))
    assert "• Seats · *$8.00* · 10% off (Ten) · $5.00 off" in shown
    assert "_and 4 more_" in shown


def test_what_an_entity_holds_is_marked_on_the_overview() -> None:
    shown = said(drawn(overview(customer=customer(subscriptions=[subscription(scope="entity")])), PLACE))
    assert f"Next billing {times.day(LATER)} · held by entities" in shown


def test_many_next_invoices_on_the_overview() -> None:
    coming = (preview(), preview(invoice_at=None), preview(), preview())
    shown = said(drawn(overview(billing=Billing((), coming)), PLACE))
    line = "• $20.00 on Dec 2, 2026"
    assert f"{invoices_words.NEXT_INVOICES}\n{line}\n• $20.00\n{line}\n_and 1 more: see Invoices_" in shown


# Events

AT_EVENTS = PLACE.go("events")


def events(*found: Any, **changes: Any) -> Events:
    totals = {"messages": UsageTotal(count=2, sum=Decimal(6)), "quiet": UsageTotal()}
    known = {
        "messages": Feature(id="messages", name="Messages"),
        "sent": Feature(id="messages", name="Messages"),
    }
    return replace(Events(customer(), found, False, totals, known, NOW, NOW), **changes)


def test_events_are_a_table_with_totals() -> None:
    found = (
        event("sent", properties={"model": "a`b", "n": 1}),
        event("odd", properties={}),
        event("long", properties={"x": "y" * 300}),
    )
    card = drawn(events(*found), AT_EVENTS)
    shown = said(card)
    assert "*Total per feature*\n• Messages: 6 in 2 events" in shown
    assert "quiet" not in shown
    assert "3 events, last 30 days" in shown
    rows = table(card)[1:]
    assert rows[0] == ["2026-11-02 15:06", "Messages", "3", "model: a`b, n: 1"]
    assert rows[1] == ["2026-11-02 15:06", "odd", "3", "–"]
    assert len(rows[2][3]) == 120
    assert "· Messages · *3* · `model: aˋb, n: 1`" in checks.read(card.plain)


def test_events_hold_still_while_pages_turn() -> None:
    card = drawn(events(*[event()] * 40, more=True), AT_EVENTS)
    assert "40+ events, last 30 days" in said(card)
    assert "only the newest 40 events are listed" in said(card)
    following = Place.decode(checks.buttons(card)["Next"])
    assert following == AT_EVENTS.at(page=1, until=times.milliseconds(NOW))
    other = Place.decode(checks.buttons(drawn(events(), following))["7 days"])
    assert other == AT_EVENTS.at(span=Span.WEEK)


def test_events_of_one_feature() -> None:
    place = AT_EVENTS.at(feature="messages")
    card = drawn(events(event()), place)
    assert "1 event of Messages, last 30 days" in said(card)
    assert Place.decode(checks.buttons(card)["All features"]) == AT_EVENTS
    (select,) = (one for one in checks.elements(card.blocks) if one["type"] == "external_select")
    assert select["initial_option"]["value"] == "messages"
    assert select["initial_option"]["text"]["text"] == "Messages"


@pytest.mark.parametrize(
    ("changes", "place", "line"),
    [
        ({}, AT_EVENTS, "No events, last 30 days."),
        ({}, AT_EVENTS.at(feature="x", span=Span.DAY), "No events of x, last 24 hours."),
        ({"events": TimedOut()}, AT_EVENTS, "The events could not be read: Autumn did not answer in time."),
        ({"totals": AutumnError()}, AT_EVENTS, "Totals per feature could not be read: Something went wrong"),
        ({"customer": TimedOut()}, AT_EVENTS, "The customer's name and products could not be read"),
    ],
)
def test_events_when_something_is_missing(changes: dict[str, Any], place: Place, line: str) -> None:
    assert line in said(drawn(events(**changes), place))
