import asyncio
import inspect
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.autumn.client import Autumn, Limits, RetryPolicy
from bot.autumn.errors import (
    AutumnError,
    Garbled,
    NoSuchRoute,
    NotFound,
    RateLimited,
    TimedOut,
    Unavailable,
    Unreachable,
)
from tests.autumn.scripted import (
    KEY,
    QUICK,
    UNLIMITED,
    Answer,
    ReceivedRequest,
    Scripted,
    error,
    hang,
    listing,
    ok,
    recorded,
)
from tests.examples import examples

Question = Callable[[Autumn], Awaitable[Any]]

ALICE = ok({"id": "cus_alice"})


async def call_scripted(answers: dict[str, Any], question: Question) -> tuple[Any, Scripted]:
    script = Scripted(answers)
    client = script.client()
    try:
        return await question(client), script
    finally:
        await client.aclose()


@pytest.mark.parametrize(
    ("question", "route", "answer", "body"),
    [
        (lambda a: a.customer("cus_1"), "customers.get", "customer of a paid plan", {"customer_id": "cus_1"}),
        (
            lambda a: a.customer("org:1", expand=["invoices", "rewards"]),
            "customers.get",
            "customer with a discount",
            {"customer_id": "org:1", "expand": ["invoices", "rewards"]},
        ),
        (lambda a: a.customers(), "customers.list", "customers", {"limit": 50, "start_cursor": ""}),
        (
            lambda a: a.customers(search="al", limit=5, cursor="c", expand=["subscriptions.plan"]),
            "customers.list",
            "customers",
            {"limit": 5, "start_cursor": "c", "search": "al", "expand": ["subscriptions.plan"]},
        ),
        (lambda a: a.invoices(), "invoices.list", "invoices", {"limit": 100, "start_cursor": ""}),
        (
            lambda a: a.invoices(customer_id="cus_1", status=["open"], limit=2, cursor="c"),
            "invoices.list",
            "invoices",
            {"limit": 2, "start_cursor": "c", "customer_id": "cus_1", "status": ["open"]},
        ),
        (
            lambda a: a.events(customer_id="cus_1"),
            "events.list",
            "events",
            {"limit": 100, "start_cursor": "", "customer_id": "cus_1"},
        ),
        (
            lambda a: a.events(
                customer_id="cus_1",
                feature_id="messages",
                start=datetime(2027, 1, 1, tzinfo=UTC),
                end=datetime(2027, 1, 2, tzinfo=UTC),
                limit=5,
                cursor="c",
            ),
            "events.list",
            "events",
            {
                "limit": 5,
                "start_cursor": "c",
                "customer_id": "cus_1",
                "feature_id": "messages",
                "custom_range": {"start": 1798761600000, "end": 1798848000000},
            },
        ),
        (
            lambda a: a.events(customer_id="cus_1", feature_id=("a", "b")),
            "events.list",
            "events",
            {"limit": 100, "start_cursor": "", "customer_id": "cus_1", "feature_id": ["a", "b"]},
        ),
        (
            lambda a: a.usage(customer_id="cus_1", feature_ids=("messages",), range="7d", bin_size="day"),
            "events.aggregate",
            "usage of a week",
            {"customer_id": "cus_1", "feature_id": ["messages"], "range": "7d", "bin_size": "day"},
        ),
        (
            lambda a: a.usage(
                customer_id="cus_1",
                feature_ids=["credits"],
                start=datetime(2027, 1, 1, tzinfo=UTC),
                aggregate_on="deducted",
            ),
            "events.aggregate",
            "usage of a week",
            {
                "customer_id": "cus_1",
                "feature_id": ["credits"],
                "custom_range": {"start": 1798761600000},
                "aggregate_on": "deducted",
            },
        ),
        (lambda a: a.features(), "features.list", "features", {}),
        (lambda a: a.plans(), "plans.list", "plans", {}),
        (lambda a: a.rewards(), "rewards.list", "rewards", {}),
        (
            lambda a: a.entities("cus_1"),
            "entities.list",
            "entities",
            {"limit": 100, "start_cursor": "", "customer_id": "cus_1"},
        ),
    ],
)
async def test_requests_and_recorded_answers(
    question: Question, route: str, answer: str, body: dict[str, Any]
) -> None:
    _, script = await call_scripted({route: recorded(answer)}, question)
    (request,) = script.received
    assert request.body == body
    assert request.headers["x-api-version"] == "2.3.0"
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_recorded_customer_is_parsed() -> None:
    erin, _ = await call_scripted(
        {"customers.get": recorded("customer of a paid plan")}, lambda a: a.customer("x")
    )
    assert erin.subscriptions[0].plan.price.amount == 20
    assert erin.balances["messages"].breakdown[0].reset.interval == "month"
    assert erin.invoice_previews[0].line_items[0].period.start == datetime(
        2026, 12, 22, 20, 3, 14, tzinfo=UTC
    )
    assert erin.rewards.discounts == []


