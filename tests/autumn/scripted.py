"""An Autumn that answers as a test prescribes, and records the requests it received."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from pydantic import SecretStr

from bot.autumn.client import Autumn, Call, Limits, RetryPolicy

KEY = "am_sk_test_SecretSecretSecret"
RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "autumn" / "answers.json").read_text()
)
QUICK = RetryPolicy(connect=1, attempt=0.3, whole=0.9, attempts=3, backoff=0.001, part=0.6)
UNLIMITED = Limits(general=10_000, customers_list=10_000, events_per_customer=10_000)


def recorded(name: str) -> httpx.Response:
    """A recorded answer of the real Autumn."""
    recording = RECORDED[name]
    body = recording["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    return httpx.Response(recording["status"], headers=recording["headers"], content=content)


def ok(body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


def listing(*rows: object, cursor: str | None = None) -> httpx.Response:
    return ok({"list": list(rows), "next_cursor": cursor})


def error(status: int, code: str = "", headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json={"message": f"{code}!", "code": code}, headers=headers)


@dataclass(frozen=True)
class ReceivedRequest:
    """A request as Autumn saw it."""

    route: str
    body: dict[str, Any]
    query: dict[str, str]
    headers: httpx.Headers


Answer: TypeAlias = httpx.Response | Exception | Callable[[ReceivedRequest], Awaitable[httpx.Response]]


async def hang(request: ReceivedRequest) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


@dataclass
class Scripted:
    """`answers` by the end of the path; several for one route are given in turn, the last one again and
    again. A route without an answer is answered like a wrong path."""

    answers: dict[str, Answer | Sequence[Answer]]
    received: list[ReceivedRequest] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def client(self, retry_policy: RetryPolicy = QUICK, limits: Limits = UNLIMITED) -> Autumn:
        return Autumn(
            key=SecretStr(KEY),
            url="http://autumn.test",
            retry_policy=retry_policy,
            limits=limits,
            transport=httpx.MockTransport(self._answer),
            observe=self.calls.append,
        )

    @property
    def routes(self) -> list[str]:
        return [call.route for call in self.received]

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        route = request.url.raw_path.decode().partition("?")[0].removeprefix("/v1/")
        body = json.loads(request.content) if request.content else {}
        received = ReceivedRequest(route, body, dict(request.url.params), request.headers)
        self.received.append(received)
        answer = self._next(route)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        return await answer(received)

    def _next(self, route: str) -> Answer:
        answers = self.answers.get(route, recorded("unknown route"))
        if not isinstance(answers, Sequence):
            return answers
        return answers[min(self.routes.count(route), len(answers)) - 1]
