"""Tells the owner of a digest, in a direct message."""

from collections.abc import Callable

from slack_sdk.web.async_client import AsyncWebClient

from bot.digests.model import Digest, Pause
from bot.kit.card import Card
from bot.log import log
from bot.slack.answers import SLACK_ERRORS, interpret_error


class Owner:
    """`draw`: the message about a pause, or, with None, about a removal."""

    def __init__(self, slack: AsyncWebClient, draw: Callable[[Digest, Pause | None], Card]) -> None:
        self._slack = slack
        self._draw = draw

    async def __call__(self, digest: Digest, why: Pause | None) -> bool:
        """False: perhaps it did not. Never raises: whoever lists the channel's digests reads it as well."""
        card = self._draw(digest, why)
        try:
            opened = await self._slack.conversations_open(users=[digest.owner])
            await self._slack.chat_postMessage(
                channel=opened["channel"]["id"],
                text=card.text,
                blocks=list(card.plain),
                unfurl_links=False,
                unfurl_media=False,
            )
        except SLACK_ERRORS as error:
            log.warning(
                "owner not told", error=interpret_error(error).reason, reference=digest.id, user=digest.owner
            )
            return False
        return True
