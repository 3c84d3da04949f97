"""Cancelling a subscription: refusals and warnings, the write, and its verdict."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Entity, Plan, PlanPrice, Purchase, Quote, Subscription
from bot.changes.billing import subscriptions
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.cancellation import words
from bot.changes.cancellation.kind import CancellationChange
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, CancellationLine, CancellationNote, Settlement
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import ChangeInput, EntityScope, Facts, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note, mrkdwn
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import SwitchAction
from tests.changes.billing.quotes import (
    ADD_ON,
    CANCELLED,
    FREE_LATER,
    OF_ENTITY,
    PERIOD_END,
    PRO,
    TEAM_LATER,
    facts_with,
    incoming_plan,
    refund,
)
from tests.changes.billing.quotes import quote as quoted
from tests.changes.facts import AHEAD, BY_USE, NOW, balance, customer, row, subscription

CHANGE = CancellationChange()
AT_END, CANCEL_NOW, TAKE_BACK = (
    CancellationAction.AT_PERIOD_END,
    CancellationAction.NOW,
    CancellationAction.TAKE_BACK,
)
PAST_DUE = PRO.model_copy(update={"past_due": True})
FREE = subscription("free", price=None, id="sub_pro", scope="customer")
NO_UNDO, BY_TIME = Note(CommonNote.NO_UNDO), Note(BillingNote.SHOWN_BY_TIME)
LOST = Note(CancellationNote.BALANCES_LOST)
GIVEN_AGAIN = Note(CancellationNote.USAGE_IS_LOST)
KEEPS_MONEY = Note(CancellationNote.NO_MONEY_BACK)
PACK = Purchase(plan_id="pack", plan=Plan(id="pack"), started_at=NOW, scope="customer")
OF_ENTITY_PACK = PACK.model_copy(update={"scope": "entity"})
OTHER_PACK = PACK.model_copy(update={"plan_id": "other"})
NONE_LEFT = Note(CancellationNote.NO_PRODUCT_LEFT)
OF_WORKSPACE = EntityScope(Entity(id="ws_1"), customer())
NO_SUCCESSOR = Note(CancellationNote.NO_SUCCESSOR)
TO_FREE = quoted(incoming=[incoming_plan("free")])


def of_support(held: Subscription, plan_id: str) -> Subscription:
    """Beside the customer's other main product: of another group."""
    named = Plan(id=plan_id, group="support", price=PlanPrice(amount=Decimal(9)))
    return held.model_copy(update={"id": f"sub_{plan_id}", "plan_id": plan_id, "plan": named})


FREE_ADD_ON = subscription("badge", price=None, id="sub_badge", scope="customer", add_on=True)
UNPRICED_ADD_ON = FREE_ADD_ON.model_copy(update={"plan_id": "unpriced", "plan": None})
CANCELLED_ADD_ON = ADD_ON.model_copy(update={"plan_id": "gone", "canceled_at": NOW, "expires_at": PERIOD_END})
GOLD, GOLD_CANCELLED, BASIC_LATER = (
    of_support(PRO, "gold"),
    of_support(CANCELLED, "gold"),
    of_support(TEAM_LATER, "basic"),
)


def cancellation(action: CancellationAction = AT_END, **changes: Any) -> CancellationInput:
    fields = {"customer": "cus_1", "subscription": "sub_pro", "product": "pro", "action": action}
    return CancellationInput(**{**fields, **changes})


REMOVE = cancellation(CancellationAction.NOW, subscription="", product="pack", one_time=True)

REMOVE_LATER = REMOVE.model_copy(update={"bought_at": NOW + timedelta(minutes=1)})
"""The removal of a purchase bought later than the current one."""


def cancellation_now(settlement: Settlement = Settlement.CREDIT, **changes: Any) -> CancellationInput:
    return cancellation(CANCEL_NOW, settlement=settlement, **changes)


