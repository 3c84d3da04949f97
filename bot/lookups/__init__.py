"""Reading a customer: finding one, and each part of the card."""

from bot.lookups.find.query import readings
from bot.lookups.find.search import find, search, suggest
from bot.lookups.readers import find_and_read, read

__all__ = ["find", "find_and_read", "read", "readings", "search", "suggest"]
