"""Why a product cannot be added, and what to know before it is."""

from collections.abc import Iterator

from bot.autumn.models import Plan
from bot.changes.addition import products
from bot.changes.addition.input import AdditionInput
from bot.changes.addition.words import AdditionNote
from bot.changes.billing import quantities, quote, subscriptions
from bot.changes.billing.words import BillingNote
from bot.changes.common import identity_refusals, joined
from bot.changes.common_notes import CommonNote
from bot.changes.model import Facts, Judgement
from bot.changes.notes import Note
from bot.lookups.products.plan_changes import is_one_time


def guard(request: AdditionInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    plan = products.offered(facts).get(request.product)
    if plan is None:
        return Judgement((Note(AdditionNote.CANNOT_BE_ADDED),))
    refusal = (
        _refusal(request, plan, facts)
        or subscriptions.refused_quote(facts)
        or _quoted_otherwise(request, facts)
    )
    if refusal is not None:
        return Judgement((refusal,))
    return Judgement((), tuple(_warnings(request, facts)))


def _refusal(request: AdditionInput, plan: Plan, facts: Facts) -> Note | None:
    if is_one_time(plan) != (not request.subscription):
        return Note(AdditionNote.BILLED_OTHERWISE)
    if subscriptions.find(request.subscription, facts) is not None:
        return Note(CommonNote.NOTHING_TO_DO)
    return quantities.refusal(plan, request.quantities)


def _quoted_otherwise(request: AdditionInput, facts: Facts) -> Note | None:
    """What Autumn's preview has to show: the product comes now, as it was asked for, and nothing goes."""
    if facts.quote is None:
        return None
    if facts.quote.outgoing:
        return Note(
            AdditionNote.WOULD_REPLACE, {"products": joined(move.plan_id for move in facts.quote.outgoing)}
        )
    move = quote.incoming(request.product, facts)
    if move is None or move.effective_at is not None:
        return Note(AdditionNote.NOT_ADDED_NOW)
    return quantities.misquoted(request.product, request.quantities, facts)


def _warnings(request: AdditionInput, facts: Facts) -> Iterator[Note]:
    times = products.held(request.product, facts)
    if times and request.subscription:
        yield Note(AdditionNote.HELD_ALREADY, {"count": str(times)})
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
