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
from handlers.interaction import Ask
from handlers.once import first
from handlers.services import Desk
from handlers.upcoming import zone

# Opening


async def new(ask: Ask, desk: Desk) -> None:
    if not await first(ask, desk):
        return
    ask = within_list(ask)
    async with in_modal(ask, desk):
        if await _barred(ask, desk):
            return
        meta = DigestMeta(submission=secrets.token_hex(16), channel=ask.channel)
        await _open(ask, desk, DigestState(meta, Schedule(zone=await zone(ask, desk))))


async def edit(ask: Ask, desk: Desk) -> None:
    ref = Ref.decode(ask.value)
    if not await first(ask, desk):
        return
    ask = within_list(ask)
    async with in_modal(ask, desk):
        if await _barred(ask, desk):
            return
        digest = await desk.digests.get(ref.id)
        if digest is None:
            await show(ask, desk, list_card.digest_note("changed"))
            return
        meta = DigestMeta(
            submission=secrets.token_hex(16),
            channel=digest.channel,
            digest=digest.id,
            version=digest.version,
        )
        await _open(ask, desk, DigestState(meta, digest.schedule, digest.wanted))


async def _barred(ask: Ask, desk: Desk) -> bool:
    """Whether the policy is against it, which the list then says."""
    if await may_change(ask, desk):
        return False
    await show(ask, desk, list_card.digest_note("not_allowed"))
    return True


async def _open(ask: Ask, desk: Desk, state: DigestState) -> None:
    await desk.replies.redraw(ask.view, digest_form.loading(state.meta))
    drawn = digest_form.build(replace(state, plans=await _plans(desk)))
    await desk.replies.redraw(ask.view, drawn)


async def _plans(desk: Desk) -> Mapping[str, str] | None:
    """Names of products by id. A digest can be set up while Autumn does not answer: None then."""
    with contextlib.suppress(AutumnError, TimeoutError):
        async with asyncio.timeout(desk.timings.asking_after):
            return await _all_plans(desk)
    return None


async def _all_plans(desk: Desk) -> Mapping[str, str]:
    return {plan.id: plan.name or plan.id for plan in await desk.autumn.plans()}


# Filling in


async def zones(ask: Ask, _desk: Desk) -> list[dict[str, Any]]:
    """For the external select of time zones."""
    return digest_form.zone_options(ask.value)


async def plans(ask: Ask, desk: Desk) -> list[dict[str, Any]]:
    """For the external select of products."""
    return digest_form.plan_options(await _all_plans(desk), ask.value)


# Submitting


def check(ask: Ask) -> Mapping[str, str]:
    """What is wrong with what was filled in, by block."""
    return digest_form.parse(ask.state).errors


def working(ask: Ask) -> Mapping[str, Any]:
    return digest_form.working(DigestMeta.decode(ask.metadata))


async def submitted(ask: Ask, desk: Desk) -> None:
    meta = DigestMeta.decode(ask.metadata)
    given = digest_form.parse(ask.state).input
    if given is None:  # pragma: no cover - `check` lets no such form through
        raise ValueError("A form that is not filled in was let through.")
    ask = replace(ask, channel=meta.channel)
    if not await first(ask, desk):
        return
    async with in_modal(ask, desk):
        if await _barred(ask, desk):
            return
        if meta.digest:
            await _edited(ask, desk, meta, given)
        else:
            await _created(ask, desk, meta, given)


async def _created(ask: Ask, desk: Desk, meta: DigestMeta, given: DigestInput) -> None:
    made = await desk.digests.create(meta.submission, meta.channel, ask.actor, given.schedule, given.wanted)
    match made:
        case ChannelProblem():
            told = ""  # the list says it itself
        case TooMany():
            told = list_card.digest_note(made)
        case Digest():
            told = list_card.digest_created(made)
        case _:  # pragma: no cover - a closed set
            assert_never(made)
    await show(ask, desk, told)


async def _edited(ask: Ask, desk: Desk, meta: DigestMeta, given: DigestInput) -> None:
    by = ask.actor.user
    if await desk.digests.edit(meta.digest, meta.version, given.schedule, given.wanted, by=by):
        await show(ask, desk, list_card.digest_note("edited"))
        return
    now = await desk.digests.get(meta.digest)
    if now is None:
        await show(ask, desk, list_card.digest_note("changed"))
        return
    await _again(ask, desk, meta, given, now)


async def _again(ask: Ask, desk: Desk, meta: DigestMeta, given: DigestInput, now: Digest) -> None:
    """The form as it was filled in. Saved once more, it takes the place of what somebody else made of it."""
    state = DigestState(
        meta.model_copy(update={"version": now.version}),
        given.schedule,
        given.wanted,
        await _plans(desk),
        digest_form.edited_meanwhile(),
    )
    if not await desk.replies.redraw(ask.view, digest_form.build(state)):
        await desk.replies.fresh(ask, list_card.digest_said(list_card.digest_note("changed")))
