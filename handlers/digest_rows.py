"""All rows of a digest's section: page by page in a modal, with the customers behind them, and as a CSV file.

*Download CSV* in a digest's thread posts the file there. Where only one person sees the digest (a preview, an
answer to `/autumn upcoming`, a modal) there is no thread, so the file goes to their messages with Maple; also
if customer data may no longer go into the channel.

Also `/autumn upcoming`: what a digest would say about the next days, for the person who asks.
"""

import tempfile
from dataclasses import replace
from functools import partial
from typing import IO, Any, NamedTuple

from bot.digests import all_rows
from bot.digests import card as digests_card
from bot.digests.model import DigestContent
from bot.digests.report.build import ScanGone
from bot.digests.report.model import RowQuery
from bot.digests.schedule import known_zone
from bot.kit import csv_table, surfaces
from bot.kit.card import Card
from bot.kit.csv_table import CsvFormat, csv_format
from bot.lookups import help as lookup_help
from bot.lookups.place import Place
from bot.slack import files, messages
from handlers import decoding
from handlers.channel_check import in_channel
from handlers.errors import errors_in_modal
from handlers.interaction import Interaction
from handlers.lookups import customer_card, send_card
from handlers.responding import respond, with_loading
from handlers.services import Services

_DEFAULT_ZONE = "UTC"
_IN_MEMORY = 1_000_000
"""Bytes; a longer file is kept on disk."""

# The rows


async def see_all(interaction: Interaction, services: Services) -> None:
    query = RowQuery.decode(interaction.value)
    view = await services.replies.open_modal(interaction, all_rows.see_all_loading(query))
    await _show_page(replace(interaction, view=view), services, query)


async def turn_page(interaction: Interaction, services: Services) -> None:
    """If there are several clicks at once, only the latest shows its page."""
    await _show_page(interaction, services, RowQuery.decode(interaction.value))


async def _show_page(interaction: Interaction, services: Services, query: RowQuery) -> None:
    async with (
        services.latest_click.handling(interaction.view, interaction.occurred_at) as is_latest,
        errors_in_modal(interaction, services, partial(all_rows.see_all_stopped, query)),
    ):
        view = await _page(services, query)
        await services.replies.update_modal_if_latest(interaction, view, is_latest)


async def _page(services: Services, query: RowQuery, note: str = "") -> dict[str, Any]:
    try:
        page = await services.digests.page(query)
    except ScanGone:
        return all_rows.see_all_expired(query)
    return all_rows.see_all(page, query, org=services.organization(), note=note)


async def open_customer(interaction: Interaction, services: Services) -> None:
    """Shows a customer's card on top of the rows, without the buttons that change a message."""
    place = decoding.place(interaction.value)
    view = await services.replies.push_modal(interaction, surfaces.as_modal(lookup_help.still_waiting(place)))
    interaction = replace(interaction, view=view)
    async with errors_in_modal(interaction, services):
        card = await customer_card(interaction, services, place)
        await services.replies.update_modal(view, all_rows.customer_on_top(card, place))


async def pick_customer(interaction: Interaction, services: Services) -> None:
    """Shows the card of the customer chosen on a digest to the person who chose; the digest stays as it
    is."""
    await send_card(interaction, services, Place(customer=interaction.value))


# The file


class _Thread(NamedTuple):
    channel: str
    ts: str = ""
    """Empty for a separate message."""


async def csv(interaction: Interaction, services: Services) -> None:
    await send_csv(interaction, services, csv_format(await services.people.locale(interaction.actor)))


async def send_csv(interaction: Interaction, services: Services, chosen: CsvFormat) -> None:
    query = RowQuery.decode(interaction.value)

    async def show_loading() -> None:
        if not interaction.view:
            await services.replies.ephemeral(interaction, all_rows.csv_asking())

    outcome = await with_loading(services, _posted(interaction, services, query, chosen), show_loading)
    if outcome is not None:
        await _show_outcome(interaction, services, outcome)


async def _show_outcome(interaction: Interaction, services: Services, outcome: Card) -> None:
    """Above the rows if the person is in the modal; otherwise as a separate message."""
    if not interaction.view:
        await services.replies.ephemeral(interaction, outcome)
        return
    view = await _page(services, RowQuery.decode(interaction.metadata), note=outcome.text)
    await services.replies.update_modal(interaction.view, view)


async def _posted(
    interaction: Interaction, services: Services, query: RowQuery, chosen: CsvFormat
) -> Card | None:
    """What to tell the person; None if they can see the file."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            read_at = (await services.digests.page(query)).read_at
            count = await _write(services, query, chosen, file)
        except ScanGone:
            return all_rows.digest_expired()
        name = all_rows.csv_name(read_at)
        uploaded = await files.upload(services.slack, file, name)
        # Checked only now, as the channel may have changed while the file was made and sent.
        thread = await _thread(interaction, services)
        comment = all_rows.csv_comment(count)
        await files.share(services.slack_once, thread.channel, uploaded, name, comment, thread_ts=thread.ts)
    return None if thread.ts else all_rows.csv_sent()


async def _write(services: Services, query: RowQuery, chosen: CsvFormat, file: IO[bytes]) -> int:
    """Writes the rows, without columns that are empty in all of them. Answers how many rows there are."""
    filled: set[int] = set()
    async for item in await services.digests.rows(query):
        filled |= csv_table.filled(all_rows.csv_row(item))
    table, count = all_rows.csv_table(chosen).keeping(filled), 0
    file.write(table.head().encode())
    async for item in await services.digests.rows(query):
        file.write(table.line(all_rows.csv_row(item)).encode())
        count += 1
    return count


async def _thread(interaction: Interaction, services: Services) -> _Thread:
    if interaction.message and not interaction.is_ephemeral and await _may_post(interaction, services):
        return _Thread(interaction.channel, _post(interaction))
    return _Thread(await messages.open_dm(services.slack, interaction.user))


async def _may_post(interaction: Interaction, services: Services) -> bool:
    """The channel may have become public, or shared with another company, since. Messages with Maple are
    private anyway."""
    return not in_channel(interaction) or await services.digests.may_follow(
        interaction.channel, _post(interaction)
    )


def _post(interaction: Interaction) -> str:
    """The digest's post: the message that was clicked is in its thread."""
    return interaction.thread_ts or interaction.message


# `/autumn upcoming`


async def upcoming(interaction: Interaction, services: Services, days: int) -> None:
    await respond(
        interaction,
        services,
        _upcoming_card(interaction, services, days),
        loading=lookup_help.still_waiting,
        send=services.replies.ephemeral,
    )


async def _upcoming_card(interaction: Interaction, services: Services, days: int) -> Card:
    report, query = await services.digests.upcoming(days, await zone(interaction, services))
    return digests_card.upcoming_card(
        report, content=DigestContent(days=days), query_base=query, org=services.organization()
    )


async def zone(interaction: Interaction, services: Services) -> str:
    """The person's own time zone; UTC if Slack names none, or one that is not known here."""
    own = await services.people.zone(interaction.actor)
    return own if known_zone(own) else _DEFAULT_ZONE
