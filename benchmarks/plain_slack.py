"""Slack's Web API as cheap as possible, recording when each message was posted and updated.

Everyone is a full member, the bot is in every channel, and every message is accepted. GET /_benchmark/calls
returns all messages posted and updated since it was last called.
"""

import asyncio
import itertools
import json
import signal
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl

from benchmarks.load import Messages

TEAM = "T01NORTHW"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of chat.postMessage or chat.update."""

    method: str
    channel: str
    ts: str
    blocks: str
    """JSON."""
    at: float
    """In seconds of the machine's monotonic clock, the same in all processes."""


class Workspace:
    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._numbers = itertools.count(1)

    def answer(self, path: str, args: dict[str, Any]) -> Any:
        match path.rpartition("/")[2]:
            case "calls":
                recorded_calls, self.calls = self.calls, []
                return [asdict(call) for call in recorded_calls]
            case "auth.test":
                return {"ok": True, "team_id": TEAM, "user_id": "U0BOT", "bot_id": "B0BOT"}
            case "users.info":
                return {"ok": True, "user": {"id": args["user"], "team_id": TEAM, "tz": "UTC"}}
            case "conversations.info":
                return {"ok": True, "channel": {"id": args["channel"], "name": "x", "is_member": True}}
            case "conversations.open":
                return {"ok": True, "channel": {"id": f"D{args['users']}"}}
            case "views.open" | "views.update" | "views.push":
                return {"ok": True, "view": {"id": f"V{next(self._numbers)}"}}
            case "chat.postMessage" | "chat.update" as method:
                ts = str(args.get("ts") or f"{next(self._numbers)}.000100")
                blocks = args.get("blocks") or "[]"
                text = blocks if isinstance(blocks, str) else json.dumps(blocks)
                self.calls.append(Call(method, str(args["channel"]), ts, text, time.monotonic()))
                return {"ok": True, "ts": ts, "channel": args["channel"]}
            case _:
                return {"ok": True}


class _Connection(Messages):
    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace

    def message(self, head: bytes, body: bytes) -> None:
        assert self.transport is not None
        path, _, query = head.split(b" ", 2)[1].decode().partition("?")
        fields = json.loads(body) if body[:1] == b"{" else dict(parse_qsl(body.decode()))
        args = {**dict(parse_qsl(query)), **fields}
        answer = json.dumps(self._workspace.answer(path, args)).encode()
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
            b"content-length: " + str(len(answer)).encode() + b"\r\n\r\n" + answer
        )


async def main() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    workspace = Workspace()
    server = await loop.create_server(lambda: _Connection(workspace), "127.0.0.1", backlog=2048)
    print(f"SLACK_API_URL=http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/", flush=True)
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())
