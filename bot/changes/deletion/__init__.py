"""Deleting a customer in Autumn."""

from bot.changes.deletion.kind import DeletionChange

KIND = DeletionChange()
