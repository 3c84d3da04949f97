"""Slack's listeners: who asks for what, then bot/ does it and views say it."""

from handlers.desk import Desk
from handlers.routes import ROUTES, register

__all__ = ["ROUTES", "Desk", "register"]
