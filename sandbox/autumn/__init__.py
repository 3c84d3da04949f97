"""A local Autumn: its API 2.3.0 over real HTTP, from memory. See docs/local-autumn.md."""

from sandbox.autumn.clock import Clock
from sandbox.autumn.ratelimit import Limit, Limits
from sandbox.autumn.seed.many import generate
from sandbox.autumn.seed.start import demo
from sandbox.autumn.server import LocalAutumn
from sandbox.autumn.webhooks import Endpoint, Message

__all__ = ["Clock", "Endpoint", "Limit", "Limits", "LocalAutumn", "Message", "demo", "generate"]
