"""Tells the owner of a digest when Maple or somebody else pauses or removes it.

The notice owed is stored with the pause or removal, so it survives a restart, and Slack being down. Each
attempt first stores when the next one is due, so that no two replicas tell at once; whoever succeeds clears
it. If they die in between, the owner is told twice: better than never.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from bot.digests import rows
from bot.digests.model import Digest, Pause
from bot.kit.card import Card
from bot.log import log
from bot.runtime import Runtime
from bot.slack import messages
from bot.slack.errors import SLACK_READ_ERRORS, interpret_error
from bot.store.database import Database, unbroken
from bot.store.tables import digests

TellOwner: TypeAlias = Callable[[Digest, Pause | None], Awaitable[bool]]
"""Tells the owner of a digest why it is paused and how to mend that, or, with None, that it was removed.
False: perhaps it did not. Never raises."""


_FIRST = timedelta(minutes=1)
"""Before the second attempt; then each is as far away as the pause is long ago."""
_GIVE_UP = timedelta(days=1)

_STOPPED = digests.c.state.in_(("paused", "removed"))


@dataclass(frozen=True, slots=True)
class _Untold:
    digest: Digest
    why: Pause | None
    """None: it was removed."""
    again: datetime
    """When it is due again, unless it is crossed out."""


class OwnerNotifier:
    """`tell`: once, and whether that went well."""

    def __init__(self, runtime: Runtime, tell: TellOwner) -> None:
        self._database = runtime.database
        self._env = runtime.environment
        self._now = runtime.now
        self._tell = tell

    async def due(self) -> None:
        """Tells all who are to be told by now. Never raises."""
        try:
            for untold in await _claim(self._database, self._env, now=self._now()):
                if await self._tell(untold.digest, untold.why):
                    await _told(self._database, untold)
        except (SQLAlchemyError, OSError) as error:
            log.warning("owners not told", error=type(error).__name__)


@unbroken
async def _claim(database: Database, env: str, *, now: datetime) -> list[_Untold]:
    due = select(digests.c.id, digests.c.tell_owner_at, digests.c.updated_at).where(
        digests.c.env == env, _STOPPED, digests.c.tell_owner_at <= now
    )
    async with database.reading() as connection:
        found = (await connection.execute(due.order_by(digests.c.id))).all()
    if not found:
        return []
    claimed = []
    async with database.writing() as connection:
        for row in found:
            ago = now - row.updated_at
            again = now + max(_FIRST, ago)
            changed = await connection.execute(
                update(digests)
                .where(digests.c.id == row.id, _STOPPED, digests.c.tell_owner_at == row.tell_owner_at)
                .values(tell_owner_at=again if ago < _GIVE_UP else None)
                .returning(digests)
            )
            stopped = [rows.digest(mine) for mine in changed]
            claimed += [_Untold(digest, digest.pause, again) for digest in stopped]
    return claimed


@unbroken
async def _told(database: Database, untold: _Untold) -> None:
    """Unless it was paused anew since, which is another thing to be told."""
    async with database.writing() as connection:
        await connection.execute(
            update(digests)
            .where(digests.c.id == untold.digest.id, digests.c.tell_owner_at == untold.again)
            .values(tell_owner_at=None)
        )


class OwnerMessage:
    """`draw`: the message about a pause, or, with None, about a removal."""

    def __init__(self, slack: AsyncWebClient, draw: Callable[[Digest, Pause | None], Card]) -> None:
        self._slack = slack
        self._draw = draw

    async def __call__(self, digest: Digest, why: Pause | None) -> bool:
        """False: perhaps it did not. Never raises: whoever lists the channel's digests reads it as well."""
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
