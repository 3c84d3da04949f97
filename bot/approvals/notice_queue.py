"""Separate messages about changes and about lists of them, kept in the database until they are posted.

A process claims a message, records that an attempt begins, then sends it. Before the next attempt it looks in
Slack for the last one, if that may have arrived.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.lifecycle import NoticeKind
from bot.autumn.models import Environment
from bot.store.database import Database, insert, unbroken
from bot.store.tables import changes, notices

ATTEMPT = timedelta(seconds=30)
"""No attempt takes longer; the next one may begin after it."""
_LONGEST_WAIT = timedelta(hours=1)
_MOST_TRIES = 40
"""About a day and a half; then Maple gives up."""


@dataclass(frozen=True, slots=True)
class Notice:
    about: str
    """The id of the change, or of the list."""
    kind: str
    sent_at: datetime | None
    """When an earlier attempt began, if Slack may have it."""
    revision: int
    """Of what it is about, when the notice was claimed."""
    version: int = 0
    """Of the change; 0 for a list."""


class NoticeQueue:
    """`table`: of the notices, each about a row of `subjects`. Its key is `about`, the column with the id of
    that row, the kind, and, if `versions`, the version."""

    def __init__(self, table: Table, subjects: Table, *, about: str, versions: bool = False) -> None:
        self._table = table
        self._subjects = subjects
        self._about = table.c[about]
        self._versions = versions

    async def add(
        self, connection: AsyncConnection, about: str, kind: str, due: datetime, *, version: int = 0
    ) -> None:
        """Queues a notice, once however often it is added, in the transaction of the step it is about."""
        new = {**self._key(about, kind, version), "due": due, "tries": 0, "done": False}
        await connection.execute(insert(connection, self._table, new).on_conflict_do_nothing())

    @unbroken
    async def due(
        self, database: Database, env: Environment, now: datetime, *, most: int | None = None
    ) -> list[str]:
        """Ids of what has a notice to post."""
        query = (
            select(self._about)
            .join(self._subjects, self._subjects.c.id == self._about)
            .where(self._open(now), self._table.c.tries < _MOST_TRIES, self._subjects.c.env == env)
            .order_by(self._table.c.due)
            .limit(most)
        )
        async with database.reading() as connection:
            return list(dict.fromkeys((await connection.execute(query)).scalars()))

    async def claim(
        self, connection: AsyncConnection, about: str, now: datetime, *, kind: str = ""
    ) -> list[Notice]:
        """The notices that are due, or the one of this kind, now the caller's to post. Each is given to one
        caller at a time, and again after a longer wait every time, until it is done."""
        query = (
            select(self._table, self._subjects.c.revision)
            .join(self._subjects, self._subjects.c.id == self._about)
            .where(self._about == about, self._open(now))
            .order_by(*self._table.primary_key)
            .with_for_update(of=self._table)
        )
        if kind:
            query = query.where(self._table.c.kind == kind)
        claimed = []
        for row in (await connection.execute(query)).all():
            notice = self._notice(row)
            put_off = now + min(ATTEMPT * 2**row.tries, _LONGEST_WAIT)
            await self._set(connection, notice, due=put_off, tries=row.tries + 1)
            claimed.append(notice)
        return claimed

    @unbroken
    async def attempt(self, database: Database, notice: Notice, *, began: datetime | None) -> None:
        """An attempt begins, or (None) surely did not reach Slack."""
        async with database.writing() as connection:
            await self._set(connection, notice, sent_at=began)

    @unbroken
    async def finish(self, database: Database, notice: Notice) -> None:
        """For a notice that is posted, or can never be."""
        async with database.writing() as connection:
            await self._set(connection, notice, done=True)

    async def _set(
        self, connection: AsyncConnection, notice: Notice, **values: datetime | bool | int | None
    ) -> None:
        key = self._key(notice.about, notice.kind, notice.version)
        await connection.execute(update(self._table).filter_by(**key).values(values))

    def _open(self, now: datetime) -> ColumnElement[bool]:
        return and_(~self._table.c.done, self._table.c.due <= now)

    def _key(self, about: str, kind: str, version: int) -> Mapping[str, Any]:
        key = {self._about.name: about, "kind": kind}
        return {**key, "version": version} if self._versions else key

    def _notice(self, row: Row[Any]) -> Notice:
        about = row._mapping[self._about]
        return Notice(about, row.kind, row.sent_at, row.revision, row.version if self._versions else 0)


CHANGE_NOTICES = NoticeQueue(notices, changes, about="change_id", versions=True)


@unbroken
async def claim(database: Database, change_id: str, now: datetime) -> list[Notice]:
    """The notices of a change that are due."""
    async with database.writing() as connection:
        return await CHANGE_NOTICES.claim(connection, change_id, now)


async def drop_reminders(connection: AsyncConnection, change_id: str) -> None:
    """A request that no longer waits needs none."""
    reminders = notices.c.kind.in_((NoticeKind.HALF_TIME, NoticeKind.LAST_HOUR))
    await connection.execute(
        update(notices).where(notices.c.change_id == change_id, reminders, ~notices.c.done).values(done=True)
    )
