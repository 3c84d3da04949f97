from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.access.limits import Today, Worth
from bot.access.policy import Person, Request, Verb, decide
from bot.approvals.preview import assess
from bot.autumn.models import Invoice
from bot.changes import canonical
from bot.changes.amounts import AmountNote
from bot.changes.facts import gather, gather_for
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import Facts, Snapshot, Verdict
from bot.changes.notes import CommonNote, Note
from bot.changes.refund.kind import RefundChange
from bot.changes.refund.read import PaidInvoices
from bot.changes.refund.request import RefundInput
from bot.changes.refund.words import RefundLine, RefundNote
from tests.autumn.scripted import Scripted, listing, ok
from tests.changes.facts import NOW, customer, facts
from tests.policy import read as policy

CHANGE = RefundChange()


def invoice(**changes: Any) -> Invoice:
    known = {
        "stripe_id": "in_1",
        "customer_id": "cus_1",
        "processor_type": "stripe",
        "status": "paid",
        "total": Decimal(50),
        "amount_paid": Decimal(50),
        "refunded_amount": Decimal(0),
        "currency": "usd",
        "created_at": NOW,
    }
    return Invoice(**{**known, **changes})


def paid(*invoices: Invoice) -> Facts:
    return facts(extra=PaidInvoices(invoices))


KNOWN = paid(invoice(), invoice(stripe_id="in_2", total=Decimal(9)))
PART = paid(invoice(refunded_amount=Decimal(8)))
FIXED = (
    Note(RefundNote.KEEPS_PRODUCT),
    Note(RefundNote.STRIPE_DECIDES),
    Note(CommonNote.NO_UNDO),
)


def ask(**changes: Any) -> RefundInput:
    return RefundInput(**{"customer": "cus_1", "invoice": "in_1", "currency": "USD", **changes})


def part(amount: Any = 20, **changes: Any) -> RefundInput:
    return ask(amount=Decimal(amount), **changes)


