"""The local Autumn's customers, as far as benchmarks need them; and how it is made slow."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import processes
from benchmarks.timed_autumn import Span

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
    """E-mail addresses that only one customer has."""
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
