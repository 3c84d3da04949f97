"""Every customer is read once, wherever Autumn's pages end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.autumn.client import Autumn
from bot.autumn.errors import Unavailable
from bot.lookups.finder import read
from bot.lookups.finder.card import Listed
from bot.lookups.finder.filters import ListQuery, Order, StatusFilter
from bot.lookups.finder.read import listed
from sandbox.autumn import LocalAutumn, LocalLimits
from tests.autumn.scripted import UNLIMITED, Answer, Scripted, listing
from tests.lookups.demo import leave_few_of_the_crowd

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
async def local() -> AsyncIterator[LocalAutumn]:
    async with LocalAutumn.running(seed="demo", clock=NOW, limits=LocalLimits.off()) as running:
        leave_few_of_the_crowd(running)
        yield running


@asynccontextmanager
async def client_of(local: LocalAutumn) -> AsyncIterator[Autumn]:
    client = Autumn(key=SecretStr(local.key), url=local.url, limits=UNLIMITED)
    try:
        yield client
    finally:
        await client.aclose()


async def read_list(local: LocalAutumn, query: ListQuery) -> Listed:
    async with client_of(local) as client:
        return await listed(client, query, now=lambda: NOW)


def ids(answer: Listed) -> list[str | None]:
    return [customer.get("id") for customer in answer.customers]


@pytest.mark.parametrize("order", [Order.NEWEST, Order.OLDEST])
async def test_no_customer_is_lost_where_a_page_ends_without_an_id(
    local: LocalAutumn, monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    monkeypatch.setattr(read, "MOST_READ", 200)
    everyone = list(local.state.customers.scan(descending=order is Order.NEWEST, matches=lambda _: True))
    assert sum(customer.id is None for customer in everyone) > 0
    for size in (2, 3, 7, 500):
        monkeypatch.setattr(read, "PAGE", size)
        everybody = await read_list(local, ListQuery(order=order))
        assert everybody.complete, size
        assert sorted(map(str, ids(everybody))) == sorted(str(customer.id) for customer in everyone), size
        created = [customer.get("created_at") or 0 for customer in everybody.customers]
        assert created == sorted(created, reverse=order is Order.NEWEST), size


def customer_row(number: int, customer_id: str | None = "") -> dict[str, Any]:
    """The higher the number, the newer the customer."""
    own_id = f"cus_{number}" if customer_id == "" else customer_id
    return {"id": own_id, "name": f"Name {number}", "created_at": 1_780_000_000_000 + number}


async def list_from(*answers: Answer, query: ListQuery) -> tuple[Listed, list[dict[str, Any]]]:
    """The list made from these answers, and the bodies of the requests to Autumn."""
    script = Scripted({"customers.list": answers})
    client = script.client()
    try:
        return await listed(client, query, now=lambda: NOW), [call.body for call in script.received]
    finally:
        await client.aclose()


async def test_page_that_ends_early_does_not_end_the_list() -> None:
    answer, bodies = await list_from(
        listing(customer_row(5), cursor="more"),
        listing(cursor="still more"),
        listing(customer_row(4), customer_row(3)),
        query=ListQuery(),
    )
    assert ids(answer) == ["cus_5", "cus_4", "cus_3"]
    assert answer.complete
    assert [body["start_cursor"] for body in bodies] == ["", "more", "still more"]


@pytest.mark.parametrize("order", [Order.NEWEST, Order.OLDEST])
async def test_short_page_that_ends_without_an_id_does_not_end_the_list(order: Order) -> None:
    nobody = customer_row(4, None)
    answer, bodies = await list_from(
        listing(customer_row(5), nobody),
        listing(nobody, customer_row(3)),
        query=ListQuery(order=order),
    )
    assert ids(answer) == ["cus_5", None, "cus_3"]
    assert answer.complete
    bound = "end" if order is Order.NEWEST else "start"
    assert bodies[1]["created_at_range"] == {bound: nobody["created_at"]}


async def test_list_whose_last_customer_has_no_id_is_complete() -> None:
    nobody = customer_row(4, None)
    answer, bodies = await list_from(
        listing(customer_row(5), nobody), listing(nobody), query=ListQuery(order=Order.NAME)
    )
    assert ids(answer) == [None, "cus_5"]
    assert answer.complete
    assert len(bodies) == 2


async def test_page_without_new_customers_ends_the_list(
    local: LocalAutumn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page with a single customer who has no id leads back to itself."""
    monkeypatch.setattr(read, "PAGE", 1)
    assert not (await read_list(local, ListQuery())).complete


async def test_autumns_filters(local: LocalAutumn) -> None:
    pro = await read_list(local, ListQuery(plans=("pro",)))
    assert "cus_northwind" in ids(pro)
    assert "cus_acme" not in ids(pro)
    scheduled = await read_list(local, ListQuery(status=StatusFilter.SCHEDULED))
    assert 0 < len(scheduled.customers) < len(pro.customers)
    recent = await read_list(local, ListQuery(joined=30))
    oldest = min(customer.get("created_at") or 0 for customer in recent.customers)
    assert oldest >= (NOW - timedelta(days=30)).timestamp() * 1000


async def test_maples_filters(local: LocalAutumn) -> None:
    past_due = await read_list(local, ListQuery(past_due=True))
    assert "cus_globex" in ids(past_due)
    assert "cus_umbrella" in ids(await read_list(local, ListQuery(trial=True)))
    over = await read_list(local, ListQuery(over=True))
    assert 0 < len(over.customers) < 60


