"""Thousands of hostile payloads, signed as Slack's, to every listener, from everyone who could send one.

The same seed makes the same inputs. They are made from what Maple itself put on its cards and forms, but in
the name of other people, with parts missing, of the wrong type or full of values that break programs. Maple
must answer each, do nothing that nobody decided, and log none of it.
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
_TABLES_OF_PEOPLE = (
    *(changes, decisions, audit, filled_forms, digests, alert_subscriptions, recent_customers),
    *(batches, batch_lines, batch_decisions, batch_drafts, gathered_lists),
)
"""The tables whose rows are only made by what people do."""


@dataclass
class HostileDeployment:
    slack: LocalSlack
    autumn: LocalAutumn
    bot: Maple
    http: httpx.AsyncClient

    async def send(self, payload: Input, *, signed: bool = True) -> int:
        """The status of the answer; 0 when there was none."""
        content_type = "application/x-www-form-urlencoded" if payload.form else "application/json"
        signature = self.slack.deliveries.sign(payload.body if signed else payload.body + b" ")
        try:
            answer = await self.http.post(
                f"{self.bot.url}{EVENTS_PATH}",
                content=payload.body,
                headers={"content-type": content_type, **signature},
            )
        except httpx.HTTPError:
            return 0
        return answer.status_code

    async def idle(self, most: int = 0) -> None:
        """Waits until the bot has at most this many jobs."""
        while len(self.bot.background) > most:  # noqa: ASYNC110 - it does not notify
            await asyncio.sleep(0.005)

    async def settled(self) -> None:
        """Waits until everything that was approved has been applied."""
        unfinished = (
            select(changes.c.id).where(changes.c.state.in_((State.APPROVED, State.APPLYING))),
            select(batches.c.id).where(batches.c.state.in_((BatchState.RUNNING, BatchState.STOPPING))),
        )
        async with asyncio.timeout(_PATIENCE):
            while True:
                await self.idle()
                async with self.bot.database.reading() as connection:
                    if not any([(await connection.execute(query)).first() for query in unfinished]):
                        return
                await asyncio.sleep(0.02)

    async def state(self) -> dict[str, int]:
        """Counts of everything that someone without access to Maple could have changed."""
        rows = [
            select(func.count()).select_from(table).scalar_subquery().label(f"rows of {table.name}")
            for table in _TABLES_OF_PEOPLE
        ]
        async with self.bot.database.reading() as connection:
            counts: dict[str, int] = dict((await connection.execute(select(*rows))).mappings().one())
        counts["requests to Autumn"] = len(self.autumn.calls)
        counts["writes in Autumn"] = len(self.autumn.ledger)
        posts = [post for post in self.slack.workspace.posts if not post.channel.startswith("D")]
        counts["messages that others see"] = len(posts)
        return counts


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
        # Sweeps run only before and after, since nobody's payload causes them.
        timeouts = replace(UNHURRIED, changes=replace(QUICK_PACE, sweep=3600.0))
        bot = await stack.enter_async_context(Maple(settings, timeouts=timeouts).running())
        slack.request_url = f"{bot.url}{EVENTS_PATH}"
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=_PATIENCE, trust_env=False))
        yield HostileDeployment(slack, autumn, bot, http)


async def hostile(engine: Engine, seed: int, inputs: int) -> Figures:
    """Sends this many inputs, in equal shares from each kind of person."""
    figures = Figures(f"Hostile payloads at {len(ROUTES)} listeners, seed {seed}: {engine}")
    stream = io.StringIO()
    log.configure("DEBUG", "json", stream)
    try:
        async with hostile_deployment(engine) as deployed:
            await walk(deployed.slack, deployed.autumn, deployed.idle)
            maker = Maker(seed, Harvest.of(deployed.slack), deployed.slack)
            approved = await _written(deployed)
            await _batch(figures, deployed, maker.one_for_each_route(SENDERS[0]), approved)
            share = -(-inputs // (2 * len(SENDERS)))
            for _ in range(2):
                for sender in SENDERS:
                    await _batch(figures, deployed, [maker.make(sender) for _ in range(share)], approved)
            await _forged(figures, deployed, [maker.make(sender) for sender in SENDERS])
            await _judge(figures, deployed, approved)
            await _check_still_serving(figures, deployed)
            metrics = (await deployed.http.get(f"{deployed.bot.url}/metrics")).text
        _check_every_route_ran(figures, metrics)
    finally:
        log.configure("ERROR", "json", sys.stderr)
    _check_log(figures, stream.getvalue(), metrics)
    return figures


async def _batch(
    figures: Figures, deployed: HostileDeployment, payloads: list[Input], approved: set[str]
) -> None:
    sender = payloads[0].sender
    before = {} if sender.may else await deployed.state()
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def send(payload: Input) -> None:
        async with at_once:
            await deployed.idle(_BACKLOG)
            status = await deployed.send(payload)
        figures.check(
            0 < status < 500, f"input {payload.number}, {payload.route}, {sender.kind}: status {status}"
        )
        figures.count(f"inputs: {sender.kind}")

    await asyncio.gather(*map(send, payloads))
    await deployed.settled()
    approved |= {payload.approves for payload in payloads if payload.approves}
    if not sender.may:
        after = await deployed.state()
        figures.check(after == before, f"{sender.kind}: changed {dict(after.items() - before.items())}")


async def _forged(figures: Figures, deployed: HostileDeployment, payloads: list[Input]) -> None:
    """Sends inputs without Slack's signature."""
    for payload in payloads:
        status = await deployed.send(payload, signed=False)
        figures.check(status == 401, f"input {payload.number} without a signature: status {status}")
        figures.count("inputs without a signature")


