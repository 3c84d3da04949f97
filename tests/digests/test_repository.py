"""The stored digests: each operation, and its effect on the due days."""

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

import pytest

from bot.access.post_targets import Pause
from bot.digests import repository
from bot.digests.delivery import runs
from bot.digests.model import (
    Digest,
    DigestContent,
    NewDigest,
    RunSkip,
    RunState,
    Schedule,
    TooManyDigests,
)
from bot.store.database import Database
from tests.digests.booked import (
    DAY,
    DUE,
    LEASE,
    NINE,
    NOON,
    SECOND,
    all_runs,
    claim,
    create_digest,
    outcomes,
    take_over,
)
from tests.engines import on_sqlite

_MUCH = DigestContent(
    sections=frozenset({"resets", "unpaid"}),
    days=31,
    plans=frozenset({"pro", "a|b"}),
    minimum=Decimal("0.10"),
    skip_empty=False,
)
_SOME_DAYS = Schedule(frozenset({0, 6}), time(23, 59), "Australia/Lord_Howe")


async def test_digest_is_stored_as_it_was_set_up(database: Database) -> None:
    created = await create_digest(database, schedule=_SOME_DAYS, content=_MUCH)
    assert (created.schedule, created.content, created.version, created.pause) == (_SOME_DAYS, _MUCH, 1, None)
    assert (created.channel, created.team, created.owner, created.private) == ("C1", "T1", "U1", False)
    assert await repository.get(database, created.id) == created
    assert await repository.get(database, "none") is None


@on_sqlite
async def test_first_due_time_is_after_the_creation(database: Database) -> None:
    assert (await create_digest(database)).next_due == DUE
    exactly = await create_digest(database, submission_id="at nine", now=DUE)
    assert exactly.next_due == DUE + DAY


async def test_repeated_submission_is_the_same_digest(database: Database) -> None:
    first, repeated = await asyncio.gather(
        create_digest(database, submission_id="f"),
        create_digest(database, submission_id="f", schedule=_SOME_DAYS),
    )
    assert first == repeated
    assert await repository.of_channel(database, "live", "C1") == [first]


async def test_lists_of_a_channel_and_of_all(database: Database) -> None:
    here = await create_digest(database, submission_id="1")
    paused = await create_digest(database, submission_id="2", now=NOON + SECOND)
    await repository.pause(database, paused.id, Pause.ASKED, now=NOON)
    elsewhere = await create_digest(database, submission_id="3", channel="C2", now=NOON + 2 * SECOND)
    await create_digest(database, submission_id="4", env="sandbox")
    removed = await create_digest(database, submission_id="5")
    await repository.remove(database, removed.id, now=NOON)
    assert [listed.id for listed in await repository.of_channel(database, "live", "C1")] == [
        here.id,
        paused.id,
    ]
    assert [listed.id for listed in await repository.active(database, "live")] == [here.id, elsewhere.id]


async def test_edit_needs_the_current_version(database: Database) -> None:
    created = await create_digest(database)
    edited = await repository.edit(
        database, created.id, version=1, schedule=_SOME_DAYS, content=_MUCH, now=NOON + SECOND
    )
    assert edited is not None
    assert (edited.schedule, edited.content, edited.version) == (_SOME_DAYS, _MUCH, 2)
    assert edited.next_due > NOON
    assert await repository.get(database, created.id) == edited
    late = await repository.edit(
        database, created.id, version=1, schedule=NINE, content=DigestContent(), now=NOON
    )
    assert late is None


async def test_one_of_concurrent_edits_wins(database: Database) -> None:
    created = await create_digest(database)
    schedules = [replace(NINE, at=time(hour)) for hour in range(5)]
    edited = await asyncio.gather(
        *(
            repository.edit(
                database, created.id, version=1, schedule=schedule, content=DigestContent(), now=NOON
            )
            for schedule in schedules
        )
    )
    successful = [edited_digest for edited_digest in edited if edited_digest is not None]
    assert len(successful) == 1
    assert await repository.get(database, created.id) == successful[0]


