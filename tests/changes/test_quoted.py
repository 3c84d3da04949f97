"""Autumn's own preview, requested with the body that the write would have."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import AutumnError, Forbidden, RateLimited, Unavailable
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction
from bot.changes.facts import gather, gather_for, quoted
from bot.changes.forms.fields import called
from bot.changes.model import Facts
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import SwitchAction
from tests.autumn.scripted import ReceivedRequest, Scripted, error, listing, ok
from tests.changes.billing.quotes import PRO, facts_with
from tests.changes.billing.quotes import quote as quote_of
from tests.changes.facts import NOW

LATER = NOW + timedelta(minutes=5)
CANCEL = CancellationInput(
    customer="cus_1", subscription="sub_pro", product="pro", action=CancellationAction.AT_PERIOD_END
)
SWITCH = SwitchInput(customer="cus_1", product="team", action=SwitchAction.NOW)
ANSWER = {
    "customer_id": "cus_1",
    "currency": "usd",
    "total": -20,
    "line_items": [{"description": "Unused Pro", "total": -19.99998, "plan_id": "pro", "feature_id": None}],
    "next_cycle": {"starts_at": 1798538385000, "total": 50},
    "incoming": [{"plan_id": "free", "effective_at": None}],
    "outgoing": [{"plan_id": "pro", "effective_at": 1798538385000}],
    "refund": {"amount": 20, "invoice": {"stripe_id": "in_1", "total": 20, "current_refunded_amount": 5}},
    "redirect_to_checkout": False,
    "something_new": {},
}


async def quote_with(script: Scripted, request: Any, facts: Facts) -> Facts:
    client = script.client()
    try:
        return await quoted(client, request, facts, now=lambda: LATER)
    finally:
        await client.aclose()


@pytest.mark.parametrize(
    ("request_", "route"),
    [(CANCEL, "billing.preview_update"), (SWITCH, "billing.preview_attach")],
)
async def test_preview_is_requested_with_the_body_that_would_be_sent(request_: Any, route: str) -> None:
    script = Scripted({route: ok(ANSWER)})
    facts = await quote_with(script, request_, facts_with(PRO, quote_refused="before"))
    (request,) = script.received
    assert request.body["customer_id"] == "cus_1"
    assert request.body.get("plan_id") == ("team" if request_ is SWITCH else None)
    assert facts.quoted_at == LATER
    assert facts.quote_refused == ""
    quote = facts.quote
    assert quote is not None
    assert [(line.plan_id, line.total) for line in quote.line_items] == [("pro", Decimal("-19.99998"))]
    assert quote.refund is not None
    assert quote.refund.invoice.current_refunded_amount == 5
    assert quote.next_cycle is not None
    assert quote.next_cycle.total == 50
    assert [move.plan_id for move in (*quote.incoming, *quote.outgoing)] == ["free", "pro"]


@pytest.mark.parametrize(
    ("status", "code", "refused"),
    [
        (400, "invalid_request", "invalid_request"),
        (404, "cus_product_not_found", "cus_product_not_found"),
        (409, "plan_already_attached", "plan_already_attached"),
        (400, "", "400"),
    ],
)
async def test_autumns_refusal_of_a_preview_is_a_fact(status: int, code: str, refused: str) -> None:
    script = Scripted({"billing.preview_update": error(status, code)})
    facts = await quote_with(script, CANCEL, facts_with(PRO, quoted=quote_of(-20)))
    assert (facts.quote, facts.quote_refused) == (None, refused)


@pytest.mark.parametrize(
    ("status", "raised"), [(403, Forbidden), (429, RateLimited), (500, Unavailable), (423, AutumnError)]
)
async def test_unrelated_error_of_a_preview_is_an_error(status: int, raised: type[AutumnError]) -> None:
    script = Scripted({"billing.preview_update": error(status)})
    with pytest.raises(raised):
        await quote_with(script, CANCEL, facts_with(PRO))


async def test_every_product_is_read_for_a_switch() -> None:
    async def customer(request: ReceivedRequest) -> Any:
        return ok({"id": "cus_1"})

    script = Scripted(
        {"customers.get": customer, "plans.list": listing({"id": "team", "name": "Team"}, {"id": "bare"})}
    )
    client = script.client()
    try:
        form = await gather_for(client, "switch", "cus_1", now=lambda: NOW)
        facts = await gather(client, SWITCH, now=lambda: NOW)
    finally:
        await client.aclose()
    for offered in (form.offered, facts.offered):
        assert [plan.id for plan in offered or ()] == ["team", "bare"]
    assert called(facts) == {"team": "Team"}
