"""`/autumn list`: customers by what they hold and how they stand, with pages and as a CSV file."""

from bot.kit.card import Card
from bot.kit.csv_table import CsvFormat, csv_format
from bot.lookups import help as lookup_help
from bot.lookups.finder import card as finder_card
from bot.lookups.finder import words
from bot.lookups.finder.filters import ListQuery, UnknownFilter, UnknownOrder, parse
from bot.lookups.finder.read import listed
from bot.slack import files, messages
from handlers import decoding
from handlers.interaction import Interaction
from handlers.lookups import update_card
from handlers.responding import respond
from handlers.services import Services


async def commanded(interaction: Interaction, services: Services, typed: str) -> None:
    query = parse(typed)
    if isinstance(query, UnknownFilter | UnknownOrder):
        await services.replies.ephemeral(interaction, _unknown(query))
        return
    await respond(
        interaction,
        services,
        _card(services, query),
        loading=lookup_help.still_waiting,
        send=services.replies.ephemeral,
    )


def _unknown(unknown: UnknownFilter | UnknownOrder) -> Card:
    if isinstance(unknown, UnknownOrder):
        return finder_card.unknown_order(unknown.key)
    return finder_card.unknown_filter(unknown.word)


async def sort(interaction: Interaction, services: Services) -> None:
    """The list in the order that was picked, from its first page on."""
    query = ListQuery.decode(interaction.block.partition(":")[2])
    answer = _card(services, query.sorted_by(decoding.list_order(interaction.value)))
    await update_card(interaction, services, answer, lookup_help.still_waiting)


async def turn_page(interaction: Interaction, services: Services) -> None:
    answer = _card(services, ListQuery.decode(interaction.value))
    await update_card(interaction, services, answer, lookup_help.still_waiting)


async def csv(interaction: Interaction, services: Services) -> None:
    await send_csv(interaction, services, csv_format(await services.people.locale(interaction.actor)))


async def send_csv(interaction: Interaction, services: Services, chosen: CsvFormat) -> None:
    """The file goes to the person's direct messages: only they see the list."""
    await respond(
        interaction,
        services,
        _sent(interaction, services, ListQuery.decode(interaction.value), chosen),
        loading=finder_card.asking,
        send=services.replies.ephemeral,
    )


async def _card(services: Services, query: ListQuery) -> Card:
    return finder_card.list_card(await listed(services.autumn, query, now=services.now), query)


async def _sent(interaction: Interaction, services: Services, query: ListQuery, chosen: CsvFormat) -> Card:
    customers = await listed(services.autumn, query, now=services.now)
    name = finder_card.csv_name(customers.read_at)
    uploaded = await files.upload_text(services.slack, finder_card.csv_text(customers, chosen), name)
    channel = await messages.open_dm(services.slack, interaction.user)
    comment = words.csv_comment(len(customers.customers))
    await files.share(services.slack_once, channel, uploaded, name, comment)
    return finder_card.sent()
