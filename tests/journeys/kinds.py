"""The kinds of change other than balances: how people request each one, and what can go wrong."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.autumn.model import LocalInvoice
from tests.journeys.changing import ACTION, PREVIEW, FormSetup, change_in_autumn

Steps = Callable[[FormSetup], Awaitable[None]]


@dataclass(frozen=True)
class RequestCase:
    """One change to request."""

    name: str
    request: Steps
    """What Ana does to request it."""
    description: str
    """How the card describes the request."""
    route: str
    """The Autumn route that writes it."""
    outdate: Steps | None = None
    """A change made in Autumn directly that outdates the request; None if nothing does."""
    shown_again: str = ""
    """What the card shows after that."""
    undo: str = ""
    """How its undo is described; empty when it cannot be undone."""


async def _open(maple: FormSetup, line: str, sees: str) -> None:
    await maple.ana.command(line)
    await maple.ana.sees(sees)


async def _submit(maple: FormSetup, reason: str) -> None:
    await maple.ana.sees(PREVIEW)
    await maple.ana.fill("Reason", reason)
    await maple.ana.submit()


async def give_allowance(maple: FormSetup) -> None:
    await _open(maple, "/autumn balance cus_acme", "Fill in the form")
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("resets")
    await maple.ana.fill("Amount", "500")
    await _submit(maple, "They lost a day to our outage")


async def apply_coupon(maple: FormSetup) -> None:
    await _open(maple, "/autumn reward cus_northwind", "Apply a coupon")
    await maple.ana.choose("Coupon", "10% off, always")
    await _submit(maple, "As agreed on the phone")


async def _another_coupon(maple: FormSetup) -> None:
    await change_in_autumn(maple, "customers/cus_northwind/coupons/sorry50")


async def remove_coupon(maple: FormSetup) -> None:
    await _open(maple, "/autumn reward cus_acme", "Apply a coupon")
    await maple.ana.choose(ACTION, "Remove the coupon")
    await _submit(maple, "The offer is over")


async def _coupon_replaced(maple: FormSetup) -> None:
    await change_in_autumn(maple, "customers/cus_acme/coupons/sorry50")


async def attach_coupon(maple: FormSetup) -> None:
    await _open(maple, "/autumn reward cus_northwind", "Apply a coupon")
    await maple.ana.choose(ACTION, "Apply a coupon to one subscription")
    await maple.ana.sees("Subscription")
    await maple.ana.choose("Coupon", "10% off, always")
    await maple.ana.sees("Coupon on Pro: 10% off, always")
    await _submit(maple, "For this product alone")


async def redeem(maple: FormSetup) -> None:
    await _open(maple, "/autumn reward cus_northwind", "Apply a coupon")
    await maple.ana.choose(ACTION, "Redeem a promo code")
    await maple.ana.sees("Letter for letter")
    await maple.ana.fill("Promo code", "BONUS500")
    await _submit(maple, "For the wait")


async def _grant_grew(maple: FormSetup) -> None:
    """In Autumn's dashboard."""
    maple.autumn.state.rewards["bonus500"].grants[0]["included"] = 700


async def edit_details(maple: FormSetup) -> None:
    await _open(maple, "/autumn update cus_acme", "Fingerprint")
    await maple.ana.fill("Name", "Acme Incorporated")
    await maple.ana.fill("Email", "office@acme.example")
    await maple.ana.sees("→ office@acme.example")
    await _submit(maple, "They moved")


async def _renamed(maple: FormSetup) -> None:
    await change_in_autumn(maple, "customers.update", customer_id="cus_acme", name="Acme Group")


async def delete(maple: FormSetup) -> None:
    await _open(maple, "/autumn delete cus_noname", "Type the customer's id in full")
    await confirm_deletion(maple)
    await _submit(maple, "They asked to be forgotten")


async def confirm_deletion(maple: FormSetup) -> None:
    await maple.ana.fill("Type the customer's id in full", "cus_noname")
    await maple.ana.choose("Final confirmation", "Delete this customer. It cannot be undone.")


async def _entity_made(maple: FormSetup) -> None:
    await change_in_autumn(
        maple, "entities.create", customer_id="cus_noname", entity_id="one", feature_id="seats"
    )


async def give_feature(maple: FormSetup) -> None:
    await _open(maple, "/autumn grant cus_northwind", "Fill in the form")
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.sees("How long")
    await maple.ana.fill("Amount", "500")
    await maple.ana.sees("Grant of Messages: 500")
    await _submit(maple, "For the outage")


