"""Any altered row of the audit trail is found, whatever was altered."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.lifecycle import ChangeEvent
from bot.store import audit
from bot.store.database import Database
from bot.store.tables import audit as trail
from bot.store.tables import audit_head
from tests.approvals.harness import NOW
from tests.databases import Engine, fresh
from tests.proofs.figures import Figures

Tampering: TypeAlias = Callable[[AsyncConnection, audit.Entry], Awaitable[None]]

_CHANGES = 97
_FIELDS = ("seq", "change_id", "at", "event", "actor", "body", "previous", "hash")


async def alterations(engine: Engine, rows: int, through_database: int) -> Figures:
    """Alters every field of every row in memory; and some rows in the database, as someone who got past the
    triggers would. The last two kinds of tampering only show against a head that was recorded before."""
    figures = Figures(f"Any one of {rows:,} rows of the trail is altered: {engine}")
    database = Database(fresh(engine))
    await _fill(database, rows)
    async with database.reading() as connection:
        entries = [entry async for entry in audit.entries(connection)]
        whole = await audit.verify(connection)
    head = whole.head
    figures.check(head.seq == rows, f"{head.seq} rows, not {rows}")
    figures.check(not _trail_faults(whole), f"untouched, yet {whole.faults[:1]}")
    for entry in entries:
        for field in _FIELDS:
            altered = _alter(entry, field)
            figures.check(altered.hash != altered.expected(), f"{field} of row {entry.seq} is not found")
        figures.count("rows, each with each of its 8 fields altered", 1)
    figures.count("alterations found by the row's own hash", len(entries) * len(_FIELDS))
    dice = random.Random(rows)  # noqa: S311 - reproducible
    await _open(database)
    for number in range(through_database):
        name = list(_TAMPERINGS)[number % len(_TAMPERINGS)]
        await _tamper(figures, database, name, entry=dice.choice(entries), head=head)
    await database.aclose()
    return figures


async def _fill(database: Database, rows: int) -> None:
    async with database.writing() as connection:
        for number in range(rows):
            await audit.append(
                connection,
                change_id=f"{number % _CHANGES:024x}",
                event=ChangeEvent.ASKED,
                actor=f"U{number % 13}",
                at=NOW + timedelta(seconds=number),
                body={"state": "waiting", "version": 1, "reason": f"because of {number}"},
            )


def _alter(entry: audit.Entry, field: str) -> audit.Entry:
    if field == "seq":
        return replace(entry, seq=entry.seq + 1)
    value = getattr(entry, field)
    altered: dict[str, Any] = {field: value[:-1] + chr(ord(value[-1]) ^ 1) if value else "0"}
    return replace(entry, **altered)


async def _open(database: Database) -> None:
    """Removes the triggers, which an ordinary user cannot."""
    async with database.writing() as connection:
        if database.sqlite:
            triggers = await connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
            )
            for name in triggers.scalars().all():
                await connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit", "audit_head"):
                await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


class _Undone(Exception):
    """Rolls the transaction back."""


async def _tamper(
    figures: Figures, database: Database, name: str, *, entry: audit.Entry, head: audit.Head
) -> None:
    """Tampers, verifies, and rolls back. `head`: as it was recorded elsewhere before."""
    try:
        async with database.writing() as connection:
            await _TAMPERINGS[name](connection, entry)
            verified = await audit.verify(connection, since=head)
            raise _Undone  # noqa: TRY301 - ends the transaction, and nothing else does
    except _Undone:
        figures.count(f"{name}, in the database")
        figures.check(bool(_trail_faults(verified)), f"row {entry.seq}, {name}: not found")


def _trail_faults(verified: audit.Verified) -> list[str]:
    """Leaves out the faults that changes are missing: the rows here belong to none."""
    return [fault for fault in verified.faults if not fault.startswith("change ")]


async def _altered(connection: AsyncConnection, entry: audit.Entry) -> None:
    await _set(connection, replace(entry, body=entry.body.replace("because", "becouse")))


async def _rehashed(connection: AsyncConnection, entry: audit.Entry) -> None:
    altered = replace(entry, actor="U_NOBODY")
    await _set(connection, replace(altered, hash=altered.expected()))


async def _deleted(connection: AsyncConnection, entry: audit.Entry) -> None:
    await connection.execute(trail.delete().where(trail.c.seq == entry.seq))


async def _cut_off(connection: AsyncConnection, entry: audit.Entry) -> None:
    """Also moves the head to the new end."""
    await connection.execute(trail.delete().where(trail.c.seq >= entry.seq))
    await connection.execute(update(audit_head).values(seq=entry.seq - 1, hash=entry.previous))


async def _rewritten(connection: AsyncConnection, entry: audit.Entry) -> None:
    """Also rewrites every row after it and the head."""
    rows = [row async for row in audit.entries(connection)]
    previous = entry.previous
    for row in rows[entry.seq - 1 :]:
        actor = "U_NOBODY" if row.seq == entry.seq else row.actor
        unhashed = replace(row, actor=actor, previous=previous)
        rewritten = replace(unhashed, hash=unhashed.expected())
        await _set(connection, rewritten)
        previous = rewritten.hash
    await connection.execute(update(audit_head).values(hash=previous))


async def _set(connection: AsyncConnection, entry: audit.Entry) -> None:
    values = {name: getattr(entry, name) for name in audit.Entry.__slots__}
    await connection.execute(update(trail).where(trail.c.seq == entry.seq).values(values))


_TAMPERINGS: dict[str, Tampering] = {
    "altered": _altered,
    "altered, with a correct hash": _rehashed,
    "deleted": _deleted,
    "the end cut off, and the head moved": _cut_off,
    "rewritten with everything after it": _rewritten,
}
