"""A coupon on one subscription."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import InvoicePreview, LineDiscount, NextCycle, PreviewLine
from bot.changes import words as changes_words
from bot.changes.billing import quote as quoted
from bot.changes.billing import subscriptions
from bot.changes.billing import words as billing_words
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.forms.model import Meta
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Verdict
from bot.changes.notes import CommonNote, Note, plain
from bot.changes.reward import attached, words
from bot.changes.reward.kind import RewardChange
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction, RewardLine, RewardNote
from tests.changes.billing.quotes import ADD_ON, OF_ENTITY, PRO, TEAM_LATER, facts_with, quote
from tests.changes.facts import NOW, SOON, billing, coupon, customer, discount, rewards, subscription
from tests.changes.filling import Filling

CHANGE = RewardChange()
FREE = subscription("free", price=None, id="sub_free", scope="customer")
BARE = subscription("bare", id="sub_bare", scope="customer", plan=None)
COUPONS = rewards(
    coupon("ten", 10), coupon("pros", 20, plan_ids=["pro"]), coupon("teams", 5, plan_ids=["team"])
)
QUOTE = quote(next_cycle=NextCycle(total=Decimal(44)))
STAYS = Note(RewardNote.STAYS_ATTACHED)
APART = InvoicePreview(
    plan_ids=["pro"], line_items=[PreviewLine(discounts=[LineDiscount(reward_id="other")])]
)
TOGETHER = (
    InvoicePreview(plan_ids=["pro", "seats"]),
    InvoicePreview(plan_ids=["seats", "pro"]),
    InvoicePreview(plan_ids=["other"]),
)


def attach(reward: str = "ten", **changes: Any) -> RewardInput:
    fields = {"customer": "cus_1", "reward": reward, "subscription": "sub_pro", "product": "pro"}
    return RewardInput(**{**fields, "action": RewardAction.ATTACH, **changes})


def coupon_facts(*discounts: Any, upcoming: Any = None, **changes: Any) -> Facts:
    subscriptions = (PRO, ADD_ON, FREE, BARE, OF_ENTITY, TEAM_LATER)
    return facts_with(
        *subscriptions, rewards=COUPONS, billing=billing(*discounts, upcoming=upcoming), **changes
    )


@pytest.mark.parametrize(
    ("request_", "facts", "refusal"),
    [
        (attach(""), coupon_facts(), Note(RewardNote.NO_REWARD)),
        (attach("gone"), coupon_facts(), Note(RewardNote.REWARD_UNKNOWN, {"reward": "gone"})),
        (attach(subscription=""), coupon_facts(), Note(BillingNote.NOT_PICKED)),
        (attach(subscription="sub_gone"), coupon_facts(), Note(BillingNote.GONE)),
        (attach(subscription="sub_team"), coupon_facts(), Note(BillingNote.SCHEDULED)),
        (attach(subscription="sub_entity"), coupon_facts(), Note(BillingNote.OF_ENTITY)),
        (attach(subscription="sub_free"), coupon_facts(), Note(RewardNote.NOT_BILLED)),
        (attach("teams"), coupon_facts(), Note(RewardNote.NOT_FOR_PRODUCT, {"plans": "team"})),
        (
            attach(),
            coupon_facts(discount("ten", subscription_id="sub_in_stripe")),
            Note(RewardNote.ALREADY_ATTACHED, {"name": "ten off"}),
        ),
        (
            attach(),
            coupon_facts(quote_refused="currency_mismatch"),
            Note(BillingNote.WOULD_BE_REFUSED, {"code": "currency_mismatch"}),
        ),
        (attach(customer="cus_2"), coupon_facts(), Note(CommonNote.OTHER_CUSTOMER)),
    ],
)
def test_guard_refuses(request_: RewardInput, facts: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(request_, facts, NOW)
    assert judged.refusals == (refusal,)
    assert not judged.warnings


@pytest.mark.parametrize(
    ("request_", "facts", "warnings"),
    [
        (attach(), coupon_facts(), [STAYS]),
        (attach(), coupon_facts(quoted=QUOTE), [STAYS]),
        (attach(), replace(coupon_facts(), billing=None), [STAYS]),
        (attach(), coupon_facts(discount("other", subscription_id="sub_in_stripe")), [STAYS]),
        (attach(subscription="sub_bare", product="bare"), coupon_facts(), [STAYS]),
        (attach(), coupon_facts(quoted=quote()), [Note(RewardNote.NO_EFFECT), STAYS]),
        (
            attach(),
            coupon_facts(discount("ten")),
            [Note(RewardNote.OWN_STEPS_ASIDE, {"name": "ten off"}), STAYS],
        ),
        (
            attach(),
            coupon_facts(discount("ten"), discount("other", subscription_id="s"), upcoming=(APART,)),
            [STAYS],
        ),
        (
            attach(),
            coupon_facts(upcoming=TOGETHER),
            [Note(RewardNote.BILLED_TOGETHER, {"products": "seats"}), STAYS],
        ),
        (attach("pros"), coupon_facts(upcoming=TOGETHER), [STAYS]),
        (
            attach("both"),
            replace(
                coupon_facts(upcoming=TOGETHER), rewards=rewards(coupon("both", 5, plan_ids=["pro", "seats"]))
            ),
            [Note(RewardNote.BILLED_TOGETHER, {"products": "seats"}), STAYS],
        ),
    ],
)
def test_guard_warns(request_: RewardInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(request_, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_autumns_preview_is_shown() -> None:
    assert CHANGE.preview(attach(), coupon_facts(quoted=QUOTE)) == (
        Line(RewardLine.ATTACHED, None, "ten off", about="pro"),
        Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD"),
        Line(BillingLine.NEXT_TOTAL, None, "44", ValueFormat.MONEY, currency="USD"),
    )
    assert CHANGE.preview(attach("gone"), coupon_facts()) == (
        Line(RewardLine.ATTACHED, None, None, about="pro"),
    )


def test_only_attaching_is_previewed_by_autumn() -> None:
    assert CHANGE.quotes(attach())
    assert not any(
        CHANGE.quotes(attach(action=action)) for action in set(RewardAction) - {RewardAction.ATTACH}
    )


def test_attaching_touches_its_subscription() -> None:
    assert subscriptions.touched("sub_pro") in CHANGE.touches(attach())


def test_write_names_the_subscription_and_the_coupon() -> None:
    (write,) = CHANGE.plan(attach(), coupon_facts())
    assert (write.route, dict(write.body)) == (
        "billing.update",
        {"customer_id": "cus_1", "subscription_id": "sub_pro", "discounts": [{"reward_id": "ten"}]},
    )


def test_attaching_counts_as_its_coupon() -> None:
    facts = coupon_facts(discount("twenty", 50), quoted=QUOTE)
    before = CHANGE.snapshot(attach(), facts)
    assert CHANGE.amount(attach(), before) == 10
    assert CHANGE.worth(attach(), Decimal(10), before, facts) is None
    assert CHANGE.rewards(attach(), facts) == frozenset({"ten"})
    assert CHANGE.rewards(attach(), replace(facts, billing=None)) is None
    assert CHANGE.features(attach(), before) == frozenset()
    assert CHANGE.moved(attach(), Decimal(10), before) == {}


def test_snapshot_has_subscription_holders_and_preview() -> None:
    attached_coupons = [discount("ten", subscription_id=held_by) for held_by in ("s2", "s1")]
    facts = coupon_facts(*attached_coupons, discount("other", subscription_id="s3"), quoted=QUOTE)
    snapshot = CHANGE.snapshot(attach(), facts)
    assert {name: value for name, value in snapshot.items() if not name.startswith("offer")} == {
        **subscriptions.snapshot(PRO, "pro", facts),
        "attached": '["s1", "s2"]',
        "own": None,
        "next_total": "44",
        **quoted.snapshot(facts),
    }
    assert attached.is_there(snapshot)
    assert not attached.is_there({})


def test_attachment_holds_while_nothing_shown_changed() -> None:
    then = CHANGE.snapshot(attach(), coupon_facts(quoted=QUOTE))
    assert CHANGE.holds(attach(), then, CHANGE.snapshot(attach(), coupon_facts(quoted=QUOTE)))
    assert CHANGE.holds(attach(), then, CHANGE.snapshot(attach(), coupon_facts(quoted=QUOTE, at=SOON)))
    dearer = quote(next_cycle=NextCycle(total=Decimal(50)))
    for moved in (
        coupon_facts(discount("twenty"), quoted=QUOTE),
        coupon_facts(discount("ten", subscription_id="sub_in_stripe"), quoted=QUOTE),
        coupon_facts(quoted=dearer),
        coupon_facts(quoted=quote()),
        replace(coupon_facts(quoted=QUOTE), rewards=rewards(coupon("ten", 15))),
        replace(coupon_facts(quoted=QUOTE), customer=customer(subscriptions=[])),
    ):
        assert not CHANGE.holds(attach(), then, CHANGE.snapshot(attach(), moved))


@pytest.mark.parametrize(
    ("attached_coupons", "verdict", "line"),
    [
        ((), Verdict.NOT_APPLIED, words.NOT_ATTACHED),
        ((discount("ten"),), Verdict.NOT_APPLIED, words.NOT_ATTACHED),
        ((discount("other", subscription_id="s"),), Verdict.NOT_APPLIED, words.NOT_ATTACHED),
        ((discount("ten", subscription_id="s"),), Verdict.APPLIED, words.ATTACHED),
        (
            (discount("ten", subscription_id="s"), discount("other", subscription_id="s")),
            Verdict.APPLIED,
            words.ATTACHED,
        ),
    ],
)
def test_verdict_of_the_read_back(attached_coupons: tuple[Any, ...], verdict: Verdict, line: str) -> None:
    before, after = (
        CHANGE.snapshot(attach(), coupon_facts(quoted=QUOTE)),
        CHANGE.snapshot(attach(), coupon_facts(*attached_coupons)),
    )
    assert CHANGE.verify(attach(), before, after) is verdict
    assert CHANGE.verify(attach(), before, None) is Verdict.UNCLEAR
    assert CHANGE.shown_now(attach(), before, after) == [line]
    assert CHANGE.inverse(attach(), before, after) is None


def test_existing_attachment_proves_nothing() -> None:
    facts = CHANGE.snapshot(attach(), coupon_facts(discount("ten", subscription_id="s")))
    assert CHANGE.verify(attach(), facts, facts) is Verdict.NOT_APPLIED


def test_summary() -> None:
    names = {"ten": "Ten off", "pro": "Pro"}
    assert CHANGE.summary(attach(), names) == words.attach_coupon("Ten off", "Pro")


# The form


def form(facts: Facts) -> Filling:
    opened = Filling(Meta(kind="reward", customer="cus_1", submission="s1", reason_required=False), facts)
    opened.fill("action", option="attach")
    return opened


def test_form_offers_billed_subscriptions_and_asks_for_both() -> None:
    opened = form(coupon_facts())
    assert [value for _, value, *_ in opened.options("subscription")] == ["sub_pro", "sub_seats", "sub_bare"]
    errors = opened.submit().errors
    assert errors == {
        "subscription": plain(Note(BillingNote.NOT_PICKED)),
        "coupon": plain(Note(RewardNote.NO_REWARD)),
    }
    opened.fill("subscription", option="sub_pro")
    assert opened.submit().errors == {"coupon": plain(Note(RewardNote.NO_REWARD))}
    opened.fill("coupon", option="ten")
    assert "Coupon on pro: *ten off*" in opened.text
    submitted = opened.submit().input
    assert isinstance(submitted, RewardInput)
    assert submitted.model_copy(update={"customer_created_at": None}) == attach()


def test_only_subscription_is_preselected() -> None:
    opened = form(facts_with(PRO, FREE, rewards=COUPONS, billing=billing()))
    opened.fill("coupon", option="pros")
    submitted = opened.submit().input
    assert isinstance(submitted, RewardInput)
    assert (submitted.subscription, submitted.product, submitted.reward) == ("sub_pro", "pro", "pros")


def test_form_without_a_billed_subscription_says_so() -> None:
    opened = form(facts_with(FREE, rewards=COUPONS, billing=billing()))
    assert billing_words.NO_SUBSCRIPTIONS in opened.text
    opened.fill("coupon", option="ten")
    assert opened.submit().errors == {"action": changes_words.STALE}


def test_form_that_is_still_updating_is_refused() -> None:
    opened = Filling(
        Meta(kind="reward", customer="cus_1", submission="s1", reason_required=False), coupon_facts()
    )
    opened.fill("action", option="attach", redraw=False)
    assert opened.submit().errors == {"action": changes_words.STALE}
