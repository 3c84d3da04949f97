from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.models import Entity, Invoice, InvoicePreview, Plan, PlanItem, Subscription
from bot.changes import notes
from bot.changes.deletion import words
from bot.changes.deletion.kind import DeletionChange
from bot.changes.deletion.request import DeletionInput
from bot.changes.deletion.words import DeletionLine, DeletionNote
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Verdict
from bot.changes.notes import CommonNote, Note, NoteCode
from bot.changes.spec import ChangeKind
from bot.kit import links
from bot.lookups.invoices.facts import Owed, Unpaid, unpaid
from tests.changes.facts import BY_USE, LATER, NOW, balance, billing, customer, facts, row, subscription

CHANGE = DeletionChange()
ASKED = DeletionInput(customer="cus_1", typed="cus_1")
NO_UNDO = Note(CommonNote.NO_UNDO)

PRO_ENDS = Note(DeletionNote.ENDS_IN_STRIPE, {"plan": "pro", "at": "2026-12-12T15:06:00.000+00:00"})


def cancelled(plan_id: str, **changes: Any) -> Subscription:
    return subscription(plan_id, **{"canceled_at": NOW, "expires_at": LATER, **changes})


def live(**changes: Any) -> Facts:
    return replace(facts(), billing=billing(), **changes)


def invoice(total: int, currency: str = "usd") -> Invoice:
    return Invoice(id=f"inv_{total}", total=Decimal(total), currency=currency, status="open")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("cus_2", DeletionNote.ID_NOT_TYPED),
        ("", DeletionNote.ID_NOT_TYPED),
        ("cus_1 ", DeletionNote.ID_NOT_TYPED),
        ("CUS_1", DeletionNote.ID_NOT_TYPED),
    ],
)
def test_deletion_is_refused_until_the_id_is_typed(typed: str, code: NoteCode) -> None:
    judged = CHANGE.guard(DeletionInput(customer="cus_1", typed=typed), live(), NOW)
    assert judged.refusals == (Note(code),)


def test_deletion_is_refused_for_another_customer_and_an_old_id() -> None:
    other_deletion = DeletionInput(customer="cus_2", typed="cus_2")
    assert CHANGE.guard(other_deletion, live(), NOW).refusals == (Note(CommonNote.OTHER_CUSTOMER),)
    old = DeletionInput(customer="a.b", typed="a.b")
    facts = live(customer=customer(id="a.b"))
    assert CHANGE.guard(old, facts, NOW).refusals == (Note(CommonNote.OLD_ID),)


