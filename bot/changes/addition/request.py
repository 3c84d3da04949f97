"""The addition of a product, as it is requested, and why it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.autumn.models import Plan, Subscription
from bot.changes import canonical, line_form
from bot.changes.addition import words
from bot.changes.addition.words import AdditionNote
from bot.changes.billing import quantities, quote, subscriptions
from bot.changes.billing.quantities import FeatureQuantity, included_units, sold_by_quantity
from bot.changes.billing.words import BillingNote
from bot.changes.canonical import ZERO
from bot.changes.common import identity_refusals, joined
from bot.changes.line_form import LineForm, LineNote, LineReader
from bot.changes.model import ChangeInput, Facts, Judgement, Snapshot
from bot.changes.notes import CommonNote, Note
from bot.lookups.products.subscriptions import Cost, cost, is_free, is_one_time

_SCHEDULED = "scheduled"


class AdditionInput(ChangeInput):
    kind: Literal["addition"] = "addition"
    product: str
    """The id of the plan."""
    subscription: str = ""
    """The id that the subscription gets; empty for a one-time purchase, which has none."""
    quantities: tuple[FeatureQuantity, ...] = ()
    """Of what the product sells by quantity."""


# Which products can be added, and what the customer has of them


def offered_products(facts: Facts) -> dict[str, Plan]:
    """Add-ons and one-time purchases, by id: they replace no other product."""
    return {
        plan.id: plan
        for plan in facts.offered or ()
        if not plan.archived and (plan.add_on or is_one_time(plan))
    }


def times_held(plan_id: str, facts: Facts) -> int:
    """How often the customer has it."""
    purchased = (
        purchase.quantity for purchase in subscriptions.purchases(facts) if purchase.plan_id == plan_id
    )
    return len(_subscribed(plan_id, facts)) + int(sum(purchased, ZERO))


def _subscribed(plan_id: str, facts: Facts) -> list[Subscription]:
    return [
        subscription
        for subscription in subscriptions.own(facts)
        if subscription.plan_id == plan_id and subscription.status != _SCHEDULED
    ]


def held_snapshot(request: AdditionInput, facts: Facts) -> Snapshot:
    subscription = subscriptions.find(request.subscription, facts)
    ends = [own.current_period_end for own in subscriptions.own(facts) if own.current_period_end]
    began = [
        purchase.started_at
        for purchase in subscriptions.purchases(facts)
        if purchase.plan_id == request.product
    ]
    return {
        "subscription": subscription.id if subscription else None,
        "held": str(times_held(request.product, facts)),
        "quantities": quantities.held(request.product, request.quantities, facts),
        "bought_at": canonical.time_or_none(max(filter(None, began), default=None)),
        "period_end": canonical.time_or_none(min(ends, default=None)),
    }


# Why not, and what to know before it


def guard(request: AdditionInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    plan = offered_products(facts).get(request.product)
    if plan is None:
        return Judgement((Note(AdditionNote.CANNOT_BE_ADDED),))
    refusal = (
        _refusal(request, plan, facts)
        or subscriptions.refused_quote(facts)
        or _quoted_otherwise(request, facts)
    )
    if refusal is not None:
        return Judgement((refusal,))
    return Judgement((), tuple(_warnings(request, plan, facts)))


def _refusal(request: AdditionInput, plan: Plan, facts: Facts) -> Note | None:
    if is_one_time(plan) != (not request.subscription):
        return Note(AdditionNote.BILLED_OTHERWISE)
    if subscriptions.find(request.subscription, facts) is not None:
        return Note(CommonNote.NOTHING_TO_DO)
    return quantities.refusal(plan, request.quantities)


def _quoted_otherwise(request: AdditionInput, facts: Facts) -> Note | None:
    """Why Autumn's preview is not what was requested: the product now, in that quantity, replacing none."""
    if facts.quote is None:
        return None
    if facts.quote.outgoing:
        return Note(
            AdditionNote.WOULD_REPLACE,
            {"products": joined(outgoing.plan_id for outgoing in facts.quote.outgoing)},
        )
    move = quote.incoming(request.product, facts)
    if move is None or move.effective_at is not None:
        return Note(AdditionNote.NOT_ADDED_NOW)
    return quantities.misquoted(request.product, request.quantities, facts)


def _warnings(request: AdditionInput, plan: Plan, facts: Facts) -> Iterator[Note]:
    times = times_held(request.product, facts)
    if times and request.subscription:
        billed = {"billed": "yes"} if _all_billed(plan, times, facts) else {}
        yield Note(AdditionNote.HELD_ALREADY, {"count": str(times), **billed})
    yield from subscriptions.new_in_stripe(facts)
    if facts.quote is not None and facts.quote.redirect_to_checkout:
        yield Note(BillingNote.NEEDS_CHECKOUT)
    elif facts.quote is not None and facts.quote.total > 0:
        yield Note(AdditionNote.MAY_NEED_PAYMENT)
    if request.subscription:
        yield Note(BillingNote.SHOWN_BY_TIME)
        yield Note(AdditionNote.UNDONE_WITH_CREDIT)
    else:
        yield Note(CommonNote.NO_UNDO if times else AdditionNote.UNDONE_WITHOUT_MONEY)


def _all_billed(plan: Plan, times: int, facts: Facts) -> bool:
    """Whether the new one costs something, and so do those that the customer has, for as long as it does."""
    billed = [
        held for held in _subscribed(plan.id, facts) if held.canceled_at is None and cost(held) is Cost.PAID
    ]
    return not is_free(plan) and len(billed) == times


# As a line of a list


_WHAT = "product"


@dataclass(frozen=True, slots=True)
class ListedAddition:
    product: str
    quantity: Decimal | None
    """None if none was written."""


def read_line(line: LineReader) -> ListedAddition:
    line.takes_no_action()
    return ListedAddition(line.about(_WHAT), line.figure() if line.cells.amount else None)


def fill_line(listed: ListedAddition, facts: Facts, unique: str) -> AdditionInput | Note:
    offered = offered_products(facts)
    product = line_form.known_id(_WHAT, listed.product, {plan.id: plan.name for plan in offered.values()})
    if isinstance(product, Note):
        return product
    chosen = _quantities(listed.quantity, offered[product])
    if isinstance(chosen, Note):
        return chosen
    return AdditionInput(
        customer=facts.customer.id or "",
        product=product,
        subscription="" if is_one_time(offered[product]) else f"maple_{unique}",
        quantities=chosen,
    )


def _quantities(quantity: Decimal | None, plan: Plan) -> tuple[FeatureQuantity, ...] | Note:
    """A line can name one quantity; if it names none, it is what the product includes."""
    sold = sold_by_quantity(plan)
    if len(sold) > 1:
        return Note(AdditionNote.SEVERAL_QUANTITIES)
    if not sold:
        return () if quantity is None else Note(AdditionNote.NO_QUANTITY)
    ((feature, item),) = sold.items()
    chosen = quantity if quantity is not None else included_units(item)
    return (
        (FeatureQuantity(feature=feature, quantity=chosen),)
        if chosen
        else Note(LineNote.MISSING, {"what": "amount"})
    )


LINE = LineForm(words.LINE_USAGE, read_line, fill_line)
