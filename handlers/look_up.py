"""The modal *Look up a customer*, from the shortcut and the Home tab; its answer is a direct message."""

from collections.abc import Mapping
from typing import Any

from bot.kit import ids
from bot.lookups import help as lookup_help
from bot.lookups import words
from bot.lookups.find import modal
from bot.lookups.place import Part, Place
from handlers import answering
from handlers.interaction import Ask
from handlers.services import Desk


async def open_modal(ask: Ask, desk: Desk) -> None:
    await desk.replies.modal(ask, modal.look_up_modal())


def check(ask: Ask) -> Mapping[str, str]:
    """What is wrong with what was filled in, by block."""
    return {} if place(ask) else {ids.PICK_CUSTOMER_BLOCK: words.MODAL_NO_CUSTOMER}


async def submitted(ask: Ask, desk: Desk) -> None:
    chosen = place(ask)
    if chosen is not None:
        await answering.say(
            ask,
            desk,
            answering.card(ask, desk, chosen),
            asking=lookup_help.asking(chosen),
            by=desk.replies.one_direct(),
        )


def place(ask: Ask) -> Place | None:
    """The place that was asked for; None without a customer."""
    customer = _chosen(ask.state, ids.PICK_CUSTOMER_BLOCK, ids.PICK_CUSTOMER)
    part = _chosen(ask.state, ids.PICK_PART_BLOCK, ids.PICK_PART)
    if not customer:
        return None
    return Place(customer=customer, part=Part(part) if part in set(Part) else Part.OVERVIEW)


def _chosen(state: Mapping[str, Any], block: str, action: str) -> str:
    element = (state.get(block) or {}).get(action) or {}
    return str((element.get("selected_option") or {}).get("value") or "")
