"""A change is for one customer, never for a later one with the same id."""

import pytest

from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.changes.notes import CommonNote
from tests.journeys.changing import (
    FAILED,
    WAITING,
    Requesting,
    approve_waiting,
    elsewhere,
    lea_sees,
    own_card,
    request_undo,
    requested,
)
from tests.journeys.desk import running_desk
from tests.journeys.kinds import Steps, cancel, delete, give_allowance
from tests.running import running_maple

REFUSED = str(CommonNote.RECREATED.text).split(". ")[0]


async def _rename(at: Requesting) -> None:
    await at.ana.command("/autumn update cus_noname")
    await at.ana.fill("Name", "Somebody")
    await at.ana.submit()


async def _everybody_is_recreated(at: Requesting) -> None:
    """Replaces every customer with a later one that has the same id and contents."""
    for customer in at.autumn.state.customers:
        customer.created_at += 1


async def _deleted_and_recreated(at: Requesting) -> None:
    await elsewhere(at, "customers.delete", customer_id="cus_noname")
    await elsewhere(at, "customers.get_or_create", customer_id="cus_noname")


@pytest.mark.parametrize(
    ("ask", "meanwhile"),
    [
        (give_allowance, _everybody_is_recreated),
        (delete, _everybody_is_recreated),
        (cancel, _everybody_is_recreated),
        (_rename, _deleted_and_recreated),
    ],
)
async def test_waiting_change_is_not_applied_to_a_later_customer(ask: Steps, meanwhile: Steps) -> None:
    async with running_desk() as desk:
        await ask(desk)
        await meanwhile(desk)
        before = len(desk.autumn.ledger)
        outcome = await desk.approve()
        assert outcome.result is Result.FAILED
        assert outcome.record is not None
        assert outcome.record.ending is Cause.GUARDED
        card = await desk.card(outcome.record)
        assert FAILED in card
        assert REFUSED in card
        assert "Approve" not in card.splitlines()
        assert len(desk.autumn.ledger) == before


async def test_undo_does_not_reach_a_later_customer() -> None:
    async with running_maple("http") as maple:
        await requested(maple)
        await approve_waiting(maple)
        await _everybody_is_recreated(maple)
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
        await _deleted_and_recreated(maple)
        maple.autumn.state.customers["cus_noname"].name = "Another"
        before = len(maple.autumn.ledger)
        await maple.ana.submit()
        form = await maple.ana.sees(REFUSED)
        assert "Another → Somebody" in form
        assert len(maple.autumn.ledger) == before
        await maple.ana.submit()
        await lea_sees(maple, WAITING, "Another → Somebody")
