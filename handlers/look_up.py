"""The modal *Look up a customer*, from the shortcut and the Home tab; its answer is a direct message."""

from collections.abc import Mapping
from typing import Any

from bot.kit import ids
from bot.lookups import help as lookup_help
from bot.lookups import labels
from bot.lookups.find import modal
from bot.lookups.place import Part, Place
from handlers import answering
from handlers.interaction import Interaction
from handlers.services import Services


async def open_modal(interaction: Interaction, services: Services) -> None:
    await services.replies.modal(interaction, modal.look_up_modal())


def check(interaction: Interaction) -> Mapping[str, str]:
    """What is wrong with what was filled in, by block."""
    return {} if place(interaction) else {ids.PICK_CUSTOMER_BLOCK: labels.MODAL_NO_CUSTOMER}


async def submitted(interaction: Interaction, services: Services) -> None:
    chosen = place(interaction)
    if chosen is not None:
        await answering.say(
            interaction,
            services,
            answering.card(interaction, services, chosen),
            asking=lookup_help.asking(chosen),
            by=services.replies.one_direct(),
        )


def place(interaction: Interaction) -> Place | None:
    """The place that was asked for; None without a customer."""
    customer = _chosen(interaction.state, ids.PICK_CUSTOMER_BLOCK, ids.PICK_CUSTOMER)
    part = _chosen(interaction.state, ids.PICK_PART_BLOCK, ids.PICK_PART)
    if not customer:
        return None
    return Place(customer=customer, part=Part(part) if part in set(Part) else Part.OVERVIEW)


def _chosen(state: Mapping[str, Any], block: str, action: str) -> str:
    element = (state.get(block) or {}).get(action) or {}
    return str((element.get("selected_option") or {}).get("value") or "")