@pytest.mark.parametrize("recording", ["customer of a paid plan", "customer with a discount"])
async def test_stripe_facts_are_those_of_the_customer(recording: str) -> None:
    answers = {"customers.get": recorded(recording)}
    customer, _ = await call_scripted(answers, lambda a: a.customer("x"))
    facts, script = await call_scripted(answers, lambda a: a.stripe_facts("x", expand=("rewards",)))
    assert (facts.rewards, facts.invoice_previews) == (customer.rewards, customer.invoice_previews)
    assert script.received[0].body == {"customer_id": "x", "expand": ["rewards"]}


async def test_discount_times_in_seconds_are_parsed() -> None:
    alice, _ = await call_scripted(
        {"customers.get": recorded("customer with a discount")}, lambda a: a.customer("x")
    )
    assert alice.rewards.discounts[0].start.year == 2026
    assert alice.rewards.discounts[0].end.year == 2027


async def test_organisation_is_parsed() -> None:
    organization, _ = await call_scripted(
        {"organization/me": ok({"id": "org", "name": None, "env": "live"})}, lambda a: a.organization()
    )
    assert (organization.name, organization.env) == ("", "live")


@pytest.mark.parametrize(
    ("customer_id", "route"),
    [
        ("a/b", "customers/a%2Fb"),
        ("a.b", "customers/a.b"),
        ("ada@example.com", "customers/ada%40example.com"),
        ("a b?c#d", "customers/a%20b%3Fc%23d"),
        ("..", "customers/%2E%2E"),
        ("é", "customers/%C3%A9"),
        ("\ud800", "customers/%3F"),
        ("cus_1\n", "customers/cus_1%0A"),
    ],
)
async def test_id_refused_by_customers_get_uses_the_rest_route(customer_id: str, route: str) -> None:
    customer, script = await call_scripted(
        {route: ALICE}, lambda a: a.customer(customer_id, expand=["a", "b"])
    )
    assert customer.id == "cus_alice"
    assert script.received[0].query == {"expand": "a,b"}


async def test_rest_route_without_expansions() -> None:
    _, script = await call_scripted({"customers/a.b": ALICE}, lambda a: a.customer("a.b"))
    assert script.received[0].query == {}


@pytest.mark.parametrize("customer_id", ["", "x" * 1001])
async def test_impossible_id_is_not_requested(customer_id: str) -> None:
    script = Scripted({})
    client = script.client()
    with pytest.raises(NotFound):
        await client.customer(customer_id)
    assert script.received == []
    await client.aclose()


async def test_expired_products_only() -> None:
    held = {"product_id": "pro", "product": {"id": "pro", "name": "Pro"}, "status": "active"}
    past = held | {"status": "expired", "ended_at": 1798761600000, "options": []}
    expired, script = await call_scripted(
        {"customers/a%2Fb/products": listing(held, past)}, lambda a: a.expired_products("a/b")
    )
    assert [product.ended_at for product in expired] == [datetime(2027, 1, 1, tzinfo=UTC)]
    assert script.received[0].query == {"status": "expired", "limit": "100", "start_cursor": ""}


