"""The audit trail: a row for every step, each holding the hash of the one before.

Rows are only added, in the transaction of the step they record; triggers refuse anything else. Whoever gets
round these has to alter every later row and the head as well, and a head noted elsewhere still tells.
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

from bot.store.recorded import Recorded
from bot.store.tables import audit, audit_head, changes, decisions, digests

_ONLY = 1
_OF_DIGESTS = "digest_"
"""Events that begin so are about digests: `change_id` is a digest's then."""


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
    """JSON: state, version, rule, reason, figures, as far as the event has them."""
    previous: str
    """The hash of the row before; empty for the first."""
    hash: str

    def expected(self) -> str:
        """The hash it must have."""
        whole = [self.seq, self.change_id, self.at, self.event, self.actor, self.body, self.previous]
        return hashlib.sha256(canonical(whole).encode()).hexdigest()

    def exported(self) -> str:
        """One line of JSON."""
        names = ("seq", "change_id", "at", "event", "actor")
        return canonical(
            {name: getattr(self, name) for name in names}
            | {"body": json.loads(self.body), "previous": self.previous, "hash": self.hash}
        )


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the trail; kept elsewhere, it proves later that nothing up to it was altered."""

    seq: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> "Head":
        """From `12:9f86d0…`. Raises ValueError on anything else."""
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
    """What is wrong, the first ones of it; empty when nothing is."""


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
    """Adds a row. The last thing in a transaction: it holds the head until that ends."""
    head = (await connection.execute(select(audit_head).with_for_update())).one()
    bare = Entry(
        seq=head.seq + 1,
        change_id=change_id,
        at=at.astimezone(UTC).isoformat(),
        event=event,
        actor=actor,
        body=canonical(body),
        previous=head.hash,
        hash="",
    )
    values = {name: getattr(bare, name) for name in Entry.__slots__} | {"hash": bare.expected()}
    await connection.execute(insert(audit).values(values))
    await connection.execute(
        update(audit_head).where(audit_head.c.id == _ONLY).values(seq=bare.seq, hash=values["hash"])
    )


async def entries(connection: AsyncConnection, *, change_id: str = "") -> AsyncIterator[Entry]:
    """The trail, oldest first; of one change when its id is given."""
    wanted = select(audit).order_by(audit.c.seq)
    if change_id:
        wanted = wanted.where(audit.c.change_id == change_id)
    async with connection.stream(wanted) as rows:
        async for row in rows:
            yield _entry(row)


async def verify(connection: AsyncConnection, *, since: Head | None = None) -> Verified:
    """Whether the trail is whole, ends at its head, passes through `since`, and fits the changes."""
    faults = []
    seq, digest = 0, ""
    recorded: defaultdict[str, Recorded] = defaultdict(Recorded)
    digest_states: dict[str, tuple[int, str]] = {}
    passed = since is None or since.seq == 0
    async for entry in entries(connection):
        if entry.seq != seq + 1:
            faults.append(f"rows {seq + 1} to {entry.seq - 1} are missing")
        elif entry.previous != digest:
            faults.append(f"row {entry.seq} does not follow row {seq}")
        if entry.hash != entry.expected():
            faults.append(f"row {entry.seq} was altered")
        passed = passed or Head(entry.seq, entry.hash) == since
        seq, digest = entry.seq, entry.hash
        if entry.event.startswith(_OF_DIGESTS):
            digest_states[entry.change_id] = (entry.seq, _state(entry))
        else:
            recorded[entry.change_id].take(entry.seq, entry.event, entry.actor, entry.body)
    head = (await connection.execute(select(audit_head))).one_or_none()
    if head is None or (head.seq, head.hash) != (seq, digest):
        faults.append(f"the trail ends at row {seq}, and its head says otherwise")
    if not passed:
        faults.append(f"row {since.seq if since else 0} is not what it was")
    faults += await _misfits(connection, recorded)
    faults += await _digest_misfits(connection, digest_states)
    return Verified(Head(seq, digest), tuple(faults[:20]))


async def misfits(connection: AsyncConnection, change_id: str) -> list[str]:
    """What of a change as it is stored is not as the trail has it; also rows of it that were altered."""
    recorded = Recorded()
    faults = []
    async for entry in entries(connection, change_id=change_id):
        recorded.take(entry.seq, entry.event, entry.actor, entry.body)
        if entry.hash != entry.expected():
            faults.append(f"row {entry.seq} was altered")
    row = (await connection.execute(select(changes).where(changes.c.id == change_id))).one()
    verdicts = await _verdicts(connection, decisions.c.change_id == change_id)
    return [*faults, *recorded.differences(row, verdicts[change_id])]


async def _misfits(connection: AsyncConnection, recorded: Mapping[str, Recorded]) -> list[str]:
    verdicts = await _verdicts(connection)
    faults = []
    known = set()
    async with connection.stream(select(changes)) as found:
        async for row in found:
            known.add(row.id)
            faults += recorded.get(row.id, Recorded()).differences(row, verdicts[row.id])
    faults += [f"change {change_id} is missing" for change_id in recorded if change_id not in known]
    return faults


async def _verdicts(
    connection: AsyncConnection, *where: ColumnElement[bool]
) -> defaultdict[str, dict[tuple[int, str], str]]:
    """By change."""
    found: defaultdict[str, dict[tuple[int, str], str]] = defaultdict(dict)
    for row in await connection.execute(select(decisions).where(*where)):
        found[row.change_id][row.version, row.person] = row.verdict
    return found


async def _digest_misfits(connection: AsyncConnection, states: dict[str, tuple[int, str]]) -> list[str]:
    """Digests without any row were set up before they were recorded."""
    current: dict[str, str] = {
        row.id: row.state for row in await connection.execute(select(digests.c.id, digests.c.state))
    }
    faults = []
    for digest_id, (seq, recorded) in states.items():
        if digest_id not in current:
            faults.append(f"digest {digest_id} is missing")
        elif current[digest_id] != recorded:
            faults.append(f"digest {digest_id} is {current[digest_id]}, and row {seq} says otherwise")
    return faults


def _state(entry: Entry) -> str:
    try:
        return str(json.loads(entry.body)["state"])
    except (ValueError, KeyError, TypeError):
        return ""


def _entry(row: Row[Any]) -> Entry:
    return Entry(*(getattr(row, name) for name in Entry.__slots__))
