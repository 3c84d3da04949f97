"""The form that sets up or edits a digest. It replaces the list, which comes back afterwards."""

import asyncio
import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from bot.access.post_targets import PersonProblem
from bot.autumn.errors import AutumnError
from bot.digests import form as digest_form
from bot.digests import list_card, setup_words
from bot.digests.form import DigestInput, DigestMeta, DigestState
from bot.digests.model import Digest, Schedule, TooManyDigests
from bot.digests.setup_words import DigestNote
from bot.kit.carried import Ref
from bot.lookups import options
from bot.slack.channels import ChannelProblem
from handlers.digests import channel_problem, refused_change, show_list, zone
from handlers.errors import shown_in_modal, update_modal
from handlers.interaction import Interaction, within_list
from handlers.listener import Invalid
from handlers.services import Services

# Opening


async def new(interaction: Interaction, services: Services) -> None:
    interaction = within_list(interaction)
    async with shown_in_modal(interaction, services):
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
    async with shown_in_modal(interaction, services):
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
    """Whether the policy forbids it, or this digest is somebody else's; the list then says so."""
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
    """Names of products by id; None if Autumn does not answer. A digest can be set up all the same."""
    with contextlib.suppress(AutumnError, TimeoutError):
        async with asyncio.timeout(services.timings.asking_after):
            return await _all_plans(services)
    return None


async def _all_plans(services: Services) -> Mapping[str, str]:
    return {plan.id: plan.name or plan.id for plan in await services.autumn.plans()}


# Filling in


async def zones(interaction: Interaction, _services: Services) -> list[dict[str, Any]]:
    """For the external select of time zones."""
    return digest_form.zone_options(interaction.value)


async def plans(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of products."""
    return options.named_options(await _all_plans(services), interaction.value)


async def user_groups(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of user groups."""
    return options.named_options(await services.groups.handles(), interaction.value)


# Submitting


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
    async with shown_in_modal(interaction, services):
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
        case _:  # pragma: no cover - a closed set
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
