"""While the limit on reading invoices is used up, cards about other things show the invoices that came with
the customer, and say so: Autumn limits reading the list for the whole organization."""

import asyncio
import re
from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.client import Autumn
from bot.autumn.models import Customer
from bot.autumn.throttle import Limits
from bot.lookups.invoices.card import InvoiceList
from bot.lookups.invoices.facts import Owed, Unpaid
from bot.lookups.overview import attention, words
from bot.lookups.overview.card import Overview
from bot.lookups.place import Place
from bot.lookups.readers import read
from tests.autumn.scripted import QUICK, Scripted, listing, ok
from tests.lookups.test_reading import ERIN, NOW

OPEN = {"status": "open", "total": 200, "currency": "usd"}
PAID = {"status": "paid", "total": 9, "currency": "usd"}
PARTLY_PAID = {**OPEN, "amount_paid": 150}


def script(*newest: dict[str, Any], **fields: Any) -> Scripted:
    customer = ok({"id": "cus_erin", "name": "Erin", "invoices": list(newest), **fields})
    return Scripted(
        {"customers.get": customer, "invoices.list": listing(PARTLY_PAID), "plans.list": listing()}
    )


async def read_at_the_limit(autumn: Autumn, place: Place, *, turns: int = 1) -> Any:
    """Reads a place after using up the limit on reading invoices."""
    await asyncio.gather(*(autumn.invoices(customer_id="cus_other") for _ in range(turns)))
    return await read(autumn, place, now=lambda: NOW)


@pytest.mark.parametrize(("rows", "truncated"), [((OPEN, PAID), False), ((OPEN, *[PAID] * 9), True)])
async def test_overview_at_the_limit_shows_the_customers_own_invoices(rows: Any, truncated: bool) -> None:
    autumn = script(*rows).client(QUICK, Limits(general=0.001))
    overview = await read_at_the_limit(autumn, ERIN)
    await autumn.aclose()
    assert isinstance(overview, Overview)
    unpaid = Unpaid((Owed("USD", 1, Decimal(200)),), at_least=truncated, in_brief=True)
    assert isinstance(overview.invoices, InvoiceList)
    assert (len(overview.invoices.newest), overview.invoices.more) == (len(rows), truncated)
    assert overview.invoices.unpaid == unpaid


async def test_other_parts_at_the_limit_show_the_customers_own_invoices() -> None:
    autumn = script(OPEN).client(QUICK, Limits(general=0.001))
    features = await read_at_the_limit(autumn, ERIN.go("features"))
    await autumn.aclose()
    assert features.unpaid == Unpaid((Owed("USD", 1, Decimal(200)),), in_brief=True)


@pytest.mark.parametrize("place", [ERIN, ERIN.go("features")])
async def test_cards_below_the_limit_show_what_is_due(place: Place) -> None:
    autumn = script(OPEN).client(QUICK, Limits(general=0.001))
    answer = await read(autumn, place, now=lambda: NOW)
    await autumn.aclose()
    assert answer.unpaid == Unpaid((Owed("USD", 1, Decimal(50)),))


@pytest.mark.parametrize("place", [ERIN, ERIN.go("features")])
async def test_cards_wait_for_the_list_where_the_customer_has_no_invoices(place: Place) -> None:
    scripted = Scripted({"customers.get": ok({"id": "cus_erin"}), "invoices.list": listing(PARTLY_PAID)})
    autumn = scripted.client(QUICK, Limits(general=5))
    answer = await read_at_the_limit(autumn, place, turns=5)
    await autumn.aclose()
    assert answer.unpaid == Unpaid((Owed("USD", 1, Decimal(50)),))


@pytest.mark.parametrize(
    ("unpaid", "line"),
    [
        (Unpaid((Owed("USD", 1, Decimal(200)),), in_brief=True), words.unpaid_in_brief("1 unpaid invoice")),
        (Unpaid((Owed("USD", 2, Decimal(200)),), in_brief=True), words.unpaid_in_brief("2 unpaid invoices")),
        (Unpaid(in_brief=True), words.unpaid_in_brief("")),
    ],
)
def test_invoices_in_brief_are_marked_incomplete(unpaid: Unpaid, line: str) -> None:
    assert attention.lines(Customer(id="cus_erin"), NOW, unpaid) == [line]
    assert not re.search(r"\$", line), "an amount would be before part payments"
