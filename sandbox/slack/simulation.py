"""All parts of a running workspace."""

import secrets
from dataclasses import dataclass, field

from sandbox.slack.blocks.rules import MOST_TABLES
from sandbox.slack.clock import SlackClock
from sandbox.slack.delivery import SlackDeliveries
from sandbox.slack.faults import SlackFaults
from sandbox.slack.limits import PostLimit, Triggers
from sandbox.slack.manifest import Manifest
from sandbox.slack.model import Json
from sandbox.slack.responses import Responses
from sandbox.slack.sockets import Sockets
from sandbox.slack.views import Views
from sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Credentials:
    bot_token: str = field(default_factory=lambda: f"xoxb-local-{secrets.token_hex(12)}", repr=False)
    app_token: str = field(default_factory=lambda: f"xapp-1-local-{secrets.token_hex(12)}", repr=False)
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)


@dataclass(frozen=True, slots=True)
class SlackCall:
    """One request to the Web API or a response_url."""

    method: str
    args: Json
    ok: bool
    error: str | None
    at: float


class Simulation:
    def __init__(self, manifest: Manifest, credentials: Credentials) -> None:
        self.manifest = manifest
        self.credentials = credentials
        self.clock = SlackClock()
        self.scopes: set[str] = set(manifest.scopes)
        self.missing_blocks: set[str] = set()
        self.tables = MOST_TABLES
        """How many tables a message may have."""
        self.calls: list[SlackCall] = []
        self.uploads: dict[str, str] = {}
        self.faults = SlackFaults()
        self.limit = PostLimit(self.clock)
        self.workspace = Workspace(manifest, self.clock)
        self.triggers = Triggers(self.clock)
        self.views = Views(self.workspace, self.triggers)
        self.sockets = Sockets(self.workspace.feed)
        self.deliveries = SlackDeliveries(
            self.clock, self.workspace.feed, self.sockets, credentials.signing_secret
        )
        self.responses = Responses(self.workspace, self.clock, self.missing_blocks)
        self.base = ""

    def at(self, base: str) -> None:
        """Sets the address the workspace is served at, http://127.0.0.1:port."""
        self.base = base
        self.workspace.base = base
        self.responses.base = base
        self.sockets.base = base

    async def close(self) -> None:
        self.faults.close()
        self.workspace.feed.close()
        await self.deliveries.close()
        await self.sockets.close()
