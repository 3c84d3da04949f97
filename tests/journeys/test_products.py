"""A customer's current, past and one-time products."""

from bot.lookups import labels
from tests.journeys.steps import assert_in_order, click_and_see, command_and_see
from tests.running import Running


async def test_expired_products_are_shown_on_request(maple: Running) -> None:
    screen = await command_and_see(maple, "/autumn products cus_wayne", "Free · Active")
    assert "Expired" not in screen
    screen = await click_and_see(maple, "Show expired", "Team · Expired")
    assert_in_order(
        screen, "Free · Active", "Team · Expired\nStarted", "Ended", "Pro · Expired", "Starter · Expired"
    )
    await maple.ana.click("Hide expired")
    await maple.ana.sees("[Show expired]")
    maple.ana.does_not_see("Team · Expired")
    await command_and_see(maple, "/autumn products cus_northwind", "Pro · Active")
    await click_and_see(maple, "Show expired", "No products have expired.")


async def test_one_time_purchases_and_products_of_entities_are_marked(maple: Running) -> None:
    screen = await command_and_see(maple, "/autumn products cus_wonka", labels.ONE_OFF)
    assert_in_order(
        screen,
        "Message Pack · One-time purchase · $15 one off · × 2\nStarted",
        "Includes 5,000 messages",
        "Guided Onboarding · One-time purchase · $500 one off",
    )
    screen = await command_and_see(maple, "/autumn products cus_piedpiper", "Pro · Active")
    assert "Held by entities" in screen
    assert "entities" not in screen.split("Starter · Active")[0]
    assert "× " not in screen, "how many entities hold a plan cannot be known"


PRODUCTS: list[tuple[str, tuple[str, ...]]] = [
    (
        "cus_acme",
        (
            "Team · Active · $199 per month",
            "Started ",
            "Period ",
            "Next billing ",
            "Includes 5,000 credits per month, Unlimited API calls, Audit Log",
            "50,000 messages per month (then $0.80 per 100 messages)",
            "Support Plus · Active · $99 per month · Add-on",
            "Extra Seats · Active · $10.00 each · Add-on",
        ),
    ),
    ("cus_globex", ("Team · Past due · $199 per month",)),
    ("cus_umbrella", ("Pro · Trial · $49 per month", "Trial ends ")),
    (
        "cus_initech",
        ("Pro · Cancels · $49 per month", "Ends ", ", then Free", "Free · Scheduled", "Starts "),
    ),
    (
        "cus_hooli",
        ("Starter → Team on ", "Starter · Changes", "→ Team on", "$199 per month", "Team · Scheduled"),
    ),
    ("cus_yearly", ("Pro (yearly) · Active · €", "per year")),
    ("cus_tyrell", ("Team · Active · ¥29,000 per month", "(then ¥110 per 100)")),
    ("cus_empty", ("This customer has no products.",)),
]


async def test_products_are_shown_with_status_dates_and_contents(maple: Running) -> None:
    for customer, lines in PRODUCTS:
        screen = await command_and_see(maple, f"/autumn products {customer}", f"SANDBOX · {customer}")
        assert_in_order(screen, *lines, "[Show expired]")


async def test_scheduled_change_is_shown_on_every_card(maple: Running) -> None:
    screen = await command_and_see(maple, "/autumn cus_hooli", "Read today at")
    assert_in_order(
        screen,
        ":warning: Starter → Team on ",
        ", $199 per month.",
        "Starter $19 per month · Next invoice: when Team starts on ",
    )
    assert "cancel" not in screen.lower()