@pytest.mark.parametrize(
    ("asked", "known", "refusals"),
    [
        (ask(customer="cus_2"), KNOWN, [Note(CommonNote.OTHER_CUSTOMER)]),
        (ask(invoice="in_9"), KNOWN, [Note(RefundNote.NOT_THEIRS)]),
        (ask(), facts(), [Note(RefundNote.NOT_THEIRS)]),
        (ask(), paid(invoice(processor_type="revenuecat")), [Note(RefundNote.NOT_STRIPE)]),
        (ask(invoice=""), paid(invoice(stripe_id="")), [Note(RefundNote.NOT_STRIPE)]),
        (ask(), paid(invoice(total=Decimal(-9), amount_paid=None)), [Note(RefundNote.NO_PAYMENT)]),
        (ask(), paid(invoice(amount_paid=Decimal(0))), [Note(RefundNote.NO_PAYMENT)]),
        (ask(), paid(invoice(refunded_amount=Decimal(50))), [Note(RefundNote.NOTHING_LEFT)]),
        (part(), paid(invoice(refunded_amount=Decimal(51))), [Note(RefundNote.NOTHING_LEFT)]),
        (part(currency="EUR"), KNOWN, [Note(RefundNote.OTHER_CURRENCY, {"currency": "USD"})]),
        (ask(currency="EUR"), KNOWN, [Note(RefundNote.OTHER_CURRENCY, {"currency": "USD"})]),
        (part(0), KNOWN, [Note(RefundNote.NOT_POSITIVE)]),
        (part(-5), KNOWN, [Note(RefundNote.NOT_POSITIVE)]),
        (part(10**13), KNOWN, [Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})]),
        (part("1.005"), KNOWN, [Note(RefundNote.TOO_FINE, {"nearest": "1.01", "currency": "USD"})]),
        (part("50.01"), KNOWN, [Note(RefundNote.TOO_MUCH, {"left": "50", "currency": "USD"})]),
        (part("42.01"), PART, [Note(RefundNote.TOO_MUCH, {"left": "42", "currency": "USD"})]),
        (
            part("1.5", currency="JPY"),
            paid(invoice(currency="jpy")),
            [Note(RefundNote.TOO_FINE, {"nearest": "2", "currency": "JPY"})],
        ),
    ],
)
def test_refused(asked: RefundInput, known: Facts, refusals: list[Note]) -> None:
    judged = CHANGE.guard(asked, known, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize(
    ("asked", "known", "warnings"),
    [
        (ask(), KNOWN, FIXED),
        (ask(), paid(invoice(processor_type="", amount_paid=None)), FIXED),
        (part(50), KNOWN, FIXED),
        (part("0.01", currency="usd"), KNOWN, FIXED),
        (
            part(42),
            PART,
            (Note(RefundNote.REFUNDED_BEFORE, {"refunded": "8", "currency": "USD"}), *FIXED),
        ),
    ],
)
def test_warned(asked: RefundInput, known: Facts, warnings: tuple[Note, ...]) -> None:
    judged = CHANGE.guard(asked, known, NOW)
    assert judged.allowed
    assert judged.warnings == warnings


def test_customer_whose_id_has_an_old_form_can_be_refunded() -> None:
    known = replace(KNOWN, customer=customer(id="ada@acme.example"))
    asked = part(customer="ada@acme.example")
    assert CHANGE.guard(asked, known, NOW).allowed
    (write,) = CHANGE.plan(asked, known)
    assert write.path == "/v1/customers/ada%40acme.example/invoices/in_1/refund"


@pytest.mark.parametrize(
    ("asked", "known", "refund", "before", "after"),
    [
        (ask(), KNOWN, "50", "0", "50"),
        (part(), KNOWN, "20", "0", "20"),
        (ask(), PART, "42", "8", "50"),
        (part("12.5"), PART, "12.5", "8", "20.5"),
    ],
)
def test_preview_is_in_the_invoice_s_currency(
    asked: RefundInput, known: Facts, refund: str, before: str, after: str
) -> None:
    assert CHANGE.preview(asked, known) == (
        Line(RefundLine.REFUND, None, refund, ValueFormat.MONEY, currency="USD"),
        Line(RefundLine.REFUNDED, before, after, ValueFormat.MONEY, currency="USD"),
    )
    assert CHANGE.amount(asked, CHANGE.snapshot(asked, known)) == Decimal(refund)


def test_invoice_that_is_not_there_has_no_preview_and_no_size() -> None:
    asked = ask(invoice="in_9")
    assert CHANGE.snapshot(asked, KNOWN) == {"invoice": None}
    assert CHANGE.preview(asked, KNOWN) == ()
    assert CHANGE.amount(asked, {"invoice": None}) is None


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        (ask(), {"mode": "full"}),
        (part(), {"mode": "partial", "amount": 20}),
        (part("12.5"), {"mode": "partial", "amount": 12.5}),
    ],
)
def test_amount_goes_along_only_with_a_part(asked: RefundInput, body: dict[str, Any]) -> None:
    (write,) = CHANGE.plan(asked, KNOWN)
    assert dict(write.body) == body
    assert (write.route, write.method, write.path) == (
        "invoices.refund",
        "POST",
        "/v1/customers/cus_1/invoices/in_1/refund",
    )
    assert not write.per_customer


def test_it_is_outdated_once_something_else_was_refunded() -> None:
    was, is_ = CHANGE.snapshot(ask(), KNOWN), CHANGE.snapshot(ask(), PART)
    assert CHANGE.holds(part(), was, dict(was))
    assert not CHANGE.holds(part(), was, is_)


def told(refunded: Any = 0, **changes: str) -> Snapshot:
    known = {
        "invoice": "in_1",
        "currency": "USD",
        "paid": "50",
        "refunded": str(refunded),
        "created_at": canonical.time(NOW),
    }
    return {**known, **changes}


@pytest.mark.parametrize(
    ("asked", "before", "after", "verdict"),
    [
        (part(), told(), told(20), Verdict.APPLIED),
        (part(), told(8), told(28), Verdict.APPLIED),
        (part(), told(), told(), Verdict.NOT_APPLIED),
        (part(), told(8), told(8), Verdict.NOT_APPLIED),
        (part(), told(), told(40), Verdict.UNCLEAR),
        (part(), told(), told(5), Verdict.UNCLEAR),
        (part(), told(), told(5, answered="5"), Verdict.UNCLEAR),
        (ask(), told(), told(50), Verdict.APPLIED),
        (ask(), told(8), told(50), Verdict.APPLIED),
        (ask(), told(), told(30), Verdict.UNCLEAR),
        (ask(), told(), told(30, answered="30"), Verdict.APPLIED),
        (ask(), told(), told(30, answered="31"), Verdict.UNCLEAR),
        (ask(), told(), told(answered="50"), Verdict.NOT_APPLIED),
        (part(), told(), {"invoice": None}, Verdict.UNCLEAR),
        (part(), {"invoice": None}, told(20), Verdict.UNCLEAR),
        (part(), told(), None, Verdict.UNCLEAR),
    ],
)
def test_what_became_of_it(
    asked: RefundInput, before: Snapshot, after: Snapshot | None, verdict: Verdict
) -> None:
    assert CHANGE.verify(asked, before, after) is verdict


