"""The runs of digests: claimed once, posted once, and untouched by processes that lost them."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from bot.access.post_targets import Pause
from bot.digests import repository
from bot.digests.delivery import runs
from bot.digests.model import Figures, Run, RunSkip, RunState
from bot.digests.report.model import RowQuery
from bot.store.database import Database
from bot.store.tables import digest_items, digest_runs, digest_scans, digests
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

FIGURES = Figures({"unpaid": {"usd": "12.30"}}, {"unpaid": 2})


async def _claimed_run(database: Database) -> Run:
    await create_digest(database)
    (run,) = await claim(database)
    return run


async def _by_hand(database: Database, digest_id: str, run_id: str = "hand", by: str = "a") -> Run | None:
    return await runs.sent_by_hand(database, digest_id, run_id, asked_by="U2", by=by, lease=LEASE, now=DUE)


async def test_day_is_claimed_when_it_is_due(database: Database) -> None:
    created = await create_digest(database)
    assert await claim(database, now=DUE - SECOND) == []
    (run,) = await claim(database)
    assert run == Run(
        id=f"{created.id}.2026-03-03",
        digest=created.id,
        day=date(2026, 3, 3),
        due=DUE,
        state=RunState.CLAIMED,
        skip=None,
        asked_by="",
        lease_by="a",
        tries=1,
        posting_at=None,
        scan="",
        channel="C1",
        ts="",
        figures=Figures(),
        covers_until=None,
        head_ts="",
        reply_posting_at=None,
        query="",
    )
    assert await claim(database, by="b") == []
    stored = await repository.get(database, created.id)
    assert stored == replace(created, next_due=DUE + DAY)


async def test_concurrent_claims_take_each_day_once(database: Database) -> None:
    digests = [await create_digest(database, submission_id=f"{number}") for number in range(12)]
    names = ("a", "b", "c", "d")

    async def claiming(by: str) -> list[Run]:
        claimed_runs = []
        for _ in range(4):
            claimed_runs += await runs.claim_due(database, "live", by=by, lease=LEASE, now=DUE, most=4)
        return claimed_runs

    claims = await asyncio.gather(*map(claiming, names))
    assert sorted(run.digest for claimed_runs in claims for run in claimed_runs) == sorted(
        digest.id for digest in digests
    )
    for by, claimed_runs in zip(names, claims, strict=True):
        assert {run.lease_by for run in claimed_runs} <= {by}


@on_sqlite
async def test_claims_are_limited_and_the_earliest_come_first(database: Database) -> None:
    later = await create_digest(database, submission_id="later", schedule=replace(NINE, at=time(9, 30)))
    first = await create_digest(database, submission_id="first")
    now = DUE + timedelta(hours=1)
    claims = [await runs.claim_due(database, "live", by="a", lease=LEASE, now=now, most=1) for _ in range(3)]
    assert [[run.digest for run in some] for some in claims] == [[first.id], [later.id], []]


@on_sqlite
async def test_other_environment_is_left_alone(database: Database) -> None:
    await create_digest(database, env="sandbox")
    assert await claim(database) == []
    await runs.claim_due(database, "sandbox", by="a", lease=LEASE, now=DUE)
    assert await take_over(database, now=DUE + DAY) == []


@on_sqlite
@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(hours=6), {"3": RunState.CLAIMED}),
        (timedelta(hours=6, seconds=1), {"3": RunSkip.LATE}),
        (3 * DAY, {"3": RunSkip.LATE, "4": RunSkip.LATE, "5": RunSkip.LATE, "6": RunState.CLAIMED}),
        (2 * DAY - SECOND, {"3": RunSkip.LATE, "4": RunSkip.LATE}),
    ],
)
async def test_outage_skips_all_but_the_last_day(
    database: Database, after: timedelta, expected: dict[str, object]
) -> None:
    created = await create_digest(database)
    claimed_runs = await claim(database, now=DUE + after)
    assert await outcomes(database, created.id) == expected
    assert len(claimed_runs) == list(expected.values()).count(RunState.CLAIMED)
    assert await claim(database, now=DUE + after) == []


async def test_outage_of_years(database: Database) -> None:
    created = await create_digest(database)
    await claim(database, now=DUE + 800 * DAY)
    stored_runs = await all_runs(database, created.id)
    assert [run.due for run in stored_runs] == [DUE + number * DAY for number in range(801)]
    # All in one go: the next tick has nothing left to do.
    stored = await repository.get(database, created.id)
    assert stored is not None
    assert stored.next_due == DUE + 801 * DAY


@on_sqlite
async def test_changed_zone_rules_repeat_no_day(database: Database) -> None:
    created = await create_digest(database)
    # Stored when nine on that day was expected to be two hours later.
    async with database.writing() as connection:
        await connection.execute(update(digests).values(next_due=DUE + timedelta(hours=2)))
    assert await claim(database) == []
    (run,) = await claim(database, now=DUE + timedelta(hours=2))
    assert (run.day, run.due) == (date(2026, 3, 3), DUE)
    # And when it was expected to be earlier.
    async with database.writing() as connection:
        await connection.execute(update(digests).values(next_due=DUE + DAY - timedelta(hours=2)))
    assert await claim(database, now=DUE + DAY - timedelta(hours=2)) == []
    assert len(await claim(database, now=DUE + DAY)) == 1
    assert len(await all_runs(database, created.id)) == 2


async def test_lease_holds_until_it_expires(database: Database) -> None:
    run = await _claimed_run(database)
    assert await take_over(database, now=DUE + LEASE) == []
    assert await runs.renew(database, run.id, by="a", lease=LEASE, now=DUE + LEASE)
    assert not await runs.renew(database, run.id, by="b", lease=LEASE, now=DUE + LEASE)
    assert await take_over(database, now=DUE + LEASE + SECOND) == []
    (run_taken,) = await take_over(database, now=DUE + 2 * LEASE + SECOND)
    assert run_taken == replace(run, lease_by="b", tries=2)


async def test_concurrent_takeovers_take_each_run_once(database: Database) -> None:
    for number in range(10):
        await create_digest(database, submission_id=f"{number}")
    await claim(database)
    now = DUE + LEASE + SECOND
    takeovers = await asyncio.gather(*(take_over(database, by=by, now=now) for by in ("b", "c", "d", "e")))
    taken_runs = [run for some in takeovers for run in some]
    # If another process held the same rows, some remain for the next tick.
    taken_runs += await take_over(database, by="f", now=now)
    assert len({run.id for run in taken_runs}) == len(taken_runs) == 10
    assert {run.tries for run in taken_runs} == {2}


async def test_process_without_the_lease_changes_nothing(database: Database) -> None:
    run = await _claimed_run(database)
    now = DUE + LEASE + SECOND
    await take_over(database, now=now)
    assert not await runs.renew(database, run.id, by="a", lease=LEASE, now=now)
    assert not await runs.store_report(database, run.id, RowQuery(scan="scan"), FIGURES, by="a")
    assert not await runs.mark_posting(database, run.id, by="a", lease=LEASE, now=now)
    assert not await runs.clear_posting(database, run.id, by="a", now=now)
    assert not await runs.put_off(database, run.id, by="a", until=now, now=now)
    assert await runs.mark_posting(database, run.id, by="b", lease=LEASE, now=now)
    assert not await runs.skipped(database, run.id, RunSkip.LATE, now=now)
    assert not await runs.skipped(database, run.id, RunSkip.LATE, now=now, by="a")
    assert await runs.skipped(database, run.id, RunSkip.LATE, now=now, by="b")


@on_sqlite
async def test_posted_run_is_settled(database: Database) -> None:
    run = await _claimed_run(database)
    assert await runs.store_report(database, run.id, RowQuery(scan="scan"), FIGURES, by="a")
    assert await runs.mark_posting(database, run.id, by="a", lease=LEASE, now=DUE)
    assert await runs.posted(database, run.id, "1.2", FIGURES, now=DUE)
    (stored,) = await all_runs(database, run.digest)
    assert stored == replace(
        run,
        state=RunState.POSTED,
        lease_by="",
        scan="scan",
        query=RowQuery(scan="scan").encode(),
        ts="1.2",
        figures=FIGURES,
        posting_at=DUE,
    )
    assert not await runs.posted(database, run.id, "1.3", Figures(), now=DUE)
    assert not await runs.skipped(database, run.id, RunSkip.EMPTY, now=DUE, by="a")
    assert not await runs.mark_posting(database, run.id, by="a", lease=LEASE, now=DUE)
    assert await take_over(database, now=DUE + DAY) == []


@on_sqlite
async def test_taken_over_run_keeps_a_possible_post(database: Database) -> None:
    run = await _claimed_run(database)
    await runs.store_report(database, run.id, RowQuery(scan="scan"), FIGURES, by="a")
    await runs.mark_posting(database, run.id, by="a", lease=LEASE, now=DUE)
    # However late it is: the post may be there.
    (run_taken,) = await take_over(database, now=DUE + DAY)
    assert (run_taken.tried_to_post, run_taken.figures) == (True, FIGURES)
    # The process that posted it may still record that, and only one of the two does.
    settled = await asyncio.gather(
        runs.posted(database, run.id, "1.2", FIGURES, now=DUE),
        runs.posted(database, run.id, "1.2", FIGURES, now=DUE),
    )
    assert sorted(settled) == [False, True]


@on_sqlite
async def test_last_attempt_is_the_one_to_search_for(database: Database) -> None:
    run = await _claimed_run(database)
    for later in (SECOND, 2 * SECOND):
        assert await runs.mark_posting(database, run.id, by="a", lease=LEASE, now=DUE + later)
    async with database.reading() as connection:
        noted = await connection.execute(select(digest_runs.c.posting_at))
        assert noted.scalar_one() == DUE + 2 * SECOND


@on_sqlite
async def test_cleared_post_is_not_searched_for(database: Database) -> None:
    run = await _claimed_run(database)
    await runs.mark_posting(database, run.id, by="a", lease=LEASE, now=DUE)
    assert await runs.clear_posting(database, run.id, by="a", now=DUE)
    (run_taken,) = await take_over(database, now=DUE + LEASE + SECOND)
    assert not run_taken.tried_to_post


@on_sqlite
async def test_run_past_its_time_is_skipped(database: Database) -> None:
    run = await _claimed_run(database)
    until = DUE + timedelta(hours=7)
    assert await runs.put_off(database, run.id, by="a", until=until, now=DUE)
    assert await take_over(database, now=DUE + timedelta(hours=6)) == []
    assert await outcomes(database, run.digest) == {"3": RunState.CLAIMED}
    assert await take_over(database, now=DUE + timedelta(hours=6, seconds=1)) == []
    assert await outcomes(database, run.digest) == {"3": RunSkip.LATE}


@on_sqlite
async def test_delayed_run_waits(database: Database) -> None:
    run = await _claimed_run(database)
    until = DUE + timedelta(minutes=5)
    assert await runs.put_off(database, run.id, by="a", until=until, now=DUE)
    assert not await runs.renew(database, run.id, by="a", lease=LEASE, now=DUE)
    assert await take_over(database, now=until - SECOND) == []
    (run_taken,) = await take_over(database, now=until)
    assert run_taken.tries == 2


@on_sqlite
@pytest.mark.parametrize("paused", [False, True])
async def test_send_now_adds_a_run_without_a_day(database: Database, paused: bool) -> None:
    created = await create_digest(database)
    if paused:
        await repository.pause(database, created.id, Pause.ASKED, now=NOON)
    # Pressed several times at once, on several replicas.
    pressed = await asyncio.gather(*(_by_hand(database, created.id, by=by) for by in "abcd"))
    (run,) = [pressed_run for pressed_run in pressed if pressed_run is not None]
    assert (run.id, run.day, run.due, run.asked_by, run.tries) == ("hand", None, DUE, "U2", 1)
    assert await runs.renew(database, "hand", by=run.lease_by, lease=LEASE, now=DUE)
    # Pressed again later, it is another run; neither counts as the day's.
    assert await _by_hand(database, created.id, "more") is not None
    assert len(await claim(database)) == (0 if paused else 1)


@on_sqlite
async def test_send_now_needs_an_existing_digest(database: Database) -> None:
    created = await create_digest(database)
    await repository.remove(database, created.id, now=NOON)
    assert await _by_hand(database, created.id) is None
    assert await _by_hand(database, "none") is None


async def test_concurrent_claims_edits_and_pauses(database: Database) -> None:
    digests = [await create_digest(database, submission_id=f"{number}") for number in range(6)]
    later = replace(NINE, at=time(10))
    await asyncio.gather(
        *(claim(database, by=by) for by in "ab"),
        *(
            repository.edit(database, digest.id, version=1, schedule=later, content=digest.content, now=DUE)
            for digest in digests[:3]
        ),
        *(repository.pause(database, digest.id, Pause.ASKED, now=DUE) for digest in digests[2:5]),
        *(take_over(database, by=by, now=DUE) for by in "cd"),
    )
    await claim(database, by="e", now=DUE + timedelta(hours=1))
    # Whichever came first, each day has one run.
    for digest in digests:
        assert [run.day for run in await all_runs(database, digest.id)] == [date(2026, 3, 3)]


async def test_previous_post_and_skipped_days(database: Database) -> None:
    created = await create_digest(database)

    async def day(number: int, why: RunSkip | None, after: timedelta = timedelta(0)) -> datetime:
        due = DUE + number * DAY
        for run in await claim(database, now=due + after):
            if why is None:
                await runs.posted(database, run.id, f"{number}", FIGURES, now=due)
            else:
                await runs.skipped(database, run.id, why, now=due)
        return due

    first = await day(0, None)
    assert await runs.previous(database, created.id, first) is None
    await day(1, None)
    await day(2, RunSkip.EMPTY)
    await day(3, RunSkip.PAUSED)
    await day(4, None, timedelta(hours=8))
    await _by_hand(database, created.id)
    last = await day(5, RunSkip.LATE)
    previous_run = await runs.previous(database, created.id, last)
    assert previous_run is not None
    assert (previous_run.ts, previous_run.figures) == ("1", FIGURES)
    between = await runs.skipped_since(database, created.id, previous_run.due)
    assert [(run.day, run.skip) for run in between] == [
        (date(2026, 3, 6), RunSkip.PAUSED),
        (date(2026, 3, 7), RunSkip.LATE),
        (date(2026, 3, 8), RunSkip.LATE),
    ]
    assert [run.day for run in await runs.skipped_since(database, created.id, last)] == []


async def test_old_runs_are_deleted(database: Database) -> None:
    created = await create_digest(database)
    for number in range(3):
        for run in await claim(database, now=DUE + number * DAY):
            if number != 1:
                await runs.posted(database, run.id, f"{number}", FIGURES, now=DUE)
    assert await runs.delete_old(database, DUE + runs.RUNS_KEPT) == 0
    assert await runs.delete_old(database, DUE + runs.RUNS_KEPT + 2 * DAY) == 1
    # One that is in progress is kept.
    assert await outcomes(database, created.id) == {"4": RunState.CLAIMED, "5": RunState.POSTED}


async def test_old_scans_are_deleted_in_portions(database: Database) -> None:
    async with database.writing() as connection:
        for name, at in (("old", NOON), ("new", NOON + DAY)):
            await connection.execute(insert(digest_scans).values(_scan(name, at)))
            await connection.execute(insert(digest_items), [_item(name)] * 25)
    now = NOON + runs.SCANS_KEPT + SECOND
    assert [await runs.delete_old(database, now, most=10) for _ in range(4)] == [10, 10, 6, 0]
    async with database.reading() as connection:
        remaining = await connection.execute(select(digest_items.c.scan_id, func.count()).group_by("scan_id"))
        assert [tuple(row) for row in remaining] == [("new", 25)]
        assert list((await connection.execute(select(digest_scans.c.id))).scalars()) == ["new"]


def _scan(name: str, at: datetime) -> dict[str, object]:
    return {
        "id": name,
        "env": "live",
        "state": "done",
        "horizon": at,
        "previews": False,
        "started_at": at,
        "finished_at": at,
        "customers": 0,
        "previewed": 0,
        "to_preview": 0,
        "missing": [],
        "said": "",
    }


def _item(scan: str) -> dict[str, object]:
    return {
        "scan_id": scan,
        "section": "unpaid",
        "customer": "Acme",
        "currency": "usd",
        "plans": "||",
        "feature": "",
        "details": {},
    }
