"""Slack's listeners: who asks for what, then bot/ does it and views say it."""

from handlers.routes import ROUTES, register
from handlers.services import Desk

__all__ = ["ROUTES", "Desk", "register"]
