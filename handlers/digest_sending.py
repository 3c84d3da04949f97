"""*Send now* and *Preview to me*: how far the reading is stands in the modal, and then what came of it."""

import hashlib

from bot.digests import card as digests_card
from bot.digests import list_card
from bot.digests.delivery.outcome import Watch
from bot.digests.scan.scanner import Progress, ScanFailed
from bot.kit.ref import Ref
from handlers.digest_modal import in_modal, may_change, show, wait, within_list
from handlers.interaction import Ask
from handlers.once import first
from handlers.services import Desk


async def send(ask: Ask, desk: Desk) -> None:
    """Posts a digest at once; a click that is delivered again is the same one."""
    ref = Ref.decode(ask.value)
    if not await first(ask, desk):
        return
    ask = within_list(ask)
    async with in_modal(ask, desk):
        if not await may_change(ask, desk):
            await show(ask, desk, list_card.digest_note("not_allowed"))
            return
        await wait(ask, desk, list_card.digest_note("sending"))
        once = hashlib.sha256(f"{ref.id} {ask.trigger}".encode()).hexdigest()
        carried = await desk.digests.send_now(ref.id, once, ask.actor.user, watch(ask, desk))
        await show(ask, desk, list_card.digest_outcome(carried.outcome))


async def preview(ask: Ask, desk: Desk) -> None:
    """What a digest would say now, to the person who asks and nobody else."""
    ref = Ref.decode(ask.value)
    if not await first(ask, desk):
        return
    ask = within_list(ask)
    async with in_modal(ask, desk):
        digest = await desk.digests.get(ref.id)
        if digest is None:
            await show(ask, desk, list_card.digest_note("changed"))
            return
        await wait(ask, desk, list_card.digest_note("previewing"))
        try:
            report, query = await desk.digests.preview(digest, watch(ask, desk))
        except ScanFailed:
            await show(ask, desk, list_card.digest_note("not_previewed"))
            return
        card = digests_card.upcoming_card(
            report, wanted=digest.wanted, query_base=query, org=desk.organization(), preview=True
        )
        await desk.replies.fresh(ask, card)
        await show(ask, desk, list_card.digest_note("previewed"))


def watch(ask: Ask, desk: Desk) -> Watch:
    """Says in the modal how far it is: as often as the scan tells, every few seconds."""

    async def told(progress: Progress) -> None:
        told = list_card.digest_progress(progress.customers, progress.previewed, progress.to_preview)
        await wait(ask, desk, told)

    return told
