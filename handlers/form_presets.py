"""The policy's presets in a form, and which of them this customer can have."""

from collections.abc import Sequence
from decimal import Decimal

from bot.access.presets import Preset
from bot.approvals.lifecycle import Record, State
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
    """Those that the form can be filled in with, each with when the customer can have it again, by what they
    were given before in whichever form."""
    gives = kinds.kind(meta.kind).form.presets is not None
    offered = [preset for preset in services.presets if gives or preset.gives is None]
    limited = any(preset.every for preset in offered)
    records = await services.changes.history(meta.customer, limit=_RECENT) if limited else []
    given = [(_gift(record), record.created_at) for record in records if record.state not in _NOT_GIVEN]
    return [
        PresetOffer(preset, preset.again([at for gift, at in given if gift == preset.gives], services.now()))
        for preset in offered
    ]


def _gift(record: Record) -> tuple[str, Decimal] | None:
    """The feature and the amount that a change gave, if it is what a preset gives."""
    presets = kinds.of(record.input).form.presets
    return presets.given(record.input) if presets else None