async def switch_on(maple: FormSetup) -> None:
    await _open(maple, "/autumn grant cus_noname", "Fill in the form")
    await maple.ana.choose("Feature", "Single Sign-On")
    await maple.ana.sees("How long")
    await _submit(maple, "As agreed")


async def move_expiry(maple: FormSetup) -> None:
    await _open(maple, "/autumn expiry cus_vandelay", "Fill in the form")
    await maple.ana.choose("Grant", "Messages · Granted as launch_week")
    expires_at = maple.autumn.clock.now() + timedelta(days=40)
    await maple.ana.choose("New expiry", str(int(expires_at.timestamp())))
    await _submit(maple, "They start later")


async def _grant_meanwhile(maple: FormSetup, grant: str, **changes: object) -> None:
    where = {"customer_id": "cus_vandelay", "feature_id": "messages", "balance_id": grant}
    await change_in_autumn(maple, "balances.update", **where, **changes)


async def _expiry_moved(maple: FormSetup) -> None:
    at = maple.autumn.clock.now() + timedelta(days=20)
    await _grant_meanwhile(maple, "launch_week", expires_at=int(at.timestamp() * 1000))


async def remove_grant(maple: FormSetup) -> None:
    await _open(maple, "/autumn ungrant cus_vandelay", "Fill in the form")
    await maple.ana.choose("Grant", "Messages · Granted as goodwill_march")
    await _submit(maple, "It was given twice")


async def _grant_raised(maple: FormSetup) -> None:
    await _grant_meanwhile(maple, "goodwill_march", included_grant=400)


async def record_usage(maple: FormSetup) -> None:
    await _open(maple, "/autumn record cus_northwind", "Fill in the form")
    await maple.ana.choose("Feature", "Messages")
    await maple.ana.fill("Used", "25")
    await maple.ana.sees("Messages used: 13,460 → 13,485")
    await _submit(maple, "Their backend was down")


async def _fill_control(maple: FormSetup, control: str, values: Mapping[str, str], sees: str) -> None:
    """`control`: empty for the spend limit, which the form starts with."""
    await _open(maple, "/autumn controls cus_acme", "Fill in the form")
    if control:
        await maple.ana.choose("Control", control)
        await maple.ana.sees("Threshold")
    await maple.ana.choose("Feature", "Messages")
    for label, value in values.items():
        await maple.ana.fill(label, value)
    await maple.ana.sees(sees)
    await _submit(maple, "They asked for it")


async def _control_meanwhile(maple: FormSetup, control: str, **entry: object) -> None:
    controls = {control: [{"feature_id": "messages", "enabled": True, **entry}]}
    await change_in_autumn(maple, "customers.update", customer_id="cus_acme", billing_controls=controls)


async def set_control(maple: FormSetup) -> None:
    await _fill_control(maple, "", {"Limit": "500"}, "none → 500 units")


async def _control_set(maple: FormSetup) -> None:
    await _control_meanwhile(maple, "spend_limits", overage_limit=9)


async def set_alert(maple: FormSetup) -> None:
    await _fill_control(maple, "Usage alert", {"Threshold": "80"}, "none → at 80% used")


async def set_top_up(maple: FormSetup) -> None:
    values = {"Threshold": "50", "Buy": "200"}
    await _fill_control(maple, "Auto top-up", values, "none → buy 200 when fewer than 50 are left")


async def _top_up_set(maple: FormSetup) -> None:
    await _control_meanwhile(maple, "auto_topups", threshold=5, quantity=10)


async def refund(maple: FormSetup) -> None:
    await _open(maple, "/autumn refund cus_books", "Fill in the form")
    await maple.ana.choose("Invoice", _part_refunded(maple))
    await maple.ana.choose("How much", "A part of it")
    await maple.ana.sees("In the invoice's currency")
    await maple.ana.fill("Amount", "20")
    await maple.ana.sees("Refund: $20.00")
    await _submit(maple, "They were charged twice")


def _part_refunded(maple: FormSetup) -> str:
    """The form's label for the only partly refunded invoice."""
    invoice = _invoice(maple)
    at = datetime.fromtimestamp(invoice.created_at / 1000, UTC)
    return f"{at:%b} {at.day}, {at.year} · $57.20"


def _invoice(maple: FormSetup) -> LocalInvoice:
    invoices = maple.autumn.state.customer("cus_books").invoices
    return next(invoice for invoice in invoices if invoice.total == 57.2)


