"""The look-up modal and the Home tab."""

import pytest

from bot.home import words as home_words
from bot.lookups import labels
from bot.lookups.find import words as find_words
from bot.lookups.overview import words as overview_words
from bot.timings import Timeouts
from tests.running import Mode, Running, running_maple
from tests.screen import on_screen

QUICK = Timeouts(asking_after=0.05)


async def fill_in(maple: Running, part: str) -> None:
    await maple.ana.sees("Customer")
    assert any("Acme Ltd" in label for label in await maple.ana.type_ahead("Customer", "acme"))
    await maple.ana.choose("Customer", "Acme Ltd")
    await maple.ana.choose("Show", part)
    await maple.ana.submit()


@pytest.mark.both_transports
async def test_shortcut_answers_in_a_direct_message(maple: Running) -> None:
    await maple.ana.shortcut("Look up a customer")
    await fill_in(maple, "Products")
    maple.ana.go("@maple")
    await maple.ana.sees("Acme Ltd")
    await maple.ana.click("Invoices")
    await maple.ana.sees("Next invoice")


async def test_home_tab_opens_the_same_form_whose_error_is_sent_as_a_dm(maple: Running) -> None:
    maple.autumn.faults.add("customers.get", "500")
    await maple.ana.open_home()
    await maple.ana.sees(labels.HOME_WHAT)
    await maple.ana.click("Look up a customer")
    await fill_in(maple, "Overview")
    maple.ana.go("@maple")
    await maple.ana.sees(labels.UNAVAILABLE.what)
    maple.autumn.faults.clear()
    await maple.ana.click("Try again")
    await maple.ana.sees(on_screen(overview_words.INVOICES))


@pytest.mark.both_transports
async def test_form_without_a_customer_is_marked(maple: Running) -> None:
    payload = {
        "type": "view_submission",
        "user": {"id": maple.ana.id, "team_id": maple.bot_team},
        "team": {"id": maple.bot_team},
        "view": {"type": "modal", "callback_id": "look_up_modal", "state": {"values": {}}},
    }
    answer = await maple.slack.deliveries.send("interactive", payload)
    assert answer == {"response_action": "errors", "errors": {"customer": "Pick a customer from the list."}}


async def test_slow_answer_to_the_form_shows_progress(mode: Mode) -> None:
    async with running_maple(mode, timeouts=QUICK) as maple:
        await maple.ana.shortcut("Look up a customer")
        maple.autumn.faults.add("customers.get", "latency", seconds=60)
        await fill_in(maple, "Overview")
        maple.ana.go("@maple")
        await maple.ana.sees(labels.STILL_WAITING)
        maple.autumn.faults.clear()
        await maple.ana.sees(on_screen(overview_words.INVOICES))
        maple.ana.does_not_see(labels.STILL_WAITING)


async def test_other_tabs_of_the_app_are_not_drawn(maple: Running) -> None:
    event = {"type": "app_home_opened", "user": maple.ana.id, "channel": "D1", "tab": "messages"}
    await maple.slack.deliveries.send(
        "events_api", {"type": "event_callback", "team_id": maple.bot_team, "event": event}
    )
    await maple.bot.background.drain(10)
    assert not [call for call in maple.slack.calls if call.method == "views.publish"]


async def test_select_says_that_it_is_searching_while_autumn_is_slow(mode: Mode) -> None:
    async with running_maple(mode, timeouts=Timeouts(typeahead=0)) as maple:
        maple.autumn.faults.add("customers.list", "latency", seconds=60)
        await maple.ana.shortcut("Look up a customer")
        await maple.ana.sees(find_words.MODAL_PART)
        assert await maple.ana.type_ahead(find_words.MODAL_CUSTOMER, "acme") == [find_words.STILL_SEARCHING]
        await maple.ana.choose(find_words.MODAL_CUSTOMER, find_words.STILL_SEARCHING)
        await maple.ana.submit()
        await maple.ana.sees(labels.MODAL_NO_CUSTOMER)
        await maple.ana.close()
        await maple.ana.open_home()
        await maple.ana.sees(labels.HOME_WHAT)
        await maple.ana.type_ahead(home_words.FIND, "acme")
        await maple.ana.choose(home_words.FIND, find_words.STILL_SEARCHING)
        await maple.bot.background.drain(10)
        assert not [call for call in maple.slack.calls if call.method == "chat.postMessage"]
        maple.autumn.faults.clear()


async def test_select_finds_a_customer_by_a_mistyped_name_and_by_a_stripe_link(maple: Running) -> None:
    stripe_id = maple.autumn.state.customers["cus_acme"].stripe_id
    link = f"https://dashboard.stripe.com/test/customers/{stripe_id}"
    for typed, name in (("northwnd", "Northwind"), (link, "Acme Ltd")):
        maple.ana.go("#support")
        await maple.ana.shortcut("Look up a customer")
        await maple.ana.sees(find_words.MODAL_PART)
        options = await maple.ana.type_ahead(find_words.MODAL_CUSTOMER, typed)
        assert name in options[0], typed
        assert typed != link or len(options) == 1
        await maple.ana.choose(find_words.MODAL_CUSTOMER, name)
        await maple.ana.submit()
        maple.ana.go("@maple")
        await maple.ana.sees(name)
