"""All the SQL of a change: reading it, and every step of its life.

A step is a guarded UPDATE and its row in the audit trail, in one transaction. The guard stands in the WHERE:
of any number that try at once, one gets the record and the others None, because somebody was first or the
change is not in a state for it. `EDGES` says from which states a step may lead where it leads.

The process may die at any await. The points where it matters, by their checkpoint, and what is found then:

    asked       asked for, nobody notified         the sweeper draws its cards
    approved    approved, and not begun            lease lapses: failed, nothing was sent
    claimed     applying, no write begun           lease lapses: failed, nothing was sent
    marked      a write is noted, perhaps sent     lease lapses: read back: applied, else unconfirmed
    sent        Autumn answered                    the same
    verified    read back                          the same
    settled     settled, nobody notified           the sweeper redraws its cards
    decided     denied, withdrawn, …               the same
    taken       the sweeper took a lapsed one over its own lease lapses, and another sweep takes it

Locks are taken in one order throughout, so that transactions wait for each other but never deadlock: changes,
then cards, then the head of the audit trail, last.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.daily_limits import NOTHING, Counter, Today
from bot.approvals.lifecycle import (
    EDGES,
    HOLDS_UNDO,
    MOST_OF_CHANNEL,
    MOST_OF_PERSON,
    Approval,
    CardTarget,
    Cause,
    ChangeEvent,
    Record,
    State,
)
from bot.approvals.proposal import Draft, Preview, Terms
from bot.autumn.environment import Environment
from bot.autumn.write import Write
from bot.changes import stored
from bot.changes.lines import Line
from bot.changes.model import ChangeInput, Snapshot
from bot.changes.notes import Note
from bot.store import audit, recorded
from bot.store.database import Database, unbroken
from bot.store.tables import cards, changes, decisions
from bot.store.upsert import insert

_IN_HAND = changes.c.state.in_((State.APPROVED, State.APPLYING))


GRACE = timedelta(seconds=20)
"""For as long a card is left to whoever made the step; after that the sweeper sees to it."""


_undo = changes.alias("undo")


def _may_become(to: State, *leaving: State) -> ColumnElement[bool]:
    """The change is in one of these states, and this one may follow it."""
    return changes.c.state.in_([state for state in leaving if to in EDGES[state]])


def dump_input(given: ChangeInput) -> Any:
    return stored.dump_input(given)


def dump_lines(lines: Sequence[Line]) -> Any:
    return stored.dump_lines(lines)


def dump_notes(notes: Sequence[Note]) -> Any:
    return stored.dump_notes(notes)


@unbroken
async def find(
    database: Database, *where: ColumnElement[bool], newest_first: bool = False, limit: int = 1
) -> list[Record]:
    """Those that all of `where` holds for, in a transaction of its own."""
    async with database.reading() as connection:
        return await select_records(connection, *where, newest_first=newest_first, limit=limit)


@unbroken
async def get(database: Database, change_id: str) -> Record:
    """Of a change that is there for sure."""
    async with database.reading() as connection:
        return await known(connection, change_id)


@unbroken
async def checked(database: Database, change_id: str) -> tuple[Record, list[str]]:
    """A change that is there for sure, and what of it is not as the audit trail has it."""
    async with database.reading() as connection:
        return await known(connection, change_id), await audit.differences(connection, change_id)


async def known(connection: AsyncConnection, change_id: str) -> Record:
    """Of a change that is there for sure. Raises LookupError if it is not."""
    return (await select_records(connection, changes.c.id == change_id))[0]


async def select_records(
    connection: AsyncConnection, *where: ColumnElement[bool], newest_first: bool = False, limit: int = 1000
) -> list[Record]:
    """Those that all of `where` holds for."""
    order = changes.c.created_at.desc() if newest_first else changes.c.created_at
    wanted = (
        select(changes, _undo.c.id.label("undo"), _undo.c.state.label("undo_state"))
        .join(_undo, (_undo.c.undo_of == changes.c.id) & _undo.c.state.in_(sorted(HOLDS_UNDO)), isouter=True)
        .where(*where)
        .order_by(order, changes.c.id)
        .limit(limit)
    )
    rows = (await connection.execute(wanted)).all()
    approvals = await _approvals(connection, [row.id for row in rows])
    return [_record(row, approvals[row.id, row.version]) for row in rows]


async def _approvals(
    connection: AsyncConnection, ids: Sequence[str]
) -> defaultdict[tuple[str, int], list[Approval]]:
    found: defaultdict[tuple[str, int], list[Approval]] = defaultdict(list)
    wanted = (
        select(decisions)
        .where(decisions.c.change_id.in_(ids), decisions.c.verdict == "approve")
        .order_by(decisions.c.at, decisions.c.person)
    )
    for row in await connection.execute(wanted):
        found[row.change_id, row.version].append(Approval(row.person, row.at, row.rule, row.team, row.counts))
    return found


def _record(row: Row[Any], approvals: Sequence[Approval]) -> Record:
    return Record(
        id=row.id,
        state=State(row.state),
        version=row.version,
        revision=row.revision,
        kind=row.kind,
        input=stored.read_input(row.input),
        customer_id=row.customer_id,
        env=Environment(row.env),
        asker=row.asker,
        asker_team=row.asker_team,
        channel=row.channel,
        created_at=row.created_at,
        updated_at=row.updated_at,
        expires_at=row.expires_at,
        before=row.before,
        lines=stored.read_lines(row.lines),
        warnings=stored.read_notes(row.warnings),
        refusals=stored.read_notes(row.refusals),
        amount=row.amount,
        products=None if row.products is None else frozenset(row.products),
        rewards=None if row.rewards is None else frozenset(row.rewards),
        reason=row.reason,
        ticket=row.ticket,
        rule=row.rule,
        needed=row.needed,
        approvals=tuple(approvals),
        after=row.after,
        ending=None if row.ending is None else Cause(row.ending),
        details=row.details,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        said=row.said,
        undo_of=row.undo_of or "",
        undo=row.undo or "",
        undone=row.undo_state == State.APPLIED,
        invertible=row.invertible,
        writes=row.writes,
        lease_until=row.lease_until,
    )


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on a change, and until when nobody else may."""

    by: str
    until: datetime


