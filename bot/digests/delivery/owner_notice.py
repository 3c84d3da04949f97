"""Tells the owner of a digest when Maple or someone else pauses or removes it.

The notice is stored with the pause or removal, so it survives a restart and an outage of Slack. Each attempt
first stores when the next one is due, so that two replicas never send it at once; success clears it. A
process that dies in between leaves a notice that is sent twice, which is better than never.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from bot.access.post_targets import Pause
from bot.digests import rows
from bot.digests.model import Digest
from bot.kit.card import Card
from bot.log import log
from bot.runtime import Runtime
from bot.slack import messages
from bot.slack.errors import SLACK_READ_ERRORS, interpret_error
from bot.store.database import Database, unbroken
from bot.store.tables import digests

TellOwner: TypeAlias = Callable[[Digest, Pause | None], Awaitable[bool]]
"""Tells the owner why their digest is paused and what to do about it, or, with None, that it was removed.
False if they may not have been told. Never raises."""


_FIRST = timedelta(minutes=1)
"""Wait before the second attempt. Later waits are as long as the pause is old, so they double."""
_GIVE_UP = timedelta(days=1)

_STOPPED = digests.c.state.in_(("paused", "removed"))


@dataclass(frozen=True, slots=True)
class _Notice:
    digest: Digest
    why: Pause | None
    """None if it was removed."""
    next_attempt: datetime
    """When it is sent again unless it is cleared."""


class OwnerNotifier:
    def __init__(self, runtime: Runtime, tell: TellOwner) -> None:
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._tell = tell

    async def tell_due(self) -> None:
        """Sends all notices that are due. Never raises."""
        try:
            for notice in await _claim(self._database, self._env, now=self._now()):
                if await self._tell(notice.digest, notice.why):
                    await _clear(self._database, notice)
        except (SQLAlchemyError, OSError) as error:
            log.warning("owners not told", error=type(error).__name__)


@unbroken
async def _claim(database: Database, env: str, *, now: datetime) -> list[_Notice]:
    due = select(digests.c.id, digests.c.tell_owner_at, digests.c.updated_at).where(
        digests.c.env == env, _STOPPED, digests.c.tell_owner_at <= now
    )
    async with database.reading() as connection:
        due_rows = (await connection.execute(due.order_by(digests.c.id))).all()
    if not due_rows:
        return []
    notices = []
    async with database.writing() as connection:
        for row in due_rows:
            age = now - row.updated_at
            next_attempt = now + max(_FIRST, age)
            claimed = await connection.execute(
                update(digests)
                .where(digests.c.id == row.id, _STOPPED, digests.c.tell_owner_at == row.tell_owner_at)
                .values(tell_owner_at=next_attempt if age < _GIVE_UP else None)
                .returning(digests)
            )
            stopped = [rows.digest(claimed_row) for claimed_row in claimed]
            notices += [_Notice(digest, digest.pause, next_attempt) for digest in stopped]
    return notices


@unbroken
async def _clear(database: Database, notice: _Notice) -> None:
    """Keeps the notice of a pause that came after it."""
    async with database.writing() as connection:
        await connection.execute(
            update(digests)
            .where(digests.c.id == notice.digest.id, digests.c.tell_owner_at == notice.next_attempt)
            .values(tell_owner_at=None)
        )


class OwnerMessage:
    """Sends a notice as a direct message. `draw`: about a pause or, with None, about a removal."""

    def __init__(self, slack: AsyncWebClient, draw: Callable[[Digest, Pause | None], Card]) -> None:
        self._slack = slack
        self._draw = draw

    async def __call__(self, digest: Digest, why: Pause | None) -> bool:
        """False if it may not have been sent. Never raises: the list of the channel's digests says it too."""
        card = self._draw(digest, why)
        try:
            channel = await messages.open_dm(self._slack, digest.owner)
            await messages.post(self._slack, channel, card.text, card.plain)
        except SLACK_READ_ERRORS as error:
            log.warning(
                "owner not told", error=interpret_error(error).reason, reference=digest.id, user=digest.owner
            )
            return False
        return True
