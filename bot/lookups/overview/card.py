"""The customer at a glance."""

from collections.abc import Sequence

from bot.autumn.errors import AutumnError
from bot.autumn.models import Balance, Customer, Discount, Subscription
from bot.kit import blocks, layout, money, numbers, phrases, text, times
from bot.kit.card import Block
from bot.lookups import frame, labels, names
from bot.lookups.answers import Billing, Read
from bot.lookups.features import card as features
from bot.lookups.features import words as features_words
from bot.lookups.invoices import card as invoices
from bot.lookups.invoices import words as invoices_words
from bot.lookups.overview import words
from bot.lookups.overview.answer import Overview
from bot.lookups.products import card as products
from bot.lookups.products import words as products_words
from bot.lookups.products.plan_changes import ByEnding
from bot.lookups.products.status import running_first

_PRODUCTS = 6
_BALANCES = 8
_FLAGS = 12
_INVOICES = 4
_DISCOUNTS = 5


def content(answer: Overview, _: frame.Frame) -> list[layout.Drawn]:
    customer = answer.customer
    drawn: list[layout.Drawn] = [
        blocks.section("products", _products(answer)),
        blocks.section("balances", _balances(customer)),
    ]
    if customer.flags:
        drawn.append(blocks.section("flags", features.flags(customer, _FLAGS)))
    drawn += _billing(answer.billing, customer)
    drawn.append(_invoices(answer))
    return drawn


def _products(answer: Overview) -> str:
    customer = answer.customer
    currency = names.currency(customer)
    changes, bought = ByEnding(customer), products.bought(customer)
    lines = [_holding(holding, answer, currency, changes) for holding in running_first(customer)]
    lines += [
        _line(
            [
                f"*{names.plan(holding, answer.names)}*",
                labels.ONE_OFF,
                names.price(holding.plan, currency),
                products.quantity(holding),
                bought.get(holding.plan_id, ""),
            ]
        )
        for holding in customer.purchases
    ]
    if not lines:
        return labels.NO_PRODUCTS
    return layout.listed(words.PRODUCTS, lines, _PRODUCTS, more=labels.more_on(products_words.TITLE))


def _holding(subscription: Subscription, answer: Overview, currency: str, changes: ByEnding) -> str:
    change = changes.of(subscription)
    return _line(
        [
            f"*{names.plan(subscription, answer.names)}*",
            products.state(subscription, answer.read_at, change),
            products.price(subscription, currency),
            products.quantity(subscription),
            products.following(subscription, answer.read_at, change, currency),
            labels.BY_ENTITIES.lower() if subscription.scope == "entity" else "",
        ]
    )


def _balances(customer: Customer) -> str:
    balances = features.ranked(customer)
    if not balances:
        return f"{words.BALANCES}\n{features.nothing(customer)}"
    return layout.listed(
        words.BALANCES,
        [_balance(balance) for balance in balances],
        _BALANCES,
        more=labels.more_on(features_words.TITLE),
    )


def _balance(balance: Balance) -> str:
    bar = "" if balance.unlimited else numbers.bar(balance.remaining, balance.granted)
    return _line([f"{bar} *{names.feature(balance)}*".strip(), *features.figures(balance)])


def _billing(billing: Read[Billing], customer: Customer) -> list[Block]:
    if isinstance(billing, AutumnError):
        return [frame.failed("billing", words.UPCOMING_AND_DISCOUNTS, billing)]
    drawn = [blocks.section("upcoming", invoices.upcoming_line(billing.upcoming, customer))]
    if billing.discounts:
        drawn.append(blocks.section("discounts", discounts(billing.discounts)))
    return drawn


def discounts(held: Sequence[Discount]) -> str:
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
        return words.until(times.day(discount.end))
    if discount.duration_type == "months" and discount.duration_value is not None:
        return labels.months(numbers.number(discount.duration_value))
    return {"forever": labels.FOREVER, "one_off": labels.ONCE}.get(discount.duration_type, "")


def _invoices(answer: Overview) -> Block:
    listed = answer.invoices
    if isinstance(listed, AutumnError):
        return frame.failed("invoices", labels.INVOICE_LIST, listed)
    if not listed.newest:
        return blocks.section("invoices", f"{words.INVOICES}\n{labels.NO_INVOICES}")
    plan_names = names.plans(answer.customer, answer.names)
    lines = [invoices.line(invoice, plan_names) for invoice in listed.newest]
    more = (words.more_than_on if listed.more else labels.more_on)(invoices_words.TITLE)
    return blocks.section("invoices", layout.listed(words.INVOICES, lines, _INVOICES, more=more))


def _line(facts: Sequence[str]) -> str:
    return "• " + " · ".join(fact for fact in facts if fact)
