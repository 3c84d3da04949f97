"""The callback that tells people of a step in the life of a change."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from bot.approvals.lifecycle import ChangeEvent, Record
from bot.log import log

Notify: TypeAlias = Callable[[Record, ChangeEvent], Coroutine[Any, Any, None]]
"""Redraws the cards of a change, and notifies the requester."""


def quietly(notify: Notify) -> Notify:
    """The same, but an error only gets logged; the sweeper redraws the cards later."""

    async def notify_quietly(record: Record, event: ChangeEvent) -> None:
        try:
            await notify(record, event)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in Slack must not stop the change
            log.warning("not notified", error=type(error).__name__, reference=record.id, action=event)

    return notify_quietly
