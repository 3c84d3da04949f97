"""All rows of a digest's section, in a modal with pages; and the customers behind its rows."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from bot.digests import all_rows
from bot.digests.report.build import ScanGone
from bot.digests.report.model import RowQuery
from bot.kit import surfaces
from bot.kit.card import Card
from bot.lookups import help as lookup_help
from bot.lookups.place import Place
from handlers import answering
from handlers.interaction import Interaction
from handlers.listener import LookupFailed, ShownError
from handlers.once import first_in_time
from handlers.services import Services


async def see_all(interaction: Interaction, services: Services) -> None:
    query = RowQuery.decode(interaction.value)
    if not await first_in_time(interaction, services):
        return
    view = await services.replies.modal(interaction, all_rows.see_all_loading(query))
    await _show(replace(interaction, view=view), services, query)


async def turn(interaction: Interaction, services: Services) -> None:
    """Another page. Of several clicks that run at once, only the last shows its page."""
    await _show(interaction, services, RowQuery.decode(interaction.value))


async def _show(interaction: Interaction, services: Services, query: RowQuery) -> None:
    async with (
        services.turns.take(interaction.view, interaction.occurred_at) as last,
        _in_modal(interaction, services, query),
    ):
        try:
            page = await services.digests.page(query)
        except ScanGone:
            drawn = all_rows.see_all_expired(query)
        else:
            drawn = all_rows.see_all(page, query, org=services.organization())
        await services.replies.redraw_last(interaction, drawn, last)


async def open_customer(interaction: Interaction, services: Services) -> None:
    """A customer's card on top of the rows, without what changes a message."""
    place = Place.decode(interaction.value)
    if not await first_in_time(interaction, services):
        return
    view = await services.replies.on_top(interaction, surfaces.as_modal(lookup_help.asking(place)))
    interaction = replace(interaction, view=view)

    async def say(card: Card) -> None:
        await services.replies.redraw(view, surfaces.as_modal(card))

    try:
        card = await answering.card(interaction, services, place)
        await services.replies.redraw(view, all_rows.customer_on_top(card, place))
    except LookupFailed as stuck:
        raise ShownError(stuck.error, say) from stuck


async def pick_customer(interaction: Interaction, services: Services) -> None:
    """The customer chosen on a digest: a card for whoever chose; the digest stays as it is."""
    place = Place(customer=interaction.value)
    await answering.say(
        interaction,
        services,
        answering.card(interaction, services, place),
        asking=lookup_help.asking(place),
        by=services.replies.fresh,
    )


@contextlib.asynccontextmanager
async def _in_modal(interaction: Interaction, services: Services, query: RowQuery) -> AsyncIterator[None]:
    async def say(card: Card) -> None:
        await services.replies.redraw(interaction.view, all_rows.see_all_stopped(query, card))

    try:
        yield
    except Exception as error:
        raise ShownError(error, say) from error
