"""What a customer paid, owes, and will pay next."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.lookups.overview import words as overview_words
from tests.journeys.changing import change_in_autumn
from tests.journeys.steps import assert_in_order, click_and_see, command_and_see
from tests.running import Running

SHOWN: dict[str, tuple[str, ...]] = {
    "cus_tyrell": (
        "Next invoice: ¥31,530 on ",
        "• Team - Base Price",
        "¥29,000\n• Team - 52,300 messages (from ",
        " · ¥2,530",
        "8 invoices",
        "Date | Products | Total | Paid | Refunded | Status | Link",
        "¥2,200 | ¥0 | – | ⚠️ Open | View",
        "| Team | ¥30,894 | ¥30,894 | – | Paid | View",
    ),
    "cus_books": (
        "10 invoices",
        "| $49.00 | $0.00 | – | Draft | –",
        "| $61.35 | $0.00 | – | ⚠️ Open | View",
        "| $49.00 | $49.00 | $49.00 | Refunded | View",
        "| $57.20 | $57.20 | $8.20 | Partly refunded | View",
        "| Void |",
        "| ⚠️ Uncollectible |",
        "| $31.90 credit | $0.00 | – | Paid |",
        "| $0.00 | $0.00 | – | Paid |",
        "| $10,250.75 | $10,250.75 | – | Paid |",
        "| No status |",
    ),
    # A discount is named where it is deducted.
    "cus_acme": (
        "Next invoice: $179.10",
        "$179.10 · 10% off (10% off, always)",
        "Next invoice: $89.10",
        "11 invoices",
    ),
    "cus_soylent": ("€45.00", "12 invoices", "| €22.50 credit |"),
    "cus_wonka": ("No next invoice: this customer is not in Stripe.",),
    "cus_initech": ("No next invoice.",),
    "cus_empty": ("No invoices yet.",),
}


async def test_next_invoice_and_earlier_ones_with_their_status(maple: Running) -> None:
    for customer, lines in SHOWN.items():
        assert_in_order(
            await command_and_see(maple, f"/autumn invoices {customer}", f"SANDBOX · {customer}"), *lines
        )


async def test_invoices_are_filtered_by_status(maple: Running) -> None:
    await command_and_see(maple, "/autumn invoices cus_books", "10 invoices")
    for label, title in (
        ("Open", "1 open invoice"),
        ("Paid", "5 paid invoices"),
        ("Draft", "1 draft invoice"),
        ("Void", "1 void invoice"),
        ("Uncollectible", "1 uncollectible invoice"),
        ("All", "10 invoices"),
    ):
        await click_and_see(maple, label, f"\n{title}\n")
    await command_and_see(maple, "/autumn invoices cus_acme", "11 invoices")
    await click_and_see(maple, "Void", "No void invoices.")


async def test_pages_say_how_many_are_left(maple: Running) -> None:
    screen = await command_and_see(maple, "/autumn invoices cus_busy", "120 invoices")
    assert "Page 1 of 12 · 110 left" in screen
    await click_and_see(maple, "Next", "Page 2 of 12 · 100 left")
    await click_and_see(maple, "Previous", "Page 1 of 12 · 110 left")


async def insert_invoices(maple: Running, *invoices: dict[str, Any]) -> None:
    """Inserts invoices for a customer without any, each a day older than the one before."""
    now = datetime.now(UTC)
    invoices_of_a_customer = [
        {
            "customer_id": "cus_empty",
            "stripe_id": f"in_{age}",
            "total": 10,
            "created_at": round((now - timedelta(days=age)).timestamp() * 1000),
            **invoice,
        }
        for age, invoice in enumerate(invoices)
    ]
    await change_in_autumn(maple, "invoices.insert", invoices=invoices_of_a_customer)


async def assert_warned_everywhere(maple: Running, warning: str) -> None:
    """The overview, the list, another part and the deletion form agree on what is unpaid."""
    for line, sees in (
        ("/autumn cus_empty", "● Overview"),
        ("/autumn invoices cus_empty", "Date | Products"),
        ("/autumn products cus_empty", "no products"),
    ):
        assert f":warning: {warning}" in await command_and_see(maple, line, sees)
    assert f"• {warning}" in await command_and_see(maple, "/autumn delete cus_empty", "What the customer has")


async def test_old_unpaid_invoice_is_shown(maple: Running) -> None:
    await insert_invoices(
        maple, *[{"status": "paid"}] * 14, {"status": "open", "total": 1299.5, "currency": "rsd"}
    )
    await assert_warned_everywhere(maple, "1 unpaid invoice: RSD 1,299.50.")


async def test_many_unpaid_invoices_are_all_counted(maple: Running) -> None:
    await insert_invoices(maple, *[{"status": "open"}] * 130)
    await command_and_see(
        maple, "/autumn cus_empty", overview_words.more_invoices(127, more=False).strip("_")
    )
    await assert_warned_everywhere(maple, "130 unpaid invoices: $1,300.00.")


async def test_paid_part_of_an_invoice_is_not_owed(maple: Running) -> None:
    await insert_invoices(
        maple,
        {"status": "open", "total": 200, "amount_paid": 150},
        {"status": "uncollectible", "total": 7, "currency": "eur"},
    )
    await assert_warned_everywhere(maple, "2 unpaid invoices: $50.00 and €7.00.")
    screen = await command_and_see(maple, "/autumn cus_empty", "● Overview")
    assert "$200.00 · paid $150.00 · $50.00 due · :warning: Partly paid" in screen


async def test_refunded_invoice_is_refunded_everywhere(maple: Running) -> None:
    await insert_invoices(maple, {"status": "paid", "total": 49, "amount_paid": 49, "refunded_amount": 49})
    assert "$49.00 · Refunded" in await command_and_see(maple, "/autumn cus_empty", "● Overview")
    assert "| $49.00 | Refunded |" in await command_and_see(
        maple, "/autumn invoices cus_empty", "Date | Products"
    )


async def test_small_amounts_in_dinars_are_not_rounded_away(maple: Running) -> None:
    await insert_invoices(maple, *[{"status": "open", "total": 0.4, "currency": "rsd"}] * 4)
    assert ":warning: 4 unpaid invoices: RSD 1.60." in await command_and_see(
        maple, "/autumn cus_empty", "● Overview"
    )