async def test_features_are_read_once() -> None:
    async def twice(client: Autumn) -> list[Any]:
        return [*await client.features(), *await client.features()]

    features, script = await call_scripted({"features.list": recorded("features")}, twice)
    assert len(features) == 12
    assert script.routes == ["features.list"]


DOWN = httpx.ConnectError("refused")
BUSY = error(503, "service_unavailable", {"retry-after": "0"})


@pytest.mark.parametrize(
    ("answers", "attempts", "outcome"),
    [
        ([ALICE], 1, None),
        ([DOWN, ALICE], 2, None),
        ([httpx.ReadError("reset"), ALICE], 2, None),
        ([httpx.RemoteProtocolError("cut"), ALICE], 2, None),
        ([BUSY, DOWN, ALICE], 3, None),
        ([BUSY, BUSY, BUSY, ALICE], 3, Unavailable),
        ([DOWN], 3, Unreachable),
        ([error(502), ALICE], 2, None),
        ([error(504), ALICE], 2, None),
        ([error(500), ALICE], 1, Unavailable),
        ([error(429, headers={"retry-after": "0"}), ALICE], 2, None),
        ([error(429, headers={"retry-after": "60"}), ALICE], 1, RateLimited),
        ([error(429, "rate_limit_exceeded"), ALICE], 2, None),
        ([recorded("too many requests"), ALICE], 1, RateLimited),
        ([httpx.ConnectTimeout("slow"), ALICE], 1, TimedOut),
        ([httpx.PoolTimeout("full"), ALICE], 1, TimedOut),
        ([hang, ALICE], 1, TimedOut),
        ([httpx.DecodingError("gzip"), ALICE], 1, Garbled),
        ([httpx.Response(200, content=b"<html>"), ALICE], 1, Garbled),
        ([recorded("unknown customer"), ALICE], 1, NotFound),
        ([recorded("unknown route"), ALICE], 1, NoSuchRoute),
    ],
)
async def test_reads_are_retried_where_that_helps(
    answers: list[Answer], attempts: int, outcome: type[AutumnError] | None
) -> None:
    script = Scripted({"customers.get": answers})
    client = script.client()
    if outcome is None:
        assert (await client.customer("cus_alice")).id == "cus_alice"
    else:
        with pytest.raises(outcome) as caught:
            await client.customer("cus_alice")
        assert type(caught.value) is outcome
        assert caught.value.request == "POST customers.get"
    assert len(script.received) == attempts
    (call,) = script.calls
    assert (call.route, call.attempts) == ("customers.get", attempts)
    assert call.error == (outcome.__name__ if outcome else None)
    await client.aclose()


async def test_retry_after_is_passed_on() -> None:
    script = Scripted({"customers.get": error(429, headers={"retry-after": "60"})})
    client = script.client()
    with pytest.raises(RateLimited) as caught:
        await client.customer("cus_1")
    assert caught.value.retry_after == 60
    assert script.calls[0].status == 429
    await client.aclose()


async def outcomes_in_time(
    script: Scripted, retry_policy: RetryPolicy, limits: Limits, asking: int
) -> list[Any]:
    client = script.client(retry_policy, limits)
    loop = asyncio.get_running_loop()
    started = loop.time()
    outcomes = await asyncio.gather(
        *(client.events(customer_id="cus_1") for _ in range(asking)), return_exceptions=True
    )
    assert loop.time() - started < retry_policy.whole + 5
    await client.aclose()
    return outcomes


