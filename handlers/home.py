"""The Home tab: drawn whenever somebody opens it."""

from bot.lookups import home as lookup_home
from handlers.interaction import Ask
from handlers.services import Desk


async def run(ask: Ask, desk: Desk) -> None:
    if ask.value == "home":
        await desk.replies.home(ask, lookup_home.home(desk.organization()))
