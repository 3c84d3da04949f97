"""`/autumn history` and its button: what was changed for a customer, to the person who asks."""

from bot import views
from bot.approvals.replies import Result
from bot.changes.model import Kind
from bot.lookups import find, readings
from bot.lookups.answers import One
from bot.lookups.place import Place
from bot.views.card import Card
from handlers import answering
from handlers.ask import Ask
from handlers.desk import Desk
from handlers.listing import listed

_OPEN = "open"
_MOST = 500


async def commanded(ask: Ask, desk: Desk, query: str) -> None:
    await answering.say(ask, desk, _of(ask, desk, query), asking=views.asking(None), by=desk.replies.fresh)


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
        return views.result_card(Result.NOT_ALLOWED, now=desk.now(), decision=decision)
    records = await desk.changes.history(place.customer, limit=_MOST)
    shown = views.history_page(place, records)
    steps = {record.id: await desk.changes.steps(record.id) for record in shown}
    coupons = any(record.kind is Kind.REWARD for record in shown)
    _, called = await desk.telling.naming.about(place.customer, coupons=coupons)
    return views.history(place, records, steps, now=desk.now(), called=called)
