"""The request logs. Not recorded: the shape follows Autumn's source code."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.autumn.conftest import NOON, Caller


def search(where: str, days: float = 7, limit: int = 2) -> dict[str, Any]:
    span = {"start_date": (NOON - timedelta(days=days)).isoformat(), "end_date": NOON.isoformat()}
    return {"query": where, "range": span, "limit": limit}


async def test_requests_about_a_customer_are_listed_newest_first(call: Caller) -> None:
    await call.ok("customers.get", customer_id="cus_acme")
    await call.ok("balances.check", customer_id="cus_acme", feature_id="messages")
    await call.post("balances.check", customer_id="cus_acme", feature_id="nope")
    await call.ok("customers.get", customer_id="cus_globex")
    listed = (await call.ok("logs.search", **search("where customer_id == 'cus_acme'")))["list"]
    assert [(log["request"]["path"], log["status_code"]) for log in listed] == [
        ("/v1/balances.check", 404),
        ("/v1/balances.check", 200),
    ]
    assert listed[0]["response_body"]["code"] == "feature_not_found"
    assert listed[1]["response_body"] is None
    failed = search("where customer_id == 'cus_acme' and status_code >= 400", limit=100)
    assert [log["status_code"] for log in (await call.ok("logs.search", **failed))["list"]] == [404]


@pytest.mark.parametrize(
    "body",
    [
        search("where customer_id == 'a' or '1' == '1'"),
        search("where customer_id == 'a'", days=7.1),
        search("where customer_id == 'a'", days=0),
    ],
)
async def test_other_queries_and_longer_spans_are_refused(call: Caller, body: dict[str, Any]) -> None:
    assert (await call.refused("logs.search", **body))[0] == 400
