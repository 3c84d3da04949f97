"""Who is in which Slack user group, cached for a short while."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.access.rules import Person
from bot.autumn.cache import Cached
from bot.kit import mentions
from bot.slack.errors import SLACK_READ_ERRORS


@dataclass(frozen=True, slots=True)
class _KnownGroups:
    members: "Members"
    ids: Mapping[str, str]
    """By handle."""


_NOBODY = _KnownGroups({}, {})
Members = Mapping[str, frozenset[str]]
"""User ids by group; every group is listed by its id (S…) and by its handle (@…)."""


class Groups:
    """Reads all groups in one call, however many callers wait for it. Failures are not cached."""

    def __init__(self, slack: AsyncWebClient, *, seconds: float = 30, within: float = 5.0) -> None:
        """`seconds`: how long an answer is cached; `within`: how long to wait for one."""
        self._slack = slack
        self._within = within
        self._cache = Cached(self._ask, seconds=seconds)

    async def person(self, user: str, groups: frozenset[str], *, member: bool | None = True) -> Person:
        """What a policy that names these groups needs to know of a user. Never raises.

        A group that does not exist counts as unchecked: it may have been renamed.
        """
        if not groups:
            return Person(user, member)
        members_by_group = (await self._cached_groups() or _NOBODY).members
        return Person(
            user,
            member,
            groups=frozenset(group for group in groups if user in members_by_group.get(group, ())),
            unchecked=groups - members_by_group.keys(),
        )

    async def members(self, groups: frozenset[str]) -> frozenset[str]:
        """Everyone in any of these; empty if Slack does not answer. Never raises."""
        members_by_group = (await self._cached_groups() or _NOBODY).members if groups else {}
        return frozenset().union(*(members_by_group.get(group, frozenset()) for group in groups))

    async def mentions(self, names: Sequence[str]) -> list[str]:
        """People and groups as mentions, in mrkdwn; a group that Slack does not give in plain text. Never
        raises."""
        ids = (
            (await self._cached_groups() or _NOBODY).ids
            if any(name.startswith("@") for name in names)
            else {}
        )
        return [mentions.anyone(ids.get(name, name)) for name in names]

    async def handles(self) -> Mapping[str, str]:
        """Of all groups, by their ids: `{"S01LEADS": "@leads"}`. Empty if Slack does not answer. Never
        raises."""
        return {group: handle for handle, group in (await self._cached_groups() or _NOBODY).ids.items()}

    async def missing(self, groups: frozenset[str]) -> frozenset[str] | None:
        """The groups that Slack does not have or that are disabled; None if Slack does not answer."""
        if not groups:
            return groups
        directory = await self._cached_groups()
        return None if directory is None else groups - directory.members.keys()

    async def aclose(self) -> None:
        """Stops a call in progress."""
        await self._cache.aclose()

    async def _cached_groups(self) -> "_KnownGroups | None":
        try:
            return await self._cache.get()
        except SLACK_READ_ERRORS:
            return None

    async def _ask(self) -> "_KnownGroups":
        async with asyncio.timeout(self._within):
            answer = await self._slack.usergroups_list(include_users=True, include_disabled=False)
        members: dict[str, frozenset[str]] = {}
        ids: dict[str, str] = {}
        for group in answer["usergroups"]:
            members |= _read(group)
            ids[f"@{group['handle']}"] = str(group["id"])
        return _KnownGroups(members, ids)


def _read(group: Mapping[str, Any]) -> Members:
    if group.get("date_delete"):
        return {}
    users = frozenset(map(str, group["users"]))
    return {str(group["id"]): users, f"@{group['handle']}": users}
