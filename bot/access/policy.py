"""May this person do that? Pure: the policy, what is wanted and who wants it go in, a Decision comes out.

Three lists make a policy, and their order plays no part:

- `allow` gives powers. What no rule allows is refused.
- `deny` takes them away, whatever is allowed.
- `require` says what a change must go through: approvals, a reason, an expiry. Of several, the strictest.

So a person's power can only shrink when an `allow` goes, or when a `deny` or a `require` comes. What cannot
be told counts against them: it never fulfils an `allow`, and always a `deny` and a `require`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.access.rules import BUILT_IN, Person, Policy, Power, Request, Requirement, Rule, Verb

__all__ = [
    "BUILT_IN",
    "Decision",
    "Person",
    "Policy",
    "Reason",
    "Request",
    "Verb",
    "decide",
    "enough",
]

NEEDED: Mapping[Verb, tuple[Power, ...]] = MappingProxyType(
    {
        Verb.ASK: (Power.ASK,),
        Verb.APPROVE: (Power.APPROVE,),
        Verb.MARK: (Power.MARK,),
        Verb.UNDO: (Power.UNDO, Power.ASK),
        Verb.HISTORY: (Power.HISTORY,),
    }
)
_ALONE = frozenset({Power.AT_ONCE, Power.APPROVE_OWN})
"""With these one person can change something alone: for a deletion, only where a rule names deletions."""


class Reason(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"
    """A deny rule says so."""
    NO_RULE = "no_rule"
    OWN = "own"
    """They asked for it themselves, so another must decide."""
    NOT_YOURS = "not_yours"
    """Only who asked may withdraw."""
    NOT_A_MEMBER = "not_a_member"
    UNCHECKED = "unchecked"
    """It hangs on something that Slack could not be asked about."""


EXPIRES = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Decision:
    """All but the first three say what a change must go through; they are set for ASK and UNDO."""

    permit: bool
    reason: Reason
    rule: str = ""
    """The name of the rule that allowed or denied it; empty when it was none."""
    approvals: int = 1
    """How many different people must approve; 0 when it is applied at once."""
    self_approval: bool = False
    """Whether the asker may be one of them."""
    reason_required: bool = False
    expires_after: timedelta = EXPIRES

    @property
    def at_once(self) -> bool:
        return self.permit and self.approvals == 0


def decide(policy: Policy, request: Request, person: Person) -> Decision:
    if person.member is None:
        return Decision(False, Reason.UNCHECKED)
    if not person.member:
        return Decision(False, Reason.NOT_A_MEMBER)
    if request.verb is Verb.WITHDRAW:
        # Whoever asked may take it back: that is no power over anything.
        return Decision(True, Reason.ALLOWED) if request.own else Decision(False, Reason.NOT_YOURS)
    found = [_power(policy, power, request, person) for power in NEEDED[request.verb]]
    for one in found:
        if not one.permit:
            return one
    if request.verb is Verb.APPROVE and request.own:
        return _own(policy, request, person)
    if request.verb in (Verb.ASK, Verb.UNDO):
        return _with_terms(found[0].rule, policy, request, person)
    return found[0]


def decide_digests(policy: Policy, person: Person) -> Decision:
    """Whether a person may set digests up, edit, pause, send and remove them."""
    if person.member is None:
        return Decision(False, Reason.UNCHECKED)
    if not person.member:
        return Decision(False, Reason.NOT_A_MEMBER)
    inside = policy.digests.who.has(person)
    if inside is None:
        return Decision(False, Reason.UNCHECKED)
    return Decision(True, Reason.ALLOWED) if inside else Decision(False, Reason.NO_RULE)


def enough(approvers: Iterable[str], needed: int) -> bool:
    """Whether as many different people approved as must. One who approves twice is one."""
    return len(set(approvers)) >= needed


def _power(policy: Policy, power: Power, request: Request, person: Person) -> Decision:
    denied = [
        (rule, sure)
        for rule in policy.deny
        if power in rule.may and (sure := _restricts(rule, request, person)) is not False
    ]
    for rule, sure in denied:
        if sure:
            return Decision(False, Reason.DENIED, rule.name)
    if denied:
        return Decision(False, Reason.UNCHECKED, denied[0][0].name)
    refusal = Decision(False, Reason.NO_RULE)
    for rule in policy.allow:
        if not _gives(rule, power, request):
            continue
        inside = rule.who.has(person)
        if inside:
            return Decision(True, Reason.ALLOWED, rule.name)
        if inside is None:
            refusal = Decision(False, Reason.UNCHECKED)
    return refusal


def _gives(rule: Rule, power: Power, request: Request) -> bool:
    if power not in rule.may or rule.when.holds(request) is not True:
        return False
    kind = request.kind
    must_be_named = power in _ALONE and kind is not None and kind.named_only
    return not must_be_named or (kind is not None and kind.id in rule.when.changes)


def _restricts(rule: Rule | Requirement, request: Request, person: Person) -> bool | None:
    """False: not at all. None: only because it cannot be told whether the person is meant."""
    return False if rule.when.holds(request) is False else rule.who.has(person)


def _own(policy: Policy, request: Request, person: Person) -> Decision:
    found = _power(policy, Power.APPROVE_OWN, request, person)
    return Decision(False, Reason.OWN) if found.reason is Reason.NO_RULE else found


def _with_terms(rule: str, policy: Policy, request: Request, person: Person) -> Decision:
    met = [one for one in policy.require if _restricts(one, request, person) is not False]
    approvals = [one.approvals for one in met if one.approvals is not None]
    at_once = _power(policy, Power.AT_ONCE, request, person)
    # A number of approvals that is asked for by name is stronger than leave to do without.
    straight = at_once.permit and not approvals
    return Decision(
        True,
        Reason.ALLOWED,
        at_once.rule if straight else rule,
        approvals=0 if straight else max(approvals, default=1),
        self_approval=all(
            _power(policy, power, request, person).permit for power in (Power.APPROVE, Power.APPROVE_OWN)
        ),
        reason_required=any(one.reason for one in met),
        expires_after=min((one.expires for one in met if one.expires is not None), default=EXPIRES),
    )
