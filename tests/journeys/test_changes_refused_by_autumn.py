"""Autumn's refusals are explained, and avoidable ones are shown before the request."""

from dataclasses import replace

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause, State
from bot.changes import autumn_refusals
from sandbox.autumn import LocalAutumn
from tests.journeys.changing import ACTION, FAILED
from tests.journeys.harness import FormHarness, applied_record, form_harness
from tests.journeys.kinds import Steps, delete, give_allowance, give_feature, redeem


async def test_rate_limit_only_delays_a_change() -> None:
    async with form_harness() as harness:
        await give_allowance(harness)
        harness.autumn.faults.add("balances.update", "429", times=2, retry_after=0)
        applied_record(await harness.approve())
        assert [write.applied for write in harness.autumn.ledger] == [False, False, True]


async def _failed_card(harness: FormHarness) -> list[str]:
    record = (await harness.approve()).record
    assert record is not None
    assert record.state is State.FAILED
    card = await harness.card(record)
    assert FAILED in card
    return card.splitlines()


def _refused(why: str) -> str:
    """The line of a failed card that explains Autumn's refusal: it holds neither a code nor a status."""
    return approvals_words.ENDINGS[Cause.AUTUMN_REFUSED].format(why=why)


@pytest.mark.parametrize(("ask", "scope"), [(give_feature, "balances:write"), (delete, "customers:write")])
async def test_missing_scope_is_named(ask: Steps, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = ["customers:read", "plans:read", "features:read", "analytics:read", "rewards:read"]
    monkeypatch.setattr(LocalAutumn, "key", property(lambda self: self.keys(reading)))
    async with form_harness() as harness:
        await ask(harness)
        assert _refused(autumn_refusals.missing(scope)) in await _failed_card(harness)


async def test_code_redeemed_elsewhere_is_refused_with_a_reason() -> None:
    async with form_harness() as harness:
        await redeem(harness)
        harness.autumn.state.customers["cus_northwind"].redeemed.append("bonus500")
        reason = autumn_refusals.CODES["customer_already_redeemed_referral_code"]
        assert _refused(reason) in await _failed_card(harness)


async def test_code_already_redeemed_is_refused_in_the_form_even_when_it_is_used_up() -> None:
    async with form_harness(at_once=True) as harness:
        await redeem(harness)
        applied_record(harness.ana.outcome)
        await _form_says_redeemed(harness)
        assert len(harness.autumn.ledger) == 1
        rows = harness.autumn.state.customers["cus_northwind"].rows
        rows[:] = [replace(row, balance=0) if row.loose else row for row in rows]
        await _form_says_redeemed(harness)


async def _form_says_redeemed(harness: FormHarness) -> None:
    await harness.ana.command("/autumn reward cus_northwind")
    await harness.ana.choose(ACTION, "Redeem a promo code")
    await harness.ana.sees("Letter for letter")
    await harness.ana.fill("Promo code", "BONUS500")
    await harness.ana.sees("This customer has already redeemed BONUS500.")