@pytest.mark.parametrize(
    ("customer_facts", "warnings"),
    [
        (live(), [NO_UNDO]),
        (facts(), [Note(DeletionNote.STRIPE_UNREAD), NO_UNDO]),
        (
            live(
                customer=customer(
                    stripe_id="cus_S1",
                    subscriptions=[
                        subscription("free", price=None),
                        subscription("pro"),
                        subscription("pro"),
                        subscription("by_use", plan=Plan(id="u", items=[PlanItem(price=BY_USE)])),
                        subscription("unknown", plan=None),
                        subscription("default", plan=None, auto_enable=True),
                    ],
                )
            ),
            [
                Note(
                    DeletionNote.KEEPS_CHARGING,
                    {"plans": "pro, by_use", "count": "3", "stripe": "cus_S1"},
                ),
                Note(
                    DeletionNote.MAY_KEEP_CHARGING,
                    {"plans": "unknown, default", "count": "2", "stripe": "cus_S1"},
                ),
                NO_UNDO,
            ],
        ),
        (live(customer=customer(subscriptions=[subscription("pro")])), [NO_UNDO]),
        (
            live(customer=customer(stripe_id="cus_S1", subscriptions=[subscription("free", price=None)])),
            [NO_UNDO],
        ),
        (
            live(
                customer=customer(
                    stripe_id="cus_S1",
                    subscriptions=[subscription("pro"), subscription("seat", scope="entity")],
                ),
                entities=(Entity(id="a"),) * 1000,
            ),
            [
                Note(
                    DeletionNote.KEEPS_CHARGING,
                    {"plans": "pro, seat", "count": "2", "at_least": "yes", "stripe": "cus_S1"},
                ),
                Note(DeletionNote.HAS_ENTITIES, {"count": "1000", "at_least": "yes"}),
                NO_UNDO,
            ],
        ),
        (
            live(
                customer=customer(
                    stripe_id="cus_S1",
                    subscriptions=[subscription("seat", price=None, scope="entity")],
                ),
            ),
            [
                Note(
                    DeletionNote.MAY_KEEP_CHARGING,
                    {"plans": "seat", "count": "1", "at_least": "yes", "stripe": "cus_S1"},
                ),
                NO_UNDO,
            ],
        ),
        (
            live(
                customer=customer(
                    stripe_id="cus_S1",
                    subscriptions=[
                        cancelled("pro"),
                        subscription("team", status="scheduled", started_at=LATER),
                        cancelled("undated", expires_at=None),
                        cancelled("seat", scope="entity"),
                        cancelled("free", price=None),
                    ],
                )
            ),
            [
                Note(
                    DeletionNote.KEEPS_CHARGING,
                    {"plans": "team, undated, seat", "count": "3", "at_least": "yes", "stripe": "cus_S1"},
                ),
                PRO_ENDS,
                NO_UNDO,
            ],
        ),
        (
            live(customer=customer(stripe_id="cus_S1", subscriptions=[cancelled("pro")])),
            [PRO_ENDS, NO_UNDO],
        ),
        (live(customer=customer(subscriptions=[cancelled("pro")])), [NO_UNDO]),
        (
            replace(
                facts(),
                billing=billing(
                    upcoming=(
                        InvoicePreview(invoice_at=LATER, total=Decimal("29.90"), currency="usd"),
                        InvoicePreview(total=Decimal(500), currency="jpy"),
                    )
                ),
            ),
            [
                Note(
                    DeletionNote.NEXT_CHARGE,
                    {"at": "2026-12-12T15:06:00.000+00:00", "total": "29.9", "currency": "usd"},
                ),
                Note(DeletionNote.NEXT_CHARGE, {"at": "", "total": "500", "currency": "jpy"}),
                NO_UNDO,
            ],
        ),
        (
            live(unpaid=unpaid([invoice(10), invoice(5, "eur"), invoice(20)], more=False)),
            [
                Note(DeletionNote.OPEN_INVOICES, {"count": "2", "total": "30", "currency": "USD"}),
                Note(DeletionNote.OPEN_INVOICES, {"count": "1", "total": "5", "currency": "EUR"}),
                NO_UNDO,
            ],
        ),
        (
            live(unpaid=unpaid([invoice(10)], more=True)),
            [
                Note(
                    DeletionNote.OPEN_INVOICES,
                    {"count": "1", "total": "10", "currency": "USD", "at_least": "yes"},
                ),
                NO_UNDO,
            ],
        ),
        (
            live(entities=(Entity(id="a"), Entity(id="b")), customer=customer(balance(row()))),
            [
                Note(DeletionNote.HAS_ENTITIES, {"count": "2"}),
                Note(DeletionNote.BALANCES_LOST, {"count": "1"}),
                NO_UNDO,
            ],
        ),
    ],
)
def test_guard_warns(customer_facts: Facts, warnings: list[Note]) -> None:
    judged = CHANGE.guard(ASKED, customer_facts, NOW)
    assert judged.allowed
    assert list(judged.warnings) == warnings


def test_card_keeps_listing_what_continues_in_stripe() -> None:
    """Each reminder is a line; once the customer is deleted, so is what is still to do."""
    names = {"pro": "Pro"}
    charging = Note(DeletionNote.KEEPS_CHARGING, {"count": "1", "plans": "pro", "stripe": "cus_s"})
    next_charge = Note(DeletionNote.NEXT_CHARGE, {"at": "", "total": "500", "currency": "jpy"})
    unpaid_invoice = Note(DeletionNote.OPEN_INVOICES, {"count": "1", "total": "10", "currency": "USD"})
    may_charge = Note(
        DeletionNote.MAY_KEEP_CHARGING, {"count": "1", "plans": "seat", "at_least": "yes", "stripe": "cus_s"}
    )
    warnings = [charging, may_charge, PRO_ENDS, next_charge, unpaid_invoice, NO_UNDO]
    link = links.linked(links.stripe("cus_s", "sandbox"), words.IN_STRIPE)

    def left(*, applied: bool) -> list[str]:
        return list(CHANGE.left_in_stripe(warnings, names, environment="sandbox", applied=applied))

    assert left(applied=False) == [link]
    live_link = links.linked(links.stripe("cus_s", "live"), words.IN_STRIPE)
    assert live_link != link
    assert CHANGE.left_in_stripe(warnings, names, environment="live", applied=False) == [live_link]
    assert left(applied=True) == [
        words.TO_DO_IN_STRIPE,
        *(f"• {notes.mrkdwn(note, names)}" for note in (charging, may_charge, next_charge, unpaid_invoice)),
        link,
    ]
    assert CHANGE.left_in_stripe([PRO_ENDS, NO_UNDO], names, environment="sandbox", applied=True) == []
    assert CHANGE.left_in_stripe([unpaid_invoice], names, environment="sandbox", applied=False) == []


@pytest.mark.parametrize(
    ("details", "until"), [({"count": "1"}, "it is"), ({"count": "1", "at_least": "yes"}, "they are")]
)
def test_what_an_unknown_price_may_cost_is_said(details: dict[str, str], until: str) -> None:
    note = Note(DeletionNote.MAY_KEEP_CHARGING, {"plans": "seat", "stripe": "cus_s", **details})
    said = notes.mrkdwn(note, {"seat": "Seat"})
    assert said.startswith(f"*Stripe may keep charging for Seat* unless {until} cancelled there")


