"""Getting an answer to the person: which way, and in which form.

The way: the response_url that came with the ask; when that is spent, an ephemeral message; when Maple is
not in that channel, a direct message. The form: the rich blocks, and the plain ones where Slack refuses
the rich ones. A message is not lost for either reason.
"""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.kit.card import Block, Card
from bot.log import log
from bot.slack.block_refusals import CardForm, named_in
from handlers.interaction import Interaction
from handlers.latest_click import Last

SLACK_ERRORS = (SlackClientError, aiohttp.ClientError, TimeoutError)
"""What a call of Slack's Web API can raise."""

_CLOSED = frozenset({"not_found", "view_not_found"})
_CHANGED = frozenset({"hash_conflict"})

_Posted = tuple[str, str]
"""A message that was posted: its channel and timestamp."""

Send = Callable[[Sequence[Block]], Awaitable[str]]
"""Sends a message with these blocks; answers with Slack's name of the error, empty when it was taken."""


def slack_reason(error: Exception) -> str:
    """Slack's name of the error (`not_in_channel`), or the kind of failure when there was no answer."""
    answer = getattr(error, "response", None)
    name = answer.get("error") if isinstance(answer, AsyncSlackResponse) else None
    return str(name or type(error).__name__)


class Unsent(Exception):
    """Slack took the answer on no way that was open."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Replies:
    def __init__(
        self, slack: AsyncWebClient, *, new_blocks: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`new_blocks`: seconds for which a workspace's refusal of the newer blocks is remembered."""
        self._slack = slack
        self._form = CardForm(new_blocks, clock=clock)

    async def fresh(self, interaction: Interaction, card: Card) -> None:
        """A message of its own that only this person sees."""
        await self._first(
            card, self._through_url(interaction, card, replace=False), *self._without_url(interaction, card)
        )

    async def change(self, interaction: Interaction, card: Card) -> None:
        """The message whose button was clicked, changed."""
        await self._first(
            card, self._through_url(interaction, card, replace=True), *self._without_url(interaction, card)
        )

    async def direct(self, interaction: Interaction, card: Card) -> None:
        """A direct message: one that lasts, where there is no channel to answer in."""
        await self._first(card, self._direct(interaction, card))

    def one_direct(self) -> Callable[[Interaction, Card], Awaitable[None]]:
        """Says things in one direct message: each replaces what was said before."""
        posted: list[_Posted] = []

        async def say(interaction: Interaction, card: Card) -> None:
            anew = self._direct(interaction, card, posted)
            await self._first(card, *([self._update(posted[-1], card)] if posted else []), anew)

        return say

    async def post(self, channel: str, card: Card) -> None:
        """A message for everybody in the channel. Raises Unsent with Slack's own reason."""
        await self._first(card, self._post(channel, card))

    async def modal(self, interaction: Interaction, view: dict[str, Any]) -> str:
        """Opens it; its id."""
        opened = await self._slack.views_open(trigger_id=interaction.trigger_id, view=view)
        return str(opened["view"]["id"])

    async def on_top(self, interaction: Interaction, view: dict[str, Any]) -> str:
        """Opens it over the modal it was asked for in; its id."""
        opened = await self._slack.views_push(trigger_id=interaction.trigger_id, view=view)
        return str(opened["view"]["id"])

    async def redraw(self, view_id: str, view: dict[str, Any]) -> bool:
        """Changes a modal that is open; False when it is open no more."""
        return not await self._update_view(view_id, view, _CLOSED)

    async def redraw_last(self, interaction: Interaction, view: dict[str, Any], last: Last) -> None:
        """Changes the modal that something was done in, if that was the last that was done there.

        At first only as the person saw it: a redraw that is late on its way then covers no later one. The
        last one is sent whatever came before it.
        """
        if not await last():
            return
        overtaken = await self._update_view(
            interaction.view, view, _CLOSED | _CHANGED, hash=interaction.view_hash
        )
        if overtaken in _CHANGED and await last():
            await self.redraw(interaction.view, view)

    async def _update_view(
        self, view_id: str, view: dict[str, Any], expected: frozenset[str], **given: str
    ) -> str:
        """Slack's name of the error if it is one of those expected; empty when the view was changed."""
        try:
            await self._slack.views_update(view_id=view_id, view=view, **given)
        except SlackApiError as error:
            reason = slack_reason(error)
            if reason not in expected:
                raise
            return reason
        return ""

    async def home(self, interaction: Interaction, view: dict[str, Any]) -> None:
        await self._slack.views_publish(user_id=interaction.actor.user, view=view)

    async def _first(self, card: Card, *ways: Send) -> None:
        reason = "no_way"
        for way in ways:
            reason = await self._sent(card, way)
            if not reason:
                return
        raise Unsent(reason)

    async def _sent(self, card: Card, send: Send) -> str:
        blocks = self._form.first(card)
        reason = await send(blocks)
        plain = self._form.again(card, blocks, reason)
        if plain is None:
            return reason
        log.warning("blocks refused", error=reason)
        return await send(plain)

    def _without_url(self, interaction: Interaction, card: Card) -> tuple[Send, Send]:
        return self._ephemeral(interaction, card), self._direct(interaction, card)

    def _through_url(self, interaction: Interaction, card: Card, *, replace: bool) -> Send:
        async def send(blocks: Sequence[Block]) -> str:
            if not interaction.response_url:
                return "no_response_url"
            hook = AsyncWebhookClient(
                interaction.response_url,
                session=self._slack.session,
                logger=self._slack.logger,
                retry_handlers=self._slack.retry_handlers,
            )
            try:
                answer = await hook.send_dict(
                    {
                        "text": card.text,
                        "blocks": list(blocks),
                        "replace_original": replace,
                        "response_type": "ephemeral",
                        "unfurl_links": False,
                        "unfurl_media": False,
                    }
                )
            except SLACK_ERRORS as error:
                return slack_reason(error)
            return url_reason(answer.status_code, answer.body)

        return send

    def _ephemeral(self, interaction: Interaction, card: Card) -> Send:
        async def send(blocks: Sequence[Block]) -> str:
            if not interaction.channel:
                return "no_channel"
            try:
                await self._slack.chat_postEphemeral(
                    channel=interaction.channel,
                    user=interaction.actor.user,
                    text=card.text,
                    blocks=list(blocks),
                )
            except SLACK_ERRORS as error:
                return slack_reason(error)
            return ""

        return send

    def _direct(self, interaction: Interaction, card: Card, posted: list[_Posted] | None = None) -> Send:
        async def send(blocks: Sequence[Block]) -> str:
            try:
                opened = await self._slack.conversations_open(users=[interaction.actor.user])
            except SLACK_ERRORS as error:
                return slack_reason(error)
            return await self._post(opened["channel"]["id"], card, posted)(blocks)

        return send

    def _post(self, channel: str, card: Card, posted: list[_Posted] | None = None) -> Send:
        async def send(blocks: Sequence[Block]) -> str:
            try:
                answer = await self._slack.chat_postMessage(
                    channel=channel,
                    text=card.text,
                    blocks=list(blocks),
                    unfurl_links=False,
                    unfurl_media=False,
                )
            except SLACK_ERRORS as error:
                return slack_reason(error)
            if posted is not None:
                posted.append((channel, str(answer["ts"])))
            return ""

        return send

    def _update(self, message: _Posted, card: Card) -> Send:
        async def send(blocks: Sequence[Block]) -> str:
            channel, ts = message
            try:
                await self._slack.chat_update(channel=channel, ts=ts, text=card.text, blocks=list(blocks))
            except SLACK_ERRORS as error:
                return slack_reason(error)
            return ""

        return send


def url_reason(status: int, body: str) -> str:
    """Slack's name of the error in the answer of a response_url; empty if it took the message.

    A refusal may come with status 200 and say so in JSON only, or be the bare name of the error.
    """
    try:
        said = json.loads(body)
    except ValueError:
        said = {"ok": status == 200, "error": named_in(body)}
    if isinstance(said, dict) and said.get("ok") is True:
        return ""
    name = said.get("error") if isinstance(said, dict) else ""
    return str(name or f"http_{status}")
