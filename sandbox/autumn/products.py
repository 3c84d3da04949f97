"""Plans given to customers, and what becomes of them as time passes."""

from dataclasses import dataclass, field

from sandbox.autumn import happenings
from sandbox.autumn.balances import refill
from sandbox.autumn.model import Item, LocalCustomer, LocalPlan, Product, Row
from sandbox.autumn.months import add, next_after, repeats
from sandbox.autumn.state import AutumnState


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """How a plan is taken. Times are epoch milliseconds."""

    quantity: int = 1
    started_at: int | None = None
    """None for now."""
    status: str = "active"
    trial: bool = False
    prepaid: dict[str, float] = field(default_factory=dict)
    entity_id: str | None = None
    anchor: int | None = None
    """What resets are counted from, when not from the start."""
    joining: Product | None = None
    """A product whose Stripe subscription, and so whose billing period, this one shares."""
    custom: LocalPlan | None = None
    """The plan as it is changed for this customer alone."""
    external_id: str | None = None


def give(
    state: AutumnState, customer: LocalCustomer, plan: LocalPlan, terms: PlanTerms | None = None
) -> Product:
    """Put a plan on a customer, with its rows unless it is yet to start."""
    terms = terms or PlanTerms()
    now = state.now
    started = now if terms.started_at is None else terms.started_at
    product = Product(
        id=state.ids.autumn("cus_prod"),
        plan_id=plan.id,
        status=terms.status,
        started_at=started,
        created_at=min(started, now),
        anchor=started if terms.anchor is None else terms.anchor,
        quantity=terms.quantity,
        entity_id=terms.entity_id,
        prepaid=dict(terms.prepaid),
        charged=dict(terms.prepaid),
        custom=terms.custom,
        external_id=terms.external_id,
    )
    if plan.interval is not None and not plan.one_off:
        _bill(state, customer, plan, product, terms)
    customer.products.append(product)
    if terms.status != "scheduled":
        grant(state, customer, plan, product)
    return product


def _bill(
    state: AutumnState, customer: LocalCustomer, plan: LocalPlan, product: Product, terms: PlanTerms
) -> None:
    assert plan.interval is not None  # noqa: S101
    customer.stripe_id = customer.stripe_id or state.ids.stripe("cus")
    shared = terms.joining
    if shared is not None:
        product.stripe_subscription = shared.stripe_subscription
        product.period_start, product.period_end = shared.period_start, shared.period_end
    product.stripe_subscription = product.stripe_subscription or state.ids.stripe("sub")
    if product.status == "scheduled":
        return
    if terms.trial and plan.trial is not None:
        length, unit = plan.trial["duration_length"], plan.trial["duration_type"]
        product.trial_ends_at = add(product.started_at, unit, length)
        product.period_start, product.period_end = product.started_at, product.trial_ends_at
        customer.trials_used.append(plan.id)
        return
    start = product.started_at - product.started_at % 1000
    if shared is not None and shared.period_start is not None:
        start = shared.period_start
        if state.plan_of(shared).interval == plan.interval:
            return
    product.period_end = next_after(add(start, plan.interval), plan.interval, 1, state.now)
    product.period_start = add(product.period_end, plan.interval, -1)


def grant(state: AutumnState, customer: LocalCustomer, plan: LocalPlan, product: Product) -> list[Row]:
    """The rows of a plan's features."""
    rows = [_row(state, product, item) for item in plan.items]
    customer.rows.extend(rows)
    return rows


def _row(state: AutumnState, product: Product, item: Item) -> Row:
    feature = state.feature(item.feature_id)
    prepaid = product.prepaid.get(item.feature_id, 0)
    row = Row(
        id=state.ids.autumn("cus_ent"),
        feature_id=item.feature_id,
        created_at=product.created_at,
        plan_id=product.plan_id,
        product_id=product.id,
        included=item.included * product.quantity,
        prepaid=prepaid,
        unlimited=item.unlimited,
        flag=feature.type == "boolean",
        interval=item.interval,
        price=item.price,
        entity_id=product.entity_id,
        rollover=item.rollover,
    )
    row.balance = row.grant
    if not item.unlimited and item.interval is not None and repeats(item.interval):
        first = product.trial_ends_at or add(product.anchor, item.interval)
        row.resets_at = next_after(first, item.interval, 1, state.now)
    return row


def take_away(customer: LocalCustomer, product: Product, now: int) -> None:
    """End a product: it is kept as expired, its rows go."""
    product.status = "expired"
    product.ended_at = now
    product.canceled_at = product.canceled_at or now
    customer.rows = [row for row in customer.rows if row.product_id != product.id]


def default_plan(state: AutumnState) -> LocalPlan | None:
    return next((plan for plan in state.plans.values() if plan.auto_enable), None)


def current(customer: LocalCustomer, plan_id: str, entity_id: str | None = None) -> Product | None:
    """The customer's product of a plan that is not over, or an entity's."""
    live = (
        product
        for product in customer.products
        if product.plan_id == plan_id and product.entity_id == entity_id
    )
    return next((product for product in live if product.status in ("active", "past_due", "scheduled")), None)


def in_order(state: AutumnState, products: list[Product]) -> list[Product]:
    """The customer's own first, then what is paid for, main plans before add-ons, the newest first."""

    def place(product: Product) -> tuple[bool, bool, bool, int, bool]:
        plan, waits = state.plan_of(product), product.status == "scheduled"
        return (
            product.entity_id is not None,
            plan.interval is None,
            plan.add_on,
            -product.created_at,
            not waits,
        )

    return sorted(products, key=place)


def advance(state: AutumnState, customer: LocalCustomer) -> None:
    """What the passing of time did to the customer's products: expiry, starts, ends of trials, renewals."""
    with happenings.plans(state, customer):
        _advance(state, customer)


def _advance(state: AutumnState, customer: LocalCustomer) -> None:
    now = state.now
    for product in list(customer.products):
        if product.status in ("active", "past_due") and product.expires_at and product.expires_at <= now:
            take_away(customer, product, product.expires_at)
        elif product.status == "scheduled" and product.started_at <= now:
            _start(state, customer, product)
        elif product.status == "active" and product.period_end is not None and product.period_end <= now:
            _renew(state, customer, product)


def _start(state: AutumnState, customer: LocalCustomer, product: Product) -> None:
    plan = state.plan_of(product)
    product.status = "active"
    if product.stripe_subscription is not None:
        _bill(state, customer, plan, product, PlanTerms())
    grant(state, customer, plan, product)


def _renew(state: AutumnState, customer: LocalCustomer, product: Product) -> None:
    plan, now = state.plan_of(product), state.now
    interval = plan.interval
    assert interval is not None and product.period_end is not None  # noqa: S101, PT018
    product.trial_ends_at = None
    product.charged = dict(product.prepaid)
    product.period_end = next_after(product.period_end, interval, 1, now)
    product.period_start = add(product.period_end, interval, -1)
    for row in customer.rows:
        if row.product_id == product.id and row.price and row.resets_at and row.resets_at <= now:
            refill(row, now)
