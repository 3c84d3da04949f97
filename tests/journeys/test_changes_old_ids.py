"""Customers whose id has the form Autumn once accepted: which changes work for them."""

from collections.abc import AsyncIterator

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.changes import notes
from bot.changes.notes import CommonNote, Note
from tests.journeys.changing import ACTION, AT_ONCE, fill_in_balance, undo
from tests.running import Running, running_maple

READ_BACK = approvals_words.ENDINGS[Cause.DONE]


OLD_ID = "a/b c.d"


@pytest.fixture
async def maple() -> AsyncIterator[Running]:
    """Northwind and Acme have such ids."""
    async with running_maple("http", policy=AT_ONCE) as maple:
        for customer_id, old_id in (("cus_northwind", OLD_ID), ("cus_acme", "user@old.example")):
            customer = maple.autumn.state.customers[customer_id]
            customer.id = old_id
            maple.autumn.state.customers.changed(customer)
        yield maple


async def _reward(maple: Running, action: str) -> None:
    await maple.ana.command(f"/autumn reward {OLD_ID}")
    await maple.ana.sees("Apply a coupon")
    await maple.ana.choose(ACTION, action)
    await maple.bot.work.drain(10)


async def test_balances_and_rewards_are_changed_but_nothing_else(maple: Running) -> None:
    for customer in (OLD_ID, "user@old.example"):
        await fill_in_balance(maple.ana, "500", customer=customer)
        await maple.ana.sees(READ_BACK)
        assert await undo(maple) is Result.DONE
        await maple.ana.close()

    await _reward(maple, "Redeem a promo code")
    await maple.ana.fill("Promo code", "BONUS500")
    await maple.ana.sees("Grant of Messages")
    await _submit(maple)

    await _reward(maple, "Apply a coupon")
    await maple.ana.choose("Coupon", "10% off, always")
    await _submit(maple)
    routes = [*["balances.update"] * 4, "rewards.redeem", "coupons.add"]
    assert [(write.route, write.applied) for write in maple.autumn.ledger] == [
        (route, True) for route in routes
    ]

    await maple.ana.command(f"/autumn update {OLD_ID}")
    await maple.ana.sees("Fingerprint")
    await maple.ana.fill("Name", "New")
    await maple.ana.sees(notes.plain(Note(CommonNote.OLD_ID)))
    await maple.ana.close()
    await maple.ana.command(f"/autumn delete {OLD_ID}")
    await maple.ana.sees(notes.plain(Note(CommonNote.OLD_ID)))


async def _submit(maple: Running) -> None:
    await maple.ana.fill("Reason", "For the wait")
    await maple.ana.submit()
    await maple.ana.sees(READ_BACK)
    await maple.ana.close()
