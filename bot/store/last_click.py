"""Which of several clicks on the same card or form was the last: the one by which it is drawn.

They may come to several replicas, in another order than they were made in: what counts is when, by Slack.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from bot.store.database import Database, unbroken
from bot.store.tables import latest
from bot.store.upsert import insert

_REMEMBERED = timedelta(minutes=10)
"""Nothing that is drawn takes so long."""


@unbroken
async def note(database: Database, card: str, clicked: datetime) -> None:
    """There was a click on the card then."""
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
    """Whether there was no click on the card after that one."""
    async with database.reading() as connection:
        found = await connection.execute(select(latest.c.clicked).where(latest.c.card == _hashed(card)))
        last = found.scalar_one_or_none()
    return last is None or last <= clicked


@unbroken
async def forget(database: Database, now: datetime) -> int:
    """Drops those of ten minutes ago and more; how many."""
    async with database.writing() as connection:
        dropped = await connection.execute(delete(latest).where(latest.c.clicked <= now - _REMEMBERED))
        return dropped.rowcount


def _hashed(card: str) -> str:
    return hashlib.sha256(card.encode(errors="surrogatepass")).hexdigest()
