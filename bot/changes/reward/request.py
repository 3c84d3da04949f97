"""A change of coupon, or a promo code, as it is requested, and why it is refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from bot.autumn.models import Coupon, Discount
from bot.changes import canonical, line_form
from bot.changes.canonical import ZERO
from bot.changes.common import identity_refusals, joined
from bot.changes.estimate import Next, currency_of, estimates
from bot.changes.line_form import LineForm, LineReader
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note, NoteCode
from bot.changes.reward import attached, words
from bot.changes.reward.rewards import (
    coupon_by_code,
    coupon_of,
    grant_of,
    name_of,
    own_discount,
    redeemed_code,
    stripe_only,
    subscription_discounts,
)
from bot.changes.reward.words import RewardAction, RewardNote
from bot.lookups.products.subscriptions import next_paid_change

_LONGEST_CODE = 200


class RewardInput(ChangeInput):
    kind: Literal["reward"] = "reward"
    action: RewardAction
    reward: str = ""
    """The coupon's id, for APPLY and ATTACH."""
    code: str = ""
    """The promo code of a feature grant, for REDEEM."""
    subscription: str = ""
    """Its id, for ATTACH."""
    product: str = ""
    """The id of its plan, for ATTACH."""
    instead: str | None = None
    """For an undo: the coupon that must still be there, empty for none."""


def guard(request: RewardInput, facts: Facts) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    own = own_discount(facts)
    if request.instead is not None and request.instead != (own.id if own else ""):
        return Judgement((Note(RewardNote.MOVED_SINCE),))
    match request.action:
        case RewardAction.REDEEM:
            return _redeem(request, facts)
        case RewardAction.REMOVE:
            return _remove(own, facts)
        case RewardAction.APPLY:
            return _apply(request, own, facts)
        case RewardAction.ATTACH:
            return attached.guard(request.reward, request.subscription, facts)
        case _:
            assert_never(request.action)


def _redeem(request: RewardInput, facts: Facts) -> Judgement:
    if not request.code:
        return _no(RewardNote.NO_CODE)
    if len(request.code) > _LONGEST_CODE:
        return _no(RewardNote.CODE_TOO_LONG, most=str(_LONGEST_CODE))
    if (coupon := coupon_by_code(request.code, facts)) is not None:
        return _no(RewardNote.NOT_A_GRANT, name=name_of(coupon))
    grant = grant_of(request.code, facts)
    if grant is None or not grant.grants:
        return _no(RewardNote.GRANT_UNKNOWN)
    if (redeemed := redeemed_code(grant, facts)) is not None:
        return _no(RewardNote.ALREADY_REDEEMED, promo=redeemed)
    return Judgement((), (Note(CommonNote.NO_UNDO),))


def _remove(own: Discount | None, facts: Facts) -> Judgement:
    if own is None:
        return _no(RewardNote.NO_COUPON)
    return Judgement((), (*_gone_for_good(own, facts), *_apart(facts)))


def _apply(request: RewardInput, own: Discount | None, facts: Facts) -> Judgement:
    if not request.reward:
        return _no(RewardNote.NO_REWARD)
    coupon = coupon_of(request.reward, facts)
    if coupon is None:
        return _no(RewardNote.REWARD_UNKNOWN, reward=request.reward)
    if own is not None and own.id == coupon.id:
        return _no(RewardNote.ALREADY_ACTIVE, name=name_of(coupon))
    return Judgement((), tuple(_warnings(request, coupon, own, facts)))


def _warnings(request: RewardInput, coupon: Coupon, own: Discount | None, facts: Facts) -> Iterator[Note]:
    if own is not None:
        yield Note(RewardNote.REPLACES, {"name": name_of(own)})
        yield from _gone_for_good(own, facts)
    held = {subscription.plan_id for subscription in facts.customer.subscriptions}
    if coupon.plan_ids is not None and not held & set(coupon.plan_ids):
        yield Note(RewardNote.OTHER_PLANS, {"plans": joined(coupon.plan_ids)})
    yield from _apart(facts)
    if request.instead is not None and coupon.duration is not None and coupon.duration.type != "forever":
        yield Note(RewardNote.STARTS_AFRESH, {"name": name_of(coupon)})
    next_invoices = estimates(facts, coupon)
    if not next_invoices:
        yield _without_preview(facts)
        return
    unmatched = tuple(_currency(coupon, next_invoices, facts))
    yield from unmatched
    if own is not None:
        yield from _less(own, next_invoices)
    reached = [invoice for invoice in next_invoices if invoice.after < invoice.without]
    if reached:
        dates = [invoice.at for invoice in reached if invoice.at is not None]
        yield Note(
            RewardNote.FROM_NEXT_INVOICE, {"at": canonical.time_or_none(min(dates, default=None)) or ""}
        )
    elif not unmatched:
        yield Note(RewardNote.NO_EFFECT)


