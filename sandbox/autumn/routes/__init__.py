"""The endpoints, by namespace."""

from sandbox.autumn.context import ApiRoute
from sandbox.autumn.routes import (
    attach,
    balances,
    billing,
    catalog,
    coupons,
    customer_list,
    customer_products,
    customers,
    entities,
    events,
    invoices,
    logs,
    payments,
    rewards,
)


def all_routes() -> tuple[ApiRoute, ...]:
    return (
        *customers.ROUTES,
        *customer_list.ROUTES,
        *customer_products.ROUTES,
        *balances.ROUTES,
        *rewards.ROUTES,
        *coupons.ROUTES,
        *invoices.ROUTES,
        *logs.ROUTES,
        *events.ROUTES,
        *catalog.ROUTES,
        *billing.ROUTES,
        *attach.ROUTES,
        *payments.ROUTES,
        *entities.ROUTES,
    )
