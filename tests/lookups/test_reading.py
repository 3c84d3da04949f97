"""Each part of the card: what is requested for it, and what is shown when some of that fails."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import httpx
import pytest

from bot.autumn.errors import (
    AutumnError,
    Forbidden,
    Garbled,
    NotFound,
    RateLimited,
    TimedOut,
    Unavailable,
    Unreachable,
)
from bot.autumn.events import UsageTotal
from bot.autumn.models import Customer, Entity
from bot.autumn.retry_policy import RetryPolicy
from bot.lookups import registry
from bot.lookups.answers import Billing
from bot.lookups.events.card import Events
from bot.lookups.feature.bins import Bin, Usage
from bot.lookups.feature.card import FeatureDetail
from bot.lookups.features.card import Features
from bot.lookups.find.card import NoMatch, SeveralMatches
from bot.lookups.invoices.card import InvoiceList, Invoices
from bot.lookups.invoices.facts import Owed, Unpaid
from bot.lookups.overview.card import Overview
from bot.lookups.part import Answer
from bot.lookups.place import Place, Span
from bot.lookups.products.card import ExpiredProduct, Products
from bot.lookups.readers import find_and_read, read
from tests.autumn.scripted import QUICK, ReceivedRequest, Scripted, error, hang, listing, ok, recorded
from tests.autumn.scripted import Answer as Reply

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
ERIN = Place(customer="cus_erin")

A = TypeVar("A", bound=Answer)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def customer(**fields: Any) -> httpx.Response:
    return ok({"id": "cus_erin", "name": "Erin", **fields})


def answers_by_stripe(card: Reply, stripe: Reply) -> Callable[[ReceivedRequest], Any]:
    """Answers the request that reaches Stripe with one reply, and the others with another."""

    async def answer(request: ReceivedRequest) -> httpx.Response:
        reply = stripe if "invoice_previews" in request.body.get("expand", ()) else card
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx.Response) else await reply(request)

    return answer


async def answer_of(
    kind: type[A],
    script: Scripted,
    place: Place,
    customer_found: Customer | None = None,
    retry_policy: RetryPolicy = QUICK,
) -> A:
    client = script.client(retry_policy)
    try:
        answer: Answer = await read(client, place, now=lambda: NOW, known=customer_found)
    finally:
        await client.aclose()
    assert isinstance(answer, kind)
    assert answer.read_at == NOW
    return answer


# Overview


async def test_overview_takes_three_calls() -> None:
    script = Scripted(
        {"customers.get": recorded("customer of a paid plan"), "invoices.list": recorded("invoices")}
    )
    overview = await answer_of(Overview, script, ERIN)
    assert overview.customer.name == "Erin Paying"
    assert isinstance(overview.billing, Billing)
    assert overview.billing.discounts == ()
    assert overview.billing.upcoming is not None
    assert [preview.total for preview in overview.billing.upcoming] == [20]
    assert isinstance(overview.invoices, InvoiceList)
    assert sorted(sorted(call.body.get("expand", ())) for call in script.received) == [
        [],
        [
            "balances.feature",
            "entities",
            "flags.feature",
            "invoices",
            "purchases.plan",
            "subscriptions.plan",
        ],
        ["invoice_previews", "rewards"],
    ]


async def test_customer_just_found_is_not_read_again() -> None:
    script = Scripted({"customers.get": recorded("customer with a discount"), "invoices.list": error(500)})
    overview = await answer_of(Overview, script, ERIN, customer_found=Customer(id="cus_erin", name="Known"))
    assert overview.customer.name == "Known"
    assert isinstance(overview.billing, Billing)
    assert [discount.id for discount in overview.billing.discounts] == ["off20"]
    assert overview.billing.upcoming is None
    assert isinstance(overview.invoices, Unavailable)
    assert script.routes.count("customers.get") == 1


async def test_both_calls_of_an_overview_run_concurrently() -> None:
    barrier = asyncio.Barrier(2)

    async def meet(request: ReceivedRequest) -> httpx.Response:
        await barrier.wait()
        return customer()

    await answer_of(Overview, Scripted({"customers.get": meet}), ERIN)


@pytest.mark.parametrize(
    ("stripe", "kind"),
    [(hang, TimedOut), (error(500), Unavailable), (httpx.ConnectError(""), Unreachable)],
)
async def test_stripe_may_fail_alone(stripe: Reply, kind: type[AutumnError]) -> None:
    overview = await answer_of(
        Overview, Scripted({"customers.get": answers_by_stripe(customer(), stripe)}), ERIN
    )
    assert overview.customer.name == "Erin"
    assert type(overview.billing) is kind


@pytest.mark.parametrize("part", [part.id for part in registry.PARTS])
@pytest.mark.parametrize(
    ("reply", "kind"), [(recorded("unknown customer"), NotFound), (error(503), Unavailable)]
)
async def test_nothing_read_is_an_error(part: str, reply: Reply, kind: type[AutumnError]) -> None:
    routes = ("customers.get", "features.list", "events.list", "events.aggregate", "invoices.list")
    answers: dict[str, Any] = dict.fromkeys(routes, reply)
    script = Scripted(answers | {"customers/cus_erin/products": reply})
    with pytest.raises(kind):
        await answer_of(Overview, script, Place(customer="cus_erin", part=part, feature="x", expired=True))


# Products


async def test_products_are_read_without_expired_ones() -> None:
    script = Scripted({"customers.get": customer()})
    products = await answer_of(Products, script, ERIN.go("products"))
    assert products.expired is None
    assert script.routes == ["customers.get", "invoices.list"]


async def test_expired_products_are_read_newest_first() -> None:
    bare = {"product_id": "old", "status": "expired", "created_at": 1600000000000, "quantity": 2}
    reply = bare | {
        "product": {"id": "pro", "name": "Pro"},
        "product_id": "pro",
        "starts_at": 1700000000000,
        "canceled_at": 1750000000000,
        "ended_at": 1760000000000,
    }
    nameless = {"product": {"id": "free"}, "status": "expired", "canceled_at": 1650000000000}
    script = Scripted(
        {"customers.get": customer(), "customers/cus_erin/products": listing(bare, nameless, reply)}
    )
    products = await answer_of(Products, script, Place(customer="cus_erin", part="products", expired=True))

    def at(seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, UTC)

    assert products.expired == (
        ExpiredProduct("pro", "Pro", at(1700000000), at(1760000000), Decimal(2)),
        ExpiredProduct("free", "", None, at(1650000000), Decimal(1)),
        ExpiredProduct("old", "", at(1600000000), None, Decimal(2)),
    )


@pytest.mark.parametrize("reply", [recorded("unknown route"), error(403), hang])
async def test_expired_products_may_fail_alone(reply: Reply) -> None:
    script = Scripted({"customers.get": customer(), "customers/cus_erin/products": reply})
    products = await answer_of(Products, script, Place(customer="cus_erin", part="products", expired=True))
    assert products.customer.name == "Erin"
    assert isinstance(products.expired, AutumnError)


# Features


async def test_features_are_read_without_invoices_where_nothing_is_owed() -> None:
    script = Scripted({"customers.get": recorded("customer of a paid plan")})
    features = await answer_of(Features, script, ERIN.go("features"))
    assert list(features.customer.balances) == ["messages"]
    # The only invoice that came with the customer is paid.
    assert features.unpaid == Unpaid()
    assert script.routes == ["customers.get"]


def usage_of(*values: int, name: str = "messages", **fields: Any) -> httpx.Response:
    """One value per day, up to today."""
    midnight = NOW.replace(hour=0, minute=0)
    days = [midnight - DAY * index for index in range(len(values))][::-1]
    bins = [{"period": ms(day), "values": {name: value}} for day, value in zip(days, values, strict=True)]
    count = {"count": len(values), "sum": sum(values)}
    return ok({"list": bins, "total": {name: count, "other": count}, **fields})


def customer_holding(feature_id: str = "messages", subscriptions: Any = (), **balance: Any) -> httpx.Response:
    balances = {feature_id: {"feature_id": feature_id, **balance}}
    return customer(balances=balances, subscriptions=list(subscriptions))


FEATURE = Place(customer="cus_erin", part="feature", feature="messages")


@pytest.mark.parametrize(
    ("span", "range_", "bin_size"),
    [
        (Span.DAY, "24h", "hour"),
        (Span.WEEK, "7d", "day"),
        (Span.MONTH, "30d", "day"),
        (Span.QUARTER, "90d", "day"),
        (Span.CYCLE, "1bc", "day"),
    ],
)
async def test_usage_is_binned_by_its_span(span: Span, range_: str, bin_size: str) -> None:
    script = Scripted(
        {
            "customers.get": customer_holding(),
            "features.list": recorded("features"),
            "events.aggregate": usage_of(*range(31)),
        }
    )
    detail = await answer_of(FeatureDetail, script, FEATURE.at(span=span))
    assert isinstance(detail.usage, Usage)
    assert (int(detail.usage.total), detail.usage.events) == (465, 31)
    assert len(detail.usage.bins) <= 20
    assert detail.usage.start == detail.usage.bins[0].start
    assert detail.usage.end == (NOW if bin_size == "day" else NOW.replace(hour=1, minute=0))
    (call,) = [call for call in script.received if call.route == "events.aggregate"]
    assert call.body == {
        "customer_id": "cus_erin",
        "feature_id": ["messages"],
        "range": range_,
        "bin_size": bin_size,
    }


def row(resets_at: datetime | None, plan: str | None = "pro", interval: str = "month") -> dict[str, Any]:
    resets = {"interval": interval, "resets_at": resets_at and ms(resets_at)}
    return {"plan_id": plan, "reset": resets}


def subscription(start: datetime, plan: str = "pro") -> dict[str, Any]:
    return {"plan_id": plan, "current_period_start": ms(start)}


@pytest.mark.parametrize(
    ("rows", "subscriptions", "start", "bin_size"),
    [
        pytest.param(
            [row(NOW + DAY, None, "week"), row(NOW + 9 * DAY)],
            [subscription(NOW - 5 * DAY)],
            datetime(2026, 11, 1, 12, 30, tzinfo=UTC),
            "day",
            id="the balance's own reset, the plan's row first",
        ),
        pytest.param(
            [row(None, interval="one_off"), {"plan_id": "pro", "reset": None}],
            [subscription(NOW - 50 * DAY, "addon"), subscription(NOW - 5 * DAY)],
            NOW - 5 * DAY,
            "day",
            id="else the subscription's period",
        ),
        pytest.param(
            [row(NOW + DAY / 2, interval="day")], [], NOW - DAY / 2, "hour", id="a short cycle by the hour"
        ),
        pytest.param(
            [row(NOW + 60 * DAY), row(NOW)], [], None, "day", id="none has begun: Autumn knows best"
        ),
    ],
)
async def test_cycle_is_the_balances_cycle(
    rows: list[Any], subscriptions: list[Any], start: datetime | None, bin_size: str
) -> None:
    script = Scripted(
        {
            "customers.get": customer_holding(breakdown=rows, subscriptions=subscriptions),
            "features.list": recorded("features"),
            "events.aggregate": usage_of(1, 1),
        }
    )
    detail = await answer_of(FeatureDetail, script, FEATURE.at(span=Span.CYCLE))
    assert isinstance(detail.usage, Usage)
    (call,) = [call for call in script.received if call.route == "events.aggregate"]
    assert call.body["bin_size"] == bin_size
    assert call.body.get("range") == (None if start else "1bc")
    assert call.body.get("custom_range") == ({"start": ms(start), "end": ms(NOW)} if start else None)


ENTITY = {
    "id": "ws_1",
    "name": "Workspace",
    "balances": {"messages": {"feature_id": "messages", "breakdown": [row(NOW + 9 * DAY)]}},
}


async def test_usage_of_an_entity_is_read_for_it_and_its_cycle() -> None:
    script = Scripted(
        {
            "customers.get": customer_holding(breakdown=[row(NOW + 2 * DAY)]),
            "entities.get": ok(ENTITY),
            "features.list": recorded("features"),
            "events.aggregate": usage_of(1, 2),
        }
    )
    place = ERIN.of_entity("ws_1").of_feature("messages")
    detail = await answer_of(FeatureDetail, script, place)
    assert isinstance(detail.usage, Usage)
    assert isinstance(detail.entity, Entity)
    assert (detail.entity.name, detail.usage.total) == ("Workspace", Decimal(3))
    (call,) = [call for call in script.received if call.route == "events.aggregate"]
    start = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    assert call.body == {
        "customer_id": "cus_erin",
        "entity_id": "ws_1",
        "feature_id": ["messages"],
        "custom_range": {"start": ms(start), "end": ms(NOW)},
        "bin_size": "day",
    }


@pytest.mark.parametrize(("reply", "kind"), [(error(404), type(None)), (error(500), AutumnError)])
async def test_unreadable_entity_leaves_no_usage(reply: Any, kind: type) -> None:
    script = Scripted(
        {
            "customers.get": customer_holding(),
            "entities.get": reply,
            "features.list": recorded("features"),
            "events.aggregate": usage_of(1, 2),
        }
    )
    place = ERIN.of_entity("ws_1").of_feature("messages")
    detail = await answer_of(FeatureDetail, script, place)
    assert isinstance(detail.entity, kind)
    assert not isinstance(detail.usage, Usage)


async def test_missing_balance_has_no_cycle() -> None:
    script = Scripted(
        {"customers.get": customer(), "features.list": listing(), "events.aggregate": usage_of(1)}
    )
    detail = await answer_of(FeatureDetail, script, FEATURE.at(span=Span.CYCLE))
    assert detail.usage is None


async def test_usage_is_read_by_the_tracked_names() -> None:
    reply = ok(
        {
            "list": [{"period": ms(NOW - DAY), "values": {"messages": 1, "sms": 2, "odd": 5}}],
            "total": {"messages": {"count": 1, "sum": 1}, "sms": {"count": 2, "sum": 2}},
        }
    )
    features = listing({"id": "messages", "type": "metered", "event_names": ["sms", "mms"]})
    script = Scripted(
        {"customers.get": customer_holding(), "features.list": features, "events.aggregate": reply}
    )
    detail = await answer_of(FeatureDetail, script, FEATURE)
    assert detail.usage == Usage((Bin(NOW - DAY, NOW, Decimal(3)),), Decimal(3), 3, NOW - DAY, NOW)


CREDITS = FEATURE.at(feature="credits")


async def test_usage_of_credits_is_the_deducted_amount() -> None:
    deduction = {"feature_type": "credit_system", "deducted": 4.5, "events": 2, "balances": []}
    deductions = [
        {"period": ms(NOW.replace(hour=0, minute=0)), "values": {"credits": deduction, "tokens": deduction}},
        {"period": ms(NOW.replace(hour=0, minute=0) - DAY), "values": {"tokens": deduction}},
    ]
    script = Scripted(
        {
            "customers.get": customer_holding("credits"),
            "features.list": recorded("features"),
            "events.aggregate": usage_of(9, 9, 9, name="tokens", deductions=deductions),
        }
    )
    detail = await answer_of(FeatureDetail, script, CREDITS)
    assert isinstance(detail.usage, Usage)
    assert [bin_.value for bin_ in detail.usage.bins] == [0, 0, Decimal("4.5")]
    assert (detail.usage.total, detail.usage.events) == (Decimal("4.5"), 2)
    (call,) = [call for call in script.received if call.route == "events.aggregate"]
    assert (call.body["feature_id"], call.body["aggregate_on"]) == (["credits", "tokens"], "deducted")


@pytest.mark.parametrize("deductions", [None, []])
async def test_credits_without_deductions_are_charted_by_their_features(
    deductions: list[Any] | None,
) -> None:
    script = Scripted(
        {
            "customers.get": customer_holding("credits"),
            "features.list": recorded("features"),
            "events.aggregate": usage_of(9, 3, name="tokens", deductions=deductions),
        }
    )
    detail = await answer_of(FeatureDetail, script, CREDITS)
    assert isinstance(detail.usage, Usage)
    assert [bin_.value for bin_ in detail.usage.bins] == [Decimal("4.5"), Decimal("1.5")]
    (tokens,) = detail.usage.spent_by
    assert (tokens.name, tokens.units) == ("Tokens", Decimal(12))
    assert tokens.credits == (Decimal("4.5"), Decimal("1.5"))
    assert detail.usage.events == tokens.events > 0


@pytest.mark.parametrize(
    ("feature_ids", "cost"),
    [(("credits", "tokens"), 0.5), (("credits",), {"input": 1})],
    ids=["own", "tiers"],
)
async def test_credits_without_deductions_are_not_guessed(feature_ids: tuple[str, ...], cost: Any) -> None:
    features = json.loads(recorded("features").content)
    features["list"][-1]["credit_schema"][0]["credit_cost"] = cost
    script = Scripted(
        {
            "customers.get": customer(
                balances={feature_id: {"feature_id": feature_id} for feature_id in feature_ids}
            ),
            "features.list": ok(features),
            "events.aggregate": usage_of(9, name="tokens"),
        }
    )
    detail = await answer_of(FeatureDetail, script, CREDITS)
    assert isinstance(detail.usage, Garbled)


async def test_usage_without_bins_is_empty() -> None:
    script = Scripted(
        {
            "customers.get": customer_holding(),
            "features.list": recorded("features"),
            "events.aggregate": ok({"list": [], "total": {}}),
        }
    )
    detail = await answer_of(FeatureDetail, script, FEATURE)
    assert detail.usage == Usage((), Decimal(0), 0, NOW, NOW)


@pytest.mark.parametrize("features", [recorded("features"), error(403), listing()])
async def test_boolean_feature_has_no_usage(features: Reply) -> None:
    sso = {"sso": {"feature_id": "sso", "feature": {"id": "sso", "type": "boolean"}}}
    script = Scripted(
        {"customers.get": customer(flags=sso), "features.list": features, "events.aggregate": error(500)}
    )
    detail = await answer_of(FeatureDetail, script, FEATURE.at(feature="sso"))
    assert detail.usage is None
    assert "events.aggregate" not in script.routes


async def test_boolean_feature_held_as_a_balance_has_no_usage() -> None:
    script = Scripted(
        {
            "customers.get": customer_holding("sso"),
            "features.list": recorded("features"),
            "events.aggregate": hang,
        }
    )
    detail = await answer_of(FeatureDetail, script, FEATURE.at(feature="sso"))
    assert detail.usage is None


@pytest.mark.parametrize(
    ("expanded", "names"),
    [
        ({"id": "credits", "type": "credit_system", "credit_schema": [{"metered_feature_id": "t"}]}, ["t"]),
        (None, []),
    ],
)
async def test_customers_own_features_replace_the_list(
    expanded: dict[str, Any] | None, names: list[str]
) -> None:
    script = Scripted(
        {
            "customers.get": customer_holding("credits", feature=expanded),
            "features.list": error(403, "insufficient_scopes"),
            "events.aggregate": usage_of(1, name="credits", deductions=[]),
        }
    )
    detail = await answer_of(FeatureDetail, script, CREDITS)
    assert isinstance(detail.usage, Usage)
    (call,) = [call for call in script.received if call.route == "events.aggregate"]
    assert call.body["feature_id"] == ["credits", *names]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (recorded("no analytics"), Unavailable),
        (recorded("too many requests"), RateLimited),
        (recorded("missing scope"), Forbidden),
        (hang, TimedOut),
        (ok([]), Garbled),
    ],
)
async def test_usage_may_fail_alone(reply: Reply, kind: type[AutumnError]) -> None:
    script = Scripted(
        {
            "customers.get": customer_holding(),
            "features.list": recorded("features"),
            "events.aggregate": reply,
        }
    )
    detail = await answer_of(FeatureDetail, script, FEATURE)
    assert detail.customer.name == "Erin"
    assert type(detail.usage) is kind


async def test_usage_that_times_out_leaves_the_customer() -> None:
    async def late(request: ReceivedRequest) -> httpx.Response:
        await asyncio.sleep(0.1)
        return customer_holding()

    script = Scripted({"customers.get": late, "features.list": hang, "events.aggregate": hang})
    soon = RetryPolicy(part=0.02)
    detail = await answer_of(FeatureDetail, script, FEATURE.at(span=Span.CYCLE), retry_policy=soon)
    assert detail.customer.name == "Erin"
    assert isinstance(detail.usage, TimedOut)


# Invoices


INVOICES = ERIN.go("invoices")


async def test_invoices_are_read_with_the_next_one() -> None:
    script = Scripted(
        {"customers.get": recorded("customer of a paid plan"), "invoices.list": recorded("invoices")}
    )
    invoices = await answer_of(Invoices, script, INVOICES)
    assert isinstance(invoices.customer, Customer)
    assert isinstance(invoices.invoices, tuple)
    assert [invoice.status for invoice in invoices.invoices] == ["paid", "open", "paid"]
    assert isinstance(invoices.upcoming, tuple)
    assert not invoices.more
    (call,) = [call for call in script.received if call.route == "invoices.list"]
    assert call.body == {"customer_id": "cus_erin", "limit": 200, "start_cursor": ""}


async def test_invoices_are_filtered_by_status_and_extended() -> None:
    script = Scripted({"customers.get": customer(), "invoices.list": listing({"id": "inv_1"}, cursor="c")})
    invoices = await answer_of(
        Invoices, script, INVOICES.at(status="open"), customer_found=Customer(id="cus_erin")
    )
    assert invoices.more
    assert invoices.upcoming is None
    call = [call.body["status"] for call in script.received if call.route == "invoices.list"]
    assert sorted(call) == [["open"], ["open", "uncollectible"]]


@pytest.mark.parametrize(
    ("card", "stripe", "listed", "fails"),
    [
        pytest.param(customer(), hang, listing(), {"upcoming"}, id="Stripe dawdles"),
        pytest.param(customer(), customer(), hang, {"invoices"}, id="the list dawdles"),
        pytest.param(error(500), error(500), listing(), {"customer", "upcoming"}, id="no customer"),
        pytest.param(customer(), error(500), error(403), {"invoices", "upcoming"}, id="only the customer"),
    ],
)
async def test_parts_of_the_invoices_fail_separately(
    card: Reply, stripe: Reply, listed: Reply, fails: set[str]
) -> None:
    script = Scripted({"customers.get": answers_by_stripe(card, stripe), "invoices.list": listed})
    invoices = await answer_of(Invoices, script, INVOICES)
    parts = ("customer", "invoices", "upcoming")
    assert {part for part in parts if isinstance(getattr(invoices, part), AutumnError)} == fails


def unpaid_list(*rows: dict[str, Any], cursor: str | None = None) -> Reply:
    """The unpaid invoices where they are requested, and otherwise a first page of paid ones."""

    async def answer(request: ReceivedRequest) -> httpx.Response:
        if request.body.get("status") == ["open", "uncollectible"]:
            return listing(*rows, cursor=cursor)
        return listing(*[{"status": "paid", "total": 9, "currency": "usd"}] * 200, cursor="older")

    return answer


@pytest.mark.parametrize("cursor", [None, "more"])
async def test_unpaid_invoices_beyond_the_first_page_are_counted(cursor: str | None) -> None:
    owed = (
        {"status": "open", "total": 200, "amount_paid": 150, "currency": "usd"},
        {"status": "uncollectible", "total": 7, "currency": "eur"},
    )
    script = Scripted({"customers.get": customer(), "invoices.list": unpaid_list(*owed, cursor=cursor)})
    unpaid = Unpaid((Owed("USD", 1, Decimal(50)), Owed("EUR", 1, Decimal(7))), at_least=cursor is not None)
    overview = await answer_of(Overview, script, ERIN)
    assert isinstance(overview.invoices, InvoiceList)
    assert (overview.invoices.more, overview.invoices.unpaid) == (True, unpaid)
    invoices = await answer_of(Invoices, script, INVOICES)
    assert (invoices.more, invoices.unpaid) == (True, unpaid)
    paid = await answer_of(Invoices, script, INVOICES.at(status="paid"))
    assert paid.unpaid == unpaid
    products = await answer_of(Products, script, ERIN.go("products"))
    features = await answer_of(Features, script, ERIN.go("features"))
    assert (products.unpaid, features.unpaid) == (unpaid, unpaid)


async def test_unpaid_invoices_may_fail_alone() -> None:
    script = Scripted({"customers.get": customer(), "invoices.list": error(503)})
    products = await answer_of(Products, script, ERIN.go("products"))
    assert isinstance(products.unpaid, Unavailable)


async def test_one_time_coupon_is_deducted_from_one_invoice_on_every_part() -> None:
    """Autumn deducts it from each of the coming invoices."""
    off = [{"amount_off": 10, "percent_off": 10, "reward_id": "once"}]
    line = {"subtotal": 100, "total": 90, "discounts": off}
    coming = [
        {"invoice_at": ms(NOW + days * DAY), "currency": "usd", "total": 90, "line_items": [line]}
        for days in (9, 3)
    ]
    discount = {"id": "once", "type": "percentage_discount", "discount_value": 10, "duration_type": "one_off"}
    reply = customer(invoice_previews=coming, rewards={"discounts": [discount]})
    script = Scripted({"customers.get": reply, "invoices.list": listing()})
    overview = await answer_of(Overview, script, ERIN)
    assert isinstance(overview.billing, Billing)
    invoices = await answer_of(Invoices, script, INVOICES)
    for upcoming in (overview.billing.upcoming, invoices.upcoming):
        assert isinstance(upcoming, tuple)
        assert [invoice_preview.total for invoice_preview in upcoming] == [100, 90]


# Events


EVENTS = ERIN.go("events")


def script_with_events(**reply: Reply) -> Scripted:
    answers: dict[str, Any] = {
        "customers.get": customer(),
        "features.list": recorded("features"),
        "events.list": recorded("events"),
        "events.aggregate": recorded("usage of a week"),
    }
    named = {name.replace("_", "."): answer for name, answer in reply.items()}
    return Scripted(answers | named)


async def test_events_are_read_with_totals() -> None:
    script = script_with_events()
    until = datetime(2026, 11, 22, 20, 3, 24, 600_000, tzinfo=UTC)
    events = await answer_of(Events, script, EVENTS.at(until=ms(until), span=Span.WEEK))
    assert isinstance(events.events, tuple)
    assert [event.value for event in events.events] == [1, 3, 10, 7]
    assert all(event.timestamp <= until for event in events.events)
    assert events.totals == {"messages": UsageTotal(count=4, sum=Decimal(13))}
    assert events.features["messages"].name == "Messages"
    assert (events.until, events.more) == (until, False)
    between = {"start": ms(until - 7 * DAY), "end": ms(until)}
    call = {call.route: call.body for call in script.received}
    assert call["events.list"] == {
        "customer_id": "cus_erin",
        "custom_range": between,
        "limit": 200,
        "start_cursor": "",
    }
    assert call["events.aggregate"] == {
        "customer_id": "cus_erin",
        "feature_id": ["messages", "api_calls", "seats", "tokens"],
        "custom_range": between,
        "bin_size": "day",
    }


@pytest.mark.parametrize(
    ("span", "days"), [(Span.DAY, 1), (Span.MONTH, 30), (Span.QUARTER, 90), (Span.CYCLE, 30)]
)
async def test_events_are_read_up_to_now(span: Span, days: int) -> None:
    script = script_with_events(events_list=listing(cursor="c"))
    events = await answer_of(Events, script, EVENTS.at(span=span), customer_found=Customer(id="cus_erin"))
    assert (events.events, events.until, events.more) == ((), NOW, True)
    (call,) = [call for call in script.received if call.route == "events.list"]
    assert call.body["custom_range"] == {"start": ms(NOW - days * DAY), "end": ms(NOW)}
    assert "customers.get" not in script.routes


@pytest.mark.parametrize(
    ("feature", "features", "names"),
    [
        ("credits", recorded("features"), ["credits", "tokens"]),
        ("messages", error(403), ["messages"]),
    ],
)
async def test_events_of_one_feature(feature: str, features: Reply, names: list[str]) -> None:
    script = script_with_events(features_list=features)
    await answer_of(Events, script, EVENTS.at(feature=feature))
    call = [call.body["feature_id"] for call in script.received if call.route.startswith("events.")]
    assert call == [names, names]


async def test_totals_have_every_listed_feature() -> None:
    """Events are stored under names that the list of features no longer has."""
    rows = [
        {"id": f"evt_{name}", "timestamp": ms(NOW), "feature_id": name, "value": 2}
        for name in ("messages", "retired", "credits")
    ]

    async def aggregate(request: ReceivedRequest) -> httpx.Response:
        return ok(
            {"list": [], "total": {name: {"count": 1, "sum": 2} for name in request.body["feature_id"]}}
        )

    script = script_with_events(events_list=listing(*rows), events_aggregate=aggregate)
    events = await answer_of(Events, script, EVENTS)
    assert isinstance(events.totals, dict)
    assert {"messages", "retired", "credits"} <= set(events.totals)
    request = [call.body["feature_id"] for call in script.received if call.route == "events.aggregate"]
    assert request == [["messages", "api_calls", "seats", "tokens"], ["credits", "retired"]]


async def test_totals_without_a_listed_feature_are_not_shown() -> None:
    row = {"id": "evt_1", "timestamp": ms(NOW), "feature_id": "retired", "value": 2}
    answers = [recorded("usage of a week"), error(500)]
    script = script_with_events(events_list=listing(row))
    script.answers["events.aggregate"] = answers
    events = await answer_of(Events, script, EVENTS)
    assert isinstance(events.totals, Unavailable)


async def test_untracked_features_have_no_totals() -> None:
    script = script_with_events(features_list=listing(), events_list=listing())
    events = await answer_of(Events, script, EVENTS)
    assert events.totals == {}
    assert "events.aggregate" not in script.routes


@pytest.mark.parametrize(
    ("reply", "fails"),
    [
        pytest.param({"events_aggregate": error(500)}, {"totals"}, id="no totals"),
        pytest.param({"events_aggregate": hang}, {"totals"}, id="totals dawdle"),
        pytest.param({"features_list": error(403)}, {"totals"}, id="no features"),
        pytest.param({"features_list": hang}, {"totals"}, id="features dawdle"),
        pytest.param({"events_list": hang}, {"events"}, id="events dawdle"),
        pytest.param({"customers_get": error(500)}, {"customer"}, id="no customer"),
        pytest.param(
            {"events_list": error(500), "events_aggregate": error(500)},
            {"events", "totals"},
            id="no analytics",
        ),
    ],
)
async def test_parts_of_the_events_fail_separately(reply: dict[str, Reply], fails: set[str]) -> None:
    events = await answer_of(Events, script_with_events(**reply), EVENTS)
    parts = ("customer", "events", "totals")
    assert {part for part in parts if isinstance(getattr(events, part), AutumnError)} == fails
    assert bool(events.features) == ("features_list" not in reply)


# Finding a customer and reading a part in one step


async def look_up(script: Scripted, query: str, part: str = "overview") -> Any:
    client = script.client()
    try:
        return await find_and_read(client, query, Place(customer="", part=part), now=lambda: NOW)
    finally:
        await client.aclose()


async def test_id_is_looked_up_in_three_calls() -> None:
    script = Scripted({"customers.get": customer()})
    place, answer = await look_up(script, " cus_erin ")
    assert place == ERIN
    assert isinstance(answer, Overview)
    assert sorted(script.routes) == ["customers.get", "customers.get", "invoices.list"]


@pytest.mark.parametrize("query", ["erin", "erin@example.com"])
async def test_customer_found_by_name_is_read(query: str) -> None:
    async def by_id(request: ReceivedRequest) -> httpx.Response:
        return customer() if request.body["customer_id"] == "cus_erin" else recorded("unknown customer")

    matches = listing({"id": "cus_erin", "name": "Erin", "email": "erin@example.com"})
    script = Scripted({"customers.get": by_id, "customers.list": matches, "invoices.list": listing()})
    place, answer = await look_up(script, query, "invoices")
    assert place == INVOICES
    assert isinstance(answer, Invoices)


ERIN_FOUND = listing({"id": "cus_erin", "name": "Erin", "email": "erin@example.com"})


async def test_customer_found_by_email_is_read_in_three_calls() -> None:
    reply = recorded("customer of a paid plan")
    script = Scripted({"customers.get": reply, "customers.list": ERIN_FOUND})
    place, overview = await look_up(script, "erin@example.com")
    assert place == ERIN
    assert overview.customer.name == "Erin Paying"
    assert [preview.total for preview in overview.billing.upcoming] == [20]
    assert script.routes[0] == "customers.list"
    assert sorted(script.routes[1:]) == ["customers.get", "invoices.list"]


@pytest.mark.parametrize("stripe", [hang, error(500)])
async def test_search_takes_more_calls_where_stripe_fails(stripe: Reply) -> None:
    script = Scripted({"customers.get": answers_by_stripe(customer(), stripe), "customers.list": ERIN_FOUND})
    _, overview = await look_up(script, "erin@example.com")
    assert overview.customer.name == "Erin"
    assert isinstance(overview.billing, AutumnError)


async def test_several_matches_and_no_match_are_returned() -> None:
    two = listing({"id": "cus_1", "name": "Erin A"}, {"id": "cus_2", "name": "Erin B"})
    script = Scripted({"customers.get": recorded("unknown customer"), "customers.list": [two, listing()]})
    assert isinstance(await look_up(script, "erin"), SeveralMatches)
    assert await look_up(script, "erin") == NoMatch("erin")
    assert await look_up(script, "") == NoMatch("")
