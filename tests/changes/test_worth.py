"""The worth of each kind's changes to the policy, and what they add to the daily totals."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.access.limits import Worth
from bot.autumn.models import Invoice, Plan, PlanItem, PlanPrice, Subscription, UsagePrice
from bot.changes import notes, registry
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.cancellation.request import CancellationInput
from bot.changes.details.request import DetailsInput
from bot.changes.grant.request import GrantInput
from bot.changes.model import ChangeInput, Facts, Snapshot
from bot.changes.notes import Note
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from bot.changes.refund.request import RefundInput
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.changes.standalone import GrantSize
from tests.changes.facts import balance, billing, coupon, customer, discount, facts, grant, rewards, row

D = Decimal
A_CENT = UsagePrice(amount=D("0.01"), billing_method="usage_based")
TWO_DOLLARS = UsagePrice(amount=D(2), billing_method="prepaid")
FIXED = coupon("fixed", 15, type="fixed_discount")
PRO = Subscription(
    plan_id="pro",
    status="active",
    plan=Plan(
        id="pro",
        price=PlanPrice(amount=D(20), currency="usd", interval="month"),
        items=[PlanItem(feature_id="credits", price=A_CENT)],
    ),
)
KNOWN = facts(
    customer=customer(
        balance(row(price=A_CENT)),
        balance(row("seats", price=TWO_DOLLARS, prepaid_grant=D(4), included=2), feature_id="seats"),
        subscriptions=[PRO],
        invoices=[Invoice(currency="usd")],
    ),
    rewards=rewards(
        FIXED,
        coupon("ten"),
        grants=(
            grant("BOTH", messages=500, seats=1),
            grant("UNPRICED", messages=500, storage=1),
            grant("SSO", sso=None),
        ),
    ),
    billing=billing(),
)
HALF_OFF = replace(KNOWN, billing=billing(discount("half", 50)))


def balance_change(action: BalanceAction, amount: int | None) -> BalanceInput:
    number = None if amount is None else D(amount)
    return BalanceInput(customer="cus_1", feature="messages", row="row", action=action, amount=number)


def grant_of(size: GrantSize = GrantSize.AMOUNT) -> GrantInput:
    amount = D(300) if size is GrantSize.AMOUNT else None
    return GrantInput(customer="cus_1", feature="credits", grant="maple_1", size=size, amount=amount)


def seats(quantity: int, product: str = "pro") -> QuantityInput:
    return QuantityInput(
        customer="cus_1",
        subscription="sub",
        product=product,
        feature="seats",
        quantity=D(quantity),
        billed=Billed.NOW,
    )


def reward(action: RewardAction, **changes: Any) -> RewardInput:
    return RewardInput(customer="cus_1", action=action, **changes)


def dollars(amount: int) -> Worth:
    return Worth(D(amount), "USD")


@pytest.mark.parametrize(
    ("change_input", "facts", "worth", "moved"),
    [
        (balance_change(BalanceAction.GIVE, 500), KNOWN, dollars(5), {"feature:messages": D(500)}),
        # 700 of 1,000 are left.
        (balance_change(BalanceAction.SET, 1000), KNOWN, dollars(3), {"feature:messages": D(300)}),
        (balance_change(BalanceAction.SET, 200), KNOWN, dollars(5), {"feature:messages": D(500)}),
        (balance_change(BalanceAction.RESET_DATE, None), KNOWN, None, {}),
        (grant_of(), KNOWN, dollars(3), {"feature:credits": D(300)}),
        (grant_of(GrantSize.UNLIMITED), KNOWN, None, {}),
        (seats(9), KNOWN, dollars(6), {"feature:seats": D(3)}),
        (seats(9, "other"), KNOWN, None, {}),
        (reward(RewardAction.APPLY, reward="fixed"), KNOWN, dollars(15), {}),
        (reward(RewardAction.APPLY, reward="ten"), KNOWN, None, {}),
        (reward(RewardAction.APPLY, reward="fixed"), HALF_OFF, None, {}),
        (reward(RewardAction.REMOVE), HALF_OFF, None, {}),
        (
            reward(RewardAction.REDEEM, code="BOTH"),
            KNOWN,
            dollars(7),
            {"feature:messages": D(500), "feature:seats": D(1)},
        ),
        (
            reward(RewardAction.REDEEM, code="UNPRICED"),
            KNOWN,
            None,
            {"feature:messages": D(500), "feature:storage": D(1)},
        ),
        (reward(RewardAction.REDEEM, code="SSO"), KNOWN, None, {}),
        (reward(RewardAction.REDEEM, code="NONE"), KNOWN, None, {}),
        (DetailsInput(customer="cus_1", name="New"), KNOWN, None, {}),
    ],
)
def test_units_are_worth_their_price(
    change_input: ChangeInput, facts: Facts, worth: Worth | None, moved: dict[str, Decimal]
) -> None:
    kind = registry.of(change_input)
    before = kind.snapshot(change_input, facts)
    amount = kind.amount(change_input, before)
    assert kind.worth(change_input, amount, before, facts) == worth
    assert kind.moved(change_input, amount, before) == moved
    assert worth is None or kind.policy.valued


CANCELLED = CancellationInput.model_validate(registry.kind("cancellation").sample("cus_1").model_dump())
SWITCHED = registry.kind("switch").sample("cus_1")
ADDED = registry.kind("addition").sample("cus_1")
REFUNDED = RefundInput(customer="cus_1", invoice="in_1", currency="JPY", amount=D(900))


@pytest.mark.parametrize(
    ("change_input", "before", "worth"),
    [
        (CANCELLED, {"quote:currency": "EUR"}, Worth(D(9), "EUR")),
        (SWITCHED, {"quote:currency": "EUR"}, Worth(D(9), "EUR")),
        (SWITCHED, {}, None),
        (ADDED, {"quote:currency": "EUR"}, Worth(D(9), "EUR")),
        (REFUNDED, {"currency": "JPY"}, Worth(D(9), "JPY")),
        (REFUNDED, {"currency": "unheard of"}, None),
    ],
)
def test_money_is_worth_its_amount(change_input: ChangeInput, before: Snapshot, worth: Worth | None) -> None:
    kind = registry.of(change_input)
    assert kind.policy.money
    assert kind.worth(change_input, D(9), before, KNOWN) == worth
    assert kind.worth(change_input, None, before, KNOWN) is None


def test_refunds_of_one_currency_add_up() -> None:
    kind = registry.of(REFUNDED)
    assert kind.moved(REFUNDED, D(9), {}) == {"currency:JPY": D(9)}
    assert not kind.policy.daily


@pytest.mark.parametrize(
    ("change_input", "features"),
    [
        (balance_change(BalanceAction.GIVE, 5), {"messages"}),
        (grant_of(), {"credits"}),
        (seats(9), {"seats"}),
        (reward(RewardAction.APPLY, reward="ten"), set()),
        (reward(RewardAction.REDEEM, code="BOTH"), {"messages", "seats"}),
        (reward(RewardAction.REDEEM, code="SSO"), {"sso"}),
        (reward(RewardAction.REDEEM, code="NONE"), None),
        (REFUNDED, set()),
        (DetailsInput(customer="cus_1", name="New"), set()),
    ],
)
def test_features_of_a_change(change_input: ChangeInput, features: set[str] | None) -> None:
    kind = registry.of(change_input)
    before = kind.snapshot(change_input, KNOWN)
    assert kind.features(change_input, before) == features


@pytest.mark.parametrize("kind_id", ["balance", "grant", "quantity", "refund"])
def test_daily_note_has_the_count_and_the_total(kind_id: str) -> None:
    daily = registry.kind(kind_id).daily
    assert daily is not None
    details = {"nth": "3", "units": "1500", daily.field: "usd" if daily.field == "currency" else "seats"}
    text = notes.mrkdwn(Note(daily.note, details), {"seats": "Seats"})
    assert "3rd" in text
    assert (
        "$1,500.00" if daily.field == "currency" else "Seats today: 1,500"
    ) + " in total, this one" in text


@pytest.mark.parametrize("kind_id", ["balance", "refund"])
def test_daily_note_of_an_earlier_version_is_still_shown(kind_id: str) -> None:
    """Requests that wait were stored without what they add up by."""
    daily = registry.kind(kind_id).daily
    assert daily is not None
    assert "3rd" in notes.mrkdwn(Note(daily.note, {"nth": "3", "units": "1500"}))