@pytest.mark.parametrize(
    ("change_input", "facts", "refusal"),
    [
        (cancellation(customer="cus_2"), facts_with(PRO), Note(CommonNote.OTHER_CUSTOMER)),
        (
            cancellation(customer_created_at=NOW),
            facts_with(PRO, created_at=NOW + timedelta(days=1)),
            Note(CommonNote.RECREATED),
        ),
        (cancellation(subscription="gone"), facts_with(PRO), Note(BillingNote.GONE)),
        (cancellation(subscription="sub_entity"), facts_with(OF_ENTITY), Note(BillingNote.OF_ENTITY)),
        (
            cancellation(subscription="sub_team"),
            facts_with(CANCELLED, TEAM_LATER),
            Note(BillingNote.SCHEDULED),
        ),
        (
            cancellation(),
            facts_with(CANCELLED),
            Note(CancellationNote.ALREADY_CANCELLED, {"at": "2026-12-12T15:06:00.000+00:00"}),
        ),
        (
            cancellation(),
            facts_with(CANCELLED.model_copy(update={"expires_at": None}), FREE_LATER),
            Note(CancellationNote.ALREADY_CANCELLED, {"at": ""}),
        ),
        (
            cancellation(),
            facts_with(CANCELLED, GOLD_CANCELLED, BASIC_LATER),
            Note(CancellationNote.ALREADY_CANCELLED, {"at": "2026-12-12T15:06:00.000+00:00"}),
        ),
        (cancellation(), facts_with(FREE), Note(CancellationNote.FREE_HAS_NO_PERIOD)),
        (REMOVE, facts_with(PRO), Note(CancellationNote.PURCHASE_GONE)),
        (REMOVE, facts_with(purchases=[OF_ENTITY_PACK]), Note(CancellationNote.PURCHASE_GONE)),
        (REMOVE_LATER, facts_with(PRO, purchases=[PACK]), Note(CancellationNote.PURCHASE_GONE)),
        (REMOVE, facts_with(purchases=[PACK, PACK]), Note(CancellationNote.BOUGHT_TWICE)),
        (
            REMOVE,
            facts_with(subscription("pack", id="sub_pack", scope="customer"), purchases=[PACK]),
            Note(CancellationNote.BOUGHT_TWICE),
        ),
        (
            REMOVE.model_copy(update={"action": AT_END}),
            facts_with(purchases=[PACK]),
            Note(CancellationNote.ONE_TIME_ENDS_NOW),
        ),
        (
            REMOVE,
            facts_with(purchases=[PACK], quote_refused="cus_product_not_found"),
            Note(BillingNote.WOULD_BE_REFUSED, {"code": "cus_product_not_found"}),
        ),
        (cancellation(TAKE_BACK), facts_with(PRO), Note(CancellationNote.NOT_CANCELLED)),
        (cancellation(CANCEL_NOW), facts_with(PRO), Note(CancellationNote.NO_SETTLEMENT)),
        (
            cancellation_now(Settlement.REFUND_ALL),
            facts_with(PRO, quoted=quoted()),
            Note(CancellationNote.NOTHING_TO_REFUND),
        ),
        (
            cancellation_now(Settlement.REFUND_UNUSED),
            facts_with(PRO, quoted=quoted(refund=refund(0))),
            Note(CancellationNote.NOTHING_TO_REFUND),
        ),
        (
            cancellation(),
            facts_with(PRO, quote_refused="invalid_request"),
            Note(BillingNote.WOULD_BE_REFUSED, {"code": "invalid_request"}),
        ),
    ],
)
def test_guard_refuses(change_input: CancellationInput, facts: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.refusals == (refusal,)
    assert not judged.warnings
    assert not mrkdwn(refusal).endswith(" ")


BY_USE_ROWS = balance(
    row(usage=1450, price=BY_USE),
    row("more", usage=1300, price=BY_USE),
    row("other", usage=1500, price=BY_USE, plan_id="team"),
    row("ahead", usage=1500, price=AHEAD),
    row("plain", usage=1500),
)


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (cancellation(), facts_with(PRO, quoted=TO_FREE), []),
        (cancellation(), facts_with(PRO), []),
        (cancellation(), facts_with(PRO.model_copy(update={"plan": None}), quoted=TO_FREE), []),
        (cancellation(), facts_with(PRO, quoted=quoted(incoming=[incoming_plan("pro")])), [NONE_LEFT]),
        (
            cancellation(),
            facts_with(PAST_DUE, quoted=TO_FREE),
            [Note(CancellationNote.SETTLED_OTHERWISE)],
        ),
        (
            cancellation(),
            facts_with(CANCELLED, TEAM_LATER, quoted=quoted()),
            [Note(BillingNote.DROPS_SWITCH, {"product": "team"}), NONE_LEFT],
        ),
        (cancellation(), facts_with(PRO, GOLD, quoted=quoted()), [NO_SUCCESSOR]),
        (cancellation(), facts_with(PRO, GOLD, quoted=quoted(), scope=OF_WORKSPACE), [NO_SUCCESSOR]),
        (cancellation(), facts_with(PRO, BASIC_LATER, quoted=quoted()), [NO_SUCCESSOR]),
        (
            cancellation(subscription="sub_gold", product="gold"),
            facts_with(CANCELLED, GOLD_CANCELLED, BASIC_LATER, quoted=quoted()),
            [Note(BillingNote.DROPS_SWITCH, {"product": "basic"}), NO_SUCCESSOR],
        ),
        (cancellation(TAKE_BACK), facts_with(CANCELLED, GOLD_CANCELLED, BASIC_LATER, quoted=quoted()), []),
        (
            cancellation(),
            facts_with(
                PRO,
                ADD_ON,
                ADD_ON.model_copy(update={"status": "scheduled", "plan_id": "more"}),
                quoted=TO_FREE,
            ),
            [
                Note(BillingNote.ADD_ONS_AT_RISK, {"products": "more"}),
                Note(CancellationNote.ADD_ONS_GO_ON, {"products": "seats", "others": ""}),
            ],
        ),
        (
            cancellation(),
            facts_with(PRO, ADD_ON, FREE_ADD_ON, UNPRICED_ADD_ON, CANCELLED_ADD_ON, quoted=TO_FREE),
            [Note(CancellationNote.ADD_ONS_GO_ON, {"products": "seats", "others": "badge, unpriced"})],
        ),
        (cancellation(), facts_with(PRO, CANCELLED_ADD_ON, quoted=TO_FREE), []),
        (
            cancellation(subscription="sub_seats", product="seats"),
            facts_with(
                PRO,
                ADD_ON,
                ADD_ON.model_copy(update={"id": "later", "status": "scheduled", "plan_id": "more"}),
                quoted=quoted(),
            ),
            [],
        ),
        (REMOVE, facts_with(PRO, purchases=[PACK], quoted=quoted()), [LOST, KEEPS_MONEY, NO_UNDO]),
        (
            REMOVE,
            facts_with(purchases=[PACK, OF_ENTITY_PACK, OTHER_PACK], quoted=quoted()),
            [LOST, KEEPS_MONEY, NO_UNDO],
        ),
        (
            cancellation(subscription="sub_seats", product="seats"),
            facts_with(PRO, ADD_ON, quoted=quoted()),
            [],
        ),
        (cancellation(TAKE_BACK), facts_with(CANCELLED, FREE_LATER, quoted=quoted()), []),
        (
            cancellation(TAKE_BACK),
            facts_with(CANCELLED, TEAM_LATER, ADD_ON, quoted=quoted()),
            [Note(BillingNote.DROPS_SWITCH, {"product": "team"})],
        ),
        (cancellation_now(), facts_with(PRO, quoted=TO_FREE), [LOST, BY_TIME, NO_UNDO]),
        (cancellation_now(Settlement.NOTHING), facts_with(PAST_DUE, quoted=TO_FREE), [LOST, NO_UNDO]),
        (cancellation_now(Settlement.REFUND_ALL), facts_with(PRO), [LOST, BY_TIME, NO_UNDO]),
        (
            cancellation_now(Settlement.REFUND_UNUSED),
            facts_with(PRO, quoted=quoted(refund=refund("0.5"), incoming=[incoming_plan("free")])),
            [
                LOST,
                BY_TIME,
                Note(CancellationNote.REFUNDED_INVOICE, {"total": "20", "refunded": "0", "currency": "usd"}),
                NO_UNDO,
            ],
        ),
        (cancellation_now(), facts_with(FREE, quoted=quoted()), [NONE_LEFT, LOST, BY_TIME, GIVEN_AGAIN]),
        (
            cancellation_now(),
            facts_with(PAST_DUE, quoted=TO_FREE),
            [LOST, Note(CancellationNote.CREDIT_FOR_UNPAID), BY_TIME, NO_UNDO],
        ),
        (
            cancellation_now(),
            facts_with(PRO, quoted=TO_FREE, balances=(BY_USE_ROWS,)),
            [
                Note(CancellationNote.USAGE_UNBILLED, {"feature": "messages", "units": "750"}),
                LOST,
                BY_TIME,
                NO_UNDO,
            ],
        ),
        (
            cancellation_now(Settlement.REFUND_ALL),
            facts_with(PRO, quoted=quoted(refund=refund("15", refunded=5), incoming=[incoming_plan("free")])),
            [
                LOST,
                BY_TIME,
                Note(CancellationNote.REFUNDED_INVOICE, {"total": "20", "refunded": "5", "currency": "usd"}),
                NO_UNDO,
            ],
        ),
    ],
)
def test_guard_warns(change_input: CancellationInput, facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


@pytest.mark.parametrize(
    ("products", "others", "text"),
    [
        ("seats", "", "Add-ons go on and are still billed: seats."),
        ("", "badge", "Add-ons go on: badge."),
        ("seats", "badge", "Add-ons go on and are still billed: seats. Others go on too: badge."),
    ],
)
def test_add_ons_are_said_to_be_billed_only_if_they_cost_something(
    products: str, others: str, text: str
) -> None:
    note = Note(CancellationNote.ADD_ONS_GO_ON, {"products": products, "others": others})
    assert mrkdwn(note) == text


def test_earlier_refund_of_the_invoice_is_reported() -> None:
    details = {"total": "20", "currency": "usd"}
    first = mrkdwn(Note(CancellationNote.REFUNDED_INVOICE, {**details, "refunded": "0"}))
    refunded_before = mrkdwn(Note(CancellationNote.REFUNDED_INVOICE, {**details, "refunded": "5"}))
    assert "$20.00" in first
    assert "before" not in first
    assert "$5.00 was refunded before" in refunded_before


@pytest.mark.parametrize(
    ("change_input", "body"),
    [
        (cancellation(), {"cancel_action": "cancel_end_of_cycle"}),
        (cancellation(TAKE_BACK), {"cancel_action": "uncancel"}),
        (
            cancellation_now(Settlement.CREDIT),
            {"cancel_action": "cancel_immediately", "proration_behavior": "prorate_immediately"},
        ),
        (
            cancellation_now(Settlement.NOTHING),
            {"cancel_action": "cancel_immediately", "proration_behavior": "none"},
        ),
        (
            cancellation_now(Settlement.REFUND_UNUSED),
            {"cancel_action": "cancel_immediately", "refund_last_payment": "prorated"},
        ),
        (
            cancellation_now(Settlement.REFUND_ALL),
            {"cancel_action": "cancel_immediately", "refund_last_payment": "full"},
        ),
        (cancellation(CANCEL_NOW), {"cancel_action": "cancel_immediately", "proration_behavior": "none"}),
    ],
)
def test_plan_names_the_subscription_and_leaves_stripe_no_charge(
    change_input: CancellationInput, body: dict[str, Any]
) -> None:
    (write,) = CHANGE.plan(change_input, facts_with(PRO))
    assert dict(write.body) == {"customer_id": "cus_1", "subscription_id": "sub_pro", **body}


def ends_line(before: str | None, after: str | None) -> Line:
    return Line(BillingLine.ENDS, before, after)


NOTHING_BILLED = Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD")


@pytest.mark.parametrize(
    ("change_input", "subscriptions", "autumn_quote", "lines"),
    [
        (
            cancellation(),
            [PRO],
            quoted(incoming=[incoming_plan("pro", expires_at=NOW), incoming_plan("free")]),
            [
                ends_line(None, "Nov 22, 2026"),
                Line(BillingLine.FOLLOWS, None, None, about="free"),
                NOTHING_BILLED,
            ],
        ),
        (cancellation(), [PRO], quoted(), [ends_line(None, "Dec 12, 2026"), NOTHING_BILLED]),
        (
            cancellation(),
            [CANCELLED, TEAM_LATER],
            quoted(),
            [
                ends_line("Dec 12, 2026", "Dec 12, 2026"),
                Line(BillingLine.SWITCH_DROPPED, None, None, about="team"),
                NOTHING_BILLED,
            ],
        ),
        (cancellation(TAKE_BACK), [CANCELLED], quoted(), [ends_line("Dec 12, 2026", None), NOTHING_BILLED]),
        (
            cancellation(TAKE_BACK),
            [CANCELLED, GOLD_CANCELLED, BASIC_LATER],
            quoted(),
            [ends_line("Dec 12, 2026", None), NOTHING_BILLED],
        ),
        (
            cancellation_now(),
            [PRO],
            TO_FREE,
            [
                Line(CancellationLine.ENDED, None, None, about="pro"),
                Line(BillingLine.FOLLOWS, None, None, about="free"),
                NOTHING_BILLED,
            ],
        ),
    ],
)
def test_preview_lines(
    change_input: CancellationInput, subscriptions: list[Subscription], autumn_quote: Quote, lines: list[Line]
) -> None:
    assert list(CHANGE.preview(change_input, facts_with(*subscriptions, quoted=autumn_quote))) == lines


def snapshot_of(request: CancellationInput, *subscriptions: Subscription) -> Snapshot:
    return CHANGE.snapshot(request, facts_with(*subscriptions))


AGAIN = PRO.model_copy(update={"id": "sub_again"})


@pytest.mark.parametrize(
    ("change_input", "before", "after", "verdict"),
    [
        (cancellation(), [PRO], [CANCELLED], Verdict.APPLIED),
        (cancellation(), [PRO], [CANCELLED, FREE_LATER], Verdict.APPLIED),
        (cancellation(), [PRO], [PRO], Verdict.NOT_APPLIED),
        (cancellation(), [CANCELLED, TEAM_LATER], [CANCELLED, TEAM_LATER], Verdict.NOT_APPLIED),
        (cancellation(), [CANCELLED, TEAM_LATER], [CANCELLED], Verdict.APPLIED),
        (cancellation(), [PRO], [], Verdict.UNCLEAR),
        (cancellation(TAKE_BACK), [CANCELLED], [PRO], Verdict.APPLIED),
        (cancellation(TAKE_BACK), [CANCELLED], [CANCELLED], Verdict.NOT_APPLIED),
        (cancellation(TAKE_BACK), [CANCELLED, TEAM_LATER], [CANCELLED, TEAM_LATER], Verdict.NOT_APPLIED),
        (cancellation(TAKE_BACK), [CANCELLED], [], Verdict.UNCLEAR),
        (cancellation_now(), [PRO], [], Verdict.APPLIED),
        (cancellation_now(), [PRO], [FREE_LATER], Verdict.APPLIED),
        (cancellation_now(), [PRO], [PRO], Verdict.NOT_APPLIED),
        (cancellation_now(), [PRO], [CANCELLED], Verdict.NOT_APPLIED),
        (cancellation_now(), [PRO], [AGAIN], Verdict.UNCLEAR),
        (cancellation_now(), [PRO, AGAIN], [AGAIN], Verdict.APPLIED),
    ],
)
def test_verdict_of_the_read_back(
    change_input: CancellationInput, before: list[Subscription], after: list[Subscription], verdict: Verdict
) -> None:
    assert (
        CHANGE.verify(change_input, snapshot_of(change_input, *before), snapshot_of(change_input, *after))
        is verdict
    )


@pytest.mark.parametrize("change_input", [cancellation(), cancellation(TAKE_BACK), cancellation_now()])
def test_verdict_is_unclear_when_the_customer_is_gone(change_input: CancellationInput) -> None:
    assert CHANGE.verify(change_input, snapshot_of(change_input, PRO), None) is Verdict.UNCLEAR


@pytest.mark.parametrize(
    ("change_input", "before", "back"),
    [
        (cancellation(), [PRO], cancellation(TAKE_BACK)),
        (cancellation(TAKE_BACK), [CANCELLED], cancellation(AT_END)),
        (cancellation(TAKE_BACK), [CANCELLED, FREE_LATER], cancellation(AT_END)),
        (cancellation(), [CANCELLED, TEAM_LATER], None),
        (cancellation(TAKE_BACK), [CANCELLED, TEAM_LATER], None),
        (cancellation_now(), [PRO], None),
        (cancellation_now(), [ADD_ON.model_copy(update={"id": "sub_pro", "plan": Plan(id="seats")})], None),
        (cancellation_now(), [], None),
        (
            cancellation_now(product="free"),
            [FREE],
            SwitchInput(customer="cus_1", product="free", action=SwitchAction.NOW, replaces=""),
        ),
        (REMOVE, [PRO], None),
        (REMOVE_LATER, [PRO], None),
    ],
)
def test_inverse(
    change_input: CancellationInput, before: list[Subscription], back: ChangeInput | None
) -> None:
    facts = snapshot_of(change_input, *before)
    assert CHANGE.inverse(change_input, facts, facts) == back


def test_free_product_is_given_again_in_place_of_its_successor() -> None:
    request = cancellation_now(product="free")
    facts = CHANGE.snapshot(
        request, facts_with(FREE, quoted=quoted(incoming=[incoming_plan("free"), incoming_plan("hobby")]))
    )
    gone = CHANGE.snapshot(request, facts_with())
    assert CHANGE.inverse(request, facts, gone) == SwitchInput(
        customer="cus_1", product="free", action=SwitchAction.NOW, replaces="hobby"
    )


def test_one_time_purchase_is_removed_by_its_product() -> None:
    """Autumn gives it no id and no period, so there is nothing to prorate."""
    facts = facts_with(PRO, purchases=[PACK], quoted=quoted())
    (write,) = CHANGE.plan(REMOVE, facts)
    assert (write.route, write.per_customer) == ("billing.update", True)
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "plan_id": "pack",
        "cancel_action": "cancel_immediately",
    }
    (of_entity,) = CHANGE.plan(REMOVE.model_copy(update={"entity": "ws_1"}), facts)
    assert of_entity.body["entity_id"] == "ws_1"
    assert list(CHANGE.preview(REMOVE, facts)) == [
        Line(CancellationLine.REMOVED, None, None, about="pack"),
        NOTHING_BILLED,
    ]
    assert CHANGE.amount(REMOVE, CHANGE.snapshot(REMOVE, facts)) == 0
    assert CHANGE.products(REMOVE, facts) == {"pack"}


