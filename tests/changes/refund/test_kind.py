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
from bot.changes.refund.read import PaidInvoices, Refundable
from bot.changes.refund.request import RefundInput
from bot.changes.refund.words import RefundLine, RefundNote
from tests.autumn.scripted import Scripted, listing, ok
from tests.changes.facts import NOW, customer, facts
from tests.policy import read as policy

CHANGE = RefundChange()


def invoice(**changes: Any) -> Invoice:
    fields = {
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
    return Invoice(**{**fields, **changes})


def paid(*invoices: Invoice) -> Facts:
    return facts(extra=PaidInvoices(invoices))


KNOWN = paid(invoice(), invoice(stripe_id="in_2", total=Decimal(9)))
PART = paid(invoice(refunded_amount=Decimal(8)))
FIXED = (
    Note(RefundNote.KEEPS_PRODUCT),
    Note(RefundNote.STRIPE_DECIDES),
    Note(CommonNote.NO_UNDO),
)


def refund_of(**changes: Any) -> RefundInput:
    return RefundInput(**{"customer": "cus_1", "invoice": "in_1", "currency": "USD", **changes})


def partial_refund(amount: Any = 20, **changes: Any) -> RefundInput:
    return refund_of(amount=Decimal(amount), **changes)


@pytest.mark.parametrize(
    ("change_input", "customer_facts", "refusals"),
    [
        (refund_of(customer="cus_2"), KNOWN, [Note(CommonNote.OTHER_CUSTOMER)]),
        (refund_of(invoice="in_9"), KNOWN, [Note(RefundNote.NOT_THEIRS)]),
        (refund_of(), facts(), [Note(RefundNote.NOT_THEIRS)]),
        (refund_of(), paid(invoice(processor_type="revenuecat")), [Note(RefundNote.NOT_STRIPE)]),
        (refund_of(invoice=""), paid(invoice(stripe_id="")), [Note(RefundNote.NOT_STRIPE)]),
        (refund_of(), paid(invoice(total=Decimal(-9), amount_paid=None)), [Note(RefundNote.NO_PAYMENT)]),
        (refund_of(), paid(invoice(amount_paid=Decimal(0))), [Note(RefundNote.NO_PAYMENT)]),
        (refund_of(), paid(invoice(refunded_amount=Decimal(50))), [Note(RefundNote.NOTHING_LEFT)]),
        (partial_refund(), paid(invoice(refunded_amount=Decimal(51))), [Note(RefundNote.NOTHING_LEFT)]),
        (partial_refund(currency="EUR"), KNOWN, [Note(RefundNote.OTHER_CURRENCY, {"currency": "USD"})]),
        (refund_of(currency="EUR"), KNOWN, [Note(RefundNote.OTHER_CURRENCY, {"currency": "USD"})]),
        (partial_refund(0), KNOWN, [Note(RefundNote.NOT_POSITIVE)]),
        (partial_refund(-5), KNOWN, [Note(RefundNote.NOT_POSITIVE)]),
        (partial_refund(10**13), KNOWN, [Note(AmountNote.TOO_LARGE, {"most": "1000000000000"})]),
        (partial_refund("1.005"), KNOWN, [Note(RefundNote.TOO_FINE, {"nearest": "1.01", "currency": "USD"})]),
        (partial_refund("50.01"), KNOWN, [Note(RefundNote.TOO_MUCH, {"left": "50", "currency": "USD"})]),
        (partial_refund("42.01"), PART, [Note(RefundNote.TOO_MUCH, {"left": "42", "currency": "USD"})]),
        (
            partial_refund("1.5", currency="JPY"),
            paid(invoice(currency="jpy")),
            [Note(RefundNote.TOO_FINE, {"nearest": "2", "currency": "JPY"})],
        ),
    ],
)
def test_guard_refuses(change_input: RefundInput, customer_facts: Facts, refusals: list[Note]) -> None:
    judged = CHANGE.guard(change_input, customer_facts, NOW)
    assert list(judged.refusals) == refusals
    assert not judged.warnings


@pytest.mark.parametrize(
    ("change_input", "facts", "warnings"),
    [
        (refund_of(), KNOWN, FIXED),
        (refund_of(), paid(invoice(processor_type="", amount_paid=None)), FIXED),
        (partial_refund(50), KNOWN, FIXED),
        (partial_refund("0.01", currency="usd"), KNOWN, FIXED),
        (
            partial_refund(42),
            PART,
            (Note(RefundNote.REFUNDED_BEFORE, {"refunded": "8", "currency": "USD"}), *FIXED),
        ),
    ],
)
def test_guard_warns(change_input: RefundInput, facts: Facts, warnings: tuple[Note, ...]) -> None:
    judged = CHANGE.guard(change_input, facts, NOW)
    assert judged.allowed
    assert judged.warnings == warnings


def test_customer_with_an_old_id_can_be_refunded() -> None:
    facts = replace(KNOWN, customer=customer(id="ada@acme.example"))
    request = partial_refund(customer="ada@acme.example")
    assert CHANGE.guard(request, facts, NOW).allowed
    (write,) = CHANGE.plan(request, facts)
    assert write.path == "/v1/customers/ada%40acme.example/invoices/in_1/refund"


@pytest.mark.parametrize(
    ("change_input", "facts", "refund", "before", "after"),
    [
        (refund_of(), KNOWN, "50", "0", "50"),
        (partial_refund(), KNOWN, "20", "0", "20"),
        (refund_of(), PART, "42", "8", "50"),
        (partial_refund("12.5"), PART, "12.5", "8", "20.5"),
    ],
)
def test_preview_is_in_the_invoices_currency(
    change_input: RefundInput, facts: Facts, refund: str, before: str, after: str
) -> None:
    assert CHANGE.preview(change_input, facts) == (
        Line(RefundLine.REFUND, None, refund, ValueFormat.MONEY, currency="USD"),
        Line(RefundLine.REFUNDED, before, after, ValueFormat.MONEY, currency="USD"),
    )
    assert CHANGE.amount(change_input, CHANGE.snapshot(change_input, facts)) == Decimal(refund)


def test_invoice_without_figures_was_neither_paid_nor_refunded() -> None:
    invoice = {"invoice": "in_1", "currency": None, "paid": None, "refunded": None, "created_at": None}
    assert Refundable.read(invoice) == Refundable("in_1", "", Decimal(0), Decimal(0), None)


def test_missing_invoice_has_no_preview_and_no_amount() -> None:
    request = refund_of(invoice="in_9")
    assert CHANGE.snapshot(request, KNOWN) == {"invoice": None}
    assert CHANGE.preview(request, KNOWN) == ()
    assert CHANGE.amount(request, {"invoice": None}) is None


@pytest.mark.parametrize(
    ("change_input", "body"),
    [
        (refund_of(), {"mode": "full"}),
        (partial_refund(), {"mode": "partial", "amount": 20}),
        (partial_refund("12.5"), {"mode": "partial", "amount": 12.5}),
    ],
)
def test_only_a_part_has_an_amount(change_input: RefundInput, body: dict[str, Any]) -> None:
    (write,) = CHANGE.plan(change_input, KNOWN)
    assert dict(write.body) == body
    assert (write.route, write.method, write.path) == (
        "invoices.refund",
        "POST",
        "/v1/customers/cus_1/invoices/in_1/refund",
    )
    assert not write.per_customer


def test_refund_is_outdated_once_something_else_was_refunded() -> None:
    was, is_ = CHANGE.snapshot(refund_of(), KNOWN), CHANGE.snapshot(refund_of(), PART)
    assert CHANGE.holds(partial_refund(), was, dict(was))
    assert not CHANGE.holds(partial_refund(), was, is_)


def snapshot_with(refunded: Any = 0, **changes: str) -> Snapshot:
    fields = {
        "invoice": "in_1",
        "currency": "USD",
        "paid": "50",
        "refunded": str(refunded),
        "created_at": canonical.time(NOW),
    }
    return {**fields, **changes}


@pytest.mark.parametrize(
    ("change_input", "before", "after", "verdict"),
    [
        (partial_refund(), snapshot_with(), snapshot_with(20), Verdict.APPLIED),
        (partial_refund(), snapshot_with(8), snapshot_with(28), Verdict.APPLIED),
        (partial_refund(), snapshot_with(), snapshot_with(), Verdict.NOT_APPLIED),
        (partial_refund(), snapshot_with(8), snapshot_with(8), Verdict.NOT_APPLIED),
        (partial_refund(), snapshot_with(), snapshot_with(40), Verdict.UNCLEAR),
        (partial_refund(), snapshot_with(), snapshot_with(5), Verdict.UNCLEAR),
        (partial_refund(), snapshot_with(), snapshot_with(5, answered="5"), Verdict.UNCLEAR),
        (refund_of(), snapshot_with(), snapshot_with(50), Verdict.APPLIED),
        (refund_of(), snapshot_with(8), snapshot_with(50), Verdict.APPLIED),
        (refund_of(), snapshot_with(), snapshot_with(30), Verdict.UNCLEAR),
        (refund_of(), snapshot_with(), snapshot_with(30, answered="30"), Verdict.APPLIED),
        (refund_of(), snapshot_with(), snapshot_with(30, answered="31"), Verdict.UNCLEAR),
        (refund_of(), snapshot_with(), snapshot_with(answered="50"), Verdict.NOT_APPLIED),
        (partial_refund(), snapshot_with(), {"invoice": None}, Verdict.UNCLEAR),
        (partial_refund(), {"invoice": None}, snapshot_with(20), Verdict.UNCLEAR),
        (partial_refund(), snapshot_with(), None, Verdict.UNCLEAR),
    ],
)
def test_verdict_of_the_read_back(
    change_input: RefundInput, before: Snapshot, after: Snapshot | None, verdict: Verdict
) -> None:
    assert CHANGE.verify(change_input, before, after) is verdict


def test_two_equal_parts_are_distinguished_by_earlier_refunds() -> None:
    assert CHANGE.verify(partial_refund(), snapshot_with(20), snapshot_with(20)) is Verdict.NOT_APPLIED
    assert CHANGE.verify(partial_refund(), snapshot_with(20), snapshot_with(40)) is Verdict.APPLIED


def test_answer_is_stored_beside_the_read_back() -> None:
    proof = CHANGE.proof({"amount": 12.5, "status": "x"})
    assert CHANGE.credited(refund_of(), KNOWN, proof, snapshot_with()) == snapshot_with(answered="12.5")
    assert CHANGE.credited(refund_of(), KNOWN, CHANGE.proof(None), snapshot_with()) == snapshot_with()


@pytest.mark.parametrize(
    ("change_input", "before", "after", "sentence"),
    [
        (
            refund_of(),
            snapshot_with(),
            snapshot_with(9, answered="9"),
            "*Stripe refunded $9.00, not $50.00.* That was all that was left of the payment.",
        ),
        (
            refund_of(),
            snapshot_with(8),
            snapshot_with(50, answered="9"),
            "*Stripe refunded $9.00, not $42.00.* That was all that was left of the payment.",
        ),
        (
            refund_of(currency="JPY"),
            snapshot_with(currency="JPY"),
            snapshot_with(9, currency="JPY", answered="9"),
            "*Stripe refunded ¥9, not ¥50.* That was all that was left of the payment.",
        ),
        (
            refund_of(currency="BHD"),
            snapshot_with(currency="BHD"),
            snapshot_with("9.125", currency="BHD", answered="9.125"),
            "*Stripe refunded BHD 9.125, not BHD 50.000.* That was all that was left of the payment.",
        ),
        (
            partial_refund(),
            snapshot_with(),
            snapshot_with(20, answered="19"),
            "*Stripe refunded $19.00, not $20.00.*",
        ),
        (refund_of(), snapshot_with(), snapshot_with(50, answered="50"), ""),
        (refund_of(), snapshot_with(8), snapshot_with(50), ""),
        (partial_refund(), snapshot_with(8), snapshot_with(28, answered="20"), ""),
        (
            refund_of(),
            snapshot_with(8),
            snapshot_with(17),
            "*When Maple last checked, Autumn counted $9.00 more as refunded, not $42.00.*",
        ),
        (refund_of(), {"invoice": None}, snapshot_with(9), ""),
        (refund_of(), snapshot_with(), {"invoice": None}, ""),
    ],
)
def test_what_was_refunded_is_said_where_it_is_not_what_was_shown(
    change_input: RefundInput, before: Snapshot, after: Snapshot, sentence: str
) -> None:
    assert CHANGE.unlike_preview(change_input, before, after) == sentence


def test_refund_cannot_be_undone() -> None:
    assert CHANGE.inverse(partial_refund(), snapshot_with(), snapshot_with(20)) is None


def test_wording() -> None:
    assert CHANGE.summary(refund_of(), {}) == "Refund all that is left of an invoice"
    assert CHANGE.summary(partial_refund("12.5"), {}) == "Refund $12.50 of an invoice"
    assert (
        CHANGE.part(refund_of(), CHANGE.snapshot(refund_of(), KNOWN), (), {})
        == "*Invoice:* Nov 22, 2026 · $50.00 paid"
    )
    undated: Snapshot = {**snapshot_with(), "created_at": None}
    assert CHANGE.part(refund_of(), undated, (), {}) == "*Invoice:* $50.00 paid"
    assert CHANGE.part(refund_of(), {"invoice": None}, (), {}) == ""
    assert CHANGE.shown_now(refund_of(), snapshot_with(), snapshot_with(8)) == [
        "• Refunded from this invoice: *$8.00*"
    ]
    assert CHANGE.shown_now(refund_of(), snapshot_with(), {"invoice": None}) == [
        "Maple checked the customer's invoices: this one isn't among them."
    ]


async def test_invoices_of_another_customer_are_ignored() -> None:
    """A refund in Autumn does not check whose invoice it is."""
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
        for facts in (
            await gather(client, refund_of(), now=lambda: NOW),
            await gather_for(client, "refund", "cus_1", now=lambda: NOW),
        ):
            assert isinstance(facts.extra, PaidInvoices)
            assert [listed_invoice.stripe_id for listed_invoice in facts.extra.newest] == ["in_1", "in_3"]
    finally:
        await client.aclose()
    bodies = [
        listed_invoice.body for listed_invoice in script.received if listed_invoice.route == "invoices.list"
    ]
    assert [(body["customer_id"], body["status"], body["limit"]) for body in bodies] == [
        ("cus_1", ["paid"], 200)
    ] * 2


def test_earlier_refunds_of_the_day_are_counted() -> None:
    assessment = assess(partial_refund(), KNOWN, NOW, Today(1, Decimal(20)))
    assert (
        Note(RefundNote.SAME_DAY, {"nth": "2", "units": "40", "currency": "USD"})
        in assessment.judgement.warnings
    )


def test_refunds_without_approval_need_a_rule_that_names_them() -> None:
    ask_and_apply = '[[allow]]\nwho = "everyone"\nmay = ["ask", "at_once"]\n'
    named = ask_and_apply + 'changes = "refund"\nvalue_up_to = { USD = 20 }\n'
    wish = Request(Verb.ASK, CHANGE.policy, amount=Decimal(20), worth=Worth(Decimal(20), "USD"))
    member = Person("U1")
    assert not decide(policy(ask_and_apply), wish, member).at_once
    assert decide(policy(named), wish, member).at_once
    for worth in (Worth(Decimal(21), "USD"), Worth(Decimal(5), "EUR"), None):
        assert not decide(policy(named), replace(wish, worth=worth), member).at_once
