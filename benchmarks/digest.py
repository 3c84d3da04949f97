"""A digest of more and more customers, measured against the pace of its reading; and many digests due in one
minute.

A digest reads all customers, so its time grows with them: pages, unpaid invoices and previews, each at a rate
far below Autumn's limits. The optimum is computed from the requests of the run itself, at those rates, as if
Autumn and Maple took no time. People type commands before the digest is due and while it is made.
"""

import argparse
import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks import customers, processes, wide_slack
from benchmarks.load import Job, Result, Sample
from benchmarks.report import Table, milliseconds, quantile, show
from benchmarks.timed_autumn import Span
from bot.autumn.models import Environment
from bot.digests import repository
from bot.digests.model import EVERY_DAY, DigestContent, NewDigest, Schedule
from bot.digests.scan.pacing import ScanPace
from bot.lookups import help as lookup_help
from bot.store.database import Database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)
    people: int = 4
    pause: float = 0.25
    """Seconds between a person's card and their next command."""
    idle: float = 60.0
    """How long commands are measured before the digest is due, at least, in seconds."""
    portion: float = 5.0
    """About how many seconds of commands are sent at a time."""
    rounds: int = 3
    """How often each size is measured, each time with a new bot."""
    digests: int = 500
    patience: float = 600.0
    """Seconds to wait for a post."""


@dataclass(frozen=True, slots=True)
class Bench:
    slack: str
    autumn: str
    maple: processes.Server
    file: Path
    """The bot's database."""
    customers: tuple[str, ...] = ()

    def commands(self, plan: Plan, seconds: float) -> Result:
        """People type commands for about this many seconds."""
        per_person = max(1, round(seconds / (plan.pause + 0.01)))
        job = Job(
            url=self.maple.url,
            secret=processes.SECRET,
            command="/autumn",
            texts=self.customers,
            concurrency=plan.people,
            requests=plan.people * per_person,
            answered=True,
            in_turn=True,
            pause=plan.pause,
            preliminary=lookup_help.still_waiting().text,
        )
        return processes.load(self.maple, job)

    def posted(self, channel: str) -> list[float]:
        """When something was posted into the channel, in seconds since the epoch."""
        messages = processes.ask(
            f"{self.slack}conversations.history", {"channel": channel}, key=processes.BOT_TOKEN
        )
        return [float(message["ts"]) for message in messages["messages"] if message.get("bot_id")]

    def scanned(self) -> dict[str, Any]:
        with sqlite3.connect(self.file) as connection:
            connection.row_factory = sqlite3.Row
            (row,) = connection.execute("SELECT * FROM digest_scans")
            return dict(row)


@contextmanager
def bench(channels: int, seed: str) -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory() as folder,
        processes.wide_slack(channels) as slack,
        processes.autumn(seed) as autumn,
    ):
        file = Path(folder) / "maple.db"
        with processes.maple(slack, autumn, f"sqlite:///{file}") as maple:
            running = Bench(slack, autumn, maple, file, customers.ids(autumn)[:50])
            running.commands(Plan(), 3)  # imports, caches and pools are filled before the clock starts
            yield running


def add_digests(file: Path, count: int, *, after: float) -> datetime:
    """Adds `count` digests, each in its own channel, all due in the same minute: `after` seconds from now, or
    up to a minute later."""
    earliest = datetime.now(UTC) + timedelta(seconds=after)
    due = earliest.replace(second=0, microsecond=0) + timedelta(minutes=1)

    async def add() -> None:
        database = Database(f"sqlite:///{file}")
        for number in range(count):
            await repository.create(
                database,
                NewDigest(
                    submission_id=f"benchmark-{number}",
                    env=Environment.SANDBOX,
                    channel=wide_slack.name(number),
                    team="T01NORTHW",
                    owner="U01ANA",
                    schedule=Schedule(weekdays=EVERY_DAY, at=due.time()),
                    content=DigestContent(skip_empty=False),
                    private=False,
                ),
                now=datetime.now(UTC),
            )
        await database.aclose()

    asyncio.run(add())
    return due


