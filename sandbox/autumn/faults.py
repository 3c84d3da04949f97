"""Trouble on demand: what goes wrong, where, how often.

latency      the answer comes `seconds` late, or once the faults are cleared
429 500 503  refused, nothing done; 429 and 503 name `retry_after` seconds, 1 unless given
cut_before   the connection is closed, nothing was done
cut_after    the connection is closed, the write was done
504_after    a gateway's time-out is answered, the write was done
garbage      200 with a body that is not JSON
queued       a balance write is answered with success and done later: when the clock moves past `seconds`,
             or after that many real seconds when the clock runs
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal["latency", "429", "500", "503", "cut_before", "cut_after", "504_after", "garbage", "queued"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(slots=True)
class AutumnFault:
    route: str
    """A route's name, such as customers.get; a namespace, such as events.*; or * for all."""
    kind: str
    seconds: float = 0
    times: int | None = None
    """How often it strikes; None for always."""
    retry_after: int | None = None
    customer: str | None = None
    """Only for this customer id."""
    expanding: str | None = None
    """Only if this is to be expanded, such as invoice_previews: a failure of Stripe alone."""
    chance: float = 1.0
    struck: int = 0

    def meets(self, route: str, customer: str | None, expand: Sequence[object] = ()) -> bool:
        return (
            (self.times is None or self.struck < self.times)
            and (self.customer is None or self.customer == customer)
            and (self.expanding is None or self.expanding in expand)
            and (
                self.route in ("*", route)
                or (self.route.endswith(".*") and route.startswith(self.route[:-1]))
            )
        )


@dataclass(slots=True)
class AutumnFaults:
    listed: list[AutumnFault] = field(default_factory=list)
    cleared: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the faults in force now are cleared."""
    _random: random.Random = field(default_factory=lambda: random.Random(0))

    def add(self, route: str, kind: str | int, **details: Any) -> AutumnFault:
        """Details: seconds, times, retry_after, customer, expanding, chance.

        Raises ValueError for a kind that is unknown.
        """
        if str(kind) not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        fault = AutumnFault(route, str(kind), **details)
        self.listed.append(fault)
        return fault

    def at_random(
        self, seed: int, chance: float, kinds: Sequence[str] = ("429", "500", "503"), route: str = "*"
    ) -> None:
        """Every request meets each kind with its share of `chance`, the same way for the same seed."""
        self._random.seed(seed)
        for kind in kinds:
            self.add(route, kind, chance=chance / len(kinds), seconds=0.05 if kind == "latency" else 0)

    def clear(self) -> None:
        self.listed.clear()
        self.cleared.set()
        self.cleared = asyncio.Event()

    def strike(self, route: str, customer: str | None, expand: Sequence[object] = ()) -> list[AutumnFault]:
        """The faults that this request meets; each is counted as having struck."""
        met = []
        for fault in self.listed:
            if fault.meets(route, customer, expand) and (
                fault.chance >= 1 or self._random.random() < fault.chance
            ):
                fault.struck += 1
                met.append(fault)
        return met
