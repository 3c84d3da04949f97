"""From what a support agent knows of a customer to the customer's card."""

import re

from bot.approvals import words as approvals_words
from bot.lookups.overview import words as overview_words
from tests.journeys.steps import assert_in_order, click_and_see, command_and_see
from tests.running import Running


async def test_customer_is_found_by_id_email_or_part_of_name(maple: Running) -> None:
    for query, person in (
        ("cus_acme", maple.ana),
        ("BILLING@ACME.EXAMPLE", maple.lea),
        ("“acme l”", maple.max),
    ):
        person.go("#support")
        await person.command(f"/autumn {query}")
        screen = await person.sees("Acme Ltd")
        assert_in_order(
            screen, "only visible to you", "SANDBOX · cus_acme · billing@acme.example · Customer since"
        )
    maple.raj.does_not_see("Acme Ltd")


async def test_pasted_text_opens_the_customer_in_it(maple: Running) -> None:
    """What else may be pasted: `PASTED` in the tests of the search."""
    pasted = "Acme Billing &lt;<mailto:billing@acme.example|billing@acme.example>&gt;"
    await command_and_see(maple, f"/autumn {pasted}", "SANDBOX · cus_acme · billing@acme.example")
    await command_and_see(maple, f"/autumn invoices {pasted}", "11 invoices")
    await maple.ana.shortcut("Look up a customer")
    await maple.ana.sees("Type at least two letters")
    assert [label for label in await maple.ana.type_ahead("Customer", pasted) if "Acme Ltd" in label]


async def test_stripe_link_opens_the_customer(maple: Running) -> None:
    await command_and_see(maple, "/autumn cus_acme", "SANDBOX · cus_acme")
    link = maple.ana.link("Stripe")
    await maple.ana.command("/autumn nobody-at-all")
    await maple.ana.command(f"/autumn products {link}")
    await maple.ana.sees("Includes")
    await maple.ana.sees("SANDBOX · cus_acme")


async def test_pasted_text_opens_forms_and_history(maple: Running) -> None:
    await maple.ana.command("/autumn update Acme Billing <billing@acme.example>")
    await maple.ana.sees("Fingerprint")
    await maple.ana.close()
    await command_and_see(maple, "/autumn history cus_acme,", approvals_words.HISTORY_TITLE.strip("*"))


async def test_quoted_sub_command_is_read_as_a_name(maple: Running) -> None:
    await command_and_see(maple, '/autumn "Balance Labs"', "No customer found for")
    await command_and_see(maple, "/autumn invoces cus_acme", "Did you mean /autumn invoices cus_acme?")


async def test_overview_shows_everything(maple: Running) -> None:
    screen = await command_and_see(maple, "/autumn cus_acme", "Acme Ltd")
    assert_in_order(
        screen,
        "[● Overview] [Products] [Features] [Invoices] [Events]",
        ":warning: 1 unpaid invoice: $24.50.",
        "Team $199 per month · Support Plus $99 per month · Extra Seats $10.00 each",
        "Next invoice: $179.10 on ",
        "10% off, always (10% off, forever)",
        "▰▰▰▰▰▰▰▰▱▱ Seats · 24 of 30 used · 80%",
        "AI Credits · 3,070 of 6,200 used · 49% · resets on ",
        overview_words.more_balances(2).strip("_"),
        "Next 3 invoices: $358.20 in all, before tax",
        "$179.10 · Team",
        "Last invoices · 2 of 11",
        "$24.50 · :warning: Open · View invoice",
        "[Give extra allowance] [History] [Refresh] [Share to channel] [… ",
        "Delete customer]",
        "Read today at",
        "Lumen (local demo) · SANDBOX",
    )
    assert maple.ana.link("Stripe").startswith("https://dashboard.stripe.com/test/customers/cus_")
    assert "cus_acme" in maple.ana.link("Autumn")
    customers = [call for call in maple.autumn.calls if call.route.startswith("customers")]
    assert len(customers) == 2, "one question to Autumn, one that waits for Stripe"


