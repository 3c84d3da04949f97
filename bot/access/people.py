"""Who may use Maple: full members of the workspace, and nobody who could not be checked."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cachetools import TTLCache
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.errors import SLACK_READ_ERRORS

_MOST = 10_000


class Standing(StrEnum):
    MEMBER = "member"
    GUEST = "guest"
    OUTSIDER = "outsider"
    BOT = "bot"
    GONE = "gone"
    UNCHECKED = "unchecked"
    """Slack could not be asked, or its answer does not say."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The workspace that Maple is installed in, and Maple's identity there."""

    team: str
    enterprise: str = ""
    bot_user: str = ""
    bot: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, according to the payload."""

    user: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class SlackUser:
    """A person, according to users.info."""

    team: str = ""
    enterprise: str = ""
    guest: bool = False
    stranger: bool = False
    bot: bool = False
    deleted: bool = False
    name: str = ""
    """As Slack shows it; may be empty."""
    zone: str = ""
    """The IANA name of the person's time zone; may be empty."""
    locale: str = ""
    """The language and country they use Slack in (`de-DE`); may be empty."""

    @classmethod
    def read(cls, user: Mapping[str, Any]) -> "SlackUser":
        grid, profile = user.get("enterprise_user") or {}, user.get("profile") or {}
        return cls(
            team=str(user.get("team_id") or ""),
            enterprise=str(grid.get("enterprise_id") or ""),
            guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            stranger=bool(user.get("is_stranger")),
            bot=bool(user.get("is_bot") or user.get("is_workflow_bot")),
            deleted=bool(user.get("deleted")),
            name=str(profile.get("display_name") or profile.get("real_name") or user.get("name") or ""),
            zone=str(user.get("tz") or ""),
            locale=str(user.get("locale") or ""),
        )


def decide(installation: Installation, actor: Actor, facts: SlackUser | None) -> Standing:
    """A person's standing: in their organization on Enterprise Grid, else in the workspace."""
    if not installation.enterprise and actor.team and actor.team != installation.team:
        return Standing.OUTSIDER
    if facts is None:
        return Standing.UNCHECKED
    if facts.deleted:
        return Standing.GONE
    if facts.bot:
        return Standing.BOT
    if facts.stranger:
        return Standing.OUTSIDER
    same_enterprise = installation.enterprise and facts.enterprise == installation.enterprise
    if facts.team != installation.team and not same_enterprise:
        return Standing.OUTSIDER if facts.team else Standing.UNCHECKED
    if facts.guest:
        return Standing.GUEST
    return Standing.MEMBER


class People:
    """Asks Slack about people and caches the answers. Failures are not cached.

    `seconds`: how long an answer is cached; `within`: how long to wait for one.
    """

    def __init__(
        self,
        slack: AsyncWebClient,
        installation: Callable[[], Installation],
        *,
        seconds: float,
        within: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slack = slack
        self._installation = installation
        self._within = within
        self._cache: TTLCache[str, SlackUser] = TTLCache(_MOST, seconds, timer=clock)
        self._asking: dict[str, Awaitable[SlackUser | None]] = {}

    @property
    def bot_user(self) -> str:
        """Maple's own user id."""
        return self._installation().bot_user

    def permalink(self, channel: str, ts: str) -> str:
        """The address of a message; empty while the workspace's address is not known."""
        workspace = self._installation().url.rstrip("/")
        return f"{workspace}/archives/{channel}/p{ts.replace('.', '')}" if workspace else ""

    async def standing(self, actor: Actor) -> Standing:
        """Never raises: without an answer it is UNCHECKED."""
        installation = self._installation()
        early = decide(installation, actor, None)
        if early is not Standing.UNCHECKED:
            return early
        return decide(installation, actor, await self._facts(actor.user))

    async def name(self, actor: Actor) -> str:
        """The person's name; empty if it is not known. Never raises."""
        facts = await self._facts(actor.user)
        return facts.name if facts else ""

    async def zone(self, actor: Actor) -> str:
        """The person's time zone; empty if it is not known. Never raises."""
        facts = await self._facts(actor.user)
        return facts.zone if facts else ""

    async def locale(self, actor: Actor) -> str:
        """The person's locale in Slack; empty if it is not known. Never raises."""
        facts = await self._facts(actor.user)
        return facts.locale if facts else ""

    async def _facts(self, user: str) -> SlackUser | None:
        cached = self._cache.get(user)
        if cached is not None:
            return cached
        # People click fast: one call for each person at a time.
        asking = self._asking.get(user)
        if asking is None:
            task = asyncio.create_task(self._ask(user))
            asking = self._asking[user] = task
            task.add_done_callback(lambda _: self._asking.pop(user, None))
        return await asyncio.shield(asking)

    async def _ask(self, user: str) -> SlackUser | None:
        try:
            async with asyncio.timeout(self._within):
                answer = await self._slack.users_info(user=user, include_locale=True)
            facts = SlackUser.read(answer["user"])
        except SLACK_READ_ERRORS:
            return None
        self._cache[user] = facts
        return facts
