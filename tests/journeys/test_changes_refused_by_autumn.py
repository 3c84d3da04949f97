"""Autumn's refusals are explained, and avoidable ones are shown before the request."""

from dataclasses import replace

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.changes import autumn_refusals
from sandbox.autumn import LocalAutumn
from tests.journeys.changing import (
    ACTION,
    AT_ONCE,
    FAILED,
    WAITING,
    approve_waiting,
    lea_sees,
    requested,
)
from tests.journeys.kinds import Steps, delete, give_feature, redeem
from tests.running import Running, running_maple

READ_BACK = approvals_words.ENDINGS[Cause.DONE]


async def test_rate_limit_only_delays_a_change() -> None:
    async with running_maple("http") as maple:
        await requested(maple)
        maple.autumn.faults.add("balances.update", "429", times=2, retry_after=0)
        await approve_waiting(maple)
        await maple.lea.sees(READ_BACK)
        assert [write.applied for write in maple.autumn.ledger] == [False, False, True]


@pytest.mark.parametrize(("ask", "scope"), [(give_feature, "balances:write"), (delete, "customers:write")])
async def test_missing_scope_is_named(ask: Steps, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = ["customers:read", "plans:read", "features:read", "analytics:read", "rewards:read"]
    monkeypatch.setattr(LocalAutumn, "key", property(lambda self: self.keys(reading)))
    async with running_maple("http") as maple:
        await ask(maple)
        await lea_sees(maple, WAITING)
        await approve_waiting(maple)
        card = await maple.lea.sees(FAILED)
        assert f"Maple's key lacks the scope {scope}." in card
        assert "insufficient" not in card


async def _take_the_code(maple: Running) -> None:
    """Somebody redeems it for the customer outside Maple and uses all of it up."""
    customer = maple.autumn.state.customers["cus_northwind"]
    customer.redeemed.append("bonus500")


async def test_code_redeemed_elsewhere_is_refused_with_a_reason() -> None:
    async with running_maple("http") as maple:
        await redeem(maple)
        await lea_sees(maple, WAITING)
        await _take_the_code(maple)
        await approve_waiting(maple)
        card = await maple.lea.sees(FAILED)
        assert autumn_refusals.CODES["customer_already_redeemed_referral_code"] in card
        assert "referral" not in card
        assert "400" not in card


async def test_code_already_redeemed_is_refused_in_the_form_even_when_it_is_used_up() -> None:
    async with running_maple("socket", policy=AT_ONCE) as maple:
        await redeem(maple)
        await maple.ana.sees(READ_BACK)
        await _says_redeemed(maple)
        assert len(maple.autumn.ledger) == 1
        rows = maple.autumn.state.customers["cus_northwind"].rows
        rows[:] = [replace(row, balance=0) if row.loose else row for row in rows]
        await _says_redeemed(maple)


async def _says_redeemed(maple: Running) -> None:
    await maple.ana.close()
    await maple.ana.command("/autumn reward cus_northwind")
    await maple.ana.sees("Apply a coupon")
    await maple.ana.choose(ACTION, "Redeem a promo code")
    await maple.ana.sees("Letter for letter")
    await maple.ana.fill("Promo code", "BONUS500")
    await maple.ana.sees("This customer has already redeemed BONUS500.")
