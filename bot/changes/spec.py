"""What a kind of change is: one object that carries everything particular to it.

A kind is a folder with one such object, named in `bot.changes.registry`. Values in, values out: nothing here
does I/O, and the clock is passed in.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from bot.access.limits import Tolerance, Worth
from bot.access.rules import PolicyKind
from bot.autumn.client import Autumn
from bot.autumn.write import Write
from bot.changes.forms.model import FormContent, FormState, Meta, Parsed
from bot.changes.line_form import LineCells, LineForm
from bot.changes.lines import Line, LineLabel
from bot.changes.model import ChangeInput, Facts, Judgement, Needs, PendingPayment, Proof, Snapshot, Verdict
from bot.changes.notes import Names, Note, NoteCode
from bot.kit.form_values import Values

I = TypeVar("I", bound=ChangeInput)  # noqa: E741 - the input

UNITS_OF_FEATURE = "units of the feature"

Options: TypeAlias = Callable[[Facts, str], list[dict[str, Any]]]
"""Options of an external select, for what is typed in it."""


@dataclass(frozen=True, slots=True)
class Presets:
    """How the amounts of the policy's presets go into a form."""

    fits: Callable[[str, Facts], bool]
    """Whether this customer can be given something of a feature, by its id."""
    given: Callable[[ChangeInput], tuple[str, Decimal] | None]
    """The feature and the amount that a change gave, if it is what a preset gives."""
    fill: Callable[[str, Decimal], Values]
    """The fields, with a feature's id and an amount of it."""


@dataclass(frozen=True, slots=True)
class ChangeForm(Generic[I]):
    build: Callable[[FormState], FormContent]
    """The form as it should be now. What was filled in stays in it."""
    draft: Callable[[Meta, Values, Facts], I | None]
    """The change as filled in so far, to preview; None while there is too little. Never to be requested."""
    parse: Callable[[Meta, Values], Parsed]
    """A submission."""
    options: Mapping[str, Options] = field(default_factory=dict)
    """By the action_id of the external select."""
    keep: Callable[[Meta, Values], Values] | None = None
    """What of a submission fills in the form when it is opened again; None: all of it."""
    presets: Presets | None = None
    """How it is filled in with a preset that has an amount; None: such presets are not offered. Those that
    have only a reason are offered in every form."""


class Sentence(Protocol):
    """A change that was said in one line, alone or with others of the same customer."""

    @property
    def customer(self) -> str:
        """Whom to look for, as typed."""

    @property
    def entity(self) -> str:
        """The entity that the change is limited to, as typed; empty for the whole customer."""

    @property
    def reason(self) -> str:
        """Empty if none was given."""


@dataclass(frozen=True, slots=True)
class Misread:
    """A line that cannot be read without guessing."""

    hint: str
    """What to write instead, in mrkdwn."""


@dataclass(frozen=True, slots=True)
class PrefilledForm:
    """A form as a sentence fills it in."""

    values: Values
    trouble: str = ""
    """What of the sentence is still to be picked, in mrkdwn."""


@dataclass(frozen=True, slots=True)
class ShortForm:
    """A command that says whole changes: `give acme 5k messages and 3 seats because ticket 4711`. Its
    functions are pure."""

    command: str
    usage: str
    help: str
    read: Callable[[str], Sequence[Sentence] | Misread]
    """What was typed after the command: one change, or several that have the customer, the entity and the
    reason in common."""
    fill: Callable[[Any, Facts], PrefilledForm]
    """The form of the kind, as one of these sentences fills it in."""
    line: Callable[[Any, Mapping[str, str], datetime], LineCells]
    """The line of a list that says the same as one of several sentences. Takes the names of features by id,
    and the current time."""


@dataclass(frozen=True, slots=True)
class ExtraRead:
    """Reads what only one kind needs to know besides the customer."""

    read: Callable[[Autumn, str, ChangeInput | None], Awaitable[object]]
    """For the customer with this id; the request is None for a form that nobody has filled in. The result
    becomes `Facts.extra`. Raises AutumnError if the change cannot be judged without it."""


@dataclass(frozen=True, slots=True)
class KeyScope:
    """A permission that Autumn's key needs, and a request that finds out whether it has it and can change
    nothing: it is about a customer that does not exist."""

    scope: str
    allows: str
    """What the key may do with it, as a verb phrase."""
    probe: Write


NOBODY = "maple-doctor-asks-about-nobody"
"""Autumn checks the key's permissions first, and only then the customer."""

UPDATE_BALANCE = Write(
    "balances.update",
    "POST",
    "/v1/balances.update",
    {"customer_id": NOBODY, "feature_id": NOBODY, "balance_id": NOBODY, "add_to_balance": 0},
    per_customer=True,
)
UPDATE_CUSTOMER = Write("customers.update", "POST", "/v1/customers.update", {"customer_id": NOBODY})


