"""A customer's features: how much is left of each, and how it was used."""

import re

from bot.kit import times
from bot.lookups.feature import words as feature_words
from tests.journeys.steps import assert_in_order, click_and_see, command_and_see, line_with
from tests.running import Running

BALANCES: list[tuple[str, tuple[str, ...]]] = [
    (
        "cus_acme",
        (
            "Seats\n▰▰▰▰▰▰▰▰▱▱ 24 of 30 used · 80% · from 2 sources",
            "Messages\n▰▰▰▰▰▰▰▱▱▱ 31,240 of 50,000 used · 62%",
            "AI Credits\n▰▰▰▰▰▱▱▱▱▱ 3,070 of 6,200 used · 49% · resets ",
            "API Calls\n▱▱▱▱▱▱▱▱▱▱ 184,220 used · unlimited",
            "Also included: Audit Log, Custom Domain, Priority Support, Single Sign-On",
        ),
    ),
    ("cus_northwind", ("Messages\n▰▰▰▰▰▰▰▰▰▰ 13,460 of 10,000 used · 134% · 3,460 over",)),
    (
        "cus_oscorp",
        ("Seats\n▰▰▰▰▰▰▰▰▰▰ 8 of 5 used · 160% · 3 over, billed", "Storage (GB)\n▰▰▰▰▰▰▰▰▰▰ 131 of 100"),
    ),
    ("cus_gekko", ("Messages\n▱▱▱▱▱▱▱▱▱▱ -500 of 2,000 used · 0% · 2,500 left",)),
    ("cus_globex", ("Messages\n▰▰▰▱▱▱▱▱▱▱ 12,000 of 50,000 used · 24%",)),
    ("cus_cyberdyne", ("AI Credits\n▰▰▰▰▰▰▱▱▱▱ 4,992.5 of 8,400 used · 59%",)),
    ("cus_empty", ("This customer has no features",)),
]


async def test_every_kind_of_balance(maple: Running) -> None:
    for customer, lines in BALANCES:
        screen = await command_and_see(maple, f"/autumn features {customer}", f"SANDBOX · {customer}")
        assert_in_order(screen, "● Features", *lines)


async def test_many_features_are_paged_and_one_is_found_by_typing(maple: Running) -> None:
    screen = await command_and_see(maple, "/autumn features cus_many", "Page 1 of 7")
    assert "Page 1 of 7 · 56 left" in screen
    features = set(re.findall(r"^(.+)\n[▰▱]", screen, re.MULTILINE))
    for page in range(2, 8):
        screen = await click_and_see(maple, "Next", f"Page {page} of 7")
        features |= set(re.findall(r"^(.+)\n[▰▱]", screen, re.MULTILINE))
    assert len(features) == 66
    assert "last page" in screen
    offered = await maple.ana.type_ahead("Pick a feature", "transl")
    assert offered
    assert all("Translations" in label for label in offered)
    await maple.ana.choose("Pick a feature", "APAC Translations")
    screen = await maple.ana.sees(feature_words.ROWS.strip("*"))
    assert_in_order(screen, "APAC Translations\n▰", "525 of 1,000 used · 52%")
    await click_and_see(maple, "All features", "Page 1 of 7")


