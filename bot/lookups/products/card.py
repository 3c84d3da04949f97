"""What the customer holds, bought once, or held before."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Plan, PlanItem, Purchase, Subscription
from bot.kit import blocks, layout, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels, names
from bot.lookups.answers import CatalogueNames, Read
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.products import words
from bot.lookups.products.subscriptions import ByEnding, Cost, PlanChange, Status, cost, running_first, status

SIZE = 8
_ITEMS = 10


@dataclass(frozen=True, slots=True)
class ExpiredProduct:
    """A product the customer no longer has."""

    plan_id: str
    name: str
    started_at: datetime | None
    ended_at: datetime | None
    quantity: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Products:
    """What is read of a customer's products."""

    customer: Customer
    expired: Read[tuple[ExpiredProduct, ...]] | None
    """None when not asked for."""
    read_at: datetime
    unpaid: Read[Unpaid] | None = None
    names: CatalogueNames = field(default_factory=CatalogueNames)


def content(answer: Products, frame: parts.Frame) -> list[layout.Drawn]:
    entries = _entries(answer)
    page = layout.paged(entries, frame.place.page, SIZE)
    drawn: list[layout.Drawn] = [
        blocks.section(f"product.{index}", entry) for index, entry in enumerate(page.items)
    ]
    if not entries:
        drawn.append(blocks.section("none", labels.NO_PRODUCTS))
    if isinstance(answer.expired, AutumnError):
        drawn.append(parts.failed("expired", words.EXPIRED_PRODUCTS, answer.expired))
    elif answer.expired is not None and not answer.expired:
        drawn.append(blocks.context("expired", words.NO_EXPIRED))
    drawn += parts.paging(frame, page, frame.place)
    return [*drawn, *_toggle(frame)]


def state(subscription: Subscription, now: datetime, change: PlanChange | None = None) -> str:
    """Its display status, in mrkdwn. `change`: the one by which it ends."""
    current = status(subscription, now)
    if current is Status.CANCELS and change is not None and not change.to_free:
        return words.CHANGES
    return (
        text.mrkdwn(subscription.status.capitalize(), 30)
        if current is Status.OTHER
        else words.STATUSES[current]
    )


def price(held: Subscription | Purchase, currencies: names.Currencies) -> str:
    """Empty if it is unknown."""
    return "" if cost(held) is Cost.UNKNOWN else names.price(held.plan, currencies)


def quantity(holding: Subscription | Purchase | ExpiredProduct) -> str:
    return "" if holding.quantity == 1 else words.quantity(numbers.number(holding.quantity))


def bought(customer: Customer) -> dict[str, str]:
    """`300 Messages bought`, by plan id: how much of each feature, where that was chosen at the purchase."""
    units: dict[str, list[str]] = {}
    for balance in customer.balances.values() if customer.purchases else ():
        totals: dict[str, Decimal] = {}
        for row in balance.breakdown:
            if row.plan_id and row.prepaid_grant:
                totals[row.plan_id] = totals.get(row.plan_id, Decimal(0)) + row.prepaid_grant
        for plan_id, total in totals.items():
            units_bought = words.bought(numbers.number(total), names.feature(balance))
            units.setdefault(plan_id, []).append(units_bought)
    return {bought_plan: layout.inline(amounts, _ITEMS) for bought_plan, amounts in units.items()}


def following(
    subscription: Subscription, now: datetime, currencies: names.Currencies, change: PlanChange | None = None
) -> str:
    """The next date that matters: when it starts, changes, ends, leaves its trial, or is billed."""
    current = status(subscription, now)
    if change is not None and change.to_free:
        return words.ends_then(times.billing_day(change.at), names.plan(change.starts))
    if change is not None:
        day = times.billing_day(change.at)
        return labels.becomes(names.plan(change.starts), day, price(change.starts, currencies))
    if current is Status.SCHEDULED:
        return _on(words.STARTS, subscription.started_at)
    if subscription.canceled_at is not None:
        return _on(words.ENDS, subscription.expires_at)
    if current is Status.TRIAL:
        return _on(words.TRIAL_ENDS, subscription.trial_ends_at)
    free = cost(subscription) is Cost.FREE
    return "" if free else _on(words.NEXT_BILLING, subscription.current_period_end)


def _toggle(frame: parts.Frame) -> list[Block]:
    expired = frame.place.expired
    label = words.HIDE_EXPIRED if expired else words.SHOW_EXPIRED
    return frame.buttons("toggle", [frame.go(label, "expired", frame.place.at(expired=not expired))])


