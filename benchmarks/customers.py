"""The local Autumn's customers, as far as benchmarks need them; and how it is made slow."""

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
    """All of the seed: fewer than fit on a page."""
    asked = {"limit": 1000, "start_cursor": ""}
    answer = processes.ask(f"{autumn}/v1/customers.list", asked, key=processes.AUTUMN_KEY)
    found: list[dict[str, Any]] = answer["list"]
    return found


def ids(autumn: str) -> tuple[str, ...]:
    """Every customer that can be looked up by a plain id: rich ones and odd ones."""
    return tuple(one["id"] for one in listed(autumn) if _ID.fullmatch(one["id"] or ""))


def emails(autumn: str) -> tuple[str, ...]:
    """Email addresses that only one customer has."""
    every = [one["email"] for one in listed(autumn) if one["id"] and one["email"]]
    return tuple(email for email in every if every.count(email) == 1)


@contextmanager
def hanging(autumn: str, seconds: float) -> Iterator[None]:
    """Every answer comes that much later."""
    if seconds:
        fault = {"route": "*", "kind": "latency", "seconds": seconds}
        processes.ask(f"{autumn}/_sandbox/faults", fault, method="POST")
    try:
        yield
    finally:
        processes.ask(f"{autumn}/_sandbox/faults", method="DELETE")


def spans(autumn: str) -> list[Span]:
    """Every call that ended since this was last asked."""
    return [Span(**one) for one in processes.ask(f"{autumn}/_benchmark/spans")]


def remember_pages(autumn: str) -> None:
    """Has every page made that a scan asks for; they are sent as they are when it does."""
    processes.ask(f"{autumn}/_benchmark/remember", method="POST")
    asyncio.run(_read_all(autumn))


async def _read_all(url: str) -> None:
    autumn = Autumn(key=SecretStr(processes.AUTUMN_KEY), url=url, limits=Limits(customers_list=20))
    cursor: str | None = ""
    while cursor is not None:
        cursor = (await autumn.every_customer(limit=PAGE, cursor=cursor)).next_cursor
    await autumn.aclose()
