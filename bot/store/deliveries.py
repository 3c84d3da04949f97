"""Which of Slack's deliveries were seen: the same one may come more than once, and to any replica."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete

from bot.store.database import Database, unbroken
from bot.store.tables import deliveries
from bot.store.upsert import insert

REMEMBERED = timedelta(minutes=10)
"""Slack repeats a delivery within an hour at most, and a signed request is good for five minutes."""


@unbroken
async def first_time(database: Database, key: str, now: datetime) -> bool:
    """Whether this key, such as a trigger id or a signature, was not seen in the last ten minutes.

    One of any number of calls at once gets True. Only a hash of the key is kept.
    """
    hashed = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
    async with database.writing() as connection:
        seen = insert(connection, deliveries, {"key": hashed, "at": now})
        taken = await connection.execute(
            seen.on_conflict_do_update(
                index_elements=[deliveries.c.key],
                set_={"at": now},
                where=deliveries.c.at <= now - REMEMBERED,
            ).returning(deliveries.c.key)
        )
        return taken.one_or_none() is not None


@unbroken
async def forget(database: Database, now: datetime) -> int:
    """Drops what need not be remembered any more; how many."""
    async with database.writing() as connection:
        dropped = await connection.execute(delete(deliveries).where(deliveries.c.at <= now - REMEMBERED))
        return dropped.rowcount
