"""Cancelling a subscription: refusals and warnings, the write, and its verdict."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Plan, Purchase, Quote, Subscription
from bot.changes.billing import subscriptions
from bot.changes.billing.words import BillingLine, BillingNote
from bot.changes.cancellation import words
from bot.changes.cancellation.kind import CancellationChange
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, CancellationLine, CancellationNote, Settlement
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import ChangeInput, Facts, Snapshot, Verdict
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
    coming,
    having,
    refund,
)
from tests.changes.billing.quotes import quote as quoted
from tests.changes.facts import AHEAD, BY_USE, NOW, balance, row, subscription

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
NONE_LEFT = Note(CancellationNote.NO_PRODUCT_LEFT)
TO_FREE = quoted(incoming=[coming("free")])


def ask(action: CancellationAction = AT_END, **changes: Any) -> CancellationInput:
    fields = {"customer": "cus_1", "subscription": "sub_pro", "product": "pro", "action": action}
    return CancellationInput(**{**fields, **changes})


REMOVE = ask(CancellationAction.NOW, subscription="", product="pack", one_time=True)

REMOVE_LATER = REMOVE.model_copy(update={"bought_at": NOW + timedelta(minutes=1)})
"""The removal of a purchase bought later than the current one."""


def now(settlement: Settlement = Settlement.CREDIT, **changes: Any) -> CancellationInput:
    return ask(CANCEL_NOW, settlement=settlement, **changes)


@pytest.mark.parametrize(
    ("change_input", "facts", "refusal"),
    [
        (ask(customer="cus_2"), having(PRO), Note(CommonNote.OTHER_CUSTOMER)),
        (
            ask(customer_created_at=NOW),
            having(PRO, created_at=NOW + timedelta(days=1)),
            Note(CommonNote.RECREATED),
        ),
        (ask(subscription="gone"), having(PRO), Note(BillingNote.GONE)),
        (ask(subscription="sub_entity"), having(OF_ENTITY), Note(BillingNote.OF_ENTITY)),
        (ask(subscription="sub_team"), having(CANCELLED, TEAM_LATER), Note(BillingNote.SCHEDULED)),
        (
            ask(),
            having(CANCELLED),
            Note(CancellationNote.ALREADY_CANCELLED, {"at": "2026-12-12T15:06:00.000+00:00"}),
        ),
        (
            ask(),
            having(CANCELLED.model_copy(update={"expires_at": None}), FREE_LATER),
            Note(CancellationNote.ALREADY_CANCELLED, {"at": ""}),
        ),
        (ask(), having(FREE), Note(CancellationNote.FREE_HAS_NO_PERIOD)),
        (REMOVE, having(PRO), Note(CancellationNote.PURCHASE_GONE)),
        (REMOVE, having(purchases=[OF_ENTITY_PACK]), Note(CancellationNote.PURCHASE_GONE)),
        (REMOVE_LATER, having(PRO, purchases=[PACK]), Note(CancellationNote.PURCHASE_GONE)),
        (REMOVE, having(purchases=[PACK, PACK]), Note(CancellationNote.BOUGHT_TWICE)),
        (
            REMOVE,
            having(subscription("pack", id="sub_pack", scope="customer"), purchases=[PACK]),
            Note(CancellationNote.BOUGHT_TWICE),
        ),
        (
            REMOVE.model_copy(update={"action": AT_END}),
            having(purchases=[PACK]),
            Note(CancellationNote.ONE_TIME_ENDS_NOW),
        ),
        (
            REMOVE,
            having(purchases=[PACK], quote_refused="cus_product_not_found"),
            Note(BillingNote.WOULD_BE_REFUSED, {"code": "cus_product_not_found"}),
        ),
        (ask(TAKE_BACK), having(PRO), Note(CancellationNote.NOT_CANCELLED)),
        (ask(CANCEL_NOW), having(PRO), Note(CancellationNote.NO_SETTLEMENT)),
        (
            now(Settlement.REFUND_ALL),
            having(PRO, quoted=quoted()),
            Note(CancellationNote.NOTHING_TO_REFUND),
        ),
        (
            now(Settlement.REFUND_UNUSED),
            having(PRO, quoted=quoted(refund=refund(0))),
            Note(CancellationNote.NOTHING_TO_REFUND),
        ),
        (
            ask(),
            having(PRO, quote_refused="invalid_request"),
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
        (ask(), having(PRO, quoted=TO_FREE), []),
        (ask(), having(PRO), []),
        (ask(), having(PRO.model_copy(update={"plan": None}), quoted=TO_FREE), []),
        (ask(), having(PRO, quoted=quoted(incoming=[coming("pro")])), [NONE_LEFT]),
        (
            ask(),
            having(PAST_DUE, quoted=TO_FREE),
            [Note(CancellationNote.SETTLED_OTHERWISE)],
        ),
        (
            ask(),
            having(CANCELLED, TEAM_LATER, quoted=quoted()),
            [Note(BillingNote.DROPS_SWITCH, {"product": "team"}), NONE_LEFT],
        ),
        (
            ask(),
            having(
                PRO,
                ADD_ON,
                ADD_ON.model_copy(update={"status": "scheduled", "plan_id": "more"}),
                quoted=TO_FREE,
            ),
            [
                Note(BillingNote.ADD_ONS_AT_RISK, {"products": "more"}),
                Note(CancellationNote.ADD_ONS_GO_ON, {"products": "seats"}),
            ],
        ),
        (
            ask(subscription="sub_seats", product="seats"),
            having(
                PRO,
                ADD_ON,
                ADD_ON.model_copy(update={"id": "later", "status": "scheduled", "plan_id": "more"}),
                quoted=quoted(),
            ),
            [],
        ),
        (REMOVE, having(PRO, purchases=[PACK], quoted=quoted()), [LOST, KEEPS_MONEY, NO_UNDO]),
        (REMOVE, having(purchases=[PACK, OF_ENTITY_PACK], quoted=quoted()), [LOST, KEEPS_MONEY, NO_UNDO]),
        (ask(subscription="sub_seats", product="seats"), having(PRO, ADD_ON, quoted=quoted()), []),
        (ask(TAKE_BACK), having(CANCELLED, FREE_LATER, quoted=quoted()), []),
        (
            ask(TAKE_BACK),
            having(CANCELLED, TEAM_LATER, ADD_ON, quoted=quoted()),
            [Note(BillingNote.DROPS_SWITCH, {"product": "team"})],
        ),
        (now(), having(PRO, quoted=TO_FREE), [LOST, BY_TIME, NO_UNDO]),
        (now(Settlement.NOTHING), having(PAST_DUE, quoted=TO_FREE), [LOST, NO_UNDO]),
        (now(Settlement.REFUND_ALL), having(PRO), [LOST, BY_TIME, NO_UNDO]),
        (
            now(Settlement.REFUND_UNUSED),
            having(PRO, quoted=quoted(refund=refund("0.5"), incoming=[coming("free")])),
            [
                LOST,
                BY_TIME,
                Note(CancellationNote.REFUNDED_INVOICE, {"total": "20", "refunded": "0", "currency": "usd"}),
                NO_UNDO,
            ],
        ),
        (now(), having(FREE, quoted=quoted()), [NONE_LEFT, LOST, BY_TIME, GIVEN_AGAIN]),
        (
            now(),
            having(PAST_DUE, quoted=TO_FREE),
            [LOST, Note(CancellationNote.CREDIT_FOR_UNPAID), BY_TIME, NO_UNDO],
        ),
        (
            now(),
            having(PRO, quoted=TO_FREE, balances=(BY_USE_ROWS,)),
            [
                Note(CancellationNote.USAGE_UNBILLED, {"feature": "messages", "units": "750"}),
                LOST,
                BY_TIME,
                NO_UNDO,
            ],
        ),
        (
            now(Settlement.REFUND_ALL),
            having(PRO, quoted=quoted(refund=refund("15", refunded=5), incoming=[coming("free")])),
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
        (ask(), {"cancel_action": "cancel_end_of_cycle"}),
        (ask(TAKE_BACK), {"cancel_action": "uncancel"}),
        (
            now(Settlement.CREDIT),
            {"cancel_action": "cancel_immediately", "proration_behavior": "prorate_immediately"},
        ),
        (now(Settlement.NOTHING), {"cancel_action": "cancel_immediately", "proration_behavior": "none"}),
        (
            now(Settlement.REFUND_UNUSED),
            {"cancel_action": "cancel_immediately", "refund_last_payment": "prorated"},
        ),
        (
            now(Settlement.REFUND_ALL),
            {"cancel_action": "cancel_immediately", "refund_last_payment": "full"},
        ),
        (ask(CANCEL_NOW), {"cancel_action": "cancel_immediately", "proration_behavior": "none"}),
    ],
)
def test_plan_names_the_subscription_and_leaves_stripe_no_charge(
    change_input: CancellationInput, body: dict[str, Any]
) -> None:
    (write,) = CHANGE.plan(change_input, having(PRO))
    assert dict(write.body) == {"customer_id": "cus_1", "subscription_id": "sub_pro", **body}


def ends(before: str | None, after: str | None) -> Line:
    return Line(BillingLine.ENDS, before, after)


NOTHING_BILLED = Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD")


@pytest.mark.parametrize(
    ("change_input", "subscriptions", "autumn_quote", "lines"),
    [
        (
            ask(),
            [PRO],
            quoted(incoming=[coming("pro", expires_at=NOW), coming("free")]),
            [ends(None, "Nov 22, 2026"), Line(BillingLine.FOLLOWS, None, None, about="free"), NOTHING_BILLED],
        ),
        (ask(), [PRO], quoted(), [ends(None, "Dec 12, 2026"), NOTHING_BILLED]),
        (
            ask(),
            [CANCELLED, TEAM_LATER],
            quoted(),
            [
                ends("Dec 12, 2026", "Dec 12, 2026"),
                Line(BillingLine.SWITCH_DROPPED, None, None, about="team"),
                NOTHING_BILLED,
            ],
        ),
        (ask(TAKE_BACK), [CANCELLED], quoted(), [ends("Dec 12, 2026", None), NOTHING_BILLED]),
        (
            now(),
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
    assert list(CHANGE.preview(change_input, having(*subscriptions, quoted=autumn_quote))) == lines


def state(request: CancellationInput, *subscriptions: Subscription) -> Snapshot:
    return CHANGE.snapshot(request, having(*subscriptions))


AGAIN = PRO.model_copy(update={"id": "sub_again"})


@pytest.mark.parametrize(
    ("change_input", "before", "after", "verdict"),
    [
        (ask(), [PRO], [CANCELLED], Verdict.APPLIED),
        (ask(), [PRO], [CANCELLED, FREE_LATER], Verdict.APPLIED),
        (ask(), [PRO], [PRO], Verdict.NOT_APPLIED),
        (ask(), [CANCELLED, TEAM_LATER], [CANCELLED, TEAM_LATER], Verdict.NOT_APPLIED),
        (ask(), [CANCELLED, TEAM_LATER], [CANCELLED], Verdict.APPLIED),
        (ask(), [PRO], [], Verdict.UNCLEAR),
        (ask(TAKE_BACK), [CANCELLED], [PRO], Verdict.APPLIED),
        (ask(TAKE_BACK), [CANCELLED], [CANCELLED], Verdict.NOT_APPLIED),
        (ask(TAKE_BACK), [CANCELLED, TEAM_LATER], [CANCELLED, TEAM_LATER], Verdict.NOT_APPLIED),
        (ask(TAKE_BACK), [CANCELLED], [], Verdict.UNCLEAR),
        (now(), [PRO], [], Verdict.APPLIED),
        (now(), [PRO], [FREE_LATER], Verdict.APPLIED),
        (now(), [PRO], [PRO], Verdict.NOT_APPLIED),
        (now(), [PRO], [CANCELLED], Verdict.NOT_APPLIED),
        (now(), [PRO], [AGAIN], Verdict.UNCLEAR),
        (now(), [PRO, AGAIN], [AGAIN], Verdict.APPLIED),
    ],
)
def test_verdict_of_the_read_back(
    change_input: CancellationInput, before: list[Subscription], after: list[Subscription], verdict: Verdict
) -> None:
    assert CHANGE.verify(change_input, state(change_input, *before), state(change_input, *after)) is verdict


@pytest.mark.parametrize("change_input", [ask(), ask(TAKE_BACK), now()])
def test_verdict_is_unclear_when_the_customer_is_gone(change_input: CancellationInput) -> None:
    assert CHANGE.verify(change_input, state(change_input, PRO), None) is Verdict.UNCLEAR


@pytest.mark.parametrize(
    ("change_input", "before", "back"),
    [
        (ask(), [PRO], ask(TAKE_BACK)),
        (ask(TAKE_BACK), [CANCELLED], ask(AT_END)),
        (ask(TAKE_BACK), [CANCELLED, FREE_LATER], ask(AT_END)),
        (ask(), [CANCELLED, TEAM_LATER], None),
        (ask(TAKE_BACK), [CANCELLED, TEAM_LATER], None),
        (now(), [PRO], None),
        (now(), [ADD_ON.model_copy(update={"id": "sub_pro", "plan": Plan(id="seats")})], None),
        (now(), [], None),
        (
            now(product="free"),
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
    facts = state(change_input, *before)
    assert CHANGE.inverse(change_input, facts, facts) == back


def test_free_product_is_given_again_in_place_of_its_successor() -> None:
    request = now(product="free")
    facts = CHANGE.snapshot(request, having(FREE, quoted=quoted(incoming=[coming("hobby")])))
    gone = CHANGE.snapshot(request, having())
    assert CHANGE.inverse(request, facts, gone) == SwitchInput(
        customer="cus_1", product="free", action=SwitchAction.NOW, replaces="hobby"
    )


def test_one_time_purchase_is_removed_by_its_product() -> None:
    """Autumn gives it no id and no period, so there is nothing to prorate."""
    facts = having(PRO, purchases=[PACK], quoted=quoted())
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
    assert CHANGE.touches(ask()) == {subscriptions.touched("sub_pro"), subscriptions.PRODUCTS}
    assert CHANGE.touches(REMOVE) == {subscriptions.touched("pack")}


@pytest.mark.parametrize(
    ("after", "verdict", "line"),
    [
        ((PACK,), Verdict.NOT_APPLIED, words.STILL_BOUGHT),
        ((), Verdict.APPLIED, words.NOT_BOUGHT),
        ((OF_ENTITY_PACK,), Verdict.APPLIED, words.NOT_BOUGHT),
    ],
)
def test_verdict_of_a_removed_purchase(after: tuple[Purchase, ...], verdict: Verdict, line: str) -> None:
    then = CHANGE.snapshot(REMOVE, having(PRO, purchases=[PACK]))
    facts = CHANGE.snapshot(REMOVE, having(PRO, purchases=list(after)))
    assert CHANGE.verify(REMOVE, then, facts) is verdict
    assert list(CHANGE.shown_now(REMOVE, then, facts)) == [line]
    assert CHANGE.verify(REMOVE, then, None) is Verdict.UNCLEAR


def test_amount_and_products_for_the_policy() -> None:
    credit = having(PRO, quoted=quoted("-19.999"))
    assert CHANGE.amount(now(), CHANGE.snapshot(now(), credit)) == Decimal(20)
    assert CHANGE.amount(ask(), CHANGE.snapshot(ask(), having(PRO, quoted=quoted()))) == 0
    assert CHANGE.products(ask(), having(PRO, ADD_ON)) == {"pro"}
    assert CHANGE.products(ask(), having(CANCELLED, TEAM_LATER)) == {"pro", "team"}
    assert CHANGE.products(ask(), having(ADD_ON)) == {"pro"}


def test_preview_holds_while_only_time_passes() -> None:
    then = CHANGE.snapshot(now(), having(PRO, quoted=quoted(-20)))
    half = having(PRO, quoted=quoted(-10), at=NOW + (PERIOD_END - NOW) / 2)
    assert CHANGE.holds(now(), then, CHANGE.snapshot(now(), half))
    assert not CHANGE.holds(now(), then, CHANGE.snapshot(now(), having(CANCELLED, quoted=quoted(-20))))


@pytest.mark.parametrize(
    ("change_input", "summary"),
    [
        (ask(), "Cancel Pro at the end of the period"),
        (ask(TAKE_BACK), "Take the cancellation of Pro back"),
        (now(), "Cancel Pro now, with credit for the unused time"),
        (now(Settlement.REFUND_ALL), "Cancel Pro now, with a refund of the whole last payment"),
        (now(Settlement.REFUND_UNUSED), "Cancel Pro now, with a refund of the unused time"),
        (ask(CANCEL_NOW), "Cancel Pro now, without credit or refund"),
        (REMOVE, "Remove the one-time purchase of Pack"),
    ],
)
def test_summary(change_input: CancellationInput, summary: str) -> None:
    assert CHANGE.summary(change_input, {"pro": "Pro", "pack": "Pack"}) == summary


def test_current_state_is_shown() -> None:
    before = state(ask(), PRO)
    assert "Dec 12, 2026" in CHANGE.shown_now(ask(), before, state(ask(), CANCELLED))[0]
    assert CHANGE.shown_now(ask(), before, before)[0].endswith("*none*")
    assert CHANGE.shown_now(ask(), before, state(ask()))[0].endswith("no longer there.")
