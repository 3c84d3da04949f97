"""Giving a feature on top of what the products include: a standalone grant."""

from bot.changes.grant.kind import GrantChange

KIND = GrantChange()
