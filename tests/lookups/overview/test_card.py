"""The overview card."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import TimedOut
from bot.autumn.models import Discount, InvoicePreview, PreviewLine, Purchase
from bot.lookups import labels
from bot.lookups.answers import Billing
from bot.lookups.features import words as features_words
from bot.lookups.invoices import words as invoices_words
from bot.lookups.overview import words
from bot.lookups.overview.card import Overview
from tests.lookups.drawing import PLACE, draw, overview, text_of
from tests.lookups.samples import (
    BEFORE,
    LATER,
    NOW,
    balance,
    balances,
    customer,
    invoice,
    invoice_list,
    plan,
    preview,
    row,
    subscription,
)


def test_overview_shows_what_matters_in_order() -> None:
    holder = customer(
        subscriptions=[subscription(past_due=True)],
        purchases=[Purchase(plan_id="setup", plan=plan("setup"), quantity=Decimal(2))],
        balances={"seats": balance("seats", remaining=9, granted=10), "messages": balance()},
    )
    discount = Discount(
        id="d", name="Ten", type="percentage_discount", discount_value=Decimal(10), duration_type="forever"
    )
    listed = invoice_list(
        invoice("open", "49", amount_paid=Decimal(9), refunded_amount=Decimal(1)), *[invoice()] * 9
    )
    card = draw(Overview(holder, Billing((discount,), (preview(),)), listed, NOW), PLACE)
    lines = [
        "● Overview",
        ":warning: *Pro* is past due: a payment failed or is late.",
        ":warning: 1 unpaid invoice: $40.00.",
        "*Pro* $20 per month · *Setup* one-time purchase, $20 per month, × 2",
        "*Next invoice:* $20.00 on Dec 2, 2026, before tax · *Ten* (10% off, forever)",
        "▰▰▰▱▱▱▱▱▱▱ *Messages* · 300 of 1,000 used · 30% · resets on Dec 2, 2026",
        "▰▱▱▱▱▱▱▱▱▱ *Seats* · 1 of 10 used · 10% · resets on Dec 2, 2026",
        "• Nov 2, 2026 · Pro · *$49.00* · paid $9.00 · $40.00 due · refunded $1.00 · :warning: Partly paid",
        "Refresh",
    ]
    card_text = text_of(card)
    places = [card_text.find(line) for line in lines]
    assert -1 not in places, lines[places.index(-1)]
    assert places == sorted(places)
    assert card_text.count("• Nov 2, 2026") == 3


def test_failed_billing_is_one_line_and_the_rest_stays() -> None:
    card_text = text_of(draw(overview(billing=TimedOut()), PLACE))
    assert "Discounts and the next invoice couldn't be read: Autumn didn't answer in time." in card_text
    assert "*Pro* $20 per month" in card_text
    assert invoices_words.NOTHING_COMING not in card_text


@pytest.mark.parametrize(
    ("changes", "discount"),
    [
        ({"type": "fixed_discount", "discount_value": Decimal(5), "currency": "eur"}, "*Ten* (€5.00 off)"),
        ({"duration_type": "one_off"}, "*Ten* (10% off, once)"),
        ({"duration_type": "months", "duration_value": Decimal(3)}, "*Ten* (10% off, for 3 months)"),
        ({"duration_type": "months", "duration_value": Decimal(1)}, "*Ten* (10% off, for 1 month)"),
        ({"duration_type": "months"}, "*Ten* (10% off)"),
        (
            {"end": LATER, "subscription_id": "s"},
            "*Ten* (10% off, until Dec 2, 2026, on one subscription)",
        ),
        ({"name": ""}, "*d* (10% off)"),
    ],
)
def test_discount_shows_value_and_duration(changes: dict[str, Any], discount: str) -> None:
    fields = {"id": "d", "name": "Ten", "type": "percentage_discount", "discount_value": Decimal(10)}
    discounts = (Discount(**{**fields, **changes}),) * 5
    card_text = text_of(draw(overview(billing=Billing(discounts, None)), PLACE))
    assert f"{invoices_words.NO_STRIPE} · {discount} · {discount} · {discount} · _and 2 more_" in card_text


def test_overview_says_what_is_empty() -> None:
    card_text = text_of(draw(overview(customer=customer(subscriptions=[], balances={}, flags={})), PLACE))
    for line in (
        labels.NO_PRODUCTS,
        features_words.NO_FEATURES,
        invoices_words.NOTHING_COMING,
        labels.NO_INVOICES,
    ):
        assert line in card_text


def test_boolean_features_are_listed_where_there_are_no_others() -> None:
    assert f"{features_words.NO_BALANCES}\n*Also included:* sso" in text_of(
        draw(overview(customer=customer(balances={})), PLACE)
    )
    assert "sso" not in text_of(draw(overview(), PLACE))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"unlimited": True}, "▱▱▱▱▱▱▱▱▱▱ *Messages* · 300 used · unlimited · resets"),
        (
            {"granted": Decimal(0), "usage": Decimal(300), "breakdown": []},
            "▰▰▰▰▰▰▰▰▰▰ *Messages* · 300 of 0 used · 700 left",
        ),
        ({"usage": Decimal(0)}, "\n*Not used yet:* Messages 1,000\n"),
        ({"usage": Decimal(0), "unlimited": True}, "\n*Not used yet:* Messages unlimited\n"),
        ({"usage": Decimal(-5)}, "▱▱▱▱▱▱▱▱▱▱ *Messages* · -5 of 1,000 used · 0% · 700 left · resets"),
        (
            {"usage": Decimal(1), "remaining": Decimal(999)},
            "▰▱▱▱▱▱▱▱▱▱ *Messages* · 1 of 1,000 used · 1% · resets",
        ),
        (
            {"usage": Decimal(999), "remaining": Decimal(1)},
            "▰▰▰▰▰▰▰▰▰▱ *Messages* · 999 of 1,000 used · 99% · resets",
        ),
        (
            {"usage": Decimal(1290), "breakdown": [row(remaining=-290)]},
            "▰▰▰▰▰▰▰▰▰▰ *Messages* · 1,290 of 1,000 used · 129% · *290 over* · resets",
        ),
        ({"next_reset_at": BEFORE}, "*Messages* · 300 of 1,000 used · 30% · resets now"),
        ({"next_reset_at": None}, "*Messages* · 300 of 1,000 used · 30%\n"),
    ],
)
def test_bar_fills_with_usage(changes: dict[str, Any], line: str) -> None:
    holder = customer(balances={"messages": balance(**changes)})
    assert line in text_of(draw(overview(customer=holder), PLACE))


def test_omitted_balances_are_counted() -> None:
    card_text = text_of(draw(overview(customer=customer(balances=balances(9))), PLACE))
    assert card_text.count("of 1,000 used") == 4
    assert words.more_balances(5) in card_text
    card_text = text_of(draw(overview(customer=customer(balances=balances(5))), PLACE))
    assert card_text.count("of 1,000 used") == 5, "a line of words would take as much room"


@pytest.mark.parametrize(("balance_count", "invoice_count"), [(1, 3), (3, 3), (4, 2), (5, 2), (9, 2)])
def test_many_balances_leave_less_room_for_invoices(balance_count: int, invoice_count: int) -> None:
    listed = invoice_list(*[invoice()] * 11)
    card_text = text_of(
        draw(overview(customer=customer(balances=balances(balance_count)), invoices=listed), PLACE)
    )
    assert card_text.count("• Nov 2, 2026 · Pro") == invoice_count
    assert words.more_invoices(11 - invoice_count, more=False) in card_text


def test_fully_listed_invoices_are_not_counted() -> None:
    card_text = text_of(draw(overview(invoices=invoice_list(invoice(), invoice())), PLACE))
    assert card_text.count("• Nov 2, 2026 · Pro") == 2
    assert " more_" not in card_text


def test_one_product_without_a_discount_is_one_line() -> None:
    billing = Billing((), (preview(),))
    coming = "*Next invoice:* $20.00 on Dec 2, 2026, before tax"
    assert f"\n*Pro* $20 per month · {coming}\n" in text_of(draw(overview(billing=billing), PLACE))
    two = customer(subscriptions=[subscription(), subscription("team")])
    assert f"*Team* $20 per month\n{coming}" in text_of(draw(overview(customer=two, billing=billing), PLACE))
    discount = Discount(id="d", name="Ten", type="percentage_discount", discount_value=Decimal(10))
    discounted = overview(billing=Billing((discount,), (preview(),)))
    assert f"\n*Pro* $20 per month\n{coming} · *Ten*" in text_of(draw(discounted, PLACE))


def test_ended_is_said_once() -> None:
    over = balance(usage=Decimal(1290), breakdown=[row(remaining=-290)])
    card_text = text_of(draw(overview(customer=customer(balances={"messages": over})), PLACE))
    assert ":warning:" not in card_text
    assert card_text.count("290 over") == 1


def test_overview_without_its_invoices_says_so_once() -> None:
    card_text = text_of(draw(overview(invoices=TimedOut()), PLACE))
    assert card_text.count("couldn't be read") == 1
    assert "The invoices couldn't be read: Autumn didn't answer in time." in card_text


def test_overview_counts_invoices_that_were_not_read() -> None:
    listed = invoice_list(*[invoice("open", "10")] * 200, more=True)
    card_text = text_of(draw(overview(invoices=listed), PLACE))
    assert ":warning: At least 200 unpaid invoices: $2,000.00." in card_text
    assert card_text.count(" · *$10.00* · ") == 3
    assert words.more_invoices(197, more=True) in card_text


def test_last_invoices_have_a_title_below_the_next_ones() -> None:
    listed = invoice_list(*[invoice()] * 4)
    card_text = text_of(draw(overview(invoices=listed, billing=Billing((), (preview(), preview()))), PLACE))
    assert words.last_invoices(3, 4, more=False) in card_text
    card_text = text_of(draw(overview(invoices=listed, billing=Billing((), (preview(),))), PLACE))
    assert words.INVOICES not in card_text
    assert words.more_invoices(1, more=False) in card_text


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"scope": "entity"}, "*Pro* $20 per month, held by entities"),
        ({"quantity": Decimal(3)}, "*Pro* $20 per month, × 3"),
        ({"status": "paused"}, "*Pro* $20 per month, paused"),
        ({"status": "scheduled", "started_at": LATER}, "*Pro* $20 per month, starts dec 2, 2026"),
        ({"plan": plan(price=None)}, "*Pro* Free · "),
    ],
)
def test_product_shows_more_only_where_it_is_not_simply_active(changes: dict[str, Any], line: str) -> None:
    holder = customer(subscriptions=[subscription(**changes)])
    assert line.lower() in text_of(draw(overview(customer=holder), PLACE)).lower()


def test_plan_that_replaces_another_is_shown_once() -> None:
    ending = subscription(canceled_at=BEFORE, expires_at=LATER)
    starting = subscription("team", status="scheduled", started_at=LATER)
    card_text = text_of(draw(overview(customer=customer(subscriptions=[ending, starting])), PLACE))
    assert ":warning: *Pro* → *Team* on Dec 2, 2026, $20 per month." in card_text
    assert "\n*Pro* $20 per month · *Next" in card_text


def test_omitted_products_are_counted() -> None:
    many = [subscription(f"plan{number}") for number in range(6)]
    card_text = text_of(draw(overview(customer=customer(subscriptions=many)), PLACE))
    assert "*Plan3* $20 per month · _and 2 more_" in card_text


def lines_of(*amounts: tuple[str, int]) -> InvoicePreview:
    items = [PreviewLine(plan_id=plan_id, total=Decimal(amount)) for plan_id, amount in amounts]
    total = sum((item.total for item in items), Decimal(0))
    return preview(line_items=items, total=total)


@pytest.mark.parametrize(
    ("upcoming", "lines"),
    [
        ((lines_of(("pro", 20)),), []),
        (
            (lines_of(("pro", 20), ("seats", 9), ("", 1), ("pro", 5)),),
            [
                "*Next invoice by product*",
                "• Dec 2, 2026 · *$35.00* · Pro $25.00 · seats $9.00 · Other $1.00",
            ],
        ),
        (
            (lines_of(("seats", 9)), preview(invoice_at=BEFORE), preview(invoice_at=None), preview()),
            [
                "*Next 4 invoices:* $69.00 in all, before tax",
                "• Nov 2, 2026 · *$20.00* · Pro",
                "• Dec 2, 2026 · *$9.00* · Pro",
                "• Dec 2, 2026 · *$20.00* · Pro",
                "_and 1 more_",
            ],
        ),
    ],
)
def test_coming_invoices_are_listed_by_product(
    upcoming: tuple[InvoicePreview, ...], lines: list[str]
) -> None:
    card_text = text_of(draw(overview(billing=Billing((), upcoming)), PLACE))
    if lines:
        assert "\n".join(lines) in card_text
    else:
        assert "*Next invoice by product*" not in card_text


def test_earliest_invoice_is_the_next_charge() -> None:
    upcoming = (preview(total=Decimal(5)), preview(invoice_at=BEFORE))
    card_text = text_of(draw(overview(billing=Billing((), upcoming)), PLACE))
    assert "*Next invoice:* $20.00 on Nov 2, 2026, before tax" in card_text


def test_scheduled_product_without_a_day_does_not_look_active() -> None:
    coming = subscription("team", status="scheduled", started_at=None)
    card_text = text_of(draw(overview(customer=customer(subscriptions=[coming])), PLACE))
    assert "*Team* $20 per month, scheduled" in card_text