async def test_parts_of_the_card_open_with_one_click(maple: Running) -> None:
    await command_and_see(maple, "/autumn cus_acme", "Acme Ltd")
    messages = len(maple.slack.workspace.history(maple.ana.channel.id, maple.ana.id))
    for label, sees in (
        ("Products", "Started"),
        ("Features", "Meeting Minutes"),
        ("Invoices", "11 invoices"),
        ("Events", "Total per feature"),
        ("Overview", "Last invoices"),
    ):
        screen = await click_and_see(maple, label, sees)
        assert_in_order(screen, "SANDBOX · cus_acme", "Read today at")
    assert len(maple.slack.workspace.history(maple.ana.channel.id, maple.ana.id)) == messages


async def test_one_of_several_matches_is_picked(maple: Running) -> None:
    screen = await command_and_see(
        maple, "/autumn billing@twinpeaks.example", "3 customers match billing@twinpeaks.example"
    )
    for name in ("Twin Peaks Lodge", "Twin Peaks Sheriff", "Twin Peaks Diner"):
        assert name in screen
    await click_and_see(maple, "Open", "SANDBOX · cus_twin_b", within="Twin Peaks Sheriff")
    maple.ana.does_not_see("3 customers match")


async def test_no_match_says_what_was_searched_and_creates_nothing(maple: Running) -> None:
    before = len(maple.autumn.state.customers)
    for query in ("nobody-has-this-id", "nobody@nowhere.example", "no such company"):
        screen = await command_and_see(maple, f"/autumn {query}", f"No customer found for {query}")
        assert "Maple searched ids, names and email addresses" in screen, query
        assert "Nothing was created." in screen, query
    assert len(maple.autumn.state.customers) == before
    assert maple.autumn.ledger == []


async def test_find_lists_matches_in_pages_and_opens_one(maple: Running) -> None:
    screen = await command_and_see(maple, "/autumn find st", "Page 1 of")
    (number, pages) = re.findall(r"(\d+) customers match st\b.*Page 1 of (\d+)", screen, re.DOTALL)[0]
    assert int(pages) >= 3
    remaining = int(number) - 10
    assert f"Page 1 of {pages} · {remaining} left" in screen
    assert "[Previous]" not in screen
    for page in range(2, int(pages) + 1):
        remaining -= 10
        screen = await click_and_see(
            maple, "Next", f"Page {page} of {pages} · {f'{remaining} left' if remaining > 0 else 'last page'}"
        )
    assert "[Next]" not in screen
    await click_and_see(maple, "Previous", f"Page {int(pages) - 1} of")
    await command_and_see(maple, "/autumn find wonka", "1 customer matches wonka")
    await click_and_see(maple, "Open", "No next invoice: this customer is not in Stripe.", within="Wonka")


async def test_help_lists_what_can_be_typed(maple: Running) -> None:
    for person, line in ((maple.ana, "/autumn"), (maple.raj, "/autumn help")):
        await person.command(line)
        screen = await person.sees("Look up or change a customer in Autumn")
        for usage in ("<customer>", "products <customer>", "invoices <customer>", "find <text>"):
            assert f"/autumn {usage}" in screen, line


async def test_customer_title_falls_back_from_name_to_email_to_id(maple: Running) -> None:
    for customer, title in (
        ("cus_noname", "someone@noname.example"),
        ("cus_noemail", "No Email Ltd"),
        ("cus_noboth", "cus_noboth"),
    ):
        screen = await command_and_see(maple, f"/autumn {customer}", f"SANDBOX · {customer}")
        assert screen.splitlines()[1] == title, customer
    # A customer without an id is only listed.
    screen = await command_and_see(maple, "/autumn dana@waiting.example", "Dana Without Id")
    assert_in_order(screen, "no id", "Can't be opened here: this customer has no id in Autumn.")
    assert "[Open]" not in screen