def _without_preview(facts: Facts) -> Note:
    change = next_paid_change(facts.customer)
    if change is None:
        return Note(RewardNote.AT_NEXT_CHECKOUT)
    starts = {"product": change.starts.plan_id, "at": canonical.time(change.at)}
    return Note(RewardNote.INVOICE_AT_START, starts)


def _currency(coupon: Coupon, next_invoices: Sequence[Next], facts: Facts) -> Iterator[Note]:
    """An amount counts only in its own currency, and Autumn does not say which one a coupon has."""
    if coupon.type == "percentage_discount":
        return
    billed = dict.fromkeys(invoice.currency.upper() for invoice in next_invoices if not invoice.apart)
    own = currency_of(facts)
    if not own and billed:
        yield Note(RewardNote.CURRENCY_UNKNOWN, {"currencies": joined(billed)})
    elif other_currencies := [currency for currency in billed if currency != own]:
        yield Note(RewardNote.OTHER_CURRENCY, {"currency": own, "currencies": joined(other_currencies)})


def _less(own: Discount, next_invoices: Sequence[Next]) -> Iterator[Note]:
    """In each currency in which the new coupon takes less off than the one it replaces."""
    for currency in dict.fromkeys(invoice.currency for invoice in next_invoices):
        billed = [invoice for invoice in next_invoices if invoice.currency == currency]
        off_now = sum((invoice.without - invoice.before for invoice in billed), ZERO)
        off = sum((invoice.without - invoice.after for invoice in billed), ZERO)
        if off < off_now:
            figures = {
                "off": canonical.number(off),
                "off_now": canonical.number(off_now),
                "currency": currency,
            }
            yield Note(RewardNote.TAKES_LESS, {"name": name_of(own), **figures})


def _gone_for_good(own: Discount, facts: Facts) -> Iterator[Note]:
    if stripe_only(own, facts):
        yield Note(RewardNote.STRIPE_ONLY, {"name": name_of(own)})


def _apart(facts: Facts) -> Iterator[Note]:
    """A subscription's own discounts stay, and keep it from the customer's."""
    if theirs := subscription_discounts(facts):
        yield Note(
            RewardNote.SUBSCRIPTION_DISCOUNTS, {"names": joined(name_of(discount) for discount in theirs)}
        )


def _no(code: NoteCode, **details: str) -> Judgement:
    return Judgement((Note(code, details),))


# As a line of a list


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


def read_line(line: LineReader) -> ListedReward:
    line.takes_no_amount()
    action = line.action(_ACTIONS)
    if action is RewardAction.REMOVE:
        return ListedReward(action, line.cells.about)
    return ListedReward(action, line.about(_CODE if action is RewardAction.REDEEM else _COUPON))


def fill_line(listed: ListedReward, facts: Facts, unique: str) -> RewardInput | Note:  # noqa: ARG001 - as all kinds
    customer, action = facts.customer.id or "", listed.action
    if action is RewardAction.REDEEM:
        return RewardInput(customer=customer, action=action, code=listed.about)
    if action is RewardAction.REMOVE:
        return _removal(listed.about, facts)
    coupons = facts.rewards.coupons if facts.rewards else ()
    coupon = line_form.known_id(_COUPON, listed.about, {offered.id: name_of(offered) for offered in coupons})
    return (
        coupon if isinstance(coupon, Note) else RewardInput(customer=customer, action=action, reward=coupon)
    )


def _removal(named: str, facts: Facts) -> RewardInput | Note:
    """A coupon that is named must be the one that the customer has."""
    own = own_discount(facts)
    if named and own is not None and isinstance(line_form.known_id(_COUPON, named, {own.id: own.name}), Note):
        return Note(RewardNote.ANOTHER_COUPON, {"name": name_of(own)})
    return RewardInput(customer=facts.customer.id or "", action=RewardAction.REMOVE)


LINE = LineForm(words.LINE_USAGE, read_line, fill_line)