async def _refunded_meanwhile(maple: FormSetup) -> None:
    path = f"customers/cus_books/invoices/{_invoice(maple).stripe_id}/refund"
    await change_in_autumn(maple, path, mode="partial", amount=1)


async def cancel(maple: FormSetup) -> None:
    await _open(maple, "/autumn cancel cus_northwind", "Cancel at the end of the period")
    await _submit(maple, "They are leaving")


async def cancel_now(maple: FormSetup) -> None:
    await _open(maple, "/autumn cancel cus_northwind", "Cancel at the end of the period")
    await maple.ana.choose(ACTION, "Cancel now")
    await maple.ana.sees("Credit for the unused time")
    await _submit(maple, "They were charged by mistake")


async def _smaller_product_scheduled(maple: FormSetup) -> None:
    await change_in_autumn(maple, "billing.attach", customer_id="cus_northwind", plan_id="starter")


async def extend_trial(maple: FormSetup) -> None:
    await _open(maple, "/autumn trial cus_umbrella", "New end of the trial")
    at = maple.clock.now() + timedelta(days=20)
    await maple.ana.choose("New end of the trial", str(int(at.timestamp())))
    await _submit(maple, "They need longer to decide")


async def _payment_failed(maple: FormSetup) -> None:
    maple.autumn.mark_past_due("cus_umbrella")


async def change_quantity(maple: FormSetup) -> None:
    await _open(maple, "/autumn quantity cus_acme", "New quantity")
    await maple.ana.fill("New quantity", "12")
    await _submit(maple, "Two more people joined")


async def _seats_bought(maple: FormSetup) -> None:
    seats = [{"feature_id": "seats", "quantity": 15}]
    await change_in_autumn(
        maple, "billing.update", customer_id="cus_acme", plan_id="extra_seats", feature_quantities=seats
    )


async def remove_purchase(maple: FormSetup) -> None:
    await _open(maple, "/autumn cancel cus_wonka", "What to do")
    await maple.ana.choose("Subscription", "Guided Onboarding")
    await maple.ana.sees("One-time purchase Guided Onboarding: removed")
    await _submit(maple, "They bought it by mistake")


async def cancel_free(maple: FormSetup) -> None:
    await _open(maple, "/autumn cancel cus_wayne", "What to do")
    await maple.ana.choose("What to do", "Cancel now")
    await maple.ana.sees("Undo gives the product back")
    await _submit(maple, "They are closing their account")


async def _pick_to_add(maple: FormSetup, customer: str, product: str, sees: str) -> None:
    await _open(maple, f"/autumn add {customer}", "Product to add")
    await maple.ana.choose("Product to add", product)
    await maple.ana.sees(sees)


async def add_product(maple: FormSetup) -> None:
    await _pick_to_add(maple, "cus_northwind", "Support Plus", "Add-on Support Plus: starts now")
    await _submit(maple, "They want faster answers")


async def _added_meanwhile(maple: FormSetup) -> None:
    await change_in_autumn(maple, "billing.attach", customer_id="cus_northwind", plan_id="support_plus")


async def add_seats(maple: FormSetup) -> None:
    await _pick_to_add(maple, "cus_northwind", "Extra Seats", "Quantity of Seats")
    await maple.ana.fill("Quantity of Seats", "4")
    await maple.ana.sees("Quantity of Seats: 4")
    await _submit(maple, "Four more people join")


async def buy_once(maple: FormSetup) -> None:
    await _pick_to_add(maple, "cus_northwind", "Message Pack", "One-time purchase Message Pack: bought now")
    await _submit(maple, "They run out before the reset")


async def change_product(maple: FormSetup) -> None:
    await _open(maple, "/autumn switch cus_massive", "New product")
    await maple.ana.choose("New product", "Pro")
    await maple.ana.sees("Balances reset")
    await maple.ana.choose("When", "At the end of the period")
    await maple.ana.sees("Product starts: Pro")
    await _submit(maple, "As agreed with their manager")


async def _another_product_scheduled(maple: FormSetup) -> None:
    await change_in_autumn(
        maple,
        "billing.attach",
        customer_id="cus_massive",
        plan_id="enterprise",
        plan_schedule="end_of_cycle",
    )


