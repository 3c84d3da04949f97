"""How a customer stands, in one line: what they pay for, and what they owe."""

from bot.approvals import words
from bot.autumn.models import Customer, Subscription
from bot.kit import money
from bot.lookups import labels, names
from bot.lookups.invoices.facts import unpaid

_MOST_PLANS = 3


def customer_summary(customer: Customer) -> str:
    """In mrkdwn; empty if the customer has no product and owes nothing."""
    currency = names.currency(customer)
    active = [each for each in customer.subscriptions if each.status == "active"]
    parts = [_product(each, currency) for each in active[:_MOST_PLANS]]
    if any(each.past_due for each in active):
        parts.append(words.PAST_DUE)
    if owed := unpaid(customer.invoices, more=False).totals:
        parts.append(words.owed(money.sums(owed)))
    return " · ".join(parts)


def _product(subscription: Subscription, currency: str) -> str:
    price = names.price(subscription.plan, currency)
    plan = names.plan(subscription)
    return f"{plan}, {price}" if price not in ("", labels.FREE) else plan
