"""Two bots on one PostgreSQL: every next request goes to the other one, and nobody notices."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle

import pytest
from sqlalchemy import select

from bot.app import Maple
from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from bot.slack.http import EVENTS_PATH
from bot.store.database import unbroken
from bot.store.tables import deliveries
from tests.databases import fresh
from tests.journeys.changing import ACTION, AT_ONCE, PREVIEW, WAITING, ask_in_a_line, filed, lea_sees
from tests.journeys.digesting import created, posted, the_digest
from tests.journeys.kinds import change_quantity
from tests.journeys.steps import ask, press
from tests.running import Mode, Running, actor, running_maple


@dataclass(frozen=True)
class Both:
    maple: Running
    bots: tuple[Maple, Maple]
    turns: Iterator[Maple]

    def next(self) -> None:
        """Sends Slack's further requests to the other bot. Over sockets Slack picks one at random."""
        if self.maple.mode == "http":
            self.maple.slack.request_url = f"{next(self.turns).url}{EVENTS_PATH}"

    async def handled_everything(self) -> bool:
        """Whether each had some of the work. Over sockets, whether they had it between them."""
        for bot in self.bots:
            await bot.work.drain(10)
        handled = [
            sum(
                sample.value
                for metric in bot.metrics.interactions.collect()
                for sample in metric.samples
                if sample.name.endswith("_total")
            )
            for bot in self.bots
        ]
        return min(handled) >= 2 if self.maple.mode == "http" else sum(handled) >= 4


@pytest.fixture
async def both(mode: Mode) -> AsyncIterator[Both]:
    async with two(mode) as replicas:
        yield replicas


@asynccontextmanager
async def two(mode: Mode, *, ahead: timedelta = timedelta(), policy: str = "") -> AsyncIterator[Both]:
    """`ahead`: how far the second bot's clock is ahead."""
    database = fresh("postgresql")
    async with (
        running_maple(mode, database=database, policy=policy) as maple,
        maple.another(ahead=ahead) as second,
    ):
        yield Both(maple, (maple.bot, second), cycle((maple.bot, second)))


async def test_card_is_paged_across_replicas(both: Both) -> None:
    maple = both.maple
    both.next()
    await ask(maple, "/autumn cus_acme", "Last invoices")
    for label, words in (
        ("Features", "[Open]"),
        ("Invoices", "11 invoices"),
        ("Next", "Page 2"),
        ("Refresh", "Page 2"),
    ):
        both.next()
        await press(maple, label, words)
    both.next()
    await maple.ana.click("Share to channel", confirm=True)
    both.next()
    await maple.raj.sees("Shared by")
    await maple.raj.click("Open customer")
    await maple.raj.sees("only visible to you")
    assert await both.handled_everything()


@pytest.mark.both_transports
async def test_form_is_opened_drawn_and_submitted_across_replicas(both: Both) -> None:
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
    await lea_sees(maple, WAITING)
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    await maple.ana.close()
    both.next()
    await ask(maple, "/autumn history cus_acme", "· applied")
    assert await both.handled_everything()
    assert [write.route for write in maple.autumn.ledger] == ["balances.update"]


async def test_late_form_of_one_replica_does_not_overwrite_the_others() -> None:
    async with two("http") as both:
        maple = both.maple
        both.next()
        await maple.ana.command("/autumn balance cus_acme")
        await maple.ana.sees(ACTION)
        await maple.ana.choose("Feature", "Messages")
        await maple.ana.settled()
        both.next()
        # The other one has not read this customer yet.
        maple.autumn.faults.add("customers.get", "latency", seconds=0.4, times=1)
        await maple.ana.choose(ACTION, "Set the balance")
        both.next()
        await maple.ana.choose(ACTION, "Correct billed usage")
        await maple.ana.sees("How many units count as used")
        for bot in both.bots:
            await bot.work.drain(10)
        assert "How many units count as used" in maple.ana.screen()


async def test_decisions_at_two_replicas_apply_the_change_once(both: Both) -> None:
    """One click at each: the change is applied once."""
    maple = both.maple
    await filed(maple)
    await lea_sees(maple, WAITING)
    maple.raj.go("#billing")
    both.next()
    await maple.raj.sees(WAITING)
    await maple.raj.click("Approve")
    both.next()
    await maple.lea.click("Approve")
    await maple.lea.sees(approvals_words.ENDINGS[Cause.DONE])
    for bot in both.bots:
        await bot.work.drain(10)
    (record,) = await maple.bot.changes.history("cus_acme")
    assert record.state is State.APPLIED
    assert [write.route for write in maple.autumn.ledger] == ["balances.update"]


