"""`/autumn alerts`: the channel's alerts and the person's own in a modal, and the buttons beside each."""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Protocol, assert_never

from bot.alerts import card
from bot.alerts.card import AlertList
from bot.alerts.model import AlertSubscription, TooManyAlerts
from bot.alerts.words import AlertNote
from bot.autumn.errors import AutumnError
from bot.kit.carried import Ref
from bot.lookups.catalogue import feature_names, plan_names
from bot.slack.channels import ChannelProblem
from handlers.digests import may_change, policy_refusal
from handlers.errors import shown_in_modal, update_modal
from handlers.interaction import Interaction, within_list
from handlers.lookups import in_channel
from handlers.services import Services


class _Verb(Protocol):
    """Of `bot.alerts.service.AlertService`."""

    def __call__(
        self, subscription_id: str, /, *, by: str
    ) -> Awaitable[AlertSubscription | ChannelProblem | None]: ...


# The list


async def commanded(interaction: Interaction, services: Services) -> None:
    view = await services.replies.open_modal(interaction, card.alerts_waiting(interaction.channel))
    interaction = replace(interaction, view=view)
    async with shown_in_modal(interaction, services):
        await show_list(interaction, services)


async def show_list(
    interaction: Interaction, services: Services, note: AlertNote | TooManyAlerts | None = None
) -> None:
    """The alerts as they are now. `note`: what just happened."""
    problem, in_the_channel, own, refusal, called = await asyncio.gather(
        channel_problem(interaction, services),
        services.alerts.of_channel(interaction.channel),
        services.alerts.of_channel(interaction.user),
        policy_refusal(interaction, services),
        names(services),
    )
    shown = AlertList(
        interaction.channel,
        in_the_channel,
        own,
        problem=problem,
        refusal=refusal,
        webhooks=services.alerts.webhooks,
        called=called,
    )
    view = card.alert_list(shown, note)
    if note:
        await update_modal(interaction, services, view, instead=card.alert_note(note))
    else:
        await services.replies.update_modal(interaction.view, view)


async def channel_problem(interaction: Interaction, services: Services) -> ChannelProblem | None:
    if not in_channel(interaction):
        return ChannelProblem.DIRECT
    return await services.alerts.channel_problem(interaction.channel)


async def names(services: Services) -> Mapping[str, str]:
    """Names of products and features by id; none where Autumn does not answer in time."""
    with contextlib.suppress(AutumnError, TimeoutError):
        async with asyncio.timeout(services.timings.asking_after):
            plans, features = await asyncio.gather(
                plan_names(services.autumn), feature_names(services.autumn)
            )
            return {**features, **plans}
    return {}


# Its buttons


async def pause(interaction: Interaction, services: Services) -> None:
    await _change(interaction, services, services.alerts.pause, AlertNote.PAUSED)


async def resume(interaction: Interaction, services: Services) -> None:
    await _change(interaction, services, services.alerts.resume, AlertNote.RESUMED)


async def remove(interaction: Interaction, services: Services) -> None:
    await _change(interaction, services, services.alerts.remove, AlertNote.REMOVED)


async def _change(interaction: Interaction, services: Services, verb: _Verb, done: AlertNote) -> None:
    ref = Ref.decode(interaction.value)
    interaction = within_list(interaction)
    async with shown_in_modal(interaction, services):
        if refused := await refused_change(interaction, services, ref.id):
            await show_list(interaction, services, refused)
            return
        changed = await verb(ref.id, by=interaction.user)
        match changed:
            case AlertSubscription():
                await show_list(interaction, services, done)
            case None:
                await show_list(interaction, services, AlertNote.CHANGED)
            case ChannelProblem():
                # The list shows what is wrong with the channel.
                await show_list(interaction, services)
            case _:  # pragma: no cover - a closed set
                assert_never(changed)


async def refused_change(
    interaction: Interaction, services: Services, subscription_id: str
) -> AlertNote | None:
    """Why this person may not change this alert; None if they may. Only one that their list shows them: what
    goes to a person's direct messages is nobody else's to change."""
    subscription = await services.alerts.get(subscription_id)
    if subscription is not None and subscription.channel not in (interaction.channel, interaction.user):
        return AlertNote.NOT_THEIRS if subscription.personal else AlertNote.CHANGED
    return None if await may_change(interaction, services) else AlertNote.NOT_ALLOWED
