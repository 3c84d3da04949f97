"""The book of digests: each verb, and what it does to the days that are due."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

import pytest

from bot.digests import repository as book
from bot.digests.delivery import runs
from bot.digests.model import (
    MOST_OF_CHANNEL,
    MOST_OF_PERSON,
    Digest,
    Pause,
    RunState,
    Schedule,
    Skip,
    TooMany,
    Wanted,
)
from bot.store.database import Database
from tests.digests.booked import (
    DAY,
    DUE,
    LEASE,
    NINE,
    NOON,
    SECOND,
    booked,
    claimed,
    outcomes,
    taken_over,
    written,
)

_MUCH = Wanted(
    sections=frozenset({"resets", "unpaid"}),
    days=31,
    plans=frozenset({"pro", "a|b"}),
    minimum=Decimal("0.10"),
    skip_empty=False,
)
_SOME_DAYS = Schedule(frozenset({0, 6}), time(23, 59), "Australia/Lord_Howe")


async def test_a_digest_is_kept_as_it_was_set_up(database: Database) -> None:
    made = await booked(database, schedule=_SOME_DAYS, wanted=_MUCH)
    assert (made.schedule, made.wanted, made.version, made.pause) == (_SOME_DAYS, _MUCH, 1, None)
    assert (made.channel, made.team, made.owner, made.private) == ("C1", "T1", "U1", False)
    assert await book.get(database, made.id) == made
    assert await book.get(database, "none") is None


async def test_it_is_first_due_after_it_was_made(database: Database) -> None:
    assert (await booked(database)).next_due == DUE
    exactly = await booked(database, submission_id="at nine", now=DUE)
    assert exactly.next_due == DUE + DAY


async def test_a_form_submitted_again_is_the_same_digest(database: Database) -> None:
    first, again = await asyncio.gather(
        booked(database, submission_id="f"), booked(database, submission_id="f", schedule=_SOME_DAYS)
    )
    assert first == again
    assert await book.of_channel(database, "live", "C1") == [first]


async def test_digests_of_a_channel_and_of_all(database: Database) -> None:
    here = await booked(database, submission_id="1")
    paused = await booked(database, submission_id="2", now=NOON + SECOND)
    await book.pause(database, paused.id, Pause.ASKED, now=NOON)
    there = await booked(database, submission_id="3", channel="C2", now=NOON + 2 * SECOND)
    await booked(database, submission_id="4", env="sandbox")
    removed = await booked(database, submission_id="5")
    await book.remove(database, removed.id, now=NOON)
    assert [each.id for each in await book.of_channel(database, "live", "C1")] == [here.id, paused.id]
    assert [each.id for each in await book.active(database, "live")] == [here.id, there.id]


async def test_an_edit_of_what_was_seen(database: Database) -> None:
    made = await booked(database)
    edited = await book.edit(
        database, made.id, version=1, schedule=_SOME_DAYS, wanted=_MUCH, now=NOON + SECOND
    )
    assert edited is not None
    assert (edited.schedule, edited.wanted, edited.version) == (_SOME_DAYS, _MUCH, 2)
    assert edited.next_due > NOON
    assert await book.get(database, made.id) == edited
    late = await book.edit(database, made.id, version=1, schedule=NINE, wanted=Wanted(), now=NOON)
    assert late is None


async def test_of_several_edits_at_once_one_holds(database: Database) -> None:
    made = await booked(database)
    given = [replace(NINE, at=time(hour)) for hour in range(5)]
    edited = await asyncio.gather(
        *(
            book.edit(database, made.id, version=1, schedule=schedule, wanted=Wanted(), now=NOON)
            for schedule in given
        )
    )
    held = [each for each in edited if each is not None]
    assert len(held) == 1
    assert await book.get(database, made.id) == held[0]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # Before it was due: once at the new time, and today is not lost if that has passed.
        (time(8, 0), {"3": Skip.EDITED}),
        (time(8, 30), {"3": Skip.EDITED}),
        (time(8, 31), {}),
        (time(10), {}),
    ],
)
async def test_moved_on_its_day_before_it_is_due(
    database: Database, at: time, expected: dict[str, Skip]
) -> None:
    made = await booked(database)
    now = DUE - timedelta(minutes=30)
    await book.edit(database, made.id, version=1, schedule=replace(NINE, at=at), wanted=Wanted(), now=now)
    assert await outcomes(database, made.id) == expected


@pytest.mark.parametrize("at", [time(8), time(9), time(10)])
async def test_edited_at_the_due_minute_before_anybody_looked(database: Database, at: time) -> None:
    made = await booked(database)
    moved = replace(NINE, at=at)
    edited = await book.edit(database, made.id, version=1, schedule=moved, wanted=_MUCH, now=DUE)
    assert edited is not None
    assert await claimed(database) == []
    (run,) = await taken_over(database, now=DUE)
    assert (run.due, run.tries, run.lease_by) == (DUE, 1, "b")
    # By then it is as after the tick: today is done.
    assert await claimed(database, now=DUE + timedelta(hours=2)) == []
    assert await outcomes(database, made.id) == {"3": RunState.CLAIMED}


async def test_moved_on_the_day_it_was_made(database: Database) -> None:
    made = await booked(database)
    for version, at in enumerate((time(11), time(10)), start=1):
        moved = replace(NINE, at=at)
        await book.edit(
            database, made.id, version=version, schedule=moved, wanted=Wanted(), now=NOON + SECOND
        )
    # Nine had passed when it was made; it is said once that eleven had too.
    assert await outcomes(database, made.id) == {"2": Skip.EDITED}


async def test_an_edit_after_an_outage_leaves_no_day_out(database: Database) -> None:
    made = await booked(database)
    now = DUE + 2 * DAY + timedelta(hours=7)
    await book.edit(
        database, made.id, version=1, schedule=replace(NINE, at=time(20)), wanted=Wanted(), now=now
    )
    assert await outcomes(database, made.id) == dict.fromkeys(("3", "4", "5"), Skip.LATE)


async def test_a_zone_in_which_the_day_is_over_already(database: Database) -> None:
    # Nine in Honolulu on the 3rd was still to come; in Auckland it is the 4th, at seven.
    honolulu = replace(NINE, zone="Pacific/Honolulu")
    made = await booked(database, schedule=honolulu)
    now = NOON + timedelta(days=1, hours=6)
    await book.edit(
        database,
        made.id,
        version=1,
        schedule=replace(NINE, zone="Pacific/Auckland"),
        wanted=Wanted(),
        now=now,
    )
    assert await outcomes(database, made.id) == {"2": Skip.LATE, "3": Skip.EDITED}


async def test_a_paused_digest_has_no_due_days(database: Database) -> None:
    made = await booked(database)
    paused = await book.pause(database, made.id, Pause.ARCHIVED, now=NOON)
    assert paused is not None
    assert paused.pause is Pause.ARCHIVED
    assert await book.pause(database, made.id, Pause.ASKED, now=NOON) is None
    assert await claimed(database, now=DUE + 5 * DAY) == []
    edited = await book.edit(
        database, made.id, version=1, schedule=replace(NINE, at=time(1)), wanted=Wanted(), now=DUE
    )
    assert edited is not None
    assert edited.pause is Pause.ARCHIVED
    assert await written(database, made.id) == []


@pytest.mark.parametrize("private", [True, False])
async def test_resumed_it_is_due_from_now_on(database: Database, private: bool) -> None:
    made = await booked(database)
    assert await book.resume(database, made.id, now=NOON) is None
    await book.pause(database, made.id, Pause.PUBLIC, now=NOON)
    resumed = await book.resume(database, made.id, now=DUE + 3 * DAY, private=private)
    assert resumed is not None
    assert (resumed.pause, resumed.private, resumed.next_due) == (None, private, DUE + 4 * DAY)
    await book.pause(database, made.id, Pause.ASKED, now=DUE + 3 * DAY)
    again = await book.resume(database, made.id, now=DUE + 3 * DAY)
    assert again is not None
    assert again.private is private
    assert await written(database, made.id) == []


async def test_paused_after_it_was_due(database: Database) -> None:
    made = await booked(database)
    await book.pause(database, made.id, Pause.ASKED, now=DUE + DAY)
    assert await outcomes(database, made.id) == {"3": Skip.LATE, "4": Skip.PAUSED}


async def test_paused_while_somebody_is_at_it(database: Database) -> None:
    made = await booked(database)
    (run,) = await claimed(database)
    by_hand = await runs.sent_by_hand(database, made.id, "hand", asked_by="U2", by="a", lease=LEASE, now=DUE)
    await book.pause(database, made.id, Pause.ASKED, now=DUE)
    assert await outcomes(database, made.id) == {"3": Skip.PAUSED}
    assert not await runs.about_to_post(database, run.id, by="a", lease=LEASE, now=DUE)
    # What a person wants sent is sent.
    assert by_hand is not None
    assert await runs.about_to_post(database, "hand", by="a", lease=LEASE, now=DUE)


async def test_what_may_be_in_the_channel_is_not_called_off(database: Database) -> None:
    made = await booked(database)
    (run,) = await claimed(database)
    assert await runs.about_to_post(database, run.id, by="a", lease=LEASE, now=DUE)
    await book.remove(database, made.id, now=DUE)
    assert await outcomes(database, made.id) == {"3": RunState.CLAIMED}
    assert await runs.posted(database, run.id, "1.2", run.figures, now=DUE)


async def test_removed_nothing_more_is_posted(database: Database) -> None:
    made = await booked(database)
    (run,) = await claimed(database)
    await runs.sent_by_hand(database, made.id, "hand", asked_by="U2", by="a", lease=LEASE, now=DUE)
    assert await book.remove(database, made.id, now=DUE + DAY) == replace(made, next_due=DUE + DAY)
    assert await book.remove(database, made.id, now=DUE) is None
    assert [each.skip for each in await written(database, made.id)] == [Skip.PAUSED] * 3
    assert not await runs.about_to_post(database, run.id, by="a", lease=LEASE, now=DUE)
    assert await book.get(database, made.id) is None
    assert await book.pause(database, made.id, Pause.ASKED, now=DUE) is None
    assert await book.resume(database, made.id, now=DUE) is None
    edited = await book.edit(database, made.id, version=1, schedule=NINE, wanted=Wanted(), now=DUE)
    assert edited is None
    assert await claimed(database, now=DUE + 3 * DAY) == []


async def test_a_paused_digest_is_removed(database: Database) -> None:
    made = await booked(database)
    await book.pause(database, made.id, Pause.ASKED, now=NOON)
    assert await book.remove(database, made.id, now=DUE) is not None
    assert await written(database, made.id) == []
    assert await book.of_channel(database, "live", "C1") == []


async def test_room_for_digests_of_a_person_and_of_a_channel(database: Database) -> None:
    async def made(number: int, owner: str, channel: str) -> Digest | TooMany:
        try:
            return await book.create(
                database,
                submission_id=f"form-{number}",
                env="live",
                channel=channel,
                team="T1",
                owner=owner,
                schedule=NINE,
                wanted=Wanted(),
                private=False,
                now=NOON,
                limited=True,
            )
        except book.NoRoom as full:
            return full.why

    in_one_channel = [await made(number, f"U{number}", "C1") for number in range(MOST_OF_CHANNEL)]
    assert await made(100, "U100", "C1") is TooMany.OF_CHANNEL
    assert await made(0, "U0", "C1") == in_one_channel[0]
    of_one_person = [await made(200 + number, "U200", f"C{number}0") for number in range(MOST_OF_PERSON)]
    assert await made(300, "U200", "C300") is TooMany.OF_PERSON
    first = of_one_person[0]
    assert isinstance(first, Digest)
    await book.remove(database, first.id, now=NOON)
    assert isinstance(await made(301, "U200", "C300"), Digest)