async def test_two_billing_changes_of_one_customer_are_written_one_after_the_other() -> None:
    """Each is approved at its own replica while the other's is being written. Autumn refuses overlapping
    billing calls, so both are written only if the second waits for the first."""
    async with two("http") as both:
        maple = both.maple
        maple.autumn.state.org.locks_billing = True
        await change_quantity(maple)
        await maple.ana.close()
        await cancel_add_on(maple)
        async with asyncio.timeout(30):
            while len(requested := await maple.bot.changes.waiting()) < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        writing = maple.autumn.faults.add("billing.update", "latency", seconds=0.4, times=2)
        lea = actor(maple.lea)
        await asyncio.gather(
            *(
                bot.changes.approve(record.id, record.version, lea)
                for bot, record in zip(both.bots, requested, strict=True)
            )
        )
        for bot in both.bots:
            await bot.work.drain(10)
        assert writing.struck == 2
        records = await maple.bot.changes.history("cus_acme")
        assert [(record.state, record.ending) for record in records] == [(State.APPLIED, Cause.DONE)] * 2
        assert [(write.route, write.applied) for write in maple.autumn.ledger] == [
            ("billing.update", True)
        ] * 2
        products = {product.plan_id: product for product in maple.autumn.state.customers["cus_acme"].products}
        assert products["extra_seats"].prepaid == {"seats": 12}
        assert products["support_plus"].canceled_at is not None


async def cancel_add_on(maple: Running) -> None:
    await maple.ana.command("/autumn cancel cus_acme")
    await maple.ana.sees("What to do")
    await maple.ana.choose("Subscription", "Support Plus")
    await maple.ana.sees("Ends on: none")
    await maple.ana.fill("Reason", "They no longer need it")
    await maple.ana.submit()
    await maple.ana.sees("0 of 1 approval")


@pytest.mark.both_transports
async def test_one_replica_stops_and_the_other_carries_on(mode: Mode) -> None:
    async with two(mode) as both:
        maple = both.maple
        await ask(maple, "/autumn cus_acme", "Last invoices")
        await maple.stop()
        await press(maple, "Features", "[Open]")
        await ask(maple, "/autumn find acme", "Acme Ltd")


HOURS = pytest.mark.parametrize("ahead", [timedelta(hours=25), timedelta(hours=-25)], ids=["ahead", "behind"])


async def sweep(bot: Maple) -> None:
    """In its own task: the bot waits for sweeps when it stops."""
    await asyncio.create_task(bot.changes.sweeper.tick())


@HOURS
async def test_replica_with_a_wrong_clock_leaves_waiting_changes_and_delivered_clicks(
    ahead: timedelta,
) -> None:
    async with two("http", ahead=ahead) as both:
        maple, (_, skewed) = both.maple, both.bots
        await ask_in_a_line(maple.ana, "give cus_acme 500 messages")
        await maple.ana.sees("0 of 1 approval")
        remembered_before = await remembered(skewed)
        assert remembered_before
        for bot in both.bots:
            await sweep(bot)
        assert await remembered(skewed) == remembered_before
        (record,) = await maple.bot.changes.history("cus_acme")
        assert record.state is State.WAITING
        # Now the skewed replica makes a request, which the other one judges alike.
        both.next()
        both.next()
        await ask_in_a_line(maple.raj, "give cus_bold 50 messages")
        await maple.raj.sees("0 of 1 approval")
        for bot in both.bots:
            await sweep(bot)
        assert len(await remembered(skewed)) > len(remembered_before)
        for customer in ("cus_acme", "cus_bold"):
            (record,) = await skewed.changes.history(customer)
            assert record.state is State.WAITING
            assert record.expires_at is not None
            assert abs(record.expires_at - maple.clock.now() - timedelta(hours=24)) < timedelta(minutes=5)


@HOURS
async def test_replica_with_a_wrong_clock_does_not_take_over_a_live_change(ahead: timedelta) -> None:
    async with two("http", ahead=ahead, policy=AT_ONCE) as both:
        maple, (_, other) = both.maple, both.bots
        # Whichever of the two is ahead, each judges what the other writes.
        both.next()
        if ahead < timedelta():
            both.next()
            other = maple.bot
        writing = maple.autumn.faults.add("balances.update", "latency", seconds=60)
        await ask_in_a_line(maple.ana, "give cus_acme 500 messages")
        async with asyncio.timeout(30):
            while not writing.struck:  # noqa: ASYNC110 - the local Autumn does not say when
                await asyncio.sleep(0.01)
        await sweep(other)
        maple.autumn.faults.clear()
        await maple.ana.sees(approvals_words.ENDINGS[Cause.DONE])
        (record,) = await other.changes.history("cus_acme")
        assert (record.state, record.ending) == (State.APPLIED, Cause.DONE)
        assert [write.route for write in maple.autumn.ledger] == ["balances.update"]


async def test_replica_with_a_wrong_clock_posts_no_digest_early() -> None:
    async with two("http", ahead=timedelta(days=8)) as both:
        maple, (_, skewed) = both.maple, both.bots
        digest = await created(maple)
        await skewed.digests.ticker.tick()
        await skewed.digests.ticker.idle()
        assert posted(maple) == []
        assert await the_digest(maple) == digest


async def remembered(bot: Maple) -> set[str]:
    """Hashes of the deliveries from Slack that would be dropped as repeats."""

    @unbroken
    async def read() -> set[str]:
        async with bot.database.reading() as connection:
            return set((await connection.execute(select(deliveries.c.key))).scalars())

    return await read()