ATTENTION: list[tuple[str, tuple[str, ...]]] = [
    (
        "cus_globex",
        (
            "Team is past due: a payment failed or is late.",
            "1 unpaid invoice: $199.00.",
            "Team $199 per month",
            "Messages · 12,000 of 50,000 used · 24%",
        ),
    ),
    ("cus_initech", ("Pro cancels on", "Pro $49 per month")),
    ("cus_umbrella", ("the trial ends on", "Pro $49 per month")),
    ("cus_northwind", ("Messages · 13,460 of 10,000 used · 134% · 3,460 over, billed",)),
    ("cus_massive", ("Messages · ", "450 over · ", "Exports · ", "100%")),
    ("cus_tyrell", ("1 unpaid invoice: ¥2,200.", "Next invoice: ¥31,530 on")),
    ("cus_soylent", ("Next invoice: €45.00", "€22.50 credit")),
    (
        "cus_stark",
        ("Enterprise $1,200 per month, × 2", "$100 off for 6 months ($100.00 off, until"),
    ),
    ("cus_gekko", ("-500 of 2,000 used · 0% · 2,500 left",)),
    (
        "cus_piedpiper",
        ("Pro $49 per month", "Starter held by entities", "Messages · "),
    ),
    ("cus_empty", ("This customer has no products.", "not in Stripe", "no features", "No invoices yet.")),
    ("org:legacy-7", ("SANDBOX · org:legacy-7",)),
]


async def test_attention_comes_first(maple: Running) -> None:
    for customer, lines in ATTENTION:
        screen = await command_and_see(maple, f"/autumn {customer}", f"SANDBOX · {customer}")
        assert_in_order(screen, *lines, "Read today at")


async def test_balances_hidden_while_past_due_are_called_hidden_everywhere(maple: Running) -> None:
    maple.autumn.state.org.include_past_due = False
    assert_in_order(
        await command_and_see(maple, "/autumn cus_globex", "Read today at"),
        "Team is past due: a payment failed or is late.",
        "Autumn hides the balances of Team while it is past due",
        "1 unpaid invoice: $199.00.",
        "Hidden by Autumn while a product is past due",
    )
    features = await command_and_see(maple, "/autumn features cus_globex", "● Features")
    assert_in_order(
        features, "Autumn hides the balances of Team", "Hidden by Autumn while a product is past due"
    )
    assert "used" not in features
    await maple.ana.command("/autumn balance cus_globex")
    await maple.ana.sees("Autumn hides the balances of Team while it is past due")


async def test_hostile_names_mention_nobody_and_link_nowhere(maple: Running) -> None:
    """Whatever the name: checked by the tokens Slack would parse from everything posted."""
    for customer in ("ping", "bold", "link", "html", "long", "rtl", "emoji", "lines", "zalgo", "date"):
        await command_and_see(maple, f"/autumn cus_{customer}", f"SANDBOX · cus_{customer}")
    for part in ("Products", "Features", "Invoices", "Events"):
        await command_and_see(maple, f"/autumn {part} cus_ping", f"● {part}")
    await maple.ana.click("Share to channel", confirm=True)
    await maple.raj.sees("Shared by")
    history = maple.slack.workspace.history(maple.ana.channel.id, maple.ana.id)
    assert len(history) > 10
    for message in history:
        texts = [message.text, *_mrkdwn(message.blocks)]
        for token in (token for text in texts for token in re.findall(r"<([^>]*)>", text)):
            assert (
                token == f"@{maple.ana.id}"
                or re.match(r"!date\^\d+\^[^|]*\|[-\w :]+$", token)
                or _ours(token)
            ), token


def _ours(token: str) -> bool:
    prefixes = ("https://app.useautumn.com/", "https://dashboard.stripe.com/", "http://127.0.0.1:")
    address, _, label = token.partition("|")
    return address.startswith(prefixes) and label in ("Autumn", "Stripe", "View invoice")


def _mrkdwn(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["text"])] if node.get("type") == "mrkdwn" else []
        return own + [text for value in node.values() for text in _mrkdwn(value)]
    if isinstance(node, list):
        return [text for value in node for text in _mrkdwn(value)]
    return []
