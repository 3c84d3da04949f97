"""From a command to its card, without Autumn's own time; and the number of Autumn calls per card.

A command's time runs from when it is sent to when the complete card arrives at its response_url. Subtracted
is Autumn's own time: all time in between during which the local Autumn was handling at least one call about
that customer. What remains is the network (here none), Maple's work, and Maple's waiting for itself. Every
connection has its own customer, so each call can be attributed.
"""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import SecretStr

from benchmarks import customers, processes
from benchmarks.load import Job, Sample
from benchmarks.report import Table, milliseconds, quantile, show
from benchmarks.timed_autumn import Span
from bot.autumn.client import Autumn, Call
from bot.lookups import help as lookup_help
from bot.lookups import registry
from bot.lookups.place import OVERVIEW, Place
from bot.lookups.readers import find_and_read, read

CUSTOMER = "cus_acme"
FEATURE = "messages"


@dataclass(frozen=True, slots=True)
class Plan:
    levels: tuple[int, ...] = (1, 50)
    latencies: tuple[float, ...] = (0.0, 0.04)
    """Extra seconds that each of Autumn's answers takes."""
    rounds: int = 5
    samples: int = 200
    """Cards in a round."""


@dataclass(slots=True)
class Row:
    """All times in seconds, one for each card."""

    whole: list[float] = field(default_factory=list)
    autumns: list[float] = field(default_factory=list)
    maples: list[float] = field(default_factory=list)
    seconds: float = 0.0
    """The duration of all rounds together."""
    cpu: float = 0.0
    """Seconds of the bot's CPU time."""
    calls: int = 0
    wrong: int = 0
    """Commands that were not answered with the customer's card."""

    def add(self, samples: Sequence[Sample], spans: Sequence[Span]) -> None:
        self.calls += len(spans)
        for sample in samples:
            if sample.answered is None or sample.text not in sample.answer:
                self.wrong += 1
                continue
            autumns = covered(
                [span for span in spans if span.about == sample.text], sample.sent, sample.answered
            )
            self.whole.append(sample.answered - sample.sent)
            self.autumns.append(autumns)
            self.maples.append(sample.answered - sample.sent - autumns)


def covered(spans: Sequence[Span], start: float, end: float) -> float:
    """Seconds between start and end during which at least one span was open."""
    total, until = 0.0, start
    for span in sorted(spans, key=lambda sorted_span: sorted_span.began):
        began, ended = max(span.began, until), min(span.ended, end)
        if ended > began:
            total += ended - began
            until = ended
    return total


@dataclass(frozen=True, slots=True)
class Bench:
    maple: processes.Server
    autumn: str
    customers: tuple[str, ...]

    def job(self, concurrency: int, requests: int) -> Job:
        return Job(
            url=self.maple.url,
            secret=processes.SECRET,
            command="/autumn",
            texts=self.customers,
            concurrency=concurrency,
            requests=requests,
            answered=True,
            in_turn=True,
            preliminary=lookup_help.still_waiting().text,
        )


def prepared(servers: processes.Servers, *, times: int = 4) -> Bench:
    """Looks up each customer `times` times before the clock starts."""
    running = Bench(servers.maple, servers.autumn, customers.ids(servers.autumn))
    processes.load(running.maple, running.job(4, max(4, times * len(running.customers))))
    customers.spans(running.autumn)
    return running


Rows = dict[tuple[float, int], Row]


def measure(running: Bench, plan: Plan, say: Callable[[str], None]) -> Rows:
    rows = {(latency, level): Row() for latency in plan.latencies for level in plan.levels}
    for turn in range(plan.rounds):
        say(f"round {turn + 1} of {plan.rounds}")
        for (latency, level), row in rows.items():
            with customers.hanging(running.autumn, latency):
                result = processes.load(running.maple, running.job(level, max(level, plan.samples)))
                row.add(result.samples, customers.spans(running.autumn))
                row.cpu += result.cpu
                row.seconds += result.seconds + result.drained
    return rows


async def calls_of(autumn_url: str) -> list[tuple[str, Counter[str]]]:
    """The calls each card takes, by Autumn route."""
    email = customers.emails(autumn_url)[0]
    lookups: list[tuple[str, str, str]] = [
        ("overview, by id", CUSTOMER, OVERVIEW),
        ("overview, by email", email, OVERVIEW),
        *((tab.id, CUSTOMER, tab.id) for tab in registry.tabs() if tab.id != OVERVIEW),
    ]
    route_counts: Counter[str] = Counter()

    def observe(call: Call) -> None:
        route_counts[call.route] += call.attempts

    def now() -> datetime:
        return datetime.now(UTC)

    calls_by_card = []
    autumn = Autumn(key=SecretStr(processes.AUTUMN_KEY), url=autumn_url, observe=observe)
    try:
        for name, query, part in lookups:
            await find_and_read(autumn, query, Place(customer="", part=part), now=now)
            calls_by_card.append((name, route_counts.copy()))
            route_counts.clear()
        await read(autumn, Place(customer=CUSTOMER, part="feature", feature=FEATURE), now=now)
        calls_by_card.append(("a feature, with its chart", route_counts.copy()))
    finally:
        await autumn.aclose()
    return calls_by_card


def times(rows: Rows) -> Table:
    cells = tuple(
        (
            f"{latency * 1000:.0f}",
            str(level),
            milliseconds(quantile(row.whole, 0.5)),
            milliseconds(quantile(row.whole, 0.99)),
            milliseconds(quantile(row.autumns, 0.5)),
            milliseconds(quantile(row.maples, 0.5)),
            milliseconds(quantile(row.maples, 0.99)),
            f"{len(row.maples) / row.seconds:.0f}",
            milliseconds(row.cpu / (len(row.maples) + row.wrong)),
            f"{row.calls / (len(row.maples) + row.wrong):.2f}",
            f"{len(row.maples)} of {len(row.maples) + row.wrong}",
        )
        for (latency, level), row in rows.items()
    )
    columns = (
        "latency ms", "at once", "whole p50 ms", "p99", "Autumn's p50", "Maple's p50 ms", "Maple's p99 ms",
        "cards/s", "CPU ms a card", "calls a card", "cards",
    )  # fmt: skip
    return Table("Overview by id: from the command to the filled card", columns, cells)


def counts(calls_by_card: Sequence[tuple[str, Counter[str]]]) -> Table:
    cells = tuple(
        (
            name,
            str(route_counts.total()),
            ", ".join(f"{count} {route}" for route, count in sorted(route_counts.items())),
        )
        for name, route_counts in calls_by_card
    )
    return Table("Calls of Autumn's for each card", ("card", "calls", "which"), cells)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.card", description=__doc__)
    parser.add_argument("--rounds", type=int, default=Plan().rounds)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    processes.stop_in_order()
    started = time.monotonic()
    with processes.servers() as servers:
        running, plan = prepared(servers), Plan(rounds=options.rounds)
        rows = measure(running, plan, lambda words: print(f"[{time.monotonic() - started:4.0f} s] {words}"))
        calls_by_card = asyncio.run(calls_of(running.autumn))
    command = f"python -m benchmarks.card --rounds {options.rounds}"
    show("card", command, [times(rows), counts(calls_by_card)], write=options.write)


if __name__ == "__main__":
    main()
