"""Webhooks: when they are sent, what they contain, and that the official library accepts their signatures."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.autumn import Endpoint, LocalAutumn
from sandbox.autumn.webhooks import headers_of
from sandbox.serving import listening
from tests.sandbox.autumn.conftest import Caller

NORTHWIND = {"customer_id": "cus_northwind"}
ACME = {"customer_id": "cus_acme"}


@dataclass
class Receiver:
    """Checks each message as a company's server would, and stores what it accepted."""

    secret: str = ""
    accepted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """The svix-id and the body of each message."""
    refusing: int = 0
    """How many messages to answer with 500 first."""

    async def take(self, request: Request) -> Response:
        headers = {name.replace("svix-", "webhook-"): value for name, value in request.headers.items()}
        body = Webhook(self.secret).verify(await request.body(), headers)
        if self.refusing:
            self.refusing -= 1
            return Response(status_code=500)
        self.accepted.append((request.headers["svix-id"], body))
        return Response(status_code=204)

    def data(self, kind: str) -> list[dict[str, Any]]:
        return [body["data"] for _, body in self.accepted if body["type"] == kind]

    @property
    def types(self) -> list[str]:
        return [body["type"] for _, body in self.accepted]


@pytest.fixture
async def receiver(autumn: LocalAutumn) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with AsyncExitStack() as serving:
        app = Starlette(routes=[Route("/webhooks", receiver.take, methods=["POST"])])
        listener = socket.create_server(("127.0.0.1", 0))
        await serving.enter_async_context(listening(app, listener))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks"
        receiver.secret = autumn.send_webhooks_to(url).secret
        yield receiver
        await autumn.webhooks.settled()


@pytest.fixture
def endpoint(autumn: LocalAutumn, receiver: Receiver) -> Endpoint:
    return autumn.webhooks.endpoints[0]


async def test_switch_of_plans_is_sent_with_old_and_new_plan(
    autumn: LocalAutumn, call: Caller, receiver: Receiver
) -> None:
    await call.ok("billing.attach", **NORTHWIND, plan_id="team")
    await autumn.webhooks.settled()
    (event,) = receiver.data("billing.updated")
    changes = {change["subscription"]["plan_id"]: change for change in event["plan_changes"]}
    assert (event["object"], event["customer_id"], event["tags"]) == ("billing.updated", "cus_northwind", [])
    assert (changes["team"]["action"], changes["pro"]["action"]) == ("activated", "expired")
    assert changes["pro"]["previous_attributes"]["status"] == "active"
    assert changes["team"]["previous_attributes"] is None
    scenarios = {data["scenario"] for data in receiver.data("customer.products.updated")}
    assert scenarios == {"upgrade", "expired"}


async def test_cancellation_and_its_reversal_are_sent(
    autumn: LocalAutumn, call: Caller, receiver: Receiver
) -> None:
    for action in ("cancel_end_of_cycle", "uncancel"):
        await call.ok("billing.update", **NORTHWIND, plan_id="pro", cancel_action=action)
    await autumn.webhooks.settled()
    cancelled, uncancelled = receiver.data("billing.updated")
    by_action = {change["action"]: change for change in cancelled["plan_changes"]}
    assert by_action["updated"]["previous_attributes"] == {"canceled_at": None, "expires_at": None}
    assert by_action["scheduled"]["subscription"]["plan_id"] == "free"
    assert {change["action"] for change in uncancelled["plan_changes"]} == {"updated", "expired"}
    scenarios = [data["scenario"] for data in receiver.data("customer.products.updated")]
    assert [scenario for scenario in scenarios if scenario in ("cancel", "renew")] == ["cancel", "renew"]


async def test_effects_of_time_are_sent(autumn: LocalAutumn, call: Caller, receiver: Receiver) -> None:
    await call.ok("customers.get", customer_id="cus_umbrella")
    await call.ok("customers.get", customer_id="cus_hooli")
    autumn.clock.move(timedelta(days=32))
    await autumn.webhooks.settled()
    event = {data["customer_id"]: data for data in receiver.data("billing.updated")}
    assert event["cus_umbrella"]["tags"] == ["trial_ended"]
    assert event["cus_hooli"]["tags"] == ["phase_changed"]


