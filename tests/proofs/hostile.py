"""Thousands of hostile payloads, signed as Slack's, at every listener, from everybody who could send one.

The inputs follow from a seed: the same seed makes the same choices again. What is sent is made from what
Maple itself had put on its cards and forms, in the name of other people, with parts missing, of the wrong
kind or full of what breaks programs. Whatever it is, Maple answers, does nothing that nobody decided, and
writes nothing of it to its log.
"""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import httpx
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select

from bot import log
from bot.app import Maple
from bot.approvals.lifecycle import State
from bot.batches.model import BatchState
from bot.slack.http import EVENTS_PATH
from bot.store.tables import (
    alert_subscriptions,
    audit,
    batch_decisions,
    batch_drafts,
    batch_lines,
    batches,
    changes,
    decisions,
    digests,
    filled_forms,
    gathered_lists,
    recent_customers,
)
from handlers.errors import InteractionOutcome
from handlers.routes import ROUTES
from sandbox.autumn import LocalAutumn, LocalLimits
from sandbox.slack import LocalSlack, PostLimit, people
from sandbox.slack.model import User
from tests.databases import Engine, fresh
from tests.proofs.figures import Figures
from tests.proofs.hostile_inputs import CANARY, SENDERS, Harvest, Input, Maker
from tests.proofs.hostile_walk import walk
from tests.proofs.ledger import reconcile
from tests.running import APPROVALS, MANIFEST, QUICK_PACE, UNHURRIED, settings_for, written_policy

_FREE = 1_000_000
_AT_ONCE = 8
_BACKLOG = 64
_PATIENCE = 30.0
POLICY = """
[[allow]]
name = "members ask"
who = "everyone"
may = ["ask", "undo", "history"]

[[allow]]
name = "Lea decides"
who = ["U03LEA"]
may = ["approve", "mark"]
"""
_NEWCOMERS = (
    User("U11ONE", "one", "One Guest", "", "single_channel_guest", "UTC", "#111111", people.TEAM),
    User("U12GONE", "gone", "Gone Person", "", "deactivated", "UTC", "#111111", people.TEAM),
    User("U13BOT", "robot", "Other Bot", "", "bot", "UTC", "#111111", people.TEAM),
)
_OF_PEOPLE = (
    *(changes, decisions, audit, filled_forms, digests, alert_subscriptions, recent_customers),
    *(batches, batch_lines, batch_decisions, batch_drafts, gathered_lists),
)
"""The tables in which only what people do makes rows."""


@dataclass
class HostileDeployment:
    slack: LocalSlack
    autumn: LocalAutumn
    bot: Maple
    http: httpx.AsyncClient

    async def send(self, given: Input, *, signed: bool = True) -> int:
        """The status of the answer; 0 when there was none."""
        kind = "application/x-www-form-urlencoded" if given.form else "application/json"
        proof = self.slack.deliveries.sign(given.body if signed else given.body + b" ")
        try:
            answer = await self.http.post(
                f"{self.bot.url}{EVENTS_PATH}", content=given.body, headers={"content-type": kind, **proof}
            )
        except httpx.HTTPError:
            return 0
        return answer.status_code

    async def idle(self, most: int = 0) -> None:
        """Until the bot has so many jobs in hand at most."""
        while len(self.bot.work) > most:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)

    async def settled(self) -> None:
        """Until nothing that was approved is still to be applied."""
        under_way = (
            select(changes.c.id).where(changes.c.state.in_((State.APPROVED, State.APPLYING))),
            select(batches.c.id).where(batches.c.state.in_((BatchState.RUNNING, BatchState.STOPPING))),
        )
        async with asyncio.timeout(_PATIENCE):
            while True:
                await self.idle()
                async with self.bot.database.reading() as connection:
                    if not any([(await connection.execute(each)).first() for each in under_way]):
                        return
                await asyncio.sleep(0.02)

    async def state(self) -> dict[str, int]:
        """All that somebody who may not use Maple could have changed, in figures."""
        rows = [
            select(func.count()).select_from(table).scalar_subquery().label(f"rows of {table.name}")
            for table in _OF_PEOPLE
        ]
        async with self.bot.database.reading() as connection:
            counted: dict[str, int] = dict((await connection.execute(select(*rows))).mappings().one())
        counted["requests to Autumn"] = len(self.autumn.calls)
        counted["writes in Autumn"] = len(self.autumn.ledger)
        posts = [post for post in self.slack.workspace.posts if not post.channel.startswith("D")]
        counted["messages that others see"] = len(posts)
        return counted