async def step(
    connection: AsyncConnection,
    change_id: str,
    event: ChangeEvent,
    *where: ColumnElement[bool],
    values: Mapping[str, Any],
    now: datetime,
    actor: str = "",
    told: Mapping[str, Any],
    visible: bool = True,
) -> Record | None:
    """`told`: what the trail keeps beside state and version. `visible`: whether cards show it."""
    record = await move(connection, change_id, *where, values=values, now=now, visible=visible)
    if record is None:
        return None
    undone = None
    if record.state is State.APPLIED and record.undo_of:
        undone = await move(connection, record.undo_of, values={}, now=now)
    await note(connection, record, event, now=now, actor=actor, told=told)
    if undone is not None:
        await note(connection, undone, ChangeEvent.UNDONE, now=now, actor=actor, told={"undo": record.id})
    return record


async def move(
    connection: AsyncConnection,
    change_id: str,
    *where: ColumnElement[bool],
    values: Mapping[str, Any],
    now: datetime,
    visible: bool = True,
) -> Record | None:
    """The guarded UPDATE alone."""
    moved = {"updated_at": now, **values}
    if visible:
        moved["revision"] = changes.c.revision + 1
    changed = await connection.execute(
        update(changes).where(changes.c.id == change_id, *where).values(moved).returning(changes.c.id)
    )
    if changed.one_or_none() is None:
        return None
    if visible:
        await connection.execute(
            update(cards).where(cards.c.change_id == change_id).values(due=now + GRACE, tries=0)
        )
    return await known(connection, change_id)