@dataclass(frozen=True, slots=True)
class _EntryContext:
    """What all entries of a customer are written with."""

    now: datetime
    currencies: names.Currencies
    bought: dict[str, str]
    names: CatalogueNames
    features: dict[str, str]
    """Names by id."""
    changes: ByEnding


def _entries(answer: Products) -> list[str]:
    customer = answer.customer
    context = _EntryContext(
        now=answer.read_at,
        currencies=names.currencies(customer),
        bought=bought(customer),
        names=answer.names,
        features=names.features(customer, answer.names),
        changes=ByEnding(customer),
    )
    expired = answer.expired if isinstance(answer.expired, tuple) else ()
    return [
        *(_subscription(holding, context) for holding in running_first(customer)),
        *(_purchase(holding, context) for holding in customer.purchases),
        *(_expired(holding, context) for holding in expired),
    ]


def _subscription(subscription: Subscription, context: _EntryContext) -> str:
    change = context.changes.of(subscription)
    top = [
        state(subscription, context.now, change),
        price(subscription, context.currencies),
        quantity(subscription),
        words.ADD_ON if subscription.add_on else "",
    ]
    started = (
        ""
        if status(subscription, context.now) is Status.SCHEDULED
        else _on(words.STARTED, subscription.started_at)
    )
    dates = [started, _period(subscription), following(subscription, context.now, context.currencies, change)]
    return _entry(
        names.plan(subscription, context.names),
        top,
        dates,
        _includes(subscription.plan, context),
        subscription.scope,
    )


def _purchase(purchase: Purchase, context: _EntryContext) -> str:
    top = [
        labels.ONE_OFF,
        price(purchase, context.currencies),
        quantity(purchase),
        context.bought.get(purchase.plan_id, ""),
    ]
    dates = [_on(words.STARTED, purchase.started_at), _on(labels.EXPIRES, purchase.expires_at)]
    return _entry(
        names.plan(purchase, context.names), top, dates, _includes(purchase.plan, context), purchase.scope
    )


def _expired(product: ExpiredProduct, context: _EntryContext) -> str:
    name = (
        text.mrkdwn(product.name or context.names.plans.get(product.plan_id) or product.plan_id, 60)
        or phrases.NONE
    )
    dates = [_on(words.STARTED, product.started_at), _on(words.ENDED, product.ended_at)]
    return _entry(name, [words.EXPIRED, quantity(product)], dates, "", "")


def _entry(name: str, top: list[str], dates: list[str], includes: str, scope: str) -> str:
    lines = [
        _joined([f"*{name}*", *top]),
        _joined(dates),
        includes,
        labels.BY_ENTITIES if scope == "entity" else "",
    ]
    return "\n".join(line for line in lines if line)


def _period(subscription: Subscription) -> str:
    start, end = subscription.current_period_start, subscription.current_period_end
    return words.period(times.billing_day(start), times.billing_day(end)) if start and end else ""


def _includes(plan: Plan | None, context: _EntryContext) -> str:
    if plan is None or not plan.items:
        return ""
    return words.includes(layout.inline([_item(item, context) for item in plan.items], _ITEMS))


def _item(item: PlanItem, context: _EntryContext) -> str:
    name = context.features.get(item.feature_id) or item.feature_id
    if item.display and item.display.primary_text:
        amount = item.display.primary_text
    elif item.unlimited:
        amount = f"{labels.UNLIMITED} {name}"
    else:
        amount = f"{numbers.number(item.included)} {name}" if item.included else name
    recurs = item.reset is not None and item.reset.interval != "one_off" and bool(item.included)
    every = labels.every(item.reset.interval, item.reset.interval_count) if recurs and item.reset else ""
    return words.item(text.mrkdwn(amount, 60), every, text.mrkdwn(_beyond(item, context.currencies), 60))


def _beyond(item: PlanItem, currencies: names.Currencies) -> str:
    """What more of it costs: Autumn's own words, unless they are in another currency than the customer's."""
    if item.price and names.amount_in(currencies.billed, item.price) is not None:
        return words.beyond(names.rate(item.price, currencies), included=bool(item.included))
    return item.display.secondary_text if item.display else ""


def _on(label: str, at: datetime | None) -> str:
    return labels.on(label, times.billing_day(at)) if at else ""


def _joined(facts: list[str]) -> str:
    return " · ".join(fact for fact in facts if fact)
