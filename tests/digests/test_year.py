"""A year of due days: each is posted or skipped, once, and no other day is.

Digests are created, edited, paused and resumed; replicas tick in any order and die at any step, at the due
minute and around it, with outages of any length. The expected result is computed separately: from the history
of the schedule, and clocks read minute by minute.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import chain, combinations, count
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.access.post_targets import Pause
from bot.digests import repository
from bot.digests.delivery import runs
from bot.digests.model import EVERY_DAY, Digest, DigestContent, Figures, Run, RunSkip, RunState, Schedule
from bot.store.database import Database
from tests.databases import Engine, fresh
from tests.digests import clocks
from tests.digests.booked import DAY, LEASE, SECOND, all_runs, create_digest
from tests.examples import examples

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_OVER = LEASE + SECOND
_IN_TIME = timedelta(hours=6)
_numbers = count()


class Fate(StrEnum):
    """What happens to an attempt."""

    POSTS = "posts"
    EMPTY = "empty"
    PUT_OFF = "put off"
    DIES_EARLY = "dies before it notes that it posts"
    DIES_MARKED = "dies when that is noted"
    DIES_SENT = "dies when it has posted"


_DEATHS = frozenset({Fate.DIES_EARLY, Fate.DIES_MARKED, Fate.DIES_SENT})


@dataclass(frozen=True, slots=True)
class Wait:
    """For this long, or until this long after the digest's next due time if it has one."""

    time: timedelta
    due: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    replicas: str
    """The names of the replicas that tick at once, a letter each."""
    fate: Fate


@dataclass(frozen=True, slots=True)
class Edit:
    schedule: Schedule


