"""Slack says "come back in an hour", and nothing waits for that."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from bot.access import words as access_words
from bot.access.policy import DecisionReason
from bot.approvals.lifecycle import State
from bot.timings import Timeouts
from tests.journeys.changing import WAITING, file_request, read_as_approver
from tests.running import QUICK_PACE, Mode, Running, running_maple
from tests.waiting import wait_until

HOUR = "3600"
BY_GROUP = """
[[allow]]
may = ["ask"]
who = ["@billing-leads"]
"""


async def test_person_who_cannot_be_checked_is_answered_immediately(maple: Running) -> None:
    maple.slack.faults.add("users.info", "429", retry_after=HOUR)
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees("Maple couldn't check with Slack who you are")
    await maple.ana.command("/autumn cus_acme")
    await maple.ana.sees("Acme Ltd")


async def test_person_does_not_wait_for_a_slack_that_hangs(mode: Mode) -> None:
    async with running_maple(mode, timeouts=Timeouts(standing=0.1)) as maple:
        maple.slack.faults.add("users.info", "latency", seconds=30)
        await maple.ana.command("/autumn cus_acme")
        await maple.ana.sees("Maple couldn't check with Slack who you are")


@pytest.mark.parametrize(("kind", "retry_after"), [("429", HOUR), ("latency", None)])
async def test_unreadable_user_groups_delay_nobody(mode: Mode, kind: str, retry_after: str | None) -> None:
    async with running_maple(mode, timeouts=Timeouts(standing=0.5), policy=BY_GROUP) as maple:
        maple.slack.faults.add("usergroups.list", kind, seconds=30, retry_after=retry_after)  # type: ignore[arg-type]
        await maple.lea.command("/autumn balance cus_acme")
        await maple.lea.sees(access_words.BARRED[DecisionReason.UNCHECKED])


async def test_rate_limited_answer_takes_another_route(maple: Running) -> None:
    for retry_after in (HOUR, "soon"):
        maple.ana.reload()
        maple.slack.faults.add("response_url", "429", retry_after=retry_after, times=None)
        await maple.ana.command("/autumn cus_acme")
        await maple.ana.sees("Acme Ltd")
        maple.slack.faults.clear()


async def test_rate_limited_cards_do_not_delay_the_decision(maple: Running) -> None:
    await file_request(maple)
    await read_as_approver(maple, WAITING)
    maple.slack.faults.add("chat.update", "429", retry_after=HOUR, times=None)
    await maple.lea.click("Approve")
    await maple.bot.background.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    assert record.state is State.APPLIED
    maple.slack.faults.clear()
    maple.clock.move(timedelta(minutes=5))
    await maple.bot.changes.sweeper.tick()
    await read_as_approver(maple, "Applied")


async def test_notification_has_a_deadline(mode: Mode) -> None:
    async with running_maple(mode, timeouts=Timeouts(telling=1)) as maple:
        await file_request(maple)
        await read_as_approver(maple, WAITING)
        maple.slack.faults.add("chat.update", "latency", seconds=30, times=None)
        await maple.lea.click("Approve")
        await maple.bot.background.drain(10)
        (record,) = await maple.bot.changes.history("cus_acme")
        assert record.state is State.APPLIED


async def test_sweeper_stuck_in_one_part_continues_with_the_others_and_reports_it(mode: Mode) -> None:
    pace = replace(QUICK_PACE, sweep=0.02)
    async with (
        running_maple(mode, timeouts=Timeouts(slack=3, telling=60, stuck=0.4), pace=pace) as maple,
        httpx.AsyncClient(base_url=maple.bot.url) as client,
    ):
        await file_request(maple)
        await read_as_approver(maple, WAITING)
        maple.slack.faults.add("chat.update", "latency", seconds=60, times=None)
        maple.clock.move(timedelta(days=2))

        async def has_expired() -> bool:
            return (await maple.bot.changes.history("cus_acme"))[0].state is State.EXPIRED

        await wait_until(has_expired)
        await wait_until(lambda: "expiry" in maple.bot._supervision.stuck())
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["background"]) == (503, False)
        idle = await _idle_seconds(client)
        assert set(idle) == {"alerts", "batches", "expiry", "recovery", "redraws", "forgetting", "digests"}
        assert idle["expiry"] > 0.3
        async with asyncio.timeout(30):
            while idle["forgetting"] >= idle["expiry"]:
                idle = await _idle_seconds(client)


async def _idle_seconds(client: httpx.AsyncClient) -> dict[str, float]:
    """By part of the work in the background."""
    metrics = (await client.get("/metrics")).text
    return {
        line.split('"')[1]: float(line.rsplit(" ", 1)[1])
        for line in metrics.splitlines()
        if line.startswith("maple_background_idle_seconds{")
    }
