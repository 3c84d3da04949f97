"""What units of a feature are worth, by the price that the customer's products have for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.access.limits import Worth, worth_in
from bot.autumn.models import Tier, UsagePrice
from bot.changes.canonical import ZERO
from bot.changes.estimate import currency_of
from bot.changes.model import Facts
from bot.lookups import names

_ENDLESS = Decimal("Infinity")
_VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Priced:
    """A price, and where in its tiers the customer is."""

    price: UsagePrice
    included: Decimal
    billed: Decimal
    """Units beyond the included ones that are paid for already."""


def worth(feature: str, units: Decimal | None, facts: Facts, *, row: str = "") -> Worth | None:
    """What that many more units would cost the customer. None if there is no price, or if several differ.

    `row`: the id of the part of the balance that they are for, whose own price comes first.
    """
    if units is None:
        return None
    costs = {_cost(priced, units, facts) for priced in _prices(feature, facts, row)}
    return costs.pop() if len(costs) == 1 else None


def _prices(feature: str, facts: Facts, row_id: str) -> Iterator[Priced]:
    balance = facts.drawn_on.get(feature)
    rows = [(row, row.price) for row in (balance.breakdown if balance else ()) if row.price is not None]
    own = [(row, price) for row, price in rows if row.id == row_id]
    for priced_row, row_price in own or rows:
        yield Priced(row_price, priced_row.included_grant, priced_row.prepaid_grant + priced_row.overage)
    if own:
        return
    with_rows = {row.plan_id for row, _ in rows}
    for subscription in facts.whole.subscriptions:
        if subscription.status != "active" or subscription.plan_id in with_rows:
            continue
        for item in subscription.plan.items if subscription.plan else ():
            if item.feature_id == feature and item.price is not None:
                yield Priced(item.price, item.included or ZERO, ZERO)


def _cost(priced: Priced, units: Decimal, facts: Facts) -> Worth | None:
    price = priced.price
    pays_in, own = names.currency(facts.customer).upper(), currency_of(facts)
    if price.tiers:
        # Tiers are in the company's own currency alone.
        amount, currency = _in_tiers(priced, units), own or pays_in
    else:
        local = names.amount_in(pays_in, price)
        price_each, currency = (price.amount, own or pays_in) if local is None else (local, pays_in)
        amount = None if price_each is None else price_each * units / _pack(price)
    return worth_in(amount, currency)


def _pack(price: UsagePrice) -> Decimal:
    """How many units the price is for."""
    return price.billing_units or Decimal(1)


def _in_tiers(priced: Priced, units: Decimal) -> Decimal | None:
    """What the next units cost. Autumn does not say whether tiers begin with the first unit or after the
    included ones: None if that makes a difference."""
    price = priced.price
    pack = _pack(price)
    total = _volume if price.tier_behavior == _VOLUME else _graduated
    costs = set()
    for start in {ZERO, priced.included}:
        paid = start + priced.billed
        before, up_to = total(price.tiers, paid, pack), total(price.tiers, paid + units, pack)
        costs.add(None if up_to is None or before is None else max(ZERO, up_to - before))
    return costs.pop() if len(costs) == 1 else None


def _graduated(tiers: Sequence[Tier], units: Decimal, pack: Decimal) -> Decimal | None:
    """Each tier prices its own units."""
    total, start = ZERO, ZERO
    for tier in tiers:
        if units <= start:
            break
        end = _end(tier)
        if end is None or (tier.amount is None and tier.flat_amount is None):
            return None
        total += (min(units, end) - start) / pack * (tier.amount or ZERO) + (tier.flat_amount or ZERO)
        start = end
    return total if units <= start else None


def _volume(tiers: Sequence[Tier], units: Decimal, pack: Decimal) -> Decimal | None:
    """The tier of the last unit prices all of them."""
    if units <= ZERO:
        return ZERO
    for tier in tiers:
        end = _end(tier)
        if end is None or (tier.amount is None and tier.flat_amount is None):
            return None
        if units <= end:
            return units / pack * (tier.amount or ZERO) + (tier.flat_amount or ZERO)
    return None


def _end(tier: Tier) -> Decimal | None:
    if tier.to == "inf":
        return _ENDLESS
    return tier.to if isinstance(tier.to, Decimal) else None
