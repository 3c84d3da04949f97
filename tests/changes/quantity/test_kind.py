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
from bot.changes.model import Facts, PendingPayment, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.quantity.kind import QuantityChange
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed, QuantityNote
from tests.changes.billing.quotes import OF_ENTITY, PRO, having
from tests.changes.billing.quotes import quote as quoted
from tests.changes.facts import AHEAD, BY_USE, NOW, balance, row

CHANGE = QuantityChange()
BY_TIME = Note(BillingNote.SHOWN_BY_TIME)
MAY_NEED_PAYMENT = Note(QuantityNote.MAY_NEED_PAYMENT)


def selling(included: int | None = 2, pack: int | None = None, most: int | None = None) -> Subscription:
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


def having_seats(subscription: Subscription | None = None, **changes: Any) -> Facts:
    """Six seats: two included, four bought."""
    return having(subscription or selling(), **{"balances": (seats(),), **changes})


def ask(quantity: Any = 8, **changes: Any) -> QuantityInput:
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
        (ask(customer="cus_2"), having_seats(), Note(CommonNote.OTHER_CUSTOMER)),
        (ask(subscription="gone"), having_seats(), Note(BillingNote.GONE)),
        (ask(subscription="sub_entity"), having(OF_ENTITY), Note(BillingNote.OF_ENTITY)),
        (ask(feature="plain"), having_seats(), Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "plain"})),
        (
            ask(feature="messages"),
            having_seats(),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "messages"}),
        ),
        (ask(feature="none"), having_seats(), Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "none"})),
        (
            ask(),
            having_seats(PRO.model_copy(update={"plan": None})),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"}),
        ),
        (ask(), having_seats(balances=()), Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"})),
        (
            ask(),
            having_seats(balances=(seats(plan_id="other"),)),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"}),
        ),
        (
            ask(),
            having_seats(balances=(seats(price=None),)),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"}),
        ),
        (
            ask(),
            having_seats(balances=(seats(price=BY_USE),)),
            Note(QuantityNote.NOT_BOUGHT_AHEAD, {"feature": "seats"}),
        ),
        (ask(), having_seats(balances=(TWICE,)), Note(QuantityNote.HELD_TWICE)),
        (ask(10**13), having_seats(), Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})),
        (ask(-1), having_seats(), Note(BillingNote.NEGATIVE)),
        (ask(1), having_seats(), Note(BillingNote.BELOW_INCLUDED, {"included": "2"})),
        (
            ask("2.5"),
            having_seats(),
            Note(BillingNote.NOT_WHOLE_PACKS, {"pack": "1", "included": "2", "next": "3"}),
        ),
        (
            ask(8),
            having_seats(selling(pack=5)),
            Note(BillingNote.NOT_WHOLE_PACKS, {"pack": "5", "included": "2", "next": "12"}),
        ),
        (ask(9), having_seats(selling(most=6)), Note(BillingNote.OVER_MOST, {"most": "8"})),
        (ask(6), having_seats(), Note(CommonNote.NOTHING_TO_DO)),
        (ask(6, billed=Billed.NEXT_INVOICE), having_seats(), Note(CommonNote.NOTHING_TO_DO)),
        (
            ask(),
            having_seats(quote_refused="invalid_inputs"),
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
        (ask(), having_seats(), [BY_TIME, MAY_NEED_PAYMENT]),
        (ask(8), having_seats(selling(most=6)), [BY_TIME, MAY_NEED_PAYMENT]),
        (ask(12), having_seats(selling(pack=5)), [BY_TIME, MAY_NEED_PAYMENT]),
        (ask(5), having_seats(), [BY_TIME]),
        (ask(3), having_seats(), [BY_TIME]),
        (ask(2), having_seats(), [Note(QuantityNote.BELOW_USED, {"used": "3"}), BY_TIME]),
        (
            ask(0),
            having_seats(selling(included=None), balances=(seats(included=0),)),
            [Note(QuantityNote.BELOW_USED, {"used": "3"}), BY_TIME],
        ),
        (
            ask(2, billed=Billed.NEXT_INVOICE),
            having_seats(),
            [Note(QuantityNote.BELOW_USED, {"used": "3"}), Note(QuantityNote.NOT_BILLED_NOW)],
        ),
        (ask(billed=Billed.NEXT_INVOICE), having_seats(), [Note(QuantityNote.NOT_BILLED_NOW)]),
    ],
)
def test_guard_warns(change_input: QuantityInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_planned_write() -> None:
    (write,) = CHANGE.plan(ask(), having_seats())
    named = {"customer_id": "cus_1", "subscription_id": "sub_pro"}
    assert write.route == "billing.update"
    assert dict(write.body) == {**named, "feature_quantities": [{"feature_id": "seats", "quantity": 8}]}
    (write,) = CHANGE.plan(ask(0, billed=Billed.NEXT_INVOICE), having_seats())
    assert dict(write.body) == {
        **named,
        "feature_quantities": [{"feature_id": "seats", "quantity": 0}],
        "proration_behavior": "none",
    }


def test_preview_lines() -> None:
    assert CHANGE.preview(ask(), having_seats(quoted=quoted())) == (
        Line(BillingLine.QUANTITY, "6", "8", ValueFormat.NUMBER, about="seats"),
        Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD"),
    )


def state(request: QuantityInput, facts: Facts | None = None) -> Snapshot:
    return CHANGE.snapshot(request, facts or having_seats())


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (having_seats(balances=(seats(6),)), Verdict.APPLIED),
        (having_seats(), Verdict.NOT_APPLIED),
        (having_seats(balances=(seats(5),)), Verdict.UNCLEAR),
        (having_seats(balances=()), Verdict.UNCLEAR),
        (having_seats(balances=(TWICE,)), Verdict.UNCLEAR),
        (having(balances=(seats(6),)), Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(after: Facts, verdict: Verdict) -> None:
    assert CHANGE.verify(ask(), state(ask()), state(ask(), after)) is verdict


def test_snapshot() -> None:
    facts = state(ask())
    assert (facts["quantity"], facts["subscription"], facts["of_product"]) == ("6", "sub_pro", "1")


def test_only_features_bought_ahead_have_a_quantity() -> None:
    assert list(sold_with(selling())) == ["seats"]


def test_verdict_is_unclear_when_the_customer_is_gone() -> None:
    assert CHANGE.verify(ask(), state(ask()), None) is Verdict.UNCLEAR


def test_undo_is_billed_like_the_change() -> None:
    request = ask(billed=Billed.NEXT_INVOICE)
    facts = state(request)
    assert CHANGE.inverse(request, facts, facts) == ask(6, billed=Billed.NEXT_INVOICE)
    assert CHANGE.inverse(request, state(request, having_seats(balances=())), facts) is None


def test_amount_is_in_units() -> None:
    assert CHANGE.amount(ask(8), state(ask())) == 2
    assert CHANGE.amount(ask(1), state(ask())) == 5
    assert CHANGE.amount(ask(), state(ask(), having_seats(balances=()))) is None
    assert CHANGE.products(ask(), having_seats()) == {"pro"}


def test_worth_is_by_the_price_of_the_product_that_is_changed() -> None:
    unrelated = row("other", plan_id="team", price=AHEAD.model_copy(update={"amount": Decimal(50)}))
    own = row("own", price=AHEAD)
    facts = having_seats(balances=(balance(unrelated, own, feature_id="seats"),))
    pays_in_dollars = facts.customer.model_copy(update={"invoices": [Invoice(currency="usd")]})
    facts = replace(facts, customer=pays_in_dollars)
    assert CHANGE.worth(ask(), Decimal(2), {}, facts) == Worth(Decimal(2), "USD")


def test_quantity_holds_until_it_or_the_money_changes() -> None:
    then = state(ask(), having_seats(quoted=quoted(6)))
    used = having_seats(quoted=quoted(6), balances=(seats(used=5),))
    assert CHANGE.holds(ask(), then, state(ask(), used))
    one_seat_more = having_seats(quoted=quoted(6), balances=(seats(5),))
    assert not CHANGE.holds(ask(), then, state(ask(), one_seat_more))
    assert not CHANGE.holds(ask(), then, state(ask(), having_seats(quoted=quoted(9))))


def test_change_may_wait_for_payment() -> None:
    answer = {"payment_url": "https://pay.example/1"}
    assert CHANGE.pending_payment(answer) == PendingPayment("https://pay.example/1")


def test_wording() -> None:
    assert CHANGE.summary(ask(1200), {"pro": "Pro", "seats": "Seats"}) == "Set Seats of Pro to 1,200"
    before = state(ask())
    assert CHANGE.shown_now(ask(), before, before)[0].endswith("*6*")
    for gone in (having_seats(balances=()), having(balances=(seats(),))):
        assert CHANGE.shown_now(ask(), before, state(ask(), gone))[0].endswith("no longer there.")


def test_earlier_changes_of_the_day_are_counted_in_a_warning() -> None:
    assessment = assess(ask(8), having_seats(), NOW, Today(1, Decimal(30)))
    assert Note(QuantityNote.SAME_DAY, {"nth": "2", "units": "32"}) in assessment.judgement.warnings
