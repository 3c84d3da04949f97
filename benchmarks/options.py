"""How soon a select of customers is filled, while many people type and Autumn is slow.

Each person types the name of a customer, letter by letter, from the second letter on; each letter is a
request from Slack that waits for the options. Beside Maple runs a bare Bolt app that offers none. Also
counted: the Autumn calls for the typed texts, at most one for each text.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks import customers, processes
from benchmarks.load import Job, Result
from benchmarks.report import Table, milliseconds, quantile, show
from bot.kit import ids
from bot.lookups.options import SEARCHING

GOAL = 0.3
"""Seconds within which 99 of 100 requests must be answered."""
FLOOR = "bare Bolt"
MAPLE = "Maple"
_PEOPLE = ("U01ANA", "U02RAJ", "U03LEA", "U04MAX")
_FIRST = 2
"""The letters typed before a select asks for options."""


@dataclass(frozen=True, slots=True)
class Plan:
    typing: int = 50
    """The number of people who type at the same time."""
    letters: int = 8
    """The number of letters each of them types."""
    latencies: tuple[float, ...] = (0.04, 0.4)
    """Extra seconds that each of Autumn's answers takes."""
    rounds: int = 5
    pause: float = 0.15
    """Seconds between two letters."""


@dataclass(slots=True)
class Row:
    waits: list[float] = field(default_factory=list)
    """Seconds from a letter to its options."""
    texts: int = 0
    """The number of different texts in each round."""
    calls: int = 0
    """The number of Autumn calls for them."""
    searching: int = 0
    """Answers saying that Autumn is still being searched."""
    missed: int = 0

    def add(self, result: Result) -> None:
        for sample in result.samples:
            if sample.acked is None or sample.status != 200:
                self.missed += 1
                continue
            self.waits.append(sample.acked - sample.sent)
            self.searching += SEARCHING in sample.ack_body
        self.texts += len({sample.text for sample in result.samples})


@dataclass(frozen=True, slots=True)
class Bench:
    maple: processes.Server
    floor: processes.Server
    autumn: str
    names: tuple[str, ...]


def prepared(servers: processes.Servers) -> Bench:
    names = tuple(
        customer["name"]
        for customer in customers.listed(servers.autumn)
        if customer["id"] and customer["name"]
    )
    return Bench(servers.maple, servers.floor, servers.autumn, names)


def job(server: processes.Server, names: Sequence[str], plan: Plan) -> Job:
    steps = [(person, letter) for letter in range(plan.letters) for person in range(plan.typing)]
    texts = [_typed(names[person % len(names)], letter) for person, letter in steps]
    payloads = [_payload(text, _PEOPLE[number % len(_PEOPLE)]) for number, text in enumerate(texts)]
    return Job(
        url=server.url,
        secret=processes.SECRET,
        command="/autumn",
        texts=tuple(texts),
        payloads=tuple(payloads),
        concurrency=plan.typing,
        requests=len(texts),
        pause=plan.pause,
    )


def _typed(name: str, letter: int) -> str:
    """The text in the select at this letter; a short name is repeated."""
    return (name * 8)[: _FIRST + letter]


def _payload(text: str, user: str) -> str:
    return json.dumps(
        {
            "type": "block_suggestion",
            "team": {"id": "T01NORTHW"},
            "user": {"id": user, "team_id": "T01NORTHW"},
            "action_id": ids.PICK_CUSTOMER,
            "block_id": ids.PICK_CUSTOMER_BLOCK,
            "value": text,
        }
    )


Rows = dict[tuple[float, str], Row]


def measure(running: Bench, plan: Plan, say: Callable[[str], None]) -> Rows:
    rows = {(latency, app): Row() for latency in plan.latencies for app in (FLOOR, MAPLE)}
    for turn in range(plan.rounds):
        say(f"round {turn + 1} of {plan.rounds}")
        for number, ((latency, app), row) in enumerate(rows.items()):
            # Starts at a different letter each time, so that not everything is cached from earlier rounds.
            names = [name[(turn * len(rows) + number) % len(name) :] + name for name in running.names]
            server = running.floor if app == FLOOR else running.maple
            customers.spans(running.autumn)
            with customers.hanging(running.autumn, latency):
                row.add(processes.load(server, job(server, names, plan)))
                time.sleep(2 * latency)
            calls = customers.spans(running.autumn)
            row.calls += sum(span.path.endswith("customers.list") for span in calls)
    return rows


def table(rows: Rows) -> Table:
    cells = tuple(
        (
            f"{latency * 1000:.0f}",
            app,
            milliseconds(quantile(row.waits, 0.5)),
            milliseconds(quantile(row.waits, 0.99)),
            milliseconds(max(row.waits)),
            f"{row.calls} for {row.texts}",
            f"{row.searching} of {len(row.waits)}",
            str(row.missed),
        )
        for (latency, app), row in rows.items()
    )
    columns = (
        "latency ms", "app", "p50 ms", "p99 ms", "max ms", "calls for texts", "still searching", "missed",
    )  # fmt: skip
    title = f"From a letter to the options; the goal is {GOAL * 1000:.0f} ms for 99 of 100"
    return Table(title, columns, cells)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.options", description=__doc__)
    parser.add_argument("--rounds", type=int, default=Plan().rounds)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    processes.stop_in_order()
    started = time.monotonic()
    with processes.servers() as servers:
        running, plan = prepared(servers), Plan(rounds=options.rounds)
        rows = measure(running, plan, lambda words: print(f"[{time.monotonic() - started:4.0f} s] {words}"))
    command = f"python -m benchmarks.options --rounds {options.rounds}"
    show("options", command, [table(rows)], write=options.write)


if __name__ == "__main__":
    main()
