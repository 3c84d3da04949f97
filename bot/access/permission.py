"""Asks the policy, with what Slack says of the person now."""

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
        """Never raises. What cannot be checked counts against the person."""
        return decide(self._policy, request, await self._person(actor))

    async def may_open(self, kind: PolicyKind, actor: Actor) -> Decision:
        """Whether the person may request any change of this kind, and whether a reason may be required."""
        request = Request(Verb.ASK, kind=kind, environment=self._environment)
        return decide(widest(self._policy), request, await self._person(actor))

    async def may_digests(self, actor: Actor) -> Decision:
        """Whether the person may set up and change digests. Never raises."""
        return decide_digests(self._policy, await self._person(actor))

    async def _person(self, actor: Actor) -> Person:
        member = _MEMBER.get(await self._people.standing(actor), False)
        return await self._groups.person(actor.user, self._policy.groups, member=member)


def widest(policy: Policy) -> Policy:
    """The policy for whichever change of a kind it allows most easily."""
    return replace(
        policy,
        allow=tuple(_unnarrowed(rule) for rule in policy.allow),
        deny=tuple(rule for rule in policy.deny if _unnarrowed(rule) == rule),
    )


def _unnarrowed(rule: Rule) -> Rule:
    """The rule for any amount, product and reward."""
    return replace(rule, when=When(changes=rule.when.changes, environment=rule.when.environment))
