"""Authentication, rate limits, and the exact refusals."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.autumn import Limit, LocalAutumn, LocalLimits
from tests.sandbox.autumn.conftest import NOON, Caller


async def test_organisation_of_the_key(call: Caller) -> None:
    response = await call.request("GET", "/v1/organization/me")
    assert response.json().keys() == {"id", "name", "slug", "env"}


@pytest.mark.parametrize(
    ("scopes", "route", "status"),
    [
        (["customers:read"], "customers.get", 200),
        (["customers:write"], "customers.get", 200),
        (["customers:read"], "customers.update", 403),
        (["analytics:read"], "customers.get", 403),
        (["admin"], "customers.update", 200),
        (None, "customers.update", 200),
        (["customers:read"], "events.list", 403),
        (["customers:read"], "invoices.list", 200),
    ],
)
async def test_scopes(
    autumn: LocalAutumn, call: Caller, scopes: list[str] | None, route: str, status: int
) -> None:
    response = await call.post(route, key=autumn.keys(scopes), customer_id="cus_acme")
    assert response.status_code == status
    if status == 403:
        assert response.json()["code"] == "insufficient_scopes"


async def test_live_key_sees_live_customers_and_a_revoked_key_nothing(
    autumn: LocalAutumn, call: Caller
) -> None:
    key = autumn.keys(env="live")
    assert key.startswith("am_sk_live_")
    assert (await call.post("customers.get", key=key, customer_id="cus_acme")).json()["env"] == "live"
    autumn.revoke(key)
    refused = await call.post("customers.get", key=key, customer_id="cus_acme")
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_secret_key")


@pytest.mark.parametrize(
    ("version", "status"),
    [("2.3.0", 200), ("2.3", 200), ("2", 200), ("2026-05-13", 200), ("2.5.0", 400), ("nonsense", 400)],
)
async def test_versions(autumn: LocalAutumn, call: Caller, version: str, status: int) -> None:
    headers = {"authorization": f"Bearer {autumn.key}", "x-api-version": version}
    response = await call.client.post("/v1/customers.get", json={"customer_id": "cus_acme"}, headers=headers)
    assert response.status_code == status
    if status == 400:
        assert response.json()["code"] == "invalid_api_version"


@pytest.mark.parametrize(
    ("route", "body", "message"),
    [
        ("customers.get", {"customer_id": "a.b"}, "cannot contain periods"),
        ("customers.get", {"customer_id": "ä"}, "cannot contain 'ä'"),
        ("customers.get", {"customer_id": None}, "must be a string (received null)"),
        ("customers.list", {"limit": 1001}, "exceeds max of 1000"),
        ("customers.list", {"limit": "x"}, "must be a number (received string)"),
        ("customers.list", {"start_cursor": "%%%"}, "not valid JSON"),
        ("invoices.list", {"status": ["late"]}, "status.0: must be one of"),
        ("events.aggregate", {"customer_id": "cus_acme"}, "feature_id: must be a string"),
        (
            "events.aggregate",
            {"feature_id": "messages", "range": "7d", "custom_range": {"start": 0}},
            "not both",
        ),
    ],
)
async def test_bad_input(call: Caller, route: str, body: dict[str, Any], message: str) -> None:
    response = await call.post(route, **body)
    assert response.status_code == 400
    assert message in response.json()["message"]


async def _limited(limits: LocalLimits, calls: int, route: str, **body: Any) -> list[httpx.Response]:
    async with (
        LocalAutumn.running("demo", NOON, limits=limits) as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        caller = Caller(client, autumn.key)
        return [await caller.post(route, **body) for _ in range(calls)]


async def test_rate_limit_is_refused_in_plain_text() -> None:
    answers = await _limited(LocalLimits(general=Limit(2, 60)), 3, "features.list")
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused.headers["content-type"].startswith("text/plain")
    assert refused.text == "Too many requests, please try again later."
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
    assert refused.headers["ratelimit-policy"] == "2;w=60"
    assert answers[0].headers["ratelimit-remaining"] == "1"


@pytest.mark.parametrize(
    ("route", "policy"),
    [
        ("billing.update", "30;w=60"),
        ("billing.attach", "30;w=60"),
        ("billing.setup_payment", "30;w=60"),
        ("billing.preview_update", "25;w=1"),
        ("billing.preview_attach", "25;w=1"),
        ("billing.open_customer_portal", "25;w=1"),
        ("customers/cus_acme/invoices/in_nope/refund", "25;w=1"),
        ("balances.create", "25;w=1"),
        ("balances.delete", "25;w=1"),
        ("balances.update", "10000;w=1"),
        ("balances.track", "10000;w=1"),
        ("balances.check", "10000;w=1"),
        ("balances.finalize", "10000;w=1"),
        ("entities.get", "50;w=1"),
        ("entities.list", "50;w=1"),
        ("entities.create", "25;w=1"),
        ("entities.update", "25;w=1"),
        ("entities.delete", "25;w=1"),
    ],
)
async def test_each_group_of_routes_has_its_own_limit(route: str, policy: str) -> None:
    (answer,) = await _limited(LocalLimits(), 1, route, customer_id="cus_acme")
    assert answer.headers["ratelimit-policy"] == policy


async def test_events_are_limited_by_customer() -> None:
    limits = LocalLimits(events=Limit(1, 60))
    async with (
        LocalAutumn.running("demo", NOON, limits=limits) as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        caller = Caller(client, autumn.key)
        of = [
            (await caller.post("events.list", customer_id=customer)).status_code
            for customer in ("cus_acme", "cus_acme", "cus_northwind")
        ]
        autumn.forget_limits()
        of.append((await caller.post("events.list", customer_id="cus_acme")).status_code)
    assert of == [200, 429, 200, 200]


async def test_idempotency_keys_span_routes_are_freed_by_failures_and_last_a_day(
    autumn: LocalAutumn, call: Caller
) -> None:
    failed = await call.post("customers.get", idempotency="k", customer_id="nobody")
    first = await call.post("customers.get", idempotency="k", customer_id="cus_acme")
    other_route = await call.post("features.list", idempotency="k")
    assert (failed.status_code, first.status_code, other_route.status_code) == (404, 200, 409)
    assert (await call.post("features.list", idempotency="k")).status_code == 409
    autumn.clock.move(timedelta(hours=24))
    assert (await call.post("features.list", idempotency="k")).status_code == 200


async def test_rate_limited_call_does_not_use_up_its_key() -> None:
    limits = LocalLimits(general=Limit(1, 60))
    async with (
        LocalAutumn.running("demo", NOON, limits=limits) as autumn,
        httpx.AsyncClient(base_url=autumn.url) as client,
    ):
        caller = Caller(client, autumn.key)
        await caller.post("features.list")
        limited = await caller.post("features.list", idempotency="k")
        autumn.forget_limits()
        repeated = await caller.post("features.list", idempotency="k")
    assert (limited.status_code, repeated.status_code) == (429, 200)
