"""Where a change is shown in Slack, so that every copy can be redrawn, by any replica and after a restart.

Whoever shows a card calls `claim_post` before posting it, then `mark_shown`; `mark_gone` when Slack says that
the message or its channel no longer exists. The sweeper finds out-of-date cards with `claim_stale`.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import insert as plain_insert
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.approvals import repository
from bot.approvals.lifecycle import CardKind, CardTarget, ChangeEvent, PostedCard
from bot.approvals.repository import GRACE, note
from bot.store import posted_cards
from bot.store.database import Database, unbroken
from bot.store.tables import cards, changes

POSTING = posted_cards.POSTING
claim_post = partial(posted_cards.claim_post, cards)
release_post = partial(posted_cards.release_post, cards)
mark_gone = partial(posted_cards.mark_gone, cards)


@unbroken
async def cards_of(database: Database, change_id: str) -> list[PostedCard]:
    """The cards of a change that can be shown, and those that are still to be posted."""
    async with database.reading() as connection:
        found = await connection.execute(
            select(cards, changes.c.revision)
            .join(changes, changes.c.id == cards.c.change_id)
            .where(cards.c.change_id == change_id, ~cards.c.gone)
            .order_by(cards.c.id)
        )
        return [repository.posted_card(row, row.revision) for row in found]


async def approval_card(database: Database, change_id: str) -> PostedCard | None:
    """Where its card is in the approvals channel; None while there is none."""
    for card in await cards_of(database, change_id):
        if card.kind is CardKind.APPROVAL and card.ts:
            return card
    return None


@unbroken
async def adopt(
    database: Database, change_id: str, target: CardTarget, ts: str, *, now: datetime, revision: int = 0
) -> bool:
    """Takes in an unknown card, such as one posted just before the bot crashed. False: it is known.

    `revision`: what it shows, if that is known.
    """
    values = {
        "change_id": change_id,
        "kind": target.kind,
        "channel": target.channel,
        "ts": ts,
        "shown_revision": revision,
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
async def mark_shown(
    database: Database, card: PostedCard, *, revision: int, now: datetime, ts: str = "", link: str = ""
) -> PostedCard:
    """It shows this revision now; returns it so, with the revision that the change has by now. `ts`, and the
    message's link for the trail, when it was just posted."""
    async with database.writing() as connection:
        latest = await posted_cards.mark_shown(cards, connection, card.id, revision=revision, ts=ts)
        change = (
            await connection.execute(
                select(changes.c.id, changes.c.state, changes.c.version, changes.c.revision).where(
                    changes.c.id == card.change_id
                )
            )
        ).one()
        if ts and latest:
            details = {"card": card.kind, "channel": card.channel, "ts": ts, "link": link}
            await note(connection, change, ChangeEvent.SHOWN, now=now, details=details)
    return replace(card, ts=ts or card.ts, shown=revision, revision=change.revision)


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
        await posted_cards.put_off(cards, connection, found, now=now, grace=GRACE)
        return list(dict.fromkeys(row.change_id for row in found))
