from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Customer, Flag, Invoice, Plan, PlanItem, Subscription, UsagePrice
from bot.kit import layout, times
from bot.lookups import labels
from bot.lookups.invoices.facts import unpaid
from bot.lookups.overview import attention
from bot.lookups.products.subscriptions import Status, status
from tests.lookups.samples import BEFORE, LATER, NOW, balance, customer, invoice, plan, row, subscription


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Status.ACTIVE),
        ({"status": ""}, Status.ACTIVE),
        ({"status": "paused"}, Status.OTHER),
        ({"canceled_at": BEFORE}, Status.CANCELS),
        ({"canceled_at": BEFORE, "trial_ends_at": LATER}, Status.TRIAL),
        ({"trial_ends_at": BEFORE}, Status.ACTIVE),
        ({"trial_ends_at": LATER, "past_due": True}, Status.PAST_DUE),
        ({"past_due": True, "status": "scheduled"}, Status.SCHEDULED),
    ],
)
def test_first_matching_status_is_shown(changes: dict[str, Any], expected: Status) -> None:
    assert status(subscription(**changes), NOW) is expected


def warnings(*, invoices: tuple[Invoice, ...] = (), **changes: Any) -> list[str]:
    return attention.lines(customer(**changes), NOW, unpaid(invoices, more=False))


def of_support(plan_id: str, **changes: Any) -> Subscription:
    """A main product beside the others: of another group."""
    return subscription(plan_id, plan=plan(plan_id, group="support"), **changes)


DAY = times.billing_day(LATER)
ENDING = subscription(canceled_at=BEFORE, expires_at=LATER)
STARTING = subscription("team", status="scheduled", started_at=LATER)
BILLED = row(
    granted=1000, remaining=-290, price=UsagePrice(amount=Decimal("0.01"), billing_method="usage_based")
)
PAID = row("addon", price=UsagePrice(amount=Decimal("0.01"), billing_method="usage_based"))


def spend_limit(feature: str = "messages", **changes: Any) -> dict[str, Any]:
    limit = {"feature_id": feature, "enabled": True, "skip_overage_billing": True}
    return {"spend_limits": [{**limit, **changes}]}


