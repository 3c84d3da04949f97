"""Moving the day on which a standalone grant expires."""

from bot.changes.expiry.kind import ExpiryChange

KIND = ExpiryChange()
