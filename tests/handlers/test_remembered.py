"""What open forms are drawn from: kept for a while, and not without bound."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
from pydantic import SecretStr

from bot.access.rules import Kind
from bot.approvals.lifecycle import Record, State
from bot.approvals.names import CustomerNames, KnownNames
from bot.autumn.client import Autumn, Limits
from bot.autumn.environment import Environment
from bot.autumn.models import Customer, Feature
from bot.changes.model import DeletionInput, Facts
from bot.changes.open_forms import OpenForms
from bot.lookups.answers import Billing
from tests.autumn.scripted import Scripted, error, listing, ok

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


async def test_everything_that_was_read_counts() -> None:
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


async def test_names_are_done_without_when_autumn_does_not_say() -> None:
    unknown = httpx.MockTransport(lambda _request: httpx.Response(404, json={}))
    autumn = Autumn(key=SecretStr("am_sk_test_1"), transport=unknown, limits=Limits(general=10_000))
    naming = CustomerNames(autumn)
    for number in range(501):
        assert await naming.of(_deletion(f"cus_{number}")) == KnownNames()
    assert len(naming._kept) == 500
    await autumn.aclose()


async def test_names_are_read_anew_after_a_change_and_outlive_the_customer() -> None:
    """Features and coupons that the customer does not have are named by the organisation's lists."""
    script = Scripted(
        {
            "customers.get": [
                ok({"id": "cus_1", "name": "Old"}),
                ok({"id": "cus_1", "name": "New"}),
                error(404),
            ],
            "plans.list": listing({"id": "pro", "name": "Pro"}),
            "features.list": listing({"id": "tokens", "name": "Tokens"}),
            "rewards.list": ok({"coupons": [{"id": "ten", "name": "10% off"}]}),
        }
    )
    autumn = script.client()
    naming = CustomerNames(autumn)
    first = await naming.about("cus_1", coupons=True)
    assert first == KnownNames("Old", {"pro": "Pro", "tokens": "Tokens", "ten": "10% off"})
    assert await naming.about("cus_1", coupons=True) == first
    naming.forget("cus_1")
    naming.forget("cus_2")
    assert (await naming.about("cus_1", coupons=True)).customer == "New"
    naming.forget("cus_1")
    assert await naming.about("cus_1", coupons=True) == KnownNames("New", first.called)
    await autumn.aclose()


def _deletion(customer: str) -> Record:
    return Record(
        id="1",
        state=State.WAITING,
        version=1,
        revision=1,
        kind=Kind.DELETION,
        input=DeletionInput(customer=customer, typed=customer),
        customer_id=customer,
        env=Environment.SANDBOX,
        asker="U1",
        asker_team="T1",
        channel="",
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW,
        before={},
        lines=(),
    )
