"""A local Autumn, a database, and any number of bot processes between them."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
from pydantic import SecretStr

from bot.access.people import Actor
from bot.approvals.lifecycle import ChangeEvent, Record
from bot.approvals.names import CustomerNames
from bot.approvals.results import ChangeRequest
from bot.approvals.service import ChangeService, Surroundings
from bot.approvals.timeouts import ChangeTimeouts
from bot.autumn.client import Autumn, RetryPolicy
from bot.autumn.models import Environment, Subscription
from bot.changes.addition.request import AdditionInput
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.billing.quantities import FeatureQuantity
from bot.changes.cancellation.request import CancellationInput
from bot.changes.cancellation.words import CancellationAction, Settlement
from bot.changes.control.request import ControlInput
from bot.changes.control.words import ControlType, ThresholdType
from bot.changes.deletion.request import DeletionInput
from bot.changes.details.request import DetailsInput
from bot.changes.expiry.request import ExpiryInput
from bot.changes.grant.request import GrantInput
from bot.changes.model import ChangeInput
from bot.changes.quantity.request import QuantityInput
from bot.changes.quantity.words import Billed
from bot.changes.refund.request import RefundInput
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.changes.standalone import GrantSize
from bot.changes.switch.request import SwitchInput
from bot.changes.switch.words import SwitchAction
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from bot.changes.ungrant.request import UngrantInput
from bot.changes.usage.request import UsageInput
from bot.runtime import Checkpoint, Runtime, no_checkpoint
from bot.store.database import Database
from sandbox.autumn import Limits, LocalAutumn
from tests.approvals.harness import FAST, NOW, Permissions, approvals_channel
from tests.databases import Engine, fresh

_SUBSCRIBED = {
    "cus_northwind": "pro",
    "cus_initech": "pro",
    "cus_umbrella": "pro",
    "cus_acme": "extra_seats",
}
_WITH_ENTITIES, _ENTITY = "cus_piedpiper", "workspace_1"
ASKER = Actor("U_ASKER", "T1")
LEASE = 20.0
PACE = ChangeTimeouts(lease=LEASE, renew=1.0, polls=(0, 0.01, 0.02), verify=3, turn=30, turns=0.02)
PATIENCE = RetryPolicy(connect=5, attempt=10, whole=15, write=10, attempts=1)


@dataclass(frozen=True)
class Spec:
    """What a bot process has to know; it can be handed to another process."""

    database: str
    url: str
    key: str
    now: datetime = NOW
    needed: int = 1

    def later(self, **by: float) -> "Spec":
        return replace(self, now=self.now + timedelta(**by))


@dataclass
class Bot:
    changes: ChangeService
    database: Database
    told: list[tuple[str, ChangeEvent, int]] = field(default_factory=list)
    """The id, what is told of it, and the revision that is shown."""


@asynccontextmanager
async def bot(
    spec: Spec,
    *,
    checkpoint: Checkpoint = no_checkpoint,
    pace: ChangeTimeouts = PACE,
    patience: RetryPolicy = PATIENCE,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Bot]:
    """The desk for changes as a process of its own has it."""
    database = Database(spec.database, patience=30)
    autumn = Autumn(
        key=SecretStr(spec.key), url=spec.url, limits=FAST, patience=patience, transport=transport
    )
    told: list[tuple[str, ChangeEvent, int]] = []

    async def tell(record: Record, event: ChangeEvent) -> None:
        told.append((record.id, event, record.revision))

    channel = approvals_channel("C_APPROVALS")
    changes = ChangeService(
        Runtime(database, autumn, Environment.SANDBOX, lambda: spec.now, checkpoint),
        Surroundings(Permissions(needed=spec.needed), tell, channel, CustomerNames(autumn)),
        pace,
    )
    try:
        yield Bot(changes, database, told)
    finally:
        await autumn.aclose()
        await database.aclose()
        await asyncio.sleep(0)


@dataclass(frozen=True)
class OfEntity:
    """What one entity of a customer has of its own."""

    row: str
    """Of messages."""
    subscription: Subscription

    @property
    def named(self) -> dict[str, Any]:
        return {"customer": _WITH_ENTITIES, "entity": _ENTITY}


@dataclass
class Deployment:
    local: LocalAutumn
    spec: Spec
    row: str
    """Of cus_bold's messages."""
    invoice: str
    """Of cus_northwind's, paid."""
    subscriptions: Mapping[str, Subscription]
    """One that each of these customers has, by customer."""
    of_entity: OfEntity
    numbers: Iterator[int] = field(default_factory=count)

    def edits(self) -> dict[str, ChangeInput]:
        """One of every kind of change, each unlike any before it."""
        number = next(self.numbers)
        return {
            "give": self.balance(BalanceAction.GIVE, 10 + number),
            "give to an entity": BalanceInput(
                **self.of_entity.named,
                feature="messages",
                row=self.of_entity.row,
                action=BalanceAction.GIVE,
                amount=Decimal(10 + number),
            ),
            "cancellation for an entity": CancellationInput(
                **self.of_entity.named,
                subscription=self.of_entity.subscription.id,
                product=self.of_entity.subscription.plan_id,
                action=CancellationAction.AT_PERIOD_END,
            ),
            "set": self.balance(BalanceAction.SET, 3000 + number),
            "usage": self.balance(BalanceAction.USAGE, 100 + number),
            "reset date": BalanceInput(
                customer="cus_bold",
                feature="messages",
                row=self.row,
                action=BalanceAction.NONE,
                reset_at=NOW + timedelta(days=1, minutes=number),
            ),
            "coupon": RewardInput(customer="cus_acme", action=RewardAction.APPLY, reward="team100"),
            "coupon on a subscription": RewardInput(
                **self.held("cus_northwind"), action=RewardAction.ATTACH, reward="loyal10"
            ),
            "coupon removed": RewardInput(customer="cus_coupons", action=RewardAction.REMOVE),
            "grant": RewardInput(customer="cus_empty", action=RewardAction.REDEEM, code="BONUS500"),
            "details": DetailsInput(customer="cus_bold", name=f"Bold {number}"),
            "deletion": DeletionInput(customer="cus_vandelay", typed="cus_vandelay"),
            "standalone grant": GrantInput(
                customer="cus_acme",
                feature="messages",
                grant=f"maple_{number}",
                size=GrantSize.AMOUNT,
                amount=Decimal(10 + number),
            ),
            "expiry": ExpiryInput(
                customer="cus_vandelay",
                feature="messages",
                row="launch_week",
                expires_at=NOW + timedelta(days=30, minutes=number),
            ),
            "control": ControlInput(
                customer="cus_bold",
                control=ControlType.SPEND,
                feature="messages",
                limit=Decimal(100 + number),
            ),
            "usage alert": ControlInput(
                customer="cus_bold",
                control=ControlType.ALERT,
                feature="messages",
                limit=Decimal(100 + number),
                threshold_type=ThresholdType.USAGE,
            ),
            "auto top-up": ControlInput(
                customer="cus_bold",
                control=ControlType.TOP_UP,
                feature="messages",
                limit=Decimal(10 + number),
                quantity=Decimal(100),
            ),
            "spend limit in percent": ControlInput(
                customer="cus_bold",
                control=ControlType.SPEND,
                feature="messages",
                limit=Decimal(100 + number),
                percentage=True,
            ),
            "usage limit of some events": ControlInput(
                customer="cus_bold",
                control=ControlType.USAGE,
                feature="messages",
                limit=Decimal(100 + number),
                interval="day",
                properties='{"model":"gpt-4"}',
            ),
            "auto top-up a few times": ControlInput(
                customer="cus_bold",
                control=ControlType.TOP_UP,
                feature="messages",
                limit=Decimal(10 + number),
                quantity=Decimal(100),
                purchases=Decimal(3),
                purchases_in="month",
            ),
            "recorded usage": UsageInput(
                customer="cus_northwind", feature="messages", value=Decimal(3 + number), mark=str(number)
            ),
            "grant removed": UngrantInput(customer="cus_vandelay", feature="messages", row="goodwill_march"),
            "refund": RefundInput(
                customer="cus_northwind", invoice=self.invoice, currency="USD", amount=Decimal(5)
            ),
            "cancellation": self.cancellation(CancellationAction.AT_PERIOD_END, "cus_northwind"),
            "cancellation now": self.cancellation(CancellationAction.NOW, "cus_northwind"),
            "cancellation taken back": self.cancellation(CancellationAction.TAKE_BACK, "cus_initech"),
            "purchase removed": CancellationInput(
                customer="cus_wonka",
                subscription="",
                product="onboarding",
                action=CancellationAction.NOW,
                one_time=True,
            ),
            "trial": TrialInput(
                **self.held("cus_umbrella"),
                action=TrialAction.MOVE_END,
                ends_at=NOW + timedelta(days=30, minutes=number),
            ),
            "trial ended": TrialInput(**self.held("cus_umbrella"), action=TrialAction.END_NOW),
            "quantity": QuantityInput(
                **self.held("cus_acme"), feature="seats", quantity=Decimal(20 + number), billed=Billed.NOW
            ),
            "switch": SwitchInput(customer="cus_massive", product="pro", action=SwitchAction.AT_PERIOD_END),
            "product added": AdditionInput(
                customer="cus_northwind", product="support_plus", subscription=f"maple_{number}"
            ),
            "seats added": AdditionInput(
                customer="cus_northwind",
                product="extra_seats",
                subscription=f"maple_{number}",
                quantities=(FeatureQuantity(feature="seats", quantity=Decimal(4)),),
            ),
            "bought once": AdditionInput(customer="cus_northwind", product="message_pack"),
            "switch now": SwitchInput(customer="cus_massive", product="pro", action=SwitchAction.NOW),
        }

    def held(self, customer: str) -> dict[str, Any]:
        subscription = self.subscriptions[customer]
        return {
            "customer": customer,
            "subscription": subscription.id,
            "product": subscription.plan_id,
        }

    def cancellation(self, action: CancellationAction, customer: str) -> CancellationInput:
        settlement = Settlement.CREDIT if action is CancellationAction.NOW else None
        return CancellationInput(**self.held(customer), action=action, settlement=settlement)

    def balance(self, action: BalanceAction, amount: int) -> BalanceInput:
        return BalanceInput(
            customer="cus_bold", feature="messages", row=self.row, action=action, amount=Decimal(amount)
        )

    def wish(self, asked: ChangeInput) -> ChangeRequest:
        return ChangeRequest(f"form-{next(self.numbers)}", asked, ASKER, channel="C_SUPPORT", reason="so")

    async def ask(self, changes: ChangeService, asked: ChangeInput) -> Record:
        """Raises AssertionError when the guards or the policy refuse it."""
        reply = await changes.submit(self.wish(asked))
        assert reply.record is not None, reply
        return reply.record


