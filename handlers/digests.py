"""`/autumn digest`: the channel's digests in a modal, and their buttons.

Also `/autumn upcoming`: what a digest would say of the next days, to the person who asks.
"""

import asyncio
import hashlib
from collections.abc import Awaitable
from dataclasses import replace
from typing import Protocol, assert_never

from bot.access.post_targets import PersonProblem, is_person
from bot.access.refusal import Ask, PolicyRefusal
from bot.access.rules import Verb
from bot.digests import card as digests_card
from bot.digests import list_card, setup_words
from bot.digests.model import Digest, DigestContent
from bot.digests.scan.scanner import Progress, ReportProgress, ScanFailed
from bot.digests.schedule import known_zone
from bot.digests.setup_words import DigestNote
from bot.kit.card import Card
from bot.kit.carried import Ref
from bot.lookups import help as lookup_help
from bot.slack.channels import ChannelProblem
from handlers import refusals
from handlers.errors import shown_in_modal, update_modal
from handlers.interaction import Interaction, within_list
from handlers.lookups import in_channel, respond
from handlers.services import Services

_DEFAULT_ZONE = "UTC"


class _Change(Protocol):
    """A method of `DigestService` that changes one digest."""

    def __call__(
        self, digest_id: str, /, *, by: str
    ) -> Awaitable[Digest | ChannelProblem | PersonProblem | None]: ...


# The list


async def commanded(interaction: Interaction, services: Services) -> None:
    view = await services.replies.open_modal(interaction, list_card.digest_waiting(interaction.channel))
    interaction = replace(interaction, view=view)
    async with shown_in_modal(interaction, services):
        await show_list(interaction, services)


async def show_list(interaction: Interaction, services: Services, note: str = "") -> None:
    """Shows the channel's digests as they are now. `note`: what just happened (mrkdwn)."""
    problem, digests, own, refusal = await asyncio.gather(
        channel_problem(interaction, services),
        services.digests.of_channel(interaction.channel),
        services.digests.of_person(interaction.user),
        policy_refusal(interaction, services),
    )
    view = list_card.digest_list(
        digests, own, channel=interaction.channel, problem=problem, note=note, refusal=refusal
    )
    if note:
        services.home.changed()
        await update_modal(interaction, services, view, instead=list_card.digest_message(note))
    else:
        await services.replies.update_modal(interaction.view, view)


async def policy_refusal(interaction: Interaction, services: Services) -> PolicyRefusal | None:
    """Why the policy does not let this person set digests and alerts up and change them; None if it does."""
    decision = await services.permission.may_digests(interaction.actor)
    if decision.permit:
        return None
    channel = interaction.channel if in_channel(interaction) else ""
    return await refusals.of_verb(interaction, services, Ask(verb=Verb.DIGESTS, channel=channel), decision)


async def may_change(interaction: Interaction, services: Services) -> bool:
    """Whether the policy lets this person set digests and alerts up and change them."""
    return (await services.permission.may_digests(interaction.actor)).permit


async def refused_change(interaction: Interaction, services: Services, digest_id: str) -> DigestNote | None:
    """Why this person may not change this digest; None if they may. Only one that their list shows them: what
    goes to a person's direct messages is nobody else's to change but of whoever set it up."""
    digest = await services.digests.get(digest_id)
    if digest is not None and not _in_list(interaction, digest):
        return DigestNote.NOT_THEIRS if digest.personal else DigestNote.CHANGED
    return None if await may_change(interaction, services) else DigestNote.NOT_ALLOWED


def _in_list(interaction: Interaction, digest: Digest) -> bool:
    """Whether the list of this channel shows it to this person."""
    return digest.concerns(interaction.user) if digest.personal else digest.channel == interaction.channel


async def channel_problem(interaction: Interaction, services: Services) -> ChannelProblem | None:
    if not in_channel(interaction):
        return ChannelProblem.DIRECT
    return await services.digests.channel_problem(interaction.channel)


async def _show_waiting(interaction: Interaction, services: Services, note: str) -> None:
    """Shows that something is being done; nothing can be clicked meanwhile."""
    await services.replies.update_modal(interaction.view, list_card.digest_waiting(interaction.channel, note))


# Its buttons


