"""The requester edits a waiting request: a new version of the same change, never a second change."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.access.policy import Verb
from bot.approvals import state_text, words
from bot.approvals.filled_forms import FilledForm
from bot.approvals.lifecycle import ChangeEvent, Record, State
from bot.approvals.requests import ChangeRequest
from bot.approvals.results import Result
from bot.autumn.errors import AutumnError
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.lookups.place import Place
from tests.approvals.harness import ANA, CUSTOMER, LEA, RAJ, Harness
from tests.approvals.records import record
from tests.crashing import Died, dies_at


def new_version(harness: Harness, amount: int = 40) -> ChangeRequest:
    return replace(harness.request(harness.balance(amount=amount)), reason="less will do")


def amount_of(record: Record | None) -> Decimal | None:
    assert record is not None
    assert isinstance(record.input, BalanceInput)
    return record.input.amount


async def test_edited_request_needs_approval_again_and_only_the_new_version_is_applied(
    sqlite_harness: Harness,
) -> None:
    harness = sqlite_harness
    harness.permissions.needed = 2
    service = harness.service()
    before = await harness.granted()
    request = await harness.waiting(service)
    await service.approve(request.id, 1, LEA)
    form_place = Place(customer=CUSTOMER, feature="messages")
    form = FilledForm("form", "balance", form_place, {"amount": {"form:amount": {"value": "40"}}})
    outcome = await service.edit(request.id, 1, replace(new_version(harness), form=form))
    waiting = outcome.record
    assert outcome.result is Result.DONE
    assert waiting is not None
    assert (waiting.id, waiting.state, waiting.version) == (request.id, State.WAITING, 2)
    assert amount_of(waiting) == Decimal(40)
    assert waiting.reason == "less will do"
    assert waiting.approvals == ()
    assert harness.events(request)[-1] is ChangeEvent.EDITED
    assert await service.form_of(waiting) == replace(form, id=request.id)
    assert (await service.approve(request.id, 1, RAJ)).result is Result.STALE
    await service.approve(request.id, 2, LEA)
    done = (await service.approve(request.id, 2, RAJ)).record
    assert done is not None
    assert done.state is State.APPLIED
    assert await harness.granted() == before + 40
    assert harness.written() == 1
    assert [step for step in await harness.steps(request) if step in ("asked", "edited", "applied")] == [
        "asked",
        "edited",
        "applied",
    ]
    assert await harness.trail_is_intact()


async def test_edit_of_a_process_that_dies_is_kept_and_shown_by_another(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    request = await harness.waiting(service)
    with pytest.raises(Died):
        await harness.service(checkpoint=dies_at("decided")).edit(request.id, 1, new_version(harness))
    edited_request = await service.get(request.id)
    assert edited_request is not None
    assert (edited_request.state, edited_request.version, amount_of(edited_request)) == (
        State.WAITING,
        2,
        Decimal(40),
    )
    assert ChangeEvent.EDITED not in harness.events(request)
    harness.clock.move(seconds=21)
    await service.sweeper.sweep(harness.clock())
    assert harness.events(request)[-1] is ChangeEvent.REDRAW


async def test_concurrent_edit_and_approval_never_apply_both(harness: Harness) -> None:
    service, other_service = harness.service(), harness.service()
    before = await harness.granted()
    request = await harness.waiting(service)
    edit, approval = await asyncio.gather(
        service.edit(request.id, 1, new_version(harness)), other_service.approve(request.id, 1, RAJ)
    )
    results = (edit.result, approval.result)
    assert results in ((Result.DONE, Result.STALE), (Result.TOO_LATE, Result.DONE))
    assert await harness.granted() == before + (100 if approval.result is Result.DONE else 0)
    assert await harness.trail_is_intact()


async def test_decision_during_an_edit_wins(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    request = await harness.waiting(service)
    harness.permissions.meanwhile[Verb.ASK] = lambda: service.deny(request.id, 1, RAJ, "no")
    assert (await service.edit(request.id, 1, new_version(harness))).result is Result.TOO_LATE
    assert (await service.edit(request.id, 1, new_version(harness))).result is Result.TOO_LATE


async def test_edit_that_needs_no_approval_still_waits(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    request = await harness.waiting(service)
    harness.permissions.needed = 0
    waiting = (await service.edit(request.id, 1, new_version(harness))).record
    assert waiting is not None
    assert (waiting.state, waiting.needed) == (State.WAITING, 1)
    assert harness.written() == 0


async def test_old_version_is_not_edited_again(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    request = await harness.waiting(service)
    await service.edit(request.id, 1, new_version(harness))
    assert (await service.edit(request.id, 1, new_version(harness, 60))).result is Result.STALE
    assert amount_of(await service.get(request.id)) == Decimal(40)


async def test_refused_edit_leaves_the_request_unchanged(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    original = await harness.waiting(service)
    request = new_version(harness)

    def about(**changes: str) -> ChangeRequest:
        return replace(request, input=request.input.model_copy(update=changes))

    for change_id, attempt, result in (
        (original.id, replace(request, actor=RAJ), Result.NOT_ALLOWED),
        (original.id, about(customer="cus_acme"), Result.NO_EDIT),
        (original.id, about(feature="nothing"), Result.REFUSED),
        ("0" * 24, request, Result.UNKNOWN),
    ):
        assert (await service.edit(change_id, 1, attempt)).result is result, attempt
    harness.permissions.refused.add((ANA.user, Verb.ASK))
    assert (await service.edit(original.id, 1, request)).result is Result.NOT_ALLOWED
    assert await service.get(original.id) == original


async def test_undo_cannot_be_edited(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    request = await harness.waiting(service)
    await service.approve(request.id, 1, RAJ)
    undo = (await service.undo(request.id, "undo", ANA, reason="by mistake")).record
    assert undo is not None
    assert not undo.editable
    assert (await service.edit(undo.id, 1, new_version(harness))).result is Result.NO_EDIT


def test_only_a_request_that_waits_by_itself_can_be_edited() -> None:
    assert record().editable
    assert not record(State.APPROVED).editable
    assert not record(batch="batch-1").editable


async def test_nothing_is_edited_while_autumn_is_unreadable(sqlite_harness: Harness) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    request = await harness.waiting(service)
    harness.local.faults.add("customers.get", "500", times=None)
    outcome = await service.edit(request.id, 1, new_version(harness))
    assert outcome.result is Result.TROUBLE
    assert isinstance(outcome.error, AutumnError)
    assert await service.get(request.id) == request


async def test_card_says_whether_the_requester_or_the_numbers_made_a_new_version(
    sqlite_harness: Harness,
) -> None:
    harness, service = sqlite_harness, sqlite_harness.service()
    original = await harness.waiting(service)
    request = replace(new_version(harness), input=harness.balance(BalanceAction.SET, 40))
    waiting = (await service.edit(original.id, 1, request)).record
    assert waiting is not None
    assert words.EDITED in state_text.described(waiting, {})
    await harness.change_in_autumn(remaining=7)
    superseded = (await service.approve(original.id, 2, RAJ)).record
    assert superseded is not None
    assert superseded.version == 3
    assert words.ANEW in state_text.described(superseded, {})