@on_sqlite
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # Edited before it was due: one run at the new time; if that has passed, the day is skipped.
        (time(8, 0), {"3": RunSkip.EDITED}),
        (time(8, 30), {"3": RunSkip.EDITED}),
        (time(8, 31), {}),
        (time(10), {}),
    ],
)
async def test_edit_before_the_due_time_moves_the_day(
    database: Database, at: time, expected: dict[str, RunSkip]
) -> None:
    created = await create_digest(database)
    now = DUE - timedelta(minutes=30)
    await repository.edit(
        database, created.id, version=1, schedule=replace(NINE, at=at), content=DigestContent(), now=now
    )
    assert await outcomes(database, created.id) == expected


@on_sqlite
@pytest.mark.parametrize("at", [time(8), time(9), time(10)])
async def test_edit_in_the_due_minute_keeps_the_due_day(database: Database, at: time) -> None:
    created = await create_digest(database)
    moved = replace(NINE, at=at)
    edited = await repository.edit(database, created.id, version=1, schedule=moved, content=_MUCH, now=DUE)
    assert edited is not None
    assert await claim(database) == []
    (run,) = await take_over(database, now=DUE)
    assert (run.due, run.tries, run.lease_by) == (DUE, 1, "b")
    # Edited after the tick: today is done.
    assert await claim(database, now=DUE + timedelta(hours=2)) == []
    assert await outcomes(database, created.id) == {"3": RunState.CLAIMED}


@on_sqlite
async def test_edit_on_the_day_of_creation(database: Database) -> None:
    created = await create_digest(database)
    for version, at in enumerate((time(11), time(10)), start=1):
        moved = replace(NINE, at=at)
        await repository.edit(
            database, created.id, version=version, schedule=moved, content=DigestContent(), now=NOON + SECOND
        )
    # Nine had passed when it was created; the day is recorded once eleven has passed too.
    assert await outcomes(database, created.id) == {"2": RunSkip.EDITED}


@on_sqlite
async def test_edit_after_an_outage_records_every_day(database: Database) -> None:
    created = await create_digest(database)
    now = DUE + 2 * DAY + timedelta(hours=7)
    await repository.edit(
        database, created.id, version=1, schedule=replace(NINE, at=time(20)), content=DigestContent(), now=now
    )
    assert await outcomes(database, created.id) == dict.fromkeys(("3", "4", "5"), RunSkip.LATE)


@on_sqlite
async def test_edit_to_a_zone_where_the_day_is_over(database: Database) -> None:
    # Nine in Honolulu on the 3rd was still to come; in Auckland it is seven on the 4th.
    honolulu = replace(NINE, zone="Pacific/Honolulu")
    created = await create_digest(database, schedule=honolulu)
    now = NOON + timedelta(days=1, hours=6)
    await repository.edit(
        database,
        created.id,
        version=1,
        schedule=replace(NINE, zone="Pacific/Auckland"),
        content=DigestContent(),
        now=now,
    )
    assert await outcomes(database, created.id) == {"2": RunSkip.LATE, "3": RunSkip.EDITED}


@on_sqlite
async def test_paused_digest_has_no_due_days(database: Database) -> None:
    created = await create_digest(database)
    paused = await repository.pause(database, created.id, Pause.ARCHIVED, now=NOON)
    assert paused is not None
    assert paused.pause is Pause.ARCHIVED
    assert await repository.pause(database, created.id, Pause.ASKED, now=NOON) is None
    assert await claim(database, now=DUE + 5 * DAY) == []
    edited = await repository.edit(
        database, created.id, version=1, schedule=replace(NINE, at=time(1)), content=DigestContent(), now=DUE
    )
    assert edited is not None
    assert edited.pause is Pause.ARCHIVED
    assert await all_runs(database, created.id) == []


@on_sqlite
@pytest.mark.parametrize("private", [True, False])
async def test_resumed_digest_is_due_from_now_on(database: Database, private: bool) -> None:
    created = await create_digest(database)
    assert await repository.resume(database, created.id, now=NOON) is None
    await repository.pause(database, created.id, Pause.PUBLIC, now=NOON)
    resumed = await repository.resume(database, created.id, now=DUE + 3 * DAY, private=private)
    assert resumed is not None
    assert (resumed.pause, resumed.private, resumed.next_due) == (None, private, DUE + 4 * DAY)
    await repository.pause(database, created.id, Pause.ASKED, now=DUE + 3 * DAY)
    resumed_again = await repository.resume(database, created.id, now=DUE + 3 * DAY)
    assert resumed_again is not None
    assert resumed_again.private is private
    assert await all_runs(database, created.id) == []


