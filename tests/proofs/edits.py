"""Edits: changes of every kind, and of every variant of a kind, for the proofs that kill processes and spoil
Autumn's answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.autumn.client import Autumn
from bot.autumn.models import Subscription
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
from bot.changes.switch.words import Kept, SwitchAction
from bot.changes.trial.request import TrialInput
from bot.changes.trial.words import TrialAction
from bot.changes.ungrant.request import UngrantInput
from bot.changes.usage.request import UsageInput
from sandbox.autumn.months import DAY
from sandbox.autumn.seed.builder import Builder
from sandbox.autumn.state import AutumnState
from tests.approvals.harness import NOW

_SUBSCRIBED = {
    "cus_northwind": "pro",
    "cus_initech": "pro",
    "cus_umbrella": "pro",
    "cus_hooli": "starter",
    "cus_acme": "extra_seats",
}
_WORKSPACES, _MAIN, _ON_TRIAL = "cus_workspaces", "workspace_1", "workspace_2"
_GOODWILL, _SPEND_LIMIT = "goodwill", {"feature_id": "messages", "enabled": True, "overage_limit": 50}


def prepare(state: AutumnState) -> None:
    """Adds a customer whose entities have everything that can be changed for an entity."""
    builder = Builder(state)
    customer = builder.customer(_WORKSPACES, "Workspaces Ltd", "all@workspaces.example", 90)
    customer.billing_controls = {ControlType.SPEND.value: [_SPEND_LIMIT]}
    builder.has(customer, "pro", 90)
    for entity in (_MAIN, _ON_TRIAL):
        builder.entity(customer, entity, entity.title(), "storage", 60)
    builder.has(customer, "starter", 60, entity_id=_MAIN)
    builder.has(customer, "extra_seats", 60, entity_id=_MAIN, prepaid={"seats": 10})
    builder.has(customer, "pro", 5, entity_id=_ON_TRIAL, trial=True)
    goodwill = {"external_id": _GOODWILL, "expires_at": state.now + 5 * DAY}
    builder.grants(customer, "messages", 100, 10, entity_id=_MAIN, **goodwill)


@dataclass(frozen=True)
class EditFactory:
    """Makes the edits, from what Autumn has of the customers in them."""

    row: str
    """The id of cus_bold's balance of messages."""
    entity_row: str
    """The id of the main workspace's balance of messages."""
    invoice: str
    """The id of a paid invoice of cus_northwind."""
    subscriptions: Mapping[str, Subscription]
    """One subscription of each customer, by customer."""
    of_entities: Mapping[tuple[str, str], Subscription]
    """The subscriptions of the workspaces, by workspace and product."""

    @classmethod
    async def read(cls, autumn: Autumn) -> "EditFactory":
        bold = await autumn.customer("cus_bold")
        paid = await autumn.invoices(customer_id="cus_northwind", status=("paid",))
        workspaces = {name: await autumn.entity(_WORKSPACES, name) for name in (_MAIN, _ON_TRIAL)}
        rows = workspaces[_MAIN].balances["messages"].breakdown
        return cls(
            bold.balances["messages"].breakdown[0].id,
            next(row.id for row in rows if row.plan_id == "starter"),
            paid.list[0].stripe_id,
            {
                customer: await _subscription(autumn, customer, plan_id)
                for customer, plan_id in _SUBSCRIBED.items()
            },
            {
                (name, subscription.plan_id): subscription
                for name, entity in workspaces.items()
                for subscription in entity.subscriptions
                if subscription.scope == "entity"
            },
        )

    def every(self, number: int) -> dict[str, ChangeInput]:
        """By name. Edits with different numbers have different values."""
        return {
            **self._balances(number),
            **_grants(number),
            **_usage(number),
            **_rewards(self.subscription_of("cus_northwind")),
            **_controls(number),
            **self._invoices_and_subscriptions(number),
            **_products(number, self.subscription_of("cus_hooli")),
            **self._entity_edits(number),
            "details": DetailsInput(customer="cus_bold", name=f"Bold {number}"),
            "deletion": DeletionInput(customer="cus_vandelay", typed="cus_vandelay"),
        }

    def subscription_of(self, customer: str) -> dict[str, Any]:
        subscription = self.subscriptions[customer]
        return {
            "customer": customer,
            "subscription": subscription.id,
            "product": subscription.plan_id,
        }

    def balance(self, action: BalanceAction, amount: int | None, **more: Any) -> BalanceInput:
        exact = None if amount is None else Decimal(amount)
        about = {"customer": "cus_bold", "feature": "messages", "row": self.row, **more}
        return BalanceInput(action=action, amount=exact, **about)

    def _balances(self, number: int) -> dict[str, ChangeInput]:
        return {
            "give": self.balance(BalanceAction.GIVE, 10 + number),
            "give taken back": self.balance(BalanceAction.TAKE, 10 + number),
            "set": self.balance(BalanceAction.SET, 3000 + number),
            "usage": self.balance(BalanceAction.USAGE, 100 + number),
            "set undone": self.balance(BalanceAction.SHIFT, -10 - number),
            "reset date": self.balance(
                BalanceAction.RESET_DATE, None, reset_at=NOW + timedelta(days=1, minutes=number)
            ),
        }

    def _invoices_and_subscriptions(self, number: int) -> dict[str, ChangeInput]:
        refund = RefundInput(customer="cus_northwind", invoice=self.invoice, currency="USD")
        now, ends_at = CancellationAction.NOW, NOW + timedelta(days=30, minutes=number)
        northwind, umbrella = self.subscription_of("cus_northwind"), self.subscription_of("cus_umbrella")
        seats = {**self.subscription_of("cus_acme"), "feature": "seats", "quantity": Decimal(20 + number)}
        return {
            "refund": refund.model_copy(update={"amount": Decimal(5)}),
            "refund of all that is left": refund,
            "cancellation": CancellationInput(**northwind, action=CancellationAction.AT_PERIOD_END),
            "cancellation now": CancellationInput(**northwind, action=now, settlement=Settlement.CREDIT),
            "cancellation with a part back": CancellationInput(
                **northwind, action=now, settlement=Settlement.REFUND_UNUSED
            ),
            "cancellation with all back": CancellationInput(
                **northwind, action=now, settlement=Settlement.REFUND_ALL
            ),
            "cancellation with nothing back": CancellationInput(
                **northwind, action=now, settlement=Settlement.NOTHING
            ),
            "cancellation taken back": CancellationInput(
                **self.subscription_of("cus_initech"), action=CancellationAction.TAKE_BACK
            ),
            "trial": TrialInput(**umbrella, action=TrialAction.MOVE_END, ends_at=ends_at),
            "trial ended": TrialInput(**umbrella, action=TrialAction.END_NOW),
            "quantity": QuantityInput(**seats, billed=Billed.NOW),
            "quantity on the next invoice": QuantityInput(**seats, billed=Billed.NEXT_INVOICE),
        }

    def _entity_edits(self, number: int) -> dict[str, ChangeInput]:
        entity = {"customer": _WORKSPACES, "entity": _MAIN}
        messages = {**entity, "feature": "messages"}
        return {
            "give to an entity": self.balance(
                BalanceAction.GIVE, 10 + number, **messages, row=self.entity_row
            ),
            "grant for an entity": GrantInput(
                **messages, grant=f"maple_{number}", size=GrantSize.AMOUNT, amount=Decimal(10 + number)
            ),
            "expiry for an entity": ExpiryInput(
                **messages, row=_GOODWILL, expires_at=NOW + timedelta(days=30, minutes=number)
            ),
            "grant of an entity removed": UngrantInput(**messages, row=_GOODWILL),
            "recorded usage of an entity": UsageInput(
                **messages, value=Decimal(3 + number), mark=str(number)
            ),
            "control of an entity": ControlInput(
                **messages, control=ControlType.SPEND, limit=Decimal(100 + number)
            ),
            "cancellation for an entity": CancellationInput(
                **self._workspace(_MAIN, "starter"), action=CancellationAction.AT_PERIOD_END
            ),
            "switch for an entity": SwitchInput(**entity, product="pro", action=SwitchAction.NOW),
            "product added for an entity": AdditionInput(
                **entity, product="support_plus", subscription=f"maple_{number}"
            ),
            "quantity for an entity": QuantityInput(
                **self._workspace(_MAIN, "extra_seats"),
                feature="seats",
                quantity=Decimal(20 + number),
                billed=Billed.NOW,
            ),
            "trial of an entity": TrialInput(
                **self._workspace(_ON_TRIAL, "pro"),
                action=TrialAction.MOVE_END,
                ends_at=NOW + timedelta(days=30, minutes=number),
            ),
        }

    def _workspace(self, entity: str, product: str) -> dict[str, Any]:
        subscription = self.of_entities[entity, product]
        return {
            "customer": _WORKSPACES,
            "entity": entity,
            "subscription": subscription.id,
            "product": product,
        }


