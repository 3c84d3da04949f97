"""Which of Slack's deliveries were seen. Slack may repeat one, and to any replica."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete

from bot.store.database import Database, insert, unbroken
from bot.store.tables import deliveries

REMEMBERED = timedelta(minutes=10)
"""Slack repeats a delivery within an hour at most, and a signed request is good for five minutes."""


@unbroken
async def first_time(database: Database, key: str, now: datetime) -> bool:
    """Whether this key, such as a trigger id or a signature, is new within ten minutes.

    Of any number of simultaneous calls exactly one returns True. Only a hash of the key is stored.
    """
    async with database.writing() as connection:
        delivery = insert(connection, deliveries, {"key": _hashed(key), "at": now})
        rows = await connection.execute(
            delivery.on_conflict_do_update(
                index_elements=[deliveries.c.key],
                set_={"at": now},
                where=deliveries.c.at <= now - REMEMBERED,
            ).returning(deliveries.c.key)
        )
        return rows.one_or_none() is not None


@unbroken
async def forget_one(database: Database, key: str) -> None:
    async with database.writing() as connection:
        await connection.execute(delete(deliveries).where(deliveries.c.key == _hashed(key)))


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


@unbroken
async def forget(database: Database, now: datetime) -> int:
    """Deletes the keys that are older than that, and returns how many there were."""
    async with database.writing() as connection:
        dropped = await connection.execute(delete(deliveries).where(deliveries.c.at <= now - REMEMBERED))
        return dropped.rowcount
