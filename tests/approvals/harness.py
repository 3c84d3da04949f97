"""A change service between a local Autumn and a database, and a table of permissions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import httpx
from pydantic import SecretStr

from bot.access.limits import EXACT, Tolerance
from bot.access.people import Actor
from bot.access.policy import Decision, DecisionReason, Person, Policy, Request, Verb, decide
from bot.approvals.card_posting import ApprovalsChannel
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.approvals.names import CustomerNames
from bot.approvals.preview import ChangeTimeouts, Sleep
from bot.approvals.requests import ChangeRequest
from bot.approvals.service import ChangeService, Surroundings
from bot.autumn.client import Autumn, RetryPolicy
from bot.autumn.models import Environment
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.model import ChangeInput
from bot.runtime import Checkpoint, Runtime, no_checkpoint
from bot.slack.channels import Channel, ChannelProblem
from bot.store import audit
from bot.store.database import Database
from sandbox.autumn import LocalAutumn
from tests.autumn.in_process import URL, InProcess
from tests.autumn.scripted import UNLIMITED

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
ANA, RAJ, LEA = Actor("U_ANA", "T1"), Actor("U_RAJ", "T1"), Actor("U_LEA", "T1")
CUSTOMER = "cus_bold"
NO_RETRIES = RetryPolicy(connect=5, attempt=5, whole=5, write=5, attempts=1)
QUICK = ChangeTimeouts(
    lease=20,
    renew=0.05,
    polls=(0, 0, 0),
    verify=2,
    turn_timeout=5,
    turn_poll=0.01,
    limited=0.3,
    limited_pause=0.01,
)


@dataclass
class Permissions:
    """Everyone may do everything except approve their own requests, unless a field says otherwise."""

    policy: Policy | None = None
    needed: int = 1
    reason_required: bool = False
    refused: set[tuple[str, Verb]] = field(default_factory=set)
    members: dict[str, bool | None] = field(default_factory=dict)
    """With a policy: people who are not members of the workspace (False), or cannot be checked (None)."""
    requests: list[Request] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    """The person of each request."""
    decisions: list[Decision] = field(default_factory=list)
    """The policy's decisions, if there is a policy."""
    meanwhile: dict[Verb, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    """What someone else does, once, while the policy decides on this verb."""

    async def __call__(self, request: Request, actor: Actor) -> Decision:
        self.requests.append(request)
        self.actors.append(actor)
        if (action := self.meanwhile.pop(request.verb, None)) is not None:
            await action()
        if self.policy is not None:
            person = Person(actor.user, member=self.members.get(actor.user, True))
            self.decisions.append(decide(self.policy, request, person))
            return self.decisions[-1]
        if (actor.user, request.verb) in self.refused:
            return Decision(False, DecisionReason.DENIED, "no")
        if request.verb is Verb.APPROVE and request.own:
            return Decision(False, DecisionReason.OWN)
        if request.verb is Verb.WITHDRAW and not request.own:
            return Decision(False, DecisionReason.NOT_YOURS)
        return Decision(
            True,
            DecisionReason.ALLOWED,
            "rule",
            approvals=self.needed,
            reason_required=self.reason_required,
            expires_after=timedelta(hours=24),
        )


@dataclass
class Clock:
    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Pauses:
    """Counts the pauses before a change is read back, without taking any."""

    count: int = 0

    async def sleep(self, _seconds: float) -> None:
        self.count += 1


def approvals_channel(channel_id: str, problem: ChannelProblem | None = None) -> ApprovalsChannel:
    """A channel that is always in the same state."""

    async def look(_channel_id: str) -> Channel:
        return Channel(problem)

    return ApprovalsChannel(channel_id, look)


@dataclass
class Harness:
    local: LocalAutumn
    autumn: Autumn
    database: Database
    transport: InProcess
    permissions: Permissions = field(default_factory=Permissions)
    clock: Clock = field(default_factory=Clock)
    notified: list[tuple[str, ChangeEvent]] = field(default_factory=list)
    numbers: Callable[[], int] = field(default_factory=lambda: count().__next__)
    row: str = ""

    def service(
        self,
        *,
        checkpoint: Checkpoint = no_checkpoint,
        timeouts: ChangeTimeouts = QUICK,
        channel: str = "C_APPROVALS",
        env: Environment = Environment.SANDBOX,
        tolerance: Tolerance = EXACT,
        sleep: Sleep = asyncio.sleep,
        autumn: Autumn | None = None,
    ) -> ChangeService:
        """A service as another process would have it."""
        client = autumn or self.autumn
        return ChangeService(
            Runtime(self.database, client, env, self.clock, checkpoint),
            Surroundings(
                self.permissions, self.notify, approvals_channel(channel), CustomerNames(client), tolerance
            ),
            timeouts,
            sleep=sleep,
        )

    def client(self, kind: type[Autumn] = Autumn, retry_policy: RetryPolicy = RetryPolicy()) -> Autumn:  # noqa: B008 - frozen
        """Another client of the local Autumn. Close it."""
        return kind(
            key=SecretStr(self.local.key),
            url=URL,
            limits=UNLIMITED,
            retry_policy=retry_policy,
            transport=self.transport,
        )

    async def notify(self, record: Record, event: ChangeEvent) -> None:
        self.notified.append((record.id, event))

    def events(self, record: Record) -> list[ChangeEvent]:
        return [event for change, event in self.notified if change == record.id]

    def balance(
        self, action: BalanceAction = BalanceAction.GIVE, amount: int | None = 100, customer: str = CUSTOMER
    ) -> BalanceInput:
        number = None if amount is None else Decimal(amount)
        return BalanceInput(customer=customer, feature="messages", row=self.row, action=action, amount=number)

    def request(self, requested: ChangeInput | None = None) -> ChangeRequest:
        return ChangeRequest(
            f"form-{self.numbers()}", requested or self.balance(), ANA, channel="C_SUPPORT", reason="so"
        )

    async def waiting(self, service: ChangeService, requested: ChangeInput | None = None) -> Record:
        """A request that waits for approval."""
        record = (await service.submit(self.request(requested))).record
        assert record is not None
        return record

    async def granted(self) -> Decimal:
        customer = await self.autumn.customer(CUSTOMER)
        return customer.balances["messages"].granted

    async def change_in_autumn(self, **body: object) -> None:
        """Changes the customer as in Autumn's dashboard."""
        async with httpx.AsyncClient(transport=self.transport, base_url=URL) as client:
            answer = await client.post(
                "/v1/balances.update",
                json={"customer_id": CUSTOMER, "feature_id": "messages", "balance_id": self.row, **body},
                headers={"authorization": f"Bearer {self.local.key}"},
            )
            assert answer.status_code == 200, answer.text
        self.local.ledger.pop()

    def written(self) -> int:
        """The number of writes that Autumn applied."""
        return sum(write.applied for write in self.local.ledger)

    async def steps(self, record: Record) -> list[str]:
        async with self.database.reading() as connection:
            return [entry.event async for entry in audit.entries(connection, change_id=record.id)]

    async def trail_is_intact(self) -> bool:
        """Asserts that the trail agrees with what is stored."""
        async with self.database.reading() as connection:
            return (await audit.verify(connection)).faults == ()


@asynccontextmanager
async def running(database: Database) -> AsyncIterator[Harness]:
    local = LocalAutumn("demo", clock=NOW)
    transport = InProcess(local)
    autumn = Autumn(
        key=SecretStr(local.key), url=URL, limits=UNLIMITED, retry_policy=NO_RETRIES, transport=transport
    )
    harness = Harness(local, autumn, database, transport)
    customer = await autumn.customer(CUSTOMER)
    harness.row = customer.balances["messages"].breakdown[0].id
    try:
        yield harness
    finally:
        await transport.finished()
        await autumn.aclose()
        await asyncio.sleep(0)
