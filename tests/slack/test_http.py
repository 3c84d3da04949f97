"""The endpoint for Slack and its neighbours, called in process and over real HTTP."""

import asyncio
import hashlib
import hmac
import io
import itertools
import random
import socket
import time
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.metrics import Metrics
from bot.slack.http import SlackEvents, listening, site
from bot.slack.signature import Signature
from tests.examples import examples
from tests.running import running_maple

SECRET = "shh"
BODY = b"command=/autumn&text=canary"
Headers = list[tuple[bytes, bytes]]


def signed_headers(body: bytes = BODY, kind: bytes = b"application/x-www-form-urlencoded") -> Headers:
    stamp = str(int(time.time())).encode()
    mark = hmac.new(SECRET.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest().encode()
    return [
        (b"content-type", kind),
        (b"x-slack-request-timestamp", stamp),
        (b"x-slack-signature", b"v0=" + mark),
    ]


class Endpoint:
    """The endpoint with a Bolt app that acknowledges `/autumn`."""

    def __init__(self) -> None:
        self.handled = 0
        self.ready = True
        self.unread = 0
        self.metrics = Metrics()

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")

        async def acknowledge(ack: Any) -> None:
            self.handled += 1
            await ack()

        app = AsyncApp(
            authorize=authorize,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            process_before_response=True,
        )
        app.command("/autumn")(acknowledge)
        self.events = SlackEvents(app, Signature(SecretStr(SECRET)), self.metrics, lambda: self.ready)

    async def post(
        self, headers: Headers, parts: Iterable[bytes] = (BODY,), *, leave: bool = False
    ) -> tuple[int, bytes] | None:
        """The status and body of the answer; None if there was no answer."""
        sent: list[Any] = []
        chunks = list(parts)
        coming = [
            {"type": "http.request", "body": chunk, "more_body": leave or index < len(chunks) - 1}
            for index, chunk in enumerate(chunks)
        ] + [{"type": "http.disconnect"}]

        async def receive() -> Any:
            return coming.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await self.events({"type": "http", "headers": headers, "query_string": b""}, receive, send)
        self.unread = len(coming) - 1
        return (sent[0]["status"], sent[1]["body"]) if sent else None


async def test_slacks_own_request_is_handled_and_timed() -> None:
    endpoint = Endpoint()
    assert await endpoint.post(signed_headers()) == (200, b"")
    assert await endpoint.post(signed_headers(), [BODY[:5], BODY[5:]]) == (200, b"")
    assert endpoint.handled == 2
    assert 'maple_ack_seconds_count{mode="http"} 2.0' in endpoint.metrics.exposition().decode()


async def test_url_verification_is_answered() -> None:
    body = b'{"type":"url_verification","challenge":"c0ffee"}'
    answer = await Endpoint().post(signed_headers(body, b"application/json"), [body])
    assert answer is not None
    assert (answer[0], b"c0ffee" in answer[1]) == (200, True)


async def test_requests_before_the_start_get_503() -> None:
    endpoint = Endpoint()
    endpoint.ready = False
    assert await endpoint.post(signed_headers()) == (503, b"")
    assert await endpoint.post([]) == (401, b""), "strangers learn nothing of that"


async def test_too_large_body_is_refused() -> None:
    endpoint = Endpoint()
    whole = [b"x" * 1024 * 1024, b"x"]
    assert await endpoint.post(signed_headers(), whole) == (413, b"")
    headers = [*signed_headers(), (b"content-length", b"1048577")]
    assert await endpoint.post(headers, whole) == (413, b"")
    assert endpoint.unread == 2, "what its headers say is too large is not read"
    assert "maple_unsigned_requests_total 2.0" in endpoint.metrics.exposition().decode()


async def test_disconnected_sender_is_not_answered() -> None:
    endpoint = Endpoint()
    assert await endpoint.post(signed_headers(), leave=True) is None
    assert "maple_unsigned_requests_total 0.0" in endpoint.metrics.exposition().decode()


async def test_body_is_not_read_when_the_headers_are_already_invalid() -> None:
    endpoint = Endpoint()
    stale = [(b"x-slack-request-timestamp", b"1700000000"), (b"x-slack-signature", b"v0=" + b"0" * 64)]
    for headers in ([], signed_headers()[:2], stale):
        assert await endpoint.post(headers) == (401, b"")
        assert endpoint.unread == 1
    assert await endpoint.post([*signed_headers()[:2], stale[1]]) == (401, b"")
    assert endpoint.unread == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", b"application/json"),
        (b"[1]", b"application/json"),
        (b"payload=%7B", b"application/x-www-form-urlencoded"),
        (b"payload=5", b"application/x-www-form-urlencoded"),
    ],
)
async def test_signed_unreadable_body_gets_400(body: bytes, kind: bytes, logs: io.StringIO) -> None:
    assert await Endpoint().post(signed_headers(body, kind), [body]) in (
        (400, b""),
        (404, b'{"error": "unhandled request"}'),
    )


ODD = st.one_of(
    st.binary(max_size=90),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.integers().map(lambda number: str(number).encode()),
    st.integers(min_value=10**40, max_value=10**300).map(lambda number: str(number).encode()),
    st.sampled_from(
        [b"", b"v0=", b"v0=" + b"0" * 64, b"v1=" + b"0" * 64, b"NaN", b"1e9", b"\xd9\xa1", b"-1", b"+5"]
    ),
    st.just(b"now").map(lambda _: str(int(time.time())).encode()),
)
STAMP, MARK = b"x-slack-request-timestamp", b"x-slack-signature"