def writes(change: ChangeInput) -> int:
    """How many writes it takes."""
    return 2 if isinstance(change, GrantInput) and change.left is not None else 1


def _grants(number: int) -> dict[str, ChangeInput]:
    messages = {"customer": "cus_acme", "feature": "messages", "grant": f"maple_{number}"}
    amount = {**messages, "size": GrantSize.AMOUNT, "amount": Decimal(10 + number)}
    bold = {"customer": "cus_bold", "grant": f"maple_{number}"}
    vandelay = {"customer": "cus_vandelay", "feature": "messages"}
    expires_at = NOW + timedelta(days=30, minutes=number)
    return {
        "standalone grant": GrantInput(**amount),
        "monthly grant": GrantInput(**amount, every="month"),
        "unlimited grant": GrantInput(**bold, feature="api_calls", size=GrantSize.UNLIMITED),
        "feature switched on": GrantInput(**bold, feature="sso", size=GrantSize.SWITCH),
        "grant given again, used in part": GrantInput(**amount, left=Decimal(4)),
        "expiry": ExpiryInput(**vandelay, row="launch_week", expires_at=expires_at),
        "grant removed": UngrantInput(**vandelay, row="goodwill_march"),
    }


def _usage(number: int) -> dict[str, ChangeInput]:
    about = {"customer": "cus_northwind", "feature": "messages", "mark": str(number)}
    return {
        "recorded usage": UsageInput(**about, value=Decimal(3 + number)),
        "recorded usage undone": UsageInput(**about, value=Decimal(-3 - number), undoes=True),
    }


