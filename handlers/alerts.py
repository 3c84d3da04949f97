"""`/autumn alerts`: the channel's alerts and the person's own in a modal, their buttons, and the form in
which they are set up or edited: in the place of the list, which comes back afterwards."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, assert_never

from bot.alerts import card, words
from bot.alerts import form as alert_form
from bot.alerts.card import AlertList
from bot.alerts.form import AlertInput, AlertMeta, AlertState
from bot.alerts.model import AlertSubscription, TooManyAlerts
from bot.alerts.words import AlertNote
from bot.autumn.errors import AutumnError
from bot.kit.carried import Ref
from bot.lookups import options
from bot.lookups.catalogue import feature_names, plan_names
from bot.slack.channels import ChannelProblem
from handlers.channel_check import in_channel
from handlers.errors import errors_in_modal, update_modal
from handlers.interaction import Interaction, within_list
from handlers.listener import Invalid
from handlers.report_rights import may_change, policy_refusal
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
    async with errors_in_modal(interaction, services):
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
    alerts = AlertList(
        interaction.channel,
        in_the_channel,
        own,
        problem=problem,
        refusal=refusal,
        webhooks=services.alerts.webhooks,
        called=called,
    )
    view = card.alert_list(alerts, note)
    if note:
        await update_modal(interaction, services, view, instead=card.alert_note(note))
    else:
        await services.replies.update_modal(interaction.view, view)


async def channel_problem(interaction: Interaction, services: Services) -> ChannelProblem | None:
    if not in_channel(interaction):
        return ChannelProblem.DIRECT
    return await services.alerts.channel_problem(interaction.channel)


async def names(services: Services) -> Mapping[str, str]:
    """Names of products and features by id; empty if Autumn does not answer in time."""
    with contextlib.suppress(AutumnError, TimeoutError):
        async with asyncio.timeout(services.timeouts.asking_after):
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
    async with errors_in_modal(interaction, services):
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
                # The list shows the problem with the channel.
                await show_list(interaction, services)
            case _:
                assert_never(changed)


async def refused_change(
    interaction: Interaction, services: Services, subscription_id: str
) -> AlertNote | None:
    """Why this person may not change this alert; None if they may. Only alerts that their list shows: those
    that go to a person's direct messages are nobody else's to change."""
    subscription = await services.alerts.get(subscription_id)
    if subscription is not None and subscription.channel not in (interaction.channel, interaction.user):
        return AlertNote.NOT_THEIRS if subscription.personal else AlertNote.CHANGED
    return None if await may_change(interaction, services) else AlertNote.NOT_ALLOWED


# The form


async def new(interaction: Interaction, services: Services) -> None:
    interaction = within_list(interaction)
    async with errors_in_modal(interaction, services):
        if not await may_change(interaction, services):
            await show_list(interaction, services, AlertNote.NOT_ALLOWED)
            return
        meta = AlertMeta(submission=secrets.token_hex(16), channel=interaction.channel)
        await services.replies.update_modal(interaction.view, alert_form.loading(meta))
        fit = await channel_problem(interaction, services) is None
        state = AlertState(meta, alert_form.everything(), channel_fit=fit)
        await services.replies.update_modal(interaction.view, alert_form.build(state))


async def edit(interaction: Interaction, services: Services) -> None:
    ref = Ref.decode(interaction.value)
    interaction = within_list(interaction)
    async with errors_in_modal(interaction, services):
        if refused := await refused_change(interaction, services, ref.id):
            await show_list(interaction, services, refused)
            return
        subscription = await services.alerts.get(ref.id)
        if subscription is None:
            await show_list(interaction, services, AlertNote.CHANGED)
            return
        meta = AlertMeta(
            submission=secrets.token_hex(16),
            channel=interaction.channel,
            subscription=subscription.id,
            version=subscription.version,
        )
        await services.replies.update_modal(interaction.view, alert_form.loading(meta))
        state = AlertState(meta, subscription.choice, called=await names(services))
        await services.replies.update_modal(interaction.view, alert_form.build(state))


async def plans(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of products."""
    return options.named_options(await plan_names(services.autumn), interaction.value)


async def features(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of features."""
    return options.named_options(await feature_names(services.autumn), interaction.value)


@dataclass(frozen=True, slots=True)
class SubmittedAlert:
    meta: AlertMeta
    input: AlertInput


def parse(interaction: Interaction) -> SubmittedAlert | Invalid:
    parsed = alert_form.parse(interaction.state)
    if parsed.input is None:
        return Invalid(parsed.errors)
    return SubmittedAlert(AlertMeta.decode(interaction.metadata), parsed.input)


def working(interaction: Interaction) -> Mapping[str, Any]:
    return alert_form.working(AlertMeta.decode(interaction.metadata))


async def submitted(interaction: Interaction, services: Services, form: SubmittedAlert) -> None:
    interaction = replace(interaction, channel=form.meta.channel)
    async with errors_in_modal(interaction, services):
        if refused := await refused_change(interaction, services, form.meta.subscription):
            await show_list(interaction, services, refused)
        elif not form.meta.subscription:
            await show_list(interaction, services, await _create(interaction, services, form))
        elif edited := await _edit(interaction, services, form):
            await show_list(interaction, services, edited)


async def _create(
    interaction: Interaction, services: Services, form: SubmittedAlert
) -> AlertNote | TooManyAlerts | None:
    channel = interaction.user if form.input.personal else form.meta.channel
    created = await services.alerts.create(
        form.meta.submission, channel, interaction.actor, form.input.choice
    )
    match created:
        case ChannelProblem():
            return None  # the list shows it
        case TooManyAlerts():
            return created
        case AlertSubscription():
            return AlertNote.CREATED
        case _:
            assert_never(created)


async def _edit(interaction: Interaction, services: Services, form: SubmittedAlert) -> AlertNote | None:
    """None if someone else was first; the form is then shown again as it was filled in."""
    meta = form.meta
    edited = await services.alerts.edit(
        meta.subscription, meta.version, form.input.choice, by=interaction.user
    )
    if edited:
        return AlertNote.EDITED
    subscription = await services.alerts.get(meta.subscription)
    if subscription is None:
        return AlertNote.CHANGED
    again = meta.model_copy(update={"version": subscription.version})
    called = await names(services)
    state = AlertState(again, form.input.choice, called=called, trouble=words.EDITED_MEANWHILE)
    instead = card.alert_note(AlertNote.CHANGED)
    await update_modal(interaction, services, alert_form.build(state), instead=instead)
    return None
