"""Which click on a card or form was the last. Only that one may redraw it.

Clicks may reach several replicas, and not in order, so they are ordered by Slack's time of the click.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from bot.store.database import Database, insert, unbroken
from bot.store.tables import latest

_REMEMBERED = timedelta(minutes=10)
"""Longer than any redraw takes."""


@unbroken
async def note(database: Database, card: str, clicked: datetime) -> None:
    """Records a click on the card at Slack's time `clicked`."""
    async with database.writing() as connection:
        click = insert(connection, latest, {"card": _hashed(card), "clicked": clicked})
        later = latest.c.clicked < clicked
        await connection.execute(
            click.on_conflict_do_update(
                index_elements=[latest.c.card], set_={"clicked": clicked}, where=later
            )
        )


@unbroken
async def is_last(database: Database, card: str, clicked: datetime) -> bool:
    """Whether no later click on the card is recorded."""
    async with database.reading() as connection:
        rows = await connection.execute(select(latest.c.clicked).where(latest.c.card == _hashed(card)))
        last = rows.scalar_one_or_none()
    return last is None or last <= clicked


@unbroken
async def forget(database: Database, now: datetime) -> int:
    """Deletes clicks older than ten minutes, and returns how many there were."""
    async with database.writing() as connection:
        dropped = await connection.execute(delete(latest).where(latest.c.clicked <= now - _REMEMBERED))
        return dropped.rowcount


def _hashed(card: str) -> str:
    return hashlib.sha256(card.encode(errors="surrogatepass")).hexdigest()