async def pause(interaction: Interaction, services: Services) -> None:
    await _change(interaction, services, services.digests.pause, DigestNote.PAUSED)


async def resume(interaction: Interaction, services: Services) -> None:
    await _change(interaction, services, services.digests.resume, DigestNote.RESUMED)


async def remove(interaction: Interaction, services: Services) -> None:
    await _change(interaction, services, services.digests.remove, DigestNote.REMOVED)


async def _change(interaction: Interaction, services: Services, change: _Change, done: DigestNote) -> None:
    ref = Ref.decode(interaction.value)
    interaction = within_list(interaction)
    async with shown_in_modal(interaction, services):
        if refused := await refused_change(interaction, services, ref.id):
            await show_list(interaction, services, list_card.digest_note(refused))
            return
        changed = await change(ref.id, by=interaction.user)
        match changed:
            case Digest():
                await show_list(interaction, services, list_card.digest_note(done))
            case None:
                await show_list(interaction, services, list_card.digest_note(DigestNote.CHANGED))
            case ChannelProblem():
                # The list shows what is wrong with the channel.
                await show_list(interaction, services)
            case PersonProblem():
                await show_list(interaction, services, setup_words.PERSON_PROBLEMS[changed])
            case _:  # pragma: no cover - a closed set
                assert_never(changed)


async def send(interaction: Interaction, services: Services) -> None:
    """Posts a digest right away."""
    ref = Ref.decode(interaction.value)
    interaction = within_list(interaction)
    async with shown_in_modal(interaction, services):
        if refused := await refused_change(interaction, services, ref.id):
            await show_list(interaction, services, list_card.digest_note(refused))
            return
        await _show_waiting(interaction, services, list_card.digest_note(DigestNote.SENDING))
        request_id = hashlib.sha256(f"{ref.id} {interaction.trigger_id}".encode()).hexdigest()
        delivery = await services.digests.send_now(
            ref.id, request_id, interaction.user, _progress(interaction, services)
        )
        personal = is_person(delivery.channel)
        await show_list(interaction, services, list_card.digest_sent(delivery.outcome, personal=personal))


async def preview(interaction: Interaction, services: Services) -> None:
    """Shows what a digest would say now, only to the person who asks."""
    ref = Ref.decode(interaction.value)
    interaction = within_list(interaction)
    async with shown_in_modal(interaction, services):
        digest = await services.digests.get(ref.id)
        if digest is None or not _in_list(interaction, digest):
            await show_list(interaction, services, list_card.digest_note(DigestNote.CHANGED))
            return
        await _show_waiting(interaction, services, list_card.digest_note(DigestNote.PREVIEWING))
        try:
            report, query = await services.digests.preview(digest, _progress(interaction, services))
        except ScanFailed:
            await show_list(interaction, services, list_card.digest_note(DigestNote.NOT_PREVIEWED))
            return
        card = digests_card.upcoming_card(
            report, content=digest.content, query_base=query, org=services.organization(), preview=True
        )
        await services.replies.ephemeral(interaction, card)
        done = DigestNote.PREVIEWED if in_channel(interaction) else DigestNote.PREVIEWED_DIRECTLY
        await show_list(interaction, services, list_card.digest_note(done))


def _progress(interaction: Interaction, services: Services) -> ReportProgress:
    """Shows the scan's progress in the modal, every few seconds."""

    async def show(progress: Progress) -> None:
        note = setup_words.progress(progress.customers, progress.previewed, progress.to_preview)
        await _show_waiting(interaction, services, note)

    return show


# `/autumn upcoming`


async def upcoming(interaction: Interaction, services: Services, days: int) -> None:
    await respond(
        interaction,
        services,
        _upcoming_card(interaction, services, days),
        loading=lookup_help.still_waiting(),
        send=services.replies.ephemeral,
    )


async def _upcoming_card(interaction: Interaction, services: Services, days: int) -> Card:
    report, query = await services.digests.upcoming(days, await zone(interaction, services))
    return digests_card.upcoming_card(
        report, content=DigestContent(days=days), query_base=query, org=services.organization()
    )


async def zone(interaction: Interaction, services: Services) -> str:
    """The person's own time zone; UTC if Slack names none, or one that is not known here."""
    own = await services.people.zone(interaction.actor)
    return own if known_zone(own) else _DEFAULT_ZONE