OVER = balance(remaining=0, usage=Decimal(1290), breakdown=[row(remaining=-290)])


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, []),
        (
            {"subscriptions": [subscription(past_due=True)]},
            ["*Pro* is past due: a payment failed or is late."],
        ),
        (
            {"subscriptions": [subscription(canceled_at=BEFORE, expires_at=LATER)]},
            [f"*Pro* cancels on {DAY}."],
        ),
        ({"subscriptions": [subscription(canceled_at=BEFORE)]}, ["*Pro* is cancelled."]),
        ({"subscriptions": [ENDING, STARTING]}, [f"*Pro* → *Team* on {DAY}, $20 per month."]),
        (
            {"subscriptions": [ENDING, STARTING.model_copy(update={"plan": plan("free", price=None)})]},
            [f"*Pro* cancels on {DAY}, then *Free*."],
        ),
        (
            {
                "subscriptions": [
                    ENDING,
                    of_support("gold", canceled_at=BEFORE, expires_at=LATER),
                    of_support("basic", status="scheduled", started_at=LATER),
                ]
            },
            [f"*Pro* cancels on {DAY}.", f"*Gold* → *Basic* on {DAY}, $20 per month."],
        ),
        ({"subscriptions": [subscription(trial_ends_at=LATER)]}, [f"*Pro*: the trial ends on {DAY}."]),
        ({"invoices": (invoice("open", "49"),)}, ["1 unpaid invoice: $49.00."]),
        (
            {"invoices": (invoice("open", "49", amount_paid=Decimal(9)), invoice("uncollectible", "5"))},
            ["2 unpaid invoices: $45.00."],
        ),
        ({"invoices": (invoice("open", "-5"), invoice("void", "9"), invoice("paid"))}, []),
        ({"balances": {"m": OVER}}, ["*Messages* has an overage of 290."]),
        (
            {"balances": {"m": balance(remaining=0, breakdown=[row(remaining=-290), PAID])}},
            ["*Messages* has an overage of 290."],
        ),
        (
            {"balances": {"m": balance(remaining=0, breakdown=[BILLED])}},
            ["*Messages* has an overage of 290, which will be billed."],
        ),
        (
            {"balances": {"m": balance(remaining=0, breakdown=[BILLED, row(remaining=-50)])}},
            ["*Messages* has an overage of 340: 290 will be billed."],
        ),
        (
            {"balances": {"m": balance(breakdown=[BILLED])}, "billing_controls": spend_limit()},
            ["*Messages* has an overage of 290."],
        ),
        (
            {"balances": {"m": balance(breakdown=[BILLED])}, "billing_controls": spend_limit(enabled=False)},
            ["*Messages* has an overage of 290, which will be billed."],
        ),
        (
            {
                "balances": {"m": balance(breakdown=[BILLED])},
                "billing_controls": spend_limit(skip_overage_billing=False),
            },
            ["*Messages* has an overage of 290, which will be billed."],
        ),
        (
            {"balances": {"m": balance(breakdown=[BILLED])}, "billing_controls": spend_limit("seats")},
            ["*Messages* has an overage of 290, which will be billed."],
        ),
        (
            {"balances": {str(number): OVER for number in range(7)}},
            ["Overage: Messages, Messages, Messages, Messages, Messages _and 2 more_."],
        ),
        ({"balances": {"m": balance(remaining=0)}}, ["Used up: Messages."]),
        ({"balances": {"m": balance(remaining=0, overage_allowed=True)}}, []),
        ({"balances": {"m": balance(remaining=0, unlimited=True)}}, []),
    ],
)
def test_warning_has_its_sentence(changes: dict[str, Any], lines: list[str]) -> None:
    assert warnings(**changes) == lines


HIDDEN = labels.hidden("Pro")
GIVES = PlanItem(feature_id="messages", included=Decimal(10))


@pytest.mark.parametrize(
    ("balances_held", "flags", "past_due_plan", "hidden"),
    [
        ({}, {}, plan(items=[GIVES]), True),
        ({}, {}, None, True),
        ({}, {}, plan(), False),
        ({"m": balance()}, {}, plan(items=[GIVES]), False),
        ({"m": balance(breakdown=[row(None)])}, {}, plan(items=[GIVES]), True),
        ({}, {"sso": Flag(feature_id="sso", plan_id="pro")}, plan(items=[GIVES]), False),
    ],
)
def test_balances_hidden_by_a_past_due_product(
    balances_held: dict[str, Any], flags: dict[str, Flag], past_due_plan: Plan | None, hidden: bool
) -> None:
    late = subscription(past_due=True, plan=past_due_plan)
    holder = customer(subscriptions=[late], balances=balances_held, flags=flags)
    assert (HIDDEN in [line.replace("*pro*", "*Pro*") for line in attention.lines(holder, NOW)]) is hidden


def test_worst_comes_first_and_the_rest_is_counted() -> None:
    holder: Customer = customer(
        subscriptions=[subscription(past_due=True, canceled_at=BEFORE, trial_ends_at=LATER)],
        balances={"m": OVER},
    )
    owed = unpaid([invoice("open")], more=False)
    lines = attention.lines(holder, NOW, owed)
    assert [line.split()[0] for line in lines] == ["*Pro*", "1", "*Messages*", "*Pro*"]
    (block,) = attention.attention(holder, NOW, owed, most=2)
    assert len(block["text"]["text"].splitlines()) == 3
    assert block["text"]["text"].splitlines()[-1] == "_and 2 more_"
    assert attention.attention(customer(), NOW) == []


def test_list_fits_into_a_section() -> None:
    section = layout.listed("Title", ["x" * 900] * 9, 9)
    assert len(section) < 3000
    assert section.endswith("_and 6 more_")
