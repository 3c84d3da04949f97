"""How much of a feature a subscription buys ahead, such as seats."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.access.limits import Worth
from bot.autumn.models import BalanceRow, Subscription
from bot.autumn.write import Write
from bot.changes import canonical, price
from bot.changes.billing import quote, subscriptions
from bot.changes.billing import words as billing_words
from bot.changes.billing.kind import SubscriptionChange
from bot.changes.billing.quantities import quantity_of, quantity_rows, sold_with
from bot.changes.billing.subscriptions import update
from bot.changes.billing.words import BillingLine
from bot.changes.common import entity_of
from bot.changes.lines import Line, ValueFormat, name, value_bullet
from bot.changes.model import Facts, Judgement, Snapshot, Verdict
from bot.changes.notes import Names
from bot.changes.quantity import words
from bot.changes.quantity.form import FORM
from bot.changes.quantity.request import LINE, QuantityInput, guard, quantity_row
from bot.changes.quantity.words import Billed, QuantityNote
from bot.changes.spec import UNITS_OF_FEATURE, DailyTotal
from bot.kit import numbers


class QuantityChange(SubscriptionChange[QuantityInput]):
    id = "quantity"
    command = "quantity"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    input = QuantityInput
    form = FORM
    line_form = LINE
    notes = QuantityNote
    lines = BillingLine
    unit = UNITS_OF_FEATURE
    valued = True
    daily = DailyTotal("feature", QuantityNote.SAME_DAY)

    def applies_to(self, facts: Facts, feature: str) -> bool:  # noqa: ARG002
        def sells(subscription: Subscription) -> bool:
            return subscription.plan is None or any(
                isinstance(quantity_row(subscription, subscription.plan_id, sold, facts.customer), BalanceRow)
                for sold in sold_with(subscription)
            )

        return subscriptions.any_fits(facts.customer, sells)

    def touches(self, request: QuantityInput) -> frozenset[str]:
        return frozenset({subscriptions.touched(request.subscription)})

    def rests_on(self, request: QuantityInput, facts: Facts) -> frozenset[str]:
        return subscriptions.rests_on(request.subscription, request.product, facts)

    def guard(self, request: QuantityInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: QuantityInput, facts: Facts) -> Snapshot:
        subscription = subscriptions.find(request.subscription, facts)
        rows = quantity_rows(request.product, request.feature, facts.customer)
        quantity = canonical.number(quantity_of(rows[0])) if len(rows) == 1 else None
        held = subscriptions.snapshot(subscription, request.product, facts)
        return {**held, "quantity": quantity, **quote.snapshot(facts)}

    def preview(self, request: QuantityInput, facts: Facts) -> tuple[Line, ...]:
        before = self.snapshot(request, facts)["quantity"]
        after = canonical.number(request.quantity)
        changed = Line(BillingLine.QUANTITY, before, after, ValueFormat.NUMBER, about=request.feature)
        return (changed, *quote.lines(facts))

    def amount(self, request: QuantityInput, before: Snapshot) -> Decimal | None:
        """Units by which it changes."""
        quantity = before.get("quantity")
        return None if quantity is None else abs(request.quantity - Decimal(quantity))

    def takes(self, request: QuantityInput, before: Snapshot) -> bool:
        quantity = before.get("quantity")
        return quantity is not None and request.quantity < Decimal(quantity)

    def worth(
        self,
        request: QuantityInput,
        amount: Decimal | None,
        before: Snapshot,  # noqa: ARG002
        facts: Facts,
    ) -> Worth | None:
        """What the units cost for a whole period."""
        rows = quantity_rows(request.product, request.feature, facts.customer)
        return price.worth(request.feature, amount, facts, row=next((row.id for row in rows), ""))

    def products(self, request: QuantityInput, facts: Facts) -> frozenset[str]:  # noqa: ARG002
        return frozenset({request.product})

    def plan(self, request: QuantityInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        quantity = canonical.figure(request.quantity)
        body: dict[str, Any] = {"feature_quantities": [{"feature_id": request.feature, "quantity": quantity}]}
        if request.billed is Billed.NEXT_INVOICE:
            body["proration_behavior"] = "none"
        return (update(request.customer, request.subscription, {**entity_of(request), **body}),)

    def verify(self, request: QuantityInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        if after is None or after["subscription"] is None:
            return Verdict.UNCLEAR
        if after["quantity"] == canonical.number(request.quantity):
            return Verdict.APPLIED
        return Verdict.NOT_APPLIED if after["quantity"] == before["quantity"] else Verdict.UNCLEAR

    def inverse(self, request: QuantityInput, before: Snapshot, after: Snapshot) -> QuantityInput | None:  # noqa: ARG002
        if before["quantity"] is None:
            return None
        return request.model_copy(update={"quantity": Decimal(before["quantity"])})

    def summary(self, request: QuantityInput, names: Names) -> str:
        quantity = numbers.number(request.quantity)
        return words.summary(name(request.feature, names), name(request.product, names), quantity)

    def shown_now(self, request: QuantityInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        quantity = after.get("quantity")
        if after.get("subscription") is None or quantity is None:
            return [billing_words.NO_LONGER_THERE]
        return [value_bullet(BillingLine.QUANTITY, numbers.number(Decimal(quantity)))]

    def sample(self, customer: str) -> QuantityInput:
        return QuantityInput(
            customer=customer,
            subscription="sample",
            product="pro",
            feature="seats",
            quantity=Decimal(6),
            billed=Billed.NOW,
        )
