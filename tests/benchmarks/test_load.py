"""The load generator: it sends what Slack would, waits as it should, and counts what is missing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any, cast
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from starlette.types import Receive, Scope, Send

from benchmarks.load import Job, run
from bot.slack.http import listening

SECRET = "s3cret"


class App:
    """Acknowledges each command, and answers a little later."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, list[str]]] = []
        self.genuine: list[bool] = []
        self.answers: Callable[[str], list[str]] = lambda text: [f"card of {text}"]
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.genuine.append(SignatureVerifier(SECRET).is_valid_request(body, headers))
        self.bodies.append(parse_qs(body.decode()))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        task = asyncio.create_task(self._answer(self.bodies[-1]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Waits for the last answers, which nobody will receive and which must not outlive the test."""
        await asyncio.gather(*self._tasks)

    async def _answer(self, body: dict[str, list[str]]) -> None:
        # The receiver has gone once it has the answers it waits for.
        with contextlib.suppress(httpx.TransportError):
            async with httpx.AsyncClient() as http:
                for text in self.answers(body["text"][0]):
                    await http.post(body["response_url"][0], json={"text": text})


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[str]:
    async with listening(cast(Any, app), "127.0.0.1", 0) as listener:
        yield f"{listener.url}/slack/events"
        await app.finish()


def job(url: str, **details: Any) -> Job:
    defaults: dict[str, Any] = {"texts": ("cus_1", "cus_2"), "concurrency": 2, "requests": 4, "patience": 5.0}
    return Job(url=url, secret=SECRET, command="/autumn", **{**defaults, **details})


async def test_every_command_is_signed_and_timed() -> None:
    app = App()
    async with serving(app) as url:
        result = await run(job(url))
    assert app.genuine == [True] * 4
    assert [body["command"][0] for body in app.bodies] == ["/autumn"] * 4
    assert [sample.status for sample in result.samples] == [200] * 4
    assert all(sample.acked is not None and sample.sent < sample.acked for sample in result.samples)
    assert result.seconds > 0


@pytest.mark.parametrize("in_turn", [False, True])
async def test_answers_are_matched_to_commands(in_turn: bool) -> None:
    app = App()
    app.answers = lambda text: ["still asking", f"card of {text}", "too much"]
    async with serving(app) as url:
        result = await run(
            job(url, answered=True, in_turn=in_turn, preliminary="still asking", bursts=2, requests=5)
        )
    assert len(result.samples) == 10
    assert [sample.text for sample in result.samples[:5]] == ["cus_1", "cus_2", "cus_1", "cus_2", "cus_1"]
    assert all(sample.answer == f"card of {sample.text}" for sample in result.samples)
    assert all(sample.answered is not None and sample.answered > sample.sent for sample in result.samples)


async def test_connection_in_turn_has_one_command_at_a_time() -> None:
    app = App()
    async with serving(app) as url:
        result = await run(job(url, answered=True, in_turn=True, concurrency=1, requests=3))
    times = [(sample.sent, sample.answered or 0) for sample in result.samples]
    assert all(answered <= sent for (_, answered), (sent, _) in pairwise(times))


async def test_answer_that_never_arrives_is_missing() -> None:
    app = App()
    app.answers = lambda _text: []
    async with serving(app) as url:
        result = await run(job(url, answered=True, patience=1.5))
    assert [sample.answered for sample in result.samples] == [None] * 4
    assert all(sample.acked for sample in result.samples)
