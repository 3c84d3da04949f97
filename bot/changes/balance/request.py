"""A balance change, as requested: its target, its effect, and why it is refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, assert_never

from pydantic import AwareDatetime

from bot.autumn.models import Balance, BalanceRow, Customer, Feature
from bot.changes import amounts, canonical, line_form
from bot.changes.amounts import AmountNote
from bot.changes.balance import words
from bot.changes.balance.figures import ZERO, BalanceFigures, rolled_over_to
from bot.changes.balance.sentence import BalanceSentence, Day
from bot.changes.balance.words import OFFERED, BalanceAction, BalanceNote
from bot.changes.canonical import near, same_time
from bot.changes.common import identity_refusals
from bot.changes.line_form import LineCells, LineForm, LineReader
from bot.changes.model import ChangeInput, Facts, Judgement
from bot.changes.notes import CommonNote, Note
from bot.lookups import controls
from bot.lookups.entities.holdings import entities_share
from bot.lookups.names import resolve_feature

_FARTHEST = timedelta(days=3660)
_POSITIVE = (BalanceAction.GIVE, BalanceAction.TAKE)


class BalanceInput(ChangeInput):
    kind: Literal["balance"] = "balance"
    feature: str
    row: str
    """The id of one row of the balance's breakdown; Autumn takes it as `balance_id`."""
    action: BalanceAction
    amount: Decimal | None = None
    """In units of the feature; None only with RESET_DATE."""
    reset_at: AwareDatetime | None = None
    cycle: AwareDatetime | None = None
    """For an undo: the reset date the row must still have. After a reset there is nothing left to undo."""

    @property
    def units(self) -> Decimal:
        """The amount; zero without one."""
        return self.amount or ZERO


# Its target


@dataclass(frozen=True, slots=True)
class HeldBalance:
    balance: Balance
    row: BalanceRow
    pool: BalanceFigures
    rollovers_clear: bool
    """Whether it is known which rolled-over units are this row's; if not, they are left out of `pool`."""


def held_balance(request: BalanceInput, facts: Facts) -> HeldBalance | Note:
    """The row, or the refusal."""
    about = {"feature": request.feature}
    if is_flag(request.feature, facts):
        return Note(BalanceNote.FEATURE_IS_FLAG, about)
    balance = facts.customer.balances.get(request.feature)
    if balance is None:
        return _missing(request.feature, facts.customer)
    if not balance.breakdown:
        return Note(BalanceNote.SHARED_BALANCE if facts.scope else BalanceNote.ENTITY_BALANCE, about)
    row = next(
        (held_row for held_row in balance.breakdown if held_row.id and held_row.id == request.row), None
    )
    everything = facts.drawn_on[request.feature]
    if row is None:
        shared = any(held_row.id and held_row.id == request.row for held_row in everything.breakdown)
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
    feature = feature_of(feature_id, facts)
    return feature_id in facts.customer.flags or (feature is not None and feature.type == "boolean")


def allocated(held: HeldBalance, facts: Facts) -> bool:
    """Whether it is held rather than spent, such as a seat. When the feature is not known, that is assumed of
    a row without a reset."""
    feature = feature_of(held.balance.feature_id, facts)
    return held.row.reset is None if feature is None else not feature.consumable


def _missing(feature_id: str, customer: Customer) -> Note:
    """Autumn hides the balances of a plan that is past due, though the customer still has it."""
    for subscription in customer.subscriptions:
        plan = subscription.plan
        has = plan is None or any(item.feature_id == feature_id for item in plan.items)
        if subscription.past_due and has:
            details = {"feature": feature_id, "plan": subscription.plan_id}
            return Note(BalanceNote.PAST_DUE_HIDDEN, details)
    return Note(BalanceNote.FEATURE_NOT_HELD, {"feature": feature_id})


# What is sent, and its effect


def shift(request: BalanceInput, pool: BalanceFigures) -> Decimal:
    """The change in what is left."""
    match request.action:
        case BalanceAction.SET:
            return request.units - pool.level
        case BalanceAction.USAGE:
            return pool.used - request.units
        case BalanceAction.GIVE | BalanceAction.SHIFT:
            return request.units
        case BalanceAction.TAKE:
            return -request.units
        case BalanceAction.RESET_DATE:
            return ZERO
        case _:
            assert_never(request.action)


def changes_figures(request: BalanceInput, pool: BalanceFigures) -> bool:
    """Whether the amount changes anything: a figure that is already so is not sent, and proves nothing."""
    return not near(shift(request, pool), ZERO)


def _granted_more(request: BalanceInput) -> Decimal:
    """The change in the grant."""
    more = {BalanceAction.GIVE: request.units, BalanceAction.TAKE: -request.units}
    return more.get(request.action, ZERO)


