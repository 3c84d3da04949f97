"""Who may do what someone may not: in words, and as people who can be asked."""

from collections.abc import Collection
from dataclasses import replace

from bot.access import words
from bot.access.groups import Groups
from bot.access.people import Actor, People
from bot.access.permission import Permission
from bot.access.policy import Request
from bot.access.rules import Who
from bot.kit import phrases, text

MOST_ASKED = 5
"""People who are asked at once."""
_MOST_CHECKED = 40
_MOST_NAMED = 4
_MOST_GROUPS = 10


class WhoMay:
    """Never raises: what Slack does not say is left out."""

    def __init__(self, permission: Permission, people: People, groups: Groups) -> None:
        self._permission = permission
        self._people = people
        self._groups = groups

    async def others(self, request: Request, besides: Collection[str], *, opening: bool = False) -> str:
        """In mrkdwn and without mentions, which would notify; empty if nobody may. `opening`: who may request
        any change of the kind."""
        who = self._permission.holders(request, opening=opening)
        return words.OTHER_MEMBERS if who.everyone else await self.named(who, besides)

    async def named(self, who: Who, besides: Collection[str]) -> str:
        """In mrkdwn; empty for nobody."""
        groups, users = sorted(who.groups), sorted(who.users - set(besides))
        people = [await self._people.name(Actor(user)) or user for user in users[:_MOST_NAMED]]
        named = [text.mrkdwn(name, 80) for name in (*groups[:_MOST_GROUPS], *people)]
        left = len(groups) + len(users) - len(named)
        return ", ".join(named) + (f" {phrases.and_others(left)}" if left > 0 else "")

    async def able(self, request: Request, besides: Collection[str], *, opening: bool = False) -> list[str]:
        """The ids of a few people who may: those whom the policy names, and members of its groups. Each was
        looked up, and is a full member of the workspace. Empty if every member may."""
        who = self._permission.holders(request, opening=opening)
        members = await self._groups.members(who.groups)
        candidates = [*sorted(who.users), *sorted(members - who.users)]
        able: list[str] = []
        askable = [candidate for candidate in candidates if candidate not in besides]
        for user in askable[:_MOST_CHECKED]:
            below_limit = len(able) < MOST_ASKED
            if below_limit and await self._may(replace(request, own=False), Actor(user), opening=opening):
                able.append(user)
        return able

    async def _may(self, request: Request, actor: Actor, *, opening: bool) -> bool:
        if opening and request.kind is not None:
            return (await self._permission.may_open(request.kind, actor)).permit
        return (await self._permission.may(request, actor)).permit
