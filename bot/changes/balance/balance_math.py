"""What each way of editing a balance sends, and what comes of it."""

from dataclasses import replace
from decimal import Decimal
from typing import assert_never

from bot.changes.balance.figures import ZERO, BalanceFigures
from bot.changes.balance.input import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.canonical import near


def shift(request: BalanceInput, pool: BalanceFigures) -> Decimal:
    """By how much what is left moves."""
    amount = request.amount or ZERO
    match request.action:
        case BalanceAction.SET:
            return amount - pool.level
        case BalanceAction.USAGE:
            return pool.used - amount
        case BalanceAction.GIVE | BalanceAction.SHIFT:
            return amount
        case BalanceAction.TAKE:
            return -amount
        case BalanceAction.NONE:
            return ZERO
        case _:  # pragma: no cover - mypy sees to it that there is no other action
            assert_never(request.action)


def moves(request: BalanceInput, pool: BalanceFigures) -> bool:
    """Whether anything comes of the amount: setting what is so already sends and proves nothing."""
    return not near(shift(request, pool), ZERO)


def grants(request: BalanceInput) -> Decimal:
    """By how much the grant moves."""
    amount = request.amount or ZERO
    return {BalanceAction.GIVE: amount, BalanceAction.TAKE: -amount}.get(request.action, ZERO)


def outcome(request: BalanceInput, pool: BalanceFigures) -> BalanceFigures:
    """The row as it is to be after the edit, if nothing is used meanwhile."""
    then = pool.moved(shift(request, pool)).granting(grants(request))
    return then if request.reset_at is None else replace(then, resets_at=request.reset_at)


def fields(request: BalanceInput, pool: BalanceFigures) -> dict[str, Decimal]:
    """What is sent of amounts.

    Autumn sets a row's balance and usage without what rolled over to it, so that is taken off the
    requested figures; they come out right for both together, from whichever it takes the difference.
    """
    amount = request.amount or ZERO
    if request.action is BalanceAction.NONE or not moves(request, pool):
        return {}
    match request.action:
        case BalanceAction.SET:
            return {"remaining": amount - pool.rolled_left}
        case BalanceAction.USAGE:
            return {"usage": amount - (pool.rolled_granted - pool.rolled_left)}
        case BalanceAction.GIVE | BalanceAction.TAKE | BalanceAction.SHIFT:
            # Both together: the balance alone would make the usage fall, the grant alone make it rise. A
            # shift names the grant as well, so that it stays where an Autumn raises it with the balance.
            return {"add_to_balance": shift(request, pool), "included_grant": pool.included + grants(request)}
        case _:  # pragma: no cover - mypy sees to it that there is no other action
            assert_never(request.action)
