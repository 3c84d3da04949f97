"""What the customer may use, and one feature with its usage over time."""

from datetime import datetime

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.lookups.customer import customer_of
from bot.lookups.features.answer import Features
from bot.lookups.place import Place


async def features(autumn: Autumn, place: Place, at: datetime, known: Customer | None) -> Features:
    """Raises AutumnError."""
    return Features(await customer_of(autumn, place, known), at)
