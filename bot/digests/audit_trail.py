"""What is done to digests, recorded in the audit trail."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.digests import rows
from bot.digests.model import Digest
from bot.store import audit


class DigestEvent(StrEnum):
    CREATED = "digest_created"
    EDITED = "digest_edited"
    PAUSED = "digest_paused"
    RESUMED = "digest_resumed"
    REMOVED = "digest_removed"


async def record(
    connection: AsyncConnection, digest: Digest, event: DigestEvent, *, actor: str, now: datetime
) -> None:
    """Adds a row about a digest as it is now. The last thing in a transaction, as `audit.append` is.

    `actor`: a person's id in Slack; empty for Maple itself.
    """
    await audit.append(
        connection, change_id=digest.id, event=event, actor=actor, at=now, body=_body(digest, event)
    )


def _body(digest: Digest, event: DigestEvent) -> dict[str, Any]:
    wanted = rows.dump_wanted(digest.wanted)
    return {
        "state": _state(digest, event),
        "version": digest.version,
        "channel": digest.channel,
        "owner": digest.owner,
        **({"pause": digest.pause} if digest.pause else {}),
        **rows.dump_schedule(digest.schedule),
        **wanted,
        "minimum": format(digest.wanted.minimum, "f"),
    }


def _state(digest: Digest, event: DigestEvent) -> str:
    if event is DigestEvent.REMOVED:
        return "removed"
    return "active" if digest.pause is None else "paused"
