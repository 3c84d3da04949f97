import json
import zlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from bot.autumn.errors import (
    AutumnError,
    Forbidden,
    Garbled,
    NoSuchRoute,
    NotFound,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from bot.autumn.events import Aggregate, Event
from bot.autumn.models import Customer, Feature, Invoice, Page
from bot.autumn.responses import model, refusal, retry_after, without_key
from tests.autumn.scripted import recorded
from tests.examples import examples

SHAPES: list[Any] = [Customer, Page[Customer], Page[Invoice], Page[Event], Page[Feature], Aggregate]


@pytest.mark.parametrize(
    ("name", "kind", "code", "detail"),
    [
        ("unknown customer", NotFound, "customer_not_found", "Customer nobody not found"),
        ("unknown key", Unauthorized, "invalid_secret_key", "Invalid secret key: am_…"),
        ("unknown route", NoSuchRoute, "no_auth_header", "Unauthorized - no session found"),
        (
            "missing scope",
            Forbidden,
            "insufficient_scopes",
            "Insufficient scopes. Missing: rewards:read",
        ),
        ("no analytics", Unavailable, "internal_error", "Tinybird is not configured"),
        ("too many requests", RateLimited, "", "Too many requests, please try again later."),
    ],
)
def test_recorded_refusals(name: str, kind: type[Refused], code: str, detail: str) -> None:
    error = refusal(recorded(name), request="POST x")
    assert type(error) is kind
    assert (error.code, error.detail, error.request) == (code, detail, "POST x")
    assert error.retry_after == (1 if name == "too many requests" else None)


def test_money_is_exact() -> None:
    invoices = model(Page[Invoice], recorded("invoices"), request="").list
    assert [invoice.total for invoice in invoices if invoice.status == "open"] == [Decimal("20.55")]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf", "ratelimit-reset": "4"}, 4),
        ({"retry-after": "later"}, None),
        ({"ratelimit-reset": "7"}, 7),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 -0000"}, 30),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0),
    ],
)
@freeze_time("2026-11-22 12:00:00")
def test_retry_after_is_parsed(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(httpx.Response(429, headers=headers)) == expected


def test_retry_after_date_is_parsed_as_seconds() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    seconds = retry_after(httpx.Response(503, headers={"retry-after": later}))
    assert seconds is not None
    assert 3590 < seconds <= 3600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"list": {}}',
        b'{"list": [{"created_at": "soon"}]}',
        b'{"list": [{"created_at": 1e999999}]}',
        b'{"list": [{"total": NaN}]}',
        b'{"list": [{"total": 1e999}]}',
        b'{"list": [{"total": 1e99999999999999999999}]}',
        b'{"list": [{"total": %s}]}' % (b"9" * 5000),
        b"[" * 100_000,
    ],
)
def test_invalid_answer_is_an_error(content: bytes) -> None:
    with pytest.raises(Garbled):
        model(Page[Invoice], httpx.Response(200, content=content), request="")


@pytest.mark.parametrize("status", [201, 204, 301, 302, 304])
def test_only_200_is_an_answer(status: int) -> None:
    with pytest.raises(Garbled, match=str(status)):
        model(Page[Invoice], httpx.Response(status, content=b'{"list": []}'), request="")


def test_invalid_shape_is_reported_without_values() -> None:
    body = {"list": [{"id": "evt_1", "timestamp": "Ada Lovelace"}]}
    with pytest.raises(Garbled, match=r"list\.0\.timestamp") as caught:
        model(Page[Event], httpx.Response(200, json=body), request="")
    assert "Ada" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "content_type", "detail"),
    [
        (b"No", "text/plain", "No"),
        (zlib.compress(b"No"), "text/plain; charset=zip", "x\ufffd\ufffd\ufffd\x07\x00\x01 \x00\ufffd"),
        (b"<h1>No</h1>", "text/html", ""),
        (b'["No"]', "application/json", ""),
        (b'{"message": 5, "code": 6}', "application/json", ""),
        (b'{"message": "a\\n  b"}', "application/json", "a b"),
        (json.dumps({"message": "x" * 1000}).encode(), "application/json", "x" * 300),
    ],
)
def test_refusal_is_parsed(content: bytes, content_type: str, detail: str) -> None:
    response = httpx.Response(418, content=content, headers={"content-type": content_type})
    error = refusal(response, request="")
    assert (error.detail, error.code) == (detail, "")


def test_keys_are_shortened() -> None:
    text = "Invalid secret key: am_sk_live_abc****, am_pk_test_x"
    assert without_key(text) == "Invalid secret key: am_…, am_…"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NAMES = """id list next_cursor balances subscriptions plan created_at total period values timestamp
credit_schema breakdown flags invoice_previews message code"""
FIELDS = st.sampled_from(NAMES.split())
SHAPED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=15,
)
BODIES = st.binary(max_size=50) | (JSON | SHAPED).map(lambda value: json.dumps(value).encode())


@examples(300)
@given(
    body=BODIES,
    status=st.integers(200, 599),
    shape=st.sampled_from(SHAPES),
    headers=st.fixed_dictionaries(
        {}, optional={"retry-after": st.text(st.characters(min_codepoint=32, max_codepoint=126))}
    ),
)
def test_any_body_is_a_model_or_an_autumn_error(
    body: bytes, status: int, shape: type[Any], headers: dict[str, str]
) -> None:
    response = httpx.Response(status, content=body, headers=headers)
    error: AutumnError | None = None
    try:
        assert isinstance(model(shape, response, request="POST x"), shape)
    except AutumnError as raised:
        error = raised
    assert isinstance(error, Refused) == (status >= 400)
    assert error is not None or status == 200
    assert error is None or error.request == "POST x"
