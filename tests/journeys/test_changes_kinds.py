"""Every kind of change other than balances, from its form to its undo.

After the form, everything happens without Slack. tests/journeys/test_changes_balance.py clicks every button,
and shows how requests expire, fail and are withdrawn or marked, which does not depend on the kind.
"""

from collections.abc import AsyncIterator

import pytest

from bot.approvals import card as approvals_card
from bot.approvals import words as approvals_words
from bot.approvals.card import Audience
from bot.approvals.lifecycle import Cause, Record
from bot.approvals.results import ChangeRequest, Result
from bot.approvals.service import ChangeService
from bot.changes import registry, request_form
from bot.changes.forms.model import FormState, Meta, Parsed
from bot.changes.model import ChangeInput, Verdict
from sandbox.slack import elements
from tests.changes.filling import modal
from tests.journeys.changing import (
    WAITING,
    apply,
    approve_waiting,
    elsewhere,
    lea_sees,
    undo_approved,
    without_slack,
)
from tests.journeys.kinds import SORTS, Sort, delete
from tests.kit import checks
from tests.running import Running, actor, running_maple
from tests.screen import on_screen

CHANGING_IDS = ("grant removed", "trial")
"""What these change has another id after their undo, so the same request cannot follow."""


@pytest.fixture(params=SORTS, ids=[sort.name for sort in SORTS])
def sort(request: pytest.FixtureRequest) -> Sort:
    chosen: Sort = request.param
    return chosen


@pytest.fixture
async def maple(sort: Sort) -> AsyncIterator[Running]:
    async with running_maple(sort.mode) as maple:
        yield maple


def writes(maple: Running) -> list[str]:
    return [write.route for write in maple.autumn.ledger if write.applied]


async def requested(maple: Running, sort: Sort) -> Record:
    """Ana has made the request, and Lea sees it."""
    await sort.ask(maple)
    card = await lea_sees(maple, WAITING)
    assert sort.asked in card
    (record,) = await maple.bot.changes.waiting()
    return record


async def card_of(maple: Running, record: Record) -> str:
    """What Lea would read."""
    names = await maple.bot.changes.names.of(record)
    card = approvals_card.change_card(
        record, audience=Audience.APPROVER, now=maple.clock.now(), name=names.customer, names=names.names
    )
    for element in checks.elements(card.blocks):
        if element["text"]["text"] == "Approve":
            assert ("confirm" in element) is (record.kind in ("refund", "deletion"))
    return on_screen(checks.read(card.blocks))


async def opened_again(maple: Running, record: Record) -> Parsed:
    """The form of a request, submitted again as it opens: as it was filled in."""
    form = await maple.bot.changes.form_of(record)
    place = form.place
    meta = Meta(
        kind=form.kind,
        customer=place.customer,
        submission=form.id,
        feature=place.feature,
        entity=place.entity,
    )
    facts = await maple.bot.changes.read_facts(form.kind, place.customer, place.entity)
    view = modal(request_form.build(FormState(meta, facts, form.values, None)))
    return request_form.parse(Meta.decode(view["private_metadata"]), elements.values(view["blocks"], {}))


def unpinned(requested_input: ChangeInput | None) -> ChangeInput:
    assert requested_input is not None
    return requested_input.model_copy(update={"customer_created_at": None})


async def test_change_is_requested_in_its_form_applied_and_undone(maple: Running, sort: Sort) -> None:
    record = await requested(maple, sort)
    again = await opened_again(maple, record)
    assert (again.reason, again.ticket) == (record.reason, record.ticket)
    if sort.ask is delete:
        assert again.errors, "it must be confirmed each time"
    else:
        assert unpinned(again.input) == unpinned(record.input)
    assert maple.autumn.ledger == []

    service = without_slack(maple)
    if sort.meddle and not sort.undo:
        assert not (await outdated(maple, service, sort, record)).undoable
        return
    applied = await apply(maple, service, record)
    assert writes(maple) == [sort.route]
    verdict = registry.kind(record.kind).verify(applied.input, applied.before, applied.before)
    assert verdict is Verdict.NOT_APPLIED, "had Autumn not carried it out"
    assert applied.undoable is bool(sort.undo)
    if sort.undo:
        assert sort.undo in await card_of(maple, await undo_approved(maple, service, applied))
        assert len(writes(maple)) == 2
    if sort.meddle and sort.name not in CHANGING_IDS:
        request = ChangeRequest("again", record.input, actor(maple.ana))
        await outdated(maple, service, sort, (await service.submit(request)).record)


async def outdated(maple: Running, service: ChangeService, sort: Sort, record: Record | None) -> Record:
    """The request is outdated by somebody else, shown anew, approved again and applied."""
    assert record is not None
    assert sort.meddle is not None
    await sort.meddle(maple)
    before = writes(maple)
    outcome = await service.approve(record.id, record.version, actor(maple.lea))
    assert outcome.result is Result.OVERTAKEN
    assert outcome.record is not None
    card = await card_of(maple, outcome.record)
    assert sort.anew in card
    assert approvals_words.ANEW.split("*")[1] in card
    assert writes(maple) == before
    applied = await apply(maple, service, outcome.record)
    assert writes(maple) == [*before, sort.route]
    verdict = registry.kind(record.kind).verify(applied.input, applied.before, applied.before)
    assert verdict is Verdict.NOT_APPLIED, "had Autumn not carried it out"
    return applied


@pytest.mark.parametrize(
    "sort", [sort for sort in SORTS if sort.name in CHANGING_IDS], ids=lambda sort: sort.name, indirect=True
)
async def test_outdated_request_is_approved_again(maple: Running, sort: Sort) -> None:
    await outdated(maple, without_slack(maple), sort, await requested(maple, sort))


async def test_lost_answer_to_a_deletion_is_resolved_by_reading_back() -> None:
    async with running_maple("http") as maple:
        await delete(maple)
        await lea_sees(maple, WAITING)
        maple.autumn.faults.add("customers.delete", "cut_after", times=1)
        assert await approve_waiting(maple) is Result.DONE
        await maple.lea.sees(approvals_words.ENDINGS[Cause.FOUND_DONE])
        assert writes(maple) == ["customers.delete"]


async def test_deletion_of_a_customer_who_is_gone() -> None:
    async with running_maple("socket") as maple:
        await delete(maple)
        await lea_sees(maple, WAITING)
        await elsewhere(maple, "customers.delete", customer_id="cus_noname")
        await maple.lea.click("Approve", confirm=True)
        await maple.lea.sees(approvals_words.RESULTS[Result.FAILED].what)
        await maple.lea.sees("The customer is no longer in Autumn")
        assert writes(maple) == ["customers.delete"], "what somebody else did"
        await maple.lea.command("/autumn history cus_noname")
        await maple.lea.sees("They asked to be forgotten")
