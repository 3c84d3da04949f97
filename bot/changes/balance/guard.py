"""What must not be done to a balance, and what to know before doing it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from bot.changes import amounts, canonical
from bot.changes.amounts import AmountNote
from bot.changes.balance import balance_math
from bot.changes.balance.figures import ZERO, BalanceFigures
from bot.changes.balance.input import BalanceInput
from bot.changes.balance.target import HeldBalance, allocated, find
from bot.changes.balance.words import OFFERED, BalanceAction, BalanceNote
from bot.changes.canonical import near, same_time
from bot.changes.common import identity_refusals
from bot.changes.common_notes import CommonNote
from bot.changes.model import Facts, Judgement
from bot.changes.notes import Note
from bot.lookups.entities.holdings import entities_share

_FARTHEST = timedelta(days=3660)
_POSITIVE = (BalanceAction.GIVE, BalanceAction.TAKE)


def guard(request: BalanceInput, facts: Facts, now: datetime) -> Judgement:
    if notes := identity_refusals(request, facts, old_ids=True):
        return Judgement(notes)
    held = find(request, facts)
    if isinstance(held, Note):
        return Judgement((held,))
    refusals = (*_amount(request), *_row(request, held), *_reset(request, held, now))
    if not refusals and _nothing(request, held.pool):
        refusals = (Note(CommonNote.NOTHING_TO_DO),)
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(request, held, facts)))


def _amount(request: BalanceInput) -> Iterator[Note]:
    if request.action is BalanceAction.NONE:
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
    if not held.rollovers_clear and request.action not in (BalanceAction.GIVE, BalanceAction.NONE):
        yield Note(BalanceNote.ROLLOVERS_UNCLEAR, {"feature": request.feature})
    if request.cycle is not None and not same_time(request.cycle, held.pool.resets_at):
        yield Note(BalanceNote.RESET_SINCE, {"cycle": canonical.time(request.cycle)})
    elif request.action is BalanceAction.TAKE and (request.amount or ZERO) > held.pool.included:
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
    return not moves_date and not balance_math.moves(request, pool)


def _warnings(request: BalanceInput, held: HeldBalance, facts: Facts) -> Iterator[Note]:
    was, then = held.pool, balance_math.outcome(request, held.pool)
    if balance_math.moves(request, was):
        if then.resets:
            yield Note(BalanceNote.UNTIL_RESET, {"at": canonical.time_or_none(then.resets_at) or ""})
        yield from _money(was, then, seats=allocated(held, facts))
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


def _money(was: BalanceFigures, then: BalanceFigures, *, seats: bool) -> Iterator[Note]:
    """Only what lies above the grant is billed, and of what is paid ahead nothing. Seats are billed at once
    or on the next invoice, by how their product was made, which Autumn does not tell."""
    more = then.overage - was.overage
    if near(more, ZERO):
        return
    if was.price in (None, "prepaid"):
        if more > 0:
            yield Note(BalanceNote.BECOMES_DEBT, _units(then.overage))
    elif more > 0:
        yield Note(BalanceNote.SEATS_BILLED if seats else BalanceNote.OVERAGE_BILLED, _units(more))
    else:
        yield Note(BalanceNote.SEATS_LOWERED if seats else BalanceNote.OVERAGE_LOWERED, _units(-more))


def _units(amount: Decimal) -> dict[str, str]:
    return {"units": canonical.number(amount)}
