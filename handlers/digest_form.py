"""The form in which a digest is set up or edited: in the place of the list, which comes back afterwards."""

import asyncio
import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, assert_never

from bot.autumn.errors import AutumnError
from bot.digests import form as digest_form
from bot.digests import list_card
from bot.digests.form import DigestInput, DigestMeta, DigestState
from bot.digests.model import Digest, Schedule, TooMany
from bot.kit.ref import Ref
from bot.slack.channels import ChannelProblem
from handlers.digest_modal import in_modal, may_change, show, within_list
from handlers.interaction import Interaction
from handlers.once import first
from handlers.services import Services
from handlers.upcoming import zone

# Opening


async def new(interaction: Interaction, services: Services) -> None:
    if not await first(interaction, services):
        return
    interaction = within_list(interaction)
    async with in_modal(interaction, services):
        if await _barred(interaction, services):
            return
        meta = DigestMeta(submission=secrets.token_hex(16), channel=interaction.channel)
        await _open(
            interaction, services, DigestState(meta, Schedule(zone=await zone(interaction, services)))
        )


async def edit(interaction: Interaction, services: Services) -> None:
    ref = Ref.decode(interaction.value)
    if not await first(interaction, services):
        return
    interaction = within_list(interaction)
    async with in_modal(interaction, services):
        if await _barred(interaction, services):
            return
        digest = await services.digests.get(ref.id)
        if digest is None:
            await show(interaction, services, list_card.digest_note("changed"))
            return
        meta = DigestMeta(
            submission=secrets.token_hex(16),
            channel=digest.channel,
            digest=digest.id,
            version=digest.version,
        )
        await _open(interaction, services, DigestState(meta, digest.schedule, digest.wanted))


async def _barred(interaction: Interaction, services: Services) -> bool:
    """Whether the policy is against it, which the list then says."""
    if await may_change(interaction, services):
        return False
    await show(interaction, services, list_card.digest_note("not_allowed"))
    return True


async def _open(interaction: Interaction, services: Services, state: DigestState) -> None:
    await services.replies.redraw(interaction.view, digest_form.loading(state.meta))
    drawn = digest_form.build(replace(state, plans=await _plans(services)))
    await services.replies.redraw(interaction.view, drawn)


async def _plans(services: Services) -> Mapping[str, str] | None:
    """Names of products by id. A digest can be set up while Autumn does not answer: None then."""
    with contextlib.suppress(AutumnError, TimeoutError):
        async with asyncio.timeout(services.timings.asking_after):
            return await _all_plans(services)
    return None


async def _all_plans(services: Services) -> Mapping[str, str]:
    return {plan.id: plan.name or plan.id for plan in await services.autumn.plans()}


# Filling in


async def zones(interaction: Interaction, _desk: Services) -> list[dict[str, Any]]:
    """For the external select of time zones."""
    return digest_form.zone_options(interaction.value)


async def plans(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of products."""
    return digest_form.plan_options(await _all_plans(services), interaction.value)


# Submitting


def check(interaction: Interaction) -> Mapping[str, str]:
    """What is wrong with what was filled in, by block."""
    return digest_form.parse(interaction.state).errors


def working(interaction: Interaction) -> Mapping[str, Any]:
    return digest_form.working(DigestMeta.decode(interaction.metadata))


async def submitted(interaction: Interaction, services: Services) -> None:
    meta = DigestMeta.decode(interaction.metadata)
    given = digest_form.parse(interaction.state).input
    if given is None:  # pragma: no cover - `check` lets no such form through
        raise ValueError("A form that is not filled in was let through.")
    interaction = replace(interaction, channel=meta.channel)
    if not await first(interaction, services):
        return
    async with in_modal(interaction, services):
        if await _barred(interaction, services):
            return
        if meta.digest:
            await _edited(interaction, services, meta, given)
        else:
            await _created(interaction, services, meta, given)


async def _created(
    interaction: Interaction, services: Services, meta: DigestMeta, given: DigestInput
) -> None:
    made = await services.digests.create(
        meta.submission, meta.channel, interaction.actor, given.schedule, given.wanted
    )
    match made:
        case ChannelProblem():
            told = ""  # the list says it itself
        case TooMany():
            told = list_card.digest_note(made)
        case Digest():
            told = list_card.digest_created(made)
        case _:  # pragma: no cover - a closed set
            assert_never(made)
    await show(interaction, services, told)


async def _edited(interaction: Interaction, services: Services, meta: DigestMeta, given: DigestInput) -> None:
    by = interaction.actor.user
    if await services.digests.edit(meta.digest, meta.version, given.schedule, given.wanted, by=by):
        await show(interaction, services, list_card.digest_note("edited"))
        return
    now = await services.digests.get(meta.digest)
    if now is None:
        await show(interaction, services, list_card.digest_note("changed"))
        return
    await _again(interaction, services, meta, given, now)


async def _again(
    interaction: Interaction, services: Services, meta: DigestMeta, given: DigestInput, now: Digest
) -> None:
    """The form as it was filled in. Saved once more, it takes the place of what somebody else made of it."""
    state = DigestState(
        meta.model_copy(update={"version": now.version}),
        given.schedule,
        given.wanted,
        await _plans(services),
        digest_form.edited_meanwhile(),
    )
    if not await services.replies.redraw(interaction.view, digest_form.build(state)):
        await services.replies.fresh(interaction, list_card.digest_said(list_card.digest_note("changed")))
