"""Models of the parts of Autumn's API 2.3.0 that Maple reads.

Unknown fields are kept in `model_extra`, fields that Maple can do without have defaults, and enums are
plain strings, so that an addition to the API never breaks a card. Quantities and money are `Decimal`; money
is in major units (29.99 is $29.99). Times are aware UTC datetimes, made from epoch milliseconds; a value
too small for milliseconds is read as seconds, because Autumn passes on some of Stripe's timestamps
unconverted. What was tracked and logged is in `events.py`.
"""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_SECONDS_BELOW = 100_000_000_000  # 1973 in milliseconds, 5138 in seconds


def from_epoch(value: object) -> object:
    """An aware UTC datetime from a number of epoch milliseconds or seconds; other values unchanged. Raises
    ValueError."""
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        return value
    try:
        seconds = float(value) if value < _SECONDS_BELOW else float(value) / 1000
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("not a time") from error


def _none_to_empty(value: object) -> object:
    return "" if value is None else value


def _none_to_list(value: object) -> object:
    return [] if value is None else value


def _number_or_none(value: object) -> object:
    return value if isinstance(value, int | float | Decimal) else None


Instant = Annotated[datetime, BeforeValidator(from_epoch)]
"""An aware UTC datetime, from epoch milliseconds (or seconds)."""

Text = Annotated[str, BeforeValidator(_none_to_empty)]
"""A string where Autumn may send null; null reads as empty."""

Item = TypeVar("Item")
Many = Annotated[list[Item], BeforeValidator(_none_to_list)]
"""A list where Autumn may send null; null reads as empty."""


class Model(BaseModel):
    """Reads null as the field's default, so that only a missing required field is an error."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data


class Environment(StrEnum):
    """Which of Autumn's two environments a secret key is for."""

    LIVE = "live"
    SANDBOX = "sandbox"


class Organization(Model):
    id: str = ""
    name: Text = ""
    slug: Text = ""
    env: Text = ""


class Reset(Model):
    interval: Text = ""
    """one_off, minute, hour, day, week, month, quarter, semi_annual, year, or multiple."""
    interval_count: int | None = None
    resets_at: Instant | None = None


class Tier(Model):
    to: Decimal | str | None = None
    """The last unit of the tier, or "inf"."""
    amount: Decimal | None = None
    flat_amount: Decimal | None = None


class OtherPrice(Model):
    """The price in a currency other than the organization's own."""

    currency: Text = ""
    amount: Decimal | None = None


class UsagePrice(Model):
    """How units of a feature beyond the included ones are billed."""

    amount: Decimal | None = None
    additional_currencies: Many[OtherPrice] = Field(default_factory=list)
    tiers: Many[Tier] = Field(default_factory=list)
    tier_behavior: Text = ""
    """graduated (also if left out): each tier prices its own units; volume: the last one prices them all."""
    billing_units: Decimal | None = None
    billing_method: Text = ""
    """prepaid or usage_based."""
    interval: Text = ""
    max_purchase: Decimal | None = None


class CreditCost(Model):
    metered_feature_id: str = ""
    credit_cost: Annotated[Decimal | None, BeforeValidator(_number_or_none)] = None
    """Credits per unit; None if it is not a single number (tiers, multipliers)."""


class FeatureDisplay(Model):
    singular: Text = ""
    plural: Text = ""


class Feature(Model):
    id: str
    name: Text = ""
    type: Text = ""
    """metered, boolean, credit_system or ai_credit_system."""
    consumable: bool = False
    """False for a feature that is held rather than spent, such as seats."""
    event_names: Many[str] = Field(default_factory=list)
    archived: bool = False
    display: FeatureDisplay | None = None
    credit_schema: Any = None
    """A list of {metered_feature_id, credit_cost} at 2.3; later versions may send another shape."""

    @property
    def credit_costs(self) -> tuple[CreditCost, ...]:
        """What each metered feature costs in this credit system; rows of an unknown shape are left out."""
        if not isinstance(self.credit_schema, list):
            return ()
        return tuple(
            CreditCost.model_validate(row)
            for row in self.credit_schema
            if isinstance(row, dict) and isinstance(row.get("metered_feature_id"), str)
        )


class PlanDisplay(Model):
    primary_text: Text = ""
    secondary_text: Text = ""


