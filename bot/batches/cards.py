"""Where a batch is shown in Slack, so that any replica can redraw it, also after a restart.

Whoever shows a card calls `claim_post` before posting it, then `mark_shown`; `mark_gone` when Slack says that
the message or its channel no longer exists. The ticker finds out-of-date cards with `claim_stale`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select

from bot.approvals.lifecycle import CardKind
from bot.autumn.models import Environment
from bot.batches.repository import GRACE
from bot.store import posted_cards
from bot.store.database import Database, unbroken
from bot.store.tables import batch_cards, batches

POSTING = posted_cards.POSTING
claim_post = partial(posted_cards.claim_post, batch_cards)
release_post = partial(posted_cards.release_post, batch_cards)
mark_gone = partial(posted_cards.mark_gone, batch_cards)


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
async def mark_shown(database: Database, card_id: int, *, revision: int, ts: str = "") -> bool:
    """It shows this revision now. `ts`: when it was just posted."""
    async with database.writing() as connection:
        return await posted_cards.mark_shown(batch_cards, connection, card_id, revision=revision, ts=ts)


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
        await posted_cards.put_off(batch_cards, connection, found, now=now, grace=GRACE)
        return list(dict.fromkeys(row.batch_id for row in found))
