"""The verbs that put a change before people: ask, and overtake when the facts have moved."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals import rows
from bot.approvals.cards import CardTarget
from bot.approvals.daily_limits import NOTHING, Counter, Today
from bot.approvals.lifecycle import MOST_OF_CHANNEL, MOST_OF_PERSON, AnyInput, ChangeEvent, Record, State
from bot.approvals.steps import GRACE, Lease, note, step
from bot.autumn.environment import Environment
from bot.changes.model import Line, Note, Snapshot
from bot.store import recorded
from bot.store.database import Database, unbroken
from bot.store.tables import cards, changes
from bot.store.upsert import insert


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, from facts read just now."""

    before: Snapshot
    lines: tuple[Line, ...]
    warnings: tuple[Note, ...] = ()
    amount: Decimal | None = None
    products: frozenset[str] | None = None
    rewards: frozenset[str] | None = None

    def columns(self) -> dict[str, Any]:
        return {
            "before": self.before,
            "lines": rows.dump_lines(self.lines),
            "warnings": rows.dump_notes(self.warnings),
            "amount": self.amount,
            "products": None if self.products is None else sorted(self.products),
            "rewards": None if self.rewards is None else sorted(self.rewards),
        }

    def judged(self) -> dict[str, Any]:
        """For the trail: what the policy judges it by."""
        columns = self.columns()
        return recorded.judged(columns["amount"], columns["products"], columns["rewards"])


@dataclass(frozen=True, slots=True)
class Terms:
    """What the policy asks of a change."""

    rule: str
    needed: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A change before it is asked for."""

    submission_id: str
    input: AnyInput
    env: Environment
    asker: str
    asker_team: str
    channel: str
    reason: str
    ticket: str
    preview: Preview
    terms: Terms
    undo_of: str = ""
    today: Today = NOTHING
    """What the terms were judged by."""


class Whose(StrEnum):
    PERSON = "person"
    CHANNEL = "channel"


class TooManyWait(Exception):
    """As many requests wait for approval as may."""

    def __init__(self, whose: Whose) -> None:
        super().__init__()
        self.whose = whose


@unbroken
async def request(
    database: Database, draft: Draft, *, lease: Lease, spots: Sequence[CardTarget], now: datetime
) -> tuple[Record, bool] | None:
    """The change, and whether it was asked just now: a form submitted again finds the first one.

    With no approvals needed it is approved at once, under the lease. None: another undo of the same change
    holds its place. Raises TodayMoved: another change was let through since the terms were judged; and
    TooManyWait, where it would be one more that waits.
    """
    at_once = draft.terms.needed == 0
    async with database.writing() as connection:
        if at_once:
            counter = Counter(draft.env, draft.input, undo_of=draft.undo_of)
            await counter.lock(connection)
            if not await _submitted(connection, draft):
                await counter.check(connection, now, draft.today)
        values = _columns(draft, lease if at_once else None, now)
        asked = await connection.execute(
            insert(connection, changes, values).on_conflict_do_nothing().returning(changes.c.id)
        )
        change_id = asked.scalar_one_or_none()
        if change_id is None:
            same = await rows.select_records(connection, changes.c.submission_id == draft.submission_id)
            return (same[0], False) if same else None
        if not at_once:
            await _room(connection, draft)
        for spot in spots:
            await connection.execute(plain_insert(cards).values(_card(change_id, spot, now)))
        record = await rows.known(connection, change_id)
        told = {
            "kind": record.kind,
            "input": values["input"],
            "customer": record.customer_id,
            "env": record.env,
            "rule": record.rule,
            "needed": record.needed,
            "judged": draft.preview.judged(),
            "reason": record.reason,
            "ticket": record.ticket,
            "channel": record.channel,
            "before": record.before,
            "lines": values["lines"],
            "undo_of": record.undo_of,
        }
        await note(connection, record, ChangeEvent.ASKED, now=now, actor=record.asker, told=told)
        return record, True


@unbroken
async def supersede(
    database: Database,
    record: Record,
    preview: Preview,
    terms: Terms | None,
    *,
    lease: Lease,
    actor: str = "",
    now: datetime,
) -> Record | None:
    """Asks anew, with the figures as they are; approvals of what was shown before count no more.

    Of one that waits, or that the caller holds and has begun no write of. Without terms, which is to say
    that it cannot be asked for as it is now, it ends here.
    """
    values: dict[str, Any] = {
        **preview.columns(),
        "state": State.OVERTAKEN if terms is None else State.WAITING,
        "version": record.version + 1,
        "decided_by": "",
        "decided_at": None,
        "lease_by": None,
        "lease_until": None,
    }
    if terms is not None:
        values |= {"rule": terms.rule, "needed": terms.needed, "expires_at": terms.expires_at}
    held = and_(changes.c.state == State.APPLYING, changes.c.writes == 0, changes.c.lease_by == lease.by)
    async with database.writing() as connection:
        return await step(
            connection,
            record.id,
            ChangeEvent.OVERTAKEN,
            or_(changes.c.state == State.WAITING, held),
            changes.c.version == record.version,
            values=values,
            now=now,
            actor=actor,
            told={
                "before": preview.before,
                "lines": values["lines"],
                "judged": preview.judged(),
                "rule": terms.rule if terms else "",
                "needed": terms.needed if terms else None,
            },
        )


async def _room(connection: AsyncConnection, draft: Draft) -> None:
    """With this one among those that wait."""
    for whose, most, of in (
        (changes.c.asker == draft.asker, MOST_OF_PERSON, Whose.PERSON),
        (changes.c.channel == draft.channel, MOST_OF_CHANNEL, Whose.CHANNEL),
    ):
        if of is Whose.CHANNEL and not draft.channel:
            continue
        waiting = (whose, changes.c.state == State.WAITING, changes.c.env == draft.env)
        counted = select(func.count()).select_from(changes).where(*waiting)
        if (await connection.execute(counted)).scalar_one() > most:
            raise TooManyWait(of)


async def _submitted(connection: AsyncConnection, draft: Draft) -> bool:
    found = select(changes.c.id).where(changes.c.submission_id == draft.submission_id)
    return (await connection.execute(found)).first() is not None


def _columns(draft: Draft, lease: Lease | None, now: datetime) -> dict[str, Any]:
    return {
        "id": secrets.token_hex(12),
        "submission_id": draft.submission_id,
        "state": State.WAITING if lease is None else State.APPROVED,
        "version": 1,
        "revision": 1,
        "kind": draft.input.kind,
        "input": rows.dump_input(draft.input),
        "customer_id": draft.input.customer,
        "env": draft.env,
        "asker": draft.asker,
        "asker_team": draft.asker_team,
        "channel": draft.channel,
        "reason": draft.reason,
        "ticket": draft.ticket,
        "rule": draft.terms.rule,
        "needed": draft.terms.needed,
        "created_at": now,
        "updated_at": now,
        "expires_at": draft.terms.expires_at,
        "refusals": [],
        "details": {},
        "decided_by": "",
        "said": "",
        "undo_of": draft.undo_of or None,
        "invertible": False,
        "lease_by": lease.by if lease else None,
        "lease_until": lease.until if lease else None,
        "writes": 0,
        **draft.preview.columns(),
    }


def _card(change_id: str, spot: CardTarget, now: datetime) -> dict[str, Any]:
    return {
        "change_id": change_id,
        "kind": spot.kind,
        "channel": spot.channel,
        "shown_revision": 0,
        "due": now + GRACE,
        "tries": 0,
        "gone": False,
    }
