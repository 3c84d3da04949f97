"""Several processes post digests for a month that passes in minutes, and are killed and restarted."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from ctypes import c_double
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from multiprocessing.sharedctypes import RawValue
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.autumn.models import Environment
from bot.digests import repository, rows
from bot.digests.delivery.new_runs import LATE_AFTER
from bot.digests.model import EVERY_DAY, WORKDAYS, Digest, DigestContent, NewDigest, Run, RunState, Schedule
from bot.digests.schedule import due_between
from bot.store.database import Database, unbroken
from bot.store.tables import digest_runs
from bot.store.tables import digests as table
from sandbox.autumn import LocalAutumn, LocalLimits
from sandbox.slack import LocalSlack, PostLimit
from sandbox.slack.faults import FaultKind
from sandbox.slack.model import LocalChannel
from sandbox.slack.people import BOT_USER
from tests.databases import fresh
from tests.proofs.digest_process import CALL, Place, keep_posting
from tests.proofs.figures import Figures
from tests.proofs.killable import Process
from tests.running import MANIFEST

START = datetime(2026, 10, 20, tzinfo=UTC)
"""Within thirty days from then the clocks change in Europe, and a week later in America."""
SCHEDULES = (
    Schedule(EVERY_DAY, time(2, 30), "Europe/Berlin"),
    Schedule(WORKDAYS, time(9), "Europe/Berlin"),
    Schedule(WORKDAYS, time(9), "Europe/Berlin"),
    Schedule(EVERY_DAY, time(1, 30), "America/New_York"),
    Schedule(frozenset({0, 2, 4}), time(9), "America/New_York"),
    Schedule(EVERY_DAY, time(9), "Asia/Kolkata"),
    Schedule(EVERY_DAY, time(8, 15), "Pacific/Auckland"),
    Schedule(frozenset({5, 6}), time(9), "Asia/Kolkata"),
)
CHANNELS = (0, 1, 1, 2, 3, 4, 5, 4)
"""Two pairs go to the same channel, at the same time."""
TROUBLES: tuple[tuple[str, FaultKind, float], ...] = (
    ("chat.postMessage", "429", 0.10),
    ("chat.postMessage", "500", 0.05),
    ("chat.postMessage", "500_after", 0.12),
    ("chat.postMessage", "cut_after", 0.12),
    ("conversations.history", "429", 0.10),
    ("conversations.history", "500", 0.10),
    ("conversations.replies", "429", 0.10),
    ("conversations.replies", "500", 0.10),
    ("conversations.info", "429", 0.05),
    ("conversations.info", "500", 0.05),
    ("users.conversations", "500", 0.05),
)
"""Faults of Slack, and how often they happen. One that is done but not answered could cause a second post."""
_STEP = timedelta(seconds=10)
_PAUSE = 0.2
"""Seconds for which the clock stands still at each step. A lease lasts three steps, so that a living process
has more time to renew it, or to give up a post, than a post may take."""
assert 3 * _PAUSE > CALL
_POLL = 0.04
_PATIENCE = 600
"""Steps after which a due digest counts as stuck."""


@dataclass
class Month:
    slack: LocalSlack
    database: Database
    clock: c_double
    bots: list[Process]
    figures: Figures
    dice: random.Random
    now: datetime = START
    digests: list[Digest] = field(default_factory=list)
    killing: set[asyncio.Task[None]] = field(default_factory=set)

    def move_to(self, now: datetime) -> None:
        """Moves the shared clock."""
        self.now = now
        self.slack.clock.set(now)
        self.clock.value = now.timestamp()

    async def set_up(self, digests: int) -> None:
        numbers = count()
        for schedule, channel in list(zip(SCHEDULES, CHANNELS, strict=True))[:digests]:
            local_channel = LocalChannel(
                f"C9{channel}MORNING", f"morning-{channel}", "public", members=[BOT_USER]
            )
            self.slack.workspace.channels.setdefault(local_channel.id, local_channel)
            self.digests.append(
                await repository.create(
                    self.database,
                    NewDigest(
                        submission_id=f"form-{next(numbers)}",
                        env=Environment.SANDBOX,
                        channel=local_channel.id,
                        team="T01",
                        owner="U01ANA",
                        schedule=schedule,
                        content=DigestContent(sections=frozenset({"unpaid"}), skip_empty=False),
                        private=False,
                    ),
                    now=START,
                )
            )

    def times(self, days: int) -> Iterator[datetime]:
        """The times at which digests are due, in order."""
        until = START + timedelta(days=days + 1)
        due = {at for digest in self.digests for _, at in due_between(digest.schedule, START, until)}
        return iter(sorted(due))

    async def pass_through(self, due: datetime) -> None:
        """Moves on until everything due by then is settled."""
        self.move_to(max(self.now, due))
        if self.dice.random() < 0.6:
            self._kill_soon()
        for _ in range(_PATIENCE):
            waiting = await self._settling()
            if waiting is None:
                return
            self.move_to(max(waiting, self.now + _STEP))
        self.figures.check(False, f"what was due at {due} is stuck")

    async def _settling(self) -> datetime | None:
        """None when everything is settled; now, while a process, living or dead, holds a lease; else when the
        next attempt is due."""
        until = asyncio.get_running_loop().time() + _PAUSE
        while True:
            await asyncio.sleep(_POLL)
            waiting = await _waiting(self.database, self.now)
            if waiting is None or waiting > self.now or asyncio.get_running_loop().time() >= until:
                return waiting

    def _kill_soon(self) -> None:
        task = asyncio.create_task(self._kill(self.dice.choice(self.bots), self.dice.random() * 0.25))
        self.killing.add(task)
        task.add_done_callback(self.killing.discard)

    async def _kill(self, bot: Process, after: float) -> None:
        await asyncio.sleep(after)
        gently = self.dice.random() < 0.2
        await asyncio.to_thread(bot.stop if gently else bot.kill)
        self.figures.count("processes stopped" if gently else "processes killed")
        bot.start()


@unbroken
async def _waiting(database: Database, now: datetime) -> datetime | None:
    """None when everything due is settled; now, when a process holds a part of it, or some is unclaimed; else
    when the next attempt is due."""
    async with database.reading() as connection:
        unclaimed = select(func.count()).where(table.c.state == "active", table.c.next_due <= now)
        claimed = digest_runs.c.state == RunState.CLAIMED
        leased = select(func.count()).where(claimed, digest_runs.c.lease_by.is_not(None))
        next_attempt = select(func.min(digest_runs.c.not_before)).where(claimed)
        if await connection.scalar(unclaimed) or await connection.scalar(leased):
            return now
        attempt_at: datetime | None = await connection.scalar(next_attempt)
        return attempt_at


async def mornings(processes: int, days: int, digests: int = len(SCHEDULES), seed: int = 1) -> Figures:
    figures = Figures(f"{processes} processes post {digests} digests for {days} days: postgresql")
    async with _month(processes, figures, seed) as month:
        await month.set_up(digests)
        for method, kind, chance in TROUBLES:
            month.slack.faults.add(method, kind, seconds=20, chance=chance, times=None)
        for bot in month.bots:
            bot.start()
        for due in month.times(days):
            await month.pass_through(due)
        await asyncio.gather(*month.killing)
        _judge(month, await _runs(month.database), days)
    return figures


def _judge(month: Month, runs: list[Run], days: int) -> None:
    figures = month.figures
    by_id = {run.id: run for run in runs}
    posts = Counter[tuple[str, date | None]]()
    threads = Counter[str]()
    for post in month.slack.workspace.posts:
        figures.check(post.metadata is not None, f"a message that is not a digest: {post.text[:60]}")
        if post.metadata is None:
            continue
        run = by_id[post.metadata["event_payload"]["run"]]
        if post.metadata["event_type"] == "maple_digest_details":
            threads[run.id] += 1
            figures.check(post.thread_ts == run.ts, f"{run.id}: a message in another thread")
            continue
        figures.check(post.thread_ts is None, f"{run.id}: a digest in a thread")
        posts[run.digest, run.day] += 1
        at = datetime.fromtimestamp(float(post.ts), UTC)
        # Slack's clock runs on between the steps.
        figures.check(
            run.due <= at + timedelta(seconds=1) and at <= run.due + LATE_AFTER, f"{run.id} at {at}"
        )
        figures.count("of them more than ten minutes late", at - run.due > timedelta(minutes=10))
    expected = {(digest.id, day) for digest in month.digests for day in _days(digest.schedule, days)}
    figures.check(expected <= posts.keys(), f"not posted: {sorted(map(str, expected - posts.keys()))[:3]}")
    for (digest, day), number in posts.items():
        figures.check(number == 1, f"{digest} on {day}: {number} posts")
    for run_id, number in threads.items():
        figures.check(number == 1, f"{run_id}: {number} messages in its thread")
    for run in runs:
        figures.check(run.state is RunState.POSTED, f"{run.id} is {run.state}, {run.skip}")
    calls = Counter((call.method, call.error) for call in month.slack.calls)
    figures.count("due days", len(runs))
    figures.count("digests in the ledger", sum(posts.values()))
    figures.count("days with one", sum(number == 1 for number in posts.values()))
    figures.count("threads with one message", sum(number == 1 for number in threads.values()))
    figures.count(
        "searches of the channel or a thread",
        sum(calls[call] for call in calls if call[0] in ("conversations.history", "conversations.replies")),
    )
    for error, answer in (("ratelimited", "429"), ("internal_error", "500"), ("cut_off", "no answer")):
        figures.count(
            f"calls that Slack answered with {answer}",
            sum(count for call, count in calls.items() if call[1] == error),
        )


def _days(schedule: Schedule, days: int) -> Iterator[date]:
    """The local dates on which it is due, leaving out those that lie only partly in the time that passed."""
    first = START.astimezone(ZoneInfo(schedule.zone)).date() + timedelta(days=1)
    for number in range(days):
        day = first + timedelta(days=number)
        if day.weekday() in schedule.weekdays:
            yield day


@unbroken
async def _runs(database: Database) -> list[Run]:
    async with database.reading() as connection:
        return [rows.run(row) for row in await connection.execute(select(digest_runs))]


@asynccontextmanager
async def _month(processes: int, figures: Figures, seed: int) -> AsyncIterator[Month]:
    url = await asyncio.to_thread(fresh, "postgresql")
    database = Database(url, patience=30)
    async with (
        LocalSlack.running(manifest=MANIFEST) as slack,
        LocalAutumn.running(seed="demo", clock=START, limits=LocalLimits.off()) as autumn,
    ):
        slack.limit = PostLimit(slack.clock, per_second=1e6, burst=1_000_000)
        clock = RawValue(c_double, START.timestamp())
        place = Place(url, slack.api_url, slack.bot_token, autumn.url, autumn.key)
        bots = [Process(keep_posting, place, clock) for _ in range(processes)]
        month = Month(slack, database, clock, bots, figures, random.Random(seed))  # noqa: S311 - reproducible
        month.move_to(START)
        try:
            yield month
        finally:
            for bot in bots:
                await asyncio.to_thread(bot.kill)
            await database.aclose()
