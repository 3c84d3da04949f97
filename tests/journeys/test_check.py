"""Checking whether a customer may use a number of units, by command, from a feature and from an entity."""

from bot.lookups import labels
from bot.lookups.check import words
from bot.lookups.check.reason import Why
from tests.journeys.steps import click_and_see, command_and_see
from tests.running import Running

READ_ONLY = ("customers:read", "plans:read", "features:read", "analytics:read")


def verdict_text(customer: str, units: str, *, allowed: bool) -> str:
    return words.verdict(customer, units, "Messages", allowed=allowed).replace("*", "")


def balances(maple: Running, customer_id: str) -> list[tuple[str, float]]:
    return [(row.feature_id, row.balance) for row in maple.autumn.state.customer(customer_id).rows]


async def test_check_answers_and_uses_nothing(maple: Running) -> None:
    before = balances(maple, "cus_wonka")
    card = await command_and_see(
        maple, "/autumn check Wonka Confectionery 5 messages", words.REASONS[Why.ENOUGH_LEFT]
    )
    assert verdict_text(words.THEY, "5", allowed=True) in card
    card = await click_and_see(maple, "100,000", verdict_text(words.THEY, "100,000", allowed=False))
    assert words.REASONS[Why.NOT_ENOUGH] in card
    assert balances(maple, "cus_wonka") == before
    assert {call.route for call in maple.autumn.calls} >= {"balances.check"}
    assert not maple.autumn.ledger


async def test_feature_card_checks_availability(maple: Running) -> None:
    await command_and_see(maple, "/autumn features cus_acme", "● Features")
    await click_and_see(maple, labels.OPEN, labels.CAN_USE, within="Messages")
    card = await click_and_see(maple, labels.CAN_USE, words.REASONS[Why.ENOUGH_LEFT])
    assert verdict_text(words.THEY, "1", allowed=True) in card
    await click_and_see(maple, words.BACK_TO_FEATURE, labels.CAN_USE)


async def test_entity_card_checks_availability(maple: Running) -> None:
    await command_and_see(maple, "/autumn entities cus_piedpiper", "4 entities")
    await click_and_see(maple, labels.OPEN, labels.CAN_USE, within="Middle-Out")
    await click_and_see(maple, labels.CAN_USE, "Which feature?")
    await maple.ana.choose(words.PICK, "Messages")
    await maple.ana.sees(verdict_text(words.entity("workspace_2"), "1", allowed=True))


async def test_unclear_customers_and_numbers_are_asked_about_and_the_question_is_kept(maple: Running) -> None:
    await command_and_see(maple, "/autumn check corp 5k messages", "match corp")
    await click_and_see(maple, labels.OPEN, "5,000 Messages")
    await command_and_see(maple, "/autumn check acme -5 messages", words.MORE_THAN_NOTHING)
    await command_and_see(maple, "/autumn check acme 1.000 messages", words.USAGE)


async def test_key_without_the_scope_is_reported(maple: Running) -> None:
    maple.autumn.narrow(READ_ONLY)
    card = await command_and_see(maple, "/autumn check cus_acme 5 messages", words.CHECK)
    assert "permission" in card
