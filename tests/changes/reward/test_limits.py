"""Coupons and promo codes at the limits and just beyond them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import (
    Coupon,
    Discount,
    Duration,
    FeatureGrant,
    Flag,
    Granted,
    InvoicePreview,
    LineDiscount,
    PreviewLine,
    PromoCode,
)
from bot.changes.lines import Line
from bot.changes.notes import Note
from bot.changes.reward.kind import RewardChange
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction, RewardLine, RewardNote
from tests.changes.facts import NOW, balance, billing, coupon, customer, discount, facts, grant, rewards, row

CHANGE = RewardChange()


def reward(action: RewardAction, **changes: Any) -> RewardInput:
    return RewardInput(**{"customer": "cus_1", "action": action, **changes})


APPLY, REDEEM, REMOVE = RewardAction.APPLY, RewardAction.REDEEM, RewardAction.REMOVE
TIMED = coupon(duration=Duration(type="months", length=3), plan_ids=["pro", "team"])
OWN = replace(facts(), billing=billing(discount("old", 7)), rewards=rewards(TIMED))


@pytest.mark.parametrize(
    ("change", "write"),
    [
        (reward(APPLY, reward="."), ("coupons.add", "POST", "/v1/customers/cus_1/coupons/%2E")),
        (reward(APPLY, reward="\ud800"), ("coupons.add", "POST", "/v1/customers/cus_1/coupons/%3F")),
        (reward(APPLY, reward="a.b"), ("coupons.add", "POST", "/v1/customers/cus_1/coupons/a.b")),
        (reward(REMOVE), ("coupons.remove", "DELETE", "/v1/customers/cus_1/coupons")),
        (reward(REDEEM, code="X"), ("rewards.redeem", "POST", "/v1/rewards.redeem")),
    ],
)
def test_route_of_each_reward_action(change: RewardInput, write: tuple[str, str, str]) -> None:
    (write_planned,) = CHANGE.plan(change, OWN)
    assert (write_planned.route, write_planned.method, write_planned.path) == write


def test_snapshot_keeps_every_number_of_a_coupon() -> None:
    offer = {
        "offer": "ten",
        "offer_type": "percentage_discount",
        "offer_value": "10",
        "offer_duration": "months 3",
        "offer_plans": "pro,team",
    }
    own = {"coupon": "old", "coupon_name": "old off", "coupon_type": "percentage_discount"}
    none = dict.fromkeys([*own, "coupon_value"])
    change = reward(APPLY, reward="ten")
    assert CHANGE.snapshot(change, OWN) == {**own, "coupon_value": "7", "stripe_only": "yes", **offer}
    forever = replace(OWN, billing=None, rewards=rewards(coupon()))
    assert CHANGE.snapshot(change, forever) == {
        **none,
        **offer,
        "offer_duration": "forever",
        "offer_plans": None,
    }
    lasting = replace(OWN, rewards=rewards(coupon(duration=None)))
    assert CHANGE.snapshot(change, lasting)["offer_duration"] is None


def test_coupon_starts_again_only_when_it_is_restored() -> None:
    applying, restoring = reward(APPLY, reward="ten"), reward(APPLY, reward="ten", instead="old")
    first, back = (CHANGE.guard(reward_request, OWN, NOW) for reward_request in (applying, restoring))
    assert first.refusals == back.refusals == ()
    starts = Note(RewardNote.STARTS_AFRESH, {"name": "ten off"})
    assert starts not in first.warnings
    assert starts in back.warnings


@pytest.mark.parametrize(
    ("change", "refusals"),
    [
        (reward(REDEEM, code="x" * 200), (Note(RewardNote.GRANT_UNKNOWN),)),
        (reward(REDEEM, code="BONUS"), ()),
        (reward(REMOVE), ()),
    ],
)
def test_guard_refuses_rewards(change: RewardInput, refusals: tuple[Note, ...]) -> None:
    customer_facts = replace(OWN, rewards=rewards(grants=(grant(messages=5),)))
    assert CHANGE.guard(change, customer_facts, NOW).refusals == refusals


def test_code_where_no_rewards_were_read() -> None:
    judged = CHANGE.guard(reward(REDEEM, code="X"), facts(), NOW)
    assert judged.refusals == (Note(RewardNote.GRANT_UNKNOWN),)


def test_grant_is_found_by_any_of_its_codes() -> None:
    two = FeatureGrant(
        id="g",
        promo_codes=[PromoCode(code="A"), PromoCode(code="B")],
        grants=[Granted(feature_id="messages", included=Decimal(5)), Granted(feature_id="sso")],
    )
    flags = {"sso": Flag(id="flag", feature_id="sso")}
    holder = customer(balance(row("b"), row("a")), flags=flags)
    customer_facts = replace(facts(), customer=holder, rewards=rewards(grants=(two,)))
    for code in ("A", "B"):
        assert CHANGE.guard(reward(REDEEM, code=code), customer_facts, NOW).refusals == ()
        assert CHANGE.snapshot(reward(REDEEM, code=code), customer_facts) == {
            "grant": "g",
            "gives:messages": "5",
            "rows:messages": '["a", "b"]',
            "gives:sso": "unlimited",
            "rows:sso": '["flag"]',
        }
    assert CHANGE.snapshot(reward(REDEEM, code="C"), customer_facts) == {"grant": None}


def next_totals(*previews: InvoicePreview, new: Coupon, own: tuple[Discount, ...] = ()) -> list[str | None]:
    """The next invoices' totals with another coupon."""
    customer_facts = replace(facts(), rewards=rewards(new), billing=billing(*own, upcoming=previews))
    return [line.after for line in CHANGE.preview(reward(APPLY, reward=new.id), customer_facts)[1:]]


def invoice(*totals: str, currency: str = "usd", off: Any = ()) -> InvoicePreview:
    items = [PreviewLine(plan_id="pro", total=Decimal(total), discounts=list(off)) for total in totals]
    total = sum((item.total for item in items), Decimal(0))
    return InvoicePreview(invoice_at=NOW + timedelta(40), currency=currency, total=total, line_items=items)


def test_half_a_cent_is_rounded_up() -> None:
    assert next_totals(invoice("0.25"), new=coupon(value=10)) == ["0.22"]
    assert next_totals(invoice("0.35"), invoice("5", currency="jpy"), new=coupon(value=10)) == ["0.31", "4"]


def test_coupon_without_an_end_has_none() -> None:
    odd = coupon(value=10, duration=Duration(type="forever", length=1))
    assert next_totals(invoice("100"), new=odd) == ["90"]
    assert next_totals(invoice("100"), new=coupon(duration=Duration(type="months", length=1))) == ["100"]


def test_discount_of_unknown_size_gives_nothing_back() -> None:
    unknown = LineDiscount(reward_id="old", amount_off=None)
    assert next_totals(invoice("100", off=[unknown]), new=coupon(), own=(discount("old"),)) == ["90"]


def test_no_invoices_when_stripe_was_not_read() -> None:
    customer_facts = replace(facts(), rewards=rewards(coupon()))
    assert CHANGE.preview(reward(APPLY, reward="ten"), customer_facts) == (
        Line(RewardLine.COUPON, None, "ten off"),
    )
