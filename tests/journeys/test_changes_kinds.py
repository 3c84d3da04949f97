"""Rewards, details and deletions, as they are asked for and decided on."""

from tests.journeys.changing import AT_ONCE, close_and_look, elsewhere, lea_sees
from tests.stage import Mode, Stage, on_stage


def writes(maple: Stage) -> list[str]:
    return [one.route for one in maple.autumn.ledger if one.applied]


async def apply_coupon(maple: Stage, coupon: str = "20% off") -> None:
    await maple.ana.command("/autumn reward cus_acme")
    await maple.ana.sees("Apply a coupon")
    await maple.ana.choose("Coupon", coupon)
    await maple.ana.sees("What changes")
    await maple.ana.fill("Reason", "As agreed on the phone")
    await maple.ana.submit()


async def test_a_coupon_is_applied_and_taken_off_again(maple: Stage) -> None:
    await apply_coupon(maple)
    card = await lea_sees(maple, "Waiting for approval")
    assert "Apply the coupon 20% off" in card
    await maple.lea.click("Approve")
    await maple.lea.sees("Autumn was read back and shows the change")
    await close_and_look(maple.ana, "[Undo]")
    await maple.ana.click("Undo", confirm=True)
    await maple.lea.sees("Undo: change of a reward")
    await maple.lea.click("Approve")
    await maple.lea.sees("It was undone")
    assert len(writes(maple)) == 2


async def test_a_coupon_is_denied(maple: Stage) -> None:
    await apply_coupon(maple)
    await lea_sees(maple, "Waiting for approval")
    await maple.lea.click("Deny")
    await maple.lea.sees("The person who asked will read this")
    await maple.lea.fill("Why", "Not this quarter")
    await maple.lea.submit()
    await maple.lea.sees("Denied: nothing was changed")
    assert writes(maple) == []


async def test_a_promo_code_is_redeemed_at_once(mode: Mode) -> None:
    async with on_stage(mode, policy=AT_ONCE, approvals=None) as maple:
        await maple.ana.command("/autumn reward cus_acme")
        await maple.ana.sees("Apply a coupon")
        await maple.ana.choose("What to do", "Redeem a promo code")
        await maple.ana.sees("Letter for letter")
        await maple.ana.fill("Promo code", "BONUS500")
        await maple.ana.sees("What changes")
        await maple.ana.submit()
        await maple.ana.sees("Applied at once, as the policy allows")
        assert len(writes(maple)) == 1


async def test_details_are_edited_and_edited_back(maple: Stage) -> None:
    await maple.ana.command("/autumn update cus_acme")
    await maple.ana.sees("Fingerprint")
    await maple.ana.fill("Name", "Acme Incorporated")
    await maple.ana.sees("Acme Ltd → Acme Incorporated")
    await maple.ana.submit()
    await lea_sees(maple, "Acme Ltd → Acme Incorporated")
    await maple.lea.click("Approve")
    await maple.lea.sees("Autumn was read back and shows the change")
    assert (await maple.bot.autumn.customer("cus_acme")).name == "Acme Incorporated"
    await close_and_look(maple.ana, "[Undo]")
    await maple.ana.click("Undo", confirm=True)
    await maple.lea.sees("Acme Incorporated → Acme Ltd")
    await maple.lea.click("Approve")
    await maple.lea.sees("It was undone")
    assert (await maple.bot.autumn.customer("cus_acme")).name == "Acme Ltd"


async def test_details_that_others_changed_meanwhile_are_asked_again(maple: Stage) -> None:
    await maple.ana.command("/autumn update cus_acme")
    await maple.ana.sees("Fingerprint")
    await maple.ana.fill("Name", "Acme Incorporated")
    await maple.ana.sees("Acme Ltd → Acme Incorporated")
    await maple.ana.submit()
    await lea_sees(maple, "Waiting for approval")
    maple.autumn.state.customers["cus_acme"].name = "Acme Group"
    await maple.lea.click("Approve")
    await maple.lea.sees("The figures moved since this was shown")
    await maple.lea.sees("Acme Group → Acme Incorporated")
    assert writes(maple) == []


async def ask_for_a_deletion(maple: Stage) -> None:
    await maple.ana.command("/autumn delete cus_noname")
    await maple.ana.sees("Type the customer's id in full")
    await maple.ana.fill("Type the customer's id in full", "cus_noname")
    await maple.ana.choose("Last confirmation", "Delete this customer. It cannot be undone.")
    await maple.ana.fill("Reason", "They asked to be forgotten")
    await maple.ana.submit()


async def test_a_deletion_wants_the_id_typed(maple: Stage) -> None:
    await maple.ana.command("/autumn delete cus_acme")
    form = await maple.ana.sees("Type the customer's id in full")
    assert "Nothing is deleted or cancelled in Stripe" in form
    await maple.ana.fill("Type the customer's id in full", "cus_acne")
    await maple.ana.choose("Last confirmation", "Delete this customer. It cannot be undone.")
    await maple.ana.fill("Reason", "They asked to be forgotten")
    await maple.ana.submit()
    await maple.ana.sees("!")
    assert await maple.bot.changes.waiting() == []


async def test_a_deletion_is_approved_and_has_no_undo(maple: Stage) -> None:
    await ask_for_a_deletion(maple)
    await lea_sees(maple, "Waiting for approval")
    await maple.lea.click("Approve", confirm=True)
    card = await maple.lea.sees("Autumn was read back and shows the change")
    assert "[Undo]" not in card
    assert "cus_noname" not in maple.autumn.state.customers
    await maple.lea.command("/autumn history cus_noname")
    await maple.lea.sees("They asked to be forgotten")


async def test_a_deletion_of_somebody_who_is_gone(maple: Stage) -> None:
    await ask_for_a_deletion(maple)
    await lea_sees(maple, "Waiting for approval")
    await elsewhere(maple, "customers.delete", customer_id="cus_noname")
    await maple.lea.click("Approve", confirm=True)
    await maple.lea.sees("This cannot be done any more, so nothing was run")
    await maple.lea.sees("The customer is no longer in Autumn")
    assert writes(maple) == ["customers.delete"], "what somebody else did"
