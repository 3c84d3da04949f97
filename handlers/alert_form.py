"""The form in which alerts are set up or edited: in the place of the list, which comes back afterwards."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from bot.alerts import card, words
from bot.alerts import form as alert_form
from bot.alerts.form import AlertInput, AlertMeta, AlertState
from bot.alerts.model import AlertSubscription, TooManyAlerts
from bot.alerts.words import AlertNote
from bot.kit.carried import Ref
from bot.lookups import options
from bot.lookups.catalogue import feature_names, plan_names
from bot.slack.channels import ChannelProblem
from handlers.alerts import channel_problem, names, refused_change, show_list
from handlers.digests import may_change
from handlers.errors import shown_in_modal, update_modal
from handlers.interaction import Interaction, within_list
from handlers.listener import Invalid
from handlers.services import Services

# Opening


async def new(interaction: Interaction, services: Services) -> None:
    interaction = within_list(interaction)
    async with shown_in_modal(interaction, services):
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
    async with shown_in_modal(interaction, services):
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


# Filling in


async def plans(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of products."""
    return options.named_options(await plan_names(services.autumn), interaction.value)


async def features(interaction: Interaction, services: Services) -> list[dict[str, Any]]:
    """For the external select of features."""
    return options.named_options(await feature_names(services.autumn), interaction.value)


# Submitting


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
    async with shown_in_modal(interaction, services):
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
        case _:  # pragma: no cover - a closed set
            assert_never(created)


async def _edit(interaction: Interaction, services: Services, form: SubmittedAlert) -> AlertNote | None:
    """None if somebody else was first, and the form is shown again as it was filled in."""
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
