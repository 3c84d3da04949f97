"""The kinds of change beside balances, as people ask for them, and what else happens to them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.journeys.changing import elsewhere
from tests.stage import Mode, Stage

Deed = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Sort:
    """One thing to ask for."""

    name: str
    mode: Mode
    """The way in, in turn: both are tried with all outcomes."""
    ask: Deed
    """Ana does."""
    asked: str
    """What the card says is asked for."""
    route: str
    """Of the write in Autumn."""
    meddle: Deed
    """Somebody does something past Maple that it was not asked on."""
    anew: str
    """What the card shows then, among the rest."""
    undo: str = ""
    """What its undo is; empty when there is none."""
    confirms: bool | None = None
    """The answer to the dialog that Approve asks with; None where it asks nothing."""


async def _open(maple: Stage, line: str, sees: str) -> None:
    await maple.ana.command(line)
    await maple.ana.sees(sees)


async def _submit(maple: Stage, reason: str) -> None:
    await maple.ana.sees("What changes")
    await maple.ana.fill("Reason", reason)
    await maple.ana.submit()


async def apply_coupon(maple: Stage) -> None:
    await _open(maple, "/autumn reward cus_northwind", "Apply a coupon")
    await maple.ana.choose("Coupon", "10% off, always")
    await _submit(maple, "As agreed on the phone")


async def _another_coupon(maple: Stage) -> None:
    await elsewhere(maple, "customers/cus_northwind/coupons/sorry50")


async def remove_coupon(maple: Stage) -> None:
    await _open(maple, "/autumn reward cus_acme", "Apply a coupon")
    await maple.ana.choose("What to do", "Remove the coupon")
    await _submit(maple, "The offer is over")


async def _coupon_replaced(maple: Stage) -> None:
    await elsewhere(maple, "customers/cus_acme/coupons/sorry50")


async def redeem(maple: Stage) -> None:
    await _open(maple, "/autumn reward cus_northwind", "Apply a coupon")
    await maple.ana.choose("What to do", "Redeem a promo code")
    await maple.ana.sees("Letter for letter")
    await maple.ana.fill("Promo code", "BONUS500")
    await _submit(maple, "For the wait")


async def _grant_grew(maple: Stage) -> None:
    """In Autumn's dashboard."""
    maple.autumn.state.rewards["bonus500"].grants[0]["included"] = 700


async def edit_details(maple: Stage) -> None:
    await _open(maple, "/autumn update cus_acme", "Fingerprint")
    await maple.ana.fill("Name", "Acme Incorporated")
    await maple.ana.fill("Email", "office@acme.example")
    await maple.ana.sees("→ office@acme.example")
    await _submit(maple, "They moved")


async def _renamed(maple: Stage) -> None:
    await elsewhere(maple, "customers.update", customer_id="cus_acme", name="Acme Group")


async def delete(maple: Stage) -> None:
    await _open(maple, "/autumn delete cus_noname", "Type the customer's id in full")
    await maple.ana.fill("Type the customer's id in full", "cus_noname")
    await maple.ana.choose("Final confirmation", "Delete this customer. It cannot be undone.")
    await _submit(maple, "They asked to be forgotten")


async def _entity_made(maple: Stage) -> None:
    await elsewhere(maple, "entities.create", customer_id="cus_noname", entity_id="one", feature_id="seats")


SORTS = (
    Sort(
        "coupon", "http", apply_coupon, "Apply the coupon 10% off, always", "coupons.add", _another_coupon,
        "50% off the next invoice → 10% off, always", undo="Remove the coupon",
    ),
    Sort(
        "coupon removed", "socket", remove_coupon, "Remove the coupon", "coupons.remove", _coupon_replaced,
        "50% off the next invoice → none", undo="Apply the coupon 10% off, always",
    ),
    Sort(
        "grant", "http", redeem, "Redeem the promo code BONUS500", "rewards.redeem", _grant_grew,
        "Grant of Messages: 0 → 700",
    ),
    Sort(
        "details", "socket", edit_details, "Change name and email", "customers.update", _renamed,
        "Acme Group → Acme Incorporated", undo="Acme Incorporated → Acme Ltd",
    ),
    Sort(
        "deletion", "http", delete, "Delete the customer in Autumn", "customers.delete", _entity_made,
        "Entities: 1 → gone from Autumn", confirms=True,
    ),
)  # fmt: skip
