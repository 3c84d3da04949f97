"""Changing a customer's product."""

from bot.changes.switch.kind import SwitchChange

KIND = SwitchChange()
