"""What a feature's units are worth."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.limits import Worth
from bot.autumn.models import Invoice, OtherPrice, Plan, PlanItem, PlanPrice, Subscription, Tier, UsagePrice
from bot.changes import price
from bot.changes.model import Facts
from tests.changes.facts import balance, customer, facts, row
from tests.examples import examples

D = Decimal
TIERS = [
    Tier(to=D(100), amount=D("0.5")),
    Tier(to=D(1000), amount=D("0.25")),
    Tier(to="inf", amount=D("0.1")),
]


def usage(amount: Any = None, **changes: Any) -> UsagePrice:
    return UsagePrice(
        amount=None if amount is None else D(str(amount)), billing_method="usage_based", **changes
    )


def plan(*items: PlanItem, status: str = "active", currency: str = "usd", id_: str = "pro") -> Subscription:
    base = PlanPrice(amount=D(20), currency=currency, interval="month") if currency else None
    return Subscription(plan_id=id_, status=status, plan=Plan(id=id_, price=base, items=list(items)))


def facts_with(*subscriptions: Subscription, rows: Any = (), pays_in: str = "usd") -> Facts:
    invoices = [Invoice(currency=pays_in)] if pays_in else []
    customer_facts = balance(*rows) if rows else None
    holder = customer(
        *([customer_facts] if customer_facts else []), subscriptions=list(subscriptions), invoices=invoices
    )
    return facts(customer=holder)


def item(priced: UsagePrice | None, feature: str = "messages", **changes: Any) -> PlanItem:
    return PlanItem(feature_id=feature, price=priced, **changes)


def dollars(amount: str) -> Worth:
    return Worth(D(amount), "USD")


@pytest.mark.parametrize(
    ("facts", "worth"),
    [
        (facts_with(plan(item(usage("0.01")))), dollars("50")),
        (facts_with(plan(item(usage(2, billing_units=D(1000))))), dollars("10")),
        (facts_with(plan(item(usage(2, billing_units=D(3000))))), dollars(str(D(10000) / 3000))),
        (facts_with(plan(), rows=[row(price=usage("0.01"))]), dollars("50")),
        (facts_with(plan(item(usage(0)))), dollars("0")),
        (facts_with(plan(item(usage("0.01"))), plan(item(usage("0.01")), id_="more")), dollars("50")),
        (facts_with(plan(item(usage("0.01"))), plan(item(usage("0.02")), id_="more")), None),
        (facts_with(plan(item(usage("0.02"))), rows=[row(price=usage("0.01"))]), dollars("50")),
        (facts_with(plan(item(usage("0.02"), "seats"), item(None))), None),
        (facts_with(plan(item(usage("0.02")), status="scheduled")), None),
        (facts_with(Subscription(plan_id="pro", status="active")), None),
        (facts_with(), None),
        (facts_with(plan(item(usage()))), None),
        # If a balance has two rows, the price of the changed one decides.
        (facts_with(rows=[row(price=usage("0.01")), row("other", price=usage("0.02"))]), dollars("50")),
        (facts_with(rows=[row("one", price=usage("0.01")), row("other", price=usage("0.02"))]), None),
        (facts_with(rows=[row("one"), row("other", price=usage("0.02"))]), dollars("100")),
        (facts_with(plan(item(usage("0.02")), id_="more"), rows=[row(price=usage("0.01"))]), dollars("50")),
        (facts_with(plan(item(usage("0.02"))), rows=[row("one", price=usage("0.01"))]), dollars("50")),
    ],
)
def test_price_comes_from_the_customers_product(facts: Facts, worth: Worth | None) -> None:
    assert price.worth("messages", D(5000), facts, row="row") == worth


IN_EUROS = [OtherPrice(currency="eur", amount=D("0.009"))]


@pytest.mark.parametrize(
    ("facts", "worth"),
    [
        (
            facts_with(plan(item(usage("0.01", additional_currencies=IN_EUROS))), pays_in="eur"),
            Worth(D(45), "EUR"),
        ),
        (facts_with(plan(item(usage("0.01", additional_currencies=IN_EUROS))), pays_in="jpy"), dollars("50")),
        (facts_with(plan(item(usage("0.01")), currency=""), pays_in="eur"), Worth(D(50), "EUR")),
        (facts_with(plan(item(usage("0.01")), currency=""), pays_in=""), None),
        (facts_with(plan(item(usage(tiers=[Tier(to="inf", amount=D(1))]))), pays_in="eur"), dollars("5000")),
        (
            facts_with(plan(item(usage(tiers=[Tier(to="inf", amount=D(1))])), currency=""), pays_in="eur"),
            Worth(D(5000), "EUR"),
        ),
    ],
)
def test_price_is_in_the_currency_it_was_set_in(facts: Facts, worth: Worth | None) -> None:
    assert price.worth("messages", D(5000), facts) == worth


def tiered(*tiers: Tier, included: int = 0, overage: int = 0, behavior: str = "", **changes: Any) -> Facts:
    priced = usage(tiers=list(tiers), tier_behavior=behavior, **changes)
    return facts_with(plan(), rows=[row(included=included, usage=included + overage, price=priced)])


@pytest.mark.parametrize(
    ("facts", "units", "worth"),
    [
        (tiered(*TIERS), 100, "50"),
        (tiered(*TIERS), 101, "50.25"),
        (tiered(*TIERS), 1100, "285"),
        (tiered(*TIERS, overage=50), 100, "37.5"),
        (tiered(*TIERS, overage=1000), 100, "10"),
        (tiered(*TIERS, behavior="volume"), 100, "50"),
        (tiered(*TIERS, behavior="volume"), 400, "100"),
        (tiered(*TIERS, behavior="volume", overage=100), 300, "50"),
        # One more unit makes all of them cheaper, so it costs nothing.
        (tiered(*TIERS, behavior="volume", overage=100), 1, "0"),
        (tiered(*TIERS, billing_units=D(10)), 100, "5"),
        (tiered(*TIERS, behavior="volume", billing_units=D(10)), 400, "10"),
        (tiered(Tier(to="inf", amount=D(1), flat_amount=D(7))), 2, "9"),
        (tiered(Tier(to="inf", flat_amount=D(7))), 2, "7"),
        (tiered(Tier(to="inf", flat_amount=D(7)), behavior="volume"), 2, "7"),
    ],
)
def test_tiers(facts: Facts, units: int, worth: str) -> None:
    assert price.worth("messages", D(units), facts, row="row") == dollars(worth)


@pytest.mark.parametrize("behavior", ["", "volume"])
@pytest.mark.parametrize(
    "tiers",
    [
        [Tier(to=D(10), amount=D(1))],
        [Tier(to="more", amount=D(1))],
        [Tier(amount=D(1))],
        [Tier(to="inf")],
    ],
)
def test_tiers_without_a_clear_price(behavior: str, tiers: list[Tier]) -> None:
    assert price.worth("messages", D(11), tiered(*tiers, behavior=behavior), row="row") is None


def test_included_units_possibly_in_a_tier_leave_the_worth_open() -> None:
    assert price.worth("messages", D(10), tiered(*TIERS, included=50), row="row") == dollars("5")
    assert price.worth("messages", D(60), tiered(*TIERS, included=50), row="row") is None
    of_plan = facts_with(plan(item(usage(tiers=TIERS), included=D(50))))
    assert price.worth("messages", D(50), of_plan) == dollars("25")
    assert price.worth("messages", D(60), of_plan) is None


@examples(100)
@given(st.integers(0, 2000), st.integers(1, 2000), st.integers(1, 2000))
def test_two_gifts_are_worth_as_much_as_one_of_both(paid: int, first: int, second: int) -> None:
    def worth(overage: int, units: int) -> Decimal:
        worth_found = price.worth("messages", D(units), tiered(*TIERS, overage=overage), row="row")
        assert worth_found is not None
        return worth_found.amount

    assert worth(paid, first) + worth(paid + first, second) == worth(paid, first + second)
