"""Refunds of invoices, the customer portal and setting up a payment method."""

from typing import Any

import pytest

from sandbox.autumn import LocalAutumn
from tests.sandbox.autumn.conftest import Caller


async def _paid(call: Caller, customer_id: str = "cus_fresh") -> str:
    """The Stripe id of a paid invoice of $19."""
    await call.ok("customers.get_or_create", customer_id=customer_id)
    await call.client.post("/_sandbox/card", json={"customer_id": customer_id})
    answer = await call.ok("billing.attach", customer_id=customer_id, plan_id="starter")
    return str(answer["invoice"]["stripe_id"])


def _route(invoice: str, customer_id: str = "cus_fresh") -> str:
    return f"customers/{customer_id}/invoices/{invoice}/refund"


async def _refunded(call: Caller, customer_id: str = "cus_fresh") -> float:
    listed = (await call.ok("invoices.list", customer_id=customer_id))["list"]
    return float(listed[0]["refunded_amount"])


async def test_equal_partial_refunds_count_twice_and_a_full_one_is_the_rest(call: Caller) -> None:
    invoice = await _paid(call)
    first, second = [await call.ok(_route(invoice), mode="partial", amount=5.5) for _ in range(2)]
    assert (first["amount"], first["currency"], first["status"]) == (5.5, "usd", "succeeded")
    assert (first["charge_id"], first["refund_id"] == second["refund_id"]) == (second["charge_id"], False)
    assert await _refunded(call) == 11
    assert (await call.ok(_route(invoice), mode="full", amount=1))["amount"] == 8
    assert await _refunded(call) == 19
    for body in ({"mode": "full"}, {"mode": "partial", "amount": 1}):
        response = await call.post(_route(invoice), **body)
        assert response.json()["message"] == "This charge has already been fully refunded"
    expanded = await call.ok("customers.get", customer_id="cus_fresh", expand=["invoices"])
    assert (expanded["invoices"][0]["status"], "refunded_amount" in expanded["invoices"][0]) == (
        "paid",
        False,
    )


@pytest.mark.parametrize("customer_id", ["cus_acme", "nobody_at_all"])
async def test_customer_in_the_path_is_ignored(call: Caller, customer_id: str) -> None:
    invoice = await _paid(call)
    await call.ok(_route(invoice, customer_id), mode="partial", amount=2)
    assert await _refunded(call) == 2


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({}, "invalid_inputs", "mode: must be one of: full, partial"),
        ({"mode": "half"}, "invalid_inputs", "mode: must be one of: full, partial"),
        ({"mode": "partial"}, "invalid_request", "Amount is required for partial refunds"),
        ({"mode": "partial", "amount": 0}, "invalid_inputs", "amount: Too small: expected number to be >0"),
        ({"mode": "partial", "amount": "5"}, "invalid_inputs", "amount: must be a number (received string)"),
        ({"mode": "partial", "amount": 0.001}, "invalid_request", "Refund amount is too small"),
        (
            {"mode": "partial", "amount": 19.01},
            "invalid_request",
            "Refund amount exceeds the refundable balance of 19 USD",
        ),
    ],
)
async def test_invalid_refund_is_refused(call: Caller, body: dict[str, Any], code: str, message: str) -> None:
    response = await call.post(_route(await _paid(call)), **body)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["message"] == message
    assert await _refunded(call) == 0


async def test_invoice_is_found_only_by_its_stripe_id(autumn: LocalAutumn, call: Caller) -> None:
    invoice = await _paid(call)
    own = autumn.state.customers["cus_fresh"].invoices[-1].id
    imported = {"customer_id": "cus_fresh", "stripe_id": "in_imported", "status": "paid", "total": 9}
    await call.ok("invoices.insert", invoices=[{**imported, "created_at": 1_700_000_000_000}])
    for number in (own, "in_nope", "in_imported"):
        response = await call.post(_route(number), mode="full")
        assert (response.status_code, response.json()["message"]) == (404, "Stripe invoice not found")
    autumn.state.customers["cus_fresh"].invoices[0].status = "open"
    unpaid = await call.post(_route(invoice), mode="full")
    assert unpaid.json()["message"] == "This invoice has no associated charge to refund"


async def test_credit_cannot_be_refunded(call: Caller) -> None:
    await _paid(call)
    body = {"customer_id": "cus_fresh", "plan_id": "starter", "cancel_action": "cancel_immediately"}
    credit = (await call.ok("billing.update", **body))["invoice"]["stripe_id"]
    assert await call.refused(_route(credit), mode="full") == (400, "invalid_request")


async def test_key_is_used_once_by_a_refund_and_freed_by_a_refusal(call: Caller) -> None:
    route = _route(await _paid(call))
    assert (await call.post(route, idempotency="k1", mode="partial")).status_code == 400
    assert (await call.post(route, idempotency="k1", mode="partial", amount=4)).status_code == 200
    replayed = await call.post(route, idempotency="k1", mode="partial", amount=4)
    other_route = await call.post("billing.open_customer_portal", idempotency="k1", customer_id="cus_acme")
    for response in (replayed, other_route):
        assert (response.status_code, response.json()["code"]) == (409, "duplicate_idempotency_key")
    assert await _refunded(call) == 4


async def test_refund_needs_the_scope_to_write(autumn: LocalAutumn, call: Caller) -> None:
    route = _route(await _paid(call))
    refused = await call.post(route, key=autumn.keys(["billing:read"]), mode="full")
    assert refused.json()["message"] == "Insufficient scopes. Missing: billing:write"


async def test_portal_url_is_new_each_time_and_creates_the_stripe_customer(
    autumn: LocalAutumn, call: Caller
) -> None:
    await call.ok("customers.get_or_create", customer_id="cus_fresh")
    reader = autumn.keys(["billing:read"])
    urls = set()
    for _ in range(2):
        response = await call.post("billing.open_customer_portal", key=reader, customer_id="cus_fresh")
        urls.add(response.json()["url"])
    assert len(urls) == 2
    assert (await call.ok("customers.get", customer_id="cus_fresh"))["stripe_id"] is not None
    assert (await call.client.get(urls.pop())).status_code == 200
    unknown = await call.refused("billing.open_customer_portal", customer_id="nobody_at_all")
    assert unknown == (404, "customer_not_found")


async def test_payment_setup_creates_the_customer_and_attaches_the_plan_later(
    autumn: LocalAutumn, call: Caller
) -> None:
    body = {"customer_id": "cus_unheard_of", "plan_id": "starter"}
    assert await call.refused("billing.setup_payment", **{**body, "plan_id": "nope"}) == (
        404,
        "product_not_found",
    )
    assert "cus_unheard_of" not in autumn.state.customers
    url = (await call.ok("billing.setup_payment", **body))["url"]
    answer = await call.ok("customers.get", customer_id="cus_unheard_of", expand=["payment_method"])
    assert "payment_method" not in answer
    autumn.pay(url.rsplit("/", 1)[1])
    answer = await call.ok("customers.get", customer_id="cus_unheard_of", expand=["payment_method"])
    assert answer["payment_method"]["card"]["last4"] == "4242"
    assert [subscription["plan_id"] for subscription in answer["subscriptions"]] == ["starter"]
