"""The features, plans and rewards of Lumen, an imaginary company that sells writing and meeting tools."""

from itertools import product

from sandbox.autumn.model import Item, Json, LocalFeature, LocalPlan, Reward
from sandbox.autumn.months import DAY
from sandbox.autumn.state import AutumnState

METERED = (
    LocalFeature("messages", "Messages", display={"singular": "message", "plural": "messages"}),
    LocalFeature("api_calls", "API Calls", display={"singular": "API call", "plural": "API calls"}),
    LocalFeature("seats", "Seats", consumable=False, display={"singular": "seat", "plural": "seats"}),
    LocalFeature("storage", "Storage (GB)", consumable=False, display={"singular": "GB", "plural": "GB"}),
    LocalFeature("tokens", "Tokens", event_names=["completion"]),
    LocalFeature("images", "Images", display={"singular": "image", "plural": "images"}),
    LocalFeature("minutes", "Meeting Minutes", display={"singular": "minute", "plural": "minutes"}),
    LocalFeature("exports", "Exports", display={"singular": "export", "plural": "exports"}),
    LocalFeature(
        "credits",
        "AI Credits",
        type="credit_system",
        credit_schema=[
            {"metered_feature_id": "tokens", "credit_cost": 0.01},
            {"metered_feature_id": "images", "credit_cost": 5},
        ],
        display={"singular": "credit", "plural": "credits"},
    ),
)
BOOLEAN = (
    ("sso", "Single Sign-On"),
    ("audit_log", "Audit Log"),
    ("priority_support", "Priority Support"),
    ("custom_domain", "Custom Domain"),
    ("white_label", "White Label"),
)
_REGIONS = ("EU", "US", "APAC", "LATAM", "MENA", "UK", "India", "Japan")
_SERVICES = ("imports", "webhooks", "transcripts", "translations", "scans", "reports", "backups", "alerts")
REGIONAL = tuple(
    LocalFeature(f"{region.lower()}_{service}", f"{region} {service.title()}")
    for region, service in product(_REGIONS, _SERVICES)
)


def usage(amount: float, units: int = 1, *, cap: float | None = None, eur: float = 0, jpy: float = 0) -> Json:
    """Pay-per-use for what is over the included units."""
    additional = [
        {"currency": currency, "amount": value} for currency, value in (("eur", eur), ("jpy", jpy)) if value
    ]
    return {
        "amount": amount,
        **({"additional_currencies": additional} if additional else {}),
        "interval": "month",
        "billing_units": units,
        "billing_method": "usage_based",
        "max_purchase": cap,
    }


def prepaid(amount: float, units: int = 1, interval: str = "month") -> Json:
    return {
        "amount": amount,
        "interval": interval,
        "billing_units": units,
        "billing_method": "prepaid",
        "max_purchase": None,
    }


def _price(amount: float, interval: str = "month", eur: float = 0, jpy: float = 0) -> Json:
    additional = [
        {"currency": currency, "amount": value} for currency, value in (("eur", eur), ("jpy", jpy)) if value
    ]
    return {
        "amount": amount,
        "interval": interval,
        **({"additional_currencies": additional} if additional else {}),
    }


def _tiers() -> Json:
    tiers = [{"to": 10_000, "amount": 0.02}, {"to": 100_000, "amount": 0.015}, {"to": "inf", "amount": 0.01}]
    return {
        "tiers": tiers,
        "tier_behavior": "graduated",
        "interval": "month",
        "billing_units": 1,
        "billing_method": "usage_based",
        "max_purchase": None,
    }


