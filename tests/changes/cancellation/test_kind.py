"""Cancelling a subscription: what is refused and warned of, what is sent, and what became of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Plan, Purchase, Quote, Subscription
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
    known = {"customer": "cus_1", "subscription": "sub_pro", "product": "pro", "action": action}
    return CancellationInput(**{**known, **changes})


REMOVE = ask(CancellationAction.NOW, subscription="", product="pack", one_time=True)

REMOVE_LATER = REMOVE.model_copy(update={"bought_at": NOW + timedelta(minutes=1)})
"""Of one that was bought later than the one that is there."""


def now(settlement: Settlement = Settlement.CREDIT, **changes: Any) -> CancellationInput:
    return ask(CANCEL_NOW, settlement=settlement, **changes)


@pytest.mark.parametrize(
    ("asked", "known", "refusal"),
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
def test_refused(asked: CancellationInput, known: Facts, refusal: Note) -> None:
    judged = CHANGE.guard(asked, known, NOW)
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
    ("asked", "known", "warnings"),
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
def test_warned(asked: CancellationInput, known: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(asked, known, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_an_earlier_refund_of_the_invoice_is_told() -> None:
    details = {"total": "20", "currency": "usd"}
    first = mrkdwn(Note(CancellationNote.REFUNDED_INVOICE, {**details, "refunded": "0"}))
    again = mrkdwn(Note(CancellationNote.REFUNDED_INVOICE, {**details, "refunded": "5"}))
    assert "$20.00" in first
    assert "before" not in first
    assert "$5.00 was refunded before" in again


@pytest.mark.parametrize(
    ("asked", "body"),
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
    asked: CancellationInput, body: dict[str, Any]
) -> None:
    (write,) = CHANGE.plan(asked, having(PRO))
    assert dict(write.body) == {"customer_id": "cus_1", "subscription_id": "sub_pro", **body}


def ends(before: str | None, after: str | None) -> Line:
    return Line(BillingLine.ENDS, before, after)


NOTHING_BILLED = Line(BillingLine.TOTAL, None, "0", ValueFormat.MONEY, currency="USD")


@pytest.mark.parametrize(
    ("asked", "held", "told", "lines"),
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
def test_preview(asked: CancellationInput, held: list[Subscription], told: Quote, lines: list[Line]) -> None:
    assert list(CHANGE.preview(asked, having(*held, quoted=told))) == lines


def state(asked: CancellationInput, *held: Subscription) -> Snapshot:
    return CHANGE.snapshot(asked, having(*held))


AGAIN = PRO.model_copy(update={"id": "sub_again"})


@pytest.mark.parametrize(
    ("asked", "before", "after", "verdict"),
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
def test_what_became_of_it(
    asked: CancellationInput, before: list[Subscription], after: list[Subscription], verdict: Verdict
) -> None:
    assert CHANGE.verify(asked, state(asked, *before), state(asked, *after)) is verdict


@pytest.mark.parametrize("asked", [ask(), ask(TAKE_BACK), now()])
def test_of_a_customer_who_is_gone_it_is_not_known(asked: CancellationInput) -> None:
    assert CHANGE.verify(asked, state(asked, PRO), None) is Verdict.UNCLEAR


@pytest.mark.parametrize(
    ("asked", "before", "back"),
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
def test_undo(asked: CancellationInput, before: list[Subscription], back: ChangeInput | None) -> None:
    known = state(asked, *before)
    assert CHANGE.inverse(asked, known, known) == back


def test_a_free_product_is_given_again_in_the_place_of_what_followed_it() -> None:
    asked = now(product="free")
    known = CHANGE.snapshot(asked, having(FREE, quoted=quoted(incoming=[coming("hobby")])))
    gone = CHANGE.snapshot(asked, having())
    assert CHANGE.inverse(asked, known, gone) == SwitchInput(
        customer="cus_1", product="free", action=SwitchAction.NOW, replaces="hobby"
    )


def test_a_one_time_purchase_is_removed_by_its_product_alone() -> None:
    """Autumn gives it no id, and no period that money could be given back for."""
    held = having(PRO, purchases=[PACK], quoted=quoted())
    (write,) = CHANGE.plan(REMOVE, held)
    assert (write.route, write.per_customer) == ("billing.update", True)
    assert dict(write.body) == {
        "customer_id": "cus_1",
        "plan_id": "pack",
        "cancel_action": "cancel_immediately",
    }
    (of_entity,) = CHANGE.plan(REMOVE.model_copy(update={"entity": "ws_1"}), held)
    assert of_entity.body["entity_id"] == "ws_1"
    assert list(CHANGE.preview(REMOVE, held)) == [
        Line(CancellationLine.REMOVED, None, None, about="pack"),
        NOTHING_BILLED,
    ]
    assert CHANGE.amount(REMOVE, CHANGE.snapshot(REMOVE, held)) == 0
    assert CHANGE.products(REMOVE, held) == {"pack"}


@pytest.mark.parametrize(
    ("after", "verdict", "shown"),
    [
        ((PACK,), Verdict.NOT_APPLIED, words.STILL_BOUGHT),
        ((), Verdict.APPLIED, words.NOT_BOUGHT),
        ((OF_ENTITY_PACK,), Verdict.APPLIED, words.NOT_BOUGHT),
    ],
)
def test_what_became_of_a_purchase(after: tuple[Purchase, ...], verdict: Verdict, shown: str) -> None:
    then = CHANGE.snapshot(REMOVE, having(PRO, purchases=[PACK]))
    there = CHANGE.snapshot(REMOVE, having(PRO, purchases=list(after)))
    assert CHANGE.verify(REMOVE, then, there) is verdict
    assert list(CHANGE.shown_now(REMOVE, then, there)) == [shown]
    assert CHANGE.verify(REMOVE, then, None) is Verdict.UNCLEAR


def test_size_and_products_for_the_policy() -> None:
    credit = having(PRO, quoted=quoted("-19.999"))
    assert CHANGE.amount(now(), CHANGE.snapshot(now(), credit)) == Decimal(20)
    assert CHANGE.amount(ask(), CHANGE.snapshot(ask(), having(PRO, quoted=quoted()))) == 0
    assert CHANGE.products(ask(), having(PRO, ADD_ON)) == {"pro"}
    assert CHANGE.products(ask(), having(CANCELLED, TEAM_LATER)) == {"pro", "team"}
    assert CHANGE.products(ask(), having(ADD_ON)) == {"pro"}


def test_it_holds_while_time_alone_moves() -> None:
    then = CHANGE.snapshot(now(), having(PRO, quoted=quoted(-20)))
    half = having(PRO, quoted=quoted(-10), at=NOW + (PERIOD_END - NOW) / 2)
    assert CHANGE.holds(now(), then, CHANGE.snapshot(now(), half))
    assert not CHANGE.holds(now(), then, CHANGE.snapshot(now(), having(CANCELLED, quoted=quoted(-20))))


@pytest.mark.parametrize(
    ("asked", "summary"),
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
def test_summary(asked: CancellationInput, summary: str) -> None:
    assert CHANGE.summary(asked, {"pro": "Pro", "pack": "Pack"}) == summary


def test_what_is_there_now() -> None:
    before = state(ask(), PRO)
    assert "Dec 12, 2026" in CHANGE.shown_now(ask(), before, state(ask(), CANCELLED))[0]
    assert CHANGE.shown_now(ask(), before, before)[0].endswith("*none*")
    assert CHANGE.shown_now(ask(), before, state(ask()))[0].endswith("no longer there.")
