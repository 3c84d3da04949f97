"""What a policy is made of, and which requests its rules are about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from bot.autumn.environment import Environment


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """What a policy may say about a kind of change."""

    id: str
    unit: str = ""
    """What its amounts are in; empty for a kind without a size."""
    daily: bool = False
    """Whether its amounts add up over a day."""
    rewards: bool = False
    """Whether it gives or takes away rewards, which rules may name."""
    named_only: bool = False
    """Whether only a rule that names the kind gives AT_ONCE and APPROVE_OWN for it."""


_ENDLESS = Decimal("Infinity")
_NOTHING = Decimal(0)


class Verb(StrEnum):
    """What a person wants to do."""

    ASK = "ask"
    APPROVE = "approve"
    """Approve or deny."""
    MARK = "mark"
    """Say of an unconfirmed change whether it was applied."""
    UNDO = "undo"
    WITHDRAW = "withdraw"
    HISTORY = "history"


class Power(StrEnum):
    """What rules give and take."""

    ASK = "ask"
    AT_ONCE = "at_once"
    """What this person asks for needs no approval."""
    APPROVE = "approve"
    APPROVE_OWN = "approve_own"
    """Beside APPROVE: also what they asked for themselves."""
    MARK = "mark"
    UNDO = "undo"
    """Beside ASK: an undo is a change as well."""
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted."""

    verb: Verb
    kind: PolicyKind | None = None
    """None for HISTORY, which is of all the changes of a customer."""
    amount: Decimal | None = None
    """Its size: units for a balance, percent or major units of money for a coupon. None: it has none, which
    counts as larger than any."""
    environment: Environment | None = None
    """None: not known."""
    products: frozenset[str] | None = None
    """Ids of the plans that the change is about. None: not known."""
    rewards: frozenset[str] | None = None
    """Ids of the rewards that the change gives or takes away, None: not known."""
    own: bool = False
    """Whether the change was asked for by the person who now wants to decide, mark or withdraw it."""
    earlier: Decimal = _NOTHING
    """What other changes that add up with it already moved today."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of who wants it."""

    user: str
    member: bool | None = True
    """A full member of the workspace? None: could not be checked."""
    groups: frozenset[str] = frozenset()
    """Those of `Policy.groups` the person is in, spelt as there."""
    unchecked: frozenset[str] = frozenset()
    """Those that could not be checked."""


@dataclass(frozen=True, slots=True)
class Who:
    everyone: bool = False
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    """Ids (S…) or handles (@…) of user groups."""

    def has(self, person: Person) -> bool | None:
        """None: it hangs on a group that could not be checked."""
        if self.everyone or person.user in self.users or self.groups & person.groups:
            return True
        return None if self.groups & person.unchecked else False


EVERYONE = Who(everyone=True)


@dataclass(frozen=True, slots=True)
class When:
    """Which changes a rule is about; what is left empty does not narrow it."""

    changes: frozenset[str] = frozenset()
    """Ids of kinds."""
    amount_over: Decimal | None = None
    amount_up_to: Decimal | None = None
    day_over: Decimal | None = None
    """Beside `amount_over`, whichever is met: the day's total, this change included."""
    day_up_to: Decimal | None = None
    """Beside `amount_up_to`, and both must be met: the day's total, this change included."""
    environment: Environment | None = None
    products: frozenset[str] = frozenset()
    rewards: frozenset[str] = frozenset()

    @property
    def any_change(self) -> bool:
        """Whether it narrows by nothing that belongs to one change."""
        sizes = (self.amount_over, self.amount_up_to, self.day_over, self.day_up_to)
        return not (self.changes or self.products or self.rewards) and sizes == (None,) * 4

    def holds(self, request: Request) -> bool | None:
        """None: cannot be told, or only for some of the products or rewards."""
        if request.kind is None and not self.any_change:
            return False
        return _all(
            (
                not self.changes or (request.kind is not None and request.kind.id in self.changes),
                self._large_enough(request),
                self._small_enough(request),
                _among(self.environment, request.environment),
                _touches(self.products, request.products),
                _touches(self.rewards, request.rewards),
            )
        )

    def _large_enough(self, request: Request) -> bool:
        exceeded = [
            size > limit
            for size, limit in zip(_sizes(request), (self.amount_over, self.day_over), strict=True)
            if limit is not None
        ]
        return not exceeded or any(exceeded)

    def _small_enough(self, request: Request) -> bool:
        return all(
            limit is None or size <= limit
            for size, limit in zip(_sizes(request), (self.amount_up_to, self.day_up_to), strict=True)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """For `allow` and for `deny`."""

    name: str
    who: Who
    may: frozenset[Power]
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Requirement:
    name: str
    who: Who = EVERYONE
    """The asker."""
    when: When = field(default_factory=When)
    approvals: int | None = None
    reason: bool = False
    expires: timedelta | None = None


@dataclass(frozen=True, slots=True)
class DigestRules:
    who: Who = EVERYONE
    """Who may set digests up, and change those there are."""
    shared_channels: frozenset[str] = frozenset()
    """Ids of channels shared with another company to which digests may go all the same."""


@dataclass(frozen=True, slots=True)
class Policy:
    allow: tuple[Rule, ...] = ()
    deny: tuple[Rule, ...] = ()
    require: tuple[Requirement, ...] = ()
    digests: DigestRules = DigestRules()

    @property
    def groups(self) -> frozenset[str]:
        """Every user group that is named."""
        rules: tuple[Rule | Requirement, ...] = (*self.allow, *self.deny, *self.require)
        return self.digests.who.groups.union(*(rule.who.groups for rule in rules))


BUILT_IN = Policy(
    allow=(
        Rule(
            "built in",
            EVERYONE,
            frozenset({Power.ASK, Power.APPROVE, Power.MARK, Power.UNDO, Power.HISTORY}),
        ),
    )
)
"""Every full member may ask; every change needs the approval of one other."""


def _all(answers: Iterable[bool | None]) -> bool | None:
    """False if any is, else None if any is, else True."""
    given = tuple(answers)
    return False if False in given else None if None in given else True


def _sizes(request: Request) -> tuple[Decimal, Decimal]:
    """Of the change, and of the day with it."""
    size = _ENDLESS if request.amount is None else request.amount
    return size, size + request.earlier


def _touches(named: frozenset[str], known: frozenset[str] | None) -> bool | None:
    """None: only some of what the change is about are named, or it is not known what it is about."""
    if not named:
        return True
    if known is None:
        return None
    both = len(known & named)
    return False if both == 0 else True if both == len(known) else None


def _among(named: Environment | None, known: Environment | None) -> bool | None:
    if named is None:
        return True
    return None if known is None else named is known
