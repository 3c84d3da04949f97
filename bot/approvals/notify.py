"""How the life of a change reaches the people it concerns."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from bot.approvals.lifecycle import ChangeEvent, Record
from bot.log import log

Notify: TypeAlias = Callable[[Record, ChangeEvent], Coroutine[Any, Any, None]]
"""Shows a change's cards as they are now, and tells the asker."""


def quietly(tell: Notify) -> Notify:
    """The same, but an error in showing a change does not stop it; its cards are redrawn by the sweeper."""

    async def told(record: Record, event: ChangeEvent) -> None:
        try:
            await tell(record, event)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in Slack, Autumn's side goes on
            log.warning("not told", error=type(error).__name__, reference=record.id, action=event)

    return told
