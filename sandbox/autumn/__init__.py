"""A local Autumn: its API 2.3.0 over real HTTP, from memory. See docs/local-autumn.md."""

from sandbox.autumn.clock import AutumnClock
from sandbox.autumn.ratelimit import Limit, LocalLimits
from sandbox.autumn.seed.many import generate
from sandbox.autumn.seed.start import demo
from sandbox.autumn.server import LocalAutumn
from sandbox.autumn.webhooks import Endpoint, WebhookMessage

__all__ = [
    "AutumnClock",
    "Endpoint",
    "Limit",
    "LocalAutumn",
    "LocalLimits",
    "WebhookMessage",
    "demo",
    "generate",
]
