"""What a digest shows, in its channel and to one person."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.digests import card as digests_card
from bot.digests import sections, words
from bot.digests import tables as digests_tables
from bot.digests.items import ReportItem, ResetState
from bot.digests.model import DigestContent, Schedule
from bot.digests.report.model import PREVIEWS, CurrencyTotal, News, Report, RowQuery
from bot.kit import layout
from bot.kit.card import Card
from tests.digests.samples import BERLIN, ORG, READ, START, digest, group, item, items, part, report
from tests.kit import checks


def card(content: Report, **changes: Any) -> Card:
    """The message in the channel."""
    message = digests_card.digest_card(content, **{"digest": digest(), "org": ORG, **changes})
    checks.fits(message)
    return message


def details(content: Report, query: RowQuery = BERLIN) -> Card:
    """The message in its thread."""
    full_query = query.at(sections=query.sections or sections.all_keys())
    message = digests_card.details_card(content, full_query, ORG)
    checks.fits(message)
    return message


def text_of(message: Card) -> str:
    return checks.read(message.blocks)


def select(message: Card) -> list[tuple[str, str]]:
    """The options of the select, as labels and values."""
    return [
        (option["text"]["text"], option["value"])
        for element in checks.elements(message.blocks)
        if element["type"] == "static_select"
        for option in element["options"]
    ]


def test_card_says_window_schedule_and_reading_time() -> None:
    text = text_of(card(report(part())))
    assert text.startswith("Coming up in the next 7 days")
    assert "`SANDBOX`" in text
    assert words.window("Nov 23, 2026", "Nov 30, 2026") in text
    assert "Read {date_short_pretty} at {time}|Read 2026-11-23 08:00 UTC>" in text
    assert "Acme Inc · Weekdays at 09:00 Europe/Berlin · change it with `/autumn digest`" in text
    in_thread = text_of(details(report(part())))
    assert words.BILLING_DAYS in in_thread


def test_single_day_is_called_24_hours() -> None:
    content = report(end=READ + timedelta(days=1))
    assert "Coming up in the next 24 hours" in text_of(
        card(content, digest=digest(content=DigestContent(days=1)))
    )


@pytest.mark.parametrize(
    ("days", "ahead", "words"),
    [
        (1, timedelta(hours=24, minutes=5), "the next 24 hours"),
        (1, timedelta(hours=25), "the next 25 hours"),
        (1, timedelta(days=3), "the next 3 days"),
        (7, timedelta(days=7, hours=1), "the next 7 days"),
        (2, timedelta(days=7), "the next 7 days"),
    ],
)
def test_title_says_how_far_it_looks(days: int, ahead: timedelta, words: str) -> None:
    content = report(end=READ + ahead, start=READ)
    text = text_of(card(content, digest=digest(content=DigestContent(days=days))))
    assert f"Coming up in {words}" in text
    assert f"for {words}: " in text
    assert "which the last digest didn't cover" not in text


def test_past_rows_are_in_the_past_tense() -> None:
    past: dict[str, Any] = {"at": READ - timedelta(hours=3)}
    passed = {"details": {"feature_name": "Messages", "passed": True}}
    content = report(
        part(items=(item(**past),)),
        part("trials", items=(item("trials", **past),), totals=()),
        part("resets", items=(item("resets", amount=None, **past, **passed),), totals=()),
        start=READ - timedelta(hours=4),
    )
    message = details(content)
    assert "Includes what was due since <!date" in text_of(card(content))
    assert "which the last digest didn't cover" in text_of(card(content))
    plain = checks.read(message.plain)
    for sentence in ("was due Nov 23, 2026", "ended Nov 23, 2026", "was reset Nov 23, 2026"):
        assert sentence in plain


def test_overdue_resets_are_due_since_their_day() -> None:
    overdue = item("resets", at=READ - timedelta(days=20), amount=None, feature="messages")
    message = details(report(part("resets", items=(overdue,), totals=())))
    table = next(block for block in message.blocks if block["type"] == "data_table")
    assert table["rows"][1][2]["text"] == "due since Nov 3, 2026"
    assert "· messages · due since Nov 3, 2026" in checks.read(message.plain)


def test_groups_of_past_resets_say_so() -> None:
    overdue = group(day=date(2026, 11, 3), state=ResetState.OVERDUE)
    passed = group(day=date(2026, 11, 22), state=ResetState.PASSED)
    message = details(report(part("resets", count=30, totals=(), groups=(overdue, passed))))
    table = next(block for block in message.blocks if block["type"] == "data_table")
    whens = [cells[1]["text"] for cells in table["rows"][1:]]
    assert whens == ["due since Nov 3, 2026 or later", "was reset Nov 22, 2026"]
    for when in whens:
        assert f"• *Messages* · {when} · 1,200 customers" in checks.read(message.plain)


def test_upcoming_invoices_have_customer_products_day_and_amount() -> None:
    section = part(
        items=(
            item(amount=Decimal("1200.5"), at=datetime(2026, 11, 24, 23, 30, tzinfo=UTC)),
            item(customer_id="cus_2", customer="Initech", details={"estimate": True}, plans=("a", "b")),
            item(customer_id="cus_3", customer="Hooli", amount=None, at=None, plans=()),
            item(customer_id="cus_4", customer="Pied", amount=None, details={"estimate": True}),
        ),
        count=4,
    )
    message = details(report(section, estimates=1))
    table = next(block for block in message.blocks if block["type"] == "data_table")
    rows = [[cell.get("text") for cell in row] for row in table["rows"]]
    assert rows == [
        ["Customer", "Products", "When", "Amount"],
        ["Globex", "Pro", "Nov 24, 2026", "$1,200.50"],
        ["Initech", "a, b", "Nov 25, 2026", "≈ $29.00"],
        ["Hooli", "–", "date unknown", "not known"],
        ["Pied", "pro", "Nov 25, 2026", "billed by use"],
    ]
    assert table["rows"][1][3]["value"] == 1200.5
    undated = report(part(count=4, undated=1))
    for drawn in (card(undated), details(undated)):
        assert "· 1 of them with an unknown date" in text_of(drawn)
    plain = checks.read(message.plain)
    assert "• *Globex* · Pro · Nov 24, 2026 · $1,200.50" in plain
    assert "• *Initech* · a, b · Nov 25, 2026 · ≈ $29.00" in plain
    assert "• *Hooli* · date unknown · not known" in plain
    assert "before tax" in plain
    assert "1 amount marked ≈ is an estimate: the base price only, because Autumn gave no preview." in plain


def test_totals_by_currency_show_the_change_since_the_last_digest() -> None:
    totals = (
        CurrencyTotal("usd", Decimal(1200), 40, Decimal(1080)),
        CurrencyTotal("eur", Decimal(300), 2, Decimal("320.5")),
        CurrencyTotal("jpy", Decimal(500), 1, Decimal(500)),
        CurrencyTotal("gbp", Decimal(5), 1),
        CurrencyTotal("bhd", Decimal(1), 1),
    )
    message = details(report(part(count=45, totals=totals, items=items(10), count_before=40)))
    text = text_of(message)
    assert "*Upcoming invoices* · 45 invoices" in text
    assert "Total *$1,200.00* · 40 invoices · +$120.00 since the last digest" in text
    assert "Total *€300.00* · 2 invoices · −€20.50 since the last digest" in text
    assert "Total *¥500* · 1 invoice · same as in the last digest" in text
    assert "Total *£5.00* · 1 invoice\n_and 1 more_" in text
    assert "_and 35 more_" in text
    assert "Total *$29.00*\n" in text_of(details(report(part()))) + "\n"


def test_amounts_in_an_unknown_currency_name_none() -> None:
    text = text_of(details(report(part(totals=(CurrencyTotal("", Decimal(1234), 1),)))))
    assert "Total *1,234.00 at list prices, currency unknown*" in text


def test_unpaid_invoices_have_an_age_and_a_link() -> None:
    url = "https://api.useautumn.com/i/1"
    section = part(
        "unpaid",
        items=(
            item("unpaid", at=READ - timedelta(days=12), details={"status": "open", "url": url}),
            item("unpaid", at=READ, details={"status": "odd"}, customer_id="cus_2"),
            item("unpaid", at=None, details={}, amount=None, customer_id="cus_3"),
            item("unpaid", at=READ - timedelta(days=1), details={}, customer_id="cus_4"),
        ),
    )
    message = details(report(section))
    text = text_of(message)
    for cell in ("12 days", "Nov 11, 2026", "Open", "odd", "today", "1 day"):
        assert cell in text.split("\n")
    plain = checks.read(message.plain)
    assert f"• *Globex* · *$29.00* · 12 days old · Open · <{url}|View invoice>" in plain
    assert "• *Globex* · *$29.00* · today · odd" in plain
    assert "• *Globex* · *not known*\n" in plain
    assert "before tax" not in plain


def test_past_due_subscriptions_and_ending_trials() -> None:
    late = part("past_due", totals=(), count=1, count_before=3, items=(item("past_due", at=None),))
    since = part("past_due", totals=(), items=(item("past_due"),), count_before=0)
    trial = part(
        "trials",
        totals=(),
        count_before=1,
        items=(item("trials"), item("trials", at=None, customer_id="cus_2")),
    )
    text = checks.read(details(report(late, trial)).plain)
    assert "*Past due* · 1 subscription · −2 since the last digest" in text
    assert "• *Globex* · Pro\n" in text
    assert "*Trials ending* · 1 trial · same as in the last digest" in text
    assert "• *Globex* · Pro · ends Nov 25, 2026" in text
    assert "· +1 since the last digest" in text_of(details(report(since)))
    assert "• *Globex* · Pro · since Nov 25, 2026" in checks.read(details(report(since)).plain)


def test_few_resets_are_listed_individually() -> None:
    details_of: list[dict[str, Any]] = [
        {"feature_name": "Messages", "remaining": "1500", "granted": "10000"},
        {"remaining": "5"},
        {"unlimited": True},
        {"remaining": "odd"},
        {"remaining": "NaN"},
    ]
    reset_items = tuple(
        item("resets", feature="messages", details=detail, customer_id=f"cus_{index}", amount=None)
        for index, detail in enumerate(details_of)
    )
    message = details(report(part("resets", totals=(), count=5, items=reset_items)))
    table = next(block for block in message.blocks if block["type"] == "data_table")
    assert [row[3]["text"] for row in table["rows"]] == [
        "Left",
        "1,500 of 10,000",
        "5",
        "Unlimited",
        "–",
        "–",
    ]
    plain = checks.read(message.plain)
    assert "· Messages · resets Nov 25, 2026 · 1,500 of 10,000 left" in plain
    assert "Nov 25, 2026 · unlimited" in plain
    nowhen = part("resets", totals=(), items=(item("resets", at=None, feature="seats"),))
    assert "• *Globex* · seats\n" in checks.read(details(report(nowhen)).plain)


def test_many_resets_are_grouped() -> None:
    groups = (group(), group(name="", feature="seats", remaining=None, customers=1), *([group()] * 10))
    message = details(report(part("resets", count=1300, totals=(), groups=groups)))
    text = text_of(message)
    assert "*Resets* · 1,300 resets" in text
    table = next(block for block in message.blocks if block["type"] == "data_table")
    assert [cell["text"] for cell in table["rows"][1]] == ["Messages", "Nov 24, 2026", "1,200", "50,000"]
    assert [cell["text"] for cell in table["rows"][2]] == ["seats", "Nov 24, 2026", "1", "–"]
    assert "• *Messages* · resets Nov 24, 2026 · 1,200 customers · 50,000 left" in checks.read(message.plain)
    assert "• *seats* · resets Nov 24, 2026 · 1 customer\n" in checks.read(message.plain)
    assert "_and 2 more_" in text
    assert select(message) == [], "the customers are not shown"
    assert RowQuery.decode(checks.buttons(message)["See all"]).section == "resets"


def test_more_than_ten_rows_offer_see_all() -> None:
    content = report(part(count=30, items=items(10)), part("unpaid", items=items(3, "unpaid"), count=3))
    query = BERLIN.at(minimum=Decimal(5), sections=("invoices", "unpaid"))
    message = details(content, query)
    buttons = checks.buttons(message)
    assert RowQuery.decode(buttons["See all"]) == query.at(section="invoices")
    assert RowQuery.decode(buttons["Download CSV"]).sections == ("invoices", "unpaid")
    heads = [block for block in message.blocks if "accessory" in block]
    assert len(heads) == 1, "three rows are all there are"


def test_query_too_long_for_slack_has_no_buttons() -> None:
    query = BERLIN.model_copy(update={"plans": tuple(f"{index}" * 75 for index in range(30))})
    message = details(report(part(count=30, items=(item(customer_id=None),) * 10)), query)
    assert checks.buttons(message) == {}
    assert [block for block in message.blocks if block["type"] == "actions"] == []


def test_listed_customers_can_be_opened() -> None:
    section = part(
        items=(
            item(),
            item(),
            item(customer_id="cus_2"),
            item(customer_id="cus_3", customer="Initech"),
            item(customer_id="cus_4", customer=""),
            item(customer_id=None),
            item(customer_id="c" * 76),
        ),
        count=7,
    )
    assert select(details(report(section))) == [
        ("Globex · cus_1", "cus_1"),
        ("Globex · cus_2", "cus_2"),
        ("Initech", "cus_3"),
        ("cus_4", "cus_4"),
    ]


def test_chart_of_each_day_for_two_currencies() -> None:
    daily = {
        "usd": [(date(2026, 11, day), Decimal(amount)) for day, amount in ((24, 1500), (28, 20), (29, 5))],
        "xyz": [(date(2026, 11, day), Decimal(0)) for day in (24, 25, 26)],
        "": [(date(2026, 11, day), Decimal(3)) for day in (24, 25, 26)],
        "eur": [(date(2026, 11, day), Decimal(5)) for day in (24, 25, 26)],
    }
    message = details(report(part(), daily=daily))
    drawn = [block for block in message.blocks if block["type"] == "data_visualization"]
    assert [chart_block["title"] for chart_block in drawn] == ["Due per day, USD", "Due per day"]
    chart = drawn[0]["chart"]
    assert chart["axis_config"]["categories"] == [
        "Nov 23", "Nov 24", "Nov 25", "Nov 26", "Nov 27", "Nov 28", "Nov 29", "Nov 30",
    ]  # fmt: skip
    assert [chart_block["value"] for chart_block in chart["series"][0]["data"]] == [
        0,
        1500,
        0,
        0,
        0,
        20,
        5,
        0,
    ]
    assert chart["series"][0]["name"] == "USD"
    assert drawn[1]["chart"]["series"][0]["name"] == "Amount"
    plain = checks.read(message.plain)
    assert "*Due per day, USD*\n```\nNov 23 ▱▱▱▱▱▱▱▱▱▱▱▱ 0\nNov 24 ▰▰▰▰▰▰▰▰▰▰▰▰ 1.5K" in plain


def test_many_days_share_bars() -> None:
    daily = {"usd": [(date(2026, 11, 23) + timedelta(days=day), Decimal(1)) for day in range(31)]}
    message = details(report(part(), daily=daily, end=START + timedelta(days=31)))
    (drawn,) = [block for block in message.blocks if block["type"] == "data_visualization"]
    labels = drawn["chart"]["axis_config"]["categories"]
    assert len(labels) == 16
    assert (labels[0], labels[4]) == ("Nov 23–Nov 24", "Dec 1–Dec 2")
    assert [day["value"] for day in drawn["chart"]["series"][0]["data"]] == [2] * 15 + [1]


def test_days_years_apart_have_unique_labels() -> None:
    daily = {"usd": [(date(year, 1, 1), Decimal(1)) for year in (2026, 2027, 2028)]}
    message = details(report(part(), daily=daily, end=START + timedelta(days=400)))
    (drawn,) = [block for block in message.blocks if block["type"] == "data_visualization"]
    assert drawn["chart"]["axis_config"]["categories"] == ["1 · Jan 1", "2 · Jan 1", "3 · Jan 1"]


def test_chart_without_invoices_comes_last() -> None:
    daily = {"usd": [(date(2026, 11, day), Decimal(5)) for day in (24, 25, 26)]}
    message = details(report(part("trials"), daily=daily))
    kinds = [block["type"] for block in message.blocks]
    assert kinds.index("data_visualization") > kinds.index("data_table")


def test_empty_digest_says_what_it_checked() -> None:
    text = text_of(card(report()))
    assert (
        "Nothing to report for the next 7 days: no upcoming invoices, no unpaid invoices, "
        "no subscriptions past due, no trials ending and nobody running out."
    ) in text
    assert checks.buttons(card(report())) == {}
    content = DigestContent(sections=frozenset({"unpaid"}), days=30)
    assert "for the next 30 days: no unpaid invoices." in text_of(
        card(report(), digest=digest(content=content))
    )


def test_missing_data_is_mentioned() -> None:
    missing = ("previews", "customers", "unpaid", "odd", "odder")
    text = text_of(card(report(part(), missing=missing)))
    assert f":warning: {words.MISSING[PREVIEWS]}" in text
    assert "estimates stand in for them" in text
    assert ":warning: Some customers couldn't be read, so any section may lack rows." in text
    assert ":warning: Unpaid invoices couldn't be read" in text
    assert text.count("may be incomplete") == 1
    text = text_of(card(report(missing=("odd",))))
    assert "There is nothing else to report." in text
    assert "Nothing to report" not in text


def test_late_digest_and_skipped_days_are_mentioned() -> None:
    days = [date(2026, 11, 18), date(2026, 11, 19)]
    text = text_of(card(report(part()), late=READ - timedelta(hours=3), skipped=days))
    assert "This was due <!date^" in text
    assert "Skipped since the last digest: Wed Nov 18 and Thu Nov 19." in text
    many = [date(2026, 11, 2) + timedelta(days=day) for day in range(7)]
    assert "Fri Nov 6 _and 2 more_." in text_of(card(report(part()), skipped=many))


def test_upcoming_and_preview_for_one_person() -> None:
    content = DigestContent(days=14)
    message = digests_card.upcoming_card(report(part()), content=content, query_base=BERLIN)
    checks.fits(message)
    text = text_of(message)
    assert "Coming up in the next 14 days" in text
    assert words.PRIVATE in text
    assert "`ENVIRONMENT UNKNOWN`" in text
    preview = digests_card.upcoming_card(report(), content=content, query_base=BERLIN, org=ORG, preview=True)
    checks.fits(preview)
    assert "Preview: coming up in the next 14 days" in text_of(preview)


@pytest.mark.parametrize("zone", ["Pacific/Pitcairn", "Pacific/Tongatapu"])
@pytest.mark.parametrize("hour", [2, 23])
@pytest.mark.parametrize("section", ["invoices", "unpaid", "past_due", "trials", "run_outs", "resets"])
def test_billing_dates_are_the_same_in_every_zone(section: str, hour: int, zone: str) -> None:
    at = datetime(2026, 11, 25, hour, 30, tzinfo=UTC)
    cycle = {"remaining": "20", "granted": "100", "resets_at": int(at.timestamp() * 1000)}
    invoice_section = part(section, totals=(), items=(item(section, at=at, details=cycle),))
    message = details(report(invoice_section), BERLIN.model_copy(update={"zone": zone}))
    table = next(block for block in message.blocks if block["type"] == "data_table")
    days = {cell["text"] for cell in table["rows"][1] if "Nov" in cell.get("text", "")}
    assert days == {"Nov 25, 2026"}
    plain = checks.read(message.plain)
    assert "<!date" not in plain
    assert set(re.findall(r"Nov \d+, 2026", plain)) == (set() if section == "unpaid" else days)


@pytest.mark.parametrize("zone", ["Nowhere/Land", ""])
def test_unknown_zone_falls_back_to_utc(zone: str) -> None:
    query = BERLIN.model_copy(update={"zone": zone})
    message = digests_card.upcoming_card(
        report(part("trials")), content=DigestContent(), query_base=query, org=ORG
    )
    assert words.window("Nov 23, 2026", "Nov 30, 2026") in text_of(message)


def test_times_at_the_ends_of_the_calendar_are_drawn() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    message = details(report(part("trials", items=(item("trials", at=last),))))
    assert "Dec 31, 9999" in text_of(message)


@pytest.mark.parametrize(
    ("days", "days_in_words"),
    [
        (range(5), "Weekdays at"),
        (range(7), "Every day at"),
        ((5, 6), "Weekends at"),
        ((0,), "Mondays at"),
        ((4, 0, 2), "Mon, Wed and Fri at"),
        ((5, 1, 2, 3, 4), "Tue to Sat at"),
        ((2, 3), "Wed and Thu at"),
    ],
)
def test_schedule_in_words(days: Any, days_in_words: str) -> None:
    schedule = Schedule(weekdays=frozenset(days), zone="UTC")
    assert f"{days_in_words} 09:00 UTC" in text_of(card(report(), digest=digest(schedule=schedule)))


def tables(message: Card) -> list[str]:
    return [block["block_id"].partition("@")[0] for block in message.blocks if block["type"] == "data_table"]


def test_only_the_first_section_has_a_table() -> None:
    """Slack accepts one table per message; the other sections are lists with all their rows."""
    content = report(
        *(part(section_key, items=items(10, section_key), count=10) for section_key in sections.all_keys())
    )
    message = details(content)
    assert tables(message) == ["invoices.table"]
    for section in ("unpaid", "past_due", "trials", "resets"):
        (lines,) = [
            section_key
            for section_key in message.blocks
            if section_key["block_id"].startswith(f"{section}.lines")
        ]
        assert lines["text"]["text"].count("Customer ") == 10


def test_table_that_does_not_fit_is_left_to_the_next_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_TABLE_TEXT", 200)
    content = report(part(items=items(10), count=10), part("trials", items=items(1, "trials")))
    assert tables(details(content)) == ["trials.table"]


# The summary in the channel


def test_name_is_in_the_heading() -> None:
    named = digest(content=DigestContent(name="Dunning *now*"))
    heading = next(block for block in card(report(part()), digest=named).blocks if block["type"] == "header")
    assert heading["text"]["text"] == "Dunning *now* · coming up in the next 7 days"


def test_people_are_mentioned_only_when_action_is_needed() -> None:
    mentioning = digest(content=DigestContent(mentions=(checks.SHARER, checks.GROUP)))
    rows = (part("unpaid", count=3), part("past_due", totals=()), part("trials", totals=()))
    text = text_of(card(report(*rows), digest=mentioning))
    assert (
        words.attention(f"<@{checks.SHARER}> <!subteam^{checks.GROUP}>", "unpaid (3) and past due (1)")
        in text
    )
    settled = part("unpaid", count=0, items=(), totals=(), news=News(0, (), 1, items(1, "unpaid")))
    for quiet in (
        card(report(part("trials", totals=())), digest=mentioning),
        card(report(settled), digest=mentioning),
    ):
        assert "please look" not in text_of(quiet)
    assert "please look" not in text_of(card(report(*rows))), "nobody is to be mentioned"


def test_summary_fits_one_screen() -> None:
    """With every section, each with news."""
    parts = [
        part(key, items=items(10, key), count=40, news=News(2, items(2, key), 3, items(3, key)))
        for key in sections.all_keys()
    ]
    lines = digests_card.summary_lines(report(*parts), digests_tables.make_viewpoint("UTC", READ))
    assert len(lines) <= 12
    message = card(report(*parts))
    assert {block["type"] for block in message.blocks} == {"header", "context", "section"}
    assert checks.buttons(message) == {}
    assert words.IN_THREAD in text_of(message)


def test_summary_has_totals_and_the_oldest_row() -> None:
    unpaid_totals = (CurrencyTotal("usd", Decimal(1200), 8), CurrencyTotal("eur", Decimal(300), 1))
    oldest = item("unpaid", at=READ - timedelta(days=43), details={"status": "open"})
    text = text_of(
        card(report(part("unpaid", count=9, totals=unpaid_totals, items=(oldest,), count_before=7)))
    )
    assert (
        "*Unpaid invoices* · 9 invoices · *$1,200.00* · *€300.00* · +2 since the last digest · "
        "oldest: Globex (*$29.00*, 43 days old)"
    ) in text


def test_totals_say_what_is_estimated_and_unknown() -> None:
    totals = (CurrencyTotal("usd", Decimal(1200), 8, estimated=3), CurrencyTotal("eur", Decimal(300), 1))
    content = report(part(count=11, totals=totals, unknown=2))
    assert (
        f"· 11 invoices · *≈ $1,200.00 (3 estimated)* · *€300.00* · {words.unknown(2)} · next: "
    ) in text_of(card(content))
    text = text_of(details(content))
    assert f"· 11 invoices · {words.unknown(2)}\n" in text
    assert "Total *≈ $1,200.00 (3 estimated)* · 8 invoices\n" in text
    assert "Total *€300.00* · 1 invoice\n" in text


def test_summary_announces_only_a_row_that_is_still_to_come() -> None:
    overdue = item("resets", customer="Initech", at=READ - timedelta(days=20), feature="seats")
    coming, undated = item("resets", feature="seats"), item("resets", at=None, feature="seats")

    def summary(*rows: ReportItem) -> str:
        return text_of(card(report(part("resets", items=rows, totals=(), count=len(rows)))))

    assert "· next: Globex (seats, resets Nov 25, 2026)" in summary(overdue, coming)
    for rows in ((overdue,), (overdue, undated)):
        assert f"· {words.EARLIEST}: Initech (seats, due since Nov 3, 2026)" in summary(*rows)


def test_summary_says_what_is_due_tomorrow_in_each_currency() -> None:
    daily = {
        "usd": [(date(2026, 11, 23), Decimal(7)), (date(2026, 11, 24), Decimal(1500))],
        "eur": [(date(2026, 11, 24), Decimal(5))],
        "jpy": [(date(2026, 11, 25), Decimal(900))],
    }
    text = text_of(card(report(part(), daily=daily)))
    assert "*Tomorrow* · *$1,500.00* · *€5.00*\n" in text
    assert "*Tomorrow*" not in text_of(card(report(part(), daily={"usd": daily["jpy"]})))


def test_summary_with_many_currencies_counts_the_rest() -> None:
    totals = tuple(CurrencyTotal(code, Decimal(5), 1) for code in ("usd", "eur", "jpy", "gbp", "chf", "sek"))
    assert "_and 2 more_" in text_of(card(report(part(totals=totals, count=6))))


def test_news_lists_what_appeared_and_disappeared() -> None:
    news = News(2, items(2, "unpaid"), 5, items(3, "unpaid"))
    text = text_of(card(report(part("unpaid", count=9, news=news))))
    assert (
        "2 new: Customer 0, Customer 1 · "
        "5 settled: Customer 0, Customer 1, Customer 2 _and 2 more_ since the last digest"
    ) in text
    settled = report(part("unpaid", count=0, items=(), totals=(), news=News(0, (), 1, items(1, "unpaid"))))
    assert "1 settled: Customer 0 since the last digest" in text_of(card(settled))
    assert "Nothing to report" in text_of(details(settled)), "there is no row to list"
    quiet = text_of(card(report(part("unpaid", news=News(0, (), 0, ())))))
    assert "settled" not in quiet


def test_chart_of_fewer_than_three_bars_is_left_out() -> None:
    daily = {"usd": [(date(2026, 11, 24), Decimal(5)), (date(2026, 11, 25), Decimal(5))]}
    message = details(report(part(), daily=daily))
    assert [block for block in message.blocks if block["type"] == "data_visualization"] == []


def test_run_outs_say_when_and_how_much_is_left() -> None:
    balance_details = {
        "feature_name": "Messages",
        "remaining": "20",
        "granted": "100",
        "resets_at": 1796212800000,
    }
    section = part(
        "run_outs",
        totals=(),
        items=(
            item("run_outs", amount=None, feature="messages", details=balance_details),
            item("run_outs", amount=None, feature="seats", at=None, details={}, customer_id="cus_2"),
        ),
        count=2,
    )
    message = details(report(section))
    table = next(block for block in message.blocks if block["type"] == "data_table")
    assert [cell.get("text") for cell in table["rows"][1]] == [
        "Globex", "Messages", "Nov 25, 2026", "20 of 100", "Dec 2, 2026",
    ]  # fmt: skip
    plain = checks.read(message.plain)
    assert "• *Globex* · Messages · runs out Nov 25, 2026" in plain
    assert "· 20 of 100 left · resets Dec 2, 2026" in plain
    assert "• *Globex* · seats\n" in plain
