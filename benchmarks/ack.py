"""How long Slack waits for an acknowledgement: Maple and a bare Bolt app, alternating in the same run.

burst   many commands at the same moment; the next burst follows once all are answered

flood   many connections, each sending its next command as soon as the last is acknowledged: far more than
Slack sends, so that work piles up behind the acknowledgements
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks import customers, processes
from benchmarks.load import Job, Result
from benchmarks.report import Spread, Table, milliseconds, quantile, show
from bot.lookups import help as lookup_help

LATE = 3.0
"""Seconds after which Slack tells the person that the app failed."""
HANG = 30.0
GOAL = 1.2

FLOOR = "bare Bolt"
HELP = "Maple, `help`"
CUSTOMER = "Maple, a customer"
HANGING = "Maple, a customer, Autumn hangs"


@dataclass(frozen=True, slots=True)
class Plan:
    levels: tuple[int, ...] = (1, 50, 200)
    rounds: int = 5
    hanging_rounds: int = 3
    burst: int = 500
    """The approximate number of commands in a round of bursts."""
    flood: int = 2000
    """The number of commands in a round of flood: about a second's worth for a bare app."""


@dataclass(slots=True)
class Row:
    """One kind of run at one level, over all rounds."""

    waits: list[float] = field(default_factory=list)
    """Seconds from sending to the acknowledgement."""
    p99s: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu: float = 0.0
    """Seconds of the app's CPU time, including work after the acknowledgements."""
    missed: int = 0
    """Commands acknowledged after 3 s, not at all, or not with 200."""
    commands: int = 0
    answered: int = 0

    def add(self, result: Result, *, cards: bool) -> None:
        waits = [sample.acked - sample.sent for sample in result.samples if sample.acked is not None]
        good = [
            sample
            for sample in result.samples
            if sample.status == 200 and sample.acked and sample.acked - sample.sent <= LATE
        ]
        self.waits += waits
        self.p99s.append(quantile(waits, 0.99))
        self.rates.append(len(waits) / result.seconds)
        self.cpu += result.cpu
        self.missed += len(result.samples) - len(good)
        self.commands += len(result.samples)
        self.answered += sum(
            sample.answered is not None and (not cards or sample.text in sample.answer)
            for sample in result.samples
        )


@dataclass(frozen=True, slots=True)
class Bench:
    """The running servers under test."""

    floor: processes.Server
    maple: processes.Server
    autumn: str
    customers: tuple[str, ...]

    def run(self, subject: str, concurrency: int, shape: str, plan: Plan) -> Result:
        server = self.floor if subject == FLOOR else self.maple
        return processes.load(server, self.job(server.url, subject, concurrency, shape, plan))

    def job(self, url: str, subject: str, concurrency: int, shape: str, plan: Plan) -> Job:
        burst = shape == "burst"
        return Job(
            url=url,
            secret=processes.SECRET,
            command="/autumn",
            texts=self.customers if subject in (CUSTOMER, HANGING) else ("help",),
            concurrency=concurrency,
            requests=concurrency
            if burst
            else max(concurrency, plan.flood // (10 if concurrency == 1 else 1)),
            bursts=max(1, plan.burst // concurrency) if burst else 1,
            answered=subject != FLOOR,
            preliminary=lookup_help.still_waiting().text,
        )


def prepared(servers: processes.Servers, *, times: int = 4) -> Bench:
    """Fills imports, caches and pools before the clock starts, by looking up each customer `times` times."""
    running = Bench(servers.floor, servers.maple, servers.autumn, customers.ids(servers.autumn))
    for subject in (FLOOR, CUSTOMER):
        running.run(subject, 4, "flood", Plan(flood=times * len(running.customers)))
    return running


Rows = dict[tuple[str, int, str], Row]
Say = Callable[[str], None]


def measure(running: Bench, plan: Plan, say: Say) -> Rows:
    rows: Rows = defaultdict(Row)
    for shape in ("burst", "flood"):
        for level in plan.levels:
            for turn in range(plan.rounds):
                say(f"{shape} of {level}, round {turn + 1} of {plan.rounds}")
                for subject in (FLOOR, HELP, CUSTOMER):
                    result = running.run(subject, level, shape, plan)
                    rows[shape, level, subject].add(result, cards=subject == CUSTOMER)
    with customers.hanging(running.autumn, HANG):
        for level in plan.levels:
            for turn in range(plan.hanging_rounds):
                say(f"Autumn hangs, {level}, round {turn + 1} of {plan.hanging_rounds}")
                for subject in (FLOOR, HANGING):
                    result = running.run(subject, level, "flood", plan)
                    rows["hang", level, subject].add(result, cards=False)
    return rows


TITLES = {
    "burst": "Bursts: so many commands at once, then quiet until all are answered",
    "flood": "Flood: every connection sends its next command as soon as the last is acknowledged",
    "hang": f"Flood while every call of Autumn's takes {HANG:.0f} s",
}


def table(rows: Rows, shape: str) -> Table:
    cells = []
    for (this, level, subject), row in rows.items():
        if this != shape:
            continue
        ratios = [
            ours / floors for ours, floors in zip(row.p99s, rows[shape, level, FLOOR].p99s, strict=True)
        ]
        cells.append(
            (
                str(level),
                subject,
                milliseconds(quantile(row.waits, 0.5)),
                milliseconds(quantile(row.waits, 0.99)),
                milliseconds(max(row.waits)),
                f"{sorted(row.rates)[len(row.rates) // 2]:.0f}",
                milliseconds(row.cpu / row.commands),
                str(row.missed),
                "" if subject == FLOOR else str(Spread(tuple(ratios))),
                "" if subject == FLOOR else f"{row.answered} of {row.commands}",
            )
        )
    columns = (
        "at once",
        "app",
        "p50 ms",
        "p99 ms",
        "max ms",
        "acks/s",
        "CPU ms each",
        "missed",
        "p99 / bare",
        "answered",
    )
    return Table(TITLES[shape], columns, tuple(cells))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ack", description=__doc__)
    parser.add_argument("--rounds", type=int, default=Plan().rounds)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    processes.stop_in_order()
    started = time.monotonic()
    with processes.servers() as servers:
        running, plan = prepared(servers), Plan(rounds=options.rounds)
        rows = measure(running, plan, lambda words: print(f"[{time.monotonic() - started:4.0f} s] {words}"))
    command = f"python -m benchmarks.ack --rounds {options.rounds}"
    show("ack", command, [table(rows, shape) for shape in TITLES], write=options.write)


if __name__ == "__main__":
    main()
