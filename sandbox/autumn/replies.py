"""What goes back over the wire, and what is cut off before it does."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.types import Message, Receive, Send

from sandbox.autumn.dispatch import ApiAnswer

CUT = -1
"""In place of a status: the connection is closed."""
LIMITED = "Too many requests, please try again later."


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


async def read(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def json_reply(status: int, body: Any) -> Reply:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, text.encode("utf-8", "surrogatepass"))


def html_reply(status: int, text: str) -> Reply:
    return Reply(status, text.encode(), "text/html; charset=utf-8")


def reply_of(answer: ApiAnswer) -> Reply:
    headers = tuple(answer.headers.items())
    if isinstance(answer.body, str):
        return Reply(answer.status, answer.body.encode(), "text/plain; charset=UTF-8", headers)
    reply = json_reply(answer.status, answer.body)
    return Reply(reply.status, reply.body, reply.kind, headers)


async def send_reply(reply: Reply, send: Send) -> None:
    headers = [("content-type", reply.kind), ("content-length", str(len(reply.body))), *reply.headers]
    start: Message = {
        "type": "http.response.start",
        "status": reply.status,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    await send(start)
    await send({"type": "http.response.body", "body": reply.body})
