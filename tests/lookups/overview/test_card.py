"""What the overview says."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import TimedOut
from bot.autumn.models import Discount, Purchase
from bot.kit import times
from bot.lookups import labels as words
from bot.lookups.answers import Billing
from bot.lookups.features import words as features_words
from bot.lookups.invoices import words as invoices_words
from bot.lookups.overview.answer import Overview
from tests.lookups.drawing import PLACE, draw, overview, text_of
from tests.lookups.samples import (
    LATER,
    NOW,
    customer,
    flag,
    invoice,
    invoice_list,
    plan,
    preview,
    subscription,
)


def test_the_overview_has_what_matters_in_order() -> None:
    holder = customer(
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
    card_text = text_of(draw(Overview(holder, Billing(discounts, (preview(),)), listed, NOW), PLACE))
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
    places = [card_text.find(line) for line in lines]
    assert -1 not in places, lines[places.index(-1)]
    assert places == sorted(places)


def test_what_failed_is_one_line_and_the_rest_stays() -> None:
    card_text = text_of(draw(overview(billing=TimedOut()), PLACE))
    assert "Discounts and the next invoice could not be read: Autumn did not answer in time." in card_text
    assert "*Products*" in card_text


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
def test_discount_shows_value_and_duration(changes: dict[str, Any], line: str) -> None:
    known = {"id": "d", "name": "Ten", "type": "percentage_discount", "discount_value": Decimal(10)}
    answer = overview(billing=Billing((Discount(**{**known, **changes}),), None))
    assert line in text_of(draw(answer, PLACE)).splitlines()
    assert invoices_words.NO_STRIPE in text_of(draw(answer, PLACE))


def test_overview_says_what_is_empty() -> None:
    card_text = text_of(draw(overview(customer=customer(subscriptions=[], balances={}, flags={})), PLACE))
    for found in (
        words.NO_PRODUCTS,
        features_words.NO_FEATURES,
        invoices_words.NOTHING_COMING,
        words.NO_INVOICES,
    ):
        assert found in card_text


def test_overview_without_its_invoices_says_so_once() -> None:
    card_text = text_of(draw(overview(invoices=TimedOut()), PLACE))
    assert card_text.count("could not be read") == 1
    assert "The invoices could not be read: Autumn did not answer in time." in card_text


def test_overview_counts_invoices_that_were_not_read() -> None:
    card_text = text_of(
        draw(overview(invoices=invoice_list(*[invoice("open", "10")] * 200, more=True)), PLACE)
    )
    assert ":warning: At least 200 unpaid invoices: $2,000.00." in card_text
    assert "_and more than 196 more: see Invoices_" in card_text


def test_products_of_entities_are_marked_on_the_overview() -> None:
    card_text = text_of(
        draw(overview(customer=customer(subscriptions=[subscription(scope="entity")])), PLACE)
    )
    assert f"Next billing {times.day(LATER)} · held by entities" in card_text


def test_many_next_invoices_on_the_overview() -> None:
    coming = (preview(), preview(invoice_at=None), preview(), preview())
    card_text = text_of(draw(overview(billing=Billing((), coming)), PLACE))
    line = "• $20.00 on Dec 2, 2026"
    assert (
        f"{invoices_words.NEXT_INVOICES}\n{line}\n• $20.00\n{line}\n_and 1 more: see Invoices_" in card_text
    )
