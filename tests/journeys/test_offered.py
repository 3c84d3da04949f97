"""What a customer's card offers to whom."""

from bot.changes.balance import words as balance_words
from bot.changes.billing import words as billing_words
from bot.changes.cancellation import words as cancellation_words
from bot.changes.control import words as control_words
from bot.changes.deletion import words as deletion_words
from bot.changes.quantity import words as quantity_words
from bot.changes.refund import words as refund_words
from bot.changes.reward import words as reward_words
from bot.changes.switch import words as switch_words
from bot.changes.trial import words as trial_words
from bot.changes.ungrant import words as ungrant_words
from bot.changes.usage import words as usage_words
from bot.changes.words import CHOOSE, HISTORY, MORE_CHANGES
from bot.lookups.labels import NO_INVOICES
from tests.journeys.changing import ACTION
from tests.journeys.steps import click_and_see, command_and_see
from tests.running import Running, running_maple

BALANCES_ONLY = """
[[allow]]
who = "everyone"
may = "ask"
changes = "balance"
"""


async def test_menu_opens_the_form_of_the_change(maple: Running) -> None:
    await command_and_see(maple, "/autumn cus_acme", "● Overview")
    await click_and_see(maple, deletion_words.BUTTON, "What the customer has")
    await maple.ana.close()
    await click_and_see(maple, balance_words.PRIMARY_BUTTON, ACTION)


async def test_changes_beyond_the_menu_are_chosen_in_a_modal(maple: Running) -> None:
    await command_and_see(maple, "/autumn features cus_vandelay", "● Features")
    choices = await click_and_see(maple, MORE_CHANGES, CHOOSE)
    assert balance_words.BUTTON in choices
    for words in (usage_words, ungrant_words, control_words):
        assert words.BUTTON in choices
    await click_and_see(maple, CHOOSE, control_words.ACTION, within=control_words.BUTTON)


async def test_chooser_says_when_autumn_does_not_answer(maple: Running) -> None:
    await command_and_see(maple, "/autumn features cus_vandelay", "● Features")
    maple.autumn.faults.add("customers.get", "500", times=None)
    await click_and_see(maple, MORE_CHANGES, "Reference")


async def test_changes_the_policy_forbids_are_not_offered() -> None:
    async with running_maple("http", policy=BALANCES_ONLY) as maple:
        card = await command_and_see(maple, "/autumn cus_acme", "● Overview")
        assert f"[{balance_words.PRIMARY_BUTTON}]" in card
        assert balance_words.BUTTON in card
        assert deletion_words.BUTTON not in card
        assert f"[{HISTORY}]" not in card
        card = await command_and_see(maple, "/autumn billing@acme.example", "● Overview")
        assert deletion_words.BUTTON not in card


async def test_subscription_changes_are_not_offered_without_a_subscription(maple: Running) -> None:
    card = await command_and_see(maple, "/autumn products cus_empty", "● Products")
    assert switch_words.BUTTON in card
    for words in (cancellation_words, quantity_words, trial_words):
        assert words.BUTTON not in card
    for command, explanation in (
        ("cancel", billing_words.NO_SUBSCRIPTIONS),
        ("quantity", quantity_words.NO_QUANTITIES),
        ("trial", trial_words.NO_TRIALS),
    ):
        await command_and_see(maple, f"/autumn {command} cus_empty", explanation)
        await maple.ana.close()


async def test_offered_changes_fit_the_customer(maple: Running) -> None:
    balance, deletion = balance_words.BUTTON, deletion_words.BUTTON
    cancellation, trial, refund = cancellation_words.BUTTON, trial_words.BUTTON, refund_words.BUTTON
    for command, title, offered, not_offered in (
        ("cus_empty", "● Overview", [deletion], [balance, balance_words.PRIMARY_BUTTON]),
        ("products cus_umbrella", "● Products", [cancellation, trial], []),
        ("products cus_northwind", "● Products", [cancellation], [trial]),
        ("invoices cus_books", "● Invoices", [refund], []),
        ("invoices cus_empty", NO_INVOICES, [], [refund]),
    ):
        maple.ana.reload()
        card = await command_and_see(maple, f"/autumn {command}", title)
        assert [button for button in offered if button not in card] == [], command
        assert [button for button in not_offered if button in card] == [], command
    await command_and_see(maple, "/autumn refund cus_empty", refund_words.NO_INVOICES)


async def test_reward_is_offered_where_there_is_one(maple: Running) -> None:
    state = maple.autumn.state
    state.stripe_coupons |= state.rewards
    state.rewards.clear()
    card = await command_and_see(maple, "/autumn cus_noname", "cus_noname")
    assert reward_words.BUTTON in card, "what Autumn has is not known yet"
    await maple.bot.autumn.rewards()
    card = await command_and_see(maple, "/autumn cus_empty", "cus_empty")
    assert reward_words.BUTTON not in card
    card = await command_and_see(maple, "/autumn products cus_empty", "● Products")
    assert reward_words.BUTTON not in card
    await command_and_see(maple, "/autumn reward cus_empty", reward_words.NO_COUPONS)
    await maple.ana.close()
    card = await command_and_see(maple, "/autumn cus_acme", "cus_acme")
    assert reward_words.BUTTON in card, "they have one to remove"


async def test_product_is_offered_where_there_is_another(maple: Running) -> None:
    for plan in maple.autumn.state.plans.values():
        plan.archived = True
    card = await command_and_see(maple, "/autumn products cus_umbrella", "● Products")
    assert switch_words.BUTTON in card, "what Autumn has is not known yet"
    await maple.bot.autumn.plans()
    card = await command_and_see(maple, "/autumn products cus_northwind", "cus_northwind")
    assert switch_words.BUTTON not in card
    await command_and_see(maple, "/autumn switch cus_umbrella", switch_words.NO_PRODUCTS)


async def test_everything_is_offered_where_only_the_invoices_are_known(maple: Running) -> None:
    maple.autumn.faults.add("customers.get", "500", times=None, retry_after=0)
    card = await command_and_see(maple, "/autumn invoices cus_books", "● Invoices")
    assert reward_words.BUTTON in card
    assert refund_words.BUTTON in card
