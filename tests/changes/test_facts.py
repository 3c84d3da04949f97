import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, repeat
from typing import Any

import pytest

from bot.autumn.errors import Forbidden, NotFound, Unavailable
from bot.changes import stored
from bot.changes.balance.request import BalanceInput
from bot.changes.balance.words import BalanceAction
from bot.changes.deletion.request import DeletionInput
from bot.changes.details.request import DetailsInput
from bot.changes.facts import gather, gather_for
from bot.changes.model import Facts
from bot.changes.reward.request import RewardInput
from bot.changes.reward.words import RewardAction
from bot.lookups.invoices.facts import Owed, Unpaid
from tests.autumn.scripted import QUICK, ReceivedRequest, Scripted, error, hang, listing, ok
from tests.changes.facts import NOW, SOON

PLAIN = {"id": "cus_1", "entities": [{"id": "w1"}]}
STRIPE = {
    **PLAIN,
    "stripe_id": "cus_stripe",
    "rewards": {"discounts": [{"id": "ten"}]},
    "invoice_previews": [{"total": 5, "currency": "usd"}],
}
BALANCE = BalanceInput(customer="cus_1", feature="f", row="r", action=BalanceAction.RESET_DATE)
APPLY = RewardInput(customer="cus_1", action=RewardAction.APPLY, reward="ten")
REDEEM = RewardInput(customer="cus_1", action=RewardAction.REDEEM, code="X")
DETAILS = DetailsInput(customer="cus_1", email="Ada@acme.example")
DELETION = DeletionInput(customer="cus_1", typed="cus_1")


def answer_by_stripe(stripe: Any) -> Any:
    """Answers with the customer, and differently to the request that reaches Stripe."""

    async def answer(request: ReceivedRequest) -> Any:
        return stripe if "rewards" in request.body.get("expand", []) else ok(PLAIN)

    return answer


ANSWERS: dict[str, Any] = {
    "customers.get": answer_by_stripe(ok(STRIPE)),
    "rewards.list": ok({"coupons": [{"id": "ten"}], "feature_grants": []}),
    "customers/clear_cache": ok({"success": True}),
    "features.list": listing({"id": "f", "type": "metered"}),
    "invoices.list": listing(
        {"id": "inv", "status": "open", "total": 20, "amount_paid": 5, "currency": "usd"}
    ),
    "customers.list": listing(
        {"id": "cus_1", "email": "ada@acme.example"},
        {"id": "cus_2", "email": "ADA@acme.example"},
        {"id": "cus_3", "email": "ada@acme.example.org"},
    ),
}


async def gather_facts(request: Any, **answers: Any) -> tuple[Facts, list[str]]:
    script = Scripted(ANSWERS | {name.replace("_", "."): answer for name, answer in answers.items()})
    client = script.client()
    try:
        if isinstance(request, str):
            return await gather_for(client, request, "cus_1", now=lambda: NOW), sorted(script.routes)
        return await gather(client, request, now=lambda: NOW), sorted(script.routes)
    finally:
        await client.aclose()


async def test_each_kind_reads_only_what_it_needs() -> None:
    facts, routes = await gather_facts(BALANCE)
    assert routes == ["customers.get", "features.list"]
    assert list(facts.features) == ["f"]
    assert (facts.read_at, facts.billing, facts.rewards, facts.unpaid) == (NOW, None, None, None)

    facts, routes = await gather_facts(APPLY)
    assert routes == ["customers.get", "features.list", "rewards.list"]
    assert facts.billing is not None
    assert facts.billing.discounts[0].id == "ten"
    assert facts.billing.upcoming is not None
    assert facts.rewards is not None

    facts, routes = await gather_facts(REDEEM)
    assert routes == ["customers.get", "features.list", "rewards.list"]
    assert facts.billing is None

    facts, routes = await gather_facts(DELETION)
    assert routes == ["customers.get", "invoices.list"]
    assert facts.unpaid == Unpaid((Owed("USD", 1, Decimal(15)),))
    assert [entity.id for entity in facts.entities] == ["w1"]

    _, routes = await gather_facts(DELETION, customers_get=ok(PLAIN))
    assert routes == ["customers.get", "invoices.list"], "without Stripe there is nothing to read again"

    facts, routes = await gather_facts(DETAILS)
    assert routes == ["customers.get", "customers.list"]
    assert facts.same_email == 1

    facts, routes = await gather_facts(DetailsInput(customer="cus_1", name="x"))
    assert routes == ["customers.get"]
    assert facts.same_email is None


