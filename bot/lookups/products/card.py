"""What the customer holds, bought once, or held before."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.autumn.errors import AutumnError
from bot.autumn.models import Customer, Plan, PlanItem, Purchase, Subscription
from bot.kit import blocks, layout, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame as parts
from bot.lookups import labels, names
from bot.lookups.answers import Names
from bot.lookups.products import words
from bot.lookups.products.answer import ExpiredProduct, Products
from bot.lookups.products.plan_changes import ByEnding, PlanChange, is_free
from bot.lookups.products.status import Status, status

SIZE = 8
_ITEMS = 10


def content(answer: Products, frame: parts.Frame) -> list[layout.Drawn]:
    entries = _entries(answer)
    page = layout.paged(entries, frame.place.page, SIZE)
    found: list[layout.Drawn] = [
        blocks.section(f"product.{index}", entry) for index, entry in enumerate(page.items)
    ]
    if not entries:
        found.append(blocks.section("none", labels.NO_PRODUCTS))
    if isinstance(answer.expired, AutumnError):
        found.append(parts.failed("expired", words.EXPIRED_PRODUCTS, answer.expired))
    elif answer.expired is not None and not answer.expired:
        found.append(blocks.context("expired", words.NO_EXPIRED))
    found += parts.paging(frame, page, frame.place)
    return [*found, *_toggle(frame)]


def state(one: Subscription, now: datetime, change: PlanChange | None = None) -> str:
    """Its display status, in mrkdwn. `change`: the one by which it ends."""
    found = status(one, now)
    if found is Status.CANCELS and change is not None and not change.to_free:
        return words.CHANGES
    return text.mrkdwn(one.status.capitalize(), 30) if found is Status.OTHER else words.STATUSES[found]


def price(one: Subscription, currency: str) -> str:
    """Empty for an entity's plan that reads as free, since a customer's view leaves entities' prices out."""
    shown = names.price(one.plan, currency)
    return "" if shown == labels.FREE and one.scope == "entity" else shown


def quantity(one: Subscription | Purchase | ExpiredProduct) -> str:
    return "" if one.quantity == 1 else words.quantity(numbers.number(one.quantity))


def bought(customer: Customer) -> dict[str, str]:
    """`300 Messages bought`, by plan id: how much of each feature, where that was chosen at the purchase."""
    units: dict[str, list[str]] = {}
    for balance in customer.balances.values() if customer.purchases else ():
        totals: dict[str, Decimal] = {}
        for row in balance.breakdown:
            if row.plan_id and row.prepaid_grant:
                totals[row.plan_id] = totals.get(row.plan_id, Decimal(0)) + row.prepaid_grant
        for plan_id, total in totals.items():
            told = words.bought(numbers.number(total), names.feature(balance))
            units.setdefault(plan_id, []).append(told)
    return {plan_id: layout.inline(told, _ITEMS) for plan_id, told in units.items()}


def following(one: Subscription, now: datetime, change: PlanChange | None = None, currency: str = "") -> str:
    """The next date that matters: when it starts, changes, ends, leaves its trial, or is billed."""
    found = status(one, now)
    if change is not None and change.to_free:
        return words.ends_then(times.day(change.at), names.plan(change.starts))
    if change is not None:
        return labels.becomes(names.plan(change.starts), times.day(change.at), price(change.starts, currency))
    if found is Status.SCHEDULED:
        return _on(words.STARTS, one.started_at)
    if one.canceled_at is not None:
        return _on(words.ENDS, one.expires_at)
    if found is Status.TRIAL:
        return _on(words.TRIAL_ENDS, one.trial_ends_at)
    free = one.plan is not None and is_free(one.plan)
    return "" if free and one.scope != "entity" else _on(words.NEXT_BILLING, one.current_period_end)


def _toggle(frame: parts.Frame) -> list[Block]:
    shown = frame.place.expired
    label = words.HIDE_EXPIRED if shown else words.SHOW_EXPIRED
    return frame.buttons("toggle", [frame.go(label, "expired", frame.place.at(expired=not shown))])


