"""What is read from Autumn before a change, field by field."""

from decimal import Decimal
from typing import Any

import pytest

from bot.autumn.errors import AutumnError
from bot.changes import registry
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.deletion.request import DeletionInput
from bot.changes.details.request import DetailsInput
from bot.changes.facts import gather, gather_for
from bot.changes.model import Facts, Needs
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.lookups.invoices.facts import Owed, Unpaid
from tests.autumn.scripted import Scripted, error, listing, ok
from tests.changes.facts import NOW
from tests.policy import KIND_IDS

EXPAND = ["subscriptions.plan", "purchases.plan", "balances.feature", "flags.feature", "invoices"]
CUSTOMER = {
    "id": "cus_1",
    "entities": [{"id": "w1"}],
    "rewards": {"discounts": [{"id": "ten"}]},
    "invoice_previews": [{"total": 5, "currency": "usd"}],
}
ANSWERS: dict[str, Any] = {
    "customers.get": ok(CUSTOMER),
    "rewards.list": ok({"coupons": [], "feature_grants": []}),
    "customers/clear_cache": ok({"success": True}),
    "features.list": listing({"id": "f", "type": "metered"}),
    "plans.list": listing({"id": "pro"}),
    "invoices.list": listing(
        {"id": "inv", "status": "open", "total": 20, "amount_paid": 5, "currency": "usd"}
    ),
    "customers.list": listing(
        {"id": "cus_1", "email": "ada@acme.example"},
        {"id": "cus_2", "email": "ADA@acme.example"},
        {"id": "cus_3", "email": "ada@ACME.example"},
        {"id": "cus_4", "email": "bo@acme.example"},
    ),
}
BALANCE = BalanceInput(customer="cus_1", feature="f", row="r", action=BalanceAction.RESET_DATE)
APPLY = RewardInput(customer="cus_1", action=RewardAction.APPLY, reward="ten")
DETAILS = DetailsInput(customer="cus_1", email="ada@acme.example")
DELETION = DeletionInput(customer="cus_1", typed="cus_1")


async def gather_with_bodies(request: Any, **answers: Any) -> tuple[Facts, dict[str, list[dict[str, Any]]]]:
    """The facts, and the bodies of the requests by route."""
    script = Scripted(ANSWERS | {name.replace("_", "."): answer for name, answer in answers.items()})
    client = script.client()
    try:
        facts = await (
            gather_for(client, request, "cus_1", now=lambda: NOW)
            if isinstance(request, str)
            else gather(client, request, now=lambda: NOW)
        )
    finally:
        await client.aclose()
    bodies: dict[str, list[dict[str, Any]]] = {}
    for call in script.received:
        bodies.setdefault(call.route, []).append(call.body)
    return facts, bodies


def expansions(bodies: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    assert {body["customer_id"] for body in bodies["customers.get"]} == {"cus_1"}
    return sorted(body["expand"] for body in bodies["customers.get"])


async def test_reads_for_a_balance() -> None:
    _, bodies = await gather_with_bodies(BALANCE)
    assert expansions(bodies) == [EXPAND]


async def test_form_that_can_be_about_an_entity_reads_the_entities() -> None:
    _, bodies = await gather_with_bodies("balance")
    assert expansions(bodies) == [[*EXPAND, "entities"]]
    _, bodies = await gather_with_bodies("details")
    assert expansions(bodies) == [EXPAND]


async def test_reads_for_a_coupon() -> None:
    _, bodies = await gather_with_bodies(APPLY)
    assert expansions(bodies) == [[*EXPAND, "rewards", "invoice_previews"]] * 2
    assert bodies["customers/clear_cache"] == [{"customer_id": "cus_1"}]


async def test_reads_for_a_deletion() -> None:
    facts, bodies = await gather_with_bodies(DELETION)
    assert expansions(bodies) == [[*EXPAND, "entities", "rewards", "invoice_previews"]]
    (invoices,) = bodies["invoices.list"]
    assert (invoices["customer_id"], invoices["status"]) == ("cus_1", ["open", "uncollectible"])
    assert facts.billing is not None
    assert [discount.id for discount in facts.billing.discounts] == ["ten"]
    assert facts.unpaid == Unpaid((Owed("USD", 1, Decimal(15)),))


async def test_others_with_the_same_email_are_read() -> None:
    facts, bodies = await gather_with_bodies(DETAILS)
    assert facts.same_email == 2
    (search,) = bodies["customers.list"]
    assert (search["search"], search["limit"]) == ("ada@acme.example", 100)


async def test_others_are_not_read_without_a_new_email() -> None:
    for request in (DetailsInput(customer="cus_1", name="x"), DetailsInput(customer="cus_1", email="")):
        facts, bodies = await gather_with_bodies(request)
        assert list(bodies) == ["customers.get"]
        assert facts.same_email is None


@pytest.mark.parametrize("kind", KIND_IDS)
async def test_only_the_deletion_form_opens_without_stripe(kind: str) -> None:
    full_answer, bare = ok(CUSTOMER), error(500)

    async def answer(request: Any) -> Any:
        return bare if "rewards" in request.body["expand"] else full_answer

    if kind == "reward":
        with pytest.raises(AutumnError):
            await gather_with_bodies(kind, customers_get=answer)
    else:
        facts, _ = await gather_with_bodies(kind, customers_get=answer)
        assert (facts.customer.id, facts.billing, facts.read_at) == ("cus_1", None, NOW)


def test_promo_code_does_not_wait_for_stripe() -> None:
    redeem = RewardInput(customer="cus_1", action=RewardAction.REDEEM, code="THANKS")
    assert registry.of(redeem).needs_for(redeem) == {Needs.REWARDS, Needs.FEATURES, Needs.HISTORY}


def test_needs_of_each_kind() -> None:
    assert {kind: registry.kind(kind).needs for kind in KIND_IDS} == {
        "balance": {Needs.FEATURES},
        "grant": {Needs.FEATURES},
        "expiry": set(),
        "ungrant": set(),
        "usage": set(),
        "control": {Needs.FEATURES},
        "reward": {Needs.BILLING, Needs.STRIPE_LINK, Needs.REWARDS, Needs.FEATURES, Needs.HISTORY},
        "refund": set(),
        "cancellation": set(),
        "switch": {Needs.PRODUCTS, Needs.FEATURES},
        "addition": {Needs.PRODUCTS, Needs.FEATURES},
        "quantity": set(),
        "trial": set(),
        "details": set(),
        "deletion": {Needs.BILLING_IF_READ, Needs.INVOICES, Needs.ENTITIES},
    }
