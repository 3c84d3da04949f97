"""A coupon creates its customer in Stripe, while customers.get still answers from an earlier copy."""

import re

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from bot.lookups.customer import CARD
from tests.journeys.changing import (
    ACTION,
    AT_ONCE,
    PREVIEW,
    FormSetup,
    change_in_autumn,
    close_and_read_own_card,
)
from tests.journeys.harness import FormHarness, applied_record, form_harness
from tests.running import running_maple

READ_BACK = approvals_words.ENDINGS[Cause.DONE]


async def apply_coupon(at: FormSetup) -> None:
    await at.ana.command("/autumn reward cus_wonka")
    await at.ana.sees("Apply a coupon")
    await at.ana.choose("Coupon", "10% off, always")
    await at.ana.sees(PREVIEW)
    await at.ana.fill("Reason", "As agreed on the phone")
    await at.ana.submit()


async def fill_autumns_cache(harness: FormHarness) -> None:
    """From here on Autumn answers from a copy."""
    await harness.client.customer("cus_wonka", expand=CARD)


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
        await close_and_read_own_card(maple.ana, re.compile(rf"Remove the coupon.*{READ_BACK}", re.DOTALL))
        assert maple.autumn.state.customers["cus_wonka"].discounts == []


async def test_coupon_is_undone() -> None:
    async with form_harness(at_once=True) as harness:
        await fill_autumns_cache(harness)
        await apply_coupon(harness)
        applied_record(await harness.undo(applied_record(harness.ana.outcome)))
        assert [write.route for write in harness.autumn.ledger] == ["coupons.add", "coupons.remove"]


async def test_coupon_from_elsewhere_can_be_removed() -> None:
    async with form_harness() as harness:
        await fill_autumns_cache(harness)
        await change_in_autumn(harness, "customers/cus_wonka/coupons/loyal10")
        await harness.ana.command("/autumn reward cus_wonka")
        await harness.ana.choose(ACTION, "Remove the coupon")
        await harness.ana.sees("Coupon: 10% off, always → none")


async def test_answer_is_evidence_when_the_copy_cannot_be_refreshed() -> None:
    """As with a key without customers:write."""
    async with form_harness(at_once=True) as harness:
        await fill_autumns_cache(harness)
        harness.autumn.faults.add("customers.clear_cache", "500")
        await apply_coupon(harness)
        applied_record(harness.ana.outcome)
        assert [discount.reward_id for discount in harness.autumn.state.customers["cus_wonka"].discounts] == [
            "loyal10"
        ]


async def test_coupon_is_unconfirmed_without_answer_and_refresh() -> None:
    async with form_harness(at_once=True) as harness:
        await fill_autumns_cache(harness)
        harness.autumn.faults.add("customers.clear_cache", "500")
        harness.autumn.faults.add("coupons.add", "cut_after", times=1)
        await apply_coupon(harness)
        assert harness.ana.outcome is not None
        assert harness.ana.outcome.record is not None
        assert harness.ana.outcome.record.state is State.UNCONFIRMED
