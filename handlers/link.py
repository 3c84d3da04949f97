"""Buttons that only open an address: the click arrives too, and there is nothing to do about it."""

from handlers.ask import Ask
from handlers.desk import Desk


async def run(_ask: Ask, _desk: Desk) -> None:
    """The browser has done it all."""
