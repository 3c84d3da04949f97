"""Compares Autumn's ledger with Maple's changes and their audit trail, in both directions."""

import json
from collections import Counter

from sqlalchemy import select

from bot.approvals.lifecycle import Cause, ChangeEvent, State
from bot.store import audit
from bot.store.database import Database
from bot.store.tables import changes
from sandbox.autumn.ledger import AutumnWrite
from tests.proofs.figures import Figures

_DONE = (State.APPLIED, State.UNCONFIRMED)


async def reconcile(database: Database, ledger: list[AutumnWrite], figures: Figures) -> None:
    """Every write belongs to exactly one applied or unconfirmed change with its rows, and the reverse; and
    the trail is intact."""
    async with database.reading() as connection:
        by_id = {row.id: row for row in await connection.execute(select(changes))}
        recorded = Counter[str]()
        rows = 0
        async for entry in audit.entries(connection):
            rows += 1
            if entry.event == ChangeEvent.WRITING:
                recorded[json.loads(entry.body)["key"]] += 1
        verified = await audit.verify(connection)
    figures.check(not verified.faults, f"the trail: {verified.faults}")
    received = Counter(write.idempotency_key or "" for write in ledger)
    applied = Counter(write.idempotency_key or "" for write in ledger if write.applied)
    for key, times in applied.items():
        change = by_id.get(_change_id(key))
        state = change.state if change is not None else "not known"
        figures.check(times == 1, f"{key} was written {times} times")
        figures.check(recorded[key] == 1, f"{key} was written, and recorded {recorded[key]} times")
        figures.check(state in _DONE, f"{key} was written, and its change is {state}")
    for key, times in recorded.items():
        figures.check(times == 1, f"{key} was recorded {times} times")
    figures.check(
        not received.keys() - recorded.keys(), f"sent, not recorded: {received.keys() - recorded.keys()}"
    )
    for change in by_id.values():
        written = sum(applied[f"maple:{change.id}:{position}"] for position in range(change.writes))
        marked = change.ending == Cause.MARKED_APPLIED
        if change.state == State.APPLIED and not marked:
            figures.check(written == change.writes > 0, f"{change.id} is applied, with {written} writes")
        elif change.state not in _DONE:
            figures.check(written == 0, f"{change.id} is {change.state}, with {written} writes")
    figures.count("writes done in Autumn, each with one change and its rows", sum(applied.values()))
    figures.count("changes compared with them", len(by_id))
    figures.count("intact rows of the trail", rows)


def _change_id(key: str) -> str:
    return key.split(":")[1] if key.count(":") == 2 else ""
