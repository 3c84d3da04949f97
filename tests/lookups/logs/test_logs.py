"""The request logs: what is requested, what is shown when that fails, and the card."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.autumn.errors import Forbidden, TimedOut
from bot.autumn.events import LogContext, LoggedRequest, RequestLog, StripeEvent
from bot.lookups import labels
from bot.lookups.logs import words
from bot.lookups.logs.card import FAILED, Logs
from bot.lookups.logs.part import MOST
from bot.lookups.place import Place
from tests.autumn.scripted import Scripted, error, hang, listing
from tests.kit import checks
from tests.lookups.drawing import PLACE, draw, text_of
from tests.lookups.samples import NOW, customer
from tests.lookups.test_reading import ERIN, answer_of
from tests.lookups.test_reading import customer as answered

AT_LOGS = ERIN.go("logs")
ENTRY: dict[str, Any] = {
    "timestamp": "2026-11-20T10:00:00Z",
    "status_code": 404,
    "request": {"method": "POST", "path": "/v1/balances.track", "url": None},
    "context": {"customer_id": "cus_erin", "entity_id": None},
    "stripe": {"event_type": None},
    "response_body": {"message": "Feature nope not found", "code": "feature_not_found"},
}


def script(reply: Any, **fields: Any) -> Scripted:
    holder = answered(invoices=[], **fields)
    return Scripted({"customers.get": holder, "logs.search": reply, "invoices.list": listing()})


@pytest.mark.parametrize(("status", "condition"), [("", ""), (FAILED, " and status_code >= 400")])
async def test_logs_of_seven_days_are_requested(status: str, condition: str) -> None:
    autumn = script(listing(ENTRY))
    answer = await answer_of(Logs, autumn, AT_LOGS.at(status=status))
    assert isinstance(answer.logs, tuple)
    (log,) = answer.logs
    assert (log.failed, log.refusal) == (True, "Feature nope not found")
    assert log.timestamp == datetime(2026, 11, 20, 10, tzinfo=UTC)
    (request,) = (call for call in autumn.received if call.route == "logs.search")
    span = request.body.pop("range")
    start, end = (datetime.fromisoformat(span[name]) for name in ("start_date", "end_date"))
    assert (end - start).days == 7
    assert request.body == {"query": f"where customer_id == 'cus_erin'{condition}", "limit": MOST}
    assert not answer.more


async def test_full_page_may_be_incomplete() -> None:
    assert (await answer_of(Logs, script(listing(*[ENTRY] * MOST)), AT_LOGS)).more


@pytest.mark.parametrize("customer_id", ["o'brien", "a' or '1' == '1", "x" * 201, "\\"])
async def test_id_that_a_search_would_split_is_not_requested(customer_id: str) -> None:
    client = script(listing(ENTRY)).client()
    try:
        pending = client.request_logs(customer_id, start=NOW, end=NOW, failed=False, limit=1)
        assert await pending is None
    finally:
        await client.aclose()


@pytest.mark.parametrize(("reply", "kind"), [(error(403), Forbidden), (hang, TimedOut)])
async def test_logs_may_fail_alone(reply: Any, kind: type[Exception]) -> None:
    assert isinstance((await answer_of(Logs, script(reply), AT_LOGS)).logs, kind)


def log(status: int = 200, **changes: Any) -> RequestLog:
    request = LoggedRequest(method="POST", path="/v1/balances.track")
    fields = {"timestamp": NOW, "status_code": status, "request": request}
    return RequestLog(**{**fields, **changes})


AT = PLACE.go("logs")


def drawn(*listed: RequestLog, place: Place = AT, truncated: bool = False) -> str:
    return text_of(draw(Logs(customer(), listed, truncated, NOW), place))


def test_request_shows_its_answer() -> None:
    refused = log(400, response_body={"message": "<!here> no *such* thing", "secret": "canary"})
    text = drawn(
        log(), refused, log(500, response_body="canary"), log(200, response_body={"message": "canary"})
    )
    assert words.title(4, failed=False, more=False) in text
    assert "• 200 · `POST /v1/balances.track`" in text
    assert "• *400* · `POST /v1/balances.track`" in text
    assert "&lt;!here&gt; no ∗such∗ thing" in text
    assert "canary" not in text


def test_webhook_and_entity_are_named() -> None:
    webhook = log(
        stripe=StripeEvent(event_type="invoice.paid"), context=LogContext(entity_id="ws_1"), timestamp=None
    )
    assert f"• 200 · {words.WEBHOOK} `invoice.paid` · `ws_1`" in drawn(webhook)
    assert "• 200 · –" in drawn(RequestLog(status_code=200))


def test_logs_are_paged_and_filtered() -> None:
    card = draw(Logs(customer(), (log(),) * 12, True, NOW), AT)
    assert words.title(12, failed=False, more=True) in text_of(card)
    buttons = checks.buttons(card)
    assert Place.decode(buttons["Next"]).page == 1
    assert Place.decode(buttons[words.ONLY_FAILED]) == AT.at(status=FAILED)
    narrowed = draw(Logs(customer(), (log(500),), False, NOW), AT.at(status=FAILED))
    assert words.title(1, failed=True, more=False) in text_of(narrowed)
    assert labels.current(words.ONLY_FAILED) in checks.buttons(narrowed)


def test_no_logs_and_unsearchable_id_are_explained() -> None:
    assert words.NONE in drawn()
    assert words.NONE_FAILED in drawn(place=AT.at(status=FAILED))
    assert words.NOT_ASKED in text_of(draw(Logs(customer(), None, False, NOW), AT))
    assert words.LOGS in text_of(draw(Logs(customer(), Forbidden(status=403), False, NOW), AT))
