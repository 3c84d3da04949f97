"""Subscriptions, and Autumn's previews of changes to them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.autumn.models import CardRefund, PlanMove, PreviewLine, Quote, RefundedInvoice, Subscription
from bot.changes.model import Facts
from tests.changes.facts import LATER, NOW, SOON, customer, facts, subscription

PERIOD_END = LATER
PRO = subscription(
    "pro", id="sub_pro", scope="customer", current_period_end=PERIOD_END, started_at=NOW - timedelta(days=10)
)
CANCELLED = PRO.model_copy(update={"canceled_at": NOW, "expires_at": PERIOD_END})
FREE_LATER = subscription(
    "free",
    price=None,
    id="sub_free",
    scope="customer",
    status="scheduled",
    auto_enable=True,
    started_at=PERIOD_END,
)
TEAM_LATER = subscription("team", id="sub_team", scope="customer", status="scheduled", started_at=PERIOD_END)
ADD_ON = subscription("seats", id="sub_seats", scope="customer", add_on=True)
OF_ENTITY = subscription("pro", id="sub_entity", scope="entity")
TRIAL = PRO.model_copy(update={"trial_ends_at": SOON})


def quote(*lines: Any, **changes: Any) -> Quote:
    """`lines`: the totals of the invoice's lines, all of them of `pro`."""
    items = [line if isinstance(line, PreviewLine) else charge(line) for line in lines]
    total = sum((item.total for item in items), Decimal(0))
    fields: dict[str, Any] = {"currency": "usd", "line_items": items, "total": total}
    return Quote(**{**fields, **changes})


def charge(total: Any, plan_id: str = "pro", **changes: Any) -> PreviewLine:
    return PreviewLine(
        **{"description": f"Part of {plan_id}", "plan_id": plan_id, "total": Decimal(str(total)), **changes}
    )


def refund(amount: Any, *, total: Any = 20, refunded: Any = 0) -> CardRefund:
    return CardRefund(
        amount=Decimal(str(amount)),
        invoice=RefundedInvoice(
            stripe_id="in_1",
            total=Decimal(str(total)),
            current_refunded_amount=Decimal(str(refunded)),
            currency="usd",
        ),
    )


def incoming_plan(plan_id: str, **changes: Any) -> PlanMove:
    return PlanMove(plan_id=plan_id, **changes)


_OF_CUSTOMER = ("id", "created_at", "stripe_id", "purchases")


def facts_with(
    *subscriptions: Subscription, quoted: Quote | None = None, at: datetime = NOW, **changes: Any
) -> Facts:
    """A customer with these subscriptions, and Autumn's preview."""
    of_customer: dict[str, Any] = {"stripe_id": "cus_S"}
    of_customer |= {name: changes.pop(name) for name in _OF_CUSTOMER if name in changes}
    balances = changes.pop("balances", ())
    return facts(
        customer=customer(*balances, subscriptions=list(subscriptions), **of_customer),
        quote=quoted,
        quoted_at=None if quoted is None else at,
        read_at=at,
        **changes,
    )
