"""Sharing, refreshing, other ways to open a form, and who has no access."""

from bot.lookups import labels
from tests.journeys.steps import assert_in_order, click_and_see, command_and_see
from tests.running import Running


async def test_card_is_shared_by_an_explicit_click(maple: Running) -> None:
    await command_and_see(maple, "/autumn invoices cus_acme", "11 invoices")
    await maple.ana.click("Share to channel", confirm=False)
    maple.raj.does_not_see("Acme Ltd")
    await maple.ana.click("Share to channel", confirm=True)
    shared = await maple.raj.sees("Shared by")
    assert_in_order(
        shared, "Acme Ltd", "Next invoice: $179.10", "11 invoices", "[Open customer]", "Shared by @ana"
    )
    for button in ("[Refresh]", "[Next]", "[Paid]"):
        assert button not in shared
    await maple.raj.click("Open customer")
    own = await maple.raj.sees("only visible to you")
    assert_in_order(own, "Acme Ltd", "11 invoices", "[Refresh]")
    assert "Shared by" in await maple.ana.sees("Shared by"), "the shared card stays as it was"


async def test_refresh_reads_again(maple: Running) -> None:
    await command_and_see(maple, "/autumn cus_acme", "Acme Ltd")
    maple.autumn.state.customers["cus_acme"].name = "Acme Holdings"
    await click_and_see(maple, "Refresh", "Acme Holdings")
    maple.ana.does_not_see("Acme Ltd")


async def test_shortcut_and_home_tab_open_the_same_form(maple: Running) -> None:
    await maple.ana.open_home()
    await maple.ana.sees("Connected to Lumen (local demo) in Autumn SANDBOX")
    await maple.ana.click("Look up a customer")
    await maple.ana.sees("Type at least two letters")
    assert await maple.ana.type_ahead("Customer", "acme")
    await maple.ana.choose("Customer", "Acme Ltd")
    await maple.ana.choose("Show", "Features")
    await maple.ana.submit()
    maple.ana.go("@maple")
    await maple.ana.sees("AI Credits")
    await maple.ana.shortcut("Look up a customer")
    await maple.ana.sees("Type at least two letters")
    await maple.ana.choose("Customer", "Globex")
    await maple.ana.submit()
    await maple.ana.sees("Team is past due")


async def test_guests_and_people_of_another_company_see_nothing(maple: Running) -> None:
    maple.eve.go("#shared-acme")
    for person, refusal in (
        (maple.gus, labels.GUEST.what),
        (maple.eve, "Only members of this workspace can look up customers"),
    ):
        await person.command("/autumn cus_acme")
        await person.sees(refusal)
        person.does_not_see("Acme Ltd")
    assert not [call for call in maple.autumn.calls if call.route.startswith("customers")]


async def test_answers_stay_private_in_a_shared_channel(maple: Running) -> None:
    maple.ana.go("#shared-acme")
    maple.eve.go("#shared-acme")
    await command_and_see(maple, "/autumn cus_acme", "Acme Ltd")
    maple.eve.does_not_see("Acme Ltd")
    await maple.ana.click("Share to channel", confirm=True)
    await maple.ana.sees("This channel is shared with another company, so Maple posts no customer data here.")
    maple.eve.does_not_see("Acme Ltd")


async def test_reload_of_slack_keeps_shared_cards_working(maple: Running) -> None:
    await command_and_see(maple, "/autumn cus_acme", "Acme Ltd")
    await maple.ana.click("Share to channel", confirm=True)
    await maple.raj.sees("Shared by")
    maple.ana.reload()
    await click_and_see(maple, "Open customer", "only visible to you")
