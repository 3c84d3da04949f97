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

_PRODUCTS = 6
_BALANCES = 8
_FLAGS = 12
_INVOICES = 4
_DISCOUNTS = 5


def content(answer: Overview, _: frame.Frame) -> list[layout.Drawn]:
    customer = answer.customer
    found: list[layout.Drawn] = [
        blocks.section("products", _products(answer)),
        blocks.section("balances", _balances(customer)),
    ]
    if customer.flags:
        found.append(blocks.section("flags", features.flags(customer, _FLAGS)))
    found += _billing(answer.billing, customer)
    found.append(_invoices(answer))
    return found


def _products(answer: Overview) -> str:
    customer = answer.customer
    currency = names.currency(customer)
    changes, bought = ByEnding(customer), products.bought(customer)
    lines = [_holding(one, answer, currency, changes) for one in customer.subscriptions]
    lines += [
        _line(
            [
                f"*{names.plan(one, answer.names)}*",
                labels.ONE_OFF,
                names.price(one.plan, currency),
                products.quantity(one),
                bought.get(one.plan_id, ""),
            ]
        )
        for one in customer.purchases
    ]
    if not lines:
        return labels.NO_PRODUCTS
    return layout.listed(words.PRODUCTS, lines, _PRODUCTS, more=labels.more_on(products_words.TITLE))


def _holding(one: Subscription, answer: Overview, currency: str, changes: ByEnding) -> str:
    change = changes.of(one)
    return _line(
        [
            f"*{names.plan(one, answer.names)}*",
            products.state(one, answer.read_at, change),
            products.price(one, currency),
            products.quantity(one),
            products.following(one, answer.read_at, change, currency),
            labels.BY_ENTITIES.lower() if one.scope == "entity" else "",
        ]
    )


def _balances(customer: Customer) -> str:
    found = features.ranked(customer)
    if not found:
        return f"{words.BALANCES}\n{features.nothing(customer)}"
    return layout.listed(
        words.BALANCES, [_balance(one) for one in found], _BALANCES, more=labels.more_on(features_words.TITLE)
    )


def _balance(balance: Balance) -> str:
    bar = "" if balance.unlimited else numbers.bar(balance.remaining, balance.granted)
    return _line([f"{bar} *{names.feature(balance)}*".strip(), *features.figures(balance)])


def _billing(billing: Read[Billing], customer: Customer) -> list[Block]:
    if isinstance(billing, AutumnError):
        return [frame.failed("billing", words.UPCOMING_AND_DISCOUNTS, billing)]
    found = [blocks.section("upcoming", invoices.upcoming_line(billing.upcoming, customer))]
    if billing.discounts:
        found.append(blocks.section("discounts", discounts(billing.discounts)))
    return found


def discounts(found: Sequence[Discount]) -> str:
    return layout.listed(words.DISCOUNTS, [f"• {_discount(one)}" for one in found], _DISCOUNTS)


def _discount(one: Discount) -> str:
    share = one.type == "percentage_discount"
    value = (
        labels.percent(numbers.number(one.discount_value))
        if share
        else money.money(one.discount_value, one.currency or "")
    )
    return words.discount(
        text.mrkdwn(one.name or one.id) or phrases.NONE,
        value,
        _lasts(one),
        words.ON_SUBSCRIPTION if one.subscription_id else "",
    )


def _lasts(one: Discount) -> str:
    if one.end:
        return words.until(times.day(one.end))
    if one.duration_type == "months" and one.duration_value is not None:
        return labels.months(numbers.number(one.duration_value))
    return {"forever": labels.FOREVER, "one_off": labels.ONCE}.get(one.duration_type, "")


def _invoices(answer: Overview) -> Block:
    listed = answer.invoices
    if isinstance(listed, AutumnError):
        return frame.failed("invoices", labels.INVOICE_LIST, listed)
    if not listed.newest:
        return blocks.section("invoices", f"{words.INVOICES}\n{labels.NO_INVOICES}")
    called = names.plans(answer.customer, answer.names)
    lines = [invoices.line(one, called) for one in listed.newest]
    more = (words.more_than_on if listed.more else labels.more_on)(invoices_words.TITLE)
    return blocks.section("invoices", layout.listed(words.INVOICES, lines, _INVOICES, more=more))


def _line(facts: Sequence[str]) -> str:
    return "• " + " · ".join(fact for fact in facts if fact)
