"""What open forms are drawn from: kept for a while, and not without bound."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

from bot.autumn.models import Customer, Feature
from bot.changes.model import Facts
from bot.changes.open_forms import OpenForms
from bot.lookups.answers import Billing

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FACTS = Facts(customer=Customer.model_validate({"id": "cus_1"}), read_at=NOW)


async def test_facts_are_kept_for_a_while_only() -> None:
    clock = SimpleNamespace(now=0.0)
    kept = OpenForms(seconds=10, clock=lambda: clock.now)
    assert kept.get("one") is None
    kept.keep("one", FACTS)
    clock.now = 9.9
    assert kept.get("one") is FACTS
    clock.now = 10.0
    assert kept.get("one") is None


async def test_facts_are_dropped_by_age_though_no_other_form_is_opened() -> None:
    kept = OpenForms(seconds=0.01)
    kept.keep("one", FACTS)
    assert kept.size > 100
    async with asyncio.timeout(5):
        while kept.size:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


async def test_facts_are_bounded_by_their_size_and_the_oldest_go_first() -> None:
    measured = OpenForms()
    measured.keep("one", FACTS)
    kept = OpenForms(most=int(measured.size * 3))
    for number in range(10):
        kept.keep(str(number), FACTS)
    assert [kept.get(str(number)) for number in range(10)] == [None] * 7 + [FACTS] * 3


async def test_size_counts_everything_that_was_read() -> None:
    whole = replace(
        FACTS,
        billing=Billing(discounts=(), upcoming=None),
        features={"seats": Feature.model_validate({"id": "seats", "name": "x" * 1000, "type": "metered"})},
    )
    measured, more = OpenForms(), OpenForms()
    measured.keep("one", FACTS)
    more.keep("one", whole)
    assert more.size > measured.size + 1000


async def test_facts_too_large_to_keep_are_read_anew() -> None:
    kept = OpenForms(most=1000)
    large = Customer.model_validate({"id": "cus_1", "metadata": {"canary": "x" * 2000}})
    kept.keep("one", FACTS)
    kept.keep("two", replace(FACTS, customer=large))
    assert (kept.get("one"), kept.get("two")) == (FACTS, None)
