"""The message shortcut *Look up customer*."""

import pytest

from bot.changes.balance import words as balance_words
from bot.changes.deletion import words as deletion_words
from bot.changes.details import words as details_words
from bot.changes.ungrant import words as ungrant_words
from bot.lookups import labels
from bot.lookups.find import words
from handlers import decoding
from tests.running import Running, running_maple

SHORTCUT = "Look up customer"
TICKET = "Ticket 4711 from billing@acme.example: https://desk.example/4711 they lost a day"


async def test_customer_named_in_a_message_is_opened_in_the_channel(maple: Running) -> None:
    await maple.raj.say(TICKET)
    await maple.ana.message_shortcut(SHORTCUT, on="Ticket 4711")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.click("Open", within="cus_acme")
    await maple.ana.sees(words.MESSAGE_OPENED)
    await maple.ana.close()
    card = await maple.ana.sees("1 unpaid invoice")
    assert "only visible to you" in card
    maple.raj.does_not_see("Acme Ltd")


async def test_form_is_filled_in_from_the_message(maple: Running) -> None:
    await maple.raj.say(TICKET)
    await maple.ana.message_shortcut(SHORTCUT, on="Ticket 4711")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.choose(words.MESSAGE_CHANGE, "Change balance")
    form = await maple.ana.sees("What to do")
    assert form.count("they lost a day") == 1
    assert "https://desk.example/4711" in form
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("resets")
    await maple.ana.fill("Amount", "500")
    await maple.ana.sees("What changes")
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval")
    (record,) = await maple.bot.changes.requested_by(maple.ana.id)
    assert record.ticket == "https://desk.example/4711"
    assert record.channel == "C01SUPPORT"


async def test_thread_is_read_too_and_answered_in(maple: Running) -> None:
    await maple.raj.say("A customer asks for messages")
    await maple.raj.say("It is cus_acme", in_thread_of="A customer asks")
    await maple.raj.say("Who takes it?", in_thread_of="A customer asks")
    await maple.ana.message_shortcut(SHORTCUT, on="Who takes it")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.click("Open", within="cus_acme")
    await maple.ana.sees(words.MESSAGE_OPENED)
    await maple.ana.close()
    assert any("1 unpaid invoice" in reply for reply in maple.ana.thread("A customer asks"))


async def test_unreadable_thread_is_reported(maple: Running) -> None:
    maple.raj.go("#random")
    maple.ana.go("#random")
    await maple.raj.say("A customer asks, cus_acme")
    await maple.raj.say("Who takes it?", in_thread_of="A customer asks")
    await maple.ana.message_shortcut(SHORTCUT, on="A customer asks")
    modal = await maple.ana.sees(words.MESSAGE_THREAD_UNREAD)
    assert "Acme Ltd" in modal
    await maple.ana.click("Open", within="cus_acme")
    await maple.ana.sees(words.MESSAGE_OPENED)
    await maple.ana.close()
    maple.ana.go("@maple")
    await maple.ana.sees("1 unpaid invoice")


async def test_ids_and_addresses_of_colleagues_and_of_several_lead_to_the_customers(maple: Running) -> None:
    for message, customers in (
        ("ann.nobody@acme.example asks", ("cus_acme",)),
        (
            "billing@twinpeaks.example asks, and billing@acme.example",
            ("cus_twin_a", "cus_twin_b", "cus_acme"),
        ),
    ):
        await maple.raj.say(message)
        await maple.ana.message_shortcut(SHORTCUT, on=message)
        modal = await maple.ana.sees("Acme Ltd")
        for customer in customers:
            assert customer in modal, message
        await maple.ana.close()
    await maple.raj.say("cus_acme lost a day")
    await maple.ana.message_shortcut(SHORTCUT, on="lost a day")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.choose(words.MESSAGE_CHANGE, "Change balance")
    form = await maple.ana.sees("What to do")
    assert "/archives/C01SUPPORT/p" in form, "without a link, the message itself is the ticket"


# What is offered


BALANCES_AND_DETAILS = """
[[allow]]
who = "everyone"
may = "ask"
changes = ["balance", "details"]
"""
NOBODY_ASKS = """
[[allow]]
who = "everyone"
may = "history"
"""


def offered_changes(maple: Running) -> dict[str, list[str]]:
    """The changes in each customer's select in Ana's open modal, by the customer's id."""
    modal = maple.slack.views.stack(maple.ana.id)[-1]
    return {
        decoding.place(block["block_id"].partition(":")[2]).customer: [
            option["text"]["text"] for option in block["elements"][0]["options"]
        ]
        for block in modal.blocks
        if block["type"] == "actions"
    }


async def test_only_permitted_changes_are_offered() -> None:
    async with running_maple("http", policy=BALANCES_AND_DETAILS) as maple:
        await maple.raj.say(TICKET)
        await maple.ana.message_shortcut(SHORTCUT, on="Ticket 4711")
        await maple.ana.sees("Acme Ltd")
        assert offered_changes(maple) == {"cus_acme": [balance_words.BUTTON, details_words.BUTTON]}


async def test_customers_are_listed_without_changes_for_people_who_may_request_none() -> None:
    async with running_maple("http", policy=NOBODY_ASKS) as maple:
        await maple.raj.say(TICKET)
        await maple.ana.message_shortcut(SHORTCUT, on="Ticket 4711")
        await maple.ana.sees("Acme Ltd")
        assert offered_changes(maple) == {}
        await maple.ana.click("Open", within="cus_acme")
        await maple.ana.sees(words.MESSAGE_OPENED)


async def test_changes_without_effect_are_not_offered(maple: Running) -> None:
    await maple.raj.say("cus_empty and cus_vandelay")
    await maple.ana.message_shortcut(SHORTCUT, on="cus_empty and")
    await maple.ana.sees(words.MESSAGE_CHANGE)
    changes_by_customer = offered_changes(maple)
    assert balance_words.BUTTON not in changes_by_customer["cus_empty"]
    assert balance_words.BUTTON in changes_by_customer["cus_vandelay"]
    assert ungrant_words.BUTTON not in changes_by_customer["cus_empty"]
    assert ungrant_words.BUTTON in changes_by_customer["cus_vandelay"]
    assert {changes[-1] for changes in changes_by_customer.values()} == {deletion_words.BUTTON}


@pytest.mark.both_transports
async def test_message_about_no_customer_says_what_was_searched_and_errors_are_shown(maple: Running) -> None:
    for message in ("Good morning", "nobody_000 and x@gmail.com"):
        await maple.raj.say(message)
        await maple.ana.message_shortcut(SHORTCUT, on=message)
        await maple.ana.sees("No customer found in this message")
        await maple.ana.close()
    await maple.raj.say(TICKET)
    maple.autumn.faults.add("*", "500")
    await maple.ana.message_shortcut(SHORTCUT, on="Ticket 4711")
    await maple.ana.sees(labels.UNAVAILABLE.what)


async def test_guests_and_people_of_other_companies_are_refused(maple: Running) -> None:
    await maple.raj.say(TICKET)
    await maple.gus.message_shortcut(SHORTCUT, on="Ticket 4711")
    await maple.gus.sees(labels.GUEST.what)
    maple.gus.does_not_see("Acme Ltd")
    maple.eve.go("#shared-acme")
    await maple.eve.say(TICKET)
    await maple.eve.message_shortcut(SHORTCUT, on="Ticket 4711")
    await maple.eve.sees(labels.OUTSIDER.what)
    maple.eve.does_not_see("Acme Ltd")
