"""Scenes recorded from a real Autumn: each is about a few customers and is replayed alone.

The catalogue is in `lab`. BEFORE has the steps before a call that are not API calls; LEFT_OUT the calls that
are not replayed, with reasons.
"""

from datetime import UTC, datetime
from typing import Any

from sandbox.autumn import LocalAutumn
from sandbox.autumn.model import LocalCustomer
from sandbox.autumn.products import give
from tests.sandbox.autumn.unrecorded import CARD, Step, call, new

EPOCH = 1795940000


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(EPOCH + seconds, UTC)


def clock(seconds: float) -> Step:
    async def step(autumn: LocalAutumn, *_: Any) -> None:
        autumn.clock.set(at(seconds))

    return step


def person(customer_id: str, seconds: float) -> tuple[Step, ...]:
    """A customer as the recording named them, created at that time."""
    name = customer_id.replace("_", " ").title()
    return clock(seconds), new(customer_id, name=name, email=f"{customer_id}@example.com")


def with_card(customer_id: str) -> Step:
    async def step(autumn: LocalAutumn, *_: Any) -> None:
        customer = autumn.state.customers[customer_id]
        customer.stripe_id = autumn.state.ids.stripe("cus")
        customer.payment_method = {"id": autumn.state.ids.stripe("pm"), "type": "card", "card": CARD}

    return step


