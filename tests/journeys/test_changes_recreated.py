"""A change is for one customer, never for a later one with the same id."""

from collections.abc import AsyncIterator

import pytest

from bot.approvals.results import Result
from bot.changes.notes import CommonNote
from tests.journeys.changing import (
    FAILED,
    WAITING,
    approve_waiting,
    ask_for_a_name,
    elsewhere,
    give,
    lea_sees,
    own_card,
    request_undo,
    requested,
)
from tests.journeys.kinds import TWO_SORTS, Sort
from tests.running import Running, running_maple

REFUSED = str(CommonNote.RECREATED.text).split(". ")[0]
GIVING = Sort(
    "balance", "http", give, "Give 500 extra of Messages", "balances.update", give, "", undo="Take 500 of"
)


@pytest.fixture(params=(GIVING, *TWO_SORTS), ids=lambda sort: str(sort.name))
def sort(request: pytest.FixtureRequest) -> Sort:
    chosen: Sort = request.param
    return chosen


@pytest.fixture
async def maple(sort: Sort) -> AsyncIterator[Running]:
    async with running_maple(sort.mode) as maple:
        yield maple


def recreate_everybody(maple: Running) -> None:
    """Replaces every customer with a later one that has the same id and contents."""
    for customer in maple.autumn.state.customers:
        customer.created_at += 1


async def test_waiting_change_is_not_applied_to_a_later_customer(maple: Running, sort: Sort) -> None:
    await sort.ask(maple)
    await lea_sees(maple, WAITING)
    recreate_everybody(maple)
    assert await approve_waiting(maple) is Result.FAILED
    await maple.lea.sees(FAILED)
    card = await maple.lea.sees(REFUSED)
    assert "[Approve]" not in card
    assert maple.autumn.ledger == []


async def test_undo_does_not_reach_a_later_customer() -> None:
    async with running_maple("http") as maple:
        await requested(maple)
        await approve_waiting(maple)
        recreate_everybody(maple)
        await own_card(maple.ana, "[Undo]")
        await request_undo(maple.ana)
        refusal = await maple.ana.sees(REFUSED)
        assert "Nothing was requested" in refusal
        assert len(maple.autumn.ledger) == 1


async def test_form_of_an_earlier_customer_is_refused() -> None:
    async with running_maple("http") as maple:
        await maple.ana.command("/autumn update cus_noname")
        await maple.ana.sees("Fingerprint")
        await maple.ana.fill("Name", "Somebody")
        await maple.ana.fill("Reason", "They say so")
        await elsewhere(maple, "customers.delete", customer_id="cus_noname")
        await elsewhere(maple, "customers.get_or_create", customer_id="cus_noname", name="Another")
        before = len(maple.autumn.ledger)
        await maple.ana.submit()
        form = await maple.ana.sees(REFUSED)
        assert "Another → Somebody" in form
        assert len(maple.autumn.ledger) == before
        await maple.ana.submit()
        await lea_sees(maple, WAITING, "Another → Somebody")


async def test_customer_deleted_and_recreated_is_not_renamed() -> None:
    async with running_maple("socket") as maple:
        await ask_for_a_name(maple.ana, "Somebody", customer="cus_noname")
        await lea_sees(maple, WAITING)
        await elsewhere(maple, "customers.delete", customer_id="cus_noname")
        await elsewhere(maple, "customers.get_or_create", customer_id="cus_noname")
        await maple.lea.click("Approve")
        await maple.lea.sees(REFUSED)
        assert maple.autumn.state.customers["cus_noname"].name is None
