"""Which of several clicks on the same card or form was the last: the one by which it is drawn.

They may come to several replicas, so their order is kept here, by the database.
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
async def take(database: Database, card: str, now: datetime) -> int:
    """The number of this click on the card: higher than that of any before it."""
    hashed = _hashed(card)
    async with database.writing() as connection:
        click = insert(connection, latest, {"card": hashed, "number": 1, "at": now})
        taken = await connection.execute(
            click.on_conflict_do_update(
                index_elements=[latest.c.card], set_={"number": latest.c.number + 1, "at": now}
            ).returning(latest.c.number)
        )
        return int(taken.scalar_one())


@unbroken
async def is_last(database: Database, card: str, number: int) -> bool:
    """Whether no other click on the card came after the one of this number."""
    async with database.reading() as connection:
        found = await connection.execute(select(latest.c.number).where(latest.c.card == _hashed(card)))
        return found.scalar_one_or_none() in (number, None)


@unbroken
async def forget(database: Database, now: datetime) -> int:
    """Drops those of ten minutes ago and more; how many."""
    async with database.writing() as connection:
        dropped = await connection.execute(delete(latest).where(latest.c.at <= now - _REMEMBERED))
        return dropped.rowcount


def _hashed(card: str) -> str:
    return hashlib.sha256(card.encode(errors="surrogatepass")).hexdigest()
