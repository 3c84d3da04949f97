"""Customers to change."""

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
    known = {
        "id": row_id,
        "plan_id": "pro",
        "included_grant": Decimal(included),
        "usage": Decimal(usage),
        "remaining": max(Decimal(0), Decimal(included) - Decimal(usage)),
        "reset": MONTHLY,
    }
    return BalanceRow(**{**known, **changes})


def balance(*rows: BalanceRow, rollovers: tuple[tuple[int | None, int], ...] = (), **changes: Any) -> Balance:
    rolled = [Rollover(granted=granted, balance=Decimal(left)) for granted, left in rollovers]
    known = {
        "feature_id": "messages",
        "granted": sum((one.included_grant + one.prepaid_grant for one in rows), Decimal(0))
        + sum((one.granted or one.balance for one in rolled), Decimal(0)),
        "remaining": sum((one.remaining for one in rows), Decimal(0))
        + sum((one.balance for one in rolled), Decimal(0)),
        "usage": sum((one.usage for one in rows), Decimal(0)),
        "breakdown": list(rows),
        "rollovers": rolled,
    }
    return Balance(**{**known, **changes})


def customer(*balances: Balance, **changes: Any) -> Customer:
    return Customer(**{"id": "cus_1", "balances": {one.feature_id: one for one in balances}, **changes})


def facts(*balances: Balance, **changes: Any) -> Facts:
    known: dict[str, Any] = {
        "customer": customer(*balances),
        "read_at": NOW,
        "features": {
            "messages": Feature(id="messages", type="metered", consumable=True),
            "seats": Feature(id="seats", type="metered", consumable=False),
            "sso": Feature(id="sso", type="boolean"),
        },
    }
    return Facts(**{**known, **changes})


def subscription(plan_id: str = "pro", *, price: int | None = 49, **changes: Any) -> Subscription:
    plan = Plan(id=plan_id, price=PlanPrice(amount=Decimal(price)) if price else None)
    return Subscription(**{"plan_id": plan_id, "plan": plan, "status": "active", **changes})


def coupon(coupon_id: str = "ten", value: Any = 10, **changes: Any) -> Coupon:
    known = {
        "id": coupon_id,
        "name": f"{coupon_id} off",
        "type": "percentage_discount",
        "value": Decimal(value),
        "duration": Duration(type="forever"),
    }
    return Coupon(**{**known, **changes})


def discount(coupon_id: str = "ten", value: Any = 10, **changes: Any) -> Discount:
    known = {
        "id": coupon_id,
        "name": f"{coupon_id} off",
        "type": "percentage_discount",
        "discount_value": Decimal(value),
    }
    return Discount(**{**known, **changes})


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