async def test_list_is_sorted_by_name(local: LocalAutumn) -> None:
    by_name = await read_list(local, ListQuery(order=Order.NAME))
    names = [
        (customer.get("name") or customer.get("email") or customer.get("id") or "").casefold()
        for customer in by_name.customers
    ]
    assert names == sorted(names)


async def test_list_is_sorted_by_number_of_entities(local: LocalAutumn) -> None:
    _entities(local, "cus_acme", "a", "b")
    newest_first = ids(await read_list(local, ListQuery()))
    by_entities = ids(await read_list(local, ListQuery(order=Order.ENTITIES)))
    holders = ["cus_piedpiper", "cus_acme"]
    assert by_entities == [
        *holders,
        *(customer_id for customer_id in newest_first if customer_id not in holders),
    ]


async def test_list_is_sorted_by_usage_of_a_feature(local: LocalAutumn) -> None:
    by_use = await read_list(local, ListQuery(order=Order.USED, used_feature="messages"))
    used = [
        by_use.uses[customer_id].used for customer_id in map(str, ids(by_use)) if customer_id in by_use.uses
    ]
    assert len(used) > 3
    assert used[0] > used[-1]
    assert used == sorted(used, reverse=True)
    holders = [customer_id in by_use.uses for customer_id in ids(by_use) if customer_id]
    assert holders == sorted(holders, reverse=True), "those without the feature come last"
    assert {use.feature for use in by_use.uses.values()} == {"Messages"}


async def test_list_is_sorted_by_share_of_a_balance(local: LocalAutumn) -> None:
    by_share = await read_list(local, ListQuery(order=Order.USED))
    shares = [
        by_share.uses[customer_id].share
        for customer_id in map(str, ids(by_share))
        if customer_id in by_share.uses
    ]
    assert shares[0] > 0
    assert shares == sorted(shares, reverse=True)


async def test_sorted_list_is_read_completely_before_it_is_cut(
    local: LocalAutumn, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_ids = ids(await read_list(local, ListQuery(order=Order.USED, used_feature="messages")))
    monkeypatch.setattr(read, "PAGE", 7)
    monkeypatch.setattr(read, "MOST_READ", 200)
    monkeypatch.setattr(read, "MOST_LISTED", 5)
    cut = await read_list(local, ListQuery(order=Order.USED, used_feature="messages"))
    assert ids(cut) == all_ids[:5]
    assert not cut.complete


async def test_long_list_is_cut_and_says_so(local: LocalAutumn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "PAGE", 2)
    monkeypatch.setattr(read, "MOST_LISTED", 5)
    cut = await read_list(local, ListQuery())
    assert (len(cut.customers), cut.complete) == (5, False)
    monkeypatch.setattr(read, "MOST_READ", 2)
    less = await read_list(local, ListQuery())
    assert len(less.customers) < 5
    assert not less.complete


def _entities(local: LocalAutumn, customer: str, *ids: str | None, feature: str = "seats") -> None:
    holder = local.state.customer(customer)
    template = local.state.customer("cus_piedpiper").entities[0]
    for entity_id in ids:
        holder.entities.append(type(template)(entity_id, None, feature, template.created_at, {}))


@pytest.mark.parametrize("size", [3, 500])
async def test_customers_are_filtered_by_number_of_entities(
    local: LocalAutumn, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(read, "ENTITY_PAGE", size)
    _entities(local, "cus_acme", "a", "b")
    _entities(local, "cus_acme", "c", feature="projects")
    some = await read_list(local, ListQuery(entities=1))
    assert sorted(map(str, ids(some))) == ["cus_acme", "cus_piedpiper"]
    assert some.complete
    assert dict(some.entities) == {"cus_acme": 3, "cus_piedpiper": 4}
    assert ids(await read_list(local, ListQuery(entities=4))) == ["cus_piedpiper"]
    assert ids(await read_list(local, ListQuery(entities=5))) == []
    of_seats = await read_list(local, ListQuery(entities=1, entity_feature="seats"))
    assert dict(of_seats.entities) == {"cus_acme": 2, "cus_piedpiper": 4}
    assert ids(await read_list(local, ListQuery(entities=1, entity_feature="projects"))) == ["cus_acme"]


async def test_entities_are_only_counted_when_needed(local: LocalAutumn) -> None:
    local.faults.add("entities.list", "500", times=None)
    everybody = await read_list(local, ListQuery())
    assert everybody.entities == {}
    with pytest.raises(Unavailable):
        await read_list(local, ListQuery(entities=1))


async def test_uncounted_entities_leave_the_list_incomplete(
    local: LocalAutumn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MOST_ENTITY_PAGES", 2)
    monkeypatch.setattr(read, "ENTITY_PAGE", 1)
    some = await read_list(local, ListQuery(entities=1))
    assert dict(some.entities) == {"cus_piedpiper": 2}
    assert not some.complete


async def test_list_of_entities_ending_without_an_id_is_not_complete(
    local: LocalAutumn, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = local.state.customer("cus_piedpiper")
    monkeypatch.setattr(read, "ENTITY_PAGE", len(holder.entities))
    assert (await read_list(local, ListQuery(entities=1))).complete
    holder.entities[0].id = None
    assert not (await read_list(local, ListQuery(entities=1))).complete
    monkeypatch.setattr(read, "ENTITY_PAGE", len(holder.entities) + 1)
    assert (await read_list(local, ListQuery(entities=1))).complete


async def test_no_entities_is_a_complete_answer(local: LocalAutumn) -> None:
    local.state.customer("cus_piedpiper").entities.clear()
    nobody = await read_list(local, ListQuery(entities=1))
    assert (ids(nobody), nobody.complete) == ([], True)
