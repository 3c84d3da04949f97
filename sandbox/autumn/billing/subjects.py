"""Which of a customer's products a request is about, and what belongs with it."""

from sandbox.autumn.errors import ApiError
from sandbox.autumn.model import LocalCustomer, LocalPlan, Product
from sandbox.autumn.products import in_order
from sandbox.autumn.state import AutumnState


def is_main(state: AutumnState, product: Product) -> bool:
    plan = state.plan_of(product)
    return not (plan.add_on or plan.one_off)


def find(
    state: AutumnState,
    customer: LocalCustomer,
    plan_id: str | None,
    subscription_id: str | None,
    entity_id: str | None,
) -> Product:
    """By the id of the subscription, or else the newest of the plan; when neither is named, the main plan.

    Of two main plans that are paid for it is the newer one, which is scheduled. Raises 404.
    """
    held = [product for product in customer.products if product.status != "expired"]
    if subscription_id is not None:
        matching = [
            product
            for product in held
            if subscription_id in (product.key, product.id) and entity_id in (None, product.entity_id)
        ]
        named = f"with subscription_id '{subscription_id}' for customer '{customer.id}'"
        message = f"No active subscription found {named}"
    else:
        matching = [
            product
            for product in held
            if product.entity_id == entity_id
            and (product.plan_id == plan_id if plan_id else is_main(state, product))
        ]
        named = f" for plan '{plan_id}'" if plan_id else ""
        message = f"No active subscription found{named} on customer '{customer.id}'"
    if not matching:
        raise ApiError(404, "cus_product_not_found", message)
    return in_order(state, matching)[0]


def again(customer: LocalCustomer, product: Product) -> Product:
    """The same product of a draft of the customer."""
    return next(held for held in customer.products if held.id == product.id)


def same_line(
    state: AutumnState, customer: LocalCustomer, plan: LocalPlan, entity_id: str | None
) -> list[Product]:
    """The main products of the plan's group, of a customer or of an entity: each replaces the other."""
    if plan.add_on or plan.one_off:
        return []
    return [
        product
        for product in customer.products
        if product.entity_id == entity_id
        and is_main(state, product)
        and state.plan_of(product).group == plan.group
    ]


def pending(
    state: AutumnState, customer: LocalCustomer, plan: LocalPlan, entity_id: str | None
) -> Product | None:
    """The main plan that is scheduled to take the place of another."""
    line = same_line(state, customer, plan, entity_id)
    return next((product for product in line if product.status == "scheduled"), None)


def running(
    state: AutumnState, customer: LocalCustomer, plan: LocalPlan, entity_id: str | None
) -> Product | None:
    """The main plan that runs now."""
    return next((product for product in same_line(state, customer, plan, entity_id) if product.running), None)


def billed(customer: LocalCustomer) -> Product | None:
    """A product with a Stripe subscription that runs."""
    return next(
        (product for product in customer.products if product.running and product.stripe_subscription), None
    )


def drop_pending(
    state: AutumnState, customer: LocalCustomer, plan: LocalPlan, entity_id: str | None
) -> Product | None:
    product = pending(state, customer, plan, entity_id)
    if product is not None:
        customer.products.remove(product)
    return product