async def note(
    connection: AsyncConnection,
    record: Record,
    event: ChangeEvent,
    *,
    now: datetime,
    actor: str = "",
    told: Mapping[str, Any],
) -> None:
    """A row in the trail about a change as it is now."""
    given = {name: value for name, value in told.items() if value not in (None, "", (), [], {})}
    body = {"state": record.state, "version": record.version, **given}
    await audit.append(connection, change_id=record.id, event=event, actor=actor, at=now, body=body)


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
            same = await select_records(connection, changes.c.submission_id == draft.submission_id)
            return (same[0], False) if same else None
        if not at_once:
            await _room(connection, draft)
        for spot in spots:
            await connection.execute(plain_insert(cards).values(_card(change_id, spot, now)))
        record = await known(connection, change_id)
        told = {
            "kind": record.kind,
            "input": values["input"],
            "customer": record.customer_id,
            "env": record.env,
            "rule": record.rule,
            "needed": record.needed,
            "judged": _judged(draft.preview),
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
    state = State.WAITING if terms else State.OVERTAKEN
    values: dict[str, Any] = {
        **_preview_columns(preview),
        "state": state,
        "version": record.version + 1,
        "decided_by": "",
        "decided_at": None,
        "lease_by": None,
        "lease_until": None,
    }
    if terms is not None:
        values |= {"rule": terms.rule, "needed": terms.needed, "expires_at": terms.expires_at}
    held = and_(_may_become(state, State.APPLYING), changes.c.writes == 0, changes.c.lease_by == lease.by)
    async with database.writing() as connection:
        return await step(
            connection,
            record.id,
            ChangeEvent.OVERTAKEN,
            or_(_may_become(state, State.WAITING), held),
            changes.c.version == record.version,
            values=values,
            now=now,
            actor=actor,
            told={
                "before": preview.before,
                "lines": values["lines"],
                "judged": _judged(preview),
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
        "input": dump_input(draft.input),
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
        **_preview_columns(draft.preview),
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


@dataclass(frozen=True, slots=True)
class Basis:
    """What was found out before somebody's approval is taken, and must still be so when it is."""

    needed: int
    """Approvals that the policy asks for by now; what it asked for before is not taken back."""
    counter: Counter
    today: Today = NOTHING
    others: Mapping[str, bool] = field(default_factory=dict)
    """Whoever approved this version before, and whether they may still."""


class ApprovedMeanwhile(Exception):
    """Somebody approved of whom the basis does not know whether they may."""


@unbroken
async def approve(
    database: Database,
    change_id: str,
    version: int,
    *,
    person: str,
    team: str,
    rule: str,
    basis: Basis,
    lease: Lease,
    now: datetime,
) -> Record | None:
    """One person's approval of what this version showed.

    With the last that is needed the change is approved, and the lease is the caller's. None too when the
    person has approved this version before. Raises ApprovedMeanwhile and TodayMoved when the basis does not
    hold any more.
    """
    async with database.writing() as connection:
        await basis.counter.lock(connection)
        # Held until the end of the transaction: approvals are counted one after the other.
        waiting = (
            select(changes.c.needed)
            .where(
                changes.c.id == change_id,
                _may_become(State.APPROVED, State.WAITING),
                changes.c.version == version,
                changes.c.expires_at > now,
            )
            .with_for_update()
        )
        asked = (await connection.execute(waiting)).scalar_one_or_none()
        if asked is None:
            return None
        needed = max(asked, basis.needed)
        approved = await _counting_approvals(connection, change_id, version)
        if approved.get(person):
            return None
        others = approved.keys() - {person}
        if not others <= basis.others.keys():
            raise ApprovedMeanwhile
        counting = {other for other in others if basis.others[other]}
        await _count_only(connection, change_id, version, counting)
        decision = _decision_key(change_id, version, person, team) | {
            "verdict": "approve",
            "rule": rule,
            "said": "",
            "at": now,
            "counts": True,
        }
        await connection.execute(
            insert(connection, decisions, decision).on_conflict_do_update(
                index_elements=list(decisions.primary_key), set_=decision
            )
        )
        values: dict[str, Any] = {"needed": needed}
        if len(counting) + 1 >= needed:
            await basis.counter.check(connection, now, basis.today)
            values |= {
                "state": State.APPROVED,
                "lease_by": lease.by,
                "lease_until": lease.until,
                "decided_by": person,
                "decided_at": now,
            }
        told = {
            "rule": rule,
            # Only a number that the policy raised: one that is stored must be what was recorded before.
            "needed": needed if needed > asked else None,
            "not_counted": sorted(others - counting),
        }
        return await step(
            connection, change_id, ChangeEvent.APPROVED, values=values, now=now, actor=person, told=told
        )


@unbroken
async def deny(
    database: Database,
    change_id: str,
    version: int,
    *,
    person: str,
    team: str,
    rule: str,
    said: str,
    now: datetime,
) -> Record | None:
    """One person's no, which is enough; also from somebody who had approved, while others are waited for."""
    async with database.writing() as connection:
        moved = await move(
            connection,
            change_id,
            _may_become(State.DENIED, State.WAITING),
            changes.c.version == version,
            changes.c.expires_at > now,
            values={"state": State.DENIED, "decided_by": person, "decided_at": now, "said": said},
            now=now,
        )
        if moved is None:
            return None
        decision = _decision_key(change_id, version, person, team) | {
            "verdict": "deny",
            "rule": rule,
            "said": said,
            "at": now,
            "counts": True,
        }
        await connection.execute(
            insert(connection, decisions, decision).on_conflict_do_update(
                index_elements=list(decisions.primary_key), set_=decision
            )
        )
        record = await known(connection, change_id)
        told = {"rule": rule, "reason": said}
        await note(connection, record, ChangeEvent.DENIED, now=now, actor=person, told=told)
        return record


@unbroken
async def withdraw(database: Database, change_id: str, *, person: str, now: datetime) -> Record | None:
    async with database.writing() as connection:
        return await step(
            connection,
            change_id,
            ChangeEvent.WITHDRAWN,
            _may_become(State.WITHDRAWN, State.WAITING),
            values={"state": State.WITHDRAWN, "decided_by": person, "decided_at": now},
            now=now,
            actor=person,
            told={},
        )


@unbroken
async def expire(database: Database, change_id: str, *, now: datetime) -> Record | None:
    """Ends one whose time is up."""
    async with database.writing() as connection:
        return await step(
            connection,
            change_id,
            ChangeEvent.EXPIRED,
            _may_become(State.EXPIRED, State.WAITING),
            changes.c.expires_at <= now,
            values={"state": State.EXPIRED, "decided_at": now},
            now=now,
            told={},
        )


@unbroken
async def refuse(
    database: Database,
    record: Record,
    ending: Cause,
    *,
    refusals: Sequence[Note] = (),
    actor: str,
    now: datetime,
) -> Record | None:
    """Ends one that cannot be done any more, as was found when somebody went to approve it."""
    async with database.writing() as connection:
        return await step(
            connection,
            record.id,
            ChangeEvent.FAILED,
            _may_become(State.FAILED, State.WAITING),
            changes.c.version == record.version,
            values={"state": State.FAILED, "ending": ending, "refusals": dump_notes(refusals)},
            now=now,
            actor=actor,
            told={"ending": ending, "refusals": dump_notes(refusals)},
        )


@unbroken
async def mark(
    database: Database,
    change_id: str,
    *,
    applied: bool,
    person: str,
    rule: str,
    said: str,
    after: Snapshot | None,
    invertible: bool,
    now: datetime,
) -> Record | None:
    """A person looked, and says what became of an unconfirmed change."""
    values: dict[str, Any] = {
        "state": State.APPLIED if applied else State.FAILED,
        "ending": Cause.MARKED_APPLIED if applied else Cause.MARKED_NOT_APPLIED,
        "decided_by": person,
        "decided_at": now,
        "said": said,
        "invertible": applied and invertible,
    }
    if after is not None:
        values["after"] = after
    told: Mapping[str, Any] = {"ending": values["ending"], "rule": rule, "reason": said, "after": after}
    async with database.writing() as connection:
        return await step(
            connection,
            change_id,
            ChangeEvent.MARKED,
            _may_become(values["state"], State.UNCONFIRMED),
            values=values,
            now=now,
            actor=person,
            told=told,
        )


async def _counting_approvals(connection: AsyncConnection, change_id: str, version: int) -> dict[str, bool]:
    """Who approved this version, and whether it counts."""
    found = await connection.execute(
        select(decisions.c.person, decisions.c.counts).where(*_approvals_of(change_id, version))
    )
    return {row.person: row.counts for row in found}


async def _count_only(
    connection: AsyncConnection, change_id: str, version: int, counting: Collection[str]
) -> None:
    await connection.execute(
        update(decisions)
        .where(*_approvals_of(change_id, version))
        .values(counts=decisions.c.person.in_(sorted(counting)))
    )


def _approvals_of(change_id: str, version: int) -> tuple[ColumnElement[bool], ...]:
    return (
        decisions.c.change_id == change_id,
        decisions.c.version == version,
        decisions.c.verdict == "approve",
    )


def _decision_key(change_id: str, version: int, person: str, team: str) -> dict[str, Any]:
    return {"change_id": change_id, "version": version, "person": person, "team": team}


class Busy(Exception):
    """Another change of the same customer is being applied."""


@unbroken
async def claim(database: Database, change_id: str, *, lease: Lease, now: datetime) -> Record | None:
    """From approved to applying. Raises Busy: one change of a customer is applied at a time."""
    try:
        async with database.writing() as connection:
            return await step(
                connection,
                change_id,
                ChangeEvent.APPLYING,
                _may_become(State.APPLYING, State.APPROVED),
                changes.c.lease_by == lease.by,
                values={"state": State.APPLYING, "lease_until": lease.until},
                now=now,
                told={},
            )
    except IntegrityError:
        raise Busy from None


@unbroken
async def renew(database: Database, change_id: str, lease: Lease) -> bool:
    """More time. False: it is not the caller's any more."""
    async with database.writing() as connection:
        renewed = await connection.execute(
            update(changes)
            .where(changes.c.id == change_id, _IN_HAND, changes.c.lease_by == lease.by)
            .values(lease_until=lease.until)
            .returning(changes.c.id)
        )
        return renewed.one_or_none() is not None


@unbroken
async def begin_write(
    database: Database,
    change_id: str,
    position: int,
    write: Write,
    key: str,
    *,
    preview: Preview,
    lease: Lease,
    now: datetime,
) -> bool:
    """Notes, before it is sent, that the write at this position (from 0) is. False: it must not be.

    Each position can be begun once, whoever asks and however often. `preview`: of the facts that the writes
    are made from, which is what will be compared with what is read back.
    """
    async with database.writing() as connection:
        begun = await step(
            connection,
            change_id,
            ChangeEvent.WRITING,
            _may_become(State.APPLYING, State.APPLYING),
            changes.c.lease_by == lease.by,
            changes.c.writes == position,
            values={**_preview_columns(preview), "writes": position + 1, "lease_until": lease.until},
            now=now,
            told={
                "position": position,
                "route": write.route,
                "key": key,
                "sent": dict(write.body),
                "before": preview.before,
                "judged": _judged(preview),
            },
            visible=False,
        )
        return begun is not None


@unbroken
async def settle(
    database: Database,
    change_id: str,
    state: State,
    ending: Cause,
    *,
    lease: Lease,
    now: datetime,
    after: Snapshot | None = None,
    details: Mapping[str, str] | None = None,
    refusals: Sequence[Note] = (),
    invertible: bool = False,
) -> Record | None:
    """The end, or that a person has to look. An undo that was applied shows on what it undid as well."""
    values: dict[str, Any] = {
        "state": state,
        "ending": ending,
        "after": after,
        "details": dict(details or {}),
        "refusals": dump_notes(refusals),
        "invertible": invertible,
        "lease_by": None,
        "lease_until": None,
    }
    told = {"ending": ending, "details": values["details"], "after": after, "refusals": values["refusals"]}
    async with database.writing() as connection:
        return await step(
            connection,
            change_id,
            ChangeEvent(state.value),
            _may_become(state, State.APPROVED, State.APPLYING),
            changes.c.lease_by == lease.by,
            values=values,
            now=now,
            told=told,
        )


@unbroken
async def take_over(database: Database, change_id: str, *, lease: Lease, now: datetime) -> Record | None:
    """Makes the caller the one who works on a change whose lease has lapsed."""
    async with database.writing() as connection:
        taken = await connection.execute(
            update(changes)
            .where(changes.c.id == change_id, _IN_HAND, changes.c.lease_until < now)
            .values(lease_by=lease.by, lease_until=lease.until)
            .returning(changes.c.id)
        )
        return None if taken.one_or_none() is None else await known(connection, change_id)


@unbroken
async def lapsed(database: Database, env: Environment, now: datetime) -> list[str]:
    """Ids of changes whose process is taken to be dead."""
    return await _ids(database, _IN_HAND, changes.c.lease_until < now, changes.c.env == env)


@unbroken
async def expired(database: Database, env: Environment, now: datetime) -> list[str]:
    """Ids of changes that waited long enough."""
    waiting = changes.c.state == State.WAITING
    return await _ids(database, waiting, changes.c.expires_at <= now, changes.c.env == env)


async def _ids(database: Database, *where: Any) -> list[str]:
    async with database.reading() as connection:
        found = await connection.execute(select(changes.c.id).where(*where).order_by(changes.c.created_at))
        return list(found.scalars())


def _preview_columns(preview: Preview) -> dict[str, Any]:
    return {
        "before": preview.before,
        "lines": dump_lines(preview.lines),
        "warnings": dump_notes(preview.warnings),
        "amount": preview.amount,
        "products": None if preview.products is None else sorted(preview.products),
        "rewards": None if preview.rewards is None else sorted(preview.rewards),
    }


def _judged(preview: Preview) -> dict[str, Any]:
    """For the trail: what the policy judges the change by."""
    columns = _preview_columns(preview)
    return recorded.judged(columns["amount"], columns["products"], columns["rewards"])
