"""Who Maple is: in which workspace, which Slack says at start, and at which of Autumn's organizations."""

import asyncio
import contextlib
from typing import Any

import aiohttp
from pydantic import SecretStr
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.access.people import Installation
from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError
from bot.autumn.models import Organization
from bot.log import log
from bot.slack.client import NotSlack
from bot.slack.errors import SLACK_ERRORS


class CannotStart(Exception):
    """Something that is needed is not as it must be, so there is nothing to wait for."""


class Identity(AsyncAuthorize):
    """Answers Bolt from what auth.test said at start: a slow auth.test must not hold up a request."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token
        self._organization: Organization | None = None
        self.installation: Installation | None = None

    async def __call__(self, **_: Any) -> AuthorizeResult | None:
        installation = self.known_installation()
        return AuthorizeResult(
            enterprise_id=installation.enterprise or None,
            team_id=installation.team,
            bot_user_id=installation.bot_user,
            bot_id=installation.bot,
            bot_token=self._token.get_secret_value(),
        )

    def known_installation(self) -> Installation:
        """Raises LookupError before Slack has said who Maple is; no request is taken until then."""
        if self.installation is None:
            raise LookupError
        return self.installation

    def organization(self) -> Organization | None:
        """The organization Autumn's key belongs to; None until Autumn has said."""
        return self._organization

    async def learn_installation(self, slack: AsyncWebClient, *, every: float) -> None:
        """Asks Slack every `every` seconds until it answers. Raises CannotStart if it refuses the token."""
        while True:
            try:
                answer = await slack.auth_test()
            except SlackApiError as error:
                raise CannotStart(f"Slack refuses the bot token: {error.response.get('error')}") from None
            except (NotSlack, aiohttp.ClientError, TimeoutError) as error:
                log.warning("slack unreachable", error=type(error).__name__)
            else:
                self.installation = Installation(
                    team=answer["team_id"],
                    enterprise=answer.get("enterprise_id") or "",
                    bot_user=answer.get("user_id") or "",
                    bot=answer.get("bot_id") or "",
                    url=answer.get("url") or "",
                )
                return
            await asyncio.sleep(every)

    async def learn_organization(self, autumn: Autumn) -> None:
        """For the links and the badge on cards, which do without until it is known."""
        with contextlib.suppress(AutumnError):
            self._organization = await autumn.organization()


async def watch_token(slack: AsyncWebClient, *, every: float) -> None:
    """Otherwise a revoked token would be noticed only when someone tries to use Maple, and cannot."""
    while True:
        await asyncio.sleep(every)
        with contextlib.suppress(*SLACK_ERRORS):
            await slack.auth_test()
