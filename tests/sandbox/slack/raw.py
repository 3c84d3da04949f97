"""An app without a framework, which records requests and answers as a test says."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.serving import listening
from sandbox.slack import LocalSlack
from tests.sandbox.slack.app import Json


@dataclass
class RawApp:
    verifier: SignatureVerifier
    payloads: list[Json] = field(default_factory=list)
    own_messages: list[Json] = field(default_factory=list)
    """Events about the app's own messages. Bolt drops them, so they are kept apart here."""
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    """The next responses, in order; then an empty 200."""
    hangs: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def last(self) -> Json:
        return self.payloads[-1]

    def answer(self, body: Json | str = "", status: int = 200, **headers: str) -> None:
        if isinstance(body, str):
            self.answers.append(PlainTextResponse(body, status, headers))
        else:
            self.answers.append(JSONResponse(body, status, headers))

    async def endpoint(self, request: Request) -> Response:
        raw = await request.body()
        assert self.verifier.is_valid_request(raw, dict(request.headers))
        if "json" in request.headers["content-type"]:
            payload = json.loads(raw)
            if _is_about_own_message(payload.get("event", {})):
                self.own_messages.append(payload)
                return Response()
            self.payloads.append(payload)
        else:
            form = {key: value[0] for key, value in parse_qs(raw.decode(), keep_blank_values=True).items()}
            self.payloads.append(json.loads(form["payload"]) if "payload" in form else form)
        self.headers.append(dict(request.headers))
        if self.hangs:
            await self.stop.wait()
        return self.answers.pop(0) if self.answers else Response()


def _is_about_own_message(event: Json) -> bool:
    messages = (event, event.get("message", {}), event.get("previous_message", {}))
    return any("bot_id" in message for message in messages)


@asynccontextmanager
async def raw_app(slack: LocalSlack) -> AsyncIterator[RawApp]:
    app = RawApp(SignatureVerifier(slack.signing_secret))
    listener = socket.create_server(("127.0.0.1", 0))
    web = Starlette(routes=[Route("/slack/events", app.endpoint, methods=["POST"])])
    async with listening(web, listener):
        slack.request_url = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
        yield app
        app.stop.set()
        slack.request_url = None