def _old_form(customer_id: str) -> Step:
    async def step(autumn: LocalAutumn, *_: Any) -> None:
        state = autumn.state
        customer = state.customers.add(
            LocalCustomer(state.ids.autumn("cus"), customer_id, None, None, state.now)
        )
        give(state, customer, state.plans["free"])

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
"""Steps by the number of the call they precede."""
LEFT_OUT: dict[int, str] = {
    535: "finds other customers' entities, which are in no scene",
    536: "lists other customers' entities, which are in no scene",
    537: "lists other customers' entities, which are in no scene",
    882: "starts_at of a plan that is attached: Maple switches now or at the end of the period",
    883: "ends_at of a plan that is attached: Maple cancels a plan by itself",
}
KEEPS_NO_CREDIT = {"cancelling", "purchases_and_add_ons", "plans_of_entities", "quantities", "switching"}
"""Scenes whose stand-in for Stripe did not keep a customer's credit."""
NO_CREDIT = "the first stand-in for Stripe had a credit paid out; Stripe keeps it, and nothing is paid"
FIRST_INVOICE = (
    "the stand-ins for Stripe had a subscription's first invoice in the place of the last, on which Autumn "
    "gives money back"
)
TRIAL_NOT_BILLED = "the first stand-in for Stripe made no invoice when a trial ended, nor began a period"
TRIAL_IN_STRIPE = "the first stand-in for Stripe kept the period that it began with when a trial changed"
PAST_TRIAL = (
    "the first stand-in for Stripe took the end of a trial in the past, which Stripe refuses (as in 876)"
)
UNSTORED_CHARGES = "charges are stored by a worker, which had not come to the one of a second before"
UNSTORED_USAGE = (
    "usage is stored by a worker: the last of it was lost when an entity was deleted right after it"
)
DIFFERENCES: dict[int, tuple[str, list[str]]] = {
    25: (
        NO_CREDIT,
        [".list[0].amount_paid is 0, recorded -20"],
    ),
    50: (
        NO_CREDIT,
        [".list[0].amount_paid is 0, recorded -20"],
    ),
    **dict.fromkeys(
        (253, 255),
        (
            "the Stripe customer made for a checkout is not shown here, and in 248 of the walk it is",
            [".processors extra", ".stripe_id is 'cus_', recorded None"],
        ),
    ),
    164: (
        UNSTORED_CHARGES,
        [".invoice extra"],
    ),
    169: (
        UNSTORED_CHARGES,
        [
            ".line_items[0].description is 'Unused Prepaid seats - 3 Projects (from 29 Nov 2026 to 29 "
            "Dec 2026)', recorded 'Unused Prepaid seats - 6 Projects (from 29 Nov 2026 to 29 Dec 2026)'",
            ".line_items[0].quantity is 3, recorded 6",
        ],
    ),
    171: (
        UNSTORED_CHARGES,
        [
            ".line_items[0].subtotal is -11.999975185185185, recorded -5.999996905086623",
            ".line_items[0].total is -11.999975185185185, recorded -5.999996905086623",
            ".subtotal is -12, recorded -6",
            ".total is -12, recorded -6",
        ],
    ),
    172: (
        UNSTORED_CHARGES,
        [".invoice.total is -12, recorded -6"],
    ),
    276: (
        TRIAL_IN_STRIPE,
        [".subscriptions[0].current_period_end is 1797156036940, recorded 1796551236000"],
    ),
    279: (
        TRIAL_IN_STRIPE,
        [".subscriptions[0].current_period_end is 1796119238390, recorded 1796551236000"],
    ),
    281: (
        TRIAL_NOT_BILLED,
        [".invoice.total is 15, recorded 0"],
    ),
    282: (
        TRIAL_NOT_BILLED,
        [
            ".subscriptions[0].current_period_end is 1798538439000, recorded 1796551236000",
            ".subscriptions[0].current_period_start is 1795946439000, recorded 1795946436000",
        ],
    ),
    283: (
        TRIAL_NOT_BILLED,
        [".list has 2, recorded 1"],
    ),
    284: (
        TRIAL_NOT_BILLED,
        [
            ".next_cycle.line_items[0].description is 'Trial plan - Base Price (from 29 Dec 2026 to 29 "
            "Jan 2027)', recorded 'Trial plan - Base Price (from 06 Dec 2026 to 06 Jan 2027)'",
            ".next_cycle.line_items[0].period.end is 1801216839000, recorded 1799229636000",
            ".next_cycle.line_items[0].period.start is 1798538439000, recorded 1796551236000",
            ".next_cycle.starts_at is 1798538439000, recorded 1796551236000",
        ],
    ),
    286: (
        TRIAL_NOT_BILLED,
        [
            ".balances.messages.breakdown[0].reset.resets_at is 1798538439770, recorded 1796551236000",
            ".balances.messages.next_reset_at is 1798538439770, recorded 1796551236000",
            ".subscriptions[0].current_period_end is 1798538439000, recorded 1796551236000",
            ".subscriptions[0].current_period_start is 1795946439000, recorded 1795946436000",
        ],
    ),
    299: (
        TRIAL_IN_STRIPE,
        [".subscriptions[0].current_period_end is 1796551248330, recorded 1798538447000"],
    ),
    300: (
        NO_CREDIT,
        [".list[0].amount_paid is 0, recorded -20"],
    ),
    302: (
        PAST_TRIAL,
        [
            "status is 400, recorded 200",
            ".customer_id missing",
            ".payment_url missing",
            ".code extra",
            ".env extra",
            ".message extra",
        ],
    ),
    303: (
        PAST_TRIAL,
        [
            ".balances.messages.breakdown[0].reset.resets_at is 1796551249900, recorded 1798538450317",
            ".balances.messages.next_reset_at is 1796551249900, recorded 1798538450317",
            ".subscriptions[0].trial_ends_at is 1796551249900, recorded None",
        ],
    ),
    305: (
        PAST_TRIAL,
        [
            "status is 400, recorded 200",
            ".customer_id missing",
            ".payment_url missing",
            ".code extra",
            ".env extra",
            ".message extra",
        ],
    ),
    313: (
        TRIAL_IN_STRIPE,
        [".subscriptions[0].current_period_end is 1796032853110, recorded 1796551249000"],
    ),
    318: (
        TRIAL_IN_STRIPE,
        [".subscriptions[0].current_period_end is 1796032853110, recorded 1796551249000"],
    ),
    321: (
        TRIAL_IN_STRIPE,
        [".subscriptions[0].current_period_end is 1796032853110, recorded 1796551249000"],
    ),
    326: (
        TRIAL_NOT_BILLED,
        [".invoice.total is 20, recorded 0"],
    ),
    328: (
        TRIAL_NOT_BILLED,
        [".invoice.total is 15, recorded 0"],
    ),
    515: (
        NO_CREDIT,
        [".list[0].amount_paid is 0, recorded -20"],
    ),
    587: (
        UNSTORED_USAGE,
        [
            ".balances.messages.breakdown[0].remaining is 94, recorded 100",
            ".balances.messages.breakdown[0].usage is 906, recorded 900",
            ".balances.messages.remaining is 94, recorded 100",
            ".balances.messages.usage is 931, recorded 925",
        ],
    ),
    591: (
        UNSTORED_USAGE,
        [
            ".balances.messages.breakdown[0].remaining is 94, recorded 100",
            ".balances.messages.breakdown[0].usage is 906, recorded 900",
            ".balances.messages.remaining is 94, recorded 100",
            ".balances.messages.usage is 906, recorded 900",
        ],
    ),
    673: (
        UNSTORED_USAGE,
        [
            ".balances.messages.breakdown[1].remaining is 94, recorded 100",
            ".balances.messages.breakdown[1].usage is 906, recorded 900",
            ".balances.messages.remaining is 94, recorded 100",
            ".balances.messages.usage is 931, recorded 925",
        ],
    ),
    703: (
        "idempotency_key in the body of a track: Maple sends keys as headers",
        [
            "status is 200, recorded 409",
            *(f".{field} missing" for field in ("code", "env", "message")),
            *(f".{field} extra" for field in ("balance", "customer_id", "deductions", "value")),
        ],
    ),
    708: (
        "offers of plans to buy (with_preview): Maple asks for none",
        [".preview missing"],
    ),
    823: (
        "the recorded Stripe had begun the paid period before it was paid for",
        [".subscriptions[0].current_period_end is 1796551707300, recorded 1798538907000"],
    ),
    897: (
        FIRST_INVOICE,
        [".refund.amount is 7, recorded 20", ".refund.invoice.total is 7, recorded 20"],
    ),
    898: (
        FIRST_INVOICE,
        [
            ".refund.amount is 6.99998792824074, recorded 19.999973402777776",
            ".refund.invoice.total is 7, recorded 20",
        ],
    ),
    899: (
        FIRST_INVOICE,
        [".refund.amount is 30, recorded 20", ".refund.invoice.total is 30, recorded 20"],
    ),
}
"""By call number: the reason, and the exact differences."""