class PlanPrice(Model):
    amount: Decimal | None = None
    """In the organization's own currency, like `display`."""
    additional_currencies: Many[OtherPrice] = Field(default_factory=list)
    interval: Text = ""
    interval_count: int | None = None
    currency: Text = ""
    display: PlanDisplay | None = None


class PlanItem(Model):
    """One feature of a plan and how much of it the plan includes."""

    feature_id: str = ""
    included: Decimal | None = None
    unlimited: bool = False
    reset: Reset | None = None
    price: UsagePrice | None = None
    display: PlanDisplay | None = None


class Plan(Model):
    """A product. The API calls it a plan."""

    id: str
    name: Text = ""
    description: Text = ""
    group: Text = ""
    """Of the main plans of one group a customer has one: another takes its place."""
    version: int | None = None
    add_on: bool = False
    auto_enable: bool = False
    price: PlanPrice | None = None
    items: Many[PlanItem] = Field(default_factory=list)
    archived: bool = False
    env: Text = ""
    complete: bool = False
    """Whether it is from the list of all products, and so has every price, even where an entity holds it."""


class Subscription(Model):
    id: Text = ""
    plan_id: str = ""
    plan: Plan | None = None
    auto_enable: bool = False
    add_on: bool = False
    status: Text = ""
    """active or scheduled; `past_due` and `trial_ends_at` tell the rest."""
    past_due: bool = False
    canceled_at: Instant | None = None
    expires_at: Instant | None = None
    trial_ends_at: Instant | None = None
    started_at: Instant | None = None
    current_period_start: Instant | None = None
    current_period_end: Instant | None = None
    quantity: Decimal = Decimal(1)
    scope: Text = ""
    """customer or entity."""


class Purchase(Model):
    """A one-off plan the customer bought."""

    plan_id: str = ""
    plan: Plan | None = None
    expires_at: Instant | None = None
    started_at: Instant | None = None
    quantity: Decimal = Decimal(1)
    scope: Text = ""


class BalanceRow(Model):
    """One source of a balance: an item of a plan or add-on, or a standalone grant (`plan_id` null)."""

    id: Text = ""
    plan_id: str | None = None
    included_grant: Decimal = Decimal(0)
    prepaid_grant: Decimal = Decimal(0)
    remaining: Decimal = Decimal(0)
    usage: Decimal = Decimal(0)
    """May be negative (more granted than the plan includes) or exceed the grants (overage)."""
    unlimited: bool = False
    reset: Reset | None = None
    price: UsagePrice | None = None
    expires_at: Instant | None = None

    @property
    def overage(self) -> Decimal:
        """Units used beyond this row's grants, which usage-based pricing bills."""
        return max(Decimal(0), self.usage - self.included_grant - self.prepaid_grant)

    @property
    def billed_by_use(self) -> bool:
        """Whether its price is for what is used beyond the grants."""
        return self.price is not None and self.price.billing_method == "usage_based"


class Rollover(Model):
    granted: Decimal | None = None
    balance: Decimal = Decimal(0)
    expires_at: Instant | None = None


class Balance(Model):
    """A customer's balance of one metered feature, the sum of its rows and rollovers.

    Never derive one of `granted`, `remaining` and `usage` from the other two: they need not add up. The
    totals can exceed the sum of the rows, because they include the balances of entities.
    """

    feature_id: str
    feature: Feature | None = None
    granted: Decimal = Decimal(0)
    remaining: Decimal = Decimal(0)
    usage: Decimal = Decimal(0)
    unlimited: bool = False
    overage_allowed: bool = False
    max_purchase: Decimal | None = None
    next_reset_at: Instant | None = None
    breakdown: Many[BalanceRow] = Field(default_factory=list)
    rollovers: Many[Rollover] = Field(default_factory=list)

    @property
    def overage(self) -> Decimal:
        """Billable units beyond the grants: the sum over the rows."""
        return sum((row.overage for row in self.breakdown), Decimal(0))

    @property
    def name(self) -> str:
        return (self.feature.name if self.feature else "") or self.feature_id


