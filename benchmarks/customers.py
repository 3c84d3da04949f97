"""The local Autumn's customers, as benchmarks need them, and its latency."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr

from benchmarks import processes
from benchmarks.timed_autumn import Span
from bot.autumn.client import Autumn
from bot.autumn.throttle import Limits
from bot.digests.scan.reader import PAGE

_ID = re.compile(r"cus_\w+")


def listed(autumn: str) -> list[dict[str, Any]]:
    """All customers of the seed, which fit into one page."""
    body = {"limit": 1000, "start_cursor": ""}
    answer = processes.ask(f"{autumn}/v1/customers.list", body, key=processes.AUTUMN_KEY)
    customers: list[dict[str, Any]] = answer["list"]
    return customers


def ids(autumn: str) -> tuple[str, ...]:
    """Every customer that can be looked up by a plain id, whatever else they have."""
    return tuple(customer["id"] for customer in listed(autumn) if _ID.fullmatch(customer["id"] or ""))


def emails(autumn: str) -> tuple[str, ...]:
    """Email addresses that only one customer has."""
    addresses = [customer["email"] for customer in listed(autumn) if customer["id"] and customer["email"]]
    return tuple(email for email in addresses if addresses.count(email) == 1)


@contextmanager
def hanging(autumn: str, seconds: float) -> Iterator[None]:
    """Delays every answer by this many seconds."""
    if seconds:
        fault = {"route": "*", "kind": "latency", "seconds": seconds}
        processes.ask(f"{autumn}/_sandbox/faults", fault, method="POST")
    try:
        yield
    finally:
        processes.ask(f"{autumn}/_sandbox/faults", method="DELETE")


def spans(autumn: str) -> list[Span]:
    """Every call that ended since the last request for spans."""
    return [Span(**span) for span in processes.ask(f"{autumn}/_benchmark/spans")]


def remember_pages(autumn: str) -> None:
    """Prepares every page that a scan asks for, so it is sent without further work."""
    processes.ask(f"{autumn}/_benchmark/remember", method="POST")
    asyncio.run(_read_all(autumn))


async def _read_all(url: str) -> None:
    autumn = Autumn(key=SecretStr(processes.AUTUMN_KEY), url=url, limits=Limits(customers_list=20))
    cursor: str | None = ""
    while cursor is not None:
        cursor = (await autumn.every_customer(limit=PAGE, cursor=cursor)).next_cursor
    await autumn.aclose()
