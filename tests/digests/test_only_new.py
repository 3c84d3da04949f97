"""A digest posted only when something is new: what counts as new, and what skipped days carry over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.digests import sections
from bot.digests.items import StoredItem
from bot.digests.model import DigestContent, Figures, RunSkip, RunState
from bot.digests.report.build import report
from bot.digests.report.model import Report, RowQuery
from bot.digests.scan.repository import Scan
from bot.store.database import Database
from tests.digests.harness import DUE, digest_harness, tick
from tests.digests.listed import START, at
from tests.digests.samples import run
from tests.digests.test_report import row, stored_scan, unpaid
from tests.engines import on_sqlite

DAY = timedelta(days=1)
ALL = frozenset(sections.all_keys())
ONLY_NEW = DigestContent(sections=ALL, only_new=True)


def last_post(scan: Scan, **changes: Any) -> RowQuery:
    """The rows of the last post: a week from the start of its scan."""
    query = RowQuery(scan=scan.id, start=START, end=START + 7 * DAY, sections=tuple(sections.all_keys()))
    return query.at(**changes)


async def report_after(
    database: Database, scan: Scan, last: RowQuery | None, content: DigestContent = ONLY_NEW
) -> Report:
    previous = None if last is None else run(scan=last.scan, query=last.encode(), figures=Figures())
    return await report(database, scan, content, previous=previous)


def rows() -> list[StoredItem]:
    return [
        unpaid("9.5", at=at(-9), details={"invoice": "in_1"}),
        row("past_due", at=at(-3)),
        row("invoices", amount=5, at=at(2)),
        row("trials", at=at(3)),
        row("run_outs", at=at(2), feature="messages", details={"resets_at": 5}),
        row("resets", at=at(4), feature="messages"),
        row("trials", at=at(3), customer_id=None, customer="Somebody"),
    ]


async def compared(database: Database, *after: StoredItem, before: list[StoredItem] | None = None) -> Report:
    first = await stored_scan(database, *(rows() if before is None else before))
    second = await stored_scan(database, *after, start=START + DAY)
    return await report_after(database, second, last_post(first))


async def test_same_rows_a_day_later_are_not_new(database: Database) -> None:
    same = rows()
    same[4] = row("run_outs", at=at(2.5), feature="messages", details={"resets_at": 5})
    comparison = await compared(database, *same)
    assert comparison.nothing_new, "when a balance runs out is an estimate that moves"
    assert not comparison.empty


async def test_row_not_in_the_last_post_is_new(database: Database) -> None:
    first = await stored_scan(database, *rows())
    same = await stored_scan(database, *rows(), start=START + DAY)
    additions = (
        unpaid("9.5", details={"invoice": "in_2"}),
        row("past_due", 2),
        row("invoices", amount=5, at=at(6)),
        row("invoices", 2, amount=5, at=at(7.5)),
        row("trials", 1, at=at(5)),
        row("run_outs", at=at(2), feature="messages", details={"resets_at": 6}),
        row("run_outs", at=at(2), feature="seats", details={"resets_at": 5}),
        row("resets", at=at(4), feature="messages", details={"entity": "ent_1"}),
        row("trials", at=at(3), customer_id=None, customer="Somebody Else"),
    )
    for number, new in enumerate(additions, start=1):
        content = replace(ONLY_NEW, sections=frozenset({new["section"]}))
        assert (await report_after(database, same, last_post(first), content)).nothing_new, new
        second = await stored_scan(database, *rows(), new, start=START + DAY + timedelta(minutes=number))
        assert not (await report_after(database, second, last_post(first), content)).nothing_new, new


@on_sqlite
async def test_settled_rows_are_new(database: Database) -> None:
    assert not (await compared(database, *rows()[1:])).nothing_new


@on_sqlite
async def test_upcoming_row_that_is_gone_is_not_new(database: Database) -> None:
    assert (await compared(database, *rows()[:2], *rows()[3:])).nothing_new


@on_sqlite
async def test_row_beyond_the_last_window_is_new(database: Database) -> None:
    later = row("invoices", 3, amount=5, at=at(7.5))
    assert not (await compared(database, *rows(), later, before=[*rows(), later])).nothing_new


@on_sqlite
async def test_added_section_or_filter_makes_its_rows_new(database: Database) -> None:
    first = await stored_scan(database, *rows())
    second = await stored_scan(database, *rows(), start=START + DAY)
    for last in (
        last_post(first, sections=("unpaid",)),
        last_post(first, plans=("team",)),
        last_post(first, start=None),
    ):
        assert not (await report_after(database, second, last)).nothing_new


@on_sqlite
async def test_incomparable_report_counts_as_new(database: Database) -> None:
    first = await stored_scan(database, *rows())
    second = await stored_scan(database, *rows(), start=START + DAY)
    assert not (await report_after(database, second, None)).nothing_new
    assert not (await report_after(database, second, last_post(first).at(scan="forgotten"))).nothing_new
    old = await report(database, second, ONLY_NEW, previous=run(scan=first.id))
    assert not old.nothing_new, "posted by a version that kept no query"
    missing = await stored_scan(database, *rows(), start=START + 2 * DAY, missing=["unpaid"])
    assert not (await report_after(database, missing, last_post(first))).nothing_new
    content = DigestContent(sections=ALL)
    assert not (await report_after(database, second, last_post(first), content)).nothing_new, (
        "it posts all the same"
    )


async def test_days_without_news_are_skipped_without_a_gap() -> None:
    async with digest_harness() as harness:
        content = DigestContent(days=2, sections=frozenset({"past_due"}), only_new=True, skip_empty=False)
        await harness.digest(content=content)
        bot = await harness.bot()
        harness.at(DUE)
        await tick(bot)
        assert len(harness.posts()) == 1
        for _ in range(2):
            harness.move(days=1)
            await tick(bot)
        assert len(harness.posts()) == 1, "nothing has changed"
        skipped = (await harness.runs())[1:]
        assert {(run.state, run.skip) for run in skipped} == {(RunState.SKIPPED, RunSkip.NOTHING_NEW)}
        assert harness.count("nothing_new") == 2
        harness.autumn.mark_past_due("cus_0000002")
        harness.move(days=1)
        await tick(bot)
        told_again = (await harness.runs())[-1]
        first = (await harness.runs())[0]
        assert len(harness.posts()) == 2
        query = RowQuery.decode(told_again.query)
        assert query.start == first.covers_until, "where the last post ended"


async def test_empty_days_of_such_a_digest_are_skipped_as_empty() -> None:
    async with digest_harness() as harness:
        nobody = DigestContent(plans=frozenset({"no_such_plan"}), only_new=True, skip_empty=False)
        await harness.digest(content=nobody)
        harness.at(DUE)
        await tick(await harness.bot())
        assert (await harness.last()).skip is RunSkip.EMPTY
        assert harness.posts() == []
