"""Slack's listeners: who asks for what, then bot/ does it and views say it."""

from handlers.routes import ROUTES, bolt_app
from handlers.services import Services

__all__ = ["ROUTES", "Services", "bolt_app"]
