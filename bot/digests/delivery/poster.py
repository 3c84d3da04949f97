"""Sends a digest's message once, in a form that Slack takes, and finds it again by its mark."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.digests.model import Run
from bot.kit.card import Card
from bot.log import log
from bot.slack import marked_posts
from bot.slack.block_refusals import CardForm
from bot.slack.errors import PostAnswer, PostStatus
from bot.slack.marked_posts import Mark


class DigestPoster:
    """`slack` must be a client that never repeats a request by itself. `seconds`: how long one post may take.
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

    async def send(self, run: Run, card: Card, deadline: float) -> PostAnswer:
        """Sends the card, and its plain form if Slack refuses the blocks. A process that stood still past the
        deadline sends nothing: another one may have looked for the post by then."""
        blocks = self._form.first(card)
        if asyncio.get_running_loop().time() >= deadline:
            return PostAnswer(PostStatus.DOUBT, "held_up")
        try:
            async with asyncio.timeout_at(deadline):
                answer = await marked_posts.send(self._slack, run.channel, _mark(run), card.text, blocks)
                is_refused = answer.answer is PostStatus.BLOCKS
                plain = self._form.again(card, blocks, answer.reason) if is_refused else None
                if plain is None:
                    return answer
                log.warning("blocks refused", error=answer.reason, reference=run.id, channel=run.channel)
                return await marked_posts.send(self._slack, run.channel, _mark(run), card.text, plain)
        except TimeoutError:
            return PostAnswer(PostStatus.DOUBT, "timeout")

    async def find(self, run: Run, *, sent_at: datetime) -> PostAnswer:
        """Looks for a run's message: TAKEN with its timestamp, or with an empty one if it is not there.

        `sent_at`: when it was about to be sent.
        """
        within = timedelta(seconds=self._seconds)
        return await marked_posts.find(self._slack, run.channel, _mark(run), sent_at=sent_at, within=within)


def _mark(run: Run) -> Mark:
    """Stored in Slack: never rename it."""
    return Mark("maple_digest", {"run": run.id})