@on_sqlite
async def test_pause_after_the_due_time_skips_the_day(database: Database) -> None:
    created = await create_digest(database)
    await repository.pause(database, created.id, Pause.ASKED, now=DUE + DAY)
    assert await outcomes(database, created.id) == {"3": RunSkip.LATE, "4": RunSkip.PAUSED}


@on_sqlite
async def test_pause_during_delivery_prevents_the_post(database: Database) -> None:
    created = await create_digest(database)
    (run,) = await claim(database)
    by_hand = await runs.sent_by_hand(
        database, created.id, "hand", asked_by="U2", by="a", lease=LEASE, now=DUE
    )
    await repository.pause(database, created.id, Pause.ASKED, now=DUE)
    assert await outcomes(database, created.id) == {"3": RunSkip.PAUSED}
    assert not await runs.mark_posting(database, run.id, by="a", lease=LEASE, now=DUE)
    # *Send now* always sends.
    assert by_hand is not None
    assert await runs.mark_posting(database, "hand", by="a", lease=LEASE, now=DUE)


@on_sqlite
async def test_possible_post_is_not_cancelled(database: Database) -> None:
    created = await create_digest(database)
    (run,) = await claim(database)
    assert await runs.mark_posting(database, run.id, by="a", lease=LEASE, now=DUE)
    await repository.remove(database, created.id, now=DUE)
    assert await outcomes(database, created.id) == {"3": RunState.CLAIMED}
    assert await runs.posted(database, run.id, "1.2", run.figures, now=DUE)


async def test_removed_digest_posts_nothing_more(database: Database) -> None:
    created = await create_digest(database)
    (run,) = await claim(database)
    await runs.sent_by_hand(database, created.id, "hand", asked_by="U2", by="a", lease=LEASE, now=DUE)
    assert await repository.remove(database, created.id, now=DUE + DAY) == replace(
        created, next_due=DUE + DAY
    )
    assert await repository.remove(database, created.id, now=DUE) is None
    assert [skipped.skip for skipped in await all_runs(database, created.id)] == [RunSkip.PAUSED] * 3
    assert not await runs.mark_posting(database, run.id, by="a", lease=LEASE, now=DUE)
    assert await repository.get(database, created.id) is None
    assert await repository.pause(database, created.id, Pause.ASKED, now=DUE) is None
    assert await repository.resume(database, created.id, now=DUE) is None
    edited = await repository.edit(
        database, created.id, version=1, schedule=NINE, content=DigestContent(), now=DUE
    )
    assert edited is None
    assert await claim(database, now=DUE + 3 * DAY) == []


@on_sqlite
async def test_paused_digest_can_be_removed(database: Database) -> None:
    created = await create_digest(database)
    await repository.pause(database, created.id, Pause.ASKED, now=NOON)
    assert await repository.remove(database, created.id, now=DUE) is not None
    assert await all_runs(database, created.id) == []
    assert await repository.of_channel(database, "live", "C1") == []


async def test_digests_of_a_person_and_of_a_channel_are_limited(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_OF_CHANNEL", 2)
    monkeypatch.setattr(repository, "MOST_OF_PERSON", 3)

    async def made(number: int, owner: str, channel: str) -> Digest | TooManyDigests:
        new = NewDigest(
            submission_id=f"form-{number}",
            env="live",
            channel=channel,
            team="T1",
            owner=owner,
            schedule=NINE,
            content=DigestContent(),
            private=False,
        )
        return await repository.create_within_limits(database, new, now=NOON)

    in_one_channel = [await made(number, f"U{number}", "C1") for number in range(2)]
    assert await made(100, "U100", "C1") is TooManyDigests.OF_CHANNEL
    assert await made(0, "U0", "C1") == in_one_channel[0]
    of_one_person = [await made(200 + number, "U200", f"C{number}0") for number in range(3)]
    assert await made(300, "U200", "C300") is TooManyDigests.OF_PERSON
    first = of_one_person[0]
    assert isinstance(first, Digest)
    await repository.remove(database, first.id, now=NOON)
    assert isinstance(await made(301, "U200", "C300"), Digest)
