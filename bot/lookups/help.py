"""What to type."""

from bot.kit import blocks, ids, layout, text
from bot.kit.card import Card
from bot.lookups import labels
from bot.lookups.place import Place


def help_card() -> Card:
    lines = [f"• {text.code(usage)} {does}" for usage, does in labels.help_lines(ids.COMMAND)]
    return layout.card(
        [
            blocks.header("help", labels.HELP_TITLE),
            blocks.section("commands", "\n".join(lines)),
            blocks.context("customer", labels.HELP_CUSTOMER),
        ],
        [],
        [],
        stamp=None,
    )


def usage_hint(sub: str) -> Card:
    """For a sub-command without a customer."""
    told = (
        labels.text_hint(ids.COMMAND) if sub == "find" else labels.usage_hint(ids.COMMAND, text.mrkdwn(sub))
    )
    return layout.card([blocks.section("hint", told)], [], [], stamp=None)


def days_hint(most: int) -> Card:
    """For something other than a number of days that can be looked ahead. `most`: of them."""
    return layout.card([blocks.section("hint", labels.days_hint(ids.COMMAND, most))], [], [], stamp=None)


def asking(place: Place | None = None) -> Card:
    """Said when Autumn takes longer than a person expects."""
    told = labels.asking(text.code(place.customer)) if place else labels.ASKING
    return layout.card([blocks.context("asking", told)], [], [], stamp=None)
