"""`/autumn digest`: the channel's digests in a modal, their buttons, and the form in which they are set up or
edited: in the place of the list, which comes back afterwards."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, assert_never

from bot.access.post_targets import PersonProblem, is_person
from bot.autumn.errors import AutumnError
from bot.digests import card as digests_card
from bot.digests import form as digest_form
from bot.digests import list_card, setup_words
from bot.digests.form import DigestInput, DigestMeta, DigestState
from bot.digests.model import Digest, Schedule, TooManyDigests
from bot.digests.scan.scanner import Progress, ReportProgress, ScanFailed
from bot.digests.setup_words import DigestNote
from bot.kit.carried import Ref
from bot.lookups import options
from bot.slack.channels import ChannelProblem
from handlers.channel_check import in_channel
from handlers.digest_rows import zone
from handlers.errors import errors_in_modal, update_modal
from handlers.interaction import Interaction, within_list
from handlers.listener import Invalid
from handlers.report_rights import may_change, policy_refusal
from handlers.services import Services


class _Change(Protocol):
    """A method of `DigestService` that changes one digest."""

    def __call__(
        self, digest_id: str, /, *, by: str
    ) -> Awaitable[Digest | ChannelProblem | PersonProblem | None]: ...


# The list


async def commanded(interaction: Interaction, services: Services) -> None:
    view = await services.replies.open_modal(interaction, list_card.digest_waiting(interaction.channel))
    interaction = replace(interaction, view=view)
    async with errors_in_modal(interaction, services):
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


async def refused_change(interaction: Interaction, services: Services, digest_id: str) -> DigestNote | None:
    """Why this person may not change this digest; None if they may. Only what their list shows them: a
    personal digest is changed only by its recipient and its owner."""
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
    async with errors_in_modal(interaction, services):
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
                # The list shows the problem with the channel.
                await show_list(interaction, services)
            case PersonProblem():
                await show_list(interaction, services, setup_words.PERSON_PROBLEMS[changed])
            case _:
                assert_never(changed)


async def send(interaction: Interaction, services: Services) -> None:
    """Posts a digest right away."""
    ref = Ref.decode(interaction.value)
    interaction = within_list(interaction)
    async with errors_in_modal(interaction, services):
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
    async with errors_in_modal(interaction, services):
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


# The form


async def new(interaction: Interaction, services: Services) -> None:
    interaction = within_list(interaction)
    async with errors_in_modal(interaction, services):
        if await _refused(interaction, services):
            return
        meta = DigestMeta(submission=secrets.token_hex(16), channel=interaction.channel)
        fit = await channel_problem(interaction, services) is None
        state = DigestState(
            meta,
            Schedule(zone=await zone(interaction, services)),
            channel_fit=fit,
            person="" if fit else interaction.user,
        )
        await _open(interaction, services, state)


async def edit(interaction: Interaction, services: Services) -> None:
    ref = Ref.decode(interaction.value)
    interaction = within_list(interaction)
    async with errors_in_modal(interaction, services):
        if await _refused(interaction, services, ref.id):
            return
        digest = await services.digests.get(ref.id)
        if digest is None:
            await show_list(interaction, services, list_card.digest_note(DigestNote.CHANGED))
            return
        meta = DigestMeta(
            submission=secrets.token_hex(16),
            channel=interaction.channel,
            digest=digest.id,
            version=digest.version,
        )
        await _open(interaction, services, DigestState(meta, digest.schedule, digest.content))


async def _refused(interaction: Interaction, services: Services, digest_id: str = "") -> bool:
    """Whether the policy forbids it, or this digest is someone else's; the list then says so."""
    refused = await refused_change(interaction, services, digest_id)
    if refused is not None:
        await show_list(interaction, services, list_card.digest_note(refused))
    return refused is not None


async def _open(interaction: Interaction, services: Services, state: DigestState) -> None:
    await services.replies.update_modal(interaction.view, digest_form.loading(state.meta))
    plans, groups = await asyncio.gather(_plans(services), services.groups.handles())
    view = digest_form.build(replace(state, plans=plans, groups=groups))
    await services.replies.update_modal(interaction.view, view)


async def _plans(services: Services) -> Mapping[str, str] | None:
    """Names of products by id; None if Autumn does not answer. A digest can still be set up."""
    with contextlib.suppress(AutumnError, TimeoutError):
        async with asyncio.timeout(services.timeouts.asking_after):
            return await _all_plans(services)
    return None


async def _all_plans(services: Services) -> Mapping[str, str]:
    return {plan.id: plan.name or plan.id for plan in await services.autumn.plans()}


async def zones(interaction: Interaction, _services: Services) -> list[dict[str, Any]]:
    """For the external select of time zones."""
    return digest_form.zone_options(interaction.value)


async def plans(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of products."""
    return options.named_options(await _all_plans(services), interaction.value)


async def user_groups(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of user groups."""
    return options.named_options(await services.groups.handles(), interaction.value)


@dataclass(frozen=True, slots=True)
class SubmittedDigest:
    meta: DigestMeta
    input: DigestInput


def parse(interaction: Interaction) -> SubmittedDigest | Invalid:
    parsed = digest_form.parse(interaction.state)
    if parsed.input is None:
        return Invalid(parsed.errors)
    return SubmittedDigest(DigestMeta.decode(interaction.metadata), parsed.input)


def working(interaction: Interaction) -> Mapping[str, Any]:
    return digest_form.working(DigestMeta.decode(interaction.metadata))


async def submitted(interaction: Interaction, services: Services, form: SubmittedDigest) -> None:
    interaction = replace(interaction, channel=form.meta.channel)
    async with errors_in_modal(interaction, services):
        if await _refused(interaction, services, form.meta.digest):
            return
        if form.meta.digest:
            await _edit(interaction, services, form)
        else:
            await _create(interaction, services, form)


async def _create(interaction: Interaction, services: Services, form: SubmittedDigest) -> None:
    created = await services.digests.create(
        form.meta.submission,
        form.input.person or form.meta.channel,
        interaction.actor,
        form.input.schedule,
        form.input.content,
    )
    match created:
        case ChannelProblem():
            note = ""  # the list says why
        case PersonProblem():
            note = setup_words.PERSON_PROBLEMS[created]
        case TooManyDigests():
            note = setup_words.TOO_MANY[created]
        case Digest():
            note = list_card.digest_created(created)
        case _:
            assert_never(created)
    await show_list(interaction, services, note)


async def _edit(interaction: Interaction, services: Services, form: SubmittedDigest) -> None:
    meta, by = form.meta, interaction.user
    if await services.digests.edit(meta.digest, meta.version, form.input.schedule, form.input.content, by=by):
        await show_list(interaction, services, list_card.digest_note(DigestNote.EDITED))
        return
    digest = await services.digests.get(meta.digest)
    if digest is None:
        await show_list(interaction, services, list_card.digest_note(DigestNote.CHANGED))
        return
    await _show_again(interaction, services, form, digest)


async def _show_again(
    interaction: Interaction, services: Services, form: SubmittedDigest, digest: Digest
) -> None:
    """Shows the form as it was filled in. Saving it again replaces the other person's changes."""
    state = DigestState(
        form.meta.model_copy(update={"version": digest.version}),
        form.input.schedule,
        form.input.content,
        await _plans(services),
        await services.groups.handles(),
        trouble=digest_form.edited_meanwhile(),
    )
    instead = list_card.digest_message(list_card.digest_note(DigestNote.CHANGED))
    await update_modal(interaction, services, digest_form.build(state), instead=instead)
