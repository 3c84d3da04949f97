"""response_url: up to five responses within 30 minutes."""

import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.slack.blocks.check import message_blocks
from sandbox.slack.blocks.rules import MOST_TABLES
from sandbox.slack.clock import SlackClock
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, LocalChannel, LocalMessage
from sandbox.slack.workspace import Workspace

MOST_USES = 5
LIFE = 30 * 60.0
"""Seconds."""
MOST_TEXT = 40_000


@dataclass(slots=True)
class ResponseUrl:
    channel: LocalChannel
    user: str
    at: float
    message: LocalMessage | None
    """The message whose element was clicked; None after a slash command."""
    uses: int = 0


class Responses:
    def __init__(self, workspace: Workspace, clock: SlackClock, missing: set[str]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._missing = missing
        self.tables = MOST_TABLES
        self._issued: dict[str, ResponseUrl] = {}
        self.refusal_status = 200
        """HTTP status for a refused body. Slack does not document it; the body says ok false."""
        self.base = ""

    def issue(self, channel: LocalChannel, user: str, message: LocalMessage | None = None) -> str:
        key = secrets.token_urlsafe(24)
        self._issued[key] = ResponseUrl(channel, user, self._clock.now(), message)
        return f"{self.base}/response/{key}"

    def use(self, key: str, body: Any) -> None:
        """Raises SlackError: used_url, expired_url, no_text, invalid_blocks, …"""
        url = self._issued.get(key)
        if url is None:
            raise SlackError("not_found", status=404)
        if self._clock.now() - url.at > LIFE:
            raise SlackError("expired_url", status=404)
        if url.uses >= MOST_USES:
            raise SlackError("used_url", status=404)
        url.uses += 1
        try:
            self.answer(url, body)
        except SlackError as refused:
            refused.status = self.refusal_status
            raise

    def answer(self, url: ResponseUrl, body: Any) -> LocalMessage | None:
        """Posts, replaces or deletes a message. Raises SlackError."""
        if not isinstance(body, dict):
            raise SlackError("invalid_payload")
        if url.message is not None and body.get("delete_original") is True:
            self._workspace.delete(self._original(url.message))
            return None
        blocks = message_blocks(body.get("blocks"), missing=self._missing, tables=self.tables)
        text = str(body.get("text") or "")
        check_text(text, blocks=bool(blocks))
        if url.message is not None and body.get("replace_original") is True:
            self._workspace.edit(self._original(url.message), text, blocks)
            return url.message
        in_channel = body.get("response_type") == "in_channel"
        return self._workspace.post(
            url.channel,
            self._workspace.bot.id,
            text,
            blocks,
            only_for=None if in_channel else url.user,
            thread_ts=body.get("thread_ts"),
            metadata=body.get("metadata"),
        )

    def _original(self, message: LocalMessage) -> LocalMessage:
        if message not in self._workspace.messages.get(message.channel, []):
            raise SlackError("message_not_found")
        return message


def check_text(text: str, *, blocks: bool) -> None:
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if len(text) > MOST_TEXT:
        raise SlackError("msg_too_long")


def ack_message(
    responses: Responses, channel: LocalChannel, user: str, body: Json | str | None, now: float
) -> None:
    """Posts the message in a command's acknowledgement, if any. Raises SlackError."""
    if isinstance(body, str):
        body = {"text": body}
    if body and (body.get("text") or body.get("blocks")):
        responses.answer(ResponseUrl(channel, user, now, None), body)
