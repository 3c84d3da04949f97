"""Reading a customer: finding one, and each part of the card."""

from bot.lookups.find.query import readings
from bot.lookups.find.search import find, search, suggest
from bot.lookups.readers import look_up, read

__all__ = ["find", "look_up", "read", "readings", "search", "suggest"]
