"""Clicks on *Approve*: what each card shows, and when.

Each of a hundred cards is about a different customer and needs one approval. *In turn*: one person clicks on
each, four per second. *At once*: ten people click on each, a thousand clicks in one go. Measured from the
first click on a card until it shows the change being applied, and until it shows it applied, without Autumn's
own time (see `benchmarks.card`). Counted: the writes that reached Autumn, of which there may be one per card.
For comparison, a bare Bolt app that only acknowledges the clicks runs as well.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks import customers, processes
from benchmarks.card import covered
from benchmarks.load import Job, Result
from benchmarks.plain_slack import TEAM, Call
from benchmarks.report import Table, milliseconds, quantile, show
from bot.approvals.lifecycle import State
from bot.approvals.words import HEADLINES
from bot.changes.balance.form import ACTION_BLOCK, AMOUNT_BLOCK, FEATURE_BLOCK
from bot.changes.balance.words import BalanceAction
from bot.changes.forms.fields import REASON_BLOCK, field_id
from bot.changes.forms.model import Meta
from bot.kit import form_values, ids

CHANNEL = "C02BILLING"
FEATURE = "messages"
FLOOR = "bare Bolt"
MAPLE = "Maple"
IN_TURN = "in turn"
AT_ONCE = "at once"
_PATIENCE = 300.0
"""Seconds in which every card must be applied. A round still running would be counted in the next."""
_OPEN = 10
"""Requests of one person, and from one channel, that may be open at once: fewer than the limit."""


@dataclass(frozen=True, slots=True)
class Plan:
    cards: int = 100
    people: int = 10
    """How many people click on each card at once."""
    connections: int = 200
    """How many connections they use."""
    pause: float = 0.25
    """Seconds between two clicks when clicking in turn."""
    rounds: int = 3
    latency: float = 0.04
    """Extra seconds that each of Autumn's answers takes."""


@dataclass(slots=True)
class Row:
    acks: list[float] = field(default_factory=list)
    running: list[float] = field(default_factory=list)
    """From the first click on a card until it shows the change being applied."""
    final: list[float] = field(default_factory=list)
    """From there until it shows the change applied, without Autumn's own time."""
    cards: int = 0
    writes: int = 0
    missed: int = 0
    """Clicks without an acknowledgement."""


@dataclass(frozen=True, slots=True)
class Card:
    customer: str
    ts: str
    value: str
    """The value of its button."""


@dataclass(frozen=True, slots=True)
class Bench:
    maple: processes.Server
    floor: processes.Server
    slack: str
    autumn: str
    row_ids: dict[str, str]
    """By customer: the id of the balance row to change."""


@contextmanager
def bench(plan: Plan) -> Iterator[Bench]:
    with servers(str(2 * plan.cards)) as running:
        yield prepared(running, plan)


def servers(seed: str) -> AbstractContextManager[processes.Servers]:
    """Slack is as cheap as possible, and there is a channel for approvals. `seed`: of the local Autumn."""
    return processes.servers(processes.plain_slack, seed, approvals=CHANNEL)


def prepared(running: processes.Servers, plan: Plan) -> Bench:
    """Picks a customer for each card."""
    row_ids = {
        customer["id"]: customer["balances"][FEATURE]["breakdown"][0]["id"]
        for customer in customers.listed(running.autumn)
        if customer["id"]
        and FEATURE in customer["balances"]
        and len(customer["balances"][FEATURE]["breakdown"]) == 1
    }
    picked = dict(list(row_ids.items())[: plan.cards])
    return Bench(running.maple, running.floor, running.slack, running.autumn, picked)


def _calls(running: Bench) -> list[Call]:
    answer = processes.ask(running.slack.replace("/api/", "/_benchmark/calls"))
    return [Call(**call) for call in answer]


def _payload(kind: str, user: str, number: str, **fields: Any) -> str:
    return json.dumps(
        {
            "type": kind,
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "trigger_id": number,
            **fields,
        }
    )


def _job(server: processes.Server, payloads: Sequence[str], connections: int, pause: float = 0) -> Job:
    return Job(
        url=server.url,
        secret=processes.SECRET,
        command="/autumn",
        texts=tuple(map(str, range(len(payloads)))),
        payloads=tuple(payloads),
        concurrency=min(connections, len(payloads)),
        requests=len(payloads),
        pause=pause,
    )


# Requesting


def _submission(turn: str, number: int, customer: str, row: str) -> str:
    meta = Meta(
        kind="balance",
        customer=customer,
        submission=f"{turn}-{customer}",
        channel=f"C9ASK{number // _OPEN}",
        feature=FEATURE,
        row=row,
    )
    values = {
        FEATURE_BLOCK: form_values.with_option(ids.FORM_FEATURE, FEATURE),
        ACTION_BLOCK: form_values.with_option(field_id("action"), BalanceAction.GIVE),
        AMOUNT_BLOCK: form_values.with_text(field_id("amount"), "5"),
        REASON_BLOCK: form_values.with_text(field_id("reason"), "A benchmark"),
    }
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": ids.CHANGE_FORM,
        "private_metadata": meta.encode(),
        "state": {"values": values},
    }
    return _payload("view_submission", f"U9ASK{number // _OPEN}", f"ask.{turn}.{customer}", view=view)


