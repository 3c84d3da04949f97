"""Every step in the life of a change, in SQL. Reading changes is in `change_records`.

A step is a guarded UPDATE and its row in the audit trail, in one transaction. The guard is in the WHERE
clause: of any number of processes that try at once, one gets the record and the others None, because someone
else was first or the change is not in a state for it. `EDGES` says which state may follow which.

The process may die at any await. These are the points where that matters, by their checkpoint, and what the
sweeper does afterwards:

    asked       requested, nobody notified         draws the cards
    approved    approved, not begun                when the lease lapses: failed, nothing was sent
    claimed     applying, no write begun           when the lease lapses: failed, nothing was sent
    marked      a write is recorded, perhaps sent  when the lease lapses: reads back: applied or unconfirmed
    sent        Autumn answered                    the same
    verified    read back                          the same
    settled     settled, nobody notified           redraws the cards
    decided     denied, withdrawn, …               the same
    taken       being recovered by a sweeper       when its own lease lapses, another sweep takes over

Every transaction takes its locks in the same order (changes, cards, notices, the head of the audit trail), so
transactions wait for one another but never deadlock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals import filled_forms, notice_queue
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.change_records import is_overlapped, load, select_records
from bot.approvals.change_rows import (
    count_only,
    counting_approvals,
    judged,
    keep_decision,
    mandated,
    new_columns,
    note,
    preview_columns,
)
from bot.approvals.daily_limits import TodayCounter
from bot.approvals.filled_forms import FormUse
from bot.approvals.lifecycle import (
    EDGES,
    EDITED_MARK,
    IN_PROGRESS,
    MOST_OF_CHANNEL,
    MOST_OF_PERSON,
    CardTarget,
    Cause,
    ChangeEvent,
    Record,
    State,
    notices_of,
    reminders,
)
from bot.approvals.notice_queue import CHANGE_NOTICES
from bot.approvals.steps import Basis, Conclusion, Decided, Draft, Lease, NextWrite, Preview, Terms
from bot.changes import stored
from bot.changes.model import Now, key
from bot.changes.notes import Note
from bot.store.database import Database, insert, unbroken
from bot.store.tables import changes

_IN_PROGRESS = changes.c.state.in_(sorted(IN_PROGRESS))


@dataclass(frozen=True, slots=True)
class _Step:
    event: ChangeEvent
    values: Mapping[str, Any]
    recorded: Mapping[str, Any] = field(default_factory=dict)
    """What the trail keeps besides state and version."""
    actor: str = ""


def _may_become(to: State, *leaving: State) -> ColumnElement[bool]:
    """The change is in one of these states, and this one may follow it."""
    return changes.c.state.in_([state for state in leaving if to in EDGES[state]])


async def _take(
    connection: AsyncConnection, change_id: str, step: _Step, *where: ColumnElement[bool], now: datetime
) -> Record | None:
    """The guarded UPDATE and its row in the trail. An applied undo shows on what it undid as well."""
    record = await _move(connection, change_id, *where, values=step.values, now=now)
    if record is None:
        return None
    undone = None
    if record.state is State.APPLIED and record.undo_of:
        undone = await _move(connection, record.undo_of, values={}, now=now)
    await _queue_notices(connection, record, step.event, now)
    await note(connection, record, step.event, now=now, actor=step.actor, details=step.recorded)
    if undone is not None:
        undo = {"undo": record.id}
        await note(connection, undone, ChangeEvent.UNDONE, now=now, actor=record.requester, details=undo)
    return record


async def _move(
    connection: AsyncConnection,
    change_id: str,
    *where: ColumnElement[bool],
    values: Mapping[str, Any],
    now: datetime,
) -> Record | None:
    """The guarded UPDATE alone."""
    columns = {"updated_at": now, **values, "revision": changes.c.revision + 1}
    updated = await connection.execute(
        update(changes).where(changes.c.id == change_id, *where).values(columns).returning(changes.c.id)
    )
    if updated.one_or_none() is None:
        return None
    record = await load(connection, change_id)
    outdated = await CHANGE_CARDS.outdate(connection, change_id, revision=record.revision, now=now)
    return replace(record, cards=outdated)


async def _queue_notices(
    connection: AsyncConnection, record: Record, event: ChangeEvent, now: datetime
) -> None:
    for kind in notices_of(record, event):
        await CHANGE_NOTICES.add(connection, record.id, kind, now, version=record.version)
    if record.state is not State.WAITING:
        await notice_queue.drop_reminders(connection, record.id)
    else:
        for reminder, due in reminders(now, record.expires_at).items():
            await CHANGE_NOTICES.add(connection, record.id, reminder, due, version=record.version)


# Requesting


class Whose(StrEnum):
    PERSON = "person"
    CHANNEL = "channel"


class TooManyWait(Exception):
    """No more requests may wait for approval."""

    def __init__(self, whose: Whose) -> None:
        super().__init__()
        self.whose = whose


class FormGathered(Exception):
    """The form was added to a list."""


@unbroken
async def request(
    database: Database, draft: Draft, *, lease: Lease, targets: Sequence[CardTarget], now: datetime
) -> tuple[Record, bool] | None:
    """The change, and whether it is new: a form submitted again finds the first one.

    If it needs no approvals, or has those of its batch, it is approved right away, under the lease. None:
    another undo of the same change is open. Raises TodayMoved when another change was let through since the
    terms were decided, TooManyWait when no more requests may wait, and FormGathered when its form was added
    to a list.
    """
    right_away = draft.terms.needed == 0 or draft.mandate is not None
    async with database.writing() as connection:
        if right_away:
            counter = TodayCounter(draft.env, draft.input, draft.requester, undo_of=draft.undo_of)
            await counter.lock(connection)
            if not await _submitted(connection, draft):
                await counter.check(connection, now, draft.today)
        values = new_columns(draft, lease if right_away else None, now)
        inserted = await connection.execute(
            insert(connection, changes, values).on_conflict_do_nothing().returning(changes.c.id)
        )
        change_id = inserted.scalar_one_or_none()
        if change_id is None:
            same = await select_records(connection, changes.c.submission_id == draft.submission_id)
            return (same[0], False) if same else None
        if not right_away:
            await _check_room(connection, draft)
        if draft.form is not None:
            use = await filled_forms.claim_use(connection, draft.submission_id, FormUse.REQUEST, now=now)
            if use is FormUse.LINE:
                raise FormGathered
            await filled_forms.keep(connection, draft.form, now=now)
        added = [await CHANGE_CARDS.add(connection, change_id, target, now=now) for target in targets]
        for approval in mandated(draft):
            await keep_decision(connection, change_id, 1, approval, approval=True)
        record = replace(await load(connection, change_id), cards=tuple(added))
        details = {
            "kind": record.kind,
            "input": values["input"],
            "customer": record.customer_id,
            "env": record.env,
            "rule": record.rule,
            "needed": record.needed,
            "judged": judged(draft.preview),
            "reason": record.reason,
            "ticket": record.ticket,
            "channel": record.channel,
            "before": record.before,
            "lines": values["lines"],
            "undo_of": record.undo_of,
            "batch": record.batch,
        }
        await _queue_notices(connection, record, ChangeEvent.ASKED, now)
        await note(connection, record, ChangeEvent.ASKED, now=now, actor=record.requester, details=details)
        for approval in mandated(draft):
            under = {"rule": approval.rule, "batch": record.batch}
            await note(
                connection, record, ChangeEvent.APPROVED, now=now, actor=approval.person, details=under
            )
        return record, True


@unbroken
async def supersede(
    database: Database,
    record: Record,
    new: tuple[Preview, Terms | None],
    *,
    lease: Lease,
    actor: str = "",
    now: datetime,
) -> Record | None:
    """Replaces an outdated preview: the request waits again, and earlier approvals no longer count.

    For a change that waits, or that the caller holds and has not begun to write. Without terms it can no
    longer be requested, and ends here.
    """
    preview, terms = new
    state = State.WAITING if terms else State.SUPERSEDED
    values: dict[str, Any] = {
        **preview_columns(preview),
        "state": state,
        "version": record.version + 1,
        "decided_by": "",
        "decided_at": None,
        "lease_by": None,
        "lease_until": None,
        "details": {},
    }
    if terms is not None:
        values |= {"rule": terms.rule, "needed": terms.needed, "expires_at": terms.expires_at}
    held = and_(_may_become(state, State.APPLYING), changes.c.writes == 0, changes.c.lease_by == lease.by)
    details = {
        "before": preview.before,
        "lines": values["lines"],
        "judged": judged(preview),
        "rule": terms.rule if terms else "",
        "needed": terms.needed if terms else None,
    }
    async with database.writing() as connection:
        return await _take(
            connection,
            record.id,
            _Step(ChangeEvent.SUPERSEDED, values, details, actor),
            or_(_may_become(state, State.WAITING), held),
            changes.c.version == record.version,
            now=now,
        )


@unbroken
async def edit(database: Database, record: Record, draft: Draft, *, now: datetime) -> Record | None:
    """Replaces a request that waits with the requester's new version, for which earlier approvals do not
    count. None: it no longer waits, or not as in `record`."""
    values: dict[str, Any] = {
        **preview_columns(draft.preview),
        "state": State.WAITING,
        "version": record.version + 1,
        "kind": draft.input.kind,
        "input": stored.dump_input(draft.input),
        "reason": draft.reason,
        "ticket": draft.ticket,
        "rule": draft.terms.rule,
        "needed": draft.terms.needed,
        "expires_at": draft.terms.expires_at,
        "details": {EDITED_MARK: "yes"},
    }
    details = {
        name: values[name] for name in ("kind", "input", "reason", "ticket", "rule", "needed", "lines")
    }
    details |= {"before": draft.preview.before, "judged": judged(draft.preview)}
    async with database.writing() as connection:
        edited = await _take(
            connection,
            record.id,
            _Step(ChangeEvent.EDITED, values, details, record.requester),
            _may_become(State.WAITING, State.WAITING),
            changes.c.version == record.version,
            changes.c.expires_at > now,
            now=now,
        )
        if edited is not None and draft.form is not None:
            await filled_forms.keep(connection, draft.form, now=now)
        return edited


async def _check_room(connection: AsyncConnection, draft: Draft) -> None:
    """Counts the new request as well."""
    for scope, most, whose in (
        (changes.c.asker == draft.requester, MOST_OF_PERSON, Whose.PERSON),
        (changes.c.channel == draft.channel, MOST_OF_CHANNEL, Whose.CHANNEL),
    ):
        if whose is Whose.CHANNEL and not draft.channel:
            continue
        waiting = (scope, changes.c.state == State.WAITING, changes.c.env == draft.env)
        number = select(func.count()).select_from(changes).where(*waiting)
        if (await connection.execute(number)).scalar_one() > most:
            raise TooManyWait(whose)


async def _submitted(connection: AsyncConnection, draft: Draft) -> bool:
    same = select(changes.c.id).where(changes.c.submission_id == draft.submission_id)
    return (await connection.execute(same)).first() is not None


# Deciding


class ApprovedMeanwhile(Exception):
    """Someone else approved since the basis was read."""


@unbroken
async def approve(
    database: Database, change_id: str, version: int, decided: Decided, *, basis: Basis, lease: Lease
) -> Record | None:
    """One person's approval of this version.

    The last one needed makes the change approved, and gives the caller the lease. Also None if the person has
    already approved this version. Raises ApprovedMeanwhile or TodayMoved when the basis no longer holds.
    """
    person, now = decided.person, decided.at
    async with database.writing() as connection:
        await basis.counter.lock(connection)
        # Locked until the transaction ends, so that approvals are counted one after the other.
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
        stored_number = (await connection.execute(waiting)).scalar_one_or_none()
        if stored_number is None:
            return None
        needed = max(stored_number, basis.needed)
        approvals = await counting_approvals(connection, change_id, version)
        if approvals.get(person):
            return None
        earlier = approvals.keys() - {person}
        if not earlier <= basis.earlier_approvers.keys():
            raise ApprovedMeanwhile
        counting = {approver for approver in earlier if basis.earlier_approvers[approver]}
        await count_only(connection, change_id, version, counting)
        await keep_decision(connection, change_id, version, decided, approval=True)
        values: dict[str, Any] = {"needed": needed}
        if basis.preview is not None:
            values["lines"] = stored.dump_lines(basis.preview.lines)
            values["warnings"] = stored.dump_notes(basis.preview.warnings)
        if len(counting) + 1 >= needed:
            await basis.counter.check(connection, now, basis.today)
            values |= {
                "state": State.APPROVED,
                "lease_by": lease.by,
                "lease_until": lease.until,
                "decided_by": person,
                "decided_at": now,
            }
        details = {
            "rule": decided.rule,
            # Recorded only if the policy raised it; otherwise the check against the trail would fail.
            "needed": needed if needed > stored_number else None,
            "not_counted": sorted(earlier - counting),
        }
        step = _Step(ChangeEvent.APPROVED, values, details, person)
        return await _take(connection, change_id, step, now=now)


@unbroken
async def deny(database: Database, change_id: str, version: int, decided: Decided) -> Record | None:
    """One denial is enough; someone who has approved may still deny."""
    values = {
        "state": State.DENIED,
        "decided_by": decided.person,
        "decided_at": decided.at,
        "said": decided.comment,
    }
    details = {"rule": decided.rule, "reason": decided.comment}
    async with database.writing() as connection:
        moved = await _move(
            connection,
            change_id,
            _may_become(State.DENIED, State.WAITING),
            changes.c.version == version,
            changes.c.expires_at > decided.at,
            values=values,
            now=decided.at,
        )
        if moved is None:
            return None
        await keep_decision(connection, change_id, version, decided, approval=False)
        record = replace(await load(connection, change_id), cards=moved.cards)
        await _queue_notices(connection, record, ChangeEvent.DENIED, decided.at)
        await note(
            connection, record, ChangeEvent.DENIED, now=decided.at, actor=decided.person, details=details
        )
        return record


@unbroken
async def withdraw(database: Database, change_id: str, *, person: str, now: datetime) -> Record | None:
    values = {"state": State.WITHDRAWN, "decided_by": person, "decided_at": now}
    step = _Step(ChangeEvent.WITHDRAWN, values, actor=person)
    async with database.writing() as connection:
        may_end = _may_become(State.WITHDRAWN, State.WAITING)
        return await _take(connection, change_id, step, may_end, now=now)


@unbroken
async def expire(database: Database, change_id: str, *, now: datetime) -> Record | None:
    """Ends a request that nobody decided in time."""
    step = _Step(ChangeEvent.EXPIRED, {"state": State.EXPIRED, "decided_at": now})
    async with database.writing() as connection:
        may_end = _may_become(State.EXPIRED, State.WAITING)
        return await _take(connection, change_id, step, may_end, changes.c.expires_at <= now, now=now)


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
    """Ends a request that turned out to be impossible when someone approved it."""
    details = {"ending": ending, "refusals": stored.dump_notes(refusals)}
    step = _Step(ChangeEvent.FAILED, {"state": State.FAILED, **details}, details, actor)
    async with database.writing() as connection:
        may_end = _may_become(State.FAILED, State.WAITING)
        return await _take(connection, record.id, step, may_end, changes.c.version == record.version, now=now)


@unbroken
async def mark(database: Database, change_id: str, settlement: Conclusion, decided: Decided) -> Record | None:
    """Someone looked in Autumn, and says whether an unconfirmed change was applied."""
    values: dict[str, Any] = {
        "state": settlement.state,
        "ending": settlement.ending,
        "decided_by": decided.person,
        "decided_at": decided.at,
        "said": decided.comment,
        "invertible": settlement.invertible,
    }
    if settlement.after is not None:
        values["after"] = settlement.after
    details = {
        "ending": settlement.ending,
        "rule": decided.rule,
        "reason": decided.comment,
        "after": settlement.after,
    }
    step = _Step(ChangeEvent.MARKED, values, details, decided.person)
    async with database.writing() as connection:
        may_end = _may_become(settlement.state, State.UNCONFIRMED)
        return await _take(connection, change_id, step, may_end, now=decided.at)


@unbroken
async def check(
    database: Database, change_id: str, settlement: Conclusion, *, actor: str, now: datetime
) -> Record | None:
    """Keeps what was read back of an unconfirmed change. It is applied only if no other change of the same
    customer and kind can have made Autumn look so; otherwise a person has to decide."""
    async with database.writing() as connection:
        if settlement.state is State.APPLIED and await is_overlapped(connection, change_id):
            blurred = {**settlement.details, "now": Now.BLURRED}
            settlement = replace(settlement, state=State.UNCONFIRMED, details=blurred, invertible=False)
        values: dict[str, Any] = {
            "state": settlement.state,
            "after": settlement.after,
            "details": dict(settlement.details),
            "invertible": settlement.invertible,
        }
        if settlement.state is State.APPLIED:
            values["ending"] = settlement.ending
        details = {"ending": values.get("ending"), "details": values["details"], "after": settlement.after}
        step = _Step(ChangeEvent.CHECKED, values, details, actor)
        may_follow = _may_become(settlement.state, State.UNCONFIRMED)
        return await _take(connection, change_id, step, may_follow, now=now)


# Applying


class Busy(Exception):
    """Another change of the same customer is being applied."""


@unbroken
async def claim(database: Database, change_id: str, *, lease: Lease, now: datetime) -> Record | None:
    """From approved to applying. Raises Busy: one change of a customer is applied at a time."""
    step = _Step(ChangeEvent.APPLYING, {"state": State.APPLYING, "lease_until": lease.until})
    may_begin = _may_become(State.APPLYING, State.APPROVED)
    try:
        async with database.writing() as connection:
            return await _take(
                connection, change_id, step, may_begin, changes.c.lease_by == lease.by, now=now
            )
    except IntegrityError:
        raise Busy from None


@unbroken
async def renew(database: Database, change_id: str, lease: Lease) -> bool:
    """Extends the lease. False: another process has taken the change over."""
    async with database.writing() as connection:
        renewed = await connection.execute(
            update(changes)
            .where(changes.c.id == change_id, _IN_PROGRESS, changes.c.lease_by == lease.by)
            .values(lease_until=lease.until)
            .returning(changes.c.id)
        )
        return renewed.one_or_none() is not None


@unbroken
async def begin_write(
    database: Database, change_id: str, upcoming: NextWrite, *, lease: Lease, now: datetime
) -> bool:
    """Records a write before it is sent, which no card shows. False: it must not be sent.

    Each position can be begun once, however often and by however many processes that is tried.
    """
    position, write, preview = upcoming.position, upcoming.write, upcoming.preview
    values = {
        **preview_columns(preview),
        "writes": position + 1,
        "lease_until": lease.until,
        "updated_at": now,
    }
    details = {
        "position": position,
        "route": write.route,
        "key": key(change_id, position),
        "sent": dict(write.body),
        "before": preview.before,
        "judged": judged(preview),
    }
    async with database.writing() as connection:
        begun = await connection.execute(
            update(changes)
            .where(
                changes.c.id == change_id,
                _may_become(State.APPLYING, State.APPLYING),
                changes.c.lease_by == lease.by,
                changes.c.writes == position,
            )
            .values(values)
            .returning(changes.c.id, changes.c.state, changes.c.version)
        )
        change = begun.one_or_none()
        if change is None:
            return False
        await note(connection, change, ChangeEvent.WRITING, now=now, details=details)
        return True


@unbroken
async def keep_proof(database: Database, change_id: str, details: Mapping[str, str], *, lease: Lease) -> bool:
    """Stores what Autumn's answer to a write proved, for whoever reads back. False: another process has taken
    the change over."""
    async with database.writing() as connection:
        kept = await connection.execute(
            update(changes)
            .where(changes.c.id == change_id, _IN_PROGRESS, changes.c.lease_by == lease.by)
            .values(details=dict(details))
            .returning(changes.c.id)
        )
        return kept.one_or_none() is not None


@unbroken
async def settle(
    database: Database, change_id: str, settlement: Conclusion, *, lease: Lease, now: datetime
) -> Record | None:
    """Stores how the change ended, or that a person has to look."""
    values: dict[str, Any] = {
        "state": settlement.state,
        "ending": settlement.ending,
        "after": settlement.after,
        "details": dict(settlement.details),
        "refusals": stored.dump_notes(settlement.refusals),
        "invertible": settlement.invertible,
        "lease_by": None,
        "lease_until": None,
    }
    details = {name: values[name] for name in ("ending", "details", "after", "refusals")}
    step = _Step(ChangeEvent(settlement.state.value), values, details)
    async with database.writing() as connection:
        may_end = _may_become(settlement.state, State.APPROVED, State.APPLYING)
        return await _take(connection, change_id, step, may_end, changes.c.lease_by == lease.by, now=now)


@unbroken
async def take_over(database: Database, change_id: str, *, lease: Lease, now: datetime) -> Record | None:
    """Gives the caller a change whose lease has lapsed."""
    async with database.writing() as connection:
        updated = await connection.execute(
            update(changes)
            .where(changes.c.id == change_id, _IN_PROGRESS, changes.c.lease_until < now)
            .values(lease_by=lease.by, lease_until=lease.until)
            .returning(changes.c.id)
        )
        return None if updated.one_or_none() is None else await load(connection, change_id)
