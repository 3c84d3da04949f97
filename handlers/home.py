"""The Home tab: drawn whenever somebody opens it."""

from bot import views
from handlers.ask import Ask
from handlers.desk import Desk


async def run(ask: Ask, desk: Desk) -> None:
    if ask.value == "home":
        await desk.replies.home(ask, views.home(desk.organization()))
