"""The invoices card."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import TimedOut
from bot.autumn.models import LineDiscount, PreviewLine
from bot.lookups import labels as words
from bot.lookups.answers import Billing
from bot.lookups.features.card import Features
from bot.lookups.invoices import facts
from bot.lookups.invoices import words as invoices_words
from bot.lookups.place import Place
from bot.lookups.products.card import Products
from tests.kit import checks
from tests.lookups.drawing import AT_FEATURES, AT_INVOICES, PLACE, draw, invoices, overview, table, text_of
from tests.lookups.samples import (
    BEFORE,
    LATER,
    NOW,
    customer,
    invoice,
    invoice_list,
    plan,
    preview,
    subscription,
)


@pytest.mark.parametrize(
    ("starts", "next_invoice"),
    [
        (plan("team"), "*Next invoice:* when *Team* starts on Dec 2, 2026, $20 per month"),
        (None, "*Next invoice:* when *team* starts on Dec 2, 2026"),
        (plan("free", price=None), invoices_words.NOTHING_COMING),
    ],
)
def test_next_invoice_of_a_scheduled_product_is_shown(starts: Any, next_invoice: str) -> None:
    ending = subscription(canceled_at=BEFORE, expires_at=LATER)
    coming = subscription("team", plan=starts, status="scheduled", started_at=LATER)
    holder = customer(subscriptions=[ending, coming])
    nothing = Billing((), ())
    assert next_invoice in text_of(draw(overview(customer=holder, billing=nothing), PLACE))
    assert next_invoice in text_of(
        draw(invoices(invoice(), customer=holder, billing=Billing(discounts=(), upcoming=())), AT_INVOICES)
    )


def test_invoices_are_a_table_after_the_next_one() -> None:
    listed = (
        invoice("paid", "20", amount_paid=Decimal(20), refunded_amount=Decimal(5)),
        invoice("open", "-5", hosted_invoice_url=None, created_at=None, plan_ids=["other"], currency="jpy"),
        invoice("", "1"),
        invoice("odd*", "1"),
    )
    card = draw(invoices(*listed), AT_INVOICES)
    card_text = text_of(card)
    assert card_text.index("*Next invoice:*") < card_text.index("4 invoices")
    assert "• Pro - Base Price · *$20.00*" in card_text
    assert table(card)[1:] == [
        ["Nov 2, 2026", "Pro", "$20.00", "$20.00", "$5.00", "Partly refunded", "View"],
        ["–", "other", "¥5 credit", "–", "–", "Open", "–"],
        ["Nov 2, 2026", "Pro", "$1.00", "–", "–", "No status", "View"],
        ["Nov 2, 2026", "Pro", "$1.00", "–", "–", "odd*", "View"],
    ]
    owed = draw(invoices(invoice("open"), invoice("uncollectible", amount_paid=Decimal(20))), AT_INVOICES)
    assert [line[5] for line in table(owed)] == ["Status", "⚠️ Open", "Uncollectible"]
    assert "|View invoice>" in checks.read(card.plain)
    assert "odd∗" in checks.read(card.plain)


def test_invoices_are_filtered_and_paged() -> None:
    place = AT_INVOICES.at(status="open")
    card = draw(invoices(*[invoice("open")] * 25, more=True), place)
    assert "25+ open invoices" in text_of(card)
    assert "Autumn has more: only the newest 25 invoices are listed." in text_of(card)
    assert "Page 1 of 3 · 15 left" in text_of(card)
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
        ({"billing": Billing((), None)}, invoices_words.NO_STRIPE),
        ({"billing": Billing((), ())}, invoices_words.NOTHING_COMING),
        ({"billing": TimedOut()}, "The next invoice couldn't be read: Autumn didn't answer in time."),
        ({"billing": Billing((), (preview(),) * 5)}, "_and 2 more_"),
        ({"billing": Billing((), (preview(invoice_at=None),))}, "*Next invoice:* $20.00, before tax"),
        ({"invoices": ()}, words.NO_INVOICES),
        ({"invoices": TimedOut()}, "The invoices couldn't be read: Autumn didn't answer in time."),
        ({"customer": TimedOut()}, "The customer's name and products couldn't be read"),
    ],
)
def test_invoices_say_what_could_not_be_read(changes: dict[str, Any], line: str) -> None:
    assert line in text_of(draw(invoices(invoice(), **changes), AT_INVOICES))


def test_unpaid_invoices_need_attention_on_every_part() -> None:
    owing = facts.unpaid([invoice("open", "49")], more=False)
    for answer, place in (
        (invoices(invoice(), unpaid=owing), AT_INVOICES),
        (Products(customer(), None, NOW, unpaid=owing), PLACE.go("products")),
        (overview(invoices=invoice_list(invoice("open", "49"))), PLACE),
    ):
        assert ":warning: 1 unpaid invoice: $49.00." in text_of(draw(answer, place))


def test_unread_unpaid_invoices_are_reported() -> None:
    card_text = text_of(draw(Features(customer(), NOW, unpaid=TimedOut()), AT_FEATURES))
    assert "Unpaid invoices couldn't be read: Autumn didn't answer in time." in card_text


def test_refunded_invoice_has_the_same_status_everywhere() -> None:
    refunded = invoice("paid", "49", amount_paid=Decimal(49), refunded_amount=Decimal(49))
    assert "*$49.00* · Refunded" in text_of(draw(overview(invoices=invoice_list(refunded)), PLACE))
    assert table(draw(invoices(refunded), AT_INVOICES))[1][5] == "Refunded"


def test_status_without_invoices_is_named() -> None:
    assert "No draft invoices." in text_of(draw(invoices(), AT_INVOICES.at(status="draft")))
    assert "No odd invoices." in text_of(draw(invoices(), AT_INVOICES.at(status="odd")))


def test_lines_of_the_next_invoice_show_their_discounts() -> None:
    discounts = [
        LineDiscount(percent_off=Decimal(10), reward_name="Ten"),
        LineDiscount(amount_off=Decimal(5)),
        LineDiscount(),
    ]
    line = PreviewLine(display_name="Seats", total=Decimal(8), discounts=discounts)
    many = preview(line_items=[line] * 12)
    card_text = text_of(draw(invoices(billing=Billing(discounts=(), upcoming=(many,))), AT_INVOICES))
    assert "• Seats · *$8.00* · 10% off (Ten) · $5.00 off" in card_text
    assert "_and 4 more_" in card_text