async def test_feature_opens_with_rows_and_a_chart_of_every_span(maple: Running) -> None:
    await command_and_see(maple, "/autumn features cus_acme", "AI Credits")
    screen = await click_and_see(maple, "Open", feature_words.ROWS.strip("*"), within="Messages")
    assert_in_order(
        screen,
        "Messages\n▰▰▰▰▰▰▰▰▰▰▰▰▰▱▱▱▱▱▱▱",
        "Source | Included | Used | Remaining | Resets | Price",
        "Team | 50,000 | 31,240 | 18,760 | per month | $0.80 per 100, billed by use",
        "Usage, this billing cycle: 31,240 in ",
        "At this pace ",
        "Messages, this billing cycle (line chart)",
        "Used, then this pace: ",
        "Allowance: ",
        "Times on the chart are UTC.",
        "[24 hours] [7 days] [30 days] [90 days] [● Billing cycle]",
    )
    forecast = re.search(r"At this pace .*?([\d,]+) of 50,000 by the reset on", screen)
    assert forecast
    used = _amounts(line_with(screen, "Used, then this pace: "))
    assert used == sorted(used)
    assert used[-1] == int(forecast[1].replace(",", ""))
    assert used[-1] >= 31_240
    assert set(_amounts(line_with(screen, "Allowance: "))) == {50_000}
    for label, title in (
        ("24 hours", "last 24 hours"),
        ("7 days", "last 7 days"),
        ("90 days", "last 90 days"),
        ("30 days", "last 30 days"),
    ):
        screen = await click_and_see(maple, label, f"Messages, {title} (bar chart)")
        points = line_with(screen, "Used: ").removeprefix("Used: ").split(", ")
        assert 1 <= len(points) <= 20
        total = sum(int(point.rpartition(" ")[2]) for point in points)
        assert f"Usage, {title}: {total:,} in" in screen
    screen = await click_and_see(maple, "Billing cycle", "this billing cycle (line")
    assert "Usage, this billing cycle: 31,240" in screen


def _amounts(series: str) -> list[int]:
    return [int(amount) for amount in re.findall(r" (\d+)(?:,|$)", series)]


async def test_stacked_rows_name_their_sources(maple: Running) -> None:
    await command_and_see(maple, "/autumn features cus_vandelay", "from 5 sources")
    screen = await click_and_see(maple, "Open", feature_words.ROWS.strip("*"), within="Messages")
    sources = (await maple.bot.autumn.customer("cus_vandelay")).balances["messages"].breakdown
    (expires_at,) = {source.expires_at for source in sources if source.expires_at}
    assert_in_order(
        screen,
        "Source | Included | Used | Remaining | Resets | Expires",
        "Starter | 2,000 | 2,000 | 0 | per month | –",
        f"Standalone grant | 300 | 150 | 150 | never | {times.billing_day(expires_at)}",
        "Message Pack | 5,000 | 0 | 5,000 | never | –",
    )


async def test_rollovers_and_features_that_spend_credits(maple: Running) -> None:
    await command_and_see(maple, "/autumn features cus_cyberdyne", "AI Credits")
    await click_and_see(maple, "Open", "Rolled over", within="AI Credits")
    screen = await click_and_see(maple, "30 days", "last 30 days")
    assert_in_order(
        screen,
        "Spent by other features: Tokens (0.01 each), Images (5 each).",
        "Rolled over\n• 0 of 2,500 left, until ",
        "Usage, last 30 days: ",
        "Spent by\n• Tokens: ",
        "• Images: ",
        "(bar chart)\nTokens: ",
        "\nImages: ",
    )


async def test_rows_and_the_entities_share_add_up_to_the_total(maple: Running) -> None:
    await command_and_see(maple, "/autumn features cus_piedpiper", "Messages")
    screen = await click_and_see(maple, "Open", feature_words.ROWS.strip("*"), within="Messages")
    total_line = re.search(r"([\d,]+) of ([\d,]+) used · \d+%(?: · ([\d,]+) left)?", screen)
    assert total_line
    assert "Held by entities | " in screen
    rows = [line.split(" | ") for line in screen.splitlines() if line.count(" | ") >= 4]
    labels, sources = rows[0], rows[1:]
    for label, total in (("Used", total_line[1]), ("Included", total_line[2])):
        column = labels.index(label)
        assert sum(int(row[column].replace(",", "")) for row in sources) == int(total.replace(",", ""))


async def test_unused_feature_has_no_chart(maple: Running) -> None:
    await command_and_see(maple, "/autumn features cus_northwind", "Storage (GB)")
    screen = await click_and_see(maple, "Open", "Usage, this billing cycle: none.", within="Storage (GB)")
    assert "bar chart" not in screen
