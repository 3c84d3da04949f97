"""A coupon creates its customer in Stripe, while customers.get still answers from an earlier copy."""

import re
from collections.abc import AsyncIterator

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from tests.journeys.changing import (
    ACTION,
    AT_ONCE,
    PREVIEW,
    UNCONFIRMED,
    close_and_look,
    elsewhere,
    undo,
)
from tests.running import Running, running_maple

READ_BACK = approvals_words.ENDINGS[Cause.DONE]


@pytest.fixture
async def maple() -> AsyncIterator[Running]:
    async with running_maple("http", policy=AT_ONCE) as maple:
        yield maple


async def apply_coupon(maple: Running) -> None:
    await maple.ana.command("/autumn cus_wonka")
    await maple.ana.sees("Wonka")
    await maple.ana.command("/autumn reward cus_wonka")
    await maple.ana.sees("Apply a coupon")
    await maple.ana.choose("Coupon", "10% off, always")
    await maple.ana.sees(PREVIEW)
    await maple.ana.fill("Reason", "As agreed on the phone")
    await maple.ana.submit()


async def test_coupon_is_confirmed_shown_and_removed_again(maple: Running) -> None:
    await apply_coupon(maple)
    await maple.ana.sees(READ_BACK)
    await maple.ana.close()
    await maple.ana.command("/autumn cus_wonka")
    await maple.ana.sees("10% off, always (10% off, forever)")
    await maple.ana.command("/autumn reward cus_wonka")
    await maple.ana.sees("Apply a coupon")
    await maple.ana.choose(ACTION, "Remove the coupon")
    await maple.ana.sees("Coupon: 10% off, always → none")
    await maple.ana.fill("Reason", "The offer is over")
    await maple.ana.submit()
    await close_and_look(maple.ana, re.compile(rf"Remove the coupon.*{READ_BACK}", re.DOTALL))
    assert maple.autumn.state.customers["cus_wonka"].discounts == []


async def test_coupon_is_undone(maple: Running) -> None:
    await apply_coupon(maple)
    await maple.ana.sees(READ_BACK)
    assert await undo(maple) is Result.DONE
    await close_and_look(maple.ana, approvals_words.UNDONE)
    assert [write.route for write in maple.autumn.ledger] == ["coupons.add", "coupons.remove"]


async def test_coupon_from_elsewhere_can_be_removed(maple: Running) -> None:
    await maple.ana.command("/autumn cus_wonka")
    await maple.ana.sees("Wonka")
    await elsewhere(maple, "customers/cus_wonka/coupons/loyal10")
    await maple.ana.command("/autumn reward cus_wonka")
    await maple.ana.sees("Apply a coupon")
    await maple.ana.choose(ACTION, "Remove the coupon")
    await maple.ana.sees("Coupon: 10% off, always → none")


async def test_answer_is_evidence_when_the_copy_cannot_be_refreshed(maple: Running) -> None:
    """As with a key without customers:write."""
    maple.autumn.faults.add("customers.clear_cache", "500")
    await apply_coupon(maple)
    await maple.ana.sees(READ_BACK)
    assert [discount.reward_id for discount in maple.autumn.state.customers["cus_wonka"].discounts] == [
        "loyal10"
    ]


async def test_coupon_is_unconfirmed_without_answer_and_refresh(maple: Running) -> None:
    maple.autumn.faults.add("customers.clear_cache", "500")
    maple.autumn.faults.add("coupons.add", "cut_after", times=1)
    await apply_coupon(maple)
    await maple.ana.sees(UNCONFIRMED)
