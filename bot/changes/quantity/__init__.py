"""How much of a feature a subscription buys ahead."""

from bot.changes.quantity.kind import QuantityChange

KIND = QuantityChange()