@dataclass(frozen=True, slots=True)
class DailyTotal:
    """Changes of a kind that add up over a day, for the policy's limits."""

    field: str
    """Of the input: those with the same value add up, of whatever kinds they are."""
    note: NoteCode
    """Warns about earlier changes on the same day; its details are `nth`, `units` and the field."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    title: str
    text: str


class ChangeKind(ABC, Generic[I]):
    """One kind of change.

    `snapshot` and `plan` of one application must come from the same facts, read just before the write: the
    relative edits send absolute figures along, and `verify` compares with what they were made from.
    """

    id: str
    """Stored with each change, written in policy files: never reuse or rename it."""
    command: str
    """The word after `/autumn`."""
    button: str
    title: str
    """Of the form; up to 24 characters."""
    heading: str
    """Of the change's card."""
    help: str
    """What the command does."""
    offered_on: frozenset[str] = frozenset()
    """Ids of the parts of a customer's card that have the button."""
    primary_button: str = ""
    """The button's text, for the one change that has a button on the card. The others are in a menu."""
    short_forms: tuple[ShortForm, ...] = ()
    """Commands that say a whole change in one line."""
    line_form: LineForm | None = None
    """How a line of a list says it; None for a kind that lists do not have."""
    danger: bool = False
    """Whether it comes last in the menu, behind everything else."""
    confirm_approval: Confirmation | None = None
    """Shown to every approver; None: only to approvers on live, in general terms."""
    removes_customer: bool = False
    """Whether the customer is gone from Autumn once it is applied."""
    of_entities: bool = False
    """Whether it can be limited to one of the customer's entities."""

    input: type[I]
    form: ChangeForm[I]
    notes: type[NoteCode]
    lines: type[LineLabel]
    scopes: tuple[KeyScope, ...]
    needs: frozenset[Needs] = frozenset()
    extra: ExtraRead | None = None
    quoted: bool = False
    """Whether Autumn previews it: what its one write would do, and what it would cost."""

    # What the policy may say about it
    unit: str = ""
    """What its amounts are in, for people who write a policy; empty for a kind without a size."""
    in_money: bool = False
    """Whether its amounts are money."""
    valued: bool = False
    """Whether its worth can be known."""
    daily: DailyTotal | None = None
    has_rewards: bool = False
    """Whether rules may name the rewards that it is about."""
    named_only: bool = False
    """Whether only a rule that names the kind lets one person change something alone."""

    @cached_property
    def policy(self) -> PolicyKind:
        return PolicyKind(
            self.id,
            unit=self.unit,
            money=self.in_money,
            valued=self.valued,
            daily=self.daily is not None and not self.in_money,
            rewards=self.has_rewards,
            named_only=self.named_only,
        )

    def applies_to(self, facts: Facts, feature: str) -> bool:  # noqa: ARG002 - for those that override it
        """Whether it could change anything for this customer, or for one of their entities.

        `facts`: what the card knows; `billing`, `rewards` and `offered` are None if it does not. `feature`:
        the one that is open, if any. False only if `guard` would refuse whatever its form can ask for: it
        asks the same questions as the guard, and is True if the facts do not answer them.
        """
        return True

    def touches(self, request: I) -> frozenset[str]:
        """Keys of what this change alters. A later line of the same list must not rest on any of them: its
        preview would be wrong."""
        return frozenset({f"{self.id} {self.feature(request)}"})

    def rests_on(self, request: I, facts: Facts) -> frozenset[str]:  # noqa: ARG002 - for those that override it
        """Keys of what the preview depends on; no earlier line may touch them."""
        return self.touches(request)

    # Judging

    def needs_for(self, request: I) -> frozenset[Needs]:  # noqa: ARG002 - for those that override it
        return self.needs

    def quotes(self, request: I) -> bool:  # noqa: ARG002 - for those that override it
        """Whether Autumn previews this request: with some kinds, only one of several actions."""
        return self.quoted

    def email_to_check(self, request: I) -> str:  # noqa: ARG002 - for those that override it
        """An email address to look for among the other customers; empty for none."""
        return ""

    def with_history(self, facts: Facts, applied: Sequence[I]) -> Facts:
        """The facts, completed by earlier changes that were applied; for kinds with `Needs.HISTORY`."""
        raise NotImplementedError  # pragma: no cover - the kinds that need their history override it

    @abstractmethod
    def guard(self, request: I, facts: Facts, now: datetime) -> Judgement: ...

    @abstractmethod
    def snapshot(self, request: I, facts: Facts) -> Snapshot: ...

    @abstractmethod
    def preview(self, request: I, facts: Facts) -> tuple[Line, ...]:
        """Only for what `guard` allows."""

    def amount(self, request: I, before: Snapshot) -> Decimal | None:  # noqa: ARG002 - for those that override it
        """How large the change is, for the policy's limits; None when it has no size."""
        return None

    def products(self, request: I, facts: Facts) -> frozenset[str] | None:  # noqa: ARG002 - as above
        """Ids of the plans it is about: by default all that the customer has. None: not known."""
        customers = (facts.whole, facts.customer)
        subscribed = {
            subscription.plan_id for customer in customers for subscription in customer.subscriptions
        }
        return frozenset(
            subscribed | {purchase.plan_id for customer in customers for purchase in customer.purchases}
        )

    def features(self, request: I, before: Snapshot) -> frozenset[str] | None:  # noqa: ARG002 - as above
        """Ids of the features that it is about. None: not known."""
        feature = getattr(request, "feature", "")
        return frozenset({feature} if feature else ())

    def worth(
        self,
        request: I,  # noqa: ARG002 - as above
        amount: Decimal | None,  # noqa: ARG002
        before: Snapshot,  # noqa: ARG002
        facts: Facts,  # noqa: ARG002
    ) -> Worth | None:
        """None if it is unknown, or has none. `amount`: the result of `amount`."""
        return None

    def adds_up_by(self, request: I) -> str:
        """Changes for which this is the same add up over a day; empty for none."""
        return f"{self.daily.field}:{getattr(request, self.daily.field)}" if self.daily else ""

    def takes(self, request: I, before: Snapshot) -> bool:  # noqa: ARG002
        """Whether its amount is taken away, in a kind that may also add it."""
        return False

    def moved(self, request: I, amount: Decimal | None, before: Snapshot) -> Mapping[str, Decimal]:  # noqa: ARG002
        """What it adds to the totals of a day, by `adds_up_by`."""
        return {self.adds_up_by(request): amount} if self.daily and amount is not None else {}

    @property
    def moves_otherwise(self) -> bool:
        """Whether it moves something other than its amount: the kind overrides `moved`."""
        return type(self).moved is not ChangeKind.moved

    def rewards(self, request: I, facts: Facts) -> frozenset[str] | None:  # noqa: ARG002 - as above
        """Ids of the rewards that it gives or takes away; None if they are unknown, or it has none."""
        return None

    # Applying

    def holds(self, request: I, previewed: Snapshot, current: Snapshot) -> bool:  # noqa: ARG002 - as above
        """Whether the preview is still valid, though the facts may have moved a little."""
        return previewed == current

    def tolerates(
        self,
        request: I,  # noqa: ARG002 - as above
        previewed: Snapshot,  # noqa: ARG002
        current: Snapshot,  # noqa: ARG002
        tolerance: Tolerance,  # noqa: ARG002
    ) -> bool:
        """Whether it is valid although the facts moved, as they moved within the tolerance."""
        return False

    @abstractmethod
    def plan(self, request: I, facts: Facts) -> tuple[Write, ...]:
        """The exact requests, in order. Only for what `guard` allows."""

    def proof(self, answer: object) -> Proof:  # noqa: ARG002 - as above
        """What Autumn's answer to the write proves of its effect. It is stored: nothing personal."""
        return {}

    def credited(self, request: I, facts: Facts, proof: Proof, after: Snapshot) -> Snapshot:  # noqa: ARG002
        """What was read back, completed by `proof`, which is empty if there was no answer."""
        return after

    def pending_payment(self, answer: object) -> PendingPayment | None:  # noqa: ARG002 - as above
        """What Autumn's answer to the write says has to be paid first; None if there is nothing to pay."""
        return None

    @abstractmethod
    def verify(self, request: I, before: Snapshot, after: Snapshot | None) -> Verdict:
        """What became of it, from what was read back. `after` None: the customer is gone."""

    def inverse(self, request: I, before: Snapshot, after: Snapshot) -> ChangeInput | None:  # noqa: ARG002 - as above
        """The change that takes it back, of this kind or of another; None if there is no such change."""
        return None

    # In words, all in mrkdwn

    @abstractmethod
    def summary(self, request: I, names: Names) -> str:
        """The request in one line."""

    def feature(self, request: I) -> str:
        """The id of the feature it is about, for opening its form again; may be empty."""
        feature: str = getattr(request, "feature", "")
        return feature

    def part(self, request: I, before: Snapshot, preview: Sequence[Line], names: Names) -> str:  # noqa: ARG002
        """Which part of the customer it is about, where the summary leaves that open."""
        return ""

    @abstractmethod
    def shown_now(self, request: I, before: Snapshot, after: Snapshot) -> Sequence[str]:
        """What was read back after a change that may have happened, line by line; empty if `after` does not
        say."""

    def unlike_preview(self, request: I, before: Snapshot, after: Snapshot) -> str:  # noqa: ARG002 - as above
        """How an applied change differs from its preview, or what its summary left open, in mrkdwn; empty if
        there is nothing to say."""
        return ""

    def left_in_stripe(
        self,
        warnings: Sequence[Note],  # noqa: ARG002 - as above
        names: Names,  # noqa: ARG002
        *,
        environment: str,  # noqa: ARG002
        applied: bool,  # noqa: ARG002
    ) -> Sequence[str]:
        """What continues in Stripe nonetheless. `applied`: it was, or may have been."""
        return ()

    @abstractmethod
    def sample(self, customer: str) -> I:
        """A request to draw, when `maple doctor` asks Slack whether it takes every card."""
