"""Every kind of change other than balances: approved, undone, denied, outdated, lost; by people who only see
labels.

What is impossible, such as undoing a deletion, is checked by what people see instead. Applying right away,
expiring, failing and being marked do not depend on the kind, so two kinds stand for all.
"""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.changes import descriptions, registry
from bot.changes.model import Verdict
from tests.journeys.changing import (
    AT_ONCE,
    DENIED,
    EXPIRED,
    FAILED,
    PREVIEW,
    UNCONFIRMED,
    WAITING,
    WITHDRAWN,
    close_and_look,
    elsewhere,
    lea_sees,
    request_undo,
)
from tests.journeys.kinds import SORTS, TWO_SORTS, Sort, confirm_deletion, delete
from tests.lost_writes import carry_out
from tests.running import Running, running_maple

READ_BACK = approvals_words.ENDINGS[Cause.DONE]
two_sorts = pytest.mark.parametrize("sort", TWO_SORTS, ids=lambda sort: str(sort.name), indirect=True)


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


async def waiting(maple: Running, sort: Sort) -> None:
    """Ana has made the request, and Lea sees it."""
    await sort.ask(maple)
    card = await lea_sees(maple, WAITING)
    assert sort.asked in card
    await maple.ana.sees("0 of 1 approval")


async def approve(maple: Running, sort: Sort) -> None:
    await maple.lea.sees("[Approve]")
    await maple.lea.click("Approve", confirm=sort.confirms)


@two_sorts
async def test_change_is_applied_right_away(sort: Sort) -> None:
    async with running_maple(sort.mode, policy=AT_ONCE, approvals=None) as maple:
        await sort.ask(maple)
        card = await maple.ana.sees(READ_BACK)
        assert approvals_words.RIGHT_AWAY in card
        await close_and_look(maple.ana, "Applied", sort.asked)
        assert writes(maple) == [sort.route]


async def test_change_is_approved_and_undone(maple: Running, sort: Sort) -> None:
    await waiting(maple, sort)
    if sort.confirms is not None:
        await maple.lea.click("Approve", confirm=False)
        await maple.lea.sees("[Approve]")
    await approve(maple, sort)
    card = await maple.lea.sees(READ_BACK)
    assert "Approved by @lea" in card
    own = await close_and_look(maple.ana, READ_BACK)
    assert writes(maple) == [sort.route]
    (record,) = await maple.bot.changes.requested_by(maple.ana.id)
    verdict = registry.kind(record.kind).verify(record.input, record.before, record.before)
    assert verdict is Verdict.NOT_APPLIED, "had Autumn not carried it out"
    if not sort.undo:
        assert "[Undo]" not in card + own
        return
    await request_undo(maple.ana)
    await maple.lea.sees(sort.undo)
    await maple.lea.sees(approvals_words.UNDOING)
    await approve(maple, sort)
    await maple.lea.sees(approvals_words.UNDONE)
    assert len(writes(maple)) == 2


async def test_denied_request_is_repeated_as_filled_in_and_withdrawn(maple: Running, sort: Sort) -> None:
    await waiting(maple, sort)
    await maple.lea.click("Deny")
    await maple.lea.sees(approvals_words.DENY_HINT)
    await maple.lea.fill(approvals_words.REASON, "Not this quarter")
    await maple.lea.submit()
    await maple.lea.sees(DENIED)
    outcome = await close_and_look(maple.ana, DENIED)
    assert "Not this quarter" in outcome
    await maple.ana.no_longer_sees("[Withdraw]")
    await maple.ana.sees(f"[{approvals_words.ASK_AGAIN_CHANGED}]")
    await maple.ana.click(approvals_words.ASK_AGAIN_CHANGED)
    await maple.ana.sees(PREVIEW)
    if sort.ask is delete:
        await confirm_deletion(maple)
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval")
    repeated, first = await maple.bot.changes.requested_by(maple.ana.id)
    assert descriptions.summary(repeated.input, {}) == descriptions.summary(first.input, {})
    assert [line.label for line in repeated.lines] == [line.label for line in first.lines]
    assert (repeated.reason, repeated.ticket) == (first.reason, first.ticket)
    await close_and_look(maple.ana, "[Withdraw]")
    await maple.ana.click("Withdraw", confirm=True)
    await maple.ana.sees(WITHDRAWN)
    assert "[Approve]" not in await maple.lea.sees(WITHDRAWN)
    assert maple.autumn.ledger == []


@two_sorts
async def test_request_expires(maple: Running, sort: Sort) -> None:
    await waiting(maple, sort)
    maple.clock.move(timedelta(hours=25))
    await maple.bot.changes.sweeper.tick()
    assert "[Approve]" not in await maple.lea.sees(EXPIRED)
    await close_and_look(maple.ana, approvals_words.EXPIRED)
    assert maple.autumn.ledger == []


@pytest.mark.parametrize(
    "sort", [sort for sort in SORTS if sort.meddle], ids=lambda sort: sort.name, indirect=True
)
async def test_outdated_request_is_approved_again(maple: Running, sort: Sort) -> None:
    await waiting(maple, sort)
    assert sort.meddle is not None
    await sort.meddle(maple)
    before = writes(maple)
    await approve(maple, sort)
    await maple.lea.sees(approvals_words.RESULTS[Result.OVERTAKEN].what)
    card = await maple.lea.sees(sort.anew)
    assert approvals_words.ANEW.split("*")[1] in card
    assert "[Approve]" in card
    assert writes(maple) == before
    await close_and_look(maple.ana, "earlier approvals do not count")
    await approve(maple, sort)
    await maple.lea.sees(READ_BACK)
    assert writes(maple) == [*before, sort.route]


@two_sorts
async def test_failed_change_changes_nothing(maple: Running, sort: Sort) -> None:
    await waiting(maple, sort)
    maple.autumn.faults.add(sort.route, "429", retry_after=3600)
    await approve(maple, sort)
    card = await maple.lea.sees(FAILED)
    assert approvals_words.ENDINGS[Cause.RATE_LIMITED] in card
    assert "[Undo]" not in card
    await close_and_look(maple.ana, FAILED)
    assert writes(maple) == []


@two_sorts
@pytest.mark.parametrize("applied", [False, True])
async def test_unconfirmed_change_is_settled_by_a_person(maple: Running, sort: Sort, applied: bool) -> None:
    await waiting(maple, sort)
    maple.autumn.faults.add(sort.route, "cut_before", times=1)
    await approve(maple, sort)
    await maple.lea.sees(UNCONFIRMED)
    await close_and_look(maple.ana, UNCONFIRMED)
    if applied:
        await carry_out(maple.autumn)
    await maple.lea.click("Mark as applied" if applied else "Mark as not applied", confirm=True)
    ending = approvals_words.ENDINGS[Cause.MARKED_APPLIED if applied else Cause.MARKED_NOT_APPLIED]
    card = await maple.lea.sees(ending)
    assert "Marked by @lea" in card
    assert "Mark as applied" not in card
    await maple.ana.sees(ending)
    assert writes(maple) == ([sort.route] if applied else [])


@two_sorts
async def test_lost_answer_is_resolved_by_reading_back(maple: Running, sort: Sort) -> None:
    await waiting(maple, sort)
    maple.autumn.faults.add(sort.route, "cut_after", times=1)
    await approve(maple, sort)
    await maple.lea.sees(approvals_words.ENDINGS[Cause.FOUND_DONE])
    assert writes(maple) == [sort.route]


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
