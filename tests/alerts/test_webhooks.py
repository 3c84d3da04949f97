"""Autumn's webhooks, called in process: the endpoint accepts only what Autumn signed, and only once."""

import base64
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.alerts.webhooks import AutumnWebhooks, Message, WebhookSignature, reports
from bot.autumn.models import Environment
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.store.database import Database
from sandbox.autumn.webhooks import new_secret, sign
from tests.alerts.harness import NOW, delivery_states
from tests.alerts.test_deliveries import subscribe
from tests.databases import fresh
from tests.examples import examples

SECRET = new_secret()
DATA = {"customer_id": "cus_acme", "feature_id": "messages", "limit_type": "included"}
BODY = json.dumps({"type": "balances.limit_reached", "data": DATA}).encode()
Headers = list[tuple[bytes, bytes]]


def signed_headers(
    body: bytes = BODY, *, message_id: str = "msg_1", secret: str = SECRET, ago: int = 0
) -> Headers:
    at = int(time.time()) - ago
    return [
        (b"content-type", b"application/json"),
        (b"svix-id", message_id.encode()),
        (b"svix-timestamp", str(at).encode()),
        (b"svix-signature", sign(secret, message_id, at, body).encode()),
    ]


def headers_without(name: bytes) -> Headers:
    return [(header, value) for header, value in signed_headers() if header != name]


class Endpoint:
    """`noted`: how often it reported new deliveries."""

    def __init__(self, database: Database) -> None:
        self.noted = 0
        self.ready = True
        self.unread = 0
        self.reached: list[str] = []
        self.metrics = Metrics()

        async def checkpoint(name: str) -> None:
            self.reached.append(name)

        runtime = Runtime(database, None, Environment.SANDBOX, lambda: NOW, checkpoint)  # type: ignore[arg-type]
        self.webhooks = AutumnWebhooks(
            runtime,
            WebhookSignature(SecretStr(SECRET)),
            self.metrics,
            ready=lambda: self.ready,
            noted=self._noted,
        )

    def _noted(self) -> None:
        self.noted += 1

    async def post(
        self, headers: Headers, parts: Iterable[bytes] = (BODY,), *, leave: bool = False
    ) -> int | None:
        """The status of the answer; None if there was no answer."""
        answers: list[Any] = []
        chunks = list(parts)
        coming = [
            {"type": "http.request", "body": chunk, "more_body": leave or index < len(chunks) - 1}
            for index, chunk in enumerate(chunks)
        ] + [{"type": "http.disconnect"}]

        async def receive() -> Any:
            return coming.pop(0)

        async def send(message: Any) -> None:
            answers.append(message)

        await self.webhooks({"type": "http", "headers": headers}, receive, send)
        self.unread = len(coming) - 1
        return answers[0]["status"] if answers else None


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    new_database = Database(fresh("sqlite"))
    yield new_database
    await new_database.aclose()


async def test_message_is_stored_once_however_often_it_comes(database: Database) -> None:
    await subscribe(database)
    endpoint = Endpoint(database)
    assert await endpoint.post(signed_headers()) == 204
    assert await endpoint.post(signed_headers(), [BODY[:9], BODY[9:]]) == 204
    assert await endpoint.post(signed_headers(message_id="msg_2")) == 204
    assert endpoint.noted == 2
    assert endpoint.reached == ["noted"] * 3
    assert len(await delivery_states(database)) == 2


async def test_message_without_a_source_is_accepted_and_dropped(database: Database) -> None:
    await subscribe(database)
    endpoint = Endpoint(database)
    for body in (b'{"type": "vercel.new"}', b"[]", b"null", b'{"type": 5}', b'{"type": "billing.updated"}'):
        assert await endpoint.post(signed_headers(body), [body]) == 204
    assert endpoint.noted == 0
    assert await delivery_states(database) == []


def test_one_message_may_report_several_things() -> None:
    products = {"plan_id": "pro", "past_due": True, "current_period_start": 1}
    change = {"action": "updated", "subscription": products, "previous_attributes": {"past_due": False}}
    more = {"action": "activated", "subscription": {"plan_id": "addon"}}
    data = {"customer_id": "cus_1", "plan_changes": [change, more]}
    message = Message("msg_1", {"type": "billing.updated", "data": data})
    first = reports("sandbox", message)
    assert [report.source for report in first] == ["past_due", "plan_changed"]
    again = reports("sandbox", Message("msg_2", message.body))
    assert again[0].id == first[0].id, "the same unpaid period"
    assert again[1].id != first[1].id, "it may have changed again"