@examples(200)
@given(st.lists(ODD, min_size=5, max_size=5), st.lists(ODD, min_size=5, max_size=5))
def test_ten_thousand_odd_headers_are_refused_and_break_nothing(
    stamps: list[bytes], marks: list[bytes]
) -> None:
    async def all_of_them() -> set[tuple[int, bytes] | None]:
        answers = set()
        for stamp, mark in itertools.product(stamps, marks):
            odd = [(STAMP, stamp), (MARK, mark)]
            answers.add(await ENDPOINT.post(odd))
            answers.add(await ENDPOINT.post([*signed_headers(), random.choice(odd)]))  # noqa: S311
        assert await ENDPOINT.post([*signed_headers(), (b"x-slack-retry-reason", marks[0])]) == (200, b"")
        return answers

    assert asyncio.run(all_of_them()) == {(401, b"")}


ENDPOINT = Endpoint()


async def test_odd_headers_over_real_http(logs: io.StringIO) -> None:
    async with running_maple("http") as maple, httpx.AsyncClient() as client:
        where = f"{maple.bot.url}/slack/events"
        for stamp, mark in [
            (b"soon", b"v0=" + b"0" * 64),
            (str(int(time.time())).encode(), "v0=é".encode()),
            (b"9" * 400, b"v0="),
            (b"", b""),
            (b"\xff", b"\xfe"),
        ]:
            headers = [(b"x-slack-request-timestamp", stamp), (b"x-slack-signature", mark)]
            answer = await client.post(where, content=BODY, headers=headers)
            assert (answer.status_code, answer.content) == (401, b"")
        assert (await client.post(where, content=BODY)).status_code == 401
        assert (await client.get(where)).status_code == 405
        good = maple.slack.deliveries.sign(BODY)
        assert (await client.post(where, content=BODY, headers=good)).status_code == 200
        assert "canary" not in logs.getvalue()


async def test_health_readiness_and_metrics() -> None:
    async with running_maple("http") as maple, httpx.AsyncClient(base_url=maple.bot.url) as client:
        assert (await client.get("/healthz")).text == "alive\n"
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (
            200,
            {"ready": True, "slack": True, "database": True, "background": True, "serving": True},
        )
        await maple.ana.command("/autumn cus_acme")
        await maple.ana.sees("Acme Ltd")
        await maple.bot.background.drain(10)
        text = (await client.get("/metrics")).text
        assert 'maple_interactions_total{action="/autumn",kind="command",outcome="ok"} 1.0' in text
        assert 'maple_autumn_requests_total{route="customers.get",status="200"}' in text
        assert "maple_in_flight 0.0" in text
        assert "acme" not in text.lower()


async def test_readiness_in_socket_mode_needs_the_socket() -> None:
    async with running_maple("socket") as maple, httpx.AsyncClient(base_url=maple.bot.url) as client:
        assert (await client.get("/readyz")).json() == {
            "ready": True, "slack": True, "database": True, "background": True, "serving": True,
            "socket": True,
        }  # fmt: skip
        assert (await client.post("/slack/events", content=BODY)).status_code == 404
        assert maple.bot._socket is not None
        await maple.bot._socket.stop()
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["socket"]) == (503, False)


async def test_taken_port_raises() -> None:
    application = site(None, Metrics(), lambda: {"serving": True})
    async with listening(application, "127.0.0.1", 0) as listener:
        port = int(listener.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            async with listening(application, "127.0.0.1", port):
                pass  # pragma: no cover


async def test_listening_on_ipv6() -> None:
    application = site(None, Metrics(), lambda: {"serving": True})
    try:
        async with listening(application, "::1", 0) as listener:
            assert listener.url.startswith("http://[::1]:")
    except OSError:  # a machine without IPv6
        pytest.skip("no IPv6 here")


async def test_connection_whose_peer_reads_nothing_is_closed_after_the_grace() -> None:
    requested = asyncio.Event()

    async def large(_request: Request) -> Response:
        requested.set()
        return PlainTextResponse("x" * 20_000_000)

    application = Starlette(routes=[Route("/", large)])
    async with listening(application, "127.0.0.1", 0, grace=0.02) as listener:
        connections = listener.server_state.connections
        with socket.create_connection(("127.0.0.1", httpx.URL(listener.url).port or 0)) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nhost: maple\r\n\r\n")
            await requested.wait()
            await listener.stop()
            assert not connections


@pytest.mark.parametrize(("grace", "answered"), [(5.0, True), (0.02, False)])
async def test_requests_under_way_finish_within_the_grace(grace: float, answered: bool) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request: Request) -> Response:
        arrived.set()
        await go_on.wait()
        return PlainTextResponse("done")

    application = Starlette(routes=[Route("/", slow)])
    async with httpx.AsyncClient(trust_env=False) as client:
        async with listening(application, "127.0.0.1", 0, grace=grace) as listener:
            asking = asyncio.create_task(client.get(listener.url))
            await arrived.wait()
            asyncio.get_running_loop().call_later(0.05, go_on.set)
        if answered:
            assert (await asking).text == "done"
        else:
            assert (await asking).status_code == 500
        with pytest.raises(httpx.ConnectError):
            await client.get(listener.url)
