"""A customer with thousands of everything is drawn in one pass, so the event loop is never blocked
for long."""

from collections.abc import Iterator
from typing import TypeVar

import pytest

from bot.autumn.models import Customer, Purchase
from bot.changes import buttons, request_form
from bot.changes.forms.model import FormState, Meta
from bot.changes.model import Facts
from bot.lookups import card as lookup_card
from bot.lookups.answers import Billing
from bot.lookups.card import Tools
from bot.lookups.feature.card import FeatureDetail
from bot.lookups.features.card import Features
from bot.lookups.invoices.card import Invoices
from bot.lookups.overview.card import Overview
from bot.lookups.part import Answer
from bot.lookups.place import Place
from bot.lookups.products.card import Products
from tests.lookups.samples import (
    NOW,
    balance,
    customer,
    invoice,
    invoice_list,
    plan,
    preview,
    row,
    subscription,
)
from tests.policy import KIND_IDS

T = TypeVar("T")

MANY = 200
PASSES = 40
"""Over one list, for one card. Going through a list again for each of its items would take MANY."""


class CountingList(list[T]):
    """Counts how often it is iterated."""

    passes = 0

    def __iter__(self) -> Iterator[T]:
        self.passes += 1
        return super().__iter__()


def large() -> tuple[Customer, dict[str, CountingList[object]]]:
    rows = [row(f"plan_{number}", id=f"row_{number}") for number in range(MANY)]
    lists: dict[str, CountingList[object]] = {
        # Without prices nothing reveals the currency, so every invoice is asked for it.
        "subscriptions": CountingList(
            subscription(f"plan_{number}", id=f"sub_{number}", plan=plan(f"plan_{number}", price=None))
            for number in range(MANY)
        ),
        "purchases": CountingList(
            Purchase(plan_id=f"pack_{number}", plan=plan(f"pack_{number}"), started_at=NOW)
            for number in range(MANY)
        ),
        "invoices": CountingList(invoice(id=f"in_{number}", currency="") for number in range(MANY)),
        "breakdown": CountingList(rows),
    }
    messages = balance(breakdown=rows).model_copy(update={"breakdown": lists["breakdown"]})
    large_customer = customer().model_copy(
        update={
            "balances": {"messages": messages},
            **{name: lists[name] for name in ("subscriptions", "purchases", "invoices")},
        }
    )
    return large_customer, lists


def offered_tools(place: Place, holder: Customer) -> Tools:
    return buttons.tools(place, buttons.offered(place, Facts(holder, NOW)), history=True)


def assert_few_passes(lists: dict[str, CountingList[object]]) -> None:
    assert {name: counted.passes for name, counted in lists.items() if counted.passes > PASSES} == {}
    assert any(counted.passes for counted in lists.values())


def answer(part: str, holder: Customer) -> Answer:
    match part:
        case "overview":
            coming = tuple(preview() for _ in range(MANY))
            return Overview(holder, Billing(discounts=(), upcoming=coming), invoice_list(), NOW)
        case "products":
            return Products(holder, None, NOW)
        case "features":
            return Features(holder, NOW)
        case _:
            return Invoices(
                holder, tuple(holder.invoices), False, Billing(discounts=(), upcoming=(preview(),)), NOW
            )


@pytest.mark.parametrize("part", ["overview", "products", "features", "invoices"])
def test_card_of_a_large_customer_iterates_it_a_few_times(part: str) -> None:
    holder, lists = large()
    place = Place(customer="cus_1", part=part)
    lookup_card.card(place, answer(part, holder), shareable=True, tools=offered_tools(place, holder))
    assert_few_passes(lists)


def test_feature_of_a_large_customer_iterates_it_a_few_times() -> None:
    holder, lists = large()
    place = Place(customer="cus_1", part="feature", feature="messages")
    lookup_card.card(
        place, FeatureDetail(holder, None, NOW), shareable=True, tools=offered_tools(place, holder)
    )
    assert_few_passes(lists)


@pytest.mark.parametrize("kind", KIND_IDS)
def test_form_for_a_large_customer_iterates_it_a_few_times(kind: str) -> None:
    holder, lists = large()
    facts = Facts(customer=holder, read_at=NOW, billing=Billing(discounts=(), upcoming=(preview(),) * MANY))
    meta = Meta(kind=kind, customer="cus_1", submission="x" * 32, channel="C1", feature="messages")
    request_form.build(FormState(meta, facts, {}, None, ""))
    assert {name: counted.passes for name, counted in lists.items() if counted.passes > PASSES} == {}