def plans() -> tuple[LocalPlan, ...]:
    return (
        LocalPlan(
            "free",
            "Free",
            "For trying things out",
            auto_enable=True,
            items=[
                Item("messages", 100, interval="month"),
                Item("seats", 1),
                Item("exports", 3, interval="day"),
            ],
        ),
        LocalPlan(
            "starter",
            "Starter",
            "For one person with a lot to write",
            price=_price(19, eur=18, jpy=2_800),
            items=[
                Item("messages", 2_000, interval="month"),
                Item("seats", 3),
                Item("storage", 10),
                Item("exports", 25, interval="day"),
            ],
        ),
        LocalPlan(
            "pro",
            "Pro",
            "For growing teams",
            price=_price(49, eur=45, jpy=7_200),
            trial={"duration_length": 14, "duration_type": "day", "card_required": True},
            items=[
                Item("messages", 10_000, interval="month", price=usage(1, 100, eur=0.9, jpy=140)),
                Item("seats", 5, price=usage(8, eur=7, jpy=1_200)),
                Item("storage", 100),
                Item("credits", 1_000, interval="month", rollover={"max": 500, "length": 1}),
                Item("minutes", 600, interval="month"),
                Item("api_calls", 50_000, interval="month"),
                Item("custom_domain"),
            ],
        ),
        LocalPlan(
            "pro_yearly",
            "Pro (yearly)",
            "Pro, paid once a year",
            price=_price(490, "year", eur=450, jpy=72_000),
            items=[
                Item("messages", 10_000, interval="month"),
                Item("seats", 5),
                Item("storage", 100),
                Item("credits", 1_000, interval="month"),
                Item("api_calls", 50_000, interval="month"),
                Item("custom_domain"),
            ],
        ),
        LocalPlan(
            "team",
            "Team",
            "For whole departments",
            price=_price(199, eur=185, jpy=29_000),
            items=[
                Item(
                    "messages", 50_000, interval="month", price=usage(0.8, 100, cap=100_000, eur=0.7, jpy=110)
                ),
                Item("seats", 20, price=usage(7, eur=6.5, jpy=1_000)),
                Item("storage", 1_000),
                Item("credits", 5_000, interval="month", rollover={"max": 2_500, "length": 2}),
                Item("minutes", 6_000, interval="month"),
                Item("api_calls", unlimited=True),
                Item("sso"),
                Item("audit_log"),
                Item("custom_domain"),
            ],
        ),
        LocalPlan(
            "enterprise",
            "Enterprise",
            "By agreement",
            price=_price(1_200, eur=1_100, jpy=175_000),
            items=[
                Item("messages", unlimited=True),
                Item("api_calls", 1_000_000, interval="month", price=_tiers()),
                Item("seats", 250),
                Item("storage", 10_000),
                Item("credits", 50_000, interval="month"),
                Item("minutes", unlimited=True),
                *(Item(feature_id) for feature_id, _ in BOOLEAN),
            ],
        ),
        LocalPlan(
            "global",
            "Global Coverage",
            "Every service in every region",
            price=_price(2_400, eur=2_200, jpy=350_000),
            items=[
                Item("messages", 200_000, interval="month"),
                Item("seats", 100),
                *(Item(region_feature.id, 1_000, interval="month") for region_feature in REGIONAL),
                *(Item(feature_id) for feature_id, _ in BOOLEAN),
            ],
        ),
        LocalPlan(
            "extra_seats",
            "Extra Seats",
            "Seats bought ahead",
            add_on=True,
            items=[Item("seats", 0, price=prepaid(10))],
        ),
        LocalPlan(
            "support_plus",
            "Support Plus",
            "An answer within the hour",
            add_on=True,
            price=_price(99, eur=90, jpy=14_000),
            items=[Item("priority_support")],
        ),
        LocalPlan(
            "message_pack",
            "Message Pack",
            "5,000 messages that do not expire",
            add_on=True,
            price=_price(15, "one_off", eur=14, jpy=2_200),
            items=[Item("messages", 5_000)],
        ),
        LocalPlan(
            "onboarding",
            "Guided Onboarding",
            "Three sessions with a person",
            add_on=True,
            price=_price(500, "one_off", eur=460, jpy=73_000),
        ),
        LocalPlan(
            "legacy_basic",
            "Basic (2024)",
            "No longer sold",
            archived=True,
            price=_price(9, eur=9, jpy=1_300),
            items=[Item("messages", 500, interval="month"), Item("seats", 1)],
        ),
    )


def rewards() -> tuple[Reward, ...]:
    return (
        Reward(
            "welcome20",
            "20% off for 3 months",
            "percentage_discount",
            20,
            "months",
            3,
            promo_codes=[_code("WELCOME20", first=True)],
        ),
        Reward(
            "loyal10", "10% off, always", "percentage_discount", 10, "forever", promo_codes=[_code("LOYAL10")]
        ),
        Reward("sorry50", "50% off the next invoice", "percentage_discount", 50, "one_off"),
        Reward(
            "five_off", "$5 off the next invoice", "fixed_discount", 5, "one_off", plan_ids=["starter", "pro"]
        ),
        Reward(
            "team100",
            "$100 off for 6 months",
            "fixed_discount",
            100,
            "months",
            6,
            plan_ids=["team", "enterprise"],
        ),
        Reward("credit250", "$250 of invoice credit", "invoice_credits", 250, "one_off"),
        Reward(
            "bonus500",
            "500 bonus messages",
            "feature_grant",
            promo_codes=[{"code": "BONUS500", "max_uses": 1_000}],
            grants=[{"feature_id": "messages", "included": 500, "expiry": None}],
        ),
        Reward(
            "ai_week",
            "200 AI credits for a week",
            "feature_grant",
            promo_codes=[{"code": "AIWEEK", "max_uses": None}],
            grants=[{"feature_id": "credits", "included": 200, "expiry": {"type": "week", "length": 1}}],
        ),
    )


def _code(code: str, *, first: bool = False) -> Json:
    return {"code": code, "global_max_redemption": None, "first_time_transaction": first}


def fill(state: AutumnState) -> None:
    flags = tuple(
        LocalFeature(feature_id, name, type="boolean", consumable=False) for feature_id, name in BOOLEAN
    )
    for feature in (*METERED, *flags, *REGIONAL):
        copy = LocalFeature(**{name: getattr(feature, name) for name in LocalFeature.__slots__})
        copy.internal_id = state.ids.autumn("fe")
        state.features[feature.id] = copy
    begun = state.now - 900 * DAY
    for index, plan in enumerate(plans()):
        plan.created_at, plan.internal_id = begun + index * DAY, state.ids.autumn("prod")
        plan.price_id = state.ids.autumn("pr") if plan.price else ""
        for item in plan.items:
            item.id = state.ids.autumn("ent")
        state.plans[plan.id] = plan
    for index, reward in enumerate(rewards()):
        reward.created_at, reward.internal_id = begun + (300 + index) * DAY, state.ids.autumn("rew")
        state.rewards[reward.id] = reward
    made_in_stripe = Reward("vip15", "VIP, 15% off", "percentage_discount", 15, "forever", created_at=begun)
    state.stripe_coupons[made_in_stripe.id] = made_in_stripe