async def test_customer_without_stripe_is_read_again_for_a_coupon() -> None:
    """A coupon may have created them in Stripe since Autumn's copy was made."""
    answers = iter([ok(PLAIN), ok(STRIPE)])

    async def stripe(request: ReceivedRequest) -> Any:
        return next(answers) if "rewards" in request.body.get("expand", []) else ok(PLAIN)

    facts, routes = await gather_facts(APPLY, customers_get=stripe)
    assert routes.count("customers/clear_cache") == 1
    assert facts.billing is not None
    assert [discount.id for discount in facts.billing.discounts] == ["ten"]


async def test_customer_without_stripe_is_taken_as_read_if_a_second_reading_fails() -> None:
    answers = chain([ok(PLAIN)], repeat(error(500)))

    async def stripe(_request: ReceivedRequest) -> Any:
        return next(answers)

    facts, routes = await gather_facts(APPLY, customers_get=stripe)
    assert routes.count("customers/clear_cache") == 1
    assert routes.count("customers.get") > 1
    assert facts.billing is not None
    assert facts.billing.discounts == ()


async def test_form_gets_everything_its_kind_may_need() -> None:
    facts, routes = await gather_facts("reward", plans_list=listing({"id": "pro", "name": "Pro"}))
    assert routes == ["customers.get", "features.list", "plans.list", "rewards.list"]
    assert facts.plans == {"pro": "Pro"}
    facts, _ = await gather_facts("reward", plans_list=error(500))
    assert facts.plans == {}
    facts, _ = await gather_facts("cancellation", plans_list=listing({"id": "pro", "name": "Pro"}))
    assert facts.plans == {"pro": "Pro"}
    _, routes = await gather_facts("details")
    assert routes == ["customers.get"]


async def test_form_does_not_wait_for_names_of_plans() -> None:
    client = Scripted(ANSWERS | {"plans.list": hang}).client(
        replace(QUICK, attempt=600, whole=600, part=0.001)
    )
    facts = await gather_for(client, "reward", "cus_1", now=lambda: NOW)
    assert (facts.customer.id, facts.plans) == ("cus_1", {})
    await client.aclose()


async def test_nothing_more_is_read_of_a_missing_customer() -> None:
    script = Scripted(ANSWERS | {"customers.get": error(404)})
    client = script.client()
    with pytest.raises(NotFound):
        await gather(client, DELETION, now=lambda: NOW, customer_first=True)
    assert script.routes == ["customers.get"]
    await client.aclose()
    script = Scripted(ANSWERS)
    client = script.client()
    facts = await gather(client, DELETION, now=lambda: NOW, customer_first=True)
    assert facts.unpaid is not None
    assert script.routes == ["customers.get", "invoices.list"]
    await client.aclose()


async def test_optional_reads_may_fail() -> None:
    down = error(500)
    facts, _ = await gather_facts(BALANCE, features_list=down)
    assert facts.features == {}
    facts, _ = await gather_facts(DELETION, customers_get=answer_by_stripe(down))
    assert facts.billing is None
    facts, _ = await gather_facts(DETAILS, customers_list=down)
    assert facts.same_email is None


async def test_required_reads_may_not_fail() -> None:
    with pytest.raises(NotFound):
        await gather_facts(BALANCE, customers_get=error(404))
    with pytest.raises(Unavailable):
        await gather_facts(APPLY, customers_get=answer_by_stripe(error(500)))
    with pytest.raises(Forbidden):
        await gather_facts(REDEEM, rewards_list=error(403))
    with pytest.raises(Unavailable):
        await gather_facts(DELETION, invoices_list=error(500))


async def test_customer_without_stripe() -> None:
    facts, _ = await gather_facts(APPLY, customers_get=ok(PLAIN))
    assert facts.billing is not None
    assert (facts.billing.discounts, facts.billing.upcoming) == ((), None)


@pytest.mark.parametrize(
    "change_input",
    [BALANCE, BALANCE.model_copy(update={"reset_at": SOON}), APPLY, REDEEM, DETAILS, DELETION],
)
def test_inputs_survive_json(change_input: Any) -> None:
    assert stored.read_input(json.loads(json.dumps(stored.dump_input(change_input)))) == change_input


def test_amounts_and_times_survive_json_exactly() -> None:
    request = BalanceInput(
        customer="c", feature="f", row="r", action=BalanceAction.SHIFT, amount="0.1000000001",
        reset_at=datetime(2026, 12, 1, 8, 30, 15, 123000, UTC),
    )  # fmt: skip
    assert stored.read_input(json.loads(json.dumps(stored.dump_input(request)))) == request
    with pytest.raises(ValueError, match="timezone"):
        BalanceInput(customer="c", feature="f", row="r", action="none", reset_at="2026-12-01T08:00:00")
    with pytest.raises(ValueError, match="finite"):
        BalanceInput(customer="c", feature="f", row="r", action="set", amount="NaN")
