"""Prepaid quantities: refusals and warnings, the write, and its verdict."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.access.limits import Today, Worth
from bot.approvals.preview import assess
from bot.autumn.models import Balance, Invoice, Plan, PlanItem, Subscription, UsagePrice
from bot.changes.amounts import AmountNote
from bot.changes.billing.quantities import sold_with
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, PaymentPage, PendingPayment, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.quantity.kind import QuantityChange
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed, QuantityNote
from tests.changes.billing.quotes import OF_ENTITY, PRO, facts_with
from tests.changes.billing.quotes import quote as quoted
from tests.changes.facts import AHEAD, BY_USE, NOW, balance, row

CHANGE = QuantityChange()
BY_TIME = Note(BillingNote.SHOWN_BY_TIME)
MAY_NEED_PAYMENT = Note(QuantityNote.MAY_NEED_PAYMENT)

OF_SOURCE = Note(QuantityNote.SOURCE_BELOW_USED, {"used": "3"})
GIFT = row("gift", included=10, usage=10, plan_id=None)


def subscription_selling(
    included: int | None = 2, pack: int | None = None, most: int | None = None
) -> Subscription:
    """A subscription whose product sells seats."""
    price = UsagePrice(
        amount=Decimal(3),
        billing_method="prepaid",
        billing_units=None if pack is None else Decimal(pack),
        max_purchase=None if most is None else Decimal(most),
    )
    items = [
        PlanItem(feature_id="plain"),
        PlanItem(feature_id="messages", price=BY_USE),
        PlanItem(feature_id="seats", included=None if included is None else Decimal(included), price=price),
    ]
    return PRO.model_copy(update={"plan": Plan(id="pro", items=items)})


def seats(bought: int = 4, *, included: int = 2, used: int = 3, **changes: Any) -> Balance:
    facts = row(
        included=included, usage=used, **{"prepaid_grant": Decimal(bought), "price": AHEAD, **changes}
    )
    return balance(facts, feature_id="seats")


def facts_with_seats(subscription: Subscription | None = None, **changes: Any) -> Facts:
    """Six seats: two included, four bought."""
    return facts_with(subscription or subscription_selling(), **{"balances": (seats(),), **changes})


def quantity_of(quantity: Any = 8, **changes: Any) -> QuantityInput:
    fields = {
        "customer": "cus_1",
        "subscription": "sub_pro",
        "product": "pro",
        "feature": "seats",
        "quantity": Decimal(quantity),
        "billed": Billed.NOW,
    }
    return QuantityInput(**{**fields, **changes})


TWICE = balance(row("one", price=AHEAD), row("two", price=AHEAD), feature_id="seats")


@pytest.mark.parametrize(
    ("change_input", "facts", "refusal"),
    [
        (quantity_of(customer="cus_2"), facts_with_seats(), Note(CommonNote.OTHER_CUSTOMER)),
        (quantity_of(subscription="gone"), facts_with_seats(), Note(BillingNote.GONE)),
        (quantity_of(subscription="sub_entity"), facts_with(OF_ENTITY), Note(BillingNote.OF_ENTITY)),
        (
            quantity_of(feature="plain"),
            facts_with_seats(),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "plain"}),
        ),
        (
            quantity_of(feature="messages"),
            facts_with_seats(),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "messages"}),
        ),
        (
            quantity_of(feature="none"),
            facts_with_seats(),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "none"}),
        ),
        (
            quantity_of(),
            facts_with_seats(PRO.model_copy(update={"plan": None})),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"}),
        ),
        (
            quantity_of(),
            facts_with_seats(balances=()),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"}),
        ),
        (
            quantity_of(),
            facts_with_seats(balances=(seats(plan_id="other"),)),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"}),
        ),
        (
            quantity_of(),
            facts_with_seats(balances=(seats(price=None),)),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"}),
        ),
        (
            quantity_of(),
            facts_with_seats(balances=(seats(price=BY_USE),)),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"}),
        ),
        (quantity_of(), facts_with_seats(balances=(TWICE,)), Note(QuantityNote.HELD_TWICE)),
        (quantity_of(10**13), facts_with_seats(), Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})),
        (quantity_of(-1), facts_with_seats(), Note(BillingNote.NEGATIVE)),
        (quantity_of(1), facts_with_seats(), Note(BillingNote.BELOW_INCLUDED, {"included": "2"})),
        (
            quantity_of("2.5"),
            facts_with_seats(),
            Note(BillingNote.NOT_WHOLE_PACKS, {"pack": "1", "included": "2", "next": "3"}),
        ),
        (
            quantity_of(8),
            facts_with_seats(subscription_selling(pack=5)),
            Note(BillingNote.NOT_WHOLE_PACKS, {"pack": "5", "included": "2", "next": "12"}),
        ),
        (
            quantity_of(9),
            facts_with_seats(subscription_selling(most=6)),
            Note(BillingNote.OVER_MOST, {"most": "8"}),
        ),
        (quantity_of(6), facts_with_seats(), Note(CommonNote.NOTHING_TO_DO)),
        (quantity_of(6, billed=Billed.NEXT_INVOICE), facts_with_seats(), Note(CommonNote.NOTHING_TO_DO)),
        (
            quantity_of(),
            facts_with_seats(quote_refused="invalid_inputs"),
            Note(BillingNote.WOULD_BE_REFUSED, {"code": "invalid_inputs"}),
        ),
    ],
)
def test_guard_refuses(change_input: QuantityInput, facts: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.refusals == (refusal,)
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (quantity_of(), facts_with_seats(), [BY_TIME, MAY_NEED_PAYMENT]),
        (quantity_of(8), facts_with_seats(subscription_selling(most=6)), [BY_TIME, MAY_NEED_PAYMENT]),
        (quantity_of(12), facts_with_seats(subscription_selling(pack=5)), [BY_TIME, MAY_NEED_PAYMENT]),
        (quantity_of(5), facts_with_seats(), [BY_TIME]),
        (quantity_of(3), facts_with_seats(), [BY_TIME]),
        (quantity_of(2), facts_with_seats(), [Note(QuantityNote.BELOW_USED, {"used": "3"}), BY_TIME]),
        (
            quantity_of(0),
            facts_with_seats(subscription_selling(included=None), balances=(seats(included=0),)),
            [Note(QuantityNote.BELOW_USED, {"used": "3"}), BY_TIME],
        ),
        (
            quantity_of(2),
            facts_with_seats(balances=(balance(*seats().breakdown, GIFT, feature_id="seats"),)),
            [OF_SOURCE, BY_TIME],
        ),
        (
            quantity_of(2),
            facts_with_seats(balances=(seats().model_copy(update={"remaining": Decimal(8)}),)),
            [OF_SOURCE, BY_TIME],
        ),
        (
            quantity_of(2, billed=Billed.NEXT_INVOICE),
            facts_with_seats(),
            [Note(QuantityNote.BELOW_USED, {"used": "3"}), Note(QuantityNote.NOT_BILLED_NOW)],
        ),
        (quantity_of(billed=Billed.NEXT_INVOICE), facts_with_seats(), [Note(QuantityNote.NOT_BILLED_NOW)]),
    ],
)
def test_guard_warns(change_input: QuantityInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_planned_write() -> None:
    (write,) = CHANGE.plan(quantity_of(), facts_with_seats())
    named = {"customer_id": "cus_1", "subscription_id": "sub_pro"}
    assert write.route == "billing.update"
    assert dict(write.body) == {**named, "feature_quantities": [{"feature_id": "seats", "quantity": 8}]}
    (write,) = CHANGE.plan(quantity_of(0, billed=Billed.NEXT_INVOICE), facts_with_seats())
    assert dict(write.body) == {
        **named,
        "feature_quantities": [{"feature_id": "seats", "quantity": 0}],
        "proration_behavior": "none",
    }


def test_preview_lines() -> None:
    assert CHANGE.preview(quantity_of(), facts_with_seats(quoted=quoted())) == (
        Line(BillingLine.QUANTITY, "6", "8", ValueFormat.NUMBER, about="seats"),
        Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD"),
    )


def snapshot_of(request: QuantityInput, facts: Facts | None = None) -> Snapshot:
    return CHANGE.snapshot(request, facts or facts_with_seats())


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (facts_with_seats(balances=(seats(6),)), Verdict.APPLIED),
        (facts_with_seats(), Verdict.NOT_APPLIED),
        (facts_with_seats(balances=(seats(5),)), Verdict.UNCLEAR),
        (facts_with_seats(balances=()), Verdict.UNCLEAR),
        (facts_with_seats(balances=(TWICE,)), Verdict.UNCLEAR),
        (facts_with(balances=(seats(6),)), Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(after: Facts, verdict: Verdict) -> None:
    assert (
        CHANGE.verify(quantity_of(), snapshot_of(quantity_of()), snapshot_of(quantity_of(), after)) is verdict
    )


def test_snapshot() -> None:
    facts = snapshot_of(quantity_of())
    assert (facts["quantity"], facts["subscription"], facts["of_product"]) == ("6", "sub_pro", "1")


def test_only_features_bought_ahead_have_a_quantity() -> None:
    assert list(sold_with(subscription_selling())) == ["seats"]


def test_verdict_is_unclear_when_the_customer_is_gone() -> None:
    assert CHANGE.verify(quantity_of(), snapshot_of(quantity_of()), None) is Verdict.UNCLEAR


def test_undo_is_billed_like_the_change() -> None:
    request = quantity_of(billed=Billed.NEXT_INVOICE)
    facts = snapshot_of(request)
    assert CHANGE.inverse(request, facts, facts) == quantity_of(6, billed=Billed.NEXT_INVOICE)
    assert CHANGE.inverse(request, snapshot_of(request, facts_with_seats(balances=())), facts) is None


def test_lower_quantity_takes_units_away() -> None:
    before = snapshot_of(quantity_of())
    assert CHANGE.takes(quantity_of(1), before)
    assert not CHANGE.takes(quantity_of(8), before)
    assert not CHANGE.takes(quantity_of(1), snapshot_of(quantity_of(), facts_with_seats(balances=())))


def test_amount_is_in_units() -> None:
    assert CHANGE.amount(quantity_of(8), snapshot_of(quantity_of())) == 2
    assert CHANGE.amount(quantity_of(1), snapshot_of(quantity_of())) == 5
    assert CHANGE.amount(quantity_of(), snapshot_of(quantity_of(), facts_with_seats(balances=()))) is None
    assert CHANGE.products(quantity_of(), facts_with_seats()) == {"pro"}


def test_worth_is_by_the_price_of_the_product_that_is_changed() -> None:
    unrelated = row("other", plan_id="team", price=AHEAD.model_copy(update={"amount": Decimal(50)}))
    own = row("own", price=AHEAD)
    facts = facts_with_seats(balances=(balance(unrelated, own, feature_id="seats"),))
    pays_in_dollars = facts.customer.model_copy(update={"invoices": [Invoice(currency="usd")]})
    facts = replace(facts, customer=pays_in_dollars)
    assert CHANGE.worth(quantity_of(), Decimal(2), {}, facts) == Worth(Decimal(2), "USD")


def test_quantity_holds_until_it_or_the_money_changes() -> None:
    then = snapshot_of(quantity_of(), facts_with_seats(quoted=quoted(6)))
    used = facts_with_seats(quoted=quoted(6), balances=(seats(used=5),))
    assert CHANGE.holds(quantity_of(), then, snapshot_of(quantity_of(), used))
    one_seat_more = facts_with_seats(quoted=quoted(6), balances=(seats(5),))
    assert not CHANGE.holds(quantity_of(), then, snapshot_of(quantity_of(), one_seat_more))
    assert not CHANGE.holds(
        quantity_of(), then, snapshot_of(quantity_of(), facts_with_seats(quoted=quoted(9)))
    )


def test_change_may_wait_for_payment() -> None:
    answer = {"payment_url": "https://pay.example/1"}
    assert CHANGE.pending_payment(answer) == PendingPayment(
        "https://pay.example/1", page=PaymentPage.CHECKOUT
    )


def test_wording() -> None:
    assert CHANGE.summary(quantity_of(1200), {"pro": "Pro", "seats": "Seats"}) == "Set Seats on Pro to 1,200"
    before = snapshot_of(quantity_of())
    assert CHANGE.shown_now(quantity_of(), before, before)[0].endswith("*6*")
    for gone in (facts_with_seats(balances=()), facts_with(balances=(seats(),))):
        assert CHANGE.shown_now(quantity_of(), before, snapshot_of(quantity_of(), gone))[0].endswith(
            "no longer there."
        )


def test_earlier_changes_of_the_day_are_counted_in_a_warning() -> None:
    assessment = assess(quantity_of(8), facts_with_seats(), NOW, Today(1, Decimal(30)))
    assert (
        Note(QuantityNote.SAME_DAY, {"nth": "2", "units": "32", "feature": "seats"})
        in assessment.judgement.warnings
    )
