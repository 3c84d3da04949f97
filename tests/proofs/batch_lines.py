"""Lines of every kind that a list can have, for entities too, and their customers.

The lines of one customer do not interfere with each other, so that each can be applied.
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
"""The id of the invoice of the customer with this id."""


@dataclass(frozen=True)
class Example:
    """A line, and a measure in the local Autumn that shows how often it was written."""

    kind: str
    cells: LineCells
    measure: Callable[[LocalCustomer], float]
    by: float
    """By how much one write changes the measure."""
    entity: str = ""

    def line(self, number: int, customer: str) -> BatchLine:
        cells = replace(self.cells, about=self.cells.about.format(customer))
        return BatchLine(number, customer, cells, self.kind, self.entity)


@dataclass(frozen=True)
class Household:
    """A customer and their lines."""

    make: Callable[[Builder, str], object]
    examples: tuple[Example, ...]


# Measures


def _granted(
    feature: str, entity: str | None = None, *, loose: bool = False
) -> Callable[[LocalCustomer], float]:
    def measure(customer: LocalCustomer) -> float:
        rows = [row for row in customer.rows if (row.feature_id, row.entity_id) == (feature, entity)]
        return sum(row.grant for row in rows if row.loose == loose)

    return measure


def _balance(feature: str, entity: str | None = None) -> Callable[[LocalCustomer], float]:
    def measure(customer: LocalCustomer) -> float:
        return sum(
            row.balance for row in customer.rows if (row.feature_id, row.entity_id) == (feature, entity)
        )

    return measure


def _resets(customer: LocalCustomer) -> float:
    return max((row.resets_at or 0 for row in customer.rows if row.feature_id == "messages"), default=0)


def _number(
    holds: Callable[[Product], object], entity: str | None = None
) -> Callable[[LocalCustomer], float]:
    """The number of products for which `holds` is true."""
    return lambda customer: sum(
        product.quantity for product in customer.products if product.entity_id == entity and holds(product)
    )


def _seats(entity: str | None = None) -> Callable[[LocalCustomer], float]:
    """The prepaid seats."""
    return lambda customer: sum(
        product.prepaid.get("seats", 0) for product in customer.products if product.entity_id == entity
    )


def _coupons(reward: str) -> Callable[[LocalCustomer], float]:
    return lambda customer: sum(discount.reward_id == reward for discount in customer.discounts)


def _refunded(customer: LocalCustomer) -> float:
    return sum(invoice.refunded for invoice in customer.invoices)


def _running(plan: str) -> Callable[[Product], object]:
    return lambda product: product.plan_id == plan and product.running


def _cancelled(product: Product) -> object:
    return product.running and product.canceled_at


def _ended(product: Product) -> object:
    return product.status == "expired"


# Customers


def _pro(b: Builder, customer_id: str) -> tuple[LocalCustomer, Product]:
    customer = b.customer(customer_id, f"{customer_id} Ltd", f"{customer_id}@list.example", 90)
    product = b.has(customer, "pro", 90)
    b.invoice(customer, 20, 49, stripe_id=_INVOICE.format(customer_id), plan_ids=["pro"])
    return customer, product


def _with_seats(b: Builder, customer_id: str) -> None:
    customer, _ = _pro(b, customer_id)
    b.has(customer, "extra_seats", 30, prepaid={"seats": 10})


def _cancelling(b: Builder, customer_id: str) -> None:
    customer, product = _pro(b, customer_id)
    b.cancels(customer, product, 3, falls_back=False)


def _with_coupon(b: Builder, customer_id: str) -> None:
    customer, _ = _pro(b, customer_id)
    b.discount(customer, "loyal10", 30)


def _with_entity(b: Builder, customer_id: str) -> None:
    """The entity has its own product."""
    customer, _ = _pro(b, customer_id)
    b.entity(customer, ENTITY, "Main workspace", "seats", 60)
    b.has(customer, "starter", 60, entity_id=ENTITY)


def _with_entity_of_seats(b: Builder, customer_id: str) -> None:
    customer, _ = _pro(b, customer_id)
    b.entity(customer, ENTITY, "Main workspace", "exports", 60)
    b.has(customer, "extra_seats", 60, entity_id=ENTITY, prepaid={"seats": 10})


# Lines


def _cells(about: str, amount: str = "", action: str = "") -> LineCells:
    return LineCells(about, amount, action)


HOUSEHOLDS: Sequence[Household] = (
    Household(
        _with_entity,
        (
            Example("balance", _cells("messages", "10", "give"), _granted("messages"), 10),
            Example("grant", _cells("messages", "7"), _granted("messages", loose=True), 7),
            Example("usage", _cells("api_calls", "3"), _balance("api_calls"), -3),
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
            Example("usage", _cells("exports", "2"), _balance("exports", ENTITY), -2, ENTITY),
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
            Example("balance", _cells("messages", "9000", "set"), _balance("messages"), -1000),
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
    """Adds customers to Autumn and makes this many lines, customer by customer."""
    builder, lines = Builder(state), list[tuple[Example, BatchLine]]()
    for place, household in enumerate(cycle(HOUSEHOLDS)):
        if len(lines) >= number:
            break
        customer = f"cus_list_{place}"
        household.make(builder, customer)
        lines += [
            (example, example.line(line_number, customer))
            for line_number, example in enumerate(household.examples, len(lines) + 1)
        ]
    return lines[:number]
