"""Deleting what the store has kept long enough."""

from datetime import datetime

from bot.store import deliveries, last_click, shared_rate_limit
from bot.store.database import Database


async def forget_old(database: Database, now: datetime) -> None:
    """Slack's deliveries, clicks on cards and shares of Autumn's rate that are too old to matter."""
    await deliveries.forget(database, now)
    await last_click.forget(database, now)
    await shared_rate_limit.forget(database)