@dataclass(slots=True)
class Round:
    pages: int = 0
    unpaid: int = 0
    previews: int = 0
    refused: int = 0
    """Answers from Autumn with status 429."""
    optimum: float = 0.0
    reading: float = 0.0
    """Seconds from the first request until the last answer was stored."""
    whole: float = 0.0
    """Seconds from the first request until the message in the channel."""
    peak: int = 0
    """The most bytes of memory the bot held."""
    idle: list[Sample] = field(default_factory=list)
    meanwhile: list[Sample] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    size: int
    rounds: tuple[Round, ...]


def one_digest(plan: Plan, size: int, say: Callable[[str], None]) -> Round:
    row = Round()
    with bench(1, str(size)) as running:
        say(f"{size:,} customers created")
        customers.remember_pages(running.autumn)
        due = add_digests(running.file, 1, after=plan.idle)
        say(f"{size:,} customers, commands before")
        while (remaining := (due - datetime.now(UTC)).total_seconds()) > plan.portion + 1:
            row.idle += running.commands(plan, min(plan.portion, remaining - 1)).samples
        customers.spans(running.autumn)
        time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        say(f"{size:,} customers, the digest")
        deadline = time.monotonic() + plan.patience
        while not (posts := running.posted(wide_slack.name(0))):
            if time.monotonic() > deadline:
                raise TimeoutError("no digest was posted")
            row.meanwhile += running.commands(plan, plan.portion).samples
        _fill(row, running, posts)
    return row


def _fill(row: Round, running: Bench, posts: Sequence[float]) -> None:
    scan, spans = running.scanned(), customers.spans(running.autumn)
    started, finished = scan["started_at"] / 1e6, scan["finished_at"] / 1e6
    row.pages = sum(span.path.endswith("customers.list") for span in spans)
    row.unpaid = unpaid_pages(spans)
    row.refused = sum(span.status == 429 for span in spans)
    row.previews = scan["previewed"]
    row.optimum = optimum(row.pages, row.unpaid, row.previews)
    row.reading = finished - started
    row.whole = posts[0] - started
    row.peak = running.maple.peak() or 0
    # Commands sent after it was done do not belong to its time.
    ended = time.monotonic() - (time.time() - posts[0])
    row.meanwhile = [sample for sample in row.meanwhile if sample.sent <= ended]


def unpaid_pages(spans: Iterable[Span]) -> int:
    """How often the digest read invoices. Cards use the same call for one customer's."""
    return sum(span.path.endswith("invoices.list") and not span.about for span in spans)


def optimum(pages: int, unpaid: int, previews: int) -> float:
    """Seconds that the pace alone takes: the first request of a kind goes out at once, the rest in turn."""
    pace = ScanPace()
    kinds = ((pages, pace.page), (unpaid, pace.invoices), (previews, pace.preview))
    return sum(max(0, count - 1) * interval for count, interval in kinds)


@dataclass(frozen=True, slots=True)
class Many:
    """Many digests due at once."""

    digests: int
    posted: int
    twice: int
    """Channels with more than one post."""
    last: float
    """Seconds from the due time to the last post."""
    fastest: int
    """The most posts in any one second."""


def many_digests(plan: Plan, say: Callable[[str], None]) -> Many:
    with bench(plan.digests, "demo") as running:
        due = add_digests(running.file, plan.digests, after=5 + plan.digests / 100)
        say(f"{plan.digests} digests due at once")
        time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
        deadline = time.monotonic() + plan.patience
        waiting, posts = set(range(plan.digests)), list[list[float]]()
        while waiting and time.monotonic() < deadline:
            time.sleep(2)
            for number in sorted(waiting):
                if running.posted(wide_slack.name(number)):
                    waiting.discard(number)
        time.sleep(5)  # a second post would arrive by now
        posts = [running.posted(wide_slack.name(number)) for number in range(plan.digests)]
    times = sorted(posted_at for channel_posts in posts for posted_at in channel_posts)
    started = (due - _EPOCH).total_seconds()
    return Many(
        plan.digests,
        sum(bool(channel_posts) for channel_posts in posts),
        sum(len(channel_posts) > 1 for channel_posts in posts),
        (times[-1] if times else float("inf")) - started,
        max((sum(begin <= posted_at < begin + 1 for posted_at in times) for begin in times), default=0),
    )


