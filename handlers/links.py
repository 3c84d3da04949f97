"""`/autumn portal`, `/autumn payment` and their buttons: a customer's link, seen only by who asked for it."""

from typing import assert_never

from bot.access.policy import Decision
from bot.access.refusal import Ask
from bot.access.rules import Verb
from bot.approvals import message_cards
from bot.approvals.results import Result
from bot.kit.card import Card
from bot.links import card as links_card
from bot.links import registry
from bot.links.card import MadeLink
from bot.links.registry import LinkKind
from bot.links.service import Lost
from bot.lookups import help as lookup_help
from bot.lookups.find.card import SingleMatch
from bot.lookups.find.search import find
from bot.lookups.place import Place
from handlers import decoding, refusals
from handlers.interaction import Interaction
from handlers.responding import matches_card, respond
from handlers.services import Services

_AT_BUTTONS = Place(customer="", part="invoices")


async def commanded(interaction: Interaction, services: Services, kind_id: str, query: str) -> None:
    await respond(
        interaction,
        services,
        _of(interaction, services, registry.kind(kind_id), query),
        loading=lookup_help.still_waiting,
        send=services.replies.ephemeral,
    )


async def clicked(interaction: Interaction, services: Services) -> None:
    kind = decoding.link_kind(interaction.action.partition(":")[2])
    customer_id = decoding.place(interaction.value).customer
    await respond(
        interaction,
        services,
        _card(interaction, services, kind, customer_id),
        loading=lookup_help.still_waiting,
        send=services.replies.ephemeral,
    )


async def _of(interaction: Interaction, services: Services, kind: LinkKind, query: str) -> Card:
    match = await find(services.autumn, query, now=services.now)
    if not isinstance(match, SingleMatch):
        return matches_card(match, opens=_AT_BUTTONS)
    return await _card(interaction, services, kind, match.customer_id)


async def _card(interaction: Interaction, services: Services, kind: LinkKind, customer_id: str) -> Card:
    match await services.links.make(kind, customer_id, interaction.actor):
        case MadeLink() as made:
            return links_card.link_card(made)
        case Lost():
            return links_card.maybe_made()
        case Decision() as decision:
            ask = Ask(verb=Verb.LINK, customer=customer_id, link=kind.id)
            refusal = await refusals.of_verb(interaction, services, ask, decision)
            return message_cards.result_card(Result.NOT_ALLOWED, now=services.now(), refusal=refusal)
        case never:
            assert_never(never)
