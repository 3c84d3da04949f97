"""Editing a customer's name, e-mail and fingerprint."""

from bot.changes.details.kind import DetailsChange

KIND = DetailsChange()