def scans(rows: Sequence[Row]) -> Table:
    """For each size, the slowest round, with the most memory and all refusals of any round."""
    columns = (
        "customers", "pages", "pages of unpaid", "previews", "optimum s", "reading s", "to the message s",
        "of the optimum", "429s", "peak MiB",
    )  # fmt: skip
    table_rows = []
    for row in rows:
        slowest = max(row.rounds, key=lambda round_: round_.whole)
        table_rows.append(
            (
                f"{row.size:,}",
                str(slowest.pages),
                str(slowest.unpaid),
                str(slowest.previews),
                f"{slowest.optimum:.1f}",
                f"{slowest.reading:.1f}",
                f"{slowest.whole:.1f}",
                f"{slowest.whole / slowest.optimum:.2f}" if slowest.optimum else "",
                str(sum(round_.refused for round_ in row.rounds)),
                f"{max(round_.peak for round_ in row.rounds) / 2**20:.0f}",
            )
        )
    return Table("One digest, ever more customers: the slowest round", columns, tuple(table_rows))


@dataclass(frozen=True, slots=True)
class _Ratio:
    """How long people waited before and during the digest (p99, seconds)."""

    before: float
    meanwhile: float

    @classmethod
    def of(cls, rounds: Sequence[Round], end: Callable[[Sample], float | None]) -> "_Ratio":
        def p99(samples: Iterable[Sample]) -> float:
            waits = [ended - sample.sent for sample in samples if (ended := end(sample)) is not None]
            return quantile(waits, 0.99) if waits else float("nan")

        return cls(
            p99(chain.from_iterable(round_.idle for round_ in rounds)),
            p99(chain.from_iterable(round_.meanwhile for round_ in rounds)),
        )

    def __float__(self) -> float:
        return self.meanwhile / self.before


def _acked(sample: Sample) -> float | None:
    return sample.acked


def _answered(sample: Sample) -> float | None:
    return sample.answered


def _ratios(row: Row, end: Callable[[Sample], float | None]) -> str:
    ratios = [float(_Ratio.of([round_], end)) for round_ in row.rounds]
    return f"{float(_Ratio.of(row.rounds, end)):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def commands(rows: Sequence[Row]) -> Table:
    """All rounds together; in brackets the lowest and highest ratio of a single round."""
    columns = (
        "customers", "commands before", "ack p99 ms", "card p99 ms", "meanwhile", "ack p99 ms", "card p99 ms",
        "ack ratio", "card ratio",
    )  # fmt: skip
    table_rows = []
    for row in rows:
        acks, cards = _Ratio.of(row.rounds, _acked), _Ratio.of(row.rounds, _answered)
        table_rows.append(
            (
                f"{row.size:,}",
                str(sum(len(round_.idle) for round_ in row.rounds)),
                milliseconds(acks.before),
                milliseconds(cards.before),
                str(sum(len(round_.meanwhile) for round_ in row.rounds)),
                milliseconds(acks.meanwhile),
                milliseconds(cards.meanwhile),
                _ratios(row, _acked),
                _ratios(row, _answered),
            )
        )
    return Table("Commands while a digest is made: all rounds", columns, tuple(table_rows))


def at_once(many: Many) -> Table:
    columns = ("digests", "posted", "posted twice", "last after s", "most in a second")
    cells = (str(many.digests), str(many.posted), str(many.twice), f"{many.last:.1f}", str(many.fastest))
    return Table("Digests due in the same minute, a channel each", columns, (cells,))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digest", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=Plan().sizes)
    parser.add_argument("--rounds", type=int, default=Plan().rounds, help="of each size")
    parser.add_argument("--digests", type=int, default=Plan().digests)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    processes.stop_in_order()
    started = time.monotonic()
    plan = Plan(sizes=tuple(options.sizes), rounds=options.rounds, digests=options.digests)

    def say(words: str) -> None:
        print(f"[{time.monotonic() - started:4.0f} s] {words}", flush=True)

    rows = [Row(size, tuple(one_digest(plan, size, say) for _ in range(plan.rounds))) for size in plan.sizes]
    tables = [scans(rows), commands(rows)]
    if plan.digests:
        tables.append(at_once(many_digests(plan, say)))
    sizes = " ".join(map(str, plan.sizes))
    command = f"python -m benchmarks.digest --sizes {sizes} --rounds {plan.rounds} --digests {plan.digests}"
    show("digest", command, tables, write=options.write)


if __name__ == "__main__":
    main()
