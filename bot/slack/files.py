"""Files in Slack: uploaded first, seen by nobody until they are shared. They raise SLACK_READ_ERRORS."""

from typing import IO

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

_UPLOAD_SECONDS = 120
"""A hundred thousand rows over a slow line."""


async def upload(slack: AsyncWebClient, file: IO[bytes], name: str) -> str:
    """The id of the file, which nobody sees yet."""
    length = file.tell()
    file.seek(0)
    address = await slack.files_getUploadURLExternal(filename=name, length=length)
    session = slack.session
    if session is None:  # pragma: no cover - the bot gives its client one before it takes requests
        raise ValueError("There is no session.")
    timeout = aiohttp.ClientTimeout(total=_UPLOAD_SECONDS)
    async with session.post(str(address["upload_url"]), data=file, timeout=timeout) as answer:
        answer.raise_for_status()
    return str(address["file_id"])


async def share(
    slack_once: AsyncWebClient, channel: str, file_id: str, name: str, comment: str, *, thread_ts: str = ""
) -> None:
    """Posts an uploaded file. `slack_once` must be a client that never sends again by itself: the file might
    be there twice."""
    await slack_once.files_completeUploadExternal(
        files=[{"id": file_id, "title": name}],
        channel_id=channel,
        initial_comment=comment,
        thread_ts=thread_ts or None,
    )
