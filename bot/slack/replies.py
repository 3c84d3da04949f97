"""Answers the person who did something: by which way, and in which form.

The way: the response_url that came with the interaction; when that is spent, an ephemeral message; where
Maple is not in the channel, a direct message. The form: the rich blocks, or the plain ones where Slack
refuses the rich ones. No answer is lost for either reason.
"""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeAlias

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.kit.card import Block, Card
from bot.log import log
from bot.slack import messages
from bot.slack.block_refusals import CardForm, named_in
from bot.slack.errors import MODAL_CHANGED, MODAL_GONE, SLACK_ERRORS, SLACK_READ_ERRORS, Unsent, slack_reason
from bot.slack.latest_click import IsLatest


class Conversation(Protocol):
    """Where someone did something, and so where they are answered. Missing parts are empty."""

    @property
    def user(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def thread_ts(self) -> str: ...
    @property
    def response_url(self) -> str: ...
    @property
    def trigger_id(self) -> str: ...
    @property
    def view(self) -> str:
        """The id of the modal it was done in."""

    @property
    def view_hash(self) -> str:
        """Slack's hash of that modal as it was then."""


Send: TypeAlias = Callable[[Sequence[Block]], Awaitable[str]]
"""Sends a message with these blocks. Slack's name of the error; empty if it took the message."""


class Replies:
    """`new_blocks`: seconds for which a workspace's refusal of the newer blocks is remembered."""

    def __init__(
        self, slack: AsyncWebClient, *, new_blocks: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._slack = slack
        self._form = CardForm(new_blocks, clock=clock)

    # Messages

    async def ephemeral(self, to: Conversation, card: Card) -> None:
        """A new message that only this person sees."""
        await self._deliver(card, self._by_url(to, card, replace=False), *self._without_url(to, card))

    async def update_message(self, to: Conversation, card: Card) -> None:
        """The message whose button was clicked, changed."""
        await self._deliver(card, self._by_url(to, card, replace=True), *self._without_url(to, card))

    async def dm(self, to: Conversation, card: Card) -> None:
        """A direct message: a permanent one, for when there is no channel to answer in."""
        await self._deliver(card, DirectMessage(self._slack, to.user).send(card))

    def editable_dm(self) -> Callable[[Conversation, Card], Awaitable[None]]:
        """Sends cards as one direct message: each replaces the one before."""
        posted: list[DirectMessage] = []

        async def send(to: Conversation, card: Card) -> None:
            if not posted:
                posted.append(DirectMessage(self._slack, to.user))
            message = posted[0]
            await self._deliver(card, *([message.edit(card)] if message.ts else []), message.send(card))

        return send

    async def post(self, channel: str, card: Card, *, thread_ts: str = "") -> None:
        """A message for everyone in the channel. Raises Unsent with Slack's own reason."""

        async def send(blocks: Sequence[Block]) -> None:
            await messages.post(self._slack, channel, card.text, blocks, thread_ts=thread_ts)

        await self._deliver(card, _reported(send))

    # Modals and the Home tab

    async def open_modal(self, to: Conversation, view: dict[str, Any]) -> str:
        """The id of the modal."""
        opened = await self._slack.views_open(trigger_id=to.trigger_id, view=view)
        return str(opened["view"]["id"])

    async def push_modal(self, to: Conversation, view: dict[str, Any]) -> str:
        """Opens it over the modal that was clicked in. The id of the new one."""
        opened = await self._slack.views_push(trigger_id=to.trigger_id, view=view)
        return str(opened["view"]["id"])

    async def update_modal(self, view_id: str, view: dict[str, Any]) -> bool:
        """False if it is no longer open."""
        return not await self._update_view(view_id, view, MODAL_GONE)

    async def update_modal_if_latest(
        self, to: Conversation, view: dict[str, Any], is_latest: IsLatest
    ) -> None:
        """Changes the modal that was clicked in, unless there was a later click in it.

        The first attempt passes the view's hash, so a delayed update cannot overwrite a newer one. If it is
        refused, the update for the latest click is sent without the hash.
        """
        if not await is_latest():
            return
        refused = await self._update_view(to.view, view, MODAL_GONE | MODAL_CHANGED, hash=to.view_hash)
        if refused in MODAL_CHANGED and await is_latest():
            await self.update_modal(to.view, view)

    async def publish_home(self, to: Conversation, view: dict[str, Any]) -> None:
        await self._slack.views_publish(user_id=to.user, view=view)

    async def _update_view(
        self, view_id: str, view: dict[str, Any], expected: frozenset[str], **options: str
    ) -> str:
        """Slack's name of the error if it is one of those expected; empty when the view was changed."""
        try:
            await self._slack.views_update(view_id=view_id, view=view, **options)
        except SlackApiError as error:
            reason = slack_reason(error)
            if reason not in expected:
                raise
            return reason
        return ""

    # Ways

    async def _deliver(self, card: Card, *ways: Send) -> None:
        """Tries each way in turn until Slack accepts the card. Raises Unsent if none does."""
        reason = "no_way"
        for send in ways:
            reason = await self._sent(card, send)
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

    def _without_url(self, to: Conversation, card: Card) -> tuple[Send, Send]:
        # A direct message is between the person and Maple, so what is posted there is private and lasts.
        in_place = self._as_post if to.channel.startswith("D") else self._as_ephemeral
        return in_place(to, card), DirectMessage(self._slack, to.user).send(card)

    def _by_url(self, to: Conversation, card: Card, *, replace: bool) -> Send:
        async def send(blocks: Sequence[Block]) -> str:
            if not to.response_url:
                return "no_response_url"
            hook = AsyncWebhookClient(
                to.response_url,
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
                        **({"thread_ts": to.thread_ts} if to.thread_ts and not replace else {}),
                    }
                )
            except SLACK_ERRORS as error:
                return slack_reason(error)
            return url_reason(answer.status_code, answer.body)

        return send

    def _as_ephemeral(self, to: Conversation, card: Card) -> Send:
        async def send(blocks: Sequence[Block]) -> None:
            if not to.channel:
                raise Unsent("no_channel")
            await messages.post_ephemeral(
                self._slack, to.channel, to.user, card.text, blocks, thread_ts=to.thread_ts
            )

        return _reported(send)

    def _as_post(self, to: Conversation, card: Card) -> Send:
        async def send(blocks: Sequence[Block]) -> None:
            await messages.post(self._slack, to.channel, card.text, blocks, thread_ts=to.thread_ts)

        return _reported(send)


class DirectMessage:
    """A message to one person, once it is sent."""

    def __init__(self, slack: AsyncWebClient, user: str) -> None:
        self._slack = slack
        self._user = user
        self._channel = ""
        self.ts = ""

    def send(self, card: Card) -> Send:
        async def send(blocks: Sequence[Block]) -> None:
            self._channel = await messages.open_dm(self._slack, self._user)
            self.ts = await messages.post(self._slack, self._channel, card.text, blocks)

        return _reported(send)

    def edit(self, card: Card) -> Send:
        async def send(blocks: Sequence[Block]) -> None:
            await messages.update(self._slack, self._channel, self.ts, card.text, blocks)

        return _reported(send)


def _reported(send: Callable[[Sequence[Block]], Awaitable[None]]) -> Send:
    """The same, with Slack's name of the error as its result."""

    async def reported(blocks: Sequence[Block]) -> str:
        try:
            await send(blocks)
        except Unsent as unsent:
            return unsent.reason
        except SLACK_READ_ERRORS as error:
            return slack_reason(error)
        return ""

    return reported


def url_reason(status: int, body: str) -> str:
    """Slack's name of the error in the answer of a response_url; empty if it took the message.

    A refusal may come with status 200 and say so in JSON only, or be the bare name of the error.
    """
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {"ok": status == 200, "error": named_in(body)}
    if isinstance(answer, dict) and answer.get("ok") is True:
        return ""
    name = answer.get("error") if isinstance(answer, dict) else ""
    return str(name or f"http_{status}")
