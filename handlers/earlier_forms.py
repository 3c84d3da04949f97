"""Forms that are opened again as they were filled in: to ask again, and to edit a request that waits."""

import secrets
from dataclasses import replace

from bot.approvals import message_cards
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import State
from bot.approvals.results import Result
from bot.changes.forms.model import Meta
from bot.kit import surfaces
from bot.kit.carried import Ref
from handlers import decoding, forms
from handlers.interaction import Interaction
from handlers.services import Services


async def again(interaction: Interaction, services: Services) -> None:
    """As the form of an earlier request of this person was filled in."""
    record = await services.changes.get(Ref.decode(interaction.value).id)
    if record is None or record.asker != interaction.user:
        card = message_cards.result_card(Result.UNKNOWN, now=services.now())
        await services.replies.open_modal(interaction, surfaces.as_modal(card))
        return
    await _reopen(interaction, services, await services.changes.form_of(record))


async def edit(interaction: Interaction, services: Services) -> None:
    """A person's own request that waits, as its form was filled in."""
    ref = Ref.decode(interaction.value)
    record = await services.changes.get(ref.id)
    refusal = Result.UNKNOWN
    if record is not None:
        if record.asker == interaction.actor.user and record.editable and record.version == ref.version:
            form = await services.changes.form_of(record)
            await _reopen(interaction, services, form, edits=ref.encode())
            return
        refusal = Result.STALE if record.state is State.WAITING else Result.TOO_LATE
    card = message_cards.result_card(refusal, now=services.now(), record=record)
    await services.replies.open_modal(interaction, surfaces.as_modal(card))


async def take_up(interaction: Interaction, services: Services) -> None:
    """What somebody else filled in and may not request; or what it became, if it was taken up before."""
    form = await services.wishes.form(interaction.value)
    if form is None:
        card = message_cards.result_card(Result.UNKNOWN, now=services.now())
        await services.replies.open_modal(interaction, surfaces.as_modal(card))
        return
    submission, record = await services.wishes.taken_up(form.id)
    if record is not None:
        card = await forms.reader_card(services, record)
        await services.replies.open_modal(interaction, surfaces.as_modal(card))
        return
    await _reopen(interaction, services, form, submission=submission)


async def _reopen(
    interaction: Interaction, services: Services, form: FilledForm, *, edits: str = "", submission: str = ""
) -> None:
    """In a modal of its own, as it was filled in. `submission`: where others may submit the same."""
    meta = Meta(
        kind=decoding.kind(form.kind).id,
        customer=form.place.customer,
        submission=submission or secrets.token_hex(16),
        channel=interaction.channel,
        feature=form.place.feature,
        entity=form.place.entity,
        edits=edits,
    )
    await forms.open_form(replace(interaction, view="", state=form.values), services, meta)
