"""Features and plans: the names under which usage is tracked, and names for ids that come without one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.autumn.errors import AutumnError
from bot.autumn.models import Feature
from bot.lookups.catalogue import by_name, catalogue, names, tracked
from bot.lookups.feature.card import FeatureDetail
from bot.lookups.invoices.card import Invoices
from bot.lookups.overview.card import Overview
from bot.lookups.place import Place
from bot.lookups.products.card import Products
from bot.lookups.readers import find_and_read, read
from tests.autumn.scripted import Answer, Scripted, error, listing, ok, recorded

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
CUSTOMER = {
    "id": "cus_1",
    "subscriptions": [
        {"plan_id": "pro", "plan": {"id": "pro", "name": "Pro", "items": [{"feature_id": "exports"}]}},
    ],
    "balances": {
        "credits": {
            "feature_id": "credits",
            "feature": {
                "id": "credits",
                "name": "Credits",
                "type": "credit_system",
                "credit_schema": [{"metered_feature_id": "tokens", "credit_cost": 1}],
            },
            "breakdown": [{"plan_id": "old"}],
        }
    },
    "flags": {"sso": {"feature_id": "sso", "feature": {"id": "sso", "name": "Sign-on"}}},
}
KNOWN = {**CUSTOMER, "balances": {}, "subscriptions": []}
PLANS = listing({"id": "old", "name": "Old Plan"}, {"id": "pro", "name": "Pro"}, {"id": "none", "name": ""})
FEATURES = listing({"id": "tokens", "name": "Tokens"}, {"id": "exports", "name": "Exports"}, {"id": "x"})

PLACES = [
    (Place(customer="cus_1"), {"old"}, set()),
    (Place(customer="cus_1", part="invoices"), {"old"}, set()),
    (Place(customer="cus_1", part="products"), set(), {"exports"}),
    (Place(customer="cus_1", part="products", expired=True), {"old"}, {"exports"}),
    (Place(customer="cus_1", part="feature", feature="credits"), {"old"}, {"tokens"}),
]


CATALOGUE = {
    feature.id: feature
    for feature in (
        Feature(id="messages", type="metered", event_names=["message.sent", "sms"]),
        Feature(id="tokens", type="metered", event_names=["completion"]),
        Feature(id="sso", type="boolean"),
        Feature(
            id="credits",
            type="credit_system",
            credit_schema=[{"metered_feature_id": "tokens"}, {"metered_feature_id": "gone"}],
        ),
        Feature(id="sms", type="metered"),
    )
}


def test_feature_is_tracked_by_id_and_event_names() -> None:
    assert names("messages", CATALOGUE) == ("messages", "message.sent", "sms")
    assert names("sso", CATALOGUE) == ("sso",)
    assert names("unknown", CATALOGUE) == ("unknown",)
    assert names("credits", CATALOGUE) == ("credits", "tokens", "completion", "gone")


def test_every_tracked_name_is_listed_once() -> None:
    assert tracked(CATALOGUE) == ("messages", "message.sent", "sms", "tokens", "completion")


def test_id_wins_over_an_event_of_the_same_name() -> None:
    features = by_name(CATALOGUE)
    assert features["sms"].id == "sms"
    assert features["completion"].id == "tokens"


async def test_features_are_keyed_by_id() -> None:
    client = Scripted({"features.list": recorded("features")}).client()
    assert (await catalogue(client))["credits"].credit_costs[0].metered_feature_id == "tokens"
    await client.aclose()


def script(**answers: Answer) -> Scripted:
    replies: dict[str, Any] = {
        "customers.get": ok(CUSTOMER),
        "invoices.list": listing({"id": "in_1", "plan_ids": ["old"], "status": "paid"}),
        "customers/cus_1/products": listing({"status": "expired", "product_id": "old"}),
        "plans.list": PLANS,
        "features.list": FEATURES,
        "events.aggregate": ok({"list": [], "total": {}}),
        **{name.replace("_", "."): answer for name, answer in answers.items()},
    }
    return Scripted(replies)


@pytest.mark.parametrize(("place", "plans", "features"), PLACES)
async def test_names_the_customer_lacks_are_read(place: Place, plans: set[str], features: set[str]) -> None:
    client = script().client()
    answer = await read(client, place, now=lambda: NOW)
    assert isinstance(answer, Overview | Products | FeatureDetail | Invoices)
    assert plans <= set(answer.names.plans)
    assert features <= set(answer.names.features)
    assert bool(answer.names.plans) is bool(plans)
    assert bool(answer.names.features) is bool(features)
    assert "" not in (*answer.names.plans.values(), *answer.names.features.values())
    await client.aclose()


@pytest.mark.parametrize(("place", "plans", "features"), PLACES)
async def test_ids_replace_missing_names(place: Place, plans: set[str], features: set[str]) -> None:
    client = script(plans_list=error(500), features_list=error(403)).client()
    answer = await read(client, place, now=lambda: NOW)
    assert isinstance(answer, Overview | Products | FeatureDetail | Invoices)
    assert (answer.names.plans, answer.names.features) == ({}, {})
    await client.aclose()


async def test_lists_are_read_only_for_missing_names() -> None:
    lacking = script(customers_get=ok(KNOWN), invoices_list=listing())
    client = lacking.client()
    for part in ("overview", "products", "features", "invoices"):
        await read(client, Place(customer="cus_1", part=part), now=lambda: NOW)
    assert not {"plans.list", "features.list"} & set(lacking.routes)
    await client.aclose()


async def test_failed_reading_needs_no_names() -> None:
    client = script(invoices_list=error(500)).client()
    overview = await read(client, Place(customer="cus_1"), now=lambda: NOW)
    assert isinstance(overview, Overview)
    assert isinstance(overview.invoices, AutumnError)
    assert overview.names.plans == {}
    invoices = await read(client, Place(customer="cus_1", part="invoices"), now=lambda: NOW)
    assert isinstance(invoices, Invoices)
    assert invoices.names.plans == {}
    await client.aclose()
    client = script(customers_get=error(500)).client()
    invoices = await read(client, Place(customer="cus_1", part="invoices"), now=lambda: NOW)
    assert isinstance(invoices, Invoices)
    assert set(invoices.names.plans) == {"old", "pro"}
    await client.aclose()


async def test_customer_found_by_search_has_names_too() -> None:
    scripted = script(customers_list=listing({"id": "cus_1", "name": "Acme Ltd"}))
    client = scripted.client()
    looked_up = await find_and_read(client, "Acme Ltd", now=lambda: NOW)
    assert isinstance(looked_up, tuple)
    assert isinstance(looked_up[1], Overview)
    assert looked_up[1].names.plans["old"] == "Old Plan"
    searches = [call.body for call in scripted.received if call.route == "customers.list"]
    assert all(body["expand"] == ["subscriptions.plan"] for body in searches)
    await client.aclose()
