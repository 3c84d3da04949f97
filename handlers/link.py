"""Buttons that only open an address: the click arrives too, and there is nothing to do about it."""

from handlers.interaction import Interaction
from handlers.services import Services


async def run(_ask: Interaction, _desk: Services) -> None:
    """The browser has done it all."""
