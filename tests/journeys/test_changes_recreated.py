"""A change is for one customer, and never applied to a later one with the same id."""

import pytest

from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.changes.notes import CommonNote
from tests.journeys.changing import (
    FAILED,
    WAITING,
    FormSetup,
    approve_waiting,
    change_in_autumn,
    read_as_approver,
    read_own_card,
    request_shown_to_lea,
    request_undo,
)
from tests.journeys.harness import form_harness
from tests.journeys.kinds import Steps, cancel, delete, give_allowance
from tests.running import running_maple

REFUSED = str(CommonNote.RECREATED.text).split(". ")[0]


async def _rename(at: FormSetup) -> None:
    await at.ana.command("/autumn update cus_noname")
    await at.ana.fill("Name", "Somebody")
    await at.ana.submit()


async def _everybody_is_recreated(at: FormSetup) -> None:
    """Replaces every customer with a later one that has the same id and contents."""
    for customer in at.autumn.state.customers:
        customer.created_at += 1


async def _deleted_and_recreated(at: FormSetup) -> None:
    await change_in_autumn(at, "customers.delete", customer_id="cus_noname")
    await change_in_autumn(at, "customers.get_or_create", customer_id="cus_noname")


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
    async with form_harness() as harness:
        await ask(harness)
        await meanwhile(harness)
        before = len(harness.autumn.ledger)
        outcome = await harness.approve()
        assert outcome.result is Result.FAILED
        assert outcome.record is not None
        assert outcome.record.ending is Cause.GUARDED
        card = await harness.card(outcome.record)
        assert FAILED in card
        assert REFUSED in card
        assert "Approve" not in card.splitlines()
        assert len(harness.autumn.ledger) == before


async def test_undo_does_not_reach_a_later_customer() -> None:
    async with running_maple("http") as maple:
        await request_shown_to_lea(maple)
        await approve_waiting(maple)
        await _everybody_is_recreated(maple)
        await read_own_card(maple.ana, "[Undo]")
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
        await read_as_approver(maple, WAITING, "Another → Somebody")
