"""The customer at a glance: what they are on, what they have left, what they pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from bot.autumn.errors import AutumnError
from bot.autumn.models import Balance, Customer, Discount, InvoicePreview, Subscription
from bot.kit import blocks, layout, money, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame, labels, names
from bot.lookups.answers import Billing, CatalogueNames, Read
from bot.lookups.features import card as features
from bot.lookups.invoices import card as invoices
from bot.lookups.invoices.card import InvoiceList
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.overview import words
from bot.lookups.products import card as products
from bot.lookups.products.subscriptions import ByEnding, Status, running_first, status

_PRODUCTS = 4
_BALANCE_LINES = 5
_UNUSED = 5
_FLAGS = 12
_INVOICES = 3
_FEWEST_INVOICES = 2
_LINES = 6
"""Of balances and last invoices together, on the first screen; a few invoices are shown in any case."""
_PREVIEWS = 3
_DISCOUNTS = 3


@dataclass(frozen=True, slots=True)
class Overview:
    """What is read for the overview."""

    customer: Customer
    billing: Read[Billing]
    invoices: Read[InvoiceList]
    read_at: datetime
    names: CatalogueNames = field(default_factory=CatalogueNames)

    @property
    def unpaid(self) -> Read[Unpaid] | None:
        return None if isinstance(self.invoices, AutumnError) else self.invoices.unpaid


def content(answer: Overview, _: frame.Frame) -> list[layout.Drawn]:
    drawn: list[layout.Drawn] = [blocks.section("standing", _standing(answer))]
    if isinstance(answer.billing, AutumnError):
        drawn.append(frame.failed("billing", words.UPCOMING_AND_DISCOUNTS, answer.billing))
    balances, upcoming = _balances(answer), _upcoming(answer)
    drawn.append(blocks.section("balances", "\n".join(balances)))
    most = min(_INVOICES, max(_FEWEST_INVOICES, _LINES - len(balances)))
    return [*drawn, *upcoming, _invoices(answer, most, titled=bool(upcoming))]


def _standing(answer: Overview) -> str:
    """The products with their prices, and the next charge with its discounts: two lines, or one where there
    is a single product and no discount."""
    held, billing = _products(answer), answer.billing
    products_held = _joined([*held[:_PRODUCTS], *_left_out(len(held) - _PRODUCTS)]) or labels.NO_PRODUCTS
    if isinstance(billing, AutumnError):
        return products_held
    charge = _joined(
        [
            _next_charge(billing, answer),
            *(_discount(discount) for discount in billing.discounts[:_DISCOUNTS]),
            *_left_out(len(billing.discounts) - _DISCOUNTS),
        ]
    )
    in_one_line = len(held) == 1 and not billing.discounts
    return _joined([products_held, charge]) if in_one_line else f"{products_held}\n{charge}"


def _products(answer: Overview) -> list[str]:
    customer = answer.customer
    currencies, bought = names.currencies(customer), products.bought(customer)
    changes = ByEnding(customer)
    follow = {id(change.starts) for change in map(changes.of, customer.subscriptions) if change}
    subscriptions = [
        _subscription(subscription, answer, currencies)
        for subscription in running_first(customer)
        if id(subscription) not in follow
    ]
    purchases = [
        _facts(
            f"*{names.plan(purchase, answer.names)}*",
            labels.ONE_OFF.lower(),
            products.price(purchase, currencies),
            products.quantity(purchase),
            bought.get(purchase.plan_id, ""),
        )
        for purchase in customer.purchases
    ]
    return subscriptions + purchases


def _subscription(subscription: Subscription, answer: Overview, currencies: names.Currencies) -> str:
    """`*Team* $199 per month`; its state and dates only where they say more than that it runs."""
    state = status(subscription, answer.read_at)
    starts = state is Status.SCHEDULED and subscription.started_at is not None
    waits = state is Status.SCHEDULED and not starts
    return _facts(
        f"*{names.plan(subscription, answer.names)}*",
        products.price(subscription, currencies),
        products.quantity(subscription),
        products.state(subscription, answer.read_at).lower() if waits or state is Status.OTHER else "",
        products.following(subscription, answer.read_at, currencies).lower() if starts else "",
        labels.BY_ENTITIES.lower() if subscription.scope == "entity" else "",
    )


def _next_charge(billing: Billing, answer: Overview) -> str:
    """The earliest of the coming invoices; the others are listed further down."""
    return invoices.upcoming_line(billing.upcoming, answer.customer)


def _balances(answer: Overview) -> list[str]:
    customer = answer.customer
    balances = features.ranked(customer)
    if not balances:
        flags = [features.flags(customer, _FLAGS)] if customer.flags else []
        return [features.nothing(customer), *flags]
    used = [balance for balance in balances if balance.usage]
    listed = used if len(used) <= _BALANCE_LINES else used[: _BALANCE_LINES - 1]
    lines = [_balance(balance, answer) for balance in listed]
    if left := len(used) - len(listed):
        lines.append(words.more_balances(left))
    unused = [_unused(balance) for balance in balances if not balance.usage]
    if unused:
        lines.append(words.unused(layout.inline(unused, _UNUSED)))
    return lines


def _unused(balance: Balance) -> str:
    granted = labels.UNLIMITED.lower() if balance.unlimited else numbers.number(balance.granted)
    return f"{names.feature(balance)} {granted}"


def _balance(balance: Balance, answer: Overview) -> str:
    name = f"{features.bar(balance)} *{names.feature(balance)}*"
    resets = features.resets(balance.next_reset_at, answer.read_at)
    return _joined([name, *features.usage(balance, answer.customer), resets])


def _upcoming(answer: Overview) -> list[Block]:
    """The coming invoices by product, if there is more to say than the one sum above."""
    billing = answer.billing
    upcoming = () if isinstance(billing, AutumnError) else billing.upcoming or ()
    ordered = sorted(upcoming, key=invoices.due_first)
    if len(ordered) < 2 and not any(len(_by_plan(preview)) > 1 for preview in ordered):
        return []
    plan_names = names.plans(answer.customer, answer.names)
    total = money.sums((preview.total, preview.currency) for preview in ordered)
    lines = [_preview(preview, plan_names) for preview in ordered[:_PREVIEWS]]
    title = words.next_invoices(len(ordered), total)
    return [blocks.section("upcoming", "\n".join([title, *lines, *_left_out(len(ordered) - _PREVIEWS)]))]


def _preview(preview: InvoicePreview, plan_names: Mapping[str, str]) -> str:
    by_plan = list(_by_plan(preview).items())
    if len(by_plan) > 1:
        parts = [
            f"{_plan_name(plan_id, plan_names)} {money.money(amount, preview.currency)}"
            for plan_id, amount in by_plan[:_PRODUCTS]
        ]
    else:
        parts = [_plan_name(plan_id, plan_names) for plan_id in preview.plan_ids[:1]]
    day = times.billing_day(preview.invoice_at) if preview.invoice_at else ""
    total = f"*{money.money(preview.total, preview.currency)}*"
    return "• " + _joined([day, total, *parts, *_left_out(len(by_plan) - _PRODUCTS)])


def _by_plan(preview: InvoicePreview) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for line in preview.line_items:
        plan_id = line.plan_id or ""
        amounts[plan_id] = amounts.get(plan_id, Decimal(0)) + line.total
    return amounts


def _plan_name(plan_id: str, plan_names: Mapping[str, str]) -> str:
    return text.mrkdwn(plan_names.get(plan_id) or plan_id, 60) or words.OTHER


def discounts(held: Sequence[Discount]) -> str:
    """For the form that changes them."""
    return layout.listed(words.DISCOUNTS, [f"• {_discount(discount)}" for discount in held], _DISCOUNTS)


def _discount(discount: Discount) -> str:
    share = discount.type == "percentage_discount"
    value = (
        labels.percent(numbers.number(discount.discount_value))
        if share
        else money.money(discount.discount_value, discount.currency or "")
    )
    return words.discount(
        text.mrkdwn(discount.name or discount.id) or phrases.NONE,
        value,
        _lasts(discount),
        words.ON_SUBSCRIPTION if discount.subscription_id else "",
    )


def _lasts(discount: Discount) -> str:
    if discount.end:
        return words.until(times.billing_day(discount.end))
    if discount.duration_type == "months" and discount.duration_value is not None:
        return labels.months(numbers.number(discount.duration_value))
    return {"forever": labels.FOREVER, "one_off": labels.ONCE}.get(discount.duration_type, "")


def _invoices(answer: Overview, most: int, *, titled: bool) -> Block:
    """Their title takes a line, and is needed only below the coming ones."""
    listed = answer.invoices
    if isinstance(listed, AutumnError):
        return frame.failed("invoices", labels.INVOICE_LIST, listed)
    if not listed.newest:
        return blocks.section("invoices", labels.NO_INVOICES)
    plan_names = names.plans(answer.customer, answer.names)
    lines = [invoices.line(invoice, plan_names) for invoice in listed.newest[:most]]
    read = len(listed.newest)
    if titled:
        lines.insert(0, words.last_invoices(len(lines), read, more=listed.more))
    elif read > len(lines) or listed.more:
        lines[-1] = _joined([lines[-1], words.more_invoices(read - len(lines), more=listed.more)])
    return blocks.section("invoices", "\n".join(lines))


def _left_out(number: int) -> list[str]:
    return [phrases.and_more(number)] if number > 0 else []


def _facts(*facts: str) -> str:
    name, *details = (fact for fact in facts if fact)
    return f"{name} {', '.join(details)}".rstrip()


def _joined(facts: Sequence[str]) -> str:
    return " · ".join(fact for fact in facts if fact)
