from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import (
    Customer,
    Discount,
    Duration,
    Flag,
    InvoicePreview,
    LineDiscount,
    PreviewLine,
    PromoCode,
)
from bot.changes.lines import Line, ValueFormat, value_bullet
from bot.changes.model import Facts, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.reward import words
from bot.changes.reward.kind import RewardChange
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction, RewardLine, RewardNote
from bot.kit import phrases
from tests.changes.facts import (
    LATER,
    NOW,
    SOON,
    balance,
    billing,
    coupon,
    customer,
    discount,
    facts,
    grant,
    rewards,
    row,
    subscription,
)

APPLY, REDEEM, REMOVE = RewardAction.APPLY, RewardAction.REDEEM, RewardAction.REMOVE
CHANGE = RewardChange()
TEN, TWENTY = coupon("ten", 10), coupon("twenty", 20)
CODED = coupon("coded", 5, promo_codes=[PromoCode(code="SALE")])
ALL = rewards(TEN, TWENTY, CODED, grants=(grant(messages=500), grant("EMPTY"), grant("SSO", sso=None)))


def ask(action: RewardAction, **changes: Any) -> RewardInput:
    return RewardInput(**{"customer": "cus_1", "action": action, **changes})


def known(*discounts: Any, upcoming: Any = None, **changes: Any) -> Facts:
    return replace(facts(), rewards=ALL, billing=billing(*discounts, upcoming=upcoming), **changes)


def line(total: Any, plan_id: str = "pro", *off: tuple[str | None, Any]) -> PreviewLine:
    discounts = [LineDiscount(reward_id=reward, amount_off=Decimal(amount)) for reward, amount in off]
    return PreviewLine(plan_id=plan_id, total=Decimal(str(total)), discounts=discounts)


def coming(*lines: PreviewLine, currency: str = "usd", at: Any = LATER) -> InvoicePreview:
    total = sum((invoice_line.total for invoice_line in lines), Decimal(0))
    return InvoicePreview(invoice_at=at, currency=currency, total=total, line_items=list(lines))


