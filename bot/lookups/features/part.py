"""Features: every balance of the customer, and what else is included."""

from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.lookups import samples
from bot.lookups.customer import customer_of
from bot.lookups.features import card, words
from bot.lookups.features.card import Features
from bot.lookups.part import LookupPart
from bot.lookups.place import Place


async def features(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Features:
    """Raises AutumnError."""
    return Features(await customer_of(autumn, place, known), at)


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
