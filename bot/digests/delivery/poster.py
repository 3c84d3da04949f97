"""Sends each of a digest's two messages once, in a form that Slack takes, and finds it again by its mark."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from slack_sdk.web.async_client import AsyncWebClient

from bot.digests.model import Run
from bot.kit.card import Block, Card
from bot.log import log
from bot.slack import marked_posts
from bot.slack.block_refusals import CardForm
from bot.slack.errors import PostAnswer, PostStatus
from bot.slack.marked_posts import Mark, SearchResult


class Part(StrEnum):
    """The two messages of a digest."""

    HEAD = "head"
    """The post in the channel."""
    REPLY = "reply"
    """The tables and charts in its thread."""


_EVENTS = {Part.HEAD: "maple_digest", Part.REPLY: "maple_digest_details"}
"""Stored in Slack: never rename them."""


class DigestPoster:
    """`slack` must be a client that never retries on its own. `seconds`: how long one post may take.
    `new_blocks`: seconds for which a refusal of the newer blocks is remembered."""

    def __init__(
        self, slack: AsyncWebClient, *, seconds: float, new_blocks: float, now: Callable[[], datetime]
    ) -> None:
        self._slack = slack
        self._seconds = seconds
        self._form = CardForm(new_blocks, clock=lambda: now().timestamp())

    def deadline(self) -> float:
        """The last moment, by the event loop's clock, at which a post marked now may be under way."""
        return asyncio.get_running_loop().time() + self._seconds

    async def send(
        self, run: Run, card: Card, channel: str, deadline: float, *, part: Part = Part.HEAD
    ) -> PostAnswer:
        """Sends the card, and its plain form if Slack refuses the blocks. A process that was suspended past
        the deadline sends nothing: another one may have looked for the post by then."""
        blocks = self._form.first(card)
        if asyncio.get_running_loop().time() >= deadline:
            return PostAnswer(PostStatus.DOUBT, "held_up")
        mark, thread_ts = _mark(run, part), _thread(run, part)

        async def sent(in_form: Sequence[Block]) -> PostAnswer:
            return await marked_posts.send(
                self._slack, channel, mark, card.text, in_form, thread_ts=thread_ts
            )

        try:
            async with asyncio.timeout_at(deadline):
                answer = await sent(blocks)
                is_refused = answer.status is PostStatus.BLOCKS
                plain = self._form.again(card, blocks, answer.reason) if is_refused else None
                if plain is None:
                    return answer
                log.warning("blocks refused", error=answer.reason, reference=run.id, channel=run.channel)
                return await sent(plain)
        except TimeoutError:
            return PostAnswer(PostStatus.DOUBT, "timeout")

    async def find(
        self, run: Run, channel: str, *, sent_at: datetime, part: Part = Part.HEAD
    ) -> SearchResult:
        """Looks for one of a run's messages. `sent_at`: when it was about to be sent."""
        return await marked_posts.find(
            self._slack,
            channel,
            _mark(run, part),
            sent_at=sent_at,
            within=timedelta(seconds=self._seconds),
            thread_ts=_thread(run, part),
        )


def _mark(run: Run, part: Part) -> Mark:
    return Mark(_EVENTS[part], {"run": run.id})


def _thread(run: Run, part: Part) -> str:
    """The thread a message belongs to; empty in the channel itself."""
    return run.head_ts if part is Part.REPLY else ""
