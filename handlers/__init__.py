"""What Slack sends: a handler parses it, calls bot/, and shows the answer. `routes` lists them all."""

from handlers.routes import ROUTES, bolt_app
from handlers.services import Services

__all__ = ["ROUTES", "Services", "bolt_app"]
