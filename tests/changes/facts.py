"""Sample customers, as the kinds of change read them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.autumn.models import (
    Balance,
    BalanceRow,
    Coupon,
    Customer,
    Discount,
    Duration,
    Feature,
    FeatureGrant,
    Granted,
    Plan,
    PlanPrice,
    PromoCode,
    Reset,
    RewardList,
    Rollover,
    Subscription,
    UsagePrice,
)
from bot.changes.model import Facts
from bot.lookups.answers import Billing

NOW = datetime(2026, 11, 22, 15, 6, tzinfo=UTC)
SOON = NOW + timedelta(days=10)
LATER = NOW + timedelta(days=20)

MONTHLY = Reset(interval="month", resets_at=SOON)
ONE_OFF = Reset(interval="one_off")
BY_USE = UsagePrice(amount=Decimal(1), billing_method="usage_based")
AHEAD = UsagePrice(amount=Decimal(1), billing_method="prepaid")


def row(row_id: str = "row", *, included: Any = 1000, usage: Any = 300, **changes: Any) -> BalanceRow:
    fields = {
        "id": row_id,
        "plan_id": "pro",
        "included_grant": Decimal(included),
        "usage": Decimal(usage),
        "remaining": max(Decimal(0), Decimal(included) - Decimal(usage)),
        "reset": MONTHLY,
    }
    return BalanceRow(**{**fields, **changes})


def balance(*rows: BalanceRow, rollovers: tuple[tuple[int | None, int], ...] = (), **changes: Any) -> Balance:
    rolled = [Rollover(granted=granted, balance=Decimal(remaining)) for granted, remaining in rollovers]
    fields = {
        "feature_id": "messages",
        "granted": sum((row_held.included_grant + row_held.prepaid_grant for row_held in rows), Decimal(0))
        + sum((row_held.granted or row_held.balance for row_held in rolled), Decimal(0)),
        "remaining": sum((row_held.remaining for row_held in rows), Decimal(0))
        + sum((row_held.balance for row_held in rolled), Decimal(0)),
        "usage": sum((row_held.usage for row_held in rows), Decimal(0)),
        "breakdown": list(rows),
        "rollovers": rolled,
    }
    return Balance(**{**fields, **changes})


def customer(*balances: Balance, **changes: Any) -> Customer:
    return Customer(
        **{
            "id": "cus_1",
            "balances": {held_balance.feature_id: held_balance for held_balance in balances},
            **changes,
        }
    )


def facts(*balances: Balance, **changes: Any) -> Facts:
    fields: dict[str, Any] = {
        "customer": customer(*balances),
        "read_at": NOW,
        "features": {
            "messages": Feature(id="messages", type="metered", consumable=True),
            "seats": Feature(id="seats", type="metered", consumable=False),
            "sso": Feature(id="sso", type="boolean"),
        },
    }
    return Facts(**{**fields, **changes})


def subscription(plan_id: str = "pro", *, price: int | None = 49, **changes: Any) -> Subscription:
    plan = Plan(id=plan_id, price=PlanPrice(amount=Decimal(price)) if price else None)
    return Subscription(**{"plan_id": plan_id, "plan": plan, "status": "active", **changes})


def coupon(coupon_id: str = "ten", value: Any = 10, **changes: Any) -> Coupon:
    fields = {
        "id": coupon_id,
        "name": f"{coupon_id} off",
        "type": "percentage_discount",
        "value": Decimal(value),
        "duration": Duration(type="forever"),
    }
    return Coupon(**{**fields, **changes})


def discount(coupon_id: str = "ten", value: Any = 10, **changes: Any) -> Discount:
    fields = {
        "id": coupon_id,
        "name": f"{coupon_id} off",
        "type": "percentage_discount",
        "discount_value": Decimal(value),
    }
    return Discount(**{**fields, **changes})


def grant(code: str = "BONUS", **features: int | None) -> FeatureGrant:
    return FeatureGrant(
        id=code.lower(),
        promo_codes=[PromoCode(code=code)],
        grants=[
            Granted(feature_id=name, included=None if units is None else Decimal(units))
            for name, units in features.items()
        ],
    )


def rewards(*coupons: Coupon, grants: tuple[FeatureGrant, ...] = ()) -> RewardList:
    return RewardList(coupons=list(coupons), feature_grants=list(grants))


def billing(*discounts: Discount, upcoming: Any = None) -> Billing:
    return Billing(discounts, upcoming)
