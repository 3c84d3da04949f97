"""Changes that someone gathers one by one, from the forms of any customers, to request them together.

Each person gathers one list at a time. Its key is the one that it is submitted with, so that it can become
one batch only, whoever requests it; once it has, or was passed on, the next change begins another list.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals import filled_forms
from bot.approvals.filled_forms import FormUse
from bot.autumn.models import Environment
from bot.batches import drafts
from bot.batches.model import BatchLine, GatheredChange, GatheredList
from bot.store.database import Database, insert, unbroken
from bot.store.tables import batches, gathered_lists

KEPT = timedelta(days=1)
"""After the last change."""


class GatheredVersion(NamedTuple):
    """Which list was shown, and in which state."""

    key: str
    version: str

    @classmethod
    def of(cls, gathered: GatheredList) -> "GatheredVersion":
        return cls(gathered.key, gathered.version)


class ListChanged(Exception):
    """The list is no longer as it was shown."""


@unbroken
async def add(
    database: Database, change: GatheredChange, *, env: Environment, person: str, now: datetime
) -> GatheredList | None:
    """The list with this change at its end; the same change, or the same form, is added only once. None: the
    form was submitted, so its change is requested on its own."""
    async with database.writing() as connection:
        earlier = await filled_forms.claim_use(connection, change.form, FormUse.LINE, now=now)
        if earlier is FormUse.REQUEST:
            return None
        new = {"env": env, "person": person, **_columns(GatheredList(secrets.token_hex(16), ())), "at": now}
        await connection.execute(insert(connection, gathered_lists, new).on_conflict_do_nothing())
        gathered = _read((await connection.execute(_of(env, person).with_for_update())).one())
        if await _submitted(connection, gathered.key):
            gathered = GatheredList(str(new["key"]), ())
        lines = gathered.lines
        request = change.input
        if earlier is None and all(line.input != request for line in lines):
            lines += (BatchLine(len(lines) + 1, request.customer, kind=request.kind, input=request),)
        gathered = GatheredList(gathered.key, lines, change.reason or gathered.reason)
        values = {**_columns(gathered), "at": now}
        await connection.execute(update(gathered_lists).filter_by(env=env, person=person).values(values))
        return gathered


@unbroken
async def gathered(database: Database, *, env: Environment, person: str) -> GatheredList | None:
    """What is not submitted yet."""
    async with database.reading() as connection:
        row = (await connection.execute(_of(env, person))).one_or_none()
        return None if row is None or await _submitted(connection, row.key) else _read(row)


@unbroken
async def drop(database: Database, version: GatheredVersion, *, env: Environment, person: str) -> bool:
    """Deletes a list that is not to be requested. False: it is no longer as it was shown, and stays."""
    async with database.writing() as connection:
        try:
            await check(connection, version, env=env, person=person)
        except ListChanged:
            return False
        if await _submitted(connection, version.key):
            return False
        await connection.execute(delete(gathered_lists).filter_by(key=version.key, env=env, person=person))
        return True


@unbroken
async def take_out(
    database: Database, key: str, passed_on: Sequence[BatchLine], *, env: Environment, person: str
) -> None:
    """Closes the list once these lines of it were passed on. What was added since stays, as another list."""
    async with database.writing() as connection:
        row = (await connection.execute(_of(env, person).filter_by(key=key).with_for_update())).one_or_none()
        if row is None or await _submitted(connection, key):
            return
        before = _read(row)
        added = [line for line in before.lines if line not in passed_on]
        lines = tuple(replace(line, number=number) for number, line in enumerate(added, 1))
        mine = {"key": key, "env": env, "person": person}
        if lines:
            rest = _columns(GatheredList(secrets.token_hex(16), lines, before.reason))
            await connection.execute(update(gathered_lists).filter_by(**mine).values(rest))
        else:
            await connection.execute(delete(gathered_lists).filter_by(**mine))


async def check(
    connection: AsyncConnection, version: GatheredVersion, *, env: Environment, person: str
) -> None:
    """Raises ListChanged if it is not as it was shown. Nobody changes it until the transaction ends."""
    row = (await connection.execute(_of(env, person).with_for_update())).one_or_none()
    if row is None or GatheredVersion.of(_read(row)) != version:
        raise ListChanged


@unbroken
async def forget(database: Database, now: datetime) -> None:
    async with database.writing() as connection:
        await connection.execute(delete(gathered_lists).where(gathered_lists.c.at < now - KEPT))


def _of(env: Environment, person: str) -> Select[Any]:
    return select(gathered_lists).filter_by(env=env, person=person)


async def _submitted(connection: AsyncConnection, key: str) -> bool:
    return bool((await connection.execute(select(exists().where(batches.c.submission_id == key)))).scalar())


def _columns(gathered: GatheredList) -> dict[str, Any]:
    lines = [drafts.dump(line) for line in gathered.lines]
    return {"key": gathered.key, "lines": lines, "reason": gathered.reason}


def _read(row: Row[Any]) -> GatheredList:
    return GatheredList(row.key, tuple(map(drafts.read, row.lines)), row.reason)
