"""`/autumn digest`: the channel's digests in a modal, to be paused, resumed and removed there."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Protocol

from bot.digests import list_card
from bot.digests.model import Digest
from bot.kit.ref import Ref
from bot.slack.channels import ChannelProblem
from handlers.digest_modal import in_modal, may_change, show, within_list
from handlers.interaction import Ask
from handlers.once import first, first_in_time
from handlers.services import Desk


class _Verb(Protocol):
    """Of `bot.digests.service.Digests`."""

    def __call__(self, digest_id: str, /, *, by: str) -> Awaitable[Digest | ChannelProblem | None]: ...


async def commanded(ask: Ask, desk: Desk) -> None:
    if not await first_in_time(ask, desk):
        return
    view = await desk.replies.modal(ask, list_card.digest_waiting(ask.channel))
    ask = replace(ask, view=view)
    async with in_modal(ask, desk):
        await show(ask, desk)


async def pause(ask: Ask, desk: Desk) -> None:
    await _change(ask, desk, desk.digests.pause, "paused")


async def resume(ask: Ask, desk: Desk) -> None:
    await _change(ask, desk, desk.digests.resume, "resumed")


async def remove(ask: Ask, desk: Desk) -> None:
    await _change(ask, desk, desk.digests.remove, "removed")


async def _change(ask: Ask, desk: Desk, verb: _Verb, happened: str) -> None:
    ref = Ref.decode(ask.value)
    if not await first(ask, desk):
        return
    ask = within_list(ask)
    async with in_modal(ask, desk):
        if not await may_change(ask, desk):
            await show(ask, desk, list_card.digest_note("not_allowed"))
            return
        match await verb(ref.id, by=ask.actor.user):
            case Digest():
                await show(ask, desk, list_card.digest_note(happened))
            case None:
                await show(ask, desk, list_card.digest_note("changed"))
            case _:
                # The list says what stands against the channel.
                await show(ask, desk)
