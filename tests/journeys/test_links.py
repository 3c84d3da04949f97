"""Links to the customer portal and to set up a payment method: only for the requester, and stored nowhere."""

import json
import sqlite3

import pytest

from bot.approvals import words as approval_words
from bot.approvals.results import Result
from bot.links import words
from bot.lookups import labels
from bot.store import audit
from tests.journeys.steps import command_and_see
from tests.running import Running, running_maple

NO_LINKS = """
[[allow]]
who = "everyone"
may = ["ask"]

[[deny]]
who = "everyone"
may = "link"
"""


async def trail(maple: Running) -> list[audit.Entry]:
    async with maple.bot.database.reading() as connection:
        assert not (await audit.verify(connection)).faults
        return [entry async for entry in audit.entries(connection)]


def database_dump(maple: Running) -> str:
    """Everything the database holds."""
    path = maple.bot.settings.database_url.get_secret_value().removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        dump = "\n".join(database.iterdump())
    database.close()
    return dump


def address(card: str) -> str:
    return next(word for line in card.splitlines() for word in line.split() if word.startswith("http"))


@pytest.mark.parametrize(
    ("command", "title", "route"),
    [
        ("portal", words.PORTAL_TITLE, "billing.open_customer_portal"),
        ("payment", words.PAYMENT_TITLE, "billing.setup_payment"),
    ],
)
async def test_link_is_given_to_the_requester_alone_and_stored_nowhere(
    maple: Running, command: str, title: str, route: str, capsys: pytest.CaptureFixture[str]
) -> None:
    card = await command_and_see(maple, f"/autumn {command} Acme Ltd", title)
    url = address(card)
    maple.raj.does_not_see(title)
    assert [call.route for call in maple.autumn.calls].count(route) == 1
    requested, created = await trail(maple)
    assert (requested.event, created.event) == ("link_requested", "link_made")
    assert json.loads(created.body) == {"customer": "cus_acme", "env": "sandbox", "link": command}
    assert created.actor == maple.ana.user.id
    captured = capsys.readouterr()
    for output in (database_dump(maple), captured.out, captured.err, maple.bot.metrics.exposition().decode()):
        assert url not in output


async def test_buttons_on_the_invoices_create_links(maple: Running) -> None:
    await command_and_see(maple, "/autumn invoices cus_acme", words.PORTAL_BUTTON)
    await maple.ana.click(words.PAYMENT_BUTTON, confirm=True)
    await maple.ana.sees(words.PAYMENT_LASTS)


async def test_lost_answer_is_reported_and_not_retried(maple: Running) -> None:
    maple.autumn.faults.add("billing.setup_payment", "cut_after")
    await command_and_see(maple, "/autumn payment cus_acme", "answer was lost")
    assert [call.route for call in maple.autumn.calls].count("billing.setup_payment") == 1
    assert [entry.event for entry in await trail(maple)] == ["link_requested"]


async def test_new_customer_in_stripe_and_answers_without_an_address_are_reported(maple: Running) -> None:
    await command_and_see(maple, "/autumn portal cus_empty", words.MADE_IN_STRIPE)
    maple.autumn.faults.add("billing.open_customer_portal", "garbage")
    await command_and_see(maple, "/autumn portal cus_acme", "answer was lost")


async def test_key_without_the_scope_is_reported(maple: Running) -> None:
    maple.autumn.narrow(["customers:read", "plans:read", "features:read", "analytics:read"])
    await command_and_see(maple, "/autumn portal cus_acme", "permission")


async def test_link_request_creates_no_customer(
    maple: Running,
) -> None:
    await command_and_see(maple, "/autumn payment nobody-at-all", "No customer found")
    assert "billing.setup_payment" not in [call.route for call in maple.autumn.calls]
    await command_and_see(maple, "/autumn portal corp", "match corp")
    await maple.ana.click(labels.OPEN)
    await maple.ana.sees(words.PORTAL_BUTTON)


async def test_person_without_permission_gets_no_link_and_no_button() -> None:
    async with running_maple("http", policy=NO_LINKS) as maple:
        card = await command_and_see(maple, "/autumn invoices cus_acme", "● Invoices")
        assert words.PORTAL_BUTTON not in card
        await command_and_see(
            maple, "/autumn portal cus_acme", approval_words.RESULTS[Result.NOT_ALLOWED].what
        )
        assert "billing.open_customer_portal" not in [call.route for call in maple.autumn.calls]
        assert not await trail(maple)


async def test_help_names_the_commands(maple: Running) -> None:
    listed = await command_and_see(maple, "/autumn help", "/autumn portal <customer>")
    assert "/autumn payment <customer>" in listed
    await command_and_see(maple, "/autumn portal", "Which customer?")
