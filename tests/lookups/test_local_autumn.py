"""Every part of every customer in the local Autumn's seed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, Forbidden, NotFound, Unauthorized
from bot.lookups.feature.bins import Usage
from bot.lookups.feature.card import FeatureDetail
from bot.lookups.features.card import Features
from bot.lookups.find.card import NoMatch, SeveralMatches, SingleMatch
from bot.lookups.find.search import find, search
from bot.lookups.overview.card import Overview
from bot.lookups.part import Answer
from bot.lookups.place import Place, Span
from bot.lookups.readers import find_and_read, read
from sandbox.autumn import LocalAutumn, LocalLimits
from tests.autumn.scripted import UNLIMITED
from tests.lookups.demo import leave_few_of_the_crowd


@pytest.fixture
async def local() -> AsyncIterator[LocalAutumn]:
    async with LocalAutumn.running(seed="demo", limits=LocalLimits.off()) as running:
        leave_few_of_the_crowd(running)
        yield running


@asynccontextmanager
async def client_of(local: LocalAutumn, key: str = "") -> AsyncIterator[Autumn]:
    client = Autumn(key=SecretStr(key or local.key), url=local.url, limits=UNLIMITED)
    try:
        yield client
    finally:
        await client.aclose()


@pytest.fixture
async def client(local: LocalAutumn) -> AsyncIterator[Autumn]:
    async with client_of(local) as client:
        yield client


def now() -> datetime:
    return datetime.now(UTC)


def errors_in(answer: Answer) -> list[Any]:
    return [
        value
        for value in (getattr(answer, field.name) for field in fields(answer))
        if isinstance(value, AutumnError)
    ]


async def ids(client: Autumn) -> list[str]:
    customer_ids: list[str] = []
    cursor = ""
    while True:
        page = await client.customers(limit=7, cursor=cursor)
        customer_ids += [customer.id for customer in page.list if customer.id]
        cursor = page.next_cursor or ""
        if not cursor:
            return customer_ids


def places(customer_id: str) -> list[Place]:
    return [
        Place(customer=customer_id),
        Place(customer=customer_id, part="products", expired=True),
        Place(customer=customer_id, part="invoices"),
        Place(customer=customer_id, part="events", span=Span.WEEK),
    ]


async def test_every_part_of_every_customer(local: LocalAutumn, client: Autumn) -> None:
    everyone = [customer.id for customer in local.state.customers if customer.id]
    assert len(everyone) >= 40
    for customer_id in everyone:
        answers = await asyncio.gather(*(read(client, place, now=now) for place in places(customer_id)))
        assert [errors_in(answer) for answer in answers] == [[]] * len(answers), customer_id


async def test_every_feature_of_every_customer(local: LocalAutumn, client: Autumn) -> None:
    used = 0
    for customer in [customer for customer in local.state.customers if customer.id]:
        assert customer.id
        features = await read(client, Place(customer=customer.id, part="features"), now=now)
        assert isinstance(features, Features)
        details = await asyncio.gather(
            *(
                read(
                    client,
                    Place(customer=customer.id, part="feature", feature=feature_id, span=span),
                    now=now,
                )
                for feature_id, span in zip(
                    features.customer.balances, (Span.CYCLE, Span.MONTH), strict=False
                )
            )
        )
        for detail in details:
            assert isinstance(detail, FeatureDetail)
            assert isinstance(detail.usage, Usage), customer.id
            assert len(detail.usage.bins) <= 20
            used += bool(detail.usage.total)
    assert used > 10


async def test_overview_reads_invoices_only_where_there_are_some(local: LocalAutumn, client: Autumn) -> None:
    for customer_id, calls in (("cus_acme", 3), ("cus_empty", 2)):
        before = len(local.calls)
        answer = await find_and_read(client, customer_id, now=now)
        assert isinstance(answer, tuple), customer_id
        assert isinstance(answer[1], Overview), customer_id
        assert len(local.calls) - before == calls, customer_id


async def test_every_customer_is_found_by_id_and_email(local: LocalAutumn, client: Autumn) -> None:
    for customer in local.state.customers:
        if customer.id:
            by_id = await find(client, customer.id)
            assert isinstance(by_id, SingleMatch)
            assert by_id.customer_id == customer.id
        if customer.email:
            listed = await search(client, customer.email)
            assert isinstance(listed, SeveralMatches)
            assert any(match.email == customer.email for match in listed.matches)
    assert isinstance(await find(client, "nobody at all"), NoMatch)
    assert not local.ledger


async def test_key_without_scopes_and_wrong_key_are_errors(local: LocalAutumn, client: Autumn) -> None:
    async with client_of(local, local.keys(scopes=["features:read"])) as few:
        with pytest.raises(Forbidden):
            await few.customers()
    async with client_of(local, "am_sk_test_wrong") as wrong:
        with pytest.raises(Unauthorized):
            await wrong.organization()
    with pytest.raises(NotFound):
        await client.customer("a b")
