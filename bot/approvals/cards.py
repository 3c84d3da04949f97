"""Where changes, and lists of them, are shown in Slack, so that any replica can redraw every copy.

To show a card, call `claim_post` before posting it, then `mark_shown`, or `mark_gone` if Slack says that the
message or its channel no longer exists. Out-of-date cards are found with `claim_stale`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, or_, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.change_rows import note
from bot.approvals.lifecycle import CardKind, CardTarget, ChangeEvent, PostedCard
from bot.autumn.models import Environment
from bot.store.database import Database, unbroken
from bot.store.tables import cards, changes

GRACE = timedelta(seconds=20)
"""How long a card is left to the process that made the step before another one redraws it."""
POSTING = timedelta(seconds=30)
"""No call to Slack takes longer."""
_SLOWEST = timedelta(hours=1)


class CardTable:
    """`table`: of the cards, each about a row of `subjects`. `about`: the column with the id of that row."""

    def __init__(self, table: Table, subjects: Table, *, about: str) -> None:
        self._table = table
        self._subjects = subjects
        self._about = table.c[about]

    async def add(
        self, connection: AsyncConnection, about: str, target: CardTarget, *, now: datetime
    ) -> PostedCard:
        """A card that is still to be posted."""
        values = self._columns(about, target, due=now + GRACE)
        added = await connection.execute(plain_insert(self._table).values(values).returning(self._table))
        return self._card(added.one(), 1)

    async def outdate(
        self, connection: AsyncConnection, about: str, *, revision: int, now: datetime
    ) -> tuple[PostedCard, ...]:
        """After a step: the cards, now outdated. The process that made the step is the first to redraw
        them."""
        rows = await connection.execute(
            update(self._table)
            .where(self._about == about, ~self._table.c.gone)
            .values(due=now + GRACE, tries=0)
            .returning(self._table)
        )
        return tuple(self._card(row, revision) for row in sorted(rows, key=lambda row: row.id))

    @unbroken
    async def of(self, database: Database, about: str) -> list[PostedCard]:
        """The cards that can be shown, and those that are still to be posted."""
        query = (
            select(self._table, self._subjects.c.revision)
            .join(self._subjects, self._subjects.c.id == self._about)
            .where(self._about == about, ~self._table.c.gone)
            .order_by(self._table.c.id)
        )
        async with database.reading() as connection:
            return [self._card(row, row.revision) for row in await connection.execute(query)]

    async def in_approvals_channel(self, database: Database, about: str) -> PostedCard | None:
        """The card there; None until it is posted."""
        for card in await self.of(database, about):
            if card.kind is CardKind.APPROVAL and card.ts:
                return card
        return None

    @unbroken
    async def claim_post(self, database: Database, card_id: int, *, now: datetime) -> bool:
        """Whether the card is the caller's to post: False while another process posts it, or once it is
        posted."""
        return await self._change(
            database,
            card_id,
            {"posting_until": now + POSTING},
            self._table.c.ts.is_(None),
            or_(self._table.c.posting_until.is_(None), self._table.c.posting_until <= now),
        )

    @unbroken
    async def release_post(self, database: Database, card_id: int) -> bool:
        """Gives back a card that was certainly not posted, so that nobody waits for it."""
        return await self._change(database, card_id, {"posting_until": None}, self._table.c.ts.is_(None))

    @unbroken
    async def mark_gone(self, database: Database, card_id: int) -> bool:
        """For a card that can no longer be shown."""
        return await self._change(database, card_id, {"gone": True}, ~self._table.c.gone)

    @unbroken
    async def mark_shown(self, database: Database, card_id: int, *, revision: int, ts: str = "") -> bool:
        """For a card that shows this revision now; False if it shows a later one. `ts`: if it was just
        posted."""
        async with database.writing() as connection:
            return await self.show(connection, card_id, revision=revision, ts=ts)

    async def show(self, connection: AsyncConnection, card_id: int, *, revision: int, ts: str) -> bool:
        """As `mark_shown`."""
        values: dict[str, Any] = {"shown_revision": revision}
        if ts:
            values |= {"ts": ts, "posting_until": None}
        # A redraw that was overtaken by a later one must not hide that one.
        return await self._update(connection, card_id, values, self._table.c.shown_revision <= revision)

    @unbroken
    async def adopt(
        self, database: Database, about: str, target: CardTarget, ts: str, *, now: datetime, revision: int = 0
    ) -> bool:
        """Takes in an unknown card, such as one posted just before the bot crashed. False: it is known.

        `revision`: what it shows, if that is known.
        """
        values = {**self._columns(about, target, due=now), "ts": ts, "shown_revision": revision}
        try:
            async with database.writing() as connection:
                await connection.execute(plain_insert(self._table).values(values))
        except IntegrityError:
            return False
        return True

    @unbroken
    async def claim_stale(
        self, database: Database, env: Environment, *, now: datetime, most: int = 20
    ) -> list[str]:
        """Ids of what has an outdated card. One caller gets each, and it comes up again later, after twice as
        long every time, so that little is spent on a channel that stays broken."""
        stale = (
            select(self._table.c.id, self._about.label("about"), self._table.c.tries)
            .join(self._subjects, self._subjects.c.id == self._about)
            .where(
                self._subjects.c.env == env,
                self._table.c.shown_revision < self._subjects.c.revision,
                self._table.c.due <= now,
                ~self._table.c.gone,
            )
            .order_by(self._table.c.due)
            .limit(most)
            .with_for_update(of=self._table, skip_locked=True)
        )
        async with database.writing() as connection:
            rows = (await connection.execute(stale)).all()
            for row in rows:
                due = now + min(GRACE * 2**row.tries, _SLOWEST)
                await self._update(connection, row.id, {"due": due, "tries": min(row.tries + 1, 16)})
            return list(dict.fromkeys(card.about for card in rows))

    def _columns(self, about: str, target: CardTarget, *, due: datetime) -> dict[str, Any]:
        return {
            self._about.name: about,
            "kind": target.kind,
            "channel": target.channel,
            "shown_revision": 0,
            "due": due,
            "tries": 0,
            "gone": False,
        }

    def _card(self, row: Row[Any], revision: int) -> PostedCard:
        return PostedCard(
            id=row.id,
            about=row._mapping[self._about],
            kind=CardKind(row.kind),
            channel=row.channel,
            ts=row.ts or "",
            shown=row.shown_revision,
            revision=revision,
            gone=row.gone,
        )

    async def _change(
        self, database: Database, card_id: int, values: Mapping[str, Any], *where: ColumnElement[bool]
    ) -> bool:
        async with database.writing() as connection:
            return await self._update(connection, card_id, values, *where)

    async def _update(
        self,
        connection: AsyncConnection,
        card_id: int,
        values: Mapping[str, Any],
        *where: ColumnElement[bool],
    ) -> bool:
        changed = await connection.execute(
            update(self._table)
            .where(self._table.c.id == card_id, *where)
            .values(values)
            .returning(self._table.c.id)
        )
        return changed.one_or_none() is not None


CHANGE_CARDS = CardTable(cards, changes, about="change_id")


@unbroken
async def mark_shown(
    database: Database, card: PostedCard, *, revision: int, now: datetime, ts: str = ""
) -> PostedCard:
    """A change's card shows this revision now; returns it so, with the revision that the change has by now.
    `ts`: when it was just posted."""
    async with database.writing() as connection:
        latest = await CHANGE_CARDS.show(connection, card.id, revision=revision, ts=ts)
        change = (
            await connection.execute(
                select(changes.c.id, changes.c.state, changes.c.version, changes.c.revision).where(
                    changes.c.id == card.about
                )
            )
        ).one()
        if ts and latest:
            details = {"card": card.kind, "channel": card.channel, "ts": ts}
            await note(connection, change, ChangeEvent.SHOWN, now=now, details=details)
    return replace(card, ts=ts or card.ts, shown=revision, revision=change.revision)
