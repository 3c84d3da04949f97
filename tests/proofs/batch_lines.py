"""Lines of a list of every kind that a line can be, for entities too, and the customers they are about.

What the lines of one customer move is apart from each other, so that each of them can be applied.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from bot.batches.model import BatchLine
from bot.changes.line_form import LineCells
from sandbox.autumn.model import LocalCustomer, Product
from sandbox.autumn.seed.builder import Builder
from sandbox.autumn.state import AutumnState

ENTITY = "workspace"
_INVOICE = "in_{}"
"""Of the customer with this id."""


@dataclass(frozen=True)
class Example:
    """A line, and what in the local Autumn shows how often it was written."""

    kind: str
    cells: LineCells
    measure: Callable[[LocalCustomer], float]
    by: float
    """By how much one write moves it."""
    entity: str = ""

    def line(self, number: int, customer: str) -> BatchLine:
        cells = replace(self.cells, about=self.cells.about.format(customer))
        return BatchLine(number, customer, cells, self.kind, self.entity)


@dataclass(frozen=True)
class Household:
    """A customer, and the lines that are about them."""

    make: Callable[[Builder, str], object]
    examples: tuple[Example, ...]


# What a line moves


def _granted(
    feature: str, entity: str | None = None, *, loose: bool = False
) -> Callable[[LocalCustomer], float]:
    def measure(who: LocalCustomer) -> float:
        rows = [row for row in who.rows if (row.feature_id, row.entity_id) == (feature, entity)]
        return sum(row.grant for row in rows if row.loose == loose)

    return measure


def _left(feature: str, entity: str | None = None) -> Callable[[LocalCustomer], float]:
    def measure(who: LocalCustomer) -> float:
        return sum(row.balance for row in who.rows if (row.feature_id, row.entity_id) == (feature, entity))

    return measure


def _resets(who: LocalCustomer) -> float:
    return max((row.resets_at or 0 for row in who.rows if row.feature_id == "messages"), default=0)


def _number(
    holds: Callable[[Product], object], entity: str | None = None
) -> Callable[[LocalCustomer], float]:
    """Of the products for which that holds."""
    return lambda who: sum(
        product.quantity for product in who.products if product.entity_id == entity and holds(product)
    )


def _seats(entity: str | None = None) -> Callable[[LocalCustomer], float]:
    """That are bought ahead."""
    return lambda who: sum(
        product.prepaid.get("seats", 0) for product in who.products if product.entity_id == entity
    )


def _coupons(reward: str) -> Callable[[LocalCustomer], float]:
    return lambda who: sum(discount.reward_id == reward for discount in who.discounts)


def _refunded(who: LocalCustomer) -> float:
    return sum(invoice.refunded for invoice in who.invoices)


def _running(plan: str) -> Callable[[Product], object]:
    return lambda product: product.plan_id == plan and product.running


def _cancelled(product: Product) -> object:
    return product.running and product.canceled_at


def _ended(product: Product) -> object:
    return product.status == "expired"


# Customers


def _pro(b: Builder, customer_id: str) -> tuple[LocalCustomer, Product]:
    who = b.customer(customer_id, f"{customer_id} Ltd", f"{customer_id}@list.example", 90)
    product = b.has(who, "pro", 90)
    b.invoice(who, 20, 49, stripe_id=_INVOICE.format(customer_id), plan_ids=["pro"])
    return who, product


def _with_seats(b: Builder, customer_id: str) -> None:
    who, _ = _pro(b, customer_id)
    b.has(who, "extra_seats", 30, prepaid={"seats": 10})


def _cancelling(b: Builder, customer_id: str) -> None:
    who, product = _pro(b, customer_id)
    b.cancels(who, product, 3, falls_back=False)


def _with_coupon(b: Builder, customer_id: str) -> None:
    who, _ = _pro(b, customer_id)
    b.discount(who, "loyal10", 30)


def _with_entity(b: Builder, customer_id: str) -> None:
    """That has a product of its own."""
    who, _ = _pro(b, customer_id)
    b.entity(who, ENTITY, "Main workspace", "seats", 60)
    b.has(who, "starter", 60, entity_id=ENTITY)


def _with_entity_of_seats(b: Builder, customer_id: str) -> None:
    who, _ = _pro(b, customer_id)
    b.entity(who, ENTITY, "Main workspace", "exports", 60)
    b.has(who, "extra_seats", 60, entity_id=ENTITY, prepaid={"seats": 10})


# Lines


def _cells(about: str, amount: str = "", action: str = "") -> LineCells:
    return LineCells(about, amount, action)


HOUSEHOLDS: Sequence[Household] = (
    Household(
        _with_entity,
        (
            Example("balance", _cells("messages", "10", "give"), _granted("messages"), 10),
            Example("grant", _cells("messages", "7"), _granted("messages", loose=True), 7),
            Example("usage", _cells("api_calls", "3"), _left("api_calls"), -3),
            Example("reward", _cells("loyal10", action="apply"), _coupons("loyal10"), 1),
            Example("refund", _cells(_INVOICE, "5"), _refunded, 5),
            Example("balance", _cells("messages", "11"), _granted("messages", ENTITY), 11, ENTITY),
            Example(
                "grant",
                _cells("messages", "8", "every month"),
                _granted("messages", ENTITY, loose=True),
                8,
                ENTITY,
            ),
            Example("usage", _cells("exports", "2"), _left("exports", ENTITY), -2, ENTITY),
        ),
    ),
    Household(
        _with_seats,
        (
            Example("quantity", _cells("seats", "25"), _seats(), 15),
            Example("reward", _cells("BONUS500", action="redeem"), _granted("messages", loose=True), 500),
        ),
    ),
    Household(_pro, (Example("addition", _cells("support_plus"), _number(_running("support_plus")), 1),)),
    Household(
        _with_entity,
        (
            Example("cancellation", _cells("pro", action="at the end"), _number(_cancelled), 1),
            Example("balance", _cells("messages", "9000", "set"), _left("messages"), -1000),
        ),
    ),
    Household(
        _pro,
        (
            Example("addition", _cells("message_pack"), _number(_running("message_pack")), 1),
            Example("refund", _cells(_INVOICE, "all"), _refunded, 49),
        ),
    ),
    Household(_pro, (Example("addition", _cells("extra_seats", "10"), _seats(), 10),)),
    Household(
        _with_entity,
        (
            Example(
                "cancellation",
                _cells("starter", action="at the end"),
                _number(_cancelled, ENTITY),
                1,
                ENTITY,
            ),
        ),
    ),
    Household(_pro, (Example("cancellation", _cells("pro", action="now with credit"), _number(_ended), 1),)),
    Household(
        _cancelling,
        (Example("cancellation", _cells("pro", action="take back"), _number(_cancelled), -1),),
    ),
    Household(
        _with_coupon,
        (
            Example("reward", _cells("", action="remove"), _coupons("loyal10"), -1),
            Example("grant", _cells("minutes", "60"), _granted("minutes", loose=True), 60),
        ),
    ),
    Household(
        _with_entity_of_seats,
        (Example("quantity", _cells("seats", "12", "now"), _seats(ENTITY), 2, ENTITY),),
    ),
    Household(
        _with_entity,
        (
            Example(
                "addition",
                _cells("support_plus"),
                _number(_running("support_plus"), ENTITY),
                1,
                ENTITY,
            ),
        ),
    ),
)


def household_lines(state: AutumnState, number: int) -> list[tuple[Example, BatchLine]]:
    """So many lines, each customer's after the other's; and the customers, whom Autumn then has."""
    builder, made = Builder(state), list[tuple[Example, BatchLine]]()
    for place, household in enumerate(cycle(HOUSEHOLDS)):
        if len(made) >= number:
            break
        customer = f"cus_list_{place}"
        household.make(builder, customer)
        made += [
            (example, example.line(line, customer))
            for line, example in enumerate(household.examples, len(made) + 1)
        ]
    return made[:number]
