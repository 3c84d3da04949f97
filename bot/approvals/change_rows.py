"""What is stored about a change: its row, its decisions, its lines in the audit trail."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.approvals.lifecycle import ChangeEvent, Record, State
from bot.approvals.steps import Decided, Draft, Lease, Preview
from bot.changes import stored
from bot.store import audit, recorded
from bot.store.database import insert
from bot.store.tables import decisions


def new_columns(draft: Draft, lease: Lease | None, now: datetime) -> dict[str, Any]:
    """The columns of a new request; with a lease, it is approved right away."""
    approvals = mandated(draft)
    return {
        "id": secrets.token_hex(12),
        "submission_id": draft.submission_id,
        "state": State.WAITING if lease is None else State.APPROVED,
        "version": 1,
        "revision": 1,
        "kind": draft.input.kind,
        "input": stored.dump_input(draft.input),
        "customer_id": draft.input.customer,
        "env": draft.env,
        "asker": draft.requester,
        "asker_team": draft.requester_team,
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
        "decided_by": approvals[-1].person if approvals else "",
        "decided_at": now if approvals else None,
        "said": "",
        "undo_of": draft.undo_of or None,
        "batch": draft.mandate.batch if draft.mandate else "",
        "invertible": False,
        "lease_by": lease.by if lease else None,
        "lease_until": lease.until if lease else None,
        "writes": 0,
        **preview_columns(draft.preview),
    }


def preview_columns(preview: Preview) -> dict[str, Any]:
    return {
        "before": preview.before,
        "lines": stored.dump_lines(preview.lines),
        "warnings": stored.dump_notes(preview.warnings),
        "amount": preview.amount,
        "worth": preview.worth.amount if preview.worth else None,
        "currency": preview.worth.currency if preview.worth else None,
        "products": None if preview.products is None else sorted(preview.products),
        "rewards": None if preview.rewards is None else sorted(preview.rewards),
    }


def judged(preview: Preview) -> dict[str, Any]:
    """For the trail: what the policy judges the change by."""
    columns = preview_columns(preview)
    return recorded.judged(**{name: columns[name] for name in recorded.JUDGED})


def mandated(draft: Draft) -> list[Decided]:
    """The approvals of the batch that it is a line of."""
    approvals = draft.mandate.approvals if draft.mandate else ()
    return [Decided(approval.person, approval.team, approval.rule, approval.at) for approval in approvals]


async def keep_decision(
    connection: AsyncConnection, change_id: str, version: int, decided: Decided, *, approval: bool
) -> None:
    decision = {
        "change_id": change_id,
        "version": version,
        "person": decided.person,
        "team": decided.team,
        "verdict": "approve" if approval else "deny",
        "rule": decided.rule,
        "said": decided.comment,
        "at": decided.at,
        "counts": True,
    }
    await connection.execute(
        insert(connection, decisions, decision).on_conflict_do_update(
            index_elements=list(decisions.primary_key), set_=decision
        )
    )


async def counting_approvals(connection: AsyncConnection, change_id: str, version: int) -> dict[str, bool]:
    """Who approved this version, and whether it counts."""
    rows = await connection.execute(
        select(decisions.c.person, decisions.c.counts).where(*_approvals_of(change_id, version))
    )
    return {row.person: row.counts for row in rows}


async def count_only(
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


async def note(
    connection: AsyncConnection,
    record: Record | Row[Any, Any, Any, Any],
    event: ChangeEvent,
    *,
    now: datetime,
    actor: str = "",
    details: Mapping[str, Any],
) -> None:
    """Adds a row to the trail about a change: its id, current state and version, and the details that are
    given."""
    present = {name: value for name, value in details.items() if value not in (None, "", (), [], {})}
    body = {"state": record.state, "version": record.version, **present}
    await audit.append(connection, change_id=record.id, event=event, actor=actor, at=now, body=body)
