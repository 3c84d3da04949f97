"""Autumn's ledger held against Maple's changes and their trail, both ways."""

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
    """Every write has exactly one applied or unconfirmed change with its rows, and the reverse; and the trail
    is whole."""
    async with database.reading() as connection:
        found = {row.id: row for row in await connection.execute(select(changes))}
        noted = Counter[str]()
        rows = 0
        async for entry in audit.entries(connection):
            rows += 1
            if entry.event == ChangeEvent.WRITING:
                noted[json.loads(entry.body)["key"]] += 1
        verified = await audit.verify(connection)
    figures.hold(not verified.faults, f"the trail: {verified.faults}")
    received = Counter(write.idempotency_key or "" for write in ledger)
    applied = Counter(write.idempotency_key or "" for write in ledger if write.applied)
    for key, times in applied.items():
        change = found.get(_change(key))
        state = change.state if change is not None else "not known"
        figures.hold(times == 1, f"{key} was written {times} times")
        figures.hold(noted[key] == 1, f"{key} was written, and noted {noted[key]} times")
        figures.hold(state in _DONE, f"{key} was written, and its change is {state}")
    for key, times in noted.items():
        figures.hold(times == 1, f"{key} was noted {times} times")
    figures.hold(not received.keys() - noted.keys(), f"sent, not noted: {received.keys() - noted.keys()}")
    for change in found.values():
        written = sum(applied[f"maple:{change.id}:{position}"] for position in range(change.writes))
        marked = change.ending == Cause.MARKED_APPLIED
        if change.state == State.APPLIED and not marked:
            figures.hold(written == change.writes > 0, f"{change.id} is applied, with {written} writes")
        elif change.state not in _DONE:
            figures.hold(written == 0, f"{change.id} is {change.state}, with {written} writes")
    figures.count("writes done in Autumn, each with one change and its rows", sum(applied.values()))
    figures.count("changes held against them", len(found))
    figures.count("rows of the trail, whole", rows)


def _change(key: str) -> str:
    return key.split(":")[1] if key.count(":") == 2 else ""
