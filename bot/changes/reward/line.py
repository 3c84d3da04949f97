"""A coupon or a promo code as a line of a list: `acme,Ten percent off,,apply`."""

from dataclasses import dataclass

from bot.changes import line_form
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.changes.reward import words
from bot.changes.reward.coupons import name_of, own_discount
from bot.changes.reward.input import RewardInput
from bot.changes.reward.words import RewardAction, RewardNote

_COUPON, _CODE = "coupon", "promo code"
_ACTIONS = {
    RewardAction.APPLY: ("apply", "apply coupon"),
    RewardAction.REMOVE: ("remove", "remove coupon"),
    RewardAction.REDEEM: ("redeem", "redeem promo code"),
}


@dataclass(frozen=True, slots=True)
class ListedReward:
    action: RewardAction
    about: str
    """A coupon, or a promo code; for REMOVE maybe empty."""


def read(line: LineReader) -> ListedReward:
    line.takes_no_amount()
    action = line.action(_ACTIONS)
    if action is RewardAction.REMOVE:
        return ListedReward(action, line.cells.about)
    return ListedReward(action, line.about(_CODE if action is RewardAction.REDEEM else _COUPON))


def fill(listed: ListedReward, facts: Facts, unique: str) -> RewardInput | Note:  # noqa: ARG001 - as all kinds
    customer, action = facts.customer.id or "", listed.action
    if action is RewardAction.REDEEM:
        return RewardInput(customer=customer, action=action, code=listed.about)
    if action is RewardAction.REMOVE:
        return _removal(listed.about, facts)
    coupons = facts.rewards.coupons if facts.rewards else ()
    coupon = line_form.known(_COUPON, listed.about, {each.id: name_of(each) for each in coupons})
    return (
        coupon if isinstance(coupon, Note) else RewardInput(customer=customer, action=action, reward=coupon)
    )


def _removal(named: str, facts: Facts) -> RewardInput | Note:
    """A coupon that is named has to be the one that the customer has."""
    own = own_discount(facts)
    if named and own is not None and isinstance(line_form.known(_COUPON, named, {own.id: own.name}), Note):
        return Note(RewardNote.ANOTHER_COUPON, {"name": name_of(own)})
    return RewardInput(customer=facts.customer.id or "", action=RewardAction.REMOVE)


LINE = LineForm(words.LINE_USAGE, read, fill)
