"""The audit trail of digests: what was done and by whom, and whether it matches the stored digests."""

import json
from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import delete, text, update

from bot.access.post_targets import Pause
from bot.digests import repository
from bot.digests.model import DigestContent
from bot.store import audit
from bot.store.database import Database
from bot.store.tables import audit as audit_table
from bot.store.tables import digest_runs, digests
from tests.digests.booked import DAY, DUE, NINE, NOON, create_digest
from tests.engines import on_sqlite
from tests.store.test_audit import TRIGGERS


async def trail_of(database: Database, digest_id: str) -> list[audit.Entry]:
    async with database.reading() as connection:
        return [entry async for entry in audit.entries(connection, change_id=digest_id)]


async def faults(database: Database) -> tuple[str, ...]:
    async with database.reading() as connection:
        return (await audit.verify(connection)).faults


async def test_every_step_is_recorded_once(database: Database) -> None:
    created = await create_digest(database)
    await create_digest(database)
    later = replace(NINE, at=time(10))
    await repository.edit(
        database, created.id, version=1, schedule=later, content=DigestContent(), now=NOON, by="U2"
    )
    await repository.edit(
        database, created.id, version=1, schedule=NINE, content=DigestContent(), now=NOON, by="U3"
    )
    await repository.pause(database, created.id, Pause.ARCHIVED, now=DUE)
    await repository.pause(database, created.id, Pause.ASKED, now=DUE, by="U3")
    await repository.resume(database, created.id, now=DUE + DAY, by="U2")
    await repository.remove(database, created.id, now=DUE + DAY, by="U1")
    await repository.remove(database, created.id, now=DUE + DAY, by="U1")
    entries = await trail_of(database, created.id)
    assert [(entry.event, entry.actor) for entry in entries] == [
        ("digest_created", "U1"),
        ("digest_edited", "U2"),
        ("digest_paused", ""),
        ("digest_resumed", "U2"),
        ("digest_removed", "U1"),
    ]
    assert [json.loads(entry.body)["state"] for entry in entries] == [
        "active",
        "active",
        "paused",
        "active",
        "removed",
    ]
    assert json.loads(entries[2].body) == {
        "state": "paused",
        "version": 2,
        "channel": "C1",
        "owner": "U1",
        "pause": "archived",
        "weekdays": 127,
        "at": "10:00",
        "zone": "UTC",
        "sections": ["invoices", "past_due", "run_outs", "trials", "unpaid"],
        "days": 7,
        "plans": [],
        "minimum": "0",
        "skip_empty": True,
        "only_new": False,
        "name": "",
        "mentions": [],
    }
    assert await faults(database) == ()


@on_sqlite
@pytest.mark.parametrize("how", ["state", "gone"])
async def test_digest_changed_outside_the_trail_is_found(database: Database, how: str) -> None:
    created = await create_digest(database)
    async with database.writing() as connection:
        if how == "gone":
            await connection.execute(delete(digest_runs))
            await connection.execute(delete(digests))
        else:
            await connection.execute(update(digests).values(state="removed"))
    expected = f"digest {created.id} is " + (
        "missing" if how == "gone" else "removed, and row 1 says otherwise"
    )
    assert await faults(database) == (expected,)


@on_sqlite
@pytest.mark.parametrize("body", ["not JSON", "[]", "{}"])
async def test_unreadable_body_of_a_row_about_a_digest_is_found(database: Database, body: str) -> None:
    digest = await create_digest(database)
    async with database.writing() as connection:
        for statement in TRIGGERS[connection.dialect.name]:
            await connection.execute(text(statement))
        await connection.execute(update(audit_table).values(body=body))
    assert await faults(database) == (
        "row 1 was altered",
        f"digest {digest.id} is active, and row 1 says otherwise",
    )
