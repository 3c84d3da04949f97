"""What every kind of change has in common: its input, what it is judged by, and what it comes to.

Nothing here talks to anyone. Words for the codes are made in the views.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Protocol, TypeAlias, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from bot.access.rules import Kind
from bot.autumn.models import Customer, Entity, Feature, RewardList
from bot.autumn.write import Write
from bot.lookups.answers import Billing
from bot.lookups.invoices.facts import Unpaid

__all__ = ["Write"]


class BalanceAction(StrEnum):
    GIVE = "give"
    """More allowance: granted and remaining both rise by the amount."""
    SET = "set"
    """What remains becomes the amount; a negative one is units of overage."""
    USAGE = "usage"
    """What counts as used becomes the amount."""
    NONE = "none"
    """Only a new reset date."""
    TAKE = "take"
    """The undoing of GIVE: granted and remaining both fall by the amount."""
    SHIFT = "shift"
    """The undoing of SET and USAGE: remaining moves by the amount (either way), granted stays."""


OFFERED = (BalanceAction.GIVE, BalanceAction.SET, BalanceAction.USAGE, BalanceAction.NONE)
"""What a person picks from; the others come from Undo."""


class RewardAction(StrEnum):
    APPLY = "apply"
    REDEEM = "redeem"
    REMOVE = "remove"


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    customer: str
    """The customer's id."""
    customer_created_at: AwareDatetime | None = None
    """Tells the customer from a later one with the same id; None when it is not known yet."""


class BalanceInput(_Input):
    kind: Literal[Kind.BALANCE] = Kind.BALANCE
    feature: str
    row: str
    """The id of one row of the balance's breakdown; Autumn takes it as `balance_id`."""
    action: BalanceAction
    amount: Decimal | None = None
    """In units of the feature; None only with NONE."""
    reset_at: AwareDatetime | None = None
    cycle: AwareDatetime | None = None
    """For an undo: the reset date the row must still have. After a reset there is nothing left to undo."""


class RewardInput(_Input):
    kind: Literal[Kind.REWARD] = Kind.REWARD
    action: RewardAction
    reward: str = ""
    """The coupon's id, for APPLY."""
    code: str = ""
    """The promo code of a feature grant, for REDEEM."""
    instead: str | None = None
    """For an undo: the coupon that must still be there, empty for none."""


class DetailsInput(_Input):
    """None leaves a field alone, an empty text clears it."""

    kind: Literal[Kind.DETAILS] = Kind.DETAILS
    name: str | None = None
    email: str | None = None
    fingerprint: str | None = None


class DeletionInput(_Input):
    kind: Literal[Kind.DELETION] = Kind.DELETION
    typed: str
    """The customer's id as the person typed it."""


AnyInput: TypeAlias = BalanceInput | RewardInput | DetailsInput | DeletionInput
Input: TypeAlias = Annotated[AnyInput, Field(discriminator="kind")]
INPUT: TypeAdapter[AnyInput] = TypeAdapter(Input)
"""To and from JSON, whichever kind."""

I_contra = TypeVar("I_contra", bound=BaseModel, contravariant=True)

Snapshot: TypeAlias = dict[str, str | None]
"""The facts that a change rests on and alters, in canonical text: numbers plain, times as ISO 8601 in UTC."""


class LineLabel(StrEnum):
    GRANTED = "granted"
    REMAINING = "remaining"
    USAGE = "usage"
    OVERAGE = "overage"
    RESET = "reset"
    TOTAL_REMAINING = "total_remaining"
    """Of the feature, when the row is one of several."""
    COUPON = "coupon"
    """The customer's own discount: name and value; see `Line.about`."""
    NEXT_INVOICE = "next_invoice"
    """The total of the next invoice; `about` is its date."""
    GRANT = "grant"
    """What a feature grant gives; `about` is the feature's id."""
    CODE = "code"
    NAME = "name"
    EMAIL = "email"
    FINGERPRINT = "fingerprint"
    CUSTOMER = "customer"
    SUBSCRIPTIONS = "subscriptions"
    ENTITIES = "entities"


class ValueFormat(StrEnum):
    """How a line's figures are to be written."""

    NUMBER = "number"
    TIME = "time"
    TEXT = "text"
    MONEY = "money"
    """In major units of `Line.currency`."""