async def _written(deployed: HostileDeployment) -> set[str]:
    """The ids of what was written so far: changes, and lists for changes that are lines of one."""
    keys = {write.idempotency_key or "::" for write in deployed.autumn.ledger if write.applied}
    async with deployed.bot.database.reading() as connection:
        list_ids = {
            row.id: row.batch for row in await connection.execute(select(changes.c.id, changes.c.batch))
        }
    return {list_ids.get(change) or change for change in (key.split(":")[1] for key in keys)}


async def _judge(figures: Figures, deployed: HostileDeployment, approved: set[str]) -> None:
    """Every write in Autumn was approved by the one approver, and requested by someone else."""
    async with deployed.bot.database.reading() as connection:
        states = list((await connection.execute(select(changes.c.state))).scalars())
        requesters = {
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
    figures.check(set(requesters.values()) <= members, "somebody without permission requested a change")
    figures.check(owners <= members, "somebody without permission set up a digest or an alert")
    for about, person in decided:
        figures.check(person == "U03LEA", f"{person} decided")
        figures.check(requesters[about] != person, f"{person} decided on their own change")
    written = await _written(deployed)
    figures.check(written <= approved, f"written without an approval: {written - approved}")
    figures.count("changes requested", len(states))
    figures.count("changes applied", states.count(State.APPLIED))
    await reconcile(deployed.bot.database, deployed.autumn.ledger, figures)


async def _check_still_serving(figures: Figures, deployed: HostileDeployment) -> None:
    """Maple still serves people."""
    # In a separate task, because the bot waits for a running sweep when it stops.
    await asyncio.create_task(deployed.bot.changes.sweeper.tick())
    ready = await deployed.http.get(f"{deployed.bot.url}/readyz")
    figures.check(ready.status_code == 200, f"not ready: {ready.text}")
    raj = deployed.slack.person("raj")
    await raj.command("/autumn cus_gekko")
    await raj.sees("cus_gekko")


_NOT_RUN = (InteractionOutcome.REFUSED, InteractionOutcome.REPEAT)
_SECRETS = (CANARY, "am_sk_", "xoxb-", "xapp-", "Traceback", "Acme", "@secret", "@acme", ".example")


def _check_every_route_ran(figures: Figures, metrics: str) -> None:
    """Every listener of the table ran for someone with access to Maple."""
    ran = {
        (sample.labels["kind"], sample.labels["action"])
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == "maple_interactions_total" and sample.labels["outcome"] not in _NOT_RUN
    }
    for route in ROUTES:
        reached = (route.listener.kind.value, route.listener.action) in ran
        figures.count("listeners reached", reached)
        figures.check(reached, f"never reached: {route.listener.kind} {route.trigger}")


def _check_log(figures: Figures, text: str, metrics: str) -> None:
    lines = text.splitlines()
    figures.count("lines of the log", len(lines))
    for line in lines:
        figures.check(not any(secret in line for secret in _SECRETS), f"in the log: {line[:300]}")
        if '"outcome": "fault"' in line:
            fault = json.loads(line)
            figures.check(False, f"fault: {fault['action']} {fault['error']} {fault['at']}")
        if f'"outcome": "{InteractionOutcome.UNREADABLE}"' in line:
            figures.count("values that Maple never made, refused with a message")
    figures.check(CANARY not in metrics, "in the metrics")
