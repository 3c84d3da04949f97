"""Giving a customer an add-on, or something that is bought once."""

from collections.abc import Sequence
from datetime import datetime

from bot.autumn.write import Write
from bot.changes.addition import words
from bot.changes.addition.form import FORM
from bot.changes.addition.request import LINE, AdditionInput, guard, held_snapshot, offered_products
from bot.changes.addition.words import AdditionLine, AdditionNote
from bot.changes.billing import quantities, quote
from bot.changes.billing.kind import BilledChange
from bot.changes.billing.subscriptions import PRODUCTS, mains_touched, product_touched
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.common import entity_of
from bot.changes.lines import Line, name
from bot.changes.model import ChangeInput, Facts, Judgement, Needs, Snapshot, Verdict
from bot.changes.notes import Names


class AdditionChange(BilledChange[AdditionInput]):
    id = "addition"
    command = "add"
    button = words.BUTTON
    title = words.TITLE
    heading = words.HEADING
    help = words.HELP
    input = AdditionInput
    form = FORM
    line_form = LINE
    notes = AdditionNote
    lines = AdditionLine
    needs = frozenset({Needs.PRODUCTS, Needs.FEATURES})

    def applies_to(self, facts: Facts, feature: str) -> bool:  # noqa: ARG002
        return facts.offered is None or bool(offered_products(facts))

    def touches(self, request: AdditionInput) -> frozenset[str]:
        added = product_touched(request.product)
        return frozenset({added, *([PRODUCTS] if request.subscription else [])})

    def rests_on(self, request: AdditionInput, facts: Facts) -> frozenset[str]:
        """A one-time purchase does not depend on the period of the main product."""
        mains = mains_touched(facts) if request.subscription else frozenset()
        return mains | {product_touched(request.product)}

    def guard(self, request: AdditionInput, facts: Facts, now: datetime) -> Judgement:  # noqa: ARG002
        return guard(request, facts)

    def snapshot(self, request: AdditionInput, facts: Facts) -> Snapshot:
        return {**held_snapshot(request, facts), **quote.snapshot(facts)}

    def preview(self, request: AdditionInput, facts: Facts) -> tuple[Line, ...]:
        label = AdditionLine.ADDED if request.subscription else AdditionLine.BOUGHT
        added = Line(label, None, None, about=request.product)
        return (added, *quantities.lines(request.quantities), *quote.lines(facts))

    def products(self, request: AdditionInput, facts: Facts) -> frozenset[str]:  # noqa: ARG002
        return frozenset({request.product})

    def holds(self, request: AdditionInput, previewed: Snapshot, current: Snapshot) -> bool:  # noqa: ARG002
        """Another product that was added meanwhile may have begun the period: what matters is what is billed
        for the rest of it."""
        return quote.holds({**previewed, "period_end": current["period_end"]}, current)

    def plan(self, request: AdditionInput, facts: Facts) -> tuple[Write, ...]:  # noqa: ARG002
        body = {
            "customer_id": request.customer,
            "plan_id": request.product,
            **entity_of(request),
            **({"subscription_id": request.subscription} if request.subscription else {}),
            **quantities.body(request.quantities),
            "plan_schedule": "immediate",
            "redirect_mode": "if_required",
        }
        return (Write("billing.attach", "POST", "/v1/billing.attach", body, per_customer=True),)

    def verify(self, request: AdditionInput, before: Snapshot, after: Snapshot | None) -> Verdict:
        """A subscription is recognized by the id that it was given; a purchase has none, so by how often it
        was bought."""
        if after is None:
            return Verdict.UNCLEAR
        was, now = _times(before), _times(after)
        if was is None or now is None:
            return Verdict.UNCLEAR
        more = now - was
        added = after["subscription"] is not None if request.subscription else more > 0
        if added:
            sold = quantities.all_held(request.quantities, after["quantities"])
            return Verdict.APPLIED if sold else Verdict.UNCLEAR
        return Verdict.NOT_APPLIED if more == 0 else Verdict.UNCLEAR

    def inverse(self, request: AdditionInput, before: Snapshot, after: Snapshot) -> ChangeInput | None:
        """Of a purchase only while it is the only one: they cannot be told apart."""
        if not request.subscription and _times(before) != 0:
            return None
        return CancellationInput(
            customer=request.customer,
            subscription=request.subscription,
            product=request.product,
            action=CancellationAction.NOW,
            settlement=Settlement.CREDIT if request.subscription else None,
            one_time=not request.subscription,
            bought_at=None if request.subscription else _bought_at(after),
        )

    def summary(self, request: AdditionInput, names: Names) -> str:
        product = name(request.product, names)
        return words.add(product) if request.subscription else words.buy(product)

    def shown_now(self, request: AdditionInput, before: Snapshot, after: Snapshot) -> Sequence[str]:  # noqa: ARG002
        times = _times(after)
        if times is None:
            return ()
        return [words.held(str(times)) if times else words.NOT_HELD]

    def sample(self, customer: str) -> AdditionInput:
        return AdditionInput(customer=customer, product="pro", subscription="maple_sample")


def _times(snapshot: Snapshot) -> int | None:
    """How often the customer had the product; None if the snapshot does not say."""
    held = snapshot.get("held")
    return None if held is None else int(held)


def _bought_at(snapshot: Snapshot) -> datetime | None:
    at = snapshot.get("bought_at")
    return None if at is None else datetime.fromisoformat(at)
