"""Scenes recorded on a real Autumn: each is about a few customers, and is replayed by itself.

The catalogue is in `lab`. BEFORE has what came before a scene, and the calls between the recorded ones that
their answers tell of; KNOTS the time of some calls, as answers tell it; LEFT_OUT what is not made again.
"""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sandbox.autumn import LocalAutumn
from sandbox.autumn.model import Customer
from sandbox.autumn.products import give
from tests.sandbox.autumn.unrecorded import CARD, Step, call, new

Knots = tuple[tuple[float, float], ...]
EPOCH = 1795940000
KNOTS: dict[str, Knots] = {
    "coupon_cache": (
        (754, 6826.0), (756, 6826.3), (763, 6829.2), (764, 6829.4), (769, 6829.9), (770, 6830.1),
        (774, 6830.4), (780, 6830.8),
    ),
    "entities": (
        (516, 6689.6), (519, 6690.0), (526, 6691.3), (549, 6692.2), (584, 6700.0), (917, 7290.4),
        (922, 7290.8),
    ),
    "merged_entities": ((833, 6914.0), (836, 6914.6), (840, 6915.6), (841, 6917.3), (845, 6919.0)),
    "grants": ((345, 6609.3), (350, 6610.5), (356, 6611.9), (370, 6615.0), (402, 6617.7)),
    "used_up_grants": ((725, 6810.3), (731, 6811.0), (732, 6811.2), (733, 6816.0), (740, 6820.0)),
    "usage": ((673, 6771.0), (703, 6774.0)),
    "old_form_ids": ((602, 6700.0), (754, 6825.0)),
    "credit_systems": ((722, 6776.0), (860, 6960.0)),
    "past_due": ((846, 6920.0), (848, 6920.5)),
}  # fmt: skip


def time_of(scene: str, n: float) -> datetime:
    (before, start), (after, end) = next(pair for pair in pairwise(KNOTS[scene]) if pair[1][0] >= n)
    return at(start + (end - start) * (n - before) / (after - before))


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(EPOCH + seconds, UTC)


def clock(seconds: float) -> Step:
    async def step(autumn: LocalAutumn, *_: Any) -> None:
        autumn.clock.set(at(seconds))

    return step


def person(customer_id: str, seconds: float) -> tuple[Step, ...]:
    """A customer as the laboratory named them, created then."""
    name = customer_id.replace("_", " ").title()
    return clock(seconds), new(customer_id, name=name, email=f"{customer_id}@example.com")


def with_card(customer_id: str) -> Step:
    async def step(autumn: LocalAutumn, *_: Any) -> None:
        who = autumn.state.customers[customer_id]
        who.stripe_id = autumn.state.ids.stripe("cus")
        who.payment_method = {"id": autumn.state.ids.stripe("pm"), "type": "card", "card": CARD}

    return step


def _old_form(customer_id: str) -> Step:
    async def step(autumn: LocalAutumn, *_: Any) -> None:
        state = autumn.state
        who = state.customers.add(Customer(state.ids.autumn("cus"), customer_id, None, None, state.now))
        give(state, who, state.plans["free"])

    return step


async def _past_due(autumn: LocalAutumn, *_: Any) -> None:
    autumn.state.customers["cus_pastdue"].products[-1].status = "past_due"


def _attach(customer_id: str, plan_id: str, **details: Any) -> Step:
    return call("billing.attach", {"customer_id": customer_id, "plan_id": plan_id, **details})


N1 = {"customer_id": "act_n1"}
DESK = {**N1, "entity_id": "act_n_1", "feature_id": "minutes"}
BEFORE: dict[int, tuple[Step, ...]] = {
    755: person("act_x1", 6826.001),
    762: (call("customers.update", {"customer_id": "act_x1", "name": "Act X1 b"}),),
    770: person("act_x2", 6830.031),
    775: person("act_x3", 6830.413),
    517: (
        *person("act_free", 6600),
        *person("act_n1", 6689.443),
        with_card("act_n1"),
        clock(6689.727),
        _attach("act_n1", "pro_unpriced"),
    ),
    529: (call("entities.create", {**N1, "entity_id": "a b/c@d", "feature_id": "seats"}),),
    554: (call("balances.update", {**DESK, "add_to_balance": 5}),),
    918: person("act_y3", 7290.362),
    834: (*person("act_o7", 6913.861), with_card("act_o7"), clock(6913.95)),
    840: (
        call("billing.attach", {"customer_id": "act_o7", "plan_id": "ent_paid", "entity_id": "o7_3"}),
    ),
    346: person("act_b1", 6609.106),
    726: person("act_b4", 6810.3),
    674: person("act_u1", 6771.004),
    603: (_old_form("user@old.example"),),
    723: (*person("act_up3b", 6415.0), with_card("act_up3b"), clock(6416.44), _attach("act_up3b", "team")),
    845: (
        *person("cus_team", 5000), with_card("cus_team"), _attach("cus_team", "team"),
        call("balances.track", {"customer_id": "cus_team", "feature_id": "tokens", "value": 100}),
    ),
    847: (
        clock(3997.965),
        new("cus_pastdue", name="Past Due", email="pastdue@example.com"),
        with_card("cus_pastdue"),
        clock(3998.385),
        _attach("cus_pastdue", "team"),
        _past_due,
    ),
}  # fmt: skip
"""Steps by the number of the call they came before."""
LEFT_OUT: dict[int, str] = {
    535: "finds other customers' entities, which are in no scene",
    536: "lists other customers' entities, which are in no scene",
    537: "lists other customers' entities, which are in no scene",
}
DIFFERENCES: dict[int, tuple[str, list[str]]] = {
    703: (
        "idempotency_key in the body of a track: Maple sends keys as headers",
        [
            "status is 200, recorded 409",
            *(f".{field} missing" for field in ("code", "env", "message")),
            *(f".{field} extra" for field in ("balance", "customer_id", "deductions", "value")),
        ],
    ),
}
"""By the number of the call: why, and what exactly."""
