"""The next invoices' totals with another coupon, and the notes on them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.models import (
    Coupon,
    Duration,
    InvoicePreview,
    LineDiscount,
    Plan,
    PlanDisplay,
    PlanPrice,
    PreviewLine,
)
from bot.changes import canonical
from bot.changes.estimate import currency_of
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.reward.kind import RewardChange
from bot.changes.reward.words import RewardAction, RewardLine, RewardNote
from tests.changes.facts import (
    LATER,
    NOW,
    SOON,
    billing,
    coupon,
    customer,
    discount,
    rewards,
    subscription,
)
from tests.changes.reward.test_kind import ask, coming, known, line
from tests.examples import examples

APPLY, REMOVE = RewardAction.APPLY, RewardAction.REMOVE
CHANGE = RewardChange()
FIXED: dict[str, Any] = {"type": "fixed_discount"}
THEIRS = discount("sub", subscription_id="s")
ONCE: dict[str, Any] = {"duration": Duration(type="one_off")}
DOLLARS = customer(
    subscriptions=[
        subscription(
            plan=Plan(id="pro", price=PlanPrice(amount=Decimal(20), display=PlanDisplay(primary_text="$20")))
        )
    ]
)


def previews_of(*figures: tuple[Any, Any, str]) -> tuple[InvoicePreview, ...]:
    return tuple(coming(line(total), at=at, currency=currency) for total, at, currency in figures)


def estimates(new: Any, facts: Facts) -> list[tuple[str | None, str | None]]:
    request = ask(APPLY, reward=new.id) if new else ask(REMOVE)
    lines = CHANGE.preview(request, replace(facts, rewards=rewards(*([new] if new else []))))
    return [(line.before, line.after) for line in lines if line.label is RewardLine.NEXT_INVOICE]


THREE = previews_of((99, LATER, "usd"), (199, SOON, "usd"), (100, LATER, "usd"))


@pytest.mark.parametrize(
    ("new", "after"),
    [
        # For one invoice: the earliest; what it leaves is lost.
        (coupon(value=50, **ONCE), ["99", "99.5", "100"]),
        (coupon(value=250, **FIXED, **ONCE), ["99", "0", "100"]),
        # Credit moves from one to the next until it is used up.
        (coupon(value=250, type="invoice_credits", **ONCE), ["48", "0", "100"]),
        (coupon(value=250, type="invoice_credits"), ["48", "0", "100"]),
        # Every invoice.
        (coupon(value=50, **FIXED), ["49", "149", "50"]),
        (coupon(value=50, **FIXED, duration=Duration(type="months", length=6)), ["49", "149", "50"]),
    ],
)
def test_coupon_is_spent_over_the_next_invoices(new: Coupon, after: list[str]) -> None:
    assert [then for _, then in estimates(new, known(upcoming=THREE))] == after


def test_coupon_for_one_invoice_waits_for_a_matching_one() -> None:
    upcoming = (coming(line(20, "pro"), at=SOON), coming(line(30, "team"), at=LATER))
    new = coupon(value=50, plan_ids=["team"], **ONCE)
    assert estimates(new, known(upcoming=upcoming)) == [("20", "20"), ("30", "15")]


def test_amount_counts_only_in_its_currency() -> None:
    upcoming = previews_of((3000, SOON, "jpy"), (45, SOON, "eur"), (20, LATER, "usd"))
    facts = known(upcoming=upcoming, customer=DOLLARS)
    new = coupon(value=5, **FIXED)
    assert estimates(new, facts) == [("3000", "3000"), ("45", "45"), ("20", "15")]
    judged = CHANGE.guard(ask(APPLY, reward="ten"), replace(facts, rewards=rewards(new)), NOW)
    assert judged.warnings == (
        Note(RewardNote.OTHER_CURRENCY, {"currency": "USD", "currencies": "JPY, EUR"}),
        Note(RewardNote.FROM_NEXT_INVOICE, {"at": "2026-12-12T15:06:00.000+00:00"}),
    )
    yen = replace(facts, billing=billing(upcoming=previews_of((3000, SOON, "jpy"))), rewards=rewards(new))
    assert CHANGE.guard(ask(APPLY, reward="ten"), yen, NOW).warnings == (
        Note(RewardNote.OTHER_CURRENCY, {"currency": "USD", "currencies": "JPY"}),
    )


def test_currency_that_nothing_tells_is_empty() -> None:
    assert currency_of(known(customer=customer(subscriptions=[subscription()]))) == ""


def test_unknown_currency_is_called_a_guess() -> None:
    new = coupon(value=5, **FIXED)
    facts = replace(known(upcoming=previews_of((20, SOON, "eur"))), rewards=rewards(new))
    assert estimates(new, facts) == [("20", "15")]
    assert CHANGE.guard(ask(APPLY, reward="ten"), facts, NOW).warnings == (
        Note(RewardNote.CURRENCY_UNKNOWN, {"currencies": "EUR"}),
        Note(RewardNote.FROM_NEXT_INVOICE, {"at": "2026-12-02T15:06:00.000+00:00"}),
    )


def test_current_discount_determines_the_currency() -> None:
    discount_held = discount("old", 5, currency="usd", **FIXED)
    facts = known(discount_held, upcoming=previews_of((20, SOON, "usd"), (30, SOON, "eur")))
    assert estimates(coupon(value=8, **FIXED), facts) == [("20", "12"), ("30", "30")]


def test_percentage_does_not_determine_the_currency() -> None:
    facts = known(
        discount("old", 5, currency="eur"), upcoming=previews_of((30, SOON, "eur")), customer=DOLLARS
    )
    assert estimates(coupon(value=8, **FIXED), facts) == [("30", "30")]


def test_invoice_that_a_coupon_cannot_reach_is_shown_as_it_is_and_warns_of_no_currency() -> None:
    upcoming = (coming(line(90, "pro", ("sub", 10)), at=SOON, currency="eur"), coming(line(20), at=LATER))
    new = coupon(value=5, **FIXED)
    facts = replace(known(THEIRS, upcoming=upcoming, customer=DOLLARS), rewards=rewards(new))
    lines = CHANGE.preview(ask(APPLY, reward="ten"), facts)
    invoices = [line for line in lines if line.label is RewardLine.NEXT_INVOICE]
    assert [(line.about, line.currency, line.before, line.after) for line in invoices] == [
        (canonical.time(SOON), "eur", "90", "90"),
        (canonical.time(LATER), "usd", "20", "15"),
    ]
    codes = [note.code for note in CHANGE.guard(ask(APPLY, reward="ten"), facts, NOW).warnings]
    assert codes == [RewardNote.SUBSCRIPTION_DISCOUNTS, RewardNote.FROM_NEXT_INVOICE]


def test_no_more_is_added_back_than_was_deducted() -> None:
    """Autumn reports a share of $25 for a line of $20."""
    off = [LineDiscount(reward_id="old", amount_off=Decimal(25))]
    cut = PreviewLine(plan_id="pro", subtotal=Decimal(20), total=Decimal(0), discounts=off)
    discount_held = discount("old", 25, currency="usd", **FIXED)
    assert estimates(None, known(discount_held, upcoming=(coming(cut),))) == [("0", "20")]


def test_coupon_without_effect_is_not_promised() -> None:
    new = coupon(plan_ids=["pro"])
    facts = replace(known(THEIRS, upcoming=(coming(line(90, "pro", ("sub", 10))),)), rewards=rewards(new))
    facts = replace(facts, customer=customer(subscriptions=[subscription("pro")]))
    codes = [note.code for note in CHANGE.guard(ask(APPLY, reward="ten"), facts, NOW).warnings]
    assert codes == [RewardNote.SUBSCRIPTION_DISCOUNTS, RewardNote.NO_EFFECT]


def test_worse_coupon_in_place_of_a_better_one() -> None:
    discount_held = discount("old", 50, name="Half")
    upcoming = (coming(line(50, "pro", ("old", 50)), at=SOON), coming(line(20, "pro", ("old", 20)), at=LATER))
    facts = known(discount_held, upcoming=upcoming)
    less = {"name": "Half", "off": "14", "off_now": "70", "currency": "usd"}
    assert CHANGE.guard(ask(APPLY, reward="ten"), facts, NOW).warnings == (
        Note(RewardNote.REPLACES, {"name": "Half"}),
        Note(RewardNote.STRIPE_ONLY, {"name": "Half"}),
        Note(RewardNote.TAKES_LESS, less),
        Note(RewardNote.FROM_NEXT_INVOICE, {"at": "2026-12-02T15:06:00.000+00:00"}),
    )


def test_coupon_that_takes_as_much_is_not_called_worse() -> None:
    facts = known(discount("old", 10), upcoming=(coming(line(90, "pro", ("old", 10))),))
    codes = [note.code for note in CHANGE.guard(ask(APPLY, reward="ten"), facts, NOW).warnings]
    assert RewardNote.TAKES_LESS not in codes


def test_each_currency_is_compared_by_itself() -> None:
    upcoming = (
        coming(line(50, "pro", ("old", 50)), at=SOON),
        coming(line(90, "pro", ("old", 10)), at=LATER, currency="eur"),
    )
    facts = known(discount("old", 50, name="Half"), upcoming=upcoming)
    less = [
        note
        for note in CHANGE.guard(ask(APPLY, reward="ten"), facts, NOW).warnings
        if note.code is RewardNote.TAKES_LESS
    ]
    assert less == [
        Note(RewardNote.TAKES_LESS, {"name": "Half", "off": "10", "off_now": "50", "currency": "usd"})
    ]


AMOUNTS = st.decimals(min_value=0, max_value=500, places=2)
PREVIEWS = st.lists(
    st.builds(
        lambda totals, at, currency: coming(*(line(total) for total in totals), at=at, currency=currency),
        st.lists(AMOUNTS, min_size=1, max_size=3),
        st.sampled_from([SOON, LATER, None]),
        st.sampled_from(["usd", "eur"]),
    ),
    max_size=4,
)


@given(
    PREVIEWS,
    st.sampled_from(["percentage_discount", "fixed_discount", "invoice_credits"]),
    st.sampled_from(["one_off", "months", "forever"]),
    st.integers(1, 100),
)
@examples(200)
def test_no_coupon_deducts_more_than_it_is_worth(
    previews: list[InvoicePreview], kind: str, lasts: str, value: int
) -> None:
    duration = Duration(type=lasts, length=12 if lasts == "months" else None)
    new = coupon(value=value, type=kind, duration=duration)
    facts = known(upcoming=tuple(previews), customer=DOLLARS)
    off = [Decimal(now or 0) - Decimal(then or 0) for now, then in estimates(new, facts)]
    assert all(0 <= amount_off <= preview.total for amount_off, preview in zip(off, previews, strict=True))
    if kind != "percentage_discount":
        assert all(
            not amount_off or preview.currency == "usd"
            for amount_off, preview in zip(off, previews, strict=True)
        )
        assert all(amount_off <= value for amount_off in off)
    if kind == "invoice_credits":
        assert sum(off) <= value
    elif lasts == "one_off":
        assert sum(amount_off > 0 for amount_off in off) <= 1
