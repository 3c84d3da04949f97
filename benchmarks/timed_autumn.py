"""The local Autumn, noting for each call when it came in and when its answer went out.

GET /_benchmark/spans answers with all of them since it was last asked. After POST /_benchmark/remember, a
page of customers.list is made once: asked for again, it is sent as it was, so that making it takes no
processor time from what is measured, as at a server on a machine of its own. Its rate limit holds as ever.
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
    came: float
    went: float
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
            await self._tell(send)
            return
        came = time.monotonic()
        body = bytearray()

        async def taking() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        status = 0

        async def giving(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        if scope["path"] == _LIST and self._pages is not None:
            await self._listed(self._pages, scope, taking, giving)
        else:
            await super().__call__(scope, taking, giving)
        if not scope["path"].startswith("/_sandbox/"):
            self.spans.append(Span(scope["path"], _about(bytes(body)), came, time.monotonic(), status))

    async def _listed(
        self, pages: dict[str, list[Message]], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """One that is remembered is sent if a single customer would be; else what is said of that instead."""
        asked = json.loads(await read(receive))
        key = json.dumps(asked, sort_keys=True)
        known = pages.get(key)
        body = json.dumps(asked | {"limit": 1} if known else asked).encode()
        said: list[Message] = []

        async def taking() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def giving(message: Message) -> None:
            said.append(message)

        await super().__call__(scope, taking, giving)
        if said[0]["status"] == 200:
            said = pages.setdefault(key, said)
        for message in said:
            await send(message)

    async def _tell(self, send: Send) -> None:
        text = json.dumps([asdict(span) for span in self.spans]).encode()
        self.spans.clear()
        self.calls.clear()
        await _send(text, send)


async def _send(text: bytes, send: Send) -> None:
    headers = [(b"content-length", str(len(text)).encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _about(body: bytes) -> str:
    asked = json.loads(body) if body else {}
    return str(asked.get("customer_id") or asked.get("search") or "")


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
