"""What people do with digests, by the labels they see, and how time passes until one is due."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from bot.digests import setup_words
from bot.digests.model import DeliveryOutcome, Digest, DigestContent, Schedule
from bot.digests.process import DigestTimeouts
from bot.digests.scan.pacing import ScanPace
from bot.store import audit
from bot.store.database import Database
from bot.timings import Timeouts
from sandbox.autumn.months import DAY, HOUR, add
from sandbox.autumn.seed.builder import Builder
from sandbox.autumn.state import AutumnState
from sandbox.slack import LocalPerson
from sandbox.slack.model import LocalMessage
from tests.running import UNHURRIED, Mode, Running, actor, running_maple

SUPPORT = "C01SUPPORT"
QUICK = DigestTimeouts(
    tick=0.1,
    channel=0.0,
    overall=0.0,
    again=0.05,
    doubt=0.05,
    scan=ScanPace(page=0.0, rows=0.0, preview=0.0, invoices=0.0, again=(0.0,), poll=0.02),
)
LIST = setup_words.LIST_WHAT
FORM = setup_words.FIELD_TIME
COMING = "Coming up in the next"
DEFAULT, WEEKDAYS = DigestContent(), Schedule()

A_FEW = ("cus_acme", "cus_globex", "cus_umbrella", "cus_northwind", "cus_tyrell")
"""Customers who give each section of a digest something to report."""
MORE_THAN_A_PAGE = 10
"""This many customers `alike` make a second page of upcoming invoices."""


@asynccontextmanager
async def digesting(
    mode: Mode, *, policy: str = "", timeouts: Timeouts = UNHURRIED, alike: int = MORE_THAN_A_PAGE
) -> AsyncIterator[Running]:
    """Everything running, with a bot that checks for due digests many times a second. Autumn has a few
    customers. `alike`: how many more it has, each with an invoice in the next days."""
    async with running_maple(mode, policy=policy, timeouts=timeouts, digest_pace=QUICK) as maple:
        _leave_a_few(maple.autumn.state, alike)
        yield maple


def _leave_a_few(state: AutumnState, alike: int) -> None:
    for customer in list(state.customers):
        if customer.id not in A_FEW:
            state.customers.remove(customer)
    builder = Builder(state)
    for number in range(alike):
        customer = builder.customer(f"cus_alike_{number}", f"Alike {number}", "alike@alike.example", 28)
        product = builder.has(customer, "pro", 28)
        end = state.now + 2 * DAY + number * 8 * HOUR
        product.period_start, product.period_end = add(end, "month", -1), end


async def open_list(person: LocalPerson, sees: str = LIST) -> str:
    await person.command("/autumn digest")
    return await person.sees(sees)


async def set_up_digest(owner: LocalPerson, *, person: str = "", sees: str = "The first post comes") -> str:
    """Sets up a digest with the default settings. `person`: whom it goes to instead of the channel."""
    await open_list(owner)
    await owner.click("New digest")
    await owner.sees(FORM)
    if person:
        await owner.choose(setup_words.FIELD_PERSON, person)
    await owner.submit()
    return await owner.sees(sees)


async def create_digest(
    maple: Running,
    channel: str = SUPPORT,
    *,
    owner: str = "lea",
    content: DigestContent = DEFAULT,
    schedule: Schedule = WEEKDAYS,
) -> Digest:
    """Sets up a digest without the form. `channel`: may be a person's id."""
    setting_up = actor(maple.slack.person(owner))
    digest = await maple.bot.digests.create(uuid4().hex, channel, setting_up, schedule, content)
    assert isinstance(digest, Digest), digest
    return digest


async def send_now(maple: Running, digest: Digest) -> None:
    """Posts the digest as *Send now* does."""
    delivery = await maple.bot.digests.send_now(digest.id, f"run-{digest.id}"[:64], digest.owner)
    assert delivery.outcome is DeliveryOutcome.POSTED


async def only_digest(maple: Running, channel: str = SUPPORT) -> Digest:
    """The channel's only digest."""
    (digest,) = await maple.bot.services.digests.of_channel(channel)
    return digest


def pass_time(maple: Running, by: timedelta) -> None:
    """Moves the clocks of the bot and of Autumn. Slack's clock stays: its triggers would expire."""
    maple.autumn.clock.move(by)
    maple.clock.move(by)


async def verified_trail(database: Database, digest_id: str) -> list[audit.Entry]:
    """A digest's entries in the audit trail, after verifying the whole trail."""
    async with database.reading() as connection:
        assert (await audit.verify(connection)).faults == ()
        return [entry async for entry in audit.entries(connection, change_id=digest_id)]


async def pass_time_until_due(maple: Running, channel: str = SUPPORT) -> None:
    """Moves the clocks to when the channel's only digest is due."""
    digest = await only_digest(maple, channel)
    pass_time(maple, digest.next_due - maple.clock.now() + timedelta(seconds=1))


def posted_digests(maple: Running, channel: str = SUPPORT) -> list[LocalMessage]:
    """The digests everyone in the channel sees, without their threads."""
    return _marked(maple, channel, "maple_digest")


def thread_messages(maple: Running, channel: str = SUPPORT) -> list[LocalMessage]:
    """The tables and charts in the digests' threads."""
    return _marked(maple, channel, "maple_digest_details")


def _marked(maple: Running, channel: str, event: str) -> list[LocalMessage]:
    return [
        message
        for message in maple.slack.workspace.posts
        if message.channel == channel and message.metadata and message.metadata["event_type"] == event
    ]


async def pass_time_and_settle(maple: Running, by: timedelta) -> None:
    """Moves the clocks, and waits until everything that came due is done."""
    pass_time(maple, by)
    await settle_digests(maple)


async def settle_digests(maple: Running) -> None:
    await maple.bot.background.drain(10)
    await maple.bot.digests.ticker.tick()
    await maple.bot.digests.ticker.idle()
