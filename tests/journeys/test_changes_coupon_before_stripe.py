"""A coupon creates its customer in Stripe, while customers.get still answers from an earlier copy."""

import re

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from bot.lookups.customer import CARD
from tests.journeys.changing import (
    ACTION,
    AT_ONCE,
    PREVIEW,
    Requesting,
    close_and_look,
    elsewhere,
)
from tests.journeys.desk import Desk, applied, running_desk
from tests.running import running_maple

READ_BACK = approvals_words.ENDINGS[Cause.DONE]


async def apply_coupon(at: Requesting) -> None:
    await at.ana.command("/autumn reward cus_wonka")
    await at.ana.sees("Apply a coupon")
    await at.ana.choose("Coupon", "10% off, always")
    await at.ana.sees(PREVIEW)
    await at.ana.fill("Reason", "As agreed on the phone")
    await at.ana.submit()


async def looked_up(desk: Desk) -> None:
    """From here on Autumn answers from a copy."""
    await desk.client.customer("cus_wonka", expand=CARD)


async def test_coupon_is_confirmed_shown_and_removed_again() -> None:
    async with running_maple("http", policy=AT_ONCE) as maple:
        await maple.ana.command("/autumn cus_wonka")
        await maple.ana.sees("Wonka")
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


async def test_coupon_is_undone() -> None:
    async with running_desk(at_once=True) as desk:
        await looked_up(desk)
        await apply_coupon(desk)
        applied(await desk.undo(applied(desk.ana.outcome)))
        assert [write.route for write in desk.autumn.ledger] == ["coupons.add", "coupons.remove"]


async def test_coupon_from_elsewhere_can_be_removed() -> None:
    async with running_desk() as desk:
        await looked_up(desk)
        await elsewhere(desk, "customers/cus_wonka/coupons/loyal10")
        await desk.ana.command("/autumn reward cus_wonka")
        await desk.ana.choose(ACTION, "Remove the coupon")
        await desk.ana.sees("Coupon: 10% off, always → none")


async def test_answer_is_evidence_when_the_copy_cannot_be_refreshed() -> None:
    """As with a key without customers:write."""
    async with running_desk(at_once=True) as desk:
        await looked_up(desk)
        desk.autumn.faults.add("customers.clear_cache", "500")
        await apply_coupon(desk)
        applied(desk.ana.outcome)
        assert [discount.reward_id for discount in desk.autumn.state.customers["cus_wonka"].discounts] == [
            "loyal10"
        ]


async def test_coupon_is_unconfirmed_without_answer_and_refresh() -> None:
    async with running_desk(at_once=True) as desk:
        await looked_up(desk)
        desk.autumn.faults.add("customers.clear_cache", "500")
        desk.autumn.faults.add("coupons.add", "cut_after", times=1)
        await apply_coupon(desk)
        assert desk.ana.outcome is not None
        assert desk.ana.outcome.record is not None
        assert desk.ana.outcome.record.state is State.UNCONFIRMED