class Switch(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"


Step = Wait | Tick | Edit | Switch

_masks = st.sampled_from(
    [frozenset(mask) for mask in chain.from_iterable(combinations(range(7), size) for size in range(1, 8))]
)
# Times that come twice or not at all when the clocks change; times around midnight; and any other.
_times = st.one_of(
    st.sampled_from([time(2, 30), time(2, 15), time(1, 45), time(2), time(3), time(0), time(23, 59)]),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
)
_schedules = st.builds(Schedule, _masks, _times, st.sampled_from(clocks.ZONES))
_around = st.sampled_from([-_HOUR, -SECOND, timedelta(0), timedelta(0), SECOND, _OVER, _IN_TIME, 7 * _HOUR])
_waits = st.one_of(
    st.builds(Wait, _around, st.just(True)),
    st.builds(Wait, st.sampled_from([SECOND, _OVER, _HOUR, _IN_TIME, DAY])),
    st.builds(Wait, st.timedeltas(SECOND, 14 * DAY)),
)
_ticks = st.builds(Tick, st.sampled_from(["a", "b", "ab", "ba"]), st.sampled_from(Fate))
_acts = st.one_of(_ticks, _ticks, st.builds(Edit, _schedules), st.sampled_from(Switch))
_steps = st.lists(st.one_of(_waits, _acts), min_size=8, max_size=24)
_changes = sorted({day for days in clocks.CHANGES.values() for day in days})
_beginnings = st.one_of(
    st.builds(lambda day, hours: _at(day) - hours * _HOUR, st.sampled_from(_changes), st.integers(0, 60)),
    st.builds(
        lambda days, second: _at(date(2026, 1, 1)) + days * DAY + second * SECOND,
        st.integers(0, 364),
        st.integers(0, 86399),
    ),
)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


class History:
    """The days that must have a row, and when each was due."""

    def __init__(self, schedule: Schedule, now: datetime) -> None:
        self.schedule: Schedule | None = schedule
        self.since = now
        self.due: dict[date, datetime] = {}
        self.edited: set[date] = set()

    def until(self, now: datetime) -> None:
        """Records that time has passed."""
        if self.schedule is not None:
            for day, at in self._days(self.schedule, self.since, now):
                if self.since < at <= now:
                    self.due.setdefault(day, at)
        self.since = now

    def edit(self, schedule: Schedule, now: datetime) -> None:
        old, self.schedule = self.schedule, schedule
        assert old is not None
        today = clocks.local_time(schedule.zone, now).date()
        for day, at in self._days(schedule, now - 3 * DAY, now):
            if at <= now and (day == today or clocks.due_moment(old, day) > now) and day not in self.due:
                self.due[day] = at
                self.edited.add(day)

    @staticmethod
    def _days(schedule: Schedule, first: datetime, last: datetime) -> list[tuple[date, datetime]]:
        days = (first.date() + number * DAY for number in range(-2, (last - first).days + 4))
        return [(day, clocks.due_moment(schedule, day)) for day in days if day.weekday() in schedule.weekdays]


class Simulation:
    """One digest, the replicas that deliver it, and the channel."""

    def __init__(self, database: Database, digest: Digest, env: str, now: datetime) -> None:
        self.database = database
        self.digest = digest
        self.env = env
        self.now = now
        self.schedule = digest.schedule
        self.history = History(digest.schedule, now)
        self.channel: Counter[str] = Counter()
        self.ticks: list[datetime] = []
        self.starts = 0
        self.healthy = True
        self.together = False

    async def do(self, step: Step) -> None:
        match step:
            case Wait():
                await self._wait(step)
            case Tick():
                self.together = len(step.replicas) > 1
                await asyncio.gather(*(self._tick(name, step.fate) for name in step.replicas))
                self.ticks.append(self.now)
                self.healthy &= step.fate in (Fate.POSTS, Fate.EMPTY)
            case Edit():
                await self._edit(step.schedule)
            case Switch.PAUSE:
                await self._pause()
            case Switch.RESUME:
                await self._resume()

    async def _wait(self, wait: Wait) -> None:
        until = self.now + wait.time
        if wait.due:
            near = (self.now.date() + number * DAY for number in range(-2, 10))
            dues = (
                clocks.due_moment(self.schedule, day)
                for day in near
                if day.weekday() in self.schedule.weekdays
            )
            until = min(at for at in dues if at > self.now) + wait.time
        self.now = max(self.now, until)

    async def _tick(self, name: str, fate: Fate) -> None:
        # A replica that died returns under another name.
        by = f"{name}{self.starts}"
        for run in await runs.claim_due(self.database, self.env, by=by, lease=LEASE, now=self.now):
            assert self.now - run.due <= _IN_TIME
            await self._carry(run, by, fate)
        for run in await runs.take_over(self.database, self.env, by=by, lease=LEASE, now=self.now):
            await self._carry(run, by, fate)
        self.starts += fate in _DEATHS

    async def _carry(self, run: Run, by: str, fate: Fate) -> None:
        if run.tried_to_post and self.channel[run.id]:
            await runs.posted(self.database, run.id, "1.2", Figures(), now=self.now)
            return
        if run.tried_to_post and self.now - run.due > _IN_TIME:
            await runs.skipped(self.database, run.id, RunSkip.LATE, now=self.now, by=by)
            return
        if fate is Fate.EMPTY:
            await runs.skipped(self.database, run.id, RunSkip.EMPTY, now=self.now, by=by)
            return
        if fate is Fate.PUT_OFF:
            until = self.now + timedelta(minutes=20)
            await runs.put_off(self.database, run.id, by=by, until=until, now=self.now)
            return
        await self._post(run, by, fate)

    async def _post(self, run: Run, by: str, fate: Fate) -> None:
        if fate is Fate.DIES_EARLY:
            return
        if not await runs.mark_posting(self.database, run.id, by=by, lease=LEASE, now=self.now):
            return
        if fate is Fate.DIES_MARKED:
            return
        if self.together:
            # Long enough on its way to Slack for the other replica to search for it.
            await asyncio.sleep(0.003)
        self.channel[run.id] += 1
        if fate is Fate.DIES_SENT:
            return
        assert await runs.posted(self.database, run.id, "1.2", Figures(), now=self.now)

    async def _edit(self, schedule: Schedule) -> None:
        self.history.until(self.now)
        edited = await repository.edit(
            self.database,
            self.digest.id,
            version=self.digest.version,
            schedule=schedule,
            content=DigestContent(),
            now=self.now,
        )
        assert edited is not None
        self.digest, self.schedule = edited, schedule
        if edited.pause is None:
            self.history.edit(schedule, self.now)

    async def _pause(self) -> None:
        self.history.until(self.now)
        await repository.pause(self.database, self.digest.id, Pause.ASKED, now=self.now)
        self.history.schedule = None
        self.digest = replace(self.digest, pause=Pause.ASKED)

    async def _resume(self) -> None:
        self.history.until(self.now)
        await repository.resume(self.database, self.digest.id, now=self.now)
        self.history.schedule = self.schedule
        self.digest = replace(self.digest, pause=None)

    async def finish(self) -> list[Run]:
        """Lets a healthy replica finish; then returns all runs."""
        for wait in (timedelta(0), _OVER, _HOUR):
            await self._wait(Wait(wait))
            await self._tick("z", Fate.POSTS)
            self.ticks.append(self.now)
        self.history.until(self.now)
        return await all_runs(self.database, self.digest.id)


def _judge(simulation: Simulation, stored_runs: list[Run]) -> None:
    assert {run.day: run.due for run in stored_runs} == simulation.history.due
    assert len(stored_runs) == len(simulation.history.due)
    for run in stored_runs:
        assert run.state is not RunState.CLAIMED
        assert simulation.channel[run.id] == (run.state is RunState.POSTED)
        assert run.day is not None
        assert (run.skip is RunSkip.EDITED) == (run.day in simulation.history.edited)
        in_time = any(run.due <= tick <= run.due + _IN_TIME for tick in simulation.ticks)
        if simulation.healthy and in_time and run.skip is RunSkip.LATE:
            pytest.fail(f"{run.day} was skipped, though somebody was there")


class SharedDatabase:
    """One database for all examples, each in its own environment."""

    def __init__(self, engine: Engine) -> None:
        self.runner = asyncio.Runner()
        self.database = Database(fresh(engine))

    def live(self, schedule: Schedule, begin: datetime, steps: list[Step]) -> None:
        self.runner.run(self._live(schedule, begin, steps))

    async def _live(self, schedule: Schedule, begin: datetime, steps: list[Step]) -> None:
        number = next(_numbers)
        digest = await create_digest(
            self.database, submission_id=f"{number}", env=f"e{number}", schedule=schedule, now=begin
        )
        simulation = Simulation(self.database, digest, f"e{number}", begin)
        for step in steps:
            await simulation.do(step)
        _judge(simulation, await simulation.finish())

    def close(self) -> None:
        self.runner.run(self.database.aclose())
        self.runner.close()


async def _weeks_from(begin: datetime, database: Database, env: str) -> None:
    """Two replicas look at four digests once in a while."""
    chance = Random(2026)  # noqa: S311
    now = begin
    # Quarter past two is skipped, comes twice, or neither.
    masks = [EVERY_DAY, EVERY_DAY, frozenset({0, 2, 5, 6}), frozenset({1, 3})]
    digests = [
        await create_digest(
            database,
            submission_id=f"{env} {zone}",
            env=env,
            schedule=Schedule(mask, time(2, 15), zone),
            now=begin,
        )
        for zone, mask in zip(clocks.ZONES, masks, strict=True)
    ]
    looked = []
    while now < begin + 42 * DAY:
        now += chance.randint(1, 3000) * _MINUTE
        looked.append(now)
        for name in chance.choice(["a", "b", "ab"]):
            for run in await runs.claim_due(database, env, by=name, lease=LEASE, now=now):
                assert await runs.posted(database, run.id, "1.2", Figures(), now=now)
    for digest in digests:
        history = History(digest.schedule, begin)
        history.until(now)
        assert {run.day: run.due for run in await all_runs(database, digest.id)} == history.due
        for run in await all_runs(database, digest.id):
            in_time = any(run.due <= at <= run.due + _IN_TIME for at in looked)
            assert run.state is (RunState.POSTED if in_time else RunState.SKIPPED)
            assert run.skip is (None if in_time else RunSkip.LATE)


@pytest.fixture(scope="module")
def sqlite() -> Iterator[SharedDatabase]:
    ground = SharedDatabase("sqlite")
    yield ground
    ground.close()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[SharedDatabase]:
    ground = SharedDatabase("postgresql")
    yield ground
    ground.close()


@pytest.mark.parametrize("begin", [date(2026, 3, 2), date(2026, 9, 28)])
def test_weeks_in_which_all_clocks_change(sqlite: SharedDatabase, begin: date) -> None:
    sqlite.runner.run(_weeks_from(_at(begin), sqlite.database, f"{begin}"))


_examples = given(schedule=_schedules, begin=_beginnings, steps=_steps)
_NIGHTLY = Schedule(EVERY_DAY, time(2, 30), "Europe/Berlin")
_EVE = _at(date(2026, 3, 28))
_DUE = Wait(timedelta(0), due=True)


@examples(45)
@_examples
@example(_NIGHTLY, _EVE, [_DUE, Tick("a", Fate.DIES_SENT), Switch.PAUSE])
@example(_NIGHTLY, _EVE, [_DUE, Tick("ab", Fate.POSTS), _DUE, Tick("ba", Fate.POSTS)])
@example(_NIGHTLY, _EVE, [_DUE, Edit(replace(_NIGHTLY, at=time(4))), _DUE, Tick("ab", Fate.POSTS)])
def test_each_due_day_is_posted_once(
    sqlite: SharedDatabase, schedule: Schedule, begin: datetime, steps: list[Step]
) -> None:
    sqlite.live(schedule, begin, steps)


@examples(8)
@_examples
def test_each_due_day_is_posted_once_on_postgresql(
    postgresql: SharedDatabase, schedule: Schedule, begin: datetime, steps: list[Step]
) -> None:
    postgresql.live(schedule, begin, steps)
