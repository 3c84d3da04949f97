import gc
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given

from bot.autumn import bulk
from bot.autumn.errors import Garbled, RateLimited
from tests.autumn.scripted import RECORDED, ReceivedRequest, Scripted, error, listing, ok
from tests.autumn.test_responses import BODIES
from tests.examples import examples


def page(*rows: Any, cursor: str | None = None) -> bytes:
    return json.dumps({"list": rows, "next_cursor": cursor}).encode()


def test_amounts_are_exact_and_other_fields_are_dropped() -> None:
    row = {
        "id": "cus_1",
        "email": None,
        "metadata": {"a": 1},
        "subscriptions": [{"plan": {"price": {"amount": 29.99}}}],
    }
    rows = bulk.customers(page(row, cursor="c")).rows()
    assert rows == [
        {"id": "cus_1", "email": None, "subscriptions": [{"plan": {"price": {"amount": Decimal("29.99")}}}]}
    ]


@pytest.mark.parametrize("number", ["0.1", "1234567.89", "9007199254740993", "-0.000001", "1e3", "0"])
def test_numbers_are_parsed_exactly(number: str) -> None:
    content = b'{"list": [{"total": %s}]}' % number.encode()
    assert bulk.invoices(content).rows() == [{"total": Decimal(number)}]


@pytest.mark.parametrize(
    "row",
    [
        7,
        None,
        [],
        "x",
        {"id": 5},
        {"balances": {"x": {"granted": "many"}}},
        {"subscriptions": [{"quantity": {}}]},
    ],
)
def test_odd_row_does_not_hide_others(row: object) -> None:
    customers = bulk.customers(page({"id": "a"}, row, {"id": "b"}))
    assert [customer["id"] for customer in customers.rows()] == ["a", "b"]
    assert customers.count == 3
    assert bulk.invoices(page({"total": "x"}, {"id": "i"})).rows() == [{"id": "i"}]


@pytest.mark.parametrize(
    "text", [b'"\xff"', b"1e999999999", b"[" * 300 + b"]" * 300], ids=["not UTF-8", "huge", "deep"]
)
def test_unreadable_row_does_not_hide_others(text: bytes) -> None:
    customers = bulk.customers(b'{"list": [{"id": "a"}, {"id": %s}, {"id": "b"}]}' % text)
    assert [row["id"] for row in customers.rows()] == ["a", "b"]


def test_rows_are_parsed_in_portions() -> None:
    customers = bulk.customers(page(*({"id": str(number)} for number in range(5))))
    assert [row["id"] for row in customers.rows(1, 3)] == ["1", "2"]
    assert [row["id"] for row in customers.rows(3, 99)] == ["3", "4"]


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([], 0),
        ([{"id": "a"}], 1),
        ([{"id": "a"}, {"id": None}], 1),
        ([{}, {}], 0),
        ([{}, {"id": "b"}, 3, {}], 2),
    ],
)
def test_position_of_the_last_row_with_an_id(rows: list[object], place: int) -> None:
    assert bulk.customers(page(*rows)).up_to(lambda row: row.get("id") is not None) == place


@pytest.mark.parametrize("name", ["customer of a paid plan", "customer with a discount"])
def test_recorded_rows_are_parsed(name: str) -> None:
    customers = bulk.customers(page(RECORDED[name]["body"]))
    (row,) = customers.rows()
    assert row["subscriptions"]


def test_missing_and_null_are_empty() -> None:
    assert bulk.customers(b"{}").rows() == bulk.customers(b'{"list": null}').rows() == []
    assert bulk.invoices(b'{"next_cursor": null}').next_cursor is None


@pytest.mark.parametrize("content", [b"", b"[]", b"<html>", b'{"list": {}}', b"[" * 10])
def test_invalid_page_is_refused(content: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        bulk.customers(content)


@examples(100)
@given(BODIES)
def test_any_body_is_a_page_or_an_error(body: bytes) -> None:
    for read in (bulk.customers, bulk.invoices):
        try:
            parsed = read(body)
        except ValueError:
            continue
        assert len(parsed.rows()) <= parsed.count


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (None, None),
        (1_795_360_463_123.0, datetime(2026, 11, 22, 15, 14, 23, 123000, tzinfo=UTC)),
        (1_795_360_463.0, datetime(2026, 11, 22, 15, 14, 23, tzinfo=UTC)),
        (1e300, None),
    ],
)
def test_timestamps_are_parsed(milliseconds: float | None, expected: datetime | None) -> None:
    assert bulk.moment(milliseconds) == expected


async def test_list_request() -> None:
    autumn = Scripted(
        {"customers.list": listing({"id": "a"}, cursor="x"), "invoices.list": listing({"id": "i"})}
    )
    client = autumn.client()
    assert (await client.every_customer(limit=250, cursor="c")).next_cursor == "x"
    assert (await client.every_invoice(status=("open",), limit=9)).rows() == [{"id": "i"}]
    assert [call.body for call in autumn.received] == [
        {
            "limit": 250,
            "start_cursor": "c",
            "sort_order": "asc",
            "expand": ["subscriptions.plan", "balances.feature"],
        },
        {"limit": 9, "start_cursor": "", "status": ["open"]},
    ]
    await client.aclose()


async def test_failures_are_autumn_errors() -> None:
    autumn = Scripted({"customers.list": [ok([]), error(429)]})
    client = autumn.client()
    with pytest.raises(Garbled, match="documented shape"):
        await client.every_customer(limit=1)
    with pytest.raises(RateLimited):
        await client.every_customer(limit=1)
    await client.aclose()


async def test_parsed_page_is_released() -> None:
    """It must not wait for the garbage collector, which runs only in quiet moments."""

    async def answer(request: ReceivedRequest) -> httpx.Response:
        return listing({"id": "a"})

    def responses() -> int:
        return sum(isinstance(candidate, httpx.Response) for candidate in gc.get_objects())

    client = Scripted({"customers.list": answer}).client()
    await client.every_customer(limit=1)
    gc.collect()
    gc.disable()
    try:
        before = responses()
        for _ in range(3):
            await client.every_customer(limit=1)
        assert responses() <= before
    finally:
        gc.enable()
    await client.aclose()
