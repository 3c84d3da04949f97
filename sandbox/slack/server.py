"""A Slack workspace on this machine, served over HTTP and WebSocket."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from sandbox.serving import cuttable, listening
from sandbox.slack import events, files, web
from sandbox.slack.clock import SlackClock
from sandbox.slack.delivery import SlackDeliveries, SlackDelivery
from sandbox.slack.driver import LocalPerson
from sandbox.slack.faults import SlackFaults
from sandbox.slack.limits import PostLimit
from sandbox.slack.manifest import Manifest
from sandbox.slack.page import WorkspacePage
from sandbox.slack.responses import Responses
from sandbox.slack.simulation import Credentials, Simulation, SlackCall
from sandbox.slack.sockets import Sockets
from sandbox.slack.user_actions import UserActions
from sandbox.slack.views import Views
from sandbox.slack.workspace import Workspace

PAGE = Path(__file__).parent / "page"


class LocalSlack:
    """A workspace and the app installed in it.

    Deliveries go to `request_url` by signed HTTP or, when it is None, over the app's own sockets.
    """

    def __init__(
        self, manifest: Path, *, request_url: str | None = None, credentials: Credentials | None = None
    ) -> None:
        self.simulation = Simulation(Manifest.read(manifest), credentials or Credentials())
        self.simulation.workspace.observers.append(events.message_events(self.simulation))
        self.actions = UserActions(self.simulation)
        self.request_url = request_url
        self._people: dict[str, LocalPerson] = {}

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        manifest: Path = Path("app_manifest.yml"),
        *,
        request_url: str | None = None,
        credentials: Credentials | None = None,
        port: int = 0,
        patience: float = 3.0,
    ) -> AsyncIterator[Self]:
        """Serves on 127.0.0.1, by default on a free port.

        `patience`: seconds in which the app has to acknowledge and to open a modal.
        """
        slack = cls(manifest, request_url=request_url, credentials=credentials)
        slack.deliveries.patience = slack.simulation.triggers.life = patience
        async with slack._served(port):
            yield slack

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"{self.simulation.base}/"

    @property
    def api_url(self) -> str:
        return f"{self.simulation.base}/api/"

    @property
    def bot_token(self) -> str:
        return self.simulation.credentials.bot_token

    @property
    def app_token(self) -> str:
        return self.simulation.credentials.app_token

    @property
    def signing_secret(self) -> str:
        return self.simulation.credentials.signing_secret

    @property
    def request_url(self) -> str | None:
        return self.simulation.deliveries.request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self.simulation.deliveries.request_url = url

    @property
    def workspace(self) -> Workspace:
        return self.simulation.workspace

    @property
    def views(self) -> Views:
        return self.simulation.views

    @property
    def clock(self) -> SlackClock:
        return self.simulation.clock

    @property
    def faults(self) -> SlackFaults:
        return self.simulation.faults

    @property
    def limit(self) -> PostLimit:
        return self.simulation.limit

    @limit.setter
    def limit(self, limit: PostLimit) -> None:
        self.simulation.limit = limit

    @property
    def sockets(self) -> Sockets:
        return self.simulation.sockets

    @property
    def responses(self) -> Responses:
        return self.simulation.responses

    @property
    def deliveries(self) -> SlackDeliveries:
        return self.simulation.deliveries

    @property
    def sent(self) -> list[SlackDelivery]:
        """All requests sent to the app."""
        return self.simulation.deliveries.sent

    @property
    def calls(self) -> list[SlackCall]:
        """All requests of the app to the Web API and response_urls."""
        return self.simulation.calls

    @property
    def scopes(self) -> set[str]:
        """The scopes of the bot token: those of the manifest unless a test changes them."""
        return self.simulation.scopes

    def without_blocks(self, *types: str) -> None:
        """Refuses these block types with invalid_blocks, as before their rollout. No types: refuses none."""
        self.simulation.missing_blocks.clear()
        self.simulation.missing_blocks.update(types)

    def allow_tables(self, most: int) -> None:
        """Sets how many tables a message may have; the default is one."""
        self.simulation.tables = self.simulation.responses.tables = most

    def person(self, handle: str) -> LocalPerson:
        """ana and raj (agents), lea (billing-leads), max (admin), gus (guest), eve (another company)."""
        if handle not in self._people:
            self._people[handle] = LocalPerson(self.simulation, self.actions, handle)
        return self._people[handle]

    def app(self) -> Starlette:
        page = WorkspacePage(self.simulation, self.actions)

        def bound(
            answer: Callable[[Simulation, Request], Awaitable[Response]],
        ) -> Callable[[Request], Awaitable[Response]]:
            async def endpoint(request: Request) -> Response:
                return await answer(self.simulation, request)

            return endpoint

        return Starlette(
            routes=[
                Route("/", _index),
                Route("/api/{method}", bound(web.call), methods=["GET", "POST"]),
                Route("/response/{key}", bound(web.respond), methods=["POST"]),
                Route("/upload/{key}", bound(web.upload), methods=["POST"]),
                Route("/files/{file}/{name}", self._file),
                Route("/files-pri/{ids}/{name}", bound(files.private)),
                Route("/files-pri/{ids}/download/{name}", bound(files.private)),
                Route("/archives/{channel}/{message}", _permalink),
                Route("/-/state", page.state),
                Route("/-/history", page.history),
                Route("/-/stream", page.stream),
                Route("/-/do", page.do, methods=["POST"]),
                Route("/-/upload", bound(files.uploaded), methods=["POST"]),
                WebSocketRoute("/link/", self.simulation.sockets.serve),
                Mount("/static", StaticFiles(directory=PAGE, check_dir=False)),
            ],
            # Prevents DNS rebinding: a web page could otherwise act as the people here.
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        )

    async def _file(self, request: Request) -> Response:
        file = self.workspace.files.get(request.path_params["file"])
        if file is None or not file.content:
            return Response("not found", 404)
        return Response(file.content, media_type=file.mimetype)

    @asynccontextmanager
    async def _served(self, port: int) -> AsyncIterator[None]:
        listener = socket.create_server(("127.0.0.1", port))
        self.simulation.at(f"http://127.0.0.1:{listener.getsockname()[1]}")
        async with listening(cuttable(self.app()), listener):
            try:
                yield
            finally:
                await self.simulation.close()


async def _permalink(request: Request) -> Response:
    """Opens the addresses from chat.getPermalink in the page."""
    place = "/".join(request.path_params[part] for part in ("channel", "message"))
    thread = request.query_params.get("thread_ts")
    return RedirectResponse(f"/#{place}" + (f"/{thread}" if thread else ""))


async def _index(request: Request) -> Response:  # noqa: ARG001
    return FileResponse(PAGE / "index.html")
