"""What a policy is made of, and which requests its rules are about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from bot.changes.model import Kind

_ENDLESS = Decimal("Infinity")


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


class Environment(StrEnum):
    LIVE = "live"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted."""

    verb: Verb
    kind: Kind | None = None
    """None for HISTORY, which is of all the changes of a customer."""
    amount: Decimal | None = None
    """Its size: units for a balance, percent or major units of money for a coupon. None: it has none, which
    counts as larger than any."""
    environment: Environment | None = None
    """None: not known."""
    products: frozenset[str] | None = None
    """Ids of the plans that the change is about. None: not known."""
    reward: str | None = None
    """The id of the reward, for Kind.REWARD. None: not known."""
    own: bool = False
    """Whether the change was asked for by the person who now wants to decide, mark or withdraw it."""


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

    changes: frozenset[Kind] = frozenset()
    amount_over: Decimal | None = None
    amount_up_to: Decimal | None = None
    environment: Environment | None = None
    products: frozenset[str] = frozenset()
    rewards: frozenset[str] = frozenset()

    @property
    def any_change(self) -> bool:
        """Whether it narrows by nothing that belongs to one change."""
        sizes = (self.amount_over, self.amount_up_to)
        return not (self.changes or self.products or self.rewards) and sizes == (None, None)

    def holds(self, request: Request) -> bool | None:
        """None: cannot be told, or only for some of the products."""
        if request.kind is None and not self.any_change:
            return False
        return _all(
            (
                not self.changes or request.kind in self.changes,
                self._size(request.amount),
                _among(self.environment, request.environment),
                self._products(request.products),
                not self.rewards or (None if request.reward is None else request.reward in self.rewards),
            )
        )

    def _size(self, amount: Decimal | None) -> bool:
        size = _ENDLESS if amount is None else amount
        return (self.amount_over is None or size > self.amount_over) and (
            self.amount_up_to is None or size <= self.amount_up_to
        )

    def _products(self, products: frozenset[str] | None) -> bool | None:
        if not self.products:
            return True
        if products is None:
            return None
        named = len(products & self.products)
        return False if named == 0 else True if named == len(products) else None


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


def _among(named: Environment | None, known: Environment | None) -> bool | None:
    if named is None:
        return True
    return None if known is None else named is known
