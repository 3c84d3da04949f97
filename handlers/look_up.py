"""The form *Look up a customer*, from the shortcut and the Home tab; its answer is a direct message."""

from collections.abc import Mapping
from typing import Any

from bot.kit import ids
from bot.lookups import help as lookup_help
from bot.lookups import labels
from bot.lookups.find import card
from bot.lookups.options import SEARCHING
from bot.lookups.place import OVERVIEW, Place
from handlers.interaction import Interaction
from handlers.listener import Invalid
from handlers.lookups import customer_card, respond
from handlers.services import Services


async def open_form(interaction: Interaction, services: Services) -> None:
    await services.replies.open_modal(interaction, card.look_up_modal())


def parse(interaction: Interaction) -> Place | Invalid:
    customer = _chosen(interaction.state, ids.PICK_CUSTOMER_BLOCK, ids.PICK_CUSTOMER)
    if not customer or customer == SEARCHING:
        return Invalid({ids.PICK_CUSTOMER_BLOCK: labels.MODAL_NO_CUSTOMER})
    part = _chosen(interaction.state, ids.PICK_PART_BLOCK, ids.PICK_PART)
    return Place(customer=customer, part=part or OVERVIEW)


async def submitted(interaction: Interaction, services: Services, place: Place) -> None:
    await respond(
        interaction,
        services,
        customer_card(interaction, services, place),
        loading=lookup_help.still_waiting(place),
        send=services.replies.editable_dm(),
    )


def _chosen(state: Mapping[str, Any], block: str, action: str) -> str:
    element = (state.get(block) or {}).get(action) or {}
    return str((element.get("selected_option") or {}).get("value") or "")
