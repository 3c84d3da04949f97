"""The endpoints, by namespace."""

from sandbox.autumn.context import ApiRoute
from sandbox.autumn.routes import (
    attach,
    balances,
    billing,
    catalog,
    coupons,
    customer_products,
    customers,
    entities,
    events,
    invoices,
    payments,
    rewards,
)


def all_routes() -> tuple[ApiRoute, ...]:
    return (
        *customers.ROUTES,
        *customers.LIST_ROUTES,
        *customer_products.ROUTES,
        *balances.ROUTES,
        *rewards.ROUTES,
        *coupons.ROUTES,
        *invoices.ROUTES,
        *events.LOG_ROUTES,
        *events.ROUTES,
        *catalog.ROUTES,
        *billing.ROUTES,
        *attach.ROUTES,
        *payments.ROUTES,
        *entities.ROUTES,
    )
