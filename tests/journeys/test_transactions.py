"""How many database transactions a change takes: holds the table in docs/benchmarks.md to what is measured.

Counts what is done for the person who clicked, not what runs every few seconds.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from bot.approvals import change_records
from bot.approvals import words as approvals_words
from bot.approvals.cards import CHANGE_CARDS
from bot.approvals.lifecycle import Cause, State
from bot.autumn.shares import acting_for
from bot.store.tables import changes
from tests.journeys.changing import read_as_approver
from tests.running import Running, running_maple
from tests.screen import on_screen
from tests.waiting import wait_until

TABLE = re.compile(r"^\| ([A-Z][^|]+?) +\| (\d+) +\| (\d+) +\|", re.MULTILINE)
ASKED, APPROVED = "Balance change asked for", "Balance change applied after approval"


def documented() -> dict[str, tuple[int, int]]:
    """Transactions and records, by step."""
    text = Path(__file__).parents[2].joinpath("docs", "benchmarks.md").read_text(encoding="utf-8")
    section = text.partition("## Transactions")[2].partition("\n## ")[0]
    return {step: (int(transactions), int(records)) for step, transactions, records in TABLE.findall(section)}


@contextmanager
def count_transactions() -> Iterator[Counter[tuple[str, str]]]:
    """Transactions and records, by the person they are for."""
    costs: Counter[tuple[str, str]] = Counter()

    def begun(_connection: Connection) -> None:
        costs[acting_for.get(), "transactions"] += 1

    def executed(
        _connection: Connection, _cursor: Any, statement: str, _given: Any, _context: Any, _many: bool
    ) -> None:
        if "AS undo_state" in statement:
            costs[acting_for.get(), "records"] += 1

    event.listen(Engine, "begin", begun)
    event.listen(Engine, "before_cursor_execute", executed)
    try:
        yield costs
    finally:
        event.remove(Engine, "begin", begun)
        event.remove(Engine, "before_cursor_execute", executed)


async def applying_is_shown(maple: Running) -> None:
    """Waits until all cards show the change's current state."""

    async def are_drawn() -> bool:
        (record,) = await change_records.find(maple.bot.database, changes.c.state == State.APPLYING)
        return all(
            card.shown == record.revision for card in await CHANGE_CARDS.of(maple.bot.database, record.id)
        )

    await wait_until(are_drawn)


async def test_change_costs_as_many_transactions_as_documented() -> None:
    async with running_maple("http") as maple:
        await maple.ana.command("/autumn give cus_acme 500 messages because of the outage")
        await maple.ana.sees("What changes")
        await maple.bot.background.drain(10)
        with count_transactions() as costs:
            await maple.ana.submit()
            await read_as_approver(maple, "Waiting for approval")
            await maple.bot.background.drain(10)
        assert (costs[maple.ana.id, "transactions"], costs[maple.ana.id, "records"]) == documented()[ASKED]

        maple.autumn.faults.add("balances.update", "latency", seconds=60, times=1)
        with count_transactions() as costs:
            await maple.lea.click("Approve")
            await maple.lea.sees(on_screen(approvals_words.HEADLINES[State.APPLYING]))
            await applying_is_shown(maple)
            maple.autumn.faults.clear()
            await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
            await maple.bot.background.drain(10)
        assert (costs[maple.lea.id, "transactions"], costs[maple.lea.id, "records"]) == documented()[APPROVED]


def test_costs_are_within_the_goals() -> None:
    requested, approved = documented()[ASKED], documented()[APPROVED]
    assert requested[0] + approved[0] <= 25
    assert requested[1] + approved[1] <= 6
