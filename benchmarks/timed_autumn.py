"""The local Autumn, recording for each call when it arrived and when its answer was sent.

GET /_benchmark/spans returns all calls since it was last called. After POST /_benchmark/remember, each page
of customers.list is built only once and sent again as it was, so that building it takes no processor time
from what is measured, as if Autumn ran on a separate machine. Its rate limit still applies.
"""

import asyncio
import json
import signal
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from sandbox.autumn import LocalAutumn
from sandbox.autumn.replies import read

_LIST = "/v1/customers.list"


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds of the machine's monotonic clock, the same in all processes."""

    path: str
    about: str
    """The customer, or what was searched for."""
    began: float
    ended: float
    status: int


class TimedAutumn(LocalAutumn):
    def __init__(self, *arguments: Any, **details: Any) -> None:
        super().__init__(*arguments, **details)
        self.spans: list[Span] = []
        self._pages: dict[str, list[Message]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/_benchmark/remember":
            self._pages = {}
            await _send(b"{}", send)
            return
        if scope["path"].startswith("/_benchmark/"):
            await self._send_spans(send)
            return
        began = time.monotonic()
        body = bytearray()

        async def recording_receive() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        status = 0

        async def recording_send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        if scope["path"] == _LIST and self._pages is not None:
            await self._customers_page(self._pages, scope, recording_receive, recording_send)
        else:
            await super().__call__(scope, recording_receive, recording_send)
        if not scope["path"].startswith("/_sandbox/"):
            self.spans.append(Span(scope["path"], _about(bytes(body)), began, time.monotonic(), status))

    async def _customers_page(
        self, pages: dict[str, list[Message]], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Sends a remembered page if Autumn answers a request for a single customer; else that error."""
        query = json.loads(await read(receive))
        key = json.dumps(query, sort_keys=True)
        body = json.dumps(query | {"limit": 1} if key in pages else query).encode()
        answer: list[Message] = []

        async def receive_query() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Message) -> None:
            answer.append(message)

        await super().__call__(scope, receive_query, keep)
        if answer[0]["status"] == 200:
            answer = pages.setdefault(key, answer)
        for message in answer:
            await send(message)

    async def _send_spans(self, send: Send) -> None:
        text = json.dumps([asdict(span) for span in self.spans]).encode()
        self.spans.clear()
        self.calls.clear()
        await _send(text, send)


async def _send(text: bytes, send: Send) -> None:
    headers = [(b"content-length", str(len(text)).encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _about(body: bytes) -> str:
    query = json.loads(body) if body else {}
    return str(query.get("customer_id") or query.get("search") or "")


async def main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    seed = sys.argv[2] if len(sys.argv) > 2 else "demo"
    async with TimedAutumn.running(seed, keys=[sys.argv[1]]) as autumn:
        print(f"autumn={autumn.url}", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
