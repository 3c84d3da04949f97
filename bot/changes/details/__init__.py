"""Editing a customer's name, email and fingerprint."""

from bot.changes.details.kind import DetailsChange

KIND = DetailsChange()
