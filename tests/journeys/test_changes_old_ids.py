"""Customers whose id has the form Autumn once accepted: which changes work for them."""

from collections.abc import AsyncIterator

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.changes import notes
from bot.changes.notes import CommonNote, Note
from tests.journeys.changing import ACTION, AT_ONCE, close_and_look, fill_in_balance, request_undo
from tests.running import Running, running_maple

READ_BACK = approvals_words.ENDINGS[Cause.DONE]


@pytest.fixture(params=["user@old.example", "a/b", "x.y z"])
async def maple(request: pytest.FixtureRequest) -> AsyncIterator[Running]:
    """Northwind has such an id."""
    async with running_maple("http", policy=AT_ONCE) as maple:
        customer = maple.autumn.state.customers["cus_northwind"]
        customer.id = str(request.param)
        maple.autumn.state.customers.changed(customer)
        yield maple


def old_id(maple: Running) -> str:
    return next(
        customer.id
        for customer in maple.autumn.state.customers
        if customer.id and customer.name == "Northwind Traders"
    )


async def _reward(maple: Running, action: str) -> None:
    await maple.ana.command(f"/autumn reward {old_id(maple)}")
    await maple.ana.sees("Apply a coupon")
    await maple.ana.choose(ACTION, action)
    await maple.bot.work.drain(10)


async def test_balance_is_changed_and_undone(maple: Running) -> None:
    await fill_in_balance(maple.ana, "500", customer=old_id(maple))
    await maple.ana.sees(READ_BACK)
    await close_and_look(maple.ana, "[Undo]")
    await request_undo(maple.ana)
    await maple.ana.sees(approvals_words.UNDONE)
    assert [(write.route, write.applied) for write in maple.autumn.ledger] == [("balances.update", True)] * 2


async def test_promo_code_is_redeemed(maple: Running) -> None:
    await _reward(maple, "Redeem a promo code")
    await maple.ana.fill("Promo code", "BONUS500")
    await maple.ana.sees("Grant of Messages")
    await maple.ana.fill("Reason", "For the wait")
    await maple.ana.submit()
    await maple.ana.sees(READ_BACK)
    assert [(write.route, write.applied) for write in maple.autumn.ledger] == [("rewards.redeem", True)]


async def test_coupon_is_applied(maple: Running) -> None:
    await _reward(maple, "Apply a coupon")
    await maple.ana.choose("Coupon", "10% off, always")
    await maple.ana.fill("Reason", "For the wait")
    await maple.ana.submit()
    await maple.ana.sees(READ_BACK)
    assert [(write.route, write.applied) for write in maple.autumn.ledger] == [("coupons.add", True)]


@pytest.mark.parametrize("kind", ["update", "delete"])
async def test_details_and_deletion_are_left_to_the_dashboard(maple: Running, kind: str) -> None:
    await maple.ana.command(f"/autumn {kind} {old_id(maple)}")
    if kind == "update":
        await maple.ana.sees("Fingerprint")
        await maple.ana.fill("Name", "New")
    await maple.ana.sees(notes.plain(Note(CommonNote.OLD_ID)))
