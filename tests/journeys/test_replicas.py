"""Two bots on one PostgreSQL: requests go to them in turn, and nobody notices."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle

import pytest
from sqlalchemy import select

from bot.app import Maple
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from bot.slack.http import EVENTS_PATH
from bot.store.database import unbroken
from bot.store.tables import deliveries
from tests.databases import fresh
from tests.journeys.changing import (
    ACTION,
    AT_ONCE,
    PREVIEW,
    WAITING,
    file_request,
    read_as_approver,
    request_in_one_line,
    submit_change,
)
from tests.journeys.digesting import create_digest, only_digest, posted_digests
from tests.journeys.steps import click_and_see, command_and_see
from tests.running import Mode, Running, actor, running_maple
from tests.waiting import wait_until


@dataclass(frozen=True)
class TwoReplicas:
    maple: Running
    bots: tuple[Maple, Maple]
    turns: Iterator[Maple]

    def next(self) -> None:
        """Sends Slack's next requests to the other bot."""
        self.maple.slack.request_url = f"{next(self.turns).url}{EVENTS_PATH}"

    async def handled_everything(self) -> bool:
        """Whether both handled some of the requests."""
        for bot in self.bots:
            await bot.background.drain(10)
        handled = [
            sum(
                sample.value
                for metric in bot.metrics.interactions.collect()
                for sample in metric.samples
                if sample.name.endswith("_total")
            )
            for bot in self.bots
        ]
        return min(handled) >= 2


@pytest.fixture
async def both() -> AsyncIterator[TwoReplicas]:
    async with two_replicas() as replicas:
        yield replicas


@asynccontextmanager
async def two_replicas(
    mode: Mode = "http", *, ahead: timedelta = timedelta(), policy: str = ""
) -> AsyncIterator[TwoReplicas]:
    """`ahead`: how far the second bot's clock is ahead of the first one's."""
    database = fresh("postgresql")
    async with (
        running_maple(mode, database=database, policy=policy) as maple,
        maple.another(ahead=ahead) as second,
    ):
        yield TwoReplicas(maple, (maple.bot, second), cycle((maple.bot, second)))


async def test_card_is_paged_across_replicas(both: TwoReplicas) -> None:
    maple = both.maple
    both.next()
    await command_and_see(maple, "/autumn cus_acme", "Last invoices")
    for label, words in (
        ("Features", "[Open]"),
        ("Invoices", "11 invoices"),
        ("Next", "Page 2"),
        ("Refresh", "Page 2"),
    ):
        both.next()
        await click_and_see(maple, label, words)
    both.next()
    await maple.ana.click("Share to channel", confirm=True)
    both.next()
    await maple.raj.sees("Shared by")
    await maple.raj.click("Open customer")
    await maple.raj.sees("only visible to you")
    assert await both.handled_everything()


async def test_form_is_opened_drawn_and_submitted_across_replicas(both: TwoReplicas) -> None:
    maple = both.maple
    both.next()
    await maple.ana.command("/autumn balance cus_acme")
    await maple.ana.sees(ACTION)
    both.next()
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("resets")
    await maple.ana.settled()
    both.next()
    await maple.ana.fill("Amount", "500")
    await maple.ana.sees(PREVIEW)
    await maple.ana.settled()
    both.next()
    await maple.ana.fill("Reason", "They lost a day to our outage")
    both.next()
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval")
    both.next()
    await read_as_approver(maple, WAITING)
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await maple.ana.close()
    both.next()
    await command_and_see(maple, "/autumn history cus_acme", "· applied")
    assert await both.handled_everything()
    assert [write.route for write in maple.autumn.ledger] == ["balances.update"]


async def test_late_form_of_one_replica_does_not_overwrite_the_others() -> None:
    async with two_replicas() as both:
        maple = both.maple
        both.next()
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees(ACTION)
        await maple.ana.choose("Feature", "Messages")
        await maple.ana.settled()
        both.next()
        # The other bot has not read this customer yet.
        maple.autumn.faults.add("customers.get", "latency", seconds=60, times=1)
        await maple.ana.choose(ACTION, "Set the balance")
        both.next()
        await maple.ana.choose(ACTION, "Correct usage")
        await maple.ana.sees("How many units count as used")
        maple.autumn.faults.clear()
        for bot in both.bots:
            await bot.background.drain(10)
        assert "How many units count as used" in maple.ana.screen()


async def test_decisions_at_two_replicas_apply_the_change_once(both: TwoReplicas) -> None:
    """One click at each bot: the change is applied once."""
    maple = both.maple
    await file_request(maple)
    await read_as_approver(maple, WAITING)
    maple.raj.go("#billing")
    both.next()
    await maple.raj.sees(WAITING)
    await maple.raj.click("Approve")
    both.next()
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    for bot in both.bots:
        await bot.background.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    assert record.state is State.APPLIED
    assert [write.route for write in maple.autumn.ledger] == ["balances.update"]


