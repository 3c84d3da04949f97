"""Lists that are wrong in part, kept for a day: a card offers to go on without the wrong lines.

And checked lists that someone is looking at, so that going on does not check them again.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from cachetools import TTLCache
from sqlalchemy import delete, select
from sqlalchemy import insert as plain_insert

from bot.autumn.models import Environment
from bot.batches.model import BatchLine, CheckedBatch
from bot.changes import stored
from bot.changes.line_form import LineCells
from bot.store.database import Database, unbroken
from bot.store.tables import batch_drafts

_MOST = 50
KEPT = timedelta(days=1)


@unbroken
async def keep(
    database: Database, lines: Sequence[BatchLine], *, env: Environment, person: str, now: datetime
) -> str:
    """The id to find them by."""
    values = {
        "id": secrets.token_hex(12),
        "env": env,
        "person": person,
        "lines": [dump(line) for line in lines],
        "created_at": now,
    }
    async with database.writing() as connection:
        await connection.execute(plain_insert(batch_drafts).values(values))
    return str(values["id"])


@unbroken
async def kept(
    database: Database, draft_id: str, *, env: Environment, person: str = ""
) -> tuple[BatchLine, ...] | None:
    """`person`: whose lines they must be; empty for anyone who has the id."""
    mine = [batch_drafts.c.id == draft_id, batch_drafts.c.env == env]
    if person:
        mine.append(batch_drafts.c.person == person)
    async with database.reading() as connection:
        lines = (await connection.execute(select(batch_drafts.c.lines).where(*mine))).scalar_one_or_none()
    return None if lines is None else tuple(map(read, lines))


@unbroken
async def forget(database: Database, now: datetime) -> None:
    async with database.writing() as connection:
        await connection.execute(delete(batch_drafts).where(batch_drafts.c.created_at < now - KEPT))


def dump(line: BatchLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "customer": line.customer,
        "cells": asdict(line.cells),
        "kind": line.kind,
        "entity": line.entity,
        "input": stored.dump_input(line.input) if line.input else None,
    }


def read(line: Mapping[str, Any]) -> BatchLine:
    return BatchLine(
        line["number"],
        line["customer"],
        LineCells(**line["cells"]),
        line["kind"],
        line["entity"],
        stored.read_input(line["input"]) if line["input"] else None,
    )


class CheckedLists:
    """For a while, in this process only: a list that is not cached is checked again."""

    def __init__(self, *, seconds: float = 600.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept: TTLCache[tuple[str, str], CheckedBatch] = TTLCache(_MOST, seconds, timer=clock)

    def keep(self, draft: str, user: str, checked: CheckedBatch) -> None:
        self._kept[draft, user] = checked

    def get(self, draft: str, user: str) -> CheckedBatch | None:
        return self._kept.get((draft, user))
