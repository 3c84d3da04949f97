"""Where in a customer's balances an edit is aimed, or why it cannot be."""

from dataclasses import dataclass

from bot.autumn.models import Balance, BalanceRow, Customer, Feature
from bot.changes.balance.figures import BalanceFigures, rolled_over_to
from bot.changes.balance.input import BalanceInput
from bot.changes.balance.words import BalanceNote
from bot.changes.model import Facts
from bot.changes.notes import Note


@dataclass(frozen=True, slots=True)
class HeldBalance:
    balance: Balance
    row: BalanceRow
    pool: BalanceFigures
    rollovers_clear: bool
    """Whether it is known which rolled-over units are this row's; if not, they are left out of `pool`."""


def find(request: BalanceInput, facts: Facts) -> HeldBalance | Note:
    """The row, or the refusal."""
    about = {"feature": request.feature}
    if is_flag(request.feature, facts):
        return Note(BalanceNote.FEATURE_IS_FLAG, about)
    balance = facts.customer.balances.get(request.feature)
    if balance is None:
        return _missing(request.feature, facts.customer)
    if not balance.breakdown:
        return Note(BalanceNote.SHARED_BALANCE if facts.scope else BalanceNote.ENTITY_BALANCE, about)
    row = next((one for one in balance.breakdown if one.id and one.id == request.row), None)
    everything = facts.drawn_on[request.feature]
    if row is None:
        shared = any(one.id and one.id == request.row for one in everything.breakdown)
        return Note(BalanceNote.SHARED_BALANCE if shared else BalanceNote.ROW_GONE, about)
    if balance.unlimited or row.unlimited:
        return Note(BalanceNote.UNLIMITED, about)
    # Among all that the entity draws on: Autumn does not say which of them rollovers belong to.
    rollovers = rolled_over_to(row, everything)
    return HeldBalance(balance, row, BalanceFigures.of(row, rollovers or []), rollovers is not None)


def feature_of(feature_id: str, facts: Facts) -> Feature | None:
    if feature_id in facts.features:
        return facts.features[feature_id]
    balance = facts.customer.balances.get(feature_id)
    return balance.feature if balance else None


def is_flag(feature_id: str, facts: Facts) -> bool:
    known = feature_of(feature_id, facts)
    return feature_id in facts.customer.flags or (known is not None and known.type == "boolean")


def allocated(held: HeldBalance, facts: Facts) -> bool:
    """Whether it is a thing held rather than spent, such as a seat. Supposed so of a row without a reset
    when the feature is not known."""
    known = feature_of(held.balance.feature_id, facts)
    return held.row.reset is None if known is None else not known.consumable


def _missing(feature_id: str, customer: Customer) -> Note:
    """Autumn hides the balances of a plan that is past due, though the customer still has it."""
    for subscription in customer.subscriptions:
        plan = subscription.plan
        has = plan is None or any(item.feature_id == feature_id for item in plan.items)
        if subscription.past_due and has:
            details = {"feature": feature_id, "plan": subscription.plan_id}
            return Note(BalanceNote.PAST_DUE_HIDDEN, details)
    return Note(BalanceNote.FEATURE_NOT_HELD, {"feature": feature_id})
