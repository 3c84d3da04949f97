"""The endpoints, by namespace."""

from sandbox.autumn.context import Route
from sandbox.autumn.routes import balances, billing, catalog, customers, events, invoices, rewards


def all_routes() -> tuple[Route, ...]:
    return (
        *customers.ROUTES,
        *balances.ROUTES,
        *rewards.ROUTES,
        *invoices.ROUTES,
        *events.ROUTES,
        *catalog.ROUTES,
        *billing.ROUTES,
    )