@asynccontextmanager
async def deployment(engine: Engine) -> AsyncIterator[Deployment]:
    database = await asyncio.to_thread(fresh, engine)
    async with LocalAutumn.running(seed="demo", clock=NOW, limits=Limits.off()) as local:
        spec = Spec(database, local.url, local.key)
        autumn = Autumn(key=SecretStr(local.key), url=local.url, limits=FAST)
        async with aclosing(autumn):
            customer = await autumn.customer("cus_bold")
            paid = await autumn.invoices(customer_id="cus_northwind", status=("paid",))
            subscriptions = {
                each: await _subscription(autumn, each, plan_id) for each, plan_id in _SUBSCRIBED.items()
            }
            of_entity = await _of_entity(autumn)
        row, invoice = customer.balances["messages"].breakdown[0].id, paid.list[0].stripe_id
        yield Deployment(local, spec, row, invoice, subscriptions, of_entity)


async def _of_entity(autumn: Autumn) -> OfEntity:
    shared = (await autumn.customer(_WITH_ENTITIES)).balances["messages"].breakdown
    entity = await autumn.entity(_WITH_ENTITIES, _ENTITY)
    row = next(row for row in entity.balances["messages"].breakdown if row not in shared)
    return OfEntity(row.id, next(each for each in entity.subscriptions if each.scope == "entity"))


async def _subscription(autumn: Autumn, customer_id: str, plan_id: str) -> Subscription:
    customer = await autumn.customer(customer_id)
    return next(each for each in customer.subscriptions if each.plan_id == plan_id)