async def test_two_billing_changes_of_one_customer_are_written_one_after_the_other() -> None:
    """Each change is approved at its own replica while the other is being written. Autumn refuses overlapping
    billing calls, so both are written only if the second waits for the first."""
    async with two_replicas() as both:
        maple = both.maple
        maple.autumn.state.org.locks_billing = True
        held = {
            subscription.plan_id: subscription.id
            for subscription in (await maple.bot.autumn.customer("cus_acme")).subscriptions
        }
        requested = [
            await submit_change(maple, change)
            for change in (
                QuantityInput(
                    customer="cus_acme",
                    subscription=held["extra_seats"],
                    product="extra_seats",
                    feature="seats",
                    quantity=Decimal(12),
                    billed=Billed.NOW,
                ),
                CancellationInput(
                    customer="cus_acme",
                    subscription=held["support_plus"],
                    product="support_plus",
                    action=CancellationAction.AT_PERIOD_END,
                ),
            )
        ]
        writing = maple.autumn.faults.add("billing.update", "latency", seconds=0.4, times=2)
        lea = actor(maple.lea)
        await asyncio.gather(
            *(
                bot.changes.approve(record.id, record.version, lea)
                for bot, record in zip(both.bots, requested, strict=True)
            )
        )
        for bot in both.bots:
            await bot.background.drain(10)
        assert writing.struck == 2
        records = await maple.bot.changes.history("cus_acme")
        assert [(record.state, record.ending) for record in records] == [(State.APPLIED, Cause.DONE)] * 2
        assert [(write.route, write.applied) for write in maple.autumn.ledger] == [
            ("billing.update", True)
        ] * 2
        products = {product.plan_id: product for product in maple.autumn.state.customers["cus_acme"].products}
        assert products["extra_seats"].prepaid == {"seats": 12}
        assert products["support_plus"].canceled_at is not None


async def test_one_replica_stops_and_the_other_carries_on() -> None:
    async with two_replicas("socket") as both:
        maple = both.maple
        await command_and_see(maple, "/autumn cus_acme", "Last invoices")
        await maple.stop()
        await click_and_see(maple, "Features", "[Open]")
        await command_and_see(maple, "/autumn find acme", "Acme Ltd")


A_DAY = timedelta(hours=25)
"""Longer than any request waits for its approval."""


@asynccontextmanager
async def with_wrong_clocks(*, policy: str = "") -> AsyncIterator[TwoReplicas]:
    """The first bot's clock is a day behind the database's, the second one's a day ahead of it."""
    async with two_replicas(ahead=2 * A_DAY, policy=policy) as both:
        both.maple.clock.move(-A_DAY)
        yield both


async def sweep(bot: Maple) -> None:
    """In its own task: the bot waits for sweeps when it stops."""
    await asyncio.create_task(bot.changes.sweeper.tick())


async def test_replica_with_a_wrong_clock_leaves_waiting_changes_and_delivered_clicks() -> None:
    """A request is made at each bot, and both treat the two alike."""
    async with with_wrong_clocks() as both:
        maple, (_, second) = both.maple, both.bots
        changes: set[str] = set()
        for person, customer in ((maple.ana, "cus_acme"), (maple.raj, "cus_bold")):
            both.next()
            await request_in_one_line(person, f"give {customer} 50 messages")
            await person.sees("0 of 1 approval")
            changes_before, changes = changes, await stored_delivery_keys(second)
            assert changes > changes_before, customer
            for bot in both.bots:
                await sweep(bot)
            assert await stored_delivery_keys(second) == changes, customer
        for customer in ("cus_acme", "cus_bold"):
            (record,) = await second.changes.history(customer)
            assert record.state is State.WAITING
            assert record.expires_at is not None
            assert abs(record.expires_at - datetime.now(UTC) - timedelta(hours=24)) < timedelta(minutes=5)


async def test_replica_with_a_wrong_clock_does_not_take_over_a_live_change() -> None:
    async with with_wrong_clocks(policy=AT_ONCE) as both:
        maple, (_, second) = both.maple, both.bots
        both.next()
        writing = maple.autumn.faults.add("balances.update", "latency", seconds=60)
        await request_in_one_line(maple.ana, "give cus_acme 500 messages")
        await wait_until(lambda: writing.struck)
        await sweep(second)
        maple.autumn.faults.clear()
        await maple.ana.sees(approvals_words.ENDINGS[Cause.DONE])
        (record,) = await second.changes.history("cus_acme")
        assert (record.state, record.ending) == (State.APPLIED, Cause.DONE)
        assert [write.route for write in maple.autumn.ledger] == ["balances.update"]


async def test_replica_with_a_wrong_clock_posts_no_digest_early() -> None:
    async with two_replicas(ahead=timedelta(days=8)) as both:
        maple, (_, skewed) = both.maple, both.bots
        digest = await create_digest(maple)
        await skewed.digests.ticker.tick()
        await skewed.digests.ticker.idle()
        assert posted_digests(maple) == []
        assert await only_digest(maple) == digest


async def stored_delivery_keys(bot: Maple) -> set[str]:
    """Hashes of the deliveries from Slack that would be dropped as repeats."""

    @unbroken
    async def read() -> set[str]:
        async with bot.database.reading() as connection:
            return set((await connection.execute(select(deliveries.c.key))).scalars())

    return await read()
