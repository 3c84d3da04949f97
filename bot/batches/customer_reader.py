"""Reads the customers of a list, as much of each as its lines have to know."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias, TypeVar

from bot.approvals.service import ChangeService
from bot.autumn.client import Autumn
from bot.autumn.errors import AutumnError, NotFound
from bot.autumn.models import Customer
from bot.batches.model import LineReason
from bot.changes import line_form
from bot.changes.model import Facts
from bot.changes.notes import Note
from bot.lookups.find.query import patterns

_PAGE = 100
K = TypeVar("K")
V = TypeVar("V")


class Subject(NamedTuple):
    """What the facts of a line depend on."""

    customer: str
    """As typed: an exact id or an exact email address."""
    kind: str
    entity: str = ""
    """As typed."""


Known: TypeAlias = Mapping[Subject, Facts | LineReason]


class CustomerReader:
    """`at_once`: how many are read at a time."""

    def __init__(self, autumn: Autumn, changes: ChangeService, *, at_once: int) -> None:
        self._autumn = autumn
        self._changes = changes
        self._at_once = at_once

    async def read(self, subjects: Iterable[Subject]) -> Known:
        """Each once; or why its lines cannot be part of a batch."""
        subjects = list(dict.fromkeys(subjects))
        typed = list(dict.fromkeys(subject.customer for subject in subjects))
        ids = dict(zip(typed, await read_each(typed, self._id, at_once=self._at_once), strict=True))

        async def read(subject: Subject) -> Facts | LineReason:
            customer_id = ids[subject.customer]
            if isinstance(customer_id, LineReason):
                return customer_id
            return await self._open(subject._replace(customer=customer_id))

        answers = await read_each(subjects, read, at_once=self._at_once)
        return dict(zip(subjects, answers, strict=True))

    async def _open(self, subject: Subject) -> Facts | LineReason:
        """`subject`: by the customer's id."""
        try:
            facts = await self._changes.read_facts(subject.kind, subject.customer, subject.entity)
            if facts.entity_gone:
                return await self._by_name(subject)
        except NotFound:
            return LineReason.NO_CUSTOMER
        except AutumnError:
            return LineReason.NOT_READ
        return facts

    async def _by_name(self, subject: Subject) -> Facts | LineReason:
        """The facts of the entity that a name means. Raises AutumnError."""
        matching = (await self._autumn.entities(subject.customer, search=subject.entity)).list
        entity = line_form.known_id("entity", subject.entity, {listed.id: listed.name for listed in matching})
        if isinstance(entity, Note):
            return LineReason.NO_ENTITY
        return await self._changes.read_facts(subject.kind, subject.customer, entity)

    async def _id(self, typed: str) -> str | LineReason:
        """The id of the one customer with exactly this address; otherwise what was typed is the id."""
        if "@" not in typed:
            return typed
        try:
            page = await self._autumn.customers(search=patterns(typed)[0], limit=_PAGE)
        except AutumnError:
            return LineReason.NOT_READ
        matching = {customer.id for customer in page.list if customer.id and _has_email(customer, typed)}
        if len(matching) > 1 or page.next_cursor:
            return LineReason.SEVERAL_CUSTOMERS
        return next(iter(matching), typed)


async def read_each(keys: Iterable[K], read: Callable[[K], Awaitable[V]], *, at_once: int) -> list[V]:
    """What is read of each, in their order: a few at a time."""
    turns = asyncio.Semaphore(at_once)

    async def in_turn(key: K) -> V:
        async with turns:
            return await read(key)

    return await asyncio.gather(*map(in_turn, keys))


def _has_email(customer: Customer, email: str) -> bool:
    return customer.email.casefold() == email.casefold()
