"""Every kind of change other than balances, from its form to its undo.

Without Slack, but for a refund and a deletion, which ask before they are approved.
tests/journeys/test_changes_balance.py clicks every button, and shows how requests expire, fail and are
withdrawn or marked, which does not depend on the kind.
"""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, Record
from bot.approvals.requests import ChangeRequest
from bot.approvals.results import Result
from bot.changes import registry, request_form
from bot.changes.forms.model import FormState, Meta, Parsed
from bot.changes.model import ChangeInput, Verdict
from sandbox.slack import elements
from tests.approvals.harness import ANA
from tests.changes.filling import modal
from tests.journeys.changing import (
    WAITING,
    FormSetup,
    approve_and_apply,
    change_in_autumn,
    read_as_approver,
    undo_and_apply,
)
from tests.journeys.harness import FormHarness, form_harness
from tests.journeys.kinds import CASES, RequestCase, delete, refund
from tests.running import running_maple

CHANGING_IDS = ("grant removed", "trial")
"""Their undo gives what they change a new id, so the same request cannot be made again."""


@pytest.fixture(params=CASES, ids=[case.name for case in CASES])
def case(request: pytest.FixtureRequest) -> RequestCase:
    chosen: RequestCase = request.param
    return chosen


@pytest.fixture
async def harness() -> AsyncIterator[FormHarness]:
    async with form_harness() as harness:
        yield harness


def writes(at: FormSetup) -> list[str]:
    return [write.route for write in at.autumn.ledger if write.applied]


async def request_case(harness: FormHarness, case: RequestCase) -> Record:
    """Ana makes the request, and Lea reads its card."""
    await case.request(harness)
    record = await harness.waiting()
    card = await harness.card(record)
    assert WAITING in card
    assert case.description in card
    return record


async def submit_unchanged(harness: FormHarness, record: Record) -> Parsed:
    """The form of a request, submitted again as it opens: as it was filled in."""
    form = await harness.changes.form_of(record)
    place = form.place
    meta = Meta(
        kind=form.kind,
        customer=place.customer,
        submission=form.id,
        feature=place.feature,
        entity=place.entity,
    )
    facts = await harness.changes.read_facts(form.kind, place.customer, place.entity)
    view = modal(request_form.build(FormState(meta, facts, form.values, None)))
    return request_form.parse(Meta.decode(view["private_metadata"]), elements.values(view["blocks"], {}))


def without_creation_time(requested_input: ChangeInput | None) -> ChangeInput:
    assert requested_input is not None
    return requested_input.model_copy(update={"customer_created_at": None})


async def test_change_is_requested_in_its_form_applied_and_undone(
    harness: FormHarness, case: RequestCase
) -> None:
    record = await request_case(harness, case)
    again = await submit_unchanged(harness, record)
    assert (again.reason, again.ticket) == (record.reason, record.ticket)
    if case.request is delete:
        assert again.errors, "it must be confirmed each time"
    else:
        assert without_creation_time(again.input) == without_creation_time(record.input)
    assert harness.autumn.ledger == []

    if case.outdate and not case.undo:
        assert not (await outdate_and_apply(harness, case, record)).undoable
        return
    applied = await approve_and_apply(harness.changes, record)
    assert writes(harness) == [case.route]
    verdict = registry.kind(record.kind).verify(applied.input, applied.before, applied.before)
    assert verdict is Verdict.NOT_APPLIED, "had Autumn not carried it out"
    assert applied.undoable is bool(case.undo)
    if case.undo:
        assert case.undo in await harness.card(await undo_and_apply(harness.changes, applied))
        assert len(writes(harness)) == 2
    if case.outdate and case.name not in CHANGING_IDS:
        request = ChangeRequest(uuid4().hex, record.input, ANA)
        await outdate_and_apply(harness, case, (await harness.changes.submit(request)).record)


async def outdate_and_apply(harness: FormHarness, case: RequestCase, record: Record | None) -> Record:
    """Someone else outdates the request: it is shown again, approved again and applied."""
    assert record is not None
    assert case.outdate is not None
    await case.outdate(harness)
    before = writes(harness)
    outcome = await harness.approve(record)
    assert outcome.result is Result.SUPERSEDED
    assert outcome.record is not None
    card = await harness.card(outcome.record)
    assert case.shown_again in card
    assert approvals_words.ANEW.split("*")[1] in card
    assert writes(harness) == before
    applied = await approve_and_apply(harness.changes, outcome.record)
    assert writes(harness) == [*before, case.route]
    verdict = registry.kind(record.kind).verify(applied.input, applied.before, applied.before)
    assert verdict is Verdict.NOT_APPLIED, "had Autumn not carried it out"
    return applied


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name in CHANGING_IDS], ids=lambda case: case.name, indirect=True
)
async def test_outdated_request_is_approved_again(harness: FormHarness, case: RequestCase) -> None:
    await outdate_and_apply(harness, case, await request_case(harness, case))


async def test_refund_is_confirmed_before_it_is_approved() -> None:
    async with running_maple("http") as maple:
        await refund(maple)
        await read_as_approver(maple, WAITING, "Refund $20.00 of an invoice")
        await maple.lea.click("Approve", confirm=True)
        await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
        assert writes(maple) == ["invoices.refund"]


async def test_lost_answer_to_a_deletion_is_resolved_by_reading_back(harness: FormHarness) -> None:
    await delete(harness)
    harness.autumn.faults.add("customers.delete", "cut_after", times=1)
    record = (await harness.approve()).record
    assert record is not None
    assert record.ending is Cause.FOUND_DONE
    assert approvals_words.ENDINGS[Cause.FOUND_DONE] in await harness.card(record)
    assert writes(harness) == ["customers.delete"]


async def test_deletion_of_a_customer_who_is_gone() -> None:
    async with running_maple("socket") as maple:
        await delete(maple)
        await read_as_approver(maple, WAITING)
        await change_in_autumn(maple, "customers.delete", customer_id="cus_noname")
        await maple.lea.click("Approve", confirm=True)
        await maple.lea.sees(approvals_words.RESULTS[Result.FAILED].what)
        await maple.lea.sees("The customer is no longer in Autumn")
        assert writes(maple) == ["customers.delete"], "what somebody else did"
        await maple.lea.command("/autumn history cus_noname")
        await maple.lea.sees("They asked to be forgotten")
