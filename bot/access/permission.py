"""Asks the policy, with what Slack says of the person now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.access.groups import Groups
from bot.access.limits import Limits
from bot.access.people import Actor, People, Standing
from bot.access.policy import (
    Decision,
    DecisionReason,
    Person,
    Policy,
    Request,
    Verb,
    among_any,
    decide,
    decide_digests,
    gives,
    holders,
    permitted,
)
from bot.access.rules import PolicyKind, Power, Who
from bot.autumn.models import Environment

_MEMBER = {Standing.MEMBER: True, Standing.UNCHECKED: None}


@dataclass(frozen=True, slots=True)
class KindPowers:
    """What a person may do about one kind of change, at least in some cases."""

    id: str
    ask: bool = False
    at_once: bool = False
    """Whether some of them are applied right away."""
    always_at_once: bool = False
    """Whether all of them are, whatever their size."""
    limits: tuple[Limits, ...] = ()
    """Of each rule that lets some of them be applied right away."""
    approve: bool = False


@dataclass(frozen=True, slots=True)
class Powers:
    """What a person may do, to show them; each request is still decided on its own."""

    kinds: tuple[KindPowers, ...]
    history: bool
    digests: bool


@dataclass(frozen=True, slots=True)
class CardRights:
    """What a customer's card offers a person besides looking. What could not be checked is offered: the click
    checks it again."""

    kinds: frozenset[str]
    """Ids of the kinds of change that they may request in at least some cases."""
    history: bool
    links: bool


class Permission:
    """`environment`: of Autumn's key. `billing`: the kinds of change that change what is billed."""

    def __init__(
        self,
        policy: Policy,
        people: People,
        groups: Groups,
        environment: Environment,
        billing: Sequence[PolicyKind] = (),
    ) -> None:
        self._billing = billing
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
        return decide(self._policy.widest, request, await self._person(actor))

    async def may_link(self, actor: Actor) -> Decision:
        """Whether the person may have links made for a customer. The rules about links decide; if none grants
        that power to anyone, everyone who may request a billing change may. Never raises."""
        return decide_links(self._policy, await self._person(actor), self._billing, self._environment)

    async def card_rights(self, actor: Actor, kinds: Sequence[PolicyKind]) -> CardRights:
        """`kinds`: those that the card may offer. Never raises."""
        person, policy = await self._person(actor), self._policy

        def offered(decision: Decision) -> bool:
            return decision.permit or decision.reason is DecisionReason.UNCHECKED

        def may_request(kind: PolicyKind) -> bool:
            request = Request(Verb.ASK, kind=kind, environment=self._environment)
            return offered(permitted(policy.widest, request, person))

        history = Request(Verb.HISTORY, environment=self._environment)
        return CardRights(
            frozenset(kind.id for kind in kinds if may_request(kind)),
            history=offered(permitted(policy, history, person)),
            links=offered(decide_links(policy, person, self._billing, self._environment)),
        )

    def holders(self, request: Request, *, opening: bool = False) -> Who:
        """Everyone whom the policy names for it. `opening`: for any change of the kind."""
        if request.verb is Verb.LINK and not ruled_links(self._policy):
            requests = (replace(request, verb=Verb.ASK, kind=kind) for kind in self._billing)
            return among_any(holders(self._policy.widest, of_kind) for of_kind in requests)
        return holders(self._policy.widest if opening else self._policy, request)

    async def powers(self, actor: Actor, kinds: Sequence[PolicyKind]) -> Powers:
        """Never raises."""
        return powers(self._policy, await self._person(actor), kinds, self._environment)

    async def may_digests(self, actor: Actor) -> Decision:
        """Whether the person may set up and change digests. Never raises."""
        return decide_digests(self._policy, await self._person(actor))

    def may_preview(self, channel: str) -> bool:
        """Whether the preview of a link may name the customer in this channel."""
        return channel in self._policy.preview_channels

    async def _person(self, actor: Actor) -> Person:
        member = _MEMBER.get(await self._people.standing(actor), False)
        return await self._groups.person(actor.user, self._policy.groups, member=member)


def powers(policy: Policy, person: Person, kinds: Sequence[PolicyKind], environment: Environment) -> Powers:
    """What the policy lets this person do."""
    unnarrowed = replace(
        policy.widest,
        require=tuple(rule for rule in policy.require if rule.when.unnarrowed == rule.when),
    )

    def of_kind(kind: PolicyKind) -> KindPowers:
        ask = Request(Verb.ASK, kind=kind, environment=environment)
        at_once = decide(unnarrowed, ask, person).at_once
        always = decide(policy, ask, person).at_once
        return KindPowers(
            kind.id,
            ask=decide(policy.widest, ask, person).permit,
            at_once=at_once,
            always_at_once=always,
            limits=_limits(policy, ask, person) if at_once and not always else (),
            approve=decide(policy.widest, replace(ask, verb=Verb.APPROVE), person).permit,
        )

    history = Request(Verb.HISTORY, environment=environment)
    return Powers(
        tuple(map(of_kind, kinds)),
        history=decide(policy, history, person).permit,
        digests=decide_digests(policy, person).permit,
    )


def _limits(policy: Policy, ask: Request, person: Person) -> tuple[Limits, ...]:
    giving = [rule for rule in policy.allow if gives(rule.unnarrowed, Power.AT_ONCE, ask)]
    return tuple(rule.when.up_to for rule in giving if rule.when.up_to and rule.who.has(person))


def decide_links(
    policy: Policy, person: Person, kinds: Sequence[PolicyKind], environment: Environment
) -> Decision:
    decision = decide(policy, Request(Verb.LINK, environment=environment), person)
    if decision.reason is not DecisionReason.NO_RULE or ruled_links(policy):
        return decision
    refusals = []
    for kind in kinds:
        request = Request(Verb.ASK, kind=kind, environment=environment)
        of_kind = permitted(policy.widest, request, person)
        if of_kind.permit:
            return of_kind
        refusals.append(of_kind)
    return refusals[0] if refusals else decision


def ruled_links(policy: Policy) -> bool:
    """Whether some rule says who may have links."""
    return any(Power.LINK in rule.may for rule in policy.allow)