def figures_after(request: BalanceInput, pool: BalanceFigures) -> BalanceFigures:
    """The row as it should be after the edit, if nothing is used meanwhile."""
    then = pool.moved(shift(request, pool)).granting(_granted_more(request))
    return then if request.reset_at is None else replace(then, resets_at=request.reset_at)


def amounts_sent(request: BalanceInput, pool: BalanceFigures) -> dict[str, Decimal]:
    """The amounts that are sent.

    Autumn sets a row's balance and usage without what rolled over to it, so that is taken off the
    requested figures. They come out right together, whichever of the two it is taken from.
    """
    if request.action is BalanceAction.RESET_DATE or not changes_figures(request, pool):
        return {}
    match request.action:
        case BalanceAction.SET:
            return {"remaining": request.units - pool.rolled_left}
        case BalanceAction.USAGE:
            return {"usage": request.units - (pool.rolled_granted - pool.rolled_left)}
        case BalanceAction.GIVE | BalanceAction.TAKE | BalanceAction.SHIFT:
            # Both together: the balance alone would make the usage fall, the grant alone make it rise. A
            # shift names the grant as well, so that it stays where an Autumn raises it with the balance.
            return {
                "add_to_balance": shift(request, pool),
                "included_grant": pool.included + _granted_more(request),
            }
        case _:
            assert_never(request.action)


# Why not, and what to know before it


def guard(request: BalanceInput, facts: Facts, now: datetime) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    held = held_balance(request, facts)
    if isinstance(held, Note):
        return Judgement((held,))
    refusals = (*_amount(request), *_row(request, held), *_reset(request, held, now))
    if not refusals and _nothing(request, held.pool):
        refusals = (Note(CommonNote.NOTHING_TO_DO),)
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(request, held, facts)))


def _amount(request: BalanceInput) -> Iterator[Note]:
    if request.action is BalanceAction.RESET_DATE:
        return
    amount = request.amount
    if amount is None:
        yield Note(AmountNote.NO_AMOUNT)
        return
    problem = amounts.size_problem(amount)
    # An undo takes back what was there, in as many decimals as Autumn had.
    if problem is not None and (request.action in OFFERED or problem is not AmountNote.TOO_MANY_DECIMALS):
        yield amounts.note(problem)
        return
    if request.action in _POSITIVE and amount <= 0:
        yield Note(BalanceNote.NOT_POSITIVE)
    if request.action is BalanceAction.USAGE and amount < 0:
        yield Note(BalanceNote.NEGATIVE_USAGE)


def _row(request: BalanceInput, held: HeldBalance) -> Iterator[Note]:
    if not held.rollovers_clear and request.action not in (BalanceAction.GIVE, BalanceAction.RESET_DATE):
        yield Note(BalanceNote.ROLLOVERS_UNCLEAR, {"feature": request.feature})
    if request.cycle is not None and not same_time(request.cycle, held.pool.resets_at):
        yield Note(BalanceNote.RESET_SINCE, {"cycle": canonical.time(request.cycle)})
    elif request.action is BalanceAction.TAKE and request.units > held.pool.included:
        yield Note(BalanceNote.MORE_THAN_GRANTED, {"most": canonical.number(held.pool.included)})


def _reset(request: BalanceInput, held: HeldBalance, now: datetime) -> Iterator[Note]:
    if request.reset_at is None:
        return
    if held.pool.price is not None:
        yield Note(BalanceNote.RESET_ON_PAID)
    elif held.row.reset is None:
        yield Note(BalanceNote.RESET_NEVER)
    elif not held.pool.resets:
        yield Note(BalanceNote.RESET_ONE_OFF)
    if request.reset_at <= now:
        yield Note(BalanceNote.RESET_PAST)
    elif request.reset_at > now + _FARTHEST:
        yield Note(BalanceNote.RESET_TOO_FAR, {"latest": canonical.time(now + _FARTHEST)})


def _nothing(request: BalanceInput, pool: BalanceFigures) -> bool:
    moves_date = request.reset_at is not None and not same_time(request.reset_at, pool.resets_at)
    return not moves_date and not changes_figures(request, pool)


