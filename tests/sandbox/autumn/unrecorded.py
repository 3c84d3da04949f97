"""What happened between the recorded calls, inferred from the answers after it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx

from sandbox.autumn import LocalAutumn, rewards

Step = Callable[[LocalAutumn, httpx.AsyncClient, str], Awaitable[None]]
ALICE = {"customer_id": "cus_alice"}
MESSAGES = {**ALICE, "feature_id": "messages"}
SEATS = {**ALICE, "feature_id": "seats"}
CARD = {
    "brand": "visa",
    "last4": "4242",
    "exp_month": 12,
    "exp_year": 2034,
    "country": "US",
    "funding": "credit",
}
REPLAYED_KEY = "a378144e-c772-478a-bdfe-212e68ac2053"


def call(name: str, body: dict[str, Any], idempotency_key: str | None = None) -> Step:
    async def step(autumn: LocalAutumn, client: httpx.AsyncClient, key: str) -> None:
        headers = {"authorization": f"Bearer {key}"}
        if idempotency_key:
            headers["idempotency-key"] = idempotency_key
        response = await client.post(f"/v1/{name}", json=body, headers=headers)
        assert response.is_success, response.text
        autumn.clock.move(timedelta(milliseconds=10))

    return step


def update(body: dict[str, Any], **change: Any) -> Step:
    return call("balances.update", {**body, **change})


def _card_on_file(customer_id: str) -> Step:
    """A card on file, as a checkout would have left it."""

    async def step(autumn: LocalAutumn, *_: Any) -> None:
        customer = autumn.state.customers[customer_id]
        customer.stripe_id = autumn.state.ids.stripe("cus")
        customer.payment_method = {
            "id": autumn.state.ids.stripe("pm"),
            "object": "payment_method",
            "created": autumn.state.now // 1000,
            "livemode": False,
            "metadata": {},
            "type": "card",
            "card": CARD,
            "customer": customer.stripe_id,
            "billing_details": {"email": None, "name": None, "phone": None, "address": None},
        }

    return step


async def _coupons_from_a_referral(autumn: LocalAutumn, *_: Any) -> None:
    """A redeemed referral: the local Autumn has no referrals, only their effects."""
    for customer_id in ("cus_gina", "cus_alice"):
        rewards.put(autumn.state, autumn.state.customers[customer_id], autumn.state.rewards["off20"])


async def _events_listed_often(_: LocalAutumn, client: httpx.AsyncClient, key: str) -> None:
    """As many requests as are allowed in a second."""
    for _n in range(5):
        await client.post("/v1/events.list", json=ALICE, headers={"authorization": f"Bearer {key}"})


async def _coupon_removed(_: LocalAutumn, client: httpx.AsyncClient, key: str) -> None:
    response = await client.delete(
        "/v1/customers/cus_erin/coupons", headers={"authorization": f"Bearer {key}"}
    )
    assert response.is_success


def new(customer_id: str, **details: Any) -> Step:
    return call("customers.get_or_create", {"customer_id": customer_id, **details})


API_CALLS = {
    "feature_id": "api_calls",
    "name": "API Calls",
    "type": "metered",
    "consumable": True,
    "display": {"singular": "API call", "plural": "API calls"},
}
FIVE = {
    "id": "five",
    "name": "$5 off",
    "type": "fixed_discount",
    "value": 5,
    "duration": {"type": "one_off", "length": None},
    "plan_ids": ["pro"],
    "promo_codes": [],
}

BEFORE: dict[int, tuple[Step, ...]] = {
    2: (call("features.create", API_CALLS),),
    77: (call("customers.update", {"customer_id": "cus_bob", "new_customer_id": "cus_bob2"}),),
    79: (call("customers.update", {"customer_id": "cus_bob", "config": {"disable_overage_billing": True}}),),
    93: (update(MESSAGES, remaining=-5),),
    107: (update(MESSAGES, next_reset_at=1795291353974),),
    111: (update(MESSAGES, remaining=80, add_to_balance=5),),
    123: (update(SEATS, add_to_balance=2),),
    129: (update({**ALICE, "feature_id": "api_calls"}, add_to_balance=5),),
    134: (
        call(
            "balances.create",
            {**MESSAGES, "included_grant": 10, "balance_id": "monthly_10", "reset": {"interval": "month"}},
        ),
    ),
    150: (update(MESSAGES, remaining=111, balance_id="goodwill_1"),),
    215: (call("balances.update", {**SEATS, "add_to_balance": 1}, REPLAYED_KEY),),
    226: (call("customers.delete", {"customer_id": "cus_tmp"}),),
    240: (_events_listed_often,),
    250: (new("cus_erin", name="Erin Paying", email="erin@example.com"), _card_on_file("cus_erin")),
    252: (call("billing.attach", {"customer_id": "cus_erin", "plan_id": "pro"}),),
    255: (call("rewards.create", {"coupon": FIVE}),),
    277: (_coupon_removed,),
    304: (call("billing.update", {"customer_id": "cus_erin", "discounts": [{"reward_id": "five"}]}),),
    317: (call("balances.track", {"customer_id": "cus_frank", "feature_id": "messages", "value": 100}),),
    325: (new("cus_gone"),),
    326: tuple(
        call("balances.track", {**MESSAGES, "value": value, "properties": {"model": f"gpt-{value - 1}"}})
        for value in (1, 2, 3)
    ),
    339: (call("customers.update", {"customer_id": "cus_erin", "currency": "usd"}),),
    340: (new("cus_gina", name="Gina", email="gina@example.com"),),
    378: (_coupons_from_a_referral,),
    400: (
        new("cus_prev", email="prev@example.com"),
        new("cus_hal", name="Hal", email="hal@example.com"),
        _card_on_file("cus_hal"),
        call(
            "billing.attach",
            {"customer_id": "cus_hal", "plan_id": "pro", "discounts": [{"reward_id": "off20"}]},
        ),
    ),
    360: (call("billing.attach", {"customer_id": "cus_gina", "plan_id": "pro"}),),
}
"""Steps by the number of the call they precede."""
