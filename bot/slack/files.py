"""Uploads to and downloads from Slack. Uploads stay invisible until shared. All of these raise
SLACK_READ_ERRORS."""

import re
import tempfile
from enum import StrEnum
from typing import IO
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

_SLACK = re.compile(r"(?:[a-z0-9-]+\.)*slack(?:-gov)?\.com")
_UPLOAD_SECONDS = 120
"""A hundred thousand rows over a slow line."""


async def upload(slack: AsyncWebClient, file: IO[bytes], name: str) -> str:
    """The id of the file, which nobody can see yet."""
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


async def upload_text(slack: AsyncWebClient, text: str, name: str) -> str:
    """The id of the file, which nobody can see yet."""
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        return await upload(slack, file, name)


async def share(
    slack_once: AsyncWebClient, channel: str, file_id: str, name: str, comment: str, *, thread_ts: str = ""
) -> None:
    """Posts an uploaded file. `slack_once` must be a client that never retries on its own: the file might
    appear twice."""
    await slack_once.files_completeUploadExternal(
        files=[{"id": file_id, "title": name}],
        channel_id=channel,
        initial_comment=comment,
        thread_ts=thread_ts or None,
    )


class FileRefusal(StrEnum):
    TOO_BIG = "too_big"
    NOT_GIVEN = "not_given"
    """Slack does not give the file, or it is not this person's."""


async def download(slack: AsyncWebClient, file_id: str, *, user: str, most: int) -> bytes | FileRefusal:
    """A file that this person uploaded, of up to `most` bytes. The token goes to Slack's own hosts only."""
    file = (await slack.files_info(file=file_id))["file"]
    address = str(file["url_private_download"])
    if file["user"] != user or not slacks_own(slack.base_url, address):
        return FileRefusal.NOT_GIVEN
    if int(file["size"]) > most:
        return FileRefusal.TOO_BIG
    session = slack.session
    if session is None:  # pragma: no cover - the bot gives its client one before it takes requests
        raise ValueError("There is no session.")
    headers = {"Authorization": f"Bearer {slack.token}"}
    # Slack redirects to a page to sign in where the token may not read the file.
    async with session.get(address, headers=headers, allow_redirects=False) as answer:
        if answer.status != 200:
            return FileRefusal.NOT_GIVEN
        content = b""
        async for part in answer.content.iter_any():
            content += part
            if len(content) > most:
                return FileRefusal.TOO_BIG
    return content


def slacks_own(api_url: str, address: str) -> bool:
    """Whether an address is Slack's, judged by the one of its Web API."""
    api, own = urlsplit(api_url), urlsplit(address)
    if (own.scheme, own.netloc) == (api.scheme, api.netloc):
        return True
    host = own.hostname or ""
    both_slacks = _SLACK.fullmatch(host) and _SLACK.fullmatch(api.hostname or "")
    return own.scheme == "https" and bool(both_slacks)
