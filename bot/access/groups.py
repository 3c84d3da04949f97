"""Who is in which user group of Slack's, believed for a short while."""

import asyncio
from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.rules import Person
from bot.autumn.cache import Cached
from bot.slack.errors import SLACK_READ_ERRORS

Members = Mapping[str, frozenset[str]]
"""User ids by group, which is found by its id (S…) and by its handle (@…)."""


class Groups:
    """All groups are asked for at once, however many people wait for them; failures are not kept."""

    def __init__(self, slack: AsyncWebClient, *, seconds: float = 30, within: float = 5.0) -> None:
        """`seconds`: how long an answer is believed; `within`: how long it is waited for."""
        self._slack = slack
        self._within = within
        self._kept = Cached(self._ask, seconds=seconds)

    async def person(self, user: str, groups: frozenset[str], *, member: bool | None = True) -> Person:
        """What a policy that names these groups needs to know of a user. Never raises.

        A group that is not there counts as not checked: it may have been renamed.
        """
        if not groups:
            return Person(user, member)
        known = await self._members() or {}
        return Person(
            user,
            member,
            groups=frozenset(group for group in groups if user in known.get(group, ())),
            unchecked=groups - known.keys(),
        )

    async def missing(self, groups: frozenset[str]) -> frozenset[str] | None:
        """Those that Slack does not have, or that are disabled; None when it does not tell."""
        if not groups:
            return groups
        known = await self._members()
        return None if known is None else groups - known.keys()

    async def aclose(self) -> None:
        """Stops asking, if it is."""
        await self._kept.aclose()

    async def _members(self) -> Members | None:
        try:
            return await self._kept.get()
        except SLACK_READ_ERRORS:
            return None

    async def _ask(self) -> Members:
        async with asyncio.timeout(self._within):
            answer = await self._slack.usergroups_list(include_users=True, include_disabled=False)
        members: dict[str, frozenset[str]] = {}
        for group in answer["usergroups"]:
            members |= _read(group)
        return members


def _read(group: Mapping[str, Any]) -> Members:
    if group.get("date_delete"):
        return {}
    users = frozenset(map(str, group["users"]))
    return {str(group["id"]): users, f"@{group['handle']}": users}