@pytest.mark.parametrize(
    ("change_input", "facts", "refusal"),
    [
        (ask(APPLY), known(), Note(RewardNote.NO_REWARD)),
        (ask(APPLY, reward="gone"), known(), Note(RewardNote.REWARD_UNKNOWN, {"reward": "gone"})),
        (ask(APPLY, reward="ten"), replace(facts(), billing=billing()),
         Note(RewardNote.REWARD_UNKNOWN, {"reward": "ten"})),
        (ask(APPLY, reward="ten"), known(discount("ten")),
         Note(RewardNote.ALREADY_ACTIVE, {"name": "ten off"})),
        (ask(APPLY, reward="ten", instead="gone"), known(discount("twenty")), Note(RewardNote.MOVED_SINCE)),
        (ask(APPLY, reward="ten", instead=""), known(discount("twenty")), Note(RewardNote.MOVED_SINCE)),
        (ask(REMOVE, instead="ten"), known(), Note(RewardNote.MOVED_SINCE)),
        (ask(REMOVE), known(), Note(RewardNote.NO_COUPON)),
        (ask(REMOVE), known(discount(subscription_id="sub")), Note(RewardNote.NO_COUPON)),
        (ask(REMOVE), facts(), Note(RewardNote.NO_COUPON)),
        (ask(REDEEM), known(), Note(RewardNote.NO_CODE)),
        (ask(REDEEM, code="x" * 201), known(), Note(RewardNote.CODE_TOO_LONG, {"most": "200"})),
        (ask(REDEEM, code="SALE"), known(), Note(RewardNote.NOT_A_GRANT, {"name": "coded off"})),
        (ask(REDEEM, code="bonus"), known(), Note(RewardNote.GRANT_UNKNOWN)),
        (ask(REDEEM, code="EMPTY"), known(), Note(RewardNote.GRANT_UNKNOWN)),
        (ask(REMOVE, customer="cus_2"), known(), Note(CommonNote.OTHER_CUSTOMER)),
    ],
)  # fmt: skip
def test_guard_refuses(change_input: RewardInput, facts: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.refusals == (refusal,)
    assert not judged.warnings


@pytest.mark.parametrize(
    ("row_id", "history", "refused"),
    [
        ("reward_BONUS_messages_bal_3M", (), True),
        ("row", ("BONUS",), True),
        ("row", ("bonus", "OTHER"), False),
        ("reward_BONUS2_messages_bal_3M", (), False),
        ("reward_BONUS_seats_bal_3M", (), False),
    ],
)
def test_code_redeemed_before(row_id: str, history: tuple[str, ...], refused: bool) -> None:
    facts = replace(known(customer=customer(balance(row(row_id)))), redeemed=frozenset(history))
    note = Note(RewardNote.ALREADY_REDEEMED, {"promo": "BONUS"})
    assert (CHANGE.guard(ask(REDEEM, code="BONUS"), facts, NOW).refusals == (note,)) is refused


def test_codes_redeemed_by_this_customer_count() -> None:
    applied = [
        ask(REDEEM, code="BONUS", customer_created_at=NOW),
        ask(REDEEM, code="SSO", customer_created_at=SOON),
        ask(APPLY, reward="ten", customer_created_at=NOW),
    ]
    now = CHANGE.with_history(known(customer=customer(created_at=NOW)), applied)
    assert now.redeemed == {"BONUS"}


CHECKOUT = Note(RewardNote.AT_NEXT_CHECKOUT)
AT_START = Note(RewardNote.INVOICE_AT_START, {"product": "basic", "at": "2026-12-12T15:06:00.000+00:00"})


def changing_to(price: int | None) -> Customer:
    """Of a paid product, at the end of the period."""
    ends = subscription("pro", canceled_at=NOW, expires_at=LATER)
    return customer(
        subscriptions=[ends, subscription("basic", price=price, status="scheduled", started_at=LATER)]
    )


LIMITED = replace(known(), rewards=rewards(coupon(plan_ids=["team", "pro"])))
FIXED: dict[str, Any] = {"type": "fixed_discount"}
THEIRS = discount("sub", subscription_id="s")
TIMED = rewards(coupon(duration=Duration(type="months", length=3)))


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (ask(APPLY, reward="ten"), known(), [CHECKOUT]),
        (ask(APPLY, reward="ten"), known(upcoming=()), [CHECKOUT]),
        (ask(APPLY, reward="ten"), known(upcoming=(), customer=changing_to(price=20)), [AT_START]),
        (ask(APPLY, reward="ten"), known(upcoming=(), customer=changing_to(price=None)), [CHECKOUT]),
        (ask(APPLY, reward="ten"), replace(facts(), rewards=ALL), [CHECKOUT]),
        (
            ask(APPLY, reward="ten"),
            known(upcoming=(coming(line(9), at=LATER), coming(line(9), at=SOON), coming(line(9), at=None))),
            [Note(RewardNote.FROM_NEXT_INVOICE, {"at": "2026-12-02T15:06:00.000+00:00"})],
        ),
        (
            ask(APPLY, reward="ten"),
            known(upcoming=(coming(line(9), at=None),)),
            [Note(RewardNote.FROM_NEXT_INVOICE, {"at": ""})],
        ),
        (
            ask(APPLY, reward="ten"),
            known(discount("twenty", name="")),
            [Note(RewardNote.REPLACES, {"name": "twenty"}), CHECKOUT],
        ),
        (
            ask(APPLY, reward="ten"),
            known(discount("a", subscription_id="s"), discount("b", subscription_id="s")),
            [Note(RewardNote.SUBSCRIPTION_DISCOUNTS, {"names": "a off, b off"}), CHECKOUT],
        ),
        (ask(APPLY, reward="ten"), LIMITED, [Note(RewardNote.OTHER_PLANS, {"plans": "team, pro"}), CHECKOUT]),
        (
            ask(APPLY, reward="ten"),
            replace(LIMITED, customer=customer(subscriptions=[subscription("pro")])),
            [CHECKOUT],
        ),
        # It reaches no invoice, whatever their currency is.
        (
            ask(APPLY, reward="less"),
            replace(
                known(THEIRS, upcoming=(coming(line(90, "pro", ("sub", 10))),)),
                rewards=rewards(coupon("less", **FIXED)),
            ),
            [Note(RewardNote.SUBSCRIPTION_DISCOUNTS, {"names": "sub off"}), Note(RewardNote.NO_EFFECT)],
        ),
        (ask(APPLY, reward="ten", instead=""), known(), [CHECKOUT]),
        (
            ask(APPLY, reward="ten", instead=""),
            replace(known(), rewards=TIMED),
            [Note(RewardNote.STARTS_AFRESH, {"name": "ten off"}), CHECKOUT],
        ),
        (
            ask(APPLY, reward="ten", instead=""),
            replace(known(), rewards=rewards(coupon(duration=None))),
            [CHECKOUT],
        ),
        (ask(APPLY, reward="ten", customer="a@b"), known(customer=customer(id="a@b")), [CHECKOUT]),
        (ask(REMOVE), known(discount()), []),
        (
            ask(REMOVE, instead="ten"),
            known(discount(), discount("five", subscription_id="s")),
            [Note(RewardNote.SUBSCRIPTION_DISCOUNTS, {"names": "five off"})],
        ),
        (ask(REDEEM, code="BONUS"), known(), [Note(CommonNote.NO_UNDO)]),
    ],
)
def test_guard_warns(change_input: RewardInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_preview_names_coupons_and_estimates_next_invoices() -> None:
    upcoming = (coming(line(100)), coming(line(7, "team"), currency="jpy", at=None))
    now = known(discount("old", name="Old"), upcoming=upcoming)
    assert CHANGE.preview(ask(APPLY, reward="ten"), now) == (
        Line(RewardLine.COUPON, "Old", "ten off"),
        Line(
            RewardLine.NEXT_INVOICE,
            "100",
            "90",
            ValueFormat.MONEY,
            "usd",
            "2026-12-12T15:06:00.000+00:00",
            True,
        ),
        Line(RewardLine.NEXT_INVOICE, "7", "6", ValueFormat.MONEY, "jpy", "", True),
    )
    assert CHANGE.preview(ask(REMOVE), known(discount("old"))) == (Line(RewardLine.COUPON, "old off", None),)
    assert CHANGE.preview(ask(APPLY, reward="ten"), known()) == (Line(RewardLine.COUPON, None, "ten off"),)


MONTH: dict[str, Any] = {"duration": Duration(type="months", length=1)}


@pytest.mark.parametrize(
    ("new", "discounts", "preview", "after"),
    [
        (coupon(value=10), (), coming(line(49), line("0.55")), "44.59"),
        (coupon(value=10, plan_ids=["team"]), (), coming(line(49), line(51, "team")), "94.9"),
        (coupon(value=30, **FIXED), (), coming(line(20), line(20), line(20)), "30"),
        (coupon(value=30, **FIXED), (), coming(line(20), line(-5)), "-5"),
        (coupon(value=30, type="invoice_credits"), (), coming(line(20)), "0"),
        (coupon(value=30, plan_ids=[]), (), coming(line(20)), "20"),
        # What another coupon deducts now is added back first.
        (coupon(value=10), (discount("old"),), coming(line(90, "pro", ("old", 10))), "90"),
        (coupon(value=20), (discount("old"),), coming(line(90, "pro", ("old", 10))), "80"),
        (None, (discount("old"),), coming(line(90, "pro", ("old", 10), (None, 3))), "100"),
        # A subscription with its own discount keeps it.
        (coupon(value=20), (THEIRS,), coming(line(90, "pro", ("sub", 10))), "90"),
        (coupon(value=20), (THEIRS,), coming(line(90)), "72"),
        # It may or may not have ended by then.
        (coupon(value=10, **MONTH), (), coming(line(100), at=LATER), "90"),
        (coupon(value=10, **MONTH), (), coming(line(100), at=None), "90"),
        (coupon(value=10, **MONTH), (), coming(line(100), at=NOW.replace(month=12)), "100"),
        (coupon(value=10, duration=Duration(type="months", length=2)), (),
         coming(line(100), at=NOW.replace(year=2027, month=1, day=21)), "90"),
        (coupon(value=10, duration=Duration(type="months")), (), coming(line(100)), "90"),
        (coupon(value=10, duration=None), (), coming(line(100)), "90"),
    ],
)  # fmt: skip
def test_estimated_next_invoice(
    new: Any, discounts: tuple[Any, ...], preview: InvoicePreview, after: str
) -> None:
    offered = rewards(*([new] if new else []))
    facts = replace(known(*discounts, upcoming=(preview,)), rewards=offered)
    request = ask(APPLY, reward=new.id) if new else ask(REMOVE)
    assert CHANGE.preview(request, facts)[1].after == after


def test_month_end_in_a_shorter_month() -> None:
    new = coupon(duration=Duration(type="months", length=3))
    begun = NOW.replace(day=30)
    ends = begun.replace(year=2027, month=2, day=28)
    facts = replace(known(upcoming=(coming(line(100), at=ends),)), rewards=rewards(new), read_at=begun)
    assert CHANGE.preview(ask(APPLY, reward="ten"), facts)[1].after == "100"


def test_preview_of_a_feature_grant() -> None:
    several = replace(
        known(),
        customer=customer(balance(row())),
        rewards=rewards(grants=(grant(messages=5, seats=2, sso=None),)),
    )
    assert CHANGE.preview(ask(REDEEM, code="BONUS"), several) == (
        Line(RewardLine.CODE, None, "BONUS"),
        Line(RewardLine.GRANT, "700", "705", ValueFormat.NUMBER, about="messages"),
        Line(RewardLine.GRANT, "0", "2", ValueFormat.NUMBER, about="seats"),
        Line(RewardLine.GRANT, None, None, about="sso"),
    )
    unlimited = replace(several, customer=customer(balance(row(), unlimited=True)))
    assert CHANGE.preview(ask(REDEEM, code="BONUS"), unlimited)[1] == Line(
        RewardLine.GRANT, None, None, about="messages"
    )
    assert CHANGE.preview(ask(REDEEM, code="gone"), several) == (Line(RewardLine.CODE, None, "gone"),)


@pytest.mark.parametrize(
    ("change_input", "method", "path", "body"),
    [
        (ask(APPLY, reward="ten"), "POST", "/v1/customers/cus_1/coupons/ten", {}),
        (ask(APPLY, reward="50% a/b", customer="a@b/c"), "POST",
         "/v1/customers/a%40b%2Fc/coupons/50%25%20a%2Fb", {}),
        (ask(APPLY, reward=".."), "POST", "/v1/customers/cus_1/coupons/%2E%2E", {}),
        (ask(REMOVE), "DELETE", "/v1/customers/cus_1/coupons", {}),
        (ask(REDEEM, code="BONUS"), "POST", "/v1/rewards.redeem", {"code": "BONUS", "customer_id": "cus_1"}),
    ],
)  # fmt: skip
def test_planned_write(change_input: RewardInput, method: str, path: str, body: dict[str, str]) -> None:
    (write,) = CHANGE.plan(change_input, known())
    assert (write.method, write.path, dict(write.body)) == (method, path, body)
    assert "cus_1" not in write.route


@pytest.mark.parametrize(
    ("own_discounts", "size"),
    [
        ((), 20),
        ((discount("ten", 10),), 20),
        ((discount("half", 50),), 50),
        ((discount("half", 50, subscription_id="s"),), 20),
        ((discount("five", 5, type="fixed_discount"),), None),
    ],
)
def test_replacing_a_coupon_counts_as_removing_it_too(
    own_discounts: tuple[Discount, ...], size: int | None
) -> None:
    request = ask(APPLY, reward="twenty")
    assert CHANGE.amount(request, CHANGE.snapshot(request, known(*own_discounts))) == size


def test_amount() -> None:
    assert CHANGE.amount(ask(REMOVE), CHANGE.snapshot(ask(REMOVE), known(discount("ten", 10)))) == 10
    redeem = ask(REDEEM, code="BONUS")
    assert CHANGE.amount(redeem, CHANGE.snapshot(redeem, known())) is None
    assert CHANGE.amount(ask(APPLY), CHANGE.snapshot(ask(APPLY), known())) is None


def test_coupon_holds_while_the_coupons_shown_are_unchanged() -> None:
    request = ask(APPLY, reward="ten")
    then = CHANGE.snapshot(request, known())
    assert CHANGE.holds(request, then, CHANGE.snapshot(request, known(upcoming=(coming(line(9)),))))
    assert CHANGE.holds(request, then, CHANGE.snapshot(request, known(discount(subscription_id="s"))))
    for moved in (
        known(discount("twenty")),
        replace(known(), rewards=rewards(coupon("ten", 15))),
        replace(known(), rewards=rewards(coupon("ten", plan_ids=["pro"]))),
        replace(known(), rewards=rewards(coupon("ten", duration=None))),
        replace(known(), rewards=TIMED),
        replace(known(), rewards=rewards()),
    ):
        assert not CHANGE.holds(request, then, CHANGE.snapshot(request, moved))


def test_promo_code_holds_while_it_gives_the_same() -> None:
    request = ask(REDEEM, code="BONUS")
    then = CHANGE.snapshot(request, known())
    used = known(customer=customer(balance(row("new"))))
    assert CHANGE.holds(request, then, CHANGE.snapshot(request, used))
    larger_grant = replace(known(), rewards=rewards(grants=(grant(messages=501),)))
    assert not CHANGE.holds(request, then, CHANGE.snapshot(request, larger_grant))


@pytest.mark.parametrize(
    ("change_input", "before", "after", "verdict"),
    [
        (ask(APPLY, reward="ten"), known(), known(discount("ten")), Verdict.APPLIED),
        (ask(APPLY, reward="ten"), known(), known(), Verdict.NOT_APPLIED),
        (ask(APPLY, reward="ten"), known(), known(discount("ten", subscription_id="s")), Verdict.NOT_APPLIED),
        (ask(APPLY, reward="ten"), known(), known(discount("twenty")), Verdict.UNCLEAR),
        (ask(APPLY, reward="ten"), known(discount("twenty")), known(discount("twenty")), Verdict.NOT_APPLIED),
        (ask(APPLY, reward="ten"), known(discount("twenty")), known(), Verdict.UNCLEAR),
        (ask(REMOVE), known(discount()), known(), Verdict.APPLIED),
        (ask(REMOVE), known(discount()), known(discount()), Verdict.NOT_APPLIED),
        (ask(REMOVE), known(discount()), known(discount("twenty")), Verdict.UNCLEAR),
    ],
)
def test_verdict_of_a_coupon(
    change_input: RewardInput, before: Facts, after: Facts, verdict: Verdict
) -> None:
    snapshots = (CHANGE.snapshot(change_input, before), CHANGE.snapshot(change_input, after))
    assert CHANGE.verify(change_input, *snapshots) is verdict
    assert CHANGE.verify(change_input, snapshots[0], None) is Verdict.UNCLEAR


def test_verdict_of_a_feature_grant() -> None:
    request = ask(REDEEM, code="BONUS")
    two_features = rewards(grants=(grant(messages=5, sso=None),))

    def told(*rows: str, flag: str = "") -> dict[str, str | None]:
        flags = {"sso": Flag(id=flag, feature_id="sso")} if flag else {}
        balances_held = [balance(*(row(row_id) for row_id in rows))] if rows else []
        holder = customer(*balances_held, flags=flags)
        return CHANGE.snapshot(request, replace(known(customer=holder), rewards=two_features))

    before = told("a", "b", flag="old")
    assert CHANGE.verify(request, before, told("a", "b", "c", flag="new")) is Verdict.APPLIED
    assert CHANGE.verify(request, before, told("c", flag="new")) is Verdict.APPLIED
    assert CHANGE.verify(request, before, told("a", "b", flag="old")) is Verdict.NOT_APPLIED
    assert CHANGE.verify(request, before, told("a", flag="old")) is Verdict.NOT_APPLIED
    assert CHANGE.verify(request, before, told("a", "b", "c", flag="old")) is Verdict.UNCLEAR
    assert CHANGE.verify(request, told(), told("a", flag="new")) is Verdict.APPLIED
    gone = CHANGE.snapshot(request, replace(known(), rewards=rewards()))
    assert CHANGE.verify(request, before, gone) is Verdict.UNCLEAR
    assert CHANGE.verify(request, gone, gone) is Verdict.UNCLEAR


@pytest.mark.parametrize(
    ("change_input", "before", "after", "undo"),
    [
        (ask(APPLY, reward="ten"), known(), known(discount()), ask(REMOVE, instead="ten")),
        (
            ask(APPLY, reward="ten"),
            known(discount("twenty")),
            known(discount()),
            ask(APPLY, reward="twenty", instead="ten"),
        ),
        (ask(REMOVE), known(discount()), known(), ask(APPLY, reward="ten", instead="")),
        (ask(REDEEM, code="BONUS"), known(), known(), None),
    ],
)
def test_inverse(change_input: RewardInput, before: Facts, after: Facts, undo: RewardInput | None) -> None:
    assert (
        CHANGE.inverse(
            change_input, CHANGE.snapshot(change_input, before), CHANGE.snapshot(change_input, after)
        )
        == undo
    )


def test_stripes_own_coupon_is_shown_and_removed_for_good() -> None:
    facts, request = known(discount("old")), ask(REMOVE)
    warning = Note(RewardNote.STRIPE_ONLY, {"name": "old off"})
    assert CHANGE.guard(request, facts, NOW).warnings == (warning,)
    assert warning in CHANGE.guard(ask(APPLY, reward="ten"), facts, NOW).warnings
    before, after = CHANGE.snapshot(request, facts), CHANGE.snapshot(request, known())
    assert CHANGE.verify(request, before, after) is Verdict.APPLIED
    assert CHANGE.inverse(request, before, after) is None
    assert warning not in CHANGE.guard(request, known(discount("ten")), NOW).warnings
    assert "stripe_only" not in CHANGE.snapshot(request, replace(facts, rewards=None))


def test_changes_of_the_coupon_conflict_and_redeeming_the_same_code() -> None:
    apply, remove = (CHANGE.touches(request) for request in (ask(APPLY, reward="ten"), ask(REMOVE)))
    attach = CHANGE.touches(ask(RewardAction.ATTACH, reward="ten", subscription="sub_pro"))
    bonus, sso = (CHANGE.touches(ask(REDEEM, code=code)) for code in ("BONUS", "SSO"))
    assert apply & remove
    assert apply & attach
    assert not bonus & sso
    assert not bonus & apply
    assert bonus & CHANGE.touches(ask(REDEEM, code="BONUS", customer="cus_2"))


def test_code_that_shows_nothing_is_a_dash_in_the_summary() -> None:
    assert CHANGE.summary(ask(REDEEM, code="\u200b"), {}) == words.redeem(phrases.NONE)


def test_long_name_is_cut_where_the_coupon_is_shown() -> None:
    (line,) = CHANGE.shown_now(ask(REMOVE), {}, {"coupon": "ten", "coupon_name": "x" * 200})
    assert line == value_bullet(RewardLine.COUPON, f"{'x' * 99}…")


def test_long_code_is_cut_in_the_summary() -> None:
    assert CHANGE.summary(ask(REDEEM, code="x" * 200), {}) == words.redeem(f"{'x' * 59}…")


def test_sample_can_be_applied() -> None:
    assert CHANGE.guard(CHANGE.sample("cus_1"), known(), NOW).allowed
