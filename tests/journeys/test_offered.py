"""What a customer's card offers to whom."""

from bot.changes.balance import words as balance_words
from bot.changes.deletion import words as deletion_words
from bot.changes.words import HISTORY
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
