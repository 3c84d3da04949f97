"""Setting and removing a customer's billing controls."""

from bot.changes.control.kind import ControlChange

KIND = ControlChange()
