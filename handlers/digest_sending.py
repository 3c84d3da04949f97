"""*Send now* and *Preview to me*: how far the reading is stands in the modal, and then what came of it."""

import hashlib

from bot.digests import card as digests_card
from bot.digests import list_card
from bot.digests.delivery.outcome import ReportProgress
from bot.digests.scan.scanner import Progress, ScanFailed
from bot.kit.ref import Ref
from handlers.digest_modal import in_modal, may_change, show, wait, within_list
from handlers.interaction import Interaction
from handlers.once import first
from handlers.services import Services


async def send(interaction: Interaction, services: Services) -> None:
    """Posts a digest at once; a click that is delivered again is the same one."""
    ref = Ref.decode(interaction.value)
    if not await first(interaction, services):
        return
    interaction = within_list(interaction)
    async with in_modal(interaction, services):
        if not await may_change(interaction, services):
            await show(interaction, services, list_card.digest_note("not_allowed"))
            return
        await wait(interaction, services, list_card.digest_note("sending"))
        once = hashlib.sha256(f"{ref.id} {interaction.trigger_id}".encode()).hexdigest()
        carried = await services.digests.send_now(
            ref.id, once, interaction.actor.user, watch(interaction, services)
        )
        await show(interaction, services, list_card.digest_outcome(carried.outcome))


async def preview(interaction: Interaction, services: Services) -> None:
    """What a digest would say now, to the person who asks and nobody else."""
    ref = Ref.decode(interaction.value)
    if not await first(interaction, services):
        return
    interaction = within_list(interaction)
    async with in_modal(interaction, services):
        digest = await services.digests.get(ref.id)
        if digest is None:
            await show(interaction, services, list_card.digest_note("changed"))
            return
        await wait(interaction, services, list_card.digest_note("previewing"))
        try:
            report, query = await services.digests.preview(digest, watch(interaction, services))
        except ScanFailed:
            await show(interaction, services, list_card.digest_note("not_previewed"))
            return
        card = digests_card.upcoming_card(
            report, wanted=digest.wanted, query_base=query, org=services.organization(), preview=True
        )
        await services.replies.fresh(interaction, card)
        await show(interaction, services, list_card.digest_note("previewed"))


def watch(interaction: Interaction, services: Services) -> ReportProgress:
    """Says in the modal how far it is: as often as the scan tells, every few seconds."""

    async def told(progress: Progress) -> None:
        told = list_card.digest_progress(progress.customers, progress.previewed, progress.to_preview)
        await wait(interaction, services, told)

    return told