def _warnings(request: BalanceInput, held: HeldBalance, facts: Facts) -> Iterator[Note]:
    was, then = held.pool, figures_after(request, held.pool)
    if changes_figures(request, was):
        if then.resets:
            yield Note(BalanceNote.UNTIL_RESET, {"at": canonical.time_or_none(then.resets_at) or ""})
        yield from _money(request, held, facts)
        if then.vanishes:
            yield Note(BalanceNote.ROW_VANISHES)
        if was.rolled_left > then.rolled_left:
            yield Note(BalanceNote.ROLLOVERS_FIRST, _units(was.rolled_left - then.rolled_left))
    if was.expires_at is not None:
        yield Note(BalanceNote.ROW_EXPIRES, {"at": canonical.time(was.expires_at)})
    if len(held.balance.breakdown) > 1:
        yield Note(BalanceNote.OTHER_ROWS, {"count": str(len(held.balance.breakdown) - 1)})
    if entities_share(held.balance) is not None:
        yield Note(BalanceNote.ENTITIES_COUNTED)


def _money(request: BalanceInput, held: HeldBalance, facts: Facts) -> Iterator[Note]:
    """Only usage above the grant is billed, and nothing that is paid ahead or that a spend limit keeps off
    the invoices. Seats are billed at once or on the next invoice, whatever the limit: which of the two
    depends on their product, and Autumn does not say."""
    was, then = held.pool, figures_after(request, held.pool)
    more = then.overage - was.overage
    if near(more, ZERO):
        return
    seats = allocated(held, facts)
    limited = [facts.customer, *([facts.scope.whole] if facts.scope else [])]
    skipped = not seats and any(controls.skips_overage(request.feature, holder) for holder in limited)
    if was.price in (None, "prepaid") or skipped:
        if more > 0:
            everything = facts.drawn_on[request.feature]
            alone = len(everything.breakdown) == 1 and entities_share(everything) is None
            code = BalanceNote.BECOMES_DEBT if alone else BalanceNote.SOURCE_BECOMES_DEBT
            yield Note(code, _units(then.overage))
    elif more > 0:
        yield Note(BalanceNote.SEATS_BILLED if seats else BalanceNote.OVERAGE_BILLED, _units(more))
    else:
        yield Note(BalanceNote.SEATS_LOWERED if seats else BalanceNote.OVERAGE_LOWERED, _units(-more))


def _units(amount: Decimal) -> dict[str, str]:
    return {"units": canonical.number(amount)}


# As a line of a list


_WHAT = "feature"
LISTED_ACTIONS: Mapping[BalanceAction, tuple[str, ...]] = {
    BalanceAction.GIVE: ("give", "add", "extra", "give extra allowance"),
    BalanceAction.SET: ("set", "set to", "set the balance"),
    BalanceAction.RESET_DATE: ("reset", "reset on", "move the reset date"),
}
"""What the action may say, the usual word first."""


@dataclass(frozen=True, slots=True)
class ListedBalanceChange:
    feature: str
    action: BalanceAction
    amount: Decimal | None = None
    reset_at: datetime | None = None


def read_line(line: LineReader) -> ListedBalanceChange:
    action, feature = line.action(LISTED_ACTIONS, BalanceAction.GIVE), line.about(_WHAT)
    if action is BalanceAction.RESET_DATE:
        return ListedBalanceChange(feature, action, reset_at=line.day())
    return ListedBalanceChange(feature, action, line.figure())


def line_cells(sentence: BalanceSentence, features: Mapping[str, str], now: datetime) -> LineCells:
    """What `read_line` reads as the sentence's change. `features`: names by id of those that may be meant."""
    return LineCells(
        resolve_feature(sentence.feature, features) or sentence.feature,
        _listed_day(sentence.day, now) if sentence.day else sentence.amount,
        LISTED_ACTIONS[sentence.action][0],
    )


def _listed_day(day: Day, now: datetime) -> str:
    """A day that does not come in the next years is left as it is, to be refused."""
    moment = day.moment(now)
    return f"{moment:%Y-%m-%d}" if moment else f"{day.month}/{day.day}"


def fill_line(listed: ListedBalanceChange, facts: Facts, unique: str) -> BalanceInput | Note:  # noqa: ARG001 - as all kinds
    """Of the balance's only part: a list cannot say which of several is meant."""
    feature = line_form.known_id(_WHAT, listed.feature, line_form.features(facts))
    if isinstance(feature, Note):
        return feature
    balance = facts.customer.balances.get(feature)
    parts = {row.id for row in balance.breakdown if row.id} if balance else set()
    if len(parts) > 1:
        return Note(BalanceNote.SEVERAL_SOURCES)
    return BalanceInput(
        customer=facts.customer.id or "",
        feature=feature,
        # Without a part, the guards say what is wrong.
        row=next(iter(parts), ""),
        action=listed.action,
        amount=listed.amount,
        reset_at=listed.reset_at,
    )


LINE = LineForm(
    words.LINE_USAGE,
    read_line,
    fill_line,
    {LISTED_ACTIONS[action][0]: label for action, label in words.LINE_ACTIONS.items()},
)
