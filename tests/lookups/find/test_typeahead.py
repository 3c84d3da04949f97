"""Suggestions while someone types: each text is requested from Autumn once, and nobody waits for long."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from bot.autumn.errors import Unavailable
from bot.lookups.find.typeahead import Suggestions, Typeahead
from tests.autumn.scripted import ReceivedRequest, Scripted, error, listing, recorded
from tests.lookups.find.test_search import autumn_with, person
from tests.waiting import wait_until

ACME = person("cus_acme", "Acme", "billing@acme.com")
ACORN = person("cus_acorn", "Acorn", "hello@acorn.com")
BOLD = person("cus_bold", "Bold", "x@bold.com")


class SlowAutumn:
    """An Autumn that answers a search only when told to."""

    def __init__(self, *customers: dict[str, Any]) -> None:
        self.customers = customers
        self.searched: list[str] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, request: ReceivedRequest) -> httpx.Response:
        text = request.body["search"].lower()
        self.searched.append(text)
        await self.may_answer.wait()
        return listing(*(customer for customer in self.customers if text in str(customer).lower()))


def ids(offer: Suggestions) -> list[str | None]:
    return [customer.id for customer in offer.customers]


async def test_answer_in_time_is_complete() -> None:
    client = autumn_with([ACME, BOLD]).client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    offer = await typeahead.offer("acme")
    assert (ids(offer), offer.searching) == (["cus_acme"], False)
    assert await typeahead.offer("  ") == Suggestions(())
    await typeahead.aclose()
    await client.aclose()


async def test_slow_answer_is_ready_for_the_next_letter() -> None:
    slow = SlowAutumn(ACME, ACORN, BOLD)
    client = Scripted({"customers.list": slow}).client()
    typeahead = Typeahead(client, patience=0, pasted_patience=5)
    assert await typeahead.offer("ac") == Suggestions([], searching=True)
    pending = list(typeahead._asked.values())
    slow.may_answer.set()
    await asyncio.wait(pending)
    offer = await typeahead.offer("aco")
    assert (ids(offer), offer.searching) == (["cus_acorn"], False)
    assert slow.searched == ["ac"], "everybody with “aco” has “ac”, and all of those are known"
    await client.aclose()


async def test_text_is_requested_once_whoever_types_it() -> None:
    slow = SlowAutumn(ACME)
    client = Scripted({"customers.list": slow}).client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    waiting = [asyncio.create_task(typeahead.offer("acme")) for _ in range(50)]
    await wait_until(lambda: slow.searched, every=0)
    slow.may_answer.set()
    assert [ids(offer) for offer in await asyncio.gather(*waiting)] == [["cus_acme"]] * 50
    assert ids(await typeahead.offer("acme")) == ["cus_acme"]
    assert slow.searched == ["acme"]
    await client.aclose()


async def test_customers_of_other_texts_are_offered_meanwhile() -> None:
    slow = SlowAutumn(ACME)
    client = Scripted({"customers.list": slow}).client()
    typeahead = Typeahead(client, patience=0, pasted_patience=5)
    await typeahead.offer("billing@acme.com")
    pending = list(typeahead._asked.values())
    slow.may_answer.set()
    await asyncio.wait(pending)
    slow.may_answer.clear()
    offer = await typeahead.offer("acm")
    assert (ids(offer), offer.searching) == (["cus_acme"], True)
    await typeahead.aclose()
    assert typeahead._asked == {}
    await client.aclose()


async def test_truncated_answer_is_not_used_for_a_longer_text() -> None:
    async def list_(request: ReceivedRequest) -> httpx.Response:
        matches = [BOLD] if request.body["search"] == "bold" else [ACME]
        return listing(*matches, cursor="more")

    script = Scripted({"customers.list": list_})
    client = script.client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    await typeahead.offer("bo")
    assert ids(await typeahead.offer("bold")) == ["cus_bold"]
    await client.aclose()


async def test_answers_expire() -> None:
    clock = SimpleNamespace(now=0.0)
    script = autumn_with([ACME])
    client = script.client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5, seconds=30, clock=lambda: clock.now)
    await typeahead.offer("acme")
    clock.now = 31
    await typeahead.offer("acme")
    assert script.routes == ["customers.list"] * 2
    await client.aclose()


async def test_error_is_raised_and_not_remembered() -> None:
    client = Scripted({"customers.list": error(500)}).client()
    typeahead = Typeahead(client, patience=30, pasted_patience=5)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await typeahead.offer("acme")
    await client.aclose()


async def test_concurrent_requests_are_limited() -> None:
    slow = SlowAutumn(ACME)
    client = Scripted({"customers.list": slow}).client()
    typeahead = Typeahead(client, patience=0, pasted_patience=5)
    offers = [asyncio.create_task(typeahead.offer(f"text {number}")) for number in range(60)]
    await asyncio.sleep(0)
    assert len(typeahead._asked) == 50
    assert all(offer.searching for offer in await asyncio.gather(*offers))
    await typeahead.aclose()
    await client.aclose()


async def test_pasted_text_is_requested_although_part_of_it_is_cached() -> None:
    script = autumn_with([ACME])
    client = script.client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    await typeahead.offer("acme")
    assert ids(await typeahead.offer("“acme”")) == ["cus_acme"]
    assert len(script.routes) > 1
    await client.aclose()


async def test_mistyped_word_suggests_customers_with_one_call() -> None:
    script = autumn_with([ACME, ACORN, BOLD])
    client = script.client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    assert ids(await typeahead.offer("acm")) == ["cus_acme"]
    offer = await typeahead.offer("acmme")
    assert (ids(offer), offer.near) == (["cus_acme"], True)
    assert [call.body["search"] for call in script.received] == ["acm"], "everybody with “acmme” has “acm”"
    nobody = await typeahead.offer("acmzzzzzz")
    assert (ids(nobody), nobody.near, nobody.searching) == ([], False, False)
    await client.aclose()


async def test_mistyped_word_requests_its_beginning_once_whoever_types_it() -> None:
    script = autumn_with([ACME, ACORN, BOLD])
    client = script.client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    offers = await asyncio.gather(*(typeahead.offer(typed) for typed in ("acmee", "acmme", "acmee")))
    assert [(ids(offer), offer.near) for offer in offers] == [(["cus_acme"], True)] * 3
    assert sorted(call.body["search"] for call in script.received) == ["acm", "acmee", "acmme"]
    await client.aclose()


async def test_quoted_mistyped_word_is_compared_with_known_customers() -> None:
    script = autumn_with([ACME, BOLD])
    client = script.client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    await typeahead.offer("acm")
    offer = await typeahead.offer("“acmme”")
    assert (ids(offer), offer.near) == (["cus_acme"], True)
    assert [call.body["search"] for call in script.received].count("acm") == 1
    await client.aclose()


async def test_short_text_without_a_match_is_not_requested_again() -> None:
    script = autumn_with([BOLD])
    client = script.client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    await typeahead.offer("ac")
    assert await typeahead.offer("acm") == Suggestions(())
    assert await typeahead.offer("acme") == Suggestions(())
    assert len(script.received) == 1
    await client.aclose()


async def test_mistyped_word_is_requested_when_only_its_end_is_cached() -> None:
    script = autumn_with([ACME, BOLD])
    client = script.client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    await typeahead.offer("mee")
    offer = await typeahead.offer("acmee")
    assert (ids(offer), offer.near) == (["cus_acme"], True)
    await client.aclose()


@pytest.mark.parametrize(
    "pasted",
    ["cus_NffrFeUfNV2Hib", "https://dashboard.stripe.com/customers/cus_NffrFeUfNV2Hib"],
)
async def test_stripe_id_is_searched_although_part_of_it_is_cached(pasted: str) -> None:
    client = autumn_with([ACORN, {**ACME, "stripe_id": "cus_NffrFeUfNV2Hib"}]).client()
    typeahead = Typeahead(client, patience=5, pasted_patience=5)
    await typeahead.offer("cus_")
    assert ids(await typeahead.offer(pasted)) == ["cus_acme"]
    await client.aclose()


async def test_pasted_text_may_take_longer_than_a_letter() -> None:
    slow = SlowAutumn(ACME)
    client = Scripted({"customers.list": slow, "customers.get": recorded("unknown customer")}).client()
    typeahead = Typeahead(client, patience=0, pasted_patience=60)
    offering = asyncio.create_task(typeahead.offer("https://app.useautumn.com/customers/cus_acme"))
    await wait_until(lambda: slow.searched, every=0)
    slow.may_answer.set()
    assert ids(await offering) == ["cus_acme"]
    await client.aclose()
