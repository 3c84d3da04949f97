"""*Download CSV*: all rows of a digest as a file, once a click.

Under a digest in a channel it is posted in that message's thread. What only one person sees (a preview, an
answer to `/autumn upcoming`, a modal) has no thread: there the file goes into their messages with Maple, and
so it does where the channel is none for customers' data any more.
"""

import tempfile
from typing import IO, NamedTuple

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.digests import all_rows, csv_file
from bot.digests.report.build import ScanGone
from bot.digests.report.model import RowQuery
from bot.kit.card import Card
from handlers import answering
from handlers.interaction import Interaction
from handlers.once import first
from handlers.services import Services

_SECONDS = 120
"""For the upload: of a hundred thousand rows over a slow line."""
_IN_MEMORY = 1_000_000
"""Bytes; a longer file is kept on disk."""


class _Thread(NamedTuple):
    channel: str
    ts: str = ""
    """Empty where it is a message of its own."""


async def csv(interaction: Interaction, services: Services) -> None:
    query = RowQuery.decode(interaction.value)
    if not await first(interaction, services):
        return

    async def meanwhile() -> None:
        if interaction.view:
            return
        await services.replies.fresh(interaction, csv_file.csv_asking())

    told = await answering.soon(services, _posted(interaction, services, query), meanwhile)
    if told is not None:
        await _say(interaction, services, told)


async def _say(interaction: Interaction, services: Services, told: Card) -> None:
    """In a modal, where the person looks, over the same rows; else as a message of its own."""
    if not interaction.view:
        await services.replies.fresh(interaction, told)
        return
    shown = RowQuery.decode(interaction.metadata)
    try:
        page = await services.digests.page(shown)
    except ScanGone:
        drawn = all_rows.see_all_expired(shown)
    else:
        drawn = all_rows.see_all(page, shown, org=services.organization(), note=told.text)
    await services.replies.redraw(interaction.view, drawn)


async def _posted(interaction: Interaction, services: Services, query: RowQuery) -> Card | None:
    """What is to be said of it; None where the file speaks for itself."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            read_at = (await services.digests.page(query)).read_at
            count = await _write(services, query, file)
        except ScanGone:
            return all_rows.digest_expired()
        name = csv_file.csv_name(read_at)
        uploaded = await _upload(services.slack, file, name)
        # Only now: the channel may have changed while the file was made and sent.
        to = await _thread(interaction, services)
        await _complete(services.slack, to, uploaded, name, csv_file.csv_comment(count))
    return None if to.ts else csv_file.csv_sent()


async def _write(services: Services, query: RowQuery, file: IO[bytes]) -> int:
    """How many rows there are."""
    count = 0
    file.write(csv_file.csv_head().encode())
    async for item in await services.digests.rows(query):
        file.write(csv_file.csv_line(item).encode())
        count += 1
    return count


async def _thread(interaction: Interaction, services: Services) -> _Thread:
    if interaction.message and not interaction.is_ephemeral and await _fit(interaction, services):
        return _Thread(interaction.channel, interaction.message)
    opened = await services.slack.conversations_open(users=[interaction.actor.user])
    return _Thread(str(opened["channel"]["id"]))


async def _fit(interaction: Interaction, services: Services) -> bool:
    """A channel may have been opened, or shared with another company, since. Messages with Maple are nobody
    else's."""
    return not answering.may_share(interaction) or await services.digests.may_follow(
        interaction.channel, interaction.message
    )


async def _upload(slack: AsyncWebClient, file: IO[bytes], name: str) -> str:
    """The id of the file, which nobody sees yet."""
    length = file.tell()
    file.seek(0)
    asked = await slack.files_getUploadURLExternal(filename=name, length=length)
    session = slack.session
    if session is None:  # pragma: no cover - the bot gives its client one before it takes requests
        raise ValueError("There is no session.")
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with session.post(str(asked["upload_url"]), data=file, timeout=timeout) as answer:
        answer.raise_for_status()
    return str(asked["file_id"])


async def _complete(slack: AsyncWebClient, to: _Thread, file_id: str, name: str, comment: str) -> None:
    # Not sent again by itself when an answer is lost: the file might be there twice.
    once = AsyncWebClient(
        token=slack.token, base_url=slack.base_url, session=slack.session, retry_handlers=[]
    )
    await once.files_completeUploadExternal(
        files=[{"id": file_id, "title": name}],
        channel_id=to.channel,
        initial_comment=comment,
        thread_ts=to.ts or None,
    )