@dataclass(frozen=True, slots=True)
class _Known:
    """What all entries of a customer are written with."""

    now: datetime
    currency: str
    bought: dict[str, str]
    names: Names
    features: dict[str, str]
    """Names by id."""
    changes: ByEnding


def _entries(answer: Products) -> list[str]:
    customer = answer.customer
    known = _Known(
        now=answer.read_at,
        currency=names.currency(customer),
        bought=bought(customer),
        names=answer.names,
        features=names.features(customer, answer.names),
        changes=ByEnding(customer),
    )
    expired = answer.expired if isinstance(answer.expired, tuple) else ()
    return [
        *(_subscription(one, known) for one in customer.subscriptions),
        *(_purchase(one, known) for one in customer.purchases),
        *(_expired(one, known) for one in expired),
    ]


def _subscription(one: Subscription, known: _Known) -> str:
    change = known.changes.of(one)
    top = [
        state(one, known.now, change),
        price(one, known.currency),
        quantity(one),
        words.ADD_ON if one.add_on else "",
    ]
    started = "" if status(one, known.now) is Status.SCHEDULED else _on(words.STARTED, one.started_at)
    dates = [started, _period(one), following(one, known.now, change, known.currency)]
    return _told(names.plan(one, known.names), top, dates, _includes(one.plan, known), one.scope)


def _purchase(one: Purchase, known: _Known) -> str:
    top = [
        labels.ONE_OFF,
        names.price(one.plan, known.currency),
        quantity(one),
        known.bought.get(one.plan_id, ""),
    ]
    dates = [_on(words.STARTED, one.started_at), _on(labels.EXPIRES, one.expires_at)]
    return _told(names.plan(one, known.names), top, dates, _includes(one.plan, known), one.scope)


def _expired(one: ExpiredProduct, known: _Known) -> str:
    name = text.mrkdwn(one.name or known.names.plans.get(one.plan_id) or one.plan_id, 60) or phrases.NONE
    dates = [_on(words.STARTED, one.started_at), _on(words.ENDED, one.ended_at)]
    return _told(name, [words.EXPIRED, quantity(one)], dates, "", "")


def _told(name: str, top: list[str], dates: list[str], includes: str, scope: str) -> str:
    lines = [
        _joined([f"*{name}*", *top]),
        _joined(dates),
        includes,
        labels.BY_ENTITIES if scope == "entity" else "",
    ]
    return "\n".join(line for line in lines if line)


def _period(one: Subscription) -> str:
    if one.current_period_start is None or one.current_period_end is None:
        return ""
    return words.period(times.day(one.current_period_start), times.day(one.current_period_end))


def _includes(plan: Plan | None, known: _Known) -> str:
    if plan is None or not plan.items:
        return ""
    return words.includes(layout.inline([_item(item, known) for item in plan.items], _ITEMS))


def _item(item: PlanItem, known: _Known) -> str:
    name = known.features.get(item.feature_id) or item.feature_id
    if item.display and item.display.primary_text:
        shown = item.display.primary_text
    elif item.unlimited:
        shown = f"{labels.UNLIMITED} {name}"
    else:
        shown = f"{numbers.number(item.included)} {name}" if item.included else name
    recurs = item.reset is not None and item.reset.interval != "one_off" and bool(item.included)
    every = labels.every(item.reset.interval, item.reset.interval_count) if recurs and item.reset else ""
    return words.item(text.mrkdwn(shown, 60), every, text.mrkdwn(_beyond(item, known.currency), 60))


def _beyond(item: PlanItem, currency: str) -> str:
    """What more of it costs: Autumn's own words, unless they are in another currency than the customer's."""
    if item.price and names.amount_in(currency, item.price) is not None:
        return words.beyond(names.rate(item.price, currency), included=bool(item.included))
    return item.display.secondary_text if item.display else ""


def _on(label: str, at: datetime | None) -> str:
    return labels.on(label, times.day(at)) if at else ""


def _joined(facts: list[str]) -> str:
    return " · ".join(fact for fact in facts if fact)
