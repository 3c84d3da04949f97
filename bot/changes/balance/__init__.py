"""Changing a customer's balance of a feature."""

from bot.changes.balance.kind import BalanceChange

KIND = BalanceChange()