class Flag(Model):
    """A boolean feature the customer has."""

    id: Text = ""
    feature_id: str
    plan_id: str | None = None
    expires_at: Instant | None = None
    feature: Feature | None = None

    @property
    def name(self) -> str:
        return (self.feature.name if self.feature else "") or self.feature_id


class Check(Model):
    """Whether this much of a feature may be used. For a credit system: its balance and what the use would
    cost, in credits."""

    allowed: bool = False
    required_balance: Decimal = Decimal(1)
    balance: Balance | None = None
    flag: Flag | None = None


class Invoice(Model):
    """An invoice. `id`, `amount_paid` and `refunded_amount` come from invoices.list only."""

    id: Text = ""
    customer_id: str | None = None
    entity_id: str | None = None
    plan_ids: Many[str] = Field(default_factory=list)
    stripe_id: Text = ""
    processor_type: Text = ""
    status: Text = ""
    """draft, open, paid, void, uncollectible, or empty."""
    total: Decimal = Decimal(0)
    """Before refunds; negative for a credit."""
    amount_paid: Decimal | None = None
    refunded_amount: Decimal = Decimal(0)
    currency: Text = ""
    created_at: Instant | None = None
    hosted_invoice_url: str | None = None


class Period(Model):
    start: Instant | None = None
    end: Instant | None = None


class LineDiscount(Model):
    amount_off: Decimal | None = None
    percent_off: Decimal | None = None
    reward_id: str | None = None
    reward_name: str | None = None


class PreviewLine(Model):
    display_name: Text = ""
    description: Text = ""
    subtotal: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    discounts: Many[LineDiscount] = Field(default_factory=list)
    plan_id: str | None = None
    feature_id: str | None = None
    period: Period | None = None
    quantity: Decimal | None = None


class InvoicePreview(Model):
    """A subscription's next invoice, before tax."""

    plan_ids: Many[str] = Field(default_factory=list)
    invoice_at: Instant | None = None
    currency: Text = ""
    subtotal: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    line_items: Many[PreviewLine] = Field(default_factory=list)


class BoughtQuantity(Model):
    feature_id: str = ""
    quantity: Decimal = Decimal(0)
    """In total, with what the plan includes."""


class PlanMove(Model):
    """A plan that a billing change brings or takes away."""

    plan_id: str = ""
    feature_quantities: Many[BoughtQuantity] = Field(default_factory=list)
    """Of the features that it sells by quantity."""
    effective_at: Instant | None = None
    """None: now."""
    canceled_at: Instant | None = None
    expires_at: Instant | None = None


class NextCycle(Model):
    """The invoice after a billing change, without what will be billed by use."""

    starts_at: Instant | None = None
    total: Decimal = Decimal(0)
    usage_line_items: Many[PreviewLine] = Field(default_factory=list)
    """What will be billed by use. They have no amounts, and are in no total."""


class RefundedInvoice(Model):
    stripe_id: Text = ""
    total: Decimal = Decimal(0)
    current_refunded_amount: Decimal = Decimal(0)
    currency: Text = ""


class CardRefund(Model):
    amount: Decimal = Decimal(0)
    invoice: RefundedInvoice = RefundedInvoice()


class InvoiceCredits(Model):
    """The credit that Stripe keeps for a customer, before a change."""

    balance: Decimal = Decimal(0)
    currency: Text = ""


class Quote(Model):
    """Autumn's preview of a billing change: what it would do, and what it would cost now."""

    currency: Text = ""
    subtotal: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    """After the credit that Stripe keeps for the customer."""
    line_items: Many[PreviewLine] = Field(default_factory=list)
    """Charged now, or credited where below zero; not rounded."""
    invoice_credits: InvoiceCredits | None = None
    """None for a customer who is not in Stripe."""
    next_cycle: NextCycle | None = None
    incoming: Many[PlanMove] = Field(default_factory=list)
    outgoing: Many[PlanMove] = Field(default_factory=list)
    refund: CardRefund | None = None
    """Paid back to the card; None if there is nothing to pay back."""
    redirect_to_checkout: bool = False
    """Whether the customer has to pay at a checkout first."""


class Discount(Model):
    """An active discount, on one subscription or, if `subscription_id` is null, on the customer."""

    id: Text = ""
    name: Text = ""
    type: Text = ""
    """percentage_discount, fixed_discount or invoice_credits."""
    discount_value: Decimal = Decimal(0)
    duration_type: Text = ""
    """one_off, months or forever."""
    duration_value: Decimal | None = None
    currency: str | None = None
    start: Instant | None = None
    end: Instant | None = None
    subscription_id: str | None = None


