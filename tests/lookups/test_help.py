"""The list of commands, and hints."""

from bot.changes import registry
from bot.lookups import help as lookup_help
from bot.lookups import labels
from tests.kit import checks
from tests.lookups.drawing import PLACE


def test_help_lists_every_command() -> None:
    card_text = checks.fitting_text(lookup_help.help_card(registry.help_lines()))
    for sub in ("products", "features", "invoices", "events", "find", "help"):
        assert f"`/autumn {sub}" in card_text


def test_commands_beyond_one_section_are_all_listed() -> None:
    many = [(f"made-up-{number} <customer>", "does something " * 5) for number in range(40)]
    card_text = checks.fitting_text(lookup_help.help_card(many))
    assert all(f"`/autumn made-up-{number} " in card_text for number in range(40))


def test_hints_name_the_command() -> None:
    assert "`/autumn products`" in checks.fitting_text(lookup_help.usage_hint("products"))
    assert "`/autumn find`" in checks.fitting_text(lookup_help.usage_hint("find"))
    assert "`/autumn upcoming` and a number from 1 to 31" in checks.fitting_text(lookup_help.days_hint(31))
    assert checks.fitting_text(lookup_help.still_waiting()) == labels.still_waiting()
    assert "`cus_1`" in checks.fitting_text(lookup_help.still_waiting(PLACE))
