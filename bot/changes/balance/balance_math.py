"""What each way of editing a balance sends, and what comes of it."""

from dataclasses import replace
from decimal import Decimal

from bot.changes.balance.figures import ZERO, BalanceFigures
from bot.changes.canonical import near
from bot.changes.model import BalanceAction, BalanceInput


def shift(asked: BalanceInput, pool: BalanceFigures) -> Decimal:
    """By how much what is left moves."""
    amount = asked.amount or ZERO
    match asked.action:
        case BalanceAction.SET:
            return amount - pool.level
        case BalanceAction.USAGE:
            return pool.used - amount
        case BalanceAction.GIVE | BalanceAction.SHIFT:
            return amount
        case BalanceAction.TAKE:
            return -amount
        case _:
            return ZERO


def moves(asked: BalanceInput, pool: BalanceFigures) -> bool:
    """Whether anything comes of the amount: setting what is so already sends and proves nothing."""
    return not near(shift(asked, pool), ZERO)


def grants(asked: BalanceInput) -> Decimal:
    """By how much the grant moves."""
    amount = asked.amount or ZERO
    return {BalanceAction.GIVE: amount, BalanceAction.TAKE: -amount}.get(asked.action, ZERO)


def outcome(asked: BalanceInput, pool: BalanceFigures) -> BalanceFigures:
    """The row as it is to be after the edit, if nothing is used meanwhile."""
    then = pool.moved(shift(asked, pool)).granting(grants(asked))
    return then if asked.reset_at is None else replace(then, resets_at=asked.reset_at)


def fields(asked: BalanceInput, pool: BalanceFigures) -> dict[str, Decimal]:
    """What is sent of amounts.

    Autumn sets a row's balance and usage without what rolled over to it, so that is taken off the figures
    asked for; they come out right for both together, from whichever it takes the difference.
    """
    amount = asked.amount or ZERO
    if not moves(asked, pool):
        return {}
    match asked.action:
        case BalanceAction.SET:
            return {"remaining": amount - pool.rolled_left}
        case BalanceAction.USAGE:
            return {"usage": amount - (pool.rolled_granted - pool.rolled_left)}
        case _:
            # Both together: the balance alone would make the usage fall, the grant alone make it rise. A
            # shift names the grant as well, so that it stays where an Autumn raises it with the balance.
            return {"add_to_balance": shift(asked, pool), "included_grant": pool.included + grants(asked)}
