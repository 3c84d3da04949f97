"""Ordinary customers: a crowd for lists and searches to go through, and any number of them, cheap to hold, as
each is built when it is looked at."""

from sandbox.autumn import balances, products
from sandbox.autumn.clock import AutumnClock
from sandbox.autumn.ids import Ids
from sandbox.autumn.model import History, LocalCustomer, LocalInvoice
from sandbox.autumn.months import DAY, add
from sandbox.autumn.products import PlanTerms
from sandbox.autumn.seed import catalog
from sandbox.autumn.seed.builder import Builder
from sandbox.autumn.seed.history import events_of
from sandbox.autumn.state import AutumnState
from sandbox.autumn.store import Outline

_FIRST = (
    "Amber", "Birch", "Cedar", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Iris", "Juniper", "Kestrel",
    "Lotus", "Maple Grove", "Nimbus", "Onyx", "Pine", "Quartz", "River", "Summit", "Tidal",
)  # fmt: skip
_SECOND = ("Analytics", "Clinic", "Foods", "Media", "Robotics", "Studio", "Travel", "Works")
_CROWD_PLANS = ("free", "starter", "pro", "starter", "team", "free", "pro_yearly", "pro")
CROWD = 40


_WORDS = ("amber", "birch", "cobalt", "dune", "ember", "fjord", "grove", "haze", "iris", "jade")
_ENDS = ("labs", "works", "media", "foods", "travel", "health", "cloud", "bank", "games", "energy")
_PLANS = ("free", "free", "starter", "pro", "free", "starter", "team", "pro", "starter", "free")


def generate(count: int, clock: AutumnClock | None = None) -> AutumnState:
    """A state of `count` customers, cus_0000000 and on, oldest first, one every few minutes."""
    state = AutumnState(clock or AutumnClock(), ids=Ids("many"), events_of=events_of)
    catalog.fill(state)
    now, step = state.now, (600 * DAY) // max(1, count)
    outlines = [_outline(index, now - 600 * DAY + index * step) for index in range(count)]
    state.customers.outline(outlines, lambda outline: _build(state, outline))
    state.outlined_invoices = lambda: [
        invoice for outline in outlines for invoice in _invoices(state, outline)
    ]
    return state


def _outline(index: int, created_at: int) -> Outline:
    word, end = _WORDS[index % 10], _ENDS[index // 10 % 10]
    customer_id = f"cus_{index:07}"
    name = f"{word.title()} {end.title()} {index}"
    return Outline(
        f"cus_3MGenerated{index:016}", customer_id, name, f"billing{index}@{word}{end}.example", created_at
    )


def _build(state: AutumnState, outline: Outline) -> LocalCustomer:
    """The same customer for the same outline, whenever it is built."""
    index = int(outline.internal_id[-16:])
    customer = LocalCustomer(outline.internal_id, outline.id, outline.name, outline.email, outline.created_at)
    ids_before, state.ids = state.ids, Ids(outline.internal_id)
    plan = state.plans[_PLANS[index % len(_PLANS)]]
    product = products.give(state, customer, plan, PlanTerms(started_at=outline.created_at))
    for row in [held for held in customer.rows if not held.flag]:
        balances.shift([row], -int(row.included * (index * 37 % 105) / 100))
    if index % 50 == 3 and plan.price is not None:
        product.status = "past_due"
    customer.invoices = _invoices(state, outline)
    start = add(customer.rows[0].resets_at or state.now, "month", -1)
    customer.history.append(
        History("messages", 30, 2, start, max(0.0, -customer.rows[0].balance + customer.rows[0].grant))
    )
    state.ids = ids_before
    return customer


def _invoices(state: AutumnState, outline: Outline) -> list[LocalInvoice]:
    """One for each of the last three months, the newest unpaid by one customer in fifty."""
    index = int(outline.internal_id[-16:])
    plan = state.plans[_PLANS[index % len(_PLANS)]]
    if plan.price is None:
        return []
    total, now = float(plan.price["amount"]), state.now
    months = (now - outline.created_at) // (30 * DAY)
    made_invoices = []
    for number in range(min(3, months + 1)):
        unpaid = number == 0 and index % 50 == 3
        made_invoices.append(
            LocalInvoice(
                id=f"inv_3MGenerated{index:015}{number}",
                stripe_id=f"in_{index:015}{number}",
                customer_id=outline.id,
                status="open" if unpaid else "paid",
                total=total,
                created_at=outline.created_at + (months - number) * 30 * DAY,
                plan_ids=[plan.id],
                amount_paid=0 if unpaid else total,
            )
        )
    return made_invoices


def fill_crowd(b: Builder) -> None:
    for index in range(CROWD):
        chance = b.state.random("crowd", index)
        first, second = _FIRST[index % len(_FIRST)], _SECOND[(index * 3) % len(_SECOND)]
        slug = f"{first}-{second}".lower().replace(" ", "")
        days = 12 + index * 17
        customer = b.customer(
            f"cus_{slug.replace('-', '_')}_{index}", f"{first} {second}", f"billing@{slug}.example", days
        )
        customer.currency = (None, None, None, "eur", None, "jpy")[index % 6]
        product = b.has(customer, _CROWD_PLANS[index % len(_CROWD_PLANS)], days)
        for row in [held for held in customer.rows if not held.flag and not held.unlimited]:
            b.uses(customer, row.feature_id, int(row.included * chance.uniform(0, 1.02)))
        b.billed(customer, product, limit=12)
        b.history(customer, "messages", chance.uniform(2, 12), 45)
