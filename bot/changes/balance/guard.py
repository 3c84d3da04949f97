"""What must not be done to a balance, and what to know before doing it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from bot.changes import amounts, canonical
from bot.changes.balance import balance_math
from bot.changes.balance.figures import ZERO, BalanceFigures
from bot.changes.balance.target import HeldBalance, allocated, find
from bot.changes.canonical import near, same_time
from bot.changes.common import whose
from bot.changes.model import OFFERED, BalanceAction, BalanceInput, Facts, Judgement, Note, NoteCode
from bot.lookups.entities_share import entities_share

_FARTHEST = timedelta(days=3660)
_POSITIVE = (BalanceAction.GIVE, BalanceAction.TAKE)


def guard(asked: BalanceInput, facts: Facts, now: datetime) -> Judgement:
    if notes := whose(asked, facts, old_ids=True):
        return Judgement(notes)
    held = find(asked, facts)
    if isinstance(held, Note):
        return Judgement((held,))
    refusals = (*_amount(asked), *_row(asked, held), *_reset(asked, held, now))
    if not refusals and _nothing(asked, held.pool):
        refusals = (Note(NoteCode.NOTHING_TO_DO),)
    return Judgement(refusals) if refusals else Judgement((), tuple(_warnings(asked, held, facts)))


def _amount(asked: BalanceInput) -> Iterator[Note]:
    if asked.action is BalanceAction.NONE:
        return
    amount = asked.amount
    if amount is None:
        yield Note(NoteCode.NO_AMOUNT)
        return
    problem = amounts.size_problem(amount)
    # An undo takes back what was there, in as many decimals as Autumn had.
    if problem is not None and (asked.action in OFFERED or problem is not NoteCode.TOO_MANY_DECIMALS):
        yield Note(problem, _most(problem))
        return
    if asked.action in _POSITIVE and amount <= 0:
        yield Note(NoteCode.NOT_POSITIVE)
    if asked.action is BalanceAction.USAGE and amount < 0:
        yield Note(NoteCode.NEGATIVE_USAGE)


def _most(problem: NoteCode) -> dict[str, str]:
    most = {
        NoteCode.TOO_LARGE: canonical.number(amounts.MOST),
        NoteCode.TOO_MANY_DECIMALS: str(amounts.DECIMALS),
    }
    return {"most": most[problem]} if problem in most else {}


def _row(asked: BalanceInput, held: HeldBalance) -> Iterator[Note]:
    if not held.rollovers_clear and asked.action not in (BalanceAction.GIVE, BalanceAction.NONE):
        yield Note(NoteCode.ROLLOVERS_UNCLEAR, {"feature": asked.feature})
    if asked.cycle is not None and not same_time(asked.cycle, held.pool.resets_at):
        yield Note(NoteCode.RESET_SINCE, {"cycle": canonical.time(asked.cycle)})
    elif asked.action is BalanceAction.TAKE and (asked.amount or ZERO) > held.pool.included:
        yield Note(NoteCode.MORE_THAN_GRANTED, {"most": canonical.number(held.pool.included)})


def _reset(asked: BalanceInput, held: HeldBalance, now: datetime) -> Iterator[Note]:
    if asked.reset_at is None:
        return
    if held.pool.price is not None:
        yield Note(NoteCode.RESET_ON_PAID)
    elif held.row.reset is None:
        yield Note(NoteCode.RESET_NEVER)
    elif not held.pool.resets:
        yield Note(NoteCode.RESET_ONE_OFF)
    if asked.reset_at <= now:
        yield Note(NoteCode.RESET_PAST)
    elif asked.reset_at > now + _FARTHEST:
        yield Note(NoteCode.RESET_TOO_FAR, {"latest": canonical.time(now + _FARTHEST)})


def _nothing(asked: BalanceInput, pool: BalanceFigures) -> bool:
    moves_date = asked.reset_at is not None and not same_time(asked.reset_at, pool.resets_at)
    return not moves_date and not balance_math.moves(asked, pool)


def _warnings(asked: BalanceInput, held: HeldBalance, facts: Facts) -> Iterator[Note]:
    was, then = held.pool, balance_math.outcome(asked, held.pool)
    if balance_math.moves(asked, was):
        if then.resets:
            yield Note(NoteCode.UNTIL_RESET, {"at": canonical.time_or_none(then.resets_at) or ""})
        yield from _money(was, then, seats=allocated(held, facts))
        if then.vanishes:
            yield Note(NoteCode.ROW_VANISHES)
        if was.rolled_left > then.rolled_left:
            yield Note(NoteCode.ROLLOVERS_FIRST, _units(was.rolled_left - then.rolled_left))
    if was.expires_at is not None:
        yield Note(NoteCode.ROW_EXPIRES, {"at": canonical.time(was.expires_at)})
    if len(held.balance.breakdown) > 1:
        yield Note(NoteCode.OTHER_ROWS, {"count": str(len(held.balance.breakdown) - 1)})
    if entities_share(held.balance) is not None:
        yield Note(NoteCode.ENTITIES_COUNTED)


def _money(was: BalanceFigures, then: BalanceFigures, *, seats: bool) -> Iterator[Note]:
    """Only what lies above the grant is billed, and of what is paid ahead nothing. Seats are billed at once
    or on the next invoice, by how their product was made, which Autumn does not tell."""
    more = then.overage - was.overage
    if near(more, ZERO):
        return
    if was.price in (None, "prepaid"):
        if more > 0:
            yield Note(NoteCode.BECOMES_DEBT, _units(then.overage))
    elif more > 0:
        yield Note(NoteCode.SEATS_BILLED if seats else NoteCode.OVERAGE_BILLED, _units(more))
    else:
        yield Note(NoteCode.SEATS_LOWERED if seats else NoteCode.OVERAGE_LOWERED, _units(-more))


def _units(amount: Decimal) -> dict[str, str]:
    return {"units": canonical.number(amount)}
