"""What needs attention first."""

from datetime import datetime

from bot.autumn.errors import AutumnError
from bot.autumn.models import Balance, Customer, Subscription
from bot.kit import blocks, layout, money, numbers, times
from bot.kit.card import Block
from bot.lookups import failures, labels, names
from bot.lookups.answers import Read
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.overview import words
from bot.lookups.products.plan_changes import ByEnding, PlanChange
from bot.lookups.products.status import Status, status

_ONE_BY_ONE = 3


def attention(
    customer: Customer, now: datetime, unpaid: Read[Unpaid] | None = None, *, most: int = 10
) -> list[Block]:
    """One section, the worst first; nothing when all is well. `unpaid`: None when the invoices were not read,
    which the card says elsewhere."""
    found = [f":warning: {line}" for line in lines(customer, now, unpaid)]
    if isinstance(unpaid, AutumnError):
        found.append(failures.line(words.UNPAID_LIST, unpaid))
    return [blocks.section("attention", layout.listed(words.ATTENTION, found, most))] if found else []


def lines(customer: Customer, now: datetime, unpaid: Read[Unpaid] | None = None) -> list[str]:
    held, changes, currency = customer.subscriptions, ByEnding(customer), names.currency(customer)
    return [
        *(words.past_due(names.plan(one)) for one in held if one.past_due),
        *(labels.hidden(names.plan(one)) for one in held if hides_balances(customer, one)),
        *_unpaid(unpaid),
        *_over(list(customer.balances.values())),
        *(_cancels(one, changes.of(one), currency) for one in held if one.canceled_at),
        *(_trial(one) for one in held if status(one, now) is Status.TRIAL),
        *_used_up(list(customer.balances.values())),
    ]


def hides_balances(customer: Customer, held: Subscription) -> bool:
    """Whether a past-due plan gives features of which Autumn shows no balance."""
    if not held.past_due:
        return False
    rows = (row for balance in customer.balances.values() for row in balance.breakdown)
    shown = any(row.plan_id == held.plan_id for row in rows)
    shown = shown or any(flag.plan_id == held.plan_id for flag in customer.flags.values())
    return not shown and (held.plan is None or bool(held.plan.items))


def exhausted(balance: Balance) -> bool:
    """Used to the last unit, with nothing beyond allowed."""
    spent = balance.granted > 0 and balance.remaining <= 0
    return spent and not balance.unlimited and not balance.overage_allowed and not balance.overage


def _unpaid(unpaid: Read[Unpaid] | None) -> list[str]:
    if unpaid is None or isinstance(unpaid, AutumnError) or not unpaid.count:
        return []
    return [labels.unpaid(unpaid.count, money.sums(unpaid.totals), at_least=unpaid.at_least)]


def _over(balances: list[Balance]) -> list[str]:
    found = [balance for balance in balances if balance.overage > 0 and not balance.unlimited]
    if len(found) > _ONE_BY_ONE:
        return [words.many_over(layout.inline([names.feature(one) for one in found], 5))]
    return [words.over(names.feature(one), numbers.number(one.overage), billed=_billed(one)) for one in found]


def _billed(balance: Balance) -> bool:
    """Whether what is over is in a source that bills it: a free plan's is not, whatever else is held."""
    return any(
        row.overage > 0 and row.price and row.price.billing_method == "usage_based"
        for row in balance.breakdown
    )


def _cancels(one: Subscription, change: PlanChange | None, currency: str) -> str:
    if change is None:
        return words.cancels(names.plan(one), times.day(one.expires_at) if one.expires_at else "")
    day, follows = times.day(change.at), names.plan(change.starts)
    if change.to_free:
        return words.cancels_to(names.plan(one), day, follows)
    price = names.price(change.starts.plan, currency)
    return words.changes(names.plan(one), labels.becomes(follows, day, price))


def _trial(one: Subscription) -> str:
    return words.trial_ends(names.plan(one), times.day(one.trial_ends_at) if one.trial_ends_at else "")


def _used_up(balances: list[Balance]) -> list[str]:
    found = [names.feature(balance) for balance in balances if exhausted(balance)]
    return [words.used_up(layout.inline(found, 5))] if found else []