def test_end_of_a_subscription_touches_the_products_and_that_of_a_purchase_does_not() -> None:
    subscription, product = subscriptions.touched("sub_pro"), subscriptions.product_touched("pro")
    assert CHANGE.touches(cancellation_now()) == {subscription, product, subscriptions.PRODUCTS}
    assert CHANGE.touches(REMOVE) == {subscriptions.product_touched("pack")}


@pytest.mark.parametrize(
    ("after", "verdict", "line"),
    [
        ((PACK,), Verdict.NOT_APPLIED, words.STILL_BOUGHT),
        ((), Verdict.APPLIED, words.NOT_BOUGHT),
        ((OF_ENTITY_PACK,), Verdict.APPLIED, words.NOT_BOUGHT),
    ],
)
def test_verdict_of_a_removed_purchase(after: tuple[Purchase, ...], verdict: Verdict, line: str) -> None:
    then = CHANGE.snapshot(REMOVE, facts_with(PRO, purchases=[PACK]))
    facts = CHANGE.snapshot(REMOVE, facts_with(PRO, purchases=list(after)))
    assert CHANGE.verify(REMOVE, then, facts) is verdict
    assert list(CHANGE.shown_now(REMOVE, then, facts)) == [line]
    assert CHANGE.verify(REMOVE, then, None) is Verdict.UNCLEAR


