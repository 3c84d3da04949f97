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
from bot.digests.report.build import Expired
from bot.digests.report.model import Query
from bot.kit.card import Card
from handlers import answering
from handlers.interaction import Ask
from handlers.once import first
from handlers.services import Desk

_SECONDS = 120
"""For the upload: of a hundred thousand rows over a slow line."""
_IN_MEMORY = 1_000_000
"""Bytes; a longer file is kept on disk."""


class _Thread(NamedTuple):
    channel: str
    ts: str = ""
    """Empty where it is a message of its own."""


async def csv(ask: Ask, desk: Desk) -> None:
    query = Query.decode(ask.value)
    if not await first(ask, desk):
        return

    async def meanwhile() -> None:
        if ask.view:
            return
        await desk.replies.fresh(ask, csv_file.csv_asking())

    told = await answering.soon(desk, _posted(ask, desk, query), meanwhile)
    if told is not None:
        await _say(ask, desk, told)


async def _say(ask: Ask, desk: Desk, told: Card) -> None:
    """In a modal, where the person looks, over the same rows; else as a message of its own."""
    if not ask.view:
        await desk.replies.fresh(ask, told)
        return
    shown = Query.decode(ask.metadata)
    try:
        page = await desk.digests.page(shown)
    except Expired:
        drawn = all_rows.see_all_expired(shown)
    else:
        drawn = all_rows.see_all(page, shown, org=desk.organization(), note=told.text)
    await desk.replies.redraw(ask.view, drawn)


async def _posted(ask: Ask, desk: Desk, query: Query) -> Card | None:
    """What is to be said of it; None where the file speaks for itself."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            read_at = (await desk.digests.page(query)).read_at
            count = await _write(desk, query, file)
        except Expired:
            return all_rows.digest_expired()
        name = csv_file.csv_name(read_at)
        uploaded = await _upload(desk.slack, file, name)
        # Only now: the channel may have changed while the file was made and sent.
        to = await _thread(ask, desk)
        await _complete(desk.slack, to, uploaded, name, csv_file.csv_comment(count))
    return None if to.ts else csv_file.csv_sent()


async def _write(desk: Desk, query: Query, file: IO[bytes]) -> int:
    """How many rows there are."""
    count = 0
    file.write(csv_file.csv_head().encode())
    async for item in await desk.digests.rows(query):
        file.write(csv_file.csv_line(item).encode())
        count += 1
    return count


async def _thread(ask: Ask, desk: Desk) -> _Thread:
    if ask.message and not ask.alone and await _fit(ask, desk):
        return _Thread(ask.channel, ask.message)
    opened = await desk.slack.conversations_open(users=[ask.actor.user])
    return _Thread(str(opened["channel"]["id"]))


async def _fit(ask: Ask, desk: Desk) -> bool:
    """A channel may have been opened, or shared with another company, since. Messages with Maple are nobody
    else's."""
    return not answering.may_share(ask) or await desk.digests.may_follow(ask.channel, ask.message)


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
