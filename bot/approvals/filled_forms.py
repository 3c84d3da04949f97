"""What forms were filled in with, kept for a while so that a form can be opened again as it was.

And what each has become: a request of its own, or a line of someone's gathered list. Never both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.lifecycle import Record
from bot.changes import registry
from bot.changes.forms.fields import why_values
from bot.kit.form_values import Values
from bot.lookups.place import Place
from bot.store.database import Database, insert, unbroken
from bot.store.tables import changes, filled_forms, form_uses

REMEMBERED = timedelta(days=60)
USES_REMEMBERED = timedelta(days=7)
"""Longer than any form stays open."""


class FormUse(StrEnum):
    REQUEST = "request"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class FilledForm:
    id: str
    """Of the submission, or of the change that was edited with it."""
    kind: str
    """The form's kind; the change that it requests may be of another."""
    place: Place
    """The customer, and the feature and the entity if it was opened with one."""
    values: Values


async def keep(connection: AsyncConnection, form: FilledForm, *, now: datetime) -> None:
    """Replaces what the same form was filled in with before."""
    columns = _columns(form, now)
    filled = insert(connection, filled_forms, columns)
    await connection.execute(filled.on_conflict_do_update(index_elements=[filled_forms.c.id], set_=columns))


@unbroken
async def keep_first(database: Database, form: FilledForm, *, now: datetime) -> bool:
    """Keeps the form, unless one of this id was kept before; whether it did."""
    async with database.writing() as connection:
        filled = insert(connection, filled_forms, _columns(form, now))
        rows = await connection.execute(filled.on_conflict_do_nothing().returning(filled_forms.c.id))
        return rows.one_or_none() is not None


@unbroken
async def drop(database: Database, form_id: str) -> None:
    async with database.writing() as connection:
        await connection.execute(delete(filled_forms).where(filled_forms.c.id == form_id))


@unbroken
async def get(database: Database, form_id: str) -> FilledForm | None:
    async with database.reading() as connection:
        row = (
            await connection.execute(select(filled_forms).where(filled_forms.c.id == form_id))
        ).one_or_none()
    return None if row is None else _form(row)


@unbroken
async def of_change(database: Database, record: Record) -> FilledForm:
    """The form a change was requested or last edited with. For an undo, or once that form is deleted: a form
    with only the reason, ticket and feature."""
    submitted = select(changes.c.submission_id).where(changes.c.id == record.id).scalar_subquery()
    query = (
        select(filled_forms)
        .where(or_(filled_forms.c.id == record.id, filled_forms.c.id == submitted))
        .order_by(filled_forms.c.at.desc())
        .limit(1)
    )
    async with database.reading() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is not None:
        return _form(row)
    place = Place(
        customer=record.customer_id,
        feature=registry.kind(record.kind).feature(record.input),
        entity=record.input.entity,
    )
    return FilledForm(record.id, record.kind, place, why_values(record.reason, record.ticket))


async def claim_use(connection: AsyncConnection, form: str, use: FormUse, *, now: datetime) -> FormUse | None:
    """Claims the form for this use. Returns its earlier use, or None if the claim succeeded. Concurrent
    callers wait until this transaction ends."""
    columns = {"form": form, "use": use, "at": now}
    inserted = await connection.execute(
        insert(connection, form_uses, columns).on_conflict_do_nothing().returning(form_uses.c.form)
    )
    if inserted.one_or_none() is not None:
        return None
    earlier = await connection.execute(select(form_uses.c.use).where(form_uses.c.form == form))
    return FormUse(earlier.scalar_one())


@unbroken
async def forget(database: Database, now: datetime) -> None:
    async with database.writing() as connection:
        await connection.execute(delete(filled_forms).where(filled_forms.c.at <= now - REMEMBERED))
        await connection.execute(delete(form_uses).where(form_uses.c.at < now - USES_REMEMBERED))


def _columns(form: FilledForm, now: datetime) -> dict[str, Any]:
    return {
        "id": form.id,
        "kind": form.kind,
        "customer_id": form.place.customer,
        "feature": form.place.feature,
        "entity": form.place.entity,
        "entered": form.values,
        "at": now,
    }


def _form(row: Row[Any]) -> FilledForm:
    place = Place(customer=row.customer_id, feature=row.feature, entity=row.entity)
    return FilledForm(row.id, row.kind, place, row.entered)
