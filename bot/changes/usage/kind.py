"""Recording usage. The event carries a mark, so that it is known whatever else is tracked meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ValidationError

from bot.autumn.events import Deduction
from bot.autumn.models import Balance
from bot.autumn.write import Write
from bot.changes import canonical, lines
from bot.changes.canonical import ZERO
from bot.changes.common import entity_of
from bot.changes.lines import Line, ValueFormat
from bot.changes.model import ChangeInput, Facts, Judgement, Proof, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.spec import NOBODY, UNITS_OF_FEATURE, ChangeKind, ExtraRead, KeyScope
from bot.changes.usage import words
from bot.changes.usage.form import FORM
from bot.changes.usage.read import MARK, recent_events, recorded
from bot.changes.usage.request import LINE, UsageInput, guard
from bot.changes.usage.words import UsageLine, UsageNote
from bot.kit import numbers


class _TrackAnswer(BaseModel):
    """Autumn's answer: `value` echoes what was asked, what was taken is in the deductions."""

    value: Decimal
    deductions: list[Deduction] = []


class UsageChange(ChangeKind[UsageInput]):
    id = "usage"
    command = "record"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    offered_on = frozenset({"features", "feature", "entity"})
    input = UsageInput
    form = FORM
    line_form = LINE
    of_entities = True
    notes = UsageNote
    lines = UsageLine
    # Of nothing, so that nothing could be recorded even of a customer with such an id.
    scopes = (
        KeyScope(
            "balances:write",
            "record usage",
            Write(
                "balances.track",
                "POST",
                "/v1/balances.track",
                {"customer_id": NOBODY, "feature_id": NOBODY, "value": 0},
                per_customer=True,
            ),
        ),
    )
    extra = ExtraRead(recent_events)
    unit = UNITS_OF_FEATURE

    def applies_to(self, facts: Facts, feature: str) -> bool:
        return feature in facts.customer.balances if feature else bool(facts.customer.balances)

    def touches(self, request: UsageInput) -> frozenset[str]:
        return frozenset({f"balance {request.feature}"})

    def guard(self, request: UsageInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: UsageInput, facts: Facts) -> Snapshot:
        event = recorded(request, facts)
        return {"recorded": None if event is None else canonical.number(event.value)}

    def preview(self, request: UsageInput, facts: Facts) -> tuple[Line, ...]:
        balance = facts.drawn_on[request.feature]
        used = _figure(UsageLine.USED, balance.usage, balance.usage + request.value, request)
        if balance.unlimited or not _lands_clearly(request, balance):
            return (used,)
        left, over = _left_and_over(balance, request.value)
        lines = [used, _figure(UsageLine.REMAINING, balance.remaining, left, request)]
        if balance.overage or over:
            lines.append(_figure(UsageLine.OVERAGE, balance.overage, over, request))
        return tuple(lines)

    def amount(self, request: UsageInput, before: Snapshot) -> Decimal | None:  # noqa: ARG002
        return abs(request.value)

    def plan(self, request: UsageInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        body = {
            "customer_id": request.customer,
            "feature_id": request.feature,
            **entity_of(request),
            "value": canonical.figure(request.value),
            "properties": {MARK: request.mark},
            # All of it or nothing: otherwise Autumn would take what is left, without an error.
            **({} if request.undoes else {"overage_behavior": "reject"}),
        }
        return (Write("balances.track", "POST", "/v1/balances.track", body, per_customer=True),)

    def proof(self, answer: object) -> Proof:
        """What Autumn says it took: its list of events may lag behind, or not be readable."""
        try:
            tracked = _TrackAnswer.model_validate(answer)
        except ValidationError:
            return {}
        return {"recorded": canonical.number(tracked.value)} if tracked.deductions else {}

    def credited(self, request: UsageInput, facts: Facts, proof: Proof, after: Snapshot) -> Snapshot:  # noqa: ARG002
        return {**after, **proof}

    def verify(self, request: UsageInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        if after is None or before.get("recorded") is not None:
            return Verdict.UNCLEAR
        recorded = after.get("recorded")
        if recorded is None:
            return Verdict.NOT_APPLIED
        return Verdict.APPLIED if recorded == canonical.number(request.value) else Verdict.UNCLEAR

    def inverse(self, request: UsageInput, before: Snapshot, after: Snapshot) -> ChangeInput | None:  # noqa: ARG002
        """As much the other way; the event stays listed."""
        if request.undoes:
            return None
        undone = {"value": -request.value, "mark": f"{request.mark}-undo", "undoes": True}
        return request.model_copy(update=undone)

    def summary(self, request: UsageInput, names: Names) -> str:
        phrase = words.take_off if request.undoes else words.record
        return phrase(lines.name(request.feature, names), numbers.number(abs(request.value)))

    def shown_now(self, request: UsageInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        recorded = after.get("recorded")
        if recorded is None:
            return [words.NOT_RECORDED]
        return [lines.value_bullet(UsageLine.RECORDED, numbers.number(Decimal(recorded)))]

    def sample(self, customer: str) -> UsageInput:
        return UsageInput(customer=customer, feature="messages", value=Decimal(20), mark="sample")


def _lands_clearly(request: UsageInput, balance: Balance) -> bool:
    """Whether it is known which rows the change moves. What is given back goes to a row in overage that is
    billed by use before any other. But an entity's own rows come first, and a debt has no such place."""
    if request.value > ZERO or not balance.overage or len(balance.breakdown) == 1:
        return True
    over = [row for row in balance.breakdown if row.overage]
    return not request.entity and len(over) == 1 and over[0].billed_by_use


def _left_and_over(balance: Balance, value: Decimal) -> tuple[Decimal, Decimal]:
    """What remains, and the overage, once this much more is used, or less of it below zero."""
    if value > ZERO:
        taken = min(value, balance.remaining)
        return balance.remaining - taken, balance.overage + value - taken
    lowered = min(-value, balance.overage)
    return balance.remaining - value - lowered, balance.overage - lowered


def _figure(label: UsageLine, before: Decimal, after: Decimal, request: UsageInput) -> Line:
    return Line(
        label,
        canonical.number(before),
        canonical.number(after),
        ValueFormat.NUMBER,
        about=request.feature,
    )
