"""Asks the policy, with what Slack says of the person just now."""

from dataclasses import replace

from bot.access.groups import Groups
from bot.access.people import Actor, People, Standing
from bot.access.policy import Decision, Person, Policy, Request, Verb, decide, decide_digests
from bot.access.rules import PolicyKind, Rule, When
from bot.autumn.environment import Environment

_MEMBER = {Standing.MEMBER: True, Standing.UNCHECKED: None}


class Permission:
    """`environment`: of Autumn's key."""

    def __init__(self, policy: Policy, people: People, groups: Groups, environment: Environment) -> None:
        self._policy = policy
        self._people = people
        self._groups = groups
        self._environment = environment

    async def may(self, request: Request, actor: Actor) -> Decision:
        """Never raises; what cannot be checked counts against the person."""
        return decide(self._policy, request, await self._person(actor))

    async def may_open(self, kind: PolicyKind, actor: Actor) -> Decision:
        """Whether there is any change of this kind that the person may ask for.

        Also tells whether a reason may be required for it.
        """
        request = Request(Verb.ASK, kind=kind, environment=self._environment)
        return decide(widest(self._policy), request, await self._person(actor))

    async def may_digests(self, actor: Actor) -> Decision:
        """Whether the person may set digests up and change those there are. Never raises."""
        return decide_digests(self._policy, await self._person(actor))

    async def _person(self, actor: Actor) -> Person:
        member = _MEMBER.get(await self._people.standing(actor), False)
        return await self._groups.person(actor.user, self._policy.groups, member=member)


def widest(policy: Policy) -> Policy:
    """The policy as it is for the change, of those that could be meant, for which it allows most."""
    return replace(
        policy,
        allow=tuple(_unnarrowed(rule) for rule in policy.allow),
        deny=tuple(rule for rule in policy.deny if _unnarrowed(rule) == rule),
    )


def _unnarrowed(rule: Rule) -> Rule:
    """Whatever the amount, the plans and the reward."""
    narrowed_by = rule.when
    return replace(rule, when=When(changes=narrowed_by.changes, environment=narrowed_by.environment))