@dataclass(frozen=True, slots=True)
class Line:
    label: LineLabel
    before: str | None
    """None: nothing was there."""
    after: str | None
    """None: nothing will be there."""
    form: ValueFormat = ValueFormat.TEXT
    currency: str = ""
    about: str = ""
    estimate: bool = False
    """Worked out by Maple; Autumn may come to another figure."""
    at_least: bool = False
    """There may be more: Autumn shows what several entities hold of one plan as one."""


class NoteCode(StrEnum):
    """Why a change is refused, or what to know before asking for it.

    What `Note.details` holds is said beside each; figures and times are in canonical text.
    """

    # Refusals, balance
    NO_AMOUNT = "no_amount"
    NOT_A_NUMBER = "not_a_number"
    NOT_POSITIVE = "not_positive"
    NEGATIVE_USAGE = "negative_usage"
    TOO_LARGE = "too_large"  # most
    TOO_MANY_DECIMALS = "too_many_decimals"  # most
    NOTHING_TO_DO = "nothing_to_do"
    FEATURE_IS_FLAG = "feature_is_flag"  # feature
    FEATURE_NOT_HELD = "feature_not_held"  # feature
    PAST_DUE_HIDDEN = "past_due_hidden"  # feature, plan
    UNLIMITED = "unlimited"  # feature
    ROW_GONE = "row_gone"  # feature
    ENTITY_BALANCE = "entity_balance"  # feature
    ROLLOVERS_UNCLEAR = "rollovers_unclear"  # feature
    MORE_THAN_GRANTED = "more_than_granted"  # most
    SEPARATORS = "separators"
    RESET_SINCE = "reset_since"  # cycle
    RESET_PAST = "reset_past"
    RESET_TOO_FAR = "reset_too_far"  # latest
    RESET_ON_PAID = "reset_on_paid"
    RESET_ONE_OFF = "reset_one_off"
    RESET_NEVER = "reset_never"
    # Warnings, balance
    UNTIL_RESET = "until_reset"  # at ("" when Autumn did not say)
    SEATS_BILLED = "charges_now"  # units; stored by this name
    SEATS_LOWERED = "seats_lowered"  # units
    OVERAGE_BILLED = "overage_billed"  # units
    OVERAGE_LOWERED = "overage_lowered"  # units
    BECOMES_DEBT = "becomes_debt"  # units
    ROW_VANISHES = "row_vanishes"
    ROW_EXPIRES = "row_expires"  # at
    ROLLOVERS_FIRST = "rollovers_first"  # units
    OTHER_ROWS = "other_rows"  # count
    ENTITIES_COUNTED = "entities_counted"
    SAME_DAY = "same_day"  # nth, units (this one included)
    # Refusals, reward
    NO_REWARD = "no_reward"
    NO_CODE = "no_code"
    CODE_TOO_LONG = "code_too_long"  # most
    REWARD_UNKNOWN = "reward_unknown"  # reward
    ALREADY_ACTIVE = "already_active"  # name
    NO_COUPON = "no_coupon"
    NOT_A_GRANT = "not_a_grant"  # name
    GRANT_UNKNOWN = "grant_unknown"
    ALREADY_REDEEMED = "already_redeemed"  # promo
    MOVED_SINCE = "moved_since"
    # Warnings, reward
    REPLACES = "replaces"  # name
    OTHER_PLANS = "other_plans"  # plans (comma-separated ids)
    SUBSCRIPTION_DISCOUNTS = "subscription_discounts"  # names (comma-separated)
    FROM_NEXT_INVOICE = "from_next_invoice"  # at ("" when unknown)
    NO_EFFECT = "no_effect"
    OTHER_CURRENCY = "other_currency"  # currency, currencies (comma-separated)
    CURRENCY_UNKNOWN = "currency_unknown"  # currencies (comma-separated)
    TAKES_LESS = "takes_less"  # name, off, off_now, currency
    AT_NEXT_CHECKOUT = "at_next_checkout"
    STARTS_AFRESH = "starts_afresh"  # name
    # Refusals, details
    NAME_TOO_LONG = "name_too_long"  # most
    EMAIL_TOO_LONG = "email_too_long"  # most
    FINGERPRINT_TOO_LONG = "fingerprint_too_long"  # most
    BAD_EMAIL = "bad_email"
    BAD_TEXT = "bad_text"  # field
    # Warnings, details
    ALSO_IN_STRIPE = "also_in_stripe"  # fields (comma-separated)
    NOT_CLEARED_IN_STRIPE = "not_cleared_in_stripe"  # fields (comma-separated)
    SAME_EMAIL = "same_email"  # count
    # Refusals, deletion
    ID_NOT_TYPED = "id_not_typed"
    # Warnings, deletion
    KEEPS_CHARGING = "keeps_charging"  # plans (comma-separated ids), count
    NEXT_CHARGE = "next_charge"  # at, total, currency
    OPEN_INVOICES = "open_invoices"  # count, total, currency, at_least ("yes", else empty or missing)
    HAS_ENTITIES = "has_entities"  # count
    BALANCES_LOST = "balances_lost"  # count
    # Any kind
    OTHER_CUSTOMER = "other_customer"  # refusal: what was read is of another id
    RECREATED = "recreated"  # refusal: the customer was deleted, and the id given to another
    OLD_ID = "old_id"  # refusal: an id of a form that Autumn's writes do not take
    NO_UNDO = "no_undo"
    STRIPE_UNREAD = "stripe_unread"


