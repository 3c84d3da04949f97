"""The catalogue of the organisation in the recorded scenes."""

from typing import Any

from sandbox.autumn.context import Context
from sandbox.autumn.dispatch import NEWEST
from sandbox.autumn.routes.catalog import create_feature, create_plan
from sandbox.autumn.routes.rewards import create as create_reward
from sandbox.autumn.state import AutumnState

MONTH = {"interval": "month"}


def _feature(feature_id: str, name: str, kind: str = "metered", **details: Any) -> dict[str, Any]:
    return {"feature_id": feature_id, "name": name, "type": kind, **details}


def _metered(feature_id: str, name: str, *, consumable: bool = True) -> dict[str, Any]:
    return _feature(feature_id, name, consumable=consumable)


def _monthly(feature_id: str, included: float, **details: Any) -> dict[str, Any]:
    return {"feature_id": feature_id, "included": included, "reset": MONTH, **details}


def _price(amount: float, interval: str = "month") -> dict[str, Any]:
    return {"amount": amount, "interval": interval}


def _by_use(amount: float, units: int) -> dict[str, Any]:
    return {**_price(amount), "billing_method": "usage_based", "billing_units": units}


def _prepaid(amount: float, units: int, interval: str = "month") -> dict[str, Any]:
    return {**_price(amount, interval), "billing_method": "prepaid", "billing_units": units}


FEATURES = (
    _metered("messages", "Messages"),
    _metered("api_calls", "API Calls"),
    _metered("emails", "Emails"),
    _metered("images", "Images"),
    _metered("minutes", "Minutes"),
    _metered("tokens", "Tokens"),
    _metered("seats", "Seats", consumable=False),
    _metered("projects", "Projects", consumable=False),
    _feature("sso", "Single Sign-On", "boolean"),
    _feature(
        "credits",
        "AI Credits",
        "credit_system",
        credit_schema=[{"metered_feature_id": "tokens", "credit_cost": 0.5}],
    ),
)
PLANS: tuple[dict[str, Any], ...] = (
    {
        "plan_id": "free",
        "name": "Free",
        "auto_enable": True,
        "items": [_monthly("messages", 100), {"feature_id": "seats", "included": 1}],
    },
    {
        "plan_id": "pro_unpriced",
        "name": "Pro (unpriced)",
        "items": [
            _monthly("messages", 1000),
            {"feature_id": "api_calls", "unlimited": True},
            {"feature_id": "sso"},
            {"feature_id": "seats", "included": 5},
            _monthly("credits", 500),
        ],
    },
    {
        "plan_id": "team",
        "name": "Team",
        "price": _price(50),
        "items": [
            _monthly("messages", 1000, price=_by_use(1, 100)),
            {"feature_id": "api_calls", "unlimited": True},
            {"feature_id": "sso"},
            {"feature_id": "seats", "included": 5, "price": _by_use(10, 1)},
            _monthly("credits", 500),
        ],
    },
    {"plan_id": "seatplan", "name": "Per-seat messages", "items": [_monthly("messages", 25)]},
    {
        "plan_id": "ent_paid",
        "name": "Entity Pro",
        "price": _price(12),
        "items": [_monthly("messages", 60)],
    },
    {
        "plan_id": "pro",
        "name": "Pro",
        "price": _price(20),
        "items": [_monthly("messages", 5000), {"feature_id": "sso"}],
    },
    {
        "plan_id": "yearly",
        "name": "Pro yearly",
        "price": _price(200, "year"),
        "items": [_monthly("messages", 6000)],
    },
    {
        "plan_id": "trial",
        "name": "Trial plan",
        "price": _price(15),
        "free_trial": {"duration_length": 7, "duration_type": "day"},
        "items": [_monthly("messages", 200)],
    },
    {
        "plan_id": "prepaid",
        "name": "Prepaid seats",
        "price": _price(9),
        "items": [{"feature_id": "projects", "included": 1, "price": _prepaid(3, 1)}],
    },
    {
        "plan_id": "addon_paid",
        "name": "Paid add-on",
        "add_on": True,
        "price": _price(7),
        "items": [_monthly("emails", 100)],
    },
    {"plan_id": "extra", "name": "Extra messages", "add_on": True, "items": [_monthly("messages", 50)]},
    {
        "plan_id": "pack",
        "name": "Message pack",
        "items": [{"feature_id": "messages", "price": _prepaid(5, 100, "one_off")}],
    },
    {
        "plan_id": "topup",
        "name": "Credit top-up",
        "items": [{"feature_id": "credits", "price": _prepaid(5, 100, "one_off")}],
    },
)
OFF20 = {
    "id": "off20",
    "name": "20% off",
    "duration": {"type": "months", "length": 3},
    "plan_ids": None,
    "promo_codes": [{"code": "OFF20"}],
    "type": "percentage_discount",
    "value": 20,
}


def furnish(state: AutumnState) -> None:
    """Puts the catalogue into an empty organisation."""
    for handler, bodies in (
        (create_feature, FEATURES),
        (create_plan, PLANS),
        (create_reward, ({"coupon": OFF20},)),
    ):
        for body in bodies:
            handler(Context(state, "sandbox", NEWEST, "", body=body))
    state.rewards["off20"].created_at = 1795942831348
    state.plans["free"].created_at, state.plans["ent_paid"].created_at = 1795942707049, 1795946212399