@asynccontextmanager
async def hostile_deployment(engine: Engine) -> AsyncIterator[HostileDeployment]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack.running(manifest=MANIFEST))
        slack.limit = PostLimit(slack.clock, per_second=_FREE, burst=_FREE)
        slack.workspace.users.update({user.id: user for user in _NEWCOMERS})
        autumn = await stack.enter_async_context(LocalAutumn.running(seed="demo", limits=LocalLimits.off()))
        settings = settings_for(
            slack,
            autumn,
            "http",
            database=fresh(engine),
            policy=written_policy(POLICY),
            approvals=APPROVALS,
        )
        # Sweeps come only before and after: what they do is nobody's doing.
        timings = replace(UNHURRIED, changes=replace(QUICK_PACE, sweep=3600.0))
        bot = await stack.enter_async_context(Maple(settings, timings=timings).running())
        slack.request_url = f"{bot.url}{EVENTS_PATH}"
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=_PATIENCE, trust_env=False))
        yield HostileDeployment(slack, autumn, bot, http)


async def hostile(engine: Engine, seed: int, inputs: int) -> Figures:
    """So many inputs, in equal shares from each kind of person."""
    figures = Figures(f"Hostile payloads at {len(ROUTES)} listeners, seed {seed}: {engine}")
    stream = io.StringIO()
    log.configure("DEBUG", "json", stream)
    try:
        async with hostile_deployment(engine) as made:
            await walk(made.slack, made.autumn, made.idle)
            maker = Maker(seed, Harvest.of(made.slack), made.slack)
            approved = await _written(made)
            await _batch(figures, made, maker.each(SENDERS[0]), approved)
            share = -(-inputs // (2 * len(SENDERS)))
            for _ in range(2):
                for sender in SENDERS:
                    await _batch(figures, made, [maker.make(sender) for _ in range(share)], approved)
            await _forged(figures, made, [maker.make(sender) for sender in SENDERS])
            await _judge(figures, made, approved)
            await _still_there(figures, made)
            exposed = (await made.http.get(f"{made.bot.url}/metrics")).text
        _reached(figures, exposed)
    finally:
        log.configure("ERROR", "json", sys.stderr)
    _look_into(figures, stream.getvalue(), exposed)
    return figures


async def _batch(figures: Figures, made: HostileDeployment, given: list[Input], approved: set[str]) -> None:
    sender = given[0].sender
    before = {} if sender.may else await made.state()
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def send(one: Input) -> None:
        async with at_once:
            await made.idle(_BACKLOG)
            status = await made.send(one)
        figures.hold(0 < status < 500, f"input {one.number}, {one.route}, {sender.kind}: status {status}")
        figures.count(f"inputs: {sender.kind}")

    await asyncio.gather(*map(send, given))
    await made.settled()
    approved |= {one.approves for one in given if one.approves}
    if not sender.may:
        after = await made.state()
        figures.hold(after == before, f"{sender.kind}: changed {dict(after.items() - before.items())}")


async def _forged(figures: Figures, made: HostileDeployment, given: list[Input]) -> None:
    """The same without Slack's signature."""
    for one in given:
        status = await made.send(one, signed=False)
        figures.hold(status == 401, f"input {one.number} without a signature: status {status}")
        figures.count("inputs without a signature")


async def _written(made: HostileDeployment) -> set[str]:
    """What was written so far: each change, or the list that it was a line of."""
    keys = {write.idempotency_key or "::" for write in made.autumn.ledger if write.applied}
    async with made.bot.database.reading() as connection:
        listed = {
            row.id: row.batch for row in await connection.execute(select(changes.c.id, changes.c.batch))
        }
    return {listed.get(change) or change for change in (key.split(":")[1] for key in keys)}


async def _judge(figures: Figures, made: HostileDeployment, approved: set[str]) -> None:
    """Each write in Autumn goes back to an approval that the one approver sent, of what another asked for."""
    async with made.bot.database.reading() as connection:
        states = list((await connection.execute(select(changes.c.state))).scalars())
        askers = {
            row.id: row.asker
            for table in (changes, batches)
            for row in await connection.execute(select(table.c.id, table.c.asker))
        }
        decided = [
            *(await connection.execute(select(decisions.c.change_id.label("about"), decisions.c.person))),
            *(
                await connection.execute(
                    select(batch_decisions.c.batch_id.label("about"), batch_decisions.c.person)
                )
            ),
        ]
        owners = {
            owner
            for table in (digests, alert_subscriptions)
            for owner in (await connection.execute(select(table.c.owner))).scalars()
        }
    members = {sender.id for sender in SENDERS if sender.may}
    figures.hold(set(askers.values()) <= members, "somebody asked who may not")
    figures.hold(owners <= members, "somebody set a digest or an alert up who may not")
    for about, person in decided:
        figures.hold(person == "U03LEA", f"{person} decided")
        figures.hold(askers[about] != person, f"{person} decided on their own change")
    written = await _written(made)
    figures.hold(written <= approved, f"written, and nobody approved it: {written - approved}")
    figures.count("changes asked for", len(states))
    figures.count("changes applied", states.count(State.APPLIED))
    await reconcile(made.bot.database, made.autumn.ledger, figures)


async def _still_there(figures: Figures, made: HostileDeployment) -> None:
    """Maple serves people as before."""
    # A task of its own: when it stops, the bot waits for whoever sweeps.
    await asyncio.create_task(made.bot.changes.sweeper.tick())
    ready = await made.http.get(f"{made.bot.url}/readyz")
    figures.hold(ready.status_code == 200, f"not ready: {ready.text}")
    raj = made.slack.person("raj")
    await raj.command("/autumn cus_gekko")
    await raj.sees("cus_gekko")


_AT_THE_DOOR = (InteractionOutcome.REFUSED, InteractionOutcome.REPEAT)
_SECRET = (CANARY, "am_sk_", "xoxb-", "xapp-", "Traceback", "Acme", "@secret", "@acme", ".example")


def _reached(figures: Figures, exposed: str) -> None:
    """Every listener of the table did what it does for somebody who may use Maple."""
    reached = {
        (sample.labels["kind"], sample.labels["action"])
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
        if sample.name == "maple_interactions_total" and sample.labels["outcome"] not in _AT_THE_DOOR
    }
    for route in ROUTES:
        there = (route.listener.kind.value, route.listener.action) in reached
        figures.count("listeners reached", there)
        figures.hold(there, f"never reached: {route.listener.kind} {route.trigger}")


def _look_into(figures: Figures, written: str, exposed: str) -> None:
    lines = written.splitlines()
    figures.count("lines of the log", len(lines))
    for line in lines:
        figures.hold(not any(one in line for one in _SECRET), f"in the log: {line[:300]}")
        if '"outcome": "fault"' in line:
            fault = json.loads(line)
            figures.hold(False, f"fault: {fault['action']} {fault['error']} {fault['at']}")
        if f'"outcome": "{InteractionOutcome.UNREADABLE}"' in line:
            figures.count("values that Maple never made, refused in words")
    figures.hold(CANARY not in exposed, "in the metrics")