def _rewards(subscription: dict[str, Any]) -> dict[str, ChangeInput]:
    return {
        "coupon": RewardInput(customer="cus_acme", action=RewardAction.APPLY, reward="team100"),
        "coupon on a subscription": RewardInput(**subscription, action=RewardAction.ATTACH, reward="loyal10"),
        "coupon removed": RewardInput(customer="cus_coupons", action=RewardAction.REMOVE),
        "grant": RewardInput(customer="cus_empty", action=RewardAction.REDEEM, code="BONUS500"),
    }


def _controls(number: int) -> dict[str, ChangeInput]:
    about = {"customer": "cus_bold", "feature": "messages"}
    limit = {**about, "limit": Decimal(100 + number)}
    top_up = {**limit, "control": ControlType.TOP_UP, "quantity": Decimal(100)}
    alert = {**about, "control": ControlType.ALERT, "limit": Decimal(10 + number % 80)}
    return {
        "control": ControlInput(**limit, control=ControlType.SPEND),
        "control removed": ControlInput(
            customer=_WORKSPACES, feature="messages", control=ControlType.SPEND, remove=True
        ),
        "overage allowed": ControlInput(**about, control=ControlType.OVERAGE),
        "usage alert": ControlInput(**alert, threshold_type=ThresholdType.USAGE),
        "usage alert in percent": ControlInput(**alert, threshold_type=ThresholdType.USAGE_PERCENTAGE),
        "alert of what remains": ControlInput(**alert, threshold_type=ThresholdType.REMAINING),
        "alert of what remains in percent": ControlInput(
            **alert, threshold_type=ThresholdType.REMAINING_PERCENTAGE
        ),
        "auto top-up": ControlInput(**top_up),
        "auto top-up a few times": ControlInput(**top_up, purchases=Decimal(3), purchases_in="month"),
        "spend limit in percent": ControlInput(**limit, control=ControlType.SPEND, percentage=True),
        "usage limit of some events": ControlInput(
            **limit, control=ControlType.USAGE, interval="day", properties='{"model":"gpt-4"}'
        ),
    }


def _products(number: int, hooli: dict[str, Any]) -> dict[str, ChangeInput]:
    massive = {"customer": "cus_massive", "product": "pro"}
    added = {"customer": "cus_northwind", "subscription": f"maple_{number}"}
    seats = FeatureQuantity(feature="seats", quantity=Decimal(4))
    return {
        "switch": SwitchInput(**massive, action=SwitchAction.AT_PERIOD_END),
        "switch now": SwitchInput(**massive, action=SwitchAction.NOW),
        "switch that keeps the usage": SwitchInput(**massive, action=SwitchAction.NOW, kept=Kept.USAGE),
        "switch that keeps what is left": SwitchInput(
            **massive, action=SwitchAction.NOW, kept=Kept.REMAINING
        ),
        "switch called off": SwitchInput(**{**hooli, "product": "team"}, action=SwitchAction.CALL_OFF),
        "free product given again": SwitchInput(
            customer="cus_empty", product="free", action=SwitchAction.NOW, replaces=""
        ),
        "product added": AdditionInput(**added, product="support_plus"),
        "seats added": AdditionInput(**added, product="extra_seats", quantities=(seats,)),
        "bought once": AdditionInput(customer="cus_northwind", product="message_pack"),
        "purchase removed": CancellationInput(
            customer="cus_wonka",
            subscription="",
            product="onboarding",
            action=CancellationAction.NOW,
            one_time=True,
        ),
    }


async def _subscription(autumn: Autumn, customer_id: str, plan_id: str) -> Subscription:
    customer = await autumn.customer(customer_id)
    return next(subscription for subscription in customer.subscriptions if subscription.plan_id == plan_id)
