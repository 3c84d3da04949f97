"""`/autumn`, as a person types it."""

from bot.lookups import labels
from bot.lookups.overview import words as overview_words
from bot.timings import Timeouts
from tests.running import Mode, Running, running_maple
from tests.screen import on_screen

QUICK = Timeouts(asking_after=0.05)


async def test_customer_card_is_private(maple: Running) -> None:
    await maple.ana.command("/autumn cus_acme")
    card = await maple.ana.sees("cus_acme")
    assert "only visible to you" in card
    assert "Acme Ltd" in card
    maple.raj.does_not_see("cus_acme")
    assert maple.autumn.ledger == [], "looking up writes nothing"


async def test_sub_commands_go_straight_to_the_part_and_a_single_match_to_its_card(maple: Running) -> None:
    for line, expected in (
        ("/autumn products cus_acme", "Team"),
        ("/autumn features cus_acme", "Messages"),
        ("/autumn invoices cus_acme", "Next invoice"),
        ("/autumn EVENTS <mailto:billing@acme.example|billing@acme.example>", "events"),
    ):
        maple.ana.reload()
        await maple.ana.command(line)
        card = await maple.ana.sees("Acme Ltd")
        assert expected in card, line
    maple.ana.reload()
    await maple.ana.command("/autumn billing@acme.example")
    await maple.ana.sees(on_screen(overview_words.INVOICES))


async def test_commands_without_a_customer_explain_what_to_type(maple: Running) -> None:
    for line, expected in (
        ("/autumn", "/autumn invoices <customer>"),
        ("/autumn help", "/autumn invoices <customer>"),
        ("/autumn products", "Type /autumn products and then"),
        ("/autumn find", "Type /autumn find and then"),
        ("/autumn balance", "Type /autumn balance and then"),
        ("/autumn delete", "Type /autumn delete and then"),
        ("/autumn history", "Type /autumn history and then"),
        ("/autumn zz-nobody-zz", "No customer found for zz-nobody-zz"),
    ):
        maple.ana.reload()
        await maple.ana.command(line)
        await maple.ana.sees(expected)


async def test_find_lists_and_pages_and_a_match_replaces_the_list(maple: Running) -> None:
    await maple.ana.command("/autumn find example")
    await maple.ana.sees("Page 1 of")
    await maple.ana.click("Next")
    await maple.ana.sees("Page 2 of")
    await maple.ana.click("Previous")
    await maple.ana.sees("Page 1 of")
    maple.ana.reload()
    await maple.ana.command("/autumn find acme")
    await maple.ana.sees("match")
    await maple.ana.click("Open", within="cus_acme")
    await maple.ana.sees(on_screen(overview_words.INVOICES))


async def test_slow_answer_shows_progress(mode: Mode) -> None:
    async with running_maple(mode, timeouts=QUICK) as maple:
        maple.autumn.faults.add("customers.*", "latency", seconds=60)
        await maple.ana.command("/autumn cus_acme")
        await maple.ana.sees(labels.STILL_WAITING)
        maple.ana.does_not_see("Acme Ltd")
        maple.autumn.faults.clear()
        await maple.ana.sees("Acme Ltd")
        await maple.ana.sees(labels.STILL_WAITING, timeout=0.1), "a command's messages cannot be replaced"
        maple.ana.reload()
        maple.autumn.faults.add("customers.list", "latency", seconds=60)
        await maple.ana.command("/autumn find acme")
        await maple.ana.sees(labels.STILL_WAITING)
        maple.autumn.faults.clear()
        await maple.ana.sees("match")


async def test_error_shows_the_reference_that_is_in_the_log(maple: Running, logs) -> None:  # type: ignore[no-untyped-def]
    maple.autumn.faults.add("*", "500")
    await maple.ana.command("/autumn cus_acme")
    error = await maple.ana.sees(labels.UNAVAILABLE.what)
    reference = error.split("Reference ")[1].split()[0]
    assert "Nothing was changed" in error
    await maple.bot.background.drain(10)
    assert f'"reference": "{reference}"' in logs.getvalue()
    assert "acme" not in logs.getvalue().lower()


async def test_failed_card_is_retried_by_clicking(maple: Running) -> None:
    for line, answer in (
        ("/autumn cus_acme", on_screen(overview_words.INVOICES)),
        ("/autumn invoices billing@acme.example", "Next invoice"),
        ("/autumn find acme", "matches acme"),
    ):
        maple.ana.reload()
        maple.autumn.faults.add("*", "500")
        await maple.ana.command(line)
        await maple.ana.sees(labels.UNAVAILABLE.what)
        maple.autumn.faults.clear()
        await maple.ana.click("Try again")
        await maple.ana.sees(answer)
        maple.ana.does_not_see(labels.UNAVAILABLE.what)