ODD_HEADERS: dict[str, Callable[[], Headers]] = {
    "none": list,
    "no id": lambda: headers_without(b"svix-id"),
    "no timestamp": lambda: headers_without(b"svix-timestamp"),
    "no signature": lambda: headers_without(b"svix-signature"),
    "two ids": lambda: [*signed_headers(), (b"svix-id", b"msg_1")],
    "empty id": lambda: [*headers_without(b"svix-id"), (b"svix-id", b"")],
    "no number": lambda: [*headers_without(b"svix-timestamp"), (b"svix-timestamp", b"nan")],
    "odd number": lambda: [*headers_without(b"svix-timestamp"), (b"svix-timestamp", b"1e9")],
    "too old": lambda: signed_headers(ago=301),
    "too new": lambda: signed_headers(ago=-330),
}


@pytest.mark.parametrize("odd", ODD_HEADERS)
async def test_body_is_not_read_when_the_headers_are_already_invalid(database: Database, odd: str) -> None:
    endpoint = Endpoint(database)
    assert await endpoint.post(ODD_HEADERS[odd]()) == 401
    assert endpoint.unread == 1
    assert "maple_unsigned_requests_total 1.0" in endpoint.metrics.exposition().decode()


@pytest.mark.parametrize(
    "signature",
    [b"v1", b"v1,", b"v1,a", b"v1,\xff", b"v1,a,b", b"v2,AAAA", b"v1,AAAA v1,AAAA", b" ", b"v1,\xc3\xa9\xc3"],
)
async def test_odd_signature_is_refused(database: Database, signature: bytes) -> None:
    headers = [*headers_without(b"svix-signature"), (b"svix-signature", signature)]
    assert await Endpoint(database).post(headers) == 401


async def test_forged_or_altered_message_is_refused(database: Database) -> None:
    endpoint = Endpoint(database)
    assert await endpoint.post(signed_headers(secret=new_secret())) == 401
    assert await endpoint.post(signed_headers(), [BODY + b" "]) == 401
    assert (
        await endpoint.post(signed_headers(message_id="msg_1")[:2] + signed_headers(message_id="msg_2")[2:])
        == 401
    )


async def test_signed_message_that_is_not_json_is_refused(database: Database) -> None:
    endpoint = Endpoint(database)
    for body in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        assert await endpoint.post(signed_headers(body), [body]) == 401


async def test_both_secrets_are_accepted_during_rotation(database: Database) -> None:
    at = int(time.time())
    both = " ".join(sign(secret, "msg_1", at, BODY) for secret in (new_secret(), SECRET))
    headers = [
        (b"svix-id", b"msg_1"),
        (b"svix-timestamp", str(at).encode()),
        (b"svix-signature", both.encode()),
    ]
    assert await Endpoint(database).post(headers) == 204


async def test_too_large_body_is_refused(database: Database) -> None:
    endpoint = Endpoint(database)
    assert await endpoint.post(signed_headers(), [b"x" * 1024 * 1024, b"x"]) == 413
    assert await endpoint.post([*signed_headers(), (b"content-length", b"1048577")]) == 413


async def test_sender_that_goes_away_is_not_answered(database: Database) -> None:
    assert await Endpoint(database).post(signed_headers(), leave=True) is None


async def test_message_that_cannot_be_stored_is_requested_again(
    database: Database, logs: io.StringIO
) -> None:
    endpoint = Endpoint(database)
    endpoint.ready = False
    assert await endpoint.post(signed_headers()) == 503
    assert await endpoint.post(signed_headers(secret=new_secret())) == 401, "strangers learn nothing of that"
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", patience=1)
    assert await Endpoint(nowhere).post(signed_headers()) == 503
    assert "webhook not stored" in logs.getvalue()
    await nowhere.aclose()


ODD = st.one_of(
    st.binary(max_size=60),
    st.integers().map(lambda number: str(number).encode()),
    st.binary(max_size=40).map(lambda raw: b"v1," + base64.b64encode(raw)),
    st.lists(st.sampled_from([b"v1,", b"v1a,", b"v2,", b",", b" ", b"=", b"AAAA", b"\xff"]), max_size=8).map(
        b"".join
    ),
)


@given(ODD, ODD, ODD, st.binary(max_size=80), st.booleans())
@examples(1000)
def test_odd_requests_are_refused_without_raising(
    message_id: bytes, timestamp: bytes, signature: bytes, body: bytes, now: bool
) -> None:
    checker = WebhookSignature(SecretStr(SECRET))
    at = str(int(time.time())).encode() if now else timestamp
    claim = checker.claim([(b"svix-id", message_id), (b"svix-timestamp", at), (b"svix-signature", signature)])
    assert claim is None or checker.verified(claim, body) is None