async def test_waiting_for_the_rate_limit_counts_towards_the_timeout() -> None:
    script = Scripted({"events.list": listing()})
    slow = Limits(events_per_customer=0.05)
    outcomes = await outcomes_in_time(script, RetryPolicy(whole=0.5), slow, asking=4)
    assert [type(outcome) for outcome in outcomes[1:]] == [TimedOut] * 3
    assert [(call.attempts, call.status) for call in script.calls] == [(1, 200)] + [(0, None)] * 3


async def test_repeated_hangs_count_towards_the_timeout() -> None:
    async def cut_late(request: ReceivedRequest) -> httpx.Response:
        await asyncio.sleep(0.04)
        raise httpx.ReadError("cut")

    script = Scripted({"events.list": cut_late})
    retry_policy = RetryPolicy(attempt=0.1, whole=0.06, backoff=0.001)
    (outcome,) = await outcomes_in_time(script, retry_policy, UNLIMITED, asking=1)
    assert isinstance(outcome, TimedOut)


async def test_trickling_answer_times_out() -> None:
    class Trickle(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            while True:
                yield b" "
                await asyncio.sleep(0.005)

    async def trickle(request: ReceivedRequest) -> httpx.Response:
        return httpx.Response(200, stream=Trickle())

    with pytest.raises(TimedOut):
        await call_scripted({"customers.get": trickle}, lambda a: a.customer("cus_1"))


async def test_cancelled_call_is_released() -> None:
    script = Scripted({"customers.get": hang})
    client = script.client(RetryPolicy())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await client.customer("cus_1")
    await client.aclose()


async def test_key_is_never_shown() -> None:
    echoing = httpx.Response(401, json={"message": f"Invalid secret key: {KEY[:15]}*****", "code": KEY})
    script = Scripted({"customers.get": echoing})
    client = script.client()
    assert repr(client) == "Autumn(http://autumn.test)"
    with pytest.raises(AutumnError) as caught:
        await client.customer("cus_1")
    texts = [str(caught.value), repr(caught.value), repr(vars(caught.value)), repr(script.calls)]
    texts += traceback.format_exception(caught.value)
    assert not [text for text in texts if KEY[:15] in text]
    await client.aclose()


@pytest.mark.parametrize("key", ["am_sk_tést_1", "am_sk_\n_1"])
def test_unsendable_key_is_not_quoted(key: str) -> None:
    with pytest.raises(ValueError, match="contains characters") as caught:
        Autumn(key=SecretStr(key))
    assert key not in str(caught.value)


async def test_space_around_a_key_is_stripped() -> None:
    script = Scripted({"customers.get": ALICE})
    client = Autumn(
        key=SecretStr(f" {KEY}\n"), url="http://autumn.test", transport=httpx.MockTransport(script._answer)
    )
    await client.customer("cus_1")
    assert script.received[0].headers["authorization"] == f"Bearer {KEY}"
    await client.aclose()


@examples(60)
@given(
    customer_id=st.text(), body=st.binary(max_size=30), status=st.sampled_from([200, 204, 302, 404, 429, 500])
)
def test_any_id_and_body_is_a_customer_or_an_autumn_error(customer_id: str, body: bytes, status: int) -> None:
    async def ask() -> None:
        client = Autumn(
            key=SecretStr(KEY),
            url="http://autumn.test",
            retry_policy=QUICK,
            limits=UNLIMITED,
            transport=httpx.MockTransport(lambda _: httpx.Response(status, content=body)),
        )
        try:
            await client.customer(customer_id)
        except AutumnError:
            pass
        finally:
            await client.aclose()

    asyncio.run(ask())


def test_every_request_has_the_headers() -> None:
    questions = inspect.getmembers(Autumn, inspect.iscoroutinefunction)
    assert [name for name, method in questions if not name.startswith("_") and not method.__doc__] == [
        "aclose"
    ]


async def test_invoices_of_an_empty_id_are_not_everybodys() -> None:
    script = Scripted({})
    client = script.client()
    try:
        assert (await client.invoices(customer_id="")).list == []
    finally:
        await client.aclose()
    assert script.routes == []
