"""Why a product cannot be changed, and what to know before it is."""

from collections.abc import Iterator
from typing import assert_never

from bot.autumn.models import PlanMove
from bot.changes.billing import quantities, quote, subscriptions
from bot.changes.billing.words import BillingNote
from bot.changes.common import identity_refusals, joined
from bot.changes.common_notes import CommonNote
from bot.changes.model import Facts, Judgement
from bot.changes.notes import Note
from bot.changes.switch import products
from bot.changes.switch.input import SwitchInput
from bot.changes.switch.words import Kept, SwitchAction, SwitchNote

_KEPT = {
    Kept.NOTHING: SwitchNote.STARTS_ANEW,
    Kept.USAGE: SwitchNote.KEEPS_USAGE,
    Kept.REMAINING: SwitchNote.KEEPS_REMAINING,
}


def guard(request: SwitchInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    refusal = _refusal(request, facts) or subscriptions.refused_quote(facts)
    if refusal is not None:
        return Judgement((refusal,))
    return Judgement((), tuple(_warnings(request, facts)))


def _refusal(request: SwitchInput, facts: Facts) -> Note | None:
    state = products.state_of(request.product, facts)
    match request.action:
        case SwitchAction.CALL_OFF:
            if state != products.SCHEDULED:
                return Note(SwitchNote.NOT_SCHEDULED)
            return subscriptions.problem(request.subscription, facts)
        case SwitchAction.NOW | SwitchAction.AT_PERIOD_END:
            if not request.product:
                return Note(SwitchNote.NO_PRODUCT)
            if state == products.RUNNING:
                return Note(SwitchNote.ALREADY_HELD)
            plan = products.offered(facts).get(request.product)
            if plan is None:
                return Note(SwitchNote.UNKNOWN_PRODUCT)
            if facts.scope and request.kept is Kept.REMAINING:
                return Note(SwitchNote.ENTITY_REMAINING)
            move = quote.incoming(request.product, facts)
            if _too_soon(request, move):
                return Note(SwitchNote.NO_PERIOD)
            return quantities.refusal(plan, request.quantities) or _quoted_otherwise(request, facts)
        case _:  # pragma: no cover - mypy sees to it that there is no other action
            assert_never(request.action)


def _too_soon(request: SwitchInput, move: PlanMove | None) -> bool:
    waits = request.action is SwitchAction.AT_PERIOD_END
    return waits and move is not None and move.effective_at is None


def _quoted_otherwise(request: SwitchInput, facts: Facts) -> Note | None:
    if (wrong := _wrong_place(request, facts)) is not None:
        return wrong
    return quantities.misquoted(request.product, request.quantities, facts)


def _wrong_place(request: SwitchInput, facts: Facts) -> Note | None:
    """Autumn chooses itself what the product takes the place of: that has to be what the form said."""
    replaced = [each.plan_id for each in products.replaced(request.product, facts)]
    if len(replaced) > 1:
        return Note(SwitchNote.SEVERAL_HELD, {"products": joined(replaced)})
    named = {*replaced} if request.replaces is None else {request.replaces} - {""}
    replacing = {move.plan_id for move in facts.quote.outgoing} if facts.quote else {*replaced}
    if named == replacing:
        return None
    return Note(
        SwitchNote.REPLACES_ANOTHER,
        {"replaced": joined(sorted(replacing)), "named": joined(sorted(named))},
    )


def _warnings(request: SwitchInput, facts: Facts) -> Iterator[Note]:
    if request.action is SwitchAction.CALL_OFF:
        return
    for waiting in products.waiting(request.product, facts):
        if waiting.plan_id != request.product:
            yield Note(BillingNote.DROPS_SWITCH, {"product": waiting.plan_id})
    replaced = products.replaced(request.product, facts)
    if replaced:
        yield from subscriptions.add_ons_at_risk(facts)
    yield from subscriptions.new_in_stripe(facts)
    if request.action is SwitchAction.AT_PERIOD_END:
        return
    if replaced:
        yield Note(_KEPT[request.kept])
    if facts.quote is not None and facts.quote.redirect_to_checkout:
        yield Note(BillingNote.NEEDS_CHECKOUT)
    elif facts.quote is not None and facts.quote.total > 0:
        yield Note(SwitchNote.MAY_NEED_PAYMENT)
    yield Note(BillingNote.SHOWN_BY_TIME)
    yield Note(CommonNote.NO_UNDO)
