"""The audit trail: a row for every step, each holding the hash of the one before.

A row is added in the transaction of the step that it records; triggers refuse every other change. Someone
who gets past the triggers must rewrite all later rows and the head, and then a head noted elsewhere gives it
away.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.recorded import Recorded, batch_lines_hash
from bot.store.tables import (
    alert_subscriptions,
    audit,
    audit_head,
    batch_decisions,
    batch_lines,
    batches,
    changes,
    decisions,
    digests,
)

_ONLY = 1
_OTHERS = {"digest": digests, "alert": alert_subscriptions, "batch": batches}
"""Events with such a prefix (`digest_paused`) are about a row of that table, by the id in `change_id`."""
_ALONE = frozenset({"link"})
"""Events with such a prefix are about nothing that is stored."""


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int
    """Counted from 1, without gaps."""
    change_id: str
    at: str
    """ISO 8601 in UTC."""
    event: str
    actor: str
    """A person's id in Slack; empty for Maple itself."""
    body: str
    """JSON. Which of state, version, rule, reason and figures it has depends on the event."""
    previous: str
    """The hash of the previous row; empty for the first."""
    hash: str

    def expected(self) -> str:
        """The hash that this row must have."""
        hashed = [self.seq, self.change_id, self.at, self.event, self.actor, self.body, self.previous]
        return hashlib.sha256(canonical(hashed).encode()).hexdigest()

    def exported(self) -> str:
        """The row as one line of JSON, for `maple audit export`."""
        names = ("seq", "change_id", "at", "event", "actor")
        return canonical(
            {name: getattr(self, name) for name in names}
            | {"body": json.loads(self.body), "previous": self.previous, "hash": self.hash}
        )


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the trail. A copy kept elsewhere proves later that nothing before it was altered."""

    seq: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Reads the form `12:9f86d0…`. Raises ValueError for anything else."""
        seq, _, digest = text.partition(":")
        if len(digest) != 64:
            raise ValueError("should look like 12:9f86d0…, as `audit verify` prints it")
        return cls(int(seq), digest)

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Verified:
    head: Head
    faults: tuple[str, ...]
    """At most twenty descriptions of what is wrong; empty if the trail is intact."""


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


async def append(
    connection: AsyncConnection,
    *,
    change_id: str,
    event: str,
    actor: str,
    at: datetime,
    body: Mapping[str, Any],
) -> None:
    """Adds a row. Call it last in a transaction: it locks the head until the transaction ends."""
    head = (await connection.execute(select(audit_head).with_for_update())).one()
    unhashed = Entry(
        seq=head.seq + 1,
        change_id=change_id,
        at=at.astimezone(UTC).isoformat(),
        event=event,
        actor=actor,
        body=canonical(body),
        previous=head.hash,
        hash="",
    )
    values = {name: getattr(unhashed, name) for name in Entry.__slots__} | {"hash": unhashed.expected()}
    await connection.execute(insert(audit).values(values))
    await connection.execute(
        update(audit_head).where(audit_head.c.id == _ONLY).values(seq=unhashed.seq, hash=values["hash"])
    )


async def entries(connection: AsyncConnection, *, change_id: str = "") -> AsyncIterator[Entry]:
    """The rows of the trail, oldest first: all of them, or those of one change."""
    query = select(audit).order_by(audit.c.seq)
    if change_id:
        query = query.where(audit.c.change_id == change_id)
    async with connection.stream(query) as rows:
        async for row in rows:
            yield _entry(row)


async def verify(connection: AsyncConnection, *, since: Head | None = None) -> Verified:
    """Checks that the trail has no gap, ends at its head, contains `since`, and agrees with the
    stored changes."""
    faults = []
    seq, digest = 0, ""
    recorded: defaultdict[str, Recorded] = defaultdict(Recorded)
    other_states: dict[str, dict[str, tuple[int, str]]] = {subject: {} for subject in _OTHERS}
    contains_since = since is None or since.seq == 0
    async for entry in entries(connection):
        if entry.seq != seq + 1:
            faults.append(f"rows {seq + 1} to {entry.seq - 1} are missing")
        elif entry.previous != digest:
            faults.append(f"row {entry.seq} does not follow row {seq}")
        if entry.hash != entry.expected():
            faults.append(f"row {entry.seq} was altered")
        contains_since = contains_since or Head(entry.seq, entry.hash) == since
        seq, digest = entry.seq, entry.hash
        kind = entry.event.partition("_")[0]
        if kind in _OTHERS:
            other_states[kind][entry.change_id] = (entry.seq, _state(entry))
        elif kind not in _ALONE:
            recorded[entry.change_id].take(entry.seq, entry.event, entry.actor, entry.body)
    head = (await connection.execute(select(audit_head))).one_or_none()
    if head is None or (head.seq, head.hash) != (seq, digest):
        faults.append(f"the trail ends at row {seq}, and its head says otherwise")
    if not contains_since:
        faults.append(f"row {since.seq if since else 0} is not what it was")
    faults += await _change_differences(connection, recorded)
    for kind, states in other_states.items():
        faults += await _other_differences(connection, kind, states)
    for batch_id in other_states["batch"]:
        faults += await batch_differences(connection, batch_id)
    return Verified(Head(seq, digest), tuple(faults[:20]))