def test_two_equal_parts_are_told_apart_by_what_was_refunded_before() -> None:
    assert CHANGE.verify(part(), told(20), told(20)) is Verdict.NOT_APPLIED
    assert CHANGE.verify(part(), told(20), told(40)) is Verdict.APPLIED


def test_answer_is_kept_beside_what_was_read() -> None:
    assert CHANGE.credited(ask(), KNOWN, {"amount": 12.5, "status": "x"}, told()) == told(answered="12.5")
    assert CHANGE.credited(ask(), KNOWN, None, told()) == told()


def test_refund_cannot_be_undone() -> None:
    assert CHANGE.inverse(part(), told(), told(20)) is None


def test_words() -> None:
    assert CHANGE.summary(ask(), {}) == "Refund all that is left of an invoice"
    assert CHANGE.summary(part("12.5"), {}) == "Refund $12.50 of an invoice"
    assert CHANGE.part(ask(), told(), (), {}) == "*Invoice:* Nov 22, 2026 · $50.00 paid"
    undated: Snapshot = {**told(), "created_at": None}
    assert CHANGE.part(ask(), undated, (), {}) == "*Invoice:* $50.00 paid"
    assert CHANGE.part(ask(), {"invoice": None}, (), {}) == ""
    assert CHANGE.shown_now(ask(), told(), told(8)) == ["• Refunded of this invoice: *$8.00*"]
    assert CHANGE.shown_now(ask(), told(), {"invoice": None}) == [
        "Maple read the customer's invoices, and this one is not among them."
    ]


async def test_invoices_of_another_customer_are_not_taken_for_this_one_s() -> None:
    """A refund at Autumn does not look at whose invoice it is."""
    script = Scripted(
        {
            "customers.get": ok({"id": "cus_1"}),
            "invoices.list": listing(
                {"stripe_id": "in_1", "customer_id": "cus_1"},
                {"stripe_id": "in_2", "customer_id": "cus_2"},
                {"stripe_id": "in_3"},
            ),
        }
    )
    client = script.client()
    try:
        for known in (
            await gather(client, ask(), now=lambda: NOW),
            await gather_for(client, "refund", "cus_1", now=lambda: NOW),
        ):
            assert isinstance(known.extra, PaidInvoices)
            assert [each.stripe_id for each in known.extra.newest] == ["in_1", "in_3"]
    finally:
        await client.aclose()
    bodies = [each.body for each in script.asked if each.route == "invoices.list"]
    assert [(body["customer_id"], body["status"]) for body in bodies] == [("cus_1", ["paid"])] * 2


def test_earlier_refunds_of_the_day_are_counted() -> None:
    seen = assess(part(), KNOWN, NOW, Today(1, Decimal(20)))
    assert Note(RefundNote.SAME_DAY, {"nth": "2", "units": "40"}) in seen.judgement.warnings


def test_one_person_refunds_alone_only_where_a_rule_names_refunds() -> None:
    ask_and_apply = '[[allow]]\nwho = "everyone"\nmay = ["ask", "at_once"]\n'
    named = ask_and_apply + 'changes = "refund"\nvalue_up_to = { USD = 20 }\n'
    wish = Request(Verb.ASK, CHANGE.policy, amount=Decimal(20), worth=Worth(Decimal(20), "USD"))
    member = Person("U1")
    assert not decide(policy(ask_and_apply), wish, member).at_once
    assert decide(policy(named), wish, member).at_once
    for worth in (Worth(Decimal(21), "USD"), Worth(Decimal(5), "EUR"), None):
        assert not decide(policy(named), replace(wish, worth=worth), member).at_once
