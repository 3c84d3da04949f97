"""`/autumn history` and its button: what was changed for a customer, to the person who asks."""

from bot.approvals import history as approvals_history
from bot.approvals import result_card
from bot.approvals.results import Result
from bot.changes.model import Kind
from bot.kit.card import Card
from bot.lookups import help as lookup_help
from bot.lookups.answers import One
from bot.lookups.find.query import readings
from bot.lookups.find.search import find
from bot.lookups.place import Place
from handlers import answering
from handlers.interaction import Ask
from handlers.listing import listed
from handlers.services import Desk

_OPEN = "open"
_MOST = 500


async def commanded(ask: Ask, desk: Desk, query: str) -> None:
    await answering.say(
        ask, desk, _of(ask, desk, query), asking=lookup_help.asking(None), by=desk.replies.fresh
    )


async def clicked(ask: Ask, desk: Desk) -> None:
    """From a customer's card a message of its own; within it, another page."""
    place = Place.decode(ask.value)
    opened = ask.action.partition(":")[2] == _OPEN
    by = desk.replies.fresh if opened else desk.replies.change
    await by(ask, await _card(ask, desk, place))


async def _of(ask: Ask, desk: Desk, query: str) -> Card:
    """A customer that is deleted is still found by the id."""
    for reading in readings(query):
        if await desk.changes.history(reading, limit=1):
            return await _card(ask, desk, Place(customer=reading))
    found = await find(desk.autumn, query, now=desk.now)
    if not isinstance(found, One):
        return listed(found)
    return await _card(ask, desk, Place(customer=found.customer_id))


async def _card(ask: Ask, desk: Desk, place: Place) -> Card:
    decision = await desk.changes.may_history(ask.actor)
    if not decision.permit:
        return result_card.result_card(Result.NOT_ALLOWED, now=desk.now(), decision=decision)
    records = await desk.changes.history(place.customer, limit=_MOST)
    shown = approvals_history.history_page(place, records)
    steps = {record.id: await desk.changes.steps(record.id) for record in shown}
    coupons = any(record.kind is Kind.REWARD for record in shown)
    _, called = await desk.telling.naming.about(place.customer, coupons=coupons)
    return approvals_history.history(place, records, steps, now=desk.now(), called=called)
