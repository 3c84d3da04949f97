"""The customers, in the order they were created, found by id, internal id or text."""

import pickle
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sandbox.autumn.model import LocalCustomer


class Outline(NamedTuple):
    """What is known of a customer before it is built."""

    internal_id: str
    id: str | None
    name: str | None
    email: str | None
    created_at: int


class Customers:
    """Customers kept whole, or known in outline and built when asked for.

    `build` makes a customer from its outline; a customer looked up alone is then kept, one met in passing
    (a scan) is built again next time, so that a hundred thousand fit in memory.
    """

    def __init__(self) -> None:
        self._outlines: dict[str, Outline] = {}
        self._kept: dict[str, LocalCustomer] = {}
        self._packed: dict[str, bytes] = {}
        self._by_id: dict[str, str] = {}
        self._build: Callable[[Outline], LocalCustomer] | None = None
        self._sorted: list[tuple[int, str, str]] | None = None

    def add(self, customer: LocalCustomer) -> LocalCustomer:
        self._kept[customer.internal_id] = customer
        self._enter(_outline(customer))
        return customer

    def pack(self) -> None:
        """Keeps customers as bytes from which each is made when it is first asked for. Copying them all takes
        twenty times as long as copying the few that anyone looks at."""
        self._packed |= {internal: pickle.dumps(customer) for internal, customer in self._kept.items()}
        self._kept.clear()

    def outline(self, outlines: list[Outline], build: Callable[[Outline], LocalCustomer]) -> None:
        self._build = build
        for outline in outlines:
            self._enter(outline)

    def _enter(self, outline: Outline) -> None:
        self._outlines[outline.internal_id] = outline
        if outline.id is not None:
            self._by_id[outline.id] = outline.internal_id
        self._sorted = None

    def __len__(self) -> int:
        return len(self._outlines)

    def __contains__(self, customer_id: str) -> bool:
        return customer_id in self._by_id

    def __getitem__(self, customer_id: str) -> LocalCustomer:
        customer = self.get(customer_id)
        if customer is None:
            raise KeyError(customer_id)
        return customer

    def get(self, customer_id: str) -> LocalCustomer | None:
        """By id or internal id."""
        internal = self._by_id.get(customer_id, customer_id)
        return self._whole(internal, keep=True) if internal in self._outlines else None

    def __iter__(self) -> Iterator[LocalCustomer]:
        for _, _, internal in self._in_order():
            yield self._whole(internal, keep=False)

    def scan(
        self,
        *,
        descending: bool,
        matches: Callable[[Outline], bool],
        after: tuple[int, str] | None = None,
    ) -> Iterator[LocalCustomer]:
        """Customers by time of creation whose outline matches; beyond `after`, a time and an id."""
        order = self._in_order()
        places = range(len(order))
        if after is not None and descending:
            places = places[: bisect_left(order, after, key=_place)]
        elif after is not None:
            places = places[bisect_right(order, after, key=_place) :]
        for place in reversed(places) if descending else places:
            internal = order[place][2]
            if matches(self._outlines[internal]):
                yield self._whole(internal, keep=False)

    def kept(self) -> list[LocalCustomer]:
        """Those that are held whole."""
        for internal in list(self._packed):
            self._whole(internal, keep=True)
        return list(self._kept.values())

    def only_outlined(self, customer_id: str) -> bool:
        """Whether a customer is there and not held whole."""
        internal = self._by_id.get(customer_id)
        return internal is not None and internal not in self._kept and internal not in self._packed

    def remove(self, customer: LocalCustomer) -> None:
        del self._outlines[customer.internal_id]
        self._kept.pop(customer.internal_id, None)
        if customer.id is not None:
            self._by_id.pop(customer.id, None)
        self._sorted = None

    def changed(self, customer: LocalCustomer) -> None:
        """Must be called when a customer's id, name or email changed."""
        before = self._outlines[customer.internal_id]
        if before.id is not None:
            self._by_id.pop(before.id, None)
        self._enter(_outline(customer))

    def _whole(self, internal: str, *, keep: bool) -> LocalCustomer:
        if internal in self._kept:
            return self._kept[internal]
        if internal in self._packed:
            return self._kept.setdefault(internal, pickle.loads(self._packed.pop(internal)))  # noqa: S301
        assert self._build is not None  # noqa: S101 - an outline alone comes only with a builder
        customer = self._build(self._outlines[internal])
        if keep:
            self._kept[internal] = customer
        return customer

    def _in_order(self) -> list[tuple[int, str, str]]:
        if self._sorted is None:
            self._sorted = sorted(
                (outline.created_at, outline.id or "", outline.internal_id)
                for outline in self._outlines.values()
            )
        return self._sorted


def _place(entry: tuple[int, str, str]) -> tuple[int, str]:
    return entry[:2]


def _outline(customer: LocalCustomer) -> Outline:
    return Outline(customer.internal_id, customer.id, customer.name, customer.email, customer.created_at)


def search(text: str) -> Callable[[Outline], bool]:
    """Autumn's search: a trimmed, case-insensitive part of id, name or email; % and _ are wildcards."""
    trimmed = text.strip()
    if not trimmed:
        return lambda _: True
    pattern = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in trimmed)
    find = re.compile(pattern, re.IGNORECASE | re.DOTALL).search
    return lambda outline: any(find(value) for value in (outline.id, outline.name, outline.email) if value)
