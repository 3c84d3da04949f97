"""Recording usage that a company's backend did not."""

from bot.changes.usage.kind import UsageChange

KIND = UsageChange()
