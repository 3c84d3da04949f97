"""How many Autumn calls a change takes: holds the table in docs/benchmarks.md to what is measured here.

Plans and features, cached for three minutes, have been read before, as in a bot that is in use.
"""

import re
from collections import Counter
from pathlib import Path

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from tests.journeys.changing import AT_ONCE, PREVIEW, WAITING, close_and_read_own_card, read_as_approver
from tests.running import Running, running_maple

WRITES = ("balances.update", "customers.delete")
TABLE = re.compile(r"^\| ([A-Z][^|]+?) +\| (\d+) +\| (\d+) +\|", re.MULTILINE)
ASKED, APPROVED, DELETED = (
    "Balance change asked for",
    "Balance change applied after approval",
    "Deletion applied at once",
)


def documented() -> dict[str, tuple[int, int]]:
    """Reads and writes, by step."""
    text = Path(__file__).parents[2].joinpath("docs", "benchmarks.md").read_text(encoding="utf-8")
    section = text.partition("## Calls of Autumn")[2].partition("\n## ")[0]
    return {step: (int(reads), int(writes)) for step, reads, writes in TABLE.findall(section)}


def call_counts(maple: Running) -> tuple[int, int]:
    """Reads and writes since the log was cleared."""
    routes = Counter(call.route for call in maple.autumn.calls)
    writes = sum(routes[route] for route in WRITES)
    return routes.total() - writes, writes


async def forget_calls(maple: Running) -> None:
    await maple.bot.autumn.plans()
    await maple.bot.autumn.features()
    maple.autumn.calls.clear()


async def test_balance_change_takes_one_read_to_request_and_three_to_apply() -> None:
    async with running_maple("http") as maple:
        await maple.ana.command("/autumn give cus_acme 500 messages because of the outage")
        await maple.ana.sees(PREVIEW)
        await forget_calls(maple)
        await maple.ana.submit()
        await read_as_approver(maple, WAITING)
        await maple.bot.background.drain(10)
        assert call_counts(maple) == documented()[ASKED]

        await forget_calls(maple)
        await maple.lea.click("Approve")
        await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
        await maple.bot.background.drain(10)
        assert call_counts(maple) == documented()[APPROVED]
        # The last read before the write has no other purpose.
        assert [call.route for call in maple.autumn.calls][-3:] == [
            "customers.get",
            "balances.update",
            "customers.get",
        ]


async def test_deletion_at_once_takes_six_calls() -> None:
    async with running_maple("http", policy=AT_ONCE, approvals=None) as maple:
        await maple.ana.command("/autumn delete cus_noname")
        await maple.ana.sees("Type the customer's id in full")
        await maple.ana.fill("Type the customer's id in full", "cus_noname")
        await maple.ana.choose("Final confirmation", "Delete this customer. It cannot be undone.")
        await maple.ana.sees(PREVIEW)
        await maple.ana.fill("Reason", "They asked to be forgotten")
        await forget_calls(maple)
        await maple.ana.submit()
        await close_and_read_own_card(maple.ana, "Applied")
        await maple.bot.background.drain(10)
        assert call_counts(maple) == documented()[DELETED]


def test_costs_are_within_the_goals() -> None:
    costs = documented()
    assert (costs[ASKED][0] <= 2, costs[ASKED][1]) == (True, 0)
    assert (costs[APPROVED][0] <= 3, costs[APPROVED][1]) == (True, 1)
    assert (sum(costs[DELETED]) <= 6, costs[DELETED][1]) == (True, 1)
