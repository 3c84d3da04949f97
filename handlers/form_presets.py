"""The policy's presets in a form, and which of them this customer can have."""

from collections.abc import Sequence

from bot.access.presets import Preset
from bot.approvals.lifecycle import State
from bot.changes import registry as kinds
from bot.changes.forms.model import Meta, PresetOffer
from handlers.interaction import Interaction
from handlers.services import Services

_NOT_GIVEN = (State.FAILED, State.DENIED, State.WITHDRAWN, State.EXPIRED, State.OVERTAKEN)
_RECENT = 100
"""Changes of a customer that are looked through for what they were given."""


async def picked(interaction: Interaction, services: Services, meta: Meta) -> Preset | None:
    """The one that was picked."""
    offered = await offers(services, meta)
    fitting = (offer.preset for offer in offered if offer.again is None)
    return next((preset for preset in fitting if preset.name == interaction.value), None)


async def offers(services: Services, meta: Meta) -> Sequence[PresetOffer]:
    """Each with when the customer can have it again, by what they were given before."""
    form_presets = kinds.kind(meta.kind).form.presets
    if form_presets is None or not services.presets:
        return ()
    records = await services.changes.history(meta.customer, limit=_RECENT)
    given = [
        (form_presets.given(record.input), record.created_at)
        for record in records
        if record.state not in _NOT_GIVEN
    ]
    return [
        PresetOffer(preset, preset.again([at for gift, at in given if gift == preset.gives], services.now()))
        for preset in services.presets
    ]
