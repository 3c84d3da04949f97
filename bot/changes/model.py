"""What all kinds of change share: the request, the facts it is judged by, and the verdicts on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.autumn.models import Balance, Customer, Entity, Feature, Plan, Quote, RewardList
from bot.changes.notes import Note
from bot.lookups.answers import Billing
from bot.lookups.invoices.facts import Unpaid


class ChangeInput(BaseModel):
    """What is requested. Each kind of change has its own subclass, whose `kind` is the kind's id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    customer: str
    """The customer's id."""
    customer_created_at: AwareDatetime | None = None
    """Distinguishes the customer from a later one with the same id; None if not known yet."""
    entity: str = ""
    """The id of the customer's entity that it is limited to; empty for the whole customer."""


Snapshot: TypeAlias = dict[str, str | None]
"""The facts that a change rests on and alters, in canonical text: numbers plain, times as ISO 8601 in UTC."""

Proof: TypeAlias = Mapping[str, str]
"""What Autumn's answer to a write proves, in canonical text like a snapshot."""


@dataclass(frozen=True, slots=True)
class Judgement:
    refusals: tuple[Note, ...] = ()
    """With any at all, the change must be neither requested nor applied."""
    warnings: tuple[Note, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.refusals


class Verdict(StrEnum):
    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    UNCLEAR = "unclear"


class PaymentPage(StrEnum):
    """Where the customer pays for a change that Autumn accepted; `Record.details["page"]`."""

    INVOICE = "invoice"
    """An open invoice."""
    CHECKOUT = "checkout"
    """There is no invoice until they have paid."""


@dataclass(frozen=True, slots=True)
class PendingPayment:
    """What the customer has to pay before Autumn makes the change that it accepted."""

    url: str = ""
    """Anyone who has it can open the page: for the requester alone, and never stored."""
    reason: str = ""
    """Autumn's code; empty where it gives none."""
    page: PaymentPage | None = None
    """None if the answer does not say."""


@dataclass(frozen=True, slots=True)
class EntityScope:
    """The entity that a change is limited to."""

    entity: Entity | None
    """With what it shares with its customer; None if the customer no longer has this entity."""
    whole: Customer


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read about a customer for one change. Whatever the kind does not need is empty."""

    customer: Customer
    """For a change that is limited to an entity, with only that entity's own."""
    read_at: datetime
    scope: EntityScope | None = None
    """None for a change to the whole customer."""
    billing: Billing | None = None
    """None if not needed, or if Stripe could not be asked and the kind can do without."""
    rewards: RewardList | None = None
    features: Mapping[str, Feature] = field(default_factory=dict)
    plans: Mapping[str, str] = field(default_factory=dict)
    """Names by id: a coupon may be for plans that the customer does not have."""
    offered: tuple[Plan, ...] | None = None
    """Every product of the organization; None when not needed."""
    unpaid: Unpaid | None = None
    """What is due on the customer's invoices; None when not needed."""
    entities: tuple[Entity, ...] = ()
    same_email: int | None = None
    """Other customers with the email address that would be set; None when not looked for."""
    extra: object = None
    """What only this kind reads (`ExtraRead`)."""
    redeemed: frozenset[str] = frozenset()
    """Promo codes that the customer redeemed, as far as Maple's own history knows."""
    quote: Quote | None = None
    """Autumn's own preview of the change, for the kinds that have one; None before it was asked for."""
    quoted_at: datetime | None = None
    quote_refused: str = ""
    """Autumn's code where it would refuse the change."""

    @property
    def whole(self) -> Customer:
        """The customer with everything that they have."""
        return self.scope.whole if self.scope else self.customer

    @property
    def drawn_on(self) -> Mapping[str, Balance]:
        """Balances by feature; of an entity, with what it shares with its customer."""
        entity = self.scope.entity if self.scope else None
        return entity.balances if entity else self.customer.balances

    @property
    def entity_gone(self) -> bool:
        return self.scope is not None and self.scope.entity is None


class Needs(StrEnum):
    """What a kind needs besides the customer."""

    BILLING = "billing"
    """Discounts and coming invoices, from Stripe."""
    BILLING_IF_READ = "billing_if_read"
    """The same, but the change can be judged although Stripe does not answer."""
    STRIPE_LINK = "stripe_link"
    """Beside billing: Autumn answers from a copy, which may not know yet that the customer is in Stripe."""
    REWARDS = "rewards"
    PRODUCTS = "products"
    """Every product of the organization."""
    FEATURES = "features"
    INVOICES = "invoices"
    ENTITIES = "entities"
    HISTORY = "history"
    """The customer's earlier changes of this kind that Maple applied."""


def key(change_id: str, position: int) -> str:
    """The Idempotency-Key of one write of a change: the same however often it is worked out."""
    return f"maple:{change_id}:{position}"


class Now(StrEnum):
    """What reading back an unconfirmed change came to; `Record.details["now"]`."""

    UNREAD = "unread"
    """Autumn could not be read."""
    GONE = "gone"
    """The customer is no longer there."""
    ABSENT = "absent"
    """Things are as they were before the change."""
    UNCLEAR = "unclear"
    """They are neither as they were, nor as they should become."""
    BLURRED = "blurred"
    """They are as they should become, but another change may have made them so."""