def test_amount_and_products_for_the_policy() -> None:
    credit = facts_with(PRO, quoted=quoted("-19.999"))
    assert CHANGE.amount(cancellation_now(), CHANGE.snapshot(cancellation_now(), credit)) == Decimal(20)
    assert (
        CHANGE.amount(cancellation(), CHANGE.snapshot(cancellation(), facts_with(PRO, quoted=quoted()))) == 0
    )
    assert CHANGE.products(cancellation(), facts_with(PRO, ADD_ON)) == {"pro"}
    assert CHANGE.products(cancellation(), facts_with(CANCELLED, TEAM_LATER)) == {"pro", "team"}
    assert CHANGE.products(cancellation(), facts_with(ADD_ON)) == {"pro"}


def test_preview_holds_while_only_time_passes() -> None:
    then = CHANGE.snapshot(cancellation_now(), facts_with(PRO, quoted=quoted(-20)))
    half = facts_with(PRO, quoted=quoted(-10), at=NOW + (PERIOD_END - NOW) / 2)
    assert CHANGE.holds(cancellation_now(), then, CHANGE.snapshot(cancellation_now(), half))
    assert not CHANGE.holds(
        cancellation_now(),
        then,
        CHANGE.snapshot(cancellation_now(), facts_with(CANCELLED, quoted=quoted(-20))),
    )


