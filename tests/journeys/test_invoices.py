"""What a customer paid, owes, and will pay next."""

import pytest

from tests.journeys.steps import ask, in_order, press
from tests.stage import Stage


async def test_the_next_invoice_and_those_before(maple: Stage) -> None:
    shown = await ask(maple, "/autumn invoices cus_tyrell", "8 invoices")
    in_order(
        shown,
        "Next invoice: ¥31,530 on ",
        "• Team - Base Price",
        "¥29,000\n• Team - 2,300 Messages over what is included · ¥2,530",
        "Date (UTC) | Products | Total | Paid | Refunded | Status | Link",
        "¥2,200 | ¥0 | – | ⚠️ Open | View",
        "| Team | ¥30,894 | ¥30,894 | – | Paid | View",
    )


async def test_every_state_of_an_invoice(maple: Stage) -> None:
    shown = await ask(maple, "/autumn invoices cus_books", "10 invoices")
    in_order(
        shown,
        "| $49.00 | $0.00 | – | Draft | –",
        "| $61.35 | $0.00 | – | ⚠️ Open | View",
        "| $49.00 | $49.00 | $49.00 | Paid | View",
        "| $57.20 | $57.20 | $8.20 | Paid | View",
        "| Void |",
        "| ⚠️ Uncollectible |",
        "| $31.90 credit | $0.00 | – | Paid |",
        "| $0.00 | $0.00 | – | Paid |",
        "| $10,250.75 | $10,250.75 | – | Paid |",
        "| No status |",
    )


@pytest.mark.parametrize(
    ("label", "title"),
    [
        ("Open", "1 open invoice"),
        ("Paid", "5 paid invoices"),
        ("Draft", "1 draft invoice"),
        ("Void", "1 void invoice"),
        ("Uncollectible", "1 uncollectible invoice"),
    ],
)
async def test_filtered_by_status(maple: Stage, label: str, title: str) -> None:
    await ask(maple, "/autumn invoices cus_books", "10 invoices")
    await press(maple, label, f"\n{title}\n")
    await press(maple, "All", "10 invoices")


async def test_no_invoices_of_a_status(maple: Stage) -> None:
    await ask(maple, "/autumn invoices cus_acme", "11 invoices")
    await press(maple, "Void", "No void invoices.")


async def test_pages_say_how_many_are_left(maple: Stage) -> None:
    shown = await ask(maple, "/autumn invoices cus_busy", "120 invoices")
    assert "Page 1 of 12 · 110 left" in shown
    await press(maple, "Next", "Page 2 of 12 · 100 left")
    await press(maple, "Previous", "Page 1 of 12 · 110 left")


async def test_a_credit_in_euros(maple: Stage) -> None:
    in_order(await ask(maple, "/autumn invoices cus_soylent", "12 invoices"), "€45.00", "| €22.50 credit |")


async def test_a_discount_is_named_where_it_is_taken_off(maple: Stage) -> None:
    shown = await ask(maple, "/autumn invoices cus_acme", "11 invoices")
    in_order(shown, "Next invoice: $179.10", "$179.10 · 10% off (10% off, always)", "Next invoice: $89.10")


@pytest.mark.parametrize(
    ("customer", "line"),
    [
        ("cus_wonka", "No next invoice: this customer is not in Stripe."),
        ("cus_initech", "No next invoice is coming."),
        ("cus_empty", "No invoices yet."),
    ],
)
async def test_nothing_to_show_is_said(maple: Stage, customer: str, line: str) -> None:
    await ask(maple, f"/autumn invoices {customer}", line)
