"""Features: every balance of the customer, and what else is included."""

from bot.lookups import samples
from bot.lookups.features import card, words
from bot.lookups.features.answer import Features
from bot.lookups.features.read import features
from bot.lookups.part import LookupPart


def _sample() -> Features:
    return Features(samples.customer(), samples.NOW)


PART = LookupPart(
    id="features",
    title=words.TITLE,
    command="features",
    help=words.HELP,
    read=features,
    draw=card.content,
    lists_balances=True,
    sample=_sample,
)