def test_cancelled_subscription_ends_in_stripe_too() -> None:
    assert notes.mrkdwn(PRO_ENDS, {"pro": "Pro"}) == "Pro ends on Dec 12, 2026, in Stripe too."


def test_preview_lines() -> None:
    assert CHANGE.preview(ASKED, live()) == (Line(DeletionLine.CUSTOMER, "cus_1", None),)
    holder = customer(name="Acme", subscriptions=[subscription()])
    assert CHANGE.preview(ASKED, live(customer=holder, entities=(Entity(), Entity()))) == (
        Line(DeletionLine.CUSTOMER, "Acme", None),
        Line(DeletionLine.SUBSCRIPTIONS, "1", None, ValueFormat.NUMBER),
        Line(DeletionLine.ENTITIES, "2", None, ValueFormat.NUMBER),
    )


def test_plan_leaves_stripe_alone_and_has_no_inverse() -> None:
    (write,) = CHANGE.plan(ASKED, live())
    assert dict(write.body) == {"customer_id": "cus_1"}
    assert (write.route, write.method, write.path) == ("customers.delete", "POST", "/v1/customers.delete")
    before = CHANGE.snapshot(ASKED, live())
    kind: ChangeKind[DeletionInput] = CHANGE
    assert kind.inverse(ASKED, before, before) is None
    assert CHANGE.amount(ASKED, before) is None


def test_deletion_holds_while_the_same_is_live() -> None:
    then = CHANGE.snapshot(ASKED, live())
    used = live(customer=customer(balance(row(usage=999))))
    assert CHANGE.holds(ASKED, then, CHANGE.snapshot(ASKED, used))
    for moved in (
        live(customer=customer(subscriptions=[subscription()])),
        live(unpaid=unpaid([invoice(1)], more=False)),
        live(entities=(Entity(),)),
        live(customer=customer(created_at=NOW)),
    ):
        assert not CHANGE.holds(ASKED, then, CHANGE.snapshot(ASKED, moved))


def test_verdict_of_the_read_back() -> None:
    before = CHANGE.snapshot(ASKED, live(customer=customer(created_at=NOW)))
    made_anew = CHANGE.snapshot(ASKED, live(customer=customer(created_at=LATER)))
    assert CHANGE.verify(ASKED, before, None) is Verdict.APPLIED
    assert CHANGE.verify(ASKED, before, before) is Verdict.NOT_APPLIED
    assert CHANGE.verify(ASKED, before, {**before, "entities": "7"}) is Verdict.NOT_APPLIED
    assert CHANGE.verify(ASKED, before, made_anew) is Verdict.APPLIED


def test_merged_subscriptions_are_not_counted() -> None:
    holder = customer(subscriptions=[subscription("pro"), subscription("seat", scope="entity")])
    lines = CHANGE.preview(ASKED, live(customer=holder, entities=(Entity(id="a"),) * 1000))
    assert lines[1:] == (
        Line(DeletionLine.SUBSCRIPTIONS, "2", None, ValueFormat.NUMBER, at_least=True),
        Line(DeletionLine.ENTITIES, "1000", None, ValueFormat.NUMBER, at_least=True),
    )


@pytest.mark.parametrize(
    ("details", "text"),
    [
        ({"count": "1"}, "One invoice is unpaid: $10.00 stays due in Stripe."),
        ({"count": "2"}, "2 invoices are unpaid: $10.00 stays due in Stripe."),
        (
            {"count": "2", "at_least": "yes"},
            "At least 2 invoices are unpaid: $10.00 or more stays due in Stripe.",
        ),
    ],
)
def test_note_on_unpaid_invoices_says_when_there_may_be_more(details: dict[str, str], text: str) -> None:
    note = Note(DeletionNote.OPEN_INVOICES, {"total": "10", "currency": "USD", **details})
    assert notes.mrkdwn(note) == text


def test_deletion_snapshot() -> None:
    holder = customer(created_at=NOW, subscriptions=[subscription("team"), subscription("pro")])
    customer_facts = replace(
        facts(), customer=holder, entities=(Entity(id="w"),), unpaid=Unpaid((Owed("USD", 2, Decimal(30)),))
    )
    assert CHANGE.guard(ASKED, customer_facts, NOW).refusals == ()
    assert CHANGE.snapshot(ASKED, customer_facts) == {
        "customer": "cus_1",
        "created_at": "2026-11-22T15:06:00.000+00:00",
        "charging": '["pro", "team"]',
        "open_invoices": "2",
        "entities": "1",
    }


def test_summary() -> None:
    assert CHANGE.summary(ASKED, {}) == words.SUMMARY
