"""Where a batch is shown in Slack, so that any replica can redraw it, also after a restart.

Whoever shows a card calls `claim_post` before posting it, then `mark_shown`; `mark_gone` when Slack says that
the message or its channel no longer exists. The ticker finds out-of-date cards with `claim_stale`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update

from bot.approvals.lifecycle import CardKind
from bot.autumn.environment import Environment
from bot.batches.repository import GRACE
from bot.store.database import Database, unbroken
from bot.store.tables import batch_cards, batches

POSTING = timedelta(seconds=30)
"""No call of Slack's takes longer."""
_SLOWEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BatchCard:
    id: int
    batch_id: str
    kind: CardKind
    channel: str
    """Of the approvals channel, or of a person for their direct messages."""
    ts: str
    """Slack's timestamp of the message; empty until it is posted."""
    shown: int
    """The revision it shows; 0 for none."""


@unbroken
async def cards_of(database: Database, batch_id: str) -> list[BatchCard]:
    """The cards that can be shown, and those that are still to be posted."""
    query = (
        select(batch_cards)
        .where(batch_cards.c.batch_id == batch_id, ~batch_cards.c.gone)
        .order_by(batch_cards.c.id)
    )
    async with database.reading() as connection:
        return [
            BatchCard(row.id, row.batch_id, CardKind(row.kind), row.channel, row.ts or "", row.shown_revision)
            for row in await connection.execute(query)
        ]


@unbroken
async def claim_post(database: Database, card_id: int, *, now: datetime) -> bool:
    """Whether it is the caller's to post: False while somebody else does, or when it is posted."""
    return await _change(
        database,
        card_id,
        {"posting_until": now + POSTING},
        batch_cards.c.ts.is_(None),
        or_(batch_cards.c.posting_until.is_(None), batch_cards.c.posting_until <= now),
    )


@unbroken
async def release_post(database: Database, card_id: int) -> bool:
    """It surely was not posted, so that it need not be waited for."""
    return await _change(database, card_id, {"posting_until": None}, batch_cards.c.ts.is_(None))


@unbroken
async def mark_shown(database: Database, card_id: int, *, revision: int, ts: str = "") -> bool:
    """It shows this revision now. `ts`: when it was just posted."""
    values: dict[str, Any] = {"shown_revision": revision}
    if ts:
        values |= {"ts": ts, "posting_until": None}
    # A redraw that was overtaken by a later one must not hide that one.
    return await _change(database, card_id, values, batch_cards.c.shown_revision <= revision)


@unbroken
async def mark_gone(database: Database, card_id: int) -> bool:
    """It cannot be shown any more."""
    return await _change(database, card_id, {"gone": True}, ~batch_cards.c.gone)


@unbroken
async def claim_stale(database: Database, env: Environment, *, now: datetime, most: int = 20) -> list[str]:
    """Ids of batches with a card that does not show what is so. Each comes to one caller, and again later:
    after twice as long every time."""
    stale = (
        select(batch_cards.c.id, batch_cards.c.batch_id, batch_cards.c.tries)
        .join(batches, batches.c.id == batch_cards.c.batch_id)
        .where(
            batches.c.env == env,
            batch_cards.c.shown_revision < batches.c.revision,
            batch_cards.c.due <= now,
            ~batch_cards.c.gone,
        )
        .order_by(batch_cards.c.due)
        .limit(most)
        .with_for_update(of=batch_cards, skip_locked=True)
    )
    async with database.writing() as connection:
        found = (await connection.execute(stale)).all()
        for row in found:
            wait = min(GRACE * 2**row.tries, _SLOWEST)
            await connection.execute(
                update(batch_cards)
                .where(batch_cards.c.id == row.id)
                .values(due=now + wait, tries=min(row.tries + 1, 16))
            )
        return list(dict.fromkeys(row.batch_id for row in found))


async def _change(
    database: Database, card_id: int, values: Mapping[str, Any], *where: ColumnElement[bool]
) -> bool:
    async with database.writing() as connection:
        changed = await connection.execute(
            update(batch_cards)
            .where(batch_cards.c.id == card_id, *where)
            .values(values)
            .returning(batch_cards.c.id)
        )
        return changed.one_or_none() is not None