async def test_past_due_is_sent(autumn: LocalAutumn, receiver: Receiver) -> None:
    autumn.mark_past_due("cus_northwind")
    await autumn.webhooks.settled()
    (change,) = receiver.data("billing.updated")[0]["plan_changes"]
    assert (change["action"], change["previous_attributes"]) == ("updated", {"past_due": False})
    assert change["subscription"]["status"] == "active"
    assert receiver.data("customer.products.updated")[0]["scenario"] == "past_due"


async def test_alerts_are_sent_once_when_a_threshold_is_crossed(
    autumn: LocalAutumn, call: Caller, receiver: Receiver
) -> None:
    body = {"customer_id": "cus_new", "feature_id": "messages"}
    await call.ok("customers.get_or_create", customer_id="cus_new")
    await call.ok("balances.create", **body, included_grant=900, balance_id="lots")
    granted = (await call.balance("cus_new", "messages"))["granted"]
    alerts = [
        {"feature_id": "messages", "threshold": 80, "threshold_type": "usage_percentage", "name": "80 %"},
        {"feature_id": "messages", "threshold": 10, "threshold_type": "remaining"},
    ]
    await call.ok("customers.update", customer_id="cus_new", billing_controls={"usage_alerts": alerts})
    for value in (granted * 0.79, granted * 0.02, granted * 0.02):
        await call.ok("balances.track", **body, value=value)
    await autumn.webhooks.settled()
    (event,) = receiver.data("balances.usage_alert_triggered")
    assert event["usage_alert"] == {"name": "80 %", "threshold": 80, "threshold_type": "usage_percentage"}
    await call.ok("balances.track", **body, value=granted)
    await autumn.webhooks.settled()
    assert len(receiver.data("balances.usage_alert_triggered")) == 2
    reached = {"customer_id": "cus_new", "feature_id": "messages", "limit_type": "included"}
    assert receiver.data("balances.limit_reached") == [reached]
    assert receiver.data("customer.threshold_reached")[0]["threshold_type"] == "allowance_used"


SPENT = {"spend_limits": [{"feature_id": "messages", "enabled": True, "overage_limit": 50}]}
USED = {"usage_limits": [{"feature_id": "messages", "limit": 5, "interval": "year"}]}


@pytest.mark.parametrize(("limit", "controls"), [("spend_limit", SPENT), ("usage_limit", USED)])
async def test_reached_limit_is_named(
    autumn: LocalAutumn, call: Caller, receiver: Receiver, limit: str, controls: dict[str, Any]
) -> None:
    autumn.state.customers["cus_oscorp"].events = []
    body = {"customer_id": "cus_oscorp", "feature_id": "messages"}
    await call.ok("balances.update", **body, usage=0)
    await call.ok("customers.update", customer_id="cus_oscorp", billing_controls=controls)
    await call.ok("balances.track", **body, value=90_000)
    await autumn.webhooks.settled()
    assert limit in [data["limit_type"] for data in receiver.data("balances.limit_reached")]


async def test_auto_top_ups_are_sent_in_minor_units(
    autumn: LocalAutumn, call: Caller, receiver: Receiver
) -> None:
    price = {"amount": 2.5, "interval": "one_off", "billing_method": "prepaid", "billing_units": 100}
    item = {"feature_id": "images", "price": price}
    await call.ok("plans.create", plan_id="pictures", name="Pictures", add_on=True, items=[item])
    bought = [{"feature_id": "images", "quantity": 100}]
    await call.ok("billing.attach", **ACME, plan_id="pictures", feature_quantities=bought)
    control = {"feature_id": "images", "enabled": True, "threshold": 20, "quantity": 300}
    await call.ok("customers.update", **ACME, billing_controls={"auto_topups": [control]})
    before = (await call.balance("cus_acme", "images"))["remaining"]
    autumn.top_up("cus_acme", "images")
    autumn.top_up("cus_acme", "images", failing="charge_failed")
    await autumn.webhooks.settled()
    (done,) = receiver.data("billing.auto_topup_succeeded")
    (failed,) = receiver.data("billing.auto_topup_failed")
    assert (done["quantity_granted"], done["balance_after"]) == (300, before + 300)
    newest = (await call.ok("invoices.list", **ACME))["list"][0]
    assert newest["stripe_id"] == done["invoice"]["stripe_id"]
    assert (newest["total"], done["invoice"]["total"]) == (7.5, 750)
    assert (failed["reason"], failed["error"]["decline_code"]) == ("charge_failed", "generic_decline")
    with pytest.raises(LookupError):
        autumn.top_up("cus_acme", "messages")


