"""What the company calls its plans and features, as far as a customer's answer tells."""

from decimal import Decimal

from bot.autumn.models import (
    Balance,
    Customer,
    Flag,
    Plan,
    PlanPrice,
    Purchase,
    Reset,
    Subscription,
    UsagePrice,
)
from bot.kit import money, numbers, phrases, text
from bot.lookups import labels
from bot.lookups.answers import Names

_LIMIT = 60
NO_NAMES = Names()


def plan(holding: Subscription | Purchase, known: Names = NO_NAMES) -> str:
    """In mrkdwn."""
    name = (holding.plan.name if holding.plan else "") or known.plans.get(holding.plan_id)
    return text.mrkdwn(name or holding.plan_id, _LIMIT) or phrases.NONE


def plans(customer: Customer | None, known: Names = NO_NAMES) -> dict[str, str]:
    """Names by plan id, not yet made safe."""
    if customer is None:
        return dict(known.plans)
    held: list[Subscription | Purchase] = [*customer.subscriptions, *customer.purchases]
    return {**known.plans, **{one.plan_id: one.plan.name for one in held if one.plan and one.plan.name}}


def features(customer: Customer, known: Names = NO_NAMES) -> dict[str, str]:
    """Names by feature id, of all features the customer has; not yet made safe."""
    held: list[Balance | Flag] = [*customer.balances.values(), *customer.flags.values()]
    own = {one.feature_id: one.feature.name for one in held if one.feature and one.feature.name}
    return {**{one.feature_id: one.feature_id for one in held}, **known.features, **own}


def feature(balance: Balance | Flag) -> str:
    """In mrkdwn."""
    return text.mrkdwn(balance.name, _LIMIT) or phrases.NONE


def currency(customer: Customer) -> str:
    """The currency the customer is billed in, empty if nothing tells."""
    known = [one.currency for one in (*customer.invoices, *(customer.invoice_previews or ()))]
    known += [one.plan.price.currency for one in customer.subscriptions if one.plan and one.plan.price]
    return next((found for found in known if found), "")


def price(found: Plan | None, in_currency: str) -> str:
    """What a plan costs the customer, in mrkdwn. Empty if not known.

    Autumn's own words for it where they are right: they tell the price in the organisation's own currency.
    """
    if found is None:
        return ""
    if found.price is None:
        return _unit_prices([item.price for item in found.items if item.price], in_currency)
    own = amount_in(in_currency, found.price)
    shown = found.price.display
    if own is None and shown and shown.primary_text:
        return text.mrkdwn(f"{shown.primary_text} {shown.secondary_text}", _LIMIT)
    if own is not None:
        amount = money.price(own, in_currency)
    elif found.price.amount is not None:
        amount = money.price(found.price.amount, found.price.currency or in_currency)
    else:
        return ""
    return f"{amount} {labels.every(found.price.interval, found.price.interval_count)}".rstrip()


def _unit_prices(prices: list[UsagePrice], in_currency: str) -> str:
    """Of a plan without a price of its own: what is bought ahead is not paid for as it is used."""
    if not prices:
        return labels.FREE
    ahead = [rate(one, in_currency) for one in prices if one.billing_method == "prepaid"]
    return phrases.joined(ahead) if all(ahead) and len(ahead) == len(prices) else labels.USAGE_BASED


def amount_in(currency: str, found: PlanPrice | UsagePrice) -> Decimal | None:
    """The amount in a currency that has a price of its own; None where the usual one holds."""
    known = {one.currency.upper(): one.amount for one in found.additional_currencies}
    return known.get(currency.upper()) if currency else None


def unit_price(found: UsagePrice | None, in_currency: str) -> str:
    """What units of a feature cost: `$0.01 each, billed by use`. Empty if nothing."""
    if found is None:
        return ""
    methods = {"prepaid": labels.PREPAID, "usage_based": labels.BILLED_BY_USE}
    parts = [rate(found, in_currency), methods.get(found.billing_method, "")]
    return ", ".join(part for part in parts if part)


def rate(found: UsagePrice, in_currency: str) -> str:
    """`$0.01 each`, `$2.00 per 1,000`. Empty if not known."""
    own = amount_in(in_currency, found)
    amount = found.amount if own is None else own
    if amount is None:
        return labels.TIERED if found.tiers else ""
    units = found.billing_units or Decimal(1)
    return labels.unit_price(money.price(amount, in_currency), "" if units == 1 else numbers.number(units))


def reset(found: Reset | None) -> str:
    """How often a balance resets, for a table."""
    return labels.resets(found.interval, found.interval_count) if found else ""