class Rewards(Model):
    discounts: Many[Discount] = Field(default_factory=list)


class Duration(Model):
    type: Text = ""
    """one_off, months or forever."""
    length: int | None = None


class PromoCode(Model):
    code: Text = ""
    max_uses: int | None = None


class Coupon(Model):
    id: str
    name: Text = ""
    type: Text = ""
    """percentage_discount, fixed_discount or invoice_credits."""
    value: Decimal = Decimal(0)
    """Percent, or an amount in major units."""
    duration: Duration | None = None
    plan_ids: list[str] | None = None
    """The products it applies to; None for all."""
    promo_codes: Many[PromoCode] = Field(default_factory=list)


class Granted(Model):
    """The part of a feature grant that concerns one feature."""

    feature_id: str = ""
    included: Decimal | None = None
    """None for unlimited, and for a boolean feature."""
    expiry: Duration | None = None
    """How long it lasts; its type is a unit of time. None means forever."""


class FeatureGrant(Model):
    id: str
    name: Text = ""
    grants: Many[Granted] = Field(default_factory=list)
    promo_codes: Many[PromoCode] = Field(default_factory=list)


class RewardList(Model):
    coupons: Many[Coupon] = Field(default_factory=list)
    feature_grants: Many[FeatureGrant] = Field(default_factory=list)


class Entity(Model):
    """A part of a customer, such as a seat or a workspace. Its subscriptions, purchases and balances include
    those that it shares with its customer; only entities.list and entities.get return them."""

    id: Text = ""
    name: Text = ""
    feature_id: Text = ""
    created_at: Instant | None = None
    subscriptions: Many[Subscription] = Field(default_factory=list)
    purchases: Many[Purchase] = Field(default_factory=list)
    balances: dict[str, Balance] = Field(default_factory=dict)
    billing_controls: dict[str, Any] = Field(default_factory=dict)


class StripeFacts(Model):
    """What Autumn passes on from Stripe about a customer. Present only if requested by `expand`."""

    model_config = ConfigDict(extra="ignore")

    invoice_previews: list[InvoicePreview] | None = None
    """None if the customer is not in Stripe; empty if no invoice is due."""
    rewards: Rewards | None = None


class Customer(StripeFacts):
    """A customer. The plans, features, invoices and entities are present only if requested by `expand`."""

    model_config = ConfigDict(extra="allow")

    id: str | None = None
    name: Text = ""
    email: Text = ""
    created_at: Instant | None = None
    fingerprint: str | None = None
    stripe_id: str | None = None
    env: Text = ""
    """sandbox or live."""
    metadata: dict[str, Any] = Field(default_factory=dict)
    subscriptions: Many[Subscription] = Field(default_factory=list)
    purchases: Many[Purchase] = Field(default_factory=list)
    balances: dict[str, Balance] = Field(default_factory=dict)
    flags: dict[str, Flag] = Field(default_factory=dict)
    billing_controls: dict[str, Any] = Field(default_factory=dict)
    """Lists of entries by kind, unread: what is sent back must be as it came."""
    invoices: Many[Invoice] = Field(default_factory=list)
    """At most the last ten, newest first."""
    entities: Many[Entity] = Field(default_factory=list)


class StoredPlan(Model):
    id: Text = ""
    name: Text = ""


class StoredProduct(Model):
    """A product that a customer has or had, as Autumn stores it.

    From the undocumented GET customers/{id}/products; the documented answers leave out expired products.
    """

    product_id: Text = ""
    product: StoredPlan | None = None
    status: Text = ""
    """active, past_due, scheduled, trialing, expired, …"""
    quantity: Decimal = Decimal(1)
    created_at: Instant | None = None
    starts_at: Instant | None = None
    canceled_at: Instant | None = None
    ended_at: Instant | None = None
    entity_id: Text = ""


class Page(Model, Generic[Item]):
    """One page of a list; `next_cursor` is None on the last page."""

    list: Many[Item] = Field(default_factory=list)
    next_cursor: str | None = None
