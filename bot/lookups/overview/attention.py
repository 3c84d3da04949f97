"""What needs attention first."""

from datetime import datetime

from bot.autumn.errors import AutumnError
from bot.autumn.models import Balance, Customer, Subscription
from bot.kit import blocks, layout, money, numbers, phrases, times
from bot.kit.card import Block
from bot.lookups import controls, labels, names
from bot.lookups.answers import Read
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.overview import words
from bot.lookups.products import card as products
from bot.lookups.products.subscriptions import ByEnding, PlanChange, Status, status

_ONE_BY_ONE = 3


def attention(
    customer: Customer,
    now: datetime,
    unpaid: Read[Unpaid] | None = None,
    *,
    most: int = 10,
    balances: bool = True,
) -> list[Block]:
    """One section, the worst first; nothing when all is well. `unpaid`: None when the invoices were not read,
    which the card says elsewhere. `balances`: whether to name those that are over or used up."""
    warnings = [f":warning: {line}" for line in lines(customer, now, unpaid, balances=balances)]
    if isinstance(unpaid, AutumnError):
        warnings.append(labels.part_failed(words.UNPAID_LIST, unpaid))
    return [blocks.section("attention", layout.listed("", warnings, most).lstrip())] if warnings else []


def lines(
    customer: Customer, now: datetime, unpaid: Read[Unpaid] | None = None, *, balances: bool = True
) -> list[str]:
    metered = list(customer.balances.values()) if balances else []
    held, changes, currencies = customer.subscriptions, ByEnding(customer), names.currencies(customer)
    return [
        *(words.past_due(names.plan(subscription)) for subscription in held if subscription.past_due),
        *(
            labels.hidden(names.plan(subscription))
            for subscription in held
            if hides_balances(customer, subscription)
        ),
        *_unpaid(unpaid),
        *_over(metered, customer),
        *(
            _cancels(subscription, changes.of(subscription), currencies)
            for subscription in held
            if subscription.canceled_at
        ),
        *(_trial(subscription) for subscription in held if status(subscription, now) is Status.TRIAL),
        *_used_up(metered),
    ]


def hides_balances(customer: Customer, subscription: Subscription) -> bool:
    """Whether a past-due plan gives features for which Autumn shows no balance."""
    if not subscription.past_due:
        return False
    rows = (row for balance in customer.balances.values() for row in balance.breakdown)
    has_shares = any(row.plan_id == subscription.plan_id for row in rows)
    has_shares = has_shares or any(flag.plan_id == subscription.plan_id for flag in customer.flags.values())
    return not has_shares and (subscription.plan is None or bool(subscription.plan.items))


def exhausted(balance: Balance) -> bool:
    """Used to the last unit, with nothing beyond allowed."""
    spent = balance.granted > 0 and balance.remaining <= 0
    return spent and not balance.unlimited and not balance.overage_allowed and not balance.overage


def _unpaid(unpaid: Read[Unpaid] | None) -> list[str]:
    if unpaid is None or isinstance(unpaid, AutumnError):
        return []
    if unpaid.in_brief:
        owed = phrases.count(unpaid.count, "unpaid invoice") if unpaid.count else ""
        return [words.unpaid_in_brief(owed)]
    if not unpaid.count:
        return []
    return [labels.unpaid(unpaid.count, money.sums(unpaid.totals), at_least=unpaid.at_least)]


def _over(balances: list[Balance], customer: Customer) -> list[str]:
    over = [balance for balance in balances if balance.overage > 0 and not balance.unlimited]
    if len(over) > _ONE_BY_ONE:
        return [words.many_over(layout.inline([names.feature(balance) for balance in over], 5))]
    return [
        words.over(
            names.feature(balance),
            numbers.number(balance.overage),
            numbers.number(controls.billed_overage(balance, customer)),
        )
        for balance in over
    ]


def _cancels(subscription: Subscription, change: PlanChange | None, currencies: names.Currencies) -> str:
    if change is None:
        ends = subscription.expires_at
        return words.cancels(names.plan(subscription), times.billing_day(ends) if ends else "")
    day, follows = times.billing_day(change.at), names.plan(change.starts)
    if change.to_free:
        return words.cancels_to(names.plan(subscription), day, follows)
    price = products.price(change.starts, currencies)
    return words.changes(names.plan(subscription), labels.becomes(follows, day, price))


def _trial(subscription: Subscription) -> str:
    ends = subscription.trial_ends_at
    return words.trial_ends(names.plan(subscription), times.billing_day(ends) if ends else "")


def _used_up(balances: list[Balance]) -> list[str]:
    used_up = [names.feature(balance) for balance in balances if exhausted(balance)]
    return [words.used_up(layout.inline(used_up, 5))] if used_up else []
