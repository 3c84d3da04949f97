"""What open forms are drawn from: kept for a while, and not without bound."""

from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
from pydantic import SecretStr

from bot.approvals.life import Record, State
from bot.approvals.rules import Environment
from bot.autumn.client import Autumn, Limits
from bot.autumn.models import Customer
from bot.changes.model import DeletionInput, Facts, Kind
from handlers.naming import Names, Naming
from handlers.remembered import Remembered

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FACTS = Facts(customer=Customer.model_validate({"id": "cus_1"}), read_at=NOW)


def test_for_a_while_only() -> None:
    clock = SimpleNamespace(now=0.0)
    kept = Remembered(seconds=10, clock=lambda: clock.now)
    assert kept.get("one") is None
    kept.keep("one", FACTS)
    clock.now = 9.9
    assert kept.get("one") is FACTS
    clock.now = 10.0
    assert kept.get("one") is None


def test_the_oldest_go_first() -> None:
    kept = Remembered()
    for number in range(501):
        kept.keep(str(number), FACTS)
    assert kept.get("0") is None
    assert kept.get("500") is FACTS


async def test_names_are_done_without_when_autumn_does_not_say() -> None:
    unknown = httpx.MockTransport(lambda _request: httpx.Response(404, json={}))
    autumn = Autumn(key=SecretStr("am_sk_test_1"), transport=unknown, limits=Limits(general=10_000))
    naming = Naming(autumn)
    for number in range(501):
        assert await naming.of(_deletion(f"cus_{number}")) == Names()
    assert len(naming._kept) == 500
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
