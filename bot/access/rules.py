"""The parts of a policy, and which requests its rules apply to."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from bot.access.limits import EXACT, NOTHING_MOVED, Exceeded, Limits, Size, Today, Tolerance, Worth, exceeded
from bot.access.presets import Preset
from bot.autumn.models import Environment


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """What a policy may say about a kind of change."""

    id: str
    unit: str
    """The unit of its amounts; empty for a kind without a size."""
    money: bool
    """Whether its amounts are money, whose limits name a currency."""
    valued: bool
    """Whether its worth can be known."""
    daily: bool
    """Whether its amounts add up over a day."""
    rewards: bool
    """Whether it gives or takes away rewards, which rules can name."""
    named_only: bool
    """Whether a rule must name the kind to give AT_ONCE or APPROVE_OWN for it."""


class Verb(StrEnum):
    """What a person wants to do."""

    ASK = "ask"
    APPROVE = "approve"
    """Approve or deny."""
    MARK = "mark"
    """Mark an unconfirmed change as applied or not applied."""
    UNDO = "undo"
    WITHDRAW = "withdraw"
    HISTORY = "history"
    LINK = "link"
    """Have a link to the customer portal, or for a payment method, made."""
    DIGESTS = "digests"
    """Set up and change digests and alerts."""


class Power(StrEnum):
    """What rules give and take away."""

    ASK = "ask"
    AT_ONCE = "at_once"
    """This person's requests need no approval."""
    APPROVE = "approve"
    APPROVE_OWN = "approve_own"
    """With APPROVE: also their own requests."""
    MARK = "mark"
    UNDO = "undo"
    """With ASK: an undo is a change as well."""
    HISTORY = "history"
    LINK = "link"
    """If no rule grants it, everyone who may request a billing change has it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a person wants to do, as far as rules distinguish."""

    verb: Verb
    kind: PolicyKind | None = None
    """None for HISTORY and LINK, which are about a whole customer."""
    amount: Decimal | None = None
    """Its size: units for a balance, percent or major units of money for a coupon. None counts as larger than
    any limit."""
    environment: Environment | None = None
    """None: not known."""
    products: frozenset[str] | None = None
    """Ids of the plans the change is about. None: not known."""
    rewards: frozenset[str] | None = None
    """Ids of the rewards the change gives or takes away. None: not known."""
    features: frozenset[str] | None = frozenset()
    """Ids of the features whose units it moves. None if unknown."""
    own: bool = False
    """Whether the same person requested the change."""
    worth: Worth | None = None
    """None: not known."""
    earlier: Today = NOTHING_MOVED
    """What other changes that add up with it have already moved today."""

    @property
    def size(self) -> Size:
        return Size(self.amount, self.worth, self.earlier)


@dataclass(frozen=True, slots=True)
class Person:
    """What is known about the person."""

    user: str
    member: bool | None = True
    """A full member of the workspace? None: could not be checked."""
    groups: frozenset[str] = frozenset()
    """The groups of `Policy.groups` the person is in, spelled as there."""
    unchecked: frozenset[str] = frozenset()
    """The groups that could not be checked."""


@dataclass(frozen=True, slots=True)
class Who:
    everyone: bool = False
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    """Ids (S…) or handles (@…) of user groups."""

    def has(self, person: Person) -> bool | None:
        """Whether this person is one of them; None if that depends on a group that could not be checked."""
        if self.everyone or person.user in self.users or self.groups & person.groups:
            return True
        return None if self.groups & person.unchecked else False


EVERYONE = Who(everyone=True)


@dataclass(frozen=True, slots=True)
class When:
    """Which changes a rule is about; empty fields do not narrow it."""

    changes: frozenset[str] = frozenset()
    """Ids of kinds."""
    over: Limits = field(default_factory=dict)
    """The rule applies if the change exceeds any of these."""
    up_to: Limits = field(default_factory=dict)
    """The rule applies if the change exceeds none of these."""
    environment: Environment | None = None
    products: frozenset[str] = frozenset()
    rewards: frozenset[str] = frozenset()
    features: frozenset[str] = frozenset()

    @property
    def unnarrowed(self) -> "When":
        """The same kinds and environment, for any amount, product and reward."""
        return When(changes=self.changes, environment=self.environment)

    @property
    def any_change(self) -> bool:
        """Whether it applies to every change, in some environment."""
        about = (self.changes, self.products, self.rewards, self.features, self.over, self.up_to)
        return not any(about)

    def holds(self, request: Request) -> bool | None:
        """Whether the rule covers the request; None if that is not known, or so for only some of the
        products, rewards or features."""
        if any(self.beyond("", request)):
            return False
        if self.over and not any(exceeded("", self.over, request.size)):
            return False
        return self.fits(request)

    def fits(self, request: Request) -> bool | None:
        """As `holds`, whatever its size."""
        if request.kind is None and not self.any_change:
            return False
        return _all(
            (
                not self.changes or (request.kind is not None and request.kind.id in self.changes),
                _among(self.environment, request.environment),
                _touches(self.products, request.products),
                _touches(self.rewards, request.rewards),
                _touches(self.features, request.features),
            )
        )

    def beyond(self, rule: str, request: Request) -> tuple[Exceeded, ...]:
        """Which of the limits that the change must keep to it exceeds. `rule`: their rule's name."""
        return tuple(exceeded(rule, self.up_to, request.size))