async def differences(connection: AsyncConnection, change_id: str) -> list[str]:
    """Where a stored change differs from its rows in the trail, and which of these rows were altered."""
    recorded = Recorded()
    faults = []
    async for entry in entries(connection, change_id=change_id):
        recorded.take(entry.seq, entry.event, entry.actor, entry.body)
        if entry.hash != entry.expected():
            faults.append(f"row {entry.seq} was altered")
    row = (await connection.execute(select(changes).where(changes.c.id == change_id))).one()
    verdicts = await _verdicts(connection, decisions.c.change_id == change_id)
    return [*faults, *recorded.differences(row, verdicts[change_id])]


async def batch_differences(connection: AsyncConnection, batch_id: str) -> list[str]:
    """Where the lines and decisions of a stored batch differ from its rows in the trail."""
    lines, approved, faults = "", set(), []
    async for entry in entries(connection, change_id=batch_id):
        if entry.hash != entry.expected():
            faults.append(f"row {entry.seq} was altered")
        elif entry.event == "batch_asked":
            lines = json.loads(entry.body)["lines"]
        elif entry.event == "batch_approved":
            approved.add(entry.actor)
    rows = await connection.execute(
        select(batch_lines).where(batch_lines.c.batch_id == batch_id).order_by(batch_lines.c.number)
    )
    if batch_lines_hash(rows) != lines:
        faults.append(f"batch {batch_id}: its lines are not what was requested")
    stored = await connection.execute(
        select(batch_decisions.c.person).where(
            batch_decisions.c.batch_id == batch_id, batch_decisions.c.verdict == "approve"
        )
    )
    faults += [
        f"batch {batch_id}: the approval of {person} is in only one of table and trail"
        for person in sorted(approved ^ set(stored.scalars()))
    ]
    return faults


async def _change_differences(connection: AsyncConnection, recorded: Mapping[str, Recorded]) -> list[str]:
    verdicts = await _verdicts(connection)
    faults = []
    stored = set()
    async with connection.stream(select(changes)) as rows:
        async for row in rows:
            stored.add(row.id)
            faults += recorded.get(row.id, Recorded()).differences(row, verdicts[row.id])
    faults += [f"change {change_id} is missing" for change_id in recorded if change_id not in stored]
    return faults


async def _verdicts(
    connection: AsyncConnection, *where: ColumnElement[bool]
) -> defaultdict[str, dict[tuple[int, str], str]]:
    """The verdicts by change, then by version and person."""
    verdicts: defaultdict[str, dict[tuple[int, str], str]] = defaultdict(dict)
    for row in await connection.execute(select(decisions).where(*where)):
        verdicts[row.change_id][row.version, row.person] = row.verdict
    return verdicts


async def _other_differences(
    connection: AsyncConnection, kind: str, states: Mapping[str, tuple[int, str]]
) -> list[str]:
    """Where a stored digest or alert differs from its last row. Digests set up before the trail covered them
    have none."""
    table = _OTHERS[kind]
    current: dict[str, str] = {
        row.id: row.state for row in await connection.execute(select(table.c.id, table.c.state))
    }
    faults = []
    for row_id, (seq, recorded) in states.items():
        if row_id not in current:
            faults.append(f"{kind} {row_id} is missing")
        elif current[row_id] != recorded:
            faults.append(f"{kind} {row_id} is {current[row_id]}, and row {seq} says otherwise")
    return faults


def _state(entry: Entry) -> str:
    try:
        return str(json.loads(entry.body)["state"])
    except (ValueError, KeyError, TypeError):
        return ""


def _entry(row: Row[Any]) -> Entry:
    return Entry(*(getattr(row, name) for name in Entry.__slots__))