def submit(running: Bench, turn: str) -> list[Card]:
    """Submits a request for each customer; returns their cards in the approvals channel."""
    numbered = enumerate(running.row_ids.items())
    submissions = [_submission(turn, number, customer, row) for number, (customer, row) in numbered]
    processes.load(running.maple, _job(running.maple, submissions, 4))
    cards: dict[str, Card] = {}
    deadline = time.monotonic() + _PATIENCE
    while len(cards) < len(running.row_ids) and time.monotonic() < deadline:
        for call in _calls(running):
            if call.channel == CHANNEL and (card := _card(call, running.row_ids)):
                cards[card.customer] = card
        time.sleep(0.1)
    return list(cards.values())


def _card(call: Call, row_ids: dict[str, str]) -> Card | None:
    for block in json.loads(call.blocks):
        for element in block.get("elements") or ():
            if element.get("action_id") == ids.APPROVE:
                customer = next(row_customer for row_customer in row_ids if row_customer in call.blocks)
                return Card(customer, call.ts, element["value"])
    return None


# Clicking


def _click(card: Card, person: int) -> str:
    button = {"type": "button", "action_id": ids.APPROVE, "block_id": "decide", "value": card.value}
    return _payload(
        "block_actions",
        f"U9CLICK{person}",
        f"click.{card.value}.{person}",
        channel={"id": CHANNEL},
        container={"type": "message", "message_ts": card.ts, "channel_id": CHANNEL},
        actions=[{**button, "action_ts": f"{time.time():.6f}"}],
    )


Rows = dict[tuple[str, str], Row]


def measure(running: Bench, plan: Plan, say: Callable[[str], None]) -> Rows:
    rows = {(pace, app): Row() for pace in (IN_TURN, AT_ONCE) for app in (FLOOR, MAPLE)}
    for turn in range(plan.rounds):
        say(f"round {turn + 1} of {plan.rounds}")
        for pace in (IN_TURN, AT_ONCE):
            cards = submit(running, f"{pace}.{turn}")
            people, connections, pause = 1, 1, plan.pause
            if pace == AT_ONCE:
                people, connections, pause = plan.people, plan.connections, 0.0
            clicks = [_click(card, person) for person in range(people) for card in cards]
            floor = processes.load(running.floor, _job(running.floor, clicks, connections))
            _record_acks(rows[pace, FLOOR], floor)
            customers.spans(running.autumn)
            with customers.hanging(running.autumn, plan.latency):
                result = processes.load(running.maple, _job(running.maple, clicks, connections, pause))
                _record_acks(rows[pace, MAPLE], result)
                _record_cards(rows[pace, MAPLE], running, cards, result)
    return rows


def _record_acks(row: Row, result: Result) -> None:
    for sample in result.samples:
        if sample.acked is None or sample.status != 200:
            row.missed += 1
        else:
            row.acks.append(sample.acked - sample.sent)


def _state(call: Call) -> State | None:
    """What the card shows: approved, being applied or applied; None for anything else."""
    text = json.dumps(json.loads(call.blocks), ensure_ascii=False)
    states = (state for state in (State.APPROVED, State.APPLYING, State.APPLIED) if HEADLINES[state] in text)
    return next(states, None)


def _record_cards(row: Row, running: Bench, cards: Sequence[Card], result: Result) -> None:
    """Waits until every card shows the change applied."""
    times_by_card: dict[str, dict[State, float]] = {card.ts: {} for card in cards}
    """By card: when it first showed each state."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and not all(State.APPLIED in times for times in times_by_card.values()):
        for call in _calls(running):
            if call.method == "chat.update" and call.ts in times_by_card and (state := _state(call)):
                times_by_card[call.ts].setdefault(state, call.at)
        time.sleep(0.1)
    spans = customers.spans(running.autumn)
    row.cards += len(cards)
    row.writes += sum(span.path.endswith("balances.update") and span.status == 200 for span in spans)
    for number, card in enumerate(cards):
        times = times_by_card[card.ts]
        if State.APPLIED not in times:
            continue
        first = min(sample.sent for sample in result.samples[number :: len(cards)])
        autumn_time = covered(
            [span for span in spans if span.about == card.customer], first, times[State.APPLIED]
        )
        row.running.append(min(times.values()) - first)
        row.final.append(times[State.APPLIED] - first - autumn_time)


def table(rows: Rows) -> Table:
    def p99(values: Sequence[float]) -> str:
        return milliseconds(quantile(values, 0.99)) if values else ""

    cells = tuple(
        (
            pace,
            app,
            milliseconds(quantile(row.acks, 0.99)),
            p99(row.running),
            p99(row.final),
            f"{len(row.final)} of {row.cards}",
            str(row.writes),
            str(row.missed),
        )
        for (pace, app), row in rows.items()
    )
    columns = (
        "clicks", "app", "ack p99 ms", "running p99 ms", "applied p99 ms", "applied", "writes", "missed",
    )  # fmt: skip
    return Table("Clicks on Approve", columns, cells)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.click", description=__doc__)
    parser.add_argument("--rounds", type=int, default=Plan().rounds)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    processes.stop_in_order()
    started = time.monotonic()
    plan = Plan(rounds=options.rounds)
    with bench(plan) as running:
        rows = measure(running, plan, lambda words: print(f"[{time.monotonic() - started:4.0f} s] {words}"))
    command = f"python -m benchmarks.click --rounds {options.rounds}"
    show("click", command, [table(rows)], write=options.write)


if __name__ == "__main__":
    main()
