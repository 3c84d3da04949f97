"""`/autumn`: looks a customer up and answers the person who asked, or opens the form for a change.

Mentions of Maple and direct messages to it are understood as `/autumn` is, and answered in place: in a
channel only the person who wrote sees the answer, and in a thread it is in the thread.
"""

from dataclasses import replace
from typing import assert_never

from bot.changes import registry as kinds
from bot.digests.model import MOST_DAYS
from bot.kit.card import Card
from bot.links import registry as link_kinds
from bot.lookups import help as lookup_help
from bot.lookups.find.card import Search
from handlers import alerts, batches, changes, digest_rows, digests, finder, forms, links
from handlers.interaction import Interaction
from handlers.lookups import search_card
from handlers.parsing import (
    AlertsCommand,
    BulkCommand,
    ChangeCommand,
    DigestsCommand,
    FindCommand,
    HelpCommand,
    HistoryCommand,
    Incomplete,
    LinkCommand,
    ListCommand,
    LookUpCommand,
    MisreadCommand,
    NoDays,
    SentenceCommand,
    UpcomingCommand,
    addressed,
    opens_form,
    parse,
)
from handlers.responding import respond
from handlers.services import Services


async def run(interaction: Interaction, services: Services) -> None:
    command = parse(interaction.text)
    if opens_form(command) and not interaction.can_open_modal:
        await services.replies.ephemeral(interaction, lookup_help.form_button(interaction.text))
        return
    match command:
        case HelpCommand() | Incomplete() | MisreadCommand() | NoDays():
            await services.replies.ephemeral(interaction, _hint(command))
        case FindCommand(query):
            await _search(interaction, services, Search(query=query))
        case ListCommand(filters):
            await finder.commanded(interaction, services, filters)
        case ChangeCommand() | SentenceCommand() | BulkCommand() | DigestsCommand() | AlertsCommand():
            await _open_form(interaction, services, command)
        case HistoryCommand(query):
            await changes.history_commanded(interaction, services, query)
        case LinkCommand(kind_id, query):
            await links.commanded(interaction, services, kind_id, query)
        case UpcomingCommand(days):
            await digest_rows.upcoming(interaction, services, days)
        case LookUpCommand(query, part, whole, feature, units):
            search = Search(query=query, part=part, straight=True, whole=whole, feature=feature, units=units)
            await _search(interaction, services, search)
        case _:
            assert_never(command)


async def _open_form(
    interaction: Interaction,
    services: Services,
    command: ChangeCommand | SentenceCommand | BulkCommand | DigestsCommand | AlertsCommand,
) -> None:
    match command:
        case ChangeCommand(kind_id, query):
            await forms.commanded(interaction, services, kind_id, query)
        case SentenceCommand(kind_id, customer, typed):
            await forms.commanded(interaction, services, kind_id, customer, typed)
        case BulkCommand():
            await batches.commanded(interaction, services)
        case DigestsCommand():
            await digests.commanded(interaction, services)
        case AlertsCommand():
            await alerts.commanded(interaction, services)
        case _:
            assert_never(command)


def _hint(command: HelpCommand | Incomplete | MisreadCommand | NoDays) -> Card:
    """What to type instead."""
    match command:
        case HelpCommand():
            return lookup_help.help_card([*kinds.help_lines(), *link_kinds.help_lines()])
        case Incomplete(sub):
            return lookup_help.usage_hint(sub)
        case MisreadCommand(usage, hint):
            return lookup_help.misread(usage, hint)
        case NoDays():
            return lookup_help.days_hint(MOST_DAYS)
        case _:
            assert_never(command)


async def clicked(interaction: Interaction, services: Services) -> None:
    """The button in answer to a message whose command has a form."""
    await run(replace(interaction, text=interaction.value), services)


def only_reads(interaction: Interaction) -> bool:
    """Links, and forms for changes, digests and alerts, are of no use without the database; everything else
    works without it."""
    command = parse(interaction.text)
    return not opens_form(command) and not isinstance(command, LinkCommand)


async def _search(interaction: Interaction, services: Services, query: Search) -> None:
    answer = search_card(interaction, services, query)
    await respond(
        interaction,
        services,
        answer,
        loading=lookup_help.still_waiting,
        send=services.replies.ephemeral,
    )


# Messages


async def mentioned(interaction: Interaction, services: Services) -> None:
    typed = addressed(interaction.text, services.people.bot_user)
    await run(replace(interaction, text=typed), services)


async def written(interaction: Interaction, services: Services) -> None:
    """A message that someone wrote; only those to Maple itself are answered."""
    if interaction.channel.startswith("D"):
        await mentioned(interaction, services)
