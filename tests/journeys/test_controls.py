"""Billing controls with all their settings: requested, applied, read back and undone."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.approvals import words as approvals_words
from bot.approvals.lifecycle import Cause
from bot.approvals.results import Result
from bot.changes.control import words
from bot.changes.control.words import ControlType
from tests.journeys.changing import AT_ONCE, close_and_read_own_card, submit_undo
from tests.running import Running, running_maple

READ_BACK = approvals_words.ENDINGS[Cause.DONE]
Steps = Callable[[Running], Awaitable[None]]


async def fill_in_percentage(maple: Running) -> None:
    await maple.ana.choose(words.LIMIT_TYPE, words.LIMIT_PERCENT)
    await maple.ana.sees(words.PERCENT_HINT)
    await maple.ana.fill(words.LIMIT, "120")


async def fill_in_filtered_limit(maple: Running) -> None:
    await maple.ana.choose(words.CONTROL, words.LISTS[ControlType.USAGE])
    await maple.ana.sees(words.PROPERTIES)
    await maple.ana.fill(words.LIMIT, "2000")
    await maple.ana.fill(words.PROPERTIES, "model = gpt-4\nregion = eu")


async def fill_in_purchase_limit(maple: Running) -> None:
    await maple.ana.choose(words.CONTROL, words.LISTS[ControlType.TOP_UP])
    await maple.ana.sees(words.THRESHOLD)
    await maple.ana.fill(words.THRESHOLD, "50")
    await maple.ana.fill(words.QUANTITY, "200")
    await maple.ana.choose(words.PURCHASES_IN, words.PURCHASES_PER["month"])
    await maple.ana.sees(words.PURCHASES_HINT)
    await maple.ana.fill(words.PURCHASES, "3")


@pytest.mark.parametrize(
    ("fill", "value", "control", "entry"),
    [
        (
            fill_in_percentage,
            "120% of what the main product includes",
            "spend_limits",
            {"overage_limit": 120, "limit_type": "usage_percentage"},
        ),
        (
            fill_in_filtered_limit,
            "2,000 units a month, only with model = gpt-4, region = eu",
            "usage_limits",
            {
                "limit": 2000,
                "interval": "month",
                "filter": {"properties": {"model": "gpt-4", "region": "eu"}},
            },
        ),
        (
            fill_in_purchase_limit,
            "buy 200 when fewer than 50 are left, at most 3 times a month",
            "auto_topups",
            {
                "threshold": 50,
                "quantity": 200,
                "purchase_limit": {"interval": "month", "interval_count": 1, "limit": 3},
            },
        ),
    ],
    ids=["percentage", "some events", "few purchases"],
)
async def test_control_is_set_and_undone(
    fill: Steps, value: str, control: str, entry: dict[str, Any]
) -> None:
    async with running_maple("http", policy=AT_ONCE, approvals=None) as maple:
        await maple.ana.command("/autumn controls cus_acme")
        await maple.ana.sees(words.CONTROL)
        await maple.ana.choose("Feature", "Messages")
        await fill(maple)
        await maple.ana.sees(f"none → {value}")
        await maple.ana.fill(approvals_words.REASON, "They asked for it")
        await maple.ana.submit()
        await maple.ana.sees(READ_BACK)
        customer = maple.autumn.state.customer("cus_acme")
        assert customer.billing_controls[control] == [{"feature_id": "messages", "enabled": True, **entry}]
        await close_and_read_own_card(maple.ana, "Applied", value)
        assert await submit_undo(maple) is Result.DONE
        assert customer.billing_controls[control] == []
