"""What a customer's card offers to whom."""

from bot.changes.balance import words as balance_words
from bot.changes.control import words as control_words
from bot.changes.deletion import words as deletion_words
from bot.changes.ungrant import words as ungrant_words
from bot.changes.usage import words as usage_words
from bot.changes.words import CHOOSE, HISTORY, MORE_CHANGES
from tests.journeys.steps import ask, press
from tests.running import Running, running_maple

BALANCES_ONLY = """
[[allow]]
who = "everyone"
may = "ask"
changes = "balance"
"""


async def test_menu_opens_the_form_of_the_change(maple: Running) -> None:
    await ask(maple, "/autumn cus_acme", "● Overview")
    await press(maple, deletion_words.BUTTON, "What is live")
    await maple.ana.close()
    await press(maple, balance_words.PRIMARY_BUTTON, "What to do")


async def test_changes_beyond_the_menu_are_chosen_in_a_modal(maple: Running) -> None:
    await ask(maple, "/autumn features cus_vandelay", "● Features")
    choices = await press(maple, MORE_CHANGES, CHOOSE)
    assert balance_words.BUTTON in choices
    for words in (usage_words, ungrant_words, control_words):
        assert words.BUTTON in choices
    await press(maple, CHOOSE, control_words.ACTION, within=control_words.BUTTON)


async def test_chooser_says_when_autumn_does_not_answer(maple: Running) -> None:
    await ask(maple, "/autumn features cus_vandelay", "● Features")
    maple.autumn.faults.add("customers.get", "500", times=None)
    await press(maple, MORE_CHANGES, "Reference")


async def test_what_the_policy_does_not_allow_is_not_offered() -> None:
    async with running_maple("http", policy=BALANCES_ONLY) as maple:
        card = await ask(maple, "/autumn cus_acme", "● Overview")
        assert f"[{balance_words.PRIMARY_BUTTON}]" in card
        assert balance_words.BUTTON in card
        assert deletion_words.BUTTON not in card
        assert f"[{HISTORY}]" not in card
        card = await ask(maple, "/autumn billing@acme.example", "● Overview")
        assert deletion_words.BUTTON not in card


async def test_change_that_could_do_nothing_is_not_offered(maple: Running) -> None:
    card = await ask(maple, "/autumn cus_empty", "● Overview")
    assert balance_words.PRIMARY_BUTTON not in card
    assert balance_words.BUTTON not in card
    assert deletion_words.BUTTON in card
