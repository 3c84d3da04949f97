"""Removing a standalone grant."""

from bot.changes.ungrant.kind import UngrantChange

KIND = UngrantChange()
