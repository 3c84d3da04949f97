"""May this person do that? Pure: policy, request and person in, Decision out.

A policy has three lists, and their order does not matter:

- `allow` gives powers. What no rule allows is refused.
- `deny` takes powers away, whatever allows them.
- `require` says what a change needs: approvals, a reason, an expiry. Of several, the strictest applies.

So adding a `deny`, or removing an `allow`, never adds a power, except that links follow the rules about
billing while no `allow` names them (`permission.decide_links`). A `require` never lowers the number of
approvals, but its `expires` replaces the default of 24 hours, even with a longer time. What is unknown counts
against the person: it never satisfies an `allow`, and always a `deny` or a `require`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.access.limits import Exceeded, exceeded
from bot.access.rules import BUILT_IN, Person, Policy, Power, Request, Requirement, Rule, Verb, Who

__all__ = [
    "BUILT_IN",
    "Decision",
    "DecisionReason",
    "Person",
    "Policy",
    "Request",
    "Verb",
    "among_all",
    "among_any",
    "decide",
    "decide_digests",
    "gives",
    "holders",
    "permitted",
    "refused_to_all",
    "who_may",
]

NEEDED: Mapping[Verb, tuple[Power, ...]] = MappingProxyType(
    {
        Verb.ASK: (Power.ASK,),
        Verb.APPROVE: (Power.APPROVE,),
        Verb.MARK: (Power.MARK,),
        Verb.UNDO: (Power.UNDO, Power.ASK),
        Verb.HISTORY: (Power.HISTORY,),
        Verb.LINK: (Power.LINK,),
    }
)
_ALONE = frozenset({Power.AT_ONCE, Power.APPROVE_OWN})
"""With these one person can change something alone. For a kind that is `named_only`, such as a deletion, the
rule must name the kind."""


class DecisionReason(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"
    """By a deny rule."""
    NO_RULE = "no_rule"
    OWN = "own"
    """They requested it themselves, so someone else must decide."""
    NOT_YOURS = "not_yours"
    """Only the requester may withdraw."""
    NOT_A_MEMBER = "not_a_member"
    UNCHECKED = "unchecked"
    """It depends on something that Slack could not be asked about."""


EXPIRES = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Decision:
    """From `approvals` on, what a change needs; set for ASK and UNDO."""

    permit: bool
    reason: DecisionReason
    rule: str = ""
    """The rule that allowed or denied it; empty if there was none."""
    approvals: int = 1
    """How many different people must approve; 0: applied right away."""
    self_approval: bool = False
    """Whether the requester may be one of them."""
    reason_required: bool = False
    expires_after: timedelta = EXPIRES
    exceeded: tuple[Exceeded, ...] = ()
    """The limits because of which it is not permitted, or not applied right away."""

    @property
    def at_once(self) -> bool:
        return self.permit and self.approvals == 0


def decide(policy: Policy, request: Request, person: Person) -> Decision:
    decision = permitted(policy, request, person)
    if decision.permit and request.verb in (Verb.ASK, Verb.UNDO):
        return _with_terms(decision.rule, policy, request, person)
    return decision


def permitted(policy: Policy, request: Request, person: Person) -> Decision:
    """Like `decide`, without what a change needs."""
    if person.member is None:
        return Decision(False, DecisionReason.UNCHECKED)
    if not person.member:
        return Decision(False, DecisionReason.NOT_A_MEMBER)
    if request.verb is Verb.DIGESTS:
        return decide_digests(policy, person)
    if request.verb is Verb.WITHDRAW:
        # No power is needed to withdraw one's own request.
        return (
            Decision(True, DecisionReason.ALLOWED)
            if request.own
            else Decision(False, DecisionReason.NOT_YOURS)
        )
    decisions = [_power(policy, power, request, person) for power in NEEDED[request.verb]]
    for decision in decisions:
        if not decision.permit:
            return decision
    if request.verb is Verb.APPROVE and request.own:
        return _own(policy, request, person)
    return decisions[0]


def who_may(policy: Policy, power: Power, request: Request) -> Who:
    """Everyone to whom some rule gives this power, whatever other rules take away."""
    return among_any(rule.who for rule in policy.allow if gives(rule, power, request))


def refused_to_all(policy: Policy, power: Power, request: Request) -> bool:
    """Whether some rule takes this power away from everyone, or may do so."""
    return any(
        power in rule.may and rule.who.everyone and rule.when.holds(request) is not False
        for rule in policy.deny
    )


def holders(policy: Policy, request: Request) -> Who:
    """Candidates: everyone to whom some rule grants the required powers, unless one of these may be denied to
    all. Call `decide` for each of them. Empty for WITHDRAW, which only the requester may do."""
    if request.verb is Verb.DIGESTS:
        return policy.digests.who
    powers = NEEDED.get(request.verb, ())
    if any(refused_to_all(policy, power, request) for power in powers):
        return Who()
    return among_all([who_may(policy, power, request) for power in powers])


def among_all(several: Sequence[Who]) -> Who:
    """The people and groups named in every one of these. Group members are unknown here, so if two share no
    name the first one stands."""
    if not several:
        return Who()
    common = Who(everyone=True)
    for who in several:
        if common.everyone or who == Who():
            common = who
        elif not who.everyone:
            both = Who(users=common.users & who.users, groups=common.groups & who.groups)
            common = common if both == Who() else both
    return common


def among_any(several: Iterable[Who]) -> Who:
    listed = list(several)
    return Who(
        everyone=any(who.everyone for who in listed),
        users=frozenset().union(*(who.users for who in listed)),
        groups=frozenset().union(*(who.groups for who in listed)),
    )


def decide_digests(policy: Policy, person: Person) -> Decision:
    """Whether a person may set up, edit, pause, send and remove digests."""
    if person.member is None:
        return Decision(False, DecisionReason.UNCHECKED)
    if not person.member:
        return Decision(False, DecisionReason.NOT_A_MEMBER)
    included = policy.digests.who.has(person)
    if included is None:
        return Decision(False, DecisionReason.UNCHECKED)
    return Decision(True, DecisionReason.ALLOWED) if included else Decision(False, DecisionReason.NO_RULE)


def _power(policy: Policy, power: Power, request: Request, person: Person) -> Decision:
    denied = [
        (deny_rule, certain)
        for deny_rule in policy.deny
        if power in deny_rule.may and (certain := _restricts(deny_rule, request, person)) is not False
    ]
    for rule, certain in denied:
        if certain:
            return Decision(False, DecisionReason.DENIED, rule.name, exceeded=_over(rule, request))
    if denied:
        return Decision(False, DecisionReason.UNCHECKED, denied[0][0].name)
    unchecked, beyond = False, tuple[Exceeded, ...]()
    for rule in policy.allow:
        included = rule.who.has(person)
        if included is False or not _might_give(rule, power, request):
            continue
        limits = rule.when.beyond(rule.name, request)
        if rule.when.holds(request) is not True:
            beyond = beyond or limits
        elif included:
            return Decision(True, DecisionReason.ALLOWED, rule.name)
        else:
            unchecked = True
    return Decision(False, DecisionReason.UNCHECKED if unchecked else DecisionReason.NO_RULE, exceeded=beyond)


def _over(rule: Rule | Requirement, request: Request) -> tuple[Exceeded, ...]:
    return tuple(exceeded(rule.name, rule.when.over, request.size))


def gives(rule: Rule, power: Power, request: Request) -> bool:
    """Whether the rule gives its people this power."""
    return rule.when.holds(request) is True and _might_give(rule, power, request)


def _might_give(rule: Rule, power: Power, request: Request) -> bool:
    """Whatever its size."""
    if power not in rule.may or rule.when.fits(request) is not True:
        return False
    kind = request.kind
    must_be_named = power in _ALONE and kind is not None and kind.named_only
    return not must_be_named or (kind is not None and kind.id in rule.when.changes)


def _restricts(rule: Rule | Requirement, request: Request, person: Person) -> bool | None:
    """Whether the rule restricts the request; None if it is not known whether it includes the person."""
    return False if rule.when.holds(request) is False else rule.who.has(person)


def _own(policy: Policy, request: Request, person: Person) -> Decision:
    decision = _power(policy, Power.APPROVE_OWN, request, person)
    return Decision(False, DecisionReason.OWN) if decision.reason is DecisionReason.NO_RULE else decision


def _with_terms(rule: str, policy: Policy, request: Request, person: Person) -> Decision:
    requirements = [
        requirement for requirement in policy.require if _restricts(requirement, request, person) is not False
    ]
    approvals = [requirement.approvals for requirement in requirements if requirement.approvals is not None]
    expiries = [requirement.expires for requirement in requirements if requirement.expires is not None]
    at_once = _power(policy, Power.AT_ONCE, request, person)
    # An explicit number of approvals overrides `at_once`.
    right_away = at_once.permit and not approvals
    because = [
        limit
        for requirement in requirements
        if requirement.approvals is not None
        for limit in _over(requirement, request)
    ]
    return Decision(
        True,
        DecisionReason.ALLOWED,
        at_once.rule if right_away else rule,
        approvals=0 if right_away else max(approvals, default=1),
        self_approval=all(
            _power(policy, power, request, person).permit for power in (Power.APPROVE, Power.APPROVE_OWN)
        ),
        reason_required=any(requirement.reason for requirement in requirements),
        expires_after=min(expiries, default=EXPIRES),
        exceeded=tuple(because) or at_once.exceeded,
    )
