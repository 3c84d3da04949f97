"""A write is sent once, and its error says whether it may have been applied."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.autumn.client import Autumn, Limits, RetryPolicy
from bot.autumn.errors import (
    AutumnError,
    Conflict,
    Forbidden,
    Garbled,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    TimedOut,
    Unavailable,
    Unreachable,
)
from bot.autumn.write import Write
from tests.autumn.scripted import KEY, Scripted, error, hang, ok

GIVE = Write("balances.update", "POST", "/v1/balances.update", {"customer_id": "cus_1"}, per_customer=True)
REMOVE = Write("coupons.remove", "DELETE", "/v1/customers/a%2Fb/coupons")
QUICK = RetryPolicy(connect=0.3, attempt=0.3, whole=0.3, write=0.3)


@asynccontextmanager
async def running_client(script: Scripted, **options: Any) -> AsyncIterator[Autumn]:
    client = script.client(**{"retry_policy": QUICK, **options})
    try:
        yield client
    finally:
        await client.aclose()


async def test_write_is_sent_as_planned() -> None:
    script = Scripted({"balances.update": ok({"success": True}), "customers/a%2Fb/coupons": ok([])})
    async with running_client(script) as autumn:
        assert await autumn.send(GIVE, "maple:1:0") == {"success": True}
        assert await autumn.send(REMOVE, "maple:1:1") == []
    give, remove = script.received
    assert give.body == {"customer_id": "cus_1"}
    assert give.headers["idempotency-key"] == "maple:1:0"
    assert give.headers["authorization"] == f"Bearer {KEY}"
    assert remove.route == "customers/a%2Fb/coupons"
    assert remove.body == {}
    assert [(call.route, call.status, call.error, call.attempts) for call in script.calls] == [
        ("balances.update", 200, None, 1),
        ("coupons.remove", 200, None, 1),
    ]


@pytest.mark.parametrize(
    ("answer", "raised", "status"),
    [
        (httpx.ConnectError("no"), NotSent, None),
        (httpx.ConnectTimeout("no"), NotSent, None),
        (httpx.PoolTimeout("no"), NotSent, None),
        (httpx.ReadTimeout("no"), TimedOut, None),
        (httpx.WriteTimeout("no"), TimedOut, None),
        (httpx.ReadError("cut"), Unreachable, None),
        (httpx.WriteError("cut"), Unreachable, None),
        (httpx.RemoteProtocolError("cut"), Unreachable, None),
        (httpx.DecodingError("no"), Garbled, None),
        (hang, TimedOut, None),
        (error(400, "invalid_inputs"), Refused, 400),
        (error(403, "insufficient_scopes"), Forbidden, 403),
        (error(404, "customer_not_found"), NotFound, 404),
        (error(409, "duplicate_idempotency_key"), Conflict, 409),
        (error(429), RateLimited, 429),
        (error(500), Unavailable, 500),
        (error(504), Unavailable, 504),
        (httpx.Response(302, headers={"location": "/"}), Garbled, 302),
    ],
)
async def test_write_is_sent_once_and_its_error_says_whether_it_was_sent(
    answer: Any, raised: type[AutumnError], status: int | None
) -> None:
    script = Scripted({"balances.update": answer})
    async with running_client(script) as autumn:
        with pytest.raises(raised) as caught:
            await autumn.send(GIVE, "maple:1:0")
    assert type(caught.value) is raised
    assert "balances.update" in caught.value.request
    assert len(script.received) == 1
    (call,) = script.calls
    assert (call.status, call.error, call.attempts) == (status, raised.__name__, 1)


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b"[" * 10_000])
async def test_success_status_is_enough(content: bytes) -> None:
    script = Scripted({"balances.update": httpx.Response(201, content=content)})
    async with running_client(script) as autumn:
        await autumn.send(GIVE, "maple:1:0")


async def test_write_beyond_the_rate_limit_is_not_sent() -> None:
    script = Scripted({"customers.update": ok({})})
    update = Write("customers.update", "POST", "/v1/customers.update")
    async with running_client(script, limits=Limits(general=0.01)) as autumn:
        await autumn.send(update, "maple:1:0")
        with pytest.raises(NotSent, match="No turn"):
            await autumn.send(update, "maple:2:0")
    assert len(script.received) == 1
    assert script.calls[-1].attempts == 0


async def test_refused_connection_means_not_sent() -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    autumn = Autumn(key=SecretStr(KEY), url=f"http://127.0.0.1:{port}")
    with pytest.raises(NotSent):
        await autumn.send(GIVE, "maple:1:0")
    await autumn.aclose()


async def test_connection_cut_after_the_request_is_unknown() -> None:
    requests: list[bytes] = []

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        autumn = Autumn(key=SecretStr(KEY), url=f"http://127.0.0.1:{port}")
        with pytest.raises(Unreachable):
            await autumn.send(GIVE, "maple:1:0")
        await autumn.aclose()
    assert len(requests) == 1
