"""All rows of a digest's section, in a modal with pages; and the customers behind its rows."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from bot.digests import all_rows
from bot.digests.report.build import Expired
from bot.digests.report.model import Query
from bot.kit import surfaces
from bot.kit.card import Card
from bot.lookups import help as lookup_help
from bot.lookups.place import Place
from handlers import answering
from handlers.interaction import Ask
from handlers.listener import Stuck, Within
from handlers.once import first_in_time
from handlers.services import Desk


async def see_all(ask: Ask, desk: Desk) -> None:
    query = Query.decode(ask.value)
    if not await first_in_time(ask, desk):
        return
    view = await desk.replies.modal(ask, all_rows.see_all_loading(query))
    await _show(replace(ask, view=view), desk, query)


async def turn(ask: Ask, desk: Desk) -> None:
    """Another page. Of several clicks that run at once, only the last shows its page."""
    await _show(ask, desk, Query.decode(ask.value))


async def _show(ask: Ask, desk: Desk, query: Query) -> None:
    async with desk.turns.take(ask.view, ask.at) as last, _in_modal(ask, desk, query):
        try:
            page = await desk.digests.page(query)
        except Expired:
            drawn = all_rows.see_all_expired(query)
        else:
            drawn = all_rows.see_all(page, query, org=desk.organization())
        await desk.replies.redraw_last(ask, drawn, last)


async def open_customer(ask: Ask, desk: Desk) -> None:
    """A customer's card on top of the rows, without what changes a message."""
    place = Place.decode(ask.value)
    if not await first_in_time(ask, desk):
        return
    view = await desk.replies.on_top(ask, surfaces.as_modal(lookup_help.asking(place)))
    ask = replace(ask, view=view)

    async def say(card: Card) -> None:
        await desk.replies.redraw(view, surfaces.as_modal(card))

    try:
        card = await answering.card(ask, desk, place)
        await desk.replies.redraw(view, all_rows.customer_on_top(card, place))
    except Stuck as stuck:
        raise Within(stuck.error, say) from stuck


async def pick_customer(ask: Ask, desk: Desk) -> None:
    """The customer chosen on a digest: a card for whoever chose; the digest stays as it is."""
    place = Place(customer=ask.value)
    await answering.say(
        ask, desk, answering.card(ask, desk, place), asking=lookup_help.asking(place), by=desk.replies.fresh
    )


@contextlib.asynccontextmanager
async def _in_modal(ask: Ask, desk: Desk, query: Query) -> AsyncIterator[None]:
    async def say(card: Card) -> None:
        await desk.replies.redraw(ask.view, all_rows.see_all_stopped(query, card))

    try:
        yield
    except Exception as error:
        raise Within(error, say) from error
