"""Where a change is shown in Slack, so that every copy can be redrawn, by any replica and after a restart.

Whoever shows a card calls `claim_post` before posting it, then `mark_shown`; `mark_gone` when Slack says that
the message or its channel no longer exists. The sweeper finds out-of-date cards with `claim_stale`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.exc import IntegrityError

from bot.approvals.change_records import load
from bot.approvals.lifecycle import CardKind, ChangeEvent
from bot.approvals.repository import GRACE, note
from bot.store.database import Database, unbroken
from bot.store.tables import cards, changes

POSTING = timedelta(seconds=30)
"""No call of Slack's takes longer."""
_SLOWEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PostedCard:
    id: int
    change_id: str
    kind: CardKind
    channel: str
    ts: str
    """Slack's timestamp of the message; empty until it is posted."""
    shown: int
    """The revision it shows; 0 for none."""
    gone: bool


@unbroken
async def cards_of(database: Database, change_id: str) -> list[PostedCard]:
    """The cards of a change that can be shown, and those that are still to be posted."""
    async with database.reading() as connection:
        found = await connection.execute(
            select(cards).where(cards.c.change_id == change_id, ~cards.c.gone).order_by(cards.c.id)
        )
        return [_card(row) for row in found]


@unbroken
async def adopt(
    database: Database, change_id: str, kind: CardKind, channel: str, ts: str, *, now: datetime
) -> bool:
    """Takes in an unknown card, such as one posted just before the bot crashed. False: it is known."""
    values = {
        "change_id": change_id,
        "kind": kind,
        "channel": channel,
        "ts": ts,
        "shown_revision": 0,
        "due": now,
        "tries": 0,
        "gone": False,
    }
    try:
        async with database.writing() as connection:
            await connection.execute(plain_insert(cards).values(values))
    except IntegrityError:
        return False
    return True


@unbroken
async def claim_post(database: Database, card_id: int, *, now: datetime) -> bool:
    """Whether it is the caller's to post: False while somebody else does, or when it is posted."""
    return await _change(
        database,
        card_id,
        {"posting_until": now + POSTING},
        cards.c.ts.is_(None),
        or_(cards.c.posting_until.is_(None), cards.c.posting_until <= now),
    )


@unbroken
async def release_post(database: Database, card_id: int) -> bool:
    """It surely was not posted, so that it need not be waited for."""
    return await _change(database, card_id, {"posting_until": None}, cards.c.ts.is_(None))


@unbroken
async def mark_gone(database: Database, card_id: int) -> bool:
    """It cannot be shown any more."""
    return await _change(database, card_id, {"gone": True}, ~cards.c.gone)


@unbroken
async def mark_shown(
    database: Database, card: PostedCard, *, revision: int, now: datetime, ts: str = "", link: str = ""
) -> None:
    """It shows this revision now. `ts`, and the message's link for the trail, when it was just posted."""
    async with database.writing() as connection:
        values: dict[str, Any] = {"shown_revision": revision}
        if ts:
            values |= {"ts": ts, "posting_until": None}
        changed = await connection.execute(
            update(cards)
            # A redraw that was overtaken by a later one must not hide that one.
            .where(cards.c.id == card.id, cards.c.shown_revision <= revision)
            .values(values)
            .returning(cards.c.id)
        )
        if ts and changed.one_or_none() is not None:
            record = await load(connection, card.change_id)
            details = {"card": card.kind, "channel": card.channel, "ts": ts, "link": link}
            await note(connection, record, ChangeEvent.SHOWN, now=now, details=details)


@unbroken
async def claim_stale(database: Database, *, now: datetime, most: int = 20) -> list[str]:
    """Ids of changes with a card that does not show what is so. Each comes to one caller, and again later:
    after twice as long every time, so that a channel that is broken for good is not asked about for ever."""
    async with database.writing() as connection:
        stale = (
            select(cards.c.id, cards.c.change_id, cards.c.tries)
            .join(changes, changes.c.id == cards.c.change_id)
            .where(cards.c.shown_revision < changes.c.revision, cards.c.due <= now, ~cards.c.gone)
            .order_by(cards.c.due)
            .limit(most)
            .with_for_update(of=cards, skip_locked=True)
        )
        found = (await connection.execute(stale)).all()
        for row in found:
            wait = min(GRACE * 2**row.tries, _SLOWEST)
            await connection.execute(
                update(cards).where(cards.c.id == row.id).values(due=now + wait, tries=min(row.tries + 1, 16))
            )
        return list(dict.fromkeys(row.change_id for row in found))


async def _change(database: Database, card_id: int, values: Mapping[str, Any], *where: Any) -> bool:
    async with database.writing() as connection:
        changed = await connection.execute(
            update(cards).where(cards.c.id == card_id, *where).values(values).returning(cards.c.id)
        )
        return changed.one_or_none() is not None


def _card(row: Row[Any]) -> PostedCard:
    kind = CardKind(row.kind)
    return PostedCard(row.id, row.change_id, kind, row.channel, row.ts or "", row.shown_revision, row.gone)
