"""Which notices each step sends, when reminders are due, and that each notice is claimed once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.approvals import notice_queue
from bot.approvals.lifecycle import (
    Cause,
    ChangeEvent,
    NoticeKind,
    State,
    applied_at_once,
    notice_of,
    notices_of,
    reminders,
)
from bot.approvals.notice_queue import ATTEMPT, CHANGE_NOTICES
from tests.approvals.harness import NOW, RAJ, Harness
from tests.approvals.records import record

OUTCOME, SETTLED = NoticeKind.OUTCOME, NoticeKind.SETTLED


@pytest.mark.parametrize(
    ("state", "event", "needed", "ending", "kind"),
    [
        (State.WAITING, ChangeEvent.APPROVED, 2, None, None),
        (State.APPLYING, ChangeEvent.APPLYING, 1, None, None),
        (State.WITHDRAWN, ChangeEvent.WITHDRAWN, 1, None, None),
        (State.APPLIED, ChangeEvent.APPLIED, 1, Cause.DONE, OUTCOME),
        (State.FAILED, ChangeEvent.FAILED, 1, Cause.GUARDED, OUTCOME),
        (State.DENIED, ChangeEvent.DENIED, 1, None, OUTCOME),
        (State.EXPIRED, ChangeEvent.EXPIRED, 1, None, OUTCOME),
        (State.SUPERSEDED, ChangeEvent.SUPERSEDED, 1, None, OUTCOME),
        (State.UNCONFIRMED, ChangeEvent.UNCONFIRMED, 1, Cause.CUT_OFF, OUTCOME),
        (State.APPLIED, ChangeEvent.APPLIED, 0, Cause.DONE, None),
        (State.FAILED, ChangeEvent.FAILED, 0, Cause.GUARDED, None),
        (State.UNCONFIRMED, ChangeEvent.UNCONFIRMED, 0, Cause.CUT_OFF, OUTCOME),
        (State.APPLIED, ChangeEvent.APPLIED, 0, Cause.FOUND_DONE, OUTCOME),
        (State.FAILED, ChangeEvent.FAILED, 0, Cause.INTERRUPTED, OUTCOME),
        (State.APPLIED, ChangeEvent.MARKED, 0, Cause.MARKED_APPLIED, SETTLED),
        (State.FAILED, ChangeEvent.MARKED, 1, Cause.MARKED_NOT_APPLIED, SETTLED),
        (State.APPLIED, ChangeEvent.CHECKED, 1, Cause.FOUND_DONE, SETTLED),
        (State.UNCONFIRMED, ChangeEvent.CHECKED, 1, Cause.CUT_OFF, None),
    ],
)
def test_requester_is_notified_of_what_others_do(
    state: State, event: ChangeEvent, needed: int, ending: Cause | None, kind: NoticeKind | None
) -> None:
    assert notice_of(replace(record(state), needed=needed, ending=ending), event) is kind


@pytest.mark.parametrize(
    ("state", "event", "ending", "kind"),
    [
        (State.UNCONFIRMED, ChangeEvent.UNCONFIRMED, Cause.AWAITS_PAYMENT, OUTCOME),
        (State.UNCONFIRMED, ChangeEvent.CHECKED, Cause.AWAITS_PAYMENT, None),
        (State.UNCONFIRMED, ChangeEvent.UNCONFIRMED, Cause.CUT_OFF, None),
        (State.FAILED, ChangeEvent.FAILED, Cause.GUARDED, None),
        (State.APPLIED, ChangeEvent.APPLIED, Cause.DONE, None),
    ],
)
def test_line_of_a_list_has_its_own_notice_only_if_the_customer_has_to_pay(
    state: State, event: ChangeEvent, ending: Cause, kind: NoticeKind | None
) -> None:
    assert notice_of(replace(record(state), batch="b1", ending=ending), event) is kind


@pytest.mark.parametrize(
    ("state", "event", "needed", "posted"),
    [
        (State.APPLIED, ChangeEvent.APPLIED, 0, True),
        (State.APPLIED, ChangeEvent.MARKED, 0, True),
        (State.APPLIED, ChangeEvent.CHECKED, 0, True),
        (State.APPLIED, ChangeEvent.UNDONE, 0, False),
        (State.APPLIED, ChangeEvent.APPLIED, 1, False),
        (State.UNCONFIRMED, ChangeEvent.UNCONFIRMED, 0, False),
        (State.FAILED, ChangeEvent.MARKED, 0, False),
    ],
)
def test_approvers_are_notified_of_changes_without_approval(
    state: State, event: ChangeEvent, needed: int, posted: bool
) -> None:
    change = replace(record(state), needed=needed)
    assert applied_at_once(change, event) is posted
    assert not applied_at_once(replace(change, batch="b1"), event), "its list is posted"


def test_requester_and_approvers_are_notified_of_a_change_at_once_that_was_found_applied() -> None:
    found_done = replace(record(State.APPLIED), needed=0, ending=Cause.FOUND_DONE)
    assert notices_of(found_done, ChangeEvent.APPLIED) == [OUTCOME, NoticeKind.APPLIED_AT_ONCE]
    assert notices_of(found_done, ChangeEvent.CHECKED) == [SETTLED, NoticeKind.APPLIED_AT_ONCE]


def test_reminders_are_due_at_half_time_and_an_hour_before_expiry() -> None:
    day = reminders(NOW, NOW + timedelta(hours=24))
    assert day == {
        NoticeKind.HALF_TIME: NOW + timedelta(hours=12),
        NoticeKind.LAST_HOUR: NOW + timedelta(hours=23),
    }
    assert reminders(NOW, NOW + timedelta(hours=2)) == {NoticeKind.HALF_TIME: NOW + timedelta(hours=1)}


async def test_notice_is_claimed_once_and_again_after_a_growing_delay(harness: Harness) -> None:
    service = harness.service()
    request = await harness.waiting(service)
    await service.deny(request.id, 1, RAJ, "no")
    claims = [notice_queue.claim(harness.database, request.id, NOW) for _ in range(5)]
    claimed = [notice for notices in await asyncio.gather(*claims) for notice in notices]
    assert [(notice.kind, notice.sent_at) for notice in claimed] == [(OUTCOME, None)]
    assert await notice_queue.claim(harness.database, request.id, NOW) == []
    assert await CHANGE_NOTICES.due(harness.database, request.env, NOW) == []
    later = NOW + ATTEMPT
    assert await CHANGE_NOTICES.due(harness.database, request.env, later) == [request.id]
    await CHANGE_NOTICES.attempt(harness.database, claimed[0], began=NOW)
    (reclaimed,) = await notice_queue.claim(harness.database, request.id, later)
    assert reclaimed == replace(claimed[0], sent_at=NOW)
    assert await notice_queue.claim(harness.database, request.id, later + ATTEMPT) == []
    await CHANGE_NOTICES.finish(harness.database, reclaimed)
    assert await notice_queue.claim(harness.database, request.id, later + 3 * ATTEMPT) == []
    assert await harness.trail_is_intact()


def test_stored_kinds_of_notice_keep_their_names() -> None:
    assert [*NoticeKind] == ["outcome", "settled", "half_time", "last_hour", "at_once"]