@pytest.mark.parametrize(
    ("change_input", "summary"),
    [
        (cancellation(), "Cancel Pro at the end of the period"),
        (cancellation(TAKE_BACK), "Take back the cancellation of Pro"),
        (cancellation_now(), "Cancel Pro now, with credit for any unused time already billed"),
        (cancellation_now(Settlement.REFUND_ALL), "Cancel Pro now, with a refund of the whole last payment"),
        (cancellation_now(Settlement.REFUND_UNUSED), "Cancel Pro now, with a refund of the unused time"),
        (cancellation(CANCEL_NOW), "Cancel Pro now, without credit or refund"),
        (REMOVE, "Remove the one-time purchase of Pack"),
    ],
)
def test_summary(change_input: CancellationInput, summary: str) -> None:
    assert CHANGE.summary(change_input, {"pro": "Pro", "pack": "Pack"}) == summary


def test_current_state_is_shown() -> None:
    before = snapshot_of(cancellation(), PRO)
    assert (
        "Dec 12, 2026" in CHANGE.shown_now(cancellation(), before, snapshot_of(cancellation(), CANCELLED))[0]
    )
    assert CHANGE.shown_now(cancellation(), before, before)[0].endswith("*none*")
    assert CHANGE.shown_now(cancellation(), before, snapshot_of(cancellation()))[0].endswith(
        "no longer there."
    )