@dataclass(frozen=True, slots=True)
class Note:
    code: NoteCode
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    refusals: tuple[Note, ...] = ()
    """Any at all: the change must not be asked for, nor applied."""
    warnings: tuple[Note, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.refusals


class Verdict(StrEnum):
    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read of a customer for one change. What the kind does not need is left empty."""

    customer: Customer
    read_at: datetime
    billing: Billing | None = None
    """None when not needed, or when Stripe could not be asked and the kind can do without."""
    rewards: RewardList | None = None
    features: Mapping[str, Feature] = field(default_factory=dict)
    plans: Mapping[str, str] = field(default_factory=dict)
    """Names by id: a coupon may be for plans that the customer does not have."""
    unpaid: Unpaid | None = None
    """What is due on the customer's invoices; None when not needed."""
    entities: tuple[Entity, ...] = ()
    same_email: int | None = None
    """Other customers with the e-mail that is to be set; None when not looked for."""
    redeemed: frozenset[str] = frozenset()
    """Promo codes that the customer redeemed, as far as Maple's own history knows."""


class Needs(StrEnum):
    """What a kind has to have read beside the customer."""

    BILLING = "billing"
    REWARDS = "rewards"
    FEATURES = "features"
    INVOICES = "invoices"
    ENTITIES = "entities"
    EMAIL = "email"


class ChangeKind(Protocol[I_contra]):
    """One kind of change. Values in, values out; the clock is passed in.

    `snapshot` and `plan` of one application must come from the same facts, read just before the write:
    the relative edits send absolute figures along, and `verify` compares with what they were made from.
    """

    @property
    def kind(self) -> Kind: ...

    @property
    def needs(self) -> frozenset[Needs]: ...

    def guard(self, asked: I_contra, facts: Facts, now: datetime) -> Judgement: ...

    def snapshot(self, asked: I_contra, facts: Facts) -> Snapshot: ...

    def preview(self, asked: I_contra, facts: Facts) -> tuple[Line, ...]:
        """Only for what `guard` allows."""
        ...

    def amount(self, asked: I_contra, before: Snapshot) -> Decimal | None:
        """How large the change is, for the policy's thresholds; None when it has no size."""
        ...

    def holds(self, asked: I_contra, then: Snapshot, now: Snapshot) -> bool:
        """Whether what was previewed still stands, though the facts may have moved a little."""
        ...

    def plan(self, asked: I_contra, facts: Facts) -> tuple[Write, ...]:
        """The exact requests, in order. Only for what `guard` allows."""
        ...

    def verify(self, asked: I_contra, before: Snapshot, after: Snapshot | None) -> Verdict:
        """What became of it, from what was read back. `after` None: the customer is gone."""
        ...

    def inverse(
        self, asked: I_contra, before: Snapshot, after: Snapshot
    ) -> BalanceInput | RewardInput | DetailsInput | None:
        """The change that takes it back; None where there is none."""
        ...


def key(change_id: str, position: int) -> str:
    """The Idempotency-Key of one write of a change: the same however often it is worked out."""
    return f"maple:{change_id}:{position}"


class Now(StrEnum):
    """What reading back an unconfirmed change came to; `Record.details["now"]`."""

    UNREAD = "unread"
    """Autumn could not be read."""
    GONE = "gone"
    """The customer is not there any more."""
    ABSENT = "absent"
    """Things are as they were before the change."""
    UNCLEAR = "unclear"
    """They are neither as they were, nor as they were to be."""
