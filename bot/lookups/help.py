"""What to type."""

from bot.kit import blocks, ids, text
from bot.kit.card import Card
from bot.lookups import frame as parts
from bot.lookups import words
from bot.lookups.place import Place


def help_card() -> Card:
    lines = [f"• {text.code(usage)} {does}" for usage, does in words.help_lines(ids.COMMAND)]
    return parts.card(
        [
            blocks.header("help", words.HELP_TITLE),
            blocks.section("commands", "\n".join(lines)),
            blocks.context("customer", words.HELP_CUSTOMER),
        ],
        [],
        [],
        stamp=None,
    )


def usage_hint(sub: str) -> Card:
    """For a sub-command without a customer."""
    told = words.text_hint(ids.COMMAND) if sub == "find" else words.usage_hint(ids.COMMAND, text.mrkdwn(sub))
    return parts.card([blocks.section("hint", told)], [], [], stamp=None)


def days_hint(most: int) -> Card:
    """For something other than a number of days that can be looked ahead. `most`: of them."""
    return parts.card([blocks.section("hint", words.days_hint(ids.COMMAND, most))], [], [], stamp=None)


def asking(place: Place | None = None) -> Card:
    """Said when Autumn takes longer than a person expects."""
    told = words.asking(text.code(place.customer)) if place else words.ASKING
    return parts.card([blocks.context("asking", told)], [], [], stamp=None)
