"""Refunding what a customer paid. Stripe has the last word on what is left of a payment."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ValidationError

from bot.access.limits import Worth, worth_in
from bot.autumn.write import Write, in_path
from bot.changes import canonical
from bot.changes.canonical import ZERO, near
from bot.changes.lines import Line, ValueFormat, value_bullet
from bot.changes.model import Facts, Judgement, Proof, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.refund import words
from bot.changes.refund.form import FORM
from bot.changes.refund.read import PAID, Refundable, find_invoice, paid_invoices
from bot.changes.refund.request import LINE, RefundInput, guard, nothing_to_refund
from bot.changes.refund.words import RefundLine, RefundNote
from bot.changes.spec import NOBODY, ChangeKind, Confirmation, DailyTotal, ExtraRead, KeyScope
from bot.kit import money, times
from bot.lookups.invoices.part import all_came_with


def _path(customer: str, invoice: str) -> str:
    return f"/v1/customers/{in_path(customer)}/invoices/{in_path(invoice)}/refund"


class _RefundAnswer(BaseModel):
    """Autumn's answer to a refund that was made."""

    amount: Decimal


class RefundChange(ChangeKind[RefundInput]):
    id = "refund"
    command = "refund"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"invoices"})
    confirm_approval = Confirmation(words.APPROVE_TITLE, words.APPROVE_TEXT)
    input = RefundInput
    form = FORM
    line_form = LINE
    notes = RefundNote
    lines = RefundLine
    # A part without an amount: it could not be refunded even if there were such an invoice.
    scopes = (
        KeyScope(
            "billing:write",
            "refund invoices",
            Write("invoices.refund", "POST", _path(NOBODY, NOBODY), {"mode": "partial"}),
        ),
    )
    extra = ExtraRead(paid_invoices)
    unit = "money"
    in_money = True
    valued = True
    daily = DailyTotal("currency", RefundNote.SAME_DAY)
    named_only = True

    def applies_to(self, facts: Facts, feature: str) -> bool:  # noqa: ARG002
        """Older invoices than those that came with the customer may have something left."""
        if not all_came_with(facts.customer):
            return True
        return any(
            invoice.status in ("", PAID) and nothing_to_refund(invoice) is None
            for invoice in facts.customer.invoices
        )

    def touches(self, request: RefundInput) -> frozenset[str]:
        return frozenset({f"invoice {request.invoice}"})

    def guard(self, request: RefundInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: RefundInput, facts: Facts) -> Snapshot:
        invoice = find_invoice(request.invoice, facts)
        return {"invoice": None} if invoice is None else Refundable.of(invoice).snapshot()

    def preview(self, request: RefundInput, facts: Facts) -> tuple[Line, ...]:
        refundable = Refundable.read(self.snapshot(request, facts))
        if refundable is None:
            return ()
        refund = _amount(request, refundable)
        before, after = refundable.refunded, refundable.refunded + refund
        return (
            _money(RefundLine.REFUND, None, refund, refundable.currency),
            _money(RefundLine.REFUNDED, before, after, refundable.currency),
        )

    def amount(self, request: RefundInput, before: Snapshot) -> Decimal | None:
        """The money that goes back, in major units of the invoice's currency."""
        refundable = Refundable.read(before)
        return None if refundable is None else _amount(request, refundable)

    def worth(
        self,
        request: RefundInput,  # noqa: ARG002
        amount: Decimal | None,
        before: Snapshot,
        facts: Facts,  # noqa: ARG002
    ) -> Worth | None:
        """In the invoice's currency."""
        return worth_in(amount, before.get("currency"))

    def plan(self, request: RefundInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        body = (
            {"mode": "full"}
            if request.amount is None
            else {"mode": "partial", "amount": canonical.figure(request.amount)}
        )
        return (Write("invoices.refund", "POST", _path(request.customer, request.invoice), body),)

    def proof(self, answer: object) -> Proof:
        """The amount that Autumn says was refunded: all that is left may be less than Autumn counts."""
        try:
            amount = _RefundAnswer.model_validate(answer).amount
        except ValidationError:
            return {}
        return {"answered": canonical.number(amount)}

    def credited(self, request: RefundInput, facts: Facts, proof: Proof, after: Snapshot) -> Snapshot:  # noqa: ARG002
        return {**after, **proof}

    def verify(self, request: RefundInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        """Judged by how much the sum of the invoice's refunds rose. Any other sum leaves it unclear."""
        if after is None:
            return Verdict.UNCLEAR
        was, is_ = Refundable.read(before), Refundable.read(after)
        if was is None or is_ is None:
            return Verdict.UNCLEAR
        more = is_.refunded - was.refunded
        if near(more, ZERO):
            return Verdict.NOT_APPLIED
        answered = after.get("answered")
        exact = near(more, _amount(request, was))
        rest = request.amount is None and answered is not None and near(more, Decimal(answered))
        return Verdict.APPLIED if exact or rest else Verdict.UNCLEAR

    def unlike_preview(self, request: RefundInput, before: Snapshot, after: Snapshot) -> str:
        """Of a payment that was refunded in Stripe itself too, less was left than Autumn counts."""
        was, is_ = Refundable.read(before), Refundable.read(after)
        if was is None or is_ is None:
            return ""
        refund, answered = _amount(request, was), after.get("answered")
        refunded = is_.refunded - was.refunded if answered is None else Decimal(answered)
        if near(refunded, refund):
            return ""
        amount, shown = money.money(refunded, was.currency), money.money(refund, was.currency)
        if answered is None:
            return words.counted_otherwise(amount, shown)
        sentence = words.refunded_otherwise(amount, shown)
        return f"{sentence} {words.OF_ALL_LEFT}" if request.amount is None else sentence

    def summary(self, request: RefundInput, names: Names) -> str:  # noqa: ARG002
        if request.amount is None:
            return words.ALL_LEFT
        return words.some(money.money(request.amount, request.currency))

    def part(self, request: RefundInput, before: Snapshot, preview: Sequence[Line], names: Names) -> str:  # noqa: ARG002
        refundable = Refundable.read(before)
        if refundable is None:
            return ""
        day = times.billing_day(refundable.created_at) if refundable.created_at else ""
        return words.invoice(day, money.money(refundable.paid, refundable.currency))

    def shown_now(self, request: RefundInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        refundable = Refundable.read(after)
        if refundable is None:
            return [words.NO_INVOICE]
        return [
            value_bullet(RefundLine.REFUNDED, money.money(refundable.refunded, refundable.currency)),
        ]

    def sample(self, customer: str) -> RefundInput:
        return RefundInput(customer=customer, invoice="in_sample", currency="USD", amount=Decimal(20))


def _amount(request: RefundInput, refundable: Refundable) -> Decimal:
    return refundable.left if request.amount is None else request.amount


def _money(label: RefundLine, before: Decimal | None, after: Decimal, currency: str) -> Line:
    return Line(
        label,
        None if before is None else canonical.number(before),
        canonical.number(after),
        ValueFormat.MONEY,
        currency=currency,
    )
