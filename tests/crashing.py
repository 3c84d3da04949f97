"""Processes that die at a checkpoint, without releasing what they hold."""

import asyncio

from bot.runtime import Checkpoint


class Died(BaseException):
    """The process ends here, as far as it can tell."""


def dies_at(point: str, nth: int = 1) -> Checkpoint:
    """Dies the `nth` time that this point is reached; its concurrent work stops there too."""
    times_reached = 0

    async def checkpoint(reached: str) -> None:
        nonlocal times_reached
        times_reached += reached == point
        if times_reached >= nth:
            raise Died

    return checkpoint


def cancelled_at(point: str) -> Checkpoint:
    """Like `dies_at`, for work that runs in a separate task: the task ends as if cancelled."""

    async def checkpoint(reached: str) -> None:
        if reached == point:
            raise asyncio.CancelledError

    return checkpoint
