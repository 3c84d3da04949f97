"""The two shortcuts: *Look up customer* on a message shows whom it is about, and fills in forms from it;
*Look up a customer* opens a form, as the Home tab does, and is answered with a direct message."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bot.autumn.models import Customer
from bot.changes import buttons
from bot.changes import registry as kinds
from bot.changes.forms.fields import reason_in_message, ticket_in_message, why_values
from bot.kit import ids
from bot.lookups import help as lookup_help
from bot.lookups import labels
from bot.lookups.concurrent import meanwhile
from bot.lookups.find import card, in_message
from bot.lookups.find.card import SeveralMatches, SingleMatch
from bot.lookups.find.in_message import MessageMeta
from bot.lookups.find.search import find
from bot.lookups.options import SEARCHING
from bot.lookups.place import OVERVIEW, Place
from bot.slack import messages
from bot.slack.errors import SLACK_READ_ERRORS
from bot.slack.messages import message_words
from handlers import decoding, forms, lookups
from handlers.errors import errors_in_modal
from handlers.interaction import Interaction
from handlers.listener import Invalid
from handlers.lookups import customer_card
from handlers.responding import respond
from handlers.services import Services

_MOST_OF_ONE = 3
"""Customers that are offered for one address or id."""


async def open_list(interaction: Interaction, services: Services) -> None:
    view = await services.replies.open_modal(interaction, in_message.looking())
    interaction = replace(interaction, view=view)
    permalink = services.people.permalink(interaction.channel, interaction.message)
    meta = MessageMeta(
        channel=interaction.channel,
        thread=interaction.thread_ts,
        reason=reason_in_message(interaction.text),
        ticket=ticket_in_message(interaction.text, permalink),
    )
    async with errors_in_modal(interaction, services):
        thread = await _thread(interaction, services)
        text = "\n".join([interaction.text, *(thread or ())])
        async with meanwhile(lookups.permitted(interaction, services, kinds.KINDS)) as permitted:
            customers = await _customers(services, text)
            permitted_ids = await permitted
        offered = [(customer, _changes(services, customer, permitted_ids)) for customer in customers]
        drawn = in_message.customers(offered, meta, whole=thread is not None)
        await services.replies.update_modal(view, drawn)


def _changes(services: Services, customer: Customer, permitted: frozenset[str]) -> list[tuple[str, str]]:
    """Id and button of each kind of change that this person may request and that could change something for
    this customer."""
    permitted_kinds = [kind for kind in kinds.KINDS if kind.id in permitted]
    facts = lookups.known_facts(services, customer, permitted_kinds)
    return [(kind.id, kind.button) for kind in buttons.applying(permitted_kinds, facts)]


async def _thread(interaction: Interaction, services: Services) -> list[str] | None:
    """The words of the thread's messages; none outside threads, None when Slack does not show them."""
    if not interaction.thread_ts:
        return []
    try:
        replies = await messages.thread(services.slack, interaction.channel, interaction.thread_ts)
    except SLACK_READ_ERRORS:
        return None
    return [message_words(message) for message in replies]


async def _customers(services: Services, text: str) -> list[Customer]:
    """Those that can be opened, each once, in the order of what names them. Raises AutumnError."""
    by_id: dict[str, Customer] = {}
    clues = in_message.clues(text)
    for customers in await asyncio.gather(*(_named(services, clue) for clue in clues)):
        by_id |= {customer.id: customer for customer in customers if customer.id and customer.id not in by_id}
    return list(by_id.values())


async def _named(services: Services, clue: str) -> list[Customer]:
    """The customers that an address or an id names; for an address that nobody has, those of the same
    company."""
    for query in (clue, in_message.company(clue)):
        match = await find(services.autumn, query, now=services.now) if query else None
        if isinstance(match, SingleMatch):
            return [match.customer or await services.autumn.customer(match.customer_id)]
        if isinstance(match, SeveralMatches):
            return list(match.matches[:_MOST_OF_ONE])
    return []


async def open_customer(interaction: Interaction, services: Services) -> None:
    """Their card, in the conversation that the message is in."""
    meta = MessageMeta.decode(interaction.metadata)
    place = decoding.place(interaction.value)
    async with errors_in_modal(interaction, services):
        await lookups.send_card(_in_conversation(interaction, meta), services, place)
        await services.replies.update_modal(interaction.view, in_message.opened(meta))


async def change(interaction: Interaction, services: Services) -> None:
    """The form, in place of the list, with the reason and the ticket from the message."""
    meta = MessageMeta.decode(interaction.metadata)
    place = decoding.place(interaction.block.removeprefix(f"{ids.MESSAGE_CHANGE}:"))
    filled_in = replace(_in_conversation(interaction, meta), state=why_values(meta.reason, meta.ticket))
    await forms.from_message(filled_in, services, interaction.value, place.customer)


def _in_conversation(interaction: Interaction, meta: MessageMeta) -> Interaction:
    return replace(interaction, channel=meta.channel, thread_ts=meta.thread)


# Without a message


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
        loading=partial(lookup_help.still_waiting, place),
        send=services.replies.editable_dm(),
    )


def _chosen(state: Mapping[str, Any], block: str, action: str) -> str:
    element = (state.get(block) or {}).get(action) or {}
    return str((element.get("selected_option") or {}).get("value") or "")
