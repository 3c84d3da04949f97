"""Changing the product: refusals and warnings, the write, and its verdict."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import BoughtQuantity, Plan, PlanItem, PlanPrice, Quote, Subscription
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, PaymentPage, PendingPayment, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note, mrkdwn
from bot.changes.switch.kind import SwitchChange
from bot.changes.switch.request import SwitchInput, offered_products
from bot.changes.switch.words import HELD, NOT_HELD, SCHEDULED, Kept, SwitchAction, SwitchLine, SwitchNote
from tests.changes.billing.quotes import (
    ADD_ON,
    CANCELLED,
    FREE_LATER,
    OF_ENTITY,
    PRO,
    TEAM_LATER,
    facts_with,
    incoming_plan,
)
from tests.changes.billing.quotes import quote as quoted
from tests.changes.facts import AHEAD, BY_USE, LATER, NOW, balance, row, subscription

CHANGE = SwitchChange()
NOW_, AT_END, CALL_OFF = SwitchAction.NOW, SwitchAction.AT_PERIOD_END, SwitchAction.CALL_OFF
OFFERED = tuple(
    Plan(id=plan_id, name=plan_id.title(), price=PlanPrice(amount=Decimal(10), interval="month"))
    for plan_id in ("team", "max", "pro")
)
TEAM = subscription("team", id="sub_team", scope="customer")
MAX_LATER = subscription("max", id="sub_max", scope="customer", status="scheduled", started_at=LATER)
ANEW, BY_TIME = Note(SwitchNote.STARTS_ANEW), Note(BillingNote.SHOWN_BY_TIME)
NO_UNDO, MAY_NEED_PAYMENT = Note(CommonNote.NO_UNDO), Note(SwitchNote.MAY_NEED_PAYMENT)
AT_ONCE = quoted(incoming=[incoming_plan("team")], outgoing=[incoming_plan("pro", effective_at=NOW)])
LATER_ON = quoted(
    incoming=[incoming_plan("team", effective_at=LATER), incoming_plan("pro", expires_at=LATER)],
    outgoing=[incoming_plan("pro", effective_at=LATER)],
)


def switch_to(action: SwitchAction = NOW_, **changes: Any) -> SwitchInput:
    return SwitchInput(**{"customer": "cus_1", "product": "team", "action": action, **changes})


AT_RISK = Note(BillingNote.ADD_ONS_AT_RISK, {"products": "seats"})


def offered_in_groups(**groups: str) -> tuple[Plan, ...]:
    """The products on offer, some of them in their own groups."""
    return tuple(plan.model_copy(update={"group": groups.get(plan.id, "")}) for plan in OFFERED)


CALLED_OFF = switch_to(CALL_OFF, subscription="sub_pro")


def known(*subscriptions: Subscription, **changes: Any) -> Facts:
    return facts_with(*subscriptions, **{"offered": OFFERED, **changes})


@pytest.mark.parametrize(
    ("change_input", "facts", "refusal"),
    [
        (switch_to(customer="cus_2"), known(PRO), Note(CommonNote.OTHER_CUSTOMER)),
        (switch_to(product=""), known(PRO), Note(SwitchNote.NO_PRODUCT)),
        (switch_to(product="pro"), known(PRO), Note(SwitchNote.ALREADY_HELD)),
        (switch_to(AT_END, product="pro"), known(PRO), Note(SwitchNote.ALREADY_HELD)),
        (switch_to(product="pro"), known(CANCELLED, TEAM_LATER), Note(SwitchNote.ALREADY_HELD)),
        (switch_to(product="gone"), known(PRO), Note(SwitchNote.UNKNOWN_PRODUCT)),
        (switch_to(AT_END), known(PRO, quoted=AT_ONCE), Note(SwitchNote.NO_PERIOD)),
        (
            switch_to(),
            known(PRO, quote_refused="product_not_found"),
            Note(BillingNote.WOULD_BE_REFUSED, {"code": "product_not_found"}),
        ),
        (CALLED_OFF, known(PRO), Note(SwitchNote.NOT_SCHEDULED)),
        (CALLED_OFF, known(TEAM), Note(SwitchNote.NOT_SCHEDULED)),
        (
            switch_to(CALL_OFF, subscription="gone"),
            known(CANCELLED, TEAM_LATER),
            Note(BillingNote.GONE),
        ),
    ],
)
def test_guard_refuses(change_input: SwitchInput, facts: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.refusals == (refusal,)
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (switch_to(), known(PRO), [ANEW, BY_TIME, NO_UNDO]),
        (switch_to(), known(PRO, quoted=AT_ONCE), [ANEW, BY_TIME, NO_UNDO]),
        (
            switch_to(),
            known(PRO, quoted=AT_ONCE.model_copy(update={"total": Decimal("0.01")})),
            [ANEW, MAY_NEED_PAYMENT, BY_TIME, NO_UNDO],
        ),
        (
            switch_to(),
            known(
                PRO,
                quoted=AT_ONCE.model_copy(update={"total": Decimal(5), "redirect_to_checkout": True}),
            ),
            [ANEW, Note(BillingNote.NEEDS_CHECKOUT), BY_TIME, NO_UNDO],
        ),
        (switch_to(kept=Kept.USAGE), known(PRO), [Note(SwitchNote.KEEPS_USAGE), BY_TIME, NO_UNDO]),
        (switch_to(kept=Kept.REMAINING), known(PRO), [Note(SwitchNote.KEEPS_REMAINING), BY_TIME, NO_UNDO]),
        (switch_to(), known(ADD_ON, OF_ENTITY), [BY_TIME, NO_UNDO]),
        (
            switch_to(),
            known(CANCELLED, MAX_LATER, FREE_LATER),
            [Note(BillingNote.DROPS_SWITCH, {"product": "max"}), ANEW, BY_TIME, NO_UNDO],
        ),
        (switch_to(), known(CANCELLED, TEAM_LATER), [ANEW, BY_TIME, NO_UNDO]),
        (
            switch_to(),
            known(PRO, ADD_ON.model_copy(update={"status": "scheduled"})),
            [AT_RISK, ANEW, BY_TIME, NO_UNDO],
        ),
        (
            switch_to(AT_END),
            known(PRO, ADD_ON.model_copy(update={"status": "scheduled"}), quoted=LATER_ON),
            [AT_RISK],
        ),
        (switch_to(), known(ADD_ON.model_copy(update={"status": "scheduled"})), [BY_TIME, NO_UNDO]),
        (switch_to(), known(stripe_id=None), [Note(BillingNote.NEW_IN_STRIPE), BY_TIME, NO_UNDO]),
        (switch_to(AT_END), known(PRO, stripe_id=None), [Note(BillingNote.NEW_IN_STRIPE)]),
        (CALLED_OFF, known(CANCELLED, TEAM_LATER, stripe_id=None), []),
        (
            switch_to(),
            known(PRO, MAX_LATER, offered=offered_in_groups(max="other")),
            [ANEW, BY_TIME, NO_UNDO],
        ),
        (
            switch_to(),
            known(PRO, MAX_LATER, offered=offered_in_groups(max="seats", team="seats")),
            [Note(BillingNote.DROPS_SWITCH, {"product": "max"}), BY_TIME, NO_UNDO],
        ),
        (switch_to(AT_END), known(PRO, quoted=LATER_ON), []),
        (switch_to(AT_END), known(PRO), []),
        (switch_to(AT_END), known(CANCELLED, TEAM_LATER, quoted=LATER_ON), []),
        (
            switch_to(AT_END),
            known(CANCELLED, MAX_LATER, quoted=LATER_ON),
            [Note(BillingNote.DROPS_SWITCH, {"product": "max"})],
        ),
        (CALLED_OFF, known(CANCELLED, TEAM_LATER), []),
    ],
)
def test_guard_warns(change_input: SwitchInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


MAX = subscription("max", id="sub_max", scope="customer")
NO_LONGER_OFFERED = subscription("old", id="sub_old", scope="customer").model_copy(
    update={"plan": Plan(id="old", group="seats")}
)
TWO_GROUPS = offered_in_groups(max="seats", team="seats")


@pytest.mark.parametrize(
    ("replaces", "subscriptions", "offered", "outgoing", "note"),
    [
        # One main product.
        ("pro", (PRO,), OFFERED, ["pro"], None),
        (None, (PRO,), OFFERED, ["pro"], None),
        ("pro", (PRO,), OFFERED, [], ("", "pro")),
        ("", (), OFFERED, [], None),
        ("", (), OFFERED, ["free"], ("free", "")),
        (None, (), OFFERED, ["free"], ("free", "")),
        # The form's statement no longer matches the customer.
        ("starter", (PRO,), OFFERED, ["pro"], ("pro", "starter")),
        ("", (PRO,), OFFERED, ["pro"], ("pro", "")),
        # Several main products, each in its own group: the one in the new product's group is replaced.
        ("max", (PRO, MAX), TWO_GROUPS, ["max"], None),
        ("max", (MAX, PRO), TWO_GROUPS, ["max"], None),
        (None, (MAX, PRO), TWO_GROUPS, ["max"], None),
        ("max", (PRO, MAX), TWO_GROUPS, ["pro"], ("pro", "max")),
        ("max", (PRO, MAX), TWO_GROUPS, ["max", "pro"], ("max, pro", "max")),
        ("max", (PRO, MAX), TWO_GROUPS, [*"edbca"], ("a, b, c, d, e", "max")),
        ("pro", (PRO, MAX), TWO_GROUPS, ["max"], ("max", "pro")),
        (None, (PRO, MAX), TWO_GROUPS, ["pro"], ("pro", "max")),
        # A group in which the customer has nothing: the product is held alongside the others.
        ("", (PRO,), TWO_GROUPS, [], None),
        ("", (PRO,), TWO_GROUPS, ["pro"], ("pro", "")),
        ("pro", (PRO,), TWO_GROUPS, [], ("", "pro")),
        # A product that is no longer offered is replaced within its group as well.
        (None, (PRO, NO_LONGER_OFFERED), TWO_GROUPS, ["old"], None),
        # Add-ons and subscriptions of entities do not matter.
        ("pro", (PRO, ADD_ON, OF_ENTITY), OFFERED, ["pro"], None),
    ],
)
def test_right_product_is_replaced_or_none(
    replaces: str | None,
    subscriptions: tuple[Subscription, ...],
    offered: tuple[Plan, ...],
    outgoing: list[str],
    note: tuple[str, str] | None,
) -> None:
    """Autumn takes no subscription id here: it chooses what is replaced."""
    autumn_quote = quoted(
        incoming=[incoming_plan("team", effective_at=LATER)],
        outgoing=[incoming_plan(plan_id, effective_at=LATER) for plan_id in outgoing],
    )
    facts = known(*subscriptions, quoted=autumn_quote, offered=offered)
    refused = (Note(SwitchNote.REPLACES_ANOTHER, {"replaced": note[0], "named": note[1]}),) if note else ()
    for action in (NOW_, AT_END):
        assert CHANGE.guard(switch_to(action, replaces=replaces), facts, NOW).refusals == refused


def test_form_is_compared_with_the_customer_before_the_preview() -> None:
    assert CHANGE.guard(switch_to(replaces="pro"), known(PRO), NOW).allowed
    (refusal,) = CHANGE.guard(switch_to(replaces="max"), known(PRO), NOW).refusals
    assert refusal.code is SwitchNote.REPLACES_ANOTHER
    assert "would replace Pro, but this request replaces max" in mrkdwn(refusal, {"pro": "Pro"})
    (nothing,) = CHANGE.guard(switch_to(replaces=""), known(PRO), NOW).refusals
    assert "but this request replaces no product" in mrkdwn(nothing)
    (beside,) = CHANGE.guard(switch_to(replaces="pro"), known(), NOW).refusals
    assert "would replace no product" in mrkdwn(beside)


def test_two_products_of_one_group_leave_the_replaced_one_open() -> None:
    twice = MAX.model_copy(update={"id": "sub_2"})
    (refusal,) = CHANGE.guard(switch_to(), known(PRO, twice), NOW).refusals
    assert refusal == Note(SwitchNote.SEVERAL_HELD, {"products": "pro, max"})
    assert "pro, max" in mrkdwn(refusal)
    (same,) = CHANGE.guard(switch_to(), known(MAX, twice), NOW).refusals
    assert same == Note(SwitchNote.SEVERAL_HELD, {"products": "max"})


def test_snapshot_covers_the_products_group() -> None:
    facts = known(PRO, MAX, MAX_LATER, offered=TWO_GROUPS)
    assert CHANGE.snapshot(switch_to(), facts)["current"] == "sub_max"
    assert CHANGE.snapshot(switch_to(product="pro"), facts)["current"] == "sub_pro"
    assert CHANGE.snapshot(switch_to(), facts)["scheduled"] == "max"
    assert CHANGE.snapshot(switch_to(product="pro"), facts)["scheduled"] is None


def test_unread_catalogue_leaves_the_groups_of_what_is_held() -> None:
    assert CHANGE.snapshot(CALLED_OFF, known(CANCELLED, TEAM_LATER, offered=None))["current"] == "sub_pro"


SELLS = Plan(id="team", items=[PlanItem(feature_id="seats", included=Decimal(1), price=AHEAD)])


def seats(quantity: int, action: SwitchAction = NOW_) -> SwitchInput:
    return switch_to(action, quantities=(FeatureQuantity(feature="seats", quantity=Decimal(quantity)),))


def with_seats(quantity: int) -> Quote:
    bought = [BoughtQuantity(feature_id="seats", quantity=Decimal(quantity))]
    return AT_ONCE.model_copy(update={"incoming": [incoming_plan("team", feature_quantities=bought)]})


@pytest.mark.parametrize(
    ("change_input", "autumn_quote", "refusals"),
    [
        (seats(3), with_seats(3), ()),
        (seats(3), None, ()),
        (seats(3), with_seats(1), (Note(BillingNote.OTHER_QUANTITY, {"feature": "seats"}),)),
        (seats(0), None, (Note(BillingNote.BELOW_INCLUDED, {"included": "1"}),)),
        (switch_to(), None, (Note(BillingNote.QUANTITIES_MISSING),)),
    ],
)
def test_product_sold_by_quantity_needs_one(
    change_input: SwitchInput, autumn_quote: Quote | None, refusals: tuple[Note, ...]
) -> None:
    facts = known(PRO, quoted=autumn_quote, offered=(SELLS,))
    assert CHANGE.guard(change_input, facts, NOW).refusals == refusals


def test_quantities_are_written_shown_and_read_back() -> None:
    (write,) = CHANGE.plan(seats(3), known(PRO))
    assert write.body["feature_quantities"] == [{"feature_id": "seats", "quantity": 3}]
    quantity_line = Line(BillingLine.QUANTITY, None, "3", ValueFormat.NUMBER, about="seats")
    assert quantity_line in CHANGE.preview(seats(3), known(PRO))
    before = CHANGE.snapshot(seats(3), known(PRO))
    for bought, verdict in ((2, Verdict.APPLIED), (1, Verdict.UNCLEAR)):
        of_team = row(included=1, prepaid_grant=Decimal(bought), plan_id="team", price=AHEAD)
        after = CHANGE.snapshot(seats(3), known(TEAM, balances=(balance(of_team, feature_id="seats"),)))
        assert CHANGE.verify(seats(3), before, after) is verdict
    later = CHANGE.snapshot(seats(3, AT_END), known(CANCELLED, TEAM_LATER))
    assert CHANGE.verify(seats(3, AT_END), before, later) is Verdict.APPLIED


def test_product_that_replaces_nothing_is_not_offered() -> None:
    unfit = (
        Plan(id="seats", add_on=True),
        Plan(id="old", archived=True),
        Plan(id="pack", price=PlanPrice(interval="one_off")),
        Plan(id="units", items=[PlanItem(price=AHEAD.model_copy(update={"interval": "one_off"}))]),
    )
    fit = (
        Plan(id="free"),
        Plan(id="ahead", items=[PlanItem(price=AHEAD)]),
        Plan(id="by_use", items=[PlanItem(), PlanItem(price=BY_USE)]),
        *OFFERED,
    )
    assert list(offered_products(known(offered=(*unfit, *fit)))) == [plan.id for plan in fit]


@pytest.mark.parametrize(
    ("change_input", "extra_fields"),
    [
        (switch_to(), {"plan_schedule": "immediate"}),
        (switch_to(kept=Kept.USAGE), {"plan_schedule": "immediate", "carry_over_usages": {"enabled": True}}),
        (
            switch_to(kept=Kept.REMAINING),
            {"plan_schedule": "immediate", "carry_over_balances": {"enabled": True}},
        ),
        (switch_to(AT_END, kept=Kept.USAGE), {"plan_schedule": "end_of_cycle"}),
    ],
)
def test_planned_write(change_input: SwitchInput, extra_fields: dict[str, Any]) -> None:
    (write,) = CHANGE.plan(change_input, known(PRO))
    assert (write.route, write.method, write.path) == ("billing.attach", "POST", "/v1/billing.attach")
    assert write.per_customer
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "plan_id": "team",
        "redirect_mode": "if_required",
        **extra_fields,
    }


def test_scheduled_change_is_cancelled_on_the_continuing_subscription() -> None:
    (write,) = CHANGE.plan(CALLED_OFF, known(CANCELLED, TEAM_LATER))
    assert write.route == "billing.update"
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "subscription_id": "sub_pro",
        "cancel_action": "uncancel",
    }


NOTHING_BILLED = Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD")


@pytest.mark.parametrize(
    ("change_input", "autumn_quote", "lines"),
    [
        (
            switch_to(),
            AT_ONCE,
            [
                Line(SwitchLine.ENDS_NOW, None, None, about="pro"),
                Line(SwitchLine.STARTS_NOW, None, None, about="team"),
            ],
        ),
        (switch_to(), quoted(), []),
        (
            switch_to(AT_END),
            LATER_ON,
            [
                Line(SwitchLine.ENDS_ON, None, "Dec 12, 2026", about="pro"),
                Line(SwitchLine.STARTS_ON, None, "Dec 12, 2026", about="team"),
            ],
        ),
        (
            switch_to(AT_END),
            quoted(outgoing=[incoming_plan("pro")]),
            [Line(SwitchLine.ENDS_ON, None, None, about="pro")],
        ),
        (CALLED_OFF, quoted(), [Line(SwitchLine.CALLED_OFF, None, None, about="team")]),
        (CALLED_OFF, AT_ONCE, [Line(SwitchLine.CALLED_OFF, None, None, about="team")]),
    ],
)
def test_preview_lines(change_input: SwitchInput, autumn_quote: Quote, lines: list[Line]) -> None:
    assert list(CHANGE.preview(change_input, known(PRO, quoted=autumn_quote))) == [*lines, NOTHING_BILLED]
    assert list(CHANGE.preview(change_input, known(PRO))) == ([*lines] if change_input is CALLED_OFF else [])


def snapshot_of(request: SwitchInput, *subscriptions: Subscription) -> Snapshot:
    return CHANGE.snapshot(request, known(*subscriptions))


@pytest.mark.parametrize(
    ("change_input", "before", "after", "verdict"),
    [
        (switch_to(), [PRO], [TEAM], Verdict.APPLIED),
        (switch_to(), [], [TEAM], Verdict.APPLIED),
        (switch_to(), [PRO], [PRO], Verdict.NOT_APPLIED),
        (switch_to(), [PRO], [], Verdict.UNCLEAR),
        (switch_to(), [CANCELLED, TEAM_LATER], [CANCELLED, TEAM_LATER], Verdict.NOT_APPLIED),
        (switch_to(AT_END), [PRO], [CANCELLED, TEAM_LATER], Verdict.APPLIED),
        (switch_to(AT_END), [PRO], [PRO], Verdict.NOT_APPLIED),
        (switch_to(AT_END), [PRO], [TEAM], Verdict.UNCLEAR),
        (switch_to(AT_END), [CANCELLED, TEAM_LATER], [CANCELLED, TEAM_LATER], Verdict.NOT_APPLIED),
        (
            switch_to(AT_END),
            [CANCELLED, TEAM_LATER],
            [CANCELLED, TEAM_LATER.model_copy(update={"id": "again"})],
            Verdict.APPLIED,
        ),
        (CALLED_OFF, [CANCELLED, TEAM_LATER], [PRO], Verdict.APPLIED),
        (CALLED_OFF, [CANCELLED, TEAM_LATER], [CANCELLED, TEAM_LATER], Verdict.NOT_APPLIED),
        (CALLED_OFF, [CANCELLED, TEAM_LATER], [], Verdict.UNCLEAR),
        (CALLED_OFF, [CANCELLED, TEAM_LATER], [TEAM], Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(
    change_input: SwitchInput, before: list[Subscription], after: list[Subscription], verdict: Verdict
) -> None:
    assert (
        CHANGE.verify(change_input, snapshot_of(change_input, *before), snapshot_of(change_input, *after))
        is verdict
    )


def test_snapshot() -> None:
    assert snapshot_of(switch_to(), CANCELLED, TEAM_LATER, ADD_ON) == {
        "held": '[["sub_pro", "active", true], ["sub_seats", "active", false], '
        '["sub_team", "scheduled", false]]',
        "product": "scheduled",
        "current": "sub_pro",
        "scheduled": "team",
        "quantities": None,
        "period_end": "2026-12-12T15:06:00.000+00:00",
    }
    assert (
        snapshot_of(switch_to(), TEAM_LATER, ADD_ON, CANCELLED)["held"]
        == snapshot_of(switch_to(), CANCELLED, ADD_ON, TEAM_LATER)["held"]
    )
    assert snapshot_of(switch_to(), TEAM)["product"] == "running"


def test_verdict_is_unclear_when_the_customer_is_gone() -> None:
    assert CHANGE.verify(switch_to(), snapshot_of(switch_to(), PRO), None) is Verdict.UNCLEAR


@pytest.mark.parametrize(
    ("change_input", "before", "back"),
    [
        (switch_to(AT_END), [PRO], CALLED_OFF),
        (switch_to(AT_END), [PRO, ADD_ON, OF_ENTITY], CALLED_OFF),
        (switch_to(AT_END), [CANCELLED, MAX_LATER], None),
        (switch_to(AT_END), [PRO, TEAM.model_copy(update={"plan_id": "other"})], None),
        (switch_to(AT_END), [], None),
        (switch_to(), [PRO], None),
        (CALLED_OFF, [CANCELLED, TEAM_LATER], None),
    ],
)
def test_inverse(change_input: SwitchInput, before: list[Subscription], back: SwitchInput | None) -> None:
    then = snapshot_of(change_input, *before)
    assert CHANGE.inverse(change_input, then, then) == back


def test_amount_and_products_for_the_policy() -> None:
    upgrade = known(PRO, quoted=quoted(-20, 50))
    assert CHANGE.amount(switch_to(), CHANGE.snapshot(switch_to(), upgrade)) == 30
    facts = known(CANCELLED, MAX_LATER, ADD_ON, FREE_LATER)
    assert CHANGE.products(switch_to(), facts) == {"team", "pro", "max"}


def test_preview_holds_while_only_time_passes() -> None:
    then = CHANGE.snapshot(switch_to(), known(PRO, quoted=quoted(-20, 50)))
    later = known(PRO, quoted=quoted(-10, 25), at=NOW + (LATER - NOW) / 2)
    assert CHANGE.holds(switch_to(), then, CHANGE.snapshot(switch_to(), later))
    cancelled = known(CANCELLED, quoted=quoted(-20, 50))
    assert not CHANGE.holds(switch_to(), then, CHANGE.snapshot(switch_to(), cancelled))


def test_change_may_wait_for_payment() -> None:
    answer = {"payment_url": "https://pay.example/1"}
    assert CHANGE.pending_payment(answer) == PendingPayment(
        "https://pay.example/1", page=PaymentPage.CHECKOUT
    )


def test_wording() -> None:
    names = {"team": "Team"}
    assert CHANGE.summary(switch_to(), names) == "Change the product to Team now"
    assert CHANGE.summary(switch_to(AT_END), names) == "Change the product to Team at the end of the period"
    assert CHANGE.summary(CALLED_OFF, names) == "Call off the scheduled change to Team"
    before = snapshot_of(switch_to(), PRO)
    assert list(CHANGE.shown_now(switch_to(), before, before)) == [NOT_HELD]
    assert list(CHANGE.shown_now(switch_to(), before, snapshot_of(switch_to(), TEAM))) == [HELD]
    assert list(CHANGE.shown_now(switch_to(), before, snapshot_of(switch_to(), CANCELLED, TEAM_LATER))) == [
        SCHEDULED
    ]
