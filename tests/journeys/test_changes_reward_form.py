"""The reward form stays correct after a refused submission."""

from tests.journeys.changing import ACTION
from tests.running import running_maple

COUPON = "10% off, always (10% off, forever)"


async def test_refused_code_leaves_discounts_unchanged() -> None:
    async with running_maple("http") as maple:
        await maple.ana.command("/autumn reward cus_acme")
        await maple.ana.sees(COUPON)
        await maple.ana.choose(ACTION, "Redeem a promo code")
        await maple.ana.sees("Letter for letter")
        await maple.ana.fill("Promo code", "NOSUCHCODE")
        await maple.ana.sees("Autumn has no promo code like this")
        await maple.ana.fill("Reason", "x")
        await maple.ana.submit()
        await maple.bot.background.drain(10)
        form = await maple.ana.sees("Autumn has no promo code like this")
        assert COUPON in form
        await maple.ana.choose(ACTION, "Remove the coupon")
        form = await maple.ana.sees("Coupon: 10% off, always → none")
        assert "no coupon of their own" not in form
