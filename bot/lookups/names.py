"""What the company calls its plans and features, as far as a customer's answer says; and the feature that
someone means by what they typed."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from bot.autumn.models import (
    Balance,
    Customer,
    Entity,
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
from bot.lookups.answers import CatalogueNames
from bot.lookups.find.query import fold

_LIMIT = 60
NO_NAMES = CatalogueNames()


def plan(holding: Subscription | Purchase, names: CatalogueNames = NO_NAMES) -> str:
    """In mrkdwn."""
    name = (holding.plan.name if holding.plan else "") or names.plans.get(holding.plan_id)
    return text.mrkdwn(name or holding.plan_id, _LIMIT) or phrases.NONE


def plans(customer: Customer | None, names: CatalogueNames = NO_NAMES) -> dict[str, str]:
    """Names by plan id, not escaped yet."""
    if customer is None:
        return dict(names.plans)
    holdings: list[Subscription | Purchase] = [*customer.subscriptions, *customer.purchases]
    return {
        **names.plans,
        **{holding.plan_id: holding.plan.name for holding in holdings if holding.plan and holding.plan.name},
    }


def features(customer: Customer, names: CatalogueNames = NO_NAMES) -> dict[str, str]:
    """Names by feature id, of all features the customer has; not escaped yet."""
    holdings: list[Balance | Flag] = [*customer.balances.values(), *customer.flags.values()]
    own = {
        holding.feature_id: holding.feature.name
        for holding in holdings
        if holding.feature and holding.feature.name
    }
    return {**{holding.feature_id: holding.feature_id for holding in holdings}, **names.features, **own}


def entities(listed: Iterable[Entity]) -> dict[str, str]:
    """Names by `entity_key`, not escaped yet."""
    return {entity_key(entity.id): entity.name for entity in listed if entity.name}


def entity_key(entity_id: str) -> str:
    """Among the names of plans and features, of which one may have the same id."""
    return f"entity:{entity_id}"


def feature(balance: Balance | Flag) -> str:
    """In mrkdwn."""
    return text.mrkdwn(balance.name, _LIMIT) or phrases.NONE


def currency(customer: Customer) -> str:
    """The currency the customer is billed in, empty if nothing says."""
    currencies = [priced.currency for priced in (*customer.invoices, *(customer.invoice_previews or ()))]
    currencies += [
        priced.plan.price.currency for priced in customer.subscriptions if priced.plan and priced.plan.price
    ]
    return next((code for code in currencies if code), "")


class Currencies(NamedTuple):
    """Codes; empty where nothing says."""

    billed: str = ""
    """The one the customer is billed in."""
    company: str = ""
    """The company's own, which every price is in that has none for the customer's."""


def currencies(customer: Customer) -> Currencies:
    return Currencies(currency(customer), company_currency(customer))


def company_currency(customer: Customer) -> str:
    """Autumn writes a plan's price in the company's own currency, whatever the customer pays in. Empty if
    no price says."""
    prices = [held.plan.price for held in customer.subscriptions if held.plan and held.plan.price]
    codes = [
        code
        for plan_price in prices
        for code in (
            plan_price.currency,
            money.currency_in(plan_price.display.primary_text) if plan_price.display else "",
        )
    ]
    return next((code for code in codes if code), "")


def price(priced_plan: Plan | None, written_in: Currencies) -> str:
    """What a plan costs the customer, in mrkdwn. Empty if not known.

    Autumn's own words for it, if they are right: they give the price in the organization's own currency.
    """
    if priced_plan is None:
        return ""
    if priced_plan.price is None:
        return _unit_prices([item.price for item in priced_plan.items if item.price], written_in)
    local_amount = amount_in(written_in.billed, priced_plan.price)
    display = priced_plan.price.display
    if local_amount is None and display and display.primary_text:
        return text.mrkdwn(f"{display.primary_text} {display.secondary_text}", _LIMIT)
    if local_amount is not None:
        amount = money.price(local_amount, written_in.billed)
    elif priced_plan.price.amount is not None:
        code = priced_plan.price.currency or written_in.company or written_in.billed
        amount = money.price(priced_plan.price.amount, code)
    else:
        return ""
    return f"{amount} {labels.every(priced_plan.price.interval, priced_plan.price.interval_count)}".rstrip()


def _unit_prices(prices: list[UsagePrice], written_in: Currencies) -> str:
    """For a plan without a base price. Names unit prices only if everything is bought ahead."""
    if not prices:
        return labels.FREE
    prepaid = [
        rate(usage_price, written_in) for usage_price in prices if usage_price.billing_method == "prepaid"
    ]
    return phrases.joined(prepaid) if all(prepaid) and len(prepaid) == len(prices) else labels.USAGE_BASED


def amount_in(currency: str, priced: PlanPrice | UsagePrice) -> Decimal | None:
    """The amount in a currency that has its own price; None if the default one applies."""
    amounts = {additional.currency.upper(): additional.amount for additional in priced.additional_currencies}
    return amounts.get(currency.upper()) if currency else None


def unit_price(usage_price: UsagePrice | None, written_in: Currencies) -> str:
    """What units of a feature cost: `$0.01 each, billed by use`. Empty if nothing."""
    if usage_price is None:
        return ""
    methods = {"prepaid": labels.PREPAID, "usage_based": labels.BILLED_BY_USE}
    parts = [rate(usage_price, written_in), methods.get(usage_price.billing_method, "")]
    return ", ".join(part for part in parts if part)


def rate(usage_price: UsagePrice, written_in: Currencies) -> str:
    """`$0.01 each`, `$2.00 per 1,000`. Empty if not known."""
    amount, code = amount_in(written_in.billed, usage_price), written_in.billed
    if amount is None:
        amount, code = usage_price.amount, written_in.company or written_in.billed
    if amount is None:
        return labels.TIERED if usage_price.tiers else ""
    units = usage_price.billing_units or Decimal(1)
    return labels.unit_price(money.price(amount, code), "" if units == 1 else numbers.number(units))


def reset(cycle: Reset | None) -> str:
    """How often a balance resets, for a table."""
    return labels.resets(cycle.interval, cycle.interval_count) if cycle else ""


def resolve_feature(typed: str, offered: Mapping[str, str]) -> str:
    """The id of the feature that was typed, of these names by id; empty if none or several may be meant."""
    query = _singular(typed)
    if not query:
        return ""
    names = {feature_id: (_singular(feature_id), _singular(name)) for feature_id, name in offered.items()}
    for meant in (
        [feature_id for feature_id, terms in names.items() if query in terms],
        [feature_id for feature_id, terms in names.items() if any(name.startswith(query) for name in terms)],
        [feature_id for feature_id, terms in names.items() if any(query in name.split() for name in terms)],
    ):
        if meant:
            return meant[0] if len(meant) == 1 else ""
    return ""


def _singular(name: str) -> str:
    folded = " ".join(fold(name).replace("_", " ").replace("-", " ").split())
    return folded[:-1] if folded.endswith("s") else folded