async def test_messages_can_be_reordered_and_repeated(autumn: LocalAutumn, receiver: Receiver) -> None:
    autumn.webhooks.hold()
    for number in range(4):
        autumn.webhooks.send("balances.limit_reached", {"number": number})
    await autumn.webhooks.settled()
    assert receiver.accepted == []
    autumn.webhooks.release("reversed", times=2)
    autumn.webhooks.send("balances.limit_reached", {"number": 4})
    await autumn.webhooks.settled()
    numbers = [data["number"] for data in receiver.data("balances.limit_reached")]
    assert numbers == [3, 2, 1, 0, 3, 2, 1, 0, 4]
    assert len({message_id for message_id, _ in receiver.accepted}) == 5
    autumn.webhooks.again(autumn.webhooks.messages[2])
    await autumn.webhooks.settled()
    assert receiver.accepted[-1] == receiver.accepted[1]


async def test_refused_message_is_resent_with_its_id(autumn: LocalAutumn, receiver: Receiver) -> None:
    receiver.refusing = 1
    message = autumn.webhooks.send("billing.updated", {"customer_id": "cus_acme"})
    await autumn.webhooks.settled()
    assert (message.statuses, receiver.accepted) == ([500], [])
    autumn.webhooks.again(message)
    await autumn.webhooks.settled()
    assert (message.statuses, receiver.accepted[0][0]) == ([500, 204], message.id)


async def test_endpoint_gets_only_its_event_types(autumn: LocalAutumn, receiver: Receiver) -> None:
    autumn.webhooks.endpoints[0].types = frozenset({"billing.updated"})
    autumn.mark_past_due("cus_northwind")
    await autumn.webhooks.settled()
    assert set(receiver.types) == {"billing.updated"}


async def test_both_secrets_sign_during_rotation(
    autumn: LocalAutumn, receiver: Receiver, endpoint: Endpoint
) -> None:
    old = receiver.secret
    new = endpoint.rotate()
    for secret in (old, new):
        receiver.secret = secret
        autumn.webhooks.send("billing.updated", {})
        await autumn.webhooks.settled()
    assert len(receiver.accepted) == 2


@pytest.mark.parametrize("seconds", [-301, 301])
def test_stale_or_forged_message_is_refused_by_the_library(autumn: LocalAutumn, seconds: int) -> None:
    secret = autumn.send_webhooks_to("http://127.0.0.1:9/nowhere").secret
    autumn.webhooks.hold()
    message = autumn.webhooks.send("billing.updated", {"customer_id": "cus_acme"})
    signed = headers_of(message, [secret])
    renamed = {name.replace("svix-", "webhook-"): value for name, value in signed.items()}
    assert Webhook(secret).verify(message.body, renamed) == json.loads(message.body)
    at = int(signed["svix-timestamp"]) + seconds
    stale = {
        name.replace("svix-", "webhook-"): value for name, value in headers_of(message, [secret], at).items()
    }
    for body, headers in ((message.body, stale), (message.body + b" ", renamed)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)


async def test_unreachable_endpoint_is_ignored(autumn: LocalAutumn, call: Caller) -> None:
    autumn.send_webhooks_to("http://127.0.0.1:9/nowhere")
    await call.ok("billing.update", **NORTHWIND, plan_id="pro", cancel_action="cancel_end_of_cycle")
    await autumn.webhooks.settled()
    assert {status for message in autumn.webhooks.messages for status in message.statuses} == {None}


async def test_other_processes_register_webhooks_over_http(
    autumn: LocalAutumn, call: Caller, receiver: Receiver
) -> None:
    async def post(action: str, **body: Any) -> httpx.Response:
        return await call.client.post(f"/_sandbox/{action}", json=body)

    assert (await post("webhooks/hold")).status_code == 200
    for number in range(2):
        await post("webhooks/send", type="balances.limit_reached", data={"number": number})
    await post("webhooks/release", order="reversed", times=2)
    await post("past_due", customer_id="cus_acme")
    await autumn.webhooks.settled()
    assert [data["number"] for data in receiver.data("balances.limit_reached")] == [1, 0, 1, 0]
    assert receiver.data("billing.updated")[0]["customer_id"] == "cus_acme"
    listed = (await call.client.get("/_sandbox/webhooks")).json()
    assert [message["statuses"] for message in listed[:2]] == [[204, 204]] * 2
    added = (await post("webhooks", url="http://127.0.0.1:9/x", types=["billing.updated"])).json()
    assert added["secret"].startswith("whsec_")
