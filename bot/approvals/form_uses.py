"""What a form has become: a request by itself, or a line of the list that somebody gathers. Never both."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert
from bot.store.tables import form_uses

REMEMBERED = timedelta(days=7)
"""Longer than any form stays open."""


class FormUse(StrEnum):
    REQUEST = "request"
    LINE = "line"


async def take(connection: AsyncConnection, form: str, use: FormUse, *, now: datetime) -> FormUse | None:
    """What it has become before; None: nothing, and it becomes this with the transaction. Whoever does the
    same at the same time waits for the transaction to end."""
    columns = {"form": form, "use": use, "at": now}
    taken = await connection.execute(
        insert(connection, form_uses, columns).on_conflict_do_nothing().returning(form_uses.c.form)
    )
    if taken.one_or_none() is not None:
        return None
    earlier = await connection.execute(select(form_uses.c.use).where(form_uses.c.form == form))
    return FormUse(earlier.scalar_one())


async def forget(connection: AsyncConnection, now: datetime) -> None:
    await connection.execute(delete(form_uses).where(form_uses.c.at < now - REMEMBERED))
