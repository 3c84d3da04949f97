"""How long it takes to draw the card of a customer with 200 features, and how much memory."""

import argparse
import asyncio
import gc
import json
import time
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import SecretStr

from benchmarks.report import Table, milliseconds, quantile, show
from bot.autumn.client import Autumn
from bot.autumn.models import Balance, Customer
from bot.lookups import card as lookup_card
from bot.lookups.answers import Billing
from bot.lookups.customer import CARD
from bot.lookups.features.card import Features
from bot.lookups.invoices.card import InvoiceList
from bot.lookups.invoices.facts import Unpaid
from bot.lookups.overview.card import Overview
from bot.lookups.part import Answer
from bot.lookups.place import Place
from bot.lookups.products.card import Products
from sandbox.autumn import LocalAutumn

CUSTOMER = "cus_many"
FEATURES = 200


async def customer(features: int = FEATURES) -> Customer:
    """The seed's customer with the most features, which are repeated until there are enough."""
    async with LocalAutumn.running() as local:
        autumn = Autumn(key=SecretStr(local.key), url=local.url)
        try:
            richest = await autumn.customer(CUSTOMER, expand=CARD)
        finally:
            await autumn.aclose()
    originals = list(richest.balances.values())
    balances = [_named(originals[number % len(originals)], number) for number in range(features)]
    return richest.model_copy(update={"balances": {balance.feature_id: balance for balance in balances}})


def _named(balance: Balance, number: int) -> Balance:
    name = f"{balance.feature_id}_{number}"
    feature = balance.feature and balance.feature.model_copy(update={"id": name})
    return balance.model_copy(update={"feature_id": name, "feature": feature})


def answers(drawn_customer: Customer) -> list[tuple[Place, Answer]]:
    at = datetime.now(UTC)
    billing = Billing((), None)
    return [
        (Place(customer=CUSTOMER), Overview(drawn_customer, billing, InvoiceList((), False, Unpaid()), at)),
        (Place(customer=CUSTOMER, part="products"), Products(drawn_customer, None, at)),
        (Place(customer=CUSTOMER, part="features"), Features(drawn_customer, at)),
    ]


def measure(drawn_customer: Customer, times: int) -> Table:
    rows = []
    for place, answer in answers(drawn_customer):
        card = lookup_card.card(place, answer, shareable=True)
        seconds = [_timed(place, answer) for _ in range(times)]
        rows.append(
            (
                place.part,
                str(len(drawn_customer.balances)),
                milliseconds(quantile(seconds, 0.5)),
                milliseconds(quantile(seconds, 0.99)),
                f"{_peak(place, answer) / 1024:.0f}",
                f"{len(card.blocks)} / {len(json.dumps(card.blocks)) / 1024:.0f}",
            )
        )
    columns = ("card", "features", "p50 ms", "p99 ms", "peak KiB", "blocks / KiB")
    return Table(f"Drawing a card, {times} times", columns, tuple(rows))


def _timed(place: Place, answer: Answer) -> float:
    started = time.perf_counter()
    lookup_card.card(place, answer, shareable=True)
    return time.perf_counter() - started


def _peak(place: Place, answer: Answer) -> int:
    """Bytes that drawing takes besides its input."""
    gc.collect()
    tracemalloc.start()
    try:
        lookup_card.card(place, answer, shareable=True)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.render", description=__doc__)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    command = f"python -m benchmarks.render --times {options.times}"
    show("render", command, [measure(asyncio.run(customer()), options.times)], write=options.write)


if __name__ == "__main__":
    main()
