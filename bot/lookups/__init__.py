"""Reading a customer: finding one, and each part of the card."""

from bot.lookups.find import find, search, suggest
from bot.lookups.query import readings
from bot.lookups.reading import look_up, read

__all__ = ["find", "look_up", "read", "readings", "search", "suggest"]
