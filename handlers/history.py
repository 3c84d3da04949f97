"""`/autumn history` and its button: the changes of a customer, privately."""

from bot.access.refusal import Ask
from bot.access.rules import Verb
from bot.approvals import history, message_cards
from bot.approvals.results import Result
from bot.changes import registry as kinds
from bot.changes.model import Needs
from bot.kit.card import Card
from bot.lookups import help as lookup_help
from bot.lookups.find.card import SingleMatch
from bot.lookups.find.query import readings
from bot.lookups.find.search import find
from bot.lookups.place import Place
from handlers import decoding, lookups, refusals
from handlers.interaction import Interaction
from handlers.lookups import matches_card
from handlers.services import Services

_OPEN = "open"
_MOST = 500


async def commanded(interaction: Interaction, services: Services, query: str) -> None:
    await lookups.respond(
        interaction,
        services,
        _of(interaction, services, query),
        loading=lookup_help.still_waiting(),
        send=services.replies.ephemeral,
    )


async def clicked(interaction: Interaction, services: Services) -> None:
    """Opens the history in a new message from a customer's card, or turns its pages."""
    place = decoding.place(interaction.value)
    opened = interaction.action.partition(":")[2] == _OPEN
    reply = services.replies.ephemeral if opened else services.replies.update_message
    await reply(interaction, await _card(interaction, services, place))


async def _of(interaction: Interaction, services: Services, query: str) -> Card:
    """A deleted customer is still found by the id."""
    for reading in readings(query):
        if await services.changes.history(reading, limit=1):
            return await _card(interaction, services, Place(customer=reading))
    match = await find(services.autumn, query, now=services.now)
    if not isinstance(match, SingleMatch):
        return matches_card(match)
    return await _card(interaction, services, Place(customer=match.customer_id))


async def _card(interaction: Interaction, services: Services, place: Place) -> Card:
    decision = await services.changes.may_history(interaction.actor)
    if not decision.permit:
        ask = Ask(verb=Verb.HISTORY, customer=place.customer)
        refusal = await refusals.of_verb(interaction, services, ask, decision)
        return message_cards.result_card(Result.NOT_ALLOWED, now=services.now(), refusal=refusal)
    records = await services.changes.history(place.customer, limit=_MOST)
    page = history.history_page(place, records)
    steps = {record.id: await services.changes.steps(record.id) for record in page}
    coupons = any(Needs.REWARDS in kinds.kind(record.kind).needs for record in page)
    names = await services.changes.names.about(place.customer, coupons=coupons)
    return history.history(
        place, records, steps, now=services.now(), names=names.names, viewer=interaction.actor.user
    )
