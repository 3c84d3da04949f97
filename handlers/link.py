"""Buttons that only open an address: the click arrives too, and there is nothing to do about it."""

from handlers.interaction import Ask
from handlers.services import Desk


async def run(_ask: Ask, _desk: Desk) -> None:
    """The browser has done it all."""
