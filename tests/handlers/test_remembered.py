"""The facts behind open forms are kept for a while, up to a limit."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

from bot.autumn.models import Customer, Feature
from bot.changes.model import Facts
from bot.changes.open_forms import OpenForms
from bot.lookups.answers import Billing
from tests.waiting import wait_until

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FACTS = Facts(customer=Customer.model_validate({"id": "cus_1"}), read_at=NOW)


async def test_facts_are_kept_for_a_limited_time() -> None:
    clock = SimpleNamespace(now=0.0)
    forms = OpenForms(seconds=10, clock=lambda: clock.now)
    assert forms.get("one") is None
    forms.keep("one", FACTS)
    clock.now = 9.9
    assert forms.get("one") is FACTS
    clock.now = 10.0
    assert forms.get("one") is None


async def test_old_facts_are_dropped_though_no_other_form_is_opened() -> None:
    forms = OpenForms(seconds=0.01)
    forms.keep("one", FACTS)
    assert forms.size > 100
    await wait_until(lambda: not forms.size)


async def test_facts_are_bounded_in_size_and_the_oldest_are_dropped() -> None:
    measured = OpenForms()
    measured.keep("one", FACTS)
    forms = OpenForms(most=int(measured.size * 3))
    for number in range(10):
        forms.keep(str(number), FACTS)
    assert [forms.get(str(number)) for number in range(10)] == [None] * 7 + [FACTS] * 3


async def test_size_counts_everything_that_was_read() -> None:
    full_facts = replace(
        FACTS,
        billing=Billing(discounts=(), upcoming=None),
        features={"seats": Feature.model_validate({"id": "seats", "name": "x" * 1000, "type": "metered"})},
    )
    measured, with_more = OpenForms(), OpenForms()
    measured.keep("one", FACTS)
    with_more.keep("one", full_facts)
    assert with_more.size > measured.size + 1000


async def test_facts_too_large_to_keep_are_read_again() -> None:
    forms = OpenForms(most=1000)
    large = Customer.model_validate({"id": "cus_1", "metadata": {"canary": "x" * 2000}})
    forms.keep("one", FACTS)
    forms.keep("two", replace(FACTS, customer=large))
    assert (forms.get("one"), forms.get("two")) == (FACTS, None)