@dataclass(frozen=True, slots=True)
class Rule:
    """An `allow` or a `deny`."""

    name: str
    who: Who
    may: frozenset[Power]
    when: When = field(default_factory=When)

    @property
    def unnarrowed(self) -> "Rule":
        """The rule for any amount, product and reward."""
        return replace(self, when=self.when.unnarrowed)


@dataclass(frozen=True, slots=True)
class Requirement:
    name: str
    who: Who = EVERYONE
    """The requester."""
    when: When = field(default_factory=When)
    approvals: int | None = None
    reason: bool = False
    expires: timedelta | None = None


@dataclass(frozen=True, slots=True)
class DigestRules:
    who: Who = EVERYONE
    """Who may set up and change digests."""
    shared_channels: frozenset[str] = frozenset()
    """Ids of channels shared with another company that digests and alerts may go to nonetheless."""


MOST_BATCH_LINES = 500
"""In one list of changes."""


@dataclass(frozen=True, slots=True)
class BatchRules:
    most_lines: int = MOST_BATCH_LINES
    """How many a list of changes may have."""


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """Who is notified of requests that wait. People (U…) and user groups (S…, @…), in the order of the
    policy."""

    mention: tuple[str, ...] = ()
    """On a new request and in every reminder."""
    escalate_to: tuple[str, ...] = ()
    """Also in the last reminder."""
    remind: bool = True
    post_applied: bool = True
    """Whether changes that needed no approval are posted in the approvals channel once they are applied."""

    tolerance: Tolerance = EXACT
    """Of changes that set a figure."""

    @property
    def groups(self) -> frozenset[str]:
        return frozenset(name for name in (*self.mention, *self.escalate_to) if name.startswith(("S", "@")))


@dataclass(frozen=True)
class Policy:
    allow: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()
    require: tuple[Requirement, ...] = ()
    digests: DigestRules = DigestRules()
    preview_channels: frozenset[str] = frozenset()
    """Ids of channels in which the preview of a link to a customer's page names the customer."""
    approvals: ApprovalRules = ApprovalRules()
    presets: tuple[Preset, ...] = ()
    batches: BatchRules = BatchRules()

    @cached_property
    def widest(self) -> "Policy":
        """The policy for whichever change of a kind it allows most easily."""
        return replace(
            self,
            allow=tuple(rule.unnarrowed for rule in self.allow),
            deny=tuple(rule for rule in self.deny if rule.unnarrowed == rule),
        )

    @property
    def groups(self) -> frozenset[str]:
        """Every user group whose members the rules depend on."""
        rules: tuple[Rule | Requirement, ...] = (*self.allow, *self.deny, *self.require)
        return self.digests.who.groups.union(*(rule.who.groups for rule in rules))

    @property
    def named_groups(self) -> frozenset[str]:
        """Every user group the policy names."""
        return self.groups | self.approvals.groups


BUILT_IN_RULE = "built in"
BUILT_IN = Policy(
    allow=(
        Rule(
            BUILT_IN_RULE,
            EVERYONE,
            frozenset({Power.ASK, Power.APPROVE, Power.MARK, Power.UNDO, Power.HISTORY}),
        ),
    )
)
"""Every full member may request changes; each needs the approval of one other member."""


def _all(answers: Iterable[bool | None]) -> bool | None:
    """False if any answer is False, else None if any is None, else True."""
    collected = tuple(answers)
    return False if False in collected else None if None in collected else True


def _touches(named: frozenset[str], touched: frozenset[str] | None) -> bool | None:
    """Whether the rule names what the change is about; None if only some of it, or if that is unknown."""
    if not named:
        return True
    if touched is None:
        return None
    common = len(touched & named)
    return False if common == 0 else True if common == len(touched) else None


def _among(named: Environment | None, environment: Environment | None) -> bool | None:
    if named is None:
        return True
    return None if environment is None else named is environment
