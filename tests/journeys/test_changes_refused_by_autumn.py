"""Autumn's refusals are explained, and avoidable ones are shown before the request."""

from dataclasses import replace

import pytest

from bot.approvals.lifecycle import State
from bot.changes import autumn_refusals
from sandbox.autumn import LocalAutumn
from tests.journeys.changing import ACTION, FAILED
from tests.journeys.desk import Desk, applied, running_desk
from tests.journeys.kinds import Steps, delete, give_allowance, give_feature, redeem


async def test_rate_limit_only_delays_a_change() -> None:
    async with running_desk() as desk:
        await give_allowance(desk)
        desk.autumn.faults.add("balances.update", "429", times=2, retry_after=0)
        applied(await desk.approve())
        assert [write.applied for write in desk.autumn.ledger] == [False, False, True]


async def _failed_card(desk: Desk) -> str:
    record = (await desk.approve()).record
    assert record is not None
    assert record.state is State.FAILED
    card = await desk.card(record)
    assert FAILED in card
    return card


@pytest.mark.parametrize(("ask", "scope"), [(give_feature, "balances:write"), (delete, "customers:write")])
async def test_missing_scope_is_named(ask: Steps, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = ["customers:read", "plans:read", "features:read", "analytics:read", "rewards:read"]
    monkeypatch.setattr(LocalAutumn, "key", property(lambda self: self.keys(reading)))
    async with running_desk() as desk:
        await ask(desk)
        card = await _failed_card(desk)
        assert f"Maple's key lacks the scope {scope}." in card
        assert "insufficient" not in card


async def test_code_redeemed_elsewhere_is_refused_with_a_reason() -> None:
    async with running_desk() as desk:
        await redeem(desk)
        desk.autumn.state.customers["cus_northwind"].redeemed.append("bonus500")
        card = await _failed_card(desk)
        assert autumn_refusals.CODES["customer_already_redeemed_referral_code"] in card
        assert "referral" not in card
        assert "400" not in card


async def test_code_already_redeemed_is_refused_in_the_form_even_when_it_is_used_up() -> None:
    async with running_desk(at_once=True) as desk:
        await redeem(desk)
        applied(desk.ana.outcome)
        await _form_says_redeemed(desk)
        assert len(desk.autumn.ledger) == 1
        rows = desk.autumn.state.customers["cus_northwind"].rows
        rows[:] = [replace(row, balance=0) if row.loose else row for row in rows]
        await _form_says_redeemed(desk)


async def _form_says_redeemed(desk: Desk) -> None:
    await desk.ana.command("/autumn reward cus_northwind")
    await desk.ana.choose(ACTION, "Redeem a promo code")
    await desk.ana.sees("Letter for letter")
    await desk.ana.fill("Promo code", "BONUS500")
    await desk.ana.sees("This customer has already redeemed BONUS500.")