CASES = (
    RequestCase(
        "standalone grant", give_feature, "Give 500 Messages for good", "balances.create",
        undo="Remove the Messages grant",
    ),
    RequestCase(
        "feature switched on", switch_on, "Switch on Single Sign-On for good", "balances.create",
        undo="Remove the Single Sign-On grant",
    ),
    RequestCase(
        "expiry", move_expiry, "Move the expiry of the Messages grant to", "balances.update",
        _expiry_moved, "Expires: ", undo="Move the expiry of the Messages grant to",
    ),
    RequestCase(
        "grant removed", remove_grant, "Remove the Messages grant", "balances.delete",
        _grant_raised, "Grant of Messages: 400 → removed", undo="Give 250 Messages for good",
    ),
    RequestCase(
        "recorded usage", record_usage, "Record 25 Messages used", "balances.track",
        undo="Take 25 Messages off the recorded usage",
    ),
    RequestCase(
        "control", set_control, "Spend limit for Messages: 500 units", "customers.update",
        _control_set, "9 units → 500 units", undo="Remove the spend limit for Messages",
    ),
    RequestCase(
        "usage alert", set_alert, "Usage alert for Messages: at 80% used", "customers.update",
        undo="Remove the usage alert for Messages",
    ),
    RequestCase(
        "auto top-up", set_top_up, "Auto top-up for Messages: buy 200 when fewer than 50 are left",
        "customers.update", _top_up_set, "buy 10 when fewer than 5 are left → buy 200",
        undo="Remove the auto top-up for Messages",
    ),
    RequestCase(
        "refund", refund, "Refund $20.00 of an invoice", "invoices.refund", _refunded_meanwhile,
        "Refunded from this invoice: $9.20 → $29.20",
    ),
    RequestCase(
        "coupon", apply_coupon, "Apply the coupon 10% off, always", "coupons.add", _another_coupon,
        "50% off the next invoice → 10% off, always", undo="Remove the coupon",
    ),
    RequestCase(
        "coupon removed", remove_coupon, "Remove the coupon", "coupons.remove", _coupon_replaced,
        "50% off the next invoice → none", undo="Apply the coupon 10% off, always",
    ),
    RequestCase(
        "coupon on a subscription", attach_coupon,
        "Apply the coupon 10% off, always to the subscription to Pro", "billing.update", _another_coupon,
        "own coupon 50% off the next invoice no longer applies",
    ),
    RequestCase(
        "grant", redeem, "Redeem the promo code BONUS500", "rewards.redeem", _grant_grew,
        "Grant of Messages: 0 → 700",
    ),
    RequestCase(
        "details", edit_details, "Change name and email", "customers.update", _renamed,
        "Acme Group → Acme Incorporated", undo="Acme Incorporated → Acme Ltd",
    ),
    RequestCase(
        "deletion", delete, "Delete the customer in Autumn", "customers.delete", _entity_made,
        "Entities: 1 → gone from Autumn",
    ),
    RequestCase(
        "cancellation", cancel, "Cancel Pro at the end of the period", "billing.update",
        _smaller_product_scheduled, "Scheduled change to Starter: called off",
        undo="Take back the cancellation of Pro",
    ),
    RequestCase(
        "cancellation now", cancel_now, "Cancel Pro now, with credit for any unused time already billed",
        "billing.update", _smaller_product_scheduled, "Scheduled change to Starter: called off",
    ),
    RequestCase(
        "purchase removed", remove_purchase, "Remove the one-time purchase of Guided Onboarding",
        "billing.update",
    ),
    RequestCase(
        "free product cancelled", cancel_free, "Cancel Free now", "billing.update",
        undo="Change the product to Free now",
    ),
    RequestCase(
        "switch", change_product, "Change the product to Pro at the end of the period",
        "billing.attach", _another_product_scheduled,
        "The scheduled change to Enterprise will be called off.",
        undo="Call off the scheduled change to Pro",
    ),
    RequestCase(
        "product added", add_product, "Add Support Plus now", "billing.attach", _added_meanwhile,
        "The customer already has this add-on.", undo="Cancel Support Plus now",
    ),
    RequestCase(
        "seats added", add_seats, "Add Extra Seats now", "billing.attach",
        undo="Cancel Extra Seats now",
    ),
    RequestCase(
        "bought once", buy_once, "Buy Message Pack once, now", "billing.attach",
        undo="Remove the one-time purchase of Message Pack",
    ),
    RequestCase(
        "quantity", change_quantity, "Set Seats on Extra Seats to 12", "billing.update",
        _seats_bought, "Quantity of Seats: 15 → 12", undo="Set Seats on Extra Seats to 10",
    ),
    RequestCase(
        "trial", extend_trial, "Move the end of the trial of Pro to", "billing.update",
        _payment_failed, "Trial ends on:", undo="Undo: trial change",
    ),
)  # fmt: skip
